/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's registers, through memory (xAPIC) or MSRs (x2APIC). Register n is at offset
 * 16 n of the page and is MSR 800h + n. Intel SDM volume 3, tables 11-1 and 11-6.
 */
#include "base/bits.h"
#include "base/log.h"
#include "devices/lapic_state.h"

enum {
    REG_ID = 0x02,
    REG_VERSION = 0x03,
    REG_TPR = 0x08,
    REG_APR = 0x09,
    REG_PPR = 0x0a,
    REG_EOI = 0x0b,
    REG_RRD = 0x0c,
    REG_LDR = 0x0d,
    REG_DFR = 0x0e,
    REG_SVR = 0x0f,
    REG_ISR = 0x10,
    REG_TMR = 0x18,
    REG_IRR = 0x20,
    REG_ESR = 0x28,
    REG_ICR = 0x30,
    REG_ICR_HIGH = 0x31,
    REG_LVT = 0x32,
    REG_TIMER_INIT = 0x38,
    REG_TIMER_COUNT = 0x39,
    REG_DIVIDE = 0x3e,
    REG_SELF_IPI = 0x3f,
};

#define VERSION ((LVTS - 1) << 16 | 0x14)
#define SVR_WRITABLE 0x3ffu

#define MSR_APIC_BASE 0x1bu
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_X2APIC 0x800u /* to 8FFh */

/*
 * ICR:   19..18 shorthand   15 level   14 assert   12 pending   11 logical
 *        10..8 delivery mode   7..0 vector
 */
#define ICR_WRITABLE 0xccfffu
#define ICR_LOGICAL 0x800u
#define ICR_ASSERT 0x4000u
#define ICR_LEVEL 0x8000u
enum { TO_DEST, TO_SELF, TO_ALL, TO_OTHERS };

static u32 lvt_writable(unsigned n)
{
    switch (n) {
    case LVT_TIMER: return 0x700ff;
    case LVT_LINT0:
    case LVT_LINT1: return 0x1a7ff;
    case LVT_ERROR: return 0x100ff;
    default: return 0x107ff;
    }
}

static bool x2apic(const struct lapic *l)
{
    return l->base & LAPIC_BASE_EXTD;
}

/* ---- Interprocessor interrupts ------------------------------------------------------------ */

static bool valid_ipi(const struct lapic *l, u32 icr, unsigned shorthand)
{
    unsigned mode = icr >> 8 & 7;

    /* INIT level de-assert only synchronised the arbitration ids of old buses. */
    if (mode == APIC_INIT && (icr & ICR_LEVEL) && !(icr & ICR_ASSERT))
        return false;
    if (mode == APIC_RESERVED || mode == APIC_EXTINT ||
        ((shorthand == TO_SELF || shorthand == TO_ALL) && mode != APIC_FIXED)) {
        LOG(l->dev.log, GUEST_ERROR, "%s: ICR %08x is no valid combination", l->dev.id, icr);
        return false;
    }
    return true;
}

/* The last thing a register write does: messages may come back. */
static void send_ipi(struct lapic *l, u32 icr, u32 dest)
{
    unsigned shorthand = icr >> 18 & 3;
    struct apic_message m = {
        .dest = shorthand == TO_DEST ? dest : APIC_BROADCAST32,
        .vector = (u8)icr,
        .mode = icr >> 8 & 7,
        .logical = shorthand == TO_DEST && (icr & ICR_LOGICAL),
    };

    LOG(l->dev.log, LAPIC, "%s: IPI %08x to %08x", l->dev.id, icr, dest);
    if (!valid_ipi(l, icr, shorthand))
        return;
    if (m.mode <= APIC_LOWEST && m.vector < 16) {
        lapic_error(l, ESR_SEND_ILLEGAL);
        return;
    }
    if (shorthand == TO_SELF) {
        lapic_accept(&l->dev, &m);
        return;
    }
    if (!l->bus)
        return;
    if (shorthand != TO_OTHERS) {
        apic_bus_send(l->bus, &m);
        return;
    }
    for (unsigned i = 0; i < l->bus->lapics; i++)
        if (l->bus->lapic[i] != &l->dev)
            lapic_accept(l->bus->lapic[i], &m);
}

/* ---- Reads -------------------------------------------------------------------------------- */

