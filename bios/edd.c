/* SPDX-License-Identifier: MIT */
/*
 * INT 13h's extensions: transfers by sector number, locks and ejection, and what a drive is like.
 * Phoenix Enhanced Disk Drive Specification 3.0. On a CD-ROM the sectors have 2,048 bytes.
 */
#include "ata.h"
#include "pci.h"

enum { VERSION_3_0 = 0x30, HAS_PACKETS = 1 << 0, HAS_LOCKS = 1 << 1, HAS_PARAMETERS = 1 << 2 };
enum { IDE_CLASS = 0x0101 };

/* Disk address packet, 42h to 44h and 47h; a size of 18h says that flat is there. */
struct address_packet {
    u8 size, reserved;
    u16 count; /* the byte after the count is reserved; a byte is what there is room for */
    u16 off, seg;
    u64 sector;
    u64 flat;
} PACKED;
enum { PACKET_SIZE = 16, OFF_COUNT = 2 };

/* Result of 48h. */
struct drive_parameters {
    u16 size;
    u16 flags;
    u32 cylinders, heads, sectors;
    u64 total;
    u16 sector_size;
    u16 dpte_off, dpte_seg; /* version 1.1 and up: size 1Eh */
    u16 key;                /* BEDDh: the device path follows, version 3.0: size 42h */
    u8 path_length;
    u8 reserved[3];
    char bus[4];
    char interface[8];
    u8 interface_path[8]; /* PCI: bus, slot, function, channel; ISA: port base */
    u8 device_path[8];    /* ATA: 0 master, 1 slave */
    u8 reserved2;
    u8 checksum;
} PACKED;
enum { SIZE_1_0 = 0x1A, SIZE_1_1 = 0x1E, SIZE_3_0 = 0x42, PATH_KEY = 0xBEDD, PATH_LENGTH = 36 };
_Static_assert(sizeof(struct drive_parameters) == SIZE_3_0, "EDD 3.0, table 3");
enum {
    FLAG_DMA_BOUNDARY_HANDLED = 1 << 0,
    FLAG_GEOMETRY = 1 << 1,
    FLAG_REMOVABLE = 1 << 2,
    FLAG_CHANGE_LINE = 1 << 4,
    FLAG_LOCKABLE = 1 << 5,
    FLAG_NO_MEDIUM = 1 << 6
};

/* Device parameter table extension, to which 48h points. */
struct dpte {
    u16 command, control;
    u8 head; /* what goes into the device register: bit 6 LBA, bit 4 slave */
    u8 vendor;
    u8 irq;
    u8 multiple;
    u8 dma, pio;
    u16 flags;
    u16 reserved;
    u8 revision;
    u8 checksum;
} PACKED;
_Static_assert(sizeof(struct dpte) == 16, "EDD 3.0, table 5");
enum {
    DPTE_MULTIPLE = 1 << 2,
    DPTE_CHS_TRANSLATED = 1 << 3,
    DPTE_LBA = 1 << 4,
    DPTE_REMOVABLE = 1 << 5,
    DPTE_ATAPI = 1 << 6,
    DPTE_32_BIT_PIO = 1 << 7,
    DPTE_LBA_ASSISTED = 1 << 9,
    DPTE_REVISION = 0x11
};

static u8 sum(const void *p, unsigned n)
{
    u8 total = 0;

    for (const u8 *b = p; n--; b++)
        total += *b;
    return total;
}

/* ---- 42h, 43h, 44h, 47h ---- */

static enum disk_status check_range(const struct disk *d, const struct address_packet *p)
{
    if (p->size < PACKET_SIZE || p->sector >= d->sectors || p->count > d->sectors - p->sector)
        return DISK_BAD_COMMAND;
    return DISK_OK;
}

static enum disk_status packet_transfer(struct regs *r, struct disk *d, enum disk_op op)
{
    struct address_packet p = {0};
    struct transfer t = {.op = op};
    enum disk_status status = d->cd ? atapi_ready(d) : DISK_OK;

    far_read(&p, r->ds, r->si, PACKET_SIZE);
    if (!status)
        status = check_range(d, &p);
    if (!status && op != DISK_VERIFY && p.seg == 0xffff && p.off == 0xffff)
        status = DISK_BAD_COMMAND; /* a flat 64-bit address: memory that real mode cannot reach */
    if (!status) {
        t.sector = p.sector;
        t.count = p.count;
        t.buffer = p.seg * 16u + p.off;
        status = disk_transfer(d, &t);
    }
    if (status)
        poke16(r->ds, r->si + OFF_COUNT, t.done);
    return status;
}

static enum disk_status packet_seek(const struct regs *r, const struct disk *d)
{
    struct address_packet p = {0};

    far_read(&p, r->ds, r->si, PACKET_SIZE);
    p.count = 0;
    return check_range(d, &p);
}

/* ---- 45h, 46h, 49h: removable media ---- */

static enum disk_status lock(struct regs *r, struct disk *d)
{
    enum disk_status status = DISK_OK;

    if (!d->cd || r->al > 2)
        return d->cd ? DISK_BAD_COMMAND : DISK_NOT_REMOVABLE;
    if (r->al == 0) {
        if (d->locks == 0xff)
            return DISK_LOCK_COUNT;
        if (!d->locks++)
            status = atapi_lock(d, true);
    } else if (r->al == 1) {
        if (!d->locks)
            return DISK_NOT_LOCKED;
        if (!--d->locks)
            status = atapi_lock(d, false);
    }
    r->al = d->locks != 0;
    return status;
}

static enum disk_status eject(struct disk *d)
{
    struct regs ask = {.eax = 0x5200}; /* may it go? */

