/* SPDX-License-Identifier: MIT */
/* INT 1Ah: the tick count, the real-time clock; INT 70h: the clock's interrupt. */
#include "bda.h"
#include "pic.h"
#include "post.h"

void clock_init(void)
{
    cmos_write(CMOS_STATUS_A, 0x26); /* 32,768 Hz, 1,024 interrupts a second */
    cmos_write(CMOS_STATUS_B, 0x02); /* 24 hours, BCD, none of them enabled */
    cmos_read(CMOS_STATUS_C);
}

void int1a(struct regs *r)
{
    set_cf(r, false);
    switch (r->ah) {
    case 0x00:
        r->al = bda8(BDA_MIDNIGHT);
        bda_set8(BDA_MIDNIGHT, 0);
        r->dx = (u16)ticks();
        r->cx = (u16)(ticks() >> 16);
        break;
    case 0x01:
        bda_set32(BDA_TICKS, (u32)r->cx << 16 | r->dx);
        bda_set8(BDA_MIDNIGHT, 0);
        break;
    default: set_cf(r, true);
    }
}

void int70(struct regs *r)
{
    cmos_read(CMOS_STATUS_C);
    pic_eoi(8);
}
