/* SPDX-License-Identifier: MIT */
#include "devices/i8259.h"

#include "unit/devices/bench.h"

static struct bench b;

/* A pair as a PC's firmware sets it up: vectors 20h and 28h, nothing masked. */
static struct device *pair(u8 icw4_master, u8 icw4_slave)
{
    bench_init(&b);
    struct device *d = bench_device(&b, &i8259_class);
    static const u8 icw[2][3] = {{0x11, 0x20, 0x04}, {0x11, 0x28, 0x02}};

    for (unsigned n = 0; n < 2; n++) {
        out8(d, n, 0, icw[n][0]);
        out8(d, n, 1, icw[n][1]);
        out8(d, n, 1, icw[n][2]);
        out8(d, n, 1, n ? icw4_slave : icw4_master);
    }
    return d;
}

static u8 irr(struct device *d, unsigned n)
{
    out8(d, n, 0, 0x0a);
    return in8(d, n, 0);
}

static u8 isr(struct device *d, unsigned n)
{
    out8(d, n, 0, 0x0b);
    return in8(d, n, 0);
}

START_TEST(edge_request_goes_through_irr_and_isr)
{
    struct device *d = pair(1, 1);

    bench_line(d, 3, true);
    ck_assert(b.level[I8259_INTR]);
    ck_assert_uint_eq(irr(d, 0), 0x08);
    ck_assert_uint_eq(i8259_ack(d), 0x23);
    ck_assert(!b.level[I8259_INTR]);
    ck_assert_uint_eq(irr(d, 0), 0);
    ck_assert_uint_eq(isr(d, 0), 0x08);
    out8(d, 0, 0, 0x20);
    ck_assert_uint_eq(isr(d, 0), 0);
    ck_assert(!b.level[I8259_INTR]); /* the pin is still high, but made no new edge */
    bench_line(d, 3, false);
    bench_line(d, 3, true);
    ck_assert(b.level[I8259_INTR]);
    device_free(d);
}
END_TEST

START_TEST(edge_that_falls_before_inta_is_spurious)
{
    struct device *d = pair(1, 1);

    bench_line(d, 4, true);
    bench_line(d, 4, false);
    ck_assert(!b.level[I8259_INTR]);
    ck_assert_uint_eq(i8259_ack(d), 0x27);
    ck_assert_uint_eq(isr(d, 0), 0);
    device_free(d);
}
END_TEST

START_TEST(priorities_nest)
{
    struct device *d = pair(1, 1);

    bench_line(d, 5, true);
    ck_assert_uint_eq(i8259_ack(d), 0x25);
    bench_line(d, 6, true); /* lower: waits */
    ck_assert(!b.level[I8259_INTR]);
    bench_line(d, 1, true); /* higher: nests */
    ck_assert(b.level[I8259_INTR]);
    ck_assert_uint_eq(i8259_ack(d), 0x21);
    ck_assert_uint_eq(isr(d, 0), 0x22);
    out8(d, 0, 0, 0x20); /* non-specific: the highest in service */
    ck_assert_uint_eq(isr(d, 0), 0x20);
    out8(d, 0, 0, 0x65); /* specific */
    ck_assert_uint_eq(isr(d, 0), 0);
    ck_assert_uint_eq(i8259_ack(d), 0x26);
    device_free(d);
}
END_TEST

START_TEST(slave_comes_through_pin_2)
{
    struct device *d = pair(1, 1);

    bench_line(d, 14, true);
    bench_line(d, 12, true);
    ck_assert_uint_eq(i8259_ack(d), 0x2c);
    ck_assert_uint_eq(isr(d, 0), 0x04);
    ck_assert_uint_eq(isr(d, 1), 0x10);
    bench_line(d, 3, true); /* below the slave's place */
    ck_assert(!b.level[I8259_INTR]);
    out8(d, 1, 0, 0x20);
    ck_assert(!b.level[I8259_INTR]); /* the master's bit still stands */
    out8(d, 0, 0, 0x20);
    ck_assert_uint_eq(i8259_ack(d), 0x2e);
    out8(d, 1, 0, 0x20);
    out8(d, 0, 0, 0x20);
    ck_assert_uint_eq(i8259_ack(d), 0x23);
    device_free(d);
}
END_TEST

START_TEST(special_fully_nested_lets_the_slave_ask_again)
{
    struct device *d = pair(0x11, 1);

    bench_line(d, 14, true);
    ck_assert_uint_eq(i8259_ack(d), 0x2e);
    bench_line(d, 9, true);
    ck_assert(b.level[I8259_INTR]);
    ck_assert_uint_eq(i8259_ack(d), 0x29);
    ck_assert_uint_eq(isr(d, 1), 0x42);
    device_free(d);

    d = pair(1, 1);
    bench_line(d, 14, true);
    ck_assert_uint_eq(i8259_ack(d), 0x2e);
    bench_line(d, 9, true);
    ck_assert(!b.level[I8259_INTR]);
    device_free(d);
}
END_TEST

START_TEST(level_pins_ask_until_they_fall)
{
    struct device *d = pair(1, 1);

    out8(d, I8259_ELCR, 0, 0xff);
    out8(d, I8259_ELCR, 1, 0xff);
    ck_assert_uint_eq(in8(d, I8259_ELCR, 0), 0xf8);
    ck_assert_uint_eq(in8(d, I8259_ELCR, 1), 0xde);
    bench_line(d, 11, true);
    ck_assert_uint_eq(i8259_ack(d), 0x2b);
    out8(d, 1, 0, 0x20);
    out8(d, 0, 0, 0x20);
    ck_assert(b.level[I8259_INTR]);
    ck_assert_uint_eq(i8259_ack(d), 0x2b);
    bench_line(d, 11, false);
    out8(d, 1, 0, 0x20);
    out8(d, 0, 0, 0x20);
    ck_assert(!b.level[I8259_INTR]);
    device_free(d);
}
END_TEST

