/* SPDX-License-Identifier: MIT */
/*
 * C functions (CALL rows) that the lifter knows something of, because they are frequent: here
 * string instructions without REP and division (cpu/string.c, integer.c), whose meaning it knows,
 * and what may be called without the interpreter's help; in lift_system.c what operating systems
 * use.
 */
#include "jit/lift.h"

/* --- string instructions: one element --- */

static ir_ref string_at(struct lift *l, unsigned reg)
{
    return lift_get(l, reg, l->op->in.asize);
}

/* Up or down: 1 or -1. */
static ir_ref direction(struct lift *l)
{
    return IR_OP(l, .code = IR_GETDF, .size = 8);
}

/* Moves a string register on by an element. */
static void advance(struct lift *l, unsigned reg, ir_ref at, ir_ref step)
{
    unsigned asize = l->op->in.asize;
    unsigned log = l->size == 8 ? 3 : l->size == 4 ? 2 : l->size == 2 ? 1 : 0;
    ir_ref next = IR_OP(l, .code = IR_EA, .size = (u8)asize, .scale = (u8)log, .a = at, .b = step);

    lift_put(l, reg, next, asize);
}

static void movs(struct lift *l)
{
    ir_ref si = string_at(l, RSI), di = string_at(l, RDI);
    ir_ref v = lift_load(l, l->op->in.seg, si, l->size);
    lift_store(l, ES, di, v, l->size);
    ir_ref step = direction(l);
    advance(l, RSI, si, step);
    advance(l, RDI, di, step);
}

static void stos(struct lift *l)
{
    ir_ref di = string_at(l, RDI);
    ir_ref v = lift_get(l, RAX, l->size);
    lift_store(l, ES, di, v, l->size);
    advance(l, RDI, di, direction(l));
}

static void lods(struct lift *l)
{
    ir_ref si = string_at(l, RSI);
    ir_ref v = lift_load(l, l->op->in.seg, si, l->size);
    lift_put(l, RAX, v, l->size);
    advance(l, RSI, si, direction(l));
}

static void compare(struct lift *l, ir_ref a, ir_ref b)
{
    ir_ref r = lift_binary(l, IR_SUB, a, b);
    lift_flags_sub(l, a, b, r);
}

/* The destination is read first, as in the interpreter: both may fault. */
static void cmps(struct lift *l)
{
    ir_ref si = string_at(l, RSI), di = string_at(l, RDI);
    ir_ref y = lift_load(l, ES, di, l->size);
    ir_ref x = lift_load(l, l->op->in.seg, si, l->size);
    compare(l, x, y);
    ir_ref step = direction(l);
    advance(l, RSI, si, step);
    advance(l, RDI, di, step);
}

static void scas(struct lift *l)
{
    ir_ref di = string_at(l, RDI);
    ir_ref v = lift_get(l, RAX, l->size);
    ir_ref y = lift_load(l, ES, di, l->size);
    compare(l, v, y);
    advance(l, RDI, di, direction(l));
}

/* --- division: rDX:rAX by the operand, of bytes AX --- */

static void divide(struct lift *l, enum ir_code code)
{
    bool bytes = l->size == 1;
    u8 size = (u8)l->size;
    ir_ref d = lift_read(l, 0, size);
    ir_ref low = lift_get(l, RAX, size);
    ir_ref high = bytes ? IR_OP(l, .code = IR_GETH, .size = 1, .reg = RAX) : lift_get(l, RDX, size);
    ir_ref quotient = IR_OP(l, .code = (u8)code, .size = size, .a = high, .b = low, .c = d);
    ir_ref rest = IR_OP(l, .code = IR_REM, .size = size, .a = quotient);

    lift_put(l, RAX, quotient, size);
    if (bytes)
        IR_OP(l, .code = IR_PUTH, .size = 1, .reg = RAX, .a = rest);
    else
        lift_put(l, RDX, rest, size);
}

static void divu(struct lift *l)
{
    divide(l, IR_DIVU);
}

static void divs(struct lift *l)
{
    divide(l, IR_DIVS);
}

/* --- what works on RAX to RBX alone --- */

static void call(struct lift *l)
{
    IR_OP(l, .code = IR_CALL, .size = 8);
}

/* --- the table --- */

static const struct {
    op_fn *call;
    lift_fn *lift;
    bool string;
} known[] = {
    {op_movs, movs, true},
    {op_stos, stos, true},
    {op_lods, lods, true},
    {op_cmps, cmps, true},
    {op_scas, scas, true},
    {op_div, divu, false},
    {op_idiv, divs, false},
    {op_cli, lift_cli, false},
    {op_sti, lift_sti, false},
    {op_pushf, lift_pushf, false},
    {op_popf, lift_popf, false},
    {op_push_seg, lift_push_seg, false},
    {op_mov_seg_store, lift_mov_seg_store, false},
    {op_swapgs, lift_swapgs, false},
    {op_rdtsc, lift_rdtsc, false},
    {op_rdtscp, lift_rdtscp, false},
    {op_pause, lift_pause, false},
    {op_cpuid, call, false},
};

lift_fn *lift_call(const struct insn *in)
{
    bool repeats = in->prefix & (PFX_REP | PFX_REPNE);

    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].call == row_calls[in->row])
            return known[i].string && repeats ? NULL : known[i].lift;
    return NULL;
}
