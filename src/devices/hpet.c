/* SPDX-License-Identifier: MIT */
/*
 * HPET: a 64-bit counter of 100 MHz with three comparators. IA-PC HPET specification 1.0a.
 *
 *     000 GCAP_ID   010 GEN_CONF   020 GINTR_STA   0F0 MAIN_CNT
 *     100+20n TIMn_CONF            108+20n TIMn_COMP           110+20n: FSB route, not here
 *
 * The counter is computed. A comparator fires when the counter comes to it, so one that was set
 * into the past waits for the counter to wrap, but a periodic one first catches up. An edge
 * leaves its line high until the next one, since a pulse of no width would be lost on an 8259.
 */
#include "devices/hpet.h"

#include "base/bits.h"
#include "base/log.h"

#define TICK_NS 10
#define TIMERS 3

#define REG_GCAP_ID 0x000
#define REG_GEN_CONF 0x010
#define REG_GINTR_STA 0x020
#define REG_MAIN_CNT 0x0f0
#define REG_TIMERS 0x100
#define TIMER_SPAN 0x20

#define CONF_ENABLE 0x1
#define CONF_LEGACY 0x2
#define TN_LEVEL BIT(1)
#define TN_INT_ENB BIT(2)
#define TN_PERIODIC BIT(3)
#define TN_PERIODIC_CAP BIT(4)
#define TN_SIZE_CAP BIT(5)
#define TN_VAL_SET BIT(6)
#define TN_32MODE BIT(8)
#define TN_ROUTE 9 /* 5 bits */
#define TN_WRITABLE 0x3f4eull
#define ROUTES 0x00ff0000ull

struct hpet {
    struct device dev;
    struct timer timer[TIMERS];
    u64 config, status;
    u64 counter; /* while halted; else what to add to the ticks of the clock */
    u64 conf[TIMERS], comp[TIMERS], period[TIMERS];
    u8 level[TIMERS]; /* of the pins below, as driven */
    u8 pin[TIMERS];
    u8 in; /* levels of the input pins */
};

static const struct field hpet_fields[] = {
    FIELD_TIMER(struct hpet, timer[0], "timer 0"), FIELD_TIMER(struct hpet, timer[1], "timer 1"),
    FIELD_TIMER(struct hpet, timer[2], "timer 2"), FIELD(struct hpet, config, "GEN_CONF"),
    FIELD(struct hpet, status, "GINTR_STA"),       FIELD(struct hpet, counter, "MAIN_CNT base"),
    FIELD_ARRAY(struct hpet, conf, "TIMn_CONF"),   FIELD_ARRAY(struct hpet, comp, "TIMn_COMP"),
    FIELD_ARRAY(struct hpet, period, "periods"),   FIELD_ARRAY(struct hpet, level, "line levels"),
    FIELD_ARRAY(struct hpet, pin, "lines"),        FIELD(struct hpet, in, "inputs"),
};

static bool running(const struct hpet *h)
{
    return h->config & CONF_ENABLE;
}

static bool legacy(const struct hpet *h)
{
    return h->config & CONF_LEGACY;
}

static u64 count(const struct hpet *h)
{
    return running(h) ? h->counter + clock_now(h->dev.clock) / TICK_NS : h->counter;
}

static u64 timer_mask(const struct hpet *h, unsigned n)
{
    return h->conf[n] & TN_32MODE ? MASK(32) : MASK(64);
}

/* ---- Lines -------------------------------------------------------------------------------- */

static unsigned pin_of(const struct hpet *h, unsigned n)
{
    if (legacy(h) && n < 2)
        return n ? HPET_IRQ8 : HPET_IRQ0;
    return HPET_GSI + (unsigned)bits_get(h->conf[n], TN_ROUTE, 5);
}

/* A timer may drive what its route names, if that is one of those it is able to. */
static bool drives(const struct hpet *h, unsigned n)
{
    unsigned pin = pin_of(h, n);
    return (h->conf[n] & TN_INT_ENB) && (pin >= HPET_IRQ0 || (ROUTES >> pin & 1));
}

static void drive(struct hpet *h, unsigned n, bool level)
{
    unsigned pin = pin_of(h, n);

    level = level && drives(h, n);
    if (h->level[n] && (pin != h->pin[n] || !level))
        irq_set(&h->dev.out[h->pin[n]], false);
    if (level && (pin != h->pin[n] || !h->level[n]))
        irq_set(&h->dev.out[pin], true);
    h->level[n] = level;
    h->pin[n] = (u8)pin;
}

