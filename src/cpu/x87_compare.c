/* SPDX-License-Identifier: MIT */
/*
 * x87 comparisons: into C3 C2 C0 or into EFLAGS. SDM vol. 1, 8.3.6. An empty operand is a stack
 * underflow, whose masked answer is "unordered".
 */
#include "cpu/flags.h"
#include "cpu/simd.h"

#define UNORDERED (FPU_C3 | FPU_C2 | FPU_C0)

typedef u16 compare_fn(struct fpu_ctx *x, const struct f80 *a, const struct f80 *b);

/* ST(0) against *b (NULL: empty). False: an unmasked exception, nothing is to be popped. */
static bool compare(struct cpu *c, const struct insn *in, const struct f80 *b, compare_fn *fn,
                    u16 *result)
{
    x87_note(c, in);
    if (!b || x87_empty(c, 0)) {
        *result = UNORDERED;
        return !x87_underflow(c, in);
    }
    *result = fn(&c->fpu.x87, x87_st(c, 0), b);
    return !x87_blocked(c, in);
}

/* Condition codes, written in any case, and how many registers are popped. */
static void compare_pop(struct cpu *c, const struct insn *in, const struct f80 *b, compare_fn *fn,
                        unsigned pops)
{
    u16 result;
    bool good = compare(c, in, b, fn, &result);

    c->fpu.sw = (u16)((c->fpu.sw & ~UNORDERED) | result);
    while (good && pops--)
        x87_pop(c);
}

static const struct f80 *source(struct cpu *c, unsigned i)
{
    return x87_empty(c, i) ? NULL : x87_st(c, i);
}

/* The register operand is the last one. */
static unsigned st_operand(const struct insn *in)
{
    return in->op[in->op[1].kind == OPND_ST ? 1 : 0].reg;
}

#define COMPARE_ST(name, kernel, pops)                                                             \
    OP(name)                                                                                       \
    {                                                                                              \
        x87_begin(c);                                                                              \
        compare_pop(c, in, source(c, st_operand(in)), c->fpu.ops->kernel, pops);                   \
    }

COMPARE_ST(fcom, f80_com, 0)
COMPARE_ST(fcomp, f80_com, 1)
COMPARE_ST(fucom, f80_ucom, 0)
COMPARE_ST(fucomp, f80_ucom, 1)

OP(fcompp)
{
    x87_begin(c);
    compare_pop(c, in, source(c, 1), c->fpu.ops->f80_com, 2);
}

OP(fucompp)
{
    x87_begin(c);
    compare_pop(c, in, source(c, 1), c->fpu.ops->f80_ucom, 2);
}

OP(ftst)
{
    static const struct f80 zero = {0, 0};

    x87_begin(c);
    compare_pop(c, in, &zero, c->fpu.ops->f80_com, 0);
}

static void compare_m32(struct cpu *c, const struct insn *in, unsigned pops)
{
    struct fpu_ctx *x = x87_begin(c);
    struct f80 b;
    x->src_denormal = c->fpu.ops->f80_widen_f32(x, &b, (u32)mem_read_operand(c, in, 4));
    compare_pop(c, in, &b, c->fpu.ops->f80_com, pops);
}

static void compare_m64(struct cpu *c, const struct insn *in, unsigned pops)
{
    struct fpu_ctx *x = x87_begin(c);
    struct f80 b;
    x->src_denormal = c->fpu.ops->f80_widen_f64(x, &b, mem_read_operand(c, in, 8));
    compare_pop(c, in, &b, c->fpu.ops->f80_com, pops);
}

static void compare_int(struct cpu *c, const struct insn *in, unsigned pops)
{
    struct fpu_ctx *x = x87_begin(c);
    struct f80 b;
    c->fpu.ops->f80_from_i64(x, &b, sext(mem_read_operand(c, in, in->msize), in->msize));
    compare_pop(c, in, &b, c->fpu.ops->f80_com, pops);
}

#define COMPARE_MEM(name, how, pops)                                                               \
    OP(name)                                                                                       \
    {                                                                                              \
        how(c, in, pops);                                                                          \
    }

COMPARE_MEM(fcom_m32, compare_m32, 0)
COMPARE_MEM(fcom_m64, compare_m64, 0)
COMPARE_MEM(fcomp_m32, compare_m32, 1)
COMPARE_MEM(fcomp_m64, compare_m64, 1)
COMPARE_MEM(ficom_m16, compare_int, 0)
COMPARE_MEM(ficom_m32, compare_int, 0)
COMPARE_MEM(ficomp_m16, compare_int, 1)
COMPARE_MEM(ficomp_m32, compare_int, 1)

/* --- into ZF PF CF; OF SF AF are cleared, C1 only by a stack fault --- */

static void compare_eflags(struct cpu *c, const struct insn *in, compare_fn *fn, bool pop)
{
    const struct f80 *b = source(c, in->op[1].reg);
    u16 result, c1 = b && !x87_empty(c, 0) ? c->fpu.sw & SW_C1 : 0;

    x87_begin(c);
    bool good = compare(c, in, b, fn, &result);
    c->fpu.sw |= c1;
    flags_set(c, fpu_eflags(result));
    if (good && pop)
        x87_pop(c);
}

OP(fcomi)
{
    compare_eflags(c, in, c->fpu.ops->f80_com, false);
}

OP(fcomip)
{
    compare_eflags(c, in, c->fpu.ops->f80_com, true);
}

OP(fucomi)
{
    compare_eflags(c, in, c->fpu.ops->f80_ucom, false);
}

OP(fucomip)
{
    compare_eflags(c, in, c->fpu.ops->f80_ucom, true);
}

/* --- FXAM: an empty register has a class of its own, C3 and C0, and a sign --- */

OP(fxam)
{
    const struct f80 *a = x87_st(c, 0);
    u16 class = x87_empty(c, 0) ? (u16)(FPU_C3 | FPU_C0 | (a->se >> 15 ? FPU_C1 : 0)) : f80_xam(*a);

    x87_note(c, in);
    c->fpu.sw = (u16)((c->fpu.sw & ~FPU_CONDITIONS) | class);
}
