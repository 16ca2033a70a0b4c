/* SPDX-License-Identifier: MIT */
/* The 8254 timer and port 61h; pins. */
#ifndef ERSATZ_DEVICES_I8254_H
#define ERSATZ_DEVICES_I8254_H

#include "devices/device.h"

extern const struct device_class i8254_class;

#define I8254_HZ 1193182ull

/* Regions. The board puts them at 40h and 61h. */
enum { I8254_COUNTERS, I8254_PORT61 };

/* Output pins: counter 0's OUT, which is IRQ0. */
enum { I8254_OUT0 };

#endif
