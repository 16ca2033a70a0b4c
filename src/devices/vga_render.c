/* SPDX-License-Identifier: MIT */
/*
 * From memory to pixels: shift registers, attribute controller, DAC. IBM VGA Technical Reference,
 * 2-95 (attribute controller) and 2-103 (DAC).
 *
 *     planes --> shift registers --> 4-bit pels --> palette --> DAC index --> mask --> DAC
 *                                       two of them, without the palette --^
 */
#include <string.h>

#include "base/bits.h"
#include "devices/vga_state.h"

#define MAX_DOTS ((256 + 1) * 9)
#define PEL_DOTS 8      /* that a double word of the planes stands for */
#define CURSOR_BLINK 16 /* frames from on to on */
#define CHARACTER_BLINK 32

u8 vga_palette(const struct vga *v, u8 pel)
{
    u8 entry = v->attr[pel & v->attr[ATTR_PLANE_ENABLE] & 15];
    u8 select = v->attr[ATTR_COLOUR_SELECT];

    if (v->attr[ATTR_MODE] & ATTR_SELECT_54)
        entry = (u8)((entry & 15) | (select & 3) << 4);
    return (u8)(entry | (select & 12) << 4) & v->dac_mask;
}

/* The DAC as pixels. With 6 bits the highest repeat below, so that full is full. */
static void fill_colours(const struct vga *v, u32 colours[256])
{
    bool eight = v->dispi[DISPI_ENABLE] & DISPI_8BIT_DAC;

    for (unsigned n = 0; n < 256; n++) {
        u32 pixel = 0;
        for (unsigned part = 0; part < 3; part++) {
            u8 c = v->dac[3 * n + part];
            if (!eight)
                c = (u8)(c << 2 | (c & 0x3f) >> 4);
            pixel = pixel << 8 | c;
        }
        colours[n] = pixel;
    }
}

/* ---- Graphics ----------------------------------------------------------------------------- */

/* Sixteen colours: a bit of each plane. */
static u8 *planar_pels(const u8 palette[16], u32 planes, u8 *out)
{
    for (int bit = 7; bit >= 0; bit--) {
        u32 b = planes >> bit & 0x01010101u;
        *out++ = palette[(b | b >> 7 | b >> 14 | b >> 21) & 15];
    }
    return out;
}

/* Shift register interleave, for CGA's four colours: two neighbouring bits of planes 0 and 2
 * together, then of planes 1 and 3. */
static u8 *interleaved_pels(const u8 palette[16], u32 planes, u8 *out)
{
    for (unsigned i = 0; i < PEL_DOTS; i++) {
        unsigned from = (i & 4 ? 8 : 0) + 6 - 2 * (i & 3);
        *out++ = palette[(planes >> from & 3) | (planes >> (from + 16) & 3) << 2];
    }
    return out;
}

/* 256 colours: plane by plane, high nibble first; the attribute controller puts two together. */
static u8 *packed_pels(const struct vga *v, const u8 palette[16], u32 planes, u8 *out)
{
    bool wide = v->attr[ATTR_MODE] & ATTR_PEL_WIDE;

    for (unsigned i = 0; i < 4; i++) {
        u8 byte = (u8)(planes >> 8 * i);
        if (wide) {
            *out++ = byte & v->dac_mask;
        } else {
            *out++ = palette[byte >> 4];
            *out++ = palette[byte & 15];
        }
    }
    return out;
}

/* The address counter may be clocked less often than characters are. */
static unsigned count_shift(const struct vga *v)
{
    if (v->crtc[CRTC_UNDERLINE] & CRTC_COUNT_BY_4)
        return 2;
    return v->crtc[CRTC_MODE] & CRTC_COUNT_BY_2 ? 1 : 0;
}

static void graphics_line(const struct vga *v, const struct vga_scan *s, const struct vga_line *l,
                          u8 *out)
{
    u8 palette[16], mode = v->gfx[GFX_MODE];
    unsigned shift = count_shift(v);

    for (u8 n = 0; n < 16; n++)
        palette[n] = vga_palette(v, n);
    for (unsigned n = 0; n < s->columns + 1; n++) {
        u32 offset = vga_scan_offset(v, l->address + (n >> shift), l->row_scan);
        u32 planes = ld32(v->ram + 4ul * offset);
        if (mode & GFX_SHIFT_256)
            out = packed_pels(v, palette, planes, out);
        else if (mode & GFX_SHIFT_INTERLEAVE)
            out = interleaved_pels(palette, planes, out);
        else
            out = planar_pels(palette, planes, out);
    }
}

/* ---- A VGA's picture ---------------------------------------------------------------------- */

static struct vga_phase phase_now(const struct vga *v, bool steady)
{
    u64 frame = clock_now(v->dev.clock) / (vga_scan_line_ns(v) * vga_scan_total(v));

