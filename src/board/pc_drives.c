/* SPDX-License-Identifier: MIT */
/* The board's drives, what changes media in them, and the chips they hang on. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "board/pc.h"
#include "devices/i440fx.h"
#include "devices/ide.h"

static bool on_ide(enum drive_kind kind)
{
    return kind == DRIVE_DISK || kind == DRIVE_CDROM;
}

struct drive *machine_drive(struct machine *m, enum drive_kind kind, unsigned index)
{
    for (unsigned i = 0; i < m->drive_count; i++) {
        struct drive *d = &m->drive[i];
        if (d->index == index && (on_ide(kind) ? on_ide(d->kind) : d->kind == kind))
            return d;
    }
    return NULL;
}

/* The host could not write: the machine stops, and when it goes on the chip tries again. */
static void on_failed(void *opaque, struct drive *d, int error)
{
    struct machine *m = opaque;

    if (!m->stop.wanted)
        m->disk_failure = (struct disk_failure){d, error};
    machine_stop(m, ERSATZ_STOP_DISK, (u32)error);
}

int machine_take_drives(struct machine *m, struct ersatz_error *err)
{
    const struct machine_config *c = &m->config;
    int error = 0;

    for (unsigned i = 0; i < c->drive_count; i++) {
        const struct drive_config *from = &c->drives[i];
        if (m->drive_count == MACHINE_MAX_DRIVES) {
            medium_close(from->medium);
            error = err_set(err, ERSATZ_E_CONFLICT, "more than %u drives", MACHINE_MAX_DRIVES);
            continue;
        }
        struct drive *d = &m->drive[m->drive_count++];
        *d = (struct drive){.kind = from->kind, .index = from->index, .medium = from->medium};
        snprintf(d->id, sizeof d->id, "%s", from->id);
        d->failed = on_failed;
        d->board = m;
    }
    m->config.drives = NULL;
    m->config.drive_count = 0;
    return error;
}

void machine_drop_drives(struct machine *m)
{
    for (unsigned i = 0; i < m->drive_count; i++)
        medium_close(m->drive[i].medium);
    m->drive_count = 0;
}

/* ---- chips ---- */

#define ISA_SLOT 1

int pc_add_drives(struct machine *m, struct ersatz_error *err)
{
    static const u16 ports[] = {[IDE_PRIMARY] = 0x1F0, 0x3F6, 0x170, 0x376};
    struct device *ide = pc_add_chip(m, &ide_class, "ide", err);
    int error = 0;

    if (!ide)
        return -ERSATZ_E_NOMEM;
    ide->dma = &m->mem;
    for (unsigned i = 0; i < IDE_PLACES; i++)
        ide_set_drive(ide, i, machine_drive(m, DRIVE_DISK, i));
    ide->out[IDE_IRQ] = machine_isa_irq(m, 14, 0);
    ide->out[IDE_IRQ + 1] = machine_isa_irq(m, 15, 0);
    for (unsigned i = 0; i < ARRAY_LEN(ports) && !error; i++)
        error = device_map_ports(ide, i, &m->io, ports[i], err);
    if (!error && !ide_connect(ide, i440fx_bus(m->host_bridge), ISA_SLOT))
        error = err_set(err, ERSATZ_E_CONFLICT, "the PCI bus is full");
    return error;
}
