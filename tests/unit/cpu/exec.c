/* SPDX-License-Identifier: MIT */
/* The run loop and the block cache: budgets, faults, chained loops, code that changes itself. */
#include "unit/testcpu.h"
#include "unit/unit.h"

#define CODE(...) (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__})

static const char *const mode_names[] = {"16", "32", "64"};

static struct testcpu *with_code(enum testcpu_mode mode, const u8 *code, u32 n)
{
    struct testcpu *t = testcpu_new(mode);
    ck_assert_ptr_nonnull(t);
    testcpu_load(t, mode == TESTCPU_16 ? 0x8000 : TESTCPU_CODE, code, n);
    return t;
}

static u64 entry(const struct testcpu *t)
{
    return t->mode == TESTCPU_16 ? 0x8000 : TESTCPU_CODE;
}

/* mov cx,1000; xor ax,ax; l: inc/add ax,cx; dec cx; jnz l; hlt: the sum, the count */
START_TEST(test_loop)
{
    enum testcpu_mode mode = (enum testcpu_mode)_i;
    static const u8 code16[] = {0xb9, 0xe8, 3, 0x31, 0xc0, 1, 0xc8, 0x49, 0x75, 0xfb, 0xf4};
    static const u8 code32[] = {0xb9, 0xe8, 3,    0, 0,    0x31, 0xc0, 1,
                                0xc8, 0x83, 0xe9, 1, 0x75, 0xf9, 0xf4};
    struct testcpu *t = mode == TESTCPU_16 ? with_code(mode, code16, sizeof code16)
                                           : with_code(mode, code32, sizeof code32);
    u64 before = clock_insns(&t->clock);
    ck_assert_uint_eq(testcpu_run(t, entry(t), 1000000), TESTCPU_HALTED);
    ck_assert_uint_eq(t->cpu.gpr[RAX], mode == TESTCPU_16 ? 500500 & 0xffff : 500500);
    ck_assert_uint_eq(t->cpu.gpr[RCX], 0);
    ck_assert_msg(clock_insns(&t->clock) - before == 2 + 3000 + 1, "%s-bit: %llu instructions",
                  mode_names[mode], (unsigned long long)(clock_insns(&t->clock) - before));
    ck_assert_uint_ne(flags_get(&t->cpu) & EFL_ZF, 0);
    testcpu_free(t);
}
END_TEST

/* The block for which there is no more room begins an arena anew. What was known of addresses in
 * the old one is forgotten, also by the CPU that runs on: N jumps to A, not to what lies in A's
 * place, which is N. A, F, N: count; jmp to the next one by a register; H: hlt */
START_TEST(test_full_arena)
{
    enum { F = 0x100, H = 0x200, N = 0x300 };
    struct testcpu *t = with_code(TESTCPU_32, CODE(0x41, 0xff, 0xe2)); /* inc ecx; jmp edx */
    u64 *gpr = t->cpu.gpr;

    testcpu_load(t, TESTCPU_CODE + F, CODE(0x43, 0xff, 0xe6)); /* inc ebx; jmp esi */
    testcpu_load(t, TESTCPU_CODE + H, CODE(0xf4));
    testcpu_load(t, TESTCPU_CODE + N, CODE(0x47, 0xff, 0xe0)); /* inc edi; jmp eax */
    gpr[RAX] = TESTCPU_CODE;
    gpr[RDX] = TESTCPU_CODE + F;
    gpr[RSI] = TESTCPU_CODE + H;
    gpr[RBX] = gpr[RCX] = gpr[RDI] = 0;
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 100), TESTCPU_HALTED);
    u64 flushes = t->engine->stat_flushes;
    t->engine->used = ENGINE_ARENA;
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE + N, 100), TESTCPU_HALTED);
    ck_assert_uint_eq(t->engine->stat_flushes, flushes + 1);
    ck_assert_uint_eq(gpr[RDI], 1);
    ck_assert_uint_eq(gpr[RCX], 2);
    ck_assert_uint_eq(gpr[RBX], 2);
    testcpu_free(t);
}
END_TEST

