/* SPDX-License-Identifier: MIT */
/*
 * Guest memory as instructions see it: segment check, fast path, slow path. Every function
 * here either returns with the access done or leaves through cpu_raise(). Sizes 1, 2, 4, 8.
 */
#ifndef ERSATZ_CPU_MEM_H
#define ERSATZ_CPU_MEM_H

#include "cpu/cpu.h"

/* Out of line: segment faults, page walks, page crossing, MMIO, code pages, alignment checks,
 * data breakpoints. `lin` has been through the segment check; seg only names the fault. */
u64 mem_read_slow(struct cpu *c, linaddr lin, unsigned size, enum seg_reg seg);
void mem_write_slow(struct cpu *c, linaddr lin, u64 v, unsigned size, enum seg_reg seg);
/* Raises #GP/#SS exactly, or returns the linear address (expand-down, wrap, 64-bit canonical). */
linaddr mem_segment_slow(struct cpu *c, enum seg_reg seg, u64 off, unsigned size, bool write);

/* Offset to linear address with the checks of the current mode. */
static inline linaddr mem_linear(struct cpu *c, enum seg_reg seg, u64 off, unsigned size,
                                 bool write)
{
    const struct seg *s = &c->seg[seg];
    if (c->code_mode == CODE64)
        return seg >= FS ? s->base + off : off; /* canonical: found out by the flat table */
    if (likely(off + size <= (write ? s->wlimit : s->rlimit)))
        return (u32)(s->base + off);
    return mem_segment_slow(c, seg, off, size, write);
}

static inline u64 mem_read_lin(struct cpu *c, linaddr lin, unsigned size, enum seg_reg seg)
{
    const u8 *p = mmu_fast_read(&c->mmu, lin, size);
    return likely(p != NULL) ? ld_size(p, size) : mem_read_slow(c, lin, size, seg);
}

static inline void mem_write_lin(struct cpu *c, linaddr lin, u64 v, unsigned size, enum seg_reg seg)
{
    u8 *p = mmu_fast_write(&c->mmu, lin, size);
    if (likely(p != NULL))
        st_size(p, v, size);
    else
        mem_write_slow(c, lin, v, size, seg);
}

static inline u64 mem_read(struct cpu *c, enum seg_reg seg, u64 off, unsigned size)
{
    return mem_read_lin(c, mem_linear(c, seg, off, size, false), size, seg);
}

static inline void mem_write(struct cpu *c, enum seg_reg seg, u64 off, u64 v, unsigned size)
{
    mem_write_lin(c, mem_linear(c, seg, off, size, true), v, size, seg);
}

/* Any length (16 bytes of SSE, FXSAVE areas): all checks come before any byte is written. */
void mem_read_bytes(struct cpu *c, enum seg_reg seg, u64 off, void *buf, unsigned n);
void mem_write_bytes(struct cpu *c, enum seg_reg seg, u64 off, const void *buf, unsigned n);

/* Makes sure that n bytes at off can be written (all faults, D bits), writing nothing: the
 * read of a read-modify-write operand, and multi-part stores. */
void mem_probe_write(struct cpu *c, enum seg_reg seg, u64 off, unsigned n);

/* Implicit supervisor accesses whatever the CPL: descriptor tables, TSS, IDT, SMRAM. */
u64 mem_read_sys(struct cpu *c, linaddr lin, unsigned size);
void mem_write_sys(struct cpu *c, linaddr lin, u64 v, unsigned size);

/* Effective address of the memory operand of in, truncated to its address size. */
static inline u64 mem_ea(const struct cpu *c, const struct insn *in)
{
    u64 ea = c->gpr[in->base] + (c->gpr[in->index] << in->scale) + (u64)(i64)in->disp;
    return zext(ea, in->asize);
}

/* The memory operand of in, whole. */
static inline u64 mem_read_operand(struct cpu *c, const struct insn *in, unsigned size)
{
    return mem_read(c, in->seg, mem_ea(c, in), size);
}

static inline void mem_write_operand(struct cpu *c, const struct insn *in, u64 v, unsigned size)
{
    mem_write(c, in->seg, mem_ea(c, in), v, size);
}

/* --- stack, in the current stack size; `size` bytes of data --- */
u64 stack_pop(struct cpu *c, unsigned size);
void stack_push(struct cpu *c, u64 v, unsigned size);

#endif
