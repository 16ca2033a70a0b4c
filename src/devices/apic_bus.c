/* SPDX-License-Identifier: MIT */
#include "devices/apic_bus.h"

#include "devices/ioapic.h"
#include "devices/lapic.h"

bool apic_bus_add_lapic(struct apic_bus *bus, struct device *lapic)
{
    if (bus->lapics == APIC_BUS_MAX_CPUS)
        return false;
    bus->lapic[bus->lapics++] = lapic;
    return true;
}

bool apic_bus_add_ioapic(struct apic_bus *bus, struct device *ioapic)
{
    if (bus->ioapics == APIC_BUS_MAX_IOAPICS)
        return false;
    bus->ioapic[bus->ioapics++] = ioapic;
    return true;
}

/* The addressed local APIC that runs at the lowest priority; the first one among equals. */
static bool send_lowest(struct apic_bus *bus, const struct apic_message *m)
{
    struct device *best = NULL;

    for (unsigned i = 0; i < bus->lapics; i++) {
        struct device *d = bus->lapic[i];
        if (lapic_listens(d, m) && (!best || lapic_priority(d) < lapic_priority(best)))
            best = d;
    }
    return best && lapic_accept(best, m);
}

bool apic_bus_send(struct apic_bus *bus, const struct apic_message *m)
{
    bool taken = false;

    if (m->mode == APIC_LOWEST)
        return send_lowest(bus, m);
    for (unsigned i = 0; i < bus->lapics; i++)
        if (lapic_listens(bus->lapic[i], m))
            taken |= lapic_accept(bus->lapic[i], m);
    return taken;
}

void apic_bus_eoi(struct apic_bus *bus, u8 vector)
{
    for (unsigned i = 0; i < bus->ioapics; i++)
        ioapic_eoi(bus->ioapic[i], vector);
}

/*
 * address:  31..20 FEEh   19..12 destination   3 RH   2 logical
 * data:     15 level   14 assert   10..8 delivery mode   7..0 vector
 */
bool apic_bus_msi(struct apic_bus *bus, physaddr addr, u32 data)
{
    const struct apic_message m = {
        .dest = addr >> 12 & 0xff,
        .vector = (u8)data,
        .mode = data >> 8 & 7,
        .logical = addr >> 2 & 1,
        .level = data >> 15 & 1,
    };
    return apic_bus_send(bus, &m);
}
