/* SPDX-License-Identifier: MIT */
/*
 * What POST leaves for a system: addresses and interrupt lines of PCI functions, and the tables
 * that tell of processors and power management. Nothing here knows which devices there are: it
 * checks that what is said agrees. The same program runs on SeaBIOS (tables.py --qemu).
 */
#include "ask.h"

enum { BUFFER_SIZE = 8192 };
static u8 buffer[BUFFER_SIZE] __attribute__((aligned(16)));

static u32 le32(const u8 *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

/* ---- memory anywhere ---- */

static void descriptor(u8 *d, u32 base)
{
    d[0] = d[1] = 0xFF;
    d[2] = (u8)base;
    d[3] = (u8)(base >> 8);
    d[4] = (u8)(base >> 16);
    d[5] = 0x93;
    d[6] = 0;
    d[7] = (u8)(base >> 24);
}

/* n bytes (even) from a physical address into the buffer, by INT 15h 87h. */
static const u8 *fetch(u32 from, u32 n)
{
    static u8 table[48];
    struct regs r = {.eax = 0x8700, .ecx = n / 2, .esi = (u32)table};

    descriptor(table + 0x10, from);
    descriptor(table + 0x18, (u32)buffer);
    call_int(0x15, &r);
    return buffer;
}

static u8 sum(const u8 *p, u32 n)
{
    u8 s = 0;

    while (n--)
        s += *p++;
    return s;
}

/* A structure below 1 MiB by its signature, whose first `size` bytes add up to zero. */
static u32 look_for(const char *four, u32 from, u32 size)
{
    for (; from < 0x100000; from += 16)
        if (peek32((u16)(from >> 4), 0) == le32((const u8 *)four)) {
            const u8 *p = fetch(from, size);
            if (!sum(p, size))
                return from;
        }
    return 0;
}

/* ---- PCI ---- */

static u32 config(u16 bdf, u8 reg)
{
    outl(0xCF8, 0x80000000 | (u32)bdf << 8 | reg);
    return inl(0xCFC);
}

static void set_config(u16 bdf, u8 reg, u32 v)
{
    outl(0xCF8, 0x80000000 | (u32)bdf << 8 | reg);
    outl(0xCFC, v);
}

struct claim {
    u32 base, size;
    bool io;
};
enum { CLAIMS = 64 };
static struct claim claims[CLAIMS];
static unsigned claimed;

/* What a register decodes; its command register must be off meanwhile. */
static struct claim claim_of(u16 bdf, u8 reg)
{
    u32 old = config(bdf, reg);

    set_config(bdf, reg, reg == 0x30 ? 0xFFFFF800 : 0xFFFFFFFF);
    u32 answer = config(bdf, reg);
    set_config(bdf, reg, old);
    bool io = reg != 0x30 && (answer & 1);
    u32 mask = io ? 0xFFFC : reg == 0x30 ? 0xFFFFF800 : 0xFFFFFFF0;
    return (struct claim){old & mask, answer ? -(answer & mask) & (io ? 0xFFFF : ~0u) : 0, io};
}

static void look_at(u16 bdf)
{
    u32 command = config(bdf, 4) & 0xFFFF;

    set_config(bdf, 4, command & ~3u);
    for (u8 reg = 0x10; reg <= 0x30; reg += 4) {
        if (reg == 0x28 || reg == 0x2C)
            continue;
        struct claim c = claim_of(bdf, reg);
        bool wide = !c.io && reg != 0x30 && (config(bdf, reg) & 6) == 4;
        if (c.size && claimed < CLAIMS)
            claims[claimed++] = c;
        reg += wide ? 4 : 0;
    }
    set_config(bdf, 4, command);
}

static void each_function(void (*f)(u16))
{
    for (u16 bdf = 0; bdf < 0x100; bdf++) {
        bool several = config(bdf & 0xF8, 0x0C) >> 23 & 1;
        if ((bdf & 7) && !several)
            continue;
        if ((config(bdf, 0) & 0xFFFF) != 0xFFFF)
            f(bdf);
    }
}

static void pci_addresses(void)
{
    unsigned unaligned = 0, outside = 0, overlaps = 0;

    each_function(look_at);
    check_that("PCI: there are registers to look at", claimed >= 2 && claimed < CLAIMS);
    for (unsigned i = 0; i < claimed; i++) {
        const struct claim *a = &claims[i];
        unaligned += a->base % a->size != 0 || !a->base;
        outside += a->io ? a->base < 0xC000
                         : a->base < 0x02000000 || a->base + a->size > 0xFEC00000;
        for (unsigned k = 0; k < i; k++) {
            const struct claim *b = &claims[k];
            overlaps += a->io == b->io && a->base < b->base + b->size &&
                        b->base < a->base + a->size;
        }
    }
    check("PCI: addresses are multiples of their sizes", unaligned, 0);
    check("PCI: addresses are above RAM, below the APICs, ports from C000h", outside, 0);
    check("PCI: no two overlap", overlaps, 0);
}

static unsigned pins, wrong_lines;

static void look_at_pin(u16 bdf)
{
    u32 v = config(bdf, 0x3C);
    u8 line = (u8)v, pin = (u8)(v >> 8);

    if (!pin || bdf == 0x0B) /* power management is wired to IRQ9 */
        return;
    u8 pirq = (pin - 1 + (bdf >> 3) - 1) & 3;
    pins++;
    wrong_lines += line != (u8)(config(0x08, 0x60) >> 8 * pirq);
}

static void pci_interrupts(void)
{
    u16 elcr = (u16)(inb(0x4D0) | inb(0x4D1) << 8);
    u32 routes = config(0x08, 0x60);
    unsigned edge = 0;

    each_function(look_at_pin);
    check("PCI: interrupt lines are what the PIIX3 routes", wrong_lines, 0);
    for (unsigned i = 0; i < 4; i++)
        edge += !(elcr >> (routes >> 8 * i & 15) & 1);
    check("PCI: routed IRQs are level-triggered", edge, 0);
}

/* ---- MP table ---- */

static u8 cmos(u8 at)
{
    outb(0x70, at);
    return inb(0x71);
}

static void mp_table(void)
{
    u32 at = look_for("_MP_", 0xF0000, 16);
    check_that("MP: the floating pointer", at != 0);
    u32 table = at ? peek32((u16)(at >> 4), 4) : 0;
    const u8 *p = fetch(table, BUFFER_SIZE);
    u32 size = p[4] | p[5] << 8, count = p[34] | p[35] << 8;

    check("MP: PCMP", le32(p), 0x504D4350);
    check("MP: its checksum", size < BUFFER_SIZE ? sum(p, size) : 1, 0);
    unsigned cpus = 0, boot = 0, apics = 0, timers = 0;
    const u8 *e = p + 44;
    for (unsigned i = 0; i < count && e < p + size; i++) {
        cpus += e[0] == 0;
        boot += e[0] == 0 && (e[3] & 2);
        apics += e[0] == 2;
        timers += e[0] == 3 && e[5] == 0 && e[7] == 2; /* ISA IRQ0 on pin 2 */
        e += e[0] == 0 ? 20 : 8;
    }
    check("MP: the entries fill it", (u32)(e - p), size);
    check("MP: processors", cpus, cmos(0x5F) + 1u);
    check("MP: one of them boots", boot, 1);
    check("MP: an I/O APIC", apics, 1);
    check_that("MP: the timer is on pin 2", timers >= 1);
}

/* ---- ACPI ---- */

static void acpi(void)
{
    u32 at = look_for("RSD ", 0xE0000, 20);
    check_that("ACPI: the RSDP", at != 0);
    u32 rsdt = at ? peek32((u16)(at >> 4), 16) : 0;
    u32 listed[16], n = 0, bad = 0, cpus = 0, size;
    bool fadt = false;
    const u8 *p = fetch(rsdt, BUFFER_SIZE);

    size = le32(p + 4);
    check("ACPI: RSDT", le32(p), 0x54445352);
    check("ACPI: its checksum", size < BUFFER_SIZE ? sum(p, size) : 1, 0);
    for (u32 i = 36; i + 4 <= size && n < 16; i += 4)
        listed[n++] = le32(p + i);
    check_that("ACPI: it lists tables", n >= 2);
    for (u32 i = 0; i < n; i++) {
        p = fetch(listed[i], BUFFER_SIZE);
        size = le32(p + 4);
        bad += size >= BUFFER_SIZE || sum(p, size);
        if (le32(p) == 0x43495041) /* APIC */
            for (u32 k = 44; k + 2 <= size && p[k + 1]; k += p[k + 1])
                cpus += p[k] == 0 && (p[k + 4] & 1);
        if (le32(p) == 0x50434146) { /* FACP */
            fadt = true;
            check("ACPI: SCI", p[46], 9);
            check("ACPI: the PM timer", le32(p + 76), 0x608);
            check("ACPI: the SMI command port", le32(p + 48), 0xB2);
        }
    }
    check("ACPI: tables with bad checksums", bad, 0);
    check_that("ACPI: a FADT", fadt);
    check("ACPI: the MADT's processors", cpus, cmos(0x5F) + 1u);
}

void main(void)
{
    say("tables\n");
    pci_addresses();
    pci_interrupts();
    mp_table();
    acpi();
    done();
}
