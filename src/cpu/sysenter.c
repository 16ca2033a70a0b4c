/* SPDX-License-Identifier: MIT */
/* SYSENTER, SYSEXIT, SYSCALL, SYSRET: flat segments out of nothing (SDM vol. 2). */
#include "cpu/flags.h"
#include "cpu/op.h"
#include "cpu/seg.h"
#include "cpu/system.h"

enum { FLAT = SEG_P | SEG_S | SEG_G | SEG_RW | SEG_ACCESSED };

static void set_code(struct cpu *c, u16 sel, bool code64, u64 rip)
{
    unsigned cpl = sel & SEL_RPL;
    struct seg cs = {.sel = sel,
                     .attr = FLAT | SEG_CODE | cpl << SEG_DPL_SHIFT | (code64 ? SEG_L : SEG_DB),
                     .limit = 0xffffffff};
    seg_set_code(c, &cs, code64 ? rip : (u32)rip, cpl);
}

static void set_stack(struct cpu *c, u16 sel)
{
    struct seg ss = {
        .sel = sel, .attr = FLAT | SEG_DB | (sel & SEL_RPL) << SEG_DPL_SHIFT, .limit = 0xffffffff};
    seg_set(c, SS, &ss);
}

static u16 sysenter_selector(struct cpu *c)
{
    u16 sel = c->sysenter_cs & ~SEL_RPL & 0xffff;

    if (cpu_real_mode(c) || !sel)
        cpu_raise(c, VEC_GP, 0);
    return sel;
}

void op_sysenter(struct cpu *c, const struct insn *in)
{
    u16 sel = sysenter_selector(c);
    bool code64 = cpu_long_mode(c);

    c->eflags &= ~(u32)(EFL_VM | EFL_IF | EFL_RF);
    c->gpr[RSP] = code64 ? c->sysenter_esp : (u32)c->sysenter_esp;
    set_stack(c, sel + 8);
    set_code(c, sel, code64, c->sysenter_eip);
}

void op_sysexit(struct cpu *c, const struct insn *in)
{
    u16 sel = sysenter_selector(c);
    bool code64 = in->osize == 8;

    need_cpl0(c);
    if (code64 && (!is_canonical(c->gpr[RCX]) || !is_canonical(c->gpr[RDX])))
        cpu_raise(c, VEC_GP, 0);
    sel = (sel + (code64 ? 32 : 16)) | 3;
    c->gpr[RSP] = code64 ? c->gpr[RCX] : (u32)c->gpr[RCX];
    set_stack(c, sel + 8);
    set_code(c, sel, code64, c->gpr[RDX]);
}

void op_syscall(struct cpu *c, const struct insn *in)
{
    u16 sel = bits_get(c->star, 32, 16) & ~SEL_RPL & 0xffff;

    if (!(c->efer & EFER_SCE) || c->code_mode != CODE64)
        cpu_fault(c, VEC_UD);
    c->gpr[RCX] = c->rip;
    c->gpr[R11] = eflags_get(c) & ~(u32)EFL_RF;
    eflags_set(c, (u32)c->sfmask | EFL_RF, 0);
    set_stack(c, sel + 8);
    set_code(c, sel, true, c->lstar);
}

void op_sysret(struct cpu *c, const struct insn *in)
{
    bool code64 = in->osize == 8;
    u16 sel = (u16)bits_get(c->star, 48, 16);

    if (!(c->efer & EFER_SCE) || c->code_mode != CODE64)
        cpu_fault(c, VEC_UD);
    need_cpl0(c);
    if (code64 && !is_canonical(c->gpr[RCX]))
        cpu_raise(c, VEC_GP, 0);
    eflags_set(c, 0x3c7fd7 | EFL_RF | EFL_VM, (u32)c->gpr[R11] & 0x3c7fd7);
    set_stack(c, (sel + 8) | 3);
    set_code(c, (sel + (code64 ? 16 : 0)) | 3, code64, c->gpr[RCX]);
}
