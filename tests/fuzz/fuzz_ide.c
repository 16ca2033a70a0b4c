/* SPDX-License-Identifier: MIT */
/* The IDE function with drives on it, for fuzz_devices. */
#include "devices/ide.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/rig.h"

/* A disk whose bytes follow from their places; what is written is only told, so that a copy
 * of the rig finds the same. */
static int disk_read(struct medium *m, u64 offset, void *buf, u64 len)
{
    memset(buf, (int)(offset / 512), len);
    return 0;
}

static int disk_write(struct medium *m, u64 offset, const void *buf, u64 len)
{
    return 0;
}

static int disk_flush(struct medium *m)
{
    return 0;
}

static void disk_close(struct medium *m)
{
}

const struct medium_ops rig_disk_ops = {disk_read, disk_write, disk_flush, disk_close};

/* Two disks, one larger than 28-bit addresses, a CD-ROM, and memory to master. */
bool rig_make_ide(struct rig *r)
{
    static struct medium media[3] = {{.ops = &rig_disk_ops, .size = 1474560},
                                     {.ops = &rig_disk_ops, .size = 1ull << 42},
                                     {.ops = &rig_disk_ops, .size = 700001, .read_only = true}};
    struct device *d = rig_add(r, &ide_class);

    r->bus = (struct pci_bus){.ports = &r->ports, .mem = &r->mem};
    r->video = calloc(1, VIDEO_SIZE);
    const struct mem_range ram = {
        .name = "ram", .size = VIDEO_SIZE, .rd = r->video, .wr = r->video};
    if (!d || !r->video || memmap_add(&r->mem, &ram, NULL))
        return false;
    d->dma = &r->mem;
    for (unsigned i = 0; i < 3; i++) {
        r->drive[i] = (struct drive){.kind = i == 2 ? DRIVE_CDROM : DRIVE_DISK};
        r->drive[i].medium = &media[i];
        ide_set_drive(d, i, &r->drive[i]);
    }
    device_reset(d);
    return ide_connect(d, &r->bus, 1);
}

/* A packet for the CD-ROM, or a command for one of the units, with few senseless ones. */
static void ide_command(struct device *d, const struct op *op)
{
    static const u8 opcodes[] = {0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0x40, 0x42, 0x08,
                                 0x90, 0x91, 0xa0, 0xa1, 0xb0, 0xc4, 0xc5, 0xc6, 0xc8, 0xca, 0xe7,
                                 0xec, 0xef, 0xf8, 0x27, 0x10, 0x70, 0xe5, 0xe0, 0xa0, 0xa0};
    unsigned ch = op->a >> 8 & 1 ? IDE_SECONDARY : IDE_PRIMARY;

    device_write(d, ch, 6, op->a >> 16, 1);
    for (unsigned i = 0; i < 8; i++)
        device_write(d, ch, 2 + i % 4, op->b >> 8 * i & (op->a >> 24 & 1 ? 0xff : 0x0f), 1);
    device_write(d, ch, 1, op->value & 3, 1);
    device_write(d, ch, 7, opcodes[op->a >> 32 & 31], 1);
}

static void ide_packet(struct device *d, const struct op *op)
{
    static const u8 opcodes[] = {0x00, 0x03, 0x08, 0x12, 0x15, 0x1a, 0x1b, 0x1e,
                                 0x25, 0x28, 0x2b, 0x42, 0x43, 0x46, 0x4a, 0x51,
                                 0x52, 0x55, 0x5a, 0xa8, 0xad, 0xbb, 0xbd, 0xbe};

    device_write(d, IDE_SECONDARY, 6, 0xa0, 1);
    device_write(d, IDE_SECONDARY, 1, op->value & 1, 1);
    device_write(d, IDE_SECONDARY, 4, op->a >> 16, 2);
    device_write(d, IDE_SECONDARY, 7, 0xa0, 1);
    device_write(d, IDE_SECONDARY, 0, opcodes[op->a >> 32 & 15] | (op->a & 0xff00), 2);
    for (unsigned i = 0; i < 5; i++)
        device_write(d, IDE_SECONDARY, 0, op->b >> 8 * i & 0x1f1f, 2);
}

void rig_use_ide(struct rig *r, struct device *d, const struct op *op)
{
    unsigned ch = op->a >> 8 & 1 ? IDE_SECONDARY : IDE_PRIMARY;
    struct drive *cd = &r->drive[2];

    switch (op->a & 7) {
    case 0:
        for (unsigned n = 0; n < 64; n++) {
            st32(r->video + 8 * n, (u32)(op->b >> (n & 31)) & 0x8003ffff);
            st32(r->video + 8 * n + 4, (u32)(op->value >> (n & 31)) & 0x800fffff);
        }
        break;
    case 1:
        pci_config_write(&r->bus, PCI_DEVFN(1, 1), PCI_COMMAND, op->b & 1 ? 5 : 1, 2);
        device_write(d, IDE_BUS_MASTER, ch == IDE_PRIMARY ? 4 : 12, op->b & 0x3fc, 4);
        device_write(d, IDE_BUS_MASTER, ch == IDE_PRIMARY ? 0 : 8, op->value & 9, 1);
        break;
    case 2: ide_packet(d, op); break;
    case 3:
        for (unsigned n = 0; n < 2048; n++)
            rig_fold(r, device_read(d, ch, 0, 2) + n);
        break;
    case 4:
        for (unsigned n = 0; n < 2048; n++)
            device_write(d, ch, 0, op->b + n, 4);
        break;
    case 5:
        if (op->b & 6)
            cd->eject_wanted = op->b & 8;
        else
            cd->medium = cd->medium ? NULL : r->drive[0].medium;
        cd->changed(cd->chip);
        break;
    default: ide_command(d, op);
    }
}
