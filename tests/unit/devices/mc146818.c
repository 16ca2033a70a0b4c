/* SPDX-License-Identifier: MIT */
#include "devices/mc146818.h"

#include "unit/devices/bench.h"

static struct bench b;
static struct device *rtc;

#define MS 1000000ull

static u8 get(u8 index)
{
    out8(rtc, 0, 0, index);
    return in8(rtc, 0, 1);
}

static void put(u8 index, u8 value)
{
    out8(rtc, 0, 0, index);
    out8(rtc, 0, 1, value);
}

/* Starts at 2024-02-28 23:59:58 UTC, a Wednesday, at a second's beginning. */
static void setup(void)
{
    bench_init(&b);
    rtc = bench_device(&b, &mc146818_class);
    ck_assert(mc146818_class.input(rtc, 1709164798, 0));
}

static void teardown(void)
{
    device_free(rtc);
}

/* ss mm hh weekday day month year century */
static void check_time(const u8 want[8])
{
    static const u8 index[8] = {0, 2, 4, 6, 7, 8, 9, 0x32};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_msg(get(index[i]) == want[i], "register %02x: %02x, not %02x", index[i],
                      get(index[i]), want[i]);
}

START_TEST(time_goes_over_a_leap_day)
{
    check_time((u8[]){0x58, 0x59, 0x23, 4, 0x28, 0x02, 0x24, 0x20});
    bench_pass(&b, 2 * NS_PER_SEC);
    check_time((u8[]){0x00, 0x00, 0x00, 5, 0x29, 0x02, 0x24, 0x20});
    bench_pass(&b, 86400 * NS_PER_SEC);
    check_time((u8[]){0x00, 0x00, 0x00, 6, 0x01, 0x03, 0x24, 0x20});
}
END_TEST

START_TEST(start_values)
{
    static const struct {
        u64 seconds;
        u8 want[8];
    } rows[] = {
        {0, {0x00, 0x00, 0x00, 5, 0x01, 0x01, 0x70, 0x19}},
        {951782400, {0x00, 0x00, 0x00, 3, 0x29, 0x02, 0x00, 0x20}},
        {946684799, {0x59, 0x59, 0x23, 6, 0x31, 0x12, 0x99, 0x19}},
        {4107542400, {0x00, 0x00, 0x00, 2, 0x01, 0x03, 0x00, 0x21}},
    };
    mc146818_class.input(rtc, rows[_i].seconds, 0);
    check_time(rows[_i].want);
}
END_TEST

START_TEST(binary_and_12_hours)
{
    put(0x0b, 0x04); /* binary, 12 hours: the registers stay as they are until set */
    put(0x04, 0x0b | 0x80);
    put(0x02, 59);
    put(0x00, 59);
    bench_pass(&b, NS_PER_SEC);
    ck_assert_uint_eq(get(0x04), 12); /* midnight is 12 am */
    ck_assert_uint_eq(get(0x02), 0);
    put(0x04, 0x8c); /* noon */
    bench_pass(&b, NS_PER_SEC);
    ck_assert_uint_eq(get(0x04), 0x8c);
    bench_pass(&b, 3600 * NS_PER_SEC);
    ck_assert_uint_eq(get(0x04), 0x81);
}
END_TEST

START_TEST(set_stops_the_time)
{
    put(0x0b, 0x82);
    bench_pass(&b, 10 * NS_PER_SEC);
    ck_assert_uint_eq(get(0x00), 0x58);
    put(0x00, 0x30);
    put(0x09, 0x31);
    put(0x0b, 0x02);
    bench_pass(&b, NS_PER_SEC);
    check_time((u8[]){0x31, 0x59, 0x23, 4, 0x28, 0x02, 0x31, 0x20});
}
END_TEST

