/* SPDX-License-Identifier: MIT */
/* The display through the public header: a direct boot leaves text, a guest's writes show. */
#include <ersatz/ersatz.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "unit/api/image.h"
#include "unit/unit.h"

static struct ersatz_error error;
static struct ersatz_text text;

/* A multiboot kludge image: what is on the display is the guest's, written by `code`. */
static struct ersatz_machine *machine(const u8 *code, size_t size, const char *vga)
{
    struct ersatz_machine *m = ersatz_create(&error);
    char path[32];

    write_image(path, code, size);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(ersatz_set(m, "kernel", path, &error), 0);
    ck_assert_int_eq(ersatz_set(m, "memory", "4M", &error), 0);
    ck_assert_int_eq(ersatz_set(m, "vga", vga, &error), 0);
    ck_assert_int_eq(ersatz_screen_size(m, NULL, NULL, &error), -ERSATZ_E_STATE); /* it is off */
    ck_assert_msg(ersatz_power_on(m, &error) == 0, "%s", error.text);
    unlink(path);
    return m;
}

static const u8 greet[] = {
    0xc7, 0x05, 0x00, 0x80, 0x0b, 0x00, 'H', 0x1f, 'i', 0x2e, /* mov dword [B8000h], ... */
    0xf4,                                                     /* hlt */
};

static void run(struct ersatz_machine *m)
{
    struct ersatz_exit why;

    ck_assert_int_eq(ersatz_run(m, 1000, &why, &error), 0);
    ck_assert_int_eq(why.why, ERSATZ_STOP_HALTED);
}

START_TEST(characters)
{
    struct ersatz_machine *m = machine(greet, sizeof greet, "std");

    ck_assert_int_eq(ersatz_screen_text(m, &text, &error), 0);
    ck_assert_uint_eq(text.columns, 80);
    ck_assert_uint_eq(text.rows, 25);
    for (unsigned n = 0; n < 2000; n++)
        ck_assert_uint_eq(text.cells[n], 0x0720);
    ck_assert_int_eq(text.cursor_row, 0);
    run(m);
    ck_assert_int_eq(ersatz_screen_text(m, &text, &error), 0);
    ck_assert_uint_eq(text.cells[0], 0x1f48);
    ck_assert_uint_eq(text.cells[1], 0x2e69);
    ck_assert_uint_eq(text.cells[2], 0x0720);
    ersatz_destroy(m);
}
END_TEST

/* The 'H' in the VGA BIOS's font: some dots of it are white, some are the blue behind. */
START_TEST(pixels)
{
    struct ersatz_machine *m = machine(greet, sizeof greet, "std");
    u32 pixels[20 * 16], ink = 0, paper = 0, untouched = 0;
    const struct ersatz_surface s = {9, 16, 20, pixels};
    unsigned width, height;
    u64 before, after;

    run(m);
    ck_assert_int_eq(ersatz_screen_size(m, &width, &height, &error), 0);
    ck_assert_uint_eq(width, 720);
    ck_assert_uint_eq(height, 400);
    memset(pixels, 0xee, sizeof pixels);
    ck_assert_int_eq(ersatz_ram_hash(m, &before, &error), 0);
    ck_assert_int_eq(ersatz_screen(m, &s, true, &error), 0);
    ck_assert_int_eq(ersatz_ram_hash(m, &after, &error), 0);
    ck_assert_uint_eq(before, after);
    for (unsigned n = 0; n < 20 * 16; n++) {
        ink += pixels[n] == 0xffffff;
        paper += pixels[n] == 0x0000aa;
        untouched += pixels[n] == 0xeeeeeeee;
    }
    ck_assert_uint_gt(ink, 20);
    ck_assert_uint_gt(paper, 40);
    ck_assert_uint_eq(ink + paper, 9 * 16);
    ck_assert_uint_eq(untouched, 11 * 16); /* between the rows: the caller's */
    const struct ersatz_surface overlapping = {20, 16, 9, pixels};
    ck_assert_int_eq(ersatz_screen(m, &overlapping, true, &error), -ERSATZ_E_VALUE);
    ersatz_destroy(m);
}
END_TEST

START_TEST(graphics)
{
    static const u8 code[] = {
        0x66, 0xba, 0xce, 0x03, /* mov dx, 3CEh */
        0x66, 0xb8, 0x06, 0x05, /* mov ax, 0506h: graphics, A0000h */
        0x66, 0xef, 0xf4,       /* out dx, ax; hlt */
    };
    struct ersatz_machine *m = machine(code, sizeof code, "std");

    run(m);
    ck_assert_int_eq(ersatz_screen_text(m, &text, &error), -ERSATZ_E_STATE);
    ck_assert_str_eq(error.text, "the display is in a graphics mode");
    ersatz_destroy(m);
}
END_TEST

START_TEST(no_display)
{
    struct ersatz_machine *m = machine(greet, sizeof greet, "none");
    unsigned width, height;
    u64 hash;

    run(m); /* the write goes nowhere */
    ck_assert_int_eq(ersatz_screen_size(m, &width, &height, &error), -ERSATZ_E_STATE);
    ck_assert_int_eq(ersatz_screen_text(m, &text, &error), -ERSATZ_E_STATE);
    ck_assert_str_eq(error.text, "the machine has no display");
    ck_assert_int_eq(ersatz_ram_hash(m, &hash, &error), 0);
    ersatz_destroy(m);
    m = ersatz_create(&error);
    ck_assert_int_eq(ersatz_set(m, "vga", "cirrus", &error), -ERSATZ_E_VALUE);
    ersatz_destroy(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("api/screen");
    TCase *t = tcase_create("all");

    tcase_add_test(t, characters);
    tcase_add_test(t, pixels);
    tcase_add_test(t, graphics);
    tcase_add_test(t, no_display);
    suite_add_tcase(s, t);
    return unit_run(s);
}
