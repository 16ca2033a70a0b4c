/* SPDX-License-Identifier: MIT */
/* Time: the 8254, the tick of INT 8h, the PM timer for short waits. */
#include "bda.h"
#include "pic.h"
#include "post.h"

#define TICKS_A_DAY 0x1800B0u

/* ---- the PM timer: 3.579545 MHz, 24 bits (PIIX4, 7.1) ---- */

enum { PM_TIMER = 0x608, PM_TIMER_MASK = 0xFFFFFF };

u32 pm_timer(void)
{
    return inl(PM_TIMER);
}

u32 us_since(u32 start)
{
    u32 n = (pm_timer() - start) & PM_TIMER_MASK; /* n / 3.579545, kept below 32 bits */

    return n / 3580 * 1000 + n % 3580 * 1000 / 3580;
}

void delay_us(u32 us)
{
    u32 part;

    for (; us; us -= part) {
        part = us < 1000000 ? us : 1000000;
        u32 start = pm_timer();
        while (us_since(start) < part)
            ;
    }
}

/* ---- 8254 ---- */

void pit_init(void)
{
    enum { COUNTER0 = 0x40, COUNTER1 = 0x41, CONTROL = 0x43 };

    outb(CONTROL, 0x36); /* counter 0, two bytes, mode 3 */
    outb(COUNTER0, 0);
    outb(COUNTER0, 0);
    outb(CONTROL, 0x54); /* counter 1, low byte, mode 2: refresh */
    outb(COUNTER1, 18);
    pic_unmask(0);
}

/* ---- the tick ---- */

u32 ticks(void)
{
    return bda32(BDA_TICKS);
}

static void floppy_motor_tick(void)
{
    enum { DIGITAL_OUTPUT = 0x3F2, DMA_ON_RUNNING = 0x0C };
    u8 left = bda8(BDA_FLOPPY_MOTOR_TIMEOUT);

    if (!left)
        return;
    bda_set8(BDA_FLOPPY_MOTOR_TIMEOUT, --left);
    if (!left) {
        bda_set8(BDA_FLOPPY_MOTOR, bda8(BDA_FLOPPY_MOTOR) & 0xF0);
        outb(DIGITAL_OUTPUT, DMA_ON_RUNNING);
    }
}

void int08(struct regs *r)
{
    struct regs user = {0};
    u32 now = bda32(BDA_TICKS) + 1;

    if (now >= TICKS_A_DAY) {
        now = 0;
        bda_set8(BDA_MIDNIGHT, bda8(BDA_MIDNIGHT) + 1);
    }
    bda_set32(BDA_TICKS, now);
    floppy_motor_tick();
    int_call(0x1C, &user);
    pic_eoi(0);
}
