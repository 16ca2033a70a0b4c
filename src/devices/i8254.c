/* SPDX-License-Identifier: MIT */
/*
 * The 8254 interval timer and system control port B (61h). Intel 8254 data sheet (231164).
 *
 * Nothing ticks. A counter remembers at which tick of its clock the counting element held its
 * full count; every value and the OUT level follow from the ticks since. A new count waits in
 * `next` until the tick `load_at` at which the mode takes it over. Only counter 0's OUT goes
 * anywhere, so only it has a timer, armed for the next change of OUT.
 *
 * Control word:  7 6       5 4                3 2 1   0
 *                counter   0 latch 1 LSB      mode    BCD
 *                3: read   2 MSB 3 both
 *                back
 */
#include "devices/i8254.h"

#include "base/bits.h"
#include "base/log.h"

#define NEVER UINT64_MAX
#define RW_LSB 1
#define RW_MSB 2
#define RW_BOTH 3
#define PORT61_GATE2 0x01
#define PORT61_RW 0x0f
#define REFRESH_TICKS 18 /* 15 us: what counter 1 is set to on every PC */

struct counter {
    u8 mode, rw, bcd;
    u8 gate;
    u8 counting; /* a count was loaded since the control word */
    u8 frozen;   /* the gate holds the count */
    u8 written;  /* `next` holds a count */
    u8 null;     /* `next` has not reached the counting element */
    u8 msb_next; /* the next byte written is the MSB */
    u8 msb_read; /* the next byte read is the MSB */
    u8 lsb;      /* first byte of a count, waiting for the second */
    u8 latched;  /* bytes of `latch` yet to be read: RW_LSB, RW_MSB */
    u8 status_latched, status;
    u16 latch;
    u16 idle;    /* what the counting element shows while not counting */
    u32 count;   /* of the running cycle: 1..10000h, or 1..10000 in BCD */
    u32 next;    /* last count written */
    u64 start;   /* tick at which the counting element was `count` */
    u64 held;    /* ticks since start when frozen */
    u64 load_at; /* tick at which `next` is taken over, or NEVER */
};

struct i8254 {
    struct device dev;
    struct counter counter[3];
    struct timer out0;
    u64 due; /* tick of the change that out0 waits for */
    u8 out0_level;
    u8 port61;
};

