/* SPDX-License-Identifier: MIT */
/*
 * What a CD-ROM drive tells of itself and of its medium: one session, one track of data. What
 * holds more than a CD can is a DVD. SFF-8020i, chapter 10; MMC-3, chapters 5 and 6.
 */
#include <string.h>

#include "base/bits.h"
#include "devices/ide_state.h"

#define LEAD_OUT 0xaa
#define DATA_TRACK 0x14 /* ADR 1, control: data */
#define CD_BLOCKS (80u * 60 * 75)
#define PROFILE_CD 0x0008
#define PROFILE_DVD 0x0010
#define SPEED 0x0b00 /* KB a second: 16 times */

static bool is_dvd(const struct ide_unit *u)
{
    return atapi_blocks(u) > CD_BLOCKS;
}

static void illegal_field(struct ide_channel *c)
{
    atapi_check(c, SENSE_ILLEGAL, ASC_FIELD, 0);
}

void atapi_inquiry(struct ide_channel *c, struct ide_unit *u)
{
    static const u8 head[] = {0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0}; /* CD-ROM, removable, ATAPI */

    if ((c->packet[1] & 1) || c->packet[2]) {
        illegal_field(c);
        return;
    }
    memcpy(c->buffer, head, sizeof head);
    memcpy(c->buffer + 8, "ERSATZ  DVD-ROM         1.0 ", 28);
    atapi_reply(c, 36, c->packet[4]);
}

/* ---- mode pages ---- */

