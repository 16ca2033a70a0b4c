/* SPDX-License-Identifier: MIT */
/* PCI configuration space by mechanism #1. A function is named as bus << 8 | device << 3 | fn. */
#ifndef BIOS_PCI_H
#define BIOS_PCI_H

#include "bios.h"

enum {
    PCI_VENDOR = 0x00,
    PCI_DEVICE = 0x02,
    PCI_COMMAND = 0x04,
    PCI_CLASS = 0x08, /* revision, interface, subclass, class */
    PCI_HEADER = 0x0E,
    PCI_BAR0 = 0x10,
    PCI_ROM = 0x30,
    PCI_IRQ_LINE = 0x3C,
    PCI_IRQ_PIN = 0x3D
};

u8 pci_read8(u16 bdf, u8 reg);
u16 pci_read16(u16 bdf, u8 reg);
u32 pci_read32(u16 bdf, u8 reg);
void pci_write8(u16 bdf, u8 reg, u8 v);
void pci_write16(u16 bdf, u8 reg, u16 v);
void pci_write32(u16 bdf, u8 reg, u32 v);

/* The highest bus number in use. */
u8 pci_last_bus(void);
/* The next function that is there, in the order of bdf, above `last`; -1 first. -1: no more. */
i32 pci_next(i32 last);
/* The first function of a vendor and device, or -1. */
i32 pci_find(u16 vendor, u16 device);

/* pcibios.c: INT 1Ah function B1h; pciirq.c: its function 0Eh. */
void pci_service(struct regs *r);
u8 pci_routing(struct regs *r);

#endif
