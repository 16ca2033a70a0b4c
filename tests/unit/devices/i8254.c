/* SPDX-License-Identifier: MIT */
#include "devices/i8254.h"

#include "unit/devices/bench.h"

static struct bench b;
static struct device *pit;

enum { CONTROL = 3 };

static void setup(void)
{
    bench_init(&b);
    pit = bench_device(&b, &i8254_class);
}

static void teardown(void)
{
    device_free(pit);
}

static u64 tick(void)
{
    return muldiv(clock_now(&b.clock), I8254_HZ, NS_PER_SEC);
}

/* Moves on to the first nanosecond of the n-th tick from now. */
static void ticks(u64 n)
{
    bench_until(&b, ((tick() + n) * NS_PER_SEC + I8254_HZ - 1) / I8254_HZ);
}

static void set(unsigned n, unsigned mode, u16 count)
{
    out8(pit, 0, CONTROL, (u8)(n << 6 | 0x30 | mode << 1));
    out8(pit, 0, n, (u8)count);
    out8(pit, 0, n, (u8)(count >> 8));
}

static u16 count(unsigned n)
{
    out8(pit, 0, CONTROL, (u8)(n << 6));
    u8 low = in8(pit, 0, n);
    return (u16)(low | in8(pit, 0, n) << 8);
}

static u8 status(unsigned n)
{
    out8(pit, 0, CONTROL, (u8)(0xe0 | 2u << n));
    return in8(pit, 0, n);
}

static bool out2(void)
{
    return in8(pit, I8254_PORT61, 0) & 0x20;
}

static void gate2(bool level)
{
    out8(pit, I8254_PORT61, 0, level);
}

/* Mode 0: OUT rises N + 1 clocks after the count is written; then the count wraps round. */
START_TEST(mode_0_interrupt_on_terminal_count)
{
    ticks(10);
    set(0, 0, 4);
    ck_assert(!b.level[I8254_OUT0]);
    ck_assert_uint_eq(status(0), 0x70); /* OUT low, null count, RW both, mode 0 */
    ticks(1);
    ck_assert_uint_eq(status(0), 0x30);
    ck_assert_uint_eq(count(0), 4);
    ticks(3);
    ck_assert_uint_eq(count(0), 1);
    ck_assert(!b.level[I8254_OUT0]);
    ticks(1);
    ck_assert_uint_eq(count(0), 0);
    ck_assert(b.level[I8254_OUT0]);
    ck_assert_uint_eq(status(0), 0xb0);
    ticks(1);
    ck_assert_uint_eq(count(0), 0xffff);
    ck_assert(b.level[I8254_OUT0]);
    out8(pit, 0, 0, 3); /* the first byte of a count stops it and lowers OUT */
    ck_assert(!b.level[I8254_OUT0]);
    ticks(20);
    ck_assert_uint_eq(count(0), 0xffff);
    out8(pit, 0, 0, 0);
    ticks(4);
    ck_assert(b.level[I8254_OUT0]);
}
END_TEST

START_TEST(mode_0_gate_holds_the_count)
{
    gate2(true);
    set(2, 0, 10);
    ticks(4);
    ck_assert_uint_eq(count(2), 7);
    gate2(false);
    ticks(100);
    ck_assert_uint_eq(count(2), 7);
    ck_assert(!out2());
    gate2(true);
    ticks(6);
    ck_assert(!out2());
    ticks(1);
    ck_assert(out2());
}
END_TEST

/* Mode 1: a one-shot of N clocks from each trigger. */
START_TEST(mode_1_hardware_retriggerable_one_shot)
{
    set(2, 1, 5);
    ticks(50);
    ck_assert(out2());
    ck_assert_uint_eq(status(2) & 0x40, 0x40);
    gate2(true);
    ck_assert(out2());
    ticks(1);
    ck_assert(!out2());
    ticks(3);
    ck_assert_uint_eq(count(2), 2);
    gate2(false); /* the gate's fall does nothing, its rise starts over */
    gate2(true);
    ticks(1);
    ck_assert_uint_eq(count(2), 5);
    ticks(4);
    ck_assert(!out2());
    ticks(1);
    ck_assert(out2());
}
END_TEST

/* Mode 2: low for the last clock of every N. */
START_TEST(mode_2_rate_generator)
{
    set(0, 2, 4);
    ck_assert(b.level[I8254_OUT0]);
    ticks(1);
    for (unsigned n = 0; n < 12; n++) {
        ck_assert_uint_eq(count(0), 4 - n % 4);
        ck_assert_uint_eq(status(0) >> 7, n % 4 != 3);
        ck_assert_uint_eq(b.level[I8254_OUT0], n % 4 != 3);
        ticks(1);
    }
    unsigned before = b.rises[I8254_OUT0];
    ticks(4000);
    ck_assert_uint_eq(b.rises[I8254_OUT0] - before, 1000);
}
END_TEST

