/* SPDX-License-Identifier: MIT */
/* Advanced power management. */
#ifndef BIOS_APM_H
#define BIOS_APM_H

#include "bios.h"

/* INT 15h function 53h in real mode. */
void apm_service(struct regs *r);
/* The same through a protected-mode connection. */
void apm_connected(struct regs *r);

/* Switches the machine off; comes back if it cannot. */
void power_off(void);

#endif
