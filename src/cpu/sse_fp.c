/* SPDX-License-Identifier: MIT */
/*
 * SSE floating-point arithmetic and comparison. SDM vol. 1, 10.4.1, 11.4.1, 12.3, 12.10.
 */
#include "cpu/sse_fp.h"

#include "cpu/flags.h"

void sse_fold(struct cpu *c)
{
    unsigned unmasked = fpu_sse_finish(&c->fpu.sse);

    c->fpu.mxcsr |= c->fpu.sse.flags & MXCSR_FLAGS;
    c->fpu.sse.flags = 0;
    if (unmasked)
        cpu_fault(c, c->cr4 & CR4_OSXMMEXCPT ? VEC_XM : VEC_UD);
}

/* `n` lanes of type T: x = kernel(x, y). */
#define LANES2(name, T, n, read, kernel, insn)                                                     \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = read, x = *xmm(c, in->op[0].reg);                                            \
        SSE_HOST(insn)                                                                             \
        for (unsigned i = 0; i < (n); i++)                                                         \
            x.T[i] = c->fpu.ops->kernel(&c->fpu.sse, x.T[i], y.T[i]);                              \
        sse_end(c);                                                                                \
        *xmm(c, in->op[0].reg) = x;                                                                \
    }

/* x = kernel(y); the lanes above stay. */
#define LANES1(name, T, n, read, kernel, insn)                                                     \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = read, x = *xmm(c, in->op[0].reg);                                            \
        SSE_HOST(insn)                                                                             \
        for (unsigned i = 0; i < (n); i++)                                                         \
            x.T[i] = c->fpu.ops->kernel(&c->fpu.sse, y.T[i]);                                      \
        sse_end(c);                                                                                \
        *xmm(c, in->op[0].reg) = x;                                                                \
    }

/* An operation in its four forms: packed and scalar, single and double. */
#define FORMS(LANES, name)                                                                         \
    LANES(name##ps, u32, 4, vec_read(c, in, 1), f32_##name, #name "ps")                            \
    LANES(name##pd, u64, 2, vec_read(c, in, 1), f64_##name, #name "pd")                            \
    LANES(name##ss, u32, 1, sse_scalar(c, in), f32_##name, #name "ss")                             \
    LANES(name##sd, u64, 1, sse_scalar(c, in), f64_##name, #name "sd")

FORMS(LANES2, add)
FORMS(LANES2, sub)
FORMS(LANES2, mul)
FORMS(LANES2, div)
FORMS(LANES2, min)
FORMS(LANES2, max)
FORMS(LANES1, sqrt)

/* --- approximations: those of the portable kernels on every host, so that runs repeat --- */

bool sse_approximates(const struct insn *in)
{
    op_fn *call = row_calls[in->row];
    return call == op_rcpps || call == op_rcpss || call == op_rsqrtps || call == op_rsqrtss;
}

void sse_approximate(struct cpu *c, const struct insn *in, const union vec *y)
{
    op_fn *call = row_calls[in->row];
    bool root = call == op_rsqrtps || call == op_rsqrtss;
    unsigned lanes = call == op_rcpss || call == op_rsqrtss ? 1 : 4;
    union vec *d = xmm(c, in->op[0].reg);

    for (unsigned i = 0; i < lanes; i++)
        d->u32[i] = root ? fpu_soft.f32_rsqrt(&c->fpu.sse, y->u32[i])
                         : fpu_soft.f32_rcp(&c->fpu.sse, y->u32[i]);
}

#define APPROXIMATION(name, read)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = read;                                                                        \
        sse_approximate(c, in, &y);                                                                \
    }

APPROXIMATION(rcpps, vec_read(c, in, 1))
APPROXIMATION(rcpss, sse_scalar(c, in))
APPROXIMATION(rsqrtps, vec_read(c, in, 1))
APPROXIMATION(rsqrtss, sse_scalar(c, in))

/* --- rounding --- */

#define ROUND(name, T, n, read, kernel)                                                            \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = read, x = *xmm(c, in->op[0].reg);                                            \
        for (unsigned i = 0; i < (n); i++)                                                         \
            x.T[i] = c->fpu.ops->kernel(&c->fpu.sse, y.T[i], (u8)in->imm);                         \
        sse_end(c);                                                                                \
        *xmm(c, in->op[0].reg) = x;                                                                \
    }

ROUND(roundps, u32, 4, vec_read(c, in, 1), f32_round)
ROUND(roundpd, u64, 2, vec_read(c, in, 1), f64_round)
ROUND(roundss, u32, 1, sse_scalar(c, in), f32_round)
ROUND(roundsd, u64, 1, sse_scalar(c, in), f64_round)

/* --- comparison: into masks, into EFLAGS --- */

#define COMPARE(name, T, n, read, kernel)                                                          \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = read, x = *xmm(c, in->op[0].reg);                                            \
        for (unsigned i = 0; i < (n); i++)                                                         \
            x.T[i] = c->fpu.ops->kernel(&c->fpu.sse, x.T[i], y.T[i], in->imm & 7) ? (T)-1 : 0;     \
        sse_end(c);                                                                                \
        *xmm(c, in->op[0].reg) = x;                                                                \
    }

COMPARE(cmpps, u32, 4, vec_read(c, in, 1), f32_cmp)
COMPARE(cmppd, u64, 2, vec_read(c, in, 1), f64_cmp)
COMPARE(cmpss, u32, 1, sse_scalar(c, in), f32_cmp)
COMPARE(cmpsd_xmm, u64, 1, sse_scalar(c, in), f64_cmp)

#define COMPARE_EFLAGS(name, T, kernel)                                                            \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = sse_scalar(c, in), x = *xmm(c, in->op[0].reg);                               \
        u32 result = c->fpu.ops->kernel(&c->fpu.sse, x.T[0], y.T[0]);                              \
        sse_end(c);                                                                                \
        flags_set(c, result);                                                                      \
    }

