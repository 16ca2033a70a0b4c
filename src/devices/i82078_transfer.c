/* SPDX-License-Identifier: MIT */
/*
 * The 82078's execution phases. Data sheet, chapter 6; the tables there tell how each command
 * ends. A sector at a time: the timer brings it under the head (STAGE_FIND); what the host has
 * to give is then taken by DMA at once, or byte by byte from the FIFO (STAGE_HOST), and stored
 * (STAGE_STORE). A host that lets a byte wait in a programmed transfer has all the time of the
 * world; one whose DMA channel is shut overruns.
 *
 * An image keeps no address marks: each sector is 512 bytes with its own place's C, H and R, and
 * none is marked as deleted.
 */
#include "base/bits.h"
#include "base/log.h"
#include "devices/i82078_state.h"

#define SECTOR_N 2           /* N of 512 bytes */
#define ID_SIZE 4            /* C, H, R, N that FORMAT TRACK takes for each sector */
#define SERVICE_NS 16000ull  /* a byte at 500 kbit/s */
#define STORE_NS 1000ull     /* a programmed transfer's last byte is in */
#define RETRY_NS 10000000ull /* the host could not write: once more, when the machine goes on */
#define SCAN_ANY 0xff        /* a byte that equals every other */

static void finish(struct i82078 *c, u8 st0)
{
    const struct fdc_run *t = &c->run;

    LOG(c->dev.log, FDC, "ends: ST0 %02x ST1 %02x ST2 %02x, C %u H %u R %u", st0, t->st1, t->st2,
        t->c, t->h, t->r);
    c->fifo[0] = (u8)(st0 | t->head << 2 | t->unit);
    c->fifo[1] = t->st1;
    c->fifo[2] = t->st2;
    c->fifo[3] = t->c;
    c->fifo[4] = t->h;
    c->fifo[5] = t->r;
    c->fifo[6] = t->n;
    timer_disarm(&c->service);
    c->reset_sense = 0;
    fdc_result(c, 7);
    fdc_raise(c);
}

static void fail(struct i82078 *c, u8 st1, u8 st2)
{
    c->run.st1 |= st1;
    c->run.st2 |= st2;
    finish(c, ST0_ABNORMAL);
}

static void next_at(struct i82078 *c, enum fdc_stage stage, u64 ns)
{
    c->run.stage = (u8)stage;
    timer_arm(&c->exec, clock_now(c->dev.clock) + ns);
}

void fdc_start(struct i82078 *c)
{
    struct fdc_run *t = &c->run;
    struct floppy_unit *u = &c->unit[t->unit];
    bool places = t->kind != TRANSFER_READ_ID && t->kind != TRANSFER_FORMAT;
    u64 wait = SECTOR_NS;

    if (places && (c->config & CONFIG_EIS) && u->track != t->c) {
        wait += SETTLE_NS + STEP_NS * (u64)(t->c > u->track ? t->c - u->track : u->track - t->c);
        if (u->drive && u->drive->medium)
            u->changed = 0;
        u->track = u->target = t->c;
    }
    c->phase = PHASE_EXECUTION;
    if (!t->pio)
        irq_set(&c->dev.out[I82078_DREQ], true);
    next_at(c, STAGE_FIND, wait);
}

bool fdc_to_host(const struct i82078 *c)
{
    return c->run.kind <= TRANSFER_READ_TRACK;
}

/* ---- The end of a sector ------------------------------------------------------------------ */

/* C, H and R of the sector that would be next: table of "result phase" in the data sheet. */
static void step_id(struct fdc_run *t)
{
    if (t->r != t->eot) {
        t->r++;
        return;
    }
    t->r = 1;
    if (!t->multi_track || t->head)
        t->c++;
    if (t->multi_track)
        t->h ^= 1;
}

/* Is there another sector to come? Moves on to it if so. */
static bool next_sector(struct fdc_run *t)
{
    if (t->kind == TRANSFER_READ_TRACK) {
        t->r++;
        return t->done < t->eot;
    }
    if (t->r != t->eot) {
        t->r++;
        return true;
    }
    if (t->multi_track && !t->head) {
        t->h ^= 1;
        t->head = 1;
        t->r = 1;
        return true;
    }
    step_id(t);
    return false;
}

static void sector_done(struct i82078 *c)
{
    struct fdc_run *t = &c->run;
    bool verify = t->kind == TRANSFER_VERIFY;

    t->done++;
    if (t->tc || (verify && t->dtl && t->done == t->dtl)) {
        step_id(t);
        finish(c, ST0_NORMAL);
    } else if (t->deleted && !t->skip) {
        t->st2 |= ST2_CONTROL_MARK; /* not the mark that was asked for: this one, no more */
        finish(c, ST0_NORMAL);
    } else if (next_sector(t)) {
        next_at(c, STAGE_FIND, SECTOR_NS);
    } else if (verify && !t->dtl) {
        finish(c, ST0_NORMAL);
    } else {
        fail(c, ST1_END_OF_CYLINDER, 0);
    }
}

/* ---- Between the buffer and the host ------------------------------------------------------ */

