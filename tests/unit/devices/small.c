/* SPDX-License-Identifier: MIT */
/* The chips of a few registers: port 92h, debug ports, parallel port, pvpanic. */
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/parallel.h"
#include "devices/port92.h"
#include "devices/pvpanic.h"
#include "unit/devices/bench.h"

static struct bench b;

START_TEST(port_92h)
{
    bench_init(&b);
    struct device *d = bench_device(&b, &port92_class);

    out8(d, 0, 0, 0x02);
    ck_assert(b.level[PORT92_A20]);
    ck_assert_uint_eq(in8(d, 0, 0), 0x02);
    out8(d, 0, 0, 0x03);
    out8(d, 0, 0, 0x03);
    ck_assert_uint_eq(b.rises[PORT92_INIT], 1);
    out8(d, 0, 0, 0xfc);
    ck_assert(!b.level[PORT92_A20]);
    ck_assert_uint_eq(in8(d, 0, 0), 0x00);
    device_free(d);
}
END_TEST

static u32 asked;
static char said[8];

static void ask(void *opaque, u32 value)
{
    asked = value;
}

static void say(void *opaque, u8 byte)
{
    char *text = opaque;
    text[strlen(text)] = (char)byte;
}

START_TEST(debug_ports)
{
    bench_init(&b);
    struct device *leave = bench_device(&b, &debugexit_class);
    struct device *con = bench_device(&b, &debugcon_class);

    debugexit_connect(leave, ask, NULL);
    debugcon_connect(con, say, said);
    ck_assert_uint_eq(in32(leave, 0, 0), 0);
    out32(leave, 0, 0, 0x12345678);
    ck_assert_uint_eq(asked, 0x12345678);
    device_write(leave, 0, 0, 0xabcd, 2);
    ck_assert_uint_eq(asked, 0xabcd);
    ck_assert_uint_eq(in8(con, 0, 0), 0xe9);
    out8(con, 0, 0, 'h');
    out8(con, 0, 0, 'i');
    ck_assert_str_eq(said, "hi");
    device_free(con);
    device_free(leave);
}
END_TEST

/* A byte goes out at the strobe; the printer is busy, then acknowledges. */
START_TEST(parallel_port)
{
    enum { P_DATA, P_STATUS, P_CONTROL };

    bench_init(&b);
    struct device *d = bench_device(&b, &parallel_class);
    memset(said, 0, sizeof said);
    parallel_connect(d, say, said);
    ck_assert_uint_eq(in8(d, 0, P_STATUS), 0xdf);
    ck_assert_uint_eq(in8(d, 0, P_CONTROL), 0xcc);
    out8(d, 0, P_DATA, 'A');
    ck_assert_uint_eq(in8(d, 0, P_DATA), 'A');
    ck_assert_str_eq(said, "");
    out8(d, 0, P_CONTROL, 0x0d);
    ck_assert_str_eq(said, "A");
    ck_assert_uint_eq(in8(d, 0, P_STATUS), 0x5f); /* busy */
    out8(d, 0, P_CONTROL, 0x0c);
    out8(d, 0, P_CONTROL, 0x0d); /* too early: lost */
    out8(d, 0, P_CONTROL, 0x0c);
    ck_assert_str_eq(said, "A");
    bench_pass(&b, 5000);
    ck_assert_uint_eq(in8(d, 0, P_STATUS), 0x1f); /* ACK# */
    ck_assert(!b.level[PARALLEL_IRQ]);
    bench_pass(&b, 1000);
    ck_assert_uint_eq(in8(d, 0, P_STATUS), 0xdf);
    out8(d, 0, P_CONTROL, 0x1c);
    out8(d, 0, P_CONTROL, 0x1d);
    bench_pass(&b, 6000);
    ck_assert_uint_eq(b.rises[PARALLEL_IRQ], 1);
    ck_assert(!b.level[PARALLEL_IRQ]);
    out8(d, 0, P_CONTROL, 0x04); /* not selected */
    out8(d, 0, P_CONTROL, 0x05);
    out8(d, 0, P_CONTROL, 0x08); /* INIT# */
    out8(d, 0, P_CONTROL, 0x09);
    ck_assert_str_eq(said, "AA");
    ck_assert_uint_eq(in8(d, 0, P_STATUS), 0xdf);
    device_write(d, 0, 0, 0x0d42, 4); /* three ports wide: data, status, control, nothing */
    ck_assert_uint_eq(in32(d, 0, 0), 0xffc0df42);
    device_free(d);
}
END_TEST

static void panic(void *opaque, u8 events)
{
    asked = asked * 16 + events;
}

START_TEST(guest_panic)
{
    bench_init(&b);
    struct device *d = bench_device(&b, &pvpanic_class);

    asked = 0;
    pvpanic_connect(d, panic, NULL);
    ck_assert_uint_eq(in8(d, 0, 0), 0x03);
    out8(d, 0, 0, 0x02);
    out8(d, 0, 0, 0x01);
    out8(d, 0, 0, 0xfc);
    out8(d, 0, 0, 0xff);
    ck_assert_uint_eq(asked, 0x213);
    device_free(d);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/small");
    TCase *t = tcase_create("all");

    tcase_add_test(t, port_92h);
    tcase_add_test(t, debug_ports);
    tcase_add_test(t, parallel_port);
    tcase_add_test(t, guest_panic);
    suite_add_tcase(s, t);
    return unit_run(s);
}
