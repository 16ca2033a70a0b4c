/* SPDX-License-Identifier: MIT */
/* CMOS memory: ports 70h and 71h. Bit 7 of the index masks NMI; ours stays on. */
#include "bios.h"

enum { CMOS_INDEX = 0x70, CMOS_DATA = 0x71 };

u8 cmos_read(u8 at)
{
    outb(CMOS_INDEX, at);
    return inb(CMOS_DATA);
}

void cmos_write(u8 at, u8 v)
{
    outb(CMOS_INDEX, at);
    outb(CMOS_DATA, v);
}

u16 cmos_read16(u8 at)
{
    return (u16)(cmos_read(at) | cmos_read(at + 1) << 8);
}
