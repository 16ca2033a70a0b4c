/* SPDX-License-Identifier: MIT */
/*
 * What the kernels share: numbers taken apart, the formats, rounding. All three formats are taken
 * apart into struct fpu_num, so one adder, multiplier or divider serves them all; a struct
 * fpu_fmt says how the result is rounded (precision, exponent range, x87 or SSE manners).
 */
#ifndef ERSATZ_CPU_FPU_NUM_H
#define ERSATZ_CPU_FPU_NUM_H

#include "cpu/fpu/fpu.h"

enum fpu_class { FPU_ZERO, FPU_FINITE, FPU_INF, FPU_QNAN, FPU_SNAN, FPU_UNSUPPORTED };

/* FINITE: mant × 2^(exp - 63), bit 63 set; only fpu_round() makes it clear, in denormal results.
 * NaN: mant as the x87 would hold it (bit 63 set, bit 62 = quiet). */
struct fpu_num {
    u8 class;
    bool sign;
    bool denormal; /* the encoding was denormal or pseudo-denormal */
    i32 exp;
    u64 mant;
};

/* An exact or sticky result before rounding: mant × 2^(exp - 127); the lowest bit may stand for
 * "and something more". Not zero, but need not be normalised. */
struct fpu_wide {
    bool sign;
    i32 exp;
    u128 mant;
};

struct fpu_fmt {
    u8 prec;  /* mantissa bits, integer bit included */
    bool x87; /* C1, NaN choice by significand, no FTZ */
    i32 emin; /* exponents of the normal numbers */
    i32 emax;
    i32 adjust; /* bias adjustment of unmasked overflow and underflow, SDM vol. 1, 4.9.1.4 */
};

extern const struct fpu_fmt fpu_fmt_f32, fpu_fmt_f64;       /* SSE */
extern const struct fpu_fmt fpu_fmt_m32, fpu_fmt_m64;       /* x87 stores */
extern const struct fpu_fmt fpu_fmt_f80;                    /* x87 register, all 64 bits */
const struct fpu_fmt *fpu_fmt_x87(const struct fpu_ctx *c); /* x87 register under PC */

/* pack.c */
struct fpu_num f32_unpack(const struct fpu_ctx *c, u32 v);
struct fpu_num f64_unpack(const struct fpu_ctx *c, u64 v);
struct fpu_num f80_unpack(struct f80 v);
u32 f32_pack(struct fpu_num n);
u64 f64_pack(struct fpu_num n);
struct f80 f80_pack(struct fpu_num n);

/* round.c */
struct fpu_num fpu_round(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_wide w);
struct fpu_int {
    u64 v;
    bool inexact, up;
};
struct fpu_int fpu_round_int(struct fpu_num a, u8 rounding);
bool fpu_round_up(u8 rounding, bool sign, bool odd, unsigned tail);

/* arith.c: the operations on numbers taken apart; operands may be of any class */
struct fpu_num fpu_add(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                       struct fpu_num b);
struct fpu_num fpu_mul(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                       struct fpu_num b);
struct fpu_num fpu_div(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                       struct fpu_num b);
struct fpu_num fpu_sqrt(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a);

/* nan.c */
struct fpu_num fpu_nan1(struct fpu_ctx *c, struct fpu_num a);
struct fpu_num fpu_nan2(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                        struct fpu_num b);
struct fpu_num fpu_invalid(struct fpu_ctx *c);

/* compare.c: LESS etc. as C3 C2 C0 of the x87 */
u16 fpu_compare(struct fpu_num a, struct fpu_num b);

static inline bool num_is_nan(struct fpu_num a)
{
    return a.class >= FPU_QNAN; /* or unsupported, which is answered like one */
}

static inline struct fpu_num num_zero(bool sign)
{
    return (struct fpu_num){.class = FPU_ZERO, .sign = sign};
}

static inline struct fpu_num num_inf(bool sign)
{
    return (struct fpu_num){.class = FPU_INF, .sign = sign};
}

/* Raises flags; true when the guest has one of them unmasked. */
static inline bool fpu_raise(struct fpu_ctx *c, unsigned flags)
{
    c->flags |= (u16)flags;
    return flags & ~c->masks;
}

/* DE for one or two operands that are not NaN; true when the operation must not go on. */
static inline bool fpu_denormal(struct fpu_ctx *c, struct fpu_num a, struct fpu_num b)
{
    return (a.denormal || b.denormal) && fpu_raise(c, FPU_DE);
}

/* The register result of an x87 kernel; an unmasked IE, DE or ZE leaves none. */
static inline bool f80_deliver(const struct fpu_ctx *c, struct f80 *r, struct f80 v)
{
    if (fpu_unmasked(c) & FPU_PRE)
        return false;
    *r = v;
    return true;
}

/* Kernels by address from functions of values. */
#define FPU_X87_UNARY(name, function)                                                              \
    bool name(struct fpu_ctx *c, struct f80 *r, const struct f80 *a)                               \
    {                                                                                              \
        return f80_deliver(c, r, function(c, *a));                                                 \
    }
#define FPU_X87_BINARY(name, function)                                                             \
    bool name(struct fpu_ctx *c, struct f80 *r, const struct f80 *a, const struct f80 *b)          \
    {                                                                                              \
        return f80_deliver(c, r, function(c, *a, *b));                                             \
    }

static inline unsigned clz128(u128 v)
{
    return v >> 64 ? (unsigned)__builtin_clzll((u64)(v >> 64))
                   : 64 + (unsigned)__builtin_clzll((u64)v);
}

/* v >> n, the bits lost jammed into the lowest. */
static inline u128 shr_jam(u128 v, unsigned n)
{
    if (!n)
        return v;
    return n > 127 ? v != 0 : v >> n | (v << (128 - n) != 0);
}

#endif
