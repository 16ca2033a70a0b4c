/* SPDX-License-Identifier: MIT */
/*
 * Far JMP, CALL and RET: direct, through call gates of 16, 32 and 64 bits, to tasks (SDM vol. 2;
 * vol. 3, 5.8). Nothing is written to a register before the last check.
 */
#include "cpu/flags.h"
#include "cpu/op.h"
#include "cpu/seg.h"
#include "cpu/system.h"

struct target {
    u16 sel;
    u64 offset;
    u8 osize;
    bool call;
};

/* No 64-bit segment has D set, and outside long mode L means nothing. */
static void check_long_code(struct cpu *c, const struct desc *d)
{
    if (cpu_long_mode(c) && (desc_attr(d) & (SEG_L | SEG_DB)) == (SEG_L | SEG_DB))
        cpu_raise_sel(c, VEC_GP, d->sel);
}

/* CS:IP of the caller goes to the stack; then the transfer is committed. */
static void transfer(struct cpu *c, const struct target *t, const struct seg *cs)
{
    struct stack st;

    stack_current(c, &st);
    seg_check_rip(c, cs, t->offset);
    if (t->osize == 8) { /* also from compatibility mode, through a gate */
        st.width = 8;
        st.sp = c->gpr[RSP];
    }
    if (t->call) {
        stack_room(c, &st, 2u * t->osize);
        stack_put(c, &st, c->seg[CS].sel, t->osize);
        stack_put(c, &st, c->rip, t->osize);
        stack_commit(c, &st);
    }
    seg_set_code(c, cs, t->offset, c->cpl);
}

static void to_code(struct cpu *c, const struct target *t, struct desc *d)
{
    unsigned rpl = t->sel & SEL_RPL, dpl = desc_dpl(d);

    if (desc_conforming(d) ? dpl > c->cpl : rpl > c->cpl || dpl != c->cpl)
        cpu_raise_sel(c, VEC_GP, t->sel);
    check_long_code(c, d);
    if (!desc_present(d))
        cpu_raise_sel(c, VEC_NP, t->sel);
    desc_touch(c, d);
    struct seg cs;
    seg_from_desc(&cs, d);
    cs.sel = (t->sel & ~SEL_RPL) | c->cpl;
    transfer(c, t, &cs);
}

/* --- call gates --- */

static void gate_stack(struct cpu *c, unsigned cpl, struct stack *st)
{
    if (!cpu_long_mode(c))
        stack_from_tss(c, cpl, st);
    else
        *st = (struct stack){
            .ss = seg_null((u16)cpl, cpl), .sp = tss64_rsp(c, cpl), .width = 8, .inner = true};
}

/* A CALL to a more privileged ring: SS:SP, the parameters and CS:IP go to its stack. */
static void call_inner(struct cpu *c, const struct target *t, const struct seg *cs, unsigned params)
{
    unsigned cpl = cs->sel & SEL_RPL, size = t->osize;
    struct stack st, from;
    u64 param[31];

    gate_stack(c, cpl, &st);
    stack_current(c, &from);
    stack_room(c, &st, (4 + params) * size);
    seg_check_rip(c, cs, t->offset);
    for (unsigned i = 0; i < params; i++)
        param[i] = stack_get(c, &from, size);
    stack_put(c, &st, c->seg[SS].sel, size);
    stack_put(c, &st, c->gpr[RSP], size);
    while (params--)
        stack_put(c, &st, param[params], size);
    stack_put(c, &st, c->seg[CS].sel, size);
    stack_put(c, &st, c->rip, size);
    seg_set(c, SS, &st.ss);
    stack_commit(c, &st);
    seg_set_code(c, cs, t->offset, cpl);
}

