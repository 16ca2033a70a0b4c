/* SPDX-License-Identifier: MIT */
/* Segment registers: the instructions that load, store and examine them. */
#include "cpu/seg.h"

#include "cpu/block.h"
#include "cpu/flags.h"
#include "cpu/op.h"
#include "cpu/system.h"

void seg_update(struct cpu *c, struct seg *s)
{
    bool usable = (s->attr & SEG_P) && !(s->attr & SEG_UNUSABLE);
    bool code = s->attr & SEG_CODE, rw = s->attr & SEG_RW;
    bool down = !code && (s->attr & SEG_DOWN);
    u64 end = usable && !down ? (u64)s->limit + 1 : 0;

    s->rlimit = !code || rw ? end : 0;
    s->wlimit = !code && rw ? end : 0;
    c->block_mode = BLOCK_MODE_STALE;
}

void seg_set(struct cpu *c, enum seg_reg reg, const struct seg *s)
{
    seg_copy(&c->seg[reg], s);
    seg_update(c, &c->seg[reg]);
}

void seg_check_rip(struct cpu *c, const struct seg *cs, u64 rip)
{
    bool code64 = cpu_long_mode(c) && (cs->attr & SEG_L);

    if (code64 ? !is_canonical(rip) : rip > cs->limit)
        cpu_raise(c, VEC_GP, 0);
}

void seg_set_code(struct cpu *c, const struct seg *cs, u64 rip, unsigned cpl)
{
    seg_set(c, CS, cs);
    c->rip = rip;
    c->cpl = (u8)cpl;
    cpu_update_mode(c);
}

/* --- MOV, PUSH, POP, LES.. --- */

static void load(struct cpu *c, enum seg_reg reg, const struct seg *s)
{
    seg_set(c, reg, s);
    if (reg == SS)
        cpu_update_mode(c);
}

void op_mov_seg_load(struct cpu *c, const struct insn *in)
{
    enum seg_reg reg = in->op[0].reg;
    struct seg s;

    seg_prepare(c, reg, (u16)operand_read(c, in, 1, 2), &s);
    load(c, reg, &s);
    if (reg == SS)
        cpu_block_events(c, SHADOW_MOVSS);
}

void op_store_u16(struct cpu *c, const struct insn *in, u16 v)
{
    operand_write(c, in, 0, v, in->op[0].kind == OPND_MEM ? 2 : in->osize);
}

void op_mov_seg_store(struct cpu *c, const struct insn *in)
{
    op_store_u16(c, in, c->seg[in->op[1].reg].sel);
}

void op_push_seg(struct cpu *c, const struct insn *in)
{
    stack_push(c, c->seg[in->op[0].reg].sel, in->osize);
}

void op_pop_seg(struct cpu *c, const struct insn *in)
{
    enum seg_reg reg = in->op[0].reg;
    struct stack st;
    struct seg s;

    stack_current(c, &st);
    seg_prepare(c, reg, (u16)stack_get(c, &st, in->osize), &s);
    stack_commit(c, &st);
    load(c, reg, &s);
    if (reg == SS)
        cpu_block_events(c, SHADOW_MOVSS);
}

void op_lxs(struct cpu *c, const struct insn *in)
{
    u64 ea = mem_ea(c, in);
    u64 offset = mem_read(c, in->seg, ea, in->osize);
    u16 sel = (u16)mem_read(c, in->seg, ea + in->osize, 2);
    enum seg_reg reg = in->op[2].reg;
    struct seg s;

    seg_prepare(c, reg, sel, &s);
    gpr_write(c, in->op[0].reg, offset, in->osize);
    load(c, reg, &s);
}

/* --- LAR LSL VERR VERW ARPL --- */

static void set_zf(struct cpu *c, bool on)
{
    flags_change(c, EFL_ZF, on ? EFL_ZF : 0);
}

/* The descriptor that sel names, if this CPL and its RPL may see it. */
static bool visible(struct cpu *c, u16 sel, struct desc *d)
{
    if (!desc_read(c, sel, d))
        return false;
    if (desc_is_code(d) && desc_conforming(d))
        return true;
    return c->cpl <= desc_dpl(d) && (sel & SEL_RPL) <= desc_dpl(d);
}

/* System types that LAR and LSL accept, as bit masks over enum sys_type; in long mode the
 * 16-bit ones and the task gate don't exist. */
