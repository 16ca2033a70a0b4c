/* SPDX-License-Identifier: MIT */
/*
 * The local APIC: priorities, messages, local vectors, timer. Registers are in lapic_regs.c.
 * Intel SDM volume 3, chapter 11.
 *
 *     message -> IRR --(class above PPR)--> INTR -> ack -> ISR -> EOI
 *
 * The timer counts a 1 GHz bus clock and is computed: it held `timer_from` at `timer_start`.
 * Whatever may come back to this chip (a message to itself, an EOI that makes the I/O APIC send
 * again) is the last thing a function does, when the state is whole.
 */
#include "devices/lapic.h"

#include "base/bits.h"
#include "base/log.h"
#include "devices/lapic_state.h"

/* ---- 256-bit registers -------------------------------------------------------------------- */

static void vector_set(u32 reg[8], u8 v, bool on)
{
    reg[v / 32] = (u32)bits_set(reg[v / 32], v % 32, 1, on);
}

static bool vector_get(const u32 reg[8], u8 v)
{
    return reg[v / 32] >> v % 32 & 1;
}

static int vector_highest(const u32 reg[8])
{
    for (int i = 7; i >= 0; i--)
        if (reg[i])
            return 32 * i + 31 - __builtin_clz(reg[i]);
    return -1;
}

/* ---- Priorities --------------------------------------------------------------------------- */

static bool enabled(const struct lapic *l)
{
    return l->base & LAPIC_BASE_EN;
}

static bool accepting(const struct lapic *l)
{
    return enabled(l) && (l->svr & SVR_ENABLE);
}

u8 lapic_ppr(const struct lapic *l)
{
    int isrv = vector_highest(l->isr);
    u8 busy = isrv < 0 ? 0 : (u8)isrv & 0xf0;
    return (l->tpr & 0xf0) >= busy ? (u8)l->tpr : busy;
}

u8 lapic_priority(const struct device *d)
{
    return lapic_ppr((const struct lapic *)d);
}

/* The vector to hand to the CPU, or -1. */
static int deliverable(const struct lapic *l)
{
    int v = vector_highest(l->irr);
    return enabled(l) && v >= 0 && (v & 0xf0) > (lapic_ppr(l) & 0xf0) ? v : -1;
}

static bool lint_is(const struct lapic *l, unsigned pin, enum apic_mode mode)
{
    u32 lvt = l->lvt[LVT_LINT0 + pin];
    return !(lvt & LVT_MASK) && (lvt >> 8 & 7) == mode;
}

/* With the APIC off, LINT0 is the CPU's INTR pin. */
static bool extint(const struct lapic *l)
{
    if (!enabled(l))
        return l->lint & BIT(LAPIC_LINT0);
    for (unsigned pin = 0; pin < 2; pin++)
        if ((l->lint >> pin & 1) && lint_is(l, pin, APIC_EXTINT))
            return true;
    return l->extint;
}

void lapic_update(struct lapic *l)
{
    bool intr = deliverable(l) >= 0 || extint(l);

    if (intr != l->intr) {
        l->intr = intr;
        irq_set(&l->dev.out[LAPIC_INTR], intr);
    }
}

int lapic_ack(struct device *d)
{
    struct lapic *l = (struct lapic *)d;
    int v = deliverable(l);

    if (v < 0 && extint(l)) {
        l->extint = 0;
        lapic_update(l);
        return LAPIC_EXTINT;
    }
    if (v < 0)
        return (u8)l->svr;
    vector_set(l->irr, (u8)v, false);
    vector_set(l->isr, (u8)v, true);
    lapic_update(l);
    return v;
}

void lapic_error(struct lapic *l, u32 bit)
{
    bool fresh = !(l->esr_pending & bit);

    l->esr_pending |= bit;
    if (fresh && !(l->lvt[LVT_ERROR] & LVT_MASK) && (l->lvt[LVT_ERROR] & 0xf0)) {
        vector_set(l->tmr, (u8)l->lvt[LVT_ERROR], false);
        vector_set(l->irr, (u8)l->lvt[LVT_ERROR], true);
        lapic_update(l);
    }
}

static bool accept_vector(struct lapic *l, u8 vector, bool level)
{
    if (!accepting(l))
        return false;
    if (vector < 16) {
        lapic_error(l, ESR_RECEIVE_ILLEGAL);
        return false;
    }
    if (!vector_get(l->irr, vector))
        vector_set(l->tmr, vector, level);
    vector_set(l->irr, vector, true);
    lapic_update(l);
    return true;
}

