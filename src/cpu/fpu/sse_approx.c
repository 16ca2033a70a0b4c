/* SPDX-License-Identifier: MIT */
/*
 * RCPSS and RSQRTSS: approximations with a relative error of at most 1.5 × 2^-12 (SDM vol. 2). The
 * values differ between makers and generations of real CPUs, so any choice within the bound is as
 * right as another; ours is the true value rounded to 12 bits of mantissa. No flags, MXCSR has no
 * influence, denormals count as zeros and tiny results become zeros.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

/*
 * The true value, cut to 13 bits (v × 2^(exp - 12), v from 2^12 to 2^13), to 12 bits. What is above
 * 12 bits carries into the exponent.
 */
static u32 approximate(bool sign, i32 exp, u32 v)
{
    u32 mant = (v + 1) >> 1;
    i32 magnitude = (exp + 126) * (1 << 23) + (i32)(mant << 12);

    if (magnitude < 1 << 23)
        magnitude = 0;
    return (u32)sign << 31 | (u32)magnitude;
}

static const struct fpu_ctx flushing = {.daz = true, .masks = FPU_EXCEPTIONS};

static u32 quiet(struct fpu_num n)
{
    struct fpu_ctx unused = flushing;

    return f32_pack(fpu_nan1(&unused, n));
}

/* The exponent, and the mantissa as a number of 24 bits, of a normal number. */
static bool is_normal(u32 a, i32 *exp, u32 *mant)
{
    u32 e = a >> 23 & 0xff;

    *exp = (i32)e - 127;
    *mant = (a & 0x7fffff) | 1 << 23;
    return e && e != 0xff;
}

u32 f32_rcp(struct fpu_ctx *c, u32 a)
{
    i32 exp;
    u32 mant;

    if (is_normal(a, &exp, &mant))
        return approximate(a >> 31, -1 - exp, (u32)(BIT(36) / mant));
    struct fpu_num n = f32_unpack(&flushing, a);
    if (n.class == FPU_ZERO)
        return f32_pack(num_inf(n.sign));
    return n.class == FPU_INF ? f32_pack(num_zero(n.sign)) : quiet(n);
}

/* Of n from 2^24 to 2^26. A line that is off by 3.4 % at most, then Newton's iteration twice, which
 * never falls below what is wanted. */
static u32 isqrt(u32 n)
{
    u32 root = ((n >> 12) + 8602) / 3;

    root = (root + n / root) / 2;
    root = (root + n / root) / 2;
    return root - (root * root > n);
}

u32 f32_rsqrt(struct fpu_ctx *c, u32 a)
{
    i32 exp;
    u32 mant;

    if (is_normal(a, &exp, &mant) && !(a >> 31)) {
        u32 odd = exp & 1; /* mantissa taken as 1 to 4 over 2^23, so that the exponent is even */
        return approximate(false, -1 - (exp - (i32)odd) / 2, isqrt((u32)(BIT(49) / (mant << odd))));
    }
    struct fpu_num n = f32_unpack(&flushing, a);
    if (num_is_nan(n))
        return quiet(n);
    if (n.class == FPU_ZERO)
        return f32_pack(num_inf(n.sign));
    return f32_pack(n.sign ? fpu_invalid(&(struct fpu_ctx){0}) : num_zero(false));
}
