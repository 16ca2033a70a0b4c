/* SPDX-License-Identifier: MIT */
/*
 * CD-ROM drives: SCSI commands in ATA's PACKET command, by programmed I/O. ATA/ATAPI-6 chapter
 * 9.9 for the protocol, MMC-3 and SPC-2 for the commands.
 *
 *     after PACKET     BSY .. DRQ      12 bytes of command
 *     each data block  BSY .. DRQ      as many bytes as the byte count registers say
 *     at the end       BSY .. not DRQ  ERR, the sense key in the error register's upper half
 */
#include "ata.h"

enum { CMD_PACKET = 0xA0, PACKET_SIZE = 12, SENSE_SIZE = 18 };
enum {
    SCSI_TEST_UNIT_READY = 0x00,
    SCSI_REQUEST_SENSE = 0x03,
    SCSI_START_STOP = 0x1B,
    SCSI_PREVENT_REMOVAL = 0x1E,
    SCSI_READ_CAPACITY = 0x25,
    SCSI_READ_10 = 0x28
};
enum {
    SENSE_NOT_READY = 2,
    SENSE_ILLEGAL_REQUEST = 5,
    SENSE_UNIT_ATTENTION = 6,
    SENSE_DATA_PROTECT = 7
};
enum { ASC_NOT_READY = 0x04, ASC_NO_MEDIUM = 0x3A, ASC_REMOVAL_PREVENTED = 0x53 };
enum { TYPE_CD = 5 };
enum { READY_TRIES = 60, READY_PAUSE_US = 100000, ATTENTION_TRIES = 5 };
enum { MAX_BLOCKS = 16 }; /* a READ's: what a byte count of 16 bits can hold, and more */

struct packet {
    u8 bytes[PACKET_SIZE];
    u32 buffer; /* segment * 16 + offset */
    u32 size;   /* the room there; at the end, what is left of it */
};

/* ---- The protocol ------------------------------------------------------------------------- */

/* One data block: what the drive offers, of which no more is kept than there is room for. */
static void take_block(const struct ata_channel *c, struct packet *p)
{
    u16 bytes = inb(c->command + ATA_LBA_MID) | inb(c->command + ATA_LBA_HIGH) << 8;
    u16 words = (bytes + 1) / 2, kept = words;

    if (kept > p->size / 2)
        kept = p->size / 2;
    far_insw(c->command + ATA_DATA, p->buffer >> 4, p->buffer & 15, kept);
    p->buffer += kept * 2;
    p->size -= kept * 2;
    for (; words > kept; words--)
        inw(c->command + ATA_DATA);
}

/* Returns the last status, or -1. */
static int run_packet(const struct disk *d, struct packet *p)
{
    const struct ata_channel *c = &ata_channels[d->channel];
    u16 limit = p->size > 0xfffe ? 0xfffe : p->size;
    int status;

    if (!ata_select(d, 0))
        return -1;
    outb(c->command + ATA_ERROR, 0); /* features: no DMA, no overlap */
    outb(c->command + ATA_LBA_MID, (u8)limit);
    outb(c->command + ATA_LBA_HIGH, limit >> 8);
    outb(c->command + ATA_STATUS, CMD_PACKET);
    delay_us(1);
    status = ata_wait(c, ATA_TIMEOUT_MS);
    if (status < 0 || (status & ATA_STATUS_ERR) || !(status & ATA_STATUS_DRQ))
        return status < 0 ? -1 : status | ATA_STATUS_ERR;
    far_outsw(c->command + ATA_DATA, ESEG, (u16)(u32)p->bytes, PACKET_SIZE / 2);
    for (;;) {
        delay_us(1);
        status = ata_wait(c, ATA_TIMEOUT_MS);
        if (status < 0 || (status & ATA_STATUS_ERR) || !(status & ATA_STATUS_DRQ))
            return status;
        take_block(c, p);
    }
}

/* ---- Sense -------------------------------------------------------------------------------- */

static void request_sense(const struct disk *d, u8 *key, u8 *asc)
{
    u8 sense[SENSE_SIZE] = {0};
    struct packet p = {.bytes = {SCSI_REQUEST_SENSE, 0, 0, 0, SENSE_SIZE},
                       .buffer = phys_of(sense),
                       .size = SENSE_SIZE};
    int status = run_packet(d, &p);

    *key = status < 0 || (status & ATA_STATUS_ERR) ? SENSE_NOT_READY : sense[2] & 15;
    *asc = sense[12];
}

