/* SPDX-License-Identifier: MIT */
/* Pixels and characters: what a monitor shows of given memory and registers. */
#include "unit/devices/vga_bench.h"

#define SEQ 0x3c4
#define GFX 0x3ce
#define CRTC 0x3d4
#define MAX_WIDTH 800
#define MAX_HEIGHT 640

static struct vga_bench v;
static u32 pixels[MAX_WIDTH * MAX_HEIGHT];
static struct ersatz_text text;

/* Mode 3, colours black, blue, green... as the DAC has them; character n of the font has n in
 * each of its rows. */
static void setup(void)
{
    u8 font[256 * 16];

    for (unsigned n = 0; n < sizeof font; n++)
        font[n] = (u8)(n / 16);
    vga_bench_init(&v);
    vga_set_text_mode(v.d, font);
    set(&v, CRTC, 0x11, 0x0e); /* unprotected */
    set(&v, CRTC, 0x0a, 0x20); /* no cursor */
}

static void teardown(void)
{
    vga_bench_free(&v);
}

static void draw(bool steady)
{
    const struct ersatz_surface s = {MAX_WIDTH, MAX_HEIGHT, MAX_WIDTH, pixels};

    vga_render(v.d, &s, steady);
}

static u32 at(unsigned x, unsigned y)
{
    return pixels[y * MAX_WIDTH + x];
}

/* n pixels from x, y on, 1 where they are of colour `rgb`, the leftmost in the highest bit. */
static u32 where(unsigned x, unsigned y, unsigned n, u32 rgb)
{
    u32 bits = 0;

    for (unsigned i = 0; i < n; i++)
        bits = bits << 1 | (at(x + i, y) == rgb);
    return bits;
}

static void put(unsigned cell, u8 character, u8 attribute)
{
    memmap_write(&v.mem, 0xb8000 + 2 * cell, (u64)attribute << 8 | character, 2);
}

static void check_size(unsigned width, unsigned height)
{
    unsigned w, h;

    vga_size(v.d, &w, &h);
    ck_assert_uint_eq(w, width);
    ck_assert_uint_eq(h, height);
}

START_TEST(characters)
{
    check_size(720, 400);
    put(0, 0xa5, 0x1e);  /* yellow on blue */
    put(81, 0xc1, 0x4f); /* line graphics: the eighth dot goes on into the ninth */
    put(82, 0xb1, 0x4f);
    draw(true);
    for (unsigned y = 0; y < 16; y++) {
        ck_assert_uint_eq(where(0, y, 9, 0xffff55), 0x14a);
        ck_assert_uint_eq(where(0, y, 9, 0x0000aa), 0x0b5);
        ck_assert_uint_eq(where(9, 16 + y, 9, 0xffffff), 0x183);
        ck_assert_uint_eq(where(18, 16 + y, 9, 0xffffff), 0x162);
        ck_assert_uint_eq(where(9, 16 + y, 9, 0xaa0000), 0x07c);
    }
    ck_assert_uint_eq(where(720, 0, 32, 0), 0xffffffff); /* outside the picture: black */
    set(&v, SEQ, 1, 0x01);
    check_size(640, 400);
    draw(true);
    ck_assert_uint_eq(where(8, 16, 8, 0xffffff), 0xc1);
    set(&v, SEQ, 1, 0x09); /* every dot twice */
    check_size(1280, 400);
    set(&v, CRTC, 0x01, 39);
    check_size(640, 400);
    draw(true);
    ck_assert_uint_eq(where(0, 0, 16, 0xffff55), 0xcc33);
}
END_TEST

