/* SPDX-License-Identifier: MIT */
/* The registers of a VGA in text mode. */
#ifndef ERSATZ_DEVICES_VGATEXT_H
#define ERSATZ_DEVICES_VGATEXT_H

#include "devices/device.h"

extern const struct device_class vgatext_class;

/* Region: ports 3B0h..3DFh. */
enum { VGATEXT_REGS };

/* The text page itself is ordinary RAM that the board puts here. */
#define VGATEXT_BASE 0xb8000u
#define VGATEXT_SIZE 0x8000u

#endif
