/* SPDX-License-Identifier: MIT */
/* ACPI tables: every length and checksum, every pointer, from the RSDP down. */
#include "board/acpi.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "unit/unit.h"

static u8 sum(const u8 *p, u32 n)
{
    u8 s = 0;

    while (n--)
        s = (u8)(s + *p++);
    return s;
}

/* The table at a guest address, its bounds and sum checked. */
static const u8 *table(const struct acpi_tables *t, u64 addr, const char *signature)
{
    ck_assert_uint_ge(addr, ACPI_TABLES_AT);
    ck_assert_uint_le(addr - ACPI_TABLES_AT + 36, t->size);
    const u8 *p = t->bytes + (addr - ACPI_TABLES_AT);
    if (signature)
        ck_assert_int_eq(memcmp(p, signature, 4), 0);
    ck_assert_uint_le(addr - ACPI_TABLES_AT + ld32(p + 4), t->size);
    if (memcmp(p, "FACS", 4))
        ck_assert_msg(sum(p, ld32(p + 4)) == 0, "%.4s: checksum", p);
    return p;
}

static void check_madt(const u8 *p, unsigned cpus)
{
    unsigned lapics = 0, ioapics = 0;
    u32 at = 44;

    while (at < ld32(p + 4)) {
        ck_assert_uint_gt(p[at + 1], 1);
        lapics += p[at] == 0;
        ioapics += p[at] == 1;
        at += p[at + 1];
    }
    ck_assert_uint_eq(at, ld32(p + 4));
    ck_assert_uint_eq(lapics, cpus);
    ck_assert_uint_eq(ioapics, 1);
}

static void check_fadt(const struct acpi_tables *t, const u8 *p)
{
    ck_assert_uint_eq(ld32(p + 4), 244);
    table(t, ld32(p + 36), "FACS");
    ck_assert_uint_eq(ld32(p + 36) % 64, 0);
    ck_assert_uint_eq(ld64(p + 140), ld32(p + 40));
    table(t, ld32(p + 40), "DSDT");
    /* the blocks' two forms agree */
    ck_assert_uint_eq(ld64(p + 152), ld32(p + 56));
    ck_assert_uint_eq(ld64(p + 176), ld32(p + 64));
    ck_assert_uint_eq(ld64(p + 212), ld32(p + 76));
}

static const unsigned cpu_counts[] = {1, 2, 8, 32};

static struct acpi_board board_of(unsigned cpus)
{
    return (struct acpi_board){
        .cpus = cpus, .hpet = true, .pm_base = 0xb000, .smb_base = 0xb100, .low_ram = 64 << 20};
}

/* From the RSDP down, for tables that are linked for ACPI_TABLES_AT. */
static void check_all(const struct acpi_tables *t, const u8 *rsdp, unsigned cpus)
{
    ck_assert_int_eq(memcmp(rsdp, "RSD PTR ", 8), 0);
    ck_assert_uint_eq(sum(rsdp, 20), 0);
    ck_assert_uint_eq(sum(rsdp, 36), 0);
    const u8 *rsdt = table(t, ld32(rsdp + 16), "RSDT");
    const u8 *xsdt = table(t, ld64(rsdp + 24), "XSDT");
    unsigned n = (ld32(rsdt + 4) - 36) / 4;
    ck_assert_uint_eq((ld32(xsdt + 4) - 36) / 8, n);
    ck_assert_uint_eq(n, 3);
    for (unsigned i = 0; i < n; i++) {
        ck_assert_uint_eq(ld64(xsdt + 36 + 8 * i), ld32(rsdt + 36 + 4 * i));
        const u8 *p = table(t, ld32(rsdt + 36 + 4 * i), NULL);
        if (memcmp(p, "APIC", 4) == 0)
            check_madt(p, cpus);
        if (memcmp(p, "FACP", 4) == 0)
            check_fadt(t, p);
    }
}

START_TEST(tables_hang_together)
{
    struct acpi_tables *t = malloc(sizeof *t);
    struct acpi_board b = board_of(cpu_counts[_i]);

    ck_assert(acpi_build(t, &b));
    acpi_link(t, ACPI_TABLES_AT);
    check_all(t, t->rsdp, cpu_counts[_i]);
    free(t);
}
END_TEST

/* ---- the loader script, followed as a firmware follows it ---- */

struct loaded {
    u8 *tables, *rsdp;
    u32 tables_size;
    unsigned allocated;
};

static u8 *file_of(struct loaded *l, const u8 *name, u32 *size)
{
    ck_assert_uint_lt(strnlen((const char *)name, 56), 56);
    if (strcmp((const char *)name, ACPI_RSDP_NAME) == 0) {
        *size = ACPI_RSDP_SIZE;
        return l->rsdp;
    }
    ck_assert_str_eq((const char *)name, ACPI_TABLES_NAME);
    *size = l->tables_size;
    return l->tables;
}

