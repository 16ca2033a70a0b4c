/* SPDX-License-Identifier: MIT */
/*
 * A ROM that programs the VGA by its registers alone and draws. It shows one picture after the
 * other: sends the picture's number over COM1 and waits for a byte before it goes on. FFh: no
 * more. The same image runs on Ersatz and on QEMU.
 */
#include "x86.h"

#define COM1 0x3f8
#define VIDEO ((volatile u8 *)0xa0000)
#define LFB_BASE 0xe0000000u
#define LFB ((volatile u8 *)LFB_BASE)

enum { SEQ = 0x3c4, GFX = 0x3ce, CRTC = 0x3d4 };

static void set(u16 port, u8 index, u8 value)
{
    outw(port, (u16)(value << 8 | index));
}

static void dispi(u16 index, u16 value)
{
    outw(0x1ce, index);
    outw(0x1cf, value);
}

static void attr(u8 index, u8 value)
{
    inb(0x3da);
    outb(0x3c0, index);
    outb(0x3c0, value);
    outb(0x3c0, 0x20);
}

static void show(u8 picture)
{
    while (!(inb(COM1 + 5) & 0x20))
        ;
    outb(COM1, picture);
    while (!(inb(COM1 + 5) & 1))
        ;
    inb(COM1);
}

/* ---- Modes: the IBM BIOS's register tables ------------------------------------------------ */

struct mode {
    u8 misc, seq[5];
    u8 crtc_00[8], max_scan_line, crtc_10[9]; /* between them: 0, no cursor */
    u8 gfx[9], attr[21];
};

#define EGA_ATTR(mode, planes)                                                                     \
    {                                                                                              \
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16,  \
            0x17, mode, 0x00, planes, 0x00, 0x00                                                   \
    }
#define VGA_ATTR(mode, panning)                                                                    \
    {                                                                                              \
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e,  \
            0x3f, mode, 0x00, 0x0f, panning, 0x00                                                  \
    }

#define TIMING_80 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80
#define TIMING_40 0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80
#define LINES_400 0xbf, 0x1f

static const struct mode text80 = {
    0x67,
    {3, 0, 3, 0, 2},
    {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, LINES_400},
    0x4f,
    {0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff},
    {0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff},
    VGA_ATTR(0x0c, 8),
};
static const struct mode text40 = {
    0x63,
    {3, 9, 3, 0, 2},
    {TIMING_40, LINES_400},
    0x4f,
    {0x9c, 0x8e, 0x8f, 0x14, 0x1f, 0x96, 0xb9, 0xa3, 0xff},
    {0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff},
    VGA_ATTR(0x08, 0),
};
static const struct mode cga4 = {
    0x63,
    {3, 9, 3, 0, 2},
    {TIMING_40, LINES_400},
    0xc1,
    {0x9c, 0x8e, 0x8f, 0x14, 0x00, 0x96, 0xb9, 0xa2, 0xff},
    {0, 0, 0, 0, 0, 0x30, 0x0f, 0, 0xff},
    {0x00, 0x13, 0x15, 0x17, 0x02, 0x04, 0x06, 0x07, 0x10, 0x11, 0x12,
     0x13, 0x14, 0x15, 0x16, 0x17, 0x01, 0x00, 0x03, 0x00, 0x00},
};
static const struct mode cga6 = {
    0x63,
    {3, 1, 1, 0, 6},
    {TIMING_80, LINES_400},
    0xc1,
    {0x9c, 0x8e, 0x8f, 0x28, 0x00, 0x96, 0xb9, 0xc2, 0xff},
    {0, 0, 0, 0, 0, 0, 0x0d, 0, 0xff},
    {0x00, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17,
     0x17, 0x17, 0x17, 0x17, 0x17, 0x01, 0x00, 0x01, 0x00, 0x00},
};
static const struct mode mode_d = {
    0x63,
    {3, 9, 15, 0, 6},
    {TIMING_40, LINES_400},
    0xc0,
    {0x9c, 0x8e, 0x8f, 0x14, 0x00, 0x96, 0xb9, 0xe3, 0xff},
    {0, 0, 0, 0, 0, 0, 5, 15, 0xff},
    EGA_ATTR(1, 15),
};
static const struct mode mode_e = {
    0x63,
    {3, 1, 15, 0, 6},
    {TIMING_80, LINES_400},
    0xc0,
    {0x9c, 0x8e, 0x8f, 0x28, 0x00, 0x96, 0xb9, 0xe3, 0xff},
    {0, 0, 0, 0, 0, 0, 5, 15, 0xff},
    EGA_ATTR(1, 15),
};
static const struct mode mode_10 = {
    0xa3,
    {3, 1, 15, 0, 6},
    {TIMING_80, LINES_400},
    0x40,
    {0x83, 0x85, 0x5d, 0x28, 0x0f, 0x63, 0xba, 0xe3, 0xff},
    {0, 0, 0, 0, 0, 0, 5, 15, 0xff},
    VGA_ATTR(1, 0),
};
static const struct mode mode_12 = {
    0xe3,
    {3, 1, 15, 0, 6},
    {TIMING_80, 0x0b, 0x3e},
    0x40,
    {0xea, 0x8c, 0xdf, 0x28, 0x00, 0xe7, 0x04, 0xe3, 0xff},
    {0, 0, 0, 0, 0, 0, 5, 15, 0xff},
    VGA_ATTR(1, 0),
};
static const struct mode mode_13 = {
    0x63,
    {3, 1, 15, 0, 14},
    {TIMING_80, LINES_400},
    0x41,
    {0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff},
    {0, 0, 0, 0, 0, 0x40, 5, 15, 0xff},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0, 15, 0, 0},
};
static const struct mode mode_x = {
    0xe3,
    {3, 1, 15, 0, 6},
    {TIMING_80, 0x0d, 0x3e},
    0x41,
    {0xea, 0xac, 0xdf, 0x28, 0x00, 0xe7, 0x06, 0xe3, 0xff},
    {0, 0, 0, 0, 0, 0x40, 5, 15, 0xff},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0, 15, 0, 0},
};

