/* SPDX-License-Identifier: MIT */
/*
 * What all chips share: making and freeing, the list of classes, the way from the bus to a
 * region, and the field table's accessors.
 */
#include "devices/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/log.h"
#include "board/memmap.h"
#include "board/ports.h"

#define DEVICE(class) extern const struct device_class class;
#include "devices/devices.def"
#undef DEVICE

const struct device_class *const device_classes[] = {
#define DEVICE(class) &class,
#include "devices/devices.def"
#undef DEVICE
    NULL,
};

const struct device_class *device_class_find(const char *name)
{
    for (const struct device_class *const *c = device_classes; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

struct device *device_new(const struct device_class *class, const char *id, struct clock *clock,
                          struct log *log, struct ersatz_error *err)
{
    struct device *d = calloc(1, class->size);
    if (!d) {
        err_set(err, ERSATZ_E_NOMEM, "%s: no memory for its state", class->name);
        return NULL;
    }
    d->class = class;
    d->id = id;
    d->clock = clock;
    d->log = log;
    for (unsigned n = 0; n < DEVICE_MAX_REGIONS; n++) {
        d->use[n].device = d;
        d->use[n].region = &class->regions[n];
        d->use[n].size = class->regions[n].size;
    }
    if (class->init && class->init(d, err) != 0) {
        device_free(d);
        return NULL;
    }
    device_reset(d);
    return d;
}

void device_free(struct device *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < d->class->field_count; i++)
        if (d->class->fields[i].type == FIELD_TIMER)
            timer_disarm((struct timer *)((char *)d + d->class->fields[i].offset));
    if (d->class->destroy)
        d->class->destroy(d);
    free(d);
}

void device_reset(struct device *d)
{
    if (d->class->reset)
        d->class->reset(d);
}

void device_loaded(struct device *d)
{
    if (d->class->loaded)
        d->class->loaded(d);
}

static void line_changes(void *opaque, unsigned n, bool level)
{
    struct device *d = opaque;
    d->class->set_line(d, n, level);
}

struct irq device_line(struct device *d, unsigned n)
{
    return (struct irq){.fn = d->class->set_line ? line_changes : NULL, .opaque = d, .n = n};
}

/* ---- From the bus to a region ------------------------------------------------------------- */

/* The widest naturally aligned piece at `offset`, `size` bytes wanted. */
static unsigned piece_size(const struct region *r, u64 offset, unsigned size)
{
    unsigned n = r->max_size ? r->max_size : 1;
    while (n > size || (offset & (n - 1)) || offset + n > r->size)
        n >>= 1;
    return n;
}

static u64 read_piece(struct device *d, const struct region *r, u64 offset, unsigned size)
{
    if (offset >= r->size || !r->read)
        return MASK(8 * size);
    if (size >= r->min_size)
        return r->read(d, offset, size) & MASK(8 * size);
    u64 whole = r->read(d, align_down(offset, r->min_size), r->min_size);
    return whole >> 8 * (offset & (r->min_size - 1u)) & MASK(8 * size);
}

static void write_piece(struct device *d, const struct region *r, u64 offset, u64 value,
                        unsigned size)
{
    if (offset >= r->size || !r->write)
        return;
    if (size >= r->min_size)
        r->write(d, offset, value & MASK(8 * size), size);
    else
        LOG(d->log, GUEST_ERROR, "%s: write of %u bytes at %s+%llx is too narrow", d->id, size,
            r->name, (unsigned long long)offset);
}

static u64 region_read(struct device *d, const struct region *r, u64 offset, unsigned size)
{
    u64 value = 0;
    for (unsigned at = 0; at < size;) {
        unsigned n = offset + at < r->size ? piece_size(r, offset + at, size - at) : 1;
        value |= read_piece(d, r, offset + at, n) << 8 * at;
        at += n;
    }
    return value;
}

static void region_write(struct device *d, const struct region *r, u64 offset, u64 value,
                         unsigned size)
{
    for (unsigned at = 0; at < size;) {
        unsigned n = offset + at < r->size ? piece_size(r, offset + at, size - at) : 1;
        write_piece(d, r, offset + at, value >> 8 * at, n);
        at += n;
    }
}

u64 device_read(struct device *d, unsigned n, u64 offset, unsigned size)
{
    return region_read(d, &d->class->regions[n], offset, size);
}

void device_write(struct device *d, unsigned n, u64 offset, u64 value, unsigned size)
{
    region_write(d, &d->class->regions[n], offset, value, size);
}

static u32 port_read(void *opaque, u16 offset, unsigned size)
{
    struct region_use *use = opaque;
    return (u32)region_read(use->device, use->region, offset, size);
}

static void port_write(void *opaque, u16 offset, u32 value, unsigned size)
{
    struct region_use *use = opaque;
    region_write(use->device, use->region, offset, value, size);
}

static u64 mmio_read(void *opaque, u64 offset, unsigned size)
{
    struct region_use *use = opaque;
    return region_read(use->device, use->region, offset, size);
}

static void mmio_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct region_use *use = opaque;
    region_write(use->device, use->region, offset, value, size);
}

