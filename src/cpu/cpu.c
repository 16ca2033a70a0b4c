/* SPDX-License-Identifier: MIT */
/* Life of a CPU: power-on, RESET, INIT and SIPI (SDM vol. 3, 9.1), its pins, derived state. */
#include "cpu/cpu.h"

#include "base/log.h"
#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/model.h"
#include "cpu/system.h"
#include "cpu/x87.h"

#define PAT_RESET 0x0007040600070406ull

int cpu_init(struct cpu *c, unsigned index, const struct cpu_model *model,
             const struct cpu_bus *bus)
{
    *c = (struct cpu){.index = index, .model = model, .features = model->features, .bus = *bus};
    if (mmu_init(&c->mmu, bus->mem, true))
        return -1;
    cpu_reset(c);
    return 0;
}

void cpu_destroy(struct cpu *c)
{
    mmu_destroy(&c->mmu);
}

static void reset_segments(struct cpu *c)
{
    const u32 data = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED;

    for (unsigned i = 0; i < SEG_COUNT; i++)
        c->seg[i] = (struct seg){.attr = data, .limit = 0xffff};
    c->seg[CS].sel = 0xf000;
    c->seg[CS].base = 0xffff0000;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        seg_update(c, &c->seg[i]);
    c->ldtr = (struct seg){.attr = SEG_P | 2, .limit = 0xffff};
    c->tr = (struct seg){.attr = SEG_P | 11, .limit = 0xffff};
    c->gdtr = c->idtr = (struct dtable){.limit = 0xffff};
}

/* What RESET and INIT have in common. */
static void reset_common(struct cpu *c)
{
    for (unsigned i = 0; i < GPR_COUNT; i++)
        c->gpr[i] = 0;
    c->gpr[RDX] = c->model->signature;
    c->rip = 0xfff0;
    c->eflags = EFL_FIXED;
    flags_set(c, 0);
    reset_segments(c);
    c->cr2 = c->cr3 = c->cr4 = c->efer = 0;
    for (unsigned i = 0; i < 4; i++)
        c->dr[i] = 0;
    c->dr6 = DR6_FIXED;
    c->dr7 = DR7_FIXED;
    c->dr6_pending = c->step_held = 0;
    c->cpl = c->shadow = c->step_shadow = 0;
    c->delivering = c->fault_held = c->nmi_blocked = c->step_rf = c->monitor_armed = false;
    c->op = NULL;
    c->activity = ACT_RUN;
    c->pending &= PEND_INTR | PEND_STOP | PEND_FLUSH | PEND_SIPI;
    mmu_load_cr3(&c->mmu, 0, false);
    cpu_paging_changed(c);
}

static void log_state(const struct cpu *c, const char *why)
{
    LOG(c->bus.log, CPU_RESET, "cpu%u: %s, %04x:%08llx", c->index, why, c->seg[CS].sel,
        (unsigned long long)c->rip);
}

/* Physical address bits: a CPU without PAE, PSE-36 and long mode has 32. */
static u64 physical_mask(const struct cpu *c)
{
    bool wide = cpu_has(c, CPU_PAE) || cpu_has(c, CPU_PSE36) || cpu_has(c, CPU_LM);
    return MASK(wide ? c->model->phys_bits : 32);
}

void cpu_reset(struct cpu *c)
{
    c->cr0 = CR0_ET | CR0_CD | CR0_NW;
    c->mmu.phys_mask = physical_mask(c);
    c->mmu.huge_1g = cpu_has(c, CPU_PDPE1GB);
    c->smm = c->nmi_blocked_smm = false;
    c->smbase = 0x30000;
    reset_common(c);
    c->star = c->lstar = c->cstar = c->sfmask = c->kernel_gs_base = 0;
    c->sysenter_cs = c->sysenter_esp = c->sysenter_eip = 0;
    c->pat = PAT_RESET;
    c->tsc_offset = c->tsc_aux = c->tsc_deadline = c->mcg_status = 0;
    c->misc_enable = 1 | 1 << 11 | 1 << 12 | (cpu_has(c, CPU_MONITOR) ? 1 << 18 : 0);
    c->mtrr_def_type = 0;
    for (unsigned i = 0; i < ARRAY_LEN(c->mtrr_fixed); i++)
        c->mtrr_fixed[i] = 0;
    for (unsigned i = 0; i < ARRAY_LEN(c->mtrr_var); i++)
        c->mtrr_var[i] = 0;
    fpu_power_on(c);
    if (c->index)
        c->activity = ACT_WAIT_SIPI;
    log_state(c, "reset");
}

void cpu_init_signal(struct cpu *c)
{
    c->cr0 = CR0_ET | (c->cr0 & (CR0_CD | CR0_NW));
    reset_common(c);
    if (c->index)
        c->activity = ACT_WAIT_SIPI;
    log_state(c, "INIT");
}

void cpu_set_line(void *opaque, unsigned n, bool level)
{
    static const u32 latched[] = {[CPU_NMI] = PEND_NMI,
                                  [CPU_SMI] = PEND_SMI,
                                  [CPU_INIT] = PEND_INIT,
                                  [CPU_RESET] = PEND_RESET};
    struct cpu *c = opaque;

    if (n == CPU_INTR) {
        c->pending = (c->pending & ~(u32)PEND_INTR) | (level ? PEND_INTR : 0);
        return;
    }
    if (!level)
        return;
    if (n == CPU_INIT) /* a SIPI from before it is forgotten */
        c->pending &= ~(u32)PEND_SIPI;
    c->pending |= latched[n];
}

/* Heard only by a CPU that waits for it, or will once it has taken INIT. */
void cpu_sipi(struct cpu *c, u8 vector)
{
    if (c->activity != ACT_WAIT_SIPI && !(c->pending & PEND_INIT))
        return;
    c->sipi_vector = vector;
    c->pending |= PEND_SIPI;
}

/* --- derived state --- */

static enum mmu_view_id view(const struct cpu *c)
{
    if (c->cpl == 3)
        return VIEW_USER;
    return (c->cr4 & CR4_SMAP) && !(c->eflags & EFL_AC) ? VIEW_SUPER_SMAP : VIEW_SUPER;
}

void cpu_update_view(struct cpu *c)
{
    bool aligned = c->cpl == 3 && (c->cr0 & CR0_AM) && (c->eflags & EFL_AC);
    bool blind = aligned || cpu_debug_watches(c);

    if (c->mmu.active != view(c))
        mmu_set_view(&c->mmu, view(c));
    if (c->mmu.blind != blind)
        mmu_set_blind(&c->mmu, blind);
}

void cpu_update_mode(struct cpu *c)
{
    u32 cs = c->seg[CS].attr;
    bool code64 = cpu_long_mode(c) && (cs & SEG_L);

    c->code_mode = code64 ? CODE64 : cs & SEG_DB ? CODE32 : CODE16;
    c->stack_size = code64 ? 8 : c->seg[SS].attr & SEG_DB ? 4 : 2;
    c->block_mode = BLOCK_MODE_STALE;
    cpu_update_view(c);
}
