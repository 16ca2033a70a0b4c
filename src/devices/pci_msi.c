/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts: PCI Local Bus Specification 2.2, 6.8. One message a function,
 * 64-bit addresses:
 *
 *     +0 05h, next   +2 control: 7 64-bit, 0 enable   +4 address   +8 its high half   +C data
 */
#include "base/bits.h"
#include "devices/pci.h"

#define CAPABILITY_MSI 0x05
#define CONTROL_ENABLE 0x0001
#define CONTROL_64BIT 0x0080
enum { CONTROL = 2, ADDRESS = 4, ADDRESS_HIGH = 8, DATA = 12, SIZE = 14 };

void pci_add_msi(struct pci_device *p, u8 at)
{
    pci_add_capability(p, CAPABILITY_MSI, at, SIZE);
    st16(&p->config[at + CONTROL], CONTROL_64BIT);
    pci_writable(p, at + CONTROL, CONTROL_ENABLE, 2);
    pci_writable(p, at + ADDRESS, 0xfffffffc, 4);
    pci_writable(p, at + ADDRESS_HIGH, 0xffffffff, 4);
    pci_writable(p, at + DATA, 0xffff, 2);
    p->msi = at;
}

bool pci_msi(const struct pci_device *p)
{
    const u8 *c = &p->config[p->msi];

    if (!p->msi || !(ld16(c + CONTROL) & CONTROL_ENABLE))
        return false;
    u64 addr = ld32(c + ADDRESS) | (u64)ld32(c + ADDRESS_HIGH) << 32;
    bool master = ld16(&p->config[PCI_COMMAND]) & PCI_COMMAND_MASTER;
    if (master && p->bus && p->bus->msi)
        p->bus->msi(p->bus->msi_opaque, addr, ld16(c + DATA));
    return true;
}
