/* SPDX-License-Identifier: MIT */
/*
 * Linear to physical to host. Three parts, each usable alone:
 *
 *  - mmu_walk(): the guest's page tables, a pure function of {cr0, cr3, cr4, efer} and memory
 *    (but for A and D bits, which it sets), giving a physical page and rights, or a fault code.
 *  - views: the fast path. One view for each kind of access rights (user; supervisor; supervisor
 *    that may not touch user pages under SMAP), each with a read and a write table of host
 *    addends indexed by the linear page number. 0 = empty = the slow path.
 *  - a soft TLB of 4,096 entries a view, which stands behind the flat tables when their 512 GiB
 *    reservation is refused, and for fetches always.
 *
 * The flat tables span page numbers -2^35 .. 2^35-1, as the sign-extended 48-bit addresses have
 * them: a non-canonical address falls outside and takes the slow path, which faults.
 *
 * A write entry exists only if the page is dirty, writable, RAM, and holds no translated code;
 * no entry exists for MMIO, or while alignment checks or data breakpoints are armed
 * (mmu->span = 0 sends everything the slow way).
 */
#ifndef ERSATZ_MMU_MMU_H
#define ERSATZ_MMU_MMU_H

#include "base/types.h"

struct memmap;
struct mem_range;

enum mmu_view_id { VIEW_USER, VIEW_SUPER, VIEW_SUPER_SMAP, VIEW_COUNT };

enum mmu_access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };

/* #PF error code bits (SDM vol. 3, 4.7) */
enum { PF_P = 1 << 0, PF_W = 1 << 1, PF_U = 1 << 2, PF_RSVD = 1 << 3, PF_I = 1 << 4 };

struct mmu_view; /* tables, soft TLB, lists of filled entries: mmu/view.c */

/* Part of struct cpu. The first four words are all that the fast path reads. */
struct mmu {
    u64 *rd; /* active view: rd[page] + linear address = host address; page is signed */
    u64 *wr;
    u64 half; /* 2^35, or 0 */
    u64 span; /* 2^36 when the flat tables are in use; 0: everything goes the slow way */
    struct mmu_view *view[VIEW_COUNT];
    enum mmu_view_id active;
    bool flat;  /* the reservation was granted */
    bool blind; /* alignment checks or data breakpoints: no fast path */
    struct memmap *mem;
    /* What paging depends on, by value; set by mmu_set_paging(). */
    u64 cr0, cr3, cr4, efer;
    u64 pdpte[4];  /* PAE: loaded by MOV CR3 (SDM vol. 3, 4.4.1) */
    u64 phys_mask; /* bits of a physical address, MAXPHYADDR */
    bool huge_1g;  /* CPUID says 1 GiB pages */
    /* Linear pages that were filled from pages larger than 4 KiB lie in here: INVLPG there
     * drops the whole large page. */
    i64 large_first, large_last;
    u64 large_span; /* the largest such page, in pages of 4 KiB; 0: none */
    u64 stat_walks, stat_fills, stat_flushes;
    u64 generation; /* counts every flush, for who caches fetch translations */
};

/* One translation, as the walk gives it. */
struct mmu_map {
    physaddr page; /* of 4 KiB; A20 not applied */
    u32 error;     /* #PF error code if `fault` */
    bool fault;
    bool writable, user, dirty, nx, global; /* of all levels together */
};

int mmu_init(struct mmu *m, struct memmap *mem, bool want_flat);
void mmu_destroy(struct mmu *m);

/* --- the walk --- */

/*
 * Translates lin for one access of the given kind. user: CPL 3 (or a user-mode access);
 * smap_ok: supervisor accesses to user pages are allowed (EFLAGS.AC, or SMAP is off).
 * Sets A bits, and D on a write, as the hardware does. Without paging it is the identity.
 */
struct mmu_map mmu_walk(struct mmu *m, linaddr lin, enum mmu_access kind, bool user, bool smap_ok);

/* The same without side effects or rights checks, for debuggers: false if not mapped. */
bool mmu_probe(struct mmu *m, linaddr lin, physaddr *phys);

/* --- the fast path --- */

/* Host address for a read of `size` bytes at lin through the active view, or NULL. */
static inline const u8 *mmu_fast_read(const struct mmu *m, linaddr lin, unsigned size)
{
    u64 page = (u64)((i64)lin >> 12);
    if (unlikely(page + m->half >= m->span) || unlikely((lin & 4095) + size > 4096))
        return NULL;
    u64 addend = m->rd[(i64)page];
    return addend ? (const u8 *)(uintptr_t)(addend + lin) : NULL;
}

static inline u8 *mmu_fast_write(const struct mmu *m, linaddr lin, unsigned size)
{
    u64 page = (u64)((i64)lin >> 12);
    if (unlikely(page + m->half >= m->span) || unlikely((lin & 4095) + size > 4096))
        return NULL;
    u64 addend = m->wr[(i64)page];
    return addend ? (u8 *)(uintptr_t)(addend + lin) : NULL;
}

/* --- the slow path --- */

/* Result of mmu_translate(): where one access within one page goes. */
struct mmu_target {
    bool fault;
    u32 error;     /* #PF error code */
    physaddr phys; /* A20 applied */
    u8 *host;      /* of the byte at lin if it is RAM that this access may touch directly (ROM
                      for reads), else NULL: use memmap_read / memmap_write */
};

/*
 * Translates through the given view's caches, else walks and fills the view's entry when the
 * rules above allow one. The access must not cross a page. For ACCESS_WRITE to a page with
 * translated code, host is NULL: memmap_write() then invalidates and writes.
 */
struct mmu_target mmu_translate(struct mmu *m, enum mmu_view_id view, linaddr lin,
                                enum mmu_access kind);

/* --- control --- */

void mmu_set_view(struct mmu *m, enum mmu_view_id view);
void mmu_set_blind(struct mmu *m, bool blind);

/* New values of the registers that paging depends on; flushes what the change requires
 * (SDM vol. 3, 4.10.4.1): not for CR3 itself, see mmu_load_cr3(). */
void mmu_set_paging(struct mmu *m, u64 cr0, u64 cr4, u64 efer);
/* MOV CR3 / task switch: keep_pcid is bit 63 of the source under CR4.PCIDE. Loads PDPTEs under
 * PAE: false if one has reserved bits set (#GP, nothing changed). */
bool mmu_load_cr3(struct mmu *m, u64 cr3, bool keep_pcid);
void mmu_invlpg(struct mmu *m, linaddr lin);
void mmu_flush(struct mmu *m, bool global_too);
/* A page gained translated code: its write entries go, in every view. */
void mmu_protect_code(struct mmu *m, physaddr page);

#endif
