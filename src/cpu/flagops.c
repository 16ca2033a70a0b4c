/* SPDX-License-Identifier: MIT */
/* Instructions on EFLAGS beyond the status flags, VIF and VIP included (SDM vol. 3, 20.3). */
#include "cpu/flags.h"
#include "cpu/op.h"
#include "cpu/seg.h"
#include "cpu/system.h"

void eflags_set(struct cpu *c, u32 mask, u32 v)
{
    flags_change(c, mask & EFL_STATUS, v);
    mask &= ~(u32)EFL_STATUS;
    c->eflags = (c->eflags & ~mask) | (v & mask) | EFL_FIXED;
}

void op_pushf(struct cpu *c, const struct insn *in)
{
    u32 flags = eflags_get(c) & ~(u32)(EFL_VM | EFL_RF);

    if (cpu_vm86(c) && cpu_iopl(c) < 3) {
        if (!(c->cr4 & CR4_VME) || in->osize > 2)
            cpu_raise(c, VEC_GP, 0);
        flags = (flags & ~(u32)EFL_IF) | EFL_IOPL | (c->eflags & EFL_VIF ? EFL_IF : 0);
    }
    stack_push(c, flags, in->osize);
}

/* What POPF may change at this privilege (SDM vol. 2, POPF, table 4-19). */
static u32 popf_mask(const struct cpu *c, unsigned size)
{
    u32 mask = EFL_STATUS | EFL_TF | EFL_DF | EFL_NT | (size > 2 ? EFL_AC | EFL_ID : 0);

    if (cpu_vm86(c))
        return mask | (cpu_iopl(c) == 3 ? EFL_IF : EFL_VIF);
    if (c->cpl <= cpu_iopl(c))
        mask |= EFL_IF;
    return mask | (c->cpl ? 0 : EFL_IOPL);
}

void op_popf(struct cpu *c, const struct insn *in)
{
    struct stack st;
    bool vme = cpu_vm86(c) && cpu_iopl(c) < 3;

    if (vme && (!(c->cr4 & CR4_VME) || in->osize > 2))
        cpu_raise(c, VEC_GP, 0);
    stack_current(c, &st);
    u32 flags = (u32)stack_get(c, &st, in->osize);
    if (vme) {
        if ((flags & EFL_TF) || ((flags & EFL_IF) && (c->eflags & EFL_VIP)))
            cpu_raise(c, VEC_GP, 0);
        flags = (flags & ~(u32)EFL_VIF) | (flags & EFL_IF ? EFL_VIF : 0);
    }
    eflags_set(c, popf_mask(c, in->osize), flags);
    stack_commit(c, &st);
    cpu_update_view(c);
}

/* CLI and STI work on IF, on VIF (VME, PVI), or fault. */
static u32 interrupt_flag(struct cpu *c)
{
    if (c->cpl <= cpu_iopl(c))
        return EFL_IF;
    if (c->cpl == 3 && (c->cr4 & (cpu_vm86(c) ? CR4_VME : CR4_PVI)))
        return EFL_VIF;
    cpu_raise(c, VEC_GP, 0);
}

void op_cli(struct cpu *c, const struct insn *in)
{
    c->eflags &= ~interrupt_flag(c);
}

void op_sti(struct cpu *c, const struct insn *in)
{
    u32 flag = interrupt_flag(c);

    if (flag == EFL_VIF && (c->eflags & EFL_VIP))
        cpu_raise(c, VEC_GP, 0);
    if (flag == EFL_IF && !(c->eflags & EFL_IF))
        cpu_block_events(c, SHADOW_STI);
    c->eflags |= flag;
}

void op_clac(struct cpu *c, const struct insn *in)
{
    if (c->cpl)
        cpu_fault(c, VEC_UD);
    c->eflags &= ~(u32)EFL_AC;
    cpu_update_view(c);
}

void op_stac(struct cpu *c, const struct insn *in)
{
    if (c->cpl)
        cpu_fault(c, VEC_UD);
    c->eflags |= EFL_AC;
    cpu_update_view(c);
}