/* 244 us before an update and the 1,984 us that it takes. */
START_TEST(update_in_progress)
{
    bench_until(&b, NS_PER_SEC - 2229000);
    ck_assert_uint_eq(get(0x0a), 0x26);
    bench_until(&b, NS_PER_SEC - 2227000);
    ck_assert_uint_eq(get(0x0a), 0xa6);
    ck_assert_uint_eq(get(0x00), 0x58);
    bench_until(&b, NS_PER_SEC);
    ck_assert_uint_eq(get(0x0a), 0x26);
    ck_assert_uint_eq(get(0x00), 0x59);
    put(0x0b, 0x82);
    bench_until(&b, 2 * NS_PER_SEC - 1000000);
    ck_assert_uint_eq(get(0x0a), 0x26);
}
END_TEST

START_TEST(divider_reset_gives_half_a_second)
{
    put(0x0a, 0x66);
    bench_pass(&b, 5 * NS_PER_SEC);
    ck_assert_uint_eq(get(0x00), 0x58);
    put(0x0a, 0x26);
    bench_pass(&b, 499 * MS);
    ck_assert_uint_eq(get(0x00), 0x58);
    bench_pass(&b, 2 * MS);
    ck_assert_uint_eq(get(0x00), 0x59);
}
END_TEST

START_TEST(periodic_interrupt)
{
    static const struct {
        u8 rate;
        unsigned hz;
    } rows[] = {{1, 256}, {2, 128}, {3, 8192}, {6, 1024}, {8, 256}, {15, 2}};

    put(0x0a, 0x20 | rows[_i].rate);
    put(0x0b, 0x42);
    unsigned seen = 0;
    u64 end = clock_now(&b.clock) + NS_PER_SEC;
    while (clock_now(&b.clock) < end) {
        bench_pass(&b, 10000);
        if (b.level[MC146818_IRQ]) {
            ck_assert_uint_eq(get(0x0c) & 0xc0, 0xc0);
            ck_assert(!b.level[MC146818_IRQ]);
            seen++;
        }
    }
    ck_assert_msg(seen == rows[_i].hz, "rate %u: %u in a second", rows[_i].rate, seen);
}
END_TEST

START_TEST(rate_0_is_none)
{
    put(0x0a, 0x20);
    put(0x0b, 0x42);
    bench_pass(&b, 10 * NS_PER_SEC);
    ck_assert_uint_eq(b.rises[MC146818_IRQ], 0);
    ck_assert_uint_eq(get(0x0c), 0x30); /* UF, and AF: midnight is what the alarm says */
}
END_TEST

START_TEST(update_interrupt_waits_for_c)
{
    put(0x0b, 0x12);
    bench_pass(&b, 3 * NS_PER_SEC);
    ck_assert_uint_eq(b.rises[MC146818_IRQ], 1);
    ck_assert_uint_eq(get(0x0c), 0xf0); /* PF and AF are set without being enabled */
    ck_assert_uint_eq(get(0x0c), 0x00);
    bench_pass(&b, NS_PER_SEC);
    ck_assert_uint_eq(b.rises[MC146818_IRQ], 2);
}
END_TEST

START_TEST(enabling_a_flag_that_is_set_interrupts_at_once)
{
    bench_pass(&b, 2 * NS_PER_SEC);
    ck_assert(!b.level[MC146818_IRQ]);
    put(0x0b, 0x12);
    ck_assert(b.level[MC146818_IRQ]);
    put(0x0b, 0x92); /* SET clears UIE */
    ck_assert_uint_eq(get(0x0b), 0x82);
    ck_assert(!b.level[MC146818_IRQ]);
}
END_TEST

START_TEST(alarm)
{
    static const struct {
        u8 ss, mm, hh;
        u64 after; /* 23:59:58, 0: never */
    } rows[] = {
        {0x59, 0x59, 0x23, 1},     {0x00, 0x00, 0x00, 2},  {0x58, 0x59, 0x23, 86400},
        {0xff, 0xff, 0xff, 1},     {0x30, 0xc0, 0xc0, 32}, {0x00, 0x15, 0xff, 902},
        {0x00, 0x00, 0x12, 43202}, {0x61, 0x00, 0x00, 0},  {0xff, 0x99, 0xff, 0},
    };

    put(1, rows[_i].ss);
    put(3, rows[_i].mm);
    put(5, rows[_i].hh);
    put(0x0b, 0x22);
    if (rows[_i].after) {
        bench_pass(&b, rows[_i].after * NS_PER_SEC - 1);
        ck_assert_msg(!b.level[MC146818_IRQ], "row %d: early", _i);
        bench_pass(&b, 1);
        ck_assert_msg(b.level[MC146818_IRQ], "row %d: late", _i);
        ck_assert_uint_eq(get(0x0c) & 0xa0, 0xa0);
    } else {
        bench_pass(&b, 200000 * NS_PER_SEC);
        ck_assert_uint_eq(b.rises[MC146818_IRQ], 0);
        ck_assert_uint_eq(get(0x0c) & 0x20, 0);
    }
}
END_TEST

