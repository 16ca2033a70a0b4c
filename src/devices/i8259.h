/* SPDX-License-Identifier: MIT */
/* The pair of 8259A interrupt controllers; pins and the CPU's side. */
#ifndef ERSATZ_DEVICES_I8259_H
#define ERSATZ_DEVICES_I8259_H

#include "devices/device.h"

extern const struct device_class i8259_class;

/* Regions. The board puts them at 20h, A0h and 4D0h. */
enum { I8259_MASTER, I8259_SLAVE, I8259_ELCR };

/* Input pins 0..15 are IRQ0..IRQ15; IRQ2 is taken by the slave. */
#define I8259_PINS 16

/* Output pins. */
enum { I8259_INTR };

/* The CPU's two INTA cycles: returns the vector. With no request left it is the spurious one
 * (IRQ7's or IRQ15's). */
u8 i8259_ack(struct device *d);

#endif