START_TEST(mask_and_special_mask)
{
    struct device *d = pair(1, 1);

    out8(d, 0, 1, 0x08);
    ck_assert_uint_eq(in8(d, 0, 1), 0x08);
    bench_line(d, 3, true);
    ck_assert(!b.level[I8259_INTR]);
    out8(d, 0, 1, 0x00); /* an edge waits behind the mask */
    ck_assert_uint_eq(i8259_ack(d), 0x23);

    bench_line(d, 6, true);
    ck_assert(!b.level[I8259_INTR]);
    out8(d, 0, 1, 0x08); /* mask what is in service */
    ck_assert(!b.level[I8259_INTR]);
    out8(d, 0, 0, 0x68); /* special mask: others below may come */
    ck_assert(b.level[I8259_INTR]);
    ck_assert_uint_eq(i8259_ack(d), 0x26);
    out8(d, 0, 0, 0x20); /* passes over the masked level 3 */
    ck_assert_uint_eq(isr(d, 0), 0x08);
    out8(d, 0, 0, 0x20);
    ck_assert_uint_eq(isr(d, 0), 0x08);
    out8(d, 0, 0, 0x48);
    out8(d, 0, 0, 0x20);
    ck_assert_uint_eq(isr(d, 0), 0);
    device_free(d);
}
END_TEST

START_TEST(rotation)
{
    struct device *d = pair(1, 1);

    bench_line(d, 4, true);
    ck_assert_uint_eq(i8259_ack(d), 0x24);
    out8(d, 0, 0, 0xa0); /* rotate on non-specific EOI: 4 is the lowest now */
    bench_line(d, 3, true);
    bench_line(d, 5, true);
    ck_assert_uint_eq(i8259_ack(d), 0x25);
    out8(d, 0, 0, 0xe5); /* rotate on specific EOI */
    bench_line(d, 4, false);
    bench_line(d, 4, true);
    bench_line(d, 6, true);
    ck_assert_uint_eq(i8259_ack(d), 0x26);
    out8(d, 0, 0, 0x20);
    out8(d, 0, 0, 0xc3); /* set priority: 3 lowest, 4 highest */
    ck_assert_uint_eq(i8259_ack(d), 0x24);
    out8(d, 0, 0, 0x20);
    ck_assert_uint_eq(i8259_ack(d), 0x23);
    device_free(d);
}
END_TEST

START_TEST(automatic_eoi)
{
    struct device *d = pair(0x03, 1);

    out8(d, 0, 0, 0x80); /* rotate in AEOI mode */
    bench_line(d, 1, true);
    ck_assert_uint_eq(i8259_ack(d), 0x21);
    ck_assert_uint_eq(isr(d, 0), 0);
    bench_line(d, 0, true);
    bench_line(d, 3, true);
    ck_assert_uint_eq(i8259_ack(d), 0x23);
    ck_assert_uint_eq(i8259_ack(d), 0x20);
    device_free(d);
}
END_TEST

START_TEST(poll_is_an_inta)
{
    struct device *d = pair(1, 1);

    out8(d, 0, 0, 0x0c);
    ck_assert_uint_eq(in8(d, 0, 0), 0x00);
    bench_line(d, 6, true);
    out8(d, 0, 0, 0x0c);
    ck_assert_uint_eq(in8(d, 0, 0), 0x86);
    ck_assert_uint_eq(isr(d, 0), 0x40);
    ck_assert(!b.level[I8259_INTR]);
    bench_line(d, 10, true);
    out8(d, 1, 0, 0x0c);
    ck_assert_uint_eq(in8(d, 1, 0), 0x82);
    ck_assert(!b.level[I8259_INTR]);
    device_free(d);
}
END_TEST

START_TEST(icw1_starts_over)
{
    struct device *d = pair(1, 1);

    out8(d, 0, 1, 0xf0);
    bench_line(d, 0, true);
    out8(d, 0, 0, 0x11);
    ck_assert(!b.level[I8259_INTR]); /* the edge is forgotten */
    ck_assert_uint_eq(in8(d, 0, 1), 0);
    out8(d, 0, 1, 0x0f); /* ICW2's low bits don't count */
    out8(d, 0, 1, 0x04);
    out8(d, 0, 1, 0x01);
    bench_line(d, 0, false);
    bench_line(d, 0, true);
    ck_assert_uint_eq(i8259_ack(d), 0x08);
    device_free(d);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/i8259");
    TCase *t = tcase_create("all");

    tcase_add_test(t, edge_request_goes_through_irr_and_isr);
    tcase_add_test(t, edge_that_falls_before_inta_is_spurious);
    tcase_add_test(t, priorities_nest);
    tcase_add_test(t, slave_comes_through_pin_2);
    tcase_add_test(t, special_fully_nested_lets_the_slave_ask_again);
    tcase_add_test(t, level_pins_ask_until_they_fall);
    tcase_add_test(t, mask_and_special_mask);
    tcase_add_test(t, rotation);
    tcase_add_test(t, automatic_eoi);
    tcase_add_test(t, poll_is_an_inta);
    tcase_add_test(t, icw1_starts_over);
    suite_add_tcase(s, t);
    return unit_run(s);
}