/* ---- Messages ----------------------------------------------------------------------------- */

/* A logical id is a set of bits within a cluster; flat mode has one cluster. */
static bool in_set(const struct lapic *l, u32 dest)
{
    if (l->base & LAPIC_BASE_EXTD) {
        u32 ldr = lapic_x2_ldr(l);
        return ldr >> 16 == dest >> 16 && (ldr & dest & 0xffff);
    }
    u32 ldr = l->ldr >> 24;
    if (dest > 0xff)
        return false;
    if (l->dfr >> 28 == 0xf)
        return ldr & dest;
    return (dest >> 4 == 0xf || dest >> 4 == ldr >> 4) && (ldr & dest & 0xf);
}

bool lapic_listens(const struct device *d, const struct apic_message *m)
{
    const struct lapic *l = (const struct lapic *)d;

    if (m->dest == APIC_BROADCAST32 || m->dest == APIC_BROADCAST8)
        return true;
    return m->logical ? in_set(l, m->dest) : m->dest == lapic_id(l);
}

bool lapic_accept(struct device *d, const struct apic_message *m)
{
    struct lapic *l = (struct lapic *)d;

    if (!enabled(l))
        return false;
    switch (m->mode) {
    case APIC_FIXED:
    case APIC_LOWEST: return accept_vector(l, m->vector, m->level);
    case APIC_SMI: irq_pulse(&d->out[LAPIC_SMI]); return true;
    case APIC_NMI: irq_pulse(&d->out[LAPIC_NMI]); return true;
    case APIC_INIT: irq_pulse(&d->out[LAPIC_INIT]); return true;
    case APIC_SIPI:
        l->sipi = m->vector;
        irq_pulse(&d->out[LAPIC_SIPI]);
        return true;
    case APIC_EXTINT:
        l->extint = 1;
        lapic_update(l);
        return true;
    default: return false;
    }
}

u8 lapic_sipi_vector(const struct device *d)
{
    return ((const struct lapic *)d)->sipi;
}

/* ---- Local vectors ------------------------------------------------------------------------ */

/* A level-triggered LINT goes out once until its EOI (bit 14, remote IRR). */
static void serve_lint(struct lapic *l, unsigned pin, bool edge)
{
    u32 *lvt = &l->lvt[LVT_LINT0 + pin];
    bool level = *lvt & LVT_LEVEL;

    if (*lvt & LVT_MASK)
        return;
    switch (*lvt >> 8 & 7) {
    case APIC_FIXED:
        if (level ? !(*lvt & LVT_REMOTE_IRR) && (l->lint >> pin & 1) : edge) {
            if (accept_vector(l, (u8)*lvt, level) && level)
                *lvt |= LVT_REMOTE_IRR;
        }
        break;
    case APIC_SMI:
        if (edge)
            irq_pulse(&l->dev.out[LAPIC_SMI]);
        break;
    case APIC_NMI:
        if (edge)
            irq_pulse(&l->dev.out[LAPIC_NMI]);
        break;
    case APIC_INIT:
        if (edge)
            irq_pulse(&l->dev.out[LAPIC_INIT]);
        break;
    default: break;
    }
}

static void lapic_set_line(struct device *d, unsigned n, bool level)
{
    struct lapic *l = (struct lapic *)d;

    if (n > LAPIC_LINT1)
        return;
    bool edge = level && !(l->lint >> n & 1);
    l->lint = (u8)bits_set(l->lint, n, 1, level);
    if (!enabled(l) && n == LAPIC_LINT1)
        irq_set(&d->out[LAPIC_NMI], level);
    else if (enabled(l))
        serve_lint(l, n, edge);
    lapic_update(l);
}

void lapic_eoi(struct lapic *l)
{
    int v = vector_highest(l->isr);

    if (v < 0)
        return;
    bool level = vector_get(l->tmr, (u8)v);
    vector_set(l->isr, (u8)v, false);
    lapic_update(l);
    if (!level)
        return;
    for (unsigned pin = 0; pin < 2; pin++) {
        u32 *lvt = &l->lvt[LVT_LINT0 + pin];
        if ((u8)*lvt == v && (*lvt & LVT_REMOTE_IRR)) {
            *lvt &= ~LVT_REMOTE_IRR;
            serve_lint(l, pin, false);
        }
    }
    if (l->bus)
        apic_bus_eoi(l->bus, (u8)v);
}

