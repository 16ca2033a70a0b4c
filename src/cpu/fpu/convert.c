/* SPDX-License-Identifier: MIT */
/*
 * Conversions between the formats and to and from integers. SDM vol. 1, 4.8.2, 8.3.4, 11.4.4;
 * the integer indefinite is the most negative integer, 8.2.1.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

/* To a signed integer of `bits` bits; flags as the x87 sets them, C1 included. */
static i64 to_int(struct fpu_ctx *c, struct fpu_num a, u8 rounding, unsigned bits)
{
    u64 limit = BIT(bits - 1); /* magnitude of the indefinite */

    if (a.class == FPU_ZERO)
        return 0;
    if (a.class == FPU_FINITE && a.exp < 64) {
        struct fpu_int i = fpu_round_int(a, rounding);
        if (i.v < limit + a.sign) {
            if (i.inexact)
                fpu_raise(c, FPU_PE);
            if (i.up)
                c->flags |= FPU_C1;
            return a.sign ? (i64)(0 - i.v) : (i64)i.v;
        }
    }
    fpu_raise(c, FPU_IE);
    return -(i64)(limit - 1) - 1;
}

static i64 to_int_sse(struct fpu_ctx *c, struct fpu_num a, u8 rounding, unsigned bits)
{
    i64 v = to_int(c, a, rounding, bits);

    c->flags &= (u16)~FPU_C1;
    return v;
}

static struct fpu_num from_int(struct fpu_ctx *c, const struct fpu_fmt *f, i64 v)
{
    u64 magnitude = v < 0 ? 0 - (u64)v : (u64)v;

    if (!v)
        return num_zero(false);
    return fpu_round(c, f, (struct fpu_wide){v < 0, 63, (u128)magnitude << 64});
}

/* Between floating formats; DE only where the operand format is the smaller one, or for SSE. */
static struct fpu_num to_format(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a)
{
    if (num_is_nan(a))
        return fpu_nan1(c, a);
    if (a.class != FPU_FINITE)
        return a;
    return fpu_round(c, f, (struct fpu_wide){a.sign, a.exp, (u128)a.mant << 64});
}

#define FPU_CONVERT_SSE(F, U)                                                                      \
    i32 F##_to_i32(struct fpu_ctx *c, U a)                                                         \
    {                                                                                              \
        return (i32)to_int_sse(c, F##_unpack(c, a), c->rounding, 32);                              \
    }                                                                                              \
    i64 F##_to_i64(struct fpu_ctx *c, U a)                                                         \
    {                                                                                              \
        return to_int_sse(c, F##_unpack(c, a), c->rounding, 64);                                   \
    }                                                                                              \
    i32 F##_to_i32_trunc(struct fpu_ctx *c, U a)                                                   \
    {                                                                                              \
        return (i32)to_int_sse(c, F##_unpack(c, a), FPU_RC_ZERO, 32);                              \
    }                                                                                              \
    i64 F##_to_i64_trunc(struct fpu_ctx *c, U a)                                                   \
    {                                                                                              \
        return to_int_sse(c, F##_unpack(c, a), FPU_RC_ZERO, 64);                                   \
    }                                                                                              \
    U F##_from_i32(struct fpu_ctx *c, i32 v)                                                       \
    {                                                                                              \
        return F##_pack(from_int(c, &fpu_fmt_##F, v));                                             \
    }                                                                                              \
    U F##_from_i64(struct fpu_ctx *c, i64 v)                                                       \
    {                                                                                              \
        return F##_pack(from_int(c, &fpu_fmt_##F, v));                                             \
    }

FPU_CONVERT_SSE(f32, u32)
FPU_CONVERT_SSE(f64, u64)

u64 f32_to_f64(struct fpu_ctx *c, u32 a)
{
    struct fpu_num n = f32_unpack(c, a);

    if (fpu_denormal(c, n, n))
        return 0;
    return f64_pack(to_format(c, &fpu_fmt_f64, n));
}

u32 f64_to_f32(struct fpu_ctx *c, u64 a)
{
    struct fpu_num n = f64_unpack(c, a);

    if (fpu_denormal(c, n, n))
        return 0;
    return f32_pack(to_format(c, &fpu_fmt_f32, n));
}

/* x87 loads: the value always fits, so PC and rounding don't matter. Unlike an operation, a load
 * goes on when DE is unmasked. */
static struct f80 load(struct fpu_ctx *c, struct fpu_num n)
{
    c->flags &= (u16)~FPU_C1;
    if (num_is_nan(n))
        n = fpu_nan1(c, n);
    else
        fpu_denormal(c, n, n);
    return f80_pack(n);
}

/* x87 kernels see their own context, where DAZ never applies. */
static const struct fpu_ctx no_daz;

#define FPU_LOAD_X87(F, U)                                                                         \
    bool f80_from_##F(struct fpu_ctx *c, struct f80 *r, U v)                                       \
    {                                                                                              \
        struct f80 value = load(c, F##_unpack(&no_daz, v));                                        \
                                                                                                   \
        if (fpu_unmasked(c) & FPU_IE)                                                              \
            return false;                                                                          \
        *r = value;                                                                                \
        return true;                                                                               \
    }                                                                                              \
    bool f80_widen_##F(struct fpu_ctx *c, struct f80 *r, U v)                                      \
    {                                                                                              \
        struct fpu_num n = F##_unpack(&no_daz, v);                                                 \
                                                                                                   \
        *r = f80_pack(n);                                                                          \
        return n.denormal;                                                                         \
    }

FPU_LOAD_X87(f32, u32)
FPU_LOAD_X87(f64, u64)

u32 f80_to_f32(struct fpu_ctx *c, const struct f80 *a)
{
    c->flags &= (u16)~FPU_C1;
    return f32_pack(to_format(c, &fpu_fmt_m32, f80_unpack(*a)));
}

u64 f80_to_f64(struct fpu_ctx *c, const struct f80 *a)
{
    c->flags &= (u16)~FPU_C1;
    return f64_pack(to_format(c, &fpu_fmt_m64, f80_unpack(*a)));
}

#define FPU_TO_INT_X87(bits)                                                                       \
    i##bits f80_to_i##bits(struct fpu_ctx *c, const struct f80 *a)                                 \
    {                                                                                              \
        c->flags &= (u16)~FPU_C1;                                                                  \
        return (i##bits)to_int(c, f80_unpack(*a), c->rounding, bits);                              \
    }                                                                                              \
    i##bits f80_to_i##bits##_trunc(struct fpu_ctx *c, const struct f80 *a)                         \
    {                                                                                              \
        c->flags &= (u16)~FPU_C1;                                                                  \
        return (i##bits)to_int(c, f80_unpack(*a), FPU_RC_ZERO, bits);                              \
    }

FPU_TO_INT_X87(16)
FPU_TO_INT_X87(32)
FPU_TO_INT_X87(64)

void f80_from_i64(struct fpu_ctx *c, struct f80 *r, i64 v)
{
    struct fpu_ctx exact = {.masks = FPU_EXCEPTIONS};

    *r = f80_pack(from_int(&exact, &fpu_fmt_f80, v));
}
