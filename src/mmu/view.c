/* SPDX-License-Identifier: MIT */
/*
 * A view's caches: flat tables and a soft TLB, with lists of what was filled. Empty parts of the
 * flat tables cost address space only; the kernel gives zero pages on demand (huge pages would
 * make each touched corner cost 2 MiB).
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "board/memmap.h"
#include "mmu/view.h"

#define TABLE_BYTES (2 * MMU_PAGES * sizeof(u64))
#define FETCH_BYTES (MMU_PAGES * sizeof(u64))

static u64 *reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    madvise(p, bytes, MADV_NOHUGEPAGE);
    madvise(p, bytes, MADV_DONTDUMP);
    return p;
}

struct mmu_view *view_new(bool flat, bool fetches)
{
    struct mmu_view *v = calloc(1, sizeof *v);
    if (!v || !flat)
        return v;
    v->table = reserve(TABLE_BYTES);
    v->fetch = fetches ? reserve(FETCH_BYTES) : NULL;
    if (fetches && !v->fetch)
        view_unmap(v);
    return v;
}

void view_unmap(struct mmu_view *v)
{
    if (v->table)
        munmap(v->table, TABLE_BYTES);
    if (v->fetch)
        munmap(v->fetch, FETCH_BYTES);
    v->table = v->fetch = NULL;
}

void view_free(struct mmu_view *v)
{
    if (v)
        view_unmap(v);
    free(v);
}

/* Looks first: a write would give the table a page of its own. */
static void clear(u64 *word)
{
    if (*word)
        *word = 0;
}

void view_drop(struct mmu_view *v, u64 page)
{
    struct soft_entry *e = view_soft(v, page);
    if (e->tag == soft_tag(page))
        e->tag = 0;
    if (!v->table)
        return;
    clear(&v->table[2 * page]);
    clear(&v->table[2 * page + 1]);
    if (v->fetch)
        clear(&v->fetch[page]);
}

/* The canonical address of a page's byte 0. */
static linaddr page_linear(u64 page)
{
    return (linaddr)((i64)(page << 28) >> 16);
}

static void remember(struct mmu_view *v, struct filled *f, u64 page)
{
    if (f->count == FILLED_MAX) {
        view_drop(v, f->page[f->head]);
        f->page[f->head] = page;
        f->head = (f->head + 1) % FILLED_MAX;
        return;
    }
    f->page[(f->head + f->count++) % FILLED_MAX] = page;
}

void view_fill(struct mmu_view *v, u64 page, const struct soft_entry *e, bool flat, bool global)
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
    u64 lin = page_linear(page);
    if ((rights & BIT(ACCESS_READ)) && e->rd)
        v->table[2 * page] = (u64)(uintptr_t)e->rd - lin;
    if ((rights & BIT(ACCESS_FETCH)) && e->rd && v->fetch)
        v->fetch[page] = mmu_fetch_word(e->page);
    if ((rights & BIT(ACCESS_WRITE)) && e->wr && !(e->info && e->info->code)) {
        v->table[2 * page + 1] = (u64)(uintptr_t)e->wr - lin;
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

void view_drop_write(struct mmu_view *v, u64 page)
{
    if (v->table)
        clear(&v->table[2 * page + 1]);
}

static void drop_writes_listed(struct mmu_view *v, const struct filled *f, const u8 *host)
{
    for (u32 i = 0; i < f->count; i++) {
        u64 page = f->page[(f->head + i) % FILLED_MAX];
        u64 *wr = &v->table[2 * page + 1];
        if (*wr && *wr + page_linear(page) == (u64)(uintptr_t)host)
            *wr = 0;
    }
}

void view_drop_writes_to(struct mmu_view *v, const u8 *host)
{
    if (!v->table)
        return;
    drop_writes_listed(v, &v->local, host);
    drop_writes_listed(v, &v->global, host);
}
