/* SPDX-License-Identifier: MIT */
/*
 * The board that is called "pc": i440FX and PIIX3 with a PIIX4's power management, and what
 * lives on their ISA bus. This file puts chips at their addresses and draws the wires.
 *
 *     ISA devices --> (or) --> PIIX3 --> IRQ0..15 --+--> 8259s --> LINT0 of CPU 0's APIC
 *     PCI INTA..D --> PIRQA..D --^                  +--> I/O APIC (IRQ0 on pin 2) --> APIC bus
 */
#include "board/machine.h"

#include <string.h>

#include "base/error.h"
#include "board/acpi.h"
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/hpet.h"
#include "devices/i440fx.h"
#include "devices/i8042.h"
#include "devices/i8237.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/ioapic.h"
#include "devices/mc146818.h"
#include "devices/piix3.h"
#include "devices/pm_piix4.h"
#include "devices/port92.h"
#include "devices/uart16550.h"
#include "devices/vgatext.h"

#define IOAPIC_BASE 0xFEC00000u
#define HPET_BASE 0xFED00000u
#define ISA_SLOT 1
#define PM_FUNCTION PCI_DEVFN(ISA_SLOT, 3)

/* ---- lines ---- */

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

/* ---- memory ---- */

static int add_ram(struct machine *m, const char *name, u64 base, u64 from, u64 size,
                   struct ersatz_error *err)
{
    u8 *p = m->ram.host + from;
    struct mem_range r = {.name = name, .base = base, .size = size, .rd = p, .wr = p};

    return size ? memmap_add(&m->mem, &r, err) : 0;
}

static int add_memory(struct machine *m, struct ersatz_error *err)
{
    u64 size = m->config.ram_size;

    m->low_ram = size < LOW_RAM_MAX ? size : LOW_RAM_MAX;
    if (size < 2 * HIGH_BASE || size % 4096)
        return err_set(err, ERSATZ_E_VALUE, "%llu bytes of memory: at least 2 MiB, in whole pages",
                       (unsigned long long)size);
    int error = ram_init(&m->ram, size, err);
    if (!error)
        error = ram_init(&m->video, VIDEO_SIZE, err);
    struct mem_range video = {.name = "video",
                              .base = VIDEO_BASE,
                              .size = VIDEO_SIZE,
                              .rd = m->video.host,
                              .wr = m->video.host};
    if (!error)
        error = memmap_add(&m->mem, &video, err);
    if (!error)
        error = add_ram(m, "low RAM", 0, 0, VIDEO_BASE, err);
    if (!error)
        error = add_ram(m, "RAM", HIGH_BASE, HIGH_BASE, m->low_ram - HIGH_BASE, err);
    if (!error)
        error = add_ram(m, "high RAM", HIGH_RAM_BASE, m->low_ram, size - m->low_ram, err);
    return error;
}

/* The chipset's PAM registers: what of the 256 KiB below 1 MiB is ROM, what is RAM. Without a
 * ROM, its reads find nobody. */
static void on_pam(void *opaque, physaddr base, u32 size, bool read_ram, bool write_ram)
{
    struct machine *m = opaque;
    u8 *p = m->ram.host + base;
    struct mem_range r = {.name = "shadow RAM",
                          .base = base,
                          .size = size,
                          .rd = read_ram ? p : NULL,
                          .wr = write_ram ? p : NULL};
    struct ersatz_error error;

    memmap_remove(&m->mem, base);
    if (memmap_add(&m->mem, &r, &error))
        LOG(&m->log, GUEST_ERROR, "PAM: %s", error.text);
}

/* A0000h: the RAM behind the display shows while SMRAM is open. */
static void on_smram(void *opaque, bool open, bool enabled)
{
    struct machine *m = opaque;
    u8 *p = open ? m->ram.host + VIDEO_BASE : m->video.host;
    struct mem_range r = {
        .name = open ? "SMRAM" : "video", .base = VIDEO_BASE, .size = VIDEO_SIZE, .rd = p, .wr = p};
    struct ersatz_error error;

    memmap_remove(&m->mem, VIDEO_BASE);
    if (memmap_add(&m->mem, &r, &error))
        LOG(&m->log, GUEST_ERROR, "SMRAM: %s", error.text);
}

/* ---- chips ---- */

static struct device *add_chip(struct machine *m, const struct device_class *class, const char *id,
                               struct ersatz_error *err)
{
    struct device *d = NULL;

    if (m->chip_count == MACHINE_MAX_CHIPS)
        err_set(err, ERSATZ_E_CONFLICT, "%s: too many chips", id);
    else
        d = device_new(class, id, &m->clock, &m->log, err);
    if (d)
        m->chips[m->chip_count++] = d;
    return d;
}

/* Where a region lies: in the port map, or in the memory map. */
struct place {
    u8 region;
    u32 base;
};

/* The chips that are always there, and their fixed addresses. */
struct chip_row {
    const struct device_class *class;
    const char *id;
    size_t member; /* of struct machine that points to it, 0: none does */
    unsigned count;
    struct place place[3];
};

