/* SPDX-License-Identifier: MIT */
/* The POST memory manager. */
#ifndef BIOS_PMM_H
#define BIOS_PMM_H

#include "bios.h"

/* F000:here is the $PMM structure (pnp.S). */
extern const char pmm_structure[];

void pmm_service(struct regs *r);

#endif
