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

/* The next 64 bits of *rest / b, where *rest < b and b has bit 127 set; *rest becomes what is
 * left. Knuth's algorithm D: estimated from b's upper half, the digit is too large by 2 at most. */
static u64 next_digit(u128 *rest, u128 b)
{
    u64 high = (u64)(b >> 64), low = (u64)b;
    u64 q = *rest >> 64 == high ? ~0ull : (u64)(*rest / high);
    u128 p0 = (u128)q * low, p1 = (u128)q * high + (u64)(p0 >> 64);
    u64 r0 = 0 - (u64)p0; /* 192 bits: rest - q·b, r0 below r1 */
    u128 r1 = *rest - p1 - ((u64)p0 != 0);
    bool negative = *rest < p1 || (*rest == p1 && (u64)p0);

    while (negative) {
        u128 sum = (u128)r0 + low, before = r1;
        r0 = (u64)sum;
        r1 += high + (u128)(sum >> 64);
        negative = r1 >= before;
        q--;
    }
    *rest = r1 << 64 | r0;
    return q;
}

struct fpu_wide wide_div(struct fpu_wide a, struct fpu_wide b)
{
    bool less = a.mant < b.mant;
    u128 rest = less ? a.mant : a.mant - b.mant, q;

    if (!a.mant)
        return a;
    q = (u128)next_digit(&rest, b.mant) << 64;
    q |= next_digit(&rest, b.mant);
    if (!less) /* an integer bit more */
        q = WIDE_ONE | shr_jam(q, 1);
    return (struct fpu_wide){
        .sign = a.sign != b.sign,
        .exp = a.exp - b.exp - less,
        .mant = q | (rest != 0),
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

/* 1/n!, four factors a step; 33! is below 2^123. */
#define I4(f, n)                                                                                   \
    WIDE_ONE / (f), WIDE_ONE / ((f) * ((n) + 1)), WIDE_ONE / ((f) * ((n) + 1) * ((n) + 2)),        \
        WIDE_ONE / ((f) * ((n) + 1) * ((n) + 2) * ((n) + 3))
#define UP4(f, n) ((f) * ((n) + 1) * ((n) + 2) * ((n) + 3) * ((n) + 4))
#define FACT4 UP4((u128)1, 0)
#define FACT8 UP4(FACT4, 4)
#define FACT12 UP4(FACT8, 8)
#define FACT16 UP4(FACT12, 12)
#define FACT20 UP4(FACT16, 16)
#define FACT24 UP4(FACT20, 20)
#define FACT28 UP4(FACT24, 24)
#define FACT32 UP4(FACT28, 28)

static const u128 inverse_factorials[] = {
    I4((u128)1, 0), I4(FACT4, 4),   I4(FACT8, 8),   I4(FACT12, 12),    I4(FACT16, 16),
    I4(FACT20, 20), I4(FACT24, 24), I4(FACT28, 28), WIDE_ONE / FACT32, WIDE_ONE / (FACT32 * 33),
};

/* Sum of (-x)^k / (2k + first)!, below one: 0.62^17 / 34! < 2^-139. */
static struct fpu_wide alternating_factorials(u128 x, unsigned first)
{
    u128 p = 0;

    for (unsigned n = 32 + first; n > first; n -= 2)
        p = mul_high(x, inverse_factorials[n] - p);
    return of_fixed(below_one(p));
}

struct fpu_wide wide_sin_series(struct fpu_wide z)
{
    return alternating_factorials(fraction(z), 1);
}

struct fpu_wide wide_cos_series(struct fpu_wide z)
{
    return alternating_factorials(fraction(z), 0);
}

#define EXP_TERMS 28 /* 0.7^28 / 29! < 2^-116-14 */

struct fpu_wide wide_exp_series(struct fpu_wide u)
{
    u128 x = fraction(u), p = 0;

    for (unsigned n = EXP_TERMS; n > 1; n--)
        p = mul_high(x, u.sign ? inverse_factorials[n] - p : inverse_factorials[n] + p);
    return of_fixed(u.sign ? WIDE_ONE - p : WIDE_ONE + p);
}

struct f80 wide_deliver(struct fpu_ctx *c, struct fpu_wide w)
{
    w.mant |= 1;
    return f80_pack(fpu_round(c, &fpu_fmt_f80, w));
}
