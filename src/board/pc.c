/* SPDX-License-Identifier: MIT */
/*
 * The board that is called "pc": i440FX and PIIX3 with a PIIX4's power management, and what
 * lives on their ISA bus. This file puts chips at their addresses; pc_wires.c draws the wires.
 */
#include "board/pc.h"

#include <string.h>

#include "base/error.h"
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/fw_cfg.h"
#include "devices/hpet.h"
#include "devices/i440fx.h"
#include "devices/i8042.h"
#include "devices/i82078.h"
#include "devices/i8237.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/ioapic.h"
#include "devices/mc146818.h"
#include "devices/piix3.h"
#include "devices/pm_piix4.h"
#include "devices/port92.h"
#include "devices/uart16550.h"

#define IOAPIC_BASE 0xFEC00000u
#define HPET_BASE 0xFED00000u

/* ---- chips ---- */

struct device *pc_add_chip(struct machine *m, const struct device_class *class, const char *id,
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
    {&fw_cfg_class, "fw_cfg", MEMBER(fw_cfg), 2, {{FW_CFG_IO, 0x510}, {FW_CFG_DMA, 0x514}}},
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
    {&i82078_class, "fdc", MEMBER(fdc), 2, {{I82078_REGS, 0x3F0}, {I82078_DIR, 0x3F7}}},
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
    struct device *d = pc_add_chip(m, row->class, row->id, err);
    int error = 0;

    if (!d)
        return -ERSATZ_E_NOMEM;
    memcpy((char *)m + row->member, &d, sizeof d);
    for (unsigned i = 0; i < row->count && !error; i++)
        error = map_region(m, d, row->place[i].region, row->place[i].base, err);
    return error;
}

void pc_channel_tx(void *opaque, u8 byte)
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
    struct device *d = m->config.serial[n] ? pc_add_chip(m, &uart16550_class, com[n].id, err)
                                           : NULL;

    if (!m->config.serial[n])
        return 0;
    if (!d)
        return -ERSATZ_E_NOMEM;
    m->uart[n] = d;
    m->wire[n] = (struct serial_wire){m, ERSATZ_SERIAL0 + n};
    uart16550_connect(d, pc_channel_tx, &m->wire[n]);
    d->out[UART16550_IRQ] = machine_isa_irq(m, com[n].irq, 1 + n);
    return device_map_ports(d, UART16550_REGS, &m->io, com[n].base, err);
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

    m->wire[ERSATZ_DEBUGCON] = (struct serial_wire){m, ERSATZ_DEBUGCON};
    for (unsigned i = 0; i < ARRAY_LEN(consoles) && !error; i++) {
        struct device *d = pc_add_chip(m, &debugcon_class, "debugcon", err);
        if (!d)
            return -ERSATZ_E_NOMEM;
        debugcon_connect(d, pc_channel_tx, &m->wire[ERSATZ_DEBUGCON]);
        error = device_map_ports(d, DEBUGCON_PORT, &m->io, consoles[i], err);
    }
    if (error || !config->debug_exit)
        return error;
    struct device *d = pc_add_chip(m, &debugexit_class, "isa-debug-exit", err);
    if (!d)
        return -ERSATZ_E_NOMEM;
    debugexit_connect(d, on_debug_exit, m);
    d->use[DEBUGEXIT_PORTS].size = config->debug_exit_size;
    return device_map_ports(d, DEBUGEXIT_PORTS, &m->io, config->debug_exit_base, err);
}

int pc_init(struct machine *m, struct ersatz_error *err)
{
    int error = pc_add_memory(m, err);

    if (!error)
        error = pc_add_flash(m, err);
    for (unsigned i = 0; i < ARRAY_LEN(chip_rows) && !error; i++)
        error = add_row(m, &chip_rows[i], err);
    if (!error)
        error = pc_add_display(m, err);
    for (unsigned i = 0; i < SERIAL_PORTS && !error; i++)
        error = add_serial(m, i, err);
    if (!error)
        error = pc_add_legacy(m, err);
    if (!error)
        error = add_debug(m, err);
    if (error)
        return error;
    pc_connect_input(m);
    error = pc_wire(m, err);
    return error ? error : pc_add_drives(m, err);
}

void pc_destroy(struct machine *m)
{
    for (unsigned i = 0; i < m->chip_count; i++)
        device_free(m->chips[i]);
    m->chip_count = 0;
    ram_destroy(&m->ram);
    ram_destroy(&m->video);
    ram_destroy(&m->rom);
}
