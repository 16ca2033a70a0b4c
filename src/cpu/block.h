/* SPDX-License-Identifier: MIT */
/*
 * Blocks: straight runs of decoded instructions, found by physical address and mode. Both
 * engines share them, and so both end a run of instructions at the same places:
 *
 *  - after an instruction with ATTR_END (or ATTR_ENDREP with a REP prefix),
 *  - at BLOCK_MAX_OPS instructions,
 *  - before the end of the page on which it begins. An instruction that crosses the end is a
 *    block of its own, registered on both pages.
 *
 * Self-modifying code: page_info.covered has a bit for each byte that a block covers; a write that
 * hits one invalidates the blocks there. A block that hits its own page is left by
 * cpu_retry_single() before the writing instruction, which then runs alone.
 *
 * An invalid block stays in memory until engine_flush(), so that who runs it may finish.
 */
#ifndef ERSATZ_CPU_BLOCK_H
#define ERSATZ_CPU_BLOCK_H

#include "base/types.h"
#include "decode/insn.h"

struct cpu;
struct jit_code;
struct op;

/* A handler runs its instruction and tail-calls the next op's handler; the last one of a block
 * returns, or tail-calls into a chained block. */
typedef void exec_fn(struct cpu *c, const struct op *op);

struct op {
    exec_fn *run;
    struct insn in; /* branch and RIP-relative displacements count from GPR_BASE */
    u16 at;         /* byte offset in the block */
    u8 left;        /* instructions of the block not yet retired when this one starts, itself
                       included */
    u8 check;       /* enum op_check: what an emulation stub looks at first */
    u8 nth;         /* its place in ops[] */
    u8 why;         /* an accelerator's: why it doesn't translate this one, or 0 */
    u16 unaligned; /* an accelerator's: how often its code found an access unaligned, modulo 2^16 */
};

enum op_check {
    CHECK_PRIV = 1 << 0,
    CHECK_PROTECTED = 1 << 1, /* #UD in real and VM86 mode */
    CHECK_FPU = 1 << 2,
    CHECK_FPU_PENDING = 1 << 3,
    CHECK_MMX = 1 << 4,
    CHECK_SSE = 1 << 5,
    CHECK_ALIGN16 = 1 << 6,
};

#define BLOCK_MAX_OPS 64

/* Mode bits of the key. */
enum block_mode {
    BLOCK_CODE16 = CODE16,
    BLOCK_CODE32 = CODE32,
    BLOCK_CODE64 = CODE64,
    BLOCK_CODE_MASK = 3,
    BLOCK_STACK32 = 1 << 2,
    BLOCK_STACK64 = 1 << 3,
    BLOCK_FLAT = 1 << 4,    /* ES SS DS: base 0, limit 4 GiB, writable: no segment checks */
    BLOCK_CS_FLAT = 1 << 5, /* CS: base 0, limit 4 GiB, or 64-bit: RIP is the linear address */
};

#define BLOCK_MODE_STALE 0xff /* no mode: cpu.block_mode must be derived anew */

/* Ways out of a block, the n of next[]. */
enum block_way { WAY_NEXT, WAY_TAKEN, WAY_INDIRECT };

struct block {
    i64 cost; /* count; of an invalid block so much that no budget pays it */
    /* Chained successors, WAY_NEXT and WAY_TAKEN: always one that begins on the same linear
     * page, so that no translation is in question. Never NULL. */
    struct block *next[2];
    physaddr phys;  /* of the first byte */
    physaddr phys2; /* of the second page, if two_pages */
    u16 bytes;
    u8 mode;  /* enum block_mode */
    u8 count; /* instructions */
    bool valid, two_pages;
    /* With an accelerator (cpu/engine.h): ops[0].run is exec_heat, which counts down to 0 in
     * `heat` and has the instruction's own handler in `first`. Else heat isn't 0. */
    u16 heat;
    exec_fn *first;
    struct jit_code *code; /* its translation, or NULL */
    struct block *hash_next;
    struct block *page_next[2]; /* of the lists of its two pages */
    struct op ops[];            /* count, and what leaves if the last one doesn't */
};

#define BLOCK_COST_INVALID INT64_MAX

/* The block that op is a part of. */
static inline struct block *block_of(const struct op *op)
{
    return (struct block *)((uintptr_t)(op - op->nth) - offsetof(struct block, ops));
}

#endif
