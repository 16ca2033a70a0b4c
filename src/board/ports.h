/* SPDX-License-Identifier: MIT */
/*
 * The I/O port map: 64 Ki ports. A device maps spans of ports and sees an offset. A wider
 * access to a device whose registers are narrower is split little-endian, as the chipset
 * splits it on the ISA bus; ports nobody owns read as all ones and are logged under unimp.
 */
#ifndef ERSATZ_BOARD_PORTS_H
#define ERSATZ_BOARD_PORTS_H

#include "base/types.h"

struct ersatz_error;
struct log;

typedef u32 port_read_fn(void *opaque, u16 offset, unsigned size);
typedef void port_write_fn(void *opaque, u16 offset, u32 value, unsigned size);

struct port_range {
    const char *name;
    u16 base;
    u32 count;         /* ports */
    unsigned max_size; /* widest access the device takes: 1, 2 or 4; wider ones are split */
    port_read_fn *read;
    port_write_fn *write;
    void *opaque;
};

struct portmap {
    struct port_range *ranges;
    unsigned count, capacity;
    u8 *owner; /* per port: index + 1 of the range, 0: none */
    struct log *log;
};

int portmap_init(struct portmap *p, struct log *log, struct ersatz_error *err);
void portmap_destroy(struct portmap *p);
/* Maps a range; a later one wins over an earlier one port by port (PCI BARs over ISA). */
int portmap_add(struct portmap *p, const struct port_range *r, struct ersatz_error *err);
bool portmap_remove(struct portmap *p, u16 base);
u32 portmap_read(struct portmap *p, u16 port, unsigned size);
void portmap_write(struct portmap *p, u16 port, u32 value, unsigned size);

#endif
