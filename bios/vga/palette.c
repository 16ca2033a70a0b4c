/* SPDX-License-Identifier: MIT */
/*
 * Colours: INT 10h AH=0Bh and 10h, and the DAC's contents after a mode set. A pixel's 4 bits go
 * through the attribute controller's 16 palette registers to 6 bits, which index the DAC's first
 * 64 entries (IBM VGA technical reference).
 */
#include "vga.h"

enum { ATTR_MODE = 0x10, ATTR_OVERSCAN = 0x11, ATTR_SELECT = 0x14 };
enum { ATTR_BLINK = 1 << 3, ATTR_P54S = 1 << 7 };

/* ---- the DAC ---- */

void dac_write(u8 index, u8 red, u8 green, u8 blue)
{
    outb(PORT_DAC_WRITE, index);
    outb(PORT_DAC, red);
    outb(PORT_DAC, green);
    outb(PORT_DAC, blue);
}

struct rgb {
    u8 red, green, blue;
};

static struct rgb dac_read(u8 index)
{
    struct rgb c;
    outb(PORT_DAC_READ, index);
    c.red = inb(PORT_DAC);
    c.green = inb(PORT_DAC);
    c.blue = inb(PORT_DAC);
    return c;
}

/* A CGA's IRGB at bits 4, 2, 1 and 0; dark yellow is brown. */
static struct rgb colour_cga(u8 i)
{
    u8 base = i & 0x10 ? 0x15 : 0;
    struct rgb c = {base + (i & 4 ? 0x2A : 0), base + (i & 2 ? 0x2A : 0),
                    base + (i & 1 ? 0x2A : 0)};
    if ((i & 0x17) == 6)
        c.green = 0x15;
    return c;
}

/* An EGA's rgbRGB: two thirds from bits 2, 1 and 0, one third from bits 5, 4 and 3. */
static struct rgb colour_ega(u8 i)
{
    return (struct rgb){(i & 4 ? 0x2A : 0) + (i & 0x20 ? 0x15 : 0),
                        (i & 2 ? 0x2A : 0) + (i & 0x10 ? 0x15 : 0),
                        (i & 1 ? 0x2A : 0) + (i & 8 ? 0x15 : 0)};
}

/* Video at bit 3, intensity at bit 4. */
static struct rgb colour_mono(u8 i)
{
    u8 v = !(i & 8) ? 0 : i & 0x10 ? 0x3F : 0x2A;
    return (struct rgb){v, v, v};
}

/* The 16 greys of mode 13h, and the levels of its colour circles: three intensities times three
 * saturations, five steps each from the weakest to the strongest component. */
ROM u8 greys[16] = {0,    0x05, 0x08, 0x0B, 0x0E, 0x11, 0x14, 0x18,
                    0x1C, 0x20, 0x24, 0x28, 0x2D, 0x32, 0x38, 0x3F};
ROM u8 circle[9][5] = {
    {0x00, 0x10, 0x1F, 0x2F, 0x3F}, {0x1F, 0x27, 0x2F, 0x37, 0x3F}, {0x2D, 0x31, 0x36, 0x3A, 0x3F},
    {0x00, 0x07, 0x0E, 0x15, 0x1C}, {0x0E, 0x11, 0x15, 0x18, 0x1C}, {0x14, 0x16, 0x18, 0x1A, 0x1C},
    {0x00, 0x04, 0x08, 0x0C, 0x10}, {0x08, 0x0A, 0x0C, 0x0E, 0x10}, {0x0B, 0x0C, 0x0D, 0x0F, 0x10},
};

/* How strong a component is at a hue of 24, where 0 is its peak's beginning: five steps up and
 * down, a peak of nine. */
static u8 strength(u8 hue)
{
    hue %= 24;
    return hue <= 8 ? 4 : hue <= 12 ? 12 - hue : hue < 20 ? 0 : hue - 20;
}

static struct rgb colour_vga(u8 i)
{
    if (i < 16)
        return colour_cga((i & 7) | (i & 8) << 1);
    if (i < 32)
        return (struct rgb){greys[i - 16], greys[i - 16], greys[i - 16]};
    i -= 32;
    if (i >= 9 * 24)
        return (struct rgb){0, 0, 0};
    ROM_POINTER u8 *level = circle[i / 24];
    u8 hue = i % 24; /* 0 blue, 8 red, 16 green */
    return (struct rgb){level[strength(hue + 24 - 4)], level[strength(hue + 24 - 12)],
                        level[strength(hue + 4)]};
}

void dac_load(u8 which)
{
    outb(PORT_DAC_MASK, 0xFF);
    for (u16 i = 0; i < 256; i++) {
        struct rgb c = {0, 0, 0};
        if (which == DAC_VGA)
            c = colour_vga(i);
        else if (i < 64)
            c = which == DAC_CGA   ? colour_cga(i)
                : which == DAC_EGA ? colour_ega(i)
                                   : colour_mono(i);
        dac_write(i, c.red, c.green, c.blue);
    }
}

