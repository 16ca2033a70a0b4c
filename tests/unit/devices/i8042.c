/* SPDX-License-Identifier: MIT */
#include "devices/i8042.h"

#include "devices/ps2_mouse.h"
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
        ck_assert(i8042_class.input(kbc, I8042_KEY, (u8)bytes[n]));
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
    while (i8042_class.input(kbc, I8042_KEY, 0x1c))
        ck_assert_uint_lt(++taken, 100);
    ck_assert_uint_ge(taken, 8);
    command(0xae);
    while (next() == 0x1c)
        taken--;
    ck_assert_uint_eq(taken, 0);
    ck_assert(i8042_class.input(kbc, I8042_KEY, 0x1c));
}
END_TEST

/* ---- The second port ---------------------------------------------------------------------- */

#define AUX_STATUS 0x21

/* The next bytes from the mouse. */
static void expect_aux(const char *bytes, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        for (unsigned i = 0; i < 4 && !(status() & 1); i++)
            bench_pass(&b, WIRE);
        ck_assert_uint_eq(status() & AUX_STATUS, AUX_STATUS);
        u8 got = read();
        ck_assert_msg(got == (u8)bytes[n], "byte %u: %02x, not %02x", n, got, (u8)bytes[n]);
    }
    ck_assert_int_eq(next(), -1);
}

#define EXPECT_AUX(s) expect_aux(s, sizeof(s) - 1)

static void mouse(u8 byte)
{
    command(0xd4);
    data(byte);
}

static void ask(u8 byte)
{
    mouse(byte);
    EXPECT_AUX("\xfa");
}

static void set_rate(u8 rate)
{
    ask(0xf3);
    ask(rate);
}

static bool move(int right, int up, int wheel, u8 buttons)
{
    return i8042_class.input(kbc, I8042_MOUSE,
                             i8042_pack_mouse((i16)right, (i16)up, (i8)wheel, buttons));
}

START_TEST(second_port)
{
    mouse(0xff);
    bench_pass(&b, WIRE);
    ck_assert(b.level[I8042_AUX_IRQ]);
    ck_assert(!b.level[I8042_KEYBOARD_IRQ]);
    EXPECT_AUX("\xfa\xaa\x00");
    ck_assert(!b.level[I8042_AUX_IRQ]);
    command(0xd3); /* loops back as if the mouse had sent it */
    data(0x5a);
    ck_assert_uint_eq(status() & 0x61, 0x21);
    ck_assert_uint_eq(read(), 0x5a);
    command(0xd2);
    data(0xa5);
    ck_assert_uint_eq(status() & 0x61, 0x01);
    ck_assert_uint_eq(read(), 0xa5);
    command(0xa7); /* off: the answer waits in the mouse */
    mouse(0xf2);
    ck_assert_int_eq(next(), -1);
    command(0xa8);
    EXPECT_AUX("\xfa\x00");
    command(0x60); /* translation is the keyboard's alone */
    data(0x43);
    mouse(0xf2);
    EXPECT_AUX("\xfa\x00");
}
END_TEST

START_TEST(both_take_turns)
{
    ask(0xf4);
    TYPE("\x1c\x32");
    ck_assert(move(1, 0, 0, 0));
    bench_pass(&b, WIRE);
    ck_assert_uint_eq(status() & AUX_STATUS, 0x01);
    ck_assert_uint_eq(read(), 0x1c);
    bench_pass(&b, WIRE);
    ck_assert_uint_eq(status() & AUX_STATUS, AUX_STATUS);
    ck_assert_uint_eq(read(), 0x08);
    bench_pass(&b, WIRE);
    ck_assert_uint_eq(status() & AUX_STATUS, 0x01);
    ck_assert_uint_eq(read(), 0x32);
    EXPECT_AUX("\x01\x00");
}
END_TEST

