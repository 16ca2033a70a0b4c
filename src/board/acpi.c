/* SPDX-License-Identifier: MIT */
/*
 * RSDP, RSDT, XSDT, FADT, FACS, DSDT, MADT and HPET table: ACPI 6.4, 5.2. Numbers of the
 * fields' offsets are the specification's.
 */
#include "board/acpi.h"

#include <string.h>

#include "base/bits.h"

#define HEADER_SIZE 36
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
    u32 listed[MAX_TABLES]; /* offsets */
    unsigned count;
    bool full;
};

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

static void note(struct builder *b, struct acpi_note n)
{
    if (b->t->notes < ACPI_MAX_NOTES)
        b->t->note[b->t->notes++] = n;
    else
        b->full = true;
}

static u32 offset_of(const struct builder *b, const u8 *p)
{
    return (u32)(p - b->t->bytes);
}

/* A pointer of `size` bytes at p, within a table, to the table at `target`. */
static void point(struct builder *b, u8 *p, u8 size, u32 target)
{
    st_size(p, target, size);
    note(b, (struct acpi_note){.file = ACPI_FILE_TABLES, .size = size, .at = offset_of(b, p)});
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

/* The table's pointers are noted; its checksum comes after them. */
static void finish(struct builder *b, u8 *p)
{
    u32 at = offset_of(b, p);

    p[9] = 0;
    note(b, (struct acpi_note){
                .file = ACPI_FILE_TABLES, .at = at + 9, .start = at, .length = ld32(p + 4)});
}

static void list(struct builder *b, u8 *p)
{
    finish(b, p);
    b->listed[b->count++] = offset_of(b, p);
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

static void build_fadt(struct builder *b, u16 pm_base, u32 facs, u32 dsdt_at)
{
    enum { SIZE = 244, REVISION = 3 };
    u8 *p = table(b, "FACP", REVISION, SIZE);

    if (!p)
        return;
    point(b, p + 36, 4, facs);
    point(b, p + 40, 4, dsdt_at);
    p[45] = 1; /* preferred profile: desktop */
    st16(p + 46, SCI_IRQ);
    st32(p + 48, SMI_COMMAND_PORT);
    p[52] = ACPI_ENABLE_VALUE;
    p[53] = ACPI_DISABLE_VALUE;
    st32(p + 56, pm_base);     /* PM1a event block */
    st32(p + 64, pm_base + 4); /* PM1a control block */
    st32(p + 76, pm_base + 8); /* PM timer */
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
    point(b, p + 140, 8, dsdt_at);
    gas_io(p + 148, pm_base, 32);
    gas_io(p + 172, pm_base + 4, 16);
    gas_io(p + 208, pm_base + 8, 32);
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

/* The fixed part of a RSDP's pointers: in another file. */
static void point_from_rsdp(struct builder *b, u32 at, u8 size, const u8 *target)
{
    st_size(b->t->rsdp + at, offset_of(b, target), size);
    note(b, (struct acpi_note){.file = ACPI_FILE_RSDP, .size = size, .at = at});
}

static void sum_rsdp(struct builder *b, u32 at, u32 length)
{
    note(b, (struct acpi_note){.file = ACPI_FILE_RSDP, .at = at, .length = length});
}

static void build_roots(struct builder *b)
{
    u8 *rsdt = table(b, "RSDT", 1, HEADER_SIZE + 4 * b->count);
    u8 *xsdt = table(b, "XSDT", 1, HEADER_SIZE + 8 * b->count);
    u8 *rsdp = b->t->rsdp;

    if (!rsdt || !xsdt)
        return;
    for (unsigned i = 0; i < b->count; i++) {
        point(b, rsdt + HEADER_SIZE + 4 * i, 4, b->listed[i]);
        point(b, xsdt + HEADER_SIZE + 8 * i, 8, b->listed[i]);
    }
    finish(b, rsdt);
    finish(b, xsdt);
    memset(rsdp, 0, ACPI_RSDP_SIZE);
    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + 9, "ERSATZ", 6);
    rsdp[15] = 2;
    st32(rsdp + 20, ACPI_RSDP_SIZE);
    point_from_rsdp(b, 16, 4, rsdt);
    point_from_rsdp(b, 24, 8, xsdt);
    sum_rsdp(b, 8, 20); /* what ACPI 1.0 knows of it */
    sum_rsdp(b, 32, ACPI_RSDP_SIZE);
}

/* ---- the DSDT: compiled, but for what differs from board to board ---- */

/* Where `what` stands in the table, once; the DSDT's source has these as they are here. */
static u8 *find_bytes(u8 *p, u32 size, const u8 *what, u32 n)
{
    for (u32 i = HEADER_SIZE; i + n <= size; i++)
        if (memcmp(p + i, what, n) == 0)
            return p + i;
    return NULL;
}

/* An I/O port descriptor (6.4.2.5) of ports from `base` on moves to `now`. */
static bool move_ports(u8 *p, u32 size, u16 base, u16 now)
{
    u8 io[] = {0x47, 1, (u8)base, (u8)(base >> 8), (u8)base, (u8)(base >> 8)};
    u8 *at = find_bytes(p, size, io, sizeof io);

    if (at && now) {
        st16(at + 2, now);
        st16(at + 4, now);
    }
    return at != NULL;
}

/* The PCI bus's memory window (a double word address space, 6.4.3.5.2): minimum, maximum,
 * translation, length. */
static bool move_window(u8 *p, u32 size, u32 low_ram)
{
    static const u8 window[] = {0, 0, 0, 0xC0, 0xFF, 0xFF, 0xBF, 0xFE};
    u8 *at = find_bytes(p, size, window, sizeof window);

    if (!at)
        return false;
    st32(at, low_ram);
    st32(at + 12, ld32(at + 4) - low_ram + 1);
    return true;
}

/* Without S3, the name of its package is one that nobody looks for. */
static bool hide_s3(u8 *p, u32 size, bool s3)
{
    static const u8 name[] = {'_', 'S', '3', '_'};
    u8 *at = find_bytes(p, size, name, sizeof name);

    if (at && !s3)
        *at = 'X';
    return at != NULL;
}

static u32 build_dsdt(struct builder *b, const struct acpi_board *board)
{
    u8 *p = alloc(b, sizeof dsdt, 16);

    if (!p)
        return 0;
    memcpy(p, dsdt, sizeof dsdt);
    b->full |= !move_ports(p, sizeof dsdt, PM_BASE, board->pm_base) ||
               !move_ports(p, sizeof dsdt, SMB_BASE, board->smb_base) ||
               !move_window(p, sizeof dsdt, board->low_ram) || !hide_s3(p, sizeof dsdt, board->s3);
    finish(b, p);
    return offset_of(b, p);
}

bool acpi_build(struct acpi_tables *t, const struct acpi_board *board)
{
    struct builder b = {.t = t};

    t->size = t->notes = 0;
    u8 *facs = alloc(&b, 64, 64); /* the first: the tables' own alignment is its */
    u32 dsdt_at = build_dsdt(&b, board);
    if (!facs || b.full)
        return false;
    memcpy(facs, "FACS", 4);
    st32(facs + 4, 64);
    facs[32] = 1;
    build_fadt(&b, board->pm_base, offset_of(&b, facs), dsdt_at);
    build_madt(&b, board->cpus);
    if (board->hpet)
        build_hpet(&b);
    build_roots(&b);
    return !b.full;
}
