/* SPDX-License-Identifier: MIT */
/* The PC's parallel port with a printer on it; pins and the back end's side. */
#ifndef ERSATZ_DEVICES_PARALLEL_H
#define ERSATZ_DEVICES_PARALLEL_H

#include "devices/device.h"

extern const struct device_class parallel_class;

/* Region: data, status, control. The first port's is at 378h. */
enum { PARALLEL_REGS };

/* Output pins: the interrupt (IRQ7), which follows the printer's acknowledge. */
enum { PARALLEL_IRQ };

/* Each byte that the guest strobes goes to `tx`. */
void parallel_connect(struct device *d, void (*tx)(void *opaque, u8 byte), void *opaque);

#endif