#define MEMBER(name) offsetof(struct machine, name)

static const struct chip_row chip_rows[] = {
    {&i440fx_class, "i440fx", MEMBER(host_bridge), 1, {{I440FX_CONFIG, 0xCF8}}},
    {&piix3_class, "piix3", MEMBER(isa_bridge), 0, {{0, 0}}},
    {&pm_piix4_class, "pm", MEMBER(pm), 1, {{PM_APM, 0xB2}}},
    {&i8259_class,
     "pic",
     MEMBER(pic),
     3,
     {{I8259_MASTER, 0x20}, {I8259_SLAVE, 0xA0}, {I8259_ELCR, 0x4D0}}},
    {&ioapic_class, "ioapic", MEMBER(ioapic), 1, {{IOAPIC_REGS, IOAPIC_BASE}}},
    {&i8254_class, "pit", MEMBER(pit), 2, {{I8254_COUNTERS, 0x40}, {I8254_PORT61, 0x61}}},
    {&mc146818_class,
     "rtc",
     MEMBER(rtc),
     2,
     {{MC146818_STANDARD, 0x70}, {MC146818_EXTENDED, 0x72}}},
    {&hpet_class, "hpet", MEMBER(hpet), 1, {{HPET_REGS, HPET_BASE}}},
    {&i8042_class, "kbc", MEMBER(kbc), 2, {{I8042_DATA, 0x60}, {I8042_COMMAND, 0x64}}},
    {&i8237_class,
     "dma",
     MEMBER(dma),
     3,
     {{I8237_FIRST, 0x00}, {I8237_SECOND, 0xC0}, {I8237_PAGES, 0x80}}},
    {&vgatext_class, "vga", MEMBER(vga), 1, {{VGATEXT_REGS, 0x3B0}}},
    {&port92_class, "port92", MEMBER(port92), 1, {{PORT92_PORT, 0x92}}},
};

static int map_region(struct machine *m, struct device *d, unsigned region, u32 base,
                      struct ersatz_error *err)
{
    if (d->class->regions[region].kind == REGION_MMIO)
        return device_map_memory(d, region, &m->mem, base, err);
    return device_map_ports(d, region, &m->io, (u16)base, err);
}

static int add_row(struct machine *m, const struct chip_row *row, struct ersatz_error *err)
{
    struct device *d = add_chip(m, row->class, row->id, err);
    int error = 0;

    if (!d)
        return -ERSATZ_E_NOMEM;
    memcpy((char *)m + row->member, &d, sizeof d);
    for (unsigned i = 0; i < row->count && !error; i++)
        error = map_region(m, d, row->place[i].region, row->place[i].base, err);
    return error;
}

static void serial_tx(void *opaque, u8 byte)
{
    struct serial_wire *w = opaque;

    w->machine->config.output(w->machine->config.opaque, w->channel, byte);
}

static int add_serial(struct machine *m, unsigned n, struct ersatz_error *err)
{
    static const struct {
        const char *id;
        u16 base;
        u8 irq;
    } com[SERIAL_PORTS] = {
        {"com1", 0x3F8, 4}, {"com2", 0x2F8, 3}, {"com3", 0x3E8, 4}, {"com4", 0x2E8, 3}};
    struct device *d = m->config.serial[n] ? add_chip(m, &uart16550_class, com[n].id, err) : NULL;

    if (!m->config.serial[n])
        return 0;
    if (!d)
        return -ERSATZ_E_NOMEM;
    m->uart[n] = d;
    m->wire[n] = (struct serial_wire){m, ERSATZ_SERIAL0 + n};
    uart16550_connect(d, serial_tx, &m->wire[n]);
    d->out[UART16550_IRQ] = machine_isa_irq(m, com[n].irq, 1 + n);
    return device_map_ports(d, UART16550_REGS, &m->io, com[n].base, err);
}

/* The chip has room for the most ports; iosize says how many of them are there. */
static u32 exit_read(void *opaque, u16 offset, unsigned size)
{
    return (u32)device_read(opaque, DEBUGEXIT_PORTS, offset, size);
}

static void exit_write(void *opaque, u16 offset, u32 value, unsigned size)
{
    device_write(opaque, DEBUGEXIT_PORTS, offset, value, size);
}

static void on_debug_exit(void *opaque, u32 value)
{
    machine_stop(opaque, ERSATZ_STOP_DEBUG_EXIT, value);
}

