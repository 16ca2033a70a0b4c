/* SPDX-License-Identifier: MIT */
/*
 * INT 10h AH=11h: fonts. In text modes they lie in plane 2: eight of 8 KiB, 32 bytes a character,
 * of which a mode shows one, or two by the attribute's bit 3.
 */
#include "vga.h"

enum { SEQ_MAP_MASK = 2, SEQ_FONTS = 3, SEQ_MEMORY = 4 };
enum { GRC_READ_MAP = 4, GRC_MODE = 5, GRC_MISC = 6 };
enum { CRTC_SCAN = 9, CRTC_DISPLAY_END = 0x12 };

/* Blocks 0 to 3 lie 16 KiB apart, 4 to 7 between them. */
static u16 block_offset(u8 block)
{
    return (block & 3) << 14 | (block & 4) << 11;
}

void font_load(u16 seg, u16 off, u16 count, u16 first, u8 block, u8 height)
{
    u16 to = block_offset(block) + first * 32;
    indexed_out(PORT_SEQ, 0, 1);
    indexed_out(PORT_SEQ, SEQ_MAP_MASK, 4); /* plane 2 alone, at A0000h, byte after byte */
    indexed_out(PORT_SEQ, SEQ_MEMORY, 7);
    indexed_out(PORT_SEQ, 0, 3);
    indexed_out(PORT_GRC, GRC_READ_MAP, 2);
    indexed_out(PORT_GRC, GRC_MODE, 0);
    indexed_out(PORT_GRC, GRC_MISC, 4);
    for (u16 i = 0; i < count; i++, to += 32, off += height)
        far_move(0xA000, to, seg, off, height);
    indexed_out(PORT_SEQ, 0, 1);
    indexed_out(PORT_SEQ, SEQ_MAP_MASK, 3);
    indexed_out(PORT_SEQ, SEQ_MEMORY, 3);
    indexed_out(PORT_SEQ, 0, 3);
    indexed_out(PORT_GRC, GRC_READ_MAP, 0);
    indexed_out(PORT_GRC, GRC_MODE, 0x10);
    indexed_out(PORT_GRC, GRC_MISC, inb(PORT_MISC_READ) & 1 ? 0x0E : 0x0A);
}

static u16 rom_font(u8 height)
{
    return height == 8    ? ROM_OFFSET(font_8x8)
           : height == 14 ? ROM_OFFSET(font_8x14)
                          : ROM_OFFSET(font_8x16);
}

void font_for_mode(u8 height)
{
    font_load(code_segment(), rom_font(height), 256, 0, 0, height);
}

/* After a load with AL = 1xh the screen has as many rows as fit. */
static void new_height(u8 height)
{
    u16 crtc = bda16(BDA_VIDEO_CRTC), lines = mode_lines();
    if (!height || height > 32)
        return;
    if (lines == 400 && height == 14)
        lines = 350; /* as IBM's: 25 rows */
    u8 rows = lines / height;
    u16 shown = rows * height - 1;
    indexed_out(crtc, CRTC_SCAN, (indexed_in(crtc, CRTC_SCAN) & 0xE0) | (height - 1));
    indexed_out(crtc, CRTC_DISPLAY_END, shown & 0xFF);
    u8 overflow = indexed_in(crtc, 7) & ~0x42;
    indexed_out(crtc, 7, overflow | (shown >> 8 & 1) << 1 | (shown >> 9 & 1) << 6);
    bda_set16(BDA_VIDEO_HEIGHT, height);
    bda_set8(BDA_VIDEO_ROWS, rows - 1);
    bda_set16(BDA_VIDEO_PAGE_SIZE, (rows * bda16(BDA_VIDEO_COLUMNS) * 2 + 0x1FF) & ~0xFF);
    u16 shape = bda16(BDA_VIDEO_CURSOR_SHAPE);
    if (height == 8)
        shape = 0x0607;
    cursor_shape(shape >> 8, shape);
}

static bool in_text(void)
{
    struct screen s;
    screen_get(&s, 0);
    return s.model == MODEL_TEXT;
}

static void load(struct regs *r, u8 height)
{
    if (!in_text())
        return;
    if (height)
        font_load(code_segment(), rom_font(height), 256, 0, r->bl & 7, height);
    else
        font_load(r->es, r->bp, r->cx, r->dx, r->bl & 7, height = r->bh);
    if (r->al & 0x10)
        new_height(height);
}

/* BL: rows of the screen: 0 from DL, 1 14, 2 25, 3 43. */
static void graphics_font(struct regs *r, u16 seg, u16 off, u16 height)
{
    static ROM u8 rows[4] = {0, 14, 25, 43};
    u8 n = r->bl & 3 ? rows[r->bl & 3] : r->dl;
    vector_set(0x43, seg, off);
    bda_set16(BDA_VIDEO_HEIGHT, height);
    bda_set8(BDA_VIDEO_ROWS, n ? n - 1 : 0);
}

static void font_info(struct regs *r)
{
    u32 p;
    switch (r->bh) {
    case 0: p = peek32(0, 0x1F * 4); break;
    case 1: p = peek32(0, 0x43 * 4); break;
    case 2: p = ROM_OFFSET(font_8x14); break;
    case 3: p = ROM_OFFSET(font_8x8); break;
    case 4: p = ROM_OFFSET(font_8x8 + 128 * 8); break;
    case 6: p = ROM_OFFSET(font_8x16); break;
    case 5: /* the 9-dot fonts are the 8-dot ones */ p = ROM_OFFSET(font_8x14); break;
    case 7: p = ROM_OFFSET(font_8x16); break;
    default: return;
    }
    r->es = r->bh <= 1 ? p >> 16 : code_segment();
    r->bp = p;
    r->cx = bda16(BDA_VIDEO_HEIGHT);
    r->dl = bda8(BDA_VIDEO_ROWS);
}

void fonts(struct regs *r)
{
    switch (r->al) {
    case 0x00:
    case 0x10: load(r, 0); break;
    case 0x01:
    case 0x11: load(r, 14); break;
    case 0x02:
    case 0x12: load(r, 8); break;
    case 0x03: indexed_out(PORT_SEQ, SEQ_FONTS, r->bl); break;
    case 0x04:
    case 0x14: load(r, 16); break;
    case 0x20: vector_set(0x1F, r->es, r->bp); break;
    case 0x21: graphics_font(r, r->es, r->bp, r->cx); break;
    case 0x22: graphics_font(r, code_segment(), ROM_OFFSET(font_8x14), 14); break;
    case 0x23: graphics_font(r, code_segment(), ROM_OFFSET(font_8x8), 8); break;
    case 0x24: graphics_font(r, code_segment(), ROM_OFFSET(font_8x16), 16); break;
    case 0x30: font_info(r); break;
    default: break;
    }
}
