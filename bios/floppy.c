/* SPDX-License-Identifier: MIT */
/*
 * Floppy drives: which medium is in, and INT 13h for numbers below 80h. IBM PS/2 and PC BIOS
 * Interface Technical Reference, INT 13h "Diskette"; media.def has the formats.
 *
 * A medium is not known after a reset, a change or an error. Then the rates that the drive takes
 * are tried until a sector's header can be read.
 */
#include "floppy.h"

#include "bda.h"
#include "disk.h"
#include "eltorito.h"
#include "fdc.h"
#include "post.h"

enum { MAX_DRIVES = 2, HEADS = 2, NOT_OURS = 0xFF };
enum { STATE_KNOWN = 1 << 4, STATE_DOUBLE_STEP = 1 << 5, RATE_1M = 3 };
enum { ST0_FAILED = 0xC0, ST0_NOT_READY = 1 << 3 };
enum { CHANGE_LINE = 2, NO_CHANGE_LINE = 1, TYPE_360K = 1 };
/* F000:EFC7 is where the IBM PC had the table. */
enum { DPT_VECTOR = 0x1E, DPT_PLACE = 0xEFC7, DPT_BYTES = 11, DEFAULT_SECTORS = 18 };

struct medium {
    u8 drive_type, cylinders, sectors, rate, state;
    u8 dpt[DPT_BYTES]; /* fdc.h has the layout */
};

#define MEDIA(type, cylinders, sectors, rate, state, gap, format_gap)                              \
    {type, cylinders, sectors,                                                                     \
     rate, state,     {0xdf, 0x02, 0x25, 2, sectors, gap, 0xff, format_gap, 0xf6, 15, 8}},
static const struct medium media[] = {
#include "media.def"
};
#undef MEDIA

/* Sizes as people call them, by the type in CMOS. */
static const char *const names[] = {"none", "360 KB", "1.2 MB", "720 KB", "1.44 MB", "2.88 MB"};

static struct {
    u8 type[MAX_DRIVES];
    const struct medium *medium[MAX_DRIVES];
    unsigned count;
} floppies;

unsigned floppy_count(void)
{
    return floppies.count;
}

const char *floppy_name(u8 drive)
{
    return names[floppies.type[drive]];
}

/* The drive's best medium. */
static const struct medium *best(u8 drive)
{
    const struct medium *m = media;

    while (m->drive_type != floppies.type[drive])
        m++;
    return m;
}

const u8 *floppy_parameter_table(u8 sectors)
{
    for (const struct medium *m = media; m < media + ARRAY_LEN(media); m++)
        if (m->sectors == sectors)
            return m->dpt;
    return NULL;
}

void floppy_init(void)
{
    u8 types = cmos_read(CMOS_FLOPPY);
    const u8 kinds[MAX_DRIVES] = {types >> 4, types & 15};

    far_write(FSEG, DPT_PLACE, floppy_parameter_table(DEFAULT_SECTORS), DPT_BYTES);
    set_vector(DPT_VECTOR, FSEG, DPT_PLACE);
    for (unsigned n = 0; n < MAX_DRIVES && kinds[n] && kinds[n] < ARRAY_LEN(names); n++)
        floppies.type[floppies.count++] = kinds[n];
    if (floppies.count && !fdc_reset()) {
        log_printf("floppy controller: no answer\n");
        floppies.count = 0;
    }
    if (floppies.count)
        bda_set16(BDA_EQUIPMENT, bda16(BDA_EQUIPMENT) | EQUIPMENT_FLOPPY |
                                     (floppies.count - 1) << EQUIPMENT_FLOPPIES_SHIFT);
}

/* ---- Errors ------------------------------------------------------------------------------- */

/* ST1: 7 end of cylinder  5 CRC  4 overrun  2 no such sector  1 write protected  0 no mark */
static enum disk_status result_status(void)
{
    static const u8 meaning[8] = {DISK_BAD_MARK,   DISK_WRITE_PROTECTED, DISK_NO_SECTOR,
                                  DISK_CONTROLLER, DISK_DMA_OVERRUN,     DISK_BAD_DATA,
                                  DISK_CONTROLLER, DISK_NO_SECTOR};
    u8 st0 = fdc_result(0), st1 = fdc_result(1);

