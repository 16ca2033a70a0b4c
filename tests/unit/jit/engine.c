/* SPDX-License-Identifier: MIT */
/*
 * The JIT's control beside the interpreter: the same program on both, stopped at the same counts
 * of instructions, is in the same state. The backend is stubhost.h's, which promises what all do
 * and translates nothing.
 */
#include "jit/engine.h"

#include "unit/jit/pair.h"
#include "unit/jit/stubhost.h"

static const char *const mode_names[] = {"16", "32", "64"};

static struct pair pair_simple(enum testcpu_mode mode)
{
    return pair_new(mode, &(struct jit_config){.host = &stubhost, .heat = 1});
}

/* mov cx,200; xor ax,ax; l: add ax,cx; dec cx; jnz l; hlt */
static const u8 loop16[] = {0xb9, 200, 0, 0x31, 0xc0, 1, 0xc8, 0x49, 0x75, 0xfb, 0xf4};
static const u8 loop32[] = {0xb9, 200,  0,    0, 0,    0x31, 0xc0, 1,
                            0xc8, 0x83, 0xe9, 1, 0x75, 0xf9, 0xf4};

/* A loop, in every mode, cut at every length of slices. */
START_TEST(test_loop)
{
    enum testcpu_mode mode = (enum testcpu_mode)(_i % 3);
    struct pair p = pair_simple(mode);

    if (mode == TESTCPU_16)
        pair_load(&p, 0x8000, loop16, sizeof loop16);
    else
        pair_load(&p, TESTCPU_CODE, loop32, sizeof loop32);
    ck_assert_msg(pair_run(&p, 1 + (u64)_i / 3, 10000) == TESTCPU_HALTED, "%s-bit",
                  mode_names[mode]);
    struct jit_stats s = jit_stats(p.jit);
    ck_assert_uint_ge(s.translations, 1);
    /* slices that end within a block leave that to the interpreter */
    ck_assert_uint_ge(s.stubs, 200);
    pair_free(&p);
}
END_TEST

/* Once its ways are linked, a loop comes back to the run loop no more. */
START_TEST(test_links)
{
    struct pair p = pair_simple(TESTCPU_32);

    pair_load(&p, TESTCPU_CODE, loop32, sizeof loop32);
    ck_assert_uint_eq(pair_run(&p, 100000, 100000), TESTCPU_HALTED);
    struct jit_stats s = jit_stats(p.jit);
    ck_assert_uint_ge(s.links, 1);
    ck_assert_uint_le(s.leaves[LEAVE_LINK], 4);
    ck_assert_uint_ge(s.stubs, 3 * 190);
    pair_free(&p);
}
END_TEST

/* mov ecx,100; l: call there; loop l; hlt      there: add eax,1; mov edx,cr3; mov cr3,edx; ret */
START_TEST(test_jump_cache)
{
    enum testcpu_mode mode = (enum testcpu_mode)_i;
    struct pair p = pair_simple(mode);
    static const u8 here[] = {0xb9, 100, 0, 0, 0, 0xe8, 0xf6, 0x0f, 0, 0, 0xe2, 0xf9, 0xf4};
    static const u8 there[] = {0x83, 0xc0, 1, 0x0f, 0x20, 0xda, 0x0f, 0x22, 0xda, 0xc3};

    pair_load(&p, TESTCPU_CODE, here, sizeof here);
    pair_load(&p, TESTCPU_CODE + 0x1000, there, sizeof there);
    ck_assert_uint_eq(pair_run(&p, 100000, 100000), TESTCPU_HALTED);
    ck_assert_uint_eq(p.hot->cpu.gpr[RAX] & 0xff, 100);
    struct jit_stats s = jit_stats(p.jit);
    ck_assert_uint_ge(s.jumps, 1);
    ck_assert_uint_le(s.leaves[LEAVE_INDIRECT], 4);
    pair_free(&p);
}
END_TEST

