/* SPDX-License-Identifier: MIT */
/* Display memory through A0000h: addressing, write and read modes, and when it is plain. */
#include "unit/devices/vga_bench.h"

#define SEQ 0x3c4
#define GFX 0x3ce

static struct vga_bench v;

/* Planar, all planes written, 64 KiB at A0000h. */
static void setup(void)
{
    vga_bench_init(&v);
    outb(&v, 0x3c2, 0x63);
    set(&v, SEQ, 2, 15);
    set(&v, SEQ, 4, 0x06);
    set(&v, GFX, 6, 0x05);
    set(&v, GFX, 7, 0x0f);
    set(&v, GFX, 8, 0xff);
}

static void teardown(void)
{
    vga_bench_free(&v);
}

/* The four planes at an offset, plane 3 in the high byte. */
static u32 planes(u32 offset)
{
    return ld32(v.ram + 4 * offset);
}

static void put_planes(u32 offset, u32 value)
{
    st32(v.ram + 4 * offset, value);
}

START_TEST(memory_maps)
{
    static const struct {
        u8 map;
        u32 first, last;
    } rows[] = {{0x00, 0xa0000, 0xbffff},
                {0x04, 0xa0000, 0xaffff},
                {0x08, 0xb0000, 0xb7fff},
                {0x0c, 0xb8000, 0xbffff}};

    for (unsigned n = 0; n < ARRAY_LEN(rows); n++) {
        memset(v.ram, 0, VRAM_SIZE);
        set(&v, GFX, 6, rows[n].map | 1);
        for (u32 at = 0xa0000; at < 0xc0000; at += 0x800)
            poke(&v, at, 0x5a);
        poke(&v, rows[n].last, 0x77);
        ck_assert_uint_eq(peek(&v, rows[n].last), 0x77);
        for (u32 at = 0xa0000; at < 0xc0000; at += 0x800) {
            bool in = at >= rows[n].first && at <= rows[n].last;
            ck_assert_msg(peek(&v, at) == (in ? 0x5a : 0xff), "map %u at %x: %x", n, at,
                          peek(&v, at));
        }
        ck_assert_uint_eq(planes(0), 0x5a5a5a5a);
    }
    outb(&v, 0x3c2, 0x61); /* display memory off */
    ck_assert_uint_eq(peek(&v, 0xb8000), 0xff);
}
END_TEST

START_TEST(map_mask_and_read_map)
{
    for (u8 plane = 0; plane < 4; plane++) {
        set(&v, SEQ, 2, (u8)(1 << plane));
        poke(&v, 0xa0123, 0x10 + plane);
    }
    ck_assert_uint_eq(planes(0x123), 0x13121110);
    for (u8 plane = 0; plane < 4; plane++) {
        set(&v, GFX, 4, plane);
        ck_assert_uint_eq(peek(&v, 0xa0123), 0x10 + plane);
    }
}
END_TEST

/* Write mode 0: rotate, set/reset, function, bit mask, in this order. */
START_TEST(write_mode_0)
{
    put_planes(5, 0x0ff0aa55);
    set(&v, GFX, 3, 0x03); /* rotate by 3 */
    poke(&v, 0xa0005, 0x81);
    ck_assert_uint_eq(planes(5), 0x30303030);
    set(&v, GFX, 3, 0);
    set(&v, GFX, 0, 0x05);
    set(&v, GFX, 1, 0x0c); /* planes 3 and 2 from set/reset: 0 and 1 */
    poke(&v, 0xa0005, 0x3c);
    ck_assert_uint_eq(planes(5), 0x00ff3c3c);
    set(&v, GFX, 1, 0);
    put_planes(5, 0x0ff0aa55);
    peek(&v, 0xa0005); /* the latches */
    set(&v, GFX, 8, 0x0f);
    poke(&v, 0xa0006, 0xff);
    ck_assert_uint_eq(planes(6), 0x0fffaf5f);
    set(&v, GFX, 8, 0xff);
    static const u32 results[4] = {0x33333333, 0x03302211, 0x3ff3bb77, 0x3cc39966};
    for (u8 function = 0; function < 4; function++) {
        set(&v, GFX, 3, (u8)(function << 3));
        poke(&v, 0xa0007, 0x33);
        ck_assert_uint_eq(planes(7), results[function]);
    }
}
END_TEST

START_TEST(write_modes_1_to_3)
{
    put_planes(5, 0x0ff0aa55);
    peek(&v, 0xa0005);
    set(&v, GFX, 5, 1);
    set(&v, GFX, 8, 0x00); /* counts for nothing here */
    poke(&v, 0xa0010, 0x99);
    ck_assert_uint_eq(planes(0x10), 0x0ff0aa55);
    set(&v, GFX, 5, 2);
    set(&v, GFX, 8, 0xf0);
    poke(&v, 0xa0011, 0x06);
    ck_assert_uint_eq(planes(0x11), 0x0ff0fa05);
    set(&v, GFX, 5, 3);
    set(&v, GFX, 8, 0x3c);
    set(&v, GFX, 0, 0x09);
    set(&v, GFX, 3, 0x04);
    poke(&v, 0xa0012, 0x0f); /* rotated: f0h; with the mask: 30h */
    ck_assert_uint_eq(planes(0x12), 0x3fc08a75);
    set(&v, SEQ, 2, 0x02);
    poke(&v, 0xa0013, 0x0f);
    ck_assert_uint_eq(planes(0x13), 0x00008a00);
}
END_TEST

