/* SPDX-License-Identifier: MIT */
/* The IR's rules (ir.h), held after each pass in debug builds. */
#include "jit/ir.h"

/* What operation n breaks by itself. */
static const char *check_op(const struct ir *ir, unsigned n)
{
    const struct ir_op *op = &ir->op[n];
    const ir_ref v[] = {op->a, op->b, op->c};

    if (op->code >= IR_COUNT)
        return "unknown operation";
    if (op->size != 1 && op->size != 2 && op->size != 4 && op->size != 8)
        return "size is not 1, 2, 4 or 8";
    if (op->insn >= ir->insns || (n > 1 && op->insn < op[-1].insn))
        return "guest instructions are not in order";
    for (unsigned i = 0; i < ir_info[op->code].values; i++) {
        bool optional = op->code == IR_EA || op->code == IR_HOST;
        if (v[i] == IR_NONE && !optional)
            return "operand is missing";
        if (v[i] >= n)
            return "operand is not before its use";
        if (v[i] && ir->op[v[i]].insn != op->insn)
            return "operand is another guest instruction's";
    }
    if (op->sets && !ir_is(op, IR_FLAGS))
        return "sets flags but can't";
    if (op->live & ~op->sets)
        return "a flag is live that is not set";
    if (ir_is(op, IR_END) != (n == ir->count))
        return "the one IR_END is not the last";
    return NULL;
}

const char *ir_check(const struct ir *ir, unsigned *where)
{
    for (unsigned n = 1; n <= ir->count; n++) {
        const char *broken = check_op(ir, n);
        if (broken) {
            *where = n;
            return broken;
        }
    }
    *where = 0;
    return ir->count ? NULL : "empty";
}
