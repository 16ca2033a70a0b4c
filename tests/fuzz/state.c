/* SPDX-License-Identifier: MIT */
/* A CPU's random state: one that it could have come to, and then anything in the registers. */
#include <string.h>

#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/fxsave.h"
#include "cpu/interrupt.h"
#include "cpu/model.h"
#include "cpu/seg.h"
#include "cpu/system.h"
#include "cpu/x87.h"
#include "cpu/xsave.h"
#include "world.h"

/* What a mode is made of. */
struct mode_row {
    bool pe, pg, pae, lma, vm;
    enum code_mode code;
};

static const struct mode_row mode_rows[FUZZ_MODE_COUNT] = {
    [FUZZ_REAL] = {.code = CODE16},
    [FUZZ_BIG_REAL] = {.code = CODE16},
    [FUZZ_VM86] = {.pe = true, .vm = true, .code = CODE16},
    [FUZZ_PROT16] = {.pe = true, .code = CODE16},
    [FUZZ_PROT32] = {.pe = true, .code = CODE32},
    [FUZZ_PAGED16] = {.pe = true, .pg = true, .code = CODE16},
    [FUZZ_PAGED32] = {.pe = true, .pg = true, .code = CODE32},
    [FUZZ_PAE] = {.pe = true, .pg = true, .pae = true, .code = CODE32},
    [FUZZ_COMPAT16] = {.pe = true, .pg = true, .pae = true, .lma = true, .code = CODE16},
    [FUZZ_COMPAT32] = {.pe = true, .pg = true, .pae = true, .lma = true, .code = CODE32},
    [FUZZ_LONG] = {.pe = true, .pg = true, .pae = true, .lma = true, .code = CODE64},
    [FUZZ_SMM] = {.code = CODE16},
};

static bool has_mode(const struct cpu *c, enum fuzz_mode mode)
{
    const struct mode_row *m = &mode_rows[mode];

    return (!m->pae || cpu_has(c, CPU_PAE)) && (!m->lma || cpu_has(c, CPU_LM));
}

/* A number that may be an address of something. */
static u64 pointer(struct world *w, bool wide)
{
    struct rng *r = &w->rng;
    u64 v;

    switch (rng_below(r, 12)) {
    case 0: return rng_number(r);
    case 1: v = rng_below(r, 0x4000); break; /* tables and task states */
    case 2: v = AT_PD + rng_below(r, 0x8000); break;
    case 3: v = world_code(w, (enum code_mode)rng_below(r, 3)); break;
    case 4: v = AT_MMIO - 16 + rng_below(r, AT_ROM - AT_MMIO + 32); break;
    case 5: v = (rng_below(r, 0x20) << 12) - 1 - rng_below(r, 16); break; /* page ends */
    case 6: v = AT_MEGABYTE - 8 + rng_below(r, 16); break;
    case 7: return rng_below(r, 300);
    default: v = AT_STACK + rng_below(r, 0x8000); break;
    }
    if (one_in(r, 2))
        v &= ~15ull;
    return wide && one_in(r, 4) ? v | 0xffff800000000000 : v;
}

static void set_gprs(struct world *w, struct cpu *c)
{
    struct rng *r = &w->rng;

    for (unsigned i = 0; i < 16; i++)
        c->gpr[i] = one_in(r, 4) ? rng_number(r) : pointer(w, c->code_mode == CODE64);
    c->gpr[RSP] = one_in(r, 10) ? pointer(w, true) : AT_STACK + 0x400 + rng_below(r, 0x7000);
    if (!one_in(r, 3))
        c->gpr[RSP] &= ~7ull;
    if (c->stack_size == 2 && !one_in(r, 3))
        c->gpr[RSP] &= 0xffff;
    if (one_in(r, 2))
        c->gpr[RCX] = rng_below(r, 40);
    if (c->code_mode != CODE64)
        for (unsigned i = 0; i < 16; i++)
            c->gpr[i] = i < 8 || one_in(r, 2) ? (u32)c->gpr[i] : c->gpr[i];
    c->gpr[GPR_BASE] = c->gpr[GPR_ZERO] = 0;
}

