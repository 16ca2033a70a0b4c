/* SPDX-License-Identifier: MIT */
/*
 * The i440FX host bridge: configuration mechanism #1, PAM and SMRAM. Intel 82441FX data sheet
 * (290549).
 *
 *     CF8h:  31 enable   23..16 bus   15..11 device   10..8 function   7..2 register
 *
 * Only a double word at CF8h is CONFADD; narrower accesses there go on to the bus, where the
 * PIIX3 answers at CF9h.
 */
#include "devices/i440fx.h"

#include "base/bits.h"
#include "base/log.h"

#define CONFADD_ENABLE BIT(31)
#define CONFADD_WRITABLE 0x80fffffcu
#define CONFDATA 4

#define PAM0 0x59
#define SMRAM 0x72
#define SMRAM_OPEN 0x40
#define SMRAM_CLOSED 0x20
#define SMRAM_LOCK 0x10
#define SMRAM_ENABLE 0x08

struct i440fx {
    struct device dev;
    struct pci_device pci;
    u32 address; /* CONFADD */
    u8 smram;    /* as it was before the last write */
    struct pci_bus bus;
    struct i440fx_board board;
    struct device *piix3;
};

static const struct field i440fx_fields[] = {
    PCI_FIELDS(struct i440fx, pci),
    FIELD(struct i440fx, address, "CONFADD"),
    FIELD(struct i440fx, smram, "SMRAM before"),
};

/* ---- Configuration mechanism #1 ----------------------------------------------------------- */

/* True if CONFADD names a place on this bus, the only one. */
static bool addressed(const struct i440fx *h, u8 *devfn, u8 *reg, u64 offset)
{
    *devfn = (u8)(h->address >> 8);
    *reg = (u8)((h->address & 0xfc) | (offset & 3));
    return (h->address & CONFADD_ENABLE) && !(h->address >> 16 & 0xff);
}

static u64 i440fx_read(struct device *d, u64 offset, unsigned size)
{
    struct i440fx *h = (struct i440fx *)d;
    u8 devfn, reg;

    if (offset == 0 && size == 4)
        return h->address;
    if (offset == 1 && size == 1 && h->piix3)
        return device_read(h->piix3, 0, 0, 1);
    if (offset < CONFDATA || !addressed(h, &devfn, &reg, offset))
        return MASK(8 * size);
    return pci_config_read(&h->bus, devfn, reg, size);
}

static void i440fx_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct i440fx *h = (struct i440fx *)d;
    u8 devfn, reg;

    if (offset == 0 && size == 4)
        h->address = (u32)value & CONFADD_WRITABLE;
    else if (offset == 1 && size == 1 && h->piix3)
        device_write(h->piix3, 0, 0, value, 1);
    else if (offset >= CONFDATA && addressed(h, &devfn, &reg, offset))
        pci_config_write(&h->bus, devfn, reg, (u32)value, size);
}

/* ---- PAM and SMRAM ------------------------------------------------------------------------ */

/*
 * PAM0 (59h) bits 5..4 rule F0000h; PAM1..PAM6 have two segments of 16 KiB each from C0000h:
 *     5 write to RAM   4 read from RAM   1 write to RAM   0 read from RAM
 */
static void apply_pam(struct i440fx *h, unsigned n)
{
    unsigned nibble = n + 1;
    unsigned bits = h->pci.config[PAM0 + nibble / 2] >> (nibble & 1 ? 4 : 0);
    physaddr base = n ? 0xc0000 + (n - 1) * 0x4000 : 0xf0000;

    if (h->board.pam)
        h->board.pam(h->board.opaque, base, n ? 0x4000 : 0x10000, bits & 1, bits & 2);
}

static void apply_smram(struct i440fx *h)
{
    u8 v = h->pci.config[SMRAM];
    bool enabled = v & SMRAM_ENABLE;

    if (h->board.smram)
        h->board.smram(h->board.opaque, enabled && (v & SMRAM_OPEN), enabled);
}

