/* SPDX-License-Identifier: MIT */
/*
 * INT 13h: who answers for a drive number, and the functions of hard disks by cylinder, head and
 * sector. IBM PS/2 and PC BIOS Interface Technical Reference, INT 13h.
 *
 *     00h-7Fh floppies (floppy.c)   80h-DFh hard disks   E0h.. CD-ROMs (edd.c)
 *
 * While a CD's boot image plays a drive (eltorito.c), that one comes first, and the real drives
 * of its kind have numbers one higher.
 */
#include "disk.h"

#include "ata.h"
#include "bda.h"
#include "eltorito.h"
#include "floppy.h"

enum { MAX_SECTORS = 128 }; /* of one call */
enum { TYPE_HARD_DISK = 3 };

void disk_answer(struct regs *r, enum disk_status status)
{
    r->ah = status;
    set_cf(r, status != DISK_OK);
    bda_set8(BDA_DISK_STATUS, status);
}

/* CH: cylinder 7..0   CL: 7,6 cylinder 9,8  5..0 sector, from 1   DH: head */
bool disk_chs_to_sector(const struct regs *r, const struct geometry *g, u32 *sector)
{
    u32 cylinder = r->ch | (r->cl & 0xc0u) << 2;
    u32 first = r->cl & 0x3f;

    *sector = (cylinder * g->heads + r->dh) * g->sectors + first - 1;
    return cylinder < g->cylinders && r->dh < g->heads && first && first <= g->sectors;
}

void disk_geometry_answer(struct regs *r, const struct geometry *g)
{
    u32 last = g->cylinders - 1;

    r->ch = (u8)last;
    r->cl = (u8)(last >> 2 & 0xc0) | g->sectors;
    r->dh = (u8)(g->heads - 1);
}

static enum disk_status chs_transfer(struct regs *r, struct disk *d, enum disk_op op)
{
    struct transfer t = {.op = op, .count = r->al, .buffer = r->es * 16u + r->bx};
    enum disk_status status;
    u32 sector;

    if (!t.count || t.count > MAX_SECTORS || !disk_chs_to_sector(r, &d->logical, &sector) ||
        sector + t.count > d->sectors) {
        r->al = 0;
        return DISK_BAD_COMMAND;
    }
    t.sector = sector;
    status = disk_transfer(d, &t);
    r->al = (u8)t.done;
    return status;
}

/* A track that exists is all that is asked of: drives of this kind have their format for life. */
static enum disk_status seek(const struct regs *r, const struct disk *d)
{
    struct regs first = *r;
    u32 sector;

    first.cl = (first.cl & 0xc0) | 1;
    return disk_chs_to_sector(&first, &d->logical, &sector) ? DISK_OK : DISK_SEEK;
}

/* 08h */
static void parameters(struct regs *r, const struct disk *d)
{
    disk_geometry_answer(r, &d->logical);
    r->dl = (u8)(hard_disk_count() + eltorito_plays(FIRST_HARD_DISK));
    r->al = 0;
    r->bl = 0;
    disk_answer(r, DISK_OK);
}

/* 15h: CX:DX sectors */
static void drive_type(struct regs *r, const struct disk *d)
{
    u32 sectors = d->logical.cylinders * d->logical.heads * d->logical.sectors;

    disk_answer(r, DISK_OK);
    r->cx = sectors >> 16;
    r->dx = (u16)sectors;
    r->ah = TYPE_HARD_DISK;
}

static void hard_disk_service(struct regs *r, struct disk *d)
{
    switch (r->ah) {
    case 0x00:
    case 0x0d:
        disk_reset(d);
        disk_answer(r, ata_ready(d) ? DISK_OK : DISK_CONTROLLER);
        break;
    case 0x02: disk_answer(r, chs_transfer(r, d, DISK_READ)); break;
    case 0x03: disk_answer(r, chs_transfer(r, d, DISK_WRITE)); break;
    case 0x04: disk_answer(r, chs_transfer(r, d, DISK_VERIFY)); break;
    case 0x05:
    case 0x0c: disk_answer(r, seek(r, d)); break;
    case 0x08: parameters(r, d); break;
    case 0x09: /* the drive was initialized in POST, and keeps it */
    case 0x10:
    case 0x11:
    case 0x14: disk_answer(r, ata_ready(d) ? DISK_OK : DISK_NOT_READY); break;
    case 0x15: drive_type(r, d); break;
    default: edd_service(r, d);
    }
}

void disk_last_status(struct regs *r)
{
    u8 status = bda8(BDA_DISK_STATUS);

    disk_answer(r, status);
    bda_set8(BDA_DISK_STATUS, DISK_OK);
}

void int13(struct regs *r)
{
    u8 number = r->dl;
    struct disk *d;

    sti(); /* the floppy's interrupt, and the time of day */
    if (eltorito_service(r))
        return;
    number -= eltorito_plays(number & 0x80) && number < FIRST_CD ? 1 : 0;
    if (number < FIRST_HARD_DISK) {
        floppy_service(r, number);
        return;
    }
    d = number >= FIRST_CD ? cd_drive(number) : hard_disk(number);
    if (!d)
        disk_answer(r, DISK_BAD_COMMAND);
    else if (r->ah == 0x01)
        disk_last_status(r);
    else if (d->cd)
        edd_service(r, d);
    else
        hard_disk_service(r, d);
}
