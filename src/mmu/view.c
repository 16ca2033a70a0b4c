/* SPDX-License-Identifier: MIT */
/*
 * A view's caches: two flat tables of host addends and a soft TLB, with lists of what was
 * filled. Empty parts of the flat tables cost address space only; the kernel gives zero pages
 * on demand (huge pages would make each touched corner cost 2 MiB).
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "board/memmap.h"
#include "mmu/view.h"

#define FLAT_PAGES BIT(36)
#define FLAT_BYTES (2 * FLAT_PAGES * sizeof(u64)) /* read and write table */

struct mmu_view *view_new(bool flat)
{
    struct mmu_view *v = calloc(1, sizeof *v);
    if (!v || !flat)
        return v;
    void *p = mmap(NULL, FLAT_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return v;
    madvise(p, FLAT_BYTES, MADV_NOHUGEPAGE);
    madvise(p, FLAT_BYTES, MADV_DONTDUMP);
    v->map = p;
    v->rd = (u64 *)p + FLAT_PAGES / 2;
    v->wr = v->rd + FLAT_PAGES;
    return v;
}

void view_free(struct mmu_view *v)
{
    if (v && v->map)
        munmap(v->map, FLAT_BYTES);
    free(v);
}

void view_drop(struct mmu_view *v, i64 page)
{
    struct soft_entry *e = view_soft(v, page);
    if (e->tag == soft_tag(page))
        e->tag = 0;
    if (!v->map)
        return;
    if (v->rd[page]) /* look first: a write would give the table a page of its own */
        v->rd[page] = 0;
    if (v->wr[page])
        v->wr[page] = 0;
}

static void remember(struct mmu_view *v, struct filled *f, i64 page)
{
    if (f->count == FILLED_MAX) {
        view_drop(v, f->page[f->head]);
        f->page[f->head] = page;
        f->head = (f->head + 1) % FILLED_MAX;
        return;
    }
    f->page[(f->head + f->count++) % FILLED_MAX] = page;
}

void view_fill(struct mmu_view *v, i64 page, const struct soft_entry *e, bool flat, bool global)
{
    struct soft_entry *soft = view_soft(v, page);
    bool known = soft->tag == e->tag && soft->page == e->page;
    u8 rights = e->rights | (known ? soft->rights : 0);

    if (!known)
        remember(v, global ? &v->global : &v->local, page);
    *soft = *e;
    soft->rights = rights;
    if (!flat)
        return;
    u64 lin = (u64)page << 12;
    if ((rights & BIT(ACCESS_READ)) && e->rd)
        v->rd[page] = (u64)(uintptr_t)e->rd - lin;
    if ((rights & BIT(ACCESS_WRITE)) && e->wr && !(e->info && e->info->code)) {
        v->wr[page] = (u64)(uintptr_t)e->wr - lin;
        if (!e->info)
            return;
        if (e->info->writers == PAGE_WRITER_NONE) {
            e->info->writers = PAGE_WRITER_ONE;
            e->info->writer = page;
        } else if (e->info->writer != page) {
            e->info->writers = PAGE_WRITER_MANY;
        }
    }
}

static void flush_list(struct mmu_view *v, struct filled *f)
{
    for (u32 i = 0; i < f->count; i++)
        view_drop(v, f->page[(f->head + i) % FILLED_MAX]);
    f->head = f->count = 0;
}

void view_flush(struct mmu_view *v, bool global_too)
{
    flush_list(v, &v->local);
    if (global_too)
        flush_list(v, &v->global);
}

void view_drop_write(struct mmu_view *v, i64 page)
{
    if (v->map && v->wr[page])
        v->wr[page] = 0;
}

static void drop_writes_listed(struct mmu_view *v, const struct filled *f, const u8 *host)
{
    for (u32 i = 0; i < f->count; i++) {
        i64 page = f->page[(f->head + i) % FILLED_MAX];
        if (v->wr[page] && v->wr[page] + ((u64)page << 12) == (u64)(uintptr_t)host)
            v->wr[page] = 0;
    }
}

void view_drop_writes_to(struct mmu_view *v, const u8 *host)
{
    if (!v->map)
        return;
    drop_writes_listed(v, &v->local, host);
    drop_writes_listed(v, &v->global, host);
}
