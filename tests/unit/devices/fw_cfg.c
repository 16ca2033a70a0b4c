/* SPDX-License-Identifier: MIT */
/* fw_cfg: items by ports and by DMA, the directory, and guests that lie. */
#include "devices/fw_cfg.h"

#include <stdio.h>

#include "bench.h"
#include "board/memmap.h"

#define KEY 0x8123
#define RAM_SIZE 0x10000u
#define AT 0x1000u /* descriptor */
#define TO 0x2000u /* where transfers go */

static const u8 item[] = {1, 2, 3, 4, 5};
static const u8 file[] = "content";

static struct bench b;
static struct device *d;
static struct memmap mem;
static u8 *ram;
static unsigned selected;

static void on_select(void *opaque, u16 key)
{
    selected += key == KEY;
}

static void set_up(void)
{
    bench_init(&b);
    memmap_init(&mem, &b.log);
    ram = calloc(1, RAM_SIZE);
    const struct mem_range r = {.name = "ram", .size = RAM_SIZE, .rd = ram, .wr = ram};
    ck_assert_int_eq(memmap_add(&mem, &r, NULL), 0);
    d = bench_device(&b, &fw_cfg_class);
    d->dma = &mem;
    selected = 0;
    fw_cfg_connect(d, on_select, NULL);
    ck_assert(fw_cfg_add(d, KEY, item, sizeof item));
    ck_assert(fw_cfg_add_file(d, "etc/file", file, sizeof file));
}

static void tear_down(void)
{
    device_free(d);
    memmap_destroy(&mem);
    free(ram);
}

static void choose(u16 key)
{
    device_write(d, FW_CFG_IO, 0, key, 2);
}

static u8 next(void)
{
    return in8(d, FW_CFG_IO, 1);
}

static u32 next_be32(void)
{
    u32 v = 0;

    for (unsigned i = 0; i < 4; i++)
        v = v << 8 | next();
    return v;
}

/* Writes a descriptor, starts it; returns its control word afterwards. */
static u32 dma(u32 control, u32 length, u64 addr)
{
    st32(ram + AT, __builtin_bswap32(control));
    st32(ram + AT + 4, __builtin_bswap32(length));
    st64(ram + AT + 8, __builtin_bswap64(addr));
    out32(d, FW_CFG_DMA, 0, 0);
    out32(d, FW_CFG_DMA, 4, __builtin_bswap32(AT));
    return __builtin_bswap32(ld32(ram + AT));
}

enum { ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16 };

START_TEST(presents_itself)
{
    choose(FW_CFG_SIGNATURE);
    ck_assert_uint_eq(next_be32(), 0x51454d55); /* QEMU */
    ck_assert_uint_eq(next(), 0);               /* and nothing behind */
    choose(FW_CFG_ID);
    ck_assert_uint_eq(next(), 3); /* ports, DMA */
    ck_assert_uint_eq(in32(d, FW_CFG_DMA, 0), 0x554d4551);
    ck_assert_uint_eq(in32(d, FW_CFG_DMA, 4), 0x47464320);
}
END_TEST

START_TEST(items_are_read_in_order)
{
    choose(KEY);
    ck_assert_uint_eq(selected, 1);
    for (unsigned i = 0; i < sizeof item; i++)
        ck_assert_uint_eq(next(), item[i]);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_eq(next(), 0);
    choose(KEY | FW_CFG_WRITE_CHANNEL); /* the same item, from its start */
    ck_assert_uint_eq(next(), 1);
    device_reset(d);
    ck_assert_uint_eq(next(), 'Q');
}
END_TEST

START_TEST(directory_leads_to_files)
{
    char name[56];

    choose(FW_CFG_FILE_DIR);
    ck_assert_uint_eq(next_be32(), 1);
    ck_assert_uint_eq(next_be32(), sizeof file);
    u32 key = next_be32() >> 16;
    for (unsigned i = 0; i < sizeof name; i++)
        name[i] = (char)next();
    ck_assert_str_eq(name, "etc/file");
    ck_assert_uint_eq(key, fw_cfg_key_of(d, "etc/file"));
    ck_assert_uint_eq(key, FW_CFG_FILE_FIRST);
    choose((u16)key);
    for (unsigned i = 0; i < sizeof file; i++)
        ck_assert_uint_eq(next(), file[i]);
}
END_TEST

