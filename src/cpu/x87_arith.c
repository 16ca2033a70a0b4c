/* SPDX-License-Identifier: MIT */
/*
 * x87 arithmetic and the transcendental instructions. SDM vol. 1, 8.3.5 to 8.3.7, 8.5.
 *
 * The frame is always the same: an empty source is a stack underflow, whose masked answer is the
 * indefinite QNaN; else the kernel answers; an unmasked IE, DE or ZE leaves the registers as
 * they were, and pops nothing.
 */
#include "cpu/simd.h"

typedef bool unary_fn(struct fpu_ctx *x, struct f80 *r, const struct f80 *a);
typedef bool binary_fn(struct fpu_ctx *x, struct f80 *r, const struct f80 *a, const struct f80 *b);

/* A kernel, and whether the destination is its second operand (FSUBR, FDIVR). */
struct binary {
    binary_fn *fn;
    bool reversed;
};

/* ST(dst) op= *b; b is NULL if the source is empty. False: nothing was written. */
static bool arith(struct cpu *c, const struct insn *in, unsigned dst, const struct f80 *b,
                  struct binary op)
{
    x87_note(c, in);
    if (!b || x87_empty(c, dst)) {
        if (x87_underflow(c, in))
            return false;
        x87_put(c, dst, F80_INDEFINITE);
        return true;
    }
    struct f80 *a = x87_st(c, dst); /* the kernel writes it, unless blocked */
    op.fn(&c->fpu.x87, a, op.reversed ? b : a, op.reversed ? a : b);
    return !x87_blocked(c, in);
}

static const struct f80 *source(struct cpu *c, unsigned i)
{
    return x87_empty(c, i) ? NULL : x87_st(c, i);
}

/* --- the six operations: ST0 and STi, popping, from memory --- */

static void arith_st(struct cpu *c, const struct insn *in, struct binary op, bool pop)
{
    x87_begin(c);
    if (arith(c, in, in->op[0].reg, source(c, in->op[1].reg), op) && pop)
        x87_pop(c);
}

static void arith_m32(struct cpu *c, const struct insn *in, struct binary op)
{
    struct fpu_ctx *x = x87_begin(c);
    struct f80 b;
    x->src_denormal = c->fpu.ops->f80_widen_f32(x, &b, (u32)mem_read_operand(c, in, 4));
    arith(c, in, 0, &b, op);
}

static void arith_m64(struct cpu *c, const struct insn *in, struct binary op)
{
    struct fpu_ctx *x = x87_begin(c);
    struct f80 b;
    x->src_denormal = c->fpu.ops->f80_widen_f64(x, &b, mem_read_operand(c, in, 8));
    arith(c, in, 0, &b, op);
}

static void arith_int(struct cpu *c, const struct insn *in, struct binary op)
{
    struct fpu_ctx *x = x87_begin(c);
    struct f80 b;
    c->fpu.ops->f80_from_i64(x, &b, sext(mem_read_operand(c, in, in->msize), in->msize));
    arith(c, in, 0, &b, op);
}

#define BINARY(kernel, reversed) ((struct binary){c->fpu.ops->kernel, reversed})