static void host_turn(struct i82078 *c, u16 len)
{
    c->run.stage = STAGE_HOST;
    c->run.at = 0;
    c->run.len = len;
    fdc_raise(c);
}

static void give(struct i82078 *c)
{
    struct fdc_run *t = &c->run;

    if (t->pio) {
        host_turn(c, FLOPPY_SECTOR);
        return;
    }
    struct dma_grant g = dma_transfer(&c->dma, c->buffer, FLOPPY_SECTOR, true);
    t->tc = g.tc;
    if (g.bytes < FLOPPY_SECTOR && !g.tc)
        fail(c, ST1_OVERRUN, 0);
    else
        sector_done(c);
}

static void store(struct i82078 *c);

/* Of a chunk that TC cuts short the rest is zeros. */
static void take(struct i82078 *c, u16 len)
{
    struct fdc_run *t = &c->run;

    if (t->pio) {
        host_turn(c, len);
        return;
    }
    memset(c->buffer, 0, sizeof c->buffer);
    struct dma_grant g = dma_transfer(&c->dma, c->buffer, len, false);
    t->tc = g.tc;
    if (g.bytes < len && !g.tc)
        fail(c, ST1_OVERRUN, 0);
    else
        store(c);
}

/* A byte went over the FIFO; the chip asks again if it is left alone before the last one. */
static void serviced(struct i82078 *c)
{
    struct fdc_run *t = &c->run;

    fdc_lower(c);
    if (++t->at < t->len) {
        timer_arm(&c->service, clock_now(c->dev.clock) + SERVICE_NS);
        return;
    }
    timer_disarm(&c->service);
    if (fdc_to_host(c))
        sector_done(c);
    else
        next_at(c, STAGE_STORE, STORE_NS);
}

u8 fdc_data_read(struct i82078 *c)
{
    struct fdc_run *t = &c->run;
    u8 byte;

    if (t->stage != STAGE_HOST || !fdc_to_host(c) || t->at >= sizeof c->buffer)
        return 0;
    byte = c->buffer[t->at];
    serviced(c);
    return byte;
}

void fdc_data_write(struct i82078 *c, u8 byte)
{
    struct fdc_run *t = &c->run;

    if (t->stage != STAGE_HOST || fdc_to_host(c) || t->at >= sizeof c->buffer)
        return;
    c->buffer[t->at] = byte;
    serviced(c);
}

/* ---- Between the buffer and the medium ---------------------------------------------------- */

static u64 place(const struct i82078 *c, const struct floppy_format *f, u8 head, u8 sector)
{
    u64 track = (u64)c->unit[c->run.unit].track * f->heads + head;

    return (track * f->sectors + sector - 1) * FLOPPY_SECTOR;
}

/* A sector into the buffer. Behind an image that is short of its format lie zeros. */
static bool load(struct i82078 *c, const struct floppy_format *f, u8 sector)
{
    struct drive *drive = c->unit[c->run.unit].drive;
    u64 at = place(c, f, c->run.head, sector), size = drive_size(drive);
    u64 len = size > at ? size - at : 0;

    memset(c->buffer, 0, sizeof c->buffer);
    return drive_read(drive, len ? at : 0, c->buffer, len < FLOPPY_SECTOR ? len : FLOPPY_SECTOR);
}

/* False: the phase goes on later, or has ended. */
static bool save(struct i82078 *c, const struct floppy_format *f, u8 sector, const u8 *data)
{
    struct drive *drive = c->unit[c->run.unit].drive;

    switch (drive_write(drive, place(c, f, c->run.head, sector), data, FLOPPY_SECTOR)) {
    case DRIVE_DONE: return true;
    case DRIVE_LATER: next_at(c, STAGE_STORE, RETRY_NS); return false;
    default: fail(c, ST1_NOT_WRITABLE, 0); return false;
    }
}

/* ---- What is done with a sector ----------------------------------------------------------- */

/* An ID that the image can hold is written as what it is: its sector, filled. */
static void format_sector(struct i82078 *c, const struct floppy_format *f)
{
    struct fdc_run *t = &c->run;
    const u8 *id = c->buffer;
    u8 filled[FLOPPY_SECTOR];

    if (id[0] != c->unit[t->unit].track || id[1] != t->head || id[2] < 1 || id[2] > f->sectors ||
        id[3] != SECTOR_N || t->n != SECTOR_N || t->eot > f->sectors) {
        LOG(c->dev.log, UNIMP, "82078: format that the image cannot hold");
        fail(c, ST1_NOT_WRITABLE, 0);
        return;
    }
    memset(filled, t->dtl, sizeof filled);
    if (!save(c, f, id[2], filled))
        return;
    t->c = id[0];
    t->h = id[1];
    t->r = id[2];
    if (++t->done >= t->eot)
        finish(c, ST0_NORMAL);
    else
        next_at(c, STAGE_FIND, SECTOR_NS);
}

