/* SPDX-License-Identifier: MIT */
/*
 * The MC146818 real-time clock and 256 bytes of battery-backed CMOS, as the PIIX4 has them.
 * Motorola MC146818 data sheet; PIIX4 data sheet (290562), 70h to 73h.
 *
 * The ten time registers hold the time of second `base` of the virtual clock. Any access first
 * brings them forward by the whole seconds since, setting UF, AF and PF for what went by; so
 * what a guest writes stays as written until its second is over, right or wrong. Century: CMOS
 * byte 32h counts along, as firmware and Linux expect on this board.
 *
 *     A:  UIP DV2 DV1 DV0 RS3 RS2 RS1 RS0      B:  SET PIE AIE UIE SQWE DM 24h DSE
 *     C:  IRQF PF AF UF 0 0 0 0                D:  VRT 0 0 0 0 0 0 0
 */
#include "devices/mc146818.h"

#include "base/bits.h"
#include "base/log.h"

enum { SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM };
enum { WEEKDAY = 6, DAY, MONTH, YEAR, REG_A, REG_B, REG_C, REG_D, CMOS };
#define CENTURY 0x32

#define A_UIP 0x80
#define A_DV 0x70
#define A_DV_RESET 0x60 /* 11x */
#define B_SET 0x80
#define B_PIE 0x40
#define B_AIE 0x20
#define B_UIE 0x10
#define B_SQWE 0x08
#define B_DM 0x04
#define B_24H 0x02
#define C_IRQF 0x80
#define C_PF 0x40
#define C_AF 0x20
#define C_UF 0x10
#define C_FLAGS 0x70 /* the same bits enable them in B */
#define D_VRT 0x80
#define HOURS_PM 0x80
#define ALARM_ANY 0xc0

#define CRYSTAL_HZ 32768ull
#define UIP_NS 2228000ull /* 244 us before the update and 1984 us of it */
#define DAY_SECONDS 86400

struct mc146818 {
    struct device dev;
    struct timer timer;
    u8 index, index2;
    u8 nmi_mask;
    u8 ram[256];
    u64 base;     /* ns at which the second shown by the time registers began */
    u64 flags_at; /* ns up to which PF, AF and UF are accounted for */
};

static const struct field mc146818_fields[] = {
    FIELD_TIMER(struct mc146818, timer, "interrupt"),
    FIELD(struct mc146818, index, "index"),
    FIELD(struct mc146818, index2, "extended index"),
    FIELD(struct mc146818, nmi_mask, "NMI masked"),
    FIELD_BUFFER(struct mc146818, ram, "registers and CMOS"),
    FIELD(struct mc146818, base, "second began at"),
    FIELD(struct mc146818, flags_at, "flags up to"),
};

/* ---- Calendar ----------------------------------------------------------------------------- */

static u8 encode(const struct mc146818 *r, unsigned v)
{
    return (u8)(r->ram[REG_B] & B_DM ? v : v / 10 << 4 | v % 10);
}

static unsigned decode(const struct mc146818 *r, u8 v)
{
    return r->ram[REG_B] & B_DM ? v : (v >> 4) * 10u + (v & 15);
}

static u8 encode_hour(const struct mc146818 *r, unsigned hour)
{
    if (r->ram[REG_B] & B_24H)
        return encode(r, hour);
    return encode(r, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOURS_PM : 0);
}

static unsigned decode_hour(const struct mc146818 *r, u8 v)
{
    if (r->ram[REG_B] & B_24H)
        return decode(r, v);
    return decode(r, v & (u8)~HOURS_PM) % 12 + (v & HOURS_PM ? 12 : 0);
}

/* Days from 1 March of year 0 to a date, and back: years that begin in March put the leap day
 * last, so that the months before it have fixed lengths, 153 days each five. */
static i64 days_from_date(i64 year, unsigned month, unsigned day)
{
    year -= month <= 2;
    unsigned m = month > 2 ? month - 3 : month + 9;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * m + 2) / 5 + day - 1;
}

static void date_from_days(i64 days, unsigned *year, unsigned *month, unsigned *day)
{
    i64 y = (10000 * days + 14780) / 3652425;
    i64 rest = days - (365 * y + y / 4 - y / 100 + y / 400);
    if (rest < 0) {
        y--;
        rest = days - (365 * y + y / 4 - y / 100 + y / 400);
    }
    i64 m = (100 * rest + 52) / 3060;
    *day = (unsigned)(rest - (m * 306 + 5) / 10 + 1);
    *month = (unsigned)((m + 2) % 12 + 1);
    *year = (unsigned)(y + (m + 2) / 12);
}

/* Seconds since 1 March 0000 that the registers show; nonsense in them is carried over. */
static i64 registers_time(const struct mc146818 *r)
{
    unsigned month = (decode(r, r->ram[MONTH]) + 11) % 12 + 1;
    i64 year = decode(r, r->ram[CENTURY]) * 100ll + decode(r, r->ram[YEAR]);
    i64 days = days_from_date(year ? year : 1, month, decode(r, r->ram[DAY]));

    return days * DAY_SECONDS + decode_hour(r, r->ram[HOURS]) * 3600ll +
           decode(r, r->ram[MINUTES]) * 60ll + decode(r, r->ram[SECONDS]);
}

