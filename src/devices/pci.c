/* SPDX-License-Identifier: MIT */
#include "devices/pci.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"

#define BAR_IO 0x01u
#define BAR_PREFETCHABLE 0x08u
#define BAR_ROM_ENABLE 0x01u

void pci_init(struct pci_device *p, struct device *dev)
{
    p->dev = dev;
    pci_writable(p, PCI_COMMAND,
                 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_OFF,
                 2);
    pci_writable(p, PCI_CACHE_LINE, 0xff, 1);
    pci_writable(p, PCI_LATENCY, 0xff, 1);
    pci_writable(p, PCI_INTERRUPT_LINE, 0xff, 1);
    p->clears[PCI_STATUS + 1] = 0xf9; /* errors and aborts */
}

void pci_writable(struct pci_device *p, unsigned reg, u32 mask, unsigned size)
{
    st_size(&p->writable[reg], mask, size);
}

/* ---- BARs --------------------------------------------------------------------------------- */

static const struct region_use *bar_use(const struct pci_device *p, unsigned n)
{
    return &p->dev->use[p->bar[n].region];
}

static unsigned bar_reg(unsigned n)
{
    return n == PCI_ROM_BAR ? PCI_ROM_BASE : PCI_BAR0 + 4 * n;
}

/* The bits that tell what kind of BAR it is. */
static u8 bar_kind(const struct pci_device *p, unsigned n)
{
    u8 kind = bar_use(p, n)->region->kind;

    if (n == PCI_ROM_BAR)
        return 0;
    return kind == REGION_PORT ? BAR_IO : kind == REGION_RAM ? BAR_PREFETCHABLE : 0;
}

void pci_add_bar(struct pci_device *p, unsigned n, u8 region)
{
    p->bar[n] = (struct pci_bar){.region = region, .used = 1};
    u32 mask = ~(bar_use(p, n)->size - 1);
    pci_writable(p, bar_reg(n), n == PCI_ROM_BAR ? mask | BAR_ROM_ENABLE : mask, 4);
    p->config[bar_reg(n)] = bar_kind(p, n);
}

/* The base a BAR asks for, or 0 while its space is off. */
static u32 bar_base(const struct pci_device *p, unsigned n)
{
    const struct region_use *use = bar_use(p, n);
    bool io = use->region->kind == REGION_PORT;
    u32 bar = ld32(&p->config[bar_reg(n)]), base = bar & ~(use->size - 1);

    if (!(p->config[PCI_COMMAND] & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
        return 0;
    if (n == PCI_ROM_BAR && !(bar & BAR_ROM_ENABLE))
        return 0;
    return io && base + use->size > 0x10000 ? 0 : base;
}

static void place_bar(struct pci_device *p, unsigned n)
{
    unsigned region = p->bar[n].region;
    struct region_use *use = &p->dev->use[region];
    bool io = use->region->kind == REGION_PORT;
    u32 base = bar_base(p, n);
    int r = 0;

    if (!p->bus || (use->mapped ? use->base == base : base == 0))
        return;
    if (io)
        device_unmap_ports(p->dev, region, p->bus->ports);
    else
        device_unmap_memory(p->dev, region, p->bus->mem);
    if (base && io)
        r = device_map_ports(p->dev, region, p->bus->ports, (u16)base, NULL);
    else if (base)
        r = device_map_memory(p->dev, region, p->bus->mem, base, NULL);
    LOG(p->dev->log, PCI, "%s: BAR%u at %08x%s", p->dev->id, n, base,
        r ? " overlaps: stays unmapped" : "");
}

static void place_bars(struct pci_device *p)
{
    for (unsigned n = 0; n < PCI_BARS; n++)
        if (p->bar[n].used)
            place_bar(p, n);
}

void pci_loaded(struct pci_device *p)
{
    place_bars(p);
}

/* ---- Configuration space ------------------------------------------------------------------ */

void pci_reset(struct pci_device *p, const struct pci_ident *id)
{
    memset(p->config, 0, sizeof p->config);
    place_bars(p);
    st16(&p->config[PCI_VENDOR_ID], id->vendor);
    st16(&p->config[PCI_DEVICE_ID], id->device);
    st32(&p->config[PCI_REVISION], id->class << 8 | id->revision);
    p->config[PCI_HEADER_TYPE] = id->header;
    for (unsigned n = 0; n < PCI_BARS; n++)
        if (p->bar[n].used)
            p->config[bar_reg(n)] = bar_kind(p, n);
    pci_set_irq(p, false);
}

void pci_add_capability(struct pci_device *p, u8 id, u8 at, unsigned len)
{
    memset(&p->config[at], 0, len);
    p->config[at] = id;
    p->config[at + 1u] = p->config[PCI_CAPABILITIES];
    p->config[PCI_CAPABILITIES] = at;
    p->config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
}

static struct pci_device *find(const struct pci_bus *bus, u8 devfn)
{
    for (unsigned i = 0; i < bus->count; i++)
        if (bus->device[i]->devfn == devfn)
            return bus->device[i];
    return NULL;
}

bool pci_bus_add(struct pci_bus *bus, struct pci_device *p, u8 devfn)
{
    if (bus->count == PCI_BUS_MAX || find(bus, devfn))
        return false;
    p->bus = bus;
    p->devfn = devfn;
    bus->device[bus->count++] = p;
    return true;
}

u32 pci_config_read(struct pci_bus *bus, u8 devfn, u8 reg, unsigned size)
{
    const struct pci_device *p = find(bus, devfn);

    if (!p || reg + size > sizeof p->config)
        return (u32)MASK(8 * size);
    return (u32)ld_size(&p->config[reg], size);
}

void pci_config_write(struct pci_bus *bus, u8 devfn, u8 reg, u32 value, unsigned size)
{
    struct pci_device *p = find(bus, devfn);

    if (!p || reg + size > sizeof p->config)
        return;
    LOG(p->dev->log, PCI, "%s: %02x.%u = %x", p->dev->id, reg, size, value);
    for (unsigned i = 0; i < size; i++) {
        u8 byte = (u8)(value >> 8 * i), mask = p->writable[reg + i];
        u8 *at = &p->config[reg + i];
        *at = (*at & (u8)~mask) | (byte & mask);
        *at &= (u8) ~(byte & p->clears[reg + i]);
    }
    if (reg < PCI_ROM_BASE + 4)
        place_bars(p);
    if (reg < PCI_STATUS)
        pci_set_irq(p, p->irq);
    if (p->written)
        p->written(p->dev, reg, size);
}

/* ---- Interrupts --------------------------------------------------------------------------- */

static unsigned pirq_of(const struct pci_device *p)
{
    return (p->config[PCI_INTERRUPT_PIN] - 1u + (p->devfn >> 3) + 3u) & 3;
}

static bool asserts(const struct pci_device *p)
{
    return p->irq && p->config[PCI_INTERRUPT_PIN] &&
           !(ld16(&p->config[PCI_COMMAND]) & PCI_COMMAND_INTX_OFF);
}

/* Several pins share a PIRQ: it is asserted while one of them is. */
void pci_set_irq(struct pci_device *p, bool level)
{
    p->irq = level;
    if (!p->bus || !p->config[PCI_INTERRUPT_PIN])
        return;
    unsigned n = pirq_of(p);
    bool any = false;
    for (unsigned i = 0; i < p->bus->count; i++)
        any |= asserts(p->bus->device[i]) && pirq_of(p->bus->device[i]) == n;
    irq_set(&p->bus->pirq[n], any);
}