START_TEST(mouse_commands)
{
    mouse(0xe9);
    EXPECT_AUX("\xfa\x00\x02\x64");
    ask(0xe8);
    ask(0x03);
    ask(0xe7);
    set_rate(40);
    ask(0xf4);
    ask(0xf0);
    mouse(0xe9);
    EXPECT_AUX("\xfa\x70\x03\x28");
    ask(0xea);
    ask(0xe6);
    ask(0xf5);
    mouse(0xe9);
    EXPECT_AUX("\xfa\x00\x03\x28");
    ask(0xf6);
    mouse(0xe9);
    EXPECT_AUX("\xfa\x00\x02\x64");
    mouse(0xe5); /* no command */
    EXPECT_AUX("\xfe");
    ask(0xe8);
    mouse(0x04); /* no resolution */
    EXPECT_AUX("\xfe");
    mouse(0xfe); /* once more */
    EXPECT_AUX("\xfe");
    ask(0xee); /* wrap mode gives everything back */
    mouse(0xf4);
    EXPECT_AUX("\xf4");
    ask(0xec);
    mouse(0xf2);
    EXPECT_AUX("\xfa\x00");
}
END_TEST

START_TEST(movement)
{
    ck_assert(move(5, 5, 0, 0)); /* nobody asked */
    ask(0xf4);
    ck_assert(move(3, -2, 0, PS2_LEFT));
    EXPECT_AUX("\x29\x03\xfe");
    ck_assert(move(-300, 600, 0, PS2_LEFT | PS2_RIGHT)); /* more than a packet holds */
    EXPECT_AUX("\x1b\x01\xff\x1b\xd3\xff\x0b\x00\x5a");
    ck_assert(move(0, 0, 0, PS2_LEFT | PS2_RIGHT)); /* no news */
    ck_assert_int_eq(next(), -1);
    ck_assert(move(0, 0, 0, PS2_MIDDLE));
    ck_assert(!move(0, 0, 0, 0)); /* a click isn't lost */
    EXPECT_AUX("\x0c\x00\x00");
    ck_assert(move(0, 0, 0, 0));
    EXPECT_AUX("\x08\x00\x00");
    ask(0xe7);
    ck_assert(move(2, 4, 0, 0));
    EXPECT_AUX("\x08\x01\x06");
    ck_assert(move(-5, 10, 0, 0));
    EXPECT_AUX("\x18\xf7\x14");
}
END_TEST

START_TEST(remote_mode)
{
    ask(0xf0);
    ck_assert(move(7, 1, 0, PS2_RIGHT));
    ck_assert_int_eq(next(), -1);
    mouse(0xeb);
    EXPECT_AUX("\xfa\x0a\x07\x01");
    mouse(0xeb);
    EXPECT_AUX("\xfa\x0a\x00\x00");
}
END_TEST

START_TEST(wheel_and_five_buttons)
{
    ask(0xf4);
    ck_assert(move(0, 0, 3, 0)); /* a mouse of three bytes has no wheel */
    ck_assert_int_eq(next(), -1);
    set_rate(200);
    set_rate(100);
    set_rate(80);
    mouse(0xf2);
    EXPECT_AUX("\xfa\x03");
    ck_assert(move(1, 0, -2, PS2_FOURTH));
    EXPECT_AUX("\x08\x01\x00\xfe");
    set_rate(200);
    set_rate(200);
    set_rate(80);
    mouse(0xf2);
    EXPECT_AUX("\xfa\x04");
    ck_assert(move(0, 0, 9, PS2_FOURTH | PS2_LEFT));
    EXPECT_AUX("\x09\x00\x00\x17\x09\x00\x00\x12");
    ck_assert(move(0, 0, -1, PS2_FIFTH));
    EXPECT_AUX("\x08\x00\x00\x2f");
    mouse(0xff); /* back to three bytes */
    EXPECT_AUX("\xfa\xaa\x00");
    mouse(0xf2);
    EXPECT_AUX("\xfa\x00");
}
END_TEST

START_TEST(bytes_to_the_mouse_without_end)
{
    for (unsigned n = 0; n < 4096; n++) {
        mouse((u8)(n * 7 + n / 256));
        move((int)(n * 977) - 2000000, 32767, -128, (u8)n);
        if (n % 3 == 0)
            next();
    }
    command(0xae);
    command(0xa8);
    mouse(0xec); /* out of wrap mode, should it be in it */
    mouse(0xff);
    while (status() & 1)
        read();
    EXPECT_AUX("\xfa\xaa\x00");
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
    tcase_add_test(t, second_port);
    tcase_add_test(t, both_take_turns);
    tcase_add_test(t, mouse_commands);
    tcase_add_test(t, movement);
    tcase_add_test(t, remote_mode);
    tcase_add_test(t, wheel_and_five_buttons);
    tcase_add_test(t, bytes_to_the_mouse_without_end);
    suite_add_tcase(s, t);
    return unit_run(s);
}