START_TEST(mode_2_new_count_waits_for_the_period_to_end)
{
    set(0, 2, 10);
    ticks(4);
    ck_assert_uint_eq(count(0), 7);
    out8(pit, 0, 0, 3);
    out8(pit, 0, 0, 0);
    ck_assert_uint_eq(status(0) & 0x40, 0x40);
    ticks(6);
    ck_assert_uint_eq(count(0), 1);
    ticks(1);
    ck_assert_uint_eq(count(0), 3);
    ck_assert_uint_eq(status(0) & 0x40, 0);
    ticks(3);
    ck_assert_uint_eq(count(0), 3);
}
END_TEST

START_TEST(mode_2_gate_low_forces_out_high_and_rise_reloads)
{
    gate2(true);
    set(2, 2, 4);
    ticks(4);
    ck_assert(!out2());
    gate2(false);
    ck_assert(out2());
    ticks(9);
    ck_assert(out2());
    ck_assert_uint_eq(count(2), 1);
    gate2(true);
    ticks(1);
    ck_assert_uint_eq(count(2), 4);
}
END_TEST

/* Mode 3: high for the first half, the longer one if N is odd; down by two. */
START_TEST(mode_3_square_wave)
{
    static const struct {
        u16 n;
        u16 counts[10];
        const char *out;
    } rows[] = {
        {4, {4, 2, 4, 2, 4, 2, 4, 2}, "11001100"},
        {5, {4, 2, 0, 4, 2, 4, 2, 0, 4, 2}, "1110011100"},
    };
    set(0, 3, rows[_i].n);
    ticks(1);
    for (unsigned i = 0; rows[_i].out[i]; i++) {
        ck_assert_msg(count(0) == rows[_i].counts[i], "N %u, clock %u: %u", rows[_i].n, i,
                      count(0));
        ck_assert_msg(b.level[I8254_OUT0] == (rows[_i].out[i] == '1'), "N %u, clock %u", rows[_i].n,
                      i);
        ticks(1);
    }
}
END_TEST

START_TEST(mode_3_new_count_waits_for_the_half_to_end)
{
    set(0, 3, 8);
    ticks(2); /* one clock into the high half */
    out8(pit, 0, 0, 4);
    out8(pit, 0, 0, 0);
    ticks(2);
    ck_assert(b.level[I8254_OUT0]);
    ck_assert_uint_eq(count(0), 2);
    ticks(1); /* the low half is of the new count */
    ck_assert(!b.level[I8254_OUT0]);
    ck_assert_uint_eq(count(0), 4);
    ticks(2);
    ck_assert(b.level[I8254_OUT0]);
    ticks(2);
    ck_assert(!b.level[I8254_OUT0]);
}
END_TEST

/* Mode 4: one low clock N + 1 clocks after the write. */
START_TEST(mode_4_software_triggered_strobe)
{
    set(0, 4, 3);
    ck_assert(b.level[I8254_OUT0]);
    ticks(3);
    ck_assert(b.level[I8254_OUT0]);
    ticks(1);
    ck_assert(!b.level[I8254_OUT0]);
    ticks(1);
    ck_assert(b.level[I8254_OUT0]);
    ck_assert_uint_eq(count(0), 0xffff);
    ticks(70000);
    ck_assert(b.level[I8254_OUT0]);
}
END_TEST

START_TEST(mode_5_hardware_triggered_strobe)
{
    set(2, 5, 3);
    ticks(20);
    ck_assert(out2());
    gate2(true);
    ticks(3);
    ck_assert(out2());
    ticks(1);
    ck_assert(!out2());
    ticks(1);
    ck_assert(out2());
}
END_TEST

/* Linux's own measurement: gate counter 2 in mode 0, wait for OUT2 by port 61h. */
START_TEST(calibration_takes_its_time)
{
    out8(pit, I8254_PORT61, 0, (in8(pit, I8254_PORT61, 0) & ~2) | 1);
    set(2, 0, 59659); /* 50 ms */
    u64 start = clock_now(&b.clock);
    while (!out2())
        bench_pass(&b, 1000);
    u64 ns = clock_now(&b.clock) - start;
    ck_assert_uint_ge(ns, 49999000);
    ck_assert_uint_le(ns, 50003000);
}
END_TEST

