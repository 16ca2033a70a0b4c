/* SPDX-License-Identifier: MIT */
/* How PCI interrupt pins are wired. */
#ifndef BIOS_PCIIRQ_H
#define BIOS_PCIIRQ_H

#include "bios.h"

/* The PIRQ, 0 to 3, that a pin (0: INTA) of a function reaches. */
u8 pci_pirq(u16 bdf, u8 pin);
/* The IRQs that PCI alone uses, a bit each. */
u16 pci_irqs(void);

#endif
