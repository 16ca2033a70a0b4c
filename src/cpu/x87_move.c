/* SPDX-License-Identifier: MIT */
/*
 * x87 loads, stores, constants, stack management and conditional moves. SDM vol. 1, 8.3.2,
 * 8.3.3.
 *
 * A store computes and writes memory before it changes any state, so that a fault leaves
 * everything as it was. An unmasked exception but PE stores nothing and pops nothing.
 */
#include "cpu/flags.h"
#include "cpu/simd.h"

/* --- loads --- */

/* Pushes v unless the stack is full; the kernel's flags are waiting in the context. Of these
 * only an unmasked IE keeps v away: a denormal is pushed. */
static void push(struct cpu *c, const struct insn *in, struct f80 v)
{
    x87_note(c, in);
    if (!x87_empty(c, 7)) {
        if (!x87_overflow(c, in))
            x87_push(c, F80_INDEFINITE);
    } else if (!(x87_fold(c, in, c->fpu.x87.flags) & FPU_IE)) {
        x87_push(c, v);
    }
}

/* Room for a push that a kernel makes in place, in ST(7). */
static bool room(struct cpu *c, const struct insn *in)
{
    x87_note(c, in);
    if (x87_empty(c, 7))
        return true;
    if (!x87_overflow(c, in))
        x87_push(c, F80_INDEFINITE);
    return false;
}

/* An unmasked IE takes the push back; DE doesn't, unlike in arithmetic. */
static void keep_pushed(struct cpu *c, const struct insn *in)
{
    if (x87_fold(c, in, c->fpu.x87.flags) & FPU_IE)
        return;
    x87_set_top(c, x87_top(c) - 1);
    c->fpu.empty &= (u8) ~(1u << x87_top(c));
}

OP(fld_m32)
{
    u32 v = (u32)mem_read_operand(c, in, 4);
    struct fpu_ctx *x = x87_begin(c);

    if (!room(c, in))
        return;
    c->fpu.ops->f80_from_f32(x, x87_st(c, 7), v);
    keep_pushed(c, in);
}

OP(fld_m64)
{
    u64 v = mem_read_operand(c, in, 8);
    struct fpu_ctx *x = x87_begin(c);

    if (!room(c, in))
        return;
    c->fpu.ops->f80_from_f64(x, x87_st(c, 7), v);
    keep_pushed(c, in);
}

OP(fld_m80)
{
    u8 v[10];

    mem_read_bytes(c, in->seg, mem_ea(c, in), v, sizeof v);
    x87_begin(c);
    push(c, in, (struct f80){ld64(v), ld16(v + 8)});
}

static void load_int(struct cpu *c, const struct insn *in)
{
    i64 v = sext(mem_read_operand(c, in, in->msize), in->msize);

    struct fpu_ctx *x = x87_begin(c);

    if (!room(c, in))
        return;
    c->fpu.ops->f80_from_i64(x, x87_st(c, 7), v);
    keep_pushed(c, in);
}

OP(fild_m16)
{
    load_int(c, in);
}

OP(fild_m32)
{
    load_int(c, in);
}

OP(fild_m64)
{
    load_int(c, in);
}

OP(fbld)
{
    u8 v[10];

    mem_read_bytes(c, in->seg, mem_ea(c, in), v, sizeof v);
    x87_begin(c);
    push(c, in, f80_from_bcd(v));
}

OP(fld)
{
    struct f80 v = F80_INDEFINITE;

    x87_begin(c);
    if (!x87_empty(c, in->op[0].reg)) {
        v = *x87_st(c, in->op[0].reg);
    } else {
        x87_note(c, in);
        if (!x87_underflow(c, in))
            x87_push(c, v);
        return;
    }
    push(c, in, v);
}

#define CONSTANT(name, which)                                                                      \
    OP(name)                                                                                       \
    {                                                                                              \
        push(c, in, f80_constant(x87_begin(c), which));                                            \
    }

CONSTANT(fld1, F80_1)
CONSTANT(fldl2t, F80_L2T)
CONSTANT(fldl2e, F80_L2E)
CONSTANT(fldpi, F80_PI)
CONSTANT(fldlg2, F80_LG2)
CONSTANT(fldln2, F80_LN2)
CONSTANT(fldz, F80_ZERO)

/* --- stores --- */

/* After the kernel: whether memory is to be written. */
static bool stored(const struct cpu *c)
{
    return !(fpu_unmasked(&c->fpu.x87) & ~FPU_PE);
}

/* After the memory write, or in its place: flags, pointers, the pop. */
static void finish_store(struct cpu *c, const struct insn *in, bool pop)
{
    bool done = stored(c);

    x87_note(c, in);
    x87_fold(c, in, c->fpu.x87.flags);
    if (done && pop)
        x87_pop(c);
}

/* In place of the write: the operand's faults come before the exception. */
static void store_nothing(struct cpu *c, const struct insn *in)
{
    mem_probe_write(c, in->seg, mem_ea(c, in), in->msize);
}

/* An empty ST(0): the context's flags are the stack fault's. */
static bool store_empty(struct cpu *c)
{
    if (!x87_empty(c, 0))
        return false;
    c->fpu.x87.flags = FPU_IE | SW_SF;
    return true;
}

/* value: from the kernel; empty: the masked answer of a stack underflow. */
#define STORE(name, size, pop, kernel, indefinite)                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        struct fpu_ctx *x = x87_begin(c);                                                          \
        u64 v = store_empty(c) ? (u64)(indefinite) : (u64)c->fpu.ops->kernel(x, x87_st(c, 0));     \
        if (stored(c))                                                                             \
            mem_write_operand(c, in, zext(v, size), size);                                         \
        else                                                                                       \
            store_nothing(c, in);                                                                  \
        finish_store(c, in, pop);                                                                  \
    }

