/* SPDX-License-Identifier: MIT */
/* The tables behind ir.def and jit_no.def, and facts about operations that several passes ask. */
#include "jit/ir.h"

enum { /* as ir.def writes them */
       SLOW = IR_SLOW,
       EFFECT = IR_EFFECT,
       FLAGS = IR_FLAGS,
       READS = IR_READS,
       END = IR_END,
       ZERO = IR_ZERO,
};

const struct ir_info ir_info[IR_COUNT] = {
#define IR(name, text, values, attr) {text, values, attr},
#include "jit/ir.def"
#undef IR
};

const char *const jit_no_text[JIT_NO_COUNT] = {
#define JIT_NO(name, text) text,
#include "jit/jit_no.def"
#undef JIT_NO
};

/* By condition / 2: O, B, Z, BE, S, P, L, LE. */
static const u8 condition_flags[8] = {
    IRF_OF, IRF_CF, IRF_ZF,          IRF_CF | IRF_ZF,
    IRF_SF, IRF_PF, IRF_SF | IRF_OF, IRF_ZF | IRF_SF | IRF_OF,
};

static u8 flags_read(const struct ir_op *op)
{
    switch (op->code) {
    case IR_COND: return condition_flags[op->reg >> 1 & 7];
    case IR_ADO: return IRF_OF;
    case IR_ADC:
    case IR_SBB:
    case IR_RCL:
    case IR_RCR: return IRF_CF;
    default: return ir_is(op, IR_READS | IR_SLOW | IR_END) ? IRF_ALL : 0;
    }
}

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

u8 ir_live_before(const struct ir *ir, unsigned n, u8 after)
{
    const struct ir_op *op = &ir->op[n];
    u8 set = ir_sets_always(ir, n) ? op->sets : 0;

    return (u8)((after & ~set) | flags_read(op));
}

/* --- what nobody uses --- */

static bool is_needed(const struct ir_op *op)
{
    if (op->uses || op->live)
        return true;
    if (op->code == IR_PUTF || op->code == IR_FLAGR || op->code == IR_BITCF)
        return false;
    return ir_is(op, IR_SLOW | IR_EFFECT | IR_END);
}

static void use(struct ir *ir, ir_ref v, int by)
{
    if (v)
        ir->op[v].uses = (u16)(ir->op[v].uses + by);
}

static void use_operands(struct ir *ir, const struct ir_op *op, int by)
{
    use(ir, op->a, by);
    use(ir, op->b, by);
    use(ir, op->c, by);
}

/* Values don't leave their guest instruction, so operands lie at `first` or later, if `first`
 * begins one. */
void ir_sweep(struct ir *ir, unsigned first)
{
    ir_ref map[IR_MAX];
    unsigned to = first;

    for (unsigned n = first; n <= ir->count; n++) {
        ir->op[n].uses = 0;
        use_operands(ir, &ir->op[n], 1);
    }
    for (unsigned n = ir->count; n >= first; n--)
        if (!is_needed(&ir->op[n]))
            use_operands(ir, &ir->op[n], -1);
    map[0] = IR_NONE;
    for (unsigned n = first; n <= ir->count; n++) {
        if (!is_needed(&ir->op[n]))
            continue;
        struct ir_op op = ir->op[n];
        op.a = map[op.a];
        op.b = map[op.b];
        op.c = map[op.c];
        map[n] = (ir_ref)to;
        ir->op[to++] = op;
    }
    ir->count = to - 1;
}
