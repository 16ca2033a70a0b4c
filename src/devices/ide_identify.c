/* SPDX-License-Identifier: MIT */
/* What drives tell of themselves: IDENTIFY (ATA/ATAPI-6, 8.15 and 8.16) and SMART data (8.51.4,
 * and the attribute table that vendors have in common). */
#include <string.h>

#include "base/bits.h"
#include "devices/ide_state.h"

#define WORDS 256

static void put(u8 *buf, unsigned word, u16 value)
{
    st16(buf + 2 * word, value);
}

static void put32(u8 *buf, unsigned word, u32 value)
{
    st32(buf + 2 * word, value);
}

/* Text is padded by blanks, and the first letter of a pair is the upper byte. */
static void put_text(u8 *buf, unsigned word, unsigned words, const char *text)
{
    size_t len = strlen(text);

    for (unsigned i = 0; i < 2 * words; i++)
        buf[(2 * word + i) ^ 1] = i < len ? (u8)text[i] : ' ';
}

/* Of modes 0..n-1, that are there, and the one that SET FEATURES has chosen. */
static u16 modes(const struct ide_unit *u, unsigned n, u8 kind)
{
    u16 chosen = u->transfer_mode >> 3 == kind ? (u16)(0x100 << (u->transfer_mode & 7)) : 0;

    return (u16)(MASK(n) | chosen);
}

static void put_common(const struct ide_unit *u, unsigned place, const char *model, u8 *buf)
{
    char serial[] = "EZ00000";

    serial[6] = (char)('1' + place);
    memset(buf, 0, 2 * WORDS);
    put_text(buf, 10, 10, serial);
    put_text(buf, 23, 4, "1.0");
    put_text(buf, 27, 20, model);
    put(buf, 48, 1);      /* the data port takes double words */
    put(buf, 49, 0x0b00); /* IORDY, LBA, DMA */
    put(buf, 53, 7);      /* words 54..58, 64..70 and 88 hold */
    put(buf, 63, modes(u, 3, 4));
    put(buf, 64, 3);   /* PIO modes 3 and 4 */
    put(buf, 65, 120); /* ns a word */
    put(buf, 66, 120);
    put(buf, 67, 120);
    put(buf, 68, 120);
    put(buf, 80, 0x0070); /* ATA/ATAPI-4 to 6 */
    put(buf, 88, modes(u, 6, 8));
    put(buf, 93, place & 1 ? 0x6b00 : 0x600b); /* 80 wires; which of the two */
}

static void put_geometry(const struct ide_unit *u, u64 total, u8 *buf)
{
    u64 whole = total / (16 * 63);
    u32 current = (u32)u->cylinders * u->heads * u->sectors;
    u32 lba28 = (u32)(total < 0x0fffffff ? total : 0x0fffffff);

    put(buf, 1, (u16)(whole < 1 ? 1 : whole > 16383 ? 16383 : whole));
    put(buf, 3, 16);
    put(buf, 6, 63);
    put(buf, 54, u->cylinders);
    put(buf, 55, u->heads);
    put(buf, 56, u->sectors);
    put32(buf, 57, current < lba28 ? current : lba28);
    put32(buf, 60, lba28);
    st64(buf + 2 * 100, total);
}

void ide_identify_disk(const struct ide_unit *u, unsigned place, u8 *buf)
{
    u8 sum = 0;

    put_common(u, place, "ERSATZ HARDDISK", buf);
    put_geometry(u, drive_size(u->drive) / SECTOR, buf);
    put(buf, 0, 0x0040);
    put(buf, 20, 3);
    put(buf, 21, IDE_BUFFER / SECTOR);
    put(buf, 47, 0x8000 | IDE_MULTIPLE);
    put(buf, 51, 0x0200);
    put(buf, 52, 0x0200);
    put(buf, 59, u->multiple ? 0x0100 | u->multiple : 0);
    put(buf, 82, 0x4069); /* NOP, look-ahead, write cache, power management, SMART */
    put(buf, 83, 0x7400); /* FLUSH CACHE, EXT, 48-bit addresses */
    put(buf, 84, 0x4000);
    put(buf, 85,
        (u16)(0x4008 | (u->look_ahead ? 0x40 : 0) | (u->write_cache ? 0x20 : 0) |
              (u->smart ? 0x01 : 0)));
    put(buf, 86, 0x3400);
    put(buf, 87, 0x4000);
    put(buf, 255, 0xa5); /* and the sum that makes all bytes' sum zero */
    for (unsigned i = 0; i < 2 * WORDS - 1; i++)
        sum = (u8)(sum + buf[i]);
    buf[2 * WORDS - 1] = (u8)-sum;
}

void ide_identify_packet(const struct ide_unit *u, unsigned place, u8 *buf)
{
    put_common(u, place, "ERSATZ DVD-ROM", buf);
    put(buf, 0, 0x85c0); /* packets of 12 bytes, CD-ROM, removable, DRQ within 50 us */
    put(buf, 71, 30);    /* ns from PACKET, from SERVICE, to the release of the bus */
    put(buf, 72, 30);
    put(buf, 82, 0x4210); /* NOP, DEVICE RESET, PACKET */
    put(buf, 83, 0x4000);
    put(buf, 84, 0x4000);
    put(buf, 85, 0x4210);
    put(buf, 87, 0x4000);
}

/* A disk that never fails: {attribute, value, worst, threshold, raw}. */
static const struct {
    u8 id, flags, value, threshold;
    u16 raw;
} attributes[] = {
    {1, 0x03, 100, 6, 0},   /* raw read errors */
    {4, 0x02, 100, 20, 1},  /* starts and stops */
    {5, 0x03, 100, 36, 0},  /* reallocated sectors */
    {9, 0x02, 100, 0, 1},   /* hours */
    {12, 0x03, 100, 0, 1},  /* power cycles */
    {194, 0x02, 69, 0, 31}, /* degrees */
};

void ide_smart_data(u8 *buf, bool thresholds)
{
    u8 sum = 0;

    memset(buf, 0, SECTOR);
    buf[0] = 1; /* revision */
    for (unsigned i = 0; i < ARRAY_LEN(attributes); i++) {
        u8 *at = buf + 2 + 12 * i;
        at[0] = attributes[i].id;
        if (thresholds) {
            at[1] = attributes[i].threshold;
            continue;
        }
        at[1] = attributes[i].flags;
        at[3] = at[4] = attributes[i].value;
        st16(at + 5, attributes[i].raw);
    }
    if (!thresholds) {
        buf[362] = 0x02; /* off-line collection: finished without error */
        buf[368] = 0x03; /* saves by itself */
    }
    for (unsigned i = 0; i < SECTOR - 1; i++)
        sum = (u8)(sum + buf[i]);
    buf[SECTOR - 1] = (u8)-sum;
}