/* ---- Timer -------------------------------------------------------------------------------- */

static u32 timer_mode(const struct lapic *l)
{
    return l->lvt[LVT_TIMER] & LVT_TIMER_MODE;
}

/* Divide configuration: 0 0 = 2, 4, 8, 16; 1 0 = 32, 64, 128, 1 (bit 3, bits 1..0). */
static unsigned timer_shift(const struct lapic *l)
{
    return ((l->divide >> 1 & 4) + (l->divide & 3) + 1) & 7;
}

u32 lapic_timer_count(const struct lapic *l)
{
    u64 gone = (clock_now(l->dev.clock) - l->timer_start) >> timer_shift(l);

    if (!l->timer_init || timer_mode(l) == LVT_TIMER_DEADLINE)
        return 0;
    if (gone < l->timer_from)
        return l->timer_from - (u32)gone;
    if (timer_mode(l) != LVT_TIMER_PERIODIC)
        return 0;
    return l->timer_init - (u32)((gone - l->timer_from) % l->timer_init);
}

static u64 tsc_now(const struct lapic *l)
{
    return muldiv(clock_now(l->dev.clock), l->tsc_hz, NS_PER_SEC) + l->tsc_offset;
}

static u64 deadline_due(const struct lapic *l)
{
    const u64 too_far = BIT(62);
    u64 left = l->deadline - tsc_now(l);

    if (!l->deadline || !l->tsc_hz)
        return UINT64_MAX;
    if ((i64)left <= 0 && l->deadline <= tsc_now(l))
        return clock_now(l->dev.clock);
    u128 ns = ((u128)left * NS_PER_SEC + l->tsc_hz - 1) / l->tsc_hz;
    return ns > too_far ? UINT64_MAX : clock_now(l->dev.clock) + (u64)ns;
}

/* When the count next reaches 0 after now, or UINT64_MAX. */
static u64 count_due(const struct lapic *l)
{
    unsigned shift = timer_shift(l);
    u64 gone = (clock_now(l->dev.clock) - l->timer_start) >> shift;
    u64 zero = l->timer_from;

    if (!l->timer_init)
        return UINT64_MAX;
    if (gone >= zero && timer_mode(l) != LVT_TIMER_PERIODIC)
        return UINT64_MAX;
    if (gone >= zero)
        zero += ((gone - zero) / l->timer_init + 1) * l->timer_init;
    return l->timer_start + (zero << shift);
}

/* A masked timer makes no interrupt, so its count needs no alarm. */
void lapic_timer_arm(struct lapic *l)
{
    u64 due = UINT64_MAX;

    if (timer_mode(l) == LVT_TIMER_DEADLINE)
        due = deadline_due(l);
    else if (!(l->lvt[LVT_TIMER] & LVT_MASK))
        due = count_due(l);
    if (due == UINT64_MAX)
        timer_disarm(&l->timer);
    else
        timer_arm(&l->timer, due);
}

static void timer_expires(void *opaque)
{
    struct lapic *l = opaque;

    if (timer_mode(l) == LVT_TIMER_DEADLINE) {
        if (deadline_due(l) > clock_now(l->dev.clock)) {
            lapic_timer_arm(l);
            return;
        }
        l->deadline = 0;
    }
    lapic_timer_arm(l);
    if (!(l->lvt[LVT_TIMER] & LVT_MASK))
        accept_vector(l, (u8)l->lvt[LVT_TIMER], false);
}

/* Before a new divider or mode: the count goes on from where it is. */
void lapic_timer_rebase(struct lapic *l)
{
    u32 count = lapic_timer_count(l);

    l->timer_start = clock_now(l->dev.clock);
    l->timer_from = count;
}

void lapic_timer_start(struct lapic *l, u32 count)
{
    if (timer_mode(l) == LVT_TIMER_DEADLINE)
        return;
    l->timer_init = l->timer_from = count;
    l->timer_start = clock_now(l->dev.clock);
    lapic_timer_arm(l);
}

u64 lapic_tsc_deadline(const struct device *d)
{
    return ((const struct lapic *)d)->deadline;
}

void lapic_set_tsc_deadline(struct device *d, u64 value)
{
    struct lapic *l = (struct lapic *)d;

    if (timer_mode(l) != LVT_TIMER_DEADLINE)
        return;
    l->deadline = value;
    lapic_timer_arm(l);
}

