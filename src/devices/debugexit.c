/* SPDX-License-Identifier: MIT */
/* isa-debug-exit, a device of test benches: a write asks the machine to end. Reads give 0. */
#include "devices/debugexit.h"

#include "base/log.h"

struct debugexit {
    struct device dev;
    u32 last;
    void (*ask)(void *opaque, u32 value);
    void *opaque;
};

static const struct field debugexit_fields[] = {
    FIELD(struct debugexit, last, "last value"),
};

static u64 debugexit_read(struct device *d, u64 offset, unsigned size)
{
    return 0;
}

static void debugexit_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct debugexit *e = (struct debugexit *)d;

    e->last = (u32)value;
    if (e->ask)
        e->ask(e->opaque, (u32)value);
}

void debugexit_connect(struct device *d, void (*ask)(void *opaque, u32 value), void *opaque)
{
    struct debugexit *e = (struct debugexit *)d;
    e->ask = ask;
    e->opaque = opaque;
}

const struct device_class debugexit_class = {
    .name = "isa-debug-exit",
    .text = "a port whose write ends the run (iobase=, iosize=)",
    .size = sizeof(struct debugexit),
    .fields = debugexit_fields,
    .field_count = ARRAY_LEN(debugexit_fields),
    .regions =
        {
            [DEBUGEXIT_PORTS] = {"debug-exit", REGION_PORT, 8, 4, 0, debugexit_read,
                                 debugexit_write},
        },
};
