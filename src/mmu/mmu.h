/* SPDX-License-Identifier: MIT */
/*
 * Linear to physical to host. Three parts, each usable alone:
 *
 *  - mmu_walk(): the guest's page tables, a pure function of {cr0, cr3, cr4, efer} and memory
 *    (but for A and D bits, which it sets), giving a physical page and rights, or a fault code.
 *  - views: the fast path. One view for each kind of access rights (user; supervisor; supervisor
 *    that may not touch user pages under SMAP), each with a flat table of host addends and one of
 *    fetchable pages. 0 = empty = the slow path.
 *  - a soft TLB of 4,096 entries a view, which stands in for the flat tables when their
 *    reservation is refused.
 *  - spaces: the words that are filled, kept for a CR3 that comes back (space.c).
 *
 * The tables are indexed by n, bits 12..47 of the linear address, unsigned:
 *
 *     table[n]      read   addend + linear address = host address
 *     table[-1 - n] write
 *     fetch[n]      mmu_fetch_word() of the physical page
 *
 * Reads have their words apart from writes, so that a cache line of the table serves eight pages
 * and n is the index as it is.
 *
 * A non-canonical address shares n with a canonical one: the interpreter checks; the host address
 * that translated code gets is not canonical either, and the host faults.
 *
 * The soft TLB's entry of a page is n % MMU_SOFT_ENTRIES: struct mmu_soft, struct mmu_soft_fetch.
 *
 * A write entry exists only if the page is dirty, writable, RAM, and holds no translated code; no
 * entry exists for MMIO. While alignment checks or data breakpoints are armed (`blind`) the tables
 * stay as they are, but nobody may look at them: span = 0 keeps the interpreter away, and the run
 * loop runs no translated code.
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

#define MMU_PAGES (1ull << 36) /* linear pages, of 48-bit addresses */
#define MMU_HALF (1ull << 47)  /* canonical addresses are those from -2^47 to 2^47 - 1 */

struct known;      /* view.h */
struct mmu_view;   /* tables: view.h */
struct mmu_spaces; /* space.h */

/*
 * An entry of the soft TLB: `host` is the page for accesses of `size` bytes at lin, reading or
 * writing, if lin - tag is 4096 - size at most: they begin on the page, and stay there.
 */
struct mmu_soft {
    u64 read, write; /* tags: the linear address of the page's byte 0 */
    u64 host;        /* its address in the host */
    u64 addend;      /* host - tag */
};
struct mmu_soft_fetch {
    u64 lin;  /* tag, as above */
    u64 word; /* mmu_fetch_word() */
};
#define MMU_SOFT_ENTRIES 4096

/* The tag of entry n when it is empty: a page whose entry is another one. */
static inline u64 mmu_soft_empty(u64 n)
{
    return (n % MMU_SOFT_ENTRIES ^ 1) << 12;
}

/* The entries that a walk read, from the top down to the leaf. */
struct mmu_trail {
    const u8 *at[4]; /* in host memory; NULL if they are not in RAM */
    u64 value[4];    /* with the A and D bits that the walk has set */
    physaddr phys[4];
    u8 depth;
    u8 first; /* the first that is in memory: a PDPTE is a register */
};

/* Part of struct cpu. The first words are all that the fast paths read. */
struct mmu {
    u64 *table;            /* the active view's, see above; NULL if not `flat` */
    u64 *fetch;            /* what the active view fetches from; NULL if not `flat` */
    struct mmu_soft *soft; /* in place of the two; NULL if `flat` */
    struct mmu_soft_fetch *soft_fetch;
    const void *probed; /* `table` or `soft`, what there is */
    u64 *system;        /* the table of implicit supervisor accesses; NULL if not `flat` */
    u64 span; /* 2^48 when the interpreter may use the table; 0: everything goes the slow way */
    struct known *known; /* the active view's: of pages that the tables don't serve */
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
    struct mmu_spaces *spaces;
    const struct mem_range *ram; /* where page tables were found last */
    struct mmu_trail trail;      /* of the last walk */
    /* `time` of what is known (view.h): of local and of global pages, and the next one */
    u64 time_local, time_global, time_next;
    u64 *large; /* where large pages were seen: mmu_invlpg() */
    bool huge_seen;
    u64 stat_walks, stat_fills, stat_flushes;
    u64 stat_kept, stat_lost; /* fills of returning address spaces */
    u64 stat_wrong;           /* found by -d mmu */
    u64 generation;           /* counts every flush, for who caches fetch translations */
};

/* One translation, as the walk gives it. */
struct mmu_map {
    physaddr page; /* of 4 KiB; A20 not applied */
    u32 error;     /* #PF error code if `fault` */
    bool fault;
    bool writable, user, dirty, nx, global; /* of all levels together */
    u8 shift;                               /* of the guest's page: 12, 21, 22, 30 */
};

