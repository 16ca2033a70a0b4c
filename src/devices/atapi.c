/* SPDX-License-Identifier: MIT */
/*
 * Packets on the wire: the command PACKET (ATA/ATAPI-6, 8.23 and 9.9, 9.10). Twelve bytes come
 * through the data port; then the command's data, through the port in blocks of at most the byte
 * count limit, or by DMA; then the end, with INTRQ. The count register is the interrupt reason:
 *
 *     1 IO: to the host   0 CoD: a command is wanted, or the end is reached
 */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "devices/ide_state.h"

#define REASON_IO 2
#define REASON_COD 1
#define FEATURE_DMA 1
#define FEATURE_OVERLAP 2
#define PARAMETERS_MAX 0x1000u
#define STAGE_BLOCKS (IDE_BUFFER / CD_BLOCK)

static void set_reason(struct ide_channel *c, u8 reason)
{
    ide_selected(c)->count = (struct ide_register){reason, 0};
}

static void set_byte_count(struct ide_channel *c, u32 n)
{
    struct ide_unit *u = ide_selected(c);

    u->lba[1] = (struct ide_register){(u8)n, 0};
    u->lba[2] = (struct ide_register){(u8)(n >> 8), 0};
}

void atapi_packet(struct ide_channel *c)
{
    const struct ide_unit *u = ide_selected(c);

    if (u->feature.now & FEATURE_OVERLAP) {
        ide_fail(c, ER_ABRT);
        return;
    }
    c->packet_dma = u->feature.now & FEATURE_DMA;
    c->limit = (u16)(u->lba[2].now << 8 | u->lba[1].now);
    c->left = c->stage_at = c->stage_end = 0;
    set_reason(c, REASON_COD);
    ide_data_out(c, PACKET_SIZE, STEP_PACKET);
}

void atapi_step_packet(struct ide_channel *c)
{
    memcpy(c->packet, c->buffer, PACKET_SIZE);
    atapi_execute(c);
}

/* ---- ends ---- */

void atapi_step_end(struct ide_channel *c)
{
    set_reason(c, REASON_IO | REASON_COD);
    ide_done(c);
}

void atapi_good(struct ide_channel *c)
{
    atapi_step_end(c);
}

void atapi_check(struct ide_channel *c, u8 key, u8 asc, u8 ascq)
{
    struct ide_unit *u = ide_selected(c);

    u->sense_key = key;
    u->asc = asc;
    u->ascq = ascq;
    set_reason(c, REASON_IO | REASON_COD);
    ide_fail(c, (u8)(key << 4 | ER_ABRT));
}

/* ---- data to the host ---- */

/* Time, and then the first piece. A limit of no whole word is one that nothing fits. */
static void begin_in(struct ide_channel *c, u64 ns)
{
    if (c->packet_dma)
        ide_work(c, STEP_ATAPI_DMA, ns);
    else if (c->limit < 2)
        ide_fail(c, ER_ABRT);
    else
        ide_work(c, STEP_ATAPI_IN, ns);
}

void atapi_reply(struct ide_channel *c, u32 len, u32 room)
{
    c->left = 0;
    c->stage_at = 0;
    c->stage_end = len < room ? len : room;
    if (c->stage_end)
        begin_in(c, COMMAND_NS);
    else
        atapi_good(c);
}

void atapi_read(struct ide_channel *c, u64 lba, u32 blocks)
{
    struct ide_unit *u = ide_selected(c);

    LOG(c->ide->dev.log, BLOCK, "%s: read of %u blocks at %llu", u->drive->id, blocks,
        (unsigned long long)lba);
    c->lba = lba;
    c->left = blocks;
    c->stage_at = c->stage_end = 0;
    if (blocks)
        begin_in(c, ide_seek_time(u, lba));
    else
        atapi_good(c);
}

/* The medium's last block may be only partly there. */
static bool read_blocks(struct ide_channel *c, u32 n)
{
    struct drive *drive = ide_selected(c)->drive;
    u64 at = c->lba * CD_BLOCK, len = n * CD_BLOCK, size = drive_size(drive);

    if (at < size && size - at < len) {
        memset(c->buffer + (size - at), 0, len - (size - at));
        len = size - at;
    }
    return drive_read(drive, at, c->buffer, len);
}

/* Something to hand over: false if all is done, or the medium failed; that is dealt with. */
static bool fill_stage(struct ide_channel *c)
{
    u32 n = c->left < STAGE_BLOCKS ? c->left : STAGE_BLOCKS;

    if (c->stage_at < c->stage_end)
        return true;
    if (!n) {
        if (c->packet_dma)
            ide_dma_end(c);
        atapi_step_end(c);
        return false;
    }
    if (!atapi_ready(ide_selected(c))) { /* it has been taken out meanwhile */
        atapi_check(c, SENSE_NOT_READY, ASC_NO_MEDIUM, 0);
        return false;
    }
    if (!read_blocks(c, n)) {
        atapi_check(c, SENSE_MEDIUM_ERROR, ASC_READ_ERROR, 0);
        return false;
    }
    c->lba += n;
    c->left -= n;
    ide_selected(c)->next_lba = c->lba;
    c->stage_at = 0;
    c->stage_end = n * CD_BLOCK;
    return true;
}

/* One block of PIO: even, unless it is the last. */
void atapi_step_in(struct ide_channel *c)
{
    if (!fill_stage(c))
        return;
    u32 n = c->stage_end - c->stage_at, limit = c->limit & ~1u;
    if (n > limit)
        n = limit;
    set_byte_count(c, n);
    set_reason(c, REASON_IO);
    ide_data_in(c, c->stage_at, n, STEP_ATAPI_IN);
    c->stage_at += n;
    ide_interrupt(c);
}

void atapi_step_dma(struct ide_channel *c)
{
    if (!ide_dma_ready(c) || !fill_stage(c))
        return;
    u32 n = c->stage_end - c->stage_at;
    if (ide_dma_move(c, c->stage_at, n, true) < n) {
        ide_dma_short(c);
        return;
    }
    c->stage_at = c->stage_end;
    ide_work(c, STEP_ATAPI_DMA, n / SECTOR * SECTOR_NS);
}

/* ---- parameters from the host ---- */

void atapi_receive(struct ide_channel *c, u32 len)
{
    c->stage_end = len;
    if (!len)
        atapi_good(c);
    else if (len > PARAMETERS_MAX || (!c->packet_dma && len > c->limit))
        atapi_check(c, SENSE_ILLEGAL, ASC_FIELD, 0);
    else if (c->packet_dma)
        ide_work(c, STEP_ATAPI_OUT, COMMAND_NS);
    else {
        set_byte_count(c, len);
        set_reason(c, 0);
        ide_data_out(c, len, STEP_ATAPI_OUT);
        ide_interrupt(c);
    }
}

void atapi_step_out(struct ide_channel *c)
{
    if (c->packet_dma) {
        if (!ide_dma_ready(c))
            return;
        if (ide_dma_move(c, 0, c->stage_end, false) < c->stage_end) {
            ide_dma_short(c);
            return;
        }
        ide_dma_end(c);
    }
    atapi_parameters(c);
}