/* After a register changed: a level line shows its status, an edge line can only fall. */
static void refresh_lines(struct hpet *h)
{
    for (unsigned n = 0; n < TIMERS; n++) {
        bool edge = h->level[n] && h->pin[n] == pin_of(h, n);
        drive(h, n, h->conf[n] & TN_LEVEL ? h->status >> n & 1 : edge);
    }
}

static void hpet_set_line(struct device *d, unsigned n, bool level)
{
    struct hpet *h = (struct hpet *)d;

    h->in = (u8)bits_set(h->in, n & 1, 1, level);
    if (!legacy(h))
        irq_set(&d->out[n & 1 ? HPET_IRQ8 : HPET_IRQ0], level);
}

/* ---- Comparators -------------------------------------------------------------------------- */

/* Moves a periodic comparator past the counter; true if it was passed. */
static bool catch_up(struct hpet *h, unsigned n)
{
    u64 mask = timer_mask(h, n);
    u64 late = (count(h) - h->comp[n]) & mask;

    if (!(h->conf[n] & TN_PERIODIC) || !running(h) || late > mask / 2)
        return false;
    if (h->period[n])
        h->comp[n] = (h->comp[n] + (late / h->period[n] + 1) * h->period[n]) & mask;
    return true;
}

static void arm(struct hpet *h, unsigned n)
{
    u64 mask = timer_mask(h, n);
    u64 left = (h->comp[n] - count(h) - 1) & mask; /* less one: a match now is over */
    u64 now = clock_now(h->dev.clock);

    /* Without status or interrupt there is nothing to see, and a century is out of sight. */
    if (!running(h) || !(h->conf[n] & (TN_LEVEL | TN_INT_ENB)) || left > MASK(58)) {
        timer_disarm(&h->timer[n]);
        return;
    }
    timer_arm(&h->timer[n], now - now % TICK_NS + (left + 1) * TICK_NS);
}

static void fires(struct hpet *h, unsigned n)
{
    LOG(h->dev.log, HPET, "timer %u fires", n);
    catch_up(h, n);
    arm(h, n);
    if (h->conf[n] & TN_LEVEL)
        h->status |= BIT(n);
    else
        drive(h, n, false);
    drive(h, n, true);
}

static void timer0_fires(void *opaque)
{
    fires(opaque, 0);
}

static void timer1_fires(void *opaque)
{
    fires(opaque, 1);
}

static void timer2_fires(void *opaque)
{
    fires(opaque, 2);
}

static void arm_all(struct hpet *h)
{
    for (unsigned n = 0; n < TIMERS; n++) {
        catch_up(h, n);
        arm(h, n);
    }
}

/* ---- Registers ---------------------------------------------------------------------------- */

static u64 read_reg(struct hpet *h, u64 offset)
{
    unsigned n = (unsigned)(offset - REG_TIMERS) / TIMER_SPAN;

    switch (offset) {
    case REG_GCAP_ID: return (u64)HPET_PERIOD_FS << 32 | HPET_ID;
    case REG_GEN_CONF: return h->config;
    case REG_GINTR_STA: return h->status;
    case REG_MAIN_CNT: return count(h);
    default: break;
    }
    if (offset < REG_TIMERS || n >= TIMERS)
        return 0;
    switch (offset & (TIMER_SPAN - 1)) {
    case 0: return h->conf[n] | TN_PERIODIC_CAP | TN_SIZE_CAP | ROUTES << 32;
    case 8: catch_up(h, n); return h->comp[n];
    default: return 0;
    }
}

/* `lanes` has the bits of the bytes that are written. */
static u64 merge(u64 old, u64 value, u64 lanes)
{
    return (old & ~lanes) | (value & lanes);
}

static void write_config(struct hpet *h, u64 value)
{
    bool was_legacy = legacy(h);
    u64 now = count(h);

    h->config = value & (CONF_ENABLE | CONF_LEGACY);
    h->counter = running(h) ? now - clock_now(h->dev.clock) / TICK_NS : now;
    arm_all(h);
    if (was_legacy == legacy(h))
        return;
    /* The 8254 and the RTC lose their lines to timers 0 and 1, or get them back. */
    for (unsigned n = 0; n < 2; n++) {
        irq_set(&h->dev.out[n ? HPET_IRQ8 : HPET_IRQ0], !legacy(h) && (h->in >> n & 1));
        h->level[n] = h->level[n] && h->pin[n] < HPET_IRQ0;
    }
    refresh_lines(h);
}

