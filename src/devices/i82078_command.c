/* SPDX-License-Identifier: MIT */
/*
 * The 82078's commands: the command phase, seeks, and those that have no execution phase. Data
 * sheet, chapters 5 and 6. A first byte is looked up in the table; a byte in no row, or SENSE
 * INTERRUPT STATUS with nothing to tell, is answered by ST0 = 80h.
 *
 *     second byte of most:  2 head  1,0 drive
 *     ST0:  7,6 normal/abnormal/invalid/polling  5 seek end  4 equipment check  2 head  1,0 drive
 *     ST3:  6 write protect  5 one  4 track 0  3 one  2 head  1,0 drive
 */
#include "base/bits.h"
#include "base/log.h"
#include "devices/i82078_state.h"

#define VERSION_ENHANCED 0x90
#define PART_STEPPING 0x41
#define DRIVE_SPECIFICATION 0x8e
#define SPEC_DONE 0x80
#define SPEC_NO_RESULTS 0x40
#define SEEK_OUTWARDS 0x40 /* of RELATIVE SEEK: set is towards higher cylinders */
#define SAVED 16           /* bytes of SAVE and RESTORE */
#define VERIFY_EC 0x80     /* of VERIFY's second byte: DTL counts sectors */

void fdc_defaults(struct i82078 *c)
{
    c->config = (c->config & CONFIG_EIS) | CONFIG_EFIFO;
    c->pretrack = 0;
}

static struct floppy_unit *unit_of(struct i82078 *c)
{
    return &c->unit[c->fifo[1] & 3];
}

/* ---- Seeks -------------------------------------------------------------------------------- */

void fdc_seek_ends(void *unit)
{
    struct floppy_unit *u = unit;
    struct i82078 *c = u->chip;

    if (u->target != u->track && u->drive && u->drive->medium)
        u->changed = 0;
    u->track = u->target;
    u->seeking = 0;
    u->pending = 1;
    c->reset_sense = 0;
    fdc_raise(c);
}

static void seek(struct i82078 *c, u8 target, u8 st0)
{
    struct floppy_unit *u = unit_of(c);
    u64 steps = target > u->track ? target - u->track : u->track - target;

    u->target = target;
    u->st0 = (u8)(st0 | ST0_SEEK_END | (c->fifo[1] & 7));
    u->seeking = 1;
    u->pending = 0;
    timer_arm(&u->step, clock_now(c->dev.clock) + SETTLE_NS + steps * STEP_NS);
    fdc_result(c, 0);
}

static void run_seek(struct i82078 *c)
{
    seek(c, c->fifo[2], ST0_NORMAL);
}

static void run_relative_seek(struct i82078 *c)
{
    unsigned at = unit_of(c)->track, by = c->fifo[2];
    unsigned target = at > by ? at - by : 0;

    if (c->fifo[0] & SEEK_OUTWARDS)
        target = at + by < 255 ? at + by : 255;
    seek(c, (u8)target, ST0_NORMAL);
}

/* Without a drive the track 0 signal never comes. */
static void run_recalibrate(struct i82078 *c)
{
    c->fifo[1] &= 3;
    seek(c, 0, unit_of(c)->drive ? ST0_NORMAL : ST0_ABNORMAL | ST0_EQUIPMENT_CHECK);
}

static void invalid(struct i82078 *c)
{
    LOG(c->dev.log, GUEST_ERROR, "82078: command %02x is invalid here", c->fifo[0]);
    c->fifo[0] = ST0_INVALID;
    fdc_result(c, 1);
}

static void sense(struct i82078 *c, u8 st0, u8 pcn)
{
    c->fifo[0] = st0;
    c->fifo[1] = pcn;
    fdc_result(c, 2);
}

/* First the four of a reset, then seeks that ended, lowest drive first. */
static void run_sense_interrupt(struct i82078 *c)
{
    struct floppy_unit *told = NULL;

    if (c->reset_sense) {
        unsigned n = I82078_UNITS - c->reset_sense--;
        fdc_lower(c);
        sense(c, (u8)(ST0_POLLING | n), c->unit[n % I82078_UNITS].track);
        return;
    }
    for (unsigned i = I82078_UNITS; i-- > 0;)
        if (c->unit[i].pending)
            told = &c->unit[i];
    if (!told) {
        invalid(c);
        return;
    }
    told->pending = 0;
    fdc_lower(c);
    sense(c, told->st0, told->track);
}

static void run_sense_drive(struct i82078 *c)
{
    const struct floppy_unit *u = unit_of(c);
    bool protected = u->drive && u->drive->medium && u->drive->medium->read_only;

    c->fifo[0] = (u8)(0x28 | (c->fifo[1] & 7));
    if (protected)
        c->fifo[0] |= 0x40;
    if (u->drive && u->track == 0)
        c->fifo[0] |= 0x10;
    fdc_result(c, 1);
}

