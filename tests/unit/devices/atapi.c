/* SPDX-License-Identifier: MIT */
/* A CD-ROM by packets: SFF-8020i and MMC-3. By PIO, by DMA, with lies about lengths. */
#include "unit/devices/ide_rig.h"

static struct ide_rig r;
static u8 reply[0x10000];

#define CH IDE_SECONDARY
#define MASTER 0xa0
#define DONE 0x50
#define CHECK 0x51
#define PACKET(...) ((const u8[12]){__VA_ARGS__})

static void setup(void)
{
    rig_init(&r);
}

static void teardown(void)
{
    rig_free(&r);
}

static u8 reg(unsigned n)
{
    return in8(r.ide, CH, n);
}

static bool intrq(void)
{
    return r.b.level[IDE_IRQ + 1];
}

static void send(const u8 packet[12], u16 limit, u8 feature)
{
    out8(r.ide, CH, FEATURE, feature);
    out8(r.ide, CH, LBA1, (u8)limit);
    out8(r.ide, CH, LBA2, (u8)(limit >> 8));
    out8(r.ide, CH, COMMAND, 0xa0);
    ck_assert_uint_eq(rig_status(&r, CH) & 0x89, 0x08);
    ck_assert_uint_eq(reg(COUNT), 1); /* a command, to the drive */
    ck_assert(!intrq());
    for (unsigned i = 0; i < 12; i += 2)
        rig_out16(&r, CH, (u16)(packet[i] | packet[i + 1] << 8));
    rig_wait(&r, CH);
}

/* All of a command by PIO; returns how many bytes came, in blocks of at most `limit`. */
static u32 pio(const u8 packet[12], u16 limit, u8 status)
{
    u32 n = 0;

    memset(reply, 0xee, sizeof reply);
    send(packet, limit, 0);
    for (;;) {
        ck_assert(intrq());
        u8 s = reg(STATUS);
        ck_assert(!intrq());
        if (!(s & 8)) {
            ck_assert_uint_eq(s, status);
            ck_assert_uint_eq(reg(COUNT), 3);
            return n;
        }
        ck_assert_uint_eq(reg(COUNT), 2); /* data, to the host */
        u32 block = reg(LBA1) | (u32)reg(LBA2) << 8;
        ck_assert_uint_ge(block, 1);
        ck_assert_uint_le(block, limit);
        ck_assert_uint_eq(n & 1, 0); /* only the last one may be odd */
        for (u32 i = 0; i < block; i += 2) {
            ck_assert_uint_eq(rig_status(&r, CH) & 8, 8);
            u16 w = rig_in16(&r, CH);
            st16(reply + n + i, w);
        }
        n += block;
        rig_wait(&r, CH);
    }
}

/* The command fails with that sense. */
static void expect_sense(const u8 packet[12], u8 key, u8 asc, u8 ascq)
{
    ck_assert_uint_eq(pio(packet, 2048, CHECK), 0);
    ck_assert_uint_eq(reg(ERROR) >> 4, key);
    ck_assert_uint_eq(pio(PACKET(0x03, 0, 0, 0, 18), 18, DONE), 18);
    ck_assert_uint_eq(reply[0], 0x70);
    ck_assert_uint_eq(reply[2], key);
    ck_assert_uint_eq(reply[12], asc);
    ck_assert_uint_eq(reply[13], ascq);
}

static void expect_blocks(const u8 *got, u32 lba, u32 blocks)
{
    for (u32 i = 0; i < blocks * 2048; i++)
        ck_assert_msg(got[i] == disk_pattern(lba * 2048 + i), "byte %u", i);
}

static void insert(struct disk *disk)
{
    drive_change(&r.drive[2], disk ? &disk->medium : NULL);
}

/* ---- who is it ---- */

START_TEST(identity)
{
    out8(r.ide, CH, COMMAND, 0xec); /* no disk: the signature says what */
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), CHECK);
    ck_assert_uint_eq(reg(ERROR), 0x04);
    ck_assert_uint_eq(reg(LBA1), 0x14);
    ck_assert_uint_eq(reg(LBA2), 0xeb);
    out8(r.ide, CH, COMMAND, 0x20);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), CHECK);
    out8(r.ide, CH, COMMAND, 0xa1);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), DONE | 8);
    ck_assert_uint_eq(rig_in16(&r, CH), 0x85c0);
    for (unsigned i = 1; i < 49; i++)
        rig_in16(&r, CH);
    ck_assert_uint_eq(rig_in16(&r, CH) & 0x0100, 0x0100); /* DMA */
}
END_TEST

