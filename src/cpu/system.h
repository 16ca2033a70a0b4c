/* SPDX-License-Identifier: MIT */
/* What the system instructions share: privilege checks, shadows, control register loads. */
#ifndef ERSATZ_CPU_SYSTEM_H
#define ERSATZ_CPU_SYSTEM_H

#include "cpu/cpu.h"

static inline void need_cpl0(struct cpu *c)
{
    if (c->cpl)
        cpu_raise(c, VEC_GP, 0);
}

static inline void need_protected(struct cpu *c)
{
    if (!cpu_protected(c))
        cpu_fault(c, VEC_UD);
}

/* SGDT SIDT SLDT STR SMSW: user-mode instruction prevention. */
static inline void need_not_umip(struct cpu *c)
{
    if (c->cpl && (c->cr4 & CR4_UMIP))
        cpu_raise(c, VEC_GP, 0);
}

/* STI and MOV SS: holds events back until after the next instruction, but not twice running. */
static inline void cpu_block_events(struct cpu *c, enum shadow why)
{
    if (!(c->step_shadow & why))
        c->shadow |= why;
}

/* Stores a selector or machine status word: 16 bits to memory, osize to a register. */
void op_store_u16(struct cpu *c, const struct insn *in, u16 v);

/* The bits of EFLAGS that there are. */
#define EFL_KNOWN 0x3f7fd7u

/* The bits of EFLAGS, status flags included, that mask lets through. */
void eflags_set(struct cpu *c, u32 mask, u32 v);

/* The same, and the checks of MOV CR: #GP(0) if the value isn't allowed. */
void cr0_load(struct cpu *c, u64 v);
void cr4_load(struct cpu *c, u64 v);
/* CR0, CR4 or EFER as they are go to the MMU and to what is derived from them. */
void cpu_paging_changed(struct cpu *c);
bool efer_write(struct cpu *c, u64 v);
/* CR4 and EFER bits that the features allow. */
u64 efer_allowed(const struct cpu *c);
u64 cr4_allowed(const struct cpu *c);

/* Nanoseconds of virtual time, with the guest's adjustments: the time stamp counter. */
u64 tsc_read(const struct cpu *c);

/* False: #GP. */
bool msr_read(struct cpu *c, u32 msr, u64 *v);
bool msr_write(struct cpu *c, u32 msr, u64 v);

/*
 * Task switches (cpu/task.c): to the TSS that d describes, already found accessible, or through
 * a task gate. `flags` is the EFLAGS image that the old task keeps. True: a 386 TSS.
 */
enum task_reason { TASK_JMP, TASK_CALL, TASK_INT, TASK_IRET };
struct desc;
bool task_switch(struct cpu *c, const struct desc *d, enum task_reason why, u32 flags);
bool task_gate(struct cpu *c, const struct desc *gate, enum task_reason why, u32 flags);

/* What the line that MONITOR watches holds now. */
void cpu_monitor_line(const struct cpu *c, u8 line[64]);

/* System management interrupt (cpu/smm.c). */
void smm_enter(struct cpu *c);

/* #GP(0) unless the port may be used (IOPL, I/O permission bitmap). */
void io_check(struct cpu *c, u16 port, unsigned size);

#endif