static void write_counter(struct hpet *h, u64 value)
{
    h->counter = running(h) ? value - clock_now(h->dev.clock) / TICK_NS : value;
    arm_all(h);
}

static void write_conf(struct hpet *h, unsigned n, u64 value)
{
    h->conf[n] = value & TN_WRITABLE;
    if (h->conf[n] & TN_32MODE) {
        h->comp[n] &= MASK(32);
        h->period[n] &= MASK(32);
    }
    if (!(h->conf[n] & TN_LEVEL))
        h->status &= ~BIT(n);
    catch_up(h, n);
    arm(h, n);
    refresh_lines(h);
}

/* In periodic mode a write is the period, and with VAL_SET the next match as well. */
static void write_comp(struct hpet *h, unsigned n, u64 value, u64 lanes)
{
    u64 mask = timer_mask(h, n);

    if (h->conf[n] & TN_PERIODIC)
        h->period[n] = merge(h->period[n], value, lanes) & mask;
    if (!(h->conf[n] & TN_PERIODIC) || (h->conf[n] & TN_VAL_SET))
        h->comp[n] = merge(h->comp[n], value, lanes) & mask;
    h->conf[n] &= ~TN_VAL_SET;
    catch_up(h, n);
    arm(h, n);
}

static void write_timer(struct hpet *h, u64 reg, u64 value, u64 lanes)
{
    unsigned n = (unsigned)(reg - REG_TIMERS) / TIMER_SPAN;

    if (reg < REG_TIMERS || n >= TIMERS)
        return;
    switch (reg & (TIMER_SPAN - 1)) {
    case 0: write_conf(h, n, merge(h->conf[n], value, lanes)); break;
    case 8: write_comp(h, n, value, lanes); break;
    default: LOG(h->dev.log, UNIMP, "HPET: FSB route of timer %u", n); break;
    }
}

static u64 hpet_read(struct device *d, u64 offset, unsigned size)
{
    u64 whole = read_reg((struct hpet *)d, offset & ~7ull);
    return offset & 4 ? whole >> 32 : whole;
}

static void hpet_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct hpet *h = (struct hpet *)d;
    unsigned shift = offset & 4 ? 32 : 0;
    u64 lanes = MASK(8 * size) << shift;

    LOG(d->log, HPET, "%03x = %0*llx", (unsigned)offset, (int)(2 * size),
        (unsigned long long)value);
    value <<= shift;
    switch (offset & ~7ull) {
    case REG_GEN_CONF: write_config(h, merge(h->config, value, lanes)); break;
    case REG_GINTR_STA:
        h->status &= ~value;
        refresh_lines(h);
        break;
    case REG_MAIN_CNT: write_counter(h, merge(count(h), value, lanes)); break;
    default: write_timer(h, offset & ~7ull, value, lanes); break;
    }
}

static int hpet_init(struct device *d, struct ersatz_error *err)
{
    static timer_fn *const fns[TIMERS] = {timer0_fires, timer1_fires, timer2_fires};
    struct hpet *h = (struct hpet *)d;

    for (unsigned n = 0; n < TIMERS; n++)
        timer_init(&h->timer[n], d->clock, fns[n], h, "HPET timer");
    return 0;
}

static void hpet_reset(struct device *d)
{
    struct hpet *h = (struct hpet *)d;
    u8 in = h->in;

    for (unsigned n = 0; n < TIMERS; n++)
        drive(h, n, false);
    device_zero(d);
    h->in = in;
    for (unsigned n = 0; n < TIMERS; n++)
        h->comp[n] = MASK(64);
    irq_set(&d->out[HPET_IRQ0], in & 1);
    irq_set(&d->out[HPET_IRQ8], in >> 1 & 1);
}

const struct device_class hpet_class = {
    .name = "hpet",
    .text = "high precision event timers",
    .size = sizeof(struct hpet),
    .fields = hpet_fields,
    .field_count = ARRAY_LEN(hpet_fields),
    .regions =
        {
            [HPET_REGS] = {"hpet", REGION_MMIO, 0x400, 8, 4, hpet_read, hpet_write},
        },
    .init = hpet_init,
    .reset = hpet_reset,
    .set_line = hpet_set_line,
};