static int add_debug(struct machine *m, struct ersatz_error *err)
{
    static const u16 consoles[] = {0xE9, 0x402};
    const struct machine_config *config = &m->config;
    int error = 0;

    m->wire[SERIAL_PORTS] = (struct serial_wire){m, ERSATZ_DEBUGCON};
    for (unsigned i = 0; i < ARRAY_LEN(consoles) && !error; i++) {
        struct device *d = add_chip(m, &debugcon_class, "debugcon", err);
        if (!d)
            return -ERSATZ_E_NOMEM;
        debugcon_connect(d, serial_tx, &m->wire[SERIAL_PORTS]);
        error = device_map_ports(d, DEBUGCON_PORT, &m->io, consoles[i], err);
    }
    if (error || !config->debug_exit)
        return error;
    struct device *d = add_chip(m, &debugexit_class, "isa-debug-exit", err);
    if (!d)
        return -ERSATZ_E_NOMEM;
    debugexit_connect(d, on_debug_exit, m);
    const struct port_range r = {.name = "isa-debug-exit",
                                 .base = config->debug_exit_base,
                                 .count = config->debug_exit_size,
                                 .max_size = 4,
                                 .read = exit_read,
                                 .write = exit_write,
                                 .opaque = d};
    return portmap_add(&m->io, &r, err);
}

/* ---- wires ---- */

static void wire_lines(struct machine *m)
{
    struct irq reset = {reset_line, m, 0};

    for (unsigned i = 0; i < ISA_IRQS; i++)
        m->isa_bridge->out[PIIX3_IRQ + i] = (struct irq){irq_out, m, i};
    m->isa_bridge->out[PIIX3_RESET] = reset;
    m->isa_bridge->out[PIIX3_INIT] = reset;
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
    m->kbc->out[I8042_INIT] = reset;
    m->rtc->out[MC146818_NMI_MASK] = (struct irq){nmi_mask_line, m, 0};
    m->pm->out[PM_SCI] = machine_isa_irq(m, SCI_IRQ, 0);
    m->pm->out[PM_POWER_OFF] = (struct irq){power_off_line, m, 0};
    m->port92->out[PORT92_A20] = (struct irq){a20_line, m, A20_PORT92};
    m->port92->out[PORT92_INIT] = reset;
}

static int wire_buses(struct machine *m, struct ersatz_error *err)
{
    const struct i440fx_board board = {.opaque = m, .pam = on_pam, .smram = on_smram};

    ioapic_connect(m->ioapic, &m->apic);
    if (!apic_bus_add_ioapic(&m->apic, m->ioapic))
        return err_set(err, ERSATZ_E_CONFLICT, "the APIC bus is full");
    i440fx_connect(m->host_bridge, &m->io, &m->mem, &board, m->isa_bridge);
    struct pci_bus *bus = i440fx_bus(m->host_bridge);
    if (!piix3_connect(m->isa_bridge, bus, ISA_SLOT) || !pm_piix4_connect(m->pm, bus, PM_FUNCTION))
        return err_set(err, ERSATZ_E_CONFLICT, "the PCI bus is full");
    return 0;
}

/* ---- input ---- */

static bool on_pace(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    clock_skip_to(&m->clock, clock_now(&m->clock) + ev->a);
    return true;
}

static bool on_rtc(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    return m->rtc->class->input(m->rtc, ev->a, 0);
}

static bool on_serial(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;
    struct device *d = ev->a < SERIAL_PORTS ? m->uart[ev->a] : NULL;

    return !d || d->class->input(d, ev->a, ev->b);
}

static bool on_serial_break(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;
    struct device *d = ev->a < SERIAL_PORTS ? m->uart[ev->a] : NULL;

    return !d || uart16550_break(d);
}

static bool on_key(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    return m->kbc->class->input(m->kbc, ev->a, 0);
}

static bool on_power_button(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    return m->pm->class->input(m->pm, 0, 0);
}

static bool on_reset(void *opaque, const struct input_event *ev)
{
    machine_want_reset(opaque);
    return true;
}

static bool on_nmi(void *opaque, const struct input_event *ev)
{
    processors_nmi(opaque);
    return true;
}

static void connect_input(struct machine *m)
{
    input_connect(&m->input, INPUT_PACE, on_pace, m);
    input_connect(&m->input, INPUT_RTC, on_rtc, m);
    input_connect(&m->input, INPUT_SERIAL, on_serial, m);
    input_connect(&m->input, INPUT_SERIAL_BREAK, on_serial_break, m);
    input_connect(&m->input, INPUT_KEY, on_key, m);
    input_connect(&m->input, INPUT_POWER_BUTTON, on_power_button, m);
    input_connect(&m->input, INPUT_RESET, on_reset, m);
    input_connect(&m->input, INPUT_NMI, on_nmi, m);
}

int pc_init(struct machine *m, struct ersatz_error *err)
{
    int error = add_memory(m, err);

    for (unsigned i = 0; i < ARRAY_LEN(chip_rows) && !error; i++)
        error = add_row(m, &chip_rows[i], err);
    for (unsigned i = 0; i < SERIAL_PORTS && !error; i++)
        error = add_serial(m, i, err);
    if (!error)
        error = add_debug(m, err);
    if (error)
        return error;
    wire_lines(m);
    connect_input(m);
    return wire_buses(m, err);
}

void pc_destroy(struct machine *m)
{
    for (unsigned i = 0; i < m->chip_count; i++)
        device_free(m->chips[i]);
    m->chip_count = 0;
    ram_destroy(&m->ram);
    ram_destroy(&m->video);
}
