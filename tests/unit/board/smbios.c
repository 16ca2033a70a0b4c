/* SPDX-License-Identifier: MIT */
/* SMBIOS: structure after structure, and the anchor that leads to them. */
#include "board/smbios.h"

#include <string.h>

#include "base/bits.h"
#include "unit/unit.h"

#define MIB (1ull << 20)
#define BASE 0xF0020u

static struct smbios_tables t;
static struct smbios_config config;

static struct smbios_board board_of(unsigned cpus, u64 low, u64 high)
{
    return (struct smbios_board){.config = &config,
                                 .cpus = cpus,
                                 .cpu_vendor = "GenuineErsatz",
                                 .cpu_name = "a CPU",
                                 .low_ram = low,
                                 .high_ram = high};
}

/* The structure behind p; *count gets the number of p's texts. */
static const u8 *after(const u8 *p, unsigned *count)
{
    const u8 *end = t.bytes + t.size;
    const u8 *q = p + p[1];

    ck_assert_uint_ge(p[1], 4);
    *count = 0;
    ck_assert(q + 2 <= end);
    if (!*q)
        return q + 2 - (q[1] != 0); /* no texts: two zeros */
    while (*q) {
        q += strlen((const char *)q) + 1;
        ck_assert(q < end);
        ++*count;
    }
    return q + 1;
}

/* The n-th structure of that type; NULL if there are fewer. */
static const u8 *structure(u8 type, unsigned n)
{
    unsigned texts;

    for (const u8 *p = t.bytes; p < t.bytes + t.size; p = after(p, &texts))
        if (p[0] == type && n-- == 0)
            return p;
    return NULL;
}

static const char *text(const u8 *p, unsigned at)
{
    const char *s = (const char *)p + p[1];

    ck_assert_uint_ne(p[at], 0);
    for (unsigned n = p[at]; n > 1; n--)
        s += strlen(s) + 1;
    return s;
}

static void build(const struct smbios_board *b)
{
    ck_assert(smbios_build(&t, b));
    smbios_link(&t, BASE);
}

static const struct {
    unsigned cpus;
    u64 low, high;
    unsigned dimms, maps;
} boards[] = {
    {1, 16 * MIB, 0, 1, 1},
    {2, 3072 * MIB, 1024 * MIB, 1, 2},
    {32, 3072 * MIB, 64ull << 30, 5, 2},
};

START_TEST(structures_hang_together)
{
    struct smbios_board b = board_of(boards[_i].cpus, boards[_i].low, boards[_i].high);
    unsigned count = 0, texts, largest = 0;
    u8 sum = 0, dmi = 0, last = 0;
    const u8 *p = t.bytes, *next;

    build(&b);
    for (; p < t.bytes + t.size; p = next, count++) {
        next = after(p, &texts);
        last = p[0];
        largest = next - p > largest ? (unsigned)(next - p) : largest;
        for (const u8 *q = t.bytes; q < p; q = after(q, &texts))
            ck_assert_uint_ne(ld16(q + 2), ld16(p + 2)); /* handles */
    }
    ck_assert_ptr_eq(p, t.bytes + t.size);
    ck_assert_uint_eq(last, 127);
    for (unsigned i = 0; i < SMBIOS_ANCHOR_SIZE; i++)
        sum = (u8)(sum + t.anchor[i]);
    for (unsigned i = 16; i < SMBIOS_ANCHOR_SIZE; i++)
        dmi = (u8)(dmi + t.anchor[i]);
    ck_assert_uint_eq(sum, 0);
    ck_assert_uint_eq(dmi, 0);
    ck_assert_int_eq(memcmp(t.anchor, "_SM_", 4), 0);
    ck_assert_uint_eq(ld16(t.anchor + 0x08), largest);
    ck_assert_uint_eq(ld16(t.anchor + 0x16), t.size);
    ck_assert_uint_eq(ld32(t.anchor + 0x18), BASE);
    ck_assert_uint_eq(ld16(t.anchor + 0x1C), count);
    ck_assert_ptr_nonnull(structure(4, boards[_i].cpus - 1));
    ck_assert_ptr_null(structure(4, boards[_i].cpus));
    ck_assert_ptr_nonnull(structure(17, boards[_i].dimms - 1));
    ck_assert_ptr_null(structure(17, boards[_i].dimms));
    ck_assert_ptr_null(structure(19, boards[_i].maps));
}
END_TEST