    if (!(st0 & ST0_FAILED))
        return DISK_OK;
    if (st0 & ST0_NOT_READY)
        return DISK_TIMEOUT;
    for (int bit = 7; bit >= 0; bit--)
        if (st1 >> bit & 1)
            return meaning[bit];
    return DISK_CONTROLLER;
}

static void forget_medium(u8 drive)
{
    floppies.medium[drive] = NULL;
    bda_set8(BDA_FLOPPY_STATE + drive, bda8(BDA_FLOPPY_STATE + drive) & ~STATE_KNOWN);
}

static void forget_position(u8 drive)
{
    bda_set8(BDA_FLOPPY_RECALIBRATE, bda8(BDA_FLOPPY_RECALIBRATE) & ~(1 << drive));
}

/* ---- Where the head is -------------------------------------------------------------------- */

static enum disk_status recalibrate(u8 drive)
{
    if (!fdc_recalibrate(drive))
        return DISK_SEEK;
    bda_set8(BDA_FLOPPY_RECALIBRATE, bda8(BDA_FLOPPY_RECALIBRATE) | 1 << drive);
    bda_set8(BDA_FLOPPY_TRACK + drive, 0);
    return DISK_OK;
}

static enum disk_status go_to(u8 drive, u8 head, u8 cylinder)
{
    enum disk_status status = DISK_OK;

    if (!(bda8(BDA_FLOPPY_RECALIBRATE) >> drive & 1))
        status = recalibrate(drive);
    if (bda8(BDA_FLOPPY_STATE + drive) & STATE_DOUBLE_STEP)
        cylinder *= 2;
    if (status || bda8(BDA_FLOPPY_TRACK + drive) == cylinder)
        return status;
    if (!fdc_seek(drive, head, cylinder)) {
        forget_position(drive);
        return DISK_SEEK;
    }
    bda_set8(BDA_FLOPPY_TRACK + drive, cylinder);
    delay_us(dpt_byte(DPT_SETTLE_MS) * 1000u);
    return DISK_OK;
}

/* ---- Which medium ------------------------------------------------------------------------- */

static void use_medium(u8 drive, const struct medium *m)
{
    /* gap 1, write gate 1: the 2.88 MB disk's perpendicular recording */
    struct fdc_command c = {.bytes = {FDC_PERPENDICULAR, m->rate == RATE_1M ? 3 : 0}, .length = 2};

    fdc_set_rate(m->rate);
    if (floppies.type[drive] == 5)
        fdc_send(&c);
    floppies.medium[drive] = m;
    bda_set8(BDA_FLOPPY_STATE + drive, m->state);
    bda_set8(BDA_FLOPPY_RATE, m->rate << 6);
}

static bool readable(u8 drive)
{
    struct fdc_command c = {.bytes = {FDC_READ_ID, drive}, .length = 2};

    return fdc_run(&c) && !result_status();
}

static enum disk_status find_medium(u8 drive)
{
    if (recalibrate(drive))
        return DISK_TIMEOUT;
    for (const struct medium *m = media; m < media + ARRAY_LEN(media); m++)
        if (m->drive_type == floppies.type[drive]) {
            use_medium(drive, m);
            if (readable(drive))
                return DISK_OK;
        }
    forget_medium(drive);
    forget_position(drive);
    return DISK_TIMEOUT; /* as if no index hole had come by */
}

/* The change line falls with the next step, if there is a disk. True: it was up. */
static bool changed(u8 drive)
{
    if (floppies.type[drive] == TYPE_360K || !fdc_disk_changed())
        return false;
    forget_medium(drive);
    fdc_seek(drive, 0, 1);
    recalibrate(drive);
    return true;
}

/* Motor on, medium known, head on its cylinder. */
static enum disk_status prepare(u8 drive, u8 head, u8 cylinder, bool write)
{
    bool known = bda8(BDA_FLOPPY_STATE + drive) & STATE_KNOWN;
    bool running = fdc_select(drive);
    enum disk_status status = DISK_OK;

