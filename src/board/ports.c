/* SPDX-License-Identifier: MIT */
#include "board/ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/log.h"

#define PORT_COUNT 0x10000u
#define MAX_RANGES 255 /* an owner fits a byte */

int portmap_init(struct portmap *p, struct log *log, struct ersatz_error *err)
{
    *p = (struct portmap){.log = log};
    p->owner = calloc(PORT_COUNT, 1);
    return p->owner ? 0 : err_set(err, ERSATZ_E_NOMEM, "no memory for the port map");
}

void portmap_destroy(struct portmap *p)
{
    free(p->ranges);
    free(p->owner);
    *p = (struct portmap){.log = p->log};
}

int portmap_add(struct portmap *p, const struct port_range *r, struct ersatz_error *err)
{
    if (r->count == 0 || r->base + r->count > PORT_COUNT)
        return err_set(err, ERSATZ_E_VALUE, "%s: ports %xh + %u are none", r->name, r->base,
                       r->count);
    if (p->count == MAX_RANGES)
        return err_set(err, ERSATZ_E_CONFLICT, "%s: too many spans of ports", r->name);
    if (p->count == p->capacity) {
        unsigned capacity = p->capacity ? 2 * p->capacity : 32;
        struct port_range *n = realloc(p->ranges, capacity * sizeof *n);
        if (!n)
            return err_set(err, ERSATZ_E_NOMEM, "%s: no memory for the port map", r->name);
        p->ranges = n;
        p->capacity = capacity;
    }
    p->ranges[p->count++] = *r;
    memset(p->owner + r->base, (int)p->count, r->count);
    return 0;
}

bool portmap_remove(struct portmap *p, u16 base)
{
    unsigned i = p->count;

    while (i > 0 && p->ranges[i - 1].base != base)
        i--;
    if (i == 0)
        return false;
    p->count--;
    memmove(&p->ranges[i - 1], &p->ranges[i], (p->count - (i - 1)) * sizeof *p->ranges);
    memset(p->owner, 0, PORT_COUNT);
    for (i = 0; i < p->count; i++)
        memset(p->owner + p->ranges[i].base, (int)i + 1, p->ranges[i].count);
    return true;
}

/* The range that takes an access whole, or NULL: then it is split. */
static const struct port_range *whole(const struct portmap *p, u32 port, unsigned size)
{
    u8 owner = p->owner[port];
    const struct port_range *r = owner ? &p->ranges[owner - 1] : NULL;

    if (!r || size > r->max_size || port + size > PORT_COUNT)
        return NULL;
    for (unsigned i = 1; i < size; i++)
        if (p->owner[port + i] != owner)
            return NULL;
    return r;
}

static u32 read_part(struct portmap *p, u32 port, unsigned size)
{
    const struct port_range *r = port < PORT_COUNT ? whole(p, port, size) : NULL;
    unsigned half = size / 2;

    if (r)
        return (u32)zext(r->read(r->opaque, (u16)(port - r->base), size), size);
    if (size == 1)
        return 0xFF;
    return read_part(p, port, half) | read_part(p, port + half, half) << 8 * half;
}

static void write_part(struct portmap *p, u32 port, u32 value, unsigned size)
{
    const struct port_range *r = port < PORT_COUNT ? whole(p, port, size) : NULL;
    unsigned half = size / 2;

    value = (u32)zext(value, size);
    if (r) {
        r->write(r->opaque, (u16)(port - r->base), value, size);
    } else if (size > 1) {
        write_part(p, port, value, half);
        write_part(p, port + half, value >> 8 * half, half);
    }
}

u32 portmap_read(struct portmap *p, u16 port, unsigned size)
{
    u32 v = read_part(p, port, size);

    LOG(p->log, IO, "in %04x.%u = %0*x", port, size, (int)(2 * size), v);
    if (!p->owner[port])
        LOG(p->log, UNIMP, "read of port %04x: nobody's", port);
    return v;
}

void portmap_write(struct portmap *p, u16 port, u32 value, unsigned size)
{
    LOG(p->log, IO, "out %04x.%u = %0*x", port, size, (int)(2 * size), (u32)zext(value, size));
    if (!p->owner[port])
        LOG(p->log, UNIMP, "write of port %04x = %x: nobody's", port, value);
    write_part(p, port, value, size);
}
