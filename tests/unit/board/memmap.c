/* SPDX-License-Identifier: MIT */
#include "board/memmap.h"
#include "base/bits.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "unit/unit.h"

struct board {
    struct log log;
    struct memmap map;
    unsigned changes, code_changes, code_writes;
    physaddr code_at;
    u64 code_len;
    u64 mmio_offset, mmio_value;
    unsigned mmio_size;
};

static u8 ram[0x4000] __attribute__((aligned(16)));
static u8 rom[0x1000] __attribute__((aligned(16)));

static void on_change(void *opaque, bool code)
{
    ((struct board *)opaque)->changes++;
    ((struct board *)opaque)->code_changes += code;
}

static void on_code(void *opaque, physaddr addr, u64 len)
{
    struct board *b = opaque;

    b->code_writes++;
    b->code_at = addr;
    b->code_len = len;
}

static u64 mmio_read(void *opaque, u64 offset, unsigned size)
{
    struct board *b = opaque;

    b->mmio_offset = offset;
    b->mmio_size = size;
    return 0x1122334455667788;
}

static void mmio_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct board *b = opaque;

    b->mmio_offset = offset;
    b->mmio_size = size;
    b->mmio_value = value;
}

static int add_ram(struct board *b, physaddr base, u8 *p, u64 size)
{
    struct mem_range r = {.name = "ram", .base = base, .size = size, .rd = p, .wr = p};
    return memmap_add(&b->map, &r, NULL);
}

static void setup(struct board *b)
{
    *b = (struct board){0};
    memset(ram, 0, sizeof ram);
    memset(rom, 0x5A, sizeof rom);
    memmap_init(&b->map, &b->log);
    b->map.changed = on_change;
    b->map.code_write = on_code;
    b->map.opaque = b;
    struct mem_range r = {.name = "rom", .base = 0x100000, .size = 0x1000, .rd = rom};
    struct mem_range mmio = {.name = "mmio",
                             .base = 0x200010,
                             .size = 0x20,
                             .read = mmio_read,
                             .write = mmio_write,
                             .opaque = b};
    ck_assert_int_eq(memmap_add(&b->map, &r, NULL), 0);
    ck_assert_int_eq(memmap_add(&b->map, &mmio, NULL), 0);
    ck_assert_int_eq(add_ram(b, 0, ram, 0x4000), 0);
}

START_TEST(overlap_and_misfit_are_refused)
{
    struct board b;
    struct ersatz_error err;
    static const struct {
        physaddr base;
        u64 size;
        int error;
    } tries[] = {
        {0, 0x1000, ERSATZ_E_CONFLICT},
        {0x3000, 0x2000, ERSATZ_E_CONFLICT},
        {0xFF000, 0x2000, ERSATZ_E_CONFLICT},
        {0x4000, 0xFFFFFFFFFFFFBFFF & ~0xFFFull, ERSATZ_E_CONFLICT},
        {0x4000, 0, ERSATZ_E_VALUE},
        {0x4800, 0x1000, ERSATZ_E_VALUE},
        {0x4000, 0x800, ERSATZ_E_VALUE},
        {0xFFFFFFFFFFFFF000, 0x2000, ERSATZ_E_VALUE},
        {0x4000, 0x1000, 0},
        {0xFFFFFFFFFFFFF000, 0x1000, 0},
    };

    setup(&b);
    for (unsigned i = 0; i < ARRAY_LEN(tries); i++) {
        struct mem_range r = {
            .name = "try", .base = tries[i].base, .size = tries[i].size, .rd = ram};
        ck_assert_msg(memmap_add(&b.map, &r, &err) == -tries[i].error, "try %u", i);
    }
    ck_assert_uint_eq(b.map.count, 5);
    memmap_destroy(&b.map);
}
END_TEST

START_TEST(find_knows_first_and_last_byte)
{
    struct board b;

    setup(&b);
    ck_assert_str_eq(memmap_find(&b.map, 0)->name, "ram");
    ck_assert_str_eq(memmap_find(&b.map, 0x3FFF)->name, "ram");
    ck_assert_ptr_null(memmap_find(&b.map, 0x4000));
    ck_assert_ptr_null(memmap_find(&b.map, 0x20000F));
    ck_assert_str_eq(memmap_find(&b.map, 0x200010)->name, "mmio");
    ck_assert_str_eq(memmap_find(&b.map, 0x20002F)->name, "mmio");
    ck_assert_ptr_null(memmap_find(&b.map, 0x200030));
    ck_assert_ptr_null(memmap_find(&b.map, UINT64_MAX));
    memmap_destroy(&b.map);
}
END_TEST