START_TEST(read_mode_1)
{
    put_planes(9, 0x0f3355ff); /* pels, from the left: 1 3 5 7 9 b d f */
    set(&v, GFX, 5, 8);
    set(&v, GFX, 2, 0x05);
    ck_assert_uint_eq(peek(&v, 0xa0009), 0x20);
    set(&v, GFX, 7, 0x07); /* plane 3 doesn't matter */
    ck_assert_uint_eq(peek(&v, 0xa0009), 0x22);
    set(&v, GFX, 7, 0x00);
    ck_assert_uint_eq(peek(&v, 0xa0009), 0xff);
}
END_TEST

START_TEST(odd_even)
{
    set(&v, SEQ, 2, 0x03);
    set(&v, SEQ, 4, 0x02);
    set(&v, GFX, 5, 0x10);
    set(&v, GFX, 6, 0x0e);
    memmap_write(&v.mem, 0xb8000, 0x1f421e41, 4);
    ck_assert_uint_eq(planes(0), 0x00001e41);
    ck_assert_uint_eq(planes(1), 0);
    ck_assert_uint_eq(planes(2), 0x00001f42);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xb8000, 4), 0x1f421e41);
    set(&v, GFX, 4, 2); /* planes 2 and 3 */
    ck_assert_uint_eq(memmap_read(&v.mem, 0xb8000, 2), 0);
    set(&v, SEQ, 2, 0x0c);
    memmap_write(&v.mem, 0xb8002, 0x7766, 2);
    ck_assert_uint_eq(planes(2), 0x77661f42);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xb8002, 2), 0x7766);
}
END_TEST

/* Chain-4 is plain memory unless logic stands in the way; either way it means the same. */
START_TEST(chain_4)
{
    set(&v, SEQ, 4, 0x0e);
    set(&v, GFX, 5, 0x40);
    ck_assert(plain(&v));
    memmap_write(&v.mem, 0xa0004, 0x44332211, 4);
    ck_assert_uint_eq(planes(1), 0x44332211);
    set(&v, SEQ, 2, 0x05);
    ck_assert(!plain(&v));
    memmap_write(&v.mem, 0xa0004, 0xddccbbaa, 4);
    ck_assert_uint_eq(planes(1), 0x44cc22aa);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xa0004, 4), 0x44cc22aa);
    set(&v, SEQ, 2, 0x0f);
    ck_assert(plain(&v));
    ck_assert_uint_eq(memmap_read(&v.mem, 0xa0004, 4), 0x44cc22aa);
    set(&v, SEQ, 4, 0x06); /* mode X: the same bytes by planes */
    set(&v, GFX, 4, 2);
    ck_assert(!plain(&v));
    ck_assert_uint_eq(peek(&v, 0xa0001), 0xcc);
    set(&v, GFX, 6, 0x01); /* 128 KiB */
    set(&v, SEQ, 4, 0x0e);
    poke(&v, 0xb0000, 0x42);
    ck_assert_uint_eq(v.ram[0x10000], 0x42);
}
END_TEST

START_TEST(what_makes_chain_4_opaque)
{
    static const struct {
        u16 port;
        u8 index, value, back;
    } rows[] = {{SEQ, 2, 0x07, 0x0f}, {SEQ, 4, 0x06, 0x0e}, {GFX, 1, 0x01, 0x00},
                {GFX, 3, 0x08, 0x00}, {GFX, 3, 0x01, 0x00}, {GFX, 5, 0x41, 0x40},
                {GFX, 5, 0x48, 0x40}, {GFX, 6, 0x0d, 0x05}, {GFX, 8, 0xfe, 0xff}};

    set(&v, SEQ, 4, 0x0e);
    set(&v, GFX, 5, 0x40);
    for (unsigned n = 0; n < ARRAY_LEN(rows); n++) {
        ck_assert(plain(&v));
        set(&v, rows[n].port, rows[n].index, rows[n].value);
        ck_assert_msg(!plain(&v), "%x.%x = %x", rows[n].port, rows[n].index, rows[n].value);
        set(&v, rows[n].port, rows[n].index, rows[n].back);
    }
    outb(&v, 0x3c2, 0x61);
    ck_assert(!plain(&v));
}
END_TEST

/* A VGA's addresses end at 64 KiB a plane, whatever the memory has. */
START_TEST(wraps)
{
    memset(v.ram, 0, VRAM_SIZE);
    set(&v, GFX, 6, 0x01);
    poke(&v, 0xb1234, 0x66);
    ck_assert_uint_eq(planes(0x1234), 0x66666666);
    ck_assert_uint_eq(planes(0x11234), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/vga_mem");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, memory_maps);
    tcase_add_test(t, map_mask_and_read_map);
    tcase_add_test(t, write_mode_0);
    tcase_add_test(t, write_modes_1_to_3);
    tcase_add_test(t, read_mode_1);
    tcase_add_test(t, odd_even);
    tcase_add_test(t, chain_4);
    tcase_add_test(t, what_makes_chain_4_opaque);
    tcase_add_test(t, wraps);
    suite_add_tcase(s, t);
    return unit_run(s);
}
