/* SPDX-License-Identifier: MIT */
/*
 * The CRT controller: how large the picture is, and where the counters are in each scan line.
 * IBM VGA Technical Reference, 2-55; FreeVGA, "CRT Controller Registers".
 *
 * Overflow (07h) holds bits of:
 *     7 VRS9   6 VDE9   5 VT9   4 LC8   3 SVB8   2 VRS8   1 VDE8   0 VT8
 * and the maximum scan line (09h) LC9 in bit 6.
 *
 * The picture is what lies between the borders, one pixel a dot (two when the dot clock is
 * halved) and one row a scan line, so 320 x 200 modes, which scan each line twice, are 640 x 400.
 */
#include "base/bits.h"
#include "devices/vga_state.h"

#define DOT_25_MHZ 25175000ull
#define DOT_28_MHZ 28322000ull

static unsigned crtc_bit(const struct vga *v, unsigned reg, unsigned bit, unsigned shift)
{
    return (v->crtc[reg] >> bit & 1u) << shift;
}

static unsigned vertical_total(const struct vga *v)
{
    return v->crtc[CRTC_VTOTAL] + crtc_bit(v, CRTC_OVERFLOW, 0, 8) +
           crtc_bit(v, CRTC_OVERFLOW, 5, 9) + 2;
}

static unsigned display_end(const struct vga *v)
{
    return v->crtc[CRTC_VDISPLAY_END] + crtc_bit(v, CRTC_OVERFLOW, 1, 8) +
           crtc_bit(v, CRTC_OVERFLOW, 6, 9) + 1;
}

static unsigned line_compare(const struct vga *v)
{
    return v->crtc[CRTC_LINE_COMPARE] + crtc_bit(v, CRTC_OVERFLOW, 4, 8) +
           crtc_bit(v, CRTC_MAX_SCAN_LINE, 6, 9);
}

static unsigned lines_shift(const struct vga *v)
{
    return v->crtc[CRTC_MODE] & CRTC_LINES_BY_2 ? 1 : 0;
}

struct vga_scan vga_scan(const struct vga *v)
{
    u8 max = v->crtc[CRTC_MAX_SCAN_LINE], clocking = v->seq[SEQ_CLOCKING];
    struct vga_scan s = {
        .text = !(v->gfx[GFX_MISC] & GFX_GRAPHICS),
        .blank = !(v->attr_index & ATTR_INDEX_SHOW) || (clocking & SEQ_SCREEN_OFF) || !v->ram,
        .columns = v->crtc[CRTC_HDISPLAY_END] + 1u,
        .wide = clocking & SEQ_HALF_CLOCK ? 1 : 0,
        .lines = display_end(v) << lines_shift(v),
        .repeat = lines_shift(v) + (max & CRTC_DOUBLE_SCAN ? 1 : 0),
        .height = (max & 31u) + 1,
    };

    s.cell = s.text && !(clocking & SEQ_8_DOTS) ? 9 : 8;
    s.compare = ((line_compare(v) + 1) << lines_shift(v)) - 1;
    s.width = s.columns * s.cell << s.wide;
    return s;
}

/* Pels to the left of the screen: in text of 9 dots 8 means none, and 0 one. */
static unsigned panning(const struct vga *v, const struct vga_scan *s)
{
    unsigned n = v->attr[ATTR_PEL_PANNING];

    if (s->cell == 9)
        return n < 8 ? n + 1 : 0;
    return v->attr[ATTR_MODE] & ATTR_PEL_WIDE ? n >> 1 & 3 : n & 7;
}

struct vga_line vga_scan_line(const struct vga *v, const struct vga_scan *s, unsigned y)
{
    u8 preset = v->crtc[CRTC_PRESET_ROW_SCAN];
    u32 pitch = 2u * v->crtc[CRTC_OFFSET];
    bool lower = y > s->compare, keep = !(v->attr[ATTR_MODE] & ATTR_PAN_TOP_ONLY);
    unsigned n = (lower ? y - s->compare - 1 : y) >> s->repeat;
    struct vga_line l = {.address = 0};

    if (!lower) {
        n += (preset & 31u) % s->height;
        l.address = (u32)v->crtc[CRTC_START_HIGH] << 8 | v->crtc[CRTC_START_LOW];
    }
    if (!lower || keep) {
        l.address += preset >> 5 & 3;
        l.pan = panning(v, s);
    }
    l.row = n / s->height;
    l.row_scan = n % s->height;
    l.address += l.row * pitch;
    return l;
}

u32 vga_scan_offset(const struct vga *v, u32 address, unsigned row_scan)
{
    u8 mode = v->crtc[CRTC_MODE];
    bool chain_4 = v->seq[SEQ_MEMORY_MODE] & SEQ_CHAIN_4;

    address &= 0xffff;
    if (v->crtc[CRTC_UNDERLINE] & CRTC_DOUBLE_WORD) {
        if (!chain_4) /* packed, see vga_mem.c */
            address = address << 2 | address >> 14;
    } else if (!(mode & CRTC_BYTE_MODE)) {
        address = address << 1 | (address >> (mode & CRTC_ADDRESS_WRAP ? 15 : 13) & 1);
    }
    if (!(mode & CRTC_ROW_SCAN_13))
        address = (u32)bits_set(address, 13, 1, row_scan);
    if (!(mode & CRTC_ROW_SCAN_14))
        address = (u32)bits_set(address, 14, 1, row_scan >> 1);
    return address & 0xffff;
}

u64 vga_scan_line_ns(const struct vga *v)
{
    u64 hz = v->misc & MISC_CLOCK_28 ? DOT_28_MHZ : DOT_25_MHZ;
    u64 dots = (v->crtc[CRTC_HTOTAL] + 5ull) * (v->seq[SEQ_CLOCKING] & SEQ_8_DOTS ? 8 : 9);

    if (v->seq[SEQ_CLOCKING] & SEQ_HALF_CLOCK)
        dots *= 2;
    return dots * NS_PER_SEC / hz;
}

unsigned vga_scan_total(const struct vga *v)
{
    return vertical_total(v) << lines_shift(v);
}

/* The line in which vertical retrace begins. It comes in every frame, so that nobody waits for
 * it for ever. */
unsigned vga_scan_retrace(const struct vga *v)
{
    unsigned start = (v->crtc[CRTC_VRETRACE_START] + crtc_bit(v, CRTC_OVERFLOW, 2, 8) +
                      crtc_bit(v, CRTC_OVERFLOW, 7, 9))
                     << lines_shift(v);
    unsigned last = vga_scan_total(v) - 2;

    return start < last ? start : last;
}
