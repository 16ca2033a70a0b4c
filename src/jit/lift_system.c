/* SPDX-License-Identifier: MIT */
/*
 * Frequent instructions of operating systems whose C functions (cpu/flagops.c, seg.c, sysop.c) do
 * more than straight code can: here is what they come to at CPL 0 while nothing waits for IF. The
 * rest is a miss of the fast path. Not for 16-bit code, which may be VM86 mode's.
 */
#include "jit/lift.h"

/* True: 16-bit code, which is refused. */
static bool refuse_vm86(struct lift *l)
{
    bool maybe = (l->mode & BLOCK_CODE_MASK) == BLOCK_CODE16;

    if (maybe)
        lift_refuse(l, JIT_NO_CALL);
    return maybe;
}

/* If the block ends here, for the interpreter's sake: as a jump, not as an end of straight code,
 * so that a miss leaves. */
static void go_on(struct lift *l)
{
    if (insn_rows[l->op->in.row].attr & ATTR_END)
        lift_jump(l, lift_next_rip(l));
}

static void put_if(struct lift *l, u32 v)
{
    if (refuse_vm86(l))
        return;
    IR_OP(l, .code = IR_PUTE, .size = 4, .a = lift_const(l, v), .imm = EFL_IF);
    go_on(l);
}

void lift_cli(struct lift *l)
{
    put_if(l, 0);
}

void lift_sti(struct lift *l)
{
    put_if(l, EFL_IF);
}

void lift_pushf(struct lift *l)
{
    if (refuse_vm86(l))
        return;
    ir_ref status = IR_OP(l, .code = IR_GETF, .size = 4);
    ir_ref others = IR_OP(l, .code = IR_GETE, .size = 4);
    lift_push(l, IR_OP(l, .code = IR_OR, .size = 4, .a = status, .b = others));
}

void lift_popf(struct lift *l)
{
    u32 mask = EFL_TF | EFL_IF | EFL_DF | EFL_IOPL | EFL_NT | (l->size > 2 ? EFL_AC | EFL_ID : 0);

    if (refuse_vm86(l))
        return;
    ir_ref sp = lift_get(l, RSP, lift_stack_size(l));
    ir_ref v = lift_stack(l, sp);
    ir_ref next = lift_binary(l, IR_ADD, sp, lift_const(l, l->size));
    lift_at(l, next)->size = (u8)lift_stack_size(l);
    IR_OP(l, .code = IR_PUTE, .size = 4, .a = v, .imm = mask);
    IR_OP(l, .code = IR_PUTF, .size = 4, .a = v, .sets = IRF_ALL, .live = IRF_ALL);
    lift_put(l, RSP, next, lift_stack_size(l));
    go_on(l);
}

static ir_ref selector(struct lift *l, unsigned n)
{
    return IR_OP(l, .code = IR_GETSEL, .size = 2, .reg = l->op->in.op[n].reg);
}

void lift_push_seg(struct lift *l)
{
    lift_push(l, selector(l, 0));
}

/* Memory gets 16 bits whatever the operand size. */
void lift_mov_seg_store(struct lift *l)
{
    bool memory = l->op->in.op[0].kind != OPND_GPR;
    lift_write(l, 0, selector(l, 1), memory ? 2 : l->size);
}

static void put_tsc(struct lift *l)
{
    ir_ref tsc = IR_OP(l, .code = IR_GETTSC, .size = 8);
    lift_put(l, RAX, tsc, 4);
    lift_put(l, RDX, IR_OP(l, .code = IR_SHR, .size = 8, .a = tsc, .b = lift_const(l, 32)), 4);
}

void lift_rdtsc(struct lift *l)
{
    put_tsc(l);
    go_on(l);
}

void lift_rdtscp(struct lift *l)
{
    put_tsc(l);
    lift_put(l, RCX, IR_OP(l, .code = IR_GETAUX, .size = 4), 4);
    go_on(l);
}

void lift_pause(struct lift *l)
{
    IR_OP(l, .code = IR_PAUSE, .size = 4);
    go_on(l);
}

void lift_swapgs(struct lift *l)
{
    IR_OP(l, .code = IR_SWAPGS, .size = 8);
}
