/* SPDX-License-Identifier: MIT */
/*
 * Which drives there are, their numbers in INT 13h, and the geometry that INT 13h shows.
 *
 * A hard disk's geometry is the drive's own as long as its cylinders fit INT 13h's ten bits.
 * Beyond that it is LBA-assisted: 63 sectors a track and the fewest heads of 16, 32, 64, 128 and
 * 255 that keep it within 1,024 cylinders (Phoenix EDD 3.0, appendix on translation).
 */
#include "ata.h"
#include "bda.h"
#include "pci.h"
#include "post.h"

enum { MAX_CYLINDERS = 1024, MAX_HEADS = 255, TRACK_SECTORS = 63 };
enum { CLASS_IDE = 0x0101, VENDOR_INTEL = 0x8086, IDETIM = 0x40, IDETIM_DECODE = 1 << 15 };
enum { FDPT_VECTOR_0 = 0x41, FDPT_VECTOR_1 = 0x46, MAX_DRIVES = 4 };

/* Fixed disk parameter table, to which INT 41h and 46h point; translated form (signature A0h). */
struct fdpt {
    u16 cylinders;
    u8 heads;
    u8 signature;
    u8 physical_sectors;
    u16 precompensation;
    u8 reserved;
    u8 control; /* bit 3: more than 8 heads */
    u16 physical_cylinders;
    u8 physical_heads;
    u16 landing_zone;
    u8 sectors;
    u8 checksum;
} PACKED;
_Static_assert(sizeof(struct fdpt) == 16, "EDD 3.0, table 7");

static struct {
    struct disk drive[MAX_DRIVES];
    unsigned drives;
    struct disk *hard[MAX_DRIVES]; /* by number, from 80h */
    unsigned hards;
    struct disk *cd[MAX_DRIVES]; /* from E0h */
    unsigned cds;
    struct fdpt fdpt[2];
} all;

unsigned hard_disk_count(void)
{
    return all.hards;
}

unsigned cd_count(void)
{
    return all.cds;
}

struct disk *hard_disk(u8 number)
{
    unsigned n = number - FIRST_HARD_DISK;

    return number >= FIRST_HARD_DISK && n < all.hards ? all.hard[n] : NULL;
}

struct disk *cd_drive(u8 number)
{
    unsigned n = number - FIRST_CD;

    return number >= FIRST_CD && n < all.cds ? all.cd[n] : NULL;
}

enum disk_status disk_transfer(struct disk *d, struct transfer *t)
{
    return d->atapi ? atapi_transfer(d, t) : ata_transfer(d, t);
}

void disk_reset(const struct disk *d)
{
    ata_reset(d);
    for (unsigned n = 0; n < all.drives; n++)
        if (all.drive[n].channel == d->channel && !all.drive[n].atapi)
            ata_set_up(&all.drive[n]);
    ata_release(d);
}

static void set_geometry(struct disk *d)
{
    const struct geometry *p = &d->physical;
    struct geometry *l = &d->logical;
    u32 total = d->sectors >> 32 ? 0xffffffff : (u32)d->sectors;

    *l = *p;
    if (p->heads && p->sectors && total / p->heads / p->sectors <= MAX_CYLINDERS) {
        l->cylinders = total / p->heads / p->sectors;
        return;
    }
    l->sectors = TRACK_SECTORS;
    for (l->heads = 16; l->heads < MAX_HEADS; l->heads *= 2)
        if (total / TRACK_SECTORS / l->heads <= MAX_CYLINDERS)
            break;
    if (l->heads > MAX_HEADS)
        l->heads = MAX_HEADS;
    l->cylinders = total / TRACK_SECTORS / l->heads;
    if (l->cylinders > MAX_CYLINDERS)
        l->cylinders = MAX_CYLINDERS;
}

static void set_fdpt(unsigned n)
{
    const struct disk *d = all.hard[n];
    struct fdpt *t = &all.fdpt[n];
    u8 sum = 0;

    *t = (struct fdpt){.cylinders = d->logical.cylinders,
                       .heads = (u8)d->logical.heads,
                       .signature = 0xa0,
                       .physical_sectors = (u8)d->physical.sectors,
                       .control = d->physical.heads > 8 ? 1 << 3 : 0,
                       .physical_cylinders = d->physical.cylinders,
                       .physical_heads = (u8)d->physical.heads,
                       .sectors = (u8)d->logical.sectors};
    for (unsigned i = 0; i < sizeof *t - 1; i++)
        sum += ((const u8 *)t)[i];
    t->checksum = -sum;
    set_vector(n ? FDPT_VECTOR_1 : FDPT_VECTOR_0, ESEG, (u16)(u32)t);
}

static void publish(void)
{
    bda_set8(BDA_DISK_COUNT, (u8)all.hards);
    for (unsigned n = 0; n < all.hards && n < ARRAY_LEN(all.fdpt); n++)
        set_fdpt(n);
}

void hard_disk_make_first(struct disk *d)
{
    unsigned n = 0;

    while (all.hard[n] != d)
        n++;
    for (; n; n--)
        all.hard[n] = all.hard[n - 1];
    all.hard[0] = d;
    publish();
}

/* The PIIX's channels answer, for drivers that look, only with bit 15 of their timing registers
 * (82371SB, 2.3.9). */
static void enable_channels(void)
{
    i32 bdf = -1;

    while ((bdf = pci_next(bdf)) >= 0)
        if (pci_read16((u16)bdf, PCI_CLASS + 2) == CLASS_IDE &&
            pci_read16((u16)bdf, PCI_VENDOR) == VENDOR_INTEL)
            for (u8 reg = IDETIM; reg < IDETIM + 4; reg += 2)
                pci_write16((u16)bdf, reg, pci_read16((u16)bdf, reg) | IDETIM_DECODE);
}

void drives_init(void)
{
    enable_channels();
    all.drives = ata_probe(all.drive, MAX_DRIVES);
    for (unsigned n = 0; n < all.drives; n++) {
        struct disk *d = &all.drive[n];

        if (d->cd) {
            all.cd[all.cds++] = d;
        } else if (!d->atapi) {
            set_geometry(d);
            all.hard[all.hards++] = d;
        }
        log_printf("ata%u.%u: %s, %u KiB\n", d->channel, d->slave, d->model,
                   (u32)(d->sectors >> 1));
    }
    publish();
}
