/* SPDX-License-Identifier: MIT */
#include "devices/i8042.h"

#include "unit/devices/bench.h"

static struct bench b;
static struct device *kbc;

#define WIRE 1000000ull

static void setup(void)
{
    bench_init(&b);
    kbc = bench_device(&b, &i8042_class);
}

static void teardown(void)
{
    device_free(kbc);
}

static u8 status(void)
{
    return in8(kbc, I8042_COMMAND, 0);
}

static void command(u8 value)
{
    out8(kbc, I8042_COMMAND, 0, value);
}

static void data(u8 value)
{
    out8(kbc, I8042_DATA, 0, value);
}

static u8 read(void)
{
    return in8(kbc, I8042_DATA, 0);
}

/* The next byte from the keyboard, after its time on the wire. */
static int next(void)
{
    for (unsigned n = 0; n < 4; n++) {
        if (status() & 1)
            return read();
        bench_pass(&b, WIRE);
    }
    return -1;
}

static void type(const char *bytes, unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        ck_assert(i8042_class.input(kbc, (u8)bytes[n], 0));
}

static void expect(const char *bytes, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        int got = next();
        ck_assert_msg(got == (u8)bytes[n], "byte %u: %x, not %x", n, got, (u8)bytes[n]);
    }
    ck_assert_int_eq(next(), -1);
}

#define TYPE(s) type(s, sizeof(s) - 1)
#define EXPECT(s) expect(s, sizeof(s) - 1)

START_TEST(self_tests)
{
    ck_assert_uint_eq(status(), 0x18);
    command(0xaa);
    ck_assert_uint_eq(status(), 0x1d);
    ck_assert(b.level[I8042_KEYBOARD_IRQ]);
    ck_assert_uint_eq(read(), 0x55);
    ck_assert(!b.level[I8042_KEYBOARD_IRQ]);
    command(0xab);
    ck_assert_uint_eq(read(), 0x00);
    command(0xa9);
    ck_assert_uint_eq(read(), 0x00);
    ck_assert_uint_eq(status() & 1, 0);
}
END_TEST

START_TEST(command_byte_and_ram)
{
    command(0x60);
    data(0x65);
    command(0x20);
    ck_assert_uint_eq(read(), 0x65);
    ck_assert_uint_eq(status() & 4, 4);
    command(0x7f);
    data(0xa5);
    command(0x3f);
    ck_assert_uint_eq(read(), 0xa5);
    command(0xa7);
    command(0x20);
    ck_assert_uint_eq(read(), 0x65);
    command(0xa8);
    command(0x20);
    ck_assert_uint_eq(read(), 0x45);
    command(0xad);
    command(0x20);
    ck_assert_uint_eq(read(), 0x55);
    command(0xae);
    command(0x20);
    ck_assert_uint_eq(read(), 0x45);
}
END_TEST

START_TEST(output_port_a20_and_reset)
{
    command(0xd0);
    ck_assert_uint_eq(read() & 0x03, 0x03);
    command(0xd1);
    data(0xdd);
    ck_assert(!b.level[I8042_A20]);
    command(0xd1);
    data(0xdf);
    ck_assert(b.level[I8042_A20]);
    command(0xdd);
    ck_assert(!b.level[I8042_A20]);
    command(0xdf);
    ck_assert(b.level[I8042_A20]);
    ck_assert_uint_eq(b.rises[I8042_INIT], 0);
    command(0xfe);
    ck_assert_uint_eq(b.rises[I8042_INIT], 1);
    command(0xff);
    ck_assert_uint_eq(b.rises[I8042_INIT], 1);
    command(0xd1);
    data(0xde);
    ck_assert_uint_eq(b.rises[I8042_INIT], 2);
}
END_TEST

START_TEST(keyboard_answers)
{
    data(0xee);
    EXPECT("\xee");
    data(0xf2);
    EXPECT("\xfa\xab\x83");
    data(0xff);
    EXPECT("\xfa\xaa");
    data(0xed);
    EXPECT("\xfa");
    data(0x07);
    EXPECT("\xfa");
    data(0xf3);
    EXPECT("\xfa");
    data(0x20);
    EXPECT("\xfa");
    data(0xfe);
    EXPECT("\xfa"); /* the last byte again */
    data(0x55);
    EXPECT("\xfe");
    data(0xf0);
    EXPECT("\xfa");
    data(0x00);
    EXPECT("\xfa\x02");
}
END_TEST

START_TEST(a_byte_takes_its_time)
{
    TYPE("\x1c\xf0\x1c");
    ck_assert_uint_eq(status() & 1, 0);
    bench_pass(&b, WIRE);
    ck_assert_uint_eq(status() & 0x21, 0x01);
    ck_assert(b.level[I8042_KEYBOARD_IRQ]);
    ck_assert_uint_eq(read(), 0x1c);
    ck_assert(!b.level[I8042_KEYBOARD_IRQ]);
    ck_assert_uint_eq(read(), 0x1c); /* twice the same */
    bench_pass(&b, WIRE);
    ck_assert_uint_eq(b.rises[I8042_KEYBOARD_IRQ], 2);
    EXPECT("\xf0\x1c");
}
END_TEST

