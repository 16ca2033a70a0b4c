/* SPDX-License-Identifier: MIT */
/*
 * Task switches (SDM vol. 3, 7.3). What can fault is done in two parts: up to the commit in the
 * old task's context, after it in the new one's, where op == NULL makes faults report the new
 * task's first instruction. The switch leaves op NULL: callers restore it when they are done.
 *
 *     286 TSS                       386 TSS
 *      0  link                       0  link
 *      2  SP0 SS0 .. SP2 SS2         4  ESP0 SS0 .. ESP2 SS2
 *     14  IP FLAGS                  28  CR3
 *     18  AX CX DX BX SP BP SI DI   32  EIP EFLAGS
 *     34  ES CS SS DS               40  EAX .. EDI
 *     42  LDT                       72  ES CS SS DS FS GS
 *                                   96  LDT,  100 T,  102 I/O map base
 */
#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/seg.h"
#include "cpu/system.h"

struct tss_layout {
    u8 size, ip, gpr, sreg, sregs, ldt, min_limit;
    u8 sreg_size;
};

static const struct tss_layout layouts[2] = {
    {.size = 2,
     .ip = 14,
     .gpr = 18,
     .sreg = 34,
     .sregs = 4,
     .ldt = 42,
     .min_limit = 43,
     .sreg_size = 2},
    {.size = 4,
     .ip = 32,
     .gpr = 40,
     .sreg = 72,
     .sregs = 6,
     .ldt = 96,
     .min_limit = 103,
     .sreg_size = 4},
};

struct task_state {
    u64 cr3;
    u32 ip, flags, gpr[8];
    u16 sreg[SEG_COUNT], ldt;
    bool trap;
};

static const struct tss_layout *layout_of(u32 attr)
{
    return &layouts[attr & 8 ? 1 : 0];
}

static void read_state(struct cpu *c, const struct seg *tss, struct task_state *t)
{
    const struct tss_layout *l = layout_of(tss->attr);

    *t = (struct task_state){.cr3 = c->cr3};
    t->ip = (u32)mem_read_sys(c, tss->base + l->ip, l->size);
    t->flags = (u32)mem_read_sys(c, tss->base + l->ip + l->size, l->size);
    for (unsigned i = 0; i < 8; i++)
        t->gpr[i] = (u32)mem_read_sys(c, tss->base + l->gpr + i * l->size, l->size);
    for (unsigned i = 0; i < l->sregs; i++)
        t->sreg[i] = (u16)mem_read_sys(c, tss->base + l->sreg + i * l->sreg_size, 2);
    t->ldt = (u16)mem_read_sys(c, tss->base + l->ldt, 2);
    if (l->size == 4) {
        t->cr3 = mem_read_sys(c, tss->base + 28, 4);
        t->trap = mem_read_sys(c, tss->base + 100, 2) & 1;
    } else {
        for (unsigned i = 0; i < 8; i++)
            t->gpr[i] |= 0xffff0000; /* what a 286 TSS leaves in the high halves */
    }
}

static void save_state(struct cpu *c, u32 flags)
{
    const struct tss_layout *l = layout_of(c->tr.attr);
    u64 base = c->tr.base;

    mem_write_sys(c, base + l->ip, c->rip, l->size);
    mem_write_sys(c, base + l->ip + l->size, flags, l->size);
    for (unsigned i = 0; i < 8; i++)
        mem_write_sys(c, base + l->gpr + i * l->size, c->gpr[i], l->size);
    for (unsigned i = 0; i < l->sregs; i++)
        mem_write_sys(c, base + l->sreg + i * l->sreg_size, c->seg[i].sel, 2);
}

/* --- in the new task --- */

static void load_ldt(struct cpu *c, u16 sel)
{
    struct desc d;

    c->ldtr = seg_null(sel, 0);
    if (!(sel & ~SEL_RPL))
        return;
    if ((sel & SEL_TI) || !desc_read(c, sel, &d) || desc_type(&d) != SYS_LDT || !desc_present(&d))
        cpu_raise_sel(c, VEC_TS, sel);
    seg_from_desc(&c->ldtr, &d);
}

