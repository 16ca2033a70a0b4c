/* SPDX-License-Identifier: MIT */
/*
 * Two 8259A interrupt controllers in cascade with the PIIX's edge/level registers (ELCR).
 * Intel 8259A data sheet (231468); PIIX4 data sheet (290562) section 8 and 4D0h.
 *
 *     request:  pin -> IRR --(not IMR, above ISR)--> INT -> INTA -> ISR -> EOI
 *
 * An edge request lives only while its pin stays high: a pin that falls before INTA ends in a
 * spurious interrupt 7. The PIIX ignores ICW1's LTIM; ELCR decides pin by pin.
 */
#include "devices/i8259.h"

#include "base/bits.h"
#include "base/log.h"

#define ICW1_IC4 0x01  /* ICW4 follows */
#define ICW1_SNGL 0x02 /* no cascade, no ICW3 */
#define ICW1_INIT 0x10
#define ICW4_AEOI 0x02
#define ICW4_SFNM 0x10
#define OCW2_SELECT 0x18 /* both 0: it is an OCW2 */
#define OCW3_RIS 0x01
#define OCW3_RR 0x02
#define OCW3_P 0x04
#define OCW3_SELECT 0x08
#define OCW3_SMM 0x20
#define OCW3_ESMM 0x40

#define CASCADE 2 /* the master's pin that the slave drives */
#define MASTER 0
#define SLAVE 1
#define NO_LEVEL 8 /* a priority below all eight */

struct i8259 {
    struct device dev;
    u8 irr[2], isr[2], imr[2];
    u8 pin[2];  /* levels */
    u8 elcr[2]; /* 1: level-triggered */
    u8 icw1[2], icw2[2], icw3[2], icw4[2];
    u8 init[2];     /* the next ICW expected: 2, 3, 4, or 0 */
    u8 lowest[2];   /* the pin of lowest priority */
    u8 read_isr[2]; /* OCW3: A0 = 0 reads ISR, not IRR */
    u8 poll[2];     /* OCW3: the next read is an INTA */
    u8 smm[2];      /* special mask mode */
    u8 raeoi[2];    /* rotate in automatic EOI mode */
    u8 intr;        /* level of the output */
};

static const struct field i8259_fields[] = {
    FIELD_ARRAY(struct i8259, irr, "IRR"),
    FIELD_ARRAY(struct i8259, isr, "ISR"),
    FIELD_ARRAY(struct i8259, imr, "IMR"),
    FIELD_ARRAY(struct i8259, pin, "pins"),
    FIELD_ARRAY(struct i8259, elcr, "ELCR"),
    FIELD_ARRAY(struct i8259, icw1, "ICW1"),
    FIELD_ARRAY(struct i8259, icw2, "ICW2"),
    FIELD_ARRAY(struct i8259, icw3, "ICW3"),
    FIELD_ARRAY(struct i8259, icw4, "ICW4"),
    FIELD_ARRAY(struct i8259, init, "ICW expected"),
    FIELD_ARRAY(struct i8259, lowest, "lowest priority"),
    FIELD_ARRAY(struct i8259, read_isr, "read ISR"),
    FIELD_ARRAY(struct i8259, poll, "poll"),
    FIELD_ARRAY(struct i8259, smm, "special mask mode"),
    FIELD_ARRAY(struct i8259, raeoi, "rotate in AEOI"),
    FIELD(struct i8259, intr, "INTR"),
};

/* How far below the top the highest set bit of `pins` stands: 0..7, or NO_LEVEL. */
static unsigned priority(const struct i8259 *p, unsigned n, u8 pins)
{
    for (unsigned i = 0; i < 8; i++)
        if (pins >> ((p->lowest[n] + 1u + i) & 7) & 1)
            return i;
    return NO_LEVEL;
}

static unsigned pin_at(const struct i8259 *p, unsigned n, unsigned level)
{
    return (p->lowest[n] + 1u + level) & 7;
}

/* The pin that chip n asks service for, or -1; in the middle of its ICWs it asks for none. */
static int request(const struct i8259 *p, unsigned n)
{
    unsigned wanted = p->init[n] ? NO_LEVEL : priority(p, n, p->irr[n] & (u8)~p->imr[n]);
    u8 busy = p->isr[n];

    if (p->smm[n])
        busy &= (u8)~p->imr[n];
    /* Special fully nested: a slave in service may ask again for a higher pin of its own. */
    if (n == MASTER && (p->icw4[n] & ICW4_SFNM))
        busy &= (u8)~BIT(CASCADE);
    return wanted < priority(p, n, busy) ? (int)pin_at(p, n, wanted) : -1;
}

