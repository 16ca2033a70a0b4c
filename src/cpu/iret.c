/* SPDX-License-Identifier: MIT */
/* IRET in every mode (SDM vol. 2, IRET; vol. 3, 20.2.2 for VM86). */
#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/op.h"
#include "cpu/seg.h"
#include "cpu/system.h"

struct frame {
    u64 rip;
    u32 flags;
    u16 sel;
};

static struct frame pop_frame(struct cpu *c, struct stack *st, unsigned size)
{
    u64 words[3];

    stack_get_words(c, st, words, 3, size);
    return (struct frame){.rip = words[0], .sel = (u16)words[1], .flags = (u32)words[2]};
}

enum {
    FLAGS_ALWAYS = EFL_STATUS | EFL_TF | EFL_DF | EFL_NT,
    FLAGS_WIDE = EFL_RF | EFL_AC | EFL_ID, /* what a 32-bit image adds */
};

/* A loaded RF lasts through the next instruction. */
static void return_flags(struct cpu *c, u32 mask, u32 flags)
{
    eflags_set(c, mask, flags);
    c->step_rf = false;
}

static void iret_real(struct cpu *c, unsigned size)
{
    struct stack st;
    stack_current(c, &st);
    struct frame f = pop_frame(c, &st, size);
    struct seg cs = seg_real(&c->seg[CS], f.sel);

    seg_check_rip(c, &cs, f.rip);
    stack_commit(c, &st);
    return_flags(c, FLAGS_ALWAYS | EFL_IF | EFL_IOPL | (size > 2 ? FLAGS_WIDE : 0), f.flags);
    seg_set_code(c, &cs, f.rip, 0);
}

static void iret_vm86(struct cpu *c, unsigned size)
{
    bool vme = cpu_iopl(c) < 3;
    struct stack st;

    if (vme && (!(c->cr4 & CR4_VME) || size > 2))
        cpu_raise(c, VEC_GP, 0);
    stack_current(c, &st);
    struct frame f = pop_frame(c, &st, size);
    struct seg cs = seg_vm86(f.sel);
    u32 mask = FLAGS_ALWAYS | (size > 2 ? FLAGS_WIDE : 0) | (vme ? EFL_VIF : EFL_IF);

    seg_check_rip(c, &cs, f.rip);
    if (vme) {
        if ((f.flags & EFL_TF) || ((f.flags & EFL_IF) && (c->eflags & EFL_VIP)))
            cpu_raise(c, VEC_GP, 0);
        f.flags |= f.flags & EFL_IF ? EFL_VIF : 0;
    }
    stack_commit(c, &st);
    return_flags(c, mask, f.flags);
    seg_set_code(c, &cs, f.rip, 3);
}

/* From ring 0 to a virtual 8086 program. */
static void iret_to_vm86(struct cpu *c, struct stack *st, const struct frame *f)
{
    static const u8 order[] = {ES, DS, FS, GS};
    u64 sp = stack_get(c, st, 4);
    u16 ss = (u16)stack_get(c, st, 4), data[ARRAY_LEN(order)];
    struct seg cs = seg_vm86(f->sel), s = seg_vm86(ss);

    for (unsigned i = 0; i < ARRAY_LEN(order); i++)
        data[i] = (u16)stack_get(c, st, 4);
    seg_check_rip(c, &cs, f->rip);
    return_flags(c, FLAGS_ALWAYS | FLAGS_WIDE | EFL_IF | EFL_IOPL | EFL_VM | EFL_VIF | EFL_VIP,
                 f->flags);
    seg_set(c, SS, &s);
    c->gpr[RSP] = sp;
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        s = seg_vm86(data[i]);
        seg_set(c, order[i], &s);
    }
    seg_set_code(c, &cs, f->rip, 3);
}

/* NT: back to the task whose selector this one's TSS holds. */
static void iret_task(struct cpu *c)
{
    const struct op *op = c->op;
    struct desc d;
    u16 sel = (u16)mem_read_sys(c, c->tr.base, 2);

    if ((sel & SEL_TI) || !desc_read(c, sel, &d))
        cpu_raise_sel(c, VEC_TS, sel);
    if (desc_type(&d) != SYS_TSS16_BUSY && desc_type(&d) != SYS_TSS32_BUSY)
        cpu_raise_sel(c, VEC_TS, sel);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_NP, sel);
    task_switch(c, &d, TASK_IRET, eflags_get(c) & ~(u32)EFL_NT);
    seg_check_rip(c, &c->seg[CS], c->rip);
    c->op = op;
}

static void iret_protected(struct cpu *c, unsigned size)
{
    struct stack st;
    stack_current(c, &st);
    struct frame f = pop_frame(c, &st, size);
    u32 mask = FLAGS_ALWAYS | (size > 2 ? FLAGS_WIDE : 0);

    if (size > 2 && (f.flags & EFL_VM) && !c->cpl && !cpu_long_mode(c)) {
        iret_to_vm86(c, &st, &f);
        return;
    }
    struct seg cs;
    seg_check_return(c, f.sel, &cs);
    unsigned cpl = f.sel & SEL_RPL;
    bool outer = cpl != c->cpl;
    if (outer || c->code_mode == CODE64) {
        u64 words[2];
        stack_get_words(c, &st, words, 2, size);
        stack_outer(c, &st, (u16)words[1], words[0], &cs);
    }
    seg_check_rip(c, &cs, f.rip);

    if (c->cpl <= cpu_iopl(c))
        mask |= EFL_IF;
    if (!c->cpl)
        mask |= EFL_IOPL | (size > 2 ? EFL_VIF | EFL_VIP : 0);
    if (outer || c->code_mode == CODE64)
        seg_set(c, SS, &st.ss);
    stack_commit(c, &st);
    return_flags(c, mask, f.flags);
    seg_set_code(c, &cs, f.rip, cpl);
    if (outer)
        seg_drop_inner(c);
}

void op_iret(struct cpu *c, const struct insn *in)
{
    c->nmi_blocked = false; /* even when it faults */
    if (cpu_real_mode(c))
        iret_real(c, in->osize);
    else if (cpu_vm86(c))
        iret_vm86(c, in->osize);
    else if (!(c->eflags & EFL_NT))
        iret_protected(c, in->osize);
    else if (cpu_long_mode(c))
        cpu_raise(c, VEC_GP, 0);
    else
        iret_task(c);
}