/* Page 2Ah: reads CD-R and RW and DVDs; multi-session; can lock, ejects, has a tray. */
static const u8 page_recovery[] = {0x01, 6, 0, 5, 0, 0, 0, 0};
static const u8 page_cdrom[] = {0x0d, 6, 0, 13, 0, 60, 0, 75};
static const u8 page_audio[] = {0x0e, 14, 4, 0, 0, 0, 0, 75, 1, 255, 2, 255, 0, 0, 0, 0};
static const u8 page_power[] = {0x1a, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
static const u8 page_capabilities[] = {
    0x2a, 18, 0x0b, 0, 0x70,       0,           0x29, 0, SPEED >> 8, SPEED & 255,
    0,    2,  2,    0, SPEED >> 8, SPEED & 255, 0,    0, 0,          0,
};

static const struct {
    const u8 *bytes;
    u8 size;
} pages[] = {
    {page_recovery, sizeof page_recovery},
    {page_cdrom, sizeof page_cdrom},
    {page_audio, sizeof page_audio},
    {page_power, sizeof page_power},
    {page_capabilities, sizeof page_capabilities},
};

bool atapi_has_page(u8 page)
{
    for (unsigned i = 0; i < ARRAY_LEN(pages); i++)
        if (pages[i].bytes[0] == page)
            return true;
    return false;
}

/* Byte 2: 7..6 current, changeable, default, saved values   5..0 page, 3Fh: all. */
void atapi_mode_sense(struct ide_channel *c, struct ide_unit *u)
{
    enum { CHANGEABLE = 1, SAVED = 3, ALL = 0x3f, LOCKED = 2 };
    bool ten = c->packet[0] == 0x5a;
    u8 which = c->packet[2] >> 6, page = c->packet[2] & 0x3f, *b = c->buffer;
    u32 head = ten ? 8 : 4, at = head;
    u8 medium = !atapi_ready(u) ? (u->tray_open ? 0x71 : 0x70) : 0x01;

    if (which == SAVED) {
        atapi_check(c, SENSE_ILLEGAL, ASC_NOT_SAVED, 0);
        return;
    }
    for (unsigned i = 0; i < ARRAY_LEN(pages); i++) {
        const u8 *p = pages[i].bytes;
        if (page != ALL && page != p[0])
            continue;
        memcpy(b + at, p, pages[i].size);
        if (p == page_capabilities && u->locked)
            b[at + 6] |= LOCKED;
        if (which == CHANGEABLE) /* nothing is */
            memset(b + at + 2, 0, pages[i].size - 2u);
        at += pages[i].size;
    }
    if (at == head) {
        illegal_field(c);
        return;
    }
    memset(b, 0, head);
    if (ten) {
        put_be16(b, at - 2);
        b[2] = medium;
        atapi_reply(c, at, be16(c->packet + 7));
    } else {
        b[0] = (u8)(at - 1);
        b[1] = medium;
        atapi_reply(c, at, c->packet[4]);
    }
}

/* ---- GET CONFIGURATION ---- */

/* Features: number, version and persistence, length of the rest, the rest. The profile list's
 * current bits are set below. */
static const u8 features[][12] = {
    {0x00, 0x00, 0x03, 8, 0x00, 0x10, 0, 0, 0x00, 0x08, 0, 0}, /* profiles */
    {0x00, 0x01, 0x03, 4, 0, 0, 0, 2},                         /* core: ATAPI */
    {0x00, 0x02, 0x03, 4, 0, 0, 0, 0},                         /* morphing */
    {0x00, 0x03, 0x03, 4, 0x29, 0, 0, 0},                      /* removable medium: a tray */
    {0x00, 0x10, 0x01, 8, 0, 0, 8, 0, 0, 1, 0, 0},             /* random readable */
    {0x00, 0x1e, 0x01, 0},                                     /* reads CDs */
    {0x00, 0x1f, 0x01, 0},                                     /* reads DVDs */
};

/* Byte 1: 1..0 which: all, the current ones, the one of bytes 2 and 3. */
void atapi_configuration(struct ide_channel *c, struct ide_unit *u)
{
    enum { CURRENT = 1, ONE = 2, HEAD = 8 };
    u8 which = c->packet[1] & 3, *b = c->buffer;
    u32 from = be16(c->packet + 2), at = HEAD;
    bool ready = atapi_ready(u), dvd = ready && is_dvd(u);

    if (which == 3) {
        illegal_field(c);
        return;
    }
    memset(b, 0, HEAD);
    put_be16(b + 6, ready ? (dvd ? PROFILE_DVD : PROFILE_CD) : 0);
    for (unsigned i = 0; i < ARRAY_LEN(features); i++) {
        const u8 *f = features[i];
        u32 number = be16(f);
        bool of_cd = number == 0x1e, of_dvd = number == 0x1f;
        bool current = number < 0x10 || (ready && !(of_cd && dvd) && !(of_dvd && !dvd));
        if (number < from || (which == ONE && number != from) || (which == CURRENT && !current))
            continue;
        memcpy(b + at, f, 4u + f[3]);
        b[at + 2] = (u8)((f[2] & ~1) | current);
        if (number == 0) {
            b[at + 6] = dvd;
            b[at + 10] = ready && !dvd;
        }
        at += 4u + f[3];
    }
    put_be32(b, at - 4);
    atapi_reply(c, at, be16(c->packet + 7));
}

/* ---- the medium ---- */

static void put_address(u8 *p, u32 lba, bool msf)
{
    if (!msf) {
        put_be32(p, lba);
        return;
    }
    u64 frame = (u64)lba + 150;
    p[0] = 0;
    p[1] = (u8)(frame / 75 / 60);
    p[2] = (u8)(frame / 75 % 60);
    p[3] = (u8)(frame % 75);
}

static u32 toc_tracks(u8 *b, u32 blocks, u8 from, bool msf)
{
    u32 at = 4;

    b[2] = b[3] = 1;
    for (unsigned i = from <= 1 ? 0 : 1; i < 2; i++, at += 8) {
        b[at + 1] = DATA_TRACK;
        b[at + 2] = i ? LEAD_OUT : 1;
        put_address(b + at + 4, i ? blocks : 0, msf);
    }
    return at;
}

static u32 toc_sessions(u8 *b, bool msf)
{
    b[2] = b[3] = 1;
    b[5] = DATA_TRACK;
    b[6] = 1;
    put_address(b + 8, 0, msf);
    return 12;
}

/* As in the lead-in: first track, last track, lead-out, the track; addresses are of PMIN. */
static u32 toc_raw(u8 *b, u32 blocks)
{
    static const u8 points[] = {0xa0, 0xa1, 0xa2, 1};
    u32 at = 4;

    b[2] = b[3] = 1;
    for (unsigned i = 0; i < ARRAY_LEN(points); i++, at += 11) {
        u8 *p = b + at;
        p[0] = 1;
        p[1] = DATA_TRACK;
        p[3] = points[i];
        if (i < 2)
            p[8] = 1;
        else
            put_address(p + 7, i == 2 ? blocks : 0, true);
    }
    return at;
}

void atapi_toc(struct ide_channel *c, struct ide_unit *u)
{
    u8 format = c->packet[2] & 15, from = c->packet[6], *b = c->buffer;
    bool msf = c->packet[1] & 2;
    u32 len = 0;

    if (!format)
        format = c->packet[9] >> 6; /* where SFF-8020i has it */
    memset(b, 0, 64);
    if (format == 0 && (from <= 1 || from == LEAD_OUT))
        len = toc_tracks(b, atapi_blocks(u), from, msf);
    else if (format == 1)
        len = toc_sessions(b, msf);
    else if (format == 2)
        len = toc_raw(b, atapi_blocks(u));
    if (!len) {
        illegal_field(c);
        return;
    }
    put_be16(b, len - 2);
    atapi_reply(c, len, be16(c->packet + 7));
}

void atapi_disc_information(struct ide_channel *c, struct ide_unit *u)
{
    u8 *b = c->buffer;

    memset(b, 0, 34);
    put_be16(b, 32);
    b[2] = 0x0e; /* complete, and so is its last session */
    b[3] = b[4] = b[5] = b[6] = 1;
    b[7] = 0x20; /* unrestricted use */
    atapi_reply(c, 34, be16(c->packet + 7));
}

/* Byte 1: 1..0 what bytes 2..5 are: a block, a track, a session. */
void atapi_track_information(struct ide_channel *c, struct ide_unit *u)
{
    u8 kind = c->packet[1] & 3, *b = c->buffer;
    u32 which = be32(c->packet + 2);

    if (kind == 3 || (kind ? which != 1 : which >= atapi_blocks(u))) {
        illegal_field(c);
        return;
    }
    memset(b, 0, 36);
    put_be16(b, 34);
    b[2] = b[3] = 1;
    b[5] = 4; /* data, without pause */
    b[6] = 1; /* mode 1 */
    put_be32(b + 24, atapi_blocks(u));
    atapi_reply(c, 36, be16(c->packet + 7));
}

/* No sound is being played: status 15h. Format 1 is the position, 2 and 3 are codes that a
 * disc may have. */
void atapi_subchannel(struct ide_channel *c, struct ide_unit *u)
{
    enum { SUBQ = 0x40 };
    u8 format = c->packet[3], *b = c->buffer;
    u32 len = 4;

    if ((c->packet[2] & SUBQ) && (format < 1 || format > 3)) {
        illegal_field(c);
        return;
    }
    memset(b, 0, 24);
    b[1] = 0x15;
    if (c->packet[2] & SUBQ) {
        len = format == 1 ? 16 : 24;
        b[4] = format;
        b[5] = DATA_TRACK;
        b[6] = 1;
        b[7] = format == 1;
        if (format == 1)
            put_address(b + 8, 0, c->packet[1] & 2);
    }
    put_be16(b + 2, len - 4);
    atapi_reply(c, len, be16(c->packet + 7));
}

void atapi_mechanism(struct ide_channel *c, struct ide_unit *u)
{
    memset(c->buffer, 0, 8);
    c->buffer[1] = u->tray_open ? 0x10 : 0;
    c->buffer[5] = 1; /* slot */
    atapi_reply(c, 8, be16(c->packet + 8));
}

void atapi_dvd_structure(struct ide_channel *c, struct ide_unit *u)
{
    enum { PHYSICAL = 0, COPYRIGHT = 1, MANUFACTURER = 4, FIRST_SECTOR = 0x30000 };
    u8 format = c->packet[7], layer = c->packet[6], *b = c->buffer;
    u32 len = format == COPYRIGHT ? 8 : 4 + CD_BLOCK;

    if (!is_dvd(u)) {
        atapi_check(c, SENSE_ILLEGAL, ASC_INCOMPATIBLE, 2);
        return;
    }
    if (layer || (format != PHYSICAL && format != COPYRIGHT && format != MANUFACTURER)) {
        illegal_field(c);
        return;
    }
    memset(b, 0, len);
    put_be16(b, len - 2);
    if (format == PHYSICAL) {
        b[4] = 0x01; /* DVD-ROM, version 1 */
        b[5] = 0x0f; /* 12 cm, no highest rate */
        b[6] = 0x01; /* one layer, read-only */
        put_be32(b + 8, FIRST_SECTOR);
        put_be32(b + 12, FIRST_SECTOR + atapi_blocks(u) - 1);
    }
    atapi_reply(c, len, be16(c->packet + 8));
}