static u32 read_reg(struct lapic *l, unsigned n)
{
    if (n >= REG_ISR && n < REG_ESR) {
        const u32 *reg = n < REG_TMR ? l->isr : n < REG_IRR ? l->tmr : l->irr;
        return reg[n & 7];
    }
    if (n >= REG_LVT && n < REG_LVT + LVTS)
        return l->lvt[n - REG_LVT];
    switch (n) {
    case REG_ID: return x2apic(l) ? l->id : l->id << 24;
    case REG_VERSION: return VERSION;
    case REG_TPR: return l->tpr;
    case REG_PPR: return lapic_ppr(l);
    case REG_LDR: return x2apic(l) ? lapic_x2_ldr(l) : l->ldr;
    case REG_DFR: return l->dfr;
    case REG_SVR: return l->svr;
    case REG_ESR: return l->esr;
    case REG_ICR: return l->icr[0];
    case REG_ICR_HIGH: return l->icr[1];
    case REG_TIMER_INIT: return l->timer_init;
    case REG_TIMER_COUNT: return lapic_timer_count(l);
    case REG_DIVIDE: return l->divide;
    case REG_APR:
    case REG_RRD: /* not in this version: 0 */
    case REG_EOI: return 0;
    default: lapic_error(l, ESR_ILLEGAL_REGISTER); return 0;
    }
}

/* ---- Writes ------------------------------------------------------------------------------- */

static void write_lvt(struct lapic *l, unsigned n, u32 value)
{
    u32 keep = l->lvt[n] & LVT_REMOTE_IRR;
    u32 old = l->lvt[n];

    value &= lvt_writable(n);
    if (!(l->svr & SVR_ENABLE))
        value |= LVT_MASK;
    if (n == LVT_TIMER) {
        lapic_timer_rebase(l);
        if ((old ^ value) & LVT_TIMER_DEADLINE) {
            l->deadline = 0;
            l->timer_init = 0;
        }
    }
    l->lvt[n] = value & LVT_LEVEL ? value | keep : value;
    if (n == LVT_TIMER)
        lapic_timer_arm(l);
    lapic_update(l);
}

static void write_svr(struct lapic *l, u32 value)
{
    l->svr = value & SVR_WRITABLE;
    if (!(l->svr & SVR_ENABLE)) {
        for (unsigned n = 0; n < LVTS; n++)
            l->lvt[n] |= LVT_MASK;
        lapic_timer_arm(l);
    }
    lapic_update(l);
}

static void write_esr(struct lapic *l)
{
    l->esr = l->esr_pending;
    l->esr_pending = 0;
}

static void write_divide(struct lapic *l, u32 value)
{
    lapic_timer_rebase(l);
    l->divide = value & 0x0b;
    lapic_timer_arm(l);
}

/* Registers that memory and MSRs write alike. */
static void write_reg(struct lapic *l, unsigned n, u32 value)
{
    if (n >= REG_LVT && n < REG_LVT + LVTS) {
        write_lvt(l, n - REG_LVT, value);
        return;
    }
    switch (n) {
    case REG_TPR:
        l->tpr = value & 0xff;
        lapic_update(l);
        break;
    case REG_EOI: lapic_eoi(l); break;
    case REG_SVR: write_svr(l, value); break;
    case REG_ESR: write_esr(l); break;
    case REG_TIMER_INIT: lapic_timer_start(l, value); break;
    case REG_DIVIDE: write_divide(l, value); break;
    default: lapic_error(l, ESR_ILLEGAL_REGISTER); break;
    }
}

u64 lapic_mmio_read(struct device *d, u64 offset, unsigned size)
{
    struct lapic *l = (struct lapic *)d;

    if (!(l->base & LAPIC_BASE_EN) || x2apic(l))
        return MASK(32);
    return offset & 15 ? 0 : read_reg(l, (unsigned)offset >> 4);
}

void lapic_mmio_write(struct device *d, u64 offset, u64 v, unsigned size)
{
    struct lapic *l = (struct lapic *)d;
    u32 value = (u32)v;

    if (!(l->base & LAPIC_BASE_EN) || x2apic(l) || (offset & 15))
        return;
    if (offset >> 4 >= REG_ISR && offset >> 4 < REG_ESR)
        return; /* read-only */
    LOG(d->log, LAPIC, "%s: %03x = %08x", d->id, (unsigned)offset, value);
    switch (offset >> 4) {
    case REG_ID: l->id = value >> 24; break;
    case REG_LDR: l->ldr = value & 0xff000000; break;
    case REG_DFR: l->dfr = value | 0x0fffffff; break;
    case REG_ICR_HIGH: l->icr[1] = value & 0xff000000; break;
    case REG_ICR:
        l->icr[0] = value & ICR_WRITABLE;
        send_ipi(l, l->icr[0], l->icr[1] >> 24);
        break;
    case REG_VERSION:
    case REG_APR:
    case REG_PPR:
    case REG_RRD:
    case REG_TIMER_COUNT: break; /* read-only */
    default: write_reg(l, (unsigned)offset >> 4, value); break;
    }
}

