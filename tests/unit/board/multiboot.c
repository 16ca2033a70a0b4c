/* SPDX-License-Identifier: MIT */
/* The multiboot loader: a.out kludge and ELF32, modules, and headers that lie. */
#include "unit/board/board.h"

#define RAM (16ull << 20)
#define MAGIC 0x1BADB002u
#define KLUDGE 0x10000u

static void header(u8 *p, u32 flags)
{
    st32(p, MAGIC);
    st32(p + 4, flags);
    st32(p + 8, 0u - MAGIC - flags);
}

/* 4 KiB at 1 MiB, 4 KiB of BSS behind. */
static struct image kludge(void)
{
    struct image i = image_new(4096);

    header(i.data + 64, KLUDGE | 3);
    st32(i.data + 64 + 12, 0x100040);
    st32(i.data + 64 + 16, 0x100000);
    st32(i.data + 64 + 20, 0x101000);
    st32(i.data + 64 + 24, 0x102000);
    st32(i.data + 64 + 28, 0x100100);
    i.data[4095] = 0x99;
    return i;
}

/* One segment at 2 MiB, linked at 3 GiB + 2 MiB. */
static struct image elf(void)
{
    struct image i = image_new(8192);
    u8 *p = i.data;

    memcpy(p, "\177ELF\1\1\1", 7);
    st16(p + 16, 2);
    st16(p + 18, 3);
    st32(p + 24, 0xC0200010);
    st32(p + 28, 52);
    st16(p + 42, 32);
    st16(p + 44, 1);
    st32(p + 52, 1);
    st32(p + 52 + 4, 4096);
    st32(p + 52 + 8, 0xC0200000);
    st32(p + 52 + 12, 0x200000);
    st32(p + 52 + 16, 4096);
    st32(p + 52 + 20, 8192);
    header(p + 128, 0);
    p[4096] = 0x42;
    return i;
}

static void add_module(struct machine *m, const char *args, u64 size, u8 fill)
{
    unsigned n = m->boot.modules++;

    m->boot.module[n] = (struct blob){.name = "module", .data = malloc(size), .size = size};
    memset(m->boot.module[n].data, fill, size);
    m->boot.module_args[n] = (char *)args;
}

START_TEST(kludge_is_loaded_and_entered)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = kludge();

    board_new(&m, RAM, 1);
    m.ram.host[0x101800] = 0xEE; /* BSS must be zero */
    board_kernel(&m, BOOT_MULTIBOOT, &i, "some words");
    ck_assert_msg(board_start(&m, &err) == 0, "%s", err.text);
    const struct cpu *c = m.cpus[0];
    ck_assert_uint_eq(c->gpr[RAX], 0x2BADB002);
    ck_assert_uint_eq(c->rip, 0x100100);
    ck_assert_int_eq(c->code_mode, CODE32);
    ck_assert_uint_eq(c->cr0 & (CR0_PE | CR0_PG), CR0_PE);
    ck_assert_uint_eq(m.ram.host[0x100FFF], 0x99);
    ck_assert_uint_eq(m.ram.host[0x101800], 0);
    const u8 *info = m.ram.host + c->gpr[RBX];
    ck_assert_uint_eq(ld32(info) & 0x45, 0x45);
    ck_assert_str_eq((const char *)m.ram.host + ld32(info + 16), "image some words");
    ck_assert_uint_eq(ld32(info + 8), (RAM >> 10) - 1024);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

