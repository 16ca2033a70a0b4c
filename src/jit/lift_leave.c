/* SPDX-License-Identifier: MIT */
/*
 * Branch targets and the ways out of a block. Addresses of code are constants from the page's
 * byte 0 on. A CHECK is there where a bad target must be found before something is committed:
 * not for flat code segments outside 64-bit mode, nor for targets on the same page of it. That of
 * LOOP is checked taken or not: the interpreter finds out which. Jumps commit nothing: theirs are
 * looked at when they have left the code, by jit_check_target().
 */
#include "jit/lift.h"

/* Where the block's byte `at` is, from the page's byte 0. */
static i64 page_byte(const struct lift *l, i64 at)
{
    return l->at + at;
}

ir_ref lift_next_rip(struct lift *l)
{
    return IR_OP(l, .code = IR_RIP, .size = lift_code64(l) ? 8 : 4,
                 .imm = page_byte(l, l->op->at + l->op->in.len));
}

static bool needs_check(struct lift *l, ir_ref t)
{
    const struct ir_op *op = lift_at(l, t);

    if (!lift_code64(l))
        return !(l->mode & BLOCK_CS_FLAT);
    if (op->size < 8 || ir_is_return(&l->op->in))
        return false;
    return op->code != IR_RIP || op->imm < 0 || op->imm > 4095;
}

void lift_check(struct lift *l, ir_ref t)
{
    if (needs_check(l, t))
        IR_OP(l, .code = IR_CHECK, .size = 8, .a = t);
}

ir_ref lift_target(struct lift *l)
{
    return IR_OP(l, .code = IR_RIP, .size = (u8)l->size, .imm = page_byte(l, (i64)l->op->in.imm));
}

/* A target cut to 16 bits where code isn't: another mapping of the page may be beyond that, so
 * no constant says where it is. */
static bool is_cut(const struct lift *l, const struct ir_op *to)
{
    return to->code == IR_RIP && to->size == 2 && (l->mode & BLOCK_CODE_MASK) != BLOCK_CODE16;
}

void lift_expect(struct lift *l, ir_ref back)
{
    const struct ir_op to = *lift_at(l, back);

    IR_OP(l, .code = IR_EXPECT, .size = to.size, .write = (u8)l->ir->ways++, .a = back,
          .imm = to.imm);
}

void lift_jump(struct lift *l, ir_ref t)
{
    const struct ir_op to = *lift_at(l, t);

    if (to.code == IR_RIP && !is_cut(l, &to))
        IR_OP(l, .code = IR_JUMP, .size = to.size, .write = WAY_TAKEN, .imm = to.imm);
    else
        IR_OP(l, .code = IR_JUMPI, .size = 8, .a = t);
}

void lift_branch(struct lift *l, ir_ref when, ir_ref t)
{
    const struct ir_op to = *lift_at(l, t);

    if (is_cut(l, &to))
        lift_refuse(l, JIT_NO_CUT);
    IR_OP(l, .code = IR_BRANCH, .size = to.size, .write = WAY_TAKEN, .a = when, .imm = to.imm);
}
