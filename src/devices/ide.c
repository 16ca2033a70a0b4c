/* SPDX-License-Identifier: MIT */
/*
 * Function 1 of the PIIX3 (82371SB, Intel data sheet 290550, 2.5 and 2.6): the IDE controller.
 * Its channels are at their ISA addresses whatever IDETIM says, so that software which never
 * heard of PCI finds them; IDETIM keeps what is written for the drivers that look.
 */
#include "devices/ide.h"

#include "base/bits.h"
#include "devices/ide_state.h"

#define IDETIM 0x40 /* two words */
#define SIDETIM 0x44
#define BM_PORTS 16u
#define BM_CHANNEL 8u

#define NAME(n) "channel " #n " "
#define UNIT(c, u, member)                                                                         \
    FIELD(struct ide, channel[c].unit[u].member, NAME(c) "unit " #u " " #member)
#define PAIR(c, u, member) UNIT(c, u, member.now), UNIT(c, u, member.before)
#define UNIT_FIELDS(c, u)                                                                          \
    UNIT(c, u, status), UNIT(c, u, error), PAIR(c, u, feature), PAIR(c, u, count),                 \
        PAIR(c, u, lba[0]), PAIR(c, u, lba[1]), PAIR(c, u, lba[2]), UNIT(c, u, intrq),             \
        UNIT(c, u, multiple), UNIT(c, u, cylinders), UNIT(c, u, heads), UNIT(c, u, sectors),       \
        UNIT(c, u, write_cache), UNIT(c, u, look_ahead), UNIT(c, u, smart), UNIT(c, u, power),     \
        UNIT(c, u, transfer_mode), UNIT(c, u, next_lba), UNIT(c, u, sense_key), UNIT(c, u, asc),   \
        UNIT(c, u, ascq), UNIT(c, u, tray_open), UNIT(c, u, locked), UNIT(c, u, attention),        \
        UNIT(c, u, event)
#define CHANNEL(c, member) FIELD(struct ide, channel[c].member, NAME(c) #member)
#define CHANNEL_FIELDS(c)                                                                          \
    FIELD_TIMER(struct ide, channel[c].timer, NAME(c) "timer"), UNIT_FIELDS(c, 0),                 \
        UNIT_FIELDS(c, 1), CHANNEL(c, device), CHANNEL(c, control), CHANNEL(c, intrq),             \
        CHANNEL(c, step), CHANNEL(c, data_out), CHANNEL(c, dma_waits), CHANNEL(c, ext),            \
        CHANNEL(c, block), CHANNEL(c, at), CHANNEL(c, end), CHANNEL(c, lba), CHANNEL(c, left),     \
        CHANNEL(c, filled), FIELD_BUFFER(struct ide, channel[c].packet, NAME(c) "packet"),         \
        CHANNEL(c, packet_dma), CHANNEL(c, mode_select10), CHANNEL(c, limit),                      \
        CHANNEL(c, stage_at), CHANNEL(c, stage_end), CHANNEL(c, bm.command),                       \
        CHANNEL(c, bm.status), CHANNEL(c, bm.table), CHANNEL(c, bm.next), CHANNEL(c, bm.base),     \
        CHANNEL(c, bm.left), CHANNEL(c, bm.last),                                                  \
        FIELD_BUFFER(struct ide, channel[c].buffer, NAME(c) "buffer")

static const struct field ide_fields[] = {
    PCI_FIELDS(struct ide, pci),
    CHANNEL_FIELDS(0),
    CHANNEL_FIELDS(1),
};

unsigned ide_place(const struct ide_channel *c)
{
    return (c == &c->ide->channel[1] ? 2u : 0u) + (c->device & DEV_UNIT1 ? 1u : 0u);
}

/* ---- regions ---- */

static struct ide_channel *channel(struct device *d, unsigned n)
{
    return &((struct ide *)d)->channel[n];
}

static u64 primary_read(struct device *d, u64 offset, unsigned size)
{
    return ide_bus_read(channel(d, 0), (unsigned)offset, size);
}

static void primary_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    ide_bus_write(channel(d, 0), (unsigned)offset, value, size);
}

static u64 secondary_read(struct device *d, u64 offset, unsigned size)
{
    return ide_bus_read(channel(d, 1), (unsigned)offset, size);
}

static void secondary_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    ide_bus_write(channel(d, 1), (unsigned)offset, value, size);
}

static u64 primary_status(struct device *d, u64 offset, unsigned size)
{
    return ide_alternate_status(channel(d, 0));
}

static void primary_control(struct device *d, u64 offset, u64 value, unsigned size)
{
    ide_control_write(channel(d, 0), (u8)value);
}

static u64 secondary_status(struct device *d, u64 offset, unsigned size)
{
    return ide_alternate_status(channel(d, 1));
}

static void secondary_control(struct device *d, u64 offset, u64 value, unsigned size)
{
    ide_control_write(channel(d, 1), (u8)value);
}

static u64 master_read(struct device *d, u64 offset, unsigned size)
{
    return ide_dma_read_register(channel(d, offset / BM_CHANNEL), (unsigned)offset % BM_CHANNEL);
}

static void master_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    ide_dma_write_register(channel(d, offset / BM_CHANNEL), (unsigned)offset % BM_CHANNEL,
                           (u8)value);
}

/* ---- life ---- */

