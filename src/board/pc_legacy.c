/* SPDX-License-Identifier: MIT */
/*
 * What the first PCs had, the floppy controller on DMA channel 2 and a parallel port; and the
 * port by which a kernel says that it has crashed.
 */
#include "base/error.h"
#include "board/pc.h"
#include "devices/i82078.h"
#include "devices/i8237.h"
#include "devices/parallel.h"
#include "devices/pvpanic.h"

#define FLOPPY_IRQ 6
#define FLOPPY_DMA 2
#define PARALLEL_BASE 0x378
#define PARALLEL_LINE 7

static int add_parallel(struct machine *m, struct ersatz_error *err)
{
    struct serial_wire *wire = &m->wire[ERSATZ_PARALLEL0];
    struct device *d = pc_add_chip(m, &parallel_class, "lpt1", err);

    if (!d)
        return -ERSATZ_E_NOMEM;
    *wire = (struct serial_wire){m, ERSATZ_PARALLEL0};
    parallel_connect(d, pc_channel_tx, wire);
    d->out[PARALLEL_IRQ] = machine_isa_irq(m, PARALLEL_LINE, 0);
    return device_map_ports(d, PARALLEL_REGS, &m->io, PARALLEL_BASE, err);
}

static void on_guest_panic(void *opaque, u8 events)
{
    struct machine *m = opaque;

    if (events & PVPANIC_PANICKED)
        machine_stop(m, ERSATZ_STOP_GUEST_PANIC, events);
    else
        machine_say(m, "the guest has crashed and goes on in its crash kernel");
}

static int add_pvpanic(struct machine *m, struct ersatz_error *err)
{
    struct device *d = pc_add_chip(m, &pvpanic_class, "pvpanic", err);

    if (!d)
        return -ERSATZ_E_NOMEM;
    pvpanic_connect(d, on_guest_panic, m);
    return device_map_ports(d, PVPANIC_PORT, &m->io, m->config.pvpanic_base, err);
}

int pc_add_legacy(struct machine *m, struct ersatz_error *err)
{
    int error = m->config.parallel ? add_parallel(m, err) : 0;

    if (!error && m->config.pvpanic)
        error = add_pvpanic(m, err);
    return error;
}

static void wire_floppies(struct machine *m)
{
    m->fdc->out[I82078_IRQ] = machine_isa_irq(m, FLOPPY_IRQ, 0);
    m->fdc->out[I82078_DREQ] = device_line(m->dma, I8237_DREQ + FLOPPY_DMA);
    i82078_connect_dma(m->fdc, i8237_channel(m->dma, FLOPPY_DMA));
    for (unsigned i = 0; i < PC_FLOPPIES; i++) {
        struct drive *d = machine_drive(m, DRIVE_FLOPPY, i);
        if (d)
            i82078_connect(m->fdc, i, d);
    }
}

void pc_wire_legacy(struct machine *m)
{
    m->dma->dma = &m->mem;
    wire_floppies(m);
}
