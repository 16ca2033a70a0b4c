/* SPDX-License-Identifier: MIT */
/*
 * The 82078 floppy disk controller in PS/2 mode: registers, phases, reset. Intel 82078 (64 pin)
 * data sheet, chapters 2 to 5; the 82077AA's is the same chip's older one.
 *
 *     3F0 SRA   7 INT  6 DRV2#  5 STEP  4 TRK0#  3 HDSEL  2 INDX#  1 WP#  0 DIR
 *     3F1 SRB   7,6 one  5 select 0  4,3 data toggles  2 write enable  1,0 motors
 *     3F2 DOR   7..4 motors  3 DMA gate (no effect in PS/2 mode)  2 not reset  1,0 select
 *     3F3 TDR   1,0 tape
 *     3F4 MSR   7 RQM  6 DIO  5 non-DMA  4 command busy  3..0 drives seeking
 *     3F4 DSR   (written) 7 reset  6 power down  4..2 precompensation  1,0 rate
 *     3F5 FIFO
 *     3F7 DIR   7 disk change  6..3 one  2,1 rate  0 HIGH DEN#      CCR (written) 1,0 rate
 *
 * A drive here turns some 40 times faster than a real one and steps in no time, so that a boot
 * needn't wait; the order of events is a real one's.
 */
#include "base/bits.h"
#include "base/log.h"
#include "devices/i82078_state.h"

enum { SRA, SRB, DOR, TDR, MSR, FIFO };
#define DSR MSR

#define DOR_NOT_RESET 0x04
#define DSR_RESET 0x80
#define MSR_RQM 0x80
#define MSR_DIO 0x40
#define MSR_NON_DMA 0x20
#define MSR_BUSY 0x10
#define DIR_CHANGE 0x80
#define DIR_ONES 0x78
#define DIR_NOT_HIGH_DENSITY 0x01