static u32 clamp(u32 v, u32 low, u32 high)
{
    return v < low ? low : v > high ? high : v;
}

static void on_timer(void *opaque)
{
    ide_step(opaque);
}

/* The bus may have been granted, or taken away. */
static void ide_written(struct device *d, unsigned reg, unsigned size)
{
    if (reg > PCI_COMMAND)
        return;
    ide_dma_kick(channel(d, 0));
    ide_dma_kick(channel(d, 1));
}

static int ide_init(struct device *d, struct ersatz_error *err)
{
    struct ide *ide = (struct ide *)d;

    for (unsigned i = 0; i < 2; i++) {
        ide->channel[i].ide = ide;
        timer_init(&ide->channel[i].timer, d->clock, on_timer, &ide->channel[i], "ide");
    }
    pci_init(&ide->pci, d);
    ide->pci.written = ide_written;
    pci_writable(&ide->pci, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    pci_writable(&ide->pci, PCI_CACHE_LINE, 0, 1);
    pci_writable(&ide->pci, PCI_LATENCY, 0xf0, 1);
    pci_writable(&ide->pci, PCI_INTERRUPT_LINE, 0, 1);
    pci_writable(&ide->pci, IDETIM, 0xffffffff, 4);
    pci_writable(&ide->pci, SIDETIM, 0xff, 1);
    pci_add_bar(&ide->pci, 4, IDE_BUS_MASTER);
    return 0;
}

static void ide_reset(struct device *d)
{
    static const struct pci_ident ident = {0x8086, 0x7010, 0x010180, 0, 0};
    struct ide *ide = (struct ide *)d;
    bool open[4];

    for (unsigned i = 0; i < 4; i++)
        open[i] = ide->channel[i / 2].unit[i % 2].tray_open;
    device_zero(d);
    pci_reset(&ide->pci, &ident);
    st16(&ide->pci.config[PCI_STATUS], 0x0280); /* fast back to back, medium DEVSEL */
    for (unsigned i = 0; i < 4; i++) {
        struct ide_unit *u = &ide->channel[i / 2].unit[i % 2];
        if (!u->drive)
            continue;
        u->tray_open = open[i] && !u->drive->medium;
        u->drive->locked = false;
    }
    for (unsigned i = 0; i < 2; i++) {
        irq_set(&d->out[IDE_IRQ + i], false);
        ide_bus_reset(&ide->channel[i]);
    }
}

/* A saved state may come from anywhere: what the code relies on is made to hold. */
static void tidy(struct ide_channel *c)
{
    for (unsigned i = 0; i < 2; i++) {
        if (c->unit[i].drive)
            c->unit[i].drive->locked = c->unit[i].locked;
        c->unit[i].heads = (u8)clamp(c->unit[i].heads, 1, 16);
        c->unit[i].sectors = (u8)clamp(c->unit[i].sectors, 1, 255);
        c->unit[i].multiple = (u8)clamp(c->unit[i].multiple, 0, IDE_MULTIPLE);
    }
    c->end = clamp(c->end, 0, IDE_BUFFER);
    c->stage_end = clamp(c->stage_end, 0, IDE_BUFFER);
    c->stage_at = clamp(c->stage_at, 0, c->stage_end);
    c->block = (u8)clamp(c->block, 0, IDE_MULTIPLE);
    if (c->step < STEP_COUNT && (ide_selected(c)->drive || c->step == STEP_RESET))
        return;
    timer_disarm(&c->timer);
    c->step = STEP_NONE;
    c->dma_waits = false;
}

static void ide_loaded(struct device *d)
{
    struct ide *ide = (struct ide *)d;

    tidy(&ide->channel[0]);
    tidy(&ide->channel[1]);
    pci_loaded(&ide->pci);
}

bool ide_connect(struct device *d, struct pci_bus *bus, unsigned slot)
{
    return pci_bus_add(bus, &((struct ide *)d)->pci, PCI_DEVFN(slot, 1));
}

void ide_set_drive(struct device *d, unsigned place, struct drive *drive)
{
    struct ide_unit *u = &channel(d, place / 2 % 2)->unit[place % 2];

    u->drive = drive;
    if (drive && drive->kind == DRIVE_CDROM) {
        drive->changed = atapi_changed;
        drive->chip = u;
    }
}

const struct device_class ide_class = {
    .name = "piix3-ide",
    .text = "PIIX3 IDE: two channels, disks and CD-ROMs",
    .size = sizeof(struct ide),
    .fields = ide_fields,
    .field_count = ARRAY_LEN(ide_fields),
    .regions =
        {
            [IDE_PRIMARY] = {"ide0", REGION_PORT, 8, 4, 0, primary_read, primary_write},
            [IDE_PRIMARY_CONTROL] = {"ide0 control", REGION_PORT, 1, 1, 0, primary_status,
                                     primary_control},
            [IDE_SECONDARY] = {"ide1", REGION_PORT, 8, 4, 0, secondary_read, secondary_write},
            [IDE_SECONDARY_CONTROL] = {"ide1 control", REGION_PORT, 1, 1, 0, secondary_status,
                                       secondary_control},
            [IDE_BUS_MASTER] = {"ide bus master", REGION_PORT, BM_PORTS, 1, 0, master_read,
                                master_write},
        },
    .init = ide_init,
    .reset = ide_reset,
    .loaded = ide_loaded,
};
