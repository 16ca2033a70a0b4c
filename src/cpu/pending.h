/* SPDX-License-Identifier: MIT */
/* What happens between two instructions, in the order of SDM vol. 3, table 6-2. */
#ifndef ERSATZ_CPU_PENDING_H
#define ERSATZ_CPU_PENDING_H

#include "cpu/cpu.h"

/*
 * To be called with op == NULL when c->pending is not 0: takes what may be taken now. What is
 * masked stays pending. True if the CPU may then run instructions; false if it sleeps (HLT,
 * MWAIT, shutdown, waiting for SIPI). PEND_STOP and PEND_FLUSH are the run loop's own.
 */
bool cpu_take_pending(struct cpu *c);

/* Something pending would wake it or be taken at once. */
bool cpu_can_take(const struct cpu *c);

#endif
