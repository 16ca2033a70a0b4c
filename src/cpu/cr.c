/* SPDX-License-Identifier: MIT */
/*
 * Control registers and what they switch: paging and long mode (SDM vol. 3, 2.5, 4.1, 9.8.5). A
 * value is checked whole before anything changes.
 */
#include "cpu/flags.h"
#include "cpu/op.h"
#include "cpu/system.h"

void cpu_paging_changed(struct cpu *c)
{
    mmu_set_paging(&c->mmu, c->cr0, c->cr4, c->efer);
    cpu_update_mode(c);
}

/* Takes over new values; under PAE the PDPTEs are loaded again, and a bad one refuses all. */
static void commit(struct cpu *c, u64 cr0, u64 cr4, u64 efer, bool load_pdptes)
{
    mmu_set_paging(&c->mmu, cr0, cr4, efer);
    if (load_pdptes && !mmu_load_cr3(&c->mmu, c->cr3, false)) {
        mmu_set_paging(&c->mmu, c->cr0, c->cr4, c->efer);
        cpu_raise(c, VEC_GP, 0);
    }
    c->cr0 = cr0;
    c->cr4 = cr4;
    c->efer = efer;
    cpu_update_mode(c);
}

static bool pae_paging(u64 cr0, u64 cr4, u64 efer)
{
    return (cr0 & CR0_PG) && (cr4 & CR4_PAE) && !(efer & EFER_LMA);
}

void cr0_load(struct cpu *c, u64 v)
{
    const u64 known = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW |
                      CR0_CD | CR0_PG;
    u64 efer = c->efer;
    bool code64 = c->code_mode == CODE64;

    if (v >> 32 || (v & (CR0_PG | CR0_PE)) == CR0_PG || (v & (CR0_NW | CR0_CD)) == CR0_NW)
        cpu_raise(c, VEC_GP, 0);
    v = (v & known) | CR0_ET;
    u64 changed = v ^ c->cr0;
    if ((changed & CR0_PG) && (v & CR0_PG) && (efer & EFER_LME)) {
        bool l = c->seg[CS].attr & SEG_L;
        bool tss16 = !(c->tr.attr & 8) && !(c->tr.attr & SEG_UNUSABLE);
        if (!(c->cr4 & CR4_PAE) || l || tss16)
            cpu_raise(c, VEC_GP, 0);
        efer |= EFER_LMA;
    }
    if ((changed & CR0_PG) && !(v & CR0_PG)) {
        if (code64 || (c->cr4 & CR4_PCIDE))
            cpu_raise(c, VEC_GP, 0);
        efer &= ~(u64)EFER_LMA;
    }
    commit(c, v, c->cr4, efer,
           (changed & (CR0_PG | CR0_CD | CR0_NW)) && pae_paging(v, c->cr4, efer));
}

/* CR4BIT(bit of CR4, feature that brings it) */
#define CR4BITS(CR4BIT)                                                                            \
    CR4BIT(VME, VME)                                                                               \
    CR4BIT(PVI, VME)                                                                               \
    CR4BIT(TSD, TSC)                                                                               \
    CR4BIT(DE, DE)                                                                                 \
    CR4BIT(PSE, PSE)                                                                               \
    CR4BIT(PAE, PAE)                                                                               \
    CR4BIT(MCE, MCE)                                                                               \
    CR4BIT(PGE, PGE)                                                                               \
    CR4BIT(PCE, I686)                                                                              \
    CR4BIT(OSFXSR, FXSR)                                                                           \
    CR4BIT(OSXMMEXCPT, SSE)                                                                        \
    CR4BIT(UMIP, UMIP)                                                                             \
    CR4BIT(FSGSBASE, FSGSBASE)                                                                     \
    CR4BIT(PCIDE, PCID)                                                                            \
    CR4BIT(OSXSAVE, XSAVE)                                                                         \
    CR4BIT(SMEP, SMEP)                                                                             \
    CR4BIT(SMAP, SMAP)

u64 cr4_allowed(const struct cpu *c)
{
    u64 allowed = 0;

#define CR4BIT(bit, feature) allowed |= cpu_has(c, CPU_##feature) ? CR4_##bit : 0;
    CR4BITS(CR4BIT)
#undef CR4BIT
    return allowed;
}

