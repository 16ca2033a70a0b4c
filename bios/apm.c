/* SPDX-License-Identifier: MIT */
/*
 * APM 1.2, the least that is one: idle calls, and off. There are no events. INT 15h function
 * 53h, and the entry points for 16- and 32-bit protected mode (mode32.S), for which it is
 * compiled twice (apm32.c) and so has no data.
 */
#include "apm.h"

enum { APM_BAD_DEVICE = 0x09, APM_BAD_VALUE = 0x0A, APM_NO_FUNCTION = 0x0C, APM_NO_EVENT = 0x80 };
enum { DEVICE_BIOS = 0x0000, DEVICE_ALL = 0x0001, STATE_OFF = 3 };
#define SIGNATURE 0x504D /* "PM" */

extern const char apm_entry_16[], apm_entry_32[];

/* PIIX4 PMCNTRL: suspend type 0 is soft off; SUS_EN starts it. */
void power_off(void)
{
    enum { PMCNTRL = 0x604, SUS_EN = 1 << 13 };

    outw(PMCNTRL, SUS_EN);
}

static u8 set_state(struct regs *r)
{
    if (r->bx != DEVICE_ALL)
        return APM_BAD_DEVICE;
    if (r->cx > STATE_OFF)
        return APM_BAD_VALUE;
    if (r->cx == STATE_OFF)
        power_off();
    return 0;
}

static u8 power_status(struct regs *r)
{
    if (r->bx != DEVICE_ALL)
        return APM_BAD_DEVICE;
    r->bx = 0x01FF; /* on line; the battery unknown */
    r->cx = 0x80FF; /* no battery, charge unknown */
    r->dx = 0xFFFF;
    r->si = 0;
    return 0;
}

void apm_connected(struct regs *r)
{
    u8 status = 0;

    switch (r->al) {
    case 0x04: /* disconnect */
    case 0x05: /* the processor is idle: our caller's HLT does it better */
    case 0x06: /* busy */
    case 0x08: /* power management on or off */
    case 0x0D:
    case 0x0F: break; /* engage or not */
    case 0x07: status = set_state(r); break;
    case 0x0A: status = power_status(r); break;
    case 0x0B: status = APM_NO_EVENT; break;
    case 0x0C: r->cx = 0; break; /* state: ready */
    case 0x0E: r->ax = 0x0102; break;
    default: status = APM_NO_FUNCTION;
    }
    if (r->al != 0x0E && status)
        r->ah = status;
    set_cf(r, status != 0);
}

#ifdef REAL_MODE

static void installed(struct regs *r)
{
    r->ax = 0x0102;
    r->bx = SIGNATURE;
    r->cx = 0x0003; /* 16- and 32-bit interfaces; idling does not slow the clock */
}

/* 16 bits: AX code, BX entry, CX data, SI and DI their sizes. 32 bits: AX 32-bit code, EBX entry,
 * CX 16-bit code, DX data, ESI the codes' sizes, DI the data's. */
static void connect(struct regs *r, bool wide)
{
    r->ax = FSEG;
    r->ebx = wide ? (u32)apm_entry_32 : (u32)apm_entry_16;
    r->cx = wide ? FSEG : ESEG;
    r->dx = wide ? ESEG : r->dx;
    r->esi = 0xFFFFFFFF;
    r->di = 0xFFFF;
}

void apm_service(struct regs *r)
{
    u8 function = r->al;

    set_cf(r, false);
    if (function <= 0x04 && r->bx != DEVICE_BIOS) {
        r->ah = APM_BAD_DEVICE;
        set_cf(r, true);
        return;
    }
    switch (function) {
    case 0x00: installed(r); break;
    case 0x01: break;
    case 0x02: connect(r, false); break;
    case 0x03: connect(r, true); break;
    default: apm_connected(r);
    }
}

#endif
