/* SPDX-License-Identifier: MIT */
/*
 * The x87's arithmetic on 80-bit registers. Addition, subtraction, multiplication, division and
 * square root round to the precision that PC asks for, within the exponents of the extended
 * format; everything else ignores PC. SDM vol. 1, 8.1.5.2 and 8.3.5.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

static struct fpu_num second(const struct fpu_ctx *c, struct f80 b)
{
    struct fpu_num n = f80_unpack(b);

    n.denormal |= c->src_denormal;
    return n;
}

static struct f80 add(struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    c->flags &= (u16)~FPU_C1;
    return f80_pack(fpu_add(c, fpu_fmt_x87(c), f80_unpack(a), second(c, b)));
}

static struct f80 sub(struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    struct fpu_num y = second(c, b);

    c->flags &= (u16)~FPU_C1;
    if (!num_is_nan(y))
        y.sign = !y.sign;
    return f80_pack(fpu_add(c, fpu_fmt_x87(c), f80_unpack(a), y));
}

static struct f80 mul(struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    c->flags &= (u16)~FPU_C1;
    return f80_pack(fpu_mul(c, fpu_fmt_x87(c), f80_unpack(a), second(c, b)));
}

/* For FDIVR the memory operand is the dividend: src_denormal counts for either side. */
static struct f80 div(struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    c->flags &= (u16)~FPU_C1;
    return f80_pack(fpu_div(c, fpu_fmt_x87(c), f80_unpack(a), second(c, b)));
}

static struct f80 root(struct fpu_ctx *c, struct f80 a)
{
    c->flags &= (u16)~FPU_C1;
    return f80_pack(fpu_sqrt(c, fpu_fmt_x87(c), f80_unpack(a)));
}

static struct f80 to_integer(struct fpu_ctx *c, struct f80 a)
{
    struct fpu_num n = f80_unpack(a);

    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(n))
        return f80_pack(fpu_nan1(c, n));
    if (n.class != FPU_FINITE || fpu_denormal(c, n, n) || n.exp >= 63)
        return f80_pack(n);

    struct fpu_int i = fpu_round_int(n, c->rounding);
    if (i.inexact)
        fpu_raise(c, FPU_PE);
    if (i.up)
        c->flags |= FPU_C1;
    if (!i.v)
        return f80_pack(num_zero(n.sign));
    struct f80 r;
    f80_from_i64(c, &r, (i64)i.v); /* n.exp < 63: at most 2^63, which keeps its bits */
    r.se = (u16)((r.se & 0x7fff) | n.sign << 15);
    return r;
}

/* FSCALE with a finite, nonzero a: a × 2^trunc(b). */
static struct fpu_num scale_finite(struct fpu_ctx *c, struct fpu_num a, struct fpu_num b)
{
    i32 by = 0;

    if (b.class == FPU_FINITE && b.exp >= 0) /* beyond ±2^17 the result over- or underflows */
        by = b.exp > 16 ? 1 << 17 : (i32)fpu_round_int(b, FPU_RC_ZERO).v;
    a.exp += b.sign ? -by : by;
    return fpu_round(c, &fpu_fmt_f80, (struct fpu_wide){a.sign, a.exp, (u128)a.mant << 64});
}

static struct f80 scale(struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    struct fpu_num x = f80_unpack(a), y = f80_unpack(b);

    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(x) || num_is_nan(y))
        return f80_pack(fpu_nan2(c, &fpu_fmt_f80, x, y));
    if (y.class == FPU_INF && (y.sign ? x.class == FPU_INF : x.class == FPU_ZERO))
        return f80_pack(fpu_invalid(c));
    if (fpu_denormal(c, x, y))
        return a;
    if (y.class == FPU_INF)
        return f80_pack(y.sign ? num_zero(x.sign) : num_inf(x.sign));
    return f80_pack(x.class == FPU_FINITE ? scale_finite(c, x, y) : x);
}

static struct f80 take_apart(struct fpu_ctx *c, struct f80 a, struct f80 *exponent)
{
    struct fpu_num n = f80_unpack(a);

    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(n)) {
        *exponent = f80_pack(fpu_nan1(c, n));
        return *exponent;
    }
    if (n.class == FPU_ZERO) {
        fpu_raise(c, FPU_ZE);
        *exponent = f80_pack(num_inf(true));
        return a;
    }
    if (n.class == FPU_INF) {
        *exponent = f80_pack(num_inf(false));
        return a;
    }
    fpu_denormal(c, n, n);
    f80_from_i64(c, exponent, n.exp);
    n.exp = 0;
    return f80_pack(n);
}

FPU_X87_BINARY(f80_add, add)
FPU_X87_BINARY(f80_sub, sub)
FPU_X87_BINARY(f80_mul, mul)
FPU_X87_BINARY(f80_div, div)
FPU_X87_BINARY(f80_scale, scale)
FPU_X87_UNARY(f80_sqrt, root)
FPU_X87_UNARY(f80_rint, to_integer)

bool f80_xtract(struct fpu_ctx *c, struct f80 *r, struct f80 *second, const struct f80 *a)
{
    struct f80 exponent, significand = take_apart(c, *a, &exponent);

    return f80_deliver(c, second, exponent) && f80_deliver(c, r, significand);
}
