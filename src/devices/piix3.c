/* SPDX-License-Identifier: MIT */
/*
 * Function 0 of the PIIX3 (82371SB): the ISA bridge. Intel data sheet 290550. What it does here
 * is to steer PIRQA..PIRQD onto IRQs, and to reset; its ISA timing, chip-select and SMI
 * registers keep what is written.
 *
 *     PIRQRC (60h..63h):  7 off   3..0 IRQ
 */
#include "devices/piix3.h"

#include "base/bits.h"
#include "base/log.h"

#define PIRQRC 0x60
#define PIRQRC_OFF 0x80
#define RC_HARD 0x02  /* SRST: the whole board */
#define RC_START 0x04 /* RCPU: 0 to 1 resets */

struct piix3 {
    struct device dev;
    struct pci_device pci;
    u16 isa; /* levels of the ISA pins */
    u8 pirq; /* levels of PIRQA..D */
    u16 irq; /* levels driven */
    u8 reset_control;
};

static const struct field piix3_fields[] = {
    PCI_FIELDS(struct piix3, pci),
    FIELD(struct piix3, isa, "ISA IRQs"),
    FIELD(struct piix3, pirq, "PIRQs"),
    FIELD(struct piix3, irq, "IRQs"),
    FIELD(struct piix3, reset_control, "RC"),
};

/* IRQs 0, 1, 2, 8 and 13 are reserved: a PIRQ steered there goes nowhere. */
#define PIRQ_ALLOWED 0xdef8u

static void update(struct piix3 *p)
{
    u16 now = p->isa;

    for (unsigned n = 0; n < 4; n++) {
        u8 route = p->pci.config[PIRQRC + n];
        if ((p->pirq >> n & 1) && !(route & PIRQRC_OFF))
            now |= (u16)(BIT(route & 15) & PIRQ_ALLOWED);
    }
    u16 changed = now ^ p->irq;
    p->irq = now;
    for (unsigned n = 0; n < 16; n++)
        if (changed >> n & 1)
            irq_set(&p->dev.out[PIIX3_IRQ + n], now >> n & 1);
}

static void piix3_set_line(struct device *d, unsigned n, bool level)
{
    struct piix3 *p = (struct piix3 *)d;

    if (n < PIIX3_PIRQ)
        p->isa = (u16)bits_set(p->isa, n, 1, level);
    else if (n < PIIX3_PIRQ + 4)
        p->pirq = (u8)bits_set(p->pirq, n - PIIX3_PIRQ, 1, level);
    update(p);
}

static void piix3_written(struct device *d, unsigned reg, unsigned size)
{
    update((struct piix3 *)d);
}

static u64 reset_read(struct device *d, u64 offset, unsigned size)
{
    return ((struct piix3 *)d)->reset_control;
}

static void reset_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct piix3 *p = (struct piix3 *)d;
    bool starts = (value & RC_START) && !(p->reset_control & RC_START);

    p->reset_control = value & (RC_HARD | RC_START);
    if (starts)
        irq_pulse(&d->out[value & RC_HARD ? PIIX3_RESET : PIIX3_INIT]);
}

static const struct {
    u8 reg, value, writable;
} piix3_regs[] = {
    {0x4c, 0x4d, 0xff},                     /* IORT: I/O recovery */
    {0x4e, 0x03, 0xff},                     /* XBCS: chip selects */
    {0x4f, 0x00, 0x01}, {0x60, 0x80, 0x8f}, /* PIRQRC */
    {0x61, 0x80, 0x8f}, {0x62, 0x80, 0x8f},
    {0x63, 0x80, 0x8f}, {0x69, 0x02, 0xfe}, /* TOM: top of ISA memory */
    {0x6a, 0x00, 0xff},                     /* MSTAT */
    {0x6b, 0x00, 0x80}, {0x70, 0x80, 0xef}, /* MBIRQ */
    {0x71, 0x80, 0xef}, {0x76, 0x0c, 0x8f}, /* MBDMA */
    {0x77, 0x0c, 0x8f}, {0x78, 0x02, 0xff}, /* PCSC */
    {0x79, 0x00, 0xff}, {0x80, 0x00, 0x7f}, /* APICBASE */
    {0x82, 0x00, 0x0f},                     /* DLC */
    {0xa0, 0x08, 0x1f},                     /* SMICNTL */
    {0xa2, 0x00, 0xff},                     /* SMIEN */
    {0xa4, 0x00, 0xff},                     /* SEE */
    {0xa5, 0x00, 0xff}, {0xa6, 0x00, 0xff},
    {0xa7, 0x00, 0xff}, {0xa8, 0x0f, 0xff}, /* FTMR */
    {0xaa, 0x00, 0x00},                     /* SMIREQ */
    {0xac, 0x00, 0xff},                     /* CTLTMR */
    {0xae, 0x00, 0xff},                     /* CTHTMR */
};

static int piix3_init(struct device *d, struct ersatz_error *err)
{
    struct piix3 *p = (struct piix3 *)d;

    pci_init(&p->pci, d);
    p->pci.written = piix3_written;
    pci_writable(&p->pci, PCI_COMMAND, 0x0108, 2); /* special cycles, SERR# */
    pci_writable(&p->pci, PCI_CACHE_LINE, 0, 2);
    pci_writable(&p->pci, PCI_INTERRUPT_LINE, 0, 1);
    for (unsigned i = 0; i < ARRAY_LEN(piix3_regs); i++)
        pci_writable(&p->pci, piix3_regs[i].reg, piix3_regs[i].writable, 1);
    return 0;
}

static void piix3_reset(struct device *d)
{
    static const struct pci_ident ident = {0x8086, 0x7000, 0x060100, 0, PCI_HEADER_MULTIFUNCTION};
    struct piix3 *p = (struct piix3 *)d;

    pci_reset(&p->pci, &ident);
    st16(&p->pci.config[PCI_COMMAND], 0x0007);
    st16(&p->pci.config[PCI_STATUS], 0x0200);
    for (unsigned i = 0; i < ARRAY_LEN(piix3_regs); i++)
        p->pci.config[piix3_regs[i].reg] = piix3_regs[i].value;
    p->reset_control = 0;
    update(p);
}

bool piix3_connect(struct device *d, struct pci_bus *bus, unsigned slot)
{
    struct piix3 *p = (struct piix3 *)d;

    for (unsigned n = 0; n < 4; n++)
        bus->pirq[n] = device_line(d, PIIX3_PIRQ + n);
    return pci_bus_add(bus, &p->pci, PCI_DEVFN(slot, 0));
}

const struct device_class piix3_class = {
    .name = "piix3",
    .text = "PIIX3 ISA bridge: interrupt routing and reset",
    .size = sizeof(struct piix3),
    .fields = piix3_fields,
    .field_count = ARRAY_LEN(piix3_fields),
    .regions =
        {
            [PIIX3_RESET_CONTROL] = {"reset", REGION_PORT, 1, 1, 0, reset_read, reset_write},
        },
    .init = piix3_init,
    .reset = piix3_reset,
    .set_line = piix3_set_line,
};
