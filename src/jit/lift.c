/* SPDX-License-Identifier: MIT */
/*
 * From a block of decoded instructions to IR. Each instruction is lifted by its body
 * (lift_body.c), by what the lifter knows of its C function (lift_call.c), or as the host's own
 * (lift_host.c); else it is a STUB, and the reason is counted.
 *
 * Bodies compute more than their flags primitives use in the end: what nobody uses is taken out
 * after each instruction, so the IR is small before any pass.
 */
#include "jit/lift.h"

#include "cpu/engine.h"

ir_ref lift_op(struct lift *l, const struct ir_op *op)
{
    struct ir *ir = l->ir;

    if (ir->count + 2 >= IR_MAX) { /* the STUB and the way out must still fit */
        lift_refuse(l, JIT_NO_FULL);
        return (ir_ref)ir->count;
    }
    struct ir_op *o = &ir->op[++ir->count];
    *o = *op;
    o->insn = (u8)l->insn;
    l->ended |= ir_is(o, IR_END);
    return (ir_ref)ir->count;
}

void lift_refuse(struct lift *l, enum jit_no why)
{
    if (!l->refused)
        l->no = why;
    l->refused = true;
}

static void stub(struct lift *l, enum jit_no why)
{
    bool end = insn_ends_block(&l->op->in);

    l->ir->count = l->first - 1;
    l->ended = end;
    l->ir->op[++l->ir->count] = (struct ir_op){
        .code = end ? IR_STUBEND : IR_STUB, .size = 8, .reg = (u8)why, .insn = (u8)l->insn};
    l->ir->no[why]++;
}

static enum jit_no reason(const struct insn *in)
{
    u32 attr = insn_rows[in->row].attr;

    if (attr & (ATTR_FPU | ATTR_FPU_NOWAIT | ATTR_MMX | ATTR_SSE))
        return JIT_NO_UNITS;
    return attr & ATTR_ENDREP ? JIT_NO_REP : JIT_NO_CALL;
}

/* --- after an instruction --- */

/* A sum that makes no flags is an address: the host has a way to add that leaves flags alone. */
static void make_address(struct lift *l, struct ir_op *op)
{
    u64 v;

    if (op->sets || op->size == 1 || !lift_is_const(l, op->b, &v))
        return;
    i64 by = sext(op->code == IR_SUB ? 0 - v : v, op->size);
    if (by != (i32)by || op->a == IR_NONE || lift_at(l, op->a)->code == IR_CONST)
        return;
    const struct ir_op *base = lift_at(l, op->a);
    op->code = IR_EA;
    op->b = IR_NONE;
    op->imm = by;
    if (base->code == IR_EA && base->size == op->size && !base->b &&
        base->imm + by == (i32)(base->imm + by)) {
        op->imm += base->imm;
        op->a = base->a;
    }
}

/* The opposite of a condition is a condition; that of being 0 is being more than 0. */
static void negate(struct lift *l, struct ir_op *op)
{
    const struct ir_op *a = lift_at(l, op->a);
    u64 v;

    if (op->sets || !lift_is_const(l, op->b, &v) || v != 1)
        return;
    if (a->code == IR_EQ && lift_is_const(l, a->b, &v) && v == 0)
        *op = (struct ir_op){
            .code = IR_LTU, .size = a->size, .a = a->b, .b = a->a, .insn = op->insn};
    else if (a->code == IR_COND)
        *op = (struct ir_op){.code = IR_COND, .size = 1, .reg = a->reg ^ 1, .insn = op->insn};
}

/* CTZ and CLZ take a 0: no need to make something else of it. */
static void drop_guard(struct lift *l, struct ir_op *op)
{
    const struct ir_op *guarded = lift_at(l, op->a);
    const struct ir_op *none = lift_at(l, guarded->b);
    u64 v;

    if (guarded->code == IR_OR && none->code == IR_EQ && none->a == guarded->a &&
        lift_is_const(l, none->b, &v) && v == 0)
        op->a = guarded->a;
}

/* Where comparison or condition n may stand: right before its only user, if that chooses by it and
 * nothing on the way changes what a condition reads. */
static unsigned place_of(const struct ir *ir, unsigned n)
{
    for (unsigned to = n; to < ir->count; to++) {
        const struct ir_op *next = &ir->op[to + 1];
        if (next->a == n && (next->code == IR_SELECT || next->code == IR_BRANCH))
            return to;
        if (next->a == n || next->b == n || next->c == n)
            return n;
        if (next->sets && ir->op[n].code == IR_COND)
            return n;
    }
    return n;
}

