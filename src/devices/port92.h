/* SPDX-License-Identifier: MIT */
/* Port 92h: fast A20 and fast reset. */
#ifndef ERSATZ_DEVICES_PORT92_H
#define ERSATZ_DEVICES_PORT92_H

#include "devices/device.h"

extern const struct device_class port92_class;

enum { PORT92_PORT };
#define PORT92_A20_ON 0x02

/* Output pins. A20 is a level that the board ORs with the 8042's; INIT pulses. */
enum { PORT92_A20, PORT92_INIT };

#endif