/* EGA's 64 colours for 16-colour modes, a colour cube of no regularity for the rest. */
static void load_dac(void)
{
    outb(0x3c6, 0xff);
    outb(0x3c8, 0);
    for (u32 n = 0; n < 256; n++) {
        outb(0x3c9, n < 64 ? (n >> 2 & 1) * 42 + (n >> 5 & 1) * 21 : n * 7 & 63);
        outb(0x3c9, n < 64 ? (n >> 1 & 1) * 42 + (n >> 4 & 1) * 21 : n * 3 & 63);
        outb(0x3c9, n < 64 ? (n & 1) * 42 + (n >> 3 & 1) * 21 : n >> 2);
    }
}

static void set_mode(const struct mode *m)
{
    dispi(4, 0);
    outb(0x3c2, m->misc);
    for (u8 n = 0; n < 5; n++)
        set(SEQ, n, m->seq[n]);
    set(CRTC, 0x11, 0); /* unprotect */
    for (u8 n = 0; n < 8; n++)
        set(CRTC, n, m->crtc_00[n]);
    for (u8 n = 8; n < 16; n++)
        set(CRTC, n, n == 9 ? m->max_scan_line : n == 10 ? 0x20 : 0);
    for (u8 n = 0; n < 9; n++)
        set(CRTC, 0x10 + n, m->crtc_10[n]);
    for (u8 n = 0; n < 9; n++)
        set(GFX, n, m->gfx[n]);
    for (u8 n = 0; n < 21; n++)
        attr(n, m->attr[n]);
    load_dac();
}

/* All four planes of 64 KiB, by the sequencer alone. */
static void clear(void)
{
    u8 memory_mode;

    outb(SEQ, 4);
    memory_mode = inb(SEQ + 1);
    set(SEQ, 4, 6);
    set(SEQ, 2, 15);
    set(GFX, 5, 0);
    set(GFX, 6, 5);
    for (u32 n = 0; n < 0x10000; n++)
        VIDEO[n] = 0;
    set(SEQ, 4, memory_mode);
}

/* ---- Text --------------------------------------------------------------------------------- */

static u8 glyph(u32 c, u32 row)
{
    return (u8)((c * 37 + row * 11) ^ (row & 1 ? 0x81 : c));
}

/* A font at `at` of plane 2; then text addressing again. */
static void load_font(u32 at, u8 twist)
{
    set(SEQ, 2, 4);
    set(SEQ, 4, 6);
    set(GFX, 5, 0);
    set(GFX, 6, 4);
    for (u32 c = 0; c < 256; c++)
        for (u32 row = 0; row < 16; row++)
            VIDEO[at + c * 32 + row] = glyph(c, row) ^ twist;
    set(SEQ, 2, 3);
    set(SEQ, 4, 2);
    set(GFX, 5, 0x10);
    set(GFX, 6, 0x0e);
}