START_TEST(two_fonts)
{
    set(&v, SEQ, 2, 0x04); /* character 'A' in the font at 24K */
    set(&v, SEQ, 4, 0x06);
    set(&v, GFX, 5, 0x00);
    set(&v, GFX, 6, 0x04);
    for (u32 row = 0; row < 32; row++)
        poke(&v, 0xa0000 + 0x6000 + 'A' * 32 + row, 0xf0);
    set(&v, SEQ, 2, 0x03);
    set(&v, SEQ, 4, 0x02);
    set(&v, GFX, 5, 0x10);
    set(&v, GFX, 6, 0x0e);
    put(0, 'A', 0x07);
    put(1, 'A', 0x0f);
    set(&v, SEQ, 3, 0x24); /* map A, for attribute bit 3: 8K and 16K; map B: 0 */
    draw(true);
    ck_assert_uint_eq(where(0, 0, 8, 0xaaaaaa), 'A');
    ck_assert_uint_eq(where(9, 0, 8, 0xffffff), 0xf0);
    set(&v, SEQ, 3, 0x11); /* map B: 24K; map A: 0 */
    draw(true);
    ck_assert_uint_eq(where(0, 0, 8, 0xaaaaaa), 0xf0);
    ck_assert_uint_eq(where(9, 0, 8, 0xffffff), 'A');
}
END_TEST

START_TEST(underline)
{
    put(0, 0x80, 0x01);
    put(1, 0x80, 0x09);
    put(2, 0x80, 0x02);
    set(&v, CRTC, 0x14, 0x0c);
    draw(true);
    ck_assert_uint_eq(where(0, 12, 9, 0x0000aa), 0x1ff);
    ck_assert_uint_eq(where(0, 11, 9, 0x0000aa), 0x100);
    ck_assert_uint_eq(where(9, 12, 9, 0x5555ff), 0x1ff);
    ck_assert_uint_eq(where(18, 12, 9, 0x00aa00), 0x100);
}
END_TEST

/* Seventy frames a second: the cursor is on for 8 of them and off for 8, characters 16. */
START_TEST(blinking)
{
    unsigned cursor = 0, character = 0, frames = 0;

    put(0, ' ', 0x07);
    put(1, 0x80, 0x87);
    set(&v, CRTC, 0x0a, 0x0d);
    for (; frames < 64; frames++, bench_pass(&v.b, 14268322)) {
        draw(false);
        cursor += where(0, 13, 9, 0xaaaaaa) == 0x1ff;
        ck_assert_uint_eq(where(0, 12, 9, 0xaaaaaa), 0x040);
        character += where(9, 0, 9, 0xaaaaaa) == 0x100;
    }
    ck_assert_uint_eq(cursor, 32);
    ck_assert_uint_eq(character, 32);
    for (frames = 0; frames < 64; frames++, bench_pass(&v.b, 14268322)) {
        draw(true); /* steady: never, and always */
        ck_assert_uint_eq(where(0, 13, 9, 0xaaaaaa), 0x040);
        ck_assert_uint_eq(where(9, 0, 9, 0xaaaaaa), 0x100);
    }
    set_attr(&v, 0x10, 0x04); /* no blinking: a bright background */
    draw(true);
    ck_assert_uint_eq(where(9, 0, 9, 0x555555), 0x0ff);
}
END_TEST

START_TEST(cursor_s_shape)
{
    static const struct {
        u8 start, end;
        u32 rows;
    } shapes[] = {{0x0d, 0x0e, 0x6000},
                  {0x00, 0x0f, 0xffff},
                  {0x0e, 0x0d, 0},
                  {0x2d, 0x0e, 0},
                  {0x0f, 0x1f, 0x8000}};

    for (unsigned n = 0; n < ARRAY_LEN(shapes); n++) {
        u32 rows = 0;
        put(162, 0, 0x07);
        set(&v, CRTC, 0x0f, 162);
        set(&v, CRTC, 0x0a, shapes[n].start);
        set(&v, CRTC, 0x0b, shapes[n].end);
        draw(false);
        for (unsigned y = 0; y < 16; y++)
            rows |= (u32)(where(18, 32 + y, 9, 0xaaaaaa) == 0x1ff) << y;
        ck_assert_msg(rows == shapes[n].rows, "shape %u: %x", n, rows);
    }
    set(&v, CRTC, 0x0a, 0x00);
    set(&v, CRTC, 0x0b, 0x2f); /* skewed by one character */
    draw(false);
    ck_assert_uint_eq(where(18, 32, 9, 0xaaaaaa), 0);
    ck_assert_uint_ne(where(27, 32, 9, 0xaaaaaa), 0);
}
END_TEST

