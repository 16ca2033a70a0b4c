/* SPDX-License-Identifier: MIT */
/* PCI configuration mechanism #1 (PCI 2.1, 3.7.4.1). */
#include "pci.h"

enum { CONFADD = 0xCF8, CONFDATA = 0xCFC };

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

i32 pci_next(i32 last)
{
    for (u32 bdf = (u32)(last + 1); bdf <= 0xFFFF; bdf++) {
        /* functions 1 to 7 only of a device that has several */
        if ((bdf & 7) == 1 && !(pci_read8((u16)(bdf & ~7u), PCI_HEADER) & 0x80))
            bdf += 7;
        u16 vendor = pci_read16((u16)bdf, PCI_VENDOR);
        if (vendor != 0xFFFF && vendor != 0)
            return (i32)bdf;
        if (!(bdf & 7))
            bdf += 7;
    }
    return -1;
}

i32 pci_find(u16 vendor, u16 device)
{
    i32 bdf = -1;

    while ((bdf = pci_next(bdf)) >= 0)
        if (pci_read32((u16)bdf, PCI_VENDOR) == ((u32)device << 16 | vendor))
            break;
    return bdf;
}