/* 30 % red, 59 % green, 11 % blue, in 256ths. */
void dac_sum_to_grey(u16 first, u16 count)
{
    for (u16 n = 0; n < count; n++) {
        struct rgb c = dac_read(first + n);
        u8 grey = (77 * c.red + 151 * c.green + 28 * c.blue + 128) >> 8;
        dac_write(first + n, grey, grey, grey);
    }
}

/* ---- AH=0Bh ---- */

void overscan_set(u8 colour)
{
    attr_write(ATTR_OVERSCAN, colour);
    attr_done();
}

/* BH=0: BL's bits 3 to 0 are border and, in graphics, background; bit 4 is the intensity of the
 * other three colours. BH=1: green, red, yellow or cyan, magenta, white. */
void cga_palette(struct regs *r)
{
    u8 mode = bda8(BDA_VIDEO_MODE), kept = bda8(BDA_VIDEO_CGA_PALETTE);
    if (r->bh == 0) {
        u8 colour = (r->bl & 7) | (r->bl & 8) << 1;
        attr_write(ATTR_OVERSCAN, colour);
        if (mode > 3 && mode != 7)
            attr_write(0, colour);
        if (mode == 4 || mode == 5)
            for (u8 i = 1; i < 4; i++)
                attr_write(i, (attr_read(i) & ~0x10) | (r->bl & 0x10));
        bda_set8(BDA_VIDEO_CGA_PALETTE, (kept & 0xE0) | (r->bl & 0x1F));
    } else if (r->bh == 1) {
        for (u8 i = 1; i < 4; i++)
            attr_write(i, (attr_read(i) & ~1) | (r->bl & 1));
        bda_set8(BDA_VIDEO_CGA_PALETTE, (kept & ~0x20) | (r->bl & 1) << 5);
    }
    attr_done();
}

/* ---- AH=10h ---- */

static void all_registers(struct regs *r, bool set)
{
    for (u8 i = 0; i < 17; i++) {
        u8 index = i < 16 ? i : ATTR_OVERSCAN;
        if (set)
            attr_write(index, peek8(r->es, r->dx + i));
        else
            poke8(r->es, r->dx + i, attr_read(index));
    }
}

static void blink_or_bright(u8 blink)
{
    u8 mode = attr_read(ATTR_MODE) & ~ATTR_BLINK;
    attr_write(ATTR_MODE, mode | (blink & 1 ? ATTR_BLINK : 0));
    u8 cga = bda8(BDA_VIDEO_CGA_MODE) & ~0x20;
    bda_set8(BDA_VIDEO_CGA_MODE, cga | (blink & 1) << 5);
}

static void dac_block(struct regs *r, bool set)
{
    u16 at = r->dx;
    for (u16 i = 0; i < r->cx; i++, at += 3) {
        if (set) {
            dac_write(r->bx + i, peek8(r->es, at), peek8(r->es, at + 1), peek8(r->es, at + 2));
        } else {
            struct rgb c = dac_read(r->bx + i);
            poke8(r->es, at, c.red);
            poke8(r->es, at + 1, c.green);
            poke8(r->es, at + 2, c.blue);
        }
    }
}

/* The DAC as four pages of 64 colours or, with P54S, sixteen of 16. */
static void dac_page(struct regs *r)
{
    u8 mode = attr_read(ATTR_MODE), page = r->bh;
    if (r->bl == 0) {
        attr_write(ATTR_MODE, (mode & ~ATTR_P54S) | (r->bh & 1 ? ATTR_P54S : 0));
    } else if (r->bl == 1) {
        if (!(mode & ATTR_P54S))
            page <<= 2;
        attr_write(ATTR_SELECT, page & 15);
    }
}

static void get_dac_page(struct regs *r)
{
    u8 page = attr_read(ATTR_SELECT) & 15;
    r->bl = attr_read(ATTR_MODE) & ATTR_P54S ? 1 : 0;
    r->bh = r->bl ? page : page >> 2;
}

static void get_dac(struct regs *r)
{
    struct rgb c = dac_read(r->bl);
    r->dh = c.red;
    r->ch = c.green;
    r->cl = c.blue;
}

void palette(struct regs *r)
{
    switch (r->al) {
    case 0x00:
        if (r->bl <= ATTR_SELECT)
            attr_write(r->bl, r->bh);
        break;
    case 0x01: attr_write(ATTR_OVERSCAN, r->bh); break;
    case 0x02: all_registers(r, true); break;
    case 0x03: blink_or_bright(r->bl); break;
    case 0x07:
        if (r->bl <= ATTR_SELECT)
            r->bh = attr_read(r->bl);
        break;
    case 0x08: r->bh = attr_read(ATTR_OVERSCAN); break;
    case 0x09: all_registers(r, false); break;
    case 0x10: dac_write(r->bx, r->dh, r->ch, r->cl); return;
    case 0x12: dac_block(r, true); return;
    case 0x13: dac_page(r); break;
    case 0x15: get_dac(r); return;
    case 0x17: dac_block(r, false); return;
    case 0x18: outb(PORT_DAC_MASK, r->bl); return;
    case 0x19: r->bl = inb(PORT_DAC_MASK); return;
    case 0x1A: get_dac_page(r); break;
    case 0x1B: dac_sum_to_grey(r->bx, r->cx); return;
    default: return;
    }
    attr_done();
}
