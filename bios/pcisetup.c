/* SPDX-License-Identifier: MIT */
/*
 * PCI enumeration: bus numbers behind bridges, addresses for base address registers, interrupt
 * lines (PCI 2.1, 6.2; PCI-to-PCI bridge 1.0, 3.2.5).
 *
 * Each bus is filled by size, largest first, so that nothing is lost to alignment; what lies
 * behind a bridge is one block of its bus in that order. Windows of the host bridge:
 *
 *     C000h..FFFFh            I/O
 *     E0000000h..FEBFFFFFh    memory, prefetchable or not; 64-bit registers get it, too
 */
#include "pci.h"
#include "post.h"

#define IO_FIRST 0xC000u
#define IO_END 0x10000u
#define MEMORY_FIRST 0xE0000000u
#define MEMORY_END 0xFEC00000u

enum { BAR_IO = 1, BAR_64 = 4 };
enum { COMMAND_IO = 1, COMMAND_MEMORY = 2, COMMAND_MASTER = 4 };
enum { ROM_ENABLE = 1 };
enum { HEADER_DEVICE = 0, HEADER_BRIDGE = 1 };
enum {
    BRIDGE_PRIMARY = 0x18,
    BRIDGE_SECONDARY = 0x19,
    BRIDGE_SUBORDINATE = 0x1A,
    BRIDGE_IO = 0x1C,
    BRIDGE_MEMORY = 0x20,
    BRIDGE_PREFETCH = 0x24,
    BRIDGE_PREFETCH_HIGH = 0x28,
    BRIDGE_IO_HIGH = 0x30,
    BRIDGE_ROM = 0x38
};

enum { SPACE_IO, SPACE_MEMORY, SPACES };

/* Something that wants addresses: a base address register, a ROM, or all behind a bridge. */
struct want {
    u32 size; /* a power of two; behind a bridge, a multiple of `align` */
    u32 align;
    u16 bdf;
    u8 reg; /* 0: a bridge's window */
    u8 space;
    u8 wide; /* a 64-bit register */
    u8 bus;  /* where it lies */
};

enum { WANTS = 160 };
static struct want wants[WANTS];
static u8 want_count;

static bool is_bridge(u16 bdf)
{
    return (pci_read8(bdf, PCI_HEADER) & 0x7F) == HEADER_BRIDGE;
}

/* ---- bus numbers ---- */

static u8 last_bus;

static void number_buses(u8 bus)
{
    u16 end = (u16)((bus + 1) << 8);

    for (i32 bdf = (bus << 8) - 1; (bdf = pci_next(bdf)) >= 0 && (u32)bdf < end;) {
        if (!is_bridge((u16)bdf))
            continue;
        pci_write8((u16)bdf, BRIDGE_PRIMARY, bus);
        pci_write8((u16)bdf, BRIDGE_SECONDARY, ++last_bus);
        pci_write8((u16)bdf, BRIDGE_SUBORDINATE, 0xFF);
        number_buses(last_bus);
        pci_write8((u16)bdf, BRIDGE_SUBORDINATE, last_bus);
    }
}

/* ---- what is wanted ---- */

static void want(struct want w)
{
    if (want_count < WANTS && w.size)
        wants[want_count++] = w;
}

/* A register's size: written with ones, it answers with its decoded bits. */
static u32 probe(u16 bdf, u8 reg, u32 ones)
{
    u32 old = pci_read32(bdf, reg);

    pci_write32(bdf, reg, ones);
    u32 answer = pci_read32(bdf, reg);
    pci_write32(bdf, reg, old);
    return answer;
}

/* Returns the next register to look at. */
static u8 want_bar(u16 bdf, u8 reg)
{
    u32 answer = probe(bdf, reg, 0xFFFFFFFF);
    struct want w = {.bdf = bdf, .reg = reg, .bus = (u8)(bdf >> 8)};

    if (answer & BAR_IO) {
        w.space = SPACE_IO;
        w.size = -(answer & 0xFFFC) & 0xFFFF;
    } else {
        w.space = SPACE_MEMORY;
        w.size = -(answer & ~15u);
        w.wide = (answer & 6) == BAR_64;
    }
    if (w.wide && (!w.size || probe(bdf, reg + 4, 0xFFFFFFFF) != 0xFFFFFFFF)) {
        log_printf("PCI %04x: the memory of register %02xh is too large\n", bdf, reg);
        w.size = 0;
    }
    w.align = w.size;
    if (answer)
        want(w);
    return reg + (w.wide ? 8 : 4);
}

static void want_rom(u16 bdf, u8 reg)
{
    u32 size = -(probe(bdf, reg, 0xFFFFF800) & 0xFFFFF800);

    want((struct want){size, size, bdf, reg, SPACE_MEMORY, 0, (u8)(bdf >> 8)});
}

