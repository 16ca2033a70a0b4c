/* SPDX-License-Identifier: MIT */
/* Every kernel as a row: how random operands go in and how results come out, flags included. */
#ifndef ERSATZ_TESTS_FPU_ROWS_H
#define ERSATZ_TESTS_FPU_ROWS_H

#include "unit/fpu/operands.h"

struct operands {
    u64 a, b;
    struct f80 x, y;
    u8 imm;
};

struct result {
    u64 v[3];
    u16 se[2];
    u16 flags;
};

static void put80(struct result *r, int i, struct f80 v)
{
    r->v[i] = v.mant;
    r->se[i] = v.se;
}

/* Shapes of kernels: how operands go in and results come out. */
#define F32_1(n) r->v[0] = (u64)o->n(c, (u32)in->a)
#define F32_2(n) r->v[0] = (u64)o->n(c, (u32)in->a, (u32)in->b)
#define F32_3(n) r->v[0] = (u64)o->n(c, (u32)in->a, (u32)in->b, in->imm & 7)
#define F32_IMM(n) r->v[0] = (u64)o->n(c, (u32)in->a, in->imm & 15)
#define F64_1(n) r->v[0] = (u64)o->n(c, in->a)
#define F64_2(n) r->v[0] = (u64)o->n(c, in->a, in->b)
#define F64_3(n) r->v[0] = (u64)o->n(c, in->a, in->b, in->imm & 7)
#define F64_IMM(n) r->v[0] = (u64)o->n(c, in->a, in->imm & 15)
#define I32_1(n) r->v[0] = (u64)o->n(c, (i32)in->a)
#define I64_1(n) r->v[0] = (u64)o->n(c, (i64)(in->a >> (in->imm & 63)))
#define F80_OUT1(call)                                                                             \
    struct f80 out = {0, 0};                                                                       \
    r->v[2] = call;                                                                                \
    put80(r, 0, out)
#define F80_1(n) F80_OUT1(o->n(c, &out, &in->x))
#define F80_2(n) F80_OUT1(o->n(c, &out, &in->x, &in->y))
#define F80_F32(n) F80_OUT1(o->n(c, &out, (u32)in->a))
#define F80_F64(n) F80_OUT1(o->n(c, &out, in->a))
#define F80_I64(n) F80_OUT1((o->n(c, &out, (i64)(in->a >> (in->imm & 63))), 0))
#define F80_OUT2(n)                                                                                \
    struct f80 out = {0, 0}, second = out;                                                         \
    r->v[2] = o->n(c, &out, &second, &in->x);                                                      \
    put80(r, 0, out);                                                                              \
    put80(r, 1, second)
#define F80_COM(n) r->v[0] = o->n(c, &in->x, &in->y)
#define F80_INT(n) r->v[0] = (u64)o->n(c, &in->x)
#define F80_BCD(n)                                                                                 \
    u8 bcd[10];                                                                                    \
    o->n(c, &in->x, bcd);                                                                          \
    r->v[0] = ld64(bcd);                                                                           \
    r->se[0] = ld16(bcd + 8)

