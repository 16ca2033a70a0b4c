/* SPDX-License-Identifier: MIT */
/*
 * Two CPUs with the same program, one on the interpreter, one with a JIT: stopped at the same
 * counts of instructions, they are in the same state.
 */
#ifndef ERSATZ_TESTS_PAIR_H
#define ERSATZ_TESTS_PAIR_H

#include "jit/engine.h"

#include "unit/testcpu.h"
#include "unit/unit.h"

struct pair {
    struct testcpu *plain, *hot;
    struct jit *jit;
    u64 rip;
};

static inline struct pair pair_new(enum testcpu_mode mode, const struct jit_config *config)
{
    struct pair p = {.plain = testcpu_new(mode), .hot = testcpu_new(mode)};

    ck_assert(p.plain && p.hot);
    p.rip = mode == TESTCPU_16 ? 0x8000 : TESTCPU_CODE;
    p.jit = jit_new(p.hot->engine, config);
    ck_assert_ptr_nonnull(p.jit);
    return p;
}

static inline void pair_free(struct pair *p)
{
    jit_destroy(p->jit);
    testcpu_free(p->plain);
    testcpu_free(p->hot);
}

static inline void pair_load(struct pair *p, u32 at, const void *bytes, u32 n)
{
    testcpu_load(p->plain, at, bytes, n);
    testcpu_load(p->hot, at, bytes, n);
}

static inline void compare(const struct pair *p, u64 at)
{
    const struct cpu *a = &p->plain->cpu, *b = &p->hot->cpu;

    ck_assert_msg(a->rip == b->rip, "after %llu instructions: RIP %llx, is %llx",
                  (unsigned long long)at, (unsigned long long)a->rip, (unsigned long long)b->rip);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_msg(a->gpr[i] == b->gpr[i], "after %llu instructions: register %u %llx, is %llx",
                      (unsigned long long)at, i, (unsigned long long)a->gpr[i],
                      (unsigned long long)b->gpr[i]);
    ck_assert_uint_eq(eflags_get(a), eflags_get(b));
    ck_assert_uint_eq(a->cr2, b->cr2);
    ck_assert_uint_eq(a->activity, b->activity);
    ck_assert_uint_eq(clock_insns(&p->plain->clock), clock_insns(&p->hot->clock));
    ck_assert_int_eq(memcmp(p->plain->ram, p->hot->ram, TESTCPU_RAM), 0);
}

/* Runs both, in slices of `slice` instructions, until they halt. */
static inline unsigned pair_run(struct pair *p, u64 slice, u64 most)
{
    unsigned end = TESTCPU_ALL;
    u64 rip = p->rip;

    for (u64 n = 0; n < most && end == TESTCPU_ALL; n += slice) {
        end = testcpu_run(p->plain, rip, slice);
        ck_assert_uint_eq(testcpu_run(p->hot, rip, slice), end);
        compare(p, n);
        rip = p->plain->cpu.rip;
    }
    return end;
}

/* Slices, and after each of them all blocks go. */
static inline void pair_flush(struct pair *p, u64 slice, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        ck_assert_uint_eq(pair_run(p, slice, slice), TESTCPU_ALL);
        p->rip = p->plain->cpu.rip;
        engine_flush(p->hot->engine);
    }
}

/* A loop of two blocks, whose second one is changed 19 times from outside, between slices. */
static inline void pair_change_by_dma(struct pair *p)
{
    /* l: jmp m; nops; m: add eax,1; jmp l */
    static const u8 code[] = {0xeb, 6,    0x90, 0x90, 0x90, 0x90, 0x90,
                              0x90, 0x83, 0xc0, 1,    0xeb, 0xf3};

    pair_load(p, TESTCPU_CODE, code, sizeof code);
    for (u8 k = 1; k < 20; k++) {
        pair_load(p, TESTCPU_CODE + 10, &k, 1);
        ck_assert_uint_eq(pair_run(p, 301, 903), TESTCPU_ALL);
        p->rip = p->plain->cpu.rip;
    }
}

#endif