START_TEST(panning)
{
    put(0, 0xa5, 0x07);
    put(1, 0xa5, 0x07);
    put(80, 0xff, 0x07);
    draw(true);
    u32 whole = where(0, 0, 18, 0xaaaaaa);
    for (u8 n = 0; n < 9; n++) { /* 8 is none, 0 is one, 7 is eight */
        unsigned shift = n < 8 ? n + 1u : 0;
        set_attr(&v, 0x13, n);
        draw(true);
        ck_assert_uint_eq(where(0, 0, 9, 0xaaaaaa), whole << shift >> 9 & 0x1ff);
    }
    ck_assert_uint_eq(where(0, 16, 8, 0xaaaaaa), 0xff);
    set(&v, CRTC, 0x08, 0x20); /* a character more */
    put(1, 0x18, 0x07);
    draw(true);
    ck_assert_uint_eq(where(0, 0, 8, 0xaaaaaa), 0x18);
    set(&v, CRTC, 0x08, 0x03); /* three row scans up */
    draw(true);
    ck_assert_uint_eq(where(0, 12, 8, 0xaaaaaa), 0xa5);
    ck_assert_uint_eq(where(0, 13, 8, 0xaaaaaa), 0xff);
}
END_TEST

START_TEST(split_screen)
{
    put(0, 0x81, 0x07);
    put(160, 0x42, 0x07);
    set(&v, CRTC, 0x0d, 160);
    set(&v, CRTC, 0x18, 199);
    set(&v, CRTC, 0x07, 0x0f);
    set(&v, CRTC, 0x09, 0x0f);
    set_attr(&v, 0x13, 0x01); /* two dots of panning */
    draw(true);
    ck_assert_uint_eq(where(0, 0, 6, 0xaaaaaa), 0x42 & 0x3f);
    ck_assert_uint_eq(where(0, 200, 6, 0xaaaaaa), 0x81 & 0x3f);
    set_attr(&v, 0x10, 0x2c); /* not below the split */
    draw(true);
    ck_assert_uint_eq(where(0, 0, 6, 0xaaaaaa), 0x42 & 0x3f);
    ck_assert_uint_eq(where(0, 200, 8, 0xaaaaaa), 0x81);
    ck_assert(vga_text(v.d, &text));
    ck_assert_uint_eq(text.rows, 26); /* 200 lines are 12.5 rows: 13 above, 13 below */
    ck_assert_uint_eq(text.cells[0], 0x0742);
    ck_assert_uint_eq(text.cells[13 * 80], 0x0781);
}
END_TEST

START_TEST(as_text)
{
    for (unsigned n = 0; n < 4000; n++)
        put(n, (u8)n, (u8)(n >> 4));
    set(&v, CRTC, 0x0c, 0x01); /* from cell 256 on */
    set(&v, CRTC, 0x0e, 0x01);
    set(&v, CRTC, 0x0f, 0x55);
    set(&v, CRTC, 0x0a, 0x0d);
    ck_assert(vga_text(v.d, &text));
    ck_assert_uint_eq(text.columns, 80);
    ck_assert_uint_eq(text.rows, 25);
    for (unsigned n = 0; n < 2000; n++)
        ck_assert_uint_eq(text.cells[n], ((n + 256) >> 4 & 0xff) << 8 | ((n + 256) & 0xff));
    ck_assert_int_eq(text.cursor_column, 5);
    ck_assert_int_eq(text.cursor_row, 1);
    set(&v, CRTC, 0x0e, 0x00); /* above the screen */
    ck_assert(vga_text(v.d, &text));
    ck_assert_int_eq(text.cursor_column, -1);
    ck_assert_int_eq(text.cursor_row, -1);
    set(&v, CRTC, 0x09, 0x07); /* fifty rows */
    ck_assert(vga_text(v.d, &text));
    ck_assert_uint_eq(text.rows, 50);
    set(&v, GFX, 6, 0x0f);
    ck_assert(!vga_text(v.d, &text));
}
END_TEST

