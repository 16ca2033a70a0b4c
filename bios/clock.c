/* SPDX-License-Identifier: MIT */
/* Time: the 8254, the tick of INT 8h, the PM timer for short waits. */
#include "bda.h"
#include "pic.h"
#include "post.h"

#define TICKS_A_DAY 0x1800B0u

/* ---- the PM timer: 3.579545 MHz, 24 bits (PIIX4, 7.1) ---- */

#define PM_TIMER 0x608
#define PM_TIMER_MASK 0xFFFFFF

/* us * 3.579545, kept below 32 bits for up to 1 s */
static u32 pm_ticks(u32 us)
{
    return us * 3 + us / 1000 * 579 + us % 1000 * 579 / 1000;
}

void delay_us(u32 us)
{
    for (; us; us -= us > 1000000 ? 1000000 : us) {
        u32 wanted = pm_ticks(us > 1000000 ? 1000000 : us);
        u32 start = inl(PM_TIMER);
        while (((inl(PM_TIMER) - start) & PM_TIMER_MASK) < wanted)
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
