/* SPDX-License-Identifier: MIT */
/* The two 8237 DMA controllers with their page registers. */
#ifndef ERSATZ_DEVICES_I8237_H
#define ERSATZ_DEVICES_I8237_H

#include "board/dma.h"
#include "devices/device.h"

extern const struct device_class i8237_class;

/* Regions. The board puts them at 00h, C0h and 80h. */
enum { I8237_FIRST, I8237_SECOND, I8237_PAGES };

/* Input pins: DREQ of channels 0 to 7. They show in the status registers; what moves data is
 * i8237_transfer(). */
enum { I8237_DREQ };

/*
 * The device on `channel` moves up to `len` bytes: to memory, or from memory into `buf`. Of
 * channels 5 to 7, which move words, an odd last byte stays. Nothing is moved while the channel
 * is masked, its controller is off, or, of channels 0 to 3, channel 4 doesn't cascade.
 */
struct dma_grant i8237_transfer(struct device *d, unsigned channel, void *buf, unsigned len,
                                bool to_memory);
/* The channel as an end for the device's side. */
struct dma_channel i8237_channel(struct device *d, unsigned channel);

#endif