START_TEST(nothing_is_added_twice)
{
    char name[FW_CFG_NAME_MAX + 2];
    u32 size;

    ck_assert(!fw_cfg_add(d, KEY, item, 1));
    ck_assert(!fw_cfg_add_file(d, "etc/file", item, 1));
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    ck_assert(!fw_cfg_add_file(d, name, item, 1));
    name[FW_CFG_NAME_MAX] = 0;
    ck_assert(fw_cfg_add_file(d, name, item, 1));
    ck_assert_ptr_eq(fw_cfg_find(d, name, &size), item);
    ck_assert_uint_eq(size, 1);
    ck_assert_ptr_null(fw_cfg_find(d, "etc/fil", &size));
    for (unsigned i = 2; i < FW_CFG_MAX_FILES; i++) {
        snprintf(name, sizeof name, "f%u", i);
        ck_assert(fw_cfg_add_file(d, name, item, 1));
    }
    ck_assert(!fw_cfg_add_file(d, "one more", item, 1));
}
END_TEST

START_TEST(dma_reads_skips_selects)
{
    memset(ram + TO, 0xaa, 16);
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | READ, 3, TO), 0);
    ck_assert_int_eq(memcmp(ram + TO, "\1\2\3\xaa", 4), 0);
    ck_assert_uint_eq(dma(SKIP, 1, 0), 0);
    ck_assert_uint_eq(dma(READ, 4, TO), 0); /* the last byte, then zeros */
    ck_assert_int_eq(memcmp(ram + TO, "\5\0\0\0\xaa", 5), 0);
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT, 0, 0), 0);
    ck_assert_uint_eq(next(), 1); /* ports go on where DMA was */
    /* Read wins over skip; nothing asked is nothing done. */
    ck_assert_uint_eq(dma(READ | SKIP, 1, TO), 0);
    ck_assert_uint_eq(ram[TO], 2);
    ck_assert_uint_eq(dma(0, 1, TO), 0);
    ck_assert_uint_eq(next(), 3);
}
END_TEST

START_TEST(dma_lies_give_errors)
{
    /* Items are read-only. */
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | WRITE, 1, TO), ERROR);
    ck_assert_uint_eq(next(), 1);
    /* Not memory, or not all of it. */
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | READ, 4, RAM_SIZE), ERROR);
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | READ, 4, RAM_SIZE - 2), ERROR);
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | READ, 4, UINT64_MAX - 1), ERROR);
    /* Four gigabytes of an item of five bytes: as far as there is memory. */
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | READ, UINT32_MAX, TO), ERROR);
    ck_assert_int_eq(memcmp(ram + TO, "\1\2\3\4\5\0", 6), 0);
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | SKIP, UINT32_MAX, 0), 0);
    ck_assert_uint_eq(next(), 0);
    /* An item that isn't there reads as zeros. */
    ck_assert_uint_eq(dma(0x7fffu << 16 | SELECT | READ, 2, TO), 0);
    ck_assert_uint_eq(ld16(ram + TO), 0);
}
END_TEST

START_TEST(descriptors_may_lie_anywhere)
{
    /* Nobody is there, or only half of it is: nothing happens but an error where it can be. */
    out32(d, FW_CFG_DMA, 0, __builtin_bswap32(0x12345678));
    out32(d, FW_CFG_DMA, 4, __builtin_bswap32(0x9abcdef0));
    st32(ram + RAM_SIZE - 4, 0);
    out32(d, FW_CFG_DMA, 4, __builtin_bswap32(RAM_SIZE - 4));
    ck_assert_uint_eq(__builtin_bswap32(ld32(ram + RAM_SIZE - 4)), ERROR);
    /* The high half counts once. */
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | READ, 1, TO), 0);
    /* Over itself. */
    ck_assert_uint_eq(dma((u32)KEY << 16 | SELECT | READ, 5, AT), 0);
    ck_assert_uint_eq(ram[AT + 4], 5);
    /* Without a bus, and in odd sizes. */
    d->dma = NULL;
    out32(d, FW_CFG_DMA, 4, __builtin_bswap32(AT));
    out8(d, FW_CFG_DMA, 7, 1);
    device_write(d, FW_CFG_DMA, 4, 1, 2);
}
END_TEST

START_TEST(every_selector_and_size)
{
    for (u32 key = 0; key < 0x10000; key++) {
        choose((u16)key);
        next();
    }
    choose(KEY);
    out8(d, FW_CFG_IO, 0, 0); /* bytes select nothing */
    out8(d, FW_CFG_IO, 1, 9);
    ck_assert_uint_eq(next(), 1);
    ck_assert_uint_eq(in8(d, FW_CFG_IO, 0), 2); /* the data port answers here too */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/fw_cfg");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, presents_itself);
    tcase_add_test(t, items_are_read_in_order);
    tcase_add_test(t, directory_leads_to_files);
    tcase_add_test(t, nothing_is_added_twice);
    tcase_add_test(t, dma_reads_skips_selects);
    tcase_add_test(t, dma_lies_give_errors);
    tcase_add_test(t, descriptors_may_lie_anywhere);
    tcase_add_test(t, every_selector_and_size);
    suite_add_tcase(s, t);
    return unit_run(s);
}
