/* SPDX-License-Identifier: MIT */
/*
 * The board's wires.
 *
 *     ISA devices --> (or) --> PIIX3 --> IRQ0..15 --+--> 8259s --> LINT0 of CPU 0's APIC
 *     PCI INTA..D --> PIRQA..D --^                  +--> I/O APIC (IRQ0 on pin 2) --> APIC bus
 */
#include "base/error.h"
#include "board/acpi.h"
#include "board/pc.h"
#include "devices/hpet.h"
#include "devices/i440fx.h"
#include "devices/i8042.h"
#include "devices/i8254.h"
#include "devices/ioapic.h"
#include "devices/mc146818.h"
#include "devices/piix3.h"
#include "devices/pm_piix4.h"
#include "devices/port92.h"

#define ISA_SLOT 1
#define PM_FUNCTION PCI_DEVFN(ISA_SLOT, 3)

static void isa_line(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;
    unsigned irq = n % ISA_IRQS;
    u32 bit = 1u << n / ISA_IRQS;
    struct irq pin = device_line(m->isa_bridge, PIIX3_ISA + irq);

    m->isa_level[irq] = level ? m->isa_level[irq] | bit : m->isa_level[irq] & ~bit;
    irq_set(&pin, m->isa_level[irq] != 0);
}

struct irq machine_isa_irq(struct machine *m, unsigned irq, unsigned source)
{
    return (struct irq){isa_line, m, irq + ISA_IRQS * source};
}

static void irq_out(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;
    struct irq pic = device_line(m->pic, n), ioapic = device_line(m->ioapic, n ? n : 2);

    irq_set(&pic, level);
    if (n != 2) /* the cascade: the I/O APIC's pin 2 is the 8254's */
        irq_set(&ioapic, level);
}

static void reset_line(void *opaque, unsigned n, bool level)
{
    if (level)
        machine_want_reset(opaque);
}

/* INIT, from the keyboard controller, port 92h or CF9h: the CPUs begin anew, and nothing else
 * does. They need A20 to find their first instruction. Without a BIOS there is none. */
static void init_line(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;

    if (!level)
        return;
    if (!machine_has_bios(m)) {
        machine_want_reset(m);
        return;
    }
    LOG(&m->log, CPU_RESET, "INIT of all CPUs");
    device_write(m->port92, PORT92_PORT, 0, PORT92_A20_ON, 1);
    processors_init_signal(m);
}

static void smi_line(void *opaque, unsigned n, bool level)
{
    if (level)
        processors_smi(opaque);
}

/* A firmware that can resume finds its order in CMOS. */
static void suspend_line(void *opaque, unsigned n, bool level)
{
    enum { CMOS_SHUTDOWN = 0x0F, RESUME = 0xFE };
    struct machine *m = opaque;

    if (!level || !m->can_suspend)
        return;
    LOG(&m->log, PM, "suspended to RAM");
    mc146818_set(m->rtc, CMOS_SHUTDOWN, RESUME);
    m->suspended = true;
    clock_slice_cut(&m->clock);
}

static void power_off_line(void *opaque, unsigned n, bool level)
{
    if (level)
        machine_stop(opaque, ERSATZ_STOP_POWER_OFF, 0);
}

static void nmi_mask_line(void *opaque, unsigned n, bool level)
{
    ((struct machine *)opaque)->nmi_masked = level;
}

/* n: enum a20_source */
static void a20_line(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;
    bool on = false;

    m->a20[n] = level;
    for (unsigned i = 0; i < A20_SOURCES; i++)
        on |= m->a20[i];
    memmap_set_a20(&m->mem, on);
}

static void wire_lines(struct machine *m)
{
    struct irq reset = {reset_line, m, 0}, init = {init_line, m, 0};

    for (unsigned i = 0; i < ISA_IRQS; i++)
        m->isa_bridge->out[PIIX3_IRQ + i] = (struct irq){irq_out, m, i};
    m->isa_bridge->out[PIIX3_RESET] = reset;
    m->isa_bridge->out[PIIX3_INIT] = init;
    /* through the HPET, which takes both lines over in legacy replacement */
    m->pit->out[I8254_OUT0] = device_line(m->hpet, HPET_PIT);
    m->rtc->out[MC146818_IRQ] = device_line(m->hpet, HPET_RTC);
    m->hpet->out[HPET_IRQ0] = machine_isa_irq(m, 0, 0);
    m->hpet->out[HPET_IRQ8] = machine_isa_irq(m, 8, 0);
    for (unsigned i = ISA_IRQS; i < IOAPIC_PINS; i++)
        m->hpet->out[HPET_GSI + i] = device_line(m->ioapic, i);
    m->kbc->out[I8042_KEYBOARD_IRQ] = machine_isa_irq(m, 1, 0);
    m->kbc->out[I8042_AUX_IRQ] = machine_isa_irq(m, 12, 0);
    m->kbc->out[I8042_A20] = (struct irq){a20_line, m, A20_KBC};
    m->kbc->out[I8042_INIT] = init;
    m->rtc->out[MC146818_NMI_MASK] = (struct irq){nmi_mask_line, m, 0};
    m->pm->out[PM_SCI] = machine_isa_irq(m, SCI_IRQ, 0);
    m->pm->out[PM_SMI] = (struct irq){smi_line, m, 0};
    m->pm->out[PM_SUSPEND] = (struct irq){suspend_line, m, 0};
    m->pm->out[PM_POWER_OFF] = (struct irq){power_off_line, m, 0};
    m->port92->out[PORT92_A20] = (struct irq){a20_line, m, A20_PORT92};
    m->port92->out[PORT92_INIT] = init;
}

static void msi(void *opaque, physaddr addr, u32 data)
{
    struct machine *m = opaque;

    if (!apic_bus_msi(&m->apic, addr, data))
        LOG(&m->log, GUEST_ERROR, "MSI at %llxh: nobody takes it", (unsigned long long)addr);
}

static int wire_buses(struct machine *m, struct ersatz_error *err)
{
    const struct i440fx_board board = {.opaque = m, .pam = pc_pam, .smram = pc_smram};

    ioapic_connect(m->ioapic, &m->apic);
    if (!apic_bus_add_ioapic(&m->apic, m->ioapic))
        return err_set(err, ERSATZ_E_CONFLICT, "the APIC bus is full");
    i440fx_connect(m->host_bridge, &m->io, &m->mem, &board, m->isa_bridge);
    struct pci_bus *bus = i440fx_bus(m->host_bridge);
    bus->msi = msi;
    bus->msi_opaque = m;
    if (!piix3_connect(m->isa_bridge, bus, ISA_SLOT) || !pm_piix4_connect(m->pm, bus, PM_FUNCTION))
        return err_set(err, ERSATZ_E_CONFLICT, "the PCI bus is full");
    return 0;
}

int pc_wire(struct machine *m, struct ersatz_error *err)
{
    wire_lines(m);
    pc_wire_legacy(m);
    return wire_buses(m, err);
}
