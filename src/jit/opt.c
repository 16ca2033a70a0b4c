/* SPDX-License-Identifier: MIT */
/*
 * The optimiser. One pass backwards over the block finds which flags are live and drops what
 * nobody needs.
 *
 * An operation that may miss its fast path gives all flags to the interpreter, so all are live
 * before it; so they are at the block's end.
 */
#include "jit/ir.h"

bool ir_sets_always(const struct ir *ir, unsigned n)
{
    const struct ir_op *op = &ir->op[n];
    switch (op->code) {
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROL:
    case IR_ROR:
    case IR_RCL:
    case IR_RCR: return ir->op[op->b].code == IR_CONST;
    case IR_SHLD:
    case IR_SHRD: return ir->op[op->c].code == IR_CONST;
    default: return true;
    }
}

static void flags_live(struct ir *ir)
{
    u8 live = ir->flags_out;

    for (unsigned n = ir->count; n; n--) {
        struct ir_op *op = &ir->op[n];
        op->live = op->sets & live;
        if (ir_sets_always(ir, n))
            live &= (u8)~op->sets;
        live |= ir_flags_read(ir, n);
    }
}

void ir_optimise(struct ir *ir)
{
    flags_live(ir);
    ir_sweep(ir, 1);
}