static void set_fpu(struct world *w, struct cpu *c)
{
    struct rng *r = &w->rng;
    u8 area[FXSAVE_SIZE];

    for (unsigned i = 0; i < sizeof area; i += 8)
        st64(area + i, one_in(r, 4) ? rng_number(r) : rng_next(r));
    if (one_in(r, 2))
        st16(area, CW_INIT);
    fxsave_get_x87(c, area, one_in(r, 2));
    fxsave_get_xmm(c, area);
    sse_set_mxcsr(c, one_in(r, 2) ? MXCSR_INIT : (u32)rng_next(r) & MXCSR_VALID);
    c->fpu.xcr0 = one_in(r, 4) ? 1 : 3;
}

static u64 some_cr4(struct world *w, struct cpu *c, const struct mode_row *m)
{
    struct rng *r = &w->rng;
    u64 v = rng_next(r) & rng_next(r);

    if (!one_in(r, 4))
        v |= CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_PSE;
    if (!m->lma)
        v &= ~(u64)CR4_PCIDE;
    v = m->pae ? v | CR4_PAE : m->pg ? v & ~(u64)CR4_PAE : v;
    return v & cr4_allowed(c);
}

static void set_control(struct world *w, struct cpu *c, const struct mode_row *m)
{
    struct rng *r = &w->rng;

    c->cr0 = CR0_ET | (m->pe ? CR0_PE : 0) | (m->pg ? CR0_PG : 0);
    c->cr0 |= rng_next(r) & (CR0_WP | CR0_AM | CR0_MP | CR0_NE);
    if (one_in(r, 8))
        c->cr0 |= rng_next(r) & (CR0_TS | CR0_EM | CR0_CD);
    c->cr4 = some_cr4(w, c, m);
    c->efer = 0;
    if (cpu_has(c, CPU_SYSCALL))
        c->efer |= rng_next(r) & EFER_SCE;
    if (cpu_has(c, CPU_NX) && !one_in(r, 4))
        c->efer |= EFER_NXE;
    if (m->lma)
        c->efer |= EFER_LME | EFER_LMA;
    else if (cpu_has(c, CPU_LM) && !m->pg)
        c->efer |= rng_next(r) & EFER_LME;
    c->cr3 = m->lma ? AT_PML4 : m->pae ? AT_PDPT_PAE : AT_PD;
    if (m->lma && one_in(r, 30))
        c->cr3 = rng_below(r, LOW_END) & ~0xfffull;
    c->cr2 = rng_next(r);
}

static void set_tables(struct world *w, struct cpu *c, const struct mode_row *m)
{
    struct rng *r = &w->rng;

    c->gdtr = (struct dtable){AT_GDT, one_in(r, 10) ? (u16)rng_below(r, 256) : 8 * GDT_ENTRIES - 1};
    c->idtr = (struct dtable){m->lma ? AT_IDT64 : m->pe ? AT_IDT : AT_IVT, 0xfff};
    if (one_in(r, 12))
        c->idtr.limit = (u16)rng_below(r, 300);
    if (one_in(r, 40))
        c->idtr.base = pointer(w, m->lma);
    c->ldtr = (struct seg){
        .sel = GDT_LDT * 8, .attr = SEG_P | SYS_LDT, .limit = 8 * LDT_ENTRIES - 1, .base = AT_LDT};
    if (one_in(r, 4))
        c->ldtr = (struct seg){.attr = SEG_UNUSABLE};
    unsigned tss = (unsigned)rng_below(r, 3);
    c->tr = (struct seg){.sel = (u16)(8 * (GDT_TSS32 + tss)),
                         .limit = 0x1ff,
                         .attr = SEG_P | (tss == 2 ? SYS_TSS16_BUSY : SYS_TSS32_BUSY),
                         .base = AT_TSS + 0x200 * tss};
    if (m->lma)
        c->tr = (struct seg){.sel = GDT_TSS64 * 8,
                             .limit = 0x1ff,
                             .attr = SEG_P | SYS_TSS32_BUSY,
                             .base = AT_TSS + 0x600};
}