static void to_gate(struct cpu *c, const struct target *t, struct desc *gate)
{
    u16 sel = gate_sel(gate);
    struct target to = {.sel = sel, .offset = gate_offset(gate), .osize = 4, .call = t->call};
    struct desc d;

    if (cpu_long_mode(c))
        to.osize = 8;
    else if (desc_type(gate) == SYS_CALL16) {
        to.osize = 2;
        to.offset = (u16)to.offset;
    }
    desc_need(c, sel, &d, VEC_GP);
    if (!desc_is_code(&d) || desc_dpl(&d) > c->cpl)
        cpu_raise_sel(c, VEC_GP, sel);
    bool inner = !desc_conforming(&d) && desc_dpl(&d) < c->cpl;
    if (inner && !t->call)
        cpu_raise_sel(c, VEC_GP, sel);
    if (cpu_long_mode(c) && (desc_attr(&d) & (SEG_L | SEG_DB)) != SEG_L)
        cpu_raise_sel(c, VEC_GP, sel);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_NP, sel);
    desc_touch(c, &d);
    struct seg cs;
    seg_from_desc(&cs, &d);
    cs.sel = (sel & ~SEL_RPL) | (inner ? desc_dpl(&d) : c->cpl);
    if (inner)
        call_inner(c, &to, &cs, cpu_long_mode(c) ? 0 : bits_get(gate->raw, 32, 5));
    else
        transfer(c, &to, &cs);
}

/* --- JMP and CALL --- */

static void to_system(struct cpu *c, const struct target *t, struct desc *d)
{
    enum {
        LONG = 1 << SYS_CALL32,
        LEGACY = LONG | 1 << SYS_CALL16 | 1 << SYS_TASK_GATE | 1 << SYS_TSS16 | 1 << SYS_TSS32
    };
    unsigned type = desc_type(d);
    enum task_reason why = t->call ? TASK_CALL : TASK_JMP;
    const struct op *op = c->op;

    if (!((cpu_long_mode(c) ? LONG : LEGACY) >> type & 1))
        cpu_raise_sel(c, VEC_GP, t->sel);
    if (desc_dpl(d) < c->cpl || desc_dpl(d) < (t->sel & SEL_RPL))
        cpu_raise_sel(c, VEC_GP, t->sel);
    if (cpu_long_mode(c) && !desc_read_high(c, d))
        cpu_raise_sel(c, VEC_GP, t->sel);
    if (!desc_present(d))
        cpu_raise_sel(c, VEC_NP, t->sel);
    if (type == SYS_CALL16 || type == SYS_CALL32) {
        to_gate(c, t, d);
        return;
    }
    if (type == SYS_TASK_GATE)
        task_gate(c, d, why, eflags_get(c));
    else
        task_switch(c, d, why, eflags_get(c));
    seg_check_rip(c, &c->seg[CS], c->rip);
    c->op = op;
}

static void go(struct cpu *c, const struct target *t)
{
    struct desc d;

    if (!cpu_protected(c)) {
        struct seg cs = cpu_vm86(c) ? seg_vm86(t->sel) : seg_real(&c->seg[CS], t->sel);
        transfer(c, t, &cs);
        return;
    }
    desc_need(c, t->sel, &d, VEC_GP);
    if (desc_is_code(&d))
        to_code(c, t, &d);
    else
        to_system(c, t, &d);
}

static struct target direct(const struct insn *in, bool call)
{
    return (struct target){
        .sel = (u16)(in->imm >> 32), .offset = (u32)in->imm, .osize = in->osize, .call = call};
}

static struct target indirect(struct cpu *c, const struct insn *in, bool call)
{
    u64 ea = mem_ea(c, in);
    struct target t = {.osize = in->osize, .call = call};

    t.offset = mem_read(c, in->seg, ea, in->osize);
    t.sel = (u16)mem_read(c, in->seg, ea + in->osize, 2);
    return t;
}

void op_jmp_far(struct cpu *c, const struct insn *in)
{
    struct target t = direct(in, false);
    go(c, &t);
}

void op_call_far(struct cpu *c, const struct insn *in)
{
    struct target t = direct(in, true);
    go(c, &t);
}

