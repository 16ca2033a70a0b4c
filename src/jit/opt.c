/* SPDX-License-Identifier: MIT */
/*
 * The optimiser. One pass backwards over the block finds which flags are live and drops what
 * nobody needs.
 *
 * An operation that may miss its fast path gives all flags to the interpreter, so all are live
 * before it; so they are at the block's end.
 */
#include "jit/ir.h"

static void flags_live(struct ir *ir)
{
    u8 live = ir->flags_out;

    for (unsigned n = ir->count; n; n--) {
        ir->op[n].live = ir->op[n].sets & live;
        live = ir_live_before(ir, n, live);
    }
}

void ir_optimise(struct ir *ir)
{
    flags_live(ir);
    ir_sweep(ir, 1);
}
