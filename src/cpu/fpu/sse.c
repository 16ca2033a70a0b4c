/* SPDX-License-Identifier: MIT */
/* The scalar SSE operations of binary32 and binary64 on the shared arithmetic. */
#include "base/bits.h"
#include "cpu/fpu/num.h"

static struct fpu_num negate(struct fpu_num n)
{
    if (!num_is_nan(n))
        n.sign = !n.sign;
    return n;
}

#define FPU_BINARY(F, U, name, op)                                                                 \
    U F##_##name(struct fpu_ctx *c, U a, U b)                                                      \
    {                                                                                              \
        return F##_pack(op(c, &fpu_fmt_##F, F##_unpack(c, a), F##_unpack(c, b)));                  \
    }

#define FPU_ARITH_SSE(F, U)                                                                        \
    FPU_BINARY(F, U, add, fpu_add)                                                                 \
    FPU_BINARY(F, U, mul, fpu_mul)                                                                 \
    FPU_BINARY(F, U, div, fpu_div)                                                                 \
    U F##_sub(struct fpu_ctx *c, U a, U b)                                                         \
    {                                                                                              \
        return F##_pack(fpu_add(c, &fpu_fmt_##F, F##_unpack(c, a), negate(F##_unpack(c, b))));     \
    }                                                                                              \
    U F##_sqrt(struct fpu_ctx *c, U a)                                                             \
    {                                                                                              \
        return F##_pack(fpu_sqrt(c, &fpu_fmt_##F, F##_unpack(c, a)));                              \
    }                                                                                              \
    U F##_round(struct fpu_ctx *c, U a, u8 imm)                                                    \
    {                                                                                              \
        return F##_pack(round_imm(c, &fpu_fmt_##F, F##_unpack(c, a), imm));                        \
    }

/* ROUNDSS/ROUNDSD. A denormal operand raises no DE. */
static struct fpu_num round_imm(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                                u8 imm)
{
    if (num_is_nan(a))
        return fpu_nan1(c, a);
    if (a.class != FPU_FINITE || a.exp >= f->prec - 1)
        return a;

    struct fpu_int i = fpu_round_int(a, imm & 4 ? c->rounding : imm & 3);
    if (i.inexact && !(imm & 8))
        fpu_raise(c, FPU_PE);
    if (!i.v)
        return num_zero(a.sign);
    unsigned shift = (unsigned)__builtin_clzll(i.v);
    return (struct fpu_num){
        .class = FPU_FINITE,
        .sign = a.sign,
        .exp = 63 - (i32)shift,
        .mant = i.v << shift,
    };
}

FPU_ARITH_SSE(f32, u32)
FPU_ARITH_SSE(f64, u64)
