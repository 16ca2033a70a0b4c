/* SPDX-License-Identifier: MIT */
/* The 8042 keyboard controller with a PS/2 keyboard; pins. */
#ifndef ERSATZ_DEVICES_I8042_H
#define ERSATZ_DEVICES_I8042_H

#include "devices/device.h"

extern const struct device_class i8042_class;

/* Regions. The board puts them at 60h and 64h. */
enum { I8042_DATA, I8042_COMMAND };

/* Output pins: IRQ1, IRQ12, the A20 gate (a level, high after reset), INIT (pulses). */
enum { I8042_KEYBOARD_IRQ, I8042_AUX_IRQ, I8042_A20, I8042_INIT };

/* Keys are events: input(d, byte of scan code set 2, 0). */

#endif
