/* SPDX-License-Identifier: MIT */
/*
 * The I/O APIC: 24 pins, version 20h (with an EOI register). Intel 82093AA data sheet (290566);
 * the EOI register as the ICH's data sheets have it.
 *
 * A redirection entry:
 *     63..56 destination    16 mask   15 level   14 remote IRR   13 active low
 *                           12 pending   11 logical   10..8 delivery mode   7..0 vector
 *
 * An edge at a masked pin is lost; a level waits. Polarity is kept but has no effect: lines in
 * this machine say asserted or not.
 */
#include "devices/ioapic.h"

#include "base/bits.h"
#include "base/log.h"
#include "devices/apic_bus.h"

#define REG_SELECT 0x00
#define REG_WINDOW 0x10
#define REG_EOI 0x40

#define IOAPIC_ID 0x00
#define IOAPIC_VER 0x01
#define IOAPIC_ARB 0x02
#define IOAPIC_TABLE 0x10
#define VERSION ((IOAPIC_PINS - 1) << 16 | 0x20)

#define ENTRY_LOGICAL BIT(11)
#define ENTRY_PENDING BIT(12)
#define ENTRY_REMOTE_IRR BIT(14)
#define ENTRY_LEVEL BIT(15)
#define ENTRY_MASK BIT(16)
#define ENTRY_WRITABLE 0xff0000000001afffull

struct ioapic {
    struct device dev;
    u8 select;
    u32 id; /* bits 27..24 */
    u32 pins;
    u64 table[IOAPIC_PINS];
    struct apic_bus *bus;
};

static const struct field ioapic_fields[] = {
    FIELD(struct ioapic, select, "IOREGSEL"),
    FIELD(struct ioapic, id, "IOAPICID"),
    FIELD(struct ioapic, pins, "pins"),
    FIELD_ARRAY(struct ioapic, table, "IOREDTBL"),
};

static bool send(struct ioapic *a, unsigned n)
{
    u64 e = a->table[n];
    const struct apic_message m = {
        .dest = (u32)(e >> 56),
        .vector = (u8)e,
        .mode = e >> 8 & 7,
        .logical = e & ENTRY_LOGICAL,
        .level = e & ENTRY_LEVEL,
    };
    LOG(a->dev.log, IOAPIC, "pin %u: vector %02x mode %u to %02x", n, m.vector, m.mode, m.dest);
    return a->bus && apic_bus_send(a->bus, &m);
}

/* A level that is asserted, unmasked and not in service goes out. */
static void serve_level(struct ioapic *a, unsigned n)
{
    u64 e = a->table[n];

    if ((e & ENTRY_LEVEL) && !(e & (ENTRY_MASK | ENTRY_REMOTE_IRR)) && (a->pins >> n & 1)) {
        /* Set first: the receiver may end the interrupt before send() is back. */
        a->table[n] |= ENTRY_REMOTE_IRR;
        if (!send(a, n))
            a->table[n] &= ~ENTRY_REMOTE_IRR;
    }
}

static void ioapic_set_line(struct device *d, unsigned n, bool level)
{
    struct ioapic *a = (struct ioapic *)d;

    if (n >= IOAPIC_PINS)
        return;
    bool rises = level && !(a->pins >> n & 1);
    a->pins = (u32)bits_set(a->pins, n, 1, level);
    if (a->table[n] & ENTRY_LEVEL)
        serve_level(a, n);
    else if (rises && !(a->table[n] & ENTRY_MASK))
        send(a, n);
}

void ioapic_eoi(struct device *d, u8 vector)
{
    struct ioapic *a = (struct ioapic *)d;

    for (unsigned n = 0; n < IOAPIC_PINS; n++) {
        if ((u8)a->table[n] != vector || !(a->table[n] & ENTRY_LEVEL))
            continue;
        a->table[n] &= ~ENTRY_REMOTE_IRR;
        serve_level(a, n);
    }
}

static u32 read_window(const struct ioapic *a)
{
    unsigned n = (a->select - IOAPIC_TABLE) / 2u;

    switch (a->select) {
    case IOAPIC_ID: return a->id;
    case IOAPIC_VER: return VERSION;
    case IOAPIC_ARB: return a->id;
    default: break;
    }
    if (a->select < IOAPIC_TABLE || n >= IOAPIC_PINS)
        return 0;
    return (u32)(a->select & 1 ? a->table[n] >> 32 : a->table[n]);
}

static void write_entry(struct ioapic *a, unsigned n, unsigned half, u32 value)
{
    u64 wanted = bits_set(a->table[n], 32 * half, 32, value);

    a->table[n] = (wanted & ENTRY_WRITABLE) | (a->table[n] & ~ENTRY_WRITABLE);
    if (!(a->table[n] & ENTRY_LEVEL))
        a->table[n] &= ~ENTRY_REMOTE_IRR;
    LOG(a->dev.log, IOAPIC, "entry %u: %016llx", n, (unsigned long long)a->table[n]);
    serve_level(a, n);
}

static void write_window(struct ioapic *a, u32 value)
{
    unsigned n = (a->select - IOAPIC_TABLE) / 2u;

    if (a->select == IOAPIC_ID)
        a->id = value & 0x0f000000;
    else if (a->select >= IOAPIC_TABLE && n < IOAPIC_PINS)
        write_entry(a, n, a->select & 1, value);
}

static u64 ioapic_read(struct device *d, u64 offset, unsigned size)
{
    struct ioapic *a = (struct ioapic *)d;

    switch (offset) {
    case REG_SELECT: return a->select;
    case REG_WINDOW: return read_window(a);
    default: return 0;
    }
}

static void ioapic_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct ioapic *a = (struct ioapic *)d;

    switch (offset) {
    case REG_SELECT: a->select = (u8)value; break;
    case REG_WINDOW: write_window(a, (u32)value); break;
    case REG_EOI: ioapic_eoi(d, (u8)value); break;
    default: LOG(d->log, GUEST_ERROR, "%s: write of %03x", d->id, (unsigned)offset); break;
    }
}

void ioapic_connect(struct device *d, struct apic_bus *bus)
{
    ((struct ioapic *)d)->bus = bus;
}

static void ioapic_reset(struct device *d)
{
    struct ioapic *a = (struct ioapic *)d;
    u32 pins = a->pins;

    device_zero(d);
    a->pins = pins;
    for (unsigned n = 0; n < IOAPIC_PINS; n++)
        a->table[n] = ENTRY_MASK;
}

const struct device_class ioapic_class = {
    .name = "ioapic",
    .text = "I/O APIC with 24 pins",
    .size = sizeof(struct ioapic),
    .fields = ioapic_fields,
    .field_count = ARRAY_LEN(ioapic_fields),
    .regions =
        {
            [IOAPIC_REGS] = {"ioapic", REGION_MMIO, 0x1000, 4, 4, ioapic_read, ioapic_write},
        },
    .reset = ioapic_reset,
    .set_line = ioapic_set_line,
};
