/* SPDX-License-Identifier: MIT */
/* The IR's rules (ir.h), held after each pass in builds with sanitizers. */
#include "jit/ir.h"

/* What is known at an operation of its guest instruction so far. */
struct progress {
    unsigned insn;
    bool changed;   /* guest state: what may miss its fast path is too late now */
    bool left;      /* by a GUARD */
    ir_ref reading; /* the LDW that still waits for its STW */
};

static bool changes_state(const struct ir_op *op)
{
    return op->sets || (ir_is(op, IR_EFFECT) && op->code != IR_CHECK);
}

/* Nothing undefined above what is read of it. */
static bool is_whole(const struct ir_op *op)
{
    return ir_is(op, IR_ZERO) || op->size == 8 || op->code == IR_SX;
}

static bool wants_whole(const struct ir_op *op, unsigned operand)
{
    switch (op->code) {
    case IR_SEG:
    case IR_LD:
    case IR_LDW:
    case IR_ST:
    case IR_SHR:
    case IR_SELECT:
    case IR_HOST:
    case IR_CHECK: return operand == 0;
    case IR_CTZ:
    case IR_CLZ:
    case IR_POPCNT:
    case IR_PDEP:
    case IR_PEXT:
    case IR_BRANCH:
    case IR_GUARD:
    case IR_EXPECT:
    case IR_JUMPI: return true;
    default: return false;
    }
}

static bool has_size(const struct ir_op *op)
{
    switch (op->size) {
    case 1:
    case 2:
    case 4:
    case 8: return true;
    case 10:
    case 16: return op->code == IR_HOST || op->code == IR_SEG;
    default: return false;
    }
}

static const char *check_operand(const struct ir *ir, unsigned n, unsigned operand, ir_ref v)
{
    const struct ir_op *op = &ir->op[n];
    bool optional = op->code == IR_EA || op->code == IR_HOST || op->code == IR_GUARD;

    if (v == IR_NONE)
        return optional ? NULL : "operand is missing";
    if (v >= n)
        return "operand is not before its use";
    if (ir->op[v].insn != op->insn)
        return "operand is another guest instruction's";
    if (ir_is(&ir->op[v], IR_EFFECT))
        return "operand is no value";
    if (wants_whole(op, operand) && !is_whole(&ir->op[v]))
        return "operand is undefined above its size";
    return NULL;
}

/* A member of a group lies in it, in the list and in memory. */
static const char *check_group(const struct ir *ir, unsigned n)
{
    const struct ir_op *op = &ir->op[n];

    if (!ir_is_access(op) || !op->reg)
        return NULL;
    if (op->reg > ir->groups)
        return "no such group";
    const struct ir_group *group = &ir->group[op->reg - 1];
    if (n < group->first || n > group->last)
        return "not among its group's operations";
    if (op->imm < 0 || op->imm + op->size > group->span)
        return "not among its group's bytes";
    if (!group->write && (op->code == IR_ST || op->code == IR_LDW || op->write))
        return "its group isn't written";
    return NULL;
}

static const char *check_op(const struct ir *ir, unsigned n)
{
    const struct ir_op *op = &ir->op[n];
    const ir_ref v[] = {op->a, op->b, op->c};

    if (op->code >= IR_COUNT)
        return "unknown operation";
    if (!has_size(op))
        return "size is not 1, 2, 4 or 8";
    if (op->insn >= ir->insns || (n > 1 && op->insn < op[-1].insn))
        return "guest instructions are not in order";
    for (unsigned i = 0; i < ir_info[op->code].values; i++) {
        const char *broken = check_operand(ir, n, i, v[i]);
        if (broken)
            return broken;
    }
    for (unsigned i = ir_info[op->code].values; i < 3; i++)
        if (v[i])
            return "operand too many";
    if (op->sets && !ir_is(op, IR_FLAGS))
        return "sets flags but can't";
    if (op->live & ~op->sets)
        return "a flag is live that is not set";
    if (ir_is(op, IR_END) != (n == ir->count))
        return "the one IR_END is not the last";
    return check_group(ir, n);
}

/* The order of what may miss and what changes. */
static const char *check_order(struct progress *p, const struct ir_op *op, unsigned n)
{
    if (op->insn == p->insn && p->left)
        return "goes on after a GUARD";
    if (op->insn != p->insn) {
        if (p->reading)
            return "an LDW before has no STW";
        *p = (struct progress){.insn = op->insn};
    }
    if (ir_is(op, IR_SLOW) && p->changed)
        return "may miss after guest state has changed";
    if (ir_is(op, IR_SLOW) && p->reading)
        return "may miss between LDW and STW";
    if (op->code == IR_STW && (!p->reading || op->a != p->reading))
        return "STW without its LDW";
    if (op->code == IR_STW)
        p->reading = IR_NONE;
    if (op->code == IR_LDW)
        p->reading = (ir_ref)n;
    p->changed |= changes_state(op);
    p->left |= op->code == IR_GUARD;
    return NULL;
}

const char *ir_check(const struct ir *ir, unsigned *where)
{
    struct progress p = {0};

    for (unsigned n = 1; n <= ir->count; n++) {
        const char *broken = check_op(ir, n);
        if (!broken)
            broken = check_order(&p, &ir->op[n], n);
        if (broken) {
            *where = n;
            return broken;
        }
    }
    *where = 0;
    return ir->count ? NULL : "empty";
}
