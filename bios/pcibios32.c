/* SPDX-License-Identifier: MIT */
/* PCI BIOS for 32-bit callers: the same functions, compiled for 32-bit mode under other names.
 * Wherever the caller has mapped it, it runs: it has calls and jumps within itself, no data. */
#define pci_read8 pci_read8_32
#define pci_read16 pci_read16_32
#define pci_read32 pci_read32_32
#define pci_write8 pci_write8_32
#define pci_write16 pci_write16_32
#define pci_write32 pci_write32_32
#define pci_last_bus pci_last_bus_32
#define pci_next pci_next_32
#define pci_find pci_find_32
#define pci_service pci_service_32

#include "pci.c"

#include "pcibios.c"