START_TEST(reads_and_writes_go_where_they_belong)
{
    struct board b;

    setup(&b);
    memmap_write(&b.map, 0x10, 0x1122334455667788, 8);
    ck_assert_uint_eq(memmap_read(&b.map, 0x12, 4), 0x33445566);
    memmap_write(&b.map, 0x100000, 0, 4);
    ck_assert_uint_eq(memmap_read(&b.map, 0x100000, 4), 0x5A5A5A5A);
    ck_assert_uint_eq(memmap_read(&b.map, 0x50000, 2), 0xFFFF);
    ck_assert_uint_eq(memmap_read(&b.map, 0x50000, 8), UINT64_MAX);
    memmap_write(&b.map, 0x200018, 0xAABBCCDDEE, 4);
    ck_assert_uint_eq(b.mmio_offset, 8);
    ck_assert_uint_eq(b.mmio_size, 4);
    ck_assert_uint_eq(b.mmio_value, 0xBBCCDDEE);
    ck_assert_uint_eq(memmap_read(&b.map, 0x20002E, 2), 0x7788);
    ck_assert_uint_eq(b.mmio_offset, 0x1E);
    /* over the end of RAM: what is behind reads as ones, the part before is written */
    memmap_write(&b.map, 0x3FFE, 0x44332211, 4);
    ck_assert_uint_eq(memmap_read(&b.map, 0x3FFE, 4), 0xFFFF2211);
    /* over the end of MMIO: byte by byte */
    ck_assert_uint_eq(memmap_read(&b.map, 0x20002F, 2), 0xFF88);
    ck_assert_uint_eq(b.mmio_size, 1);
    memmap_destroy(&b.map);
}
END_TEST

START_TEST(a20_folds_odd_megabytes)
{
    struct board b;

    setup(&b);
    unsigned changes = b.changes;
    memmap_set_a20(&b.map, true); /* it is on already */
    ck_assert_uint_eq(b.changes, changes);
    memmap_set_a20(&b.map, false);
    ck_assert_uint_eq(b.changes, changes + 1);
    memmap_write(&b.map, 0x100020, 0x77, 1);
    ck_assert_uint_eq(ram[0x20], 0x77);
    ck_assert_uint_eq(memmap_read(&b.map, 0x300020, 1), 0x88); /* bit 21 stays: the MMIO */
    /* an access across the megabyte goes on at 0 */
    ram[0] = 0x99;
    ck_assert_uint_eq(memmap_read(&b.map, 0xFFFFF, 2), 0x99FF);
    memmap_set_a20(&b.map, true);
    ck_assert_uint_eq(memmap_read(&b.map, 0x100020, 1), 0x5A);
    memmap_destroy(&b.map);
}
END_TEST

/* Ranges that come and go take code with them only if some may lie there. */
START_TEST(changes_and_code)
{
    struct board b;
    struct mem_range rom_range = {.name = "rom", .base = 0x400000, .size = 0x1000, .rd = rom};

    setup(&b);
    unsigned changes = b.changes;
    ck_assert_uint_eq(b.code_changes, 0);
    ck_assert(memmap_remove(&b.map, 0x200010)); /* MMIO */
    ck_assert_uint_eq(b.code_changes, 0);
    ck_assert_uint_eq(memmap_add(&b.map, &rom_range, NULL), 0);
    ck_assert_uint_eq(b.code_changes, 0);
    ck_assert(memmap_remove(&b.map, 0x400000));
    ck_assert_uint_eq(b.code_changes, 1);
    memmap_page(&b.map, 0x1234)->code = 1;
    ck_assert(memmap_remove(&b.map, 0));
    ck_assert_uint_eq(b.code_changes, 2);
    ck_assert_int_eq(add_ram(&b, 0, ram, sizeof ram), 0);
    ck_assert_uint_eq(memmap_page(&b.map, 0x1234)->code, 0);
    ck_assert(memmap_remove(&b.map, 0));
    ck_assert_uint_eq(b.code_changes, 2);
    memmap_set_a20(&b.map, false);
    ck_assert_uint_eq(b.code_changes, 3);
    ck_assert_uint_eq(b.changes, changes + 7);
    memmap_destroy(&b.map);
}
END_TEST

