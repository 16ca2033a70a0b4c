/* SPDX-License-Identifier: MIT */
/* The BIOS data area, 0040:0000 (IBM AT technical reference; Ralf Brown's memory list). */
#ifndef BIOS_BDA_H
#define BIOS_BDA_H

#include "bios.h"

#define BDA_SEG 0x40

enum {
    BDA_COM = 0x00, /* 4 port addresses */
    BDA_LPT = 0x08, /* 3 port addresses */
    BDA_EBDA = 0x0E,
    BDA_EQUIPMENT = 0x10,
    BDA_MEMORY = 0x13, /* KiB */
    BDA_SHIFT_FLAGS = 0x17,
    BDA_SHIFT_FLAGS2 = 0x18,
    BDA_ALT_KEYPAD = 0x19,
    BDA_KEY_HEAD = 0x1A,
    BDA_KEY_TAIL = 0x1C,
    BDA_KEY_BUFFER = 0x1E, /* 16 words */
    BDA_KEY_BUFFER_SIZE = 32,
    BDA_FLOPPY_RECALIBRATE = 0x3E,
    BDA_FLOPPY_MOTOR = 0x3F,
    BDA_FLOPPY_MOTOR_TIMEOUT = 0x40, /* ticks */
    BDA_FLOPPY_STATUS = 0x41,
    BDA_FLOPPY_RESULT = 0x42, /* 7 bytes */
    BDA_VIDEO_MODE = 0x49,
    BDA_VIDEO_COLUMNS = 0x4A,
    BDA_VIDEO_PAGE_SIZE = 0x4C,
    BDA_VIDEO_PAGE_START = 0x4E,
    BDA_VIDEO_CURSOR = 0x50, /* 8 words */
    BDA_VIDEO_CURSOR_SHAPE = 0x60,
    BDA_VIDEO_PAGE = 0x62,
    BDA_VIDEO_CRTC = 0x63,
    BDA_VIDEO_CGA_MODE = 0x65, /* what 3D8h and 3D9h of a CGA would hold */
    BDA_VIDEO_CGA_PALETTE = 0x66,
    BDA_RESUME = 0x67, /* far pointer for a reset with CMOS 0Fh set */
    BDA_TICKS = 0x6C,  /* double word */
    BDA_MIDNIGHT = 0x70,
    BDA_BREAK = 0x71,
    BDA_RESET = 0x72, /* RESET_WARM: no memory test */
    BDA_DISK_STATUS = 0x74,
    BDA_DISK_COUNT = 0x75,
    BDA_LPT_TIMEOUT = 0x78, /* 4 bytes */
    BDA_COM_TIMEOUT = 0x7C, /* 4 bytes */
    BDA_KEY_START = 0x80,
    BDA_KEY_END = 0x82,
    BDA_VIDEO_ROWS = 0x84, /* less one */
    BDA_VIDEO_HEIGHT = 0x85,
    BDA_VIDEO_CONTROL = 0x87,
    BDA_VIDEO_SWITCHES = 0x88,
    BDA_VIDEO_FLAGS = 0x89,
    BDA_VIDEO_DCC = 0x8A, /* display combination: an index */
    BDA_FLOPPY_RATE = 0x8B,
    BDA_DISK_CONTROLLER = 0x8C,
    BDA_DISK_ERROR = 0x8D,
    BDA_DISK_IRQ = 0x8E,
    BDA_FLOPPY_CONTROLLER = 0x8F,
    BDA_FLOPPY_STATE = 0x90, /* 2 bytes */
    BDA_FLOPPY_TRACK = 0x94, /* 2 bytes */
    BDA_KEY_FLAGS3 = 0x96,
    BDA_KEY_LEDS = 0x97,
    BDA_WAIT_FLAG = 0x98,  /* far pointer to the user's byte */
    BDA_WAIT_COUNT = 0x9C, /* microseconds */
    BDA_WAIT_ACTIVE = 0xA0,
    BDA_VIDEO_SAVE = 0xA8 /* far pointer to the save pointer table */
};

/* BDA_VIDEO_CONTROL */
enum { VIDEO_NO_CURSOR_EMULATION = 1 << 0 };
/* BDA_VIDEO_FLAGS; without a choice of lines, 350 */
enum {
    VIDEO_VGA = 1 << 0,
    VIDEO_GREY = 1 << 1,
    VIDEO_KEEP_PALETTE = 1 << 3,
    VIDEO_400_LINES = 1 << 4,
    VIDEO_200_LINES = 1 << 7
};

enum { RESET_WARM = 0x1234 };
enum {
    EQUIPMENT_FLOPPY = 1 << 0,
    EQUIPMENT_FPU = 1 << 1,
    EQUIPMENT_MOUSE = 1 << 2,
    EQUIPMENT_80X25 = 2 << 4,
    EQUIPMENT_FLOPPIES_SHIFT = 6,
    EQUIPMENT_SERIAL_SHIFT = 9,
    EQUIPMENT_PARALLEL_SHIFT = 14
};

static inline u8 bda8(u8 cell)
{
    return peek8(BDA_SEG, cell);
}

static inline u16 bda16(u8 cell)
{
    return peek16(BDA_SEG, cell);
}

static inline u32 bda32(u8 cell)
{
    return peek32(BDA_SEG, cell);
}

static inline void bda_set8(u8 cell, u8 v)
{
    poke8(BDA_SEG, cell, v);
}

static inline void bda_set16(u8 cell, u16 v)
{
    poke16(BDA_SEG, cell, v);
}

static inline void bda_set32(u8 cell, u32 v)
{
    poke32(BDA_SEG, cell, v);
}

#endif
