/* SPDX-License-Identifier: MIT */
/* The processors. */
#ifndef BIOS_SMP_H
#define BIOS_SMP_H

#include "bios.h"

/* The local APIC passes the 8259s' interrupts and NMI. */
void virtual_wire(void);
/* All of them, after smp_init(). */
u32 cpu_count(void);
/* The local APIC of the n-th; 0 is the boot processor. */
u8 cpu_apic_id(u32 n);

#endif