/* However the slices are cut, the state after n instructions is the same. */
START_TEST(test_budget)
{
    static const u8 code[] = {0xb9, 0xe8, 3,    0, 0,    0x31, 0xc0, 1,
                              0xc8, 0x83, 0xe9, 1, 0x75, 0xf9, 0xf4};
    struct testcpu *t = with_code(TESTCPU_32, code, sizeof code);
    u64 rip = TESTCPU_CODE, n = 0;
    for (unsigned slice = 1; n < 2000; slice = slice % 7 + 1) {
        ck_assert_uint_eq(testcpu_run(t, rip, slice), TESTCPU_ALL);
        rip = t->cpu.rip;
        n += slice;
        ck_assert_uint_eq(clock_insns(&t->clock), n);
        static const u8 at[] = {7, 9, 12};
        ck_assert_uint_eq(rip - TESTCPU_CODE, n < 2 ? 5 * n : at[(n - 2) % 3]);
        if (n >= 2)
            ck_assert_uint_eq(t->cpu.gpr[RCX], 1000 - (n - 2 + 1) / 3);
    }
    testcpu_free(t);
}
END_TEST

/* Chained blocks leave nothing on the host's stack: 4 million would not fit. */
START_TEST(test_long_chain)
{
    struct testcpu *t = with_code(TESTCPU_64, CODE(0xff, 0xc0,             /* l: inc eax */
                                                   0xeb, 0x02, 0xcc, 0xcc, /* jmp m */
                                                   0x75, 0xf8,             /* m: jnz l */
                                                   0xf4));
    ck_assert_uint_eq(testcpu_run(t, entry(t), 6000000), TESTCPU_ALL);
    ck_assert_uint_eq(t->cpu.gpr[RAX], 2000000);
    ck_assert_uint_eq(t->engine->stat_builds, 2);
    testcpu_free(t);
}
END_TEST

/* A fault in the middle of a block: what came before is done, what comes after isn't, and the
 * clock has counted the fault as one instruction. */
START_TEST(test_fault)
{
    struct testcpu *t = with_code(TESTCPU_32, CODE(0x41,       /* inc ecx */
                                                   0x31, 0xdb, /* xor ebx, ebx */
                                                   0xf7, 0xf3, /* div ebx */
                                                   0x41,       /* inc ecx */
                                                   0xf4));
    ck_assert_uint_eq(testcpu_run(t, entry(t), 100), VEC_DE);
    ck_assert_uint_eq(t->cpu.gpr[RCX], 1);
    ck_assert_uint_eq(testcpu_frame(t, 0), TESTCPU_CODE + 3);
    ck_assert_uint_eq(clock_insns(&t->clock), 3 + 1);
    testcpu_free(t);
}
END_TEST

/* Reads and writes that fault, in each mode: CR2, error code, address. */
START_TEST(test_page_fault)
{
    struct testcpu *t = with_code(TESTCPU_64, CODE(0xb8, 0, 0, 0x30, 0, /* mov eax, 300000h */
                                                   0xff, 0x40, 8,       /* inc [rax+8] */
                                                   0xf4));
    st64(t->ram + TESTCPU_PAGES + 0x2000 + 8, 0x200085); /* 2 MiB..: read-only */
    t->cpu.cr0 |= CR0_WP;
    cpu_paging_changed(&t->cpu);
    ck_assert_uint_eq(testcpu_run(t, entry(t), 100), VEC_PF);
    ck_assert_uint_eq(t->cpu.cr2, 0x300008);
    ck_assert_uint_eq(testcpu_frame(t, 0), PF_P | PF_W);
    ck_assert_uint_eq(testcpu_frame(t, 1), TESTCPU_CODE + 5);
    testcpu_free(t);
}
END_TEST

/* mov byte [next+1], 5; next: mov al, 1: the store into the running block shows at once. */
START_TEST(test_self_modifying)
{
    struct testcpu *t = with_code(TESTCPU_32, CODE(0x90, 0xc6, 0x05, 9, 0, 1, 0, 5, /* mov */
                                                   0xb0, 1,                         /* mov al, 1 */
                                                   0xf4));
    ck_assert_uint_eq(testcpu_run(t, entry(t), 100), TESTCPU_HALTED);
    ck_assert_uint_eq(t->cpu.gpr[RAX], 5);
    ck_assert_uint_eq(clock_insns(&t->clock), 4);
    testcpu_free(t);
}
END_TEST

