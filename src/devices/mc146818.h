/* SPDX-License-Identifier: MIT */
/* The MC146818 clock with 256 bytes of CMOS; pins and the board's side. */
#ifndef ERSATZ_DEVICES_MC146818_H
#define ERSATZ_DEVICES_MC146818_H

#include "devices/device.h"

extern const struct device_class mc146818_class;

/* Regions. The board puts them at 70h and 72h. */
enum { MC146818_STANDARD, MC146818_EXTENDED };

/* Output pins: IRQ8, and high while port 70h's bit 7 masks NMI. */
enum { MC146818_IRQ, MC146818_NMI_MASK };

/* The time to go on from is an event: input(d, seconds since 1970, 0). */

/* CMOS bytes from 0Eh on, for memory sizes and the like; they outlive a reset. */
void mc146818_set(struct device *d, u8 index, u8 value);
u8 mc146818_get(const struct device *d, u8 index);

#endif