/* ---- Settings ----------------------------------------------------------------------------- */

static void run_specify(struct i82078 *c)
{
    memcpy(c->specify, c->fifo + 1, sizeof c->specify);
    fdc_result(c, 0);
}

static void run_configure(struct i82078 *c)
{
    c->config = c->fifo[2] & 0x7f;
    c->pretrack = c->fifo[3];
    fdc_result(c, 0);
}

/* OW, bit 7, opens the drives' bits to be written. */
static void run_perpendicular(struct i82078 *c)
{
    u8 v = c->fifo[1], kept = v & 0x80 ? 0 : c->perpendicular & 0x3c;

    c->perpendicular = (v & 0x80 ? v & 0x3f : v & 0x03) | kept;
    fdc_result(c, 0);
}

static void run_lock(struct i82078 *c)
{
    c->lock = c->fifo[0] >> 7;
    c->fifo[0] = (u8)(c->lock << 4);
    fdc_result(c, 1);
}

static void run_version(struct i82078 *c)
{
    c->fifo[0] = VERSION_ENHANCED;
    fdc_result(c, 1);
}

static void run_part_id(struct i82078 *c)
{
    c->fifo[0] = PART_STEPPING;
    fdc_result(c, 1);
}

static u8 lock_and_perpendicular(const struct i82078 *c)
{
    return (u8)(c->lock << 7 | c->perpendicular);
}

static void run_dumpreg(struct i82078 *c)
{
    for (unsigned i = 0; i < I82078_UNITS; i++)
        c->fifo[i] = c->unit[i].track;
    memcpy(c->fifo + 4, c->specify, sizeof c->specify);
    c->fifo[6] = c->last_eot;
    c->fifo[7] = lock_and_perpendicular(c);
    c->fifo[8] = c->config;
    c->fifo[9] = c->pretrack;
    fdc_result(c, 10);
}

static void run_save(struct i82078 *c)
{
    memset(c->fifo, 0, SAVED);
    c->fifo[1] = c->option;
    for (unsigned i = 0; i < I82078_UNITS; i++)
        c->fifo[2 + i] = c->unit[i].track;
    memcpy(c->fifo + 6, c->specify, sizeof c->specify);
    c->fifo[8] = c->last_eot;
    c->fifo[9] = lock_and_perpendicular(c);
    c->fifo[10] = c->config;
    c->fifo[11] = c->pretrack;
    c->fifo[12] = c->power_down;
    fdc_result(c, SAVED);
}

/* The heads stay where they are, whatever PCNs are restored. */
static void run_restore(struct i82078 *c)
{
    const u8 *saved = c->fifo + 1;

    c->option = saved[1];
    memcpy(c->specify, saved + 6, sizeof c->specify);
    c->last_eot = saved[8];
    c->lock = saved[9] >> 7;
    c->perpendicular = saved[9] & 0x3f;
    c->config = saved[10] & 0x7f;
    c->pretrack = saved[11];
    c->power_down = saved[12];
    fdc_result(c, 0);
}

static void run_option(struct i82078 *c)
{
    c->option = c->fifo[1];
    fdc_result(c, 0);
}

static void run_power_down(struct i82078 *c)
{
    c->power_down = c->fifo[1];
    c->fifo[0] = c->power_down;
    fdc_result(c, 1);
}

/* As many bytes as there are drives to specify, then one that says so. */
static void run_drive_specification(struct i82078 *c)
{
    u8 last = c->fifo[c->count - 1];

    for (unsigned i = 1; i + 1u < c->count; i++) {
        unsigned drive = c->fifo[i] >> 5 & 3;
        if (drive < ARRAY_LEN(c->drive_spec))
            c->drive_spec[drive] = c->fifo[i] & 0x1f;
    }
    memset(c->fifo, 0, 4);
    memcpy(c->fifo, c->drive_spec, sizeof c->drive_spec);
    fdc_result(c, last & SPEC_NO_RESULTS ? 0 : 4);
}

/* ---- Data commands ------------------------------------------------------------------------ */

static void begin(struct i82078 *c, enum fdc_transfer kind)
{
    c->run = (struct fdc_run){
        .kind = (u8)kind,
        .unit = c->fifo[1] & 3,
        .head = c->fifo[1] >> 2 & 1,
        .multi_track = c->fifo[0] >> 7,
        .skip = c->fifo[0] >> 5 & 1,
        .pio = c->specify[1] & SPECIFY_ND,
    };
}

/* C, H, R, N, EOT, GPL, DTL follow the second byte. */
static void begin_sectors(struct i82078 *c, enum fdc_transfer kind)
{
    begin(c, kind);
    c->run.c = c->fifo[2];
    c->run.h = c->fifo[3];
    c->run.r = c->fifo[4];
    c->run.n = c->fifo[5];
    c->run.eot = c->last_eot = c->fifo[6];
    c->run.dtl = c->fifo[8];
    fdc_start(c);
}

