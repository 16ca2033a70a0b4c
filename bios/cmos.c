/* SPDX-License-Identifier: MIT */
/* CMOS memory: ports 70h and 71h. Bit 7 of the index masks NMI; ours stays on. */
#include "bios.h"

enum { CMOS_INDEX = 0x70, CMOS_DATA = 0x71 };

/* INT 70h uses the index, too: nothing may come between the two ports. */
u8 cmos_read(u8 at)
{
    u32 flags = save_flags();

    cli();
    outb(CMOS_INDEX, at);
    u8 v = inb(CMOS_DATA);
    restore_flags(flags);
    return v;
}

void cmos_write(u8 at, u8 v)
{
    u32 flags = save_flags();

    cli();
    outb(CMOS_INDEX, at);
    outb(CMOS_DATA, v);
    restore_flags(flags);
}

u16 cmos_read16(u8 at)
{
    return (u16)(cmos_read(at) | cmos_read(at + 1) << 8);
}
