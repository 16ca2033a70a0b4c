/* SPDX-License-Identifier: MIT */
/* A debug console: one port that takes characters. */
#ifndef ERSATZ_DEVICES_DEBUGCON_H
#define ERSATZ_DEVICES_DEBUGCON_H

#include "devices/device.h"

extern const struct device_class debugcon_class;

/* Region: one port, E9h by custom; SeaBIOS and OVMF write to 402h. */
enum { DEBUGCON_PORT };

void debugcon_connect(struct device *d, void (*tx)(void *opaque, u8 byte), void *opaque);

#endif