void cr4_load(struct cpu *c, u64 v)
{
    const u64 reload = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP;
    u64 changed = v ^ c->cr4;

    if (v & ~cr4_allowed(c))
        cpu_raise(c, VEC_GP, 0);
    if (cpu_long_mode(c) && !(v & CR4_PAE))
        cpu_raise(c, VEC_GP, 0);
    if ((changed & v & CR4_PCIDE) && (!cpu_long_mode(c) || (c->cr3 & 0xfff)))
        cpu_raise(c, VEC_GP, 0);
    commit(c, c->cr0, v, c->efer, (changed & reload) && pae_paging(c->cr0, v, c->efer));
}

u64 efer_allowed(const struct cpu *c)
{
    return (cpu_has(c, CPU_SYSCALL) ? EFER_SCE : 0) | (cpu_has(c, CPU_NX) ? EFER_NXE : 0) |
           (cpu_has(c, CPU_LM) ? EFER_LME | EFER_LMA : 0);
}

bool efer_write(struct cpu *c, u64 v)
{
    if (v & ~efer_allowed(c))
        return false;
    if (((v ^ c->efer) & EFER_LME) && (c->cr0 & CR0_PG))
        return false;
    c->efer = (v & ~(u64)EFER_LMA) | (c->efer & EFER_LMA);
    cpu_paging_changed(c);
    return true;
}

static void cr3_load(struct cpu *c, u64 v)
{
    bool pcid = c->cr4 & CR4_PCIDE, keep = pcid && v >> 63;

    if (pcid)
        v &= ~BIT(63);
    if (cpu_long_mode(c) && (v & ~c->mmu.phys_mask & ~0xfffull))
        cpu_raise(c, VEC_GP, 0);
    if (!mmu_load_cr3(&c->mmu, v, keep))
        cpu_raise(c, VEC_GP, 0);
    c->cr3 = v;
}

static void need_cr(struct cpu *c, unsigned n)
{
    bool cr8 = n == 8 && c->code_mode == CODE64;

    if (n != 0 && n != 2 && n != 3 && n != 4 && !cr8)
        cpu_fault(c, VEC_UD);
    need_cpl0(c);
}

void op_mov_cr_load(struct cpu *c, const struct insn *in)
{
    unsigned n = in->op[0].reg;

    need_cr(c, n);
    u64 v = gpr_read(c, in->op[1].reg, c->code_mode == CODE64 ? 8 : 4);
    switch (n) {
    case 0: cr0_load(c, v); break;
    case 2: c->cr2 = v; break;
    case 3: cr3_load(c, v); break;
    case 4: cr4_load(c, v); break;
    default:
        if (v & ~15ull)
            cpu_raise(c, VEC_GP, 0);
        if (c->bus.tpr_write)
            c->bus.tpr_write(c->bus.opaque, c->index, (u8)v);
        break;
    }
}

void op_mov_cr_store(struct cpu *c, const struct insn *in)
{
    unsigned n = in->op[1].reg;
    u64 v;

    need_cr(c, n);
    switch (n) {
    case 0: v = c->cr0; break;
    case 2: v = c->cr2; break;
    case 3: v = c->cr3; break;
    case 4: v = c->cr4; break;
    default: v = c->bus.tpr_read ? c->bus.tpr_read(c->bus.opaque, c->index) : 0; break;
    }
    gpr_write(c, in->op[0].reg, v, c->code_mode == CODE64 ? 8 : 4);
}

void op_lmsw(struct cpu *c, const struct insn *in)
{
    const u64 mask = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

    need_cpl0(c);
    u64 v = operand_read(c, in, 0, 2) & mask;
    cr0_load(c, (c->cr0 & ~mask) | v | (c->cr0 & CR0_PE));
}

void op_smsw(struct cpu *c, const struct insn *in)
{
    need_not_umip(c);
    if (in->op[0].kind == OPND_MEM)
        operand_write(c, in, 0, (u16)c->cr0, 2);
    else
        operand_write(c, in, 0, c->cr0, in->osize);
}

void op_clts(struct cpu *c, const struct insn *in)
{
    need_cpl0(c);
    c->cr0 &= ~(u64)CR0_TS;
    cpu_paging_changed(c);
}