#define COUNTER_FIELDS(n)                                                                          \
    FIELD(struct i8254, counter[n].mode, #n " mode"),                                              \
        FIELD(struct i8254, counter[n].rw, #n " RW"),                                              \
        FIELD(struct i8254, counter[n].bcd, #n " BCD"),                                            \
        FIELD(struct i8254, counter[n].gate, #n " GATE"),                                          \
        FIELD(struct i8254, counter[n].counting, #n " counting"),                                  \
        FIELD(struct i8254, counter[n].frozen, #n " frozen"),                                      \
        FIELD(struct i8254, counter[n].written, #n " count written"),                              \
        FIELD(struct i8254, counter[n].null, #n " null count"),                                    \
        FIELD(struct i8254, counter[n].msb_next, #n " MSB written next"),                          \
        FIELD(struct i8254, counter[n].msb_read, #n " MSB read next"),                             \
        FIELD(struct i8254, counter[n].lsb, #n " LSB"),                                            \
        FIELD(struct i8254, counter[n].latched, #n " bytes latched"),                              \
        FIELD(struct i8254, counter[n].status_latched, #n " status latched"),                      \
        FIELD(struct i8254, counter[n].status, #n " status"),                                      \
        FIELD(struct i8254, counter[n].latch, #n " OL"),                                           \
        FIELD(struct i8254, counter[n].idle, #n " idle CE"),                                       \
        FIELD(struct i8254, counter[n].count, #n " count"),                                        \
        FIELD(struct i8254, counter[n].next, #n " CR"),                                            \
        FIELD(struct i8254, counter[n].start, #n " start"),                                        \
        FIELD(struct i8254, counter[n].held, #n " held"),                                          \
        FIELD(struct i8254, counter[n].load_at, #n " load at")

static const struct field i8254_fields[] = {
    COUNTER_FIELDS(0),
    COUNTER_FIELDS(1),
    COUNTER_FIELDS(2),
    FIELD_TIMER(struct i8254, out0, "OUT0 timer"),
    FIELD(struct i8254, due, "OUT0 due"),
    FIELD(struct i8254, out0_level, "OUT0"),
    FIELD(struct i8254, port61, "port 61h"),
};

static u64 tick_now(const struct i8254 *p)
{
    return muldiv(clock_now(p->dev.clock), I8254_HZ, NS_PER_SEC);
}

/* The first nanosecond of a tick. */
static u64 tick_ns(u64 tick)
{
    return (u64)(((u128)tick * NS_PER_SEC + I8254_HZ - 1) / I8254_HZ);
}

/* ---- The counting element ----------------------------------------------------------------- */

/* Ticks since the load; negative before it. */
static i64 elapsed(const struct counter *c, u64 tick)
{
    return (i64)(c->frozen ? c->held : tick - c->start);
}

/* Modes 2 and 3 repeat; the others run once and then wrap round for ever. */
static bool repeats(const struct counter *c)
{
    return c->mode == 2 || c->mode == 3;
}

/* A square wave is high for the longer half of an odd count. */
static u32 high_half(const struct counter *c)
{
    return (c->count + 1) / 2;
}

static bool out_at(const struct counter *c, u64 tick)
{
    i64 e = elapsed(c, tick);

    if (!c->counting || e < 0)
        return c->mode != 0;
    switch (c->mode) {
    case 0:
    case 1: return (u64)e >= c->count;
    case 2: return c->frozen || c->count == 1 || (u64)e % c->count != c->count - 1;
    case 3: return c->frozen || (u64)e % c->count < high_half(c);
    default: return (u64)e != c->count;
    }
}

/* The first tick after `tick` at which OUT may change, if nobody interferes. */
static u64 next_change(const struct counter *c, u64 tick)
{
    i64 e = elapsed(c, tick);
    u64 next = NEVER;

    if (c->counting && !c->frozen && e < 0) {
        next = c->start;
    } else if (c->counting && !c->frozen && repeats(c) && c->count > 1) {
        u32 edge = c->mode == 2 ? c->count - 1 : high_half(c);
        u64 at = (u64)e % c->count;
        next = tick - at + (at < edge ? edge : c->count);
    } else if (c->counting && !c->frozen && !repeats(c)) {
        if ((u64)e < c->count)
            next = c->start + c->count;
        else if ((u64)e == c->count)
            next = tick + 1;
    }
    return c->load_at > tick && c->load_at < next ? c->load_at : next;
}

static u16 to_bcd(u32 v)
{
    return (u16)(v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12);
}

/* What a read of the counting element gives. */
static u16 element(const struct counter *c, u64 tick)
{
    u32 modulus = c->bcd ? 10000 : 0x10000;
    i64 e = elapsed(c, tick);
    u32 v;

    if (!c->counting || e < 0)
        return c->idle;
    if (c->mode == 2) {
        v = c->count - (u32)((u64)e % c->count);
    } else if (c->mode == 3) {
        /* Two down each clock, twice a cycle; an odd count starts from one less. */
        u32 at = (u32)((u64)e % c->count), half = high_half(c);
        v = (c->count & ~1u) - 2 * (at < half ? at : at - half);
    } else {
        v = (c->count + modulus - (u32)((u64)e % modulus)) % modulus;
    }
    v %= modulus;
    return c->bcd ? to_bcd(v) : (u16)v;
}

/* Takes the waiting count over at c->load_at. */
static void load(struct counter *c)
{
    u64 at = c->load_at;
    /* A square wave's count changes at a half's end, and the other half follows. */
    bool low_follows = c->mode == 3 && c->counting && !c->frozen && !out_at(c, at) &&
                       out_at(c, at - 1);

    c->count = c->next;
    c->start = low_follows ? at - high_half(c) : at;
    c->counting = 1;
    c->null = 0;
    c->held = 0;
    c->frozen = !c->gate && (c->mode == 0 || c->mode == 2 || c->mode == 3 || c->mode == 4);
    c->load_at = NEVER;
}

static void settle(struct counter *c, u64 tick)
{
    if (c->load_at != NEVER && tick >= c->load_at)
        load(c);
}

static u32 count_from(const struct counter *c, u16 raw)
{
    if (!c->bcd)
        return raw ? raw : 0x10000;
    u32 v = (raw & 15) + (raw >> 4 & 15) * 10 + (raw >> 8 & 15) * 100 + (raw >> 12) * 1000;
    return v % 10000 ? v % 10000 : 10000;
}

/* A whole count was written. */
static void new_count(struct counter *c, u16 raw, u64 tick)
{
    c->next = count_from(c, raw);
    c->null = c->written = 1;
    switch (c->mode) {
    case 0:
        c->idle = element(c, tick);
        c->counting = 0;
        c->load_at = tick + 1;
        break;
    case 4: c->load_at = tick + 1; break;
    case 2:
    case 3:
        if (!c->counting || c->count == 1)
            c->load_at = tick + 1;
        else if (c->frozen)
            c->load_at = NEVER; /* the gate's rise will load it */
        else if (elapsed(c, tick) < 0)
            c->load_at = c->start;
        else if (c->mode == 2)
            c->load_at = tick - (u64)elapsed(c, tick) % c->count + c->count;
        else
            c->load_at = next_change(c, tick);
        break;
    default: break; /* 1 and 5 wait for a trigger */
    }
}

static void set_gate(struct counter *c, bool gate, u64 tick)
{
    bool rises = gate && !c->gate;
    bool falls = !gate && c->gate;

    settle(c, tick);
    c->gate = gate;
    if (c->mode == 1 || c->mode == 5) {
        if (rises && c->written)
            c->load_at = tick + 1;
    } else if (falls && c->counting) {
        i64 e = elapsed(c, tick);
        c->held = e < 0 ? 0 : (u64)e;
        c->frozen = 1;
    } else if (rises && repeats(c)) {
        if (c->written)
            c->load_at = tick + 1;
    } else if (rises && c->frozen) {
        c->start = tick - c->held;
        c->frozen = 0;
    }
}

/* ---- Reads and writes --------------------------------------------------------------------- */

static void latch_count(struct counter *c, u64 tick)
{
    if (!c->latched) {
        c->latch = element(c, tick);
        c->latched = c->rw;
    }
}

/*
 * Status:  7    6     5 4  3 2 1  0
 *          OUT  null  RW   mode   BCD
 */
static void latch_status(struct counter *c, u64 tick)
{
    if (!c->status_latched) {
        c->status = (u8)(out_at(c, tick) << 7 | c->null << 6 | c->rw << 4 | c->mode << 1 | c->bcd);
        c->status_latched = 1;
    }
}

static void control(struct i8254 *p, u8 value, u64 tick)
{
    unsigned n = value >> 6;

    if (n == 3) {
        for (unsigned i = 0; i < 3; i++) {
            if (!(value >> (i + 1) & 1))
                continue;
            if (!(value & 0x20))
                latch_count(&p->counter[i], tick);
            if (!(value & 0x10))
                latch_status(&p->counter[i], tick);
        }
        return;
    }
    struct counter *c = &p->counter[n];
    if (!(value & 0x30)) {
        latch_count(c, tick);
        return;
    }
    c->idle = element(c, tick);
    c->rw = value >> 4 & 3;
    c->mode = value >> 1 & 7;
    if (c->mode > 5)
        c->mode &= 3; /* x10 and x11 */
    c->bcd = value & 1;
    c->counting = c->frozen = c->written = c->msb_next = c->msb_read = 0;
    c->latched = c->status_latched = 0;
    c->null = 1;
    c->load_at = NEVER;
    LOG(p->dev.log, PIT, "counter %u: mode %u, RW %u%s", n, c->mode, c->rw, c->bcd ? ", BCD" : "");
}

static void write_counter(struct i8254 *p, unsigned n, u8 value, u64 tick)
{
    struct counter *c = &p->counter[n];
    u16 raw;

    if (c->rw == RW_BOTH && !c->msb_next) {
        c->lsb = value;
        c->msb_next = 1;
        if (c->mode == 0) { /* the first byte stops the count */
            c->idle = element(c, tick);
            c->counting = 0;
            c->load_at = NEVER;
        }
        return;
    }
    if (c->rw == RW_BOTH)
        raw = (u16)(value << 8 | c->lsb);
    else
        raw = c->rw == RW_MSB ? (u16)(value << 8) : value;
    c->msb_next = 0;
    new_count(c, raw, tick);
    LOG(p->dev.log, PIT, "counter %u: count %u", n, c->next);
}

static u8 read_counter(struct counter *c, u64 tick)
{
    if (c->status_latched) {
        c->status_latched = 0;
        return c->status;
    }
    if (c->latched) {
        bool msb = !(c->latched & RW_LSB);
        c->latched &= msb ? (u8)~RW_MSB : (u8)~RW_LSB;
        return (u8)(msb ? c->latch >> 8 : c->latch);
    }
    bool msb = c->rw == RW_MSB || (c->rw == RW_BOTH && c->msb_read);
    if (c->rw == RW_BOTH)
        c->msb_read = !c->msb_read;
    u16 v = element(c, tick);
    return (u8)(msb ? v >> 8 : v);
}

/* ---- Counter 0's OUT ---------------------------------------------------------------------- */

static void drive_out0(struct i8254 *p, bool level)
{
    if (level != p->out0_level) {
        p->out0_level = level;
        irq_set(&p->dev.out[I8254_OUT0], level);
    }
}

static void arm_out0(struct i8254 *p, u64 tick)
{
    p->due = next_change(&p->counter[0], tick);
    if (p->due == NEVER)
        timer_disarm(&p->out0);
    else
        timer_arm(&p->out0, tick_ns(p->due));
}

/* If time has run past a further change, the edge between must still be seen; more of them
 * melt into one. */
static void out0_changes(void *opaque)
{
    struct i8254 *p = opaque;
    struct counter *c = &p->counter[0];
    u64 tick = tick_now(p);

    settle(c, p->due);
    drive_out0(p, out_at(c, p->due));
    if (next_change(c, p->due) <= tick) {
        settle(c, tick);
        drive_out0(p, !out_at(c, tick));
    }
    drive_out0(p, out_at(c, tick));
    arm_out0(p, tick);
}

static u64 settle_all(struct i8254 *p)
{
    u64 tick = tick_now(p);
    for (unsigned n = 0; n < 3; n++)
        settle(&p->counter[n], tick);
    return tick;
}

static u64 i8254_read(struct device *d, u64 offset, unsigned size)
{
    struct i8254 *p = (struct i8254 *)d;
    u64 tick = settle_all(p);
    return offset == 3 ? 0xff : read_counter(&p->counter[offset], tick);
}

static void i8254_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct i8254 *p = (struct i8254 *)d;
    u64 tick = settle_all(p);

    if (offset == 3)
        control(p, (u8)value, tick);
    else
        write_counter(p, (unsigned)offset, (u8)value, tick);
    drive_out0(p, out_at(&p->counter[0], tick));
    arm_out0(p, tick);
}

/*
 * Port 61h:  7 SERR#  6 IOCHK#  5 OUT2  4 refresh  3 IOCHK# off  2 SERR# off  1 speaker  0 GATE2
 */
static u64 port61_read(struct device *d, u64 offset, unsigned size)
{
    struct i8254 *p = (struct i8254 *)d;
    u64 tick = settle_all(p);
    return p->port61 | (tick / REFRESH_TICKS & 1) << 4 | (u64)out_at(&p->counter[2], tick) << 5;
}

static void port61_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct i8254 *p = (struct i8254 *)d;

    p->port61 = value & PORT61_RW;
    set_gate(&p->counter[2], value & PORT61_GATE2, tick_now(p));
}

static int i8254_init(struct device *d, struct ersatz_error *err)
{
    struct i8254 *p = (struct i8254 *)d;
    timer_init(&p->out0, d->clock, out0_changes, p, "i8254 OUT0");
    return 0;
}

/* The data sheet leaves power-on undefined; here every counter waits for its control word. */
static void i8254_reset(struct device *d)
{
    struct i8254 *p = (struct i8254 *)d;
    bool was = p->out0_level;

    device_zero(d);
    p->out0_level = was;
    for (unsigned n = 0; n < 3; n++) {
        p->counter[n].rw = RW_BOTH;
        p->counter[n].gate = n != 2;
        p->counter[n].null = 1;
        p->counter[n].load_at = NEVER;
    }
    drive_out0(p, false);
}

const struct device_class i8254_class = {
    .name = "i8254",
    .text = "8254 interval timer with port 61h",
    .size = sizeof(struct i8254),
    .fields = i8254_fields,
    .field_count = ARRAY_LEN(i8254_fields),
    .regions =
        {
            [I8254_COUNTERS] = {"pit", REGION_PORT, 4, 1, 0, i8254_read, i8254_write},
            [I8254_PORT61] = {"port61", REGION_PORT, 1, 1, 0, port61_read, port61_write},
        },
    .init = i8254_init,
    .reset = i8254_reset,
};
