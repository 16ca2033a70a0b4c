/* SPDX-License-Identifier: MIT */
/* The two 8259s: vectors 08h and 70h, everything masked but the cascade. */
#include "pic.h"

#include "post.h"

enum { MASTER = 0x20, SLAVE = 0xA0, CASCADE = 2 };
enum { ICW1_INIT_ICW4 = 0x11, ICW4_8086 = 0x01, OCW2_EOI = 0x20 };

void pic_init(void)
{
    outb(MASTER, ICW1_INIT_ICW4);
    outb(SLAVE, ICW1_INIT_ICW4);
    outb(MASTER + 1, IRQ0_VECTOR);
    outb(SLAVE + 1, IRQ8_VECTOR);
    outb(MASTER + 1, 1 << CASCADE);
    outb(SLAVE + 1, CASCADE);
    outb(MASTER + 1, ICW4_8086);
    outb(SLAVE + 1, ICW4_8086);
    outb(MASTER + 1, 0xFF & ~(1 << CASCADE));
    outb(SLAVE + 1, 0xFF);
}

void pic_unmask(u8 irq)
{
    u16 port = irq < 8 ? MASTER + 1 : SLAVE + 1;

    outb(port, inb(port) & ~(1u << (irq & 7)));
}

void pic_mask(u8 irq)
{
    u16 port = irq < 8 ? MASTER + 1 : SLAVE + 1;

    outb(port, inb(port) | 1u << (irq & 7));
}

bool pic_masked(u8 irq)
{
    return inb(irq < 8 ? MASTER + 1 : SLAVE + 1) >> (irq & 7) & 1;
}

void pic_eoi(u8 irq)
{
    if (irq >= 8)
        outb(SLAVE, OCW2_EOI);
    outb(MASTER, OCW2_EOI);
}
