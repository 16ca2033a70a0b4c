/* SPDX-License-Identifier: MIT */
/*
 * Port 92h. PIIX4 data sheet (290562), 92h:
 *     1 A20 on   0 fast init: 0 to 1 pulses INIT
 */
#include "devices/port92.h"

#include "base/log.h"

#define FAST_INIT 0x01

struct port92 {
    struct device dev;
    u8 value;
};

static const struct field port92_fields[] = {
    FIELD(struct port92, value, "port 92h"),
};

static u64 port92_read(struct device *d, u64 offset, unsigned size)
{
    return ((struct port92 *)d)->value;
}

static void port92_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct port92 *p = (struct port92 *)d;
    u8 rises = (u8)value & (u8)~p->value;

    p->value = value & (FAST_INIT | PORT92_A20_ON);
    irq_set(&d->out[PORT92_A20], value & PORT92_A20_ON);
    if (rises & FAST_INIT)
        irq_pulse(&d->out[PORT92_INIT]);
}

static void port92_reset(struct device *d)
{
    device_zero(d);
    irq_set(&d->out[PORT92_A20], false);
}

const struct device_class port92_class = {
    .name = "port92",
    .text = "fast A20 and reset",
    .size = sizeof(struct port92),
    .fields = port92_fields,
    .field_count = ARRAY_LEN(port92_fields),
    .regions =
        {
            [PORT92_PORT] = {"port92", REGION_PORT, 1, 1, 0, port92_read, port92_write},
        },
    .reset = port92_reset,
};
