/* SPDX-License-Identifier: MIT */
/*
 * One instruction's experiment: bytes, registers and memory before, the same after. The host's
 * CPU and ours run it from the same state; what differs is a fault of ours.
 *
 * Memory, at the same linear addresses on both sides, all below 2 GiB so that 32-bit code
 * reaches it:
 *
 *     ISA_CODE    2 pages   the instruction, in the middle of the first
 *     ISA_DATA    2 pages read-write, 1 page read-only, then nothing
 *     ISA_STACK   2 pages
 */
#ifndef ERSATZ_TESTS_ISA_STATE_H
#define ERSATZ_TESTS_ISA_STATE_H

#include "base/bits.h"
#include "cpu/cpu.h"

#define ISA_CODE 0x10000000ull
#define ISA_DATA 0x20000000ull
#define ISA_STACK 0x30000000ull
#define ISA_CODE_PAGES 2
#define ISA_DATA_PAGES 3
#define ISA_STACK_PAGES 2
#define ISA_MEM_PAGES (ISA_DATA_PAGES + ISA_STACK_PAGES)
#define ISA_INSN (ISA_CODE + 0x800)
/* Where taken branches are made to go: this far behind the instruction. */
#define ISA_BRANCH 64
#define ISA_GS_BASE 0x1000ull

/* The legacy area of FXSAVE as 64-bit mode writes it (SDM vol. 1, table 10-2). */
struct fxsave {
    u16 fcw, fsw;
    u8 ftw, pad;
    u16 fop;
    u64 fip, fdp;
    u32 mxcsr, mxcsr_mask;
    u8 st[8][16];
    u64 xmm[16][2];
    u8 reserved[96];
} __attribute__((aligned(16)));

struct isa_state {
    struct fxsave fx;
    u64 gpr[16];
    u64 rip;
    u32 eflags;
    int vector; /* -1: completed */
    u32 error;
    u64 cr2;                      /* #PF only */
    u8 mem[ISA_MEM_PAGES * 4096]; /* data, then stack */
};

struct isa_case {
    u8 bytes[16];
    struct insn in;
    enum code_mode mode;
};

/* The host's CPU. False: it can't (another architecture, no room at our addresses). */
bool native_open(void);
void native_run(const struct isa_case *t, const struct isa_state *before, struct isa_state *after);

/* Ours. soft: the portable floating-point kernels. */
struct emu *emu_open(bool soft, bool flat);
/* From now on it runs translated code; false: this host has none. */
bool emu_jit(struct emu *e);
u64 emu_translations(const struct emu *e);
void emu_close(struct emu *e);
void emu_run(struct emu *e, const struct isa_case *t, const struct isa_state *before,
             struct isa_state *after);
/* The parts of it: code from ISA_INSN on; a state, at CPL 3 with flat segments; what became of it,
 * c->code_mode of no meaning any more. */
struct cpu *emu_cpu(struct emu *e);
u8 *emu_code_pages(struct emu *e); /* what lies at ISA_CODE, as it is in RAM */
void emu_code(struct emu *e, const u8 *bytes, unsigned n);
void emu_load(struct emu *e, enum code_mode mode, const struct isa_state *s);
void emu_save(struct emu *e, struct isa_state *s);

/* --- generation: everything follows from the seed --- */
struct rng {
    u64 s;
};
u64 rng_next(struct rng *r);
u64 rng_below(struct rng *r, u64 n);
/* A number with a taste for edges. */
u64 rng_number(struct rng *r);

/* An encoding of `row` for mode; false if it has none there. */
bool gen_case(struct rng *r, unsigned row, enum code_mode mode, struct isa_case *t);
void gen_state(struct rng *r, struct isa_case *t, struct isa_state *s);

/* --- comparison --- */
/* Brings an outcome into the form that is compared. */
void isa_settle(struct isa_state *s);
/* False if the two outcomes of t differ, with a text that says how `got` is off. */
bool isa_same(const struct isa_case *t, const struct isa_state *want, const struct isa_state *got,
              char *why, size_t size);

#endif
