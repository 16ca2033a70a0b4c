/* SPDX-License-Identifier: MIT */
/*
 * A debug console. A write is a character; a read gives E9h, by which guests know that somebody
 * listens (at 402h as at E9h).
 */
#include "devices/debugcon.h"

#include "base/log.h"

#define HERE 0xe9

struct debugcon {
    struct device dev;
    void (*tx)(void *opaque, u8 byte);
    void *opaque;
};

static u64 debugcon_read(struct device *d, u64 offset, unsigned size)
{
    return HERE;
}

static void debugcon_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct debugcon *c = (struct debugcon *)d;

    if (c->tx)
        c->tx(c->opaque, (u8)value);
}

void debugcon_connect(struct device *d, void (*tx)(void *opaque, u8 byte), void *opaque)
{
    struct debugcon *c = (struct debugcon *)d;
    c->tx = tx;
    c->opaque = opaque;
}

const struct device_class debugcon_class = {
    .name = "debugcon",
    .text = "debug console at port E9h or 402h",
    .size = sizeof(struct debugcon),
    .regions =
        {
            [DEBUGCON_PORT] = {"debugcon", REGION_PORT, 1, 1, 0, debugcon_read, debugcon_write},
        },
};