START_TEST(inquiry)
{
    ck_assert_uint_eq(pio(PACKET(0x12, 0, 0, 0, 36), 36, DONE), 36);
    ck_assert_uint_eq(reply[0], 0x05);
    ck_assert_uint_eq(reply[1], 0x80);
    ck_assert_uint_eq(reply[4], 31);
    ck_assert_mem_eq(reply + 8, "ERSATZ  DVD-ROM         ", 24);
    ck_assert_uint_eq(pio(PACKET(0x12, 0, 0, 0, 5), 36, DONE), 5); /* an odd length */
    ck_assert_uint_eq(pio(PACKET(0x12, 0, 0, 0, 0), 36, DONE), 0);
    expect_sense(PACKET(0x12, 1, 0x80, 0, 36), 5, 0x24, 0);
}
END_TEST

START_TEST(reset_command)
{
    send(PACKET(0x28, 0, 0, 0, 0, 0, 0, 0, 4), 2048, 0);
    ck_assert_uint_eq(rig_status(&r, CH) & 8, 8);
    out8(r.ide, CH, COMMAND, 0x08); /* at any time, even now */
    ck_assert_uint_eq(reg(STATUS), 0);
    ck_assert_uint_eq(reg(LBA1), 0x14);
    ck_assert_uint_eq(reg(ERROR), 1);
    ck_assert_uint_eq(pio(PACKET(0x00), 0, DONE), 0);
}
END_TEST

/* ---- reading ---- */

START_TEST(read_by_pio)
{
    ck_assert_uint_eq(pio(PACKET(0x28, 0, 0, 0, 0, 7, 0, 0, 3), 2048, DONE), 3 * 2048);
    expect_blocks(reply, 7, 3);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ + 1], 4);
    ck_assert_uint_eq(pio(PACKET(0xa8, 0, 0, 0, 0, 1, 0, 0, 0, 20), 0xffff, DONE), 20 * 2048);
    expect_blocks(reply, 1, 20); /* more than the drive's buffer */
    ck_assert_uint_eq(pio(PACKET(0x08, 0, 0, 5, 2), 1000, DONE), 2 * 2048);
    expect_blocks(reply, 5, 2);
    ck_assert_uint_eq(pio(PACKET(0x28, 0, 0, 0, 0, 7, 0, 0, 1), 777, DONE), 2048); /* even: 776 */
    expect_blocks(reply, 7, 1);
    ck_assert_uint_eq(pio(PACKET(0x28, 0, 0, 0, 0, 7, 0, 0, 0), 2048, DONE), 0);
    ck_assert_uint_eq(pio(PACKET(0xbe, 0, 0, 0, 0, 9, 0, 0, 1, 0x10), 2048, DONE), 2048);
    expect_blocks(reply, 9, 1);
    ck_assert_uint_eq(pio(PACKET(0xbe, 0, 0, 0, 0, 9, 0, 0, 1, 0), 2048, DONE), 0);
}
END_TEST

START_TEST(read_by_dma)
{
    rig_prd(&r, 0x1000, 0x20000, 0, false);
    rig_prd(&r, 0x1008, 0x30000, 0x4000, true); /* 40 blocks in all */
    rig_bm_start(&r, CH, 0x1000, 8);
    send(PACKET(0x28, 0, 0, 0, 0, 0, 0, 0, 40), 0, 1);
    ck_assert(intrq());
    ck_assert_uint_eq(reg(STATUS), DONE);
    ck_assert_uint_eq(reg(COUNT), 3);
    ck_assert_uint_eq(rig_bm_status(&r, CH), 0x04);
    expect_blocks(r.ram + 0x20000, 0, 40);
    rig_bm(&r, CH, BM_COMMAND, 0);
    rig_bm_start(&r, CH, 0x1000, 8); /* a reply that is shorter than its PRDs */
    send(PACKET(0x25), 0, 1);
    ck_assert_uint_eq(reg(STATUS), DONE);
    ck_assert_uint_eq(rig_bm_status(&r, CH), 0x05);
    ck_assert_mem_eq(r.ram + 0x20000, "\0\0\0\x27\0\0\x08\0", 8);
}
END_TEST