/* mov ecx,60; l: inc byte [patch+1]; nop; jmp next; next: patch: add eax,0; loop l; hlt */
START_TEST(test_own_code)
{
    struct pair p = pair_simple(TESTCPU_32);
    static const u8 code[] = {0xb9, 60,   0,    0, 0,    0xfe, 0x05, 0x10, 0,    1,
                              0,    0x90, 0xeb, 0, 0x83, 0xc0, 0,    0xe2, 0xf2, 0xf4};

    pair_load(&p, TESTCPU_CODE, code, sizeof code);
    ck_assert_uint_eq(pair_run(&p, 1 + (u64)_i, 10000), TESTCPU_HALTED);
    ck_assert_uint_eq(p.hot->cpu.gpr[RAX], 60 * 61 / 2);
    if (_i != 0 && _i != 4) /* slices of 1 and 5 always end within the block that changes */
        ck_assert_uint_ge(jit_stats(p.jit).kills, 10);
    pair_free(&p);
}
END_TEST

/* Code that is written to as soon as it is translated waits longer next time, until its page is
 * filled with something new. The same code with 9 rounds between two writes, at a heat of 4:
 * mov ecx,9; l: add eax,1; loop l; hlt */
START_TEST(test_patched)
{
    struct pair p = pair_new(TESTCPU_32, &(struct jit_config){.host = &stubhost, .heat = 4});
    static u8 page[4096] = {0xb9, 9, 0, 0, 0, 0x83, 0xc0, 1, 0xe2, 0xfb, 0xf4};
    u64 before = 0;

    pair_load(&p, TESTCPU_CODE, page, 16);
    for (u8 k = 1; k <= 40; k++) {
        ck_assert_uint_eq(pair_run(&p, 1000, 1000), TESTCPU_HALTED);
        pair_load(&p, TESTCPU_CODE + 7, &k, 1);
    }
    struct jit_stats s = jit_stats(p.jit);
    ck_assert_uint_ge(s.translations, 1);
    ck_assert_uint_le(s.translations, 4);
    before = s.translations;
    pair_load(&p, TESTCPU_CODE, page, sizeof page);
    ck_assert_uint_eq(pair_run(&p, 1000, 1000), TESTCPU_HALTED);
    ck_assert_uint_eq(jit_stats(p.jit).translations, before + 1);
    pair_free(&p);
}
END_TEST

/* Memory changed behind the CPU's back: by DMA. The links to what was there are made anew. */
START_TEST(test_dma)
{
    struct pair p = pair_simple(TESTCPU_32);
    pair_change_by_dma(&p);
    struct jit_stats s = jit_stats(p.jit);
    ck_assert_uint_ge(s.kills, 18);
    /* not a way back to the run loop for each round of the loop */
    ck_assert_uint_le(s.leaves[LEAVE_BUDGET] + s.leaves[LEAVE_LINK], 400);
    pair_free(&p);
}
END_TEST

/* More code than the buffer holds: 4,000 blocks, three times. */
START_TEST(test_full)
{
    struct pair p = pair_new(
        TESTCPU_32, &(struct jit_config){.host = &stubhost, .heat = 1, .buffer = JIT_BUFFER_MIN});
    enum { BLOCKS = 4000 };
    u8 *code = malloc(5 * BLOCKS + 16), *q = code;

    static const u8 begin[] = {0xb9, 3, 0, 0, 0}; /* mov ecx,3 */
    memcpy(q, begin, sizeof begin);
    q += sizeof begin;
    for (unsigned i = 0; i < BLOCKS; i++) { /* add al,3; jmp +0 */
        static const u8 block[] = {4, 3, 0xeb, 0};
        memcpy(q, block, sizeof block);
        q += sizeof block;
    }
    *q++ = 0x49; /* dec ecx */
    *q++ = 0x0f; /* jnz to behind the mov */
    *q++ = 0x85;
    st32(q, (u32)(code + 5 - (q + 4)));
    q += 4;
    *q++ = 0xf4;
    pair_load(&p, TESTCPU_CODE, code, (u32)(q - code));
    ck_assert_uint_eq(pair_run(&p, 5000, 100000), TESTCPU_HALTED);
    ck_assert_uint_ge(jit_stats(p.jit).flushes, 2);
    free(code);
    pair_free(&p);
}
END_TEST

