/* SPDX-License-Identifier: MIT */
/* A little RAM with page tables in any format, and an MMU on it. */
#ifndef ERSATZ_UNIT_MMU_WORLD_H
#define ERSATZ_UNIT_MMU_WORLD_H

#include "mmu/mmu.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/log.h"
#include "board/memmap.h"
#include "cpu/cpu.h"
#include "unit/unit.h"

#define RAM_SIZE 0x40000u
enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80, G = 0x100 };
#define NX BIT(63)

/* Page tables for the loops below: one table a level. */
enum { L4 = 0x1000, L3 = 0x2000, L2 = 0x3000, L1 = 0x4000, DATA = 0x8000, OTHER = 0x9000 };
#define LIN 0x00403000ull /* index 0, 0, 2 (32-bit: 1), 3 */

struct world {
    struct log log;
    struct memmap map;
    struct mmu mmu;
    u8 *ram;
};

enum paging { PAGING_32, PAGING_PAE, PAGING_LONG };

static inline void poke(struct world *w, physaddr at, u64 v, unsigned size)
{
    st_size(w->ram + at, v, size);
}

static inline u64 peek(struct world *w, physaddr at, unsigned size)
{
    return ld_size(w->ram + at, size);
}

/* Where the entries for LIN are. */
static inline physaddr leaf_at(enum paging mode)
{
    return mode == PAGING_32 ? L1 + 3 * 4 : L1 + 3 * 8;
}

static inline physaddr dir_at(enum paging mode)
{
    return mode == PAGING_32 ? L2 + 1 * 4 : L2 + 2 * 8;
}

static inline unsigned entry_size(enum paging mode)
{
    return mode == PAGING_32 ? 4 : 8;
}

static inline void set_mode(struct world *w, enum paging mode, u64 cr0, u64 cr4, u64 efer)
{
    u64 cr3 = mode == PAGING_32 ? L2 : mode == PAGING_PAE ? L3 : L4;
    if (mode != PAGING_32)
        cr4 |= CR4_PAE;
    if (mode == PAGING_LONG)
        efer |= EFER_LMA | EFER_LME;
    mmu_set_paging(&w->mmu, cr0 | CR0_PE | CR0_PG, cr4, efer);
    ck_assert(mmu_load_cr3(&w->mmu, cr3, false));
}

static inline void world_open(struct world *w, enum paging mode, bool flat)
{
    *w = (struct world){0};
    w->ram = aligned_alloc(4096, RAM_SIZE);
    memset(w->ram, 0, RAM_SIZE);
    memmap_init(&w->map, &w->log);
    struct mem_range r = {.name = "ram", .size = RAM_SIZE, .rd = w->ram, .wr = w->ram};
    ck_assert_int_eq(memmap_add(&w->map, &r, NULL), 0);
    ck_assert_int_eq(mmu_init(&w->mmu, &w->map, flat), 0);
    if (mode == PAGING_LONG)
        poke(w, L4, L3 | P | W | U, 8);
    if (mode != PAGING_32)
        poke(w, L3, L2 | P | (mode == PAGING_LONG ? W | U : 0), 8);
    poke(w, dir_at(mode), L1 | P | W | U, entry_size(mode));
    poke(w, leaf_at(mode), DATA | P | W | U, entry_size(mode));
    set_mode(w, mode, CR0_WP, 0, 0);
}

static inline void world_close(struct world *w)
{
    mmu_destroy(&w->mmu);
    memmap_destroy(&w->map);
    free(w->ram);
}

/* Whether the host gave the address space for the flat tables; tells it if not. */
static inline bool reserved_tables(const struct world *w)
{
    if (!w->mmu.flat)
        printf("mmu: the host refuses the flat tables' address space: soft TLB only\n");
    return w->mmu.flat;
}

#endif
