/* SPDX-License-Identifier: MIT */
/* How the block cache (block.c) has a block built. */
#ifndef ERSATZ_CPU_BUILD_H
#define ERSATZ_CPU_BUILD_H

#include "cpu/cpu.h"

struct block;

/* What one fetch gives: host bytes where there are some. */
struct fetch {
    struct mmu_target at;
    u64 limit; /* bytes that may be fetched before CS ends */
};

/* The page of lin for a fetch by c; raises what that raises. */
struct mmu_target fetch_page(struct cpu *c, linaddr lin);
/* Bytes from RIP to the end of CS; raises #GP if RIP is beyond it. */
u64 fetch_limit(struct cpu *c);
/* Makes b, for which there is room for the largest block, the block at lin. */
void block_build(struct cpu *c, struct block *b, const struct fetch *f, linaddr lin, unsigned mode);

#endif