int device_map_ports(struct device *d, unsigned n, struct portmap *ports, u16 base,
                     struct ersatz_error *err)
{
    struct region_use *use = &d->use[n];
    const struct port_range range = {
        .name = use->region->name,
        .base = base,
        .count = use->size,
        .max_size = use->region->max_size > 4 ? 4 : use->region->max_size,
        .read = port_read,
        .write = port_write,
        .opaque = use,
    };
    if (use->mapped)
        return err_set(err, ERSATZ_E_STATE, "%s: %s is mapped already", d->id, range.name);
    int r = portmap_add(ports, &range, err);
    if (r == 0) {
        use->base = base;
        use->mapped = true;
    }
    return r;
}

int device_map_memory(struct device *d, unsigned n, struct memmap *mem, physaddr base,
                      struct ersatz_error *err)
{
    struct region_use *use = &d->use[n];
    struct mem_range range = {.name = use->region->name, .base = base, .size = use->size};

    if (use->region->kind == REGION_MMIO) {
        range.read = mmio_read;
        range.write = mmio_write;
        range.opaque = use;
    } else {
        range.rd = use->host;
        range.wr = use->region->kind == REGION_RAM ? use->host : NULL;
    }
    if (use->mapped)
        return err_set(err, ERSATZ_E_STATE, "%s: %s is mapped already", d->id, range.name);
    int r = memmap_add(mem, &range, err);
    if (r == 0) {
        use->base = base;
        use->mapped = true;
    }
    return r;
}

void device_unmap_ports(struct device *d, unsigned n, struct portmap *ports)
{
    if (d->use[n].mapped)
        portmap_remove(ports, (u16)d->use[n].base);
    d->use[n].mapped = false;
}

void device_unmap_memory(struct device *d, unsigned n, struct memmap *mem)
{
    if (d->use[n].mapped)
        memmap_remove(mem, d->use[n].base);
    d->use[n].mapped = false;
}

/* ---- The field table ---------------------------------------------------------------------- */

unsigned device_field_count(const struct field *f)
{
    return f->type == FIELD_BYTES ? f->size : f->count;
}

u64 device_field_get(const struct device *d, const struct field *f, unsigned i)
{
    const char *at = (const char *)d + f->offset;
    const struct timer *t = (const struct timer *)at;

    switch (f->type) {
    case FIELD_TIMER: return t->armed ? t->deadline : UINT64_MAX;
    case FIELD_BYTES: return ld8(at + i);
    default: return ld_size(at + (size_t)i * f->size, f->size);
    }
}

void device_field_set(struct device *d, const struct field *f, unsigned i, u64 value)
{
    char *at = (char *)d + f->offset;
    struct timer *t = (struct timer *)at;

    switch (f->type) {
    case FIELD_TIMER:
        timer_disarm(t);
        if (value != UINT64_MAX)
            timer_arm(t, value);
        break;
    case FIELD_BYTES: st8(at + i, (u8)value); break;
    default: st_size(at + (size_t)i * f->size, value, f->size); break;
    }
}

void device_zero(struct device *d)
{
    for (unsigned k = 0; k < d->class->field_count; k++) {
        const struct field *f = &d->class->fields[k];
        for (unsigned i = 0; i < device_field_count(f); i++)
            device_field_set(d, f, i, f->type == FIELD_TIMER ? UINT64_MAX : 0);
    }
}
