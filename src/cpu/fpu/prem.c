/* SPDX-License-Identifier: MIT */
/*
 * FPREM and FPREM1: partial remainders. SDM vol. 2. With D = exponent(a) - exponent(b):
 *  - D < 64: the remainder is complete; C0 C3 C1 = bits 2 1 0 of the quotient, C2 = 0;
 *  - else the exponent shrinks by N = 32 + D mod 32 and C2 = 1 asks for another step.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

static u16 quotient_bits(u64 q)
{
    return (q & 4 ? FPU_C0 : 0) | (q & 2 ? FPU_C3 : 0) | (q & 1 ? FPU_C1 : 0);
}

static struct fpu_num exact(struct fpu_ctx *c, bool sign, i32 exp, u64 mant)
{
    if (!mant)
        return num_zero(sign);
    return fpu_round(c, &fpu_fmt_f80, (struct fpu_wide){sign, exp, (u128)mant << 64});
}

/* Quotient rounded to nearest even: D ≥ -1 and the dividend no smaller than a quarter of b. */
static struct fpu_num complete(struct fpu_ctx *c, struct fpu_num a, struct fpu_num b, bool nearest)
{
    i32 d = a.exp - b.exp;
    u64 q = 0, r = a.mant;
    bool half_unit = d < 0; /* r counts halves of the unit of b.mant */
    bool sign = a.sign;

    if (!half_unit) {
        u128 n = (u128)a.mant << d;
        q = (u64)(n / b.mant);
        r = (u64)(n % b.mant);
    }
    u128 twice = (u128)r << !half_unit; /* 2r in units of b.mant */
    if (nearest && (twice > b.mant || (twice == b.mant && q & 1))) {
        r = half_unit ? (u64)(((u128)b.mant << 1) - r) : b.mant - r;
        sign = !sign;
        q++;
    }
    c->flags |= quotient_bits(q);
    return exact(c, r ? sign : a.sign, half_unit ? a.exp : b.exp, r);
}

static struct fpu_num step(struct fpu_ctx *c, struct fpu_num a, struct fpu_num b, bool nearest)
{
    i32 d = a.exp - b.exp;

    if (d < (nearest ? -1 : 0))
        return exact(c, a.sign, a.exp, a.mant);
    if (d < 64)
        return complete(c, a, b, nearest);

    i32 n = 32 + d % 32;
    u64 r = (u64)(((u128)a.mant << n) % b.mant);
    c->flags |= FPU_C2;
    return exact(c, a.sign, b.exp + d - n, r);
}

static struct f80 partial(struct fpu_ctx *c, struct f80 a, struct f80 b, bool nearest)
{
    struct fpu_num x = f80_unpack(a), y = f80_unpack(b);

    c->flags &= (u16) ~(FPU_C1 | FPU_C2); /* the other two stay when there is no quotient */
    if (num_is_nan(x) || num_is_nan(y))
        return f80_pack(fpu_nan2(c, &fpu_fmt_f80, x, y));
    if (x.class == FPU_INF || y.class == FPU_ZERO)
        return f80_pack(fpu_invalid(c));
    c->flags &= (u16)~FPU_CONDITIONS;
    if (fpu_denormal(c, x, y) || x.class == FPU_ZERO)
        return a;
    if (y.class == FPU_INF)
        return f80_pack(exact(c, x.sign, x.exp, x.mant));
    return f80_pack(step(c, x, y, nearest));
}

static struct f80 truncating(struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    return partial(c, a, b, false);
}

static struct f80 nearest(struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    return partial(c, a, b, true);
}

FPU_X87_BINARY(f80_prem, truncating)
FPU_X87_BINARY(f80_prem1, nearest)