#define F32_INDEFINITE 0xffc00000u
#define F64_INDEFINITE 0xfff8000000000000u

STORE(fst_m32, 4, false, f80_to_f32, F32_INDEFINITE)
STORE(fst_m64, 8, false, f80_to_f64, F64_INDEFINITE)
STORE(fstp_m32, 4, true, f80_to_f32, F32_INDEFINITE)
STORE(fstp_m64, 8, true, f80_to_f64, F64_INDEFINITE)
STORE(fist_m16, 2, false, f80_to_i16, INT16_MIN)
STORE(fist_m32, 4, false, f80_to_i32, INT32_MIN)
STORE(fistp_m16, 2, true, f80_to_i16, INT16_MIN)
STORE(fistp_m32, 4, true, f80_to_i32, INT32_MIN)
STORE(fistp_m64, 8, true, f80_to_i64, INT64_MIN)
STORE(fisttp_m16, 2, true, f80_to_i16_trunc, INT16_MIN)
STORE(fisttp_m32, 4, true, f80_to_i32_trunc, INT32_MIN)
STORE(fisttp_m64, 8, true, f80_to_i64_trunc, INT64_MIN)

/* No conversion, so no exception but the stack fault. */
OP(fstp_m80)
{
    u8 v[10];

    x87_begin(c);
    struct f80 a = store_empty(c) ? F80_INDEFINITE : *x87_st(c, 0);
    st64(v, a.mant);
    st16(v + 8, a.se);
    if (stored(c))
        mem_write_bytes(c, in->seg, mem_ea(c, in), v, sizeof v);
    else
        store_nothing(c, in);
    finish_store(c, in, true);
}

OP(fbstp)
{
    static const u8 indefinite[10] = {[7] = 0xc0, [8] = 0xff, [9] = 0xff};
    struct fpu_ctx *x = x87_begin(c);
    u8 v[10];

    if (store_empty(c))
        memcpy(v, indefinite, sizeof v);
    else
        c->fpu.ops->f80_to_bcd(x, x87_st(c, 0), v);
    if (stored(c))
        mem_write_bytes(c, in->seg, mem_ea(c, in), v, sizeof v);
    else
        store_nothing(c, in);
    finish_store(c, in, true);
}

/* To another register; ST(0) itself may be the destination. */
static void store_st(struct cpu *c, const struct insn *in, bool pop)
{
    x87_begin(c);
    x87_note(c, in);
    if (store_empty(c)) {
        if (x87_underflow(c, in))
            return;
        x87_put(c, in->op[0].reg, F80_INDEFINITE);
    } else {
        x87_fold(c, in, 0);
        x87_put(c, in->op[0].reg, *x87_st(c, 0));
    }
    if (pop)
        x87_pop(c);
}

OP(fst)
{
    store_st(c, in, false);
}

/* D9 D8+i is FSTP without stack faults: an empty ST(0) is only popped. */
OP(fstp)
{
    if (in->opcode == 0xd9 && x87_empty(c, 0)) {
        x87_note(c, in);
        x87_fold(c, in, 0);
        x87_pop(c);
    } else {
        store_st(c, in, true);
    }
}

/* --- exchange and conditional moves --- */

OP(fxch)
{
    unsigned i = in->op[0].reg;

    x87_note(c, in);
    if (x87_empty(c, 0) || x87_empty(c, i)) {
        if (x87_underflow(c, in))
            return;
        if (x87_empty(c, 0))
            x87_put(c, 0, F80_INDEFINITE);
        if (x87_empty(c, i))
            x87_put(c, i, F80_INDEFINITE);
    } else {
        x87_fold(c, in, 0);
    }
    struct f80 a = *x87_st(c, 0);
    *x87_st(c, 0) = *x87_st(c, i);
    *x87_st(c, i) = a;
}

/* cond is numbered as Jcc numbers it. */
static void conditional_move(struct cpu *c, const struct insn *in, unsigned cond)
{
    unsigned i = in->op[1].reg;

    x87_note(c, in);
    if (x87_empty(c, 0) || x87_empty(c, i)) {
        if (x87_underflow(c, in))
            return;
        x87_put(c, 0, F80_INDEFINITE);
    } else if (flags_cond(c, cond)) {
        *x87_st(c, 0) = *x87_st(c, i);
    }
}

#define FCMOV(name, cond)                                                                          \
    OP(name)                                                                                       \
    {                                                                                              \
        conditional_move(c, in, cond);                                                             \
    }

FCMOV(fcmovb, 2)
FCMOV(fcmovnb, 3)
FCMOV(fcmove, 4)
FCMOV(fcmovne, 5)
FCMOV(fcmovbe, 6)
FCMOV(fcmovnbe, 7)
FCMOV(fcmovu, 10)
FCMOV(fcmovnu, 11)

/* --- the stack itself --- */

OP(ffree)
{
    x87_note(c, in);
    x87_fold(c, in, 0);
    c->fpu.empty |= (u8)(1u << ((x87_top(c) + in->op[0].reg) & 7));
}

OP(ffreep)
{
    op_ffree(c, in);
    x87_pop(c);
}

OP(fincstp)
{
    x87_note(c, in);
    x87_fold(c, in, 0);
    x87_set_top(c, x87_top(c) + 1);
}

OP(fdecstp)
{
    x87_note(c, in);
    x87_fold(c, in, 0);
    x87_set_top(c, x87_top(c) - 1);
}
