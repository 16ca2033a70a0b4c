/* SPDX-License-Identifier: MIT */
/*
 * The lifter's values. A body's values are 64 bits wide; an operation is made of the width of
 * its widest operand, where what lies above doesn't matter to the body. Truth values (EQ, LTU,
 * COND) count as 64 bits wide, so that what is made of them is 0 or 1 in all bits.
 */
#include "jit/lift.h"

ir_ref lift_const(struct lift *l, u64 v)
{
    return IR_OP(l, .code = IR_CONST, .size = 8, .imm = (i64)v);
}

bool lift_is_const(const struct lift *l, ir_ref r, u64 *v)
{
    const struct ir_op *op = &l->ir->op[r];
    *v = (u64)op->imm;
    return op->code == IR_CONST;
}

/* Bytes that matter; 0: a constant, of any width. */
static unsigned width(struct lift *l, ir_ref r)
{
    const struct ir_op *op = lift_at(l, r);
    switch (op->code) {
    case IR_CONST: return 0;
    case IR_EQ:
    case IR_LTU:
    case IR_COND:
    case IR_ZX:
    case IR_SX:
    case IR_CTZ:
    case IR_CLZ:
    case IR_SELECT: return 8;
    default: return op->size;
    }
}

static u64 fold(enum ir_code code, u64 a, u64 b)
{
    switch (code) {
    case IR_ADD: return a + b;
    case IR_SUB: return a - b;
    case IR_AND: return a & b;
    case IR_OR: return a | b;
    default: return a ^ b;
    }
}

ir_ref lift_binary(struct lift *l, enum ir_code code, ir_ref a, ir_ref b)
{
    unsigned wa = width(l, a), wb = width(l, b), size = wa > wb ? wa : wb;
    u64 x, y;

    if (lift_is_const(l, a, &x) && lift_is_const(l, b, &y)) {
        if (code == IR_ADD || code == IR_SUB || code == IR_AND || code == IR_OR || code == IR_XOR)
            return lift_const(l, fold(code, x, y));
        size = 8;
    }
    return IR_OP(l, .code = (u8)code, .size = (u8)size, .a = a, .b = b);
}

/* The count is less than the bits of any operand it meets: SHIFT's and BT's bodies cut it. */
static bool is_cut(struct lift *l, ir_ref n)
{
    const struct ir_op *op = lift_at(l, n);
    return op->code == IR_CONST || (op->code == IR_AND && lift_at(l, op->b)->code == IR_CONST);
}

ir_ref lift_shift(struct lift *l, enum ir_code code, ir_ref a, ir_ref n)
{
    unsigned size = width(l, a);

    if (!is_cut(l, n)) {
        n = IR_OP(l, .code = IR_AND, .size = 8, .a = n, .b = lift_const(l, 63));
        size = 8;
    }
    return IR_OP(l, .code = (u8)code, .size = (u8)(size ? size : l->size), .a = a, .b = n);
}

/* Of a sign-extended value: of the value itself. No shift of one counts beyond 31: the sign is all
 * that is left of it then, in CF, too. */
ir_ref lift_sar(struct lift *l, ir_ref a, ir_ref n)
{
    const struct ir_op *op = lift_at(l, a);
    unsigned size = 8;
    u64 count;

    if (op->code == IR_SX) {
        size = op->size;
        a = op->a;
    }
    if (lift_is_const(l, n, &count) && size < 8 && count > 31)
        n = lift_const(l, 31);
    return IR_OP(l, .code = IR_SAR, .size = (u8)size, .a = a, .b = n);
}

ir_ref lift_zx(struct lift *l, ir_ref a, unsigned size)
{
    const struct ir_op *op = lift_at(l, a);
    u64 v;

    if (lift_is_const(l, a, &v))
        return lift_const(l, zext(v, size));
    if (ir_is(op, IR_ZERO) && width(l, a) <= size)
        return a;
    return IR_OP(l, .code = IR_ZX, .size = (u8)size, .a = a);
}

/* The high half of the instruction's product, which lift.c makes a widening one if it is used. */
ir_ref lift_high(struct lift *l, bool is_signed)
{
    return IR_OP(l, .code = IR_HIGH, .size = (u8)l->size, .write = is_signed, .a = l->product);
}

ir_ref lift_byte_swap(struct lift *l, ir_ref a, unsigned size)
{
    if (size == 2)
        return IR_OP(l, .code = IR_ROL, .size = 2, .a = a, .b = lift_const(l, 8));
    return IR_OP(l, .code = IR_BSWAP, .size = (u8)size, .a = a);
}
