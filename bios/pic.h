/* SPDX-License-Identifier: MIT */
/* The 8259s (pic.c). */
#ifndef BIOS_PIC_H
#define BIOS_PIC_H

#include "bios.h"

#define IRQ0_VECTOR 0x08
#define IRQ8_VECTOR 0x70

void pic_unmask(u8 irq);
void pic_mask(u8 irq);
bool pic_masked(u8 irq);
/* End of interrupt, non-specific; of IRQ 8 to 15 to both chips. */
void pic_eoi(u8 irq);

#endif
