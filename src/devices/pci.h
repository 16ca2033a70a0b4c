/* SPDX-License-Identifier: MIT */
/*
 * The PCI bus and what every function on it has: 256 bytes of configuration space with a mask
 * of writable bits, BARs that put regions of its device on the maps, an interrupt pin. PCI
 * Local Bus Specification 2.1, chapter 6.
 *
 * A BAR is as large as its region's struct region_use says; a memory BAR over RAM is
 * prefetchable. The expansion ROM's base address (30h) is one more BAR, with an enable of its
 * own in bit 0.
 */
#ifndef ERSATZ_DEVICES_PCI_H
#define ERSATZ_DEVICES_PCI_H

#include "devices/device.h"

#define PCI_VENDOR_ID 0x00
#define PCI_DEVICE_ID 0x02
#define PCI_COMMAND 0x04
#define PCI_STATUS 0x06
#define PCI_REVISION 0x08
#define PCI_CLASS 0x09 /* programming interface, sub-class, class */
#define PCI_CACHE_LINE 0x0c
#define PCI_LATENCY 0x0d
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR0 0x10
#define PCI_SUBSYSTEM_VENDOR 0x2c
#define PCI_SUBSYSTEM 0x2e
#define PCI_ROM_BASE 0x30
#define PCI_CAPABILITIES 0x34
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN 0x3d

#define PCI_COMMAND_IO 0x0001
#define PCI_COMMAND_MEMORY 0x0002
#define PCI_COMMAND_MASTER 0x0004
#define PCI_COMMAND_INTX_OFF 0x0400
#define PCI_STATUS_CAPABILITIES 0x0010
#define PCI_HEADER_MULTIFUNCTION 0x80

#define PCI_ROM_BAR 6 /* as a number of pci_add_bar() */
#define PCI_BARS 7
#define PCI_BUS_MAX 32
#define PCI_DEVFN(device, function) ((u8)((device) << 3 | (function)))

struct pci_bar {
    u8 region; /* of the device; its kind and size are the BAR's */
    u8 used;
};

struct pci_device {
    struct device *dev;
    struct pci_bus *bus;
    u8 devfn;
    u8 config[256];
    u8 writable[256]; /* bits a guest may change */
    u8 clears[256];   /* bits it clears by writing 1 */
    u8 irq;           /* level of the interrupt pin */
    u8 msi;           /* where its MSI capability is; 0: none */
    struct pci_bar bar[PCI_BARS];
    /* After a guest wrote `size` bytes at `reg`; BARs are done already. May be NULL. */
    void (*written)(struct device *d, unsigned reg, unsigned size);
};

/* The state of a struct pci_device, for its device's field table. */
#define PCI_FIELDS(type, member)                                                                   \
    FIELD_BUFFER(type, member.config, "configuration space"),                                      \
        FIELD(type, member.irq, "interrupt pin")

struct pci_bus {
    struct pci_device *device[PCI_BUS_MAX];
    unsigned count;
    struct portmap *ports;
    struct memmap *mem;
    /* PIRQA..PIRQD. Pin A of slot s is PIRQ (s + 3) mod 4, pin B the next. */
    struct irq pirq[4];
    /* A message-signalled interrupt: a write of `data` by a bus master. May be NULL. */
    void (*msi)(void *opaque, physaddr addr, u32 data);
    void *msi_opaque;
};

struct pci_ident {
    u16 vendor, device;
    u32 class; /* 24 bits */
    u8 revision, header;
};

/* For a chip's init(): who it is, and which bits of a header every function can write. */
void pci_init(struct pci_device *p, struct device *dev);
/* For a chip's reset(): the header's power-on values; BARs are 0 and unmapped. */
void pci_reset(struct pci_device *p, const struct pci_ident *id);
/* BAR n holds region `region` of the device, whose size is a power of two. */
void pci_add_bar(struct pci_device *p, unsigned n, u8 region);
/* Links a capability of `len` bytes at `at` into the list, in a chip's reset(). */
void pci_add_capability(struct pci_device *p, u8 id, u8 at, unsigned len);
/* The bits that a guest may write in `size` bytes at reg. */
void pci_writable(struct pci_device *p, unsigned reg, u32 mask, unsigned size);

/* False if the bus is full or the place is taken. */
bool pci_bus_add(struct pci_bus *bus, struct pci_device *p, u8 devfn);
/* One access of 1, 2 or 4 bytes within a double word; all ones if nobody is there. */
u32 pci_config_read(struct pci_bus *bus, u8 devfn, u8 reg, unsigned size);
void pci_config_write(struct pci_bus *bus, u8 devfn, u8 reg, u32 value, unsigned size);

void pci_set_irq(struct pci_device *p, bool level);
/* pci_msi.c: the function signals by messages where the guest enables them. In a chip's reset(). */
void pci_add_msi(struct pci_device *p, u8 at);
/* An interrupt's edge: false if it has to go by the pin. */
bool pci_msi(const struct pci_device *p);
/* For a chip's loaded(): maps the BARs as the configuration space says. */
void pci_loaded(struct pci_device *p);

#endif
