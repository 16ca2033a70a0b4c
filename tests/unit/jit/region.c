/* SPDX-License-Identifier: MIT */
/* Regions of this host's backend and of the portable one: cut anywhere, left early, changed. */
#include "unit/jit/pair.h"

#define SLICES 48

/* The same at slices of 1 to SLICES instructions, on both backends. */
static struct pair pair_at(int i)
{
    bool native = i >= SLICES && jit_is_native();

    return pair_new(
        TESTCPU_32,
        &(struct jit_config){.host = native ? NULL : jit_portable(), .heat = 1, .region = 2});
}

static u64 slice_at(int i)
{
    return 1 + (u64)i % SLICES;
}

/* mov ecx,400; l: test cl,3; jz a; add eax,ecx; jmp b; a: xor eax,ecx; b: sub ecx,1; jnz l; hlt */
static const u8 branches[] = {0xb9, 0x90, 1, 0,    0,    0xf6, 0xc1, 3, 0x74, 4,    1,
                              0xc8, 0xeb, 2, 0x31, 0xc8, 0x83, 0xe9, 1, 0x75, 0xf0, 0xf4};

START_TEST(test_left_early)
{
    struct pair p = pair_at(_i);

    pair_load(&p, TESTCPU_CODE, branches, sizeof branches);
    ck_assert_uint_eq(pair_run(&p, slice_at(_i), 100000), TESTCPU_HALTED);
    if (slice_at(_i) > 20) /* shorter slices leave the ends of blocks to the interpreter */
        ck_assert_uint_ge(jit_stats(p.jit).regions, 1);
    pair_free(&p);
}
END_TEST

/* mov ecx,200; l: mov [m+2],cl; jmp m; nops; m: add eax,0; sub ecx,1; jnz l; hlt */
static const u8 changing[] = {0xb9, 200,  0,    0,    0,    0x88, 0x0d, 0,    0, 0,    0,    0xeb,
                              2,    0x90, 0x90, 0x83, 0xc0, 0,    0x83, 0xe9, 1, 0x75, 0xee, 0xf4};

/* A block of the region stores into the next one: each round adds its own ECX. */
START_TEST(test_later_block_changes)
{
    struct pair p = pair_at(_i);
    u8 code[sizeof changing];

    memcpy(code, changing, sizeof code);
    st32(code + 7, TESTCPU_CODE + 17);
    pair_load(&p, TESTCPU_CODE, code, sizeof code);
    ck_assert_uint_eq(pair_run(&p, slice_at(_i), 100000), TESTCPU_HALTED);
    i32 sum = 0;
    for (int n = 1; n <= 200; n++)
        sum += (i8)n;
    ck_assert_int_eq((i32)p.hot->cpu.gpr[RAX], sum);
    pair_free(&p);
}
END_TEST

/* mov ecx,N; l: sub ecx,4; jmp m; m: mov edx,[ecx]; add eax,edx; jmp n; n: cmp ecx,RAM-160; ja l;
 * hlt: the first addresses are beyond the RAM, where every load takes the slow path */
static const u8 beyond[] = {0xb9, 0,    0, 0,    0,    0x83, 0xe9, 4, 0xeb, 0,    0x8b, 0x11, 1,
                            0xd0, 0xeb, 0, 0x81, 0xf9, 0,    0,    0, 0,    0x77, 0xed, 0xf4};

START_TEST(test_slow_path)
{
    struct pair p = pair_at(_i);
    u8 code[sizeof beyond];

    memcpy(code, beyond, sizeof code);
    st32(code + 1, TESTCPU_RAM + 160);
    st32(code + 18, TESTCPU_RAM - 160);
    pair_load(&p, TESTCPU_CODE, code, sizeof code);
    ck_assert_uint_eq(pair_run(&p, slice_at(_i), 100000), TESTCPU_HALTED);
    pair_free(&p);
}
END_TEST

/* mov ecx,200; l: an instruction that reads [m]; sub ecx,1; jnz l; hlt. What is translated. */
static u64 translated(u8 opcode, u8 modrm)
{
    struct pair p = pair_at(SLICES);
    u8 code[] = {0xb9, 200, 0, 0, 0, opcode, modrm, 0, 0, 0, 0, 0x83, 0xe9, 1, 0x75, 0xf5, 0xf4};

    st32(code + 7, TESTCPU_RAM - 64);
    pair_load(&p, TESTCPU_RAM - 64, (const u8[]){0x7f, 3}, 2);
    pair_load(&p, TESTCPU_CODE, code, sizeof code);
    ck_assert_uint_eq(pair_run(&p, SLICES, 100000), TESTCPU_HALTED);
    struct jit_stats stats = jit_stats(p.jit);
    ck_assert_uint_ge(stats.regions, 1);
    pair_free(&p);
    return stats.insns;
}

/* A short loop is laid out several times, but for one with FLDCW. */
START_TEST(test_laid_out)
{
    u64 with = translated(0xd9, 0x2d), without = translated(0x8b, 0x15); /* mov edx,[m] */

    ck_assert_uint_ge(without, with + 20);
}
END_TEST

/* A block of a running loop's region is changed between slices, by DMA, again and again. */
START_TEST(test_dma)
{
    struct pair p = pair_at(_i ? SLICES : 0);
    pair_change_by_dma(&p);
    ck_assert_uint_ge(jit_stats(p.jit).regions, 10);
    pair_free(&p);
}
END_TEST

/* Regions begin anew when all blocks have gone. */
START_TEST(test_flush)
{
    struct pair p = pair_at(_i ? SLICES : 0);

    pair_load(&p, TESTCPU_CODE, branches, sizeof branches);
    pair_flush(&p, 97, 10);
    ck_assert_uint_ge(jit_stats(p.jit).regions, 5);
    pair_free(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("jit/region");
    TCase *c = tcase_create("regions");

    tcase_add_loop_test(c, test_left_early, 0, 2 * SLICES);
    tcase_add_loop_test(c, test_later_block_changes, 0, 2 * SLICES);
    tcase_add_loop_test(c, test_slow_path, 0, 2 * SLICES);
    tcase_add_test(c, test_laid_out);
    tcase_add_loop_test(c, test_dma, 0, 2);
    tcase_add_loop_test(c, test_flush, 0, 2);
    suite_add_tcase(s, c);
    return unit_run(s);
}