#define ARITH(name, kernel, reversed)                                                              \
    OP(f##name)                                                                                    \
    {                                                                                              \
        arith_st(c, in, BINARY(kernel, reversed), false);                                          \
    }                                                                                              \
    OP(f##name##p)                                                                                 \
    {                                                                                              \
        arith_st(c, in, BINARY(kernel, reversed), true);                                           \
    }                                                                                              \
    OP(f##name##_m32)                                                                              \
    {                                                                                              \
        arith_m32(c, in, BINARY(kernel, reversed));                                                \
    }                                                                                              \
    OP(f##name##_m64)                                                                              \
    {                                                                                              \
        arith_m64(c, in, BINARY(kernel, reversed));                                                \
    }                                                                                              \
    OP(fi##name##_m16)                                                                             \
    {                                                                                              \
        arith_int(c, in, BINARY(kernel, reversed));                                                \
    }                                                                                              \
    OP(fi##name##_m32)                                                                             \
    {                                                                                              \
        arith_int(c, in, BINARY(kernel, reversed));                                                \
    }

ARITH(add, f80_add, false)
ARITH(mul, f80_mul, false)
ARITH(sub, f80_sub, false)
ARITH(subr, f80_sub, true)
ARITH(div, f80_div, false)
ARITH(divr, f80_div, true)

/* --- ST(0) and ST(1) --- */

/* Takes over condition codes that a kernel reports in its flags. */
static void conditions(struct cpu *c, u16 mask)
{
    c->fpu.sw = (u16)((c->fpu.sw & ~mask) | (c->fpu.x87.flags & mask));
}

OP(fscale)
{
    x87_begin(c);
    arith(c, in, 0, source(c, 1), BINARY(f80_scale, false));
}

/* C3 and C0 only change with a quotient, not when the answer is a NaN. */
static void remainder_st(struct cpu *c, const struct insn *in, binary_fn *fn)
{
    x87_begin(c);
    c->fpu.sw &= (u16)~SW_C2;
    if (arith(c, in, 0, source(c, 1), (struct binary){fn, false}) && !f80_is_nan(*x87_st(c, 0)))
        conditions(c, FPU_CONDITIONS);
}

OP(fprem)
{
    remainder_st(c, in, c->fpu.ops->f80_prem);
}

OP(fprem1)
{
    remainder_st(c, in, c->fpu.ops->f80_prem1);
}

/* These take x = ST(0) and y = ST(1), and leave one result: in ST(1), popping. */
static void replace_two(struct cpu *c, const struct insn *in, binary_fn *fn)
{
    x87_begin(c);
    if (arith(c, in, 1, source(c, 0), (struct binary){fn, true}))
        x87_pop(c);
}

OP(fyl2x)
{
    replace_two(c, in, c->fpu.ops->f80_yl2x);
}

OP(fyl2xp1)
{
    replace_two(c, in, c->fpu.ops->f80_yl2xp1);
}

OP(fpatan)
{
    replace_two(c, in, c->fpu.ops->f80_patan);
}

/* --- ST(0) alone --- */

static void unary(struct cpu *c, const struct insn *in, unary_fn *fn)
{
    x87_begin(c);
    x87_note(c, in);
    if (x87_empty(c, 0)) {
        if (!x87_underflow(c, in))
            x87_put(c, 0, F80_INDEFINITE);
    } else {
        fn(&c->fpu.x87, x87_st(c, 0), x87_st(c, 0));
        x87_blocked(c, in);
    }
}

static bool change_sign(struct fpu_ctx *x, struct f80 *r, const struct f80 *a)
{
    *r = (struct f80){a->mant, a->se ^ 0x8000};
    return true;
}

static bool clear_sign(struct fpu_ctx *x, struct f80 *r, const struct f80 *a)
{
    *r = (struct f80){a->mant, a->se & 0x7fff};
    return true;
}

#define UNARY(name, fn)                                                                            \
    OP(name)                                                                                       \
    {                                                                                              \
        unary(c, in, fn);                                                                          \
    }

UNARY(fchs, change_sign)
UNARY(fabs, clear_sign)
UNARY(fsqrt, c->fpu.ops->f80_sqrt)
UNARY(frndint, c->fpu.ops->f80_rint)
UNARY(f2xm1, c->fpu.ops->f80_f2xm1)

/* C2 tells that the argument was out of range, and left alone. */
#define UNARY_C2(name, fn)                                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        unary(c, in, fn);                                                                          \
        conditions(c, FPU_C2);                                                                     \
    }

UNARY_C2(fsin, c->fpu.ops->f80_sin)
UNARY_C2(fcos, c->fpu.ops->f80_cos)

/* --- one operand, two results: ST(0) is replaced, then one is pushed --- */

/* ST(0) is changed in place, unless blocked. */
typedef void split_fn(struct cpu *c, struct f80 *st0, struct f80 *pushed);

static void split(struct cpu *c, const struct insn *in, split_fn *fn)
{
    struct f80 pushed = F80_INDEFINITE;

    x87_begin(c);
    x87_note(c, in);
    if (x87_empty(c, 0)) {
        if (x87_underflow(c, in))
            return;
        x87_put(c, 0, F80_INDEFINITE);
    } else if (!x87_empty(c, 7)) {
        if (x87_overflow(c, in))
            return;
        x87_put(c, 0, F80_INDEFINITE);
    } else {
        fn(c, x87_st(c, 0), &pushed);
        if (x87_blocked(c, in) || c->fpu.x87.flags & FPU_C2)
            return;
    }
    x87_push(c, pushed);
}

/* Pushes 1.0, or the NaN once more. */
static void tangent(struct cpu *c, struct f80 *st0, struct f80 *pushed)
{
    c->fpu.ops->f80_tan(&c->fpu.x87, st0, st0);
    *pushed = f80_is_nan(*st0) ? *st0 : f80_constant(&c->fpu.x87, F80_1);
}

OP(fptan)
{
    split(c, in, tangent);
    conditions(c, FPU_C2);
}

static void sine_cosine(struct cpu *c, struct f80 *st0, struct f80 *pushed)
{
    c->fpu.ops->f80_sincos(&c->fpu.x87, st0, pushed, st0);
}

OP(fsincos)
{
    split(c, in, sine_cosine);
    conditions(c, FPU_C2);
}

/* The exponent replaces ST(0), the significand is pushed. */
static void take_apart(struct cpu *c, struct f80 *st0, struct f80 *pushed)
{
    c->fpu.ops->f80_xtract(&c->fpu.x87, pushed, st0, st0);
}

OP(fxtract)
{
    split(c, in, take_apart);
}
