/* SPDX-License-Identifier: MIT */
/*
 * The flags primitives of the bodies: they compute nothing but mark the operation whose x86
 * instruction sets these flags. What has no such operation gets FLAGR, PUTF or BITCF.
 */
#include "jit/lift.h"

#include "cpu/cpu.h"

/* Until the optimiser knows better all are live. */
static void mark(struct lift *l, ir_ref r, u8 sets)
{
    struct ir_op *op = lift_at(l, r);
    op->sets = op->live = sets;
}

/* r is a + b or a - b, or that with CF, which makes it ADC or SBB. */
static void mark_sum(struct lift *l, ir_ref a, ir_ref b, ir_ref r)
{
    struct ir_op *op = lift_at(l, r);
    const struct ir_op *inner = lift_at(l, op->a);
    bool is_sub = op->code == IR_SUB;

    if (op->a != a && inner->code == op->code && inner->a == a && inner->b == b) {
        op->code = is_sub ? IR_SBB : IR_ADC;
        op->size = inner->size;
        op->a = a;
        op->b = b;
    }
    mark(l, r, IRF_ALL);
}

void lift_flags_add(struct lift *l, ir_ref a, ir_ref b, ir_ref r)
{
    mark_sum(l, a, b, r);
}

/* The comparison of the same values is then in ZF. */
void lift_flags_sub(struct lift *l, ir_ref a, ir_ref b, ir_ref r)
{
    mark_sum(l, a, b, r);
    for (unsigned n = r + 1u; n <= l->ir->count; n++) {
        struct ir_op *op = &l->ir->op[n];
        if (op->code == IR_EQ && op->a == a && op->b == b)
            *op = (struct ir_op){.code = IR_COND, .size = 1, .reg = 4, .insn = op->insn};
    }
}

/* Of what has just been marked. */
void lift_flags_keep_cf(struct lift *l, ir_ref old)
{
    for (unsigned n = l->ir->count; n >= l->first; n--) {
        struct ir_op *op = &l->ir->op[n];
        if (op->sets) {
            mark(l, (ir_ref)n, op->sets & (u8)~IRF_CF);
            return;
        }
    }
}

void lift_flags_logic(struct lift *l, ir_ref r)
{
    const struct ir_op *op = lift_at(l, r);

    if (op->code != IR_AND && op->code != IR_OR && op->code != IR_XOR)
        r = IR_OP(l, .code = IR_AND, .size = (u8)l->size, .a = r, .b = r);
    mark(l, r, IRF_ALL);
}

/* Multiplications have these flags themselves. */
void lift_flags_put(struct lift *l, ir_ref r, ir_ref carry, ir_ref over)
{
    if (lift_at(l, r)->code != IR_MUL)
        r = IR_OP(l, .code = IR_FLAGR, .size = (u8)l->size, .a = r, .b = carry, .c = over);
    mark(l, r, IRF_ALL);
}

/* A count of 0 leaves the flags alone. */
static void mark_shift(struct lift *l, ir_ref n, ir_ref r, u8 sets)
{
    u64 count;

    if (!lift_is_const(l, n, &count) || count)
        mark(l, r, sets);
}

void lift_flags_put_if(struct lift *l, ir_ref n, ir_ref r, ir_ref carry, ir_ref over)
{
    mark_shift(l, n, r, IRF_ALL);
}

/* Of the instruction's rotate. */
void lift_flags_rotate(struct lift *l, ir_ref n, ir_ref carry, ir_ref over)
{
    for (unsigned i = l->first; i <= l->ir->count; i++) {
        enum ir_code code = l->ir->op[i].code;
        if (code == IR_ROL || code == IR_ROR || code == IR_RCL || code == IR_RCR) {
            mark_shift(l, n, (ir_ref)i, IRF_CF | IRF_OF);
            return;
        }
    }
}