static void task_code(struct cpu *c, u16 sel, struct seg *cs)
{
    struct desc d;
    unsigned rpl = sel & SEL_RPL;

    desc_need(c, sel, &d, VEC_TS);
    if (!desc_is_code(&d) || (desc_conforming(&d) ? desc_dpl(&d) > rpl : desc_dpl(&d) != rpl))
        cpu_raise_sel(c, VEC_TS, sel);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_NP, sel);
    desc_touch(c, &d);
    seg_from_desc(cs, &d);
}

static void load_segments(struct cpu *c, const struct task_state *t)
{
    static const u8 data[] = {DS, ES, FS, GS};
    struct seg s;

    task_code(c, t->sreg[CS], &s);
    seg_set(c, CS, &s);
    seg_check_stack(c, t->sreg[SS], c->cpl, VEC_TS, &s);
    seg_set(c, SS, &s);
    cpu_update_mode(c);
    for (unsigned i = 0; i < ARRAY_LEN(data); i++) {
        u16 sel = t->sreg[data[i]];
        if (sel & ~SEL_RPL)
            seg_check_data(c, sel, c->cpl, VEC_TS, &s);
        else
            s = seg_null(sel, 0);
        seg_set(c, data[i], &s);
    }
}

/* Registers as the TSS has them; segment registers hold their selectors only, so far. */
static void load_registers(struct cpu *c, const struct task_state *t, bool nested)
{
    bool vm86 = t->flags & EFL_VM;

    c->rip = t->ip;
    eflags_set(c, ~0u, t->flags & EFL_KNOWN);
    if (nested)
        c->eflags |= EFL_NT;
    for (unsigned i = 0; i < 8; i++)
        c->gpr[i] = t->gpr[i];
    c->cpl = vm86 ? 3 : t->sreg[CS] & SEL_RPL;
    for (unsigned i = 0; i < SEG_COUNT; i++) {
        struct seg s = vm86 ? seg_vm86(t->sreg[i]) : seg_null(t->sreg[i], c->cpl);
        seg_set(c, i, &s);
    }
}

static void enter(struct cpu *c, const struct seg *tss, const struct task_state *t, bool nested)
{
    bool wide = tss->attr & 8;

    c->op = NULL;
    c->tr = *tss;
    c->tr.attr |= SYS_TSS_BUSY;
    c->cr0 |= CR0_TS;
    c->dr7 &= ~0x155u; /* the local enables */
    c->step_rf = false;
    load_registers(c, t, nested);
    c->ldtr = seg_null(t->ldt, 0);
    cpu_paging_changed(c); /* before what may fault: the fault is the new task's */
    if (wide && (c->cr0 & CR0_PG)) {
        if (!mmu_load_cr3(&c->mmu, t->cr3, false))
            cpu_raise(c, VEC_GP, 0);
        c->cr3 = t->cr3;
    }
    load_ldt(c, t->ldt);
    if (!cpu_vm86(c))
        load_segments(c, t);
    cpu_update_mode(c);
    if (t->trap) {
        c->dr6_pending |= DR6_BT;
        c->pending |= PEND_DEBUG;
    }
}

/* --- the switch --- */

bool task_switch(struct cpu *c, const struct desc *d, enum task_reason why, u32 flags)
{
    struct seg tss;
    struct task_state t;
    bool nested = why == TASK_CALL || why == TASK_INT;
    u16 old = c->tr.sel;

    seg_from_desc(&tss, d);
    if (tss.limit < layout_of(tss.attr)->min_limit)
        cpu_raise_sel(c, VEC_TS, d->sel);
    read_state(c, &tss, &t);
    save_state(c, flags);
    if (nested)
        mem_write_sys(c, tss.base, old, 2);
    else
        desc_set_busy(c, old, false);
    if (why != TASK_IRET)
        desc_set_busy(c, d->sel, true);
    enter(c, &tss, &t, nested);
    return tss.attr & 8;
}

bool task_gate(struct cpu *c, const struct desc *gate, enum task_reason why, u32 flags)
{
    u16 sel = gate_sel(gate);
    struct desc d;

    if ((sel & SEL_TI) || !desc_read(c, sel, &d))
        cpu_raise_sel(c, VEC_GP, sel);
    if (desc_type(&d) != SYS_TSS16 && desc_type(&d) != SYS_TSS32)
        cpu_raise_sel(c, VEC_GP, sel);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_NP, sel);
    return task_switch(c, &d, why, flags);
}
