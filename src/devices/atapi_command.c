/* SPDX-License-Identifier: MIT */
/*
 * The packet commands of a CD-ROM drive: SFF-8020i, MMC-3. Before a command is carried out: a
 * medium that may have changed is told of once (UNIT ATTENTION, 28h), and a command that needs
 * one finds it there or not (3Ah; with 02h when the tray is open).
 *
 * The tray is the drive's own: a guest that ejects opens it, and the medium lies in it until the
 * guest loads it again, or the user puts another one in, which closes it.
 */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "devices/ide_state.h"

enum {
    F_MEDIUM = 1, /* wants one */
    F_ALWAYS = 2, /* done although there is something to be told of first */
};

struct command {
    u8 opcode, flags;
    void (*run)(struct ide_channel *c, struct ide_unit *u);
};

bool atapi_ready(const struct ide_unit *u)
{
    return u->drive->medium && !u->tray_open;
}

u32 atapi_blocks(const struct ide_unit *u)
{
    u64 n = align_up(drive_size(u->drive), CD_BLOCK) / CD_BLOCK;

    return n > UINT32_MAX ? UINT32_MAX : (u32)n;
}

void atapi_changed(void *opaque)
{
    struct ide_unit *u = opaque;
    struct drive *d = u->drive;

    if (d->eject_wanted) {
        d->eject_wanted = false;
        u->event = EVENT_EJECT;
        return;
    }
    u->tray_open = !d->medium;
    u->locked = false;
    u->attention = d->medium != NULL;
    u->event = d->medium ? EVENT_NEW : EVENT_REMOVED;
}

static void illegal_field(struct ide_channel *c)
{
    atapi_check(c, SENSE_ILLEGAL, ASC_FIELD, 0);
}

/* ---- state ---- */

static void test_unit_ready(struct ide_channel *c, struct ide_unit *u)
{
    atapi_good(c);
}

static void request_sense(struct ide_channel *c, struct ide_unit *u)
{
    u8 *b = c->buffer;

    if (!u->sense_key && u->attention) {
        u->attention = false;
        u->sense_key = SENSE_ATTENTION;
        u->asc = ASC_CHANGED;
        u->ascq = 0;
    }
    memset(b, 0, 18);
    b[0] = 0x70;
    b[2] = u->sense_key;
    b[7] = 10;
    b[12] = u->asc;
    b[13] = u->ascq;
    u->sense_key = u->asc = u->ascq = 0;
    atapi_reply(c, 18, c->packet[4]);
}

static void prevent_removal(struct ide_channel *c, struct ide_unit *u)
{
    u->locked = c->packet[4] & 1;
    u->drive->locked = u->locked;
    atapi_good(c);
}

/* Byte 4: 7..4 power condition, 1 LoEj, 0 start. */
static void start_stop(struct ide_channel *c, struct ide_unit *u)
{
    bool load = c->packet[4] & 1;

    if ((c->packet[4] & 0xf0) || !(c->packet[4] & 2)) {
        atapi_good(c);
        return;
    }
    if (!load && u->locked && !u->tray_open) {
        atapi_check(c, SENSE_ILLEGAL, ASC_LOCKED, 2);
        return;
    }
    if (load && u->tray_open) {
        u->attention = u->drive->medium != NULL;
        u->event = u->drive->medium ? EVENT_NEW : EVENT_NONE;
    } else if (!load && !u->tray_open) {
        u->event = EVENT_REMOVED;
    }
    u->tray_open = !load;
    atapi_good(c);
}

/* Only when it is asked for at once (byte 1 bit 0), only of class 4, media. */
static void event_status(struct ide_channel *c, struct ide_unit *u)
{
    enum { MEDIA = 4, NOTHING = 0x80, PRESENT = 2, OPEN = 1 };
    u8 *b = c->buffer;

    if (!(c->packet[1] & 1)) {
        illegal_field(c);
        return;
    }
    memset(b, 0, 8);
    b[3] = BIT(MEDIA);
    if (!(c->packet[4] & BIT(MEDIA))) {
        b[2] = NOTHING;
        atapi_reply(c, 4, be16(c->packet + 7));
        return;
    }
    put_be16(b, 6);
    b[2] = MEDIA;
    b[4] = u->event;
    b[5] = (u8)((u->drive->medium ? PRESENT : 0) | (u->tray_open ? OPEN : 0));
    u->event = EVENT_NONE;
    atapi_reply(c, 8, be16(c->packet + 7));
}

/* ---- reading ---- */

static void read_range(struct ide_channel *c, u64 lba, u32 blocks)
{
    u32 total = atapi_blocks(ide_selected(c));

    if (lba > total || blocks > total - lba)
        atapi_check(c, SENSE_ILLEGAL, ASC_RANGE, 0);
    else
        atapi_read(c, lba, blocks);
}

static void read6(struct ide_channel *c, struct ide_unit *u)
{
    const u8 *p = c->packet;

    read_range(c, (p[1] & 31u) << 16 | be16(p + 2), p[4] ? p[4] : 256);
}

static void read10(struct ide_channel *c, struct ide_unit *u)
{
    read_range(c, be32(c->packet + 2), be16(c->packet + 7));
}

