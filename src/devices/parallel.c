/* SPDX-License-Identifier: MIT */
/*
 * The standard parallel port (SPP), with a printer that takes everything. IBM PC/AT Technical
 * Reference, Parallel Printer Adapter; IEEE 1284-1994, compatibility mode.
 *
 *     status:   7 not busy  6 ACK#  5 no paper  4 selected  3 ERROR#  2..0 one
 *     control:  7..5 not for us  4 interrupt enable  3 select  2 INIT#  1 auto feed  0 strobe
 *
 * A strobe hands over the byte; the printer is busy with it for a while, then pulls ACK# for a
 * moment and is free again. With the interrupt enabled, the line is high while ACK# is low.
 */
#include "devices/parallel.h"

#include "base/log.h"

enum { DATA, STATUS, CONTROL };

#define STATUS_NOT_BUSY 0x80
#define STATUS_NOT_ACK 0x40
#define STATUS_READY 0x1f /* selected, no error, three ones; paper is there */
#define CONTROL_STROBE 0x01
#define CONTROL_NOT_INIT 0x04
#define CONTROL_SELECT 0x08
#define CONTROL_IRQ 0x10
#define CONTROL_BITS 0x1f
#define CONTROL_ONES 0xc0

#define BUSY_NS 5000ull
#define ACK_NS 1000ull

struct parallel {
    struct device dev;
    struct timer printer; /* the end of being busy, then of ACK# */
    u8 data, control;
    u8 busy, ack; /* 1: the line is pulled */
    u8 irq;
    void (*tx)(void *opaque, u8 byte);
    void *tx_opaque;
};

static const struct field parallel_fields[] = {
    FIELD_TIMER(struct parallel, printer, "printer"), FIELD(struct parallel, data, "data"),
    FIELD(struct parallel, control, "control"),       FIELD(struct parallel, busy, "busy"),
    FIELD(struct parallel, ack, "acknowledge"),       FIELD(struct parallel, irq, "INT"),
};

static void update_irq(struct parallel *p)
{
    bool level = p->ack && (p->control & CONTROL_IRQ);

    if (level != p->irq) {
        p->irq = level;
        irq_set(&p->dev.out[PARALLEL_IRQ], level);
    }
}

static void printer_goes_on(void *opaque)
{
    struct parallel *p = opaque;

    p->ack = !p->ack;
    if (p->ack)
        timer_arm(&p->printer, clock_now(p->dev.clock) + ACK_NS);
    else
        p->busy = 0;
    update_irq(p);
}

/* INIT# resets the printer: what it was busy with is forgotten. */
static void init_printer(struct parallel *p)
{
    timer_disarm(&p->printer);
    p->busy = p->ack = 0;
}

static void strobe(struct parallel *p)
{
    if (p->busy) {
        LOG(p->dev.log, GUEST_ERROR, "%s: strobe while the printer is busy", p->dev.id);
        return;
    }
    p->busy = 1;
    timer_arm(&p->printer, clock_now(p->dev.clock) + BUSY_NS);
    if (p->tx)
        p->tx(p->tx_opaque, p->data);
}

static u64 parallel_read(struct device *d, u64 offset, unsigned size)
{
    struct parallel *p = (struct parallel *)d;

    switch (offset) {
    case DATA: return p->data;
    case STATUS:
        return STATUS_READY | (p->busy ? 0 : STATUS_NOT_BUSY) | (p->ack ? 0 : STATUS_NOT_ACK);
    case CONTROL: return CONTROL_ONES | p->control;
    default: return 0xff;
    }
}

static void parallel_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct parallel *p = (struct parallel *)d;
    u8 rises;

    if (offset == DATA)
        p->data = (u8)value;
    if (offset != CONTROL)
        return;
    rises = (u8)value & (u8)~p->control;
    p->control = value & CONTROL_BITS;
    if (!(p->control & CONTROL_NOT_INIT))
        init_printer(p);
    else if ((rises & CONTROL_STROBE) && (p->control & CONTROL_SELECT))
        strobe(p);
    update_irq(p);
}

void parallel_connect(struct device *d, void (*tx)(void *opaque, u8 byte), void *opaque)
{
    struct parallel *p = (struct parallel *)d;

    p->tx = tx;
    p->tx_opaque = opaque;
}

static int parallel_init(struct device *d, struct ersatz_error *err)
{
    struct parallel *p = (struct parallel *)d;

    timer_init(&p->printer, d->clock, printer_goes_on, p, "parallel printer");
    return 0;
}

static void parallel_reset(struct device *d)
{
    device_zero(d);
    ((struct parallel *)d)->control = CONTROL_SELECT | CONTROL_NOT_INIT;
    irq_set(&d->out[PARALLEL_IRQ], false);
}

const struct device_class parallel_class = {
    .name = "parallel",
    .text = "parallel port with a printer",
    .size = sizeof(struct parallel),
    .fields = parallel_fields,
    .field_count = ARRAY_LEN(parallel_fields),
    .regions =
        {
            [PARALLEL_REGS] = {"parallel", REGION_PORT, 3, 1, 0, parallel_read, parallel_write},
        },
    .init = parallel_init,
    .reset = parallel_reset,
};