/* IDE controllers in compatibility mode have fixed ports instead of the first four registers. */
static bool is_legacy_ide(u16 bdf)
{
    u32 class = pci_read32(bdf, PCI_CLASS);

    return class >> 16 == 0x0101 && !(class >> 8 & 5);
}

static void want_of(u16 bdf)
{
    bool bridge = is_bridge(bdf);
    u8 end = bridge ? PCI_BAR0 + 8 : PCI_BAR0 + 24;

    pci_write16(bdf, PCI_COMMAND,
                pci_read16(bdf, PCI_COMMAND) & ~(u32)(COMMAND_IO | COMMAND_MEMORY));
    for (u8 reg = is_legacy_ide(bdf) ? PCI_BAR0 + 16 : PCI_BAR0; reg < end;)
        reg = want_bar(bdf, reg);
    want_rom(bdf, bridge ? BRIDGE_ROM : PCI_ROM);
}

/* What a bridge's window takes: 4 KiB of ports, 1 MiB of memory at least. */
static void want_window(u16 bdf, u8 space)
{
    u32 unit = space == SPACE_IO ? 0x1000 : 0x100000;
    struct want w = {.align = unit, .bdf = bdf, .space = space, .bus = (u8)(bdf >> 8)};
    u8 behind = pci_read8(bdf, BRIDGE_SECONDARY);

    for (u8 i = 0; i < want_count; i++) {
        if (wants[i].bus != behind || wants[i].space != space)
            continue;
        w.size += wants[i].size;
        if (wants[i].align > w.align)
            w.align = wants[i].align;
    }
    w.size = (w.size + unit - 1) & ~(unit - 1);
    want(w);
}

/* ---- giving ---- */

static void set_window(const struct want *w, u32 base)
{
    u32 last = base + w->size - 1;

    if (w->space == SPACE_IO) {
        pci_write16(w->bdf, BRIDGE_IO, (u16)((base >> 8 & 0xF0) | (last & 0xF000)));
        pci_write32(w->bdf, BRIDGE_IO_HIGH, 0);
    } else {
        pci_write32(w->bdf, BRIDGE_MEMORY, base >> 16 | (last & 0xFFF00000));
    }
}

/* Windows that nothing is behind are closed: their base is above their limit. */
static void close_windows(u16 bdf)
{
    pci_write16(bdf, BRIDGE_IO, 0x00F0);
    pci_write32(bdf, BRIDGE_MEMORY, 0x0000FFF0);
    pci_write32(bdf, BRIDGE_PREFETCH, 0x0000FFF0);
    pci_write32(bdf, BRIDGE_PREFETCH_HIGH, 0);
    pci_write32(bdf, BRIDGE_PREFETCH_HIGH + 4, 0);
}

static struct want *largest(u8 bus, u8 space)
{
    struct want *best = NULL;

    for (u8 i = 0; i < want_count; i++) {
        struct want *w = &wants[i];
        if (w->size && w->bus == bus && w->space == space && (!best || w->align > best->align))
            best = w;
    }
    return best;
}

static void give(u8 bus, u8 space, u32 at, u32 end)
{
    struct want *w;

    while ((w = largest(bus, space))) {
        u32 base = (at + w->align - 1) & ~(w->align - 1);
        if (base < at || base > end || w->size > end - base) {
            log_printf("PCI %04x: no room for %08x bytes\n", w->bdf, w->size);
            w->size = 0;
            continue;
        }
        if (w->reg) {
            pci_write32(w->bdf, w->reg, base);
            if (w->wide)
                pci_write32(w->bdf, w->reg + 4, 0);
        } else {
            set_window(w, base);
            give(pci_read8(w->bdf, BRIDGE_SECONDARY), space, base, base + w->size);
        }
        at = base + w->size;
        w->size = 0;
    }
}

void pci_setup(void)
{
    i32 bdf;

    last_bus = 0;
    want_count = 0;
    number_buses(0);
    for (bdf = -1; (bdf = pci_next(bdf)) >= 0;)
        want_of((u16)bdf);
    for (i32 bus = last_bus; bus >= 0; bus--) { /* the innermost first */
        for (bdf = (bus << 8) - 1; (bdf = pci_next(bdf)) >= 0 && bdf >> 8 == bus;) {
            if (!is_bridge((u16)bdf))
                continue;
            close_windows((u16)bdf);
            want_window((u16)bdf, SPACE_IO);
            want_window((u16)bdf, SPACE_MEMORY);
        }
    }
    give(0, SPACE_IO, IO_FIRST, IO_END);
    give(0, SPACE_MEMORY, MEMORY_FIRST, MEMORY_END);
    for (bdf = -1; (bdf = pci_next(bdf)) >= 0;) {
        u16 command = pci_read16((u16)bdf, PCI_COMMAND) | COMMAND_IO | COMMAND_MEMORY;
        pci_write16((u16)bdf, PCI_COMMAND, command | (is_bridge((u16)bdf) ? COMMAND_MASTER : 0));
    }
}