/* ---- MSRs --------------------------------------------------------------------------------- */

u64 lapic_base(const struct device *d)
{
    return ((const struct lapic *)d)->base;
}

/* Section 11.12.5: off -> xAPIC -> x2APIC -> off; every other change of mode is refused. */
bool lapic_set_base(struct device *d, u64 value)
{
    struct lapic *l = (struct lapic *)d;
    const u64 mode = LAPIC_BASE_EN | LAPIC_BASE_EXTD;
    u64 old = l->base & mode, wanted = value & mode;

    if (value & ~(mode | LAPIC_BASE_BSP | (MASK(52) & ~MASK(12))))
        return false;
    if (wanted == LAPIC_BASE_EXTD || (old == mode && wanted == LAPIC_BASE_EN) ||
        (!old && wanted == mode))
        return false;
    l->base = value;
    if (!wanted && old) {
        l->id = l->initial_id;
        lapic_init(d); /* switching it off loses its state */
    } else if (wanted == mode && old != mode) {
        l->id = l->initial_id;
        l->icr[0] = l->icr[1] = 0;
    }
    lapic_update(l);
    return true;
}

static bool msr_readable(unsigned n)
{
    if (n >= REG_ISR && n <= REG_ESR)
        return true;
    if (n >= REG_LVT && n <= REG_TIMER_COUNT)
        return true;
    return n == REG_ID || n == REG_VERSION || n == REG_TPR || n == REG_PPR || n == REG_LDR ||
           n == REG_SVR || n == REG_ICR || n == REG_DIVIDE;
}

/* The bits a write may set; `*ok` is false for a register that cannot be written. */
static u64 msr_writable(unsigned n, bool *ok)
{
    *ok = true;
    if (n >= REG_LVT && n < REG_LVT + LVTS)
        return lvt_writable(n - REG_LVT);
    switch (n) {
    case REG_TPR: return 0xff;
    case REG_EOI:
    case REG_ESR: return 0;
    case REG_SVR: return SVR_WRITABLE;
    case REG_ICR: return MASK(32) << 32 | ICR_WRITABLE;
    case REG_TIMER_INIT: return MASK(32);
    case REG_DIVIDE: return 0x0b;
    case REG_SELF_IPI: return 0xff;
    default: *ok = false; return 0;
    }
}

static bool x2_read(struct lapic *l, unsigned n, u64 *value)
{
    if (!x2apic(l) || !msr_readable(n))
        return false;
    *value = read_reg(l, n);
    if (n == REG_ICR)
        *value |= (u64)l->icr[1] << 32;
    return true;
}

static bool x2_write(struct lapic *l, unsigned n, u64 value)
{
    bool ok;
    u64 mask = msr_writable(n, &ok);

    if (!x2apic(l) || !ok || (value & ~mask))
        return false;
    switch (n) {
    case REG_ICR:
        l->icr[0] = (u32)value;
        l->icr[1] = (u32)(value >> 32);
        send_ipi(l, l->icr[0], l->icr[1]);
        break;
    case REG_SELF_IPI: send_ipi(l, TO_SELF << 18 | (u32)value, 0); break;
    default: write_reg(l, n, (u32)value); break;
    }
    return true;
}

bool lapic_msr_read(struct device *d, u32 msr, u64 *value)
{
    struct lapic *l = (struct lapic *)d;

    if (msr == MSR_APIC_BASE)
        *value = l->base;
    else if (msr == MSR_TSC_DEADLINE)
        *value = l->deadline;
    else
        return msr >> 8 == MSR_X2APIC >> 8 && x2_read(l, msr & 0xff, value);
    return true;
}

bool lapic_msr_write(struct device *d, u32 msr, u64 value)
{
    struct lapic *l = (struct lapic *)d;

    LOG(d->log, LAPIC, "%s: MSR %03x = %016llx", d->id, msr, (unsigned long long)value);
    if (msr == MSR_APIC_BASE)
        return lapic_set_base(d, value);
    if (msr == MSR_TSC_DEADLINE) {
        lapic_set_tsc_deadline(d, value);
        return true;
    }
    return msr >> 8 == MSR_X2APIC >> 8 && x2_write(l, msr & 0xff, value);
}

u8 lapic_cr8(const struct device *d)
{
    return (u8)(((const struct lapic *)d)->tpr >> 4);
}

void lapic_set_cr8(struct device *d, u8 value)
{
    struct lapic *l = (struct lapic *)d;

    l->tpr = (value & 15u) << 4;
    lapic_update(l);
}
