/* SPDX-License-Identifier: MIT */
/*
 * Booting from CDs: "El Torito" Bootable CD-ROM Format Specification 1.0. The volume descriptor
 * in sector 11h names the boot catalog, whose first entry is checked and whose second one says
 * what to load, and whether the image then plays a floppy or a hard disk.
 *
 * A played drive is read-only. Its sectors have 512 bytes, four to a sector of the CD.
 */
#include "eltorito.h"

#include "ata.h"
#include "bda.h"
#include "boot.h"
#include "floppy.h"

enum { DESCRIPTOR_SECTOR = 17, DESCRIPTOR_CATALOG = 0x47, DEFAULT_SEGMENT = 0x7C0 };
enum { CATALOG_DEFAULT = 32, PLATFORM_X86 = 0, BOOTABLE = 0x88 };
enum { MEDIA_NONE, MEDIA_1200K, MEDIA_1440K, MEDIA_2880K, MEDIA_HARD_DISK, MEDIA_TYPE = 15 };
enum { MEDIA_ATAPI = 1 << 6 };
enum { PER_SECTOR = CD_SECTOR_SIZE / SECTOR_SIZE, LOAD_END = 0x9F000 };
enum { MBR_HEAD = 0x1BE + 5, MBR_SECTOR = 0x1BE + 6, MBR_CYLINDER = 0x1BE + 7 };

/* What 4Ah to 4Ch pass at DS:SI. */
struct specification {
    u8 size;
    u8 media; /* 6 ATAPI  3..0 MEDIA_* */
    u8 drive;
    u8 controller;
    u32 image;   /* the CD's sector */
    u16 device;  /* IDE: 0 master, 1 slave */
    u16 buffer;  /* segment of a read cache, unused */
    u16 segment; /* where the image is loaded, 0: 7C0h */
    u16 count;   /* how many sectors of 512 bytes */
    u8 ch, cl, dh;
} PACKED;
_Static_assert(sizeof(struct specification) == 0x13, "El Torito 1.0, figure 7");

/* 4Dh's */
struct catalog_packet {
    u8 size, count;
    u16 off, seg;
    u16 first;
} PACKED;

static struct {
    bool booted;  /* spec is what is booted from */
    bool playing; /* and plays a drive */
    u8 cd;
    u32 catalog;
    struct geometry geometry;
    struct specification spec;
} el;

static u8 sector[CD_SECTOR_SIZE];

