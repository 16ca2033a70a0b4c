/* SPDX-License-Identifier: MIT */
/* The functions of INT 15h. */
#ifndef BIOS_INT15_H
#define BIOS_INT15_H

#include "bios.h"

#define FUNCTION(number, handler) void handler(struct regs *r);
#include "int15.def"
#undef FUNCTION

/* The gate of address line 20, by port 92h. */
void a20_set(bool on);
bool a20_get(void);

#endif