static void fill_text(u32 cells)
{
    for (u32 n = 0; n < cells; n++) {
        VIDEO[0x18000 + 2 * n] = (u8)n;
        VIDEO[0x18001 + 2 * n] = (u8)(n * 5 + (n >> 8));
    }
}

static void text_pictures(void)
{
    set_mode(&text80);
    clear();
    load_font(0, 0);
    load_font(0x4000, 0xff);
    fill_text(4096);
    attr(0x10, 0x04); /* no blinking: two hosts have two clocks */
    show(1);
    set(SEQ, 3, 0x04); /* map A, for attribute bit 3: 16K */
    set(CRTC, 0x0d, 0x29);
    show(2);
    set(SEQ, 1, 1); /* 8 dots */
    attr(0x13, 0);
    set(CRTC, 0x13, 0x30);
    show(3);
    set_mode(&text40);
    attr(0x10, 0x00);
    set(CRTC, 0x09, 0x47); /* characters of 8 lines */
    show(4);
}

/* ---- CGA ---------------------------------------------------------------------------------- */

static void cga_pictures(void)
{
    set_mode(&cga4);
    clear();
    set_mode(&cga4);
    for (u32 n = 0; n < 0x4000; n++)
        VIDEO[0x18000 + n] = (u8)(n * 3 + (n >> 7));
    show(5);
    set_mode(&cga6);
    clear();
    set_mode(&cga6);
    for (u32 n = 0; n < 0x4000; n++)
        VIDEO[0x18000 + n] = (u8)(n ^ n >> 6);
    show(6);
}

/* ---- Planes ------------------------------------------------------------------------------- */

static void bars(u32 pitch, u32 rows)
{
    for (u8 plane = 0; plane < 4; plane++) {
        set(SEQ, 2, (u8)(1 << plane));
        for (u32 n = 0; n < pitch * rows; n++)
            VIDEO[n] = (u8)(n % pitch * (plane + 1) + n / pitch);
    }
    set(SEQ, 2, 15);
}

/* Every write mode and function with every rotation, onto what is there. */
static void write_modes(u32 pitch)
{
    u32 at = 20 * pitch;

    for (u8 mode = 0; mode < 4; mode++)
        for (u8 function = 0; function < 4; function++)
            for (u8 turn = 0; turn < 8; turn++, at += pitch) {
                set(GFX, 0, turn + 3);
                set(GFX, 1, mode == 0 ? turn * 2 & 15 : 5);
                set(GFX, 3, (u8)(function << 3 | turn));
                set(GFX, 5, mode);
                set(GFX, 8, (u8)(0xf3 << (turn & 3)));
                set(SEQ, 2, turn == 7 ? 9 : 15);
                for (u32 x = 0; x < 24; x++) {
                    (void)VIDEO[at + x + 8];
                    VIDEO[at + x] = (u8)(x * 29 + turn);
                }
            }
    set(GFX, 0, 0);
    set(GFX, 1, 0);
    set(GFX, 3, 0);
    set(GFX, 5, 0);
    set(GFX, 8, 0xff);
    set(SEQ, 2, 15);
}

/* What both read modes give, drawn. */
static void read_modes(u32 pitch)
{
    u32 from = 20 * pitch, at = 30;

    for (u8 plane = 0; plane < 4; plane++)
        for (u32 n = 0; n < 16; n++, at += pitch) {
            set(GFX, 4, plane);
            u8 v = VIDEO[from + n];
            VIDEO[at] = v;
            set(GFX, 2, (u8)n);
            set(GFX, 7, (u8)(15 - plane));
            set(GFX, 5, 8);
            v = VIDEO[from + n];
            set(GFX, 5, 0);
            VIDEO[at + 1] = v;
        }
}

static void planar_pictures(void)
{
    set_mode(&mode_d);
    bars(40, 200);
    show(7);
    set_mode(&mode_e);
    bars(80, 200);
    write_modes(80);
    show(8);
    set_mode(&mode_10);
    bars(80, 350);
    write_modes(80);
    read_modes(80);
    show(9);
    set_mode(&mode_12);
    bars(80, 480);
    set(CRTC, 0x0c, 0x10); /* scrolled */
    set(CRTC, 0x0d, 0x25);
    attr(0x12, 0x0b);
    attr(0x10, 0x81); /* bits 5..4 of the palette from the colour select register */
    attr(0x14, 0x0e);
    show(10);
}