static void show_time(struct mc146818 *r, i64 t)
{
    unsigned year, month, day, s = (unsigned)(t % DAY_SECONDS);

    date_from_days(t / DAY_SECONDS, &year, &month, &day);
    r->ram[SECONDS] = encode(r, s % 60);
    r->ram[MINUTES] = encode(r, s / 60 % 60);
    r->ram[HOURS] = encode_hour(r, s / 3600);
    r->ram[DAY] = encode(r, day);
    r->ram[MONTH] = encode(r, month);
    r->ram[YEAR] = encode(r, year % 100);
    r->ram[CENTURY] = encode(r, year / 100 % 100);
}

static void advance(struct mc146818 *r, u64 seconds)
{
    i64 t = registers_time(r), then = t + (i64)seconds;
    u64 days = (u64)(then / DAY_SECONDS - t / DAY_SECONDS);

    show_time(r, then);
    r->ram[WEEKDAY] = encode(r, (unsigned)((decode(r, r->ram[WEEKDAY]) + 6 + days) % 7 + 1));
}

static bool alarm_matches(u8 alarm, u8 now)
{
    return (alarm & ALARM_ANY) == ALARM_ANY || alarm == now;
}

/* Seconds from the registers' second to the next one that the alarm names, 0 if none does. */
static u64 alarm_after(const struct mc146818 *r)
{
    u64 now = (u64)(registers_time(r) % DAY_SECONDS);

    for (u64 t = now + 1; t <= now + DAY_SECONDS;) {
        unsigned s = (unsigned)(t % DAY_SECONDS);
        if (!alarm_matches(r->ram[HOURS_ALARM], encode_hour(r, s / 3600)))
            t += 3600 - s % 3600;
        else if (!alarm_matches(r->ram[MINUTES_ALARM], encode(r, s / 60 % 60)))
            t += 60 - s % 60;
        else if (!alarm_matches(r->ram[SECONDS_ALARM], encode(r, s % 60)))
            t++;
        else
            return t - now;
    }
    return 0;
}

/* ---- Time passing ------------------------------------------------------------------------- */

static bool stopped(const struct mc146818 *r)
{
    return (r->ram[REG_A] & A_DV_RESET) == A_DV_RESET;
}

/* Crystal ticks a periodic interrupt, 0: none. Rates 1 and 2 repeat 8 and 9. */
static u64 period(const struct mc146818 *r)
{
    unsigned rate = r->ram[REG_A] & 15;
    if (rate == 1 || rate == 2)
        rate += 7;
    return rate ? BIT(rate - 1) : 0;
}

static u64 periods_at(const struct mc146818 *r, u64 ns)
{
    return muldiv(ns - r->base, CRYSTAL_HZ, NS_PER_SEC) / period(r);
}

/* Brings registers and flags forward to now. */
static void refresh(struct mc146818 *r)
{
    u64 now = clock_now(r->dev.clock);
    u64 seconds = (now - r->base) / NS_PER_SEC;

    if (stopped(r)) {
        r->base = r->flags_at = now;
        return;
    }
    if (period(r) && periods_at(r, now) != periods_at(r, r->flags_at))
        r->ram[REG_C] |= C_PF;
    if (seconds && !(r->ram[REG_B] & B_SET)) {
        u64 alarm = alarm_after(r);
        if (alarm && alarm <= seconds)
            r->ram[REG_C] |= C_AF;
        r->ram[REG_C] |= C_UF;
        advance(r, seconds);
    }
    r->base += seconds * NS_PER_SEC;
    r->flags_at = now;
}

static u64 earlier(u64 a, u64 b)
{
    return a < b ? a : b;
}

/* Drives IRQF. While it is high nothing new can be seen, so no timer runs. Needs refresh(). */
static void update(struct mc146818 *r)
{
    u8 b = r->ram[REG_B], was = r->ram[REG_C];
    bool updates = !(b & B_SET);
    u64 due = UINT64_MAX;

    r->ram[REG_C] = was & b & C_FLAGS ? was | C_IRQF : was & (u8)~C_IRQF;
    if ((was ^ r->ram[REG_C]) & C_IRQF)
        irq_set(&r->dev.out[MC146818_IRQ], r->ram[REG_C] & C_IRQF);
    if (!(r->ram[REG_C] & C_IRQF) && !stopped(r)) {
        if ((b & B_PIE) && period(r)) {
            u64 ticks = (periods_at(r, r->flags_at) + 1) * period(r);
            due = r->base + (ticks * NS_PER_SEC + CRYSTAL_HZ - 1) / CRYSTAL_HZ;
        }
        if ((b & B_UIE) && updates)
            due = earlier(due, r->base + NS_PER_SEC);
        u64 alarm = (b & B_AIE) && updates ? alarm_after(r) : 0;
        if (alarm)
            due = earlier(due, r->base + alarm * NS_PER_SEC);
    }
    if (due == UINT64_MAX)
        timer_disarm(&r->timer);
    else
        timer_arm(&r->timer, due);
}

