/* SPDX-License-Identifier: MIT */
/* The dispi registers: as ports and in BAR 2, what fits into memory, banks, hostile values. */
#include "unit/devices/vga_bench.h"

enum { ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET, Y_OFFSET, MEMORY };

#define BAR2 0xe8000000u

static struct vga_bench v;

static void setup(void)
{
    vga_bench_init(&v);
    vga_set_text_mode(v.d, NULL);
    pci_config_write(&v.bus, VGA_DEVFN, 0x10, 0xe0000000, 4);
    pci_config_write(&v.bus, VGA_DEVFN, 0x18, BAR2, 4);
    pci_config_write(&v.bus, VGA_DEVFN, 0x04, 0x0003, 2);
}

static void teardown(void)
{
    vga_bench_free(&v);
}

static void mode(u16 x, u16 y, u16 bpp, u16 enable)
{
    set_dispi(&v, ENABLE, 0);
    set_dispi(&v, XRES, x);
    set_dispi(&v, YRES, y);
    set_dispi(&v, BPP, bpp);
    set_dispi(&v, ENABLE, enable);
}

static void check_size(unsigned width, unsigned height)
{
    unsigned w, h;

    vga_size(v.d, &w, &h);
    ck_assert_uint_eq(w, width);
    ck_assert_uint_eq(h, height);
}

START_TEST(identification)
{
    ck_assert_uint_eq(get_dispi(&v, ID), 0xb0c5);
    set_dispi(&v, ID, 0xb0c2);
    ck_assert_uint_eq(get_dispi(&v, ID), 0xb0c2);
    set_dispi(&v, ID, 0xb0c6); /* a later one: not understood */
    ck_assert_uint_eq(get_dispi(&v, ID), 0xb0c2);
    ck_assert_uint_eq(get_dispi(&v, MEMORY), VRAM_SIZE >> 16);
    set_dispi(&v, MEMORY, 1);
    ck_assert_uint_eq(get_dispi(&v, MEMORY), VRAM_SIZE >> 16);
    set_dispi(&v, ENABLE, 0x02); /* the limits */
    ck_assert_uint_eq(get_dispi(&v, XRES), 16000);
    ck_assert_uint_eq(get_dispi(&v, YRES), 12000);
    ck_assert_uint_eq(get_dispi(&v, BPP), 32);
    ck_assert_uint_eq(get_dispi(&v, 0x0b), 0);
    ck_assert_uint_eq(portmap_read(&v.ports, 0x1d0, 2), 0);
    ck_assert_uint_eq(portmap_read(&v.ports, 0x1ce, 2), 0x0b);
    ck_assert_uint_eq(portmap_read(&v.ports, 0x1ce, 1), 0xff); /* words only */
    portmap_write(&v.ports, 0x1ce, 0x00, 1);
    ck_assert_uint_eq(portmap_read(&v.ports, 0x1ce, 2), 0x0b);
}
END_TEST

START_TEST(a_mode)
{
    memset(v.ram, 0xee, VRAM_SIZE);
    mode(640, 480, 8, 0x41);
    ck_assert_uint_eq(get_dispi(&v, VIRT_WIDTH), 640);
    ck_assert_uint_eq(get_dispi(&v, VIRT_HEIGHT), VRAM_SIZE / 640);
    check_size(640, 480);
    ck_assert_uint_eq(v.ram[640 * 480 - 1], 0); /* cleared */
    ck_assert_uint_eq(v.ram[640 * 480], 0xee);
    memset(v.ram, 0xee, VRAM_SIZE);
    mode(640, 480, 8, 0x81); /* not cleared */
    ck_assert_uint_eq(v.ram[0], 0xee);
    set_dispi(&v, VIRT_WIDTH, 1024);
    ck_assert_uint_eq(get_dispi(&v, VIRT_HEIGHT), 1024);
    set_dispi(&v, X_OFFSET, 384);
    set_dispi(&v, Y_OFFSET, 544);
    ck_assert_uint_eq(get_dispi(&v, X_OFFSET), 384);
    ck_assert_uint_eq(get_dispi(&v, Y_OFFSET), 544);
    set_dispi(&v, Y_OFFSET, 545); /* the window would reach beyond memory */
    ck_assert_uint_eq(get_dispi(&v, Y_OFFSET), 0);
    set_dispi(&v, ENABLE, 0);
    check_size(720, 400);
}
END_TEST

START_TEST(what_does_not_fit)
{
    mode(13, 0, 77, 1);
    ck_assert_uint_eq(get_dispi(&v, XRES), 8);
    ck_assert_uint_eq(get_dispi(&v, YRES), 1);
    ck_assert_uint_eq(get_dispi(&v, BPP), 8);
    mode(0, 65535, 32, 1);
    ck_assert_uint_eq(get_dispi(&v, YRES), 12000);
    mode(65535, 65535, 32, 1);
    ck_assert_uint_eq(get_dispi(&v, XRES), 16000);
    ck_assert_uint_eq(get_dispi(&v, YRES), VRAM_SIZE / 64000);
    set_dispi(&v, VIRT_WIDTH, 8);
    ck_assert_uint_eq(get_dispi(&v, VIRT_WIDTH), 16000);
    mode(800, 600, 4, 1);
    ck_assert_uint_eq(get_dispi(&v, VIRT_HEIGHT), VRAM_SIZE / 400);
}
END_TEST