static void real_segments(struct world *w, struct cpu *c, bool vm, bool big)
{
    struct rng *r = &w->rng;

    for (unsigned i = 0; i < SEG_COUNT; i++) {
        u16 sel = (u16)(one_in(r, 6) ? rng_next(r) : rng_below(r, LOW_END >> 4));
        if (one_in(r, 3))
            sel = 0;
        if (i == CS)
            sel = AT_CODE >> 4;
        c->seg[i] = (struct seg){.sel = sel,
                                 .base = (u32)sel << 4,
                                 .limit = big && i != CS ? UINT32_MAX : 0xffff,
                                 .attr = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED |
                                         (vm ? SEG_DPL : 0) | (big && i != CS ? SEG_G : 0)};
    }
}

/* Code and data as descriptors could have given them. */
static void protected_segments(struct world *w, struct cpu *c, enum code_mode mode, unsigned cpl)
{
    struct rng *r = &w->rng;
    const u32 flat = SEG_P | SEG_S | SEG_ACCESSED | SEG_G | cpl << SEG_DPL_SHIFT;
    const u32 size[3] = {0, SEG_DB, SEG_L};

    for (unsigned i = 0; i < SEG_COUNT; i++) {
        struct seg *s = &c->seg[i];
        unsigned index = GDT_DATA + (cpl == 3);
        *s = (struct seg){.attr = flat | SEG_RW | SEG_DB, .limit = UINT32_MAX};
        if (i == CS) {
            index = GDT_CODE + mode + (cpl == 3 ? 3 : 0);
            s->attr = flat | SEG_CODE | SEG_RW | size[mode];
            s->base = mode == CODE64 ? 0 : one_in(r, 2) ? 0 : AT_CODE + CODE_SIZE * mode;
        } else if (one_in(r, 4)) {
            s->attr = flat | SEG_RW | (u32)(rng_next(r) & (SEG_DB | SEG_DOWN));
            s->limit = (u32)rng_number(r) | 0xfff;
            s->base = rng_below(r, AT_STACK);
        } else if (i != SS && one_in(r, 6)) {
            s->attr = flat | SEG_CODE | SEG_RW;
        } else if (i != SS && one_in(r, 8)) {
            s->attr = SEG_UNUSABLE;
            index = 0;
        }
        if (i >= FS && mode == CODE64 && one_in(r, 2))
            s->base = pointer(w, true);
        if (!is_canonical(s->base))
            s->base = 0;
        s->sel = (u16)(8 * index + (index ? cpl : 0));
    }
}

static void set_rip(struct world *w, struct cpu *c, const struct mode_row *m)
{
    struct rng *r = &w->rng;

    c->rip = world_code(w, m->code) - c->seg[CS].base;
    if (m->code == CODE16)
        c->rip &= 0xffff;
    if (m->code == CODE64 && one_in(r, 3))
        c->rip |= 0xffff800000000000;
    if (!one_in(r, 100))
        return;
    if (m->code == CODE64)
        c->rip = (u64)sext(rng_next(r), 6);
    else
        c->rip = m->code == CODE32 ? (u32)rng_number(r) : 0xffff - rng_below(r, 8);
}

