/* SPDX-License-Identifier: MIT */
/*
 * VBE 4F15h: the monitor's description (VBE/DDC 1.1; EDID 1.3). There is no monitor; the block
 * describes one that takes all of our modes and prefers 1024x768.
 */
#include "vbe.h"

/* Detailed timing of a mode (EDID 1.3, section 3.10.2): pixel clock in 10 kHz; active and blank
 * pixels and lines, sync offset and width, size in mm. */
#define LOW(v) ((v)&0xFF)
#define HIGH(v) ((v) >> 8)
#define TIMING(clock, h, hb, v, vb, ho, hs, vo, vs, mm_h, mm_v)                                    \
    LOW(clock), HIGH(clock), LOW(h), LOW(hb), HIGH(h) << 4 | HIGH(hb), LOW(v), LOW(vb),            \
        HIGH(v) << 4 | HIGH(vb), LOW(ho), LOW(hs), (vo) << 4 | (vs),                               \
        HIGH(ho) << 6 | HIGH(hs) << 4, LOW(mm_h), LOW(mm_v), HIGH(mm_h) << 4 | HIGH(mm_v), 0, 0,   \
        0x1E
/* Standard timing: width, aspect ratio (1 4:3, 2 5:4, 3 16:9, 0 16:10), refresh. */
#define STANDARD(width, aspect, hz) (width) / 8 - 31, (aspect) << 6 | ((hz)-60)
#define NO_STANDARD 1, 1

enum { EDID_SIZE = 128, CHECKSUM_AT = 127 };

static ROM u8 edid[EDID_SIZE] = {
    0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, /* header */
    0x16, 0x53,                                     /* manufacturer "ERS" */
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00,             /* product, serial number */
    1, 36,                                          /* week, year 2026 */
    1, 3,                                           /* EDID 1.3 */
    0x08, 34, 27, 120, 0x0A,                        /* analogue, cm, gamma 2.2, RGB, preferred */
    0xEE, 0x91, 0xA3, 0x54, 0x4C, 0x99, 0x26, 0x0F, 0x50, 0x54, /* sRGB */
    0x21, 0x08, 0x00, /* 640x480, 800x600, 1024x768 at 60 Hz */
    STANDARD(1280, 2, 60), STANDARD(1600, 1, 60), STANDARD(1280, 0, 60), STANDARD(1440, 0, 60),
    STANDARD(1680, 0, 60), STANDARD(1920, 3, 60), STANDARD(1152, 1, 75), NO_STANDARD,
    TIMING(6500, 1024, 320, 768, 38, 24, 136, 3, 6, 340, 270), 0, 0, 0, 0xFC, 0, 'E', 'r', 's', 'a',
    't', 'z', '\n', ' ', ' ', ' ', ' ', ' ', ' ',
    /* range limits: 50 to 125 Hz, 30 to 160 kHz, 400 MHz */
    0, 0, 0, 0xFD, 0, 50, 125, 30, 160, 40, 0, '\n', ' ', ' ', ' ', ' ', ' ', ' ', 0, 0, 0, 0x10, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* nothing */
};

static u16 capabilities(struct regs *r)
{
    r->bh = 1; /* seconds for a block */
    r->bl = 2; /* DDC2; the screen stays on meanwhile */
    return VBE_OK;
}

u16 vbe_ddc(struct regs *r)
{
    if (r->bl == 0)
        return capabilities(r);
    if (r->bl != 1 || r->cx || r->dx)
        return VBE_FAILED;
    u8 sum = 0;
    for (u8 i = 0; i < CHECKSUM_AT; i++) {
        poke8(r->es, r->di + i, edid[i]);
        sum += edid[i];
    }
    poke8(r->es, r->di + CHECKSUM_AT, -sum);
    return VBE_OK;
}
