/* SPDX-License-Identifier: MIT */
/*
 * The MP configuration table, for systems without ACPI (Intel, MultiProcessor Specification 1.4,
 * chapter 4): processors, two buses, the I/O APIC, who is on which of its pins. PCI interrupts
 * come to the pin whose number is the IRQ that the PIIX3 steers them to.
 */
#include "cpu.h"
#include "e820.h"
#include "pci.h"
#include "pciirq.h"
#include "post.h"
#include "smp.h"

enum { ENTRY_CPU, ENTRY_BUS, ENTRY_IOAPIC, ENTRY_IO_INT, ENTRY_LOCAL_INT };
enum { CPU_ENABLED = 1, CPU_BOOT = 2 };
enum { BUS_PCI, BUS_ISA };
enum { TYPE_INT, TYPE_NMI, TYPE_SMI, TYPE_EXTINT };
enum { CONFORMS = 0, LEVEL_HIGH = 0x0D };
enum { EVERY_LAPIC = 0xFF, IOAPIC_ID = 0 };
#define LAPIC 0xFEE00000u
#define IOAPIC 0xFEC00000u

struct header {
    char signature[4];
    u16 length;
    u8 revision, checksum;
    char oem[8], product[12];
    u32 oem_table;
    u16 oem_size, count;
    u32 lapic;
    u16 extended_size;
    u8 extended_checksum, reserved;
} PACKED;

struct writer {
    u16 start, at; /* in the F segment */
    u16 count;
};

static void add(struct writer *w, const void *entry, u8 size)
{
    far_write(FSEG, w->at, entry, size);
    w->at += size;
    w->count++;
}

static void add_cpus(struct writer *w)
{
    struct cpuid c = cpuid(1);

    for (u32 i = 0; i < cpu_count(); i++) {
        struct {
            u8 type, id, version, flags;
            u32 signature, features, reserved[2];
        } e = {.id = cpu_apic_id(i),
               .version = (u8)phys_read32(LAPIC + 0x30),
               .flags = CPU_ENABLED | (i ? 0 : CPU_BOOT),
               .signature = c.eax,
               .features = c.edx};
        add(w, &e, sizeof e);
    }
}

static void add_buses(struct writer *w)
{
    static const struct {
        u8 type, id;
        char name[6];
    } buses[] = {{ENTRY_BUS, BUS_PCI, "PCI   "}, {ENTRY_BUS, BUS_ISA, "ISA   "}};
    struct {
        u8 type, id, version, flags;
        u32 addr;
    } ioapic = {ENTRY_IOAPIC, IOAPIC_ID, 0x11, 1, IOAPIC};

    for (u8 i = 0; i < ARRAY_LEN(buses); i++)
        add(w, &buses[i], sizeof buses[i]);
    add(w, &ioapic, sizeof ioapic);
}

struct interrupt {
    u8 type, kind;
    u16 flags;
    u8 bus, irq, apic, pin;
};

static void add_pci_interrupts(struct writer *w)
{
    u32 seen = 0; /* a slot and a pin once, however many functions share it */

    for (i32 bdf = -1; (bdf = pci_next(bdf)) >= 0 && bdf < 0x100;) {
        u8 pin = pci_read8((u16)bdf, PCI_IRQ_PIN), slot = (u8)(bdf >> 3);
        if (pin < 1 || pin > 4 || (pin == 1 && (seen >> slot & 1)))
            continue;
        if (pin == 1)
            seen |= 1u << slot;
        u8 irq = pci_read8((u16)bdf, PCI_IRQ_LINE);
        struct interrupt e = {
            ENTRY_IO_INT, TYPE_INT, LEVEL_HIGH, BUS_PCI, (u8)(slot << 2 | (pin - 1)),
            IOAPIC_ID,    irq};
        add(w, &e, sizeof e);
    }
}

static void add_interrupts(struct writer *w)
{
    static const struct interrupt local[] = {
        {ENTRY_LOCAL_INT, TYPE_EXTINT, CONFORMS, BUS_ISA, 0, 0, 0},
        {ENTRY_LOCAL_INT, TYPE_NMI, CONFORMS, BUS_ISA, 0, EVERY_LAPIC, 1}};

    add_pci_interrupts(w);
    for (u8 irq = 0; irq < 16; irq++) {
        struct interrupt e = {ENTRY_IO_INT, TYPE_INT,  CONFORMS,     BUS_ISA,
                              irq,          IOAPIC_ID, irq ? irq : 2}; /* the 8254 is on pin 2 */
        if (irq != 2 && !(pci_irqs() >> irq & 1))
            add(w, &e, sizeof e);
    }
    for (u8 i = 0; i < ARRAY_LEN(local); i++)
        add(w, &local[i], sizeof local[i]);
}

static u8 fseg_sum(u16 at, u16 n)
{
    u8 sum = 0;

    while (n--)
        sum += peek8(FSEG, at++);
    return sum;
}

void mp_init(void)
{
    enum { ENTRIES = 8 * (2 + 1 + 16 + 2 + 128) };
    struct header h = {"PCMP", .revision = 4, .lapic = LAPIC};
    u8 pointer[16] = "_MP_";

    if (!cpu_has_cpuid() || !(cpuid(1).edx & CPU_APIC))
        return;
    u16 at = fseg_alloc(16, 16);
    struct writer w = {0};
    w.start = fseg_alloc((u16)(sizeof h + 20 * cpu_count() + ENTRIES), 16);
    if (!at || !w.start)
        return;
    w.at = w.start + sizeof h;
    add_cpus(&w);
    add_buses(&w);
    add_interrupts(&w);
    memcpy(h.oem, "ERSATZ  ", 8);
    memcpy(h.product, "PC          ", 12);
    h.length = w.at - w.start;
    h.count = w.count;
    far_write(FSEG, w.start, &h, sizeof h);
    poke8(FSEG, w.start + 7u, -fseg_sum(w.start, h.length));

    *(u32 *)(pointer + 4) = FSEG * 16u + w.start;
    pointer[8] = 1; /* length in 16 bytes */
    pointer[9] = 4;
    far_write(FSEG, at, pointer, sizeof pointer);
    poke8(FSEG, at + 10u, -fseg_sum(at, 16));
}