START_TEST(memory_adds_up)
{
    struct smbios_board b = board_of(1, 3072 * MIB, 64ull << 30);
    const u8 *p;
    u64 mib = 0;

    build(&b);
    for (unsigned n = 0; (p = structure(17, n)); n++)
        mib += ld16(p + 0x0C) == 0x7FFF ? ld32(p + 0x1C) : ld16(p + 0x0C);
    ck_assert_uint_eq(mib, 3072 + 65536);
    p = structure(19, 0);
    ck_assert_uint_eq(ld32(p + 4), 0);
    ck_assert_uint_eq(ld32(p + 8), 3072 * 1024 - 1);
    p = structure(19, 1);
    ck_assert_uint_eq(ld32(p + 4), 4096 * 1024);
    ck_assert_uint_eq(ld32(p + 8), (4096 + 65536) * 1024 - 1);
    ck_assert_uint_eq(ld16(structure(16, 0) + 0x0D), 5);
}
END_TEST

START_TEST(users_texts_are_told)
{
    struct smbios_board b = board_of(1, 64 * MIB, 0);

    build(&b);
    ck_assert_ptr_null(structure(0, 0)); /* a foreign firmware tells of itself */
    ck_assert_ptr_null(structure(2, 0));
    ck_assert_str_eq(text(structure(1, 0), 4), "Ersatz");
    ck_assert_uint_eq(structure(1, 0)[7], 0); /* no serial number */
    config.has_type[0] = config.has_type[2] = true;
    config.text[SMBIOS_BIOS_VENDOR] = "a vendor";
    config.text[SMBIOS_SYSTEM_SERIAL] = "S1";
    config.text[SMBIOS_SYSTEM_MANUFACTURER] = "";
    config.text[SMBIOS_BOARD_LOCATION] = "here";
    for (u8 i = 0; i < 16; i++)
        config.uuid[i] = i;
    config.release[0] = 4;
    config.uefi = true;
    build(&b);
    ck_assert_str_eq(text(structure(0, 0), 4), "a vendor");
    ck_assert_uint_eq(structure(0, 0)[0x14], 4);
    ck_assert_uint_eq(structure(0, 0)[0x13] & 8, 8);
    ck_assert_str_eq(text(structure(1, 0), 7), "S1");
    ck_assert_uint_eq(structure(1, 0)[4], 0);
    ck_assert_int_eq(memcmp(structure(1, 0) + 8, config.uuid, 16), 0);
    ck_assert_str_eq(text(structure(2, 0), 0x0A), "here");
}
END_TEST

START_TEST(too_much_does_not_fit)
{
    static char endless[SMBIOS_MAX];
    struct smbios_board b = board_of(4096, 64 * MIB, 0);

    ck_assert(!smbios_build(&t, &b));
    ck_assert_uint_le(t.size, SMBIOS_MAX);
    memset(endless, 'x', sizeof endless - 1);
    config.text[SMBIOS_SYSTEM_FAMILY] = endless; /* cut */
    b.cpus = 1;
    ck_assert(smbios_build(&t, &b));
    ck_assert_uint_eq(strlen(text(structure(1, 0), 0x1A)), 255);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/smbios");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, structures_hang_together, 0, ARRAY_LEN(boards));
    tcase_add_test(c, memory_adds_up);
    tcase_add_test(c, users_texts_are_told);
    tcase_add_test(c, too_much_does_not_fit);
    suite_add_tcase(s, c);
    return unit_run(s);
}
