/* SPDX-License-Identifier: MIT */
/*
 * Blocks: straight runs of decoded instructions, found by physical address and mode. Both
 * engines share them, and so both end a run of instructions at the same places:
 *
 *  - after an instruction with ATTR_END (or ATTR_ENDREP with a REP prefix),
 *  - at BLOCK_MAX_OPS instructions,
 *  - before an instruction that would begin on another page than the first. One that begins
 *    on the page and crosses its end is the block's last; its second page is registered too,
 *    and its linear mapping is checked at each entry that isn't chained.
 *
 * Self-modifying code: page_info.code has a bit for each 128 bytes that a block covers; a write
 * that hits one invalidates the blocks there. A block that hits itself is left by
 * cpu_retry_single() before the writing instruction, which then runs alone.
 */
#ifndef ERSATZ_CPU_BLOCK_H
#define ERSATZ_CPU_BLOCK_H

#include "base/types.h"
#include "decode/insn.h"

struct cpu;
struct op;

/* A handler runs its instruction and tail-calls the next op's handler; the last one of a block
 * returns, or tail-calls into a chained block. */
typedef void exec_fn(struct cpu *c, const struct op *op);

struct op {
    exec_fn *run;
    struct insn in;
    u16 at;  /* byte offset in the block */
    u8 left; /* instructions of the block not yet retired when this one starts, itself included */
    u8 hint; /* for the handler: precomputed operand form */
};

#define BLOCK_MAX_OPS 64

/* Mode bits of the key. */
enum block_mode {
    BLOCK_CODE16 = 0, BLOCK_CODE32 = 1, BLOCK_CODE64 = 2,
    BLOCK_STACK32 = 1 << 2, BLOCK_STACK64 = 1 << 3,
    BLOCK_FLAT = 1 << 4,    /* ES SS DS: base 0, limit 4 GiB, writable: no segment checks */
    BLOCK_CS_FLAT = 1 << 5, /* CS: base 0, limit 4 GiB: no fetch limit checks, chaining */
};

struct block {
    physaddr phys;      /* of the first byte */
    u8 mode;            /* enum block_mode */
    u8 count;           /* instructions */
    u16 bytes;
    bool valid;
    bool two_pages;
    physaddr phys2;     /* of the second page, if two_pages */
    struct block *hash_next;
    struct block *page_next[2]; /* of the lists of its two pages */
    /* Chained successors: fall-through and taken. Valid only within the same linear page, or
     * re-checked through the fetch TLB. */
    struct block *next[2];
    u32 runs;           /* executions, for tiering */
    struct op ops[];    /* count + 1: a sentinel that leaves */
};

#endif
