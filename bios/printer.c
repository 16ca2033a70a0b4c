/* SPDX-License-Identifier: MIT */
/*
 * INT 17h, the parallel ports. IBM PS/2 and PC BIOS Interface Technical Reference, INT 17h.
 *
 *     status port   7 not busy  6 no acknowledge  5 out of paper  4 selected  3 no error
 *     AH            7 not busy  6 acknowledge     5 out of paper  4 selected  3 error  0 time-out
 *     control port  3 select  2 not initialize  0 strobe
 */
#include "bda.h"
#include "post.h"

enum { PORTS = 3, DEFAULT_TIMEOUT = 20 /* ticks */, RESET_US = 50, STROBE_US = 2 };
enum { DATA = 0, STATUS = 1, CONTROL = 2 };
enum { STATUS_READY = 1 << 7, STATUS_INVERTED = 0x48, STATUS_BITS = 0xF8, TIMED_OUT = 1 << 0 };
enum { CONTROL_STROBE = 1 << 0, CONTROL_RUN = 1 << 2, CONTROL_SELECT = 1 << 3 };

static u8 status(u16 port)
{
    return (inb(port + STATUS) ^ STATUS_INVERTED) & STATUS_BITS;
}

static u8 print(u16 port, u8 n, u8 byte)
{
    u32 start = ticks();

    while (!(inb(port + STATUS) & STATUS_READY))
        if (ticks() - start > bda8(BDA_LPT_TIMEOUT + n))
            return status(port) | TIMED_OUT;
    outb(port + DATA, byte);
    outb(port + CONTROL, CONTROL_SELECT | CONTROL_RUN | CONTROL_STROBE);
    delay_us(STROBE_US);
    outb(port + CONTROL, CONTROL_SELECT | CONTROL_RUN);
    return status(port);
}

static u8 reset(u16 port)
{
    outb(port + CONTROL, CONTROL_SELECT);
    delay_us(RESET_US);
    outb(port + CONTROL, CONTROL_SELECT | CONTROL_RUN);
    return status(port);
}

void int17(struct regs *r)
{
    u16 port = r->dx < PORTS ? bda16(BDA_LPT + r->dx * 2) : 0;

    if (!port)
        return;
    sti(); /* time-outs count ticks */
    switch (r->ah) {
    case 0x00: r->ah = print(port, r->dl, r->al); break;
    case 0x01: r->ah = reset(port); break;
    case 0x02: r->ah = status(port); break;
    }
}

void printer_init(void)
{
    static const u16 usual[PORTS] = {0x378, 0x278, 0x3bc};
    u8 found = 0;

    for (u8 n = 0; n < PORTS; n++) {
        outb(usual[n] + DATA, 0xaa);
        if (inb(usual[n] + DATA) != 0xaa)
            continue;
        bda_set16(BDA_LPT + found * 2, usual[n]);
        bda_set8(BDA_LPT_TIMEOUT + found, DEFAULT_TIMEOUT);
        reset(usual[n]);
        found++;
    }
    bda_set16(BDA_EQUIPMENT, bda16(BDA_EQUIPMENT) | found << EQUIPMENT_PARALLEL_SHIFT);
}
