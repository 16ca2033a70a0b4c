/* SPDX-License-Identifier: MIT */
/* The Linux loader: what a kernel finds at its entry, and headers that lie. */
#include "unit/board/board.h"

#define SETUP_SECTORS 4
#define PAYLOAD_AT ((SETUP_SECTORS + 1) * 512)
#define PAYLOAD_SIZE 4096
#define RAM (64ull << 20)

/* A bzImage of protocol 2.15 that wants to be at 16 MiB. */
static struct image kernel(void)
{
    struct image i = image_new(PAYLOAD_AT + PAYLOAD_SIZE);
    u8 *p = i.data;

    p[0x1F1] = SETUP_SECTORS;
    st32(p + 0x1F4, PAYLOAD_SIZE / 16);
    st16(p + 0x1FE, 0xAA55);
    p[0x200] = 0xEB;
    p[0x201] = 0x66;
    memcpy(p + 0x202, "HdrS", 4);
    st16(p + 0x206, 0x20F);
    p[0x211] = 1;
    st32(p + 0x214, 0x100000);
    st32(p + 0x22C, 0x7FFFFFFF);
    st32(p + 0x230, 0x200000);
    p[0x234] = 1;
    st16(p + 0x236, 1);
    st32(p + 0x238, 2047);
    st64(p + 0x258, 0x1000000);
    st32(p + 0x260, 0x400000);
    for (unsigned n = 0; n < PAYLOAD_SIZE; n++)
        p[PAYLOAD_AT + n] = (u8)(n * 7);
    return i;
}

START_TEST(enters_64_bit_with_a_zero_page)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = kernel();

    board_new(&m, RAM, 1);
    board_kernel(&m, BOOT_LINUX, &i, "console=ttyS0");
    ck_assert_msg(board_start(&m, &err) == 0, "%s", err.text);
    const struct cpu *c = m.cpus[0];
    ck_assert_uint_eq(c->rip, 0x1000200);
    ck_assert_int_eq(c->code_mode, CODE64);
    ck_assert_uint_eq(c->seg[CS].sel, 0x10);
    ck_assert_uint_eq(c->eflags & EFL_IF, 0);
    const u8 *zero = m.ram.host + c->gpr[RSI];
    ck_assert_uint_eq(ld32(zero + 0x202), 0x53726448);
    ck_assert_str_eq((const char *)m.ram.host + ld32(zero + 0x228), "console=ttyS0");
    ck_assert_uint_eq(zero[0x1EF], 0); /* the sentinel */
    ck_assert_int_eq(memcmp(m.ram.host + 0x1000000, i.data + PAYLOAD_AT, PAYLOAD_SIZE), 0);
    physaddr phys;
    ck_assert(mmu_probe(&m.cpus[0]->mmu, 0xFEE00123, &phys));
    ck_assert_uint_eq(phys, 0xFEE00123);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

START_TEST(memory_map_tells_all_ram)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = kernel();
    u64 usable = 0;

    board_new(&m, RAM, 1);
    board_kernel(&m, BOOT_LINUX, &i, "");
    ck_assert_int_eq(board_start(&m, &err), 0);
    const u8 *zero = m.ram.host + m.cpus[0]->gpr[RSI];
    for (unsigned n = 0; n < zero[0x1E8]; n++) {
        const u8 *e = zero + 0x2D0 + 20 * n;
        if (ld32(e + 16) == E820_RAM)
            usable += ld64(e + 8);
    }
    ck_assert_uint_eq(usable, RAM - HIGH_BASE + EBDA_BASE);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

START_TEST(old_kernel_enters_32_bit)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = kernel();

    st16(i.data + 0x206, 0x203);
    board_new(&m, RAM, 1);
    board_kernel(&m, BOOT_LINUX, &i, "");
    ck_assert_msg(board_start(&m, &err) == 0, "%s", err.text);
    const struct cpu *c = m.cpus[0];
    ck_assert_uint_eq(c->rip, 0x100000);
    ck_assert_int_eq(c->code_mode, CODE32);
    ck_assert_uint_eq(c->cr0 & CR0_PG, 0);
    ck_assert_uint_eq(c->seg[DS].sel, 0x18);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

START_TEST(initrd_lies_high_and_below_its_limit)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = kernel();

    st32(i.data + 0x22C, 0x2FFFFFF); /* 48 MiB */
    board_new(&m, RAM, 1);
    board_kernel(&m, BOOT_LINUX, &i, "");
    m.boot.module[0] = (struct blob){.name = "initrd", .data = calloc(1, 5000), .size = 5000};
    m.boot.module[0].data[4999] = 0x77;
    m.boot.modules = 1;
    ck_assert_msg(board_start(&m, &err) == 0, "%s", err.text);
    const u8 *zero = m.ram.host + m.cpus[0]->gpr[RSI];
    ck_assert_uint_eq(ld32(zero + 0x218), 0x3000000 - 8192);
    ck_assert_uint_eq(ld32(zero + 0x21C), 5000);
    ck_assert_uint_eq(m.ram.host[0x3000000 - 8192 + 4999], 0x77);
    /* no room between the kernel and the limit */
    boot_close(&m.boot);
    st32(i.data + 0x22C, 0x1400FFF);
    board_kernel(&m, BOOT_LINUX, &i, "");
    m.boot.module[0] = (struct blob){.name = "initrd", .data = calloc(1, 5000), .size = 5000};
    m.boot.modules = 1;
    ck_assert_int_eq(board_start(&m, &err), -ERSATZ_E_SIZE);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

