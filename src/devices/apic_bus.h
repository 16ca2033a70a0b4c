/* SPDX-License-Identifier: MIT */
/*
 * What runs between the local APICs and the I/O APIC of one machine: interrupt messages one
 * way, end of interrupt the other. Intel SDM volume 3, chapter 11.
 */
#ifndef ERSATZ_DEVICES_APIC_BUS_H
#define ERSATZ_DEVICES_APIC_BUS_H

#include "base/types.h"

struct device;

/* Delivery modes, as in ICR, LVT and the redirection table. */
enum apic_mode {
    APIC_FIXED,
    APIC_LOWEST,
    APIC_SMI,
    APIC_RESERVED,
    APIC_NMI,
    APIC_INIT,
    APIC_SIPI,
    APIC_EXTINT,
};

#define APIC_BROADCAST8 0xffu
#define APIC_BROADCAST32 0xffffffffu

struct apic_message {
    u32 dest;
    u8 vector;
    u8 mode;      /* enum apic_mode */
    bool logical; /* dest is a set, not an id */
    bool level;   /* trigger mode */
};

#define APIC_BUS_MAX_CPUS 64
#define APIC_BUS_MAX_IOAPICS 4

/* All zero is an empty bus. */
struct apic_bus {
    struct device *lapic[APIC_BUS_MAX_CPUS];
    unsigned lapics;
    struct device *ioapic[APIC_BUS_MAX_IOAPICS];
    unsigned ioapics;
};

/* Puts a chip on the bus; false if the bus is full. The chip must outlive its use. */
bool apic_bus_add_lapic(struct apic_bus *bus, struct device *lapic);
bool apic_bus_add_ioapic(struct apic_bus *bus, struct device *ioapic);

/* True if at least one local APIC took it. */
bool apic_bus_send(struct apic_bus *bus, const struct apic_message *m);
/* A level-triggered vector's service ended at a local APIC. */
void apic_bus_eoi(struct apic_bus *bus, u8 vector);
/* A write to FEExxxxxh by a bus master: a message-signalled interrupt. */
bool apic_bus_msi(struct apic_bus *bus, physaddr addr, u32 data);

#endif