/* clang-format off */
#define SSE_ROWS(X, F, P)                                                                          \
    X(F##_add, P##_2) X(F##_sub, P##_2) X(F##_mul, P##_2) X(F##_div, P##_2) X(F##_min, P##_2)      \
    X(F##_max, P##_2) X(F##_sqrt, P##_1) X(F##_round, P##_IMM) X(F##_cmp, P##_3)                   \
    X(F##_comi, P##_2) X(F##_ucomi, P##_2) X(F##_to_i32, P##_1) X(F##_to_i64, P##_1)               \
    X(F##_to_i32_trunc, P##_1) X(F##_to_i64_trunc, P##_1) X(F##_from_i32, I32_1)                   \
    X(F##_from_i64, I64_1)

#define ROWS(X)                                                                                    \
    SSE_ROWS(X, f32, F32) SSE_ROWS(X, f64, F64) X(f32_to_f64, F32_1) X(f64_to_f32, F64_1)          \
    X(f80_add, F80_2) X(f80_sub, F80_2) X(f80_mul, F80_2) X(f80_div, F80_2) X(f80_sqrt, F80_1)     \
    X(f80_rint, F80_1) X(f80_scale, F80_2) X(f80_xtract, F80_OUT2) X(f80_prem, F80_2)              \
    X(f80_prem1, F80_2) X(f80_com, F80_COM) X(f80_ucom, F80_COM) X(f80_from_f32, F80_F32)          \
    X(f80_from_f64, F80_F64) X(f80_to_f32, F80_INT) X(f80_to_f64, F80_INT)                         \
    X(f80_to_i16, F80_INT) X(f80_to_i32, F80_INT) X(f80_to_i64, F80_INT)                           \
    X(f80_to_i16_trunc, F80_INT) X(f80_to_i32_trunc, F80_INT) X(f80_to_i64_trunc, F80_INT)         \
    X(f80_to_bcd, F80_BCD) X(f80_widen_f32, F80_F32) X(f80_widen_f64, F80_F64)                     \
    X(f80_from_i64, F80_I64)

/* Real units round these wrongly now and then. */
#define TRANSCENDENTAL_ROWS(X)                                                                     \
    X(f80_f2xm1, F80_1) X(f80_yl2x, F80_2) X(f80_yl2xp1, F80_2) X(f80_patan, F80_2)                \
    X(f80_sin, F80_1) X(f80_cos, F80_1) X(f80_tan, F80_1) X(f80_sincos, F80_OUT2)

/* clang-format on */

#define RUN(n, SHAPE)                                                                              \
    static void run_##n(const struct fpu_ops *o, struct fpu_ctx *c, const struct operands *in,     \
                        struct result *r)                                                          \
    {                                                                                              \
        SHAPE(n);                                                                                  \
    }
ROWS(RUN)
TRANSCENDENTAL_ROWS(RUN)

struct row {
    const char *name;
    void (*run)(const struct fpu_ops *, struct fpu_ctx *, const struct operands *, struct result *);
    bool transcendental;
};

#define ROW(n, SHAPE) {#n, run_##n, false},
#define TRANSCENDENTAL_ROW(n, SHAPE) {#n, run_##n, true},
static const struct row rows[] = {ROWS(ROW) TRANSCENDENTAL_ROWS(TRANSCENDENTAL_ROW)};

enum {
    KERNELS = 0
#define FPU_OP(ret, name, params, args) +1
#include "cpu/fpu/fpu_ops.def"
};
_Static_assert(ARRAY_LEN(rows) + 2 == KERNELS,
               "all but f32_rcp and f32_rsqrt, whose values are free");

static inline void generate(struct rng *r, const struct row *row, struct operands *in,
                            struct fpu_ctx *c)
{
    static const u8 precisions[] = {24, 53, 64, 64};
    bool is32 = row->name[1] == '3' || strstr(row->name, "_f32");

    in->a = is32 ? rng_f32(r, rng_next(r)) : rng_f64(r, rng_next(r));
    in->b = is32 ? rng_f32(r, in->a) : rng_f64(r, in->a);
    in->x = rng_f80(r, (struct f80){0, (u16)rng_next(r)});
    in->y = rng_f80(r, in->x);
    in->imm = (u8)rng_next(r);
    *c = (struct fpu_ctx){
        .rounding = rng_below(r, 4),
        .precision = precisions[rng_below(r, 4)],
        .masks = FPU_EXCEPTIONS,
        .daz = !rng_below(r, 4),
        .ftz = !rng_below(r, 4),
    };
    if (row->name[1] == '8') {
        c->flags = rng_next(r) & FPU_CONDITIONS;
        c->sticky = rng_next(r) & rng_next(r) & FPU_EXCEPTIONS;
    }
}

#endif
