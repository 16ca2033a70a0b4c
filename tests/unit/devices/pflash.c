/* SPDX-License-Identifier: MIT */
/* The flash: command sequences of Intel's data sheet, its file, its window, and wrong sequences. */
#include "devices/pflash.h"

#include "base/error.h"
#include "bench.h"
#include "board/memmap.h"

#define SIZE 0x10000u
#define BASE 0xffff0000u

struct test_medium {
    struct medium m;
    u8 bytes[SIZE];
    int error; /* of the next writes */
    unsigned writes;
};

static struct bench b;
static struct device *d;
static struct memmap mem;
static struct test_medium medium;
static struct drive drive;
static unsigned failures;

static int medium_read(struct medium *m, u64 offset, void *buf, u64 len)
{
    memcpy(buf, medium.bytes + offset, len);
    return 0;
}

static int medium_write(struct medium *m, u64 offset, const void *buf, u64 len)
{
    ck_assert_uint_eq(offset % 512, 0);
    ck_assert_uint_eq(len % 512, 0);
    ck_assert_uint_le(offset + len, SIZE);
    medium.writes++;
    if (!medium.error)
        memcpy(medium.bytes + offset, buf, len);
    return medium.error;
}

static int medium_flush(struct medium *m)
{
    return 0;
}

static void medium_closes(struct medium *m)
{
}

static const struct medium_ops ops = {medium_read, medium_write, medium_flush, medium_closes};

static void on_failed(void *opaque, struct drive *which, int error)
{
    failures++;
}

static void set_up(void)
{
    bench_init(&b);
    memmap_init(&mem, &b.log);
    memset(&medium, 0, sizeof medium);
    medium.m = (struct medium){.ops = &ops, .size = SIZE};
    for (u32 i = 0; i < SIZE; i++)
        medium.bytes[i] = (u8)(i / 256);
    drive = (struct drive){.kind = DRIVE_PFLASH, .medium = &medium.m, .failed = on_failed};
    failures = 0;
    d = bench_device(&b, &pflash_class);
    ck_assert_int_eq(pflash_connect(d, &drive, NULL), 0);
    ck_assert_int_eq(pflash_map(d, &mem, BASE, NULL), 0);
}

static void tear_down(void)
{
    device_free(d);
    memmap_destroy(&mem);
}

static u8 rd(u32 at)
{
    return (u8)memmap_read(&mem, BASE + at, 1);
}

static void wr(u32 at, u8 value)
{
    memmap_write(&mem, BASE + at, value, 1);
}

/* Is the window memory now? */
static bool direct(void)
{
    const struct mem_range *r = memmap_find(&mem, BASE);

    ck_assert_ptr_nonnull(r);
    ck_assert(r->rd ? !r->read && r->rd == pflash_data(d) : r->read != NULL);
    ck_assert(!r->wr && r->write);
    return r->rd != NULL;
}

START_TEST(array_is_read_directly)
{
    u8 buf[2];

    ck_assert(direct());
    ck_assert_uint_eq(rd(0x1234), 0x12);
    ck_assert_uint_eq(memmap_read(&mem, BASE + 0x12fe, 4), 0x13131212);
    ck_assert_uint_eq(memmap_dma_read(&mem, BASE + 0x12ff, buf, 2), 2);
    ck_assert_uint_eq(buf[1], 0x13);
    ck_assert_uint_eq(memmap_dma_write(&mem, BASE, buf, 2), 0);
}
END_TEST

START_TEST(presents_itself)
{
    wr(0, 0x90);
    ck_assert(!direct());
    ck_assert_uint_eq(rd(0), 0x89);
    ck_assert_uint_eq(rd(1), 0x18);
    ck_assert_uint_eq(rd(2), 0);
    wr(0x55, 0x98);
    ck_assert_uint_eq(rd(0x10), 'Q');
    ck_assert_uint_eq(rd(0x11), 'R');
    ck_assert_uint_eq(rd(0x12), 'Y');
    ck_assert_uint_eq(rd(0x13), 1); /* Intel's commands */
    ck_assert_uint_eq(rd(0x15), 0x31);
    ck_assert_uint_eq(rd(0x27), 16); /* 2^16 bytes */
    ck_assert_uint_eq(rd(0x2a), 11);
    ck_assert_uint_eq(rd(0x2d) + 1, SIZE / PFLASH_SECTOR);
    ck_assert_uint_eq(rd(0x30) << 16 | rd(0x2f) << 8, PFLASH_SECTOR);
    ck_assert_uint_eq(rd(0x31), 'P');
    ck_assert_uint_eq(rd(0x5000), 0);
    wr(0, 0xff);
    ck_assert(direct());
    ck_assert_uint_eq(rd(0x10), 0);
}
END_TEST