START_TEST(read_out_of_range)
{
    expect_sense(PACKET(0x28, 0, 0, 0, 0, CD_BLOCKS, 0, 0, 1), 5, 0x21, 0);
    expect_sense(PACKET(0x28, 0, 0, 0, 0, CD_BLOCKS - 1, 0, 0, 2), 5, 0x21, 0);
    expect_sense(PACKET(0xa8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 5, 0x21, 0);
    expect_sense(PACKET(0xa8, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff), 5, 0x21, 0);
    expect_sense(PACKET(0x2b, 0, 0xff, 0, 0, 0), 5, 0x21, 0);
    expect_sense(PACKET(0xbe, 0, 0, 0, 0, 9, 0, 0, 1, 0xf8), 5, 0x24, 0); /* raw sectors */
    r.cd.bad = 3 * 2048;
    expect_sense(PACKET(0x28, 0, 0, 0, 0, 3, 0, 0, 1), 3, 0x11, 0);
}
END_TEST

/* An image need not be whole blocks: the rest of the last reads as zeros. */
START_TEST(size_that_is_no_multiple)
{
    struct disk odd;

    disk_init(&odd, 3 * 2048 + 512);
    insert(&odd);
    pio(PACKET(0x00), 0, CHECK);
    ck_assert_uint_eq(pio(PACKET(0x25), 8, DONE), 8);
    ck_assert_uint_eq(reply[3], 3);
    ck_assert_uint_eq(pio(PACKET(0x28, 0, 0, 0, 0, 3, 0, 0, 1), 2048, DONE), 2048);
    for (u32 i = 0; i < 2048; i++)
        ck_assert_uint_eq(reply[i], i < 512 ? disk_pattern(3 * 2048 + i) : 0);
    free(odd.bytes);
}
END_TEST

/* ---- the medium ---- */

START_TEST(medium_changes)
{
    struct disk other;

    disk_init(&other, 100 * 2048);
    ck_assert_uint_eq(pio(PACKET(0x00), 0, DONE), 0);
    insert(NULL);
    ck_assert_uint_eq(r.cd.closed, 1);
    expect_sense(PACKET(0x00), 2, 0x3a, 2); /* the tray is open */
    expect_sense(PACKET(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 2, 0x3a, 2);
    ck_assert_uint_eq(pio(PACKET(0x12, 0, 0, 0, 36), 36, DONE), 36);
    ck_assert_uint_eq(pio(PACKET(0x1b, 0, 0, 0, 3), 0, DONE), 0); /* load: nothing in it */
    expect_sense(PACKET(0x00), 2, 0x3a, 1);
    insert(&other);
    ck_assert_uint_eq(pio(PACKET(0x12, 0, 0, 0, 36), 36, DONE), 36); /* tells nothing */
    expect_sense(PACKET(0x00), 6, 0x28, 0);
    ck_assert_uint_eq(pio(PACKET(0x00), 0, DONE), 0); /* once */
    ck_assert_uint_eq(pio(PACKET(0x25), 8, DONE), 8);
    ck_assert_uint_eq(reply[3], 99);
    free(other.bytes);
}
END_TEST

START_TEST(request_sense_tells_of_the_change)
{
    insert(&r.cd);
    ck_assert_uint_eq(pio(PACKET(0x03, 0, 0, 0, 18), 18, DONE), 18);
    ck_assert_uint_eq(reply[2], 6);
    ck_assert_uint_eq(reply[12], 0x28);
    ck_assert_uint_eq(pio(PACKET(0x03, 0, 0, 0, 18), 18, DONE), 18);
    ck_assert_uint_eq(reply[2], 0);
}
END_TEST

START_TEST(guest_ejects)
{
    ck_assert_uint_eq(pio(PACKET(0x1e, 0, 0, 0, 1), 0, DONE), 0);
    ck_assert(r.drive[2].locked);
    expect_sense(PACKET(0x1b, 0, 0, 0, 2), 5, 0x53, 2);
    ck_assert_uint_eq(pio(PACKET(0x1e, 0, 0, 0, 0), 0, DONE), 0);
    ck_assert(!r.drive[2].locked);
    ck_assert_uint_eq(pio(PACKET(0x1b, 0, 0, 0, 2), 0, DONE), 0);
    expect_sense(PACKET(0x00), 2, 0x3a, 2);
    ck_assert_ptr_nonnull(r.drive[2].medium); /* it lies in the tray */
    ck_assert_uint_eq(pio(PACKET(0x1b, 0, 0, 0, 3), 0, DONE), 0);
    expect_sense(PACKET(0x00), 6, 0x28, 0);
    ck_assert_uint_eq(pio(PACKET(0x28, 0, 0, 0, 0, 7, 0, 0, 1), 2048, DONE), 2048);
}
END_TEST

static void expect_event(u8 event, u8 state)
{
    ck_assert_uint_eq(pio(PACKET(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8), 8, DONE), 8);
    ck_assert_uint_eq(reply[2], 4);
    ck_assert_uint_eq(reply[4], event);
    ck_assert_uint_eq(reply[5], state);
}

START_TEST(events)
{
    expect_event(0, 2);
    r.drive[2].eject_wanted = true;
    r.drive[2].changed(r.drive[2].chip);
    expect_event(1, 2);
    expect_event(0, 2);
    insert(NULL);
    expect_event(3, 1);
    insert(&r.cd);
    expect_event(2, 2);
    ck_assert_uint_eq(pio(PACKET(0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8), 8, DONE), 4);
    ck_assert_uint_eq(reply[2], 0x80);
    ck_assert_uint_eq(reply[3], 0x10);
}
END_TEST

START_TEST(taken_out_while_it_is_read)
{
    send(PACKET(0x28, 0, 0, 0, 0, 0, 0, 0, 40), 0x8000, 0);
    ck_assert_uint_eq(rig_status(&r, CH) & 8, 8);
    insert(NULL);
    for (u32 i = 0; i < 0x8000; i += 2)
        rig_in16(&r, CH);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), CHECK);
    ck_assert_uint_eq(reg(ERROR) >> 4, 2);
}
END_TEST

