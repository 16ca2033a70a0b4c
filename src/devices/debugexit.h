/* SPDX-License-Identifier: MIT */
/* isa-debug-exit: a guest's way to end the run with a status. */
#ifndef ERSATZ_DEVICES_DEBUGEXIT_H
#define ERSATZ_DEVICES_DEBUGEXIT_H

#include "devices/device.h"

extern const struct device_class debugexit_class;

/* Region: up to 8 ports; the board shortens it to iosize (2 unless said, at 501h). */
enum { DEBUGEXIT_PORTS };

/* `ask` hears each value written, as wide as it was written; the exit status is up to it. */
void debugexit_connect(struct device *d, void (*ask)(void *opaque, u32 value), void *opaque);

#endif
