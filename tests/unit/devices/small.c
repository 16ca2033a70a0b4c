/* SPDX-License-Identifier: MIT */
/* The chips of a few registers: port 92h, debug ports. */
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/port92.h"
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

int main(void)
{
    Suite *s = suite_create("devices/small");
    TCase *t = tcase_create("all");

    tcase_add_test(t, port_92h);
    tcase_add_test(t, debug_ports);
    suite_add_tcase(s, t);
    return unit_run(s);
}
