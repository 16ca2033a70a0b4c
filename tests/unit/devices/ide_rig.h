/* SPDX-License-Identifier: MIT */
/* A PIIX3 IDE with two disks on the first channel and a CD-ROM on the second, RAM for its bus
 * master, and what a driver does with them. */
#ifndef ERSATZ_TESTS_IDE_RIG_H
#define ERSATZ_TESTS_IDE_RIG_H

#include "board/memmap.h"
#include "board/ports.h"
#include "devices/ide.h"
#include "unit/devices/bench.h"
#include "unit/devices/disk.h"

#define RAM_SIZE 0x100000u
#define MMIO_BASE 0xe0000000u
#define SECTORS 2048u
#define VAST_SECTORS 0x180000000ull /* 3 TiB: more than 32-bit addresses */
#define CD_BLOCKS 40u
#define DEVFN PCI_DEVFN(1, 1)

/* Registers of a channel */
enum { DATA, ERROR, COUNT, LBA0, LBA1, LBA2, DEVICE, STATUS, FEATURE = ERROR, COMMAND = STATUS };
/* Bus master registers of channel 0; channel 1 has them 8 further */
enum { BM_COMMAND = 0, BM_STATUS = 2, BM_TABLE = 4 };

struct ide_rig {
    struct bench b;
    struct portmap ports;
    struct memmap mem;
    struct pci_bus bus;
    struct device *ide;
    struct disk disk[2], cd;
    struct drive drive[3];
    u8 *ram;
    unsigned mmio; /* accesses to a device in memory */
};

static u64 rig_mmio_read(void *opaque, u64 offset, unsigned size)
{
    ((struct ide_rig *)opaque)->mmio++;
    return 0;
}

static void rig_mmio_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    ((struct ide_rig *)opaque)->mmio++;
}

static inline void rig_memory(struct ide_rig *r)
{
    r->ram = calloc(1, RAM_SIZE);
    const struct mem_range ram = {.name = "ram", .size = RAM_SIZE, .rd = r->ram, .wr = r->ram};
    const struct mem_range mmio = {.name = "mmio",
                                   .base = MMIO_BASE,
                                   .size = 0x1000,
                                   .read = rig_mmio_read,
                                   .write = rig_mmio_write,
                                   .opaque = r};

    memmap_init(&r->mem, &r->b.log);
    ck_assert_int_eq(memmap_add(&r->mem, &ram, NULL), 0);
    ck_assert_int_eq(memmap_add(&r->mem, &mmio, NULL), 0);
}

static inline void rig_init(struct ide_rig *r)
{
    memset(r, 0, sizeof *r);
    bench_init(&r->b);
    ck_assert_int_eq(portmap_init(&r->ports, &r->b.log, NULL), 0);
    rig_memory(r);
    r->bus = (struct pci_bus){.ports = &r->ports, .mem = &r->mem};
    disk_init(&r->disk[0], SECTORS * 512);
    disk_init_vast(&r->disk[1], VAST_SECTORS * 512);
    disk_init(&r->cd, CD_BLOCKS * 2048);
    r->drive[0] = disk_drive(&r->disk[0], DRIVE_DISK, "ide0-hd0");
    r->drive[1] = disk_drive(&r->disk[1], DRIVE_DISK, "ide0-hd1");
    r->drive[2] = disk_drive(&r->cd, DRIVE_CDROM, "ide1-cd0");
    r->cd.medium.read_only = true;
    r->ide = bench_device(&r->b, &ide_class);
    r->ide->dma = &r->mem;
    for (unsigned i = 0; i < 3; i++)
        ide_set_drive(r->ide, i, &r->drive[i]);
    ck_assert(ide_connect(r->ide, &r->bus, 1));
    device_reset(r->ide);
    pci_config_write(&r->bus, DEVFN, PCI_COMMAND, 5, 2);
}

static inline void rig_free(struct ide_rig *r)
{
    device_free(r->ide);
    portmap_destroy(&r->ports);
    memmap_destroy(&r->mem);
    free(r->disk[0].bytes);
    free(r->cd.bytes);
    free(r->ram);
}

/* `ch` is the region of the channel's registers: IDE_PRIMARY or IDE_SECONDARY. */
static inline u8 rig_status(struct ide_rig *r, unsigned ch)
{
    return in8(r->ide, ch + 1, 0);
}

/* Waits for BSY to go; how long, in ns. */
static inline u64 rig_wait(struct ide_rig *r, unsigned ch)
{
    u64 start = clock_now(&r->b.clock);

    while ((rig_status(r, ch) & 0x80) && clock_now(&r->b.clock) - start < NS_PER_SEC)
        bench_pass(&r->b, 1000);
    return clock_now(&r->b.clock) - start;
}

/* 28-bit command; `device` has the unit's bit. */
static inline void rig_command(struct ide_rig *r, unsigned ch, u8 device, u32 lba, u8 count,
                               u8 opcode)
{
    out8(r->ide, ch, DEVICE, (u8)(device | 0x40 | lba >> 24));
    out8(r->ide, ch, COUNT, count);
    out8(r->ide, ch, LBA0, (u8)lba);
    out8(r->ide, ch, LBA1, (u8)(lba >> 8));
    out8(r->ide, ch, LBA2, (u8)(lba >> 16));
    out8(r->ide, ch, COMMAND, opcode);
}

/* 48-bit command. */
static inline void rig_command_ext(struct ide_rig *r, unsigned ch, u8 device, u64 lba, u16 count,
                                   u8 opcode)
{
    out8(r->ide, ch, DEVICE, device | 0x40);
    for (unsigned i = 0; i < 2; i++) {
        unsigned shift = i ? 0 : 24;
        out8(r->ide, ch, COUNT, (u8)(i ? count : count >> 8));
        out8(r->ide, ch, LBA0, (u8)(lba >> shift));
        out8(r->ide, ch, LBA1, (u8)(lba >> (shift + 8)));
        out8(r->ide, ch, LBA2, (u8)(lba >> (shift + 16)));
    }
    out8(r->ide, ch, COMMAND, opcode);
}

static inline u16 rig_in16(struct ide_rig *r, unsigned ch)
{
    return (u16)device_read(r->ide, ch, DATA, 2);
}

static inline void rig_out16(struct ide_rig *r, unsigned ch, u16 value)
{
    device_write(r->ide, ch, DATA, value, 2);
}

/* A PRD at `at` of RAM. */
static inline void rig_prd(struct ide_rig *r, u32 at, u32 base, u32 count, bool last)
{
    st32(r->ram + at, base);
    st32(r->ram + at + 4, count | (last ? 0x80000000u : 0));
}

static inline void rig_bm(struct ide_rig *r, unsigned ch, unsigned reg, u8 value)
{
    out8(r->ide, IDE_BUS_MASTER, (ch == IDE_PRIMARY ? 0 : 8) + reg, value);
}

static inline u8 rig_bm_status(struct ide_rig *r, unsigned ch)
{
    return in8(r->ide, IDE_BUS_MASTER, (ch == IDE_PRIMARY ? 0 : 8) + BM_STATUS);
}

static inline void rig_bm_start(struct ide_rig *r, unsigned ch, u32 table, u8 direction)
{
    out32(r->ide, IDE_BUS_MASTER, (ch == IDE_PRIMARY ? 0 : 8) + BM_TABLE, table);
    rig_bm(r, ch, BM_STATUS, 0x06);
    rig_bm(r, ch, BM_COMMAND, direction);
    rig_bm(r, ch, BM_COMMAND, direction | 1);
}

#endif