    if (write && !running) /* what is read too early is read again, what is written is not */
        delay_us(dpt_byte(DPT_MOTOR_START) * 125000u);
    if (changed(drive) && known)
        return fdc_disk_changed() ? DISK_TIMEOUT : DISK_CHANGED;
    if (!floppies.medium[drive])
        status = find_medium(drive);
    else
        use_medium(drive, floppies.medium[drive]);
    return status ? status : go_to(drive, head, cylinder);
}

static enum disk_status finish(u8 drive, enum disk_status status)
{
    if (status && status != DISK_CHANGED && status != DISK_WRITE_PROTECTED &&
        status != DISK_NO_SECTOR) {
        forget_medium(drive);
        forget_position(drive);
    }
    fdc_idle();
    return status;
}

/* ---- 02h to 05h --------------------------------------------------------------------------- */

/* The last sector of a track: what the parameter table says, if a program has changed it. */
static u8 track_end(u8 drive)
{
    u8 said = dpt_byte(DPT_SECTORS);

    return said == DEFAULT_SECTORS ? floppies.medium[drive]->sectors : said;
}

static enum disk_status data_command(struct regs *r, u8 drive, struct fdc_command *c)
{
    enum disk_status status;

    if (c->mode && (c->buffer & 0xffff) + c->size > 0x10000)
        return DISK_DMA_BOUNDARY;
    status = prepare(drive, r->dh, r->ch, c->mode == FDC_DMA_FROM_MEMORY);
    if (!status && c->bytes[0] != FDC_FORMAT)
        c->bytes[6] = track_end(drive);
    if (!status && !fdc_run(c)) {
        fdc_reset();
        status = DISK_TIMEOUT;
    }
    return finish(drive, status ? status : result_status());
}

static enum disk_status transfer(struct regs *r, u8 drive, u8 opcode, u8 mode)
{
    u8 size_code = dpt_byte(DPT_SIZE_CODE) & 3, count = r->al;
    u32 sector_size = 128u << size_code;
    struct fdc_command c = {.bytes = {opcode, r->dh << 2 | drive, r->ch, r->dh, r->cl & 0x3f,
                                      size_code, 0, dpt_byte(DPT_GAP), dpt_byte(DPT_LENGTH)},
                            .length = 9,
                            .mode = mode,
                            .buffer = r->es * 16u + r->bx,
                            .size = count * sector_size};
    enum disk_status status;

    r->al = 0;
    if (!count || r->dh >= HEADS || !(r->cl & 0x3f))
        return DISK_BAD_COMMAND;
    if (opcode == FDC_VERIFY) { /* EC: the last byte counts sectors */
        c.bytes[1] |= 0x80;
        c.bytes[8] = count;
    }
    status = data_command(r, drive, &c);
    if (!status)
        r->al = count;
    else if (mode && status != DISK_DMA_BOUNDARY && status != DISK_TIMEOUT &&
             status != DISK_CHANGED && status != DISK_SEEK)
        r->al = count - (fdc_dma_left() + sector_size - 1) / sector_size;
    return status;
}

/* 05h: ES:BX holds cylinder, head, sector, size code of each sector. */
static enum disk_status format(struct regs *r, u8 drive)
{
    u8 sectors = dpt_byte(DPT_SECTORS);
    struct fdc_command c = {.bytes = {FDC_FORMAT, r->dh << 2 | drive, dpt_byte(DPT_SIZE_CODE),
                                      sectors, dpt_byte(DPT_FORMAT_GAP), dpt_byte(DPT_FILL)},
                            .length = 6,
                            .mode = FDC_DMA_FROM_MEMORY,
                            .buffer = r->es * 16u + r->bx,
                            .size = sectors * 4u};

    if (r->dh >= HEADS)
        return DISK_BAD_COMMAND;
    if (!floppies.medium[drive]) /* nothing to find on a new disk: the drive's best */
        use_medium(drive, best(drive));
    return data_command(r, drive, &c);
}

