/* SPDX-License-Identifier: MIT */
/* The frame that chips share: classes, the way from the bus, field tables. */
#include "devices/device.h"

#include <stdio.h>

#include "board/memmap.h"
#include "board/ports.h"
#include "unit/devices/bench.h"

/* A chip that tells how it was accessed. */
struct probe {
    struct device dev;
    struct timer timer;
    u8 reg[16];
    u16 table[3];
    char log[256];
};

static u64 probe_read(struct device *d, u64 offset, unsigned size)
{
    struct probe *p = (struct probe *)d;
    size_t at = strlen(p->log);
    snprintf(p->log + at, sizeof p->log - at, "r%u@%u ", size, (unsigned)offset);
    return ld_size(&p->reg[offset], size);
}

static void probe_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct probe *p = (struct probe *)d;
    size_t at = strlen(p->log);
    snprintf(p->log + at, sizeof p->log - at, "w%u@%u ", size, (unsigned)offset);
    st_size(&p->reg[offset], value, size);
}

static void nothing(void *opaque)
{
}

static int probe_init(struct device *d, struct ersatz_error *err)
{
    struct probe *p = (struct probe *)d;
    timer_init(&p->timer, d->clock, nothing, p, "probe");
    return 0;
}

static const struct field probe_fields[] = {
    FIELD_TIMER(struct probe, timer, "timer"),
    FIELD_BUFFER(struct probe, reg, "registers"),
    FIELD_ARRAY(struct probe, table, "table"),
};

static const struct device_class probe_class = {
    .name = "probe",
    .size = sizeof(struct probe),
    .fields = probe_fields,
    .field_count = ARRAY_LEN(probe_fields),
    .regions =
        {
            {"any", REGION_PORT, 16, 4, 0, probe_read, probe_write},
            {"bytes", REGION_PORT, 16, 1, 0, probe_read, probe_write},
            {"words", REGION_MMIO, 16, 4, 4, probe_read, probe_write},
            {"odd", REGION_PORT, 6, 4, 0, probe_read, probe_write},
        },
    .init = probe_init,
};

static struct bench b;
static struct probe *p;

static void setup(void)
{
    bench_init(&b);
    p = (struct probe *)bench_device(&b, &probe_class);
    for (unsigned n = 0; n < 16; n++)
        p->reg[n] = (u8)(0x10 + n);
}

static void teardown(void)
{
    device_free(&p->dev);
}

START_TEST(classes_are_listed_once)
{
    unsigned n = 0;

    for (; device_classes[n]; n++) {
        ck_assert_ptr_eq(device_class_find(device_classes[n]->name), device_classes[n]);
        ck_assert_uint_ge(device_classes[n]->size, sizeof(struct device));
        ck_assert_uint_gt(strlen(device_classes[n]->text), 0);
    }
    ck_assert_uint_ge(n, 16);
    ck_assert_ptr_null(device_class_find("no such chip"));
}
END_TEST

/* Accesses are cut into naturally aligned pieces that the chip takes. */
START_TEST(pieces)
{
    static const struct {
        unsigned region, offset, size;
        const char *log;
        u64 value;
    } rows[] = {
        {0, 0, 4, "r4@0 ", 0x13121110},
        {0, 1, 4, "r1@1 r2@2 r1@4 ", 0x14131211},
        {0, 2, 4, "r2@2 r2@4 ", 0x15141312},
        {0, 0, 8, "r4@0 r4@4 ", 0x1716151413121110},
        {0, 14, 4, "r2@14 ", 0xffff1f1e}, /* beyond the end: all ones */
        {0, 16, 2, "", 0xffff},
        {1, 3, 4, "r1@3 r1@4 r1@5 r1@6 ", 0x16151413},
        {2, 5, 1, "r4@4 ", 0x15}, /* lanes of the register around it */
        {2, 6, 2, "r4@4 ", 0x1716},
        {2, 8, 8, "r4@8 r4@12 ", 0x1f1e1d1c1b1a1918},
        {3, 4, 4, "r2@4 ", 0xffff1514},
    };
    u64 got = device_read(&p->dev, rows[_i].region, rows[_i].offset, rows[_i].size);
    ck_assert_uint_eq(got, rows[_i].value);
    ck_assert_str_eq(p->log, rows[_i].log);
}
END_TEST

