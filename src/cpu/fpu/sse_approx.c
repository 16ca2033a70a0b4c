/* SPDX-License-Identifier: MIT */
/*
 * RCPSS and RSQRTSS: approximations with a relative error of at most 1.5 × 2^-12 (SDM vol. 2). The
 * values differ between makers and generations of real CPUs, so any choice within the bound is as
 * right as another; ours is the true value rounded to 12 bits of mantissa. No flags, MXCSR has no
 * influence, denormals count as zeros and tiny results become zeros.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

#define KEPT 12 /* mantissa bits */

/* A value v × 2^(exp - 24), v of 24 or 25 bits, with mantissa cut to KEPT bits. */
static u32 approximate(bool sign, i32 exp, u64 v)
{
    unsigned cut = 63 - (unsigned)__builtin_clzll(v) - (KEPT - 1);
    u64 m = ((v >> (cut - 1)) + 1) >> 1 << cut;
    unsigned shift = (unsigned)__builtin_clzll(m);
    struct fpu_num n = {
        .class = FPU_FINITE,
        .sign = sign,
        .exp = exp + 39 - (i32)shift,
        .mant = m << shift,
    };
    return f32_pack(n.exp < fpu_fmt_f32.emin ? num_zero(sign) : n);
}

static const struct fpu_ctx flushing = {.daz = true, .masks = FPU_EXCEPTIONS};

static u32 quiet(struct fpu_num n)
{
    struct fpu_ctx unused = flushing;

    return f32_pack(fpu_nan1(&unused, n));
}

u32 f32_rcp(struct fpu_ctx *c, u32 a)
{
    struct fpu_num n = f32_unpack(&flushing, a);

    switch (n.class) {
    case FPU_ZERO: return f32_pack(num_inf(n.sign));
    case FPU_INF: return f32_pack(num_zero(n.sign));
    case FPU_FINITE: return approximate(n.sign, -n.exp, BIT(47) / (n.mant >> 40));
    default: return quiet(n);
    }
}

static u64 isqrt(u64 n)
{
    u64 root = 0;

    for (u64 bit = BIT(31); bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= n)
            root |= bit;
    return root;
}

u32 f32_rsqrt(struct fpu_ctx *c, u32 a)
{
    struct fpu_num n = f32_unpack(&flushing, a);

    if (num_is_nan(n))
        return quiet(n);
    if (n.class == FPU_ZERO)
        return f32_pack(num_inf(n.sign));
    if (n.sign)
        return f32_pack(fpu_invalid(&(struct fpu_ctx){0}));
    if (n.class == FPU_INF)
        return f32_pack(num_zero(false));

    bool odd = n.exp & 1; /* mantissa taken as 1 to 4 over 2^23, so that the exponent is even */
    u64 t = n.mant >> (40 - odd);
    return approximate(false, -(n.exp - odd) / 2, isqrt((u64)(((u128)1 << 71) / t)));
}
