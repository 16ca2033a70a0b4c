/* SPDX-License-Identifier: MIT */
/* The high precision event timers; pins. */
#ifndef ERSATZ_DEVICES_HPET_H
#define ERSATZ_DEVICES_HPET_H

#include "devices/device.h"

extern const struct device_class hpet_class;

#define HPET_PERIOD_FS 10000000u /* 100 MHz */
#define HPET_ID 0x8086a201u      /* low half of the capabilities, for the ACPI table */

/* Region. The board puts it at FED00000h. */
enum { HPET_REGS };

/* Input pins: the 8254's OUT0 and the RTC's interrupt, which pass through while legacy
 * replacement is off. */
enum { HPET_PIT, HPET_RTC };

/* Output pins: GSI 0..23 (only 16..23 can be chosen by a guest), then IRQ0 and IRQ8. */
enum { HPET_GSI = 0, HPET_IRQ0 = 24, HPET_IRQ8 = 25 };

#endif