void lift_flags_bits(struct lift *l, unsigned mask, ir_ref efl)
{
    mark(l, IR_OP(l, .code = IR_PUTF, .size = 4, .a = efl), ir_flags(mask));
}

/* POPCNT has its flags itself. */
void lift_flags_popcnt(struct lift *l, ir_ref efl)
{
    for (unsigned n = l->first; n <= l->ir->count; n++)
        if (l->ir->op[n].code == IR_POPCNT) {
            mark(l, (ir_ref)n, IRF_ALL);
            return;
        }
    lift_flags_bits(l, EFL_STATUS, efl);
}

/* Something to know it by when it comes to lift_set_cf(). */
ir_ref lift_carry_out(struct lift *l, ir_ref r)
{
    l->carried = r;
    return l->carry = lift_const(l, 0);
}

/* The addition whose carry out this is, (a + b) + a flag: ADC or ADO. */
static bool mark_carry(struct lift *l, ir_ref v, enum ir_code code, u8 sets)
{
    struct ir_op *op = lift_at(l, l->carried);
    const struct ir_op *inner = lift_at(l, op->a);

    if (v != l->carry || op->code != IR_ADD || inner->code != IR_ADD)
        return false;
    op->code = (u8)code;
    op->size = inner->size;
    op->b = inner->b;
    op->a = inner->a;
    mark(l, l->carried, sets);
    return true;
}

/* What changes bit n of a: 1 moved up by n, or the bits beside it. */
static bool is_bit(struct lift *l, ir_ref v, ir_ref n)
{
    const struct ir_op *op = lift_at(l, v);
    return op->code == IR_SHL && op->b == n && lift_at(l, op->a)->code == IR_CONST;
}

static enum ir_code bit_operation(struct lift *l, const struct ir_op *op, ir_ref n)
{
    const struct ir_op *b = lift_at(l, op->b);

    if (op->code == IR_OR && is_bit(l, op->b, n))
        return IR_BTS;
    if (op->code == IR_XOR && is_bit(l, op->b, n))
        return IR_BTC;
    return op->code == IR_AND && b->code == IR_NOT && is_bit(l, b->a, n) ? IR_BTR : IR_CONST;
}

/* The number n of a bit as it was before it was cut to the operand's bits: BT does that. */
static ir_ref uncut(struct lift *l, ir_ref n)
{
    const struct ir_op *op = lift_at(l, n);
    return op->code == IR_AND ? op->a : n;
}

/* A bit moved down and cut out: BT; BTS, BTR, BTC if it is changed, too. */
static bool set_cf_of_bit(struct lift *l, ir_ref v)
{
    const struct ir_op *op = lift_at(l, v);
    const struct ir_op *moved = lift_at(l, op->a);

    if (op->code != IR_AND || moved->code != IR_SHR)
        return false;
    for (unsigned n = v; n <= l->ir->count; n++) {
        struct ir_op *change = &l->ir->op[n];
        enum ir_code code = change->a == moved->a ? bit_operation(l, change, moved->b) : IR_CONST;
        if (code == IR_CONST)
            continue;
        change->code = (u8)code;
        change->b = uncut(l, moved->b);
        mark(l, (ir_ref)n, IRF_CF);
        return true;
    }
    ir_ref bit = uncut(l, moved->b);
    mark(l, IR_OP(l, .code = IR_BITCF, .size = moved->size, .a = moved->a, .b = bit), IRF_CF);
    return true;
}

void lift_set_cf(struct lift *l, ir_ref v)
{
    if (!mark_carry(l, v, IR_ADC, IRF_CF) && !set_cf_of_bit(l, v))
        lift_flags_bits(l, EFL_CF, v);
}

void lift_set_of(struct lift *l, ir_ref v)
{
    if (!mark_carry(l, v, IR_ADO, IRF_OF))
        lift_flags_bits(l, EFL_OF, lift_binary(l, IR_SHL, v, lift_const(l, 11)));
}
