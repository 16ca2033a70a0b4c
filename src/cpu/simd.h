/* SPDX-License-Identifier: MIT */
/*
 * MMX and SSE operands as vectors of lanes. Lane 0 is the lowest; an MMX operand is the low half
 * of a vector, so one body serves both where lanes don't meet.
 *
 * Rules: everything is read before anything is written, a memory destination is written before
 * any register state changes, and MMX instructions change the x87 tags last (mmx_enter).
 */
#ifndef ERSATZ_CPU_SIMD_H
#define ERSATZ_CPU_SIMD_H

#include "cpu/op.h"
#include "cpu/x87.h"

#define OP(name)                                                                                   \
    void op_##name(struct cpu *c, const struct insn *in);                                          \
    void op_##name(struct cpu *c, const struct insn *in)

/* Makes compilers move a vector as one. */
typedef u64 vec_whole __attribute__((vector_size(16), aligned(8)));

/* Lanes as compilers compute with them. */
typedef u8 vec_u8 __attribute__((vector_size(16)));
typedef u16 vec_u16 __attribute__((vector_size(16)));
typedef i16 vec_i16 __attribute__((vector_size(16)));
typedef u32 vec_u32 __attribute__((vector_size(16)));
typedef i32 vec_i32 __attribute__((vector_size(16)));
typedef u64 vec_u64 __attribute__((vector_size(16)));

union vec {
    vec_whole whole;
    u8 u8[16];
    i8 i8[16];
    u16 u16[8];
    i16 i16[8];
    u32 u32[4];
    i32 i32[4];
    u64 u64[2];
    i64 i64[2];
};

/* Assembled in registers and stored at once: a vector that is read back after being stored in
 * pieces waits for all of them to reach the cache. */
static inline union vec vec_of(u64 low, u64 high)
{
    return (union vec){.whole = {low, high}};
}

static inline union vec vec_of_u32(u32 v0, u32 v1, u32 v2, u32 v3)
{
    return vec_of(v0 | (u64)v1 << 32, v2 | (u64)v3 << 32);
}

static inline union vec vec_of_u128(u128 v)
{
    return vec_of((u64)v, (u64)(v >> 64));
}

static inline u128 vec_u128(const union vec *v)
{
    return v->u64[0] | (u128)v->u64[1] << 64;
}

/* 16 bytes of memory. Where they must be aligned, that is checked by the stub: ATTR_ALIGN16. */
void mem_read_vec(struct cpu *c, const struct insn *in, union vec *v);
void mem_write_vec(struct cpu *c, const struct insn *in, const union vec *v);
/* What vec_read() does for operands that aren't XMM registers. */
void vec_read_other(struct cpu *c, const struct insn *in, unsigned n, union vec *v);

static inline union vec *xmm(struct cpu *c, unsigned r)
{
    return (union vec *)c->fpu.xmm[r];
}

static inline bool vec_is_mm(const struct insn *in, unsigned n)
{
    return in->op[n].kind == OPND_MM;
}

/* Operand n, MM, XMM or memory of up to 16 bytes; what it doesn't have is zero. Inline, because
 * a vector that is returned in two integer registers costs more than the instruction. */
__attribute__((always_inline)) static inline union vec vec_read(struct cpu *c,
                                                                const struct insn *in, unsigned n)
{
    union vec v;

    if (likely(in->op[n].kind == OPND_XMM))
        v.whole = xmm(c, in->op[n].reg)->whole;
    else
        vec_read_other(c, in, n, &v);
    return v;
}

/* The low `size` bytes (4 or 8) of operand n, which is MM, XMM or memory of that size. */
static inline u64 vec_read_low(struct cpu *c, const struct insn *in, unsigned n, unsigned size)
{
    switch (in->op[n].kind) {
    case OPND_XMM: return zext(c->fpu.xmm[in->op[n].reg][0], size);
    case OPND_MM: return zext(mmx_read(c, in->op[n].reg), size);
    default: return mem_read_operand(c, in, size);
    }
}

/* A whole register, operand n. */
static inline void vec_write(struct cpu *c, const struct insn *in, unsigned n, const union vec *v)
{
    if (likely(in->op[n].kind == OPND_XMM))
        xmm(c, in->op[n].reg)->whole = v->whole;
    else
        mmx_write(c, in->op[n].reg, v->u64[0]);
}

/* An XMM source was read by an instruction that could have had an MMX one. */
static inline void vec_used(struct cpu *c, const struct insn *in, unsigned n)
{
    if (vec_is_mm(in, n))
        mmx_enter(c);
}

#endif
