/* SPDX-License-Identifier: MIT */
/*
 * INT 15h's waits: function 86h waits, 83h sets a byte of the user's after a time, 90h and 91h
 * are hooks of systems with tasks, which do nothing here. 83h counts periodic interrupts of the
 * real-time clock (INT 70h, time.c), 1,024 of them a second.
 */
#include "bda.h"
#include "int15.h"
#include "time.h"

enum { STATUS_B_PERIODIC = 1 << 6 };
enum { WAIT_PERIOD_US = 976, WAIT_RUNS = 1, WAIT_DONE = 0x80 };

static void periodic(bool on)
{
    u8 b = cmos_read(CMOS_STATUS_B) & ~STATUS_B_PERIODIC;

    cmos_write(CMOS_STATUS_B, on ? b | STATUS_B_PERIODIC : b);
}

/* Interrupts on, and halted as long as a period or more is left. */
static void sleep_us(u32 us)
{
    u32 part;

    periodic(true);
    for (; us; us -= part) {
        part = us < 1000000 ? us : 1000000;
        u32 start = pm_timer();
        while (us_since(start) + WAIT_PERIOD_US < part)
            wait_irq();
        while (us_since(start) < part)
            ;
    }
    periodic(false);
    sti();
}

/* CX:DX microseconds. */
void wait_service(struct regs *r)
{
    if (bda8(BDA_WAIT_ACTIVE) & WAIT_RUNS) {
        r->ah = 0x83; /* a wait is under way */
        set_cf(r, true);
        return;
    }
    sleep_us((u32)r->cx << 16 | r->dx);
    set_cf(r, false);
}

/* AL = 0: begin, ES:BX is the byte whose bit 7 is to be set; AL = 1: cancel. */
void event_wait_service(struct regs *r)
{
    bool runs = bda8(BDA_WAIT_ACTIVE) & WAIT_RUNS;

    if (r->al > 1 || (r->al == 0 && runs)) {
        r->ah = r->al > 1 ? 0x86 : 0x83;
        set_cf(r, true);
        return;
    }
    if (r->al == 0) {
        bda_set32(BDA_WAIT_FLAG, (u32)r->es << 16 | r->bx);
        bda_set32(BDA_WAIT_COUNT, (u32)r->cx << 16 | r->dx);
    }
    bda_set8(BDA_WAIT_ACTIVE, r->al == 0);
    periodic(r->al == 0);
    r->ah = 0;
    set_cf(r, false);
}

void wait_tick(void)
{
    u32 left = bda32(BDA_WAIT_COUNT), flag = bda32(BDA_WAIT_FLAG);

    if (!(bda8(BDA_WAIT_ACTIVE) & WAIT_RUNS))
        return;
    if (left > WAIT_PERIOD_US) {
        bda_set32(BDA_WAIT_COUNT, left - WAIT_PERIOD_US);
        return;
    }
    bda_set32(BDA_WAIT_COUNT, 0);
    bda_set8(BDA_WAIT_ACTIVE, 0);
    periodic(false);
    poke8((u16)(flag >> 16), flag & 0xFFFF, peek8((u16)(flag >> 16), flag & 0xFFFF) | WAIT_DONE);
}

/* 80h to 82h, 85h, 90h, 91h: hooks for systems; without one they succeed. */
void hook_service(struct regs *r)
{
    r->ah = 0;
    set_cf(r, false);
}

/* 4Fh: a scan code in AL on its way; nobody takes it. */
void scan_code_service(struct regs *r)
{
    set_cf(r, true);
}