static enum disk_status status_of(u8 key, u8 asc)
{
    switch (key) {
    case SENSE_NOT_READY: return asc == ASC_NO_MEDIUM ? DISK_NO_MEDIA : DISK_NOT_READY;
    case SENSE_ILLEGAL_REQUEST:
        return asc == ASC_REMOVAL_PREVENTED ? DISK_LOCKED : DISK_BAD_COMMAND;
    case SENSE_UNIT_ATTENTION: return DISK_CHANGED;
    case SENSE_DATA_PROTECT: return DISK_WRITE_PROTECTED;
    }
    return DISK_BAD_DATA;
}

/* A command; a unit attention (a reset, a new disc) only costs another try. */
static enum disk_status run(const struct disk *d, const struct packet *command, u32 *left)
{
    enum disk_status answer = DISK_CHANGED;
    u8 key, asc;

    for (int tries = 0; tries < ATTENTION_TRIES && answer == DISK_CHANGED; tries++) {
        struct packet p = *command;
        int status = run_packet(d, &p);

        *left = p.size;
        answer = DISK_OK;
        if (status < 0)
            answer = DISK_TIMEOUT;
        else if (status & ATA_STATUS_ERR) {
            request_sense(d, &key, &asc);
            answer = status_of(key, asc);
        }
        ata_release(d);
    }
    return answer;
}

static enum disk_status no_data(const struct disk *d, u8 opcode, u8 byte4)
{
    struct packet p = {.bytes = {opcode, 0, 0, 0, byte4}};
    u32 left;

    return run(d, &p, &left);
}

/* ---- Commands ----------------------------------------------------------------------------- */

static u32 big_endian(const u8 *p)
{
    return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static enum disk_status read_capacity(struct disk *d)
{
    u8 answer[8] = {0};
    struct packet p = {
        .bytes = {SCSI_READ_CAPACITY}, .buffer = phys_of(answer), .size = sizeof answer};
    u32 left;
    enum disk_status status = run(d, &p, &left);

    if (!status && left)
        status = DISK_BAD_DATA;
    if (!status)
        d->sectors = (u64)big_endian(answer) + 1;
    return status;
}

enum disk_status atapi_ready(struct disk *d)
{
    enum disk_status status = DISK_NOT_READY;

    for (int n = 0; n < READY_TRIES; n++) {
        status = no_data(d, SCSI_TEST_UNIT_READY, 0);
        if (status != DISK_NOT_READY)
            break;
        delay_us(READY_PAUSE_US);
    }
    return status ? status : read_capacity(d);
}

enum disk_status atapi_load(struct disk *d, bool load)
{
    return no_data(d, SCSI_START_STOP, load ? 3 : 2);
}

enum disk_status atapi_lock(struct disk *d, bool lock)
{
    return no_data(d, SCSI_PREVENT_REMOVAL, lock);
}

enum disk_status atapi_transfer(struct disk *d, struct transfer *t)
{
    enum disk_status status = DISK_OK;

    t->done = 0;
    if (t->op == DISK_WRITE)
        return DISK_WRITE_PROTECTED;
    while (!status && t->done < t->count) {
        u32 at = (u32)t->sector, left = 0;
        u16 count = t->count - t->done;
        struct packet p = {.buffer = t->buffer};

        count = count < MAX_BLOCKS ? count : MAX_BLOCKS;
        memcpy(p.bytes,
               (u8[PACKET_SIZE]){SCSI_READ_10, 0, at >> 24, at >> 16, at >> 8, at, 0, 0, count},
               PACKET_SIZE);
        /* to verify is to read and keep nothing; an even limit is asked for all the same */
        p.size = t->op == DISK_READ ? count * (u32)CD_SECTOR_SIZE : 0;
        status = run(d, &p, &left);
        if (!status && left)
            status = DISK_BAD_DATA;
        if (!status) {
            t->buffer += p.size;
            t->sector += count;
            t->done += count;
        }
    }
    return status;
}

/* Words of IDENTIFY PACKET DEVICE, ATA/ATAPI-6 8.16. */
void atapi_identify(struct disk *d, const u16 *id)
{
    d->cd = (id[0] >> 8 & 0x1f) == TYPE_CD;
}