START_TEST(writes)
{
    static const struct {
        unsigned region, offset, size;
        const char *log;
    } rows[] = {
        {0, 4, 4, "w4@4 "},      {0, 3, 2, "w1@3 w1@4 "}, {0, 15, 4, "w1@15 "},
        {1, 0, 2, "w1@0 w1@1 "}, {2, 4, 1, ""}, /* too narrow: dropped */
        {2, 4, 8, "w4@4 w4@8 "}, {0, 20, 4, ""},
    };
    device_write(&p->dev, rows[_i].region, rows[_i].offset, 0x8877665544332211, rows[_i].size);
    ck_assert_str_eq(p->log, rows[_i].log);
    for (unsigned n = 0; p->log[0] && n < rows[_i].size && rows[_i].offset + n < 16; n++)
        ck_assert_uint_eq(p->reg[rows[_i].offset + n], 0x11 * (n + 1));
}
END_TEST

START_TEST(mapping)
{
    struct portmap ports;
    struct memmap mem;

    ck_assert_int_eq(portmap_init(&ports, &b.log, NULL), 0);
    memmap_init(&mem, &b.log);
    ck_assert_int_eq(device_map_ports(&p->dev, 0, &ports, 0x100, NULL), 0);
    ck_assert_int_eq(device_map_memory(&p->dev, 2, &mem, 0xfed00000, NULL), 0);
    ck_assert_int_ne(device_map_ports(&p->dev, 0, &ports, 0x200, NULL), 0);
    ck_assert_uint_eq(portmap_read(&ports, 0x104, 2), 0x1514);
    ck_assert_uint_eq(memmap_read(&mem, 0xfed00008, 4), 0x1b1a1918);
    device_unmap_ports(&p->dev, 0, &ports);
    device_unmap_memory(&p->dev, 2, &mem);
    device_unmap_ports(&p->dev, 0, &ports);
    ck_assert_uint_eq(portmap_read(&ports, 0x104, 2), 0xffff);
    ck_assert_uint_eq(memmap_read(&mem, 0xfed00008, 4), 0xffffffff);
    p->dev.use[1].size = 4; /* shortened, then moved */
    ck_assert_int_eq(device_map_ports(&p->dev, 1, &ports, 0x300, NULL), 0);
    ck_assert_uint_eq(portmap_read(&ports, 0x303, 1), 0x13);
    ck_assert_uint_eq(portmap_read(&ports, 0x304, 1), 0xff);
    portmap_destroy(&ports);
    memmap_destroy(&mem);
}
END_TEST

START_TEST(fields)
{
    struct device *d = &p->dev;

    ck_assert_uint_eq(device_field_count(&probe_fields[0]), 1);
    ck_assert_uint_eq(device_field_count(&probe_fields[1]), 16);
    ck_assert_uint_eq(device_field_count(&probe_fields[2]), 3);
    ck_assert_uint_eq(device_field_get(d, &probe_fields[0], 0), UINT64_MAX);
    timer_arm(&p->timer, 1234);
    ck_assert_uint_eq(device_field_get(d, &probe_fields[0], 0), 1234);
    device_field_set(d, &probe_fields[0], 0, 99);
    ck_assert_uint_eq(clock_deadline(&b.clock), 99);
    ck_assert_uint_eq(device_field_get(d, &probe_fields[1], 5), 0x15);
    device_field_set(d, &probe_fields[2], 2, 0xbeef);
    ck_assert_uint_eq(p->table[2], 0xbeef);
    device_zero(d);
    ck_assert_uint_eq(clock_deadline(&b.clock), UINT64_MAX);
    ck_assert_uint_eq(p->reg[5] | p->table[2], 0);
}
END_TEST

START_TEST(a_freed_device_leaves_no_timer)
{
    struct device *d = bench_device(&b, &probe_class);
    timer_arm(&((struct probe *)d)->timer, 5);
    device_free(d);
    ck_assert_uint_eq(clock_deadline(&b.clock), UINT64_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/device");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, classes_are_listed_once);
    tcase_add_loop_test(t, pieces, 0, 11);
    tcase_add_loop_test(t, writes, 0, 7);
    tcase_add_test(t, mapping);
    tcase_add_test(t, fields);
    tcase_add_test(t, a_freed_device_leaves_no_timer);
    suite_add_tcase(s, t);
    return unit_run(s);
}