/* ---- what it tells ---- */

START_TEST(capacity_and_toc)
{
    ck_assert_uint_eq(pio(PACKET(0x25), 8, DONE), 8);
    ck_assert_mem_eq(reply, "\0\0\0\x27\0\0\x08\0", 8);
    ck_assert_uint_eq(pio(PACKET(0x43, 0, 0, 0, 0, 0, 0, 0, 100), 100, DONE), 20);
    ck_assert_mem_eq(reply, "\0\x12\1\1\0\x14\1\0\0\0\0\0\0\x14\xaa\0\0\0\0\x28", 20);
    ck_assert_uint_eq(pio(PACKET(0x43, 2, 0, 0, 0, 0, 0xaa, 0, 100), 100, DONE), 12);
    ck_assert_mem_eq(reply + 8, "\0\0\2\x28", 4); /* 190 frames: 2 s and 40 */
    ck_assert_uint_eq(pio(PACKET(0x43, 0, 1, 0, 0, 0, 0, 0, 100), 100, DONE), 12);
    ck_assert_mem_eq(reply, "\0\x0a\1\1\0\x14\1\0\0\0\0\0", 12);
    ck_assert_uint_eq(pio(PACKET(0x43, 0, 2, 0, 0, 0, 0, 0, 100), 100, DONE), 48);
    ck_assert_uint_eq(reply[4 + 3], 0xa0);
    ck_assert_mem_eq(reply + 4 + 2 * 11, "\1\x14\0\xa2\0\0\0\0\0\2\x28", 11);
    ck_assert_uint_eq(pio(PACKET(0x43, 0, 0, 0, 0, 0, 0, 0, 4, 0x80), 100, DONE), 4);
    ck_assert_uint_eq(reply[1], 46); /* format 2 by byte 9, cut by the allocation length */
    expect_sense(PACKET(0x43, 0, 0, 0, 0, 0, 2, 0, 100), 5, 0x24, 0);
    expect_sense(PACKET(0x43, 0, 4, 0, 0, 0, 0, 0, 100), 5, 0x24, 0);
}
END_TEST

START_TEST(mode_pages)
{
    ck_assert_uint_eq(pio(PACKET(0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64), 64, DONE), 28);
    ck_assert_uint_eq(reply[1], 26);
    ck_assert_uint_eq(reply[8], 0x2a);
    ck_assert_uint_eq(reply[9], 18);
    ck_assert_uint_eq(reply[8 + 6], 0x29);
    pio(PACKET(0x1e, 0, 0, 0, 1), 0, DONE);
    ck_assert_uint_eq(pio(PACKET(0x1a, 0, 0x2a, 0, 64), 64, DONE), 24);
    ck_assert_uint_eq(reply[0], 23);
    ck_assert_uint_eq(reply[4 + 6], 0x2b); /* locked */
    ck_assert_uint_eq(pio(PACKET(0x5a, 0, 0x3f, 0, 0, 0, 0, 1, 0), 256, DONE),
                      8 + 8 + 8 + 16 + 12 + 20);
    ck_assert_uint_eq(pio(PACKET(0x5a, 0, 0x6a, 0, 0, 0, 0, 0, 64), 64, DONE), 28); /* changeable */
    for (unsigned i = 10; i < 28; i++)
        ck_assert_uint_eq(reply[i], 0);
    expect_sense(PACKET(0x5a, 0, 0x05, 0, 0, 0, 0, 0, 64), 5, 0x24, 0);
    expect_sense(PACKET(0x5a, 0, 0xea, 0, 0, 0, 0, 0, 64), 5, 0x39, 0);
}
END_TEST