static void timer_expires(void *opaque)
{
    struct mc146818 *r = opaque;
    refresh(r);
    update(r);
}

/* ---- Registers ---------------------------------------------------------------------------- */

static u8 read_reg(struct mc146818 *r, u8 index)
{
    u8 v;

    refresh(r);
    v = r->ram[index];
    if (index == REG_A) {
        bool updating = !stopped(r) && !(r->ram[REG_B] & B_SET) &&
                        r->flags_at - r->base >= NS_PER_SEC - UIP_NS;
        v = (v & (u8)~A_UIP) | (updating ? A_UIP : 0);
    } else if (index == REG_C) {
        r->ram[REG_C] &= C_IRQF; /* update() sees it fall */
    }
    update(r);
    return v;
}

static void write_a(struct mc146818 *r, u8 value)
{
    bool was = stopped(r);

    r->ram[REG_A] = value & (u8)~A_UIP;
    /* The first update comes half a second after the divider is let go. */
    if (was && !stopped(r))
        r->base = r->flags_at - NS_PER_SEC / 2;
}

static void write_reg(struct mc146818 *r, u8 index, u8 value)
{
    refresh(r);
    switch (index) {
    case REG_A: write_a(r, value); break;
    case REG_B: r->ram[REG_B] = value & B_SET ? value & (u8)~B_UIE : value; break;
    case REG_C:
    case REG_D: break; /* read-only */
    default: r->ram[index] = value; break;
    }
    if (index < CMOS)
        LOG(r->dev.log, RTC, "register %02x: %02x", index, value);
    update(r);
}

static u64 standard_read(struct device *d, u64 offset, unsigned size)
{
    struct mc146818 *r = (struct mc146818 *)d;
    return offset ? read_reg(r, r->index) : 0xff;
}

static void standard_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct mc146818 *r = (struct mc146818 *)d;

    if (offset) {
        write_reg(r, r->index, (u8)value);
        return;
    }
    r->index = value & 0x7f;
    if ((value >> 7) != r->nmi_mask) {
        r->nmi_mask = (u8)(value >> 7);
        irq_set(&d->out[MC146818_NMI_MASK], r->nmi_mask);
    }
}

static u64 extended_read(struct device *d, u64 offset, unsigned size)
{
    struct mc146818 *r = (struct mc146818 *)d;
    return offset ? r->ram[0x80 + r->index2] : 0xff;
}

static void extended_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct mc146818 *r = (struct mc146818 *)d;

    if (offset)
        r->ram[0x80 + r->index2] = (u8)value;
    else
        r->index2 = value & 0x7f;
}

void mc146818_set(struct device *d, u8 index, u8 value)
{
    if (index >= CMOS)
        ((struct mc146818 *)d)->ram[index] = value;
}

u8 mc146818_get(const struct device *d, u8 index)
{
    return ((const struct mc146818 *)d)->ram[index];
}

/* Starts the clock from `a` seconds after 1970; a time beyond year 9999 is cut to it. */
static bool mc146818_input(struct device *d, u64 a, u64 b)
{
    struct mc146818 *r = (struct mc146818 *)d;
    const u64 last = 253402300799ull;
    i64 t = (i64)earlier(a, last);

    refresh(r);
    show_time(r, t + days_from_date(1970, 1, 1) * DAY_SECONDS);
    r->ram[WEEKDAY] = encode(r, (unsigned)((t / DAY_SECONDS + 4) % 7 + 1)); /* 1 is Sunday */
    r->base = r->flags_at;
    update(r);
    return true;
}

static int mc146818_init(struct device *d, struct ersatz_error *err)
{
    struct mc146818 *r = (struct mc146818 *)d;

    timer_init(&r->timer, d->clock, timer_expires, r, "mc146818");
    r->base = r->flags_at = clock_now(d->clock);
    r->ram[REG_A] = 0x26; /* 32,768 Hz crystal, 1,024 Hz periodic rate */
    r->ram[REG_B] = B_24H;
    r->ram[REG_D] = D_VRT;
    mc146818_input(d, 0, 0);
    return 0;
}

/* RESET# ends interrupts and the square wave; time and CMOS go on. */
static void mc146818_reset(struct device *d)
{
    struct mc146818 *r = (struct mc146818 *)d;

    refresh(r);
    r->ram[REG_B] &= (u8) ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    r->ram[REG_C] &= C_IRQF;
    r->index = r->index2 = 0;
    r->nmi_mask = 0;
    irq_set(&d->out[MC146818_NMI_MASK], false);
    update(r);
}

const struct device_class mc146818_class = {
    .name = "mc146818",
    .text = "real-time clock and CMOS",
    .size = sizeof(struct mc146818),
    .fields = mc146818_fields,
    .field_count = ARRAY_LEN(mc146818_fields),
    .regions =
        {
            [MC146818_STANDARD] = {"rtc", REGION_PORT, 2, 1, 0, standard_read, standard_write},
            [MC146818_EXTENDED] = {"rtc-ext", REGION_PORT, 2, 1, 0, extended_read, extended_write},
        },
    .init = mc146818_init,
    .reset = mc146818_reset,
    .input = mc146818_input,
};