static void follow(struct loaded *l, const u8 *c)
{
    u32 size, pointee_size;
    u8 *file = file_of(l, c + 4, &size);

    switch (ld32(c)) {
    case 1: /* allocate */
        ck_assert_uint_eq(ld32(c + 60), file == l->tables ? 64 : 16);
        ck_assert_uint_eq(c[64], file == l->tables ? 1 : 2);
        l->allocated++;
        break;
    case 2: { /* add pointer */
        u32 at = ld32(c + 116);
        ck_assert_uint_eq(l->allocated, 2);
        ck_assert_ptr_eq(file_of(l, c + 60, &pointee_size), l->tables);
        ck_assert_uint_le(at + c[120], size);
        u64 v = ld_size(file + at, c[120]);
        ck_assert_uint_lt(v, l->tables_size);
        st_size(file + at, v + ACPI_TABLES_AT, c[120]);
        break;
    }
    case 3: { /* add checksum */
        u32 at = ld32(c + 60), start = ld32(c + 64), length = ld32(c + 68);
        ck_assert_uint_le(start + length, size);
        ck_assert_uint_lt(at, size);
        file[at] = (u8)(file[at] - sum(file + start, length));
        break;
    }
    default: ck_abort_msg("command %u", ld32(c));
    }
}

START_TEST(script_links_them_too)
{
    struct acpi_tables *t = malloc(sizeof *t);
    struct acpi_board b = board_of(4);
    u8 script[ACPI_LOADER_MAX];

    ck_assert(acpi_build(t, &b));
    struct loaded l = {.tables = t->bytes, .rsdp = t->rsdp, .tables_size = t->size};
    u32 size = acpi_loader(t, script);
    ck_assert_uint_eq(size % ACPI_LOADER_COMMAND, 0);
    ck_assert_uint_gt(size, 10 * ACPI_LOADER_COMMAND);
    for (u32 at = 0; at < size; at += ACPI_LOADER_COMMAND)
        follow(&l, script + at);
    check_all(t, t->rsdp, 4);
    free(t);
}
END_TEST

/* What differs from board to board is in the tables; sizes don't depend on it. */
START_TEST(tables_follow_the_board)
{
    struct acpi_tables *t = malloc(sizeof *t), *u = malloc(sizeof *u);
    struct acpi_board b = board_of(1);
    static const u8 window[] = {0, 0, 0, 4, 0xFF, 0xFF, 0xBF, 0xFE, 0, 0, 0, 0, 0, 0, 0xC0, 0xFA};
    static const u8 pm[] = {0x47, 1, 0, 0xb0, 0, 0xb0, 1, 0x40};
    static const u8 smbus[] = {0x47, 1, 0, 0xb1, 0, 0xb1, 1, 0x10};

    ck_assert(acpi_build(t, &b));
    ck_assert_ptr_nonnull(memmem(t->bytes, t->size, window, sizeof window));
    ck_assert_ptr_nonnull(memmem(t->bytes, t->size, pm, sizeof pm));
    ck_assert_ptr_nonnull(memmem(t->bytes, t->size, smbus, sizeof smbus));
    ck_assert_ptr_null(memmem(t->bytes, t->size, "_S3_", 4));
    ck_assert_ptr_nonnull(memmem(t->bytes, t->size, "_S5_", 4));
    b.s3 = true;
    b.pm_base = b.smb_base = 0;
    ck_assert(acpi_build(u, &b));
    ck_assert_ptr_nonnull(memmem(u->bytes, u->size, "_S3_", 4));
    ck_assert_uint_eq(t->size, u->size);
    ck_assert_uint_eq(t->notes, u->notes);
    ck_assert_int_eq(memcmp(t->note, u->note, t->notes * sizeof *t->note), 0);
    free(t);
    free(u);
}
END_TEST

START_TEST(too_many_cpus_do_not_fit)
{
    struct acpi_tables *t = malloc(sizeof *t);
    struct acpi_board b = board_of(ACPI_TABLES_MAX / 8);

    ck_assert(!acpi_build(t, &b));
    b = board_of(1);
    b.hpet = false;
    ck_assert(acpi_build(t, &b));
    free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/acpi");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, tables_hang_together, 0, ARRAY_LEN(cpu_counts));
    tcase_add_test(t, script_links_them_too);
    tcase_add_test(t, tables_follow_the_board);
    tcase_add_test(t, too_many_cpus_do_not_fit);
    suite_add_tcase(s, t);
    return unit_run(s);
}