/* All blocks go between two slices. */
START_TEST(test_flush)
{
    struct pair p = pair_simple(TESTCPU_32);

    pair_load(&p, TESTCPU_CODE, loop32, sizeof loop32);
    pair_flush(&p, 17, 30);
    ck_assert_uint_ge(jit_stats(p.jit).flushes, 30);
    ck_assert_uint_eq(pair_run(&p, 10000, 10000), TESTCPU_HALTED);
    pair_free(&p);
}
END_TEST

/* Faults leave hot code from its middle: add eax,1; OP; ...; jmp back, until it does fault. */
static const struct {
    const char *name;
    u8 code[24];
    u8 vector;
} faults[] = {
    {"division by 0", {0x83, 0xe9, 1, 0xf7, 0xf1, 0x31, 0xd2, 0xeb, 0xf7}, VEC_DE},
    {"bound", {0x83, 0xe9, 1, 0x62, 0x0d, 0, 0, 2, 0, 0xeb, 0xf5}, VEC_BR},
};

START_TEST(test_faults)
{
    struct pair p = pair_simple(TESTCPU_32);
    static const u8 bounds[8] = {2, 0, 0, 0, 0xff, 0, 0, 0};

    pair_load(&p, TESTCPU_CODE, faults[_i].code, sizeof faults[_i].code);
    pair_load(&p, 0x20000, bounds, sizeof bounds);
    p.plain->cpu.gpr[RCX] = p.hot->cpu.gpr[RCX] = 50;
    p.plain->cpu.gpr[RAX] = p.hot->cpu.gpr[RAX] = 1000000;
    p.plain->cpu.gpr[RDX] = p.hot->cpu.gpr[RDX] = 0;
    ck_assert_msg(pair_run(&p, 10000, 10000) == faults[_i].vector, "%s", faults[_i].name);
    ck_assert_uint_ge(jit_stats(p.jit).stubs, 100);
    pair_free(&p);
}
END_TEST

/* While a data breakpoint is armed, and under a trace, the interpreter runs what is hot. */
START_TEST(test_interpreted)
{
    struct pair p = pair_simple(TESTCPU_32);

    pair_load(&p, TESTCPU_CODE, loop32, sizeof loop32);
    ck_assert_uint_eq(pair_run(&p, 100, 100), TESTCPU_ALL);
    u64 stubs = jit_stats(p.jit).stubs;
    ck_assert_uint_ge(stubs, 50);
    p.rip = p.plain->cpu.rip;
    mmu_set_blind(&p.hot->cpu.mmu, true);
    ck_assert_uint_eq(pair_run(&p, 100, 100), TESTCPU_ALL);
    ck_assert_uint_eq(jit_stats(p.jit).stubs, stubs);
    p.rip = p.plain->cpu.rip;
    mmu_set_blind(&p.hot->cpu.mmu, false);
    ck_assert_uint_eq(pair_run(&p, 10000, 10000), TESTCPU_HALTED);
    ck_assert_uint_gt(jit_stats(p.jit).stubs, stubs);
    pair_free(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("jit/engine");
    TCase *c = tcase_create("control");

    tcase_add_loop_test(c, test_loop, 0, 3 * 20);
    tcase_add_test(c, test_links);
    tcase_add_loop_test(c, test_jump_cache, TESTCPU_32, TESTCPU_64 + 1);
    tcase_add_loop_test(c, test_own_code, 0, 9);
    tcase_add_test(c, test_patched);
    tcase_add_test(c, test_dma);
    tcase_add_test(c, test_full);
    tcase_add_test(c, test_flush);
    tcase_add_loop_test(c, test_faults, 0, ARRAY_LEN(faults));
    tcase_add_test(c, test_interpreted);
    suite_add_tcase(s, c);
    return unit_run(s);
}
