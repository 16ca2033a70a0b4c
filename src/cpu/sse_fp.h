/* SPDX-License-Identifier: MIT */
/*
 * How an SSE floating-point instruction runs: read all operands, call the kernel once a lane,
 * sse_end(), write the result. SDM vol. 1, 11.5.
 *
 * While MXCSR masks everything nothing can happen in sse_end(), and flags may stay with the
 * kernels until somebody reads MXCSR. On an x86-64 host whose units carry the guest's MXCSR the
 * whole instruction may then be the host's own: SSE_HOST.
 */
#ifndef ERSATZ_CPU_SSE_FP_H
#define ERSATZ_CPU_SSE_FP_H

#include "cpu/simd.h"

/* Folds the flags into MXCSR; #XM (#UD without CR4.OSXMMEXCPT) if one is unmasked. */
void sse_fold(struct cpu *c);

/* RCPPS, RSQRTPS and their scalars: whether `in` is one, and its result for source y, which may be
 * the destination itself. Takes nothing of *c but XMM registers. */
bool sse_approximates(const struct insn *in);
void sse_approximate(struct cpu *c, const struct insn *in, const union vec *y);

static inline void sse_end(struct cpu *c)
{
    if (unlikely(c->fpu.sse.masks != FPU_EXCEPTIONS))
        sse_fold(c);
}

#if defined(__x86_64__)
typedef u64 host_vec __attribute__((vector_size(16)));

static inline bool sse_on_host(const struct cpu *c)
{
    return likely(c->fpu.ops == &fpu_hw && c->fpu.sse.masks == FPU_EXCEPTIONS);
}

/* x = x op y by the host's instruction; leaves the function. */
#define SSE_HOST(insn)                                                                             \
    if (sse_on_host(c)) {                                                                          \
        host_vec a, b;                                                                             \
        memcpy(&a, &x, 16);                                                                        \
        memcpy(&b, &y, 16);                                                                        \
        asm volatile(insn " %1, %0" : "+x"(a) : "x"(b));                                           \
        memcpy(xmm(c, in->op[0].reg), &a, 16);                                                     \
        return;                                                                                    \
    }
/* r = insn(y), all of it a result. */
#define SSE_HOST_CONVERT(insn)                                                                     \
    if (sse_on_host(c)) {                                                                          \
        host_vec a, b;                                                                             \
        memcpy(&b, &y, 16);                                                                        \
        asm volatile(insn " %1, %0" : "=x"(a) : "x"(b));                                           \
        memcpy(&r, &a, 16);                                                                        \
        vec_write(c, in, 0, &r);                                                                   \
        return;                                                                                    \
    }
#else
#define SSE_HOST(insn)
#define SSE_HOST_CONVERT(insn)
#endif

/* Operand 1 of a scalar instruction, in a vector. */
static inline union vec sse_scalar(struct cpu *c, const struct insn *in)
{
    if (in->op[1].kind == OPND_XMM)
        return *xmm(c, in->op[1].reg);
    return vec_of(mem_read_operand(c, in, in->msize), 0);
}

#endif