START_TEST(translation)
{
    command(0x60);
    data(0x41);
    TYPE("\x1c\xf0\x1c\xe0\x75\xe0\xf0\x75\x83");
    EXPECT("\x1e\x9e\xe0\x48\xe0\xc8\x41");
    TYPE("\xe1\x14\x77\xe1\xf0\x14\xf0\x77");
    EXPECT("\xe1\x1d\x45\xe1\x9d\xc5");
}
END_TEST

static void choose_set(u8 set)
{
    data(0xf0);
    EXPECT("\xfa");
    data(set);
    EXPECT("\xfa");
}

START_TEST(set_1)
{
    choose_set(1);
    TYPE("\x1c\xf0\x1c\xe0\x75\xe0\xf0\x75");
    EXPECT("\x1e\x9e\xe0\x48\xe0\xc8");
    TYPE("\xe1\x14\x77\xe1\xf0\x14\xf0\x77");
    EXPECT("\xe1\x1d\x45\xe1\x9d\xc5");
}
END_TEST

START_TEST(set_3)
{
    choose_set(3);
    TYPE("\x1c\x1c\xf0\x1c"); /* A repeats and has no break */
    EXPECT("\x1c\x1c");
    TYPE("\x12\x12\xf0\x12"); /* shift makes and breaks */
    EXPECT("\x12\xf0\x12");
    TYPE("\x05\x05\xf0\x05"); /* F1 only makes */
    EXPECT("\x07");
    TYPE("\xe0\x75\xe0\xf0\x75");
    EXPECT("\x63");
    TYPE("\xe0\x12\xe0\x7c\xe0\xf0\x7c\xe0\xf0\x12"); /* print screen, no pretended shift */
    EXPECT("\x57");
    TYPE("\xe1\x14\x77\xe1\xf0\x14\xf0\x77");
    EXPECT("\x62");
    data(0xf8); /* all keys make and break */
    EXPECT("\xfa");
    TYPE("\x1c\x1c\xf0\x1c");
    EXPECT("\x1c\xf0\x1c");
    data(0xfd); /* one key makes only */
    EXPECT("\xfa");
    data(0x1c);
    EXPECT("\xfa");
    data(0xf4);
    EXPECT("\xfa");
    TYPE("\x1c\xf0\x1c\x32\xf0\x32");
    EXPECT("\x1c\x32\xf0\x32");
}
END_TEST

START_TEST(disabled_keyboard)
{
    data(0xf5);
    EXPECT("\xfa");
    TYPE("\x1c");
    ck_assert_int_eq(next(), -1);
    data(0xf4);
    EXPECT("\xfa");
    TYPE("\x1c");
    EXPECT("\x1c");
    command(0xad); /* held at the controller: it waits in the keyboard */
    TYPE("\x32");
    ck_assert_int_eq(next(), -1);
    command(0xae);
    EXPECT("\x32");
}
END_TEST

START_TEST(full_buffer_makes_the_gate_wait)
{
    unsigned taken = 0;

    command(0xad);
    while (i8042_class.input(kbc, 0x1c, 0))
        ck_assert_uint_lt(++taken, 100);
    ck_assert_uint_ge(taken, 8);
    command(0xae);
    while (next() == 0x1c)
        taken--;
    ck_assert_uint_eq(taken, 0);
    ck_assert(i8042_class.input(kbc, 0x1c, 0));
}
END_TEST

START_TEST(nothing_on_the_second_port)
{
    command(0xd4);
    data(0xff);
    ck_assert_uint_eq(status() & 0x61, 0x61);
    ck_assert(b.level[I8042_AUX_IRQ]);
    ck_assert(!b.level[I8042_KEYBOARD_IRQ]);
    ck_assert_uint_eq(read(), 0xfe);
    ck_assert_uint_eq(status() & 0x61, 0);
    command(0xd3); /* loops back as if a mouse had sent it */
    data(0x5a);
    ck_assert_uint_eq(status() & 0x61, 0x21);
    ck_assert_uint_eq(read(), 0x5a);
    command(0xd2);
    data(0xa5);
    ck_assert_uint_eq(status() & 0x61, 0x01);
    ck_assert_uint_eq(read(), 0xa5);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/i8042");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, self_tests);
    tcase_add_test(t, command_byte_and_ram);
    tcase_add_test(t, output_port_a20_and_reset);
    tcase_add_test(t, keyboard_answers);
    tcase_add_test(t, a_byte_takes_its_time);
    tcase_add_test(t, translation);
    tcase_add_test(t, set_1);
    tcase_add_test(t, set_3);
    tcase_add_test(t, disabled_keyboard);
    tcase_add_test(t, full_buffer_makes_the_gate_wait);
    tcase_add_test(t, nothing_on_the_second_port);
    suite_add_tcase(s, t);
    return unit_run(s);
}