static void chip_pin(struct i8259 *p, unsigned n, unsigned pin, bool level)
{
    u8 bit = (u8)BIT(pin);

    if (!level)
        p->irr[n] &= (u8)~bit;
    else if ((p->elcr[n] & bit) || !(p->pin[n] & bit))
        p->irr[n] |= bit;
    p->pin[n] = level ? p->pin[n] | bit : p->pin[n] & (u8)~bit;
}

static void update(struct i8259 *p)
{
    chip_pin(p, MASTER, CASCADE, request(p, SLAVE) >= 0);
    bool intr = request(p, MASTER) >= 0;
    if (intr != p->intr) {
        p->intr = intr;
        irq_set(&p->dev.out[I8259_INTR], intr);
    }
}

/* INTA for one chip: the pin that is now in service, 7 when nobody asks. */
static unsigned chip_ack(struct i8259 *p, unsigned n)
{
    int pin = request(p, n);

    if (pin < 0) {
        LOG(p->dev.log, PIC, "chip %u: spurious interrupt", n);
        return 7;
    }
    if (!(p->elcr[n] & BIT(pin)))
        p->irr[n] &= (u8)~BIT(pin);
    if (!(p->icw4[n] & ICW4_AEOI))
        p->isr[n] |= (u8)BIT(pin);
    else if (p->raeoi[n])
        p->lowest[n] = (u8)pin;
    return (unsigned)pin;
}

u8 i8259_ack(struct device *d)
{
    struct i8259 *p = (struct i8259 *)d;
    unsigned n = MASTER;
    bool from_slave = request(p, MASTER) == CASCADE && !(p->icw1[MASTER] & ICW1_SNGL);
    unsigned pin = chip_ack(p, MASTER);

    if (from_slave) {
        n = SLAVE;
        pin = chip_ack(p, SLAVE);
        /* The slave's INT falls with its INTA, so a further request is an edge for the master. */
        chip_pin(p, MASTER, CASCADE, false);
    }
    update(p);
    LOG(d->log, PIC, "acknowledge IRQ%u, vector %02x", n * 8 + pin, p->icw2[n] + pin);
    return (u8)(p->icw2[n] + pin);
}

static void i8259_set_line(struct device *d, unsigned n, bool level)
{
    struct i8259 *p = (struct i8259 *)d;

    if (n >= I8259_PINS || n == CASCADE)
        return;
    chip_pin(p, n / 8, n % 8, level);
    update(p);
}

/* ICW1 clears everything but the pins; a pin that is high makes no edge until it falls. */
static void icw1(struct i8259 *p, unsigned n, u8 value)
{
    p->icw1[n] = value;
    p->irr[n] = p->pin[n] & p->elcr[n];
    p->isr[n] = p->imr[n] = 0;
    p->lowest[n] = 7;
    p->read_isr[n] = p->poll[n] = p->smm[n] = p->raeoi[n] = 0;
    if (!(value & ICW1_IC4))
        p->icw4[n] = 0;
    p->init[n] = 2;
}

static void next_icw(struct i8259 *p, unsigned n, u8 value)
{
    switch (p->init[n]) {
    case 2:
        p->icw2[n] = value & 0xf8;
        p->init[n] = p->icw1[n] & ICW1_SNGL ? p->icw1[n] & ICW1_IC4 ? 4 : 0 : 3;
        break;
    case 3:
        p->icw3[n] = value;
        p->init[n] = p->icw1[n] & ICW1_IC4 ? 4 : 0;
        break;
    default:
        p->icw4[n] = value;
        p->init[n] = 0;
        break;
    }
    LOG(p->dev.log, PIC, "chip %u: ICW2 %02x ICW3 %02x ICW4 %02x", n, p->icw2[n], p->icw3[n],
        p->icw4[n]);
}

/*
 * OCW2:   7   6   5   4 3   2..0
 *         R   SL  EOI 0 0   pin      R: rotate, SL: the pin is named
 */
