/* SPDX-License-Identifier: MIT */
#include "devices/hpet.h"

#include "unit/devices/bench.h"

static struct bench b;
static struct device *hpet;

enum { CAP = 0x000, CONF = 0x010, STATUS = 0x020, COUNTER = 0x0f0 };
#define TN_CONF(n) (0x100u + 0x20 * (n))
#define TN_COMP(n) (0x108u + 0x20 * (n))

static void setup(void)
{
    bench_init(&b);
    hpet = bench_device(&b, &hpet_class);
}

static void teardown(void)
{
    device_free(hpet);
}

static u64 get(unsigned reg)
{
    return device_read(hpet, 0, reg, 8);
}

static void put(unsigned reg, u64 value)
{
    device_write(hpet, 0, reg, value, 8);
}

START_TEST(capabilities)
{
    ck_assert_uint_eq(get(CAP), 0x009896808086a201ull);
    ck_assert_uint_eq(in32(hpet, 0, CAP + 4), 10000000);
    for (unsigned n = 0; n < 3; n++) {
        ck_assert_uint_eq(get(TN_CONF(n)), 0x00ff000000000030ull);
        ck_assert_uint_eq(get(TN_COMP(n)), ~0ull);
    }
    put(TN_CONF(0), ~0ull);
    ck_assert_uint_eq(get(TN_CONF(0)), 0x00ff000000003f7eull);
    ck_assert_uint_eq(device_read(hpet, 0, CAP, 1), 0x01); /* lanes of a narrow read */
    out8(hpet, 0, CONF, 1);                                /* a narrow write is dropped */
    ck_assert_uint_eq(get(CONF), 0);
}
END_TEST

START_TEST(counter_runs_and_halts)
{
    bench_pass(&b, 1000);
    ck_assert_uint_eq(get(COUNTER), 0);
    put(CONF, 1);
    bench_pass(&b, 1000);
    ck_assert_uint_eq(get(COUNTER), 100);
    put(CONF, 0);
    bench_pass(&b, 1000);
    ck_assert_uint_eq(get(COUNTER), 100);
    out32(hpet, 0, COUNTER + 4, 0x12);
    out32(hpet, 0, COUNTER, 0xfffffff0);
    put(CONF, 1);
    bench_pass(&b, 320);
    ck_assert_uint_eq(get(COUNTER), 0x1300000010ull);
}
END_TEST

START_TEST(one_shot_edge)
{
    put(CONF, 1);
    put(TN_CONF(2), 17 << 9 | 0x4);
    put(TN_COMP(2), 500);
    bench_until(&b, 4999);
    ck_assert_uint_eq(b.rises[17], 0);
    bench_until(&b, 5000);
    ck_assert_uint_eq(b.rises[17], 1);
    ck_assert_uint_eq(get(STATUS), 0);
    bench_until(&b, NS_PER_SEC);
    ck_assert_uint_eq(b.rises[17], 1);
    put(TN_COMP(2), get(COUNTER) + 100); /* armed again: a new edge */
    bench_pass(&b, 1000);
    ck_assert_uint_eq(b.rises[17], 2);
    put(TN_CONF(2), 17 << 9);
    ck_assert(!b.level[17]);
}
END_TEST

START_TEST(level_stays_until_status_is_cleared)
{
    put(CONF, 1);
    put(TN_CONF(1), 20 << 9 | 0x6);
    put(TN_COMP(1), 100);
    bench_until(&b, 1000);
    ck_assert(b.level[20]);
    ck_assert_uint_eq(get(STATUS), 0x2);
    put(STATUS, 0x5);
    ck_assert(b.level[20]);
    put(STATUS, 0x2);
    ck_assert(!b.level[20]);
    ck_assert_uint_eq(get(STATUS), 0);
}
END_TEST

/* As Linux sets it up: VAL_SET, first match, then the period. */
START_TEST(periodic)
{
    put(TN_CONF(0), 18 << 9 | 0x14c);
    out32(hpet, 0, TN_COMP(0), 1000);
    out32(hpet, 0, TN_COMP(0), 400);
    put(CONF, 1);
    bench_until(&b, 10000);
    ck_assert_uint_eq(b.rises[18], 1);
    ck_assert_uint_eq(get(TN_COMP(0)), 1400);
    bench_until(&b, 10000 + 4000 * 25);
    ck_assert_uint_eq(b.rises[18], 26);
    clock_skip_to(&b.clock, clock_now(&b.clock) + 4000 * 1000); /* a thousand periods lost */
    clock_run_timers(&b.clock);
    ck_assert_uint_eq(b.rises[18], 27);
    ck_assert_uint_gt(clock_deadline(&b.clock), clock_now(&b.clock));
}
END_TEST

START_TEST(period_0_does_not_flood)
{
    put(TN_CONF(0), 18 << 9 | 0x4c);
    put(TN_COMP(0), 0);
    put(CONF, 1);
    bench_until(&b, NS_PER_SEC);
    ck_assert_uint_le(b.rises[18], 1);
}
END_TEST

START_TEST(counter_of_32_bits_wraps)
{
    put(COUNTER, 0xffffff00);
    put(TN_CONF(2), 16 << 9 | 0x104);
    put(TN_COMP(2), 0x10);
    put(CONF, 1);
    bench_until(&b, 10 * 0x10f);
    ck_assert_uint_eq(b.rises[16], 0);
    bench_until(&b, 10 * 0x110);
    ck_assert_uint_eq(b.rises[16], 1);
}
END_TEST

START_TEST(legacy_replacement)
{
    bench_line(hpet, HPET_PIT, true);
    ck_assert(b.level[HPET_IRQ0]); /* passes through */
    bench_line(hpet, HPET_RTC, true);
    ck_assert(b.level[HPET_IRQ8]);
    put(TN_CONF(0), 0x4);
    put(TN_COMP(0), 100);
    put(TN_CONF(1), 0x4);
    put(TN_COMP(1), 200);
    put(CONF, 3);
    ck_assert(!b.level[HPET_IRQ0] && !b.level[HPET_IRQ8]);
    bench_line(hpet, HPET_PIT, false);
    bench_line(hpet, HPET_PIT, true);
    ck_assert(!b.level[HPET_IRQ0]);
    bench_until(&b, 1000);
    ck_assert(b.level[HPET_IRQ0] && !b.level[HPET_IRQ8]);
    bench_until(&b, 2000);
    ck_assert(b.level[HPET_IRQ8]);
    bench_line(hpet, HPET_RTC, false);
    put(CONF, 1);
    ck_assert(b.level[HPET_IRQ0]); /* the 8254's again */
    ck_assert(!b.level[HPET_IRQ8]);
}
END_TEST

START_TEST(forbidden_routes_drive_nothing)
{
    put(CONF, 1);
    put(TN_CONF(0), 3 << 9 | 0x4);
    put(TN_COMP(0), 100);
    bench_until(&b, 2000);
    for (unsigned n = 0; n < DEVICE_MAX_OUTPUTS; n++)
        ck_assert_uint_eq(b.rises[n], 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/hpet");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, capabilities);
    tcase_add_test(t, counter_runs_and_halts);
    tcase_add_test(t, one_shot_edge);
    tcase_add_test(t, level_stays_until_status_is_cleared);
    tcase_add_test(t, periodic);
    tcase_add_test(t, period_0_does_not_flood);
    tcase_add_test(t, counter_of_32_bits_wraps);
    tcase_add_test(t, legacy_replacement);
    tcase_add_test(t, forbidden_routes_drive_nothing);
    suite_add_tcase(s, t);
    return unit_run(s);
}