    if (!d->cd)
        return DISK_NOT_REMOVABLE;
    if (d->locks)
        return DISK_LOCKED;
    int_call(0x15, &ask);
    if ((ask.flags & FLAG_CF) && ask.ah != 0x86)
        return ask.ah;
    return atapi_load(d, false);
}

/* ---- 48h ---- */

static void fill_dpte(struct dpte *t, const struct disk *d)
{
    const struct ata_channel *c = &ata_channels[d->channel];
    bool translated = d->logical.heads != d->physical.heads;

    *t = (struct dpte){.command = c->command,
                       .control = c->control,
                       .head = 0xa0 | (d->lba ? 1 << 6 : 0) | (d->slave ? 1 << 4 : 0),
                       .irq = c->irq,
                       .multiple = d->multiple,
                       .flags = DPTE_32_BIT_PIO | (d->lba ? DPTE_LBA : 0) |
                                (d->multiple ? DPTE_MULTIPLE : 0) |
                                (translated ? DPTE_CHS_TRANSLATED | DPTE_LBA_ASSISTED : 0) |
                                (d->atapi ? DPTE_ATAPI | DPTE_REMOVABLE : 0),
                       .revision = DPTE_REVISION};
    t->checksum = -sum(t, sizeof *t - 1);
}

static i32 ide_controller(void)
{
    i32 bdf = -1;

    while ((bdf = pci_next(bdf)) >= 0)
        if (pci_read16((u16)bdf, PCI_CLASS + 2) == IDE_CLASS)
            break;
    return bdf;
}

static void fill_path(struct drive_parameters *p, const struct disk *d)
{
    i32 ide = ide_controller();

    p->key = PATH_KEY;
    p->path_length = PATH_LENGTH;
    if (ide >= 0) {
        memcpy(p->bus, "PCI ", 4);
        p->interface_path[0] = ide >> 8;
        p->interface_path[1] = ide >> 3 & 0x1f;
        p->interface_path[2] = ide & 7;
        p->interface_path[3] = d->channel;
    } else {
        memcpy(p->bus, "ISA ", 4);
        memcpy(p->interface_path, &ata_channels[d->channel].command, 2);
    }
    memcpy(p->interface, d->atapi ? "ATAPI   " : "ATA     ", 8);
    p->device_path[0] = d->slave;
    p->checksum = -sum(&p->key, PATH_LENGTH - 1);
}

static enum disk_status parameters(struct regs *r, struct disk *d)
{
    static struct dpte table;
    struct drive_parameters p = {0};
    u16 room = peek16(r->ds, r->si);

    if (room < SIZE_1_0)
        return DISK_BAD_COMMAND;
    p.size = room >= SIZE_3_0 ? SIZE_3_0 : room >= SIZE_1_1 ? SIZE_1_1 : SIZE_1_0;
    p.flags = FLAG_DMA_BOUNDARY_HANDLED;
    p.sector_size = SECTOR_SIZE;
    p.total = d->sectors;
    if (d->cd) {
        p.flags |= FLAG_REMOVABLE | FLAG_CHANGE_LINE | FLAG_LOCKABLE;
        p.sector_size = CD_SECTOR_SIZE;
        p.cylinders = p.heads = p.sectors = 0xffffffff;
        if (atapi_ready(d))
            p.flags |= FLAG_NO_MEDIUM;
        p.total = p.flags & FLAG_NO_MEDIUM ? ~0ull : d->sectors;
    } else {
        p.flags |= FLAG_GEOMETRY;
        p.cylinders = d->physical.cylinders;
        p.heads = d->physical.heads;
        p.sectors = d->physical.sectors;
    }
    fill_dpte(&table, d);
    p.dpte_seg = ESEG;
    p.dpte_off = (u16)(u32)&table;
    fill_path(&p, d);
    far_write(r->ds, r->si, &p, p.size);
    return DISK_OK;
}

/* ---- 41h, 4Eh ---- */

static void installation_check(struct regs *r)
{
    if (r->bx != 0x55aa) {
        disk_answer(r, DISK_BAD_COMMAND);
        return;
    }
    disk_answer(r, DISK_OK);
    r->bx = 0xaa55;
    r->ah = VERSION_3_0;
    r->cx = HAS_PACKETS | HAS_LOCKS | HAS_PARAMETERS;
}

/* 4Eh, AL: 00h, 01h prefetch on, off  02h, 03h best, lowest PIO mode  04h default PIO mode
 * 05h, 06h DMA on, off. PIO without prefetch is how it works, and nothing else. */
static enum disk_status configure(struct regs *r)
{
    if (r->al != 0x01 && r->al != 0x03 && r->al != 0x04 && r->al != 0x06)
        return DISK_BAD_COMMAND;
    r->al = 0; /* other drives are not touched */
    return DISK_OK;
}

void edd_service(struct regs *r, struct disk *d)
{
    switch (r->ah) {
    case 0x00: disk_answer(r, d->cd ? DISK_OK : DISK_BAD_COMMAND); break;
    case 0x41: installation_check(r); break;
    case 0x42: disk_answer(r, packet_transfer(r, d, DISK_READ)); break;
    case 0x43: disk_answer(r, packet_transfer(r, d, DISK_WRITE)); break;
    case 0x44: disk_answer(r, packet_transfer(r, d, DISK_VERIFY)); break;
    case 0x45: disk_answer(r, lock(r, d)); break;
    case 0x46: disk_answer(r, eject(d)); break;
    case 0x47: disk_answer(r, packet_seek(r, d)); break;
    case 0x48: disk_answer(r, parameters(r, d)); break;
    case 0x49: disk_answer(r, d->cd ? atapi_ready(d) : DISK_OK); break;
    case 0x4e: disk_answer(r, configure(r)); break;
    default: disk_answer(r, DISK_BAD_COMMAND);
    }
}