    if (steady)
        return (struct vga_phase){.characters = true};
    return (struct vga_phase){.cursor = frame % CURSOR_BLINK < CURSOR_BLINK / 2,
                              .characters = frame % CHARACTER_BLINK < CHARACTER_BLINK / 2};
}

static bool pels_are_wide(const struct vga *v, const struct vga_scan *s)
{
    return !s->text && (v->gfx[GFX_MODE] & GFX_SHIFT_256) && (v->attr[ATTR_MODE] & ATTR_PEL_WIDE);
}

static void render_vga(const struct vga *v, const struct ersatz_surface *to, bool steady)
{
    struct vga_scan s = vga_scan(v);
    struct vga_phase phase = phase_now(v, steady);
    unsigned width = s.width < to->width ? s.width : to->width;
    unsigned wide = s.wide + pels_are_wide(v, &s);
    u8 pels[MAX_DOTS];
    u32 colours[256];

    fill_colours(v, colours);
    for (unsigned y = 0; y < s.lines && y < to->height && !s.blank; y++) {
        struct vga_line l = vga_scan_line(v, &s, y);
        u32 *row = to->pixels + y * to->stride;
        if (s.text)
            vga_text_line(v, &s, &l, phase, pels);
        else
            graphics_line(v, &s, &l, pels);
        for (unsigned x = 0; x < width; x++)
            row[x] = colours[pels[(x >> wide) + l.pan]];
    }
}

/* ---- VBE's picture ------------------------------------------------------------------------ */

static u32 widen(u32 value, unsigned from, unsigned bits)
{
    u32 c = (u32)bits_get(value, from, bits);

    return c << (8 - bits) | c >> (2 * bits - 8);
}

static u32 true_colour(const u8 *p, unsigned bpp)
{
    switch (bpp) {
    case 15: return widen(ld16(p), 10, 5) << 16 | widen(ld16(p), 5, 5) << 8 | widen(ld16(p), 0, 5);
    case 16: return widen(ld16(p), 11, 5) << 16 | widen(ld16(p), 5, 6) << 8 | widen(ld16(p), 0, 5);
    case 24: return ld16(p) | (u32)p[2] << 16;
    default: return ld32(p) & 0xffffff;
    }
}

static void vbe_row(const struct vga *v, const u8 *p, const u32 colours[256], unsigned width,
                    u32 *row)
{
    unsigned bpp = v->dispi[DISPI_BPP], bytes = (bpp + 7) / 8;

    if (bpp == 8) {
        for (unsigned x = 0; x < width; x++)
            row[x] = colours[p[x] & v->dac_mask];
        return;
    }
    for (unsigned x = 0; x < width; x++)
        row[x] = true_colour(p + (size_t)x * bytes, bpp);
}

static void vbe_planar_row(const u8 palette[16], const u8 *p, const u32 colours[256],
                           unsigned width, u32 *row)
{
    for (unsigned x = 0; x < width; x += PEL_DOTS, p += 4) {
        u8 pels[PEL_DOTS];
        planar_pels(palette, ld32(p), pels);
        for (unsigned i = 0; i < PEL_DOTS && x + i < width; i++)
            row[x + i] = colours[pels[i]];
    }
}

/* vbe_settle() has seen to it that every row lies within memory. */
static void render_vbe(const struct vga *v, const struct ersatz_surface *to)
{
    unsigned width = v->dispi[DISPI_XRES], height = v->dispi[DISPI_YRES];
    u32 pitch = vbe_pitch(v), at = vbe_start(v), colours[256];
    u8 palette[16];

    if (!v->ram || !(v->attr_index & ATTR_INDEX_SHOW))
        return;
    fill_colours(v, colours);
    for (u8 n = 0; n < 16; n++)
        palette[n] = vga_palette(v, n);
    width = width < to->width ? width : to->width;
    for (unsigned y = 0; y < height && y < to->height; y++, at += pitch) {
        u32 *row = to->pixels + y * to->stride;
        if (v->dispi[DISPI_BPP] == 4)
            vbe_planar_row(palette, v->ram + at, colours, width, row);
        else
            vbe_row(v, v->ram + at, colours, width, row);
    }
}

void vga_size(const struct device *d, unsigned *width, unsigned *height)
{
    const struct vga *v = (const struct vga *)d;
    struct vga_scan s = vga_scan(v);

    *width = vbe_on(v) ? v->dispi[DISPI_XRES] : s.width;
    *height = vbe_on(v) ? v->dispi[DISPI_YRES] : s.lines;
}

void vga_render(const struct device *d, const struct ersatz_surface *s, bool steady)
{
    const struct vga *v = (const struct vga *)d;

    for (unsigned y = 0; y < s->height; y++)
        memset(s->pixels + y * s->stride, 0, s->width * sizeof *s->pixels);
    if (vbe_on(v))
        render_vbe(v, s);
    else
        render_vga(v, s, steady);
}