/* Writes to bytes that a block covers are reported, writes to data between blocks are not. */
START_TEST(code_bytes_are_reported)
{
    struct board b;
    u8 buf[0x2000] = {0};
    u64 covered[64] = {[0x200 / 64] = MASK(16), [0x240 / 64] = BIT(63)}; /* 1200h-0Fh, 127Fh */

    setup(&b);
    memmap_page(&b.map, 0x1234)->code = 1u << 4; /* in 1200h..127Fh */
    memmap_page(&b.map, 0x1234)->covered = covered;
    memmap_write(&b.map, 0x1210, 0, 8);
    memmap_write(&b.map, 0x123C, 0, 8);
    memmap_write(&b.map, 0x127E, 0, 1);
    ck_assert_uint_eq(b.code_writes, 0);
    memmap_write(&b.map, 0x120F, 0, 2);
    memmap_write(&b.map, 0x127C, 0, 4);
    ck_assert_uint_eq(b.code_writes, 2);
    b.code_writes = 0;
    memmap_write(&b.map, 0x11FF, 0, 1);
    memmap_write(&b.map, 0x1280, 0, 8);
    ck_assert_uint_eq(b.code_writes, 0);
    memmap_write(&b.map, 0x11FF, 0, 2);
    ck_assert_uint_eq(b.code_writes, 1);
    ck_assert_uint_eq(b.code_at, 0x11FF);
    memmap_write(&b.map, 0x127F, 0, 1);
    ck_assert_uint_eq(b.code_writes, 2);
    ck_assert_uint_eq(memmap_dma_write(&b.map, 0xF00, buf, 0x200), 0x200);
    ck_assert_uint_eq(b.code_writes, 2);
    ck_assert_uint_eq(memmap_dma_write(&b.map, 0xF00, buf, 0x2000), 0x2000);
    ck_assert_uint_eq(b.code_writes, 3);
    ck_assert_uint_eq(b.code_at, 0x1000);
    ck_assert_uint_eq(b.code_len, 0x1000);
    ck_assert_ptr_null(memmap_page(&b.map, 0x100000)); /* ROM */
    memmap_destroy(&b.map);
}
END_TEST

START_TEST(dma_sees_memory_only)
{
    struct board b;
    u8 buf[0x30];

    setup(&b);
    b.mmio_size = 0;
    ck_assert_uint_eq(memmap_dma_read(&b.map, 0x200010, buf, 8), 0);
    ck_assert_uint_eq(buf[0], 0xFF);
    ck_assert_uint_eq(memmap_dma_write(&b.map, 0x200010, buf, 8), 0);
    ck_assert_uint_eq(b.mmio_size, 0);
    ram[0x3FF0] = 0x12;
    ck_assert_uint_eq(memmap_dma_read(&b.map, 0x3FF0, buf, sizeof buf), 0x10);
    ck_assert_uint_eq(buf[0], 0x12);
    ck_assert_uint_eq(buf[0x10], 0xFF);
    ck_assert_uint_eq(memmap_dma_write(&b.map, 0xFFFF0, buf, sizeof buf), 0);
    ck_assert_uint_eq(rom[0], 0x5A);
    ck_assert_uint_eq(memmap_dma_read(&b.map, UINT64_MAX - 3, buf, 8), 0);
    memmap_destroy(&b.map);
}
END_TEST

START_TEST(pages_are_reused)
{
    struct board b;
    u32 pages;

    setup(&b);
    ck_assert_int_eq(add_ram(&b, 0x10000, ram, 0x1000), 0);
    pages = b.map.page_count;
    for (unsigned i = 0; i < 100; i++) {
        memmap_page(&b.map, 0x10000)->code = 1;
        ck_assert(memmap_remove(&b.map, 0x10000));
        ck_assert_ptr_null(memmap_page(&b.map, 0x10000));
        ck_assert_int_eq(add_ram(&b, 0x10000, ram, 0x1000), 0);
        ck_assert_uint_eq(memmap_page(&b.map, 0x10000)->code, 0);
    }
    ck_assert_uint_eq(b.map.page_count, pages);
    ck_assert(!memmap_remove(&b.map, 0x10800));
    /* no two pages share an entry */
    memmap_page(&b.map, 0x10000)->blocks = &b;
    for (physaddr a = 0; a < 0x4000; a += 0x1000)
        ck_assert_ptr_null(memmap_page(&b.map, a)->blocks);
    memmap_destroy(&b.map);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/memmap");
    TCase *t = tcase_create("all");

    tcase_add_test(t, overlap_and_misfit_are_refused);
    tcase_add_test(t, find_knows_first_and_last_byte);
    tcase_add_test(t, reads_and_writes_go_where_they_belong);
    tcase_add_test(t, a20_folds_odd_megabytes);
    tcase_add_test(t, changes_and_code);
    tcase_add_test(t, code_bytes_are_reported);
    tcase_add_test(t, dma_sees_memory_only);
    tcase_add_test(t, pages_are_reused);
    suite_add_tcase(s, t);
    return unit_run(s);
}