/* How OVMF finds out that there is a flash. */
START_TEST(detection)
{
    u8 original = rd(0x3000);

    wr(0x3000, 0x50);
    ck_assert_uint_eq(rd(0x3000), original);
    wr(0x3000, 0x70);
    ck_assert_uint_eq(rd(0x3000), 0);
    wr(0x3000, 0xff);
    ck_assert_uint_eq(rd(0x3000), original);
}
END_TEST

START_TEST(programming_clears_bits)
{
    wr(0x1234, 0x40);
    ck_assert_uint_eq(rd(0), 0x80); /* status from here on */
    wr(0x1234, 0xf2);
    ck_assert_uint_eq(rd(0x1234), 0x80);
    wr(0x1235, 0x10);
    wr(0x1235, 0x00);
    wr(0, 0xff);
    ck_assert_uint_eq(rd(0x1233), 0x12);
    ck_assert_uint_eq(rd(0x1234), 0x12);
    ck_assert_uint_eq(rd(0x1235), 0x00);
    ck_assert_uint_eq(rd(0x1236), 0x12);
}
END_TEST

START_TEST(erasing_takes_a_sector)
{
    wr(0x2345, 0x20);
    wr(0x2345, 0xd0);
    ck_assert_uint_eq(rd(0), 0x80);
    wr(0, 0xff);
    ck_assert_uint_eq(rd(0x1fff), 0x1f);
    for (u32 i = 0x2000; i < 0x3000; i++)
        ck_assert_uint_eq(rd(i), 0xff);
    ck_assert_uint_eq(rd(0x3000), 0x30);
}
END_TEST

START_TEST(buffered_programming)
{
    wr(0x2000, 0x20);
    wr(0x2000, 0xd0);
    wr(0x2010, 0xe8);
    ck_assert_uint_eq(rd(0x2010), 0x80);
    wr(0x2010, 4 - 1);
    for (u32 i = 0; i < 4; i++)
        wr(0x2010 + i, (u8)(0x61 + i));
    wr(0x2010, 0xd0);
    ck_assert_uint_eq(rd(0x2010), 0x80);
    wr(0, 0xff);
    ck_assert_uint_eq(memmap_read(&mem, BASE + 0x2010, 4), 0x64636261);
    ck_assert_uint_eq(rd(0x200f), 0xff);
    ck_assert_uint_eq(rd(0x2014), 0xff);
}
END_TEST

/* The bus has eight lines: one access of four bytes is four of one. */
START_TEST(wide_accesses_are_several)
{
    memmap_write(&mem, BASE + 0x1000, 0x0f40, 2); /* program, at 1000h; the byte, at 1001h */
    memmap_write(&mem, BASE + 0x1000, 0xff, 1);
    ck_assert_uint_eq(rd(0x1001), 0x10 & 0x0f);
    memmap_write(&mem, BASE, 0x70, 1);
    ck_assert_uint_eq(memmap_read(&mem, BASE, 4), 0x80808080);
}
END_TEST

START_TEST(wrong_sequences)
{
    wr(0, 0x20); /* erase, not confirmed */
    wr(0, 0x33);
    ck_assert_uint_eq(rd(0), 0xb0);
    wr(0, 0x50);
    wr(0, 0xe8); /* a buffer whose bytes lie elsewhere */
    wr(0, 0xff);
    wr(0x800, 1);
    ck_assert_uint_eq(rd(0), 0xb0);
    wr(0, 0x50);
    wr(0x1000, 0xe8); /* a full buffer without its end */
    wr(0x1000, 0);
    wr(0x1000, 0);
    wr(0x1000, 0x55);
    ck_assert_uint_eq(rd(0), 0xb0);
    wr(0, 0xff);
    ck_assert_uint_eq(rd(0x1000), 0x10);
    wr(0, 0x60); /* lock bits are taken and do nothing */
    wr(0, 0x01);
    wr(0, 0x12); /* no command */
    ck_assert(direct());
    ck_assert_uint_eq(rd(0), 0);
}
END_TEST