/* MODE SELECT: parameters go to the drive in one block. */
static void mode_select(const u8 *bytes, u16 len, u16 limit, u8 status)
{
    send(PACKET(0x55, 0x10, 0, 0, 0, 0, 0, (u8)(len >> 8), (u8)len), limit, 0);
    if (rig_status(&r, CH) & 8) {
        ck_assert_uint_eq(reg(COUNT), 0);
        ck_assert_uint_eq(reg(LBA1) | reg(LBA2) << 8, len);
        for (unsigned i = 0; i < len; i += 2)
            rig_out16(&r, CH, (u16)(bytes[i] | bytes[i + 1] << 8));
        rig_wait(&r, CH);
    }
    ck_assert_uint_eq(reg(STATUS), status);
    ck_assert_uint_eq(reg(COUNT), 3);
}

START_TEST(mode_select_parameters)
{
    u8 audio[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0x0e, 14, 4};

    mode_select(audio, 24, 24, DONE);
    mode_select(audio, 24, 10, CHECK); /* does not fit the limit */
    mode_select(audio, 0, 24, DONE);
    mode_select(audio, 4, 24, CHECK); /* not even a header */
    audio[9] = 200;                   /* longer than what is there */
    mode_select(audio, 24, 24, CHECK);
    audio[8] = 0x3e; /* no such page */
    audio[9] = 14;
    mode_select(audio, 24, 24, CHECK);
    audio[6] = audio[7] = 0xff; /* a block descriptor beyond everything */
    mode_select(audio, 24, 24, DONE);
    mode_select(audio, 0xffff, 0xffff, CHECK);
}
END_TEST

START_TEST(configuration_and_the_rest)
{
    ck_assert_uint_eq(pio(PACKET(0x46, 0, 0, 0, 0, 0, 0, 1, 0), 256, DONE),
                      8 + 12 + 8 + 8 + 8 + 12 + 4 + 4);
    ck_assert_uint_eq(reply[7], 0x08);      /* it is a CD */
    ck_assert_uint_eq(reply[8 + 10], 0x01); /* and that profile is current */
    ck_assert_uint_eq(pio(PACKET(0x46, 2, 0, 0x10, 0, 0, 0, 1, 0), 256, DONE), 8 + 12);
    ck_assert_uint_eq(reply[9], 0x10);
    ck_assert_uint_eq(pio(PACKET(0x51, 0, 0, 0, 0, 0, 0, 0, 64), 64, DONE), 34);
    ck_assert_uint_eq(reply[2], 0x0e);
    ck_assert_uint_eq(pio(PACKET(0x52, 1, 0, 0, 0, 1, 0, 0, 64), 64, DONE), 36);
    ck_assert_uint_eq(reply[27], CD_BLOCKS);
    expect_sense(PACKET(0x52, 1, 0, 0, 0, 2, 0, 0, 64), 5, 0x24, 0);
    ck_assert_uint_eq(pio(PACKET(0x42, 0, 0x40, 1, 0, 0, 0, 0, 64), 64, DONE), 16);
    ck_assert_uint_eq(reply[1], 0x15);
    ck_assert_uint_eq(pio(PACKET(0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8), 8, DONE), 8);
    ck_assert_uint_eq(pio(PACKET(0xbb, 0, 0xff, 0xff), 0, DONE), 0);
    expect_sense(PACKET(0xad, 0, 0, 0, 0, 0, 0, 0, 8, 8), 5, 0x30, 2); /* no DVD */
    expect_sense(PACKET(0x2a), 5, 0x20, 0);
    expect_sense(PACKET(0xff), 5, 0x20, 0);
}
END_TEST

