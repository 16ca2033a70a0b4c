/* SPDX-License-Identifier: MIT */
/*
 * RSDP, RSDT, XSDT, FADT, FACS, DSDT, MADT and HPET table: ACPI 6.4, 5.2. Numbers of the
 * fields' offsets are the specification's.
 */
#include "board/acpi.h"

#include <string.h>

#include "base/bits.h"

#define HEADER_SIZE 36
#define RSDP_SIZE 36
#define IOAPIC_BASE 0xFEC00000u
#define LAPIC_BASE 0xFEE00000u
#define HPET_BASE 0xFED00000u
#define SMI_COMMAND_PORT 0xB2
#define ACPI_ENABLE_VALUE 0xF1
#define ACPI_DISABLE_VALUE 0xF0
#define RESET_PORT 0xCF9
#define RESET_VALUE 0x06

static const u8 dsdt[] = {
#include "board/dsdt.inc"
};

enum { MAX_TABLES = 4 }; /* that RSDT and XSDT list */

struct builder {
    struct acpi_tables *t;
    u32 listed[MAX_TABLES];
    unsigned count;
    bool full;
};

static u8 sum(const u8 *p, u32 n)
{
    u8 s = 0;

    while (n--)
        s = (u8)(s + *p++);
    return s;
}

/* Room for n bytes, zeroed, at a multiple of `align`; NULL if there is none. */
static u8 *alloc(struct builder *b, u32 n, u32 align)
{
    u32 at = (u32)align_up(b->t->size, align);

    if (n > ACPI_TABLES_MAX || at > ACPI_TABLES_MAX - n) {
        b->full = true;
        return NULL;
    }
    b->t->size = at + n;
    memset(b->t->bytes + at, 0, n);
    return b->t->bytes + at;
}

static u32 address(const struct builder *b, const u8 *p)
{
    return ACPI_RSDP_AT + (u32)(p - b->t->bytes);
}

static u8 *table(struct builder *b, const char *signature, u8 revision, u32 size)
{
    u8 *p = alloc(b, size, 16);

    if (!p)
        return NULL;
    memcpy(p, signature, 4);
    st32(p + 4, size);
    p[8] = revision;
    memcpy(p + 10, "ERSATZ", 6);
    memcpy(p + 16, "ERSATZPC", 8);
    st32(p + 24, 1);
    memcpy(p + 28, "ERSZ", 4);
    st32(p + 32, 1);
    return p;
}

static void finish(u8 *p)
{
    p[9] = 0;
    p[9] = (u8)-sum(p, ld32(p + 4));
}

static void list(struct builder *b, u8 *p)
{
    finish(p);
    b->listed[b->count++] = address(b, p);
}

/* Generic address structure (5.2.3.2): I/O space. */
static void gas_io(u8 *p, u64 port, u8 bits)
{
    p[0] = 1;
    p[1] = bits;
    p[3] = (u8)(bits == 8 ? 1 : bits == 16 ? 2 : 3);
    st64(p + 4, port);
}

enum {
    FADT_WBINVD = 1 << 0,
    FADT_PROC_C1 = 1 << 2,
    FADT_SLP_BUTTON = 1 << 5,
    FADT_RTC_S4 = 1 << 7,
    FADT_RESET_REG_SUP = 1 << 10
};
enum { BOOT_LEGACY_DEVICES = 1 << 0, BOOT_8042 = 1 << 1 };

static void build_fadt(struct builder *b, u32 facs, u32 dsdt_at)
{
    enum { SIZE = 244, REVISION = 3 };
    u8 *p = table(b, "FACP", REVISION, SIZE);

    if (!p)
        return;
    st32(p + 36, facs);
    st32(p + 40, dsdt_at);
    p[45] = 1; /* preferred profile: desktop */
    st16(p + 46, SCI_IRQ);
    st32(p + 48, SMI_COMMAND_PORT);
    p[52] = ACPI_ENABLE_VALUE;
    p[53] = ACPI_DISABLE_VALUE;
    st32(p + 56, PM_BASE);     /* PM1a event block */
    st32(p + 64, PM_BASE + 4); /* PM1a control block */
    st32(p + 76, PM_BASE + 8); /* PM timer */
    p[88] = 4;
    p[89] = 2;
    p[91] = 4;
    st16(p + 96, 0xFFF); /* C2 latency: none */
    st16(p + 98, 0xFFF); /* C3 latency: none */
    p[108] = 0x32;       /* CMOS byte of the century */
    st16(p + 109, BOOT_LEGACY_DEVICES | BOOT_8042);
    st32(p + 112, FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON | FADT_RTC_S4 | FADT_RESET_REG_SUP);
    gas_io(p + 116, RESET_PORT, 8);
    p[128] = RESET_VALUE;
    st64(p + 140, dsdt_at);
    gas_io(p + 148, PM_BASE, 32);
    gas_io(p + 172, PM_BASE + 4, 16);
    gas_io(p + 208, PM_BASE + 8, 32);
    list(b, p);
}