/* ---- 256 colours -------------------------------------------------------------------------- */

static void colour_pictures(void)
{
    set_mode(&mode_13);
    for (u32 n = 0; n < 0x10000; n++)
        VIDEO[n] = (u8)(n % 320 + n / 320);
    show(11);
    outb(0x3c6, 0x5f);
    show(12);
    set_mode(&mode_x);
    bars(80, 240);
    set(GFX, 5, 0x41); /* copies, four pixels at once */
    for (u32 n = 0; n < 80 * 40; n++) {
        (void)VIDEO[80 * 100 + n];
        VIDEO[80 * 240 + n] = 0;
    }
    set(GFX, 5, 0x40);
    set(CRTC, 0x0c, 0x0c); /* 80 * 40 */
    set(CRTC, 0x0d, 0x80);
    show(13);
    set(CRTC, 0x18, 0x80); /* split screen from line 129 on */
    set(CRTC, 0x07, 0x2e);
    set(CRTC, 0x09, 0x01);
    show(14);
}

/* ---- VBE ---------------------------------------------------------------------------------- */

static void vbe_mode(u16 x, u16 y, u16 bpp, u16 flags)
{
    dispi(4, 0);
    dispi(1, x);
    dispi(2, y);
    dispi(3, bpp);
    dispi(4, (u16)(1 | flags));
    inb(0x3da);
    outb(0x3c0, 0x20);
    load_dac();
}

static void place_frame_buffer(void)
{
    u32 function;

    for (function = 0; function < 32; function++) {
        outl(0xcf8, 0x80000000u | function << 11);
        if (inl(0xcfc) == 0x11111234)
            break;
    }
    outl(0xcf8, 0x80000010u | function << 11);
    outl(0xcfc, LFB_BASE);
    outl(0xcf8, 0x80000004u | function << 11);
    outl(0xcfc, 3);
}

static void banked_picture(void)
{
    vbe_mode(640, 480, 8, 0);
    for (u32 bank = 0; bank < 5; bank++) {
        dispi(5, (u16)bank);
        for (u32 n = 0; n < 0x10000; n++)
            VIDEO[n] = (u8)(n * (bank + 1) >> 3);
    }
    show(20);
}

static void planar_picture(void)
{
    vbe_mode(800, 600, 4, 0);
    for (u8 n = 0; n < 16; n++)
        attr(n, n);
    for (u8 plane = 0; plane < 4; plane++) {
        set(SEQ, 2, (u8)(1 << plane));
        for (u32 n = 0; n < 60000; n++)
            VIDEO[n] = (u8)(n % 100 * (plane + 1) + n / 100);
    }
    show(19);
}

static void linear_picture(u8 number, u16 bpp)
{
    u32 bytes = (bpp + 7u) / 8;

    vbe_mode(800, 600, bpp, 0x40);
    for (u32 y = 0; y < 600; y += 4)
        for (u32 n = y * 800 * bytes; n < (y + 3) * 800 * bytes; n++)
            LFB[n] = (u8)(n + (n >> 8) * 3 + y);
    show(number);
}

static void vbe_pictures(void)
{
    place_frame_buffer();
    planar_picture();
    banked_picture();
    linear_picture(21, 15);
    linear_picture(22, 16);
    linear_picture(23, 24);
    linear_picture(24, 32);
    dispi(6, 1024); /* a virtual screen, and a window in it */
    dispi(8, 40);
    dispi(9, 100);
    show(25);
    vbe_mode(320, 200, 8, 0x60); /* the DAC has eight bits now */
    for (u32 n = 0; n < 64000; n++)
        LFB[n] = (u8)(n % 251);
    show(26);
    vbe_mode(640, 480, 32, 0xc0); /* memory is not cleared */
    show(27);
}

void rom_main(void)
{
    text_pictures();
    cga_pictures();
    planar_pictures();
    colour_pictures();
    set_mode(&mode_12);
    vbe_pictures();
    set_mode(&text80);
    clear();
    load_font(0, 0);
    fill_text(2000);
    attr(0x10, 0x04);
    show(30);
    show(0xff);
}