static void set_msrs(struct world *w, struct cpu *c)
{
    struct rng *r = &w->rng;

    c->star = rng_next(r);
    c->lstar = world_code(w, CODE64);
    c->cstar = world_code(w, CODE64);
    c->sfmask = (u32)rng_next(r);
    c->kernel_gs_base = (u64)sext(pointer(w, true), 6);
    c->sysenter_cs = one_in(r, 3) ? (u16)rng_next(r) : (GDT_CODE + 1) * 8;
    c->sysenter_esp = AT_STACK + 0x4000;
    c->sysenter_eip = world_code(w, CODE32);
    if (one_in(r, 8))
        c->tsc_offset = rng_next(r);
    for (unsigned i = 0; i < 4; i++)
        c->dr[i] = one_in(r, 2) ? pointer(w, c->efer & EFER_LMA) : 0;
    c->dr6 = DR6_FIXED;
    c->dr7 = DR7_FIXED;
    if (one_in(r, 6))
        c->dr7 |= (u32)rng_next(r) & 0xffff27ff;
}

static void set_flags(struct world *w, struct cpu *c, const struct mode_row *m)
{
    struct rng *r = &w->rng;
    u32 v = (u32)rng_next(r) & (EFL_STATUS | EFL_IF | EFL_DF | EFL_IOPL | EFL_ID);

    if (one_in(r, 6))
        v |= (u32)rng_next(r) & (EFL_AC | EFL_NT | EFL_RF | EFL_VIF | EFL_VIP);
    if (one_in(r, 12))
        v |= EFL_TF;
    if (m->lma && !one_in(r, 4))
        v &= ~(u32)EFL_NT;
    c->eflags = (v & ~(u32)EFL_STATUS) | EFL_FIXED | (m->vm ? EFL_VM : 0);
    flags_set(c, v);
}

/* Nothing is under way. */
static void set_quiet(struct world *w, struct cpu *c)
{
    struct rng *r = &w->rng;

    c->op = NULL;
    c->activity = ACT_RUN;
    c->shadow = c->step_shadow = 0;
    c->pending &= PEND_INTR;
    c->dr6_pending = c->step_held = 0;
    c->delivering = c->fault_held = c->rep_partial = c->step_rf = c->monitor_armed =
        c->mwait_masked = false;
    c->nmi_blocked = one_in(r, 8);
    c->nmi_blocked_smm = false;
    c->smm = one_in(r, 12);
    c->smbase = SMBASE;
}

void state_random(struct world *w, struct cpu *c)
{
    struct rng *r = &w->rng;
    enum fuzz_mode mode;

    do
        mode = (enum fuzz_mode)rng_below(r, FUZZ_MODE_COUNT);
    while (!has_mode(c, mode));
    struct mode_row m = mode_rows[mode];
    if (m.vm) /* under any paging */
        m.pg = one_in(r, 2);
    unsigned cpl = m.vm           ? 3
                   : !m.pe        ? 0
                   : one_in(r, 8) ? (unsigned)rng_below(r, 4)
                   : one_in(r, 2) ? 3
                                  : 0;
    set_quiet(w, c);
    c->smm |= mode == FUZZ_SMM;
    set_control(w, c, &m);
    set_tables(w, c, &m);
    if (m.pe && !m.vm)
        protected_segments(w, c, m.code, cpl);
    else
        real_segments(w, c, m.vm, mode == FUZZ_BIG_REAL || mode == FUZZ_SMM);
    for (unsigned i = 0; i < SEG_COUNT; i++)
        seg_update(c, &c->seg[i]);
    c->cpl = (u8)cpl;
    set_flags(w, c, &m);
    set_msrs(w, c);
    mmu_set_paging(&c->mmu, c->cr0, c->cr4, c->efer);
    if (!mmu_load_cr3(&c->mmu, c->cr3, false)) { /* noise got into the PDPTEs */
        for (unsigned i = 0; i < 4; i++)
            st64(world_at(w, AT_PDPT_PAE + 8 * i), AT_PD_PAE | 1);
        mmu_load_cr3(&c->mmu, c->cr3, false);
    }
    cpu_paging_changed(c);
    mmu_flush(&c->mmu, true);
    set_fpu(w, c);
    set_gprs(w, c);
    set_rip(w, c, &m);
}

