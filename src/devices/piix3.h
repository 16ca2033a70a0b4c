/* SPDX-License-Identifier: MIT */
/* The PIIX3's ISA bridge: interrupt routing and reset control. */
#ifndef ERSATZ_DEVICES_PIIX3_H
#define ERSATZ_DEVICES_PIIX3_H

#include "devices/pci.h"

extern const struct device_class piix3_class;

/* Region 0 is port CF9h; the host bridge hands accesses on, so it is on no map. */
enum { PIIX3_RESET_CONTROL };

/* Input pins: the ISA devices' IRQ0..IRQ15, then PIRQA..PIRQD. */
enum { PIIX3_ISA = 0, PIIX3_PIRQ = 16 };

/* Output pins: IRQ0..IRQ15 with PCI's share, for the 8259s and the I/O APIC; a reset of the
 * whole board; one of the CPU only (INIT). */
enum { PIIX3_IRQ = 0, PIIX3_RESET = 16, PIIX3_INIT = 17 };

/* Puts it on a bus at function 0 of slot `slot` and takes the bus's PIRQs. */
bool piix3_connect(struct device *d, struct pci_bus *bus, unsigned slot);

#endif