/* A loop that patches the immediate of a subroutine on the same page, and of one on another. */
START_TEST(test_patched_subroutine)
{
    u32 sub = _i ? 0x20000 : TESTCPU_CODE + 0x100;
    struct testcpu *t = with_code(TESTCPU_32, CODE(0x31, 0xdb,         /* xor ebx, ebx */
                                                   0xb9, 100, 0, 0, 0, /* mov ecx, 100 */
                                                   0x88, 0x0e,         /* l: mov [esi], cl */
                                                   0xff, 0xd7,         /* call edi */
                                                   0x01, 0xc3,         /* add ebx, eax */
                                                   0x49,               /* dec ecx */
                                                   0x75, 0xf7,         /* jnz l */
                                                   0xf4));
    testcpu_load(t, sub, CODE(0xb8, 0, 0, 0, 0, 0xc3)); /* mov eax, imm; ret */
    t->cpu.gpr[RDI] = sub;
    t->cpu.gpr[RSI] = sub + 1;
    ck_assert_uint_eq(testcpu_run(t, entry(t), 100000), TESTCPU_HALTED);
    ck_assert_uint_eq(t->cpu.gpr[RBX], 5050);
    testcpu_free(t);
}
END_TEST

/* Writes from outside (DMA) reach chained blocks. */
START_TEST(test_dma_over_code)
{
    struct testcpu *t = with_code(TESTCPU_64, CODE(0xff, 0xc0,   /* l: inc eax */
                                                   0xeb, 0xfc)); /* jmp l */
    ck_assert_uint_eq(testcpu_run(t, entry(t), 1000), TESTCPU_ALL);
    ck_assert_uint_eq(t->cpu.gpr[RAX], 500);
    testcpu_load(t, TESTCPU_CODE + 1, CODE(0xc8)); /* dec eax */
    ck_assert_uint_eq(testcpu_run(t, entry(t), 1000), TESTCPU_ALL);
    ck_assert_uint_eq(t->cpu.gpr[RAX], 0);
    testcpu_free(t);
}
END_TEST

/* An instruction across two pages: both its parts are watched, and a fault on the second is
 * that page's address. */
START_TEST(test_crossing)
{
    struct testcpu *t = testcpu_new(TESTCPU_64);
    u32 at = TESTCPU_CODE + 0xffd;
    testcpu_load(t, at, CODE(0x90, 0xb8, 1, 0, 0, 0, 0xf4)); /* nop; mov eax, 1; hlt */
    ck_assert_uint_eq(testcpu_run(t, at, 100), TESTCPU_HALTED);
    ck_assert_uint_eq(t->cpu.gpr[RAX], 1);
    testcpu_load(t, at + 2, CODE(2));
    ck_assert_uint_eq(testcpu_run(t, at, 100), TESTCPU_HALTED);
    ck_assert_uint_eq(t->cpu.gpr[RAX], 2);
    testcpu_load(t, at + 3, CODE(3));
    ck_assert_uint_eq(testcpu_run(t, at, 100), TESTCPU_HALTED);
    ck_assert_uint_eq(t->cpu.gpr[RAX], 0x302);

    u32 last = TESTCPU_RAM - 2; /* the next page is no RAM and not mapped */
    testcpu_load(t, last, CODE(0x90, 0xb8));
    st64(t->ram + TESTCPU_PAGES + 0x2000 + 8, 0);
    mmu_flush(&t->cpu.mmu, true);
    t->cpu.gpr[RSP] = 0x100000;
    ck_assert_uint_eq(testcpu_run(t, last, 100), VEC_PF);
    ck_assert_uint_eq(t->cpu.cr2, TESTCPU_RAM);
    ck_assert_uint_eq(testcpu_frame(t, 1), last + 1);
    testcpu_free(t);
}
END_TEST

/* Fetches up to the limit of CS and not beyond. */
START_TEST(test_code_limit)
{
    struct testcpu *t = with_code(TESTCPU_32, CODE(0x90, 0x90, 0xb8, 1, 0, 0, 0, 0xf4));
    t->cpu.seg[CS].limit = TESTCPU_CODE + (u32)_i;
    unsigned how = testcpu_run(t, entry(t), 100);
    ck_assert_uint_eq(how, _i < 7 ? VEC_GP : TESTCPU_HALTED);
    if (_i < 7)
        ck_assert_uint_eq(testcpu_frame(t, 1), TESTCPU_CODE + (_i < 2 ? _i + 1 : _i < 6 ? 2 : 7));
    testcpu_free(t);
}
END_TEST