enum { MADT_LAPIC, MADT_IOAPIC, MADT_OVERRIDE, MADT_LAPIC_NMI = 4 };
/* MPS INTI flags (table 5.26): polarity and trigger. */
enum { INTI_ACTIVE_HIGH_LEVEL = 0x0D };

static u8 *madt_override(u8 *p, u8 irq, u32 gsi, u16 flags)
{
    p[0] = MADT_OVERRIDE;
    p[1] = 10;
    p[3] = irq;
    st32(p + 4, gsi);
    st16(p + 8, flags);
    return p + 10;
}

static void build_madt(struct builder *b, unsigned cpus)
{
    static const u8 pci_irqs[] = {5, SCI_IRQ, 10, 11};
    u32 overrides = 1 + ARRAY_LEN(pci_irqs);
    u8 *table_at = table(b, "APIC", 1, HEADER_SIZE + 8 + 8 * cpus + 12 + 10 * overrides + 6);

    if (!table_at)
        return;
    st32(table_at + 36, LAPIC_BASE);
    st32(table_at + 40, 1); /* PCAT_COMPAT: there are 8259s too */
    u8 *p = table_at + 44;
    for (unsigned i = 0; i < cpus; i++, p += 8) {
        p[0] = MADT_LAPIC;
        p[1] = 8;
        p[2] = (u8)i;
        p[3] = (u8)i;
        st32(p + 4, 1); /* enabled */
    }
    p[0] = MADT_IOAPIC;
    p[1] = 12;
    st32(p + 4, IOAPIC_BASE);
    p += 12;
    p = madt_override(p, 0, 2, 0); /* the 8254 is on pin 2 */
    for (unsigned i = 0; i < ARRAY_LEN(pci_irqs); i++)
        p = madt_override(p, pci_irqs[i], pci_irqs[i], INTI_ACTIVE_HIGH_LEVEL);
    p[0] = MADT_LAPIC_NMI;
    p[1] = 6;
    p[2] = 0xFF; /* every CPU */
    p[5] = 1;    /* LINT1 */
    list(b, table_at);
}

static void build_hpet(struct builder *b)
{
    u8 *p = table(b, "HPET", 1, 56);

    if (!p)
        return;
    st32(p + 36, 0x8086A201); /* three 64-bit comparators, legacy replacement */
    st64(p + 44, HPET_BASE);  /* memory space: the GAS's first word is 0 */
    list(b, p);
}

static void build_roots(struct builder *b, u8 *rsdp)
{
    u8 *rsdt = table(b, "RSDT", 1, HEADER_SIZE + 4 * b->count);
    u8 *xsdt = table(b, "XSDT", 1, HEADER_SIZE + 8 * b->count);

    if (!rsdt || !xsdt)
        return;
    for (unsigned i = 0; i < b->count; i++) {
        st32(rsdt + HEADER_SIZE + 4 * i, b->listed[i]);
        st64(xsdt + HEADER_SIZE + 8 * i, b->listed[i]);
    }
    finish(rsdt);
    finish(xsdt);
    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + 9, "ERSATZ", 6);
    rsdp[15] = 2;
    st32(rsdp + 16, address(b, rsdt));
    st32(rsdp + 20, RSDP_SIZE);
    st64(rsdp + 24, address(b, xsdt));
    rsdp[8] = (u8)-sum(rsdp, 20);
    rsdp[32] = (u8)-sum(rsdp, RSDP_SIZE);
}

bool acpi_build(struct acpi_tables *t, unsigned cpus, bool hpet)
{
    struct builder b = {.t = t};

    t->size = 0;
    u8 *rsdp = alloc(&b, RSDP_SIZE, 16);
    u8 *facs = alloc(&b, 64, 64);
    u8 *code = alloc(&b, sizeof dsdt, 16);
    if (!rsdp || !facs || !code)
        return false;
    memcpy(facs, "FACS", 4);
    st32(facs + 4, 64);
    facs[32] = 1;
    memcpy(code, dsdt, sizeof dsdt);
    build_fadt(&b, address(&b, facs), address(&b, code));
    build_madt(&b, cpus);
    if (hpet)
        build_hpet(&b);
    build_roots(&b, rsdp);
    return !b.full;
}
