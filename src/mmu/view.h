/* SPDX-License-Identifier: MIT */
/* Inside of a view: shared by view.c (the caches) and mmu.c (their control). */
#ifndef ERSATZ_MMU_VIEW_H
#define ERSATZ_MMU_VIEW_H

#include "mmu/mmu.h"

#define SOFT_ENTRIES 4096
#define FILLED_MAX 4096 /* entries a list remembers; the oldest make room */

struct page_info;

/* A soft TLB entry: everything known of one linear page. */
struct soft_entry {
    u64 tag;   /* soft_tag(), 0: empty */
    u8 rights; /* BIT(enum mmu_access) of the accesses that were found allowed */
    physaddr page;
    u8 *rd, *wr; /* host page, NULL for MMIO */
    struct page_info *info;
};

/* A ring of the pages that were filled, so that a flush costs what was used. */
struct filled {
    u64 page[FILLED_MAX];
    u32 head, count;
};

struct mmu_view {
    u64 *table; /* flat tables as mmu.h has them, or NULL */
    u64 *fetch; /* VIEW_SUPER_SMAP has none: it fetches as VIEW_SUPER does */
    struct filled local, global;
    struct soft_entry soft[SOFT_ENTRIES];
};

/* NULL: out of memory. Without `table` if the host refuses the address space. */
struct mmu_view *view_new(bool flat, bool fetches);
void view_unmap(struct mmu_view *v);
void view_free(struct mmu_view *v);
void view_fill(struct mmu_view *v, u64 page, const struct soft_entry *e, bool flat, bool global);
void view_drop(struct mmu_view *v, u64 page);
void view_flush(struct mmu_view *v, bool global_too);
/* Takes back write entries: the one of `page`, or all that lead to the host page. */
void view_drop_write(struct mmu_view *v, u64 page);
void view_drop_writes_to(struct mmu_view *v, const u8 *host);

/* Never 0. */
static inline u64 soft_tag(u64 page)
{
    return page << 1 | 1;
}

static inline struct soft_entry *view_soft(struct mmu_view *v, u64 page)
{
    return &v->soft[page % SOFT_ENTRIES];
}

#endif