/* REP MOVSB that overlaps itself repeats a pattern; the count of chunks is the guest's own. */
START_TEST(test_rep_overlap)
{
    struct testcpu *t = with_code(TESTCPU_32, CODE(0xf3, 0xa4, 0xf4));
    testcpu_load(t, 0x20000, CODE(1, 2, 3));
    t->cpu.gpr[RSI] = 0x20000;
    t->cpu.gpr[RDI] = 0x20003;
    t->cpu.gpr[RCX] = 9000;
    ck_assert_uint_eq(testcpu_run(t, entry(t), 100), TESTCPU_HALTED);
    for (unsigned i = 0; i < 9003; i++)
        ck_assert_uint_eq(t->ram[0x20000 + i], i % 3 + 1);
    ck_assert_uint_eq(t->cpu.gpr[RCX], 0);
    ck_assert_uint_eq(t->cpu.gpr[RSI], 0x20000 + 9000);
    ck_assert_uint_eq(t->ram[0x20000 + 9003], 0);
    testcpu_free(t);
}
END_TEST

/* A REP string that faults has done what came before. */
START_TEST(test_rep_fault)
{
    struct testcpu *t = with_code(TESTCPU_64, CODE(0xf3, 0x48, 0xab, 0xf4)); /* rep stosq */
    st64(t->ram + TESTCPU_PAGES + 0x2000 + 8, 0);
    t->cpu.gpr[RDI] = TESTCPU_RAM - 36;
    t->cpu.gpr[RSP] = 0x100000;
    t->cpu.gpr[RCX] = 100;
    t->cpu.gpr[RAX] = 0x1122334455667788;
    ck_assert_uint_eq(testcpu_run(t, entry(t), 100), VEC_PF);
    ck_assert_uint_eq(t->cpu.gpr[RCX], 96);
    ck_assert_uint_eq(t->cpu.gpr[RDI], TESTCPU_RAM - 4);
    ck_assert_uint_eq(t->cpu.cr2, TESTCPU_RAM);
    ck_assert_uint_eq(ld64(t->ram + TESTCPU_RAM - 12), 0x1122334455667788);
    ck_assert_uint_eq(ld32(t->ram + TESTCPU_RAM - 4), 0);
    ck_assert_uint_eq(testcpu_frame(t, 1), TESTCPU_CODE);
    testcpu_free(t);
}
END_TEST

/* Operands at the far end of a RIP-relative displacement, where it can't be rebased. */
START_TEST(test_far_rip)
{
    u32 at = TESTCPU_CODE + 0x10;
    u32 target = at + 7 + 0x7fffffff;
    struct testcpu *t = with_code(TESTCPU_64, CODE(0x90));
    memset(t->ram + TESTCPU_CODE, 0x90, 0x10);
    testcpu_load(t, at, CODE(0x48, 0x8b, 5, 0xff, 0xff, 0xff, 0x7f, 0xf4)); /* mov rax, [rip+..] */
    ck_assert_uint_eq(testcpu_run(t, entry(t), 100), VEC_PF);
    ck_assert_uint_eq(t->cpu.cr2, target);
    ck_assert_uint_eq(testcpu_frame(t, 1), at);
    ck_assert_uint_eq(t->cpu.gpr[GPR_ZERO], 0);
    testcpu_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cpu/exec");
    TCase *c = tcase_create("run");
    tcase_add_loop_test(c, test_loop, 0, 3);
    tcase_add_test(c, test_budget);
    tcase_add_test(c, test_long_chain);
    tcase_add_test(c, test_fault);
    tcase_add_test(c, test_page_fault);
    tcase_add_test(c, test_full_arena);
    tcase_add_test(c, test_self_modifying);
    tcase_add_loop_test(c, test_patched_subroutine, 0, 2);
    tcase_add_test(c, test_dma_over_code);
    tcase_add_test(c, test_crossing);
    tcase_add_loop_test(c, test_code_limit, 0, 8);
    tcase_add_test(c, test_rep_overlap);
    tcase_add_test(c, test_rep_fault);
    tcase_add_test(c, test_far_rip);
    suite_add_tcase(s, c);
    return unit_run(s);
}
