/* SPDX-License-Identifier: MIT */
/* Wires of what the first PCs had: the floppy controller on DMA channel 2. */
#include "board/pc.h"
#include "devices/i82078.h"
#include "devices/i8237.h"

#define FLOPPY_IRQ 6
#define FLOPPY_DMA 2

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