int mmu_init(struct mmu *m, struct memmap *mem, bool want_flat);
void mmu_destroy(struct mmu *m);
/* Gives the flat tables back: one CPU of the machine got none, and all are to be alike.
 * False: out of memory. */
bool mmu_go_soft(struct mmu *m);

/* --- the walk --- */

/*
 * Translates lin for one access of the given kind. user: CPL 3 (or a user-mode access);
 * smap_ok: supervisor accesses to user pages are allowed (EFLAGS.AC, or SMAP is off).
 * Sets A bits, and D on a write, as the hardware does. Without paging it is the identity.
 */
struct mmu_map mmu_walk(struct mmu *m, linaddr lin, enum mmu_access kind, bool user, bool smap_ok);

/* The same without side effects: false if the access isn't allowed, or has an A or D bit to set. */
bool mmu_look(struct mmu *m, linaddr lin, enum mmu_access kind, enum mmu_view_id view,
              struct mmu_map *map);
/* memmap_find(), with a short way to where page tables are. */
const struct mem_range *mmu_range(struct mmu *m, physaddr at);

/* The same without side effects or rights checks, for debuggers: false if not mapped. */
bool mmu_probe(struct mmu *m, linaddr lin, physaddr *phys);

/* --- the fast path --- */

/* The index of an address in the tables. */
static inline u64 mmu_page(linaddr lin)
{
    return lin >> 12 & (MMU_PAGES - 1);
}

/* The index of its write word, ~n. */
static inline i64 mmu_write_index(u64 page)
{
    return -1 - (i64)page;
}

/* What fetch[] says of a page that is fetched from physical address phys. */
static inline u64 mmu_fetch_word(physaddr phys)
{
    return (phys & ~4095ull) | 1;
}

/* mmu_fetch_word() of the page that lin is fetched from through the active view, or 0. */
static inline u64 mmu_fetched(const struct mmu *m, linaddr lin)
{
    if (likely(m->fetch != NULL))
        return m->fetch[mmu_page(lin)];
    const struct mmu_soft_fetch *f = &m->soft_fetch[mmu_page(lin) % MMU_SOFT_ENTRIES];
    return f->lin == (lin & ~4095ull) ? f->word : 0;
}

/* Host address for a read of `size` bytes at lin through the active view, or NULL. */
static inline const u8 *mmu_fast_read(const struct mmu *m, linaddr lin, unsigned size)
{
    if (unlikely(lin + MMU_HALF >= m->span) || unlikely((lin & 4095) + size > 4096))
        return NULL;
    u64 addend = m->table[mmu_page(lin)];
    return addend ? (const u8 *)(uintptr_t)(addend + lin) : NULL;
}

static inline u8 *mmu_fast_write(const struct mmu *m, linaddr lin, unsigned size)
{
    if (unlikely(lin + MMU_HALF >= m->span) || unlikely((lin & 4095) + size > 4096))
        return NULL;
    u64 addend = m->table[mmu_write_index(mmu_page(lin))];
    return addend ? (u8 *)(uintptr_t)(addend + lin) : NULL;
}

/* Host address for an implicit supervisor access, whatever the active view, or NULL. */
static inline u8 *mmu_fast_system(const struct mmu *m, linaddr lin, unsigned size, bool write)
{
    if (unlikely(lin + MMU_HALF >= 2 * MMU_HALF) || unlikely((lin & 4095) + size > 4096) ||
        unlikely(!m->system))
        return NULL;
    u64 page = mmu_page(lin);
    u64 addend = m->system[write ? mmu_write_index(page) : (i64)page];
    return addend ? (u8 *)(uintptr_t)(addend + lin) : NULL;
}

/* The same by the soft TLB, which the two above don't look at; NULL also if there is none. */
static inline u8 *mmu_soft_fast(const struct mmu *m, linaddr lin, unsigned size, bool write)
{
    if (likely(!m->soft) || m->blind || (lin & 4095) + size > 4096)
        return NULL;
    const struct mmu_soft *s = &m->soft[mmu_page(lin) % MMU_SOFT_ENTRIES];
    if ((write ? s->write : s->read) != (lin & ~4095ull))
        return NULL;
    return (u8 *)(uintptr_t)(s->host + (lin & 4095));
}

/* --- the slow path --- */

/* Host address for a write through the active view to a page with translated code, if it hits
 * none of it and its translation is known; else NULL. */
u8 *mmu_write_beside_code(const struct mmu *m, linaddr lin, unsigned size);
/* The same if it hits some, which the engine then is told of. */
u8 *mmu_write_over_code(const struct mmu *m, linaddr lin, unsigned size);

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
