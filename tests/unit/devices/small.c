/* SPDX-License-Identifier: MIT */
/* The chips of a few registers: port 92h, VGA text, debug ports. */
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/port92.h"
#include "devices/vgatext.h"
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

enum {
    P3C0 = 0x10,
    P3C1,
    P3C2,
    P3C7 = 0x17,
    P3C8,
    P3C9,
    P3CC = 0x1c,
    P3D4 = 0x24,
    P3D5,
    P3DA = 0x2a
};

START_TEST(vga_registers)
{
    bench_init(&b);
    struct device *d = bench_device(&b, &vgatext_class);

    ck_assert_uint_eq(in8(d, 0, P3CC), 0x67);
    device_write(d, 0, P3D4, 0x120e, 2); /* index and data at once: the cursor's place */
    out8(d, 0, P3D4, 0x0f);
    out8(d, 0, P3D5, 0x34);
    ck_assert_uint_eq(in8(d, 0, P3D5), 0x34);
    out8(d, 0, P3D4, 0x0e);
    ck_assert_uint_eq(in8(d, 0, P3D5), 0x12);
    out8(d, 0, P3D4, 0x00); /* 0 to 7 are protected by register 11h */
    out8(d, 0, P3D5, 0x11);
    ck_assert_uint_eq(in8(d, 0, P3D5), 0x5f);
    ck_assert_uint_eq(in8(d, 0, 0x05), 0xff); /* 3B5h isn't decoded in colour */
    in8(d, 0, P3DA);
    out8(d, 0, P3C0, 0x31);
    out8(d, 0, P3C0, 0x2a);
    ck_assert_uint_eq(in8(d, 0, P3C0), 0x31);
    ck_assert_uint_eq(in8(d, 0, P3C1), 0x2a);
    out8(d, 0, P3C8, 5);
    for (unsigned n = 0; n < 6; n++)
        out8(d, 0, P3C9, (u8)(0xc0 + n));
    out8(d, 0, P3C7, 5);
    for (unsigned n = 0; n < 6; n++)
        ck_assert_uint_eq(in8(d, 0, P3C9), n);
    out8(d, 0, P3C2, 0x66); /* to monochrome */
    ck_assert_uint_eq(in8(d, 0, P3D5), 0xff);
    out8(d, 0, 0x04, 0x0e);
    ck_assert_uint_eq(in8(d, 0, 0x05), 0x12);
    device_free(d);
}
END_TEST

/* 70 pictures a second; of 449 lines 2 are retrace, and 400 * 640 of 449 * 800 dots show. */
START_TEST(vga_retrace)
{
    bench_init(&b);
    struct device *d = bench_device(&b, &vgatext_class);
    unsigned retraces = 0, shown = 0, all = 0, before = 0;

    for (; clock_now(&b.clock) < NS_PER_SEC; bench_pass(&b, 5000), all++) {
        u8 s = in8(d, 0, P3DA);
        retraces += (s & 8) && !before;
        before = s & 8;
        shown += !(s & 1);
    }
    ck_assert_uint_eq(retraces, 70);
    ck_assert_uint_ge(shown * 1000ull / all, 705);
    ck_assert_uint_le(shown * 1000ull / all, 720);
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

int main(void)
{
    Suite *s = suite_create("devices/small");
    TCase *t = tcase_create("all");

    tcase_add_test(t, port_92h);
    tcase_add_test(t, vga_registers);
    tcase_add_test(t, vga_retrace);
    tcase_add_test(t, debug_ports);
    suite_add_tcase(s, t);
    return unit_run(s);
}
