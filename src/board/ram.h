/* SPDX-License-Identifier: MIT */
/*
 * The one allocator of guest memory. A block lies inside a reservation that nobody may touch,
 * so that a host address computed wrongly faults instead of hitting something else:
 *
 *     | guard, 2 MiB | the block, aligned to 2 MiB, huge pages if the host has them | guard |
 */
#ifndef ERSATZ_BOARD_RAM_H
#define ERSATZ_BOARD_RAM_H

#include "base/types.h"

struct ersatz_error;

struct ram {
    u8 *host; /* NULL: none */
    u64 size;
    u8 *reservation;
    size_t reserved;
};

int ram_init(struct ram *r, u64 size, struct ersatz_error *err);
void ram_destroy(struct ram *r);
/* Goes on with a 64-bit hash over the block, from `hash`. The same on every host. */
u64 ram_hash(const struct ram *r, u64 hash);

#endif