START_TEST(bcd_counts_in_decimal)
{
    out8(pit, 0, CONTROL, 0x31); /* mode 0, BCD */
    out8(pit, 0, 0, 0x00);
    out8(pit, 0, 0, 0x10); /* 1000 */
    ticks(2);
    ck_assert_uint_eq(count(0), 0x0999);
    ticks(999);
    ck_assert_uint_eq(count(0), 0x0000);
    ticks(1);
    ck_assert_uint_eq(count(0), 0x9999);
}
END_TEST

START_TEST(count_0_is_the_largest)
{
    set(0, 2, 0);
    ticks(1);
    unsigned before = b.rises[I8254_OUT0];
    ticks(65536 * 3);
    ck_assert_uint_eq(b.rises[I8254_OUT0] - before, 3);
}
END_TEST

START_TEST(latches_hold_until_read)
{
    set(0, 2, 1000);
    ticks(1);
    out8(pit, 0, CONTROL, 0x00);
    ticks(10);
    out8(pit, 0, CONTROL, 0x00); /* a second latch changes nothing */
    ck_assert_uint_eq(in8(pit, 0, 0), 1000 & 0xff);
    ck_assert_uint_eq(in8(pit, 0, 0), 1000 >> 8);
    ck_assert_uint_eq(in8(pit, 0, 0), 990 & 0xff); /* live again */
    ck_assert_uint_eq(in8(pit, 0, 0), 990 >> 8);
    out8(pit, 0, CONTROL, 0xc2); /* read-back: status comes first, then the count */
    ck_assert_uint_eq(in8(pit, 0, 0), 0xb4);
    ck_assert_uint_eq(in8(pit, 0, 0), 990 & 0xff);
    ck_assert_uint_eq(in8(pit, 0, 0), 990 >> 8);
}
END_TEST

START_TEST(single_byte_access)
{
    out8(pit, 0, CONTROL, 0x14); /* LSB only, mode 2 */
    out8(pit, 0, 0, 200);
    ticks(11);
    ck_assert_uint_eq(in8(pit, 0, 0), 190);
    ck_assert_uint_eq(in8(pit, 0, 0), 190);
    out8(pit, 0, CONTROL, 0x24); /* MSB only */
    out8(pit, 0, 0, 2);
    ticks(1 + 256);
    ck_assert_uint_eq(in8(pit, 0, 0), 1);
}
END_TEST

START_TEST(port_61h)
{
    out8(pit, I8254_PORT61, 0, 0xff);
    ck_assert_uint_eq(in8(pit, I8254_PORT61, 0) & 0xcf, 0x0f);
    u8 before = in8(pit, I8254_PORT61, 0) & 0x10;
    ticks(18);
    ck_assert_uint_ne(in8(pit, I8254_PORT61, 0) & 0x10, before);
    ticks(18);
    ck_assert_uint_eq(in8(pit, I8254_PORT61, 0) & 0x10, before);
}
END_TEST

/* Time that jumps past many periods leaves one interrupt, not a flood and not none. */
START_TEST(lost_ticks_melt_into_one)
{
    set(0, 2, 100);
    ticks(10);
    unsigned before = b.rises[I8254_OUT0];
    clock_skip_to(&b.clock, clock_now(&b.clock) + NS_PER_SEC);
    clock_run_timers(&b.clock);
    ck_assert_uint_ge(b.rises[I8254_OUT0] - before, 1);
    ck_assert_uint_le(b.rises[I8254_OUT0] - before, 2);
    ck_assert_uint_gt(clock_deadline(&b.clock), clock_now(&b.clock));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/i8254");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, mode_0_interrupt_on_terminal_count);
    tcase_add_test(t, mode_0_gate_holds_the_count);
    tcase_add_test(t, mode_1_hardware_retriggerable_one_shot);
    tcase_add_test(t, mode_2_rate_generator);
    tcase_add_test(t, mode_2_new_count_waits_for_the_period_to_end);
    tcase_add_test(t, mode_2_gate_low_forces_out_high_and_rise_reloads);
    tcase_add_loop_test(t, mode_3_square_wave, 0, 2);
    tcase_add_test(t, mode_3_new_count_waits_for_the_half_to_end);
    tcase_add_test(t, mode_4_software_triggered_strobe);
    tcase_add_test(t, mode_5_hardware_triggered_strobe);
    tcase_add_test(t, calibration_takes_its_time);
    tcase_add_test(t, bcd_counts_in_decimal);
    tcase_add_test(t, count_0_is_the_largest);
    tcase_add_test(t, latches_hold_until_read);
    tcase_add_test(t, single_byte_access);
    tcase_add_test(t, port_61h);
    tcase_add_test(t, lost_ticks_melt_into_one);
    suite_add_tcase(s, t);
    return unit_run(s);
}
