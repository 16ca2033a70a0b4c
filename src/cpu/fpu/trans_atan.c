/* SPDX-License-Identifier: MIT */
/*
 * FPATAN: the angle of the point (x, y), -π to π. SDM vol. 2, FPATAN. The smaller coordinate is
 * divided by the larger; quotients above tan(π/8) are turned by π/4 first.
 */
#include "base/bits.h"
#include "cpu/fpu/wide.h"

static struct fpu_wide pi_times(i32 shift) /* π × 2^shift */
{
    struct fpu_wide pi = WIDE_PI;

    pi.exp += shift;
    return pi;
}

/*
 * atan(t) for |t| below 0.42, no zero. When t is tiny, t³/3 is less than what a quotient of two
 * 64-bit numbers has beyond its 128th bit, if it has any: then t is inexact (and odd), and too
 * small rather than too large.
 */
static struct fpu_wide small_atan(struct fpu_wide t)
{
    if (t.exp < -96) {
        t.mant -= ~t.mant & 1;
        return wide_norm(t);
    }
    return wide_mul(t, wide_odd_series(wide_mul(t, t), true));
}

/* atan(a / b) for 0 < a ≤ b. */
static struct fpu_wide octant(struct fpu_wide a, struct fpu_wide b)
{
    struct fpu_wide t = wide_div(a, b);

    if (t.exp < -2 || (t.exp == -2 && t.mant >> 64 < 0xd413cccfe7799211)) /* √2 - 1 */
        return small_atan(t);
    struct fpu_wide less = wide_add(a, wide_neg(b)); /* exact: exponents differ by 2 at most */
    if (!less.mant)
        return pi_times(-2);
    return wide_add(pi_times(-2), small_atan(wide_div(less, wide_add(a, b))));
}

static struct fpu_wide quadrants(struct fpu_num x, struct fpu_num y)
{
    struct fpu_wide a = {false, y.exp, (u128)y.mant << 64};
    struct fpu_wide b = {false, x.exp, (u128)x.mant << 64};
    bool steep = a.exp != b.exp ? a.exp > b.exp : a.mant > b.mant;
    struct fpu_wide angle = steep ? octant(b, a) : octant(a, b);

    if (steep)
        return wide_add(pi_times(-1), x.sign ? angle : wide_neg(angle));
    return x.sign ? wide_add(pi_times(0), wide_neg(angle)) : angle;
}

/* When a coordinate is zero or infinite: 0, π/4, π/2, 3π/4 or π. False for an exact 0. */
static bool axis(struct fpu_num x, struct fpu_num y, struct fpu_wide *w)
{
    if (x.class == FPU_INF && y.class == FPU_INF)
        *w = x.sign ? wide_add(pi_times(0), wide_neg(pi_times(-2))) : pi_times(-2);
    else if (y.class == FPU_INF || (x.class == FPU_ZERO && y.class != FPU_ZERO))
        *w = pi_times(-1);
    else if (x.sign)
        *w = pi_times(0);
    else
        return false;
    return true;
}

static struct f80 angle_of(struct fpu_ctx *c, struct f80 x, struct f80 y)
{
    struct fpu_num a = f80_unpack(x), b = f80_unpack(y);
    struct fpu_wide w;

    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(a) || num_is_nan(b))
        return f80_pack(fpu_nan2(c, &fpu_fmt_f80, a, b));
    if (fpu_denormal(c, a, b))
        return x;
    if (a.class == FPU_FINITE && b.class == FPU_FINITE)
        w = quadrants(a, b);
    else if (!axis(a, b, &w))
        return f80_pack(num_zero(b.sign));
    w.sign = b.sign;
    return wide_deliver(c, w);
}

FPU_X87_BINARY(f80_patan, angle_of)
