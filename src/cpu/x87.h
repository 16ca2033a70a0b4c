/* SPDX-License-Identifier: MIT */
/*
 * The x87 register stack, its control and status words, and MMX's view of it; MXCSR. What
 * instructions share. SDM vol. 1, chapter 8; 9.6 for the MMX alias.
 *
 *      15 14 13  11 10  9  8  7  6  5  4  3  2  1  0
 *     +--+--+------+--+--+--+--+--+--+--+--+--+--+--+
 *  SW |B |C3| TOP  |C2|C1|C0|ES|SF|PE|UE|OE|ZE|DE|IE|
 *     +--+--+------+--+--+--+--+--+--+--+--+--+--+--+
 *     |      |X | RC  | PC  |    |1 |PM|UM|OM|ZM|DM|IM|  CW (bits 15..13 and 7 are zero)
 *
 * Exceptions. An instruction clears the kernels' context (x87_begin), computes, and then folds
 * the flags into SW. SW.ES stands for "an unmasked flag is set"; the next waiting instruction
 * asks x87_wait() when it is set.
 */
#ifndef ERSATZ_CPU_X87_H
#define ERSATZ_CPU_X87_H

#include "cpu/op.h"

enum {
    SW_SF = 1 << 6,
    SW_ES = 1 << 7,
    SW_C0 = FPU_C0,
    SW_C1 = FPU_C1,
    SW_C2 = FPU_C2,
    SW_C3 = FPU_C3,
    SW_TOP = 7 << 11,
    SW_B = 1 << 15
};
#define SW_TOP_SHIFT 11

enum { CW_MASKS = 0x3f, CW_ONE = 0x40, CW_WRITABLE = 0x1f3f, CW_INIT = 0x37f, CW_RESET = 0x40 };

enum {
    MXCSR_FLAGS = 0x3f,
    MXCSR_DAZ = 1 << 6,
    MXCSR_MASKS = 0x3f << 7,
    MXCSR_FTZ = 1 << 15,
    MXCSR_VALID = 0xffff,
    MXCSR_INIT = 0x1f80
};
#define MXCSR_MASKS_SHIFT 7
#define MXCSR_RC_SHIFT 13

/* --- for the rest of the CPU --- */

/* Power-on state (SDM vol. 3, table 9-1), with the kernels that soft_fpu asks for; also within a
 * run, for a reset by the guest. */
void fpu_power_on(struct cpu *c);
/* Around a run: the host's units take the guest's controls and give them back. After the
 * return of fpu_leave() mxcsr is complete. */
void fpu_enter(struct cpu *c);
void fpu_leave(struct cpu *c);
/*
 * For translated code, which leaves guest registers in the host's units (fpu_live.c).
 * fpu_take: whether it may now, for instructions of these units (enum fpu_live); if so the x87's
 * are there afterwards; the XMM registers are moved by the code itself, who keeps FPU_LIVE_SSE,
 * too: no C code runs while that is set.
 * fpu_sync: fpu_state is whole again. Before C looks at the x87 state or uses the x87 unit.
 */
bool fpu_take(struct cpu *c, unsigned units);
void fpu_sync(struct cpu *c);
/* Whether instruction `in`, run by C, looks at the state of the x87. */
static inline bool fpu_wants_sync(const struct insn *in)
{
    const struct insn_row *row = &insn_rows[in->row];
    return (row->attr & (ATTR_FPU | ATTR_FPU_NOWAIT | ATTR_MMX)) || row->cpu == CPU_XSAVE ||
           row->cpu == CPU_XSAVEOPT || row->cpu == CPU_XSAVEC;
}
/* A waiting instruction met SW.ES: #MF, or FERR# under CR0.NE = 0 (SDM vol. 1, 8.7). */
void x87_wait(struct cpu *c);

/* MXCSR with the kernels' flags in it. */
u32 sse_mxcsr(struct cpu *c);
/* v has no reserved bits. */
void sse_set_mxcsr(struct cpu *c, u32 v);

/* --- state --- */

void x87_init(struct cpu *c); /* as FNINIT leaves it */
void x87_set_cw(struct cpu *c, u16 cw);
void x87_set_sw(struct cpu *c, u16 sw); /* ES and B are computed */
/* Two bits a register, 11b empty; with contents looked at, or only empty or not. */
u16 x87_full_tag(const struct cpu *c);
void x87_set_full_tag(struct cpu *c, u16 tw);

static inline unsigned x87_top(const struct cpu *c)
{
    return c->fpu.sw >> SW_TOP_SHIFT & 7;
}

static inline void x87_set_top(struct cpu *c, unsigned top)
{
    c->fpu.sw = (u16)((c->fpu.sw & ~SW_TOP) | (top & 7) << SW_TOP_SHIFT);
}

static inline struct f80 *x87_st(struct cpu *c, unsigned i)
{
    return &c->fpu.st[(x87_top(c) + i) & 7];
}

static inline bool x87_empty(const struct cpu *c, unsigned i)
{
    return c->fpu.empty >> ((x87_top(c) + i) & 7) & 1;
}

/* Writes ST(i), which is no longer empty. */
static inline void x87_put(struct cpu *c, unsigned i, struct f80 v)
{
    unsigned r = (x87_top(c) + i) & 7;
    c->fpu.st[r] = v;
    c->fpu.empty &= (u8) ~(1u << r);
}

static inline void x87_push(struct cpu *c, struct f80 v)
{
    x87_set_top(c, x87_top(c) - 1);
    x87_put(c, 0, v);
}

static inline void x87_pop(struct cpu *c)
{
    c->fpu.empty |= (u8)(1u << x87_top(c));
    x87_set_top(c, x87_top(c) + 1);
}

/* --- instructions --- */

/* A kernel's context, ready for a new instruction. */
static inline struct fpu_ctx *x87_begin(struct cpu *c)
{
    c->fpu.x87.flags = 0;
    c->fpu.x87.src_denormal = false;
    c->fpu.x87.sticky = c->fpu.sw & FPU_EXCEPTIONS;
    return &c->fpu.x87;
}

/* Instruction and operand pointers of a non-control instruction; FOP only follows when an
 * unmasked exception is flagged. Called when nothing can fault any more. */
void x87_note(struct cpu *c, const struct insn *in);
/* Folds flags (exceptions, C1) into SW; gives the unmasked ones. */
unsigned x87_fold(struct cpu *c, const struct insn *in, u16 flags);
/* Stack fault; true when unmasked: the instruction does nothing more. */
bool x87_underflow(struct cpu *c, const struct insn *in);
bool x87_overflow(struct cpu *c, const struct insn *in);

/* After a kernel: folds its flags; true when a register must not be written. */
static inline bool x87_blocked(struct cpu *c, const struct insn *in)
{
    return x87_fold(c, in, c->fpu.x87.flags) & FPU_PRE;
}

/* --- MMX --- */

/* What every MMX instruction but EMMS does to the x87 state: all valid, TOP = 0. */
static inline void mmx_enter(struct cpu *c)
{
    c->fpu.sw &= (u16)~SW_TOP;
    c->fpu.empty = 0;
}

static inline u64 mmx_read(const struct cpu *c, unsigned r)
{
    return c->fpu.st[r & 7].mant;
}

static inline void mmx_write(struct cpu *c, unsigned r, u64 v)
{
    mmx_enter(c);
    c->fpu.st[r & 7] = (struct f80){v, 0xffff};
}

#endif
