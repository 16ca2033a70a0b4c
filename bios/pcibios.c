/* SPDX-License-Identifier: MIT */
/*
 * PCI BIOS 2.1: INT 1Ah function B1h, and the same for 32-bit callers (pcibios32.c). The
 * registers' names and the codes are those of the specification's appendix A.
 */
#include "pci.h"

enum {
    SUCCESSFUL = 0x00,
    FUNC_NOT_SUPPORTED = 0x81,
    BAD_VENDOR_ID = 0x83,
    DEVICE_NOT_FOUND = 0x86,
    BAD_REGISTER_NUMBER = 0x87
};

extern const char pci_entry_32[]; /* mode32.S */
#define SIGNATURE 0x20494350u     /* "PCI " */

static void present(struct regs *r)
{
    r->edx = SIGNATURE;
    r->edi = FSEG * 16u + (u32)pci_entry_32;
    r->al = 1; /* configuration mechanism #1 */
    r->bx = 0x0210;
    r->cl = pci_last_bus();
}

/* The SI-th function whose double word at `reg`, shifted, is `want`. */
static u8 find(struct regs *r, u8 reg, u8 shift, u32 want)
{
    u16 n = r->si;

    for (i32 bdf = -1; (bdf = pci_next(bdf)) >= 0;) {
        if (pci_read32((u16)bdf, reg) >> shift != want || n--)
            continue;
        r->bx = (u16)bdf;
        return SUCCESSFUL;
    }
    return DEVICE_NOT_FOUND;
}

static u8 access(struct regs *r)
{
    u8 reg = (u8)r->di;
    u8 size_mask = (u8)((1u << ((r->al & 0x7F) - 8) % 3) - 1); /* bytes, words, double words */

    if (r->di > 0xFF || (reg & size_mask))
        return BAD_REGISTER_NUMBER;
    switch (r->al & 0x7F) {
    case 0x08: r->cl = pci_read8(r->bx, reg); break;
    case 0x09: r->cx = pci_read16(r->bx, reg); break;
    case 0x0A: r->ecx = pci_read32(r->bx, reg); break;
    case 0x0B: pci_write8(r->bx, reg, r->cl); break;
    case 0x0C: pci_write16(r->bx, reg, r->cx); break;
    case 0x0D: pci_write32(r->bx, reg, r->ecx); break;
    }
    return SUCCESSFUL;
}

void pci_service(struct regs *r)
{
    u8 status = SUCCESSFUL;

    switch (r->al & 0x7F) { /* bit 7: older 32-bit callers */
    case 0x01: present(r); break;
    case 0x02:
        if (r->dx == 0xFFFF)
            status = BAD_VENDOR_ID;
        else
            status = find(r, PCI_VENDOR, 0, (u32)r->cx << 16 | r->dx);
        break;
    case 0x03: status = find(r, PCI_CLASS, 8, r->ecx & 0xFFFFFF); break;
    case 0x08 ... 0x0D: status = access(r); break;
#ifdef REAL_MODE
    case 0x0E: status = pci_routing(r); break;
#endif
    default: status = FUNC_NOT_SUPPORTED;
    }
    r->ah = status;
    set_cf(r, status != SUCCESSFUL);
}