void op_jmp_far_ind(struct cpu *c, const struct insn *in)
{
    struct target t = indirect(c, in, false);
    go(c, &t);
}

void op_call_far_ind(struct cpu *c, const struct insn *in)
{
    struct target t = indirect(c, in, true);
    go(c, &t);
}

/* --- returns --- */

void seg_check_return(struct cpu *c, u16 sel, struct seg *cs)
{
    struct desc d;
    unsigned rpl = sel & SEL_RPL;

    desc_need(c, sel, &d, VEC_GP);
    if (!desc_is_code(&d) || rpl < c->cpl)
        cpu_raise_sel(c, VEC_GP, sel);
    if (desc_conforming(&d) ? desc_dpl(&d) > rpl : desc_dpl(&d) != rpl)
        cpu_raise_sel(c, VEC_GP, sel);
    check_long_code(c, &d);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_NP, sel);
    desc_touch(c, &d);
    seg_from_desc(cs, &d);
}

void seg_drop_inner(struct cpu *c)
{
    static const u8 order[] = {ES, DS, FS, GS};
    struct seg null = seg_null(0, 0);

    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        const struct seg *s = &c->seg[order[i]];
        bool conforming = (s->attr & SEG_CODE) && (s->attr & SEG_CONFORMING);
        unsigned dpl = (s->attr & SEG_DPL) >> SEG_DPL_SHIFT;
        if (!(s->attr & SEG_UNUSABLE) && !conforming && dpl < c->cpl)
            seg_set(c, order[i], &null);
    }
}

void stack_outer(struct cpu *c, struct stack *s, u16 sel, u64 sp, const struct seg *cs)
{
    unsigned cpl = cs->sel & SEL_RPL;
    bool code64 = cpu_long_mode(c) && (cs->attr & SEG_L);

    if (!(sel & ~SEL_RPL) && code64 && cpl != 3 && (sel & SEL_RPL) == cpl)
        s->ss = seg_null(sel, cpl);
    else
        seg_check_stack(c, sel, cpl, VEC_GP, &s->ss);
    s->width = stack_width(c, &s->ss, cs);
    s->sp = zext(sp, s->width);
    s->error = 0;
    s->inner = false;
}

static void ret_real(struct cpu *c, struct stack *st, unsigned size, unsigned extra)
{
    u64 rip = stack_get(c, st, size);
    u16 sel = (u16)stack_get(c, st, size);
    struct seg cs = cpu_vm86(c) ? seg_vm86(sel) : seg_real(&c->seg[CS], sel);

    seg_check_rip(c, &cs, rip);
    st->sp = zext(st->sp + extra, st->width);
    stack_commit(c, st);
    seg_set_code(c, &cs, rip, c->cpl);
}

void op_ret_far(struct cpu *c, const struct insn *in)
{
    unsigned size = in->osize, extra = in->op[0].kind == OPND_IMM ? (u16)in->imm : 0;
    struct stack st;

    stack_current(c, &st);
    if (!cpu_protected(c)) {
        ret_real(c, &st, size, extra);
        return;
    }
    u64 rip = stack_get(c, &st, size);
    struct seg cs;
    seg_check_return(c, (u16)stack_get(c, &st, size), &cs);
    unsigned cpl = cs.sel & SEL_RPL;
    st.sp = zext(st.sp + extra, st.width);
    if (cpl == c->cpl) {
        seg_check_rip(c, &cs, rip);
        stack_commit(c, &st);
        seg_set_code(c, &cs, rip, cpl);
        return;
    }
    u64 sp = stack_get(c, &st, size);
    struct stack outer;
    stack_outer(c, &outer, (u16)stack_get(c, &st, size), sp, &cs);
    seg_check_rip(c, &cs, rip);
    outer.sp = zext(outer.sp + extra, outer.width);
    seg_set(c, SS, &outer.ss);
    stack_commit(c, &outer);
    seg_set_code(c, &cs, rip, cpl);
    seg_drop_inner(c);
}
