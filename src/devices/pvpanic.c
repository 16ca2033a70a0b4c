/* SPDX-License-Identifier: MIT */
/* The pvpanic ISA device, as QEMU's docs/specs/pvpanic describes it: one port. */
#include "devices/pvpanic.h"

#include "base/log.h"

#define EVENTS (PVPANIC_PANICKED | PVPANIC_CRASH_LOADED)

struct pvpanic {
    struct device dev;
    u8 last;
    void (*tell)(void *opaque, u8 events);
    void *opaque;
};

static const struct field pvpanic_fields[] = {
    FIELD(struct pvpanic, last, "last events"),
};

static u64 pvpanic_read(struct device *d, u64 offset, unsigned size)
{
    return EVENTS;
}

static void pvpanic_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct pvpanic *p = (struct pvpanic *)d;

    p->last = (u8)value;
    if (value & ~(u64)EVENTS)
        LOG(d->log, GUEST_ERROR, "pvpanic: unknown events %02x", (u8)value);
    if ((value & EVENTS) && p->tell)
        p->tell(p->opaque, (u8)(value & EVENTS));
}

void pvpanic_connect(struct device *d, void (*tell)(void *opaque, u8 events), void *opaque)
{
    struct pvpanic *p = (struct pvpanic *)d;

    p->tell = tell;
    p->opaque = opaque;
}

const struct device_class pvpanic_class = {
    .name = "pvpanic",
    .text = "a port by which a guest says that it has crashed (ioport=)",
    .size = sizeof(struct pvpanic),
    .fields = pvpanic_fields,
    .field_count = ARRAY_LEN(pvpanic_fields),
    .regions =
        {
            [PVPANIC_PORT] = {"pvpanic", REGION_PORT, 1, 1, 0, pvpanic_read, pvpanic_write},
        },
    .reset = device_zero,
};
