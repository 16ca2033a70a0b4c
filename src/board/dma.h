/* SPDX-License-Identifier: MIT */
/*
 * A channel of the board's DMA controller as the device on it sees it: the whole of what DREQ,
 * DACK and TC do for a chunk of data. The device decides when; the channel, whose registers the
 * guest has set up, decides where and how much.
 */
#ifndef ERSATZ_BOARD_DMA_H
#define ERSATZ_BOARD_DMA_H

#include "base/types.h"

struct dma_grant {
    unsigned bytes; /* how many were acknowledged: fewer than asked for if the channel is masked,
                     * or came to its terminal count */
    bool tc;        /* the last of them was the channel's terminal count */
};

typedef struct dma_grant dma_transfer_fn(void *opaque, unsigned channel, void *buf, unsigned len,
                                         bool to_memory);

struct dma_channel {
    dma_transfer_fn *fn; /* NULL: not connected */
    void *opaque;
    unsigned n;
};

static inline struct dma_grant dma_transfer(const struct dma_channel *c, void *buf, unsigned len,
                                            bool to_memory)
{
    return c->fn ? c->fn(c->opaque, c->n, buf, len, to_memory) : (struct dma_grant){0, false};
}

#endif
