/* SPDX-License-Identifier: MIT */
/* The I/O APIC; pins and the bus's side. */
#ifndef ERSATZ_DEVICES_IOAPIC_H
#define ERSATZ_DEVICES_IOAPIC_H

#include "devices/device.h"

struct apic_bus;

extern const struct device_class ioapic_class;

/* Region: one page. The board puts it at FEC00000h. */
enum { IOAPIC_REGS };

/* Input pins 0..23; high means asserted, whatever polarity an entry names. */
#define IOAPIC_PINS 24

void ioapic_connect(struct device *d, struct apic_bus *bus);
void ioapic_eoi(struct device *d, u8 vector);

#endif