#define UNIT_FIELDS(n)                                                                             \
    FIELD_TIMER(struct i82078, unit[n].step, "drive " #n " step"),                                 \
        FIELD(struct i82078, unit[n].track, "drive " #n " PCN"),                                   \
        FIELD(struct i82078, unit[n].target, "drive " #n " target"),                               \
        FIELD(struct i82078, unit[n].seeking, "drive " #n " seeking"),                             \
        FIELD(struct i82078, unit[n].st0, "drive " #n " ST0"),                                     \
        FIELD(struct i82078, unit[n].pending, "drive " #n " seek end"),                            \
        FIELD(struct i82078, unit[n].changed, "drive " #n " DSKCHG")

static const struct field i82078_fields[] = {
    FIELD_TIMER(struct i82078, exec, "execution"),
    FIELD_TIMER(struct i82078, service, "service request"),
    UNIT_FIELDS(0),
    UNIT_FIELDS(1),
    UNIT_FIELDS(2),
    UNIT_FIELDS(3),
    FIELD(struct i82078, dor, "DOR"),
    FIELD(struct i82078, tdr, "TDR"),
    FIELD(struct i82078, rate, "data rate"),
    FIELD(struct i82078, irq, "INT"),
    FIELD(struct i82078, phase, "phase"),
    FIELD_BUFFER(struct i82078, fifo, "command or result"),
    FIELD(struct i82078, count, "bytes"),
    FIELD(struct i82078, taken, "bytes taken"),
    FIELD(struct i82078, reset_sense, "reset statuses"),
    FIELD_BUFFER(struct i82078, specify, "SPECIFY"),
    FIELD(struct i82078, config, "CONFIGURE"),
    FIELD(struct i82078, pretrack, "PRETRK"),
    FIELD(struct i82078, lock, "LOCK"),
    FIELD(struct i82078, perpendicular, "PERPENDICULAR MODE"),
    FIELD(struct i82078, option, "OPTION"),
    FIELD(struct i82078, power_down, "POWERDOWN MODE"),
    FIELD_BUFFER(struct i82078, drive_spec, "DRIVE SPECIFICATION"),
    FIELD(struct i82078, last_eot, "EOT"),
    FIELD(struct i82078, run.kind, "run"),
    FIELD(struct i82078, run.stage, "run stage"),
    FIELD(struct i82078, run.unit, "run drive"),
    FIELD(struct i82078, run.head, "run head"),
    FIELD(struct i82078, run.c, "run C"),
    FIELD(struct i82078, run.h, "run H"),
    FIELD(struct i82078, run.r, "run R"),
    FIELD(struct i82078, run.n, "run N"),
    FIELD(struct i82078, run.eot, "run EOT"),
    FIELD(struct i82078, run.dtl, "run DTL"),
    FIELD(struct i82078, run.multi_track, "run MT"),
    FIELD(struct i82078, run.skip, "run SK"),
    FIELD(struct i82078, run.deleted, "run deleted"),
    FIELD(struct i82078, run.done, "run sectors"),
    FIELD(struct i82078, run.tc, "run TC"),
    FIELD(struct i82078, run.st1, "run ST1"),
    FIELD(struct i82078, run.st2, "run ST2"),
    FIELD(struct i82078, run.pio, "run non-DMA"),
    FIELD(struct i82078, run.at, "buffer at"),
    FIELD(struct i82078, run.len, "buffer length"),
    FIELD_BUFFER(struct i82078, buffer, "buffer"),
};

void fdc_raise(struct i82078 *c)
{
    c->irq = 1;
    irq_set(&c->dev.out[I82078_IRQ], true);
}

void fdc_lower(struct i82078 *c)
{
    c->irq = 0;
    irq_set(&c->dev.out[I82078_IRQ], false);
}

void fdc_result(struct i82078 *c, unsigned count)
{
    c->phase = count ? PHASE_RESULT : PHASE_COMMAND;
    c->count = (u8)count;
    c->taken = 0;
    irq_set(&c->dev.out[I82078_DREQ], false);
}

const struct floppy_format *fdc_medium(const struct i82078 *c, const struct floppy_unit *u)
{
    bool turns = c->dor >> (4 + u->number) & 1;
    const struct floppy_format *f = u->drive ? floppy_format(drive_size(u->drive)) : NULL;

    return f && turns && f->rate == c->rate ? f : NULL;
}

/* ---- Reset -------------------------------------------------------------------------------- */

/* What a reset by DOR or DSR stops and forgets; LOCK keeps the FIFO's settings. */
static void stop(struct i82078 *c)
{
    timer_disarm(&c->exec);
    timer_disarm(&c->service);
    for (unsigned i = 0; i < I82078_UNITS; i++) {
        timer_disarm(&c->unit[i].step);
        c->unit[i].seeking = c->unit[i].pending = 0;
    }
    fdc_result(c, 0);
    c->reset_sense = 0;
    c->perpendicular &= 0x3c;
    if (!c->lock)
        fdc_defaults(c);
    fdc_lower(c);
}

/* The end of a reset: all drives' states are news. */
static void start_anew(struct i82078 *c)
{
    c->reset_sense = I82078_UNITS;
    fdc_raise(c);
}

static void write_dor(struct i82078 *c, u8 value)
{
    u8 old = c->dor;

    LOG(c->dev.log, FDC, "DOR %02x", value);
    c->dor = value;
    if ((old & DOR_NOT_RESET) && !(value & DOR_NOT_RESET))
        stop(c);
    if (!(old & DOR_NOT_RESET) && (value & DOR_NOT_RESET))
        start_anew(c);
}

static void write_dsr(struct i82078 *c, u8 value)
{
    c->rate = value & 3;
    if (!(value & DSR_RESET))
        return;
    stop(c);
    if (c->dor & DOR_NOT_RESET)
        start_anew(c);
}

/* ---- Registers ---------------------------------------------------------------------------- */

static struct floppy_unit *selected(struct i82078 *c)
{
    return &c->unit[c->dor & 3];
}

static u8 read_sra(struct i82078 *c)
{
    const struct floppy_unit *u = selected(c);
    bool protected = u->drive && u->drive->medium && u->drive->medium->read_only;
    u8 v = (u8)(c->irq << 7 | 0x04);

    if (!c->unit[1].drive)
        v |= 0x40;
    if (u->track || !u->drive)
        v |= 0x10;
    if (c->run.head)
        v |= 0x08;
    if (!protected)
        v |= 0x02;
    if (u->target > u->track)
        v |= 0x01;
    return v;
}

static u8 read_msr(const struct i82078 *c)
{
    u8 v = 0;

    if (!(c->dor & DOR_NOT_RESET))
        return 0;
    for (unsigned i = 0; i < I82078_UNITS; i++)
        if (c->unit[i].seeking || c->unit[i].pending)
            v |= (u8)BIT(i);
    switch (c->phase) {
    case PHASE_COMMAND: return v | MSR_RQM | (c->count ? MSR_BUSY : 0);
    case PHASE_RESULT: return v | MSR_RQM | MSR_DIO | MSR_BUSY;
    default: break;
    }
    if (c->run.pio)
        v |= MSR_NON_DMA;
    if (c->run.stage == STAGE_HOST)
        v |= (u8)(MSR_RQM | (fdc_to_host(c) ? MSR_DIO : 0));
    return v | MSR_BUSY;
}

static u8 read_fifo(struct i82078 *c)
{
    u8 v;

    if (c->phase == PHASE_EXECUTION)
        return fdc_data_read(c);
    if (c->phase != PHASE_RESULT) {
        LOG(c->dev.log, GUEST_ERROR, "82078: FIFO read, nothing there");
        return 0;
    }
    if (c->taken == 0)
        fdc_lower(c);
    v = c->fifo[c->taken++ % sizeof c->fifo];
    if (c->taken >= c->count) {
        fdc_result(c, 0);
        for (unsigned i = 0; i < I82078_UNITS; i++)
            if (c->unit[i].pending)
                fdc_raise(c); /* a seek that ended in between, or another one */
    }
    return v;
}

static void write_fifo(struct i82078 *c, u8 value)
{
    if (!(c->dor & DOR_NOT_RESET))
        return;
    if (c->phase == PHASE_EXECUTION)
        fdc_data_write(c, value);
    else if (c->phase == PHASE_COMMAND)
        fdc_command_byte(c, value);
    else
        LOG(c->dev.log, GUEST_ERROR, "82078: %02x written before the results are read", value);
}

static u64 regs_read(struct device *d, u64 offset, unsigned size)
{
    struct i82078 *c = (struct i82078 *)d;

    switch (offset) {
    case SRA: return read_sra(c);
    case SRB: return 0xc0u | (c->dor & 1u) << 5 | (c->dor >> 4 & 3u);
    case DOR: return c->dor;
    case TDR: return 0xfcu | c->tdr;
    case MSR: return read_msr(c);
    default: return read_fifo(c);
    }
}

static void regs_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct i82078 *c = (struct i82078 *)d;

    switch (offset) {
    case DOR: write_dor(c, (u8)value); break;
    case TDR: c->tdr = value & 3; break;
    case DSR: write_dsr(c, (u8)value); break;
    case FIFO: write_fifo(c, (u8)value); break;
    default: break; /* SRA and SRB are read-only */
    }
}

static u64 dir_read(struct device *d, u64 offset, unsigned size)
{
    struct i82078 *c = (struct i82078 *)d;
    const struct floppy_unit *u = selected(c);
    bool turns = c->dor >> (4 + u->number) & 1; /* a drive answers when its motor is on */
    bool changed = turns && u->drive && (u->changed || !u->drive->medium);
    bool high = c->rate == FLOPPY_500K || c->rate == FLOPPY_1M;

    return DIR_ONES | (changed ? DIR_CHANGE : 0) | (u64)c->rate << 1 |
           (high ? 0 : DIR_NOT_HIGH_DENSITY);
}

static void ccr_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    ((struct i82078 *)d)->rate = value & 3;
}

/* ---- The board's side --------------------------------------------------------------------- */

static void medium_changed(void *opaque)
{
    ((struct floppy_unit *)opaque)->changed = 1;
}

void i82078_connect(struct device *d, unsigned unit, struct drive *drive)
{
    struct i82078 *c = (struct i82078 *)d;

    if (unit >= I82078_UNITS)
        return;
    c->unit[unit].drive = drive;
    drive->changed = medium_changed;
    drive->chip = &c->unit[unit];
}

void i82078_connect_dma(struct device *d, struct dma_channel channel)
{
    ((struct i82078 *)d)->dma = channel;
}

/* A programmed transfer goes on: the next byte is due. */
static void service_due(void *opaque)
{
    fdc_raise(opaque);
}

static int i82078_init(struct device *d, struct ersatz_error *err)
{
    struct i82078 *c = (struct i82078 *)d;

    timer_init(&c->exec, d->clock, fdc_execute, c, "82078 execution");
    timer_init(&c->service, d->clock, service_due, c, "82078 service");
    for (unsigned i = 0; i < I82078_UNITS; i++) {
        struct floppy_unit *u = &c->unit[i];
        u->chip = c;
        u->number = (u8)i;
        timer_init(&u->step, d->clock, fdc_seek_ends, u, "82078 step");
    }
    return 0;
}

/* As after power-on: held in reset until DOR is written, heads at track 0. */
static void i82078_reset(struct device *d)
{
    struct i82078 *c = (struct i82078 *)d;

    device_zero(d);
    c->rate = FLOPPY_250K;
    stop(c);
    for (unsigned i = 0; i < I82078_UNITS; i++)
        c->unit[i].changed = 1;
}

const struct device_class i82078_class = {
    .name = "i82078",
    .text = "82078 floppy disk controller",
    .size = sizeof(struct i82078),
    .fields = i82078_fields,
    .field_count = ARRAY_LEN(i82078_fields),
    .regions =
        {
            [I82078_REGS] = {"fdc", REGION_PORT, 6, 1, 0, regs_read, regs_write},
            [I82078_DIR] = {"fdc-dir", REGION_PORT, 1, 1, 0, dir_read, ccr_write},
        },
    .init = i82078_init,
    .reset = i82078_reset,
};
