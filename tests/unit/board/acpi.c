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
    ck_assert_uint_ge(addr, ACPI_RSDP_AT);
    ck_assert_uint_le(addr - ACPI_RSDP_AT + 36, t->size);
    const u8 *p = t->bytes + (addr - ACPI_RSDP_AT);
    if (signature)
        ck_assert_int_eq(memcmp(p, signature, 4), 0);
    ck_assert_uint_le(addr - ACPI_RSDP_AT + ld32(p + 4), t->size);
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

START_TEST(tables_hang_together)
{
    struct acpi_tables *t = malloc(sizeof *t);
    unsigned cpus = cpu_counts[_i];

    ck_assert(acpi_build(t, cpus, true));
    ck_assert_int_eq(memcmp(t->bytes, "RSD PTR ", 8), 0);
    ck_assert_uint_eq(sum(t->bytes, 20), 0);
    ck_assert_uint_eq(sum(t->bytes, 36), 0);
    const u8 *rsdt = table(t, ld32(t->bytes + 16), "RSDT");
    const u8 *xsdt = table(t, ld64(t->bytes + 24), "XSDT");
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
    free(t);
}
END_TEST

START_TEST(too_many_cpus_do_not_fit)
{
    struct acpi_tables *t = malloc(sizeof *t);

    ck_assert(!acpi_build(t, ACPI_TABLES_MAX / 8, true));
    ck_assert(acpi_build(t, 1, false));
    free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/acpi");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, tables_hang_together, 0, ARRAY_LEN(cpu_counts));
    tcase_add_test(t, too_many_cpus_do_not_fit);
    suite_add_tcase(s, t);
    return unit_run(s);
}
