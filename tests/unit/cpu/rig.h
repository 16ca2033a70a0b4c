/* SPDX-License-Identifier: MIT */
/*
 * A CPU without a machine, for tests of single instructions: bytes are decoded and the C function
 * behind their row is called, as the interpreter does it. Memory is two pages at RIG_MEM; both
 * are one host block, so that every access takes the fast path.
 */
#ifndef ERSATZ_TESTS_UNIT_CPU_RIG_H
#define ERSATZ_TESTS_UNIT_CPU_RIG_H

#include <check.h>
#include <stdlib.h>

#include "cpu/op.h"
#include "cpu/x87.h"

enum {
    RIG_MEM = 0x1000,
    RIG_BYTES = 8192,
    RIG_PAGES = (RIG_MEM + RIG_BYTES) / 4096,
    RIG_NO_FAULT = -1,
};

struct rig {
    struct cpu c;
    u64 table[2 * RIG_PAGES]; /* cpu.mmu.table is its middle */
    enum code_mode mode;
    u8 mem[RIG_BYTES];
};

/* 64-bit user mode; soft: the portable kernels. RBX points at the memory. */
static inline void rig_init(struct rig *r, bool soft)
{
    memset(r, 0, sizeof *r);
    struct cpu *c = &r->c;
    c->soft_fpu = soft;
    c->cr0 = CR0_PE | CR0_NE;
    c->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        c->seg[i] = (struct seg){.rlimit = BIT(32), .wlimit = BIT(32), .sel = (u16)(8 * i + 3)};
    c->mmu.table = r->table + RIG_PAGES;
    for (unsigned i = RIG_MEM / 4096; i < RIG_PAGES; i++)
        c->mmu.table[i] = c->mmu.table[mmu_write_index(i)] = (u64)(uintptr_t)r->mem - RIG_MEM;
    c->mmu.span = MMU_HALF + RIG_MEM + RIG_BYTES;
    feature_set(&c->features, CPU_XSAVEC, true);
    feature_set(&c->features, CPU_XGETBV1, true);
    fpu_power_on(c);
    x87_init(c);
    c->fpu.xcr0 = 3;
    c->gpr[RBX] = RIG_MEM;
    c->code_mode = CODE64;
}

/* Runs one instruction; the vector it raised, or RIG_NO_FAULT. */
static inline int rig_run(struct rig *r, const u8 *bytes, unsigned n)
{
    struct insn in;
    sigjmp_buf env;
    struct cpu *c = &r->c;

    ck_assert_int_eq(insn_decode(&in, bytes, n, c->code_mode), DECODE_OK);
    ck_assert_uint_ne(in.row, ROW_UD);
    ck_assert_uint_eq(in.len, n);
    ck_assert_ptr_nonnull(row_calls[in.row]);
    fpu_enter(c);
    c->unwind = &env;
    int result = RIG_NO_FAULT;
    if (sigsetjmp(env, 0))
        result = c->raised;
    else
        row_calls[in.row](c, &in);
    fpu_leave(c);
    return result;
}

#define RUN(r, ...) rig_run(r, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))
/* The same, and no fault. */
#define OK(r, ...) ck_assert_int_eq(RUN(r, __VA_ARGS__), RIG_NO_FAULT)

static inline void rig_xmm(struct rig *r, unsigned n, u64 high, u64 low)
{
    r->c.fpu.xmm[n][0] = low;
    r->c.fpu.xmm[n][1] = high;
}

#endif
