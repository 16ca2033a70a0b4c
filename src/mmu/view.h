/* SPDX-License-Identifier: MIT */
/*
 * Inside of a view: shared by view.c (the tables), space.c (what is in them, and for how long) and
 * mmu.c (their control).
 */
#ifndef ERSATZ_MMU_VIEW_H
#define ERSATZ_MMU_VIEW_H

#include "base/bits.h"
#include "mmu/mmu.h"

#define KNOWN_ENTRIES 4096

struct page_info;

/* What a walk found out about one linear page: for accesses that the tables can't serve (devices,
 * pages with code), and while nobody may look at the tables. */
struct known {
    u64 tag;   /* page | time << 36: good if `time` is the MMU's local or global one */
    u8 rights; /* BIT(enum mmu_access) of the accesses that were found allowed */
    physaddr page;
    u8 *rd, *wr; /* host page, NULL for MMIO */
    struct page_info *info;
};

struct mmu_view {
    u64 *table;            /* flat tables as mmu.h has them, or NULL */
    u64 *fetch;            /* VIEW_SUPER_SMAP has none: it fetches as VIEW_SUPER does */
    struct mmu_soft *soft; /* in their place */
    struct mmu_soft_fetch *soft_fetch;
    struct known known[KNOWN_ENTRIES];
};

/* NULL: out of memory. Without `table` if the host refuses the address space. */
struct mmu_view *view_new(bool flat, bool fetches);
void view_free(struct mmu_view *v);
/* Soft tables in place of the flat ones. False: out of memory. */
bool view_go_soft(struct mmu_view *v);

/* The words of a page in the tables. `words` is a set of BIT(enum mmu_access). */
struct words {
    u64 page;
    u64 read, write; /* addends */
    u64 fetch;
};
void view_soft_set(struct mmu_view *v, const struct words *w, unsigned words);
void view_soft_clear(struct mmu_view *v, u64 page, unsigned words);
unsigned view_soft_present(const struct mmu_view *v, u64 page);
/* Empties all words of a page, and forgets what is known of it. */
void view_drop(struct mmu_view *v, u64 page);
/* The word that serves this kind of access, in its place in *w. False: empty. */
bool view_get(const struct mmu_view *v, u64 page, enum mmu_access kind, struct words *w);
/* Is the word that serves this kind of access there? */
bool view_has(const struct mmu_view *v, u64 page, enum mmu_access kind);

static inline void view_set(struct mmu_view *v, const struct words *w, unsigned words)
{
    if (unlikely(!v->table)) {
        view_soft_set(v, w, words);
        return;
    }
    if (words & BIT(ACCESS_READ))
        v->table[w->page] = w->read;
    if (words & BIT(ACCESS_WRITE))
        v->table[mmu_write_index(w->page)] = w->write;
    if (words & BIT(ACCESS_FETCH))
        v->fetch[w->page] = w->fetch;
}

static inline void view_clear(struct mmu_view *v, u64 page, unsigned words)
{
    if (unlikely(!v->table)) {
        view_soft_clear(v, page, words);
        return;
    }
    if (words & BIT(ACCESS_READ))
        v->table[page] = 0;
    if (words & BIT(ACCESS_WRITE))
        v->table[mmu_write_index(page)] = 0;
    if (words & BIT(ACCESS_FETCH))
        v->fetch[page] = 0;
}

/* The words of a page that are set. */
static inline unsigned view_present(const struct mmu_view *v, u64 page)
{
    if (unlikely(!v->table))
        return view_soft_present(v, page);
    return (v->table[page] ? BIT(ACCESS_READ) : 0) |
           (v->table[mmu_write_index(page)] ? BIT(ACCESS_WRITE) : 0) |
           (v->fetch && v->fetch[page] ? BIT(ACCESS_FETCH) : 0);
}

static inline struct known *view_known(struct mmu_view *v, u64 page)
{
    return &v->known[page % KNOWN_ENTRIES];
}

/* The canonical address of a page's byte 0. */
static inline linaddr page_linear(u64 page)
{
    return (linaddr)((i64)(page << 28) >> 16);
}

#endif