/* ST2 of a comparison of `host` with `disk`; DTL is the step between sectors. */
static u8 compare(const struct fdc_run *t, const u8 *host, const u8 *disk)
{
    bool equal = true, met = true;

    for (unsigned i = 0; i < FLOPPY_SECTOR; i++) {
        if (host[i] == disk[i] || host[i] == SCAN_ANY || disk[i] == SCAN_ANY)
            continue;
        equal = false;
        if (t->kind == TRANSFER_SCAN_EQUAL ||
            (t->kind == TRANSFER_SCAN_LOW ? disk[i] > host[i] : disk[i] < host[i]))
            met = false;
    }
    return equal ? ST2_SCAN_EQUAL : met ? 0 : ST2_SCAN_NOT_SATISFIED;
}

static void scan_sector(struct i82078 *c, const struct floppy_format *f)
{
    struct fdc_run *t = &c->run;
    u8 host[FLOPPY_SECTOR];

    memcpy(host, c->buffer, sizeof host);
    if (!load(c, f, t->r)) {
        fail(c, ST1_DATA_ERROR, ST2_DATA_ERROR);
        return;
    }
    t->st2 = compare(t, host, c->buffer);
    if (!(t->st2 & ST2_SCAN_NOT_SATISFIED) || t->tc) {
        step_id(t);
        finish(c, ST0_NORMAL);
    } else if (t->dtl == 2 && t->r + 2 <= t->eot) {
        t->r += 2;
        next_at(c, STAGE_FIND, 2 * SECTOR_NS);
    } else if (t->dtl != 2 && next_sector(t)) {
        next_at(c, STAGE_FIND, SECTOR_NS);
    } else {
        finish(c, ST0_NORMAL);
    }
}

static void store(struct i82078 *c)
{
    const struct floppy_format *f = fdc_medium(c, &c->unit[c->run.unit]);

    if (!f) {
        fail(c, ST1_MISSING_MARK, 0);
        return;
    }
    switch (c->run.kind) {
    case TRANSFER_WRITE:
        if (save(c, f, c->run.r, c->buffer))
            sector_done(c);
        break;
    case TRANSFER_FORMAT: format_sector(c, f); break;
    default: scan_sector(c, f); break;
    }
}

/* ---- Finding sectors ---------------------------------------------------------------------- */

/* Any ID that passes: which one is a matter of time. */
static void read_id(struct i82078 *c, const struct floppy_format *f)
{
    struct fdc_run *t = &c->run;

    t->c = c->unit[t->unit].track;
    t->h = t->head;
    t->r = (u8)(1 + clock_now(c->dev.clock) / SECTOR_NS % f->sectors);
    t->n = SECTOR_N;
    finish(c, ST0_NORMAL);
}

/* Is C, H, R, N an ID of this track? Sets what speaks against it. */
static bool id_matches(struct i82078 *c, const struct floppy_format *f)
{
    struct fdc_run *t = &c->run;
    bool track = t->c == c->unit[t->unit].track;

    if (!track)
        t->st2 |= ST2_WRONG_CYLINDER;
    if (track && t->h == t->head && t->r >= 1 && t->r <= f->sectors && t->n == SECTOR_N)
        return true;
    t->st1 |= ST1_NO_DATA;
    return false;
}

static void read_sector(struct i82078 *c, const struct floppy_format *f)
{
    struct fdc_run *t = &c->run;
    u8 sector = t->kind == TRANSFER_READ_TRACK ? (u8)(t->done + 1) : t->r;

    if (t->deleted && t->skip) { /* there is none: all of them are passed over */
        t->st2 |= ST2_CONTROL_MARK;
        sector_done(c);
    } else if (sector > f->sectors) {
        fail(c, ST1_NO_DATA, 0);
    } else if (!load(c, f, sector)) {
        fail(c, ST1_DATA_ERROR, ST2_DATA_ERROR);
    } else if (t->kind == TRANSFER_VERIFY) {
        sector_done(c);
    } else {
        give(c);
    }
}

static void find(struct i82078 *c)
{
    struct fdc_run *t = &c->run;
    struct floppy_unit *u = &c->unit[t->unit];
    const struct floppy_format *f = fdc_medium(c, u);
    bool writes = t->kind == TRANSFER_WRITE || t->kind == TRANSFER_FORMAT;

    if (!f || u->track >= f->cylinders || t->head >= f->heads) {
        fail(c, ST1_MISSING_MARK, 0);
        return;
    }
    if (writes && u->drive->medium->read_only) {
        fail(c, ST1_NOT_WRITABLE, 0);
        return;
    }
    if (t->kind == TRANSFER_READ_ID) {
        read_id(c, f);
        return;
    }
    if (t->kind == TRANSFER_FORMAT) {
        take(c, ID_SIZE);
        return;
    }
    if (!id_matches(c, f) && t->kind != TRANSFER_READ_TRACK) {
        finish(c, ST0_ABNORMAL);
        return;
    }
    if (writes || t->kind >= TRANSFER_SCAN_EQUAL)
        take(c, FLOPPY_SECTOR);
    else
        read_sector(c, f);
}

void fdc_execute(void *chip)
{
    struct i82078 *c = chip;

    if (c->phase != PHASE_EXECUTION)
        return;
    if (c->run.stage == STAGE_STORE)
        store(c);
    else
        find(c);
}
