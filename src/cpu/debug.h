/* SPDX-License-Identifier: MIT */
/*
 * Debug registers, single step, and what else happens at the edges of one instruction
 * (SDM vol. 3, chapter 17): code breakpoints and RF before it; traps, RF and the interrupt
 * shadow after it.
 *
 * Blocks run whole unless cpu_wants_step(); then the run loop runs one instruction so:
 *
 *     cpu_step_begin(c);      may raise #DB; c->op is NULL, rip on the instruction
 *     ... fetch, decode, run, with every fault as usual ...
 *     cpu_step_end(c);        not reached when it faults
 *     if (c->pending) cpu_take_pending(c);
 */
#ifndef ERSATZ_CPU_DEBUG_H
#define ERSATZ_CPU_DEBUG_H

#include "cpu/cpu.h"

enum { /* DR6 */
       DR6_B = 15,
       DR6_BD = 1 << 13,
       DR6_BS = 1 << 14,
       DR6_BT = 1 << 15,
       DR6_RTM = 1 << 16,
       DR6_FIXED = 0xffff0ff0,
};
enum { /* DR7 */
       DR7_ENABLE = 0xff,
       DR7_LE = 1 << 8,
       DR7_GE = 1 << 9,
       DR7_FIXED = 1 << 10,
       DR7_GD = 1 << 13,
       DR7_WRITABLE = 0xffff23ff,
};
enum dr7_rw { DR7_EXECUTE, DR7_WRITE, DR7_IO, DR7_ACCESS };

static inline bool dr7_enabled(const struct cpu *c, unsigned n)
{
    return c->dr7 >> 2 * n & 3;
}

/* The next instruction must run alone: traps, breakpoints, RF or a shadow concern it. */
static inline bool cpu_wants_step(const struct cpu *c)
{
    return (c->eflags & (EFL_TF | EFL_RF)) | c->shadow | (c->dr7 & DR7_ENABLE);
}

/* If so: RF or STI's shadow is all, and no event waits that it could hold back. */
static inline bool cpu_step_quiet(const struct cpu *c)
{
    return !c->pending && !(c->eflags & EFL_TF) && !(c->dr7 & DR7_ENABLE) &&
           !(c->shadow & SHADOW_MOVSS);
}

void cpu_step_begin(struct cpu *c);
void cpu_step_end(struct cpu *c);
/* In place of it: the instruction does not run after all. */
void cpu_step_cancel(struct cpu *c);

/* A data or I/O breakpoint is armed: accesses must come by. */
bool cpu_debug_watches(const struct cpu *c);
/* Those that an access meets are collected for the trap after the instruction. */
void cpu_debug_data(struct cpu *c, linaddr lin, unsigned size, bool write);
void cpu_debug_io(struct cpu *c, u16 port, unsigned size);

/* Moves collected traps to DR6 and delivers #DB. */
void cpu_debug_trap(struct cpu *c);

#endif