enum {
    LSL_LONG = 1 << SYS_LDT | 1 << SYS_TSS32 | 1 << SYS_TSS32_BUSY,
    LSL_LEGACY = LSL_LONG | 1 << SYS_TSS16 | 1 << SYS_TSS16_BUSY,
    LAR_LONG = LSL_LONG | 1 << SYS_CALL32,
    LAR_LEGACY = LSL_LEGACY | 1 << SYS_CALL16 | 1 << SYS_TASK_GATE | 1 << SYS_CALL32,
};

static bool examine(struct cpu *c, u16 sel, struct desc *d, u32 legacy, u32 in_long)
{
    if (!visible(c, sel, d))
        return false;
    if (desc_type(d) & SEG_S)
        return true;
    return (cpu_long_mode(c) ? in_long : legacy) >> desc_type(d) & 1;
}

void op_lar(struct cpu *c, const struct insn *in)
{
    struct desc d;

    need_protected(c);
    bool ok = examine(c, (u16)operand_read(c, in, 1, 2), &d, LAR_LEGACY, LAR_LONG);
    if (ok)
        operand_write(c, in, 0, d.raw >> 32 & 0xf0ff00, in->osize);
    set_zf(c, ok);
}

void op_lsl(struct cpu *c, const struct insn *in)
{
    struct desc d;

    need_protected(c);
    bool ok = examine(c, (u16)operand_read(c, in, 1, 2), &d, LSL_LEGACY, LSL_LONG);
    if (ok)
        operand_write(c, in, 0, desc_limit(&d), in->osize);
    set_zf(c, ok);
}

void op_verr(struct cpu *c, const struct insn *in)
{
    struct desc d;

    need_protected(c);
    bool ok = visible(c, (u16)operand_read(c, in, 0, 2), &d) && (desc_type(&d) & SEG_S);
    set_zf(c, ok && (!desc_is_code(&d) || (desc_type(&d) & SEG_RW)));
}

void op_verw(struct cpu *c, const struct insn *in)
{
    struct desc d;

    need_protected(c);
    bool ok = visible(c, (u16)operand_read(c, in, 0, 2), &d);
    set_zf(c, ok && (desc_type(&d) & (SEG_S | SEG_CODE | SEG_RW)) == (SEG_S | SEG_RW));
}

void op_arpl(struct cpu *c, const struct insn *in)
{
    need_protected(c);
    u16 dst = (u16)operand_read(c, in, 0, 2), rpl = operand_read(c, in, 1, 2) & SEL_RPL;
    bool raise = (dst & SEL_RPL) < rpl;

    if (raise)
        operand_write(c, in, 0, (dst & ~SEL_RPL) | rpl, 2);
    set_zf(c, raise);
}

/* --- LDTR and TR --- */

/* Reads a system descriptor of one of the types in mask out of the GDT; in long mode whole. */
static void need_system(struct cpu *c, u16 sel, struct desc *d, u32 mask)
{
    if (sel & SEL_TI)
        cpu_raise_sel(c, VEC_GP, sel);
    desc_need(c, sel, d, VEC_GP);
    if ((desc_type(d) & SEG_S) || !(mask >> desc_type(d) & 1))
        cpu_raise_sel(c, VEC_GP, sel);
    if (cpu_long_mode(c) && !desc_read_high(c, d))
        cpu_raise_sel(c, VEC_GP, sel);
    if (!desc_present(d))
        cpu_raise_sel(c, VEC_NP, sel);
    if (!is_canonical(desc_base(d)))
        cpu_raise_sel(c, VEC_GP, sel);
}

void op_lldt(struct cpu *c, const struct insn *in)
{
    struct desc d;

    need_protected(c);
    need_cpl0(c);
    u16 sel = (u16)operand_read(c, in, 0, 2);
    if (!(sel & ~SEL_RPL)) {
        c->ldtr = seg_null(sel, 0);
        return;
    }
    need_system(c, sel, &d, 1 << SYS_LDT);
    seg_from_desc(&c->ldtr, &d);
}

void op_ltr(struct cpu *c, const struct insn *in)
{
    struct desc d;

    need_protected(c);
    need_cpl0(c);
    u16 sel = (u16)operand_read(c, in, 0, 2);
    need_system(c, sel, &d, 1 << SYS_TSS32 | (cpu_long_mode(c) ? 0 : 1 << SYS_TSS16));
    desc_set_busy(c, sel, true);
    seg_from_desc(&c->tr, &d);
    c->tr.attr |= SYS_TSS_BUSY;
}

void op_sldt(struct cpu *c, const struct insn *in)
{
    need_protected(c);
    need_not_umip(c);
    op_store_u16(c, in, c->ldtr.sel);
}

void op_str(struct cpu *c, const struct insn *in)
{
    need_protected(c);
    need_not_umip(c);
    op_store_u16(c, in, c->tr.sel);
}