/* ---- The rest ----------------------------------------------------------------------------- */

static enum disk_status reset(void)
{
    for (u8 drive = 0; drive < floppies.count; drive++)
        forget_position(drive);
    return fdc_reset() ? DISK_OK : DISK_CONTROLLER;
}

/* 08h, of a drive that is there or not */
static enum disk_status parameters(struct regs *r, u8 drive)
{
    const struct medium *m;

    r->ax = r->bx = r->cx = r->dx = 0;
    r->dl = (u8)(floppies.count + eltorito_plays(0));
    r->es = r->di = 0;
    if (drive >= floppies.count)
        return DISK_BAD_COMMAND;
    m = best(drive);
    r->bl = floppies.type[drive];
    r->ch = m->cylinders - 1;
    r->cl = m->sectors;
    r->dh = HEADS - 1;
    r->es = ESEG;
    r->di = (u16)(u32)m->dpt;
    return DISK_OK;
}

static void answer(struct regs *r, enum disk_status status)
{
    r->ah = status;
    set_cf(r, status != DISK_OK);
    bda_set8(BDA_FLOPPY_STATUS, status);
}

/* 15h */
static void drive_type(struct regs *r, u8 drive)
{
    answer(r, DISK_OK);
    if (drive < floppies.count)
        r->ah = floppies.type[drive] == TYPE_360K ? NO_CHANGE_LINE : CHANGE_LINE;
}

/* 16h: is the change line up? */
static enum disk_status change_line(u8 drive)
{
    bool up;

    fdc_select(drive);
    up = changed(drive);
    fdc_idle();
    return up ? DISK_CHANGED : DISK_OK;
}

/* 17h, AL: 1 360 KB in its drive, 2 360 KB in a 1.2 MB drive, 3 1.2 MB, 4 720 KB */
static enum disk_status set_type(const struct regs *r, u8 drive)
{
    static const u8 kinds[] = {NOT_OURS, 0x93, 0x74, 0x15, 0x97};

    for (const struct medium *m = media; m < media + ARRAY_LEN(media); m++)
        if (r->al < ARRAY_LEN(kinds) && m->drive_type == floppies.type[drive] &&
            m->state == kinds[r->al]) {
            use_medium(drive, m);
            return DISK_OK;
        }
    return DISK_BAD_COMMAND;
}

/* 18h, CH: last cylinder, CL: sectors; ES:DI := parameter table */
static enum disk_status set_media(struct regs *r, u8 drive)
{
    for (const struct medium *m = media; m < media + ARRAY_LEN(media); m++)
        if (m->drive_type == floppies.type[drive] && m->cylinders - 1 == r->ch &&
            m->sectors == (r->cl & 0x3f)) {
            use_medium(drive, m);
            r->es = ESEG;
            r->di = (u16)(u32)m->dpt;
            return DISK_OK;
        }
    return DISK_BAD_MEDIA;
}

static enum disk_status service(struct regs *r, u8 drive)
{
    switch (r->ah) {
    case 0x00: return reset();
    case 0x01: return bda8(BDA_FLOPPY_STATUS);
    case 0x02: return transfer(r, drive, FDC_READ, FDC_DMA_TO_MEMORY);
    case 0x03: return transfer(r, drive, FDC_WRITE, FDC_DMA_FROM_MEMORY);
    case 0x04: return transfer(r, drive, FDC_VERIFY, 0);
    case 0x05: return format(r, drive);
    case 0x16: return change_line(drive);
    case 0x17: return set_type(r, drive);
    case 0x18: return set_media(r, drive);
    default: return DISK_BAD_COMMAND;
    }
}

void floppy_service(struct regs *r, u8 drive)
{
    enum disk_status status;

    if (r->ah == 0x15) {
        drive_type(r, drive);
        return;
    }
    if (r->ah == 0x08)
        status = parameters(r, drive);
    else if (r->ah == 0x00 || drive < floppies.count)
        status = service(r, drive);
    else
        status = DISK_BAD_COMMAND;
    answer(r, status);
}