COMPARE_EFLAGS(comiss, u32, f32_comi)
COMPARE_EFLAGS(comisd, u64, f64_comi)
COMPARE_EFLAGS(ucomiss, u32, f32_ucomi)
COMPARE_EFLAGS(ucomisd, u64, f64_ucomi)

/* --- SSE3: odd lanes are added, even ones subtracted --- */

#define ADDSUB(name, T, n, F)                                                                      \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), x = *xmm(c, in->op[0].reg);                              \
        for (unsigned i = 0; i < (n); i++)                                                         \
            x.T[i] = i & 1 ? c->fpu.ops->F##_add(&c->fpu.sse, x.T[i], y.T[i])                      \
                           : c->fpu.ops->F##_sub(&c->fpu.sse, x.T[i], y.T[i]);                     \
        sse_end(c);                                                                                \
        *xmm(c, in->op[0].reg) = x;                                                                \
    }

ADDSUB(addsubps, u32, 4, f32)
ADDSUB(addsubpd, u64, 2, f64)

/* Neighbours: those of the destination below, those of the source above. */
#define HORIZONTAL(name, T, n, kernel)                                                             \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec v[2], r;                                                                         \
        v[1] = vec_read(c, in, 1);                                                                 \
        v[0] = *xmm(c, in->op[0].reg);                                                             \
        for (unsigned i = 0; i < (n); i++) {                                                       \
            const T *p = &v[2 * i / (n)].T[2 * i % (n)];                                           \
            r.T[i] = c->fpu.ops->kernel(&c->fpu.sse, p[0], p[1]);                                  \
        }                                                                                          \
        sse_end(c);                                                                                \
        *xmm(c, in->op[0].reg) = r;                                                                \
    }

HORIZONTAL(haddps, u32, 4, f32_add)
HORIZONTAL(haddpd, u64, 2, f64_add)
HORIZONTAL(hsubps, u32, 4, f32_sub)
HORIZONTAL(hsubpd, u64, 2, f64_sub)

/*
 * --- SSE4.1 dot products: imm 7..4 choose the products, 3..0 where the sum goes ---
 *
 * Products and sums are separate steps: an unmasked exception in one ends the instruction.
 */

OP(dpps)
{
    union vec y = vec_read(c, in, 1), x = *xmm(c, in->op[0].reg);
    const struct fpu_ops *ops = c->fpu.ops;
    struct fpu_ctx *ctx = &c->fpu.sse;

    for (unsigned i = 0; i < 4; i++)
        x.u32[i] = in->imm >> (4 + i) & 1 ? ops->f32_mul(ctx, x.u32[i], y.u32[i]) : 0;
    sse_end(c);
    u32 low = ops->f32_add(ctx, x.u32[0], x.u32[1]);
    u32 high = ops->f32_add(ctx, x.u32[2], x.u32[3]);
    sse_end(c);
    u32 sum = ops->f32_add(ctx, low, high);
    sse_end(c);
    for (unsigned i = 0; i < 4; i++)
        x.u32[i] = in->imm >> i & 1 ? sum : 0;
    *xmm(c, in->op[0].reg) = x;
}

OP(dppd)
{
    union vec y = vec_read(c, in, 1), x = *xmm(c, in->op[0].reg);
    const struct fpu_ops *ops = c->fpu.ops;
    struct fpu_ctx *ctx = &c->fpu.sse;

    for (unsigned i = 0; i < 2; i++)
        x.u64[i] = in->imm >> (4 + i) & 1 ? ops->f64_mul(ctx, x.u64[i], y.u64[i]) : 0;
    sse_end(c);
    u64 sum = ops->f64_add(ctx, x.u64[0], x.u64[1]);
    sse_end(c);
    for (unsigned i = 0; i < 2; i++)
        x.u64[i] = in->imm >> i & 1 ? sum : 0;
    *xmm(c, in->op[0].reg) = x;
}
