/* SPDX-License-Identifier: MIT */
#include "board/ports.h"

#include "base/bits.h"
#include "base/error.h"
#include "base/log.h"
#include "unit/unit.h"

struct chip {
    u8 reg[16];
    unsigned reads, writes, last_size;
};

static u32 chip_read(void *opaque, u16 offset, unsigned size)
{
    struct chip *c = opaque;

    c->reads++;
    c->last_size = size;
    return (u32)ld_size(c->reg + offset, size);
}

static void chip_write(void *opaque, u16 offset, u32 value, unsigned size)
{
    struct chip *c = opaque;

    c->writes++;
    c->last_size = size;
    st_size(c->reg + offset, value, size);
}

static struct port_range span(struct chip *c, u16 base, u32 count, unsigned max_size)
{
    return (struct port_range){.name = "chip",
                               .base = base,
                               .count = count,
                               .max_size = max_size,
                               .read = chip_read,
                               .write = chip_write,
                               .opaque = c};
}

START_TEST(wide_accesses_are_split)
{
    struct log log = {0};
    struct portmap p;
    struct chip bytes = {.reads = 0}, dwords = {.reads = 0};

    ck_assert_int_eq(portmap_init(&p, &log, NULL), 0);
    struct port_range r = span(&bytes, 0x60, 4, 1);
    ck_assert_int_eq(portmap_add(&p, &r, NULL), 0);
    r = span(&dwords, 0xCF8, 8, 4);
    ck_assert_int_eq(portmap_add(&p, &r, NULL), 0);

    portmap_write(&p, 0x60, 0x44332211, 4);
    ck_assert_uint_eq(bytes.writes, 4);
    ck_assert_uint_eq(bytes.last_size, 1);
    ck_assert_uint_eq(portmap_read(&p, 0x61, 2), 0x3322);
    ck_assert_uint_eq(portmap_read(&p, 0x62, 4), 0xFFFF4433);
    portmap_write(&p, 0xCF8, 0x80000000, 4);
    ck_assert_uint_eq(dwords.writes, 1);
    ck_assert_uint_eq(portmap_read(&p, 0xCF8, 4), 0x80000000);
    ck_assert_uint_eq(dwords.last_size, 4);
    portmap_write(&p, 0xCF8, 0xFFFF1234, 2); /* what is above the size is nobody's business */
    ck_assert_uint_eq(portmap_read(&p, 0xCF8, 4), 0x80001234);
    portmap_destroy(&p);
}
END_TEST

START_TEST(nobodys_ports_read_as_ones)
{
    struct log log = {0};
    struct portmap p;
    struct chip c = {.reads = 0};

    ck_assert_int_eq(portmap_init(&p, &log, NULL), 0);
    ck_assert_uint_eq(portmap_read(&p, 0x1234, 4), 0xFFFFFFFF);
    portmap_write(&p, 0x1234, 0, 4);
    struct port_range r = span(&c, 0xFFFF, 1, 1);
    ck_assert_int_eq(portmap_add(&p, &r, NULL), 0);
    c.reg[0] = 0x42;
    ck_assert_uint_eq(portmap_read(&p, 0xFFFF, 4), 0xFFFFFF42); /* no wrap to port 0 */
    portmap_write(&p, 0xFFFF, 0, 4);
    ck_assert_uint_eq(c.reg[0], 0);
    portmap_destroy(&p);
}
END_TEST

START_TEST(later_ranges_win_until_removed)
{
    struct log log = {0};
    struct portmap p;
    struct chip isa = {.reg = {1, 2, 3, 4, 5, 6, 7, 8}}, bar = {.reg = {0xB0, 0xB1}};

    ck_assert_int_eq(portmap_init(&p, &log, NULL), 0);
    struct port_range r = span(&isa, 0x300, 8, 1);
    ck_assert_int_eq(portmap_add(&p, &r, NULL), 0);
    r = span(&bar, 0x302, 2, 4);
    ck_assert_int_eq(portmap_add(&p, &r, NULL), 0);
    ck_assert_uint_eq(portmap_read(&p, 0x301, 4), 0x05B1B002);
    ck_assert(portmap_remove(&p, 0x302));
    ck_assert_uint_eq(portmap_read(&p, 0x301, 4), 0x05040302);
    ck_assert(!portmap_remove(&p, 0x302));
    ck_assert(portmap_remove(&p, 0x300));
    ck_assert_uint_eq(portmap_read(&p, 0x301, 4), 0xFFFFFFFF);
    portmap_destroy(&p);
}
END_TEST

START_TEST(impossible_ranges_are_refused)
{
    struct log log = {0};
    struct portmap p;
    struct chip c = {.reads = 0};
    struct ersatz_error err;

    ck_assert_int_eq(portmap_init(&p, &log, NULL), 0);
    struct port_range r = span(&c, 0xFFF8, 16, 1);
    ck_assert_int_eq(portmap_add(&p, &r, &err), -ERSATZ_E_VALUE);
    r = span(&c, 0x10, 0, 1);
    ck_assert_int_eq(portmap_add(&p, &r, &err), -ERSATZ_E_VALUE);
    for (unsigned i = 0; i < 255; i++) {
        r = span(&c, (u16)(i * 2), 1, 1);
        ck_assert_int_eq(portmap_add(&p, &r, &err), 0);
    }
    ck_assert_int_eq(portmap_add(&p, &r, &err), -ERSATZ_E_CONFLICT);
    portmap_destroy(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/ports");
    TCase *t = tcase_create("all");

    tcase_add_test(t, wide_accesses_are_split);
    tcase_add_test(t, nobodys_ports_read_as_ones);
    tcase_add_test(t, later_ranges_win_until_removed);
    tcase_add_test(t, impossible_ranges_are_refused);
    suite_add_tcase(s, t);
    return unit_run(s);
}