START_TEST(nonsense_is_survived_and_read_back)
{
    put(0x00, 0x7f);
    put(0x07, 0x00);
    put(0x08, 0xff);
    ck_assert_uint_eq(get(0x00), 0x7f);
    ck_assert_uint_eq(get(0x07), 0x00);
    ck_assert_uint_eq(get(0x08), 0xff);
    bench_pass(&b, 100000 * NS_PER_SEC);
    u8 month = get(0x08), day = get(0x07);
    ck_assert(month >= 0x01 && month <= 0x12 && day >= 0x01 && day <= 0x31);
}
END_TEST

START_TEST(registers_c_and_d_are_read_only)
{
    put(0x0d, 0x00);
    ck_assert_uint_eq(get(0x0d), 0x80);
    put(0x0c, 0xff);
    ck_assert_uint_eq(get(0x0c), 0x00);
    put(0x0a, 0xa6);
    ck_assert_uint_eq(get(0x0a), 0x26);
}
END_TEST

START_TEST(cmos_outlives_reset)
{
    put(0x10, 0x12);
    mc146818_set(rtc, 0x15, 0x80);
    mc146818_set(rtc, 0xb0, 0x34);
    put(0x0b, 0x7a);
    bench_pass(&b, NS_PER_SEC);
    ck_assert(b.level[MC146818_IRQ]);
    device_reset(rtc);
    ck_assert(!b.level[MC146818_IRQ]);
    ck_assert_uint_eq(get(0x0b), 0x02);
    ck_assert_uint_eq(get(0x0c), 0x00);
    ck_assert_uint_eq(get(0x10), 0x12);
    ck_assert_uint_eq(get(0x15), 0x80);
    ck_assert_uint_eq(get(0x00), 0x59);
    out8(rtc, MC146818_EXTENDED, 0, 0x30);
    ck_assert_uint_eq(in8(rtc, MC146818_EXTENDED, 1), 0x34);
    out8(rtc, MC146818_EXTENDED, 1, 0x56);
    ck_assert_uint_eq(mc146818_get(rtc, 0xb0), 0x56);
}
END_TEST

START_TEST(port_70h_masks_nmi)
{
    out8(rtc, 0, 0, 0x8f);
    ck_assert(b.level[MC146818_NMI_MASK]);
    ck_assert_uint_eq(in8(rtc, 0, 1), mc146818_get(rtc, 0x0f));
    out8(rtc, 0, 0, 0x0f);
    ck_assert(!b.level[MC146818_NMI_MASK]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/mc146818");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, time_goes_over_a_leap_day);
    tcase_add_loop_test(t, start_values, 0, 4);
    tcase_add_test(t, binary_and_12_hours);
    tcase_add_test(t, set_stops_the_time);
    tcase_add_test(t, update_in_progress);
    tcase_add_test(t, divider_reset_gives_half_a_second);
    tcase_add_loop_test(t, periodic_interrupt, 0, 6);
    tcase_add_test(t, rate_0_is_none);
    tcase_add_test(t, update_interrupt_waits_for_c);
    tcase_add_test(t, enabling_a_flag_that_is_set_interrupts_at_once);
    tcase_add_loop_test(t, alarm, 0, 9);
    tcase_add_test(t, nonsense_is_survived_and_read_back);
    tcase_add_test(t, registers_c_and_d_are_read_only);
    tcase_add_test(t, cmos_outlives_reset);
    tcase_add_test(t, port_70h_masks_nmi);
    suite_add_tcase(s, t);
    return unit_run(s);
}
