/* SPDX-License-Identifier: MIT */
/*
 * Addition, multiplication, division and square root of numbers taken apart. Each function first
 * answers NaNs, then its invalid cases, then division by zero, then the denormal operand: the
 * order of priority of SDM vol. 1, 4.9.2. A result that an unmasked exception makes meaningless
 * is returned as it comes.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

/* Magnitudes added or, when signs differ, subtracted: two guard bits are enough with a sticky
 * one, 64 are at hand. */
static struct fpu_num add_finite(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                                 struct fpu_num b)
{
    struct fpu_wide w;
    struct fpu_num big = a, small = b;

    if (b.exp > a.exp || (b.exp == a.exp && b.mant > a.mant)) {
        big = b;
        small = a;
    }
    u128 x = (u128)big.mant << 62;
    u128 y = shr_jam((u128)small.mant << 62, (unsigned)(big.exp - small.exp));
    w.sign = big.sign;
    w.exp = big.exp + 2;
    w.mant = a.sign == b.sign ? x + y : x - y;
    if (!w.mant)
        return num_zero(c->rounding == FPU_RC_DOWN);
    return fpu_round(c, f, w);
}

struct fpu_num fpu_add(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                       struct fpu_num b)
{
    if (num_is_nan(a) || num_is_nan(b))
        return fpu_nan2(c, f, a, b);
    if (a.class == FPU_INF && b.class == FPU_INF && a.sign != b.sign)
        return fpu_invalid(c);
    if (fpu_denormal(c, a, b))
        return a;
    if (a.class == FPU_FINITE && b.class == FPU_FINITE)
        return add_finite(c, f, a, b);
    if (a.class == FPU_INF || b.class == FPU_INF)
        return a.class == FPU_INF ? a : b;
    if (a.class == FPU_ZERO && b.class == FPU_ZERO)
        return a.sign == b.sign ? a : num_zero(c->rounding == FPU_RC_DOWN);
    struct fpu_num n = a.class == FPU_ZERO ? b : a;
    return fpu_round(c, f, (struct fpu_wide){n.sign, n.exp, (u128)n.mant << 64});
}

struct fpu_num fpu_mul(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                       struct fpu_num b)
{
    bool sign = a.sign != b.sign;

    if (num_is_nan(a) || num_is_nan(b))
        return fpu_nan2(c, f, a, b);
    if (a.class == FPU_INF || b.class == FPU_INF) {
        if (a.class == FPU_ZERO || b.class == FPU_ZERO)
            return fpu_invalid(c);
        fpu_denormal(c, a, b);
        return num_inf(sign);
    }
    if (fpu_denormal(c, a, b))
        return a;
    if (a.class == FPU_ZERO || b.class == FPU_ZERO)
        return num_zero(sign);
    return fpu_round(c, f, (struct fpu_wide){sign, a.exp + b.exp + 1, (u128)a.mant * b.mant});
}

static struct fpu_wide div_finite(struct fpu_num a, struct fpu_num b)
{
    bool less = a.mant < b.mant;
    u128 n = (u128)a.mant << (less ? 64 : 63);
    u64 q = (u64)(n / b.mant);
    u64 r = (u64)(n % b.mant);
    bool half = r >= b.mant - r;
    bool more = half ? r != b.mant - r : r != 0;

    return (struct fpu_wide){
        .sign = a.sign != b.sign,
        .exp = a.exp - b.exp - less,
        .mant = (u128)q << 64 | (u64)half << 63 | more,
    };
}

struct fpu_num fpu_div(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                       struct fpu_num b)
{
    bool sign = a.sign != b.sign;

    if (num_is_nan(a) || num_is_nan(b))
        return fpu_nan2(c, f, a, b);
    if (a.class == b.class && a.class != FPU_FINITE)
        return fpu_invalid(c);
    if (b.class == FPU_ZERO) {
        if (a.class == FPU_FINITE)
            fpu_raise(c, FPU_ZE);
        return num_inf(sign);
    }
    if (fpu_denormal(c, a, b))
        return a;
    if (a.class == FPU_INF)
        return num_inf(sign);
    if (a.class == FPU_ZERO || b.class == FPU_INF)
        return num_zero(sign);
    return fpu_round(c, f, div_finite(a, b));
}

/* The 64-bit root of a number of 127 or 128 bits, bit by bit; *rest = n - root². */
static u64 isqrt128(u128 n, u128 *rest)
{
    u128 root = 0, bit = (u128)1 << 126;

    for (; bit; bit >>= 2) {
        if (n >= root + bit) {
            n -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    *rest = n;
    return (u64)root;
}

struct fpu_num fpu_sqrt(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a)
{
    if (num_is_nan(a))
        return fpu_nan1(c, a);
    if (a.class == FPU_ZERO)
        return a;
    if (a.sign)
        return fpu_invalid(c);
    if (fpu_denormal(c, a, a) || a.class == FPU_INF)
        return a;

    /* mant × 2^63 or 2^64, so that the exponent left over is even: root has bit 63 set */
    bool odd = a.exp & 1;
    u128 rest;
    u64 root = isqrt128((u128)a.mant << (odd ? 64 : 63), &rest);
    /* (root + ½)² is no integer: the rest is never exactly half */
    u64 tail = rest > root ? BIT(63) | 1 : rest != 0;
    struct fpu_wide w = {.exp = (a.exp - odd) / 2, .mant = (u128)root << 64 | tail};
    return fpu_round(c, f, w);
}
