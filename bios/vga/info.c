/* SPDX-License-Identifier: MIT */
/* INT 10h AH=12h, 1Ah and 1Bh: alternate select, display combination, state information. */
#include "vga.h"

extern const __seg_gs u8 display_codes[];

/* What the card can do (Ralf Brown, table 00045). */
ROM u8 static_functionality[16] = {
    0xFF, 0xE0, 0x0F,          /* modes 0 to 7, Dh to Fh, 10h to 13h */
    0,    0,    0,    0, 0x07, /* 200, 350, 400 lines */
    8,    2,                   /* fonts: in memory, shown at once */
    0xFF,                      /* grey sums, fonts, palettes, cursor emulation, DAC pages */
    0x0E,                      /* save and restore, blinking, display combination */
    0,    0,    0,    0,
};

/* The answer AL = 12h says that a function is there. */
enum { DONE = 0x12 };

static bool scan_lines(u8 which)
{
    u8 flags = bda8(BDA_VIDEO_FLAGS) & ~(VIDEO_200_LINES | VIDEO_400_LINES);
    static ROM u8 choice[3] = {VIDEO_200_LINES, 0, VIDEO_400_LINES};
    if (which > 2)
        return false;
    bda_set8(BDA_VIDEO_FLAGS, flags | choice[which]);
    /* the switches of an EGA: 8 for 200 lines, 9 for more */
    u8 switches = bda8(BDA_VIDEO_SWITCHES) & 0xF0;
    bda_set8(BDA_VIDEO_SWITCHES, switches | (which == 0 ? 8 : 9));
    return true;
}

static void flag(u8 cell, u8 bit, bool on)
{
    u8 v = bda8(cell);
    bda_set8(cell, on ? v | bit : v & ~bit);
}

/* BL=32h: whether the CPU reaches memory and ports. */
static void video_access(bool on)
{
    u8 misc = inb(PORT_MISC_READ) & ~2;
    outb(PORT_MISC, misc | (on ? 2 : 0));
}

static void screen_off(bool off)
{
    u8 clocking = indexed_in(PORT_SEQ, 1) & ~0x20;
    indexed_out(PORT_SEQ, 1, clocking | (off ? 0x20 : 0));
}

static void ega_info(struct regs *r)
{
    r->bh = bda16(BDA_VIDEO_CRTC) == CRTC_MONO;
    r->bl = 3; /* 256 KiB */
    u8 switches = bda8(BDA_VIDEO_SWITCHES);
    r->ch = 0; /* no feature connector */
    r->cl = switches & 15;
}

void alternate(struct regs *r)
{
    switch (r->bl) {
    case 0x10: ega_info(r); return;
    case 0x20: return; /* INT 5 prints any number of rows */
    case 0x30:
        if (!scan_lines(r->al)) {
            r->al = 0;
            return;
        }
        break;
    case 0x31: flag(BDA_VIDEO_FLAGS, VIDEO_KEEP_PALETTE, r->al & 1); break;
    case 0x32: video_access(!(r->al & 1)); break;
    case 0x33: flag(BDA_VIDEO_FLAGS, VIDEO_GREY, !(r->al & 1)); break;
    case 0x34: flag(BDA_VIDEO_CONTROL, VIDEO_NO_CURSOR_EMULATION, r->al & 1); break;
    case 0x36: screen_off(r->al & 1); break;
    default: return;
    }
    r->al = DONE;
}

/* The codes of the active and the other display, from their place in the table. */
static u16 codes(void)
{
    u8 index = bda8(BDA_VIDEO_DCC);
    if (index >= display_codes[0])
        return 0xFFFF;
    u8 other = display_codes[4 + 2 * index], active = display_codes[5 + 2 * index];
    return other << 8 | active;
}

void display_code(struct regs *r)
{
    if (r->al == 0) {
        r->bx = codes();
    } else if (r->al == 1) {
        u8 index = 0xFF;
        for (u8 i = 0; i < display_codes[0]; i++)
            if (display_codes[4 + 2 * i] == r->bh && display_codes[5 + 2 * i] == r->bl)
                index = i;
        bda_set8(BDA_VIDEO_DCC, index);
    } else {
        return;
    }
    r->al = 0x1A;
}

static u8 lines_code(u16 lines)
{
    return lines <= 200 ? 0 : lines <= 350 ? 1 : lines <= 400 ? 2 : 3;
}

/* 40h bytes (Ralf Brown, table 00044). */
void state_info(struct regs *r)
{
    u16 to = r->di;
    if (r->bx)
        return;
    vmem_fill8(r->es, to, 0, 0x40);
    poke16(r->es, to, ROM_OFFSET(static_functionality));
    poke16(r->es, to + 2, code_segment());
    for (u8 i = 0; i < 0x1E; i++)
        poke8(r->es, to + 4 + i, bda8(BDA_VIDEO_MODE + i));
    poke8(r->es, to + 0x22, bda8(BDA_VIDEO_ROWS) + 1);
    poke16(r->es, to + 0x23, bda16(BDA_VIDEO_HEIGHT));
    poke16(r->es, to + 0x25, codes() << 8 | codes() >> 8);
    struct screen s;
    screen_get(&s, 0);
    u16 page_size = bda16(BDA_VIDEO_PAGE_SIZE);
    u8 pages = s.model == MODEL_TEXT && page_size ? 0x8000 / page_size : 1;
    poke16(r->es, to + 0x27, s.bits >= 15 ? 0 : 1 << s.bits);
    poke8(r->es, to + 0x29, pages < 8 ? pages : 8);
    poke8(r->es, to + 0x2A, lines_code(mode_lines()));
    u8 fonts = indexed_in(PORT_SEQ, 3);
    poke8(r->es, to + 0x2B, (fonts & 3) | (fonts & 0x10) >> 2);
    poke8(r->es, to + 0x2C, (fonts & 0x0C) >> 2 | (fonts & 0x20) >> 3);
    u8 flags = bda8(BDA_VIDEO_FLAGS);
    u8 misc = 1 | (flags & VIDEO_GREY) | (flags & VIDEO_KEEP_PALETTE);
    poke8(r->es, to + 0x2D, misc | (attr_read(0x10) & 8) << 2);
    attr_done();
    poke8(r->es, to + 0x31, 3); /* 256 KiB */
    r->al = 0x1B;
}