/* One lie each. */
static const struct {
    const char *what;
    unsigned at, size;
    u64 value;
    enum ersatz_err error;
} lies[] = {
    {"setup larger than the file", 0x1F1, 1, 200, ERSATZ_E_SIZE},
    {"kernel larger than the file", 0x1F4, 4, 0x10000, ERSATZ_E_SIZE},
    {"kernel larger than anything", 0x1F4, 4, 0xFFFFFFFF, ERSATZ_E_SIZE},
    {"protocol 1.0", 0x206, 2, 0x100, ERSATZ_E_FORMAT},
    {"zImage", 0x211, 1, 0, ERSATZ_E_FORMAT},
    {"alignment 0", 0x230, 4, 0, ERSATZ_E_FORMAT},
    {"alignment 3", 0x230, 4, 3, ERSATZ_E_FORMAT},
    {"alignment 2 GiB", 0x230, 4, 0x80000000, ERSATZ_E_FORMAT},
    {"alignment 1 GiB", 0x230, 4, 0x40000000, ERSATZ_E_SIZE},
    {"beyond memory", 0x258, 8, RAM, ERSATZ_E_SIZE},
    {"beyond everything", 0x258, 8, ~0ull, ERSATZ_E_SIZE},
    {"just below the end of memory", 0x258, 8, RAM - 0x200000, ERSATZ_E_SIZE},
    {"more than memory has", 0x260, 4, 0xFFFFFFFF, ERSATZ_E_SIZE},
    {"no command line at all", 0x238, 4, 0, ERSATZ_E_VALUE},
};

START_TEST(lying_header_is_refused)
{
    struct machine m;
    struct ersatz_error err;
    struct image i = kernel();

    board_new(&m, RAM, 1);
    st_size(i.data + lies[_i].at, lies[_i].value, lies[_i].size);
    board_kernel(&m, BOOT_LINUX, &i, "quiet");
    ck_assert_msg(board_start(&m, &err) == -(int)lies[_i].error, "%s: %d %s", lies[_i].what,
                  err.code, err.text);
    free(i.data);
    machine_destroy(&m);
}
END_TEST

START_TEST(lies_that_need_no_refusal_are_harmless)
{
    static const struct {
        unsigned at, size;
        u64 value;
    } harmless[] = {
        {0x214, 4, 0xFFFFFFFF}, {0x218, 4, 0xFFFFFFF0}, {0x21C, 4, 0xFFFFFFFF},
        {0x228, 4, 0xFFFFFFFF}, {0x238, 4, 0xFFFFFFFF}, {0x250, 8, ~0ull},
        {0x201, 1, 0xFF},       {0x201, 1, 0},          {0x22C, 4, 0},
        {0x22C, 4, 0xFFFFFFFF},
    };
    struct machine m;
    struct ersatz_error err;

    board_new(&m, RAM, 1);
    for (unsigned n = 0; n < ARRAY_LEN(harmless); n++) {
        struct image i = kernel();
        st_size(i.data + harmless[n].at, harmless[n].value, harmless[n].size);
        board_kernel(&m, BOOT_LINUX, &i, "");
        ck_assert_msg(board_start(&m, &err) == 0, "row %u: %s", n, err.text);
        const u8 *zero = m.ram.host + m.cpus[0]->gpr[RSI];
        ck_assert_uint_eq(ld32(zero + 0x21C), 0);
        ck_assert_uint_eq(ld64(zero + 0x250), 0);
        free(i.data);
    }
    machine_destroy(&m);
}
END_TEST

/* Every length of a torn file, and headers of random bytes: an error or a start, no more. */
START_TEST(torn_and_random_headers)
{
    struct machine m;
    struct ersatz_error err;
    u64 seed = 12345;
    unsigned started = 0, refused = 0;

    board_new(&m, RAM, 1);
    for (unsigned n = 0; n < 3000; n++) {
        struct image i = kernel();
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        if (n < 1000)
            i.size = 0x290 + n * (i.size - 0x290) / 1000;
        else
            for (unsigned k = 0; k <= n % 4; k++)
                i.data[0x1F1 + (seed >> (8 + 12 * k)) % 0x80] = (u8)(seed >> (20 + 7 * k));
        board_kernel(&m, BOOT_LINUX, &i, "x");
        if (linux_probe(&m.boot.kernel))
            *(board_start(&m, &err) ? &refused : &started) += 1;
        free(i.data);
    }
    ck_assert_uint_gt(started, 100);
    ck_assert_uint_gt(refused, 1000);
    machine_destroy(&m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/linux");
    TCase *t = tcase_create("all");

    tcase_add_test(t, enters_64_bit_with_a_zero_page);
    tcase_add_test(t, memory_map_tells_all_ram);
    tcase_add_test(t, old_kernel_enters_32_bit);
    tcase_add_test(t, initrd_lies_high_and_below_its_limit);
    tcase_add_loop_test(t, lying_header_is_refused, 0, ARRAY_LEN(lies));
    tcase_add_test(t, lies_that_need_no_refusal_are_harmless);
    tcase_add_test(t, torn_and_random_headers);
    suite_add_tcase(s, t);
    return unit_run(s);
}
