/* SPDX-License-Identifier: MIT */
/*
 * The display interface of Bochs and QEMU's "VGA": an index port and a data port (QEMU,
 * docs/specs/standard-vga).
 */
#ifndef DISPI_H
#define DISPI_H

#include "bios.h"

enum {
    PORT_DISPI = 0x1CE,
    PORT_DISPI_DATA = 0x1CF,
    DISPI_ID = 0,
    DISPI_XRES = 1,
    DISPI_YRES = 2,
    DISPI_BPP = 3,
    DISPI_ENABLE = 4,
    DISPI_BANK = 5,
    DISPI_VIRT_WIDTH = 6,
    DISPI_VIRT_HEIGHT = 7,
    DISPI_X_OFFSET = 8,
    DISPI_Y_OFFSET = 9,
    DISPI_MEMORY_64K = 10,
    DISPI_REGISTERS = 11
};

/* DISPI_ENABLE */
enum {
    DISPI_ENABLED = 1 << 0,
    DISPI_GETCAPS = 1 << 1,
    DISPI_8BIT_DAC = 1 << 5,
    DISPI_LFB = 1 << 6,
    DISPI_NOCLEARMEM = 1 << 7
};

static inline u16 dispi_read(u16 index)
{
    outw(PORT_DISPI, index);
    return inw(PORT_DISPI_DATA);
}

static inline void dispi_write(u16 index, u16 v)
{
    outw(PORT_DISPI, index);
    outw(PORT_DISPI_DATA, v);
}

#endif