static void ocw2(struct i8259 *p, unsigned n, u8 value)
{
    bool rotate = value & 0x80, named = value & 0x40, eoi = value & 0x20;
    unsigned pin = value & 7;

    if (!eoi) {
        if (rotate && named)
            p->lowest[n] = (u8)pin;
        else if (!named)
            p->raeoi[n] = rotate;
        return;
    }
    if (!named) {
        /* In special mask mode a masked level is passed over. */
        u8 busy = p->smm[n] ? p->isr[n] & (u8)~p->imr[n] : p->isr[n];
        unsigned level = priority(p, n, busy);
        if (level == NO_LEVEL)
            return;
        pin = pin_at(p, n, level);
    }
    p->isr[n] &= (u8)~BIT(pin);
    if (rotate)
        p->lowest[n] = (u8)pin;
}

static void ocw3(struct i8259 *p, unsigned n, u8 value)
{
    if (value & OCW3_P)
        p->poll[n] = 1;
    if (value & OCW3_RR)
        p->read_isr[n] = value & OCW3_RIS;
    if (value & OCW3_ESMM)
        p->smm[n] = !!(value & OCW3_SMM);
}

static void chip_write(struct i8259 *p, unsigned n, u64 offset, u8 value)
{
    if (offset == 0 && (value & ICW1_INIT))
        icw1(p, n, value);
    else if (offset == 0 && (value & OCW3_SELECT))
        ocw3(p, n, value);
    else if (offset == 0)
        ocw2(p, n, value);
    else if (p->init[n])
        next_icw(p, n, value);
    else
        p->imr[n] = value;
    update(p);
}

static u8 chip_read(struct i8259 *p, unsigned n, u64 offset)
{
    if (p->poll[n]) {
        bool asks = request(p, n) >= 0;
        u8 value = asks ? 0x80 | (u8)chip_ack(p, n) : 0;
        p->poll[n] = 0;
        if (asks && n == SLAVE)
            chip_pin(p, MASTER, CASCADE, false);
        update(p);
        return value;
    }
    if (offset == 1)
        return p->imr[n];
    return p->read_isr[n] ? p->isr[n] : p->irr[n];
}

static u64 master_read(struct device *d, u64 offset, unsigned size)
{
    return chip_read((struct i8259 *)d, MASTER, offset);
}

static void master_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    chip_write((struct i8259 *)d, MASTER, offset, (u8)value);
}

static u64 slave_read(struct device *d, u64 offset, unsigned size)
{
    return chip_read((struct i8259 *)d, SLAVE, offset);
}

static void slave_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    chip_write((struct i8259 *)d, SLAVE, offset, (u8)value);
}

static u64 elcr_read(struct device *d, u64 offset, unsigned size)
{
    return ((struct i8259 *)d)->elcr[offset];
}

/* IRQ0, 1, 2, 8 and 13 are always edge-triggered. */
static void elcr_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct i8259 *p = (struct i8259 *)d;

    p->elcr[offset] = (u8)value & (offset == 0 ? 0xf8 : 0xde);
    p->irr[offset] |= p->pin[offset] & p->elcr[offset];
    update(p);
}

static void i8259_reset(struct device *d)
{
    struct i8259 *p = (struct i8259 *)d;
    u8 pins[2] = {p->pin[0] & (u8)~BIT(CASCADE), p->pin[1]};

    device_zero(d);
    for (unsigned n = 0; n < 2; n++) {
        p->pin[n] = pins[n];
        p->lowest[n] = 7;
        p->imr[n] = 0xff;
    }
    irq_set(&d->out[I8259_INTR], false);
}

const struct device_class i8259_class = {
    .name = "i8259",
    .text = "two 8259A interrupt controllers with ELCR",
    .size = sizeof(struct i8259),
    .fields = i8259_fields,
    .field_count = ARRAY_LEN(i8259_fields),
    .regions =
        {
            [I8259_MASTER] = {"pic-master", REGION_PORT, 2, 1, 0, master_read, master_write},
            [I8259_SLAVE] = {"pic-slave", REGION_PORT, 2, 1, 0, slave_read, slave_write},
            [I8259_ELCR] = {"elcr", REGION_PORT, 2, 1, 0, elcr_read, elcr_write},
        },
    .reset = i8259_reset,
    .set_line = i8259_set_line,
};
