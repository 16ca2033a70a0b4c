/* SPDX-License-Identifier: MIT */
/* Arithmetic with 128 bits of mantissa, see wide.h. */
#include "cpu/fpu/wide.h"

#include "base/bits.h"

struct fpu_wide wide_norm(struct fpu_wide a)
{
    if (a.mant) {
        unsigned shift = clz128(a.mant);
        a.mant <<= shift;
        a.exp -= (i32)shift;
    }
    return a;
}

struct fpu_wide wide_add(struct fpu_wide a, struct fpu_wide b)
{
    struct fpu_wide big = a, small = b;

    if (!a.mant || !b.mant)
        return a.mant ? a : b;
    if (b.exp > a.exp || (b.exp == a.exp && b.mant > a.mant)) {
        big = b;
        small = a;
    }
    /* one bit of room for the carry */
    u128 x = shr_jam(big.mant, 1);
    u128 y = shr_jam(small.mant, 1 + (unsigned)(big.exp - small.exp));
    big.mant = a.sign == b.sign ? x + y : x - y;
    big.exp++;
    return wide_norm(big);
}

/* The 256-bit product's upper half, the lower one jammed. */
static u128 mul_high(u128 a, u128 b)
{
    u64 a1 = (u64)(a >> 64), a0 = (u64)a, b1 = (u64)(b >> 64), b0 = (u64)b;
    u128 low = (u128)a0 * b0, m1 = (u128)a1 * b0, m2 = (u128)a0 * b1;
    u128 mid = (low >> 64) + (u64)m1 + (u64)m2;
    u128 high = (u128)a1 * b1 + (m1 >> 64) + (m2 >> 64) + (mid >> 64);

    return high | ((u64)low || (u64)mid);
}

struct fpu_wide wide_mul(struct fpu_wide a, struct fpu_wide b)
{
    return wide_norm((struct fpu_wide){
        .sign = a.sign != b.sign,
        .exp = a.exp + b.exp + 1,
        .mant = mul_high(a.mant, b.mant),
    });
}

struct fpu_wide wide_div(struct fpu_wide a, struct fpu_wide b)
{
    bool less = a.mant < b.mant, carry = less && a.mant >> 127;
    u128 rest = less ? a.mant << 1 : a.mant, q = 0;

    if (!a.mant)
        return a;
    for (int i = 0; i < 128; i++) {
        q <<= 1;
        if (carry || rest >= b.mant) {
            rest -= b.mant;
            q |= 1;
        }
        carry = rest >> 127;
        rest <<= 1;
    }
    return (struct fpu_wide){
        .sign = a.sign != b.sign,
        .exp = a.exp - b.exp - less,
        .mant = q | (carry || rest),
    };
}

/* A number below 1 as a fraction of 2^128. */
static u128 fraction(struct fpu_wide a)
{
    unsigned shift = (unsigned)(-1 - a.exp);

    return shift > 127 ? 0 : a.mant >> shift;
}

/* Sums run in fixed point, one integer bit, by Horner's rule from the smallest term. */

static struct fpu_wide of_fixed(u128 sum)
{
    return wide_norm((struct fpu_wide){false, 0, sum});
}

/* 1 - small: never 1 itself, as the true sum isn't. */
static u128 below_one(u128 small)
{
    return WIDE_ONE - (small ? small : 1);
}

#define R1(n) WIDE_ONE / (n)
#define R4(n) R1(n), R1((n) + 2), R1((n) + 4), R1((n) + 6)
#define R16(n) R4(n), R4((n) + 8), R4((n) + 16), R4((n) + 24)

static const u128 odd_reciprocals[] = {
    R16(1), R16(33), R16(65), R16(97), R4(129),
};

struct fpu_wide wide_odd_series(struct fpu_wide z, bool alternating)
{
    u128 x = fraction(z), p = 0;
    /* z < 2^-bits: terms until z^n < 2^-130; z < 1/4, so there are at most 66 */
    int bits = x ? (int)clz128(x) : 128;

    for (int n = 130 / bits + 1; n > 0; n--) {
        u128 term = mul_high(x, p);
        p = alternating ? odd_reciprocals[n] - term : odd_reciprocals[n] + term;
    }
    p = mul_high(x, p);
    return of_fixed(alternating ? below_one(p) : WIDE_ONE + p);
}

#define TRIG_TERMS 17 /* 0.62^17 / 34! < 2^-139 */

struct fpu_wide wide_sin_series(struct fpu_wide z)
{
    u128 x = fraction(z), p = WIDE_ONE;

    for (unsigned n = TRIG_TERMS; n > 0; n--)
        p = below_one(mul_high(x, p) / (2 * n * (2 * n + 1)));
    return of_fixed(p);
}

struct fpu_wide wide_cos_series(struct fpu_wide z)
{
    u128 x = fraction(z), p = WIDE_ONE;

    for (unsigned n = TRIG_TERMS; n > 0; n--)
        p = below_one(mul_high(x, p) / (2 * n * (2 * n - 1)));
    return of_fixed(p);
}

#define EXP_TERMS 28 /* 0.7^28 / 29! < 2^-116-14 */

struct fpu_wide wide_exp_series(struct fpu_wide u)
{
    u128 x = fraction(u), p = WIDE_ONE;

    for (unsigned n = EXP_TERMS; n > 1; n--) {
        u128 term = mul_high(x, p) / n;
        p = u.sign ? WIDE_ONE - term : WIDE_ONE + term;
    }
    return of_fixed(p);
}

struct f80 wide_deliver(struct fpu_ctx *c, struct fpu_wide w)
{
    w.mant |= 1;
    return f80_pack(fpu_round(c, &fpu_fmt_f80, w));
}
