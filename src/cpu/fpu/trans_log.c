/* SPDX-License-Identifier: MIT */
/*
 * F2XM1, FYL2X, FYL2XP1. SDM vol. 1, 8.3.9 and the tables of vol. 2.
 *   2^x - 1    = u·(1 + u/2 + u²/6 + ...), u = x·ln 2
 *   log2(2^k·m) = k + 2·log2(e)·atanh((m - 1)/(m + 1)), m from √½ to √2
 * The manual leaves results undefined for F2XM1 beyond ±1 and FYL2XP1 outside ±(1 - √½). Here, as
 * on Zen, FYL2XP1 goes on being right for all x above -1, and other operands come back unchanged
 * with PE.
 */
#include "base/bits.h"
#include "cpu/fpu/wide.h"

#define SQRT2 0xb504f333f9de6484u

static const struct fpu_wide wide_one = {false, 0, WIDE_ONE};

static struct f80 exp2_minus_1(struct fpu_ctx *c, struct f80 a)
{
    struct fpu_num n = f80_unpack(a);

    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(n))
        return f80_pack(fpu_nan1(c, n));
    if (n.class == FPU_INF)
        return n.sign ? (struct f80){BIT(63), 0xbfff} : a;
    if (n.class == FPU_ZERO || fpu_denormal(c, n, n))
        return a;
    if (n.exp >= 0) {
        fpu_raise(c, FPU_PE); /* even on the exact results of ±1, as hardware does */
        return n.exp || n.mant != BIT(63) ? a : (struct f80){BIT(63), n.sign ? 0xbffe : 0x3fff};
    }
    struct fpu_wide u = wide_mul(wide_of(n), WIDE_LN2);
    return wide_deliver(c, wide_mul(u, wide_exp_series(u)));
}

/* log2 of w > 0; zero when w = 1. */
static struct fpu_wide wide_log2(struct fpu_wide w)
{
    i32 k = w.exp;

    w.exp = 0;
    if (w.mant >= (u128)SQRT2 << 64) {
        k++;
        w.exp = -1;
    }
    struct fpu_wide z = wide_div(wide_add(w, wide_neg(wide_one)), wide_add(w, wide_one));
    if (!z.mant)
        return wide_int(k);
    struct fpu_wide sum = wide_odd_series(wide_mul(z, z), false);
    z = wide_mul(wide_mul(z, sum), WIDE_L2E);
    z.exp++;
    return wide_add(wide_int(k), z);
}

/* log2(1 + x) for x > -1. Where 1 + x would lose bits of x, m - 1 is x itself. */
static struct fpu_wide wide_log2p1(struct fpu_wide x)
{
    if (x.exp >= -2)
        return wide_log2(wide_add(wide_one, x));

    struct fpu_wide two = {false, 1, WIDE_ONE};
    struct fpu_wide z = wide_div(x, wide_add(x, two));
    struct fpu_wide r = wide_mul(wide_mul(z, wide_odd_series(wide_mul(z, z), false)), WIDE_L2E);

    r.exp++;
    return r;
}

/* y times a logarithm that is ±0 or ±∞, as the sign says. */
static struct fpu_num times_edge(struct fpu_ctx *c, struct fpu_num y, struct fpu_num log)
{
    bool sign = y.sign != log.sign;

    if (y.class == FPU_INF ? log.class == FPU_ZERO : log.class == FPU_INF && y.class == FPU_ZERO)
        return fpu_invalid(c);
    return y.class == FPU_INF || log.class == FPU_INF ? num_inf(sign) : num_zero(sign);
}

/* With x a power of two only the product is rounded; hardware calls even exact ones inexact. */
static struct fpu_num power_of_two(struct fpu_ctx *c, struct fpu_wide w)
{
    struct fpu_num n = fpu_round(c, &fpu_fmt_f80, w);

    bool tiny = n.class == FPU_ZERO || (n.class == FPU_FINITE && !(n.mant & BIT(63)));
    fpu_raise(c, tiny ? FPU_PE | FPU_UE : FPU_PE);
    return n;
}

static struct f80 y_log2(struct fpu_ctx *c, struct f80 x, struct f80 y)
{
    struct fpu_num a = f80_unpack(x), b = f80_unpack(y);
    bool unit = a.class == FPU_FINITE && !a.exp && a.mant == BIT(63);
    bool below = a.class == FPU_FINITE && a.exp < 0;

    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(a) || num_is_nan(b))
        return f80_pack(fpu_nan2(c, &fpu_fmt_f80, a, b));
    if (a.sign && a.class != FPU_ZERO)
        return f80_pack(fpu_invalid(c));
    if (a.class == FPU_ZERO) {
        if (b.class == FPU_FINITE)
            fpu_raise(c, FPU_ZE);
        return f80_pack(times_edge(c, b, num_inf(true)));
    }
    if (b.class == FPU_INF && unit)
        return f80_pack(fpu_invalid(c));
    if (a.class == FPU_INF && b.class == FPU_ZERO)
        return f80_pack(fpu_invalid(c));
    if (fpu_denormal(c, a, b))
        return x;
    if (a.class == FPU_INF)
        return f80_pack(num_inf(b.sign));
    if (b.class == FPU_INF)
        return f80_pack(num_inf(b.sign != below));
    if (b.class == FPU_ZERO || unit)
        return f80_pack(num_zero(b.sign != below));

    struct fpu_wide w = wide_mul(wide_of(b), wide_log2(wide_of(a)));
    if (a.mant != BIT(63))
        return wide_deliver(c, w);
    return f80_pack(power_of_two(c, w));
}

static struct f80 y_log2_plus_1(struct fpu_ctx *c, struct f80 x, struct f80 y)
{
    struct fpu_num a = f80_unpack(x), b = f80_unpack(y);

    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(a) || num_is_nan(b))
        return f80_pack(fpu_nan2(c, &fpu_fmt_f80, a, b));
    if (a.class == FPU_INF && a.sign)
        return f80_pack(fpu_invalid(c));
    if ((a.class == FPU_ZERO && b.class == FPU_INF) || (a.class == FPU_INF && b.class == FPU_ZERO))
        return f80_pack(fpu_invalid(c));
    if (fpu_denormal(c, a, b))
        return x;
    if (a.class != FPU_FINITE || b.class != FPU_FINITE)
        return f80_pack(times_edge(c, b, a));
    if (a.sign && a.exp >= 0) {
        fpu_raise(c, FPU_PE);
        return x;
    }
    return wide_deliver(c, wide_mul(wide_of(b), wide_log2p1(wide_of(a))));
}

FPU_X87_UNARY(f80_f2xm1, exp2_minus_1)
FPU_X87_BINARY(f80_yl2x, y_log2)
FPU_X87_BINARY(f80_yl2xp1, y_log2_plus_1)
