/* SPDX-License-Identifier: MIT */
/* The processors. */
#ifndef BIOS_SMP_H
#define BIOS_SMP_H

#include "bios.h"

/* All of them, after smp_init(). */
u32 cpu_count(void);

#endif