static void run_read(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_READ);
}

static void run_read_deleted(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_READ);
    c->run.deleted = 1;
}

static void run_write(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_WRITE);
}

static void run_read_track(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_READ_TRACK);
}

static void run_verify(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_VERIFY);
    if (!(c->fifo[1] & VERIFY_EC))
        c->run.dtl = 0;
}

static void run_scan_equal(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_SCAN_EQUAL);
}

static void run_scan_low(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_SCAN_LOW);
}

static void run_scan_high(struct i82078 *c)
{
    begin_sectors(c, TRANSFER_SCAN_HIGH);
}

static void run_read_id(struct i82078 *c)
{
    begin(c, TRANSFER_READ_ID);
    fdc_start(c);
}

/* N, SC, GPL, D: what a sector is filled with. */
static void run_format(struct i82078 *c)
{
    begin(c, TRANSFER_FORMAT);
    c->run.n = c->fifo[2];
    c->run.eot = c->last_eot = c->fifo[3];
    c->run.dtl = c->fifo[5];
    fdc_start(c);
}

/* ---- The table ---------------------------------------------------------------------------- */

struct command {
    u8 mask, value; /* of the first byte */
    u8 length;
    const char *name;
    void (*run)(struct i82078 *c);
};

/* What the masks leave out: MT, MFM, SK of data commands, LOCK's and RELATIVE SEEK's bit. */
static const struct command commands[] = {
    /* clang-format off */
    {0x9f, 0x02, 9, "READ TRACK",             run_read_track},
    {0xff, 0x03, 3, "SPECIFY",                run_specify},
    {0xff, 0x04, 2, "SENSE DRIVE STATUS",     run_sense_drive},
    {0x3f, 0x05, 9, "WRITE DATA",             run_write},
    {0x1f, 0x06, 9, "READ DATA",              run_read},
    {0xff, 0x07, 2, "RECALIBRATE",            run_recalibrate},
    {0xff, 0x08, 1, "SENSE INTERRUPT STATUS", run_sense_interrupt},
    {0x3f, 0x09, 9, "WRITE DELETED DATA",     run_write},
    {0xbf, 0x0a, 2, "READ ID",                run_read_id},
    {0x1f, 0x0c, 9, "READ DELETED DATA",      run_read_deleted},
    {0xbf, 0x0d, 6, "FORMAT TRACK",           run_format},
    {0xff, 0x0e, 1, "DUMPREG",                run_dumpreg},
    {0xff, 0x0f, 3, "SEEK",                   run_seek},
    {0xff, 0x10, 1, "VERSION",                run_version},
    {0x1f, 0x11, 9, "SCAN EQUAL",             run_scan_equal},
    {0xff, 0x12, 2, "PERPENDICULAR MODE",     run_perpendicular},
    {0xff, 0x13, 4, "CONFIGURE",              run_configure},
    {0x7f, 0x14, 1, "LOCK",                   run_lock},
    {0x1f, 0x16, 9, "VERIFY",                 run_verify},
    {0xff, 0x17, 2, "POWERDOWN MODE",         run_power_down},
    {0xff, 0x18, 1, "PART ID",                run_part_id},
    {0x1f, 0x19, 9, "SCAN LOW OR EQUAL",      run_scan_low},
    {0x1f, 0x1d, 9, "SCAN HIGH OR EQUAL",     run_scan_high},
    {0xff, 0x2e, 1, "SAVE",                   run_save},
    {0xff, 0x33, 2, "OPTION",                 run_option},
    {0xff, 0x4e, 1 + SAVED, "RESTORE",        run_restore},
    {0xff, DRIVE_SPECIFICATION, 6, "DRIVE SPECIFICATION", run_drive_specification},
    {0xbf, 0x8f, 3, "RELATIVE SEEK",          run_relative_seek},
    /* clang-format on */
};

static const struct command *find(u8 byte)
{
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
        if ((byte & commands[i].mask) == commands[i].value)
            return &commands[i];
    return NULL;
}

void fdc_command_byte(struct i82078 *c, u8 byte)
{
    const struct command *command;
    bool specified;

    if (c->count < sizeof c->fifo)
        c->fifo[c->count++] = byte;
    command = find(c->fifo[0]);
    if (!command) {
        invalid(c);
        return;
    }
    specified = command->value == DRIVE_SPECIFICATION && c->count > 1 && (byte & SPEC_DONE);
    if (c->count < command->length && !specified)
        return;
    LOG(c->dev.log, FDC, "%s: %02x %02x %02x %02x %02x %02x", command->name, c->fifo[0], c->fifo[1],
        c->fifo[2], c->fifo[3], c->fifo[4], c->fifo[6]);
    command->run(c);
}