/* Moves it there: what is between may need the host's flags. */
static void sink(struct ir *ir, unsigned n)
{
    struct ir_op op = ir->op[n];
    unsigned to = place_of(ir, n);

    for (unsigned i = n; i < to; i++)
        ir->op[i] = ir->op[i + 1];
    ir->op[to] = op;
    for (unsigned i = n; i <= ir->count; i++) {
        ir_ref *v[] = {&ir->op[i].a, &ir->op[i].b, &ir->op[i].c};
        for (unsigned j = 0; j < 3; j++) {
            if (*v[j] == n)
                *v[j] = (ir_ref)to;
            else if (*v[j] > n && *v[j] <= to)
                --*v[j];
        }
    }
}

static bool is_truth(const struct ir_op *op)
{
    return op->code == IR_EQ || op->code == IR_LTU || op->code == IR_COND;
}

static void sink_comparisons(struct lift *l)
{
    for (unsigned n = l->ir->count; n >= l->first; n--) {
        const struct ir_op *op = &l->ir->op[n];
        if (is_truth(op) && op->uses == 1)
            sink(l->ir, n);
    }
}

static void tidy(struct lift *l)
{
    struct ir *ir = l->ir;

    for (unsigned n = l->first; n <= ir->count; n++) {
        struct ir_op *op = &ir->op[n];
        if (op->code == IR_ADD || op->code == IR_SUB)
            make_address(l, op);
        else if (op->code == IR_XOR)
            negate(l, op);
        else if (op->code == IR_CTZ || op->code == IR_CLZ)
            drop_guard(l, op);
    }
    ir_sweep(ir, l->first);
    sink_comparisons(l);
    for (unsigned n = l->first; n <= ir->count; n++) {
        struct ir_op *op = &ir->op[n];
        if (op->code == IR_HIGH) {
            ir->op[op->a].code = op->write ? IR_MULS : IR_MULU;
            op->write = 0;
        }
    }
}

static void lift_insn(struct lift *l)
{
    const struct insn *in = &l->op->in;
    lift_fn *fn = lift_body(in->row);

    if (!fn)
        fn = lift_call(in);
    if (fn)
        fn(l);
    else if (!lift_host(l))
        lift_refuse(l, reason(in));
    if (l->refused)
        stub(l, l->no);
    else
        tidy(l);
}

bool ir_can_lift(const struct block *b)
{
    return b->ops[0].run != exec_rip_bias;
}

static void lift_block(struct lift *l, const struct block *b)
{
    struct ir *ir = l->ir;

    l->at = b->phys & 4095;
    l->ended = false;
    for (unsigned i = 0; i < b->count; i++) {
        l->op = &b->ops[i];
        l->insn = ir->insns++;
        l->size = l->op->in.osize;
        l->first = ir->count + 1;
        l->place = l->product = l->carry = IR_NONE;
        l->refused = false;
        ir->insn[l->insn].op = l->op;
        lift_insn(l);
    }
    if (!l->ended)
        IR_OP(l, .code = IR_JUMP, .size = lift_code64(l) ? 8 : 4, .write = WAY_NEXT,
              .imm = l->at + b->bytes);
}

/* --- regions --- */

/* RIP isn't cut to less than the mode's own. */
static bool is_natural(const struct lift *l, unsigned size)
{
    return size >= (lift_code64(l) ? 8u : 4u);
}

/* The jump that ends b, an operation with IR_END, becomes a GUARD, if one of its ways leads to
 * `next`. */
static bool join(struct lift *l, const struct block *b, const struct block *next)
{
    struct ir *ir = l->ir;
    struct ir_op *op = &ir->op[ir->count];
    i64 to = next->phys & 4095, fall = l->at + b->bytes;
    bool jump = op->code == IR_JUMP && op->write == WAY_TAKEN, branch = op->code == IR_BRANCH;

    if (l->op->in.op[0].kind != OPND_REL || !(jump || branch) || !is_natural(l, op->size))
        return false;
    if (op->imm == to) {
        op->reg = 1;
        op->imm = fall;
    } else if (!branch || fall != to) {
        return false;
    }
    op->code = IR_GUARD;
    op->write = branch ? (u8)ir->ways++ : 0;
    return true;
}

/* Whoever leaves early gives back what the region's entry has paid for the blocks to come. */
static void count_rest(struct ir *ir)
{
    u8 rest = 0;

    for (unsigned n = ir->insns; n--;) {
        ir->insn[n].rest = rest;
        if (ir->insn[n].op->nth == 0)
            rest = (u8)(rest + block_of(ir->insn[n].op)->count);
    }
}

unsigned ir_lift_region(struct ir *ir, const struct block *const *blocks, unsigned count)
{
    struct lift l = {.ir = ir, .mode = blocks[0]->mode};
    unsigned n = 0;

    ir->block = blocks[0];
    ir->count = ir->insns = ir->groups = 0;
    ir->ways = 2;
    ir->flags_out = IRF_ALL;
    memset(ir->no, 0, sizeof ir->no);
    ir->op[0] = (struct ir_op){0};
    do
        lift_block(&l, blocks[n++]);
    while (n < count && join(&l, blocks[n - 1], blocks[n]));
    count_rest(ir);
    return n;
}