START_TEST(elf_with_modules)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = elf();

    board_new(&m, RAM, 1);
    board_kernel(&m, BOOT_MULTIBOOT, &i, "");
    add_module(&m, "first a b", 5000, 0x11);
    add_module(&m, "second", 100, 0x22);
    ck_assert_msg(board_start(&m, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(m.cpus[0]->rip, 0x200010); /* the physical entry */
    ck_assert_uint_eq(m.ram.host[0x200000], 0x42);
    const u8 *info = m.ram.host + m.cpus[0]->gpr[RBX];
    ck_assert_uint_eq(ld32(info + 20), 2);
    const u8 *mod = m.ram.host + ld32(info + 24);
    ck_assert_uint_eq(ld32(mod) % 4096, 0);
    ck_assert_uint_ge(ld32(mod), 0x202000);
    ck_assert_uint_eq(ld32(mod + 4) - ld32(mod), 5000);
    ck_assert_uint_eq(m.ram.host[ld32(mod) + 4999], 0x11);
    ck_assert_str_eq((const char *)m.ram.host + ld32(mod + 8), "first a b");
    ck_assert_uint_ge(ld32(mod + 16), ld32(mod + 4));
    ck_assert_uint_eq(m.ram.host[ld32(mod + 16)], 0x22);
    /* a module that doesn't fit */
    add_module(&m, "third", RAM, 0x33);
    ck_assert_int_eq(board_start(&m, &err), -ERSATZ_E_SIZE);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

static const struct {
    const char *what;
    bool elf;
    unsigned at;
    u32 value;
    enum ersatz_err error;
} lies[] = {
    {"load above header", false, 64 + 16, 0x100044, ERSATZ_E_FORMAT},
    {"load far below header", false, 64 + 16, 0x0F0000, ERSATZ_E_FORMAT},
    {"header far above load", false, 64 + 12, 0xFFFFFFFF, ERSATZ_E_FORMAT},
    {"ends before it begins", false, 64 + 20, 0xFFFFF, ERSATZ_E_FORMAT},
    {"more than the file", false, 64 + 20, 0x200000, ERSATZ_E_FORMAT},
    {"BSS ends before the data", false, 64 + 24, 0x100800, ERSATZ_E_FORMAT},
    {"BSS beyond memory", false, 64 + 24, 0xFFFFFFFF, ERSATZ_E_SIZE},
    {"another machine", true, 16, 62 << 16, ERSATZ_E_FORMAT},
    {"program headers outside", true, 28, 0xFFFFFFF0, ERSATZ_E_SIZE},
    {"too many program headers", true, 44, 0xFFFF, ERSATZ_E_SIZE},
    {"small program headers", true, 40, 0x00080000, ERSATZ_E_SIZE},
    {"segment outside the file", true, 52 + 4, 0xFFFFFFFF, ERSATZ_E_SIZE},
    {"segment larger than the file", true, 52 + 16, 0x7FFFFFFF, ERSATZ_E_SIZE},
    {"segment larger than its memory", true, 52 + 20, 100, ERSATZ_E_SIZE},
    {"segment larger than memory", true, 52 + 20, 0xFFFFFFFF, ERSATZ_E_SIZE},
    {"segment in the display", true, 52 + 12, 0xA0000, ERSATZ_E_SIZE},
    {"segment under the ROM", true, 52 + 12, 0x9F000, ERSATZ_E_SIZE},
    {"segment at the top of it all", true, 52 + 12, 0xFFFFF000, ERSATZ_E_SIZE},
    {"nothing to load", true, 52, 7, ERSATZ_E_FORMAT},
    {"all of conventional memory", true, 52 + 12, 0x9C000, ERSATZ_E_SIZE},
};

START_TEST(lying_header_is_refused)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = lies[_i].elf ? elf() : kludge();

    board_new(&m, RAM, 1);
    st32(i.data + lies[_i].at, lies[_i].value);
    board_kernel(&m, BOOT_MULTIBOOT, &i, "");
    ck_assert_msg(board_start(&m, &err) == -(int)lies[_i].error, "%s: %d %s", lies[_i].what,
                  err.code, err.text);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

START_TEST(unknown_requirements_are_refused)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = kludge();

    board_new(&m, RAM, 1);
    header(i.data + 64, KLUDGE | 1 << 5);
    board_kernel(&m, BOOT_MULTIBOOT, &i, "");
    ck_assert_int_eq(board_start(&m, &err), -ERSATZ_E_UNSUPPORTED);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

START_TEST(torn_and_random_images)
{
    struct machine m;
    struct ersatz_error err;
    u64 seed = 99;
    unsigned started = 0, refused = 0;

    board_new(&m, RAM, 1);
    for (unsigned n = 0; n < 3000; n++) {
        struct image i = n & 1 ? elf() : kludge();
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        if (n < 1000)
            i.size = 1 + n * (i.size - 1) / 1000;
        else
            for (unsigned k = 0; k < 2; k++)
                i.data[(seed >> (8 + 12 * k)) % 96] = (u8)(seed >> (30 + 7 * k));
        board_kernel(&m, BOOT_MULTIBOOT, &i, "x");
        *(board_start(&m, &err) ? &refused : &started) += 1;
        free(i.data);
    }
    ck_assert_uint_gt(started, 100);
    ck_assert_uint_gt(refused, 300);
    machine_destroy(&m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/multiboot");
    TCase *t = tcase_create("all");

    tcase_add_test(t, kludge_is_loaded_and_entered);
    tcase_add_test(t, elf_with_modules);
    tcase_add_loop_test(t, lying_header_is_refused, 0, ARRAY_LEN(lies));
    tcase_add_test(t, unknown_requirements_are_refused);
    tcase_add_test(t, torn_and_random_images);
    suite_add_tcase(s, t);
    return unit_run(s);
}