START_TEST(banks)
{
    mode(640, 480, 8, 1); /* from text mode: the window goes to A0000h by itself */
    ck_assert(plain(&v));
    for (u16 bank = 0; bank < 16; bank++) {
        set_dispi(&v, BANK, bank);
        poke(&v, 0xa0010, (u8)(0x40 + bank));
    }
    for (u32 bank = 0; bank < 16; bank++)
        ck_assert_uint_eq(v.ram[bank * 0x10000 + 0x10], 0x40 + bank);
    set_dispi(&v, BANK, 0x13); /* wraps */
    ck_assert_uint_eq(get_dispi(&v, BANK), 3);
    ck_assert_uint_eq(peek(&v, 0xa0010), 0x43);
    mode(800, 600, 4, 1);
    ck_assert(!plain(&v));
    set(&v, 0x3c4, 2, 0x02);
    set(&v, 0x3c4, 4, 0x06);
    set(&v, 0x3ce, 5, 0);
    set(&v, 0x3ce, 6, 0x05);
    set_dispi(&v, BANK, 2); /* of planes of 256 KiB */
    poke(&v, 0xa0003, 0x99);
    ck_assert_uint_eq(v.ram[4 * 0x20003 + 1], 0x99);
    set_dispi(&v, ENABLE, 0);
    ck_assert_uint_eq(get_dispi(&v, BANK), 0);
}
END_TEST

START_TEST(bar_2)
{
    memmap_write(&v.mem, BAR2 + 0x500 + 2 * XRES, 320, 2);
    memmap_write(&v.mem, BAR2 + 0x500 + 2 * YRES, 8u << 16 | 200, 4); /* two at once */
    memmap_write(&v.mem, BAR2 + 0x500 + 2 * ENABLE, 1, 2);
    ck_assert_uint_eq(get_dispi(&v, XRES), 320);
    ck_assert_uint_eq(get_dispi(&v, YRES), 200);
    ck_assert_uint_eq(get_dispi(&v, BPP), 8);
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2 + 0x500 + 2 * XRES, 4), 200u << 16 | 320);
    memmap_write(&v.mem, BAR2 + 0x500 + 2 * XRES, 0xff, 1); /* too narrow */
    ck_assert_uint_eq(get_dispi(&v, XRES), 320);
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2 + 0x500 + 2 * MEMORY, 2), VRAM_SIZE >> 16);
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2 + 0x40c, 1), 0x67); /* port 3CCh */
    memmap_write(&v.mem, BAR2 + 0x424 - 0x10, 0x560e, 2);          /* port 3D4h: cursor */
    ck_assert_uint_eq(get(&v, 0x3d4, 0x0e), 0x56);
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2 + 0x600, 4), 8);
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2 + 0x604, 4), 0x1e1e1e1e);
    memmap_write(&v.mem, BAR2 + 0x604, 0xbebebebe, 4);
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2 + 0x604, 4), 0xbebebebe);
    memmap_write(&v.mem, BAR2 + 0x604, 0x12345678, 4); /* neither: ignored */
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2 + 0x604, 4), 0xbebebebe);
    ck_assert_uint_eq(memmap_read(&v.mem, BAR2, 4), 0); /* no EDID */
}
END_TEST

static u64 state;

static u32 rnd(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (u32)(state >> 33);
}

/* Whatever is written: a picture that lies within memory, drawn without a sanitizer's word. */
START_TEST(hostile)
{
    u32 *pixels = calloc(64 * 64, sizeof *pixels);
    const struct ersatz_surface s = {64, 64, 64, pixels};
    unsigned width, height, ons = 0;

    state = (u64)_i;
    for (unsigned n = 0; n < 2000; n++) {
        u16 index = (u16)(rnd() % 12), value = (u16)rnd();
        if (index == BPP && rnd() % 4)
            value = (u16)(rnd() % 9 * 4);
        if (index == ENABLE)
            value = (u16)((value & 0xe0) | (rnd() % 4 != 0));
        set_dispi(&v, index, value);
        vga_size(v.d, &width, &height);
        ck_assert_uint_ge(width, 1);
        ck_assert_uint_ge(height, 1);
        if (!(get_dispi(&v, ENABLE) & 1))
            continue;
        ons++;
        ck_assert_uint_le(width, 16000);
        vga_render(v.d, &s, false);
        memmap_write(&v.mem, 0xa0000 + rnd() % 0x20000, rnd(), 4);
    }
    ck_assert_uint_gt(ons, 500);
    free(pixels);
}
END_TEST

/* The last pixel of a picture that ends where memory ends. */
START_TEST(last_pixel)
{
    static const u16 bpp[] = {8, 15, 16, 24, 32};

    for (unsigned n = 0; n < ARRAY_LEN(bpp); n++) {
        u16 x = 512, y = (u16)(VRAM_SIZE / (512 * ((bpp[n] + 7) / 8)));
        struct ersatz_surface s = {x, y, x, calloc((size_t)x * y, sizeof(u32))};
        ck_assert_ptr_nonnull(s.pixels);
        mode(x, y, bpp[n], 1);
        memset(v.ram, 0xff, VRAM_SIZE);
        outb(&v, 0x3c8, 0xff); /* for 8 bits: colour 255 */
        for (unsigned part = 0; part < 3; part++)
            outb(&v, 0x3c9, 0x3f);
        vga_render(v.d, &s, false);
        ck_assert_msg(s.pixels[(size_t)x * y - 1] == 0xffffff, "%u bits", bpp[n]);
        free(s.pixels);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/vbe");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, identification);
    tcase_add_test(t, a_mode);
    tcase_add_test(t, what_does_not_fit);
    tcase_add_test(t, banks);
    tcase_add_test(t, bar_2);
    tcase_add_loop_test(t, hostile, 0, 8);
    tcase_add_test(t, last_pixel);
    suite_add_tcase(s, t);
    return unit_run(s);
}