bool eltorito_plays(u8 class)
{
    return el.playing && (el.spec.drive & 0x80) == class;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static enum disk_status read_cd(u8 cd, u32 at, u16 count, u32 buffer)
{
    struct transfer t = {.op = DISK_READ, .sector = at, .count = count, .buffer = buffer};
    struct disk *d = cd_drive(cd);

    return d ? disk_transfer(d, &t) : DISK_NOT_READY;
}

/* Sectors of the image; *done says how many. */
static enum disk_status read_image(u32 at, u16 count, u32 buffer, u16 *done)
{
    enum disk_status status = DISK_OK;

    for (*done = 0; *done < count && !status;) {
        u32 block = el.spec.image + at / PER_SECTOR;
        u16 inside = at % PER_SECTOR, n = count - *done;

        if (!inside && n >= PER_SECTOR) {
            n -= n % PER_SECTOR;
            status = read_cd(el.cd, block, n / PER_SECTOR, buffer);
        } else {
            n = n < PER_SECTOR - inside ? n : PER_SECTOR - inside;
            status = read_cd(el.cd, block, 1, phys_of(sector));
            far_write(buffer >> 4, buffer & 15, sector + inside * SECTOR_SIZE, n * SECTOR_SIZE);
        }
        if (status)
            break;
        at += n;
        *done += n;
        buffer += n * (u32)SECTOR_SIZE;
    }
    return status;
}

static u32 little_endian(const u8 *p)
{
    return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

/* ---- Starting ----------------------------------------------------------------------------- */

/* Reads the catalog's first sector. Returns what is wrong, or NULL. */
static const char *read_catalog(u8 cd, u32 *catalog)
{
    u16 sum = 0;

    if (read_cd(cd, DESCRIPTOR_SECTOR, 1, phys_of(sector)))
        return "cannot be read";
    if (memcmp(sector, "\0CD001\1EL TORITO SPECIFICATION", 30))
        return "not bootable";
    *catalog = little_endian(sector + DESCRIPTOR_CATALOG);
    if (read_cd(cd, *catalog, 1, phys_of(sector)))
        return "boot catalog cannot be read";
    for (unsigned i = 0; i < CATALOG_DEFAULT; i += 2)
        sum += sector[i] | sector[i + 1] << 8;
    if (sector[0] != 1 || sector[30] != 0x55 || sector[31] != 0xaa || sum)
        return "boot catalog is damaged";
    if (sector[1] != PLATFORM_X86 || sector[CATALOG_DEFAULT] != BOOTABLE)
        return "no boot image for a PC";
    return NULL;
}

static bool set_geometry(void)
{
    static const u8 floppy_sectors[] = {[MEDIA_1200K] = 15, [MEDIA_1440K] = 18, [MEDIA_2880K] = 36};
    u8 media = el.spec.media & MEDIA_TYPE;

    if (media < MEDIA_HARD_DISK) {
        el.geometry = (struct geometry){80, 2, floppy_sectors[media]};
        return true;
    }
    if (read_cd(el.cd, el.spec.image, 1, phys_of(sector)))
        return false;
    el.geometry = (struct geometry){(sector[MBR_CYLINDER] | (sector[MBR_SECTOR] & 0xc0u) << 2) + 1,
                                    sector[MBR_HEAD] + 1, sector[MBR_SECTOR] & 0x3f};
    return el.geometry.sectors != 0;
}

/* One drive more, or less, in the data area. */
static void count_drive(int change)
{
    u16 equipment = bda16(BDA_EQUIPMENT);
    unsigned floppies = equipment & EQUIPMENT_FLOPPY
                            ? (equipment >> EQUIPMENT_FLOPPIES_SHIFT & 3) + 1u
                            : 0;

    if (el.spec.drive & FIRST_HARD_DISK) {
        bda_set8(BDA_DISK_COUNT, (u8)(bda8(BDA_DISK_COUNT) + change));
        return;
    }
    floppies += change;
    equipment &= ~(EQUIPMENT_FLOPPY | 3 << EQUIPMENT_FLOPPIES_SHIFT);
    if (floppies)
        equipment |= EQUIPMENT_FLOPPY | (floppies - 1) << EQUIPMENT_FLOPPIES_SHIFT;
    bda_set16(BDA_EQUIPMENT, equipment);
}

static void stop_playing(void)
{
    if (el.playing)
        count_drive(-1);
    el.playing = false;
}

/* Begins to play a drive, if the image is one. */
static bool play(void)
{
    u8 media = el.spec.media & MEDIA_TYPE;

    if (media > MEDIA_HARD_DISK)
        return false;
    el.playing = media != MEDIA_NONE && set_geometry();
    if (el.playing) {
        el.spec.drive = media == MEDIA_HARD_DISK ? FIRST_HARD_DISK : 0;
        el.spec.ch = (u8)(el.geometry.cylinders - 1);
        el.spec.cl = (u8)((el.geometry.cylinders - 1) >> 2 & 0xc0) | el.geometry.sectors;
        el.spec.dh = el.geometry.heads - 1;
        count_drive(1);
    }
    return el.playing || media == MEDIA_NONE;
}

static bool load(struct eltorito_start *start)
{
    u16 segment = el.spec.segment, done;
    u32 count = el.spec.count ? el.spec.count : 1;

    if (segment * 16u + count * SECTOR_SIZE > LOAD_END)
        return false;
    *start = (struct eltorito_start){segment, el.spec.drive};
    return !read_image(0, count, segment * 16u, &done);
}

static bool start_image(struct eltorito_start *start)
{
    if (!el.spec.segment)
        el.spec.segment = DEFAULT_SEGMENT;
    if (play() && load(start))
        return true;
    stop_playing();
    return false;
}

/* As 0000:7C00 rather than as 07C0:0000. */
void eltorito_jump(const struct eltorito_start *start)
{
    boot_jump(start->segment & 0xf000, start->segment << 4, start->drive);
}

void eltorito_stop(void)
{
    stop_playing();
    el.booted = false;
}

bool eltorito_load(u8 cd, struct eltorito_start *start, const char **why)
{
    const u8 *entry = sector + CATALOG_DEFAULT;
    struct disk *d = cd_drive(cd);

    eltorito_stop();
    *why = "no disc";
    if (!d || atapi_ready(d))
        return false;
    el.cd = cd;
    *why = read_catalog(cd, &el.catalog);
    if (*why)
        return false;
    el.spec = (struct specification){.size = sizeof el.spec,
                                     .media = (entry[1] & MEDIA_TYPE) | MEDIA_ATAPI,
                                     .drive = cd,
                                     .controller = d->channel,
                                     .image = little_endian(entry + 8),
                                     .device = d->slave,
                                     .segment = entry[2] | entry[3] << 8,
                                     .count = entry[6] | entry[7] << 8};
    *why = "boot image cannot be loaded";
    el.booted = start_image(start);
    return el.booted;
}

/* ---- 4Ah to 4Dh --------------------------------------------------------------------------- */

/* 4Ah, 4Ch: play what DS:SI describes; 4Ch boots it, too. */
static enum disk_status initiate(struct regs *r, bool boot)
{
    struct eltorito_start start;
    struct specification spec;

    far_read(&spec, r->ds, r->si, sizeof spec);
    if (spec.size < sizeof spec || !cd_count())
        return DISK_BAD_COMMAND;
    eltorito_stop();
    el.spec = spec;
    el.cd = el.cd ? el.cd : FIRST_CD;
    el.booted = start_image(&start);
    if (!el.booted)
        return DISK_BAD_COMMAND;
    if (boot)
        eltorito_jump(&start);
    return DISK_OK;
}

/* 4Bh, AL: 0 end the play, 1 only tell. */
static enum disk_status status(struct regs *r)
{
    if (!el.booted)
        return DISK_BAD_COMMAND;
    far_write(r->ds, r->si, &el.spec, sizeof el.spec);
    if (r->al == 0)
        stop_playing();
    return DISK_OK;
}

static enum disk_status read_catalog_for(const struct regs *r)
{
    struct catalog_packet p;

    far_read(&p, r->ds, r->si, sizeof p);
    if (p.size < sizeof p || !el.booted)
        return DISK_BAD_COMMAND;
    return read_cd(el.cd, el.catalog + p.first, p.count, p.seg * 16u + p.off);
}

/* ---- The played drive --------------------------------------------------------------------- */

static enum disk_status chs_read(struct regs *r, bool verify)
{
    u16 done = 0, count = r->al;
    u32 at;
    enum disk_status answer = DISK_NO_SECTOR;

    if (count && disk_chs_to_sector(r, &el.geometry, &at)) {
        answer = verify ? DISK_OK : read_image(at, count, r->es * 16u + r->bx, &done);
        done = verify ? count : done;
    }
    r->al = (u8)done;
    return answer;
}

static void parameters(struct regs *r)
{
    static const u8 drive_type[] = {[MEDIA_1200K] = 2, [MEDIA_1440K] = 4, [MEDIA_2880K] = 5};
    u8 media = el.spec.media & MEDIA_TYPE;

    disk_geometry_answer(r, &el.geometry);
    r->al = 0;
    if (media == MEDIA_HARD_DISK) {
        r->bl = 0;
        r->dl = hard_disk_count() + 1;
        return;
    }
    r->bx = drive_type[media];
    r->dl = floppy_count() + 1;
    r->es = ESEG;
    r->di = (u16)(u32)floppy_parameter_table(el.geometry.sectors);
}

static void drive_kind(struct regs *r)
{
    u32 sectors = el.geometry.cylinders * el.geometry.heads * el.geometry.sectors;

    r->ah = 1; /* a floppy without change line */
    if ((el.spec.media & MEDIA_TYPE) != MEDIA_HARD_DISK)
        return;
    r->ah = 3;
    r->cx = sectors >> 16;
    r->dx = (u16)sectors;
}

static void played_service(struct regs *r)
{
    switch (r->ah) {
    case 0x00:
    case 0x09:
    case 0x0c:
    case 0x0d:
    case 0x10:
    case 0x11:
    case 0x14:
    case 0x16: disk_answer(r, DISK_OK); break;
    case 0x01: disk_last_status(r); break;
    case 0x02: disk_answer(r, chs_read(r, false)); break;
    case 0x03:
        r->al = 0;
        disk_answer(r, DISK_WRITE_PROTECTED);
        break;
    case 0x05: disk_answer(r, DISK_WRITE_PROTECTED); break;
    case 0x04: disk_answer(r, chs_read(r, true)); break;
    case 0x08:
        disk_answer(r, DISK_OK);
        parameters(r);
        break;
    case 0x15:
        disk_answer(r, DISK_OK);
        drive_kind(r);
        break;
    default: disk_answer(r, DISK_BAD_COMMAND);
    }
}

bool eltorito_service(struct regs *r)
{
    switch (r->ah) {
    case 0x4a: disk_answer(r, initiate(r, false)); return true;
    case 0x4b: disk_answer(r, status(r)); return true;
    case 0x4c: disk_answer(r, initiate(r, true)); return true;
    case 0x4d: disk_answer(r, read_catalog_for(r)); return true;
    }
    if (!el.playing || r->dl != el.spec.drive)
        return false;
    played_service(r);
    return true;
}
