/* SPDX-License-Identifier: MIT */
/*
 * A direct boot has no BIOS, so the board itself leaves what one would have left: shadow RAM
 * open, the BIOS data area, PCI interrupt routing and the power management's address, the boot
 * CPU's APIC in virtual wire mode, MTRRs, ACPI and SMBIOS tables, A20.
 */
#include "base/bits.h"
#include "base/error.h"
#include "board/acpi.h"
#include "board/machine.h"
#include "board/pc.h"
#include "cpu/model.h"
#include "devices/i440fx.h"
#include "devices/i8042.h"
#include "devices/i8237.h"
#include "devices/i8259.h"
#include "devices/lapic.h"
#include "devices/pci.h"

#define HOST_BRIDGE PCI_DEVFN(0, 0)
#define ISA_BRIDGE PCI_DEVFN(1, 0)
#define IDE PCI_DEVFN(1, 1)
#define POWER_MANAGEMENT PCI_DEVFN(1, 3)

static void open_shadow_ram(struct pci_bus *bus)
{
    pci_config_write(bus, HOST_BRIDGE, 0x59, 0x30, 1); /* F0000h: reads and writes to RAM */
    for (u8 reg = 0x5A; reg <= 0x5F; reg++)
        pci_config_write(bus, HOST_BRIDGE, reg, 0x33, 1);
}

/* PIRQA and PIRQC on IRQ10, PIRQB and PIRQD on IRQ11; level-triggered at the 8259s too. */
static void route_interrupts(struct machine *m, struct pci_bus *bus)
{
    static const u8 irq[4] = {10, 11, 10, 11};

    for (u8 i = 0; i < 4; i++)
        pci_config_write(bus, ISA_BRIDGE, (u8)(0x60 + i), irq[i], 1);
    device_write(m->pic, I8259_ELCR, 1, BIT(SCI_IRQ - 8) | BIT(10 - 8) | BIT(11 - 8), 1);
    pci_config_write(bus, POWER_MANAGEMENT, 0x3C, SCI_IRQ, 1);
}

static void place_power_management(struct pci_bus *bus)
{
    pci_config_write(bus, POWER_MANAGEMENT, 0x40, PM_BASE | 1, 4);
    pci_config_write(bus, POWER_MANAGEMENT, 0x80, 1, 1); /* PMREGMISC: decode it */
    pci_config_write(bus, POWER_MANAGEMENT, 0x90, SMB_BASE | 1, 4);
    pci_config_write(bus, POWER_MANAGEMENT, 0xD2, 1, 1); /* SMBHSTCFG: decode it */
}

/* IDE: decoded on both channels (IDETIM), the bus master's registers in their place. */
static void place_ide(struct pci_bus *bus)
{
    pci_config_write(bus, IDE, 0x40, 0x80008000, 4);
    pci_config_write(bus, IDE, 0x20, 0xC001, 4);
    pci_config_write(bus, IDE, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
}

/* The BIOS data area: what kernels still look at (Ralf Brown's memory list, 40h:00h). */
static void fill_bda(struct machine *m)
{
    static const u16 com[SERIAL_PORTS] = {0x3F8, 0x2F8, 0x3E8, 0x2E8};
    u8 *bda = m->ram.host + 0x400;
    unsigned ports = 0;

    for (unsigned i = 0; i < SERIAL_PORTS; i++)
        if (m->uart[i])
            st16(bda + 2 * ports++, com[i]);
    st16(bda + 0x0E, EBDA_BASE >> 4);           /* segment of the extended area */
    st16(bda + 0x10, (u16)(0x26 | ports << 9)); /* equipment: 80x25 colour */
    st16(bda + 0x13, 639);                      /* KiB below the extended area */
    bda[0x49] = 3;                              /* video mode */
    st16(bda + 0x4A, 80);
    st16(bda + 0x63, 0x3D4);
    bda[0x84] = 24;
    m->ram.host[EBDA_BASE] = 1; /* the extended area's size in KiB */
}

/* Everything is write-back but what lies between the end of low RAM and 4 GiB. */
static void set_mtrrs(struct cpu *c)
{
    enum { WB = 6, UC = 0, ENABLE = 1 << 11, FIXED = 1 << 10, VALID = 1 << 11 };

    if (!cpu_has(c, CPU_MTRR))
        return;
    c->mtrr_def_type = ENABLE | FIXED | WB;
    for (unsigned i = 0; i < ARRAY_LEN(c->mtrr_fixed); i++)
        c->mtrr_fixed[i] = i == 2 ? 0 : 0x0606060606060606; /* A0000h: the display */
    c->mtrr_var[0] = LOW_RAM_MAX | UC;
    c->mtrr_var[1] = (~(HIGH_RAM_BASE - LOW_RAM_MAX - 1) & MASK(c->model->phys_bits)) | VALID;
}

/* Command byte: scan codes translated, IRQ1 on, the second port off, self test passed. */
static void set_up_keyboard(struct machine *m)
{
    device_write(m->kbc, I8042_COMMAND, 0, 0x60, 1);
    device_write(m->kbc, I8042_DATA, 0, 0x65, 1);
}

/* Channel 4 cascades the first controller's channels. */
static void set_up_dma(struct machine *m)
{
    enum { MASK_BIT = 0x14, MODE = 0x16 }; /* D4h, D6h */

    device_write(m->dma, I8237_SECOND, MODE, 0xC0, 1);
    device_write(m->dma, I8237_SECOND, MASK_BIT, 0, 1);
}

int firmware_leave(struct machine *m, struct ersatz_error *err)
{
    struct pci_bus *bus = i440fx_bus(m->host_bridge);

    open_shadow_ram(bus);
    route_interrupts(m, bus);
    place_power_management(bus);
    place_ide(bus);
    fill_bda(m);
    device_write(m->port92, 0, 0, 2, 1); /* A20 */
    set_up_keyboard(m);
    set_up_dma(m);
    pc_text_mode(m);
    if (m->lapic[0])
        lapic_virtual_wire(m->lapic[0]);
    for (unsigned i = 0; i < m->cpu_count; i++)
        set_mtrrs(m->cpus[i]);
    return fw_tables_place(m, err);
}
