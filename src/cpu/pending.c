/* SPDX-License-Identifier: MIT */
/* Events between instructions, by priority (SDM vol. 3, table 6-2), and waking up. */
#include "cpu/pending.h"

#include <string.h>

#include "cpu/debug.h"
#include "cpu/interrupt.h"
#include "cpu/system.h"

static bool intr_open(const struct cpu *c)
{
    return (c->pending & PEND_INTR) && (c->eflags & EFL_IF) && !c->shadow;
}

static bool nmi_open(const struct cpu *c)
{
    return (c->pending & PEND_NMI) && !c->nmi_blocked && !(c->shadow & SHADOW_MOVSS);
}

static bool debug_open(const struct cpu *c)
{
    return (c->pending & PEND_DEBUG) && !(c->shadow & SHADOW_MOVSS);
}

static bool smi_open(const struct cpu *c)
{
    return (c->pending & PEND_SMI) && !c->smm && !(c->shadow & SHADOW_MOVSS);
}

/* A store to the monitored line shows as a change of what it holds. */
static bool monitor_hit(const struct cpu *c)
{
    u8 line[64];

    cpu_monitor_line(c, line);
    return memcmp(line, c->monitor_seen, sizeof line) != 0;
}

static bool waits_for_sipi(const struct cpu *c)
{
    return c->activity == ACT_WAIT_SIPI;
}

/* INIT is held back in SMM, and while waiting for the SIPI that follows it. */
static bool init_open(const struct cpu *c)
{
    return (c->pending & PEND_INIT) && !c->smm;
}

bool cpu_can_take(const struct cpu *c)
{
    if ((c->pending & PEND_RESET) || init_open(c))
        return true;
    if (waits_for_sipi(c))
        return c->pending & PEND_SIPI;
    if (smi_open(c) || nmi_open(c))
        return true;
    if (c->activity == ACT_SHUTDOWN)
        return false;
    if (intr_open(c) || debug_open(c))
        return true;
    if (c->activity != ACT_MWAIT)
        return false;
    return ((c->pending & PEND_INTR) && c->mwait_masked) || monitor_hit(c);
}

static void start_by_sipi(struct cpu *c)
{
    struct seg *cs = &c->seg[CS];

    c->pending &= ~(u32)PEND_SIPI;
    cs->sel = (u16)(c->sipi_vector << 8);
    cs->base = (u32)c->sipi_vector << 12;
    seg_update(c, cs);
    c->rip = 0;
    c->activity = ACT_RUN;
    cpu_update_mode(c);
}

/* RESET, INIT, SIPI, SMI: what changes the whole CPU. True if one was taken. */
static bool take_machine_event(struct cpu *c)
{
    if (c->pending & PEND_RESET) {
        cpu_reset(c);
        return true;
    }
    if (init_open(c)) {
        c->pending &= ~(u32)PEND_INIT;
        cpu_init_signal(c);
        return true;
    }
    if (waits_for_sipi(c)) {
        if (!(c->pending & PEND_SIPI))
            return false;
        start_by_sipi(c);
        return true;
    }
    c->pending &= ~(u32)PEND_SIPI; /* heard only while waiting for it */
    if (smi_open(c)) {
        c->pending &= ~(u32)PEND_SMI;
        smm_enter(c);
        return true;
    }
    return false;
}

static bool take_interrupt(struct cpu *c)
{
    if (c->activity != ACT_SHUTDOWN && debug_open(c)) {
        cpu_debug_trap(c);
        return true;
    }
    if (nmi_open(c)) {
        c->pending &= ~(u32)PEND_NMI;
        c->nmi_blocked = true;
        cpu_deliver_irq(c, VEC_NMI);
        return true;
    }
    if (c->activity != ACT_SHUTDOWN && intr_open(c)) {
        cpu_deliver_irq(c, c->bus.intr_ack(c->bus.opaque, c->index));
        return true;
    }
    return false;
}

bool cpu_take_pending(struct cpu *c)
{
    c->op = NULL;
    while (take_machine_event(c))
        ;
    if (!waits_for_sipi(c))
        take_interrupt(c);
    if (c->activity == ACT_MWAIT && cpu_can_take(c)) {
        c->monitor_armed = false;
        c->activity = ACT_RUN;
    }
    return c->activity == ACT_RUN;
}
