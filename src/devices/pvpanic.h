/* SPDX-License-Identifier: MIT */
/* pvpanic: a port by which a guest's kernel says that it has crashed. */
#ifndef ERSATZ_DEVICES_PVPANIC_H
#define ERSATZ_DEVICES_PVPANIC_H

#include "devices/device.h"

extern const struct device_class pvpanic_class;

/* Region: a port, at 505h unless said otherwise. */
enum { PVPANIC_PORT };

/* Events: the bits that a guest writes, and, read, those that it may. */
#define PVPANIC_PANICKED 0x01
#define PVPANIC_CRASH_LOADED 0x02 /* it goes on in a kernel that saves what is left */

/* `tell` hears each write of a known event. */
void pvpanic_connect(struct device *d, void (*tell)(void *opaque, u8 events), void *opaque);

#endif
