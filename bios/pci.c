/* SPDX-License-Identifier: MIT */
/* PCI configuration mechanism #1 (PCI 2.1, 3.7.4.1). Neither here nor in pcibios.c is there data:
 * both are compiled for 32-bit mode too (pcibios32.c), where their segment is not at hand. */
#include "pci.h"

enum { CONFADD = 0xCF8, CONFDATA = 0xCFC };
enum { HEADER_MULTI = 0x80, HEADER_BRIDGE = 1, BRIDGE_SUBORDINATE = 0x1A };

static u16 select(u16 bdf, u8 reg)
{
    outl(CONFADD, 0x80000000 | (u32)bdf << 8 | (reg & 0xFC));
    return CONFDATA + (reg & 3);
}

u8 pci_read8(u16 bdf, u8 reg)
{
    return inb(select(bdf, reg));
}

u16 pci_read16(u16 bdf, u8 reg)
{
    return inw(select(bdf, reg));
}

u32 pci_read32(u16 bdf, u8 reg)
{
    return inl(select(bdf, reg));
}

void pci_write8(u16 bdf, u8 reg, u8 v)
{
    outb(select(bdf, reg), v);
}

void pci_write16(u16 bdf, u8 reg, u16 v)
{
    outw(select(bdf, reg), v);
}

void pci_write32(u16 bdf, u8 reg, u32 v)
{
    outl(select(bdf, reg), v);
}

/* The first function in [bdf, end), or -1. */
static i32 scan(u32 bdf, u32 end)
{
    for (; bdf < end; bdf++) {
        /* functions 1 to 7 only of a device that has several */
        if ((bdf & 7) == 1 && !(pci_read8((u16)(bdf & ~7u), PCI_HEADER) & HEADER_MULTI)) {
            bdf += 6;
            continue;
        }
        u16 vendor = pci_read16((u16)bdf, PCI_VENDOR);
        if (vendor != 0xFFFF && vendor != 0)
            return (i32)bdf;
        if (!(bdf & 7))
            bdf += 7;
    }
    return -1;
}

u8 pci_last_bus(void)
{
    u8 last = 0;

    for (i32 bdf = -1; (bdf = scan((u32)bdf + 1, (last + 1u) << 8)) >= 0;)
        if ((pci_read8((u16)bdf, PCI_HEADER) & ~HEADER_MULTI) == HEADER_BRIDGE) {
            u8 behind = pci_read8((u16)bdf, BRIDGE_SUBORDINATE);
            last = behind > last ? behind : last;
        }
    return last;
}

i32 pci_next(i32 last)
{
    u32 bdf = (u32)(last + 1);
    i32 found = scan(bdf, (bdf | 0xFF) + 1);

    if (found < 0)
        found = scan((bdf | 0xFF) + 1, (pci_last_bus() + 1u) << 8);
    return found;
}

i32 pci_find(u16 vendor, u16 device)
{
    i32 bdf = -1;

    while ((bdf = pci_next(bdf)) >= 0)
        if (pci_read32((u16)bdf, PCI_VENDOR) == ((u32)device << 16 | vendor))
            break;
    return bdf;
}