START_TEST(palette)
{
    put(0, 0xff, 0x1f);
    set_attr(&v, 15, 0x12); /* white is entry 12h now: two thirds of green, a third of it */
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0x00ff00);
    set_attr(&v, 0x12, 0x08); /* one plane */
    set_attr(&v, 8, 0x04);
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0xaa0000);
    set_attr(&v, 0x12, 0x0f);
    set_attr(&v, 0x14, 0x0d); /* bits 7..6: 3, bits 5..4: 1 */
    outb(&v, 0x3c8, 0xd2);
    outb(&v, 0x3c9, 0x01);
    outb(&v, 0x3c9, 0x20);
    outb(&v, 0x3c9, 0x3f);
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0x0482ff);
    set_attr(&v, 15, 0x22);
    draw(true);
    ck_assert_uint_ne(at(0, 0), 0x0482ff);
    set_attr(&v, 0x10, 0x8c);
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0x0482ff);
    outb(&v, 0x3c6, 0x02);
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0x00aa00);
}
END_TEST

START_TEST(blank)
{
    put(0, 0xff, 0x0f);
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0xffffff);
    set(&v, SEQ, 1, 0x20);
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0);
    check_size(720, 400);
    set(&v, SEQ, 1, 0x00);
    inb(&v, 0x3da);
    outb(&v, 0x3c0, 0x00); /* the palette is the CPU's */
    draw(true);
    ck_assert_uint_eq(at(0, 0), 0);
}
END_TEST

static u64 state;

static u8 rnd(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (u8)(state >> 40);
}

/* Registers of no sense at all: some picture, within its bounds. */
START_TEST(hostile)
{
    unsigned width, height, texts = 0;

    state = (u64)_i;
    for (u32 n = 0; n < 4 * 0x10000; n++)
        v.ram[n] = rnd();
    for (unsigned n = 0; n < 60; n++) {
        set(&v, CRTC, 0x11, 0);
        for (u8 reg = 0; reg < 0x19; reg++)
            set(&v, CRTC, reg, n % 8 ? rnd() : (u8)(n & 16 ? 0xff : 0));
        set(&v, CRTC, 0x11, 0);
        for (u8 reg = 0; reg < 5; reg++)
            set(&v, SEQ, reg, rnd() & 0xdf);
        for (u8 reg = 0; reg < 9; reg++)
            set(&v, GFX, reg, rnd());
        for (u8 reg = 0; reg < 0x15; reg++)
            set_attr(&v, reg, rnd());
        vga_size(v.d, &width, &height);
        ck_assert_uint_ge(width, 8);
        ck_assert_uint_le(width, 256 * 9 * 2);
        ck_assert_uint_ge(height, 1);
        ck_assert_uint_le(height, 2048);
        struct ersatz_surface s = {width, height, width, malloc(4ul * width * height)};
        ck_assert_ptr_nonnull(s.pixels);
        vga_render(v.d, &s, false);
        free(s.pixels);
        texts += vga_text(v.d, &text);
        ck_assert_uint_le(text.columns * text.rows, ERSATZ_TEXT_CELLS);
    }
    ck_assert_uint_gt(texts, 10);
}
END_TEST

START_TEST(nothing_connected)
{
    struct device *d = bench_device(&v.b, &vga_class);
    unsigned width, height;

    vga_set_text_mode(d, NULL);
    device_write(d, VGA_LEGACY, 0x18000, 0x0741, 2);
    ck_assert_uint_eq(device_read(d, VGA_LEGACY, 0x18000, 2), 0xffff);
    device_write(d, VGA_MMIO, 0x508, 1, 2);
    ck_assert_uint_eq(device_read(d, VGA_MMIO, 0x508, 2), 0);
    vga_size(d, &width, &height);
    ck_assert_uint_eq(width, 720);
    const struct ersatz_surface s = {MAX_WIDTH, MAX_HEIGHT, MAX_WIDTH, pixels};
    vga_render(d, &s, true);
    ck_assert_uint_eq(at(0, 0), 0);
    ck_assert(!vga_text(d, &text));
    device_free(d);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/vga_render");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, characters);
    tcase_add_test(t, two_fonts);
    tcase_add_test(t, underline);
    tcase_add_test(t, blinking);
    tcase_add_test(t, cursor_s_shape);
    tcase_add_test(t, panning);
    tcase_add_test(t, split_screen);
    tcase_add_test(t, as_text);
    tcase_add_test(t, palette);
    tcase_add_test(t, blank);
    tcase_add_loop_test(t, hostile, 0, 4);
    tcase_add_test(t, nothing_connected);
    suite_add_tcase(s, t);
    return unit_run(s);
}
