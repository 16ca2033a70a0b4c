/* SPDX-License-Identifier: MIT */
/*
 * The optimiser. One pass backwards over the block finds which flags are live and drops what
 * nobody needs.
 *
 * An operation that may miss its fast path gives all flags to the interpreter, so all are live
 * before it; so they are at the block's end.
 */
#include "jit/ir.h"

void ir_optimise(struct ir *ir)
{
    u8 live = ir->flags_out;

    for (unsigned n = ir->count; n; n--) {
        struct ir_op *op = &ir->op[n];
        op->live = op->sets & live;
        live = (u8)((live & ~op->sets) | ir_flags_read(ir, n));
    }
}
