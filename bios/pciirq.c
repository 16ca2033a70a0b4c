/* SPDX-License-Identifier: MIT */
/*
 * PCI interrupts: which PIRQ a pin is wired to, which IRQ the PIIX3 steers that to, the
 * interrupt line registers, and the $PIR table that says so (Microsoft, PCI IRQ Routing Table
 * Specification 1.0).
 *
 * On bus 0 pin INTx of slot s is PIRQ (x + s - 1) mod 4, A being 0; behind a bridge it is pin
 * (x + s) mod 4 of the bridge (PCI-to-PCI bridge 1.0, table 9-1).
 */
#include "pciirq.h"

#include "e820.h"
#include "pci.h"
#include "post.h"

enum { PIRQ_ROUTE = 0x60, BRIDGE_SECONDARY = 0x19 };
enum { ELCR = 0x4D0, SCI_IRQ = 9 };
#define ISA_BRIDGE 0x0008
#define POWER_MANAGEMENT 0x000B

static const u8 pirq_irq[4] = {10, 11, 10, 11};

/* The bridge that leads to a bus. */
static u16 bridge_to(u8 bus)
{
    for (i32 bdf = -1; (bdf = pci_next(bdf)) >= 0;)
        if ((pci_read8((u16)bdf, PCI_HEADER) & 0x7F) == 1 &&
            pci_read8((u16)bdf, BRIDGE_SECONDARY) == bus)
            return (u16)bdf;
    return 0;
}

u8 pci_pirq(u16 bdf, u8 pin)
{
    while (bdf >> 8) {
        pin = (u8)((pin + (bdf >> 3 & 31)) & 3);
        bdf = bridge_to((u8)(bdf >> 8));
    }
    return (u8)((pin + (bdf >> 3 & 31) - 1) & 3);
}

u16 pci_irqs(void)
{
    u16 mask = 0;

    for (u8 i = 0; i < 4; i++)
        mask |= (u16)(1 << pirq_irq[i]);
    return mask;
}

static void route(void)
{
    u16 level = pci_irqs() | 1 << SCI_IRQ;

    for (u8 i = 0; i < 4; i++)
        pci_write8(ISA_BRIDGE, PIRQ_ROUTE + i, pirq_irq[i]);
    outb(ELCR, (u8)level);
    outb(ELCR + 1, (u8)(level >> 8));
}

static void fill_pir_slot(u8 *e, u8 bus, u8 slot)
{
    u16 mask = pci_irqs();

    e[0] = bus;
    e[1] = (u8)(slot << 3);
    for (u8 pin = 0; pin < 4; pin++) {
        e[2 + 3 * pin] = PIRQ_ROUTE + pci_pirq((u16)(bus << 8 | slot << 3), pin);
        e[3 + 3 * pin] = (u8)mask;
        e[4 + 3 * pin] = (u8)(mask >> 8);
    }
    e[14] = slot > 1 ? slot : 0; /* slots of the board have no number */
}

enum { PIR_SLOTS = 8, PIR_HEADER = 32, PIR_ENTRY = 16 };
static u16 pir_at; /* in the F segment, 0: there is none */

/* The slots of bus 0: all that there may be, 1 to 8, so that cards may come later. */
static void build_pir(void)
{
    enum { SIZE = PIR_HEADER + PIR_SLOTS * PIR_ENTRY };
    u8 t[SIZE] = "$PIR";
    u8 sum = 0;
    u16 at = fseg_alloc(SIZE, 16);

    if (!at)
        return;
    t[5] = 1; /* version 1.0 */
    t[6] = SIZE;
    t[9] = ISA_BRIDGE;
    memcpy(t + 12, "\x86\x80\x00\x70", 4); /* the compatible router: PIIX3 */
    for (u8 i = 0; i < PIR_SLOTS; i++)
        fill_pir_slot(t + PIR_HEADER + PIR_ENTRY * i, 0, i + 1);
    for (u8 i = 0; i < SIZE; i++)
        sum += t[i];
    t[31] = -sum;
    far_write(FSEG, at, t, SIZE);
    pir_at = at;
}

/* B10Eh: ES:DI is the size of a buffer and a far pointer to it; the table's slots go there. */
u8 pci_routing(struct regs *r)
{
    enum { SUCCESSFUL = 0, BUFFER_TOO_SMALL = 0x89, SIZE = PIR_SLOTS * PIR_ENTRY };
    u16 room = peek16(r->es, r->di);

    poke16(r->es, r->di, pir_at ? SIZE : 0);
    if (pir_at && room < SIZE)
        return BUFFER_TOO_SMALL;
    if (pir_at)
        far_copy(peek16(r->es, r->di + 4u), peek16(r->es, r->di + 2u), FSEG, pir_at + PIR_HEADER,
                 SIZE);
    r->bx = pci_irqs();
    return SUCCESSFUL;
}

void pci_irq_init(void)
{
    route();
    for (i32 bdf = -1; (bdf = pci_next(bdf)) >= 0;) {
        u8 pin = pci_read8((u16)bdf, PCI_IRQ_PIN);
        if (pin >= 1 && pin <= 4)
            pci_write8((u16)bdf, PCI_IRQ_LINE, pirq_irq[pci_pirq((u16)bdf, pin - 1)]);
    }
    pci_write8(POWER_MANAGEMENT, PCI_IRQ_LINE, SCI_IRQ); /* wired there, whatever its pin says */
    build_pir();
}