static void read12(struct ide_channel *c, struct ide_unit *u)
{
    read_range(c, be32(c->packet + 2), be32(c->packet + 6));
}

/* READ CD: byte 9 says which parts of a sector; there are only user data. */
static void read_cd(struct ide_channel *c, struct ide_unit *u)
{
    enum { PARTS = 0xf8, USER_DATA = 0x10 };
    const u8 *p = c->packet;
    u32 blocks = (u32)p[6] << 16 | be16(p + 7);
    u8 parts = p[9] & PARTS;

    if ((parts != USER_DATA && parts) || (p[9] & 6) || (p[10] & 7))
        illegal_field(c);
    else
        read_range(c, be32(p + 2), parts ? blocks : 0);
}

static void seek10(struct ide_channel *c, struct ide_unit *u)
{
    u32 lba = be32(c->packet + 2);

    if (lba >= atapi_blocks(u)) {
        atapi_check(c, SENSE_ILLEGAL, ASC_RANGE, 0);
        return;
    }
    u->next_lba = lba;
    atapi_good(c);
}

static void read_capacity(struct ide_channel *c, struct ide_unit *u)
{
    put_be32(c->buffer, atapi_blocks(u) - 1);
    put_be32(c->buffer + 4, CD_BLOCK);
    atapi_reply(c, 8, 8);
}

/* ---- parameters ---- */

static void mode_select6(struct ide_channel *c, struct ide_unit *u)
{
    c->mode_select10 = false;
    atapi_receive(c, c->packet[4]);
}

static void mode_select10(struct ide_channel *c, struct ide_unit *u)
{
    c->mode_select10 = true;
    atapi_receive(c, be16(c->packet + 7));
}

/* A header, then pages. They are taken, and change nothing: this drive has neither sound nor
 * errors to recover from. */
void atapi_parameters(struct ide_channel *c)
{
    const u8 *b = c->buffer;
    u32 at = c->mode_select10 ? 8 : 4, len = c->stage_end;

    if (len < at) {
        atapi_check(c, SENSE_ILLEGAL, ASC_PARAMETER_LENGTH, 0);
        return;
    }
    at += c->mode_select10 ? be16(b + 6) : b[3]; /* block descriptors */
    while (at + 2 <= len) {
        u32 next = at + 2 + b[at + 1];
        if (!atapi_has_page(b[at] & 0x3f) || next > len) {
            atapi_check(c, SENSE_ILLEGAL, ASC_PARAMETER, 0);
            return;
        }
        at = next;
    }
    atapi_good(c);
}

/* ---- all of them ---- */

static const struct command commands[] = {
    {0x00, F_MEDIUM, test_unit_ready},
    {0x03, F_ALWAYS, request_sense},
    {0x08, F_MEDIUM, read6},
    {0x12, F_ALWAYS, atapi_inquiry},
    {0x15, 0, mode_select6},
    {0x1a, 0, atapi_mode_sense},
    {0x1b, 0, start_stop},
    {0x1e, 0, prevent_removal},
    {0x25, F_MEDIUM, read_capacity},
    {0x28, F_MEDIUM, read10},
    {0x2b, F_MEDIUM, seek10},
    {0x42, F_MEDIUM, atapi_subchannel},
    {0x43, F_MEDIUM, atapi_toc},
    {0x46, F_ALWAYS, atapi_configuration},
    {0x4a, F_ALWAYS, event_status},
    {0x51, F_MEDIUM, atapi_disc_information},
    {0x52, F_MEDIUM, atapi_track_information},
    {0x55, 0, mode_select10},
    {0x5a, 0, atapi_mode_sense},
    {0xa8, F_MEDIUM, read12},
    {0xad, F_MEDIUM, atapi_dvd_structure},
    {0xbb, 0, test_unit_ready}, /* SET CD SPEED */
    {0xbd, 0, atapi_mechanism},
    {0xbe, F_MEDIUM, read_cd},
};

static const struct command *find(u8 opcode)
{
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
        if (commands[i].opcode == opcode)
            return &commands[i];
    return NULL;
}

void atapi_execute(struct ide_channel *c)
{
    struct ide_unit *u = ide_selected(c);
    const struct command *row = find(c->packet[0]);
    u8 flags = row ? row->flags : 0;

    LOG(c->ide->dev.log, BLOCK, "%s: packet %02x", u->drive->id, c->packet[0]);
    if (u->attention && !(flags & F_ALWAYS)) {
        u->attention = false;
        atapi_check(c, SENSE_ATTENTION, ASC_CHANGED, 0);
        return;
    }
    if (!(flags & F_ALWAYS))
        u->sense_key = u->asc = u->ascq = 0;
    if (!row) {
        LOG(c->ide->dev.log, UNIMP, "%s: packet %02x", u->drive->id, c->packet[0]);
        atapi_check(c, SENSE_ILLEGAL, ASC_OPCODE, 0);
    } else if ((flags & F_MEDIUM) && !atapi_ready(u)) {
        atapi_check(c, SENSE_NOT_READY, ASC_NO_MEDIUM, u->tray_open ? 2 : 1);
    } else {
        row->run(c, u);
    }
}