enum fuzz_mode state_mode(const struct cpu *c)
{
    bool pg = c->cr0 & CR0_PG, big = c->seg[DS].limit > 0xffff || c->seg[ES].limit > 0xffff;

    if (c->smm)
        return FUZZ_SMM;
    if (cpu_real_mode(c))
        return big ? FUZZ_BIG_REAL : FUZZ_REAL;
    if (cpu_vm86(c))
        return FUZZ_VM86;
    if (cpu_long_mode(c))
        return c->code_mode == CODE64   ? FUZZ_LONG
               : c->code_mode == CODE32 ? FUZZ_COMPAT32
                                        : FUZZ_COMPAT16;
    if (pg && (c->cr4 & CR4_PAE))
        return FUZZ_PAE;
    if (c->code_mode == CODE16)
        return pg ? FUZZ_PAGED16 : FUZZ_PROT16;
    return pg ? FUZZ_PAGED32 : FUZZ_PROT32;
}

static const char *broken_control(const struct cpu *c)
{
    if ((c->cr0 & CR0_PG) && !(c->cr0 & CR0_PE))
        return "CR0.PG without PE";
    if (c->cr0 >> 32)
        return "CR0 is wider than 32 bits";
    if (c->cr4 & ~cr4_allowed(c))
        return "a bit of CR4 that the model lacks";
    if ((c->efer & EFER_LMA) && !((c->cr0 & CR0_PG) && (c->cr4 & CR4_PAE)))
        return "EFER.LMA without paging";
    if (!!(c->efer & EFER_LMA) != ((c->efer & EFER_LME) && (c->cr0 & CR0_PG)))
        return "EFER.LMA is not LME and PG";
    if ((c->cr4 & CR4_PCIDE) && !(c->efer & EFER_LMA))
        return "CR4.PCIDE outside long mode";
    if (c->mmu.cr0 != c->cr0 || c->mmu.cr4 != c->cr4 || c->mmu.efer != c->efer)
        return "the MMU's control registers are not the CPU's";
    return NULL;
}

static const char *broken_mode(const struct cpu *c)
{
    bool code64 = (c->efer & EFER_LMA) && (c->seg[CS].attr & SEG_L);

    if (c->cpl > 3)
        return "CPL above 3";
    if (cpu_real_mode(c) && c->cpl)
        return "real mode with a CPL";
    if ((c->eflags & EFL_VM) && (cpu_real_mode(c) || cpu_long_mode(c) || c->cpl != 3))
        return "EFLAGS.VM outside VM86 mode";
    if ((c->code_mode == CODE64) != code64)
        return "the code's mode is not CS's";
    if (c->mmu.active == VIEW_USER && c->cpl != 3)
        return "the user's view of memory outside CPL 3";
    if (c->mmu.active != VIEW_USER && c->cpl == 3)
        return "the supervisor's view of memory at CPL 3";
    return NULL;
}

const char *state_broken(const struct cpu *c)
{
    const char *why = broken_control(c);

    if (!why)
        why = broken_mode(c);
    if (why)
        return why;
    if (c->code_mode == CODE64 && !is_canonical(c->rip))
        return "RIP is not canonical";
    if (c->code_mode != CODE64 && c->rip >> 32)
        return "EIP is wider than 32 bits";
    if (!(c->eflags & EFL_FIXED) || (c->eflags & (EFL_STATUS | 0xffc08028)))
        return "EFLAGS has bits that it has not";
    if (c->gpr[GPR_ZERO])
        return "GPR_ZERO is not zero";
    if (c->unwind || c->op)
        return "an instruction is still running";
    if (c->budget < 0)
        return "more instructions ran than were asked for";
    if (!xcr0_valid(c->fpu.xcr0))
        return "XCR0 is not valid";
    if (c->fpu.mxcsr & ~(u32)MXCSR_VALID)
        return "MXCSR has reserved bits";
    return NULL;
}