void lapic_set_tsc(struct device *d, u64 hz, u64 offset)
{
    struct lapic *l = (struct lapic *)d;

    l->tsc_hz = hz;
    l->tsc_offset = offset;
    lapic_timer_arm(l);
}

/* ---- Set-up ------------------------------------------------------------------------------- */

void lapic_connect(struct device *d, struct apic_bus *bus, u32 id, bool bsp)
{
    struct lapic *l = (struct lapic *)d;

    l->bus = bus;
    l->initial_id = id;
    l->bsp = bsp;
    device_reset(d);
}

void lapic_virtual_wire(struct device *d)
{
    struct lapic *l = (struct lapic *)d;

    l->svr = SVR_ENABLE | 0x0f;
    l->lvt[LVT_LINT0] = APIC_EXTINT << 8;
    l->lvt[LVT_LINT1] = APIC_NMI << 8;
    lapic_update(l);
}

/* Section 11.4.7.1: what power-up and INIT leave. */
void lapic_init(struct device *d)
{
    struct lapic *l = (struct lapic *)d;
    u64 base = l->base, hz = l->tsc_hz, offset = l->tsc_offset;
    u32 id = l->id;
    u8 intr = l->intr, lint = l->lint, sipi = l->sipi;

    device_zero(d);
    l->base = base;
    l->id = id;
    l->tsc_hz = hz;
    l->tsc_offset = offset;
    l->intr = intr;
    l->lint = lint;
    l->sipi = sipi;
    l->dfr = ~0u;
    l->svr = 0xff;
    for (unsigned n = 0; n < LVTS; n++)
        l->lvt[n] = LVT_MASK;
    lapic_update(l);
}

static int lapic_make(struct device *d, struct ersatz_error *err)
{
    struct lapic *l = (struct lapic *)d;
    timer_init(&l->timer, d->clock, timer_expires, l, "lapic timer");
    return 0;
}

static void lapic_reset(struct device *d)
{
    struct lapic *l = (struct lapic *)d;

    l->base = LAPIC_BASE_ADDRESS | LAPIC_BASE_EN | (l->bsp ? LAPIC_BASE_BSP : 0);
    l->id = l->initial_id;
    lapic_init(d);
}

static const struct field lapic_fields[] = {
    FIELD_TIMER(struct lapic, timer, "timer"),
    FIELD(struct lapic, base, "IA32_APIC_BASE"),
    FIELD(struct lapic, id, "ID"),
    FIELD(struct lapic, tpr, "TPR"),
    FIELD(struct lapic, ldr, "LDR"),
    FIELD(struct lapic, dfr, "DFR"),
    FIELD(struct lapic, svr, "SVR"),
    FIELD_ARRAY(struct lapic, isr, "ISR"),
    FIELD_ARRAY(struct lapic, tmr, "TMR"),
    FIELD_ARRAY(struct lapic, irr, "IRR"),
    FIELD(struct lapic, esr, "ESR"),
    FIELD(struct lapic, esr_pending, "errors since"),
    FIELD_ARRAY(struct lapic, icr, "ICR"),
    FIELD_ARRAY(struct lapic, lvt, "LVT"),
    FIELD(struct lapic, divide, "divide configuration"),
    FIELD(struct lapic, timer_init, "initial count"),
    FIELD(struct lapic, timer_from, "count at start"),
    FIELD(struct lapic, timer_start, "start"),
    FIELD(struct lapic, deadline, "IA32_TSC_DEADLINE"),
    FIELD(struct lapic, tsc_hz, "TSC frequency"),
    FIELD(struct lapic, tsc_offset, "TSC offset"),
    FIELD(struct lapic, lint, "LINT pins"),
    FIELD(struct lapic, extint, "ExtINT message"),
    FIELD(struct lapic, sipi, "SIPI vector"),
    FIELD(struct lapic, intr, "INTR"),
};

const struct device_class lapic_class = {
    .name = "lapic",
    .text = "local APIC with timer and x2APIC",
    .size = sizeof(struct lapic),
    .fields = lapic_fields,
    .field_count = ARRAY_LEN(lapic_fields),
    .regions =
        {
            [LAPIC_REGS] = {"lapic", REGION_MMIO, 0x1000, 4, 4, lapic_mmio_read, lapic_mmio_write},
        },
    .init = lapic_make,
    .reset = lapic_reset,
    .set_line = lapic_set_line,
};