/* Once locked, SMRAM cannot be opened, and only its closing changes, until reset. */
static void lock_smram(struct i440fx *h)
{
    u8 *v = &h->pci.config[SMRAM];

    if (h->smram & SMRAM_LOCK)
        *v = (h->smram & (u8)~SMRAM_CLOSED) | (*v & SMRAM_CLOSED);
    if (*v & SMRAM_LOCK)
        *v &= (u8)~SMRAM_OPEN;
    h->smram = *v;
}

static void i440fx_written(struct device *d, unsigned reg, unsigned size)
{
    struct i440fx *h = (struct i440fx *)d;

    for (unsigned n = 0; n < I440FX_PAM_COUNT; n++) {
        unsigned at = PAM0 + (n + 1) / 2;
        if (at >= reg && at < reg + size)
            apply_pam(h, n);
    }
    if (SMRAM >= reg && SMRAM < reg + size) {
        lock_smram(h);
        apply_smram(h);
    }
}

static void i440fx_loaded(struct device *d)
{
    struct i440fx *h = (struct i440fx *)d;

    for (unsigned n = 0; n < I440FX_PAM_COUNT; n++)
        apply_pam(h, n);
    apply_smram(h);
}

static int i440fx_init(struct device *d, struct ersatz_error *err)
{
    struct i440fx *h = (struct i440fx *)d;

    pci_init(&h->pci, d);
    h->pci.written = i440fx_written;
    pci_bus_add(&h->bus, &h->pci, PCI_DEVFN(0, 0));
    pci_writable(&h->pci, PCI_COMMAND, 0x0100, 2); /* SERR# only */
    pci_writable(&h->pci, 0x50, 0xffffffff, 4);    /* PMCCFG, DETURBO, DBC */
    pci_writable(&h->pci, 0x54, 0xffffffff, 4);    /* AXC, DRT, DRAMC */
    pci_writable(&h->pci, 0x58, 0xff, 1);          /* DRAMT */
    pci_writable(&h->pci, PAM0, 0x30, 1);
    pci_writable(&h->pci, SMRAM, SMRAM_OPEN | SMRAM_CLOSED | SMRAM_LOCK | SMRAM_ENABLE, 1);
    for (unsigned i = 1; i < 7; i++)
        pci_writable(&h->pci, PAM0 + i, 0x33, 1);
    for (unsigned i = 0x60; i <= 0x68; i++) /* DRB0..7, FDHC */
        pci_writable(&h->pci, i, 0xff, 1);
    return 0;
}

static void i440fx_reset(struct device *d)
{
    static const struct pci_ident ident = {0x8086, 0x1237, 0x060000, 2, 0};
    struct i440fx *h = (struct i440fx *)d;
    u8 *c = h->pci.config;

    pci_reset(&h->pci, &ident);
    st16(&c[PCI_COMMAND], 0x0006);
    st16(&c[PCI_STATUS], 0x0280);
    c[0x53] = 0x80; /* DBC */
    c[0x57] = 0x01; /* DRAMC */
    c[SMRAM] = 0x02;
    h->smram = c[SMRAM];
    h->address = 0;
    i440fx_loaded(d);
}

void i440fx_connect(struct device *d, struct portmap *ports, struct memmap *mem,
                    const struct i440fx_board *board, struct device *piix3)
{
    struct i440fx *h = (struct i440fx *)d;

    h->bus.ports = ports;
    h->bus.mem = mem;
    if (board)
        h->board = *board;
    h->piix3 = piix3;
}

struct pci_bus *i440fx_bus(struct device *d)
{
    return &((struct i440fx *)d)->bus;
}

const struct device_class i440fx_class = {
    .name = "i440fx",
    .text = "i440FX host bridge",
    .size = sizeof(struct i440fx),
    .fields = i440fx_fields,
    .field_count = ARRAY_LEN(i440fx_fields),
    .regions =
        {
            [I440FX_CONFIG] = {"pci-config", REGION_PORT, 8, 4, 0, i440fx_read, i440fx_write},
        },
    .init = i440fx_init,
    .reset = i440fx_reset,
    .loaded = i440fx_loaded,
};
