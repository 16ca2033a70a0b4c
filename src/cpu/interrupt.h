/* SPDX-License-Identifier: MIT */
/*
 * Events on their way through the IDT (SDM vol. 3, chapter 6): exceptions, external interrupts
 * and NMI, software interrupts. All leave through cpu_raise() when the delivery itself faults;
 * who catches that calls cpu_deliver() again, which knows from c->delivering that it is a
 * second fault, and makes it a double fault or a shutdown.
 */
#ifndef ERSATZ_CPU_INTERRUPT_H
#define ERSATZ_CPU_INTERRUPT_H

#include "cpu/cpu.h"

/* Double fault rules (SDM vol. 3, table 6-4). */
enum fault_class { FAULT_BENIGN, FAULT_CONTRIBUTORY, FAULT_PAGE, FAULT_DOUBLE };

/* The exception has an error code. */
bool vector_has_error(enum vector vec);

/*
 * Delivers an exception; rip is already what the frame shall hold. `error` is the error code of
 * the vectors that have one. The EXT bit is added here. A fault while #DF is delivered shuts
 * the CPU down.
 */
void cpu_deliver(struct cpu *c, enum vector vec, u32 error);

/* #DB of the fault class for another reason than an instruction breakpoint: as `error`. */
enum { DB_GENERAL_DETECT = 1 };

/* External interrupt or NMI between instructions. */
void cpu_deliver_irq(struct cpu *c, u8 vec);

enum soft_kind { SOFT_INT, SOFT_INT3, SOFT_INTO, SOFT_INT1 };

/* INT n, INT3, INTO, INT1; rip is on the next instruction. */
void cpu_deliver_soft(struct cpu *c, u8 vec, enum soft_kind kind);

/* Shutdown: only NMI, SMI, INIT and RESET end it. */
void cpu_shutdown(struct cpu *c);

#endif