START_TEST(dvd)
{
    struct disk big;

    disk_init_vast(&big, 4ull << 30);
    insert(&big);
    pio(PACKET(0x00), 0, CHECK);
    ck_assert_uint_eq(pio(PACKET(0x46, 2, 0, 0, 0, 0, 0, 0, 64), 64, DONE), 20);
    ck_assert_uint_eq(reply[7], 0x10);
    ck_assert_uint_eq(reply[8 + 6], 1);
    ck_assert_uint_eq(reply[8 + 10], 0);
    ck_assert_uint_eq(pio(PACKET(0xad, 0, 0, 0, 0, 0, 0, 0, 8, 8), 2052, DONE), 2052);
    ck_assert_mem_eq(reply + 8, "\0\3\0\0\0\x22\xff\xff", 8);
    ck_assert_uint_eq(pio(PACKET(0x28, 0, 0, 0x1f, 0xff, 0xff, 0, 0, 1), 2048, DONE), 2048);
    ck_assert_uint_eq(reply[5], disk_pattern(0x1fffffull * 2048 + 5));
}
END_TEST

/* ---- lies about lengths ---- */

START_TEST(byte_count_limits)
{
    send(PACKET(0x25), 0, 0); /* nothing fits a limit of 0 */
    ck_assert_uint_eq(reg(STATUS), CHECK);
    ck_assert_uint_eq(reg(ERROR), 0x04);
    send(PACKET(0x25), 1, 0);
    ck_assert_uint_eq(reg(STATUS), CHECK);
    ck_assert_uint_eq(pio(PACKET(0x25), 2, DONE), 8); /* four blocks of a word */
    ck_assert_uint_eq(pio(PACKET(0x25), 3, DONE), 8);
    ck_assert_uint_eq(pio(PACKET(0x00), 0, DONE), 0);
    out8(r.ide, CH, FEATURE, 2); /* overlapped: not this drive */
    out8(r.ide, CH, COMMAND, 0xa0);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), CHECK);
}
END_TEST

START_TEST(overruns)
{
    send(PACKET(0x25), 8, 0);
    for (unsigned i = 0; i < 5000; i++)
        rig_in16(&r, CH);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), DONE);
    out8(r.ide, CH, COMMAND, 0xa0);
    for (unsigned i = 0; i < 5000; i++)
        rig_out16(&r, CH, 0x1212);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS) & 0x88, 0);
    rig_prd(&r, 0x1000, 0x20000, 2, true); /* PRDs shorter than the reply */
    rig_bm_start(&r, CH, 0x1000, 8);
    send(PACKET(0x28, 0, 0, 0, 0, 0, 0, 0, 40), 0, 1);
    ck_assert_uint_eq(rig_bm_status(&r, CH), 0);
    ck_assert_uint_eq(r.ram[0x20002], 0);
    ck_assert_uint_eq(pio(PACKET(0x00), 0, DONE), 0);
}
END_TEST

/* Every opcode with every allocation length that a byte can say. */
START_TEST(all_opcodes)
{
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        for (unsigned i = 0; i < 4; i++) {
            static const u8 fill[] = {0x00, 0xff, 0x01, 0x80};
            u8 p[12];
            memset(p, fill[i], sizeof p);
            p[0] = (u8)opcode;
            send(p, 0xfffe, 0);
            out8(r.ide, CH, COMMAND, 0x08);
            ck_assert_uint_eq(rig_status(&r, CH), 0);
        }
    }
    ck_assert_uint_eq(pio(PACKET(0x03, 0, 0, 0, 18), 18, DONE), 18);
}
END_TEST

static void add_all(TCase *t)
{
    tcase_add_test(t, identity);
    tcase_add_test(t, inquiry);
    tcase_add_test(t, reset_command);
    tcase_add_test(t, read_by_pio);
    tcase_add_test(t, read_by_dma);
    tcase_add_test(t, read_out_of_range);
    tcase_add_test(t, size_that_is_no_multiple);
    tcase_add_test(t, medium_changes);
    tcase_add_test(t, request_sense_tells_of_the_change);
    tcase_add_test(t, guest_ejects);
    tcase_add_test(t, events);
    tcase_add_test(t, taken_out_while_it_is_read);
    tcase_add_test(t, capacity_and_toc);
    tcase_add_test(t, mode_pages);
    tcase_add_test(t, mode_select_parameters);
    tcase_add_test(t, configuration_and_the_rest);
    tcase_add_test(t, dvd);
    tcase_add_test(t, byte_count_limits);
    tcase_add_test(t, overruns);
    tcase_add_test(t, all_opcodes);
}

int main(void)
{
    Suite *s = suite_create("devices/atapi");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    add_all(t);
    suite_add_tcase(s, t);
    return unit_run(s);
}