START_TEST(every_command_byte)
{
    for (unsigned first = 0; first < 256; first++)
        for (unsigned then = 0; then < 256; then++) {
            wr(0xfff0, (u8)first);
            wr(0xffff, (u8)then);
            rd(0xffff);
            memmap_write(&mem, BASE + 0xfffc, 0xd0d0d0d0, 4);
            memmap_read(&mem, BASE + 0xfff8, 8);
        }
    device_reset(d);
    ck_assert(direct());
}
END_TEST

START_TEST(changes_reach_the_file)
{
    wr(0x1234, 0x40);
    wr(0x1234, 0);
    ck_assert_uint_eq(medium.bytes[0x1234], 0x12);
    bench_pass(&b, NS_PER_SEC);
    ck_assert_uint_eq(medium.bytes[0x1234], 0);
    ck_assert_uint_eq(medium.bytes[0x1235], 0x12);
    ck_assert_uint_eq(medium.writes, 1);
    bench_pass(&b, NS_PER_SEC);
    ck_assert_uint_eq(medium.writes, 1);
}
END_TEST

START_TEST(full_host_loses_nothing)
{
    medium.error = -28; /* ENOSPC */
    wr(0, 0x20);
    wr(0, 0xd0);
    bench_pass(&b, NS_PER_SEC / 100);
    ck_assert_uint_gt(failures, 1);
    ck_assert_uint_eq(medium.bytes[0xfff], 0x0f);
    medium.error = 0;
    device_reset(d); /* and a reset changes nothing about it */
    bench_pass(&b, NS_PER_SEC / 100);
    ck_assert_uint_eq(medium.bytes[0xfff], 0xff);
}
END_TEST

START_TEST(what_is_left_goes_out_at_the_end)
{
    struct device *e = bench_device(&b, &pflash_class);

    ck_assert_int_eq(pflash_connect(e, &drive, NULL), 0);
    out8(e, PFLASH_WINDOW, 0, 0x40);
    out8(e, PFLASH_WINDOW, 0, 0);
    out8(e, PFLASH_WINDOW, 0x700, 0x40);
    out8(e, PFLASH_WINDOW, 0x700, 0);
    device_free(e);
    ck_assert_uint_eq(medium.bytes[0x700], 0);
    ck_assert_uint_eq(clock_deadline(&b.clock), UINT64_MAX);
}
END_TEST

START_TEST(read_only_media_stay)
{
    medium.m.read_only = true;
    wr(0x1000, 0x20);
    wr(0x1000, 0xd0);
    ck_assert_uint_eq(rd(0), 0xa2);
    wr(0, 0x50);
    wr(0x1000, 0x40);
    wr(0x1000, 0);
    ck_assert_uint_eq(rd(0), 0x92);
    wr(0, 0xff);
    ck_assert_uint_eq(rd(0x1000), 0x10);
    bench_pass(&b, NS_PER_SEC);
    ck_assert_uint_eq(medium.writes, 0);
}
END_TEST

static const u64 bad_sizes[] = {0, 1, PFLASH_SECTOR - 512, PFLASH_MAX + PFLASH_SECTOR};

START_TEST(odd_sizes_are_refused)
{
    struct ersatz_error error = {0};
    struct device *e = bench_device(&b, &pflash_class);

    medium.m.size = bad_sizes[_i];
    medium.m.name = (char[]){"image"};
    ck_assert_int_eq(pflash_connect(e, &drive, &error), -ERSATZ_E_SIZE);
    ck_assert_ptr_nonnull(strstr(error.text, "image"));
    medium.m.size = SIZE;
    out8(e, PFLASH_WINDOW, 0, 0x20); /* nothing is in it */
    ck_assert_uint_eq(in8(e, PFLASH_WINDOW, 0), 0xff);
    device_free(e);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/pflash");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, array_is_read_directly);
    tcase_add_test(t, presents_itself);
    tcase_add_test(t, detection);
    tcase_add_test(t, programming_clears_bits);
    tcase_add_test(t, erasing_takes_a_sector);
    tcase_add_test(t, buffered_programming);
    tcase_add_test(t, wide_accesses_are_several);
    tcase_add_test(t, wrong_sequences);
    tcase_add_test(t, every_command_byte);
    tcase_add_test(t, changes_reach_the_file);
    tcase_add_test(t, full_host_loses_nothing);
    tcase_add_test(t, what_is_left_goes_out_at_the_end);
    tcase_add_test(t, read_only_media_stay);
    tcase_add_loop_test(t, odd_sizes_are_refused, 0, ARRAY_LEN(bad_sizes));
    suite_add_tcase(s, t);
    return unit_run(s);
}
