/* SPDX-License-Identifier: MIT */
/*
 * Text modes: characters in plane 0, attributes in plane 1, fonts in plane 2. IBM VGA Technical
 * Reference, 2-20 and 2-50.
 *
 *     attribute:  7 blink or background 3   6..4 background   3 foreground 3, font   2..0
 * foreground
 *
 * Cell 0 of a font is at one of eight places, a character has 32 bytes, a byte a row scan.
 */
#include "base/bits.h"
#include "devices/vga_state.h"

#define CHARACTER_BYTES 32u
#define FONT_PLANE 2
#define UNDERLINED 0x01 /* of attribute & 77h */

/* Three bits of the character map select register: 0, 16K, 32K, 48K, and the same plus 8K. */
static u32 font_at(unsigned select)
{
    return (select & 3) * 0x4000u + (select & 4 ? 0x2000u : 0);
}

/* The fonts that attribute bit 3 chooses between: [0] is map B, [1] map A. */
static void fonts(const struct vga *v, u32 font[2])
{
    u8 map = v->seq[SEQ_CHARACTER_MAP];

    font[0] = font_at((map & 3u) | (map >> 2 & 4));
    font[1] = font_at((map >> 2 & 3u) | (map >> 3 & 4));
}

static const u8 *cell_at(const struct vga *v, u32 address, unsigned row_scan)
{
    return v->ram + 4ul * vga_scan_offset(v, address, row_scan);
}

/* Nine dots of one row scan of a character, bit 8 the leftmost. The ninth is background, but for
 * line graphics, which go on into it. */
static unsigned dots(const struct vga *v, const u8 *cell, const u32 font[2], unsigned row_scan)
{
    u32 at = font[cell[1] >> 3 & 1] + cell[0] * CHARACTER_BYTES + row_scan;
    unsigned byte = v->ram[4ul * at + FONT_PLANE], nine = byte << 1;
    bool line = (v->attr[ATTR_MODE] & ATTR_LINE_GRAPHICS) && cell[0] >= 0xc0 && cell[0] <= 0xdf;

    if ((cell[1] & 0x77) == UNDERLINED && row_scan == (v->crtc[CRTC_UNDERLINE] & 31u))
        return 0x1ff;
    return line ? nine | (byte & 1) : nine;
}

static u32 cursor_address(const struct vga *v)
{
    u32 at = (u32)v->crtc[CRTC_CURSOR_HIGH] << 8 | v->crtc[CRTC_CURSOR_LOW];

    return at + (v->crtc[CRTC_CURSOR_END] >> 5 & 3); /* the skew */
}

static bool cursor_in(const struct vga *v, unsigned row_scan)
{
    u8 start = v->crtc[CRTC_CURSOR_START];

    return !(start & CRTC_CURSOR_OFF) && row_scan >= (start & 31u) &&
           row_scan <= (v->crtc[CRTC_CURSOR_END] & 31u);
}

void vga_text_line(const struct vga *v, const struct vga_scan *s, const struct vga_line *l,
                   struct vga_phase phase, u8 *out)
{
    bool cursor = phase.cursor && cursor_in(v, l->row_scan);
    bool blinks = v->attr[ATTR_MODE] & ATTR_BLINK;
    u32 font[2];

    fonts(v, font);
    for (unsigned n = 0; n < s->columns + 1; n++) { /* one more for panning */
        u32 address = l->address + n;
        const u8 *cell = cell_at(v, address, l->row_scan);
        unsigned shape = dots(v, cell, font, l->row_scan);
        u8 front = cell[1] & 15, back = cell[1] >> 4;
        if (blinks && back & 8 && !phase.characters)
            shape = 0;
        if (blinks)
            back &= 7;
        if (cursor && address == cursor_address(v))
            shape = 0x1ff;
        front = vga_palette(v, front);
        back = vga_palette(v, back);
        for (unsigned dot = 0; dot < s->cell; dot++)
            *out++ = shape >> (8 - dot) & 1 ? front : back;
    }
}

/* ---- As characters ------------------------------------------------------------------------ */

static void find_cursor(const struct vga *v, struct ersatz_text *t, u32 address, unsigned row)
{
    u32 at = cursor_address(v) - address;

    if (!(v->crtc[CRTC_CURSOR_START] & CRTC_CURSOR_OFF) && at < t->columns) {
        t->cursor_column = (int)at;
        t->cursor_row = (int)row;
    }
}

bool vga_text(const struct device *d, struct ersatz_text *t)
{
    const struct vga *v = (const struct vga *)d;
    struct vga_scan s = vga_scan(v);
    u32 last = UINT32_MAX;

    if (!s.text || vbe_on(v) || !v->ram)
        return false;
    *t = (struct ersatz_text){.columns = s.columns, .cursor_column = -1, .cursor_row = -1};
    for (unsigned y = 0; y < s.lines; y++) {
        struct vga_line l = vga_scan_line(v, &s, y);
        u32 key = l.row << 1 | (y > s.compare);
        if (key == last)
            continue;
        last = key;
        if ((t->rows + 1) * s.columns > ERSATZ_TEXT_CELLS)
            break;
        for (unsigned n = 0; n < s.columns; n++)
            t->cells[t->rows * s.columns + n] = ld16(cell_at(v, l.address + n, 0));
        find_cursor(v, t, l.address, t->rows++);
    }
    return true;
}
