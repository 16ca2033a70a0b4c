/* SPDX-License-Identifier: MIT */
/*
 * A view's tables: flat ones, or the soft TLB. Empty parts of the flat tables cost address space
 * only; the kernel gives zero pages on demand (huge pages would make each touched corner cost
 * 2 MiB).
 */
#include "mmu/view.h"

#include <stdlib.h>
#include <sys/mman.h>

#define TABLE_BYTES (2 * MMU_PAGES * sizeof(u64)) /* half of it lies below `table` */
#define FETCH_BYTES (FETCH_APART + MMU_PAGES * sizeof(u64))
/* AMD's L1 data cache knows a line by a hash of a few bits of its linear address (Software
 * Optimization Guide for family 19h: "utag"), and lines that are alike in these drive each other
 * out. Tables end where others begin, so that words of one page are alike but for high bits: a
 * return and the load of what it returns by would meet. Measured: 15 % of a program of calls. */
#define FETCH_APART (37 * 4096 + 3 * 64)

static void *reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    madvise(p, bytes, MADV_NOHUGEPAGE);
    madvise(p, bytes, MADV_DONTDUMP);
    return p;
}

static void unmap(struct mmu_view *v)
{
    if (v->table)
        munmap(v->table - MMU_PAGES, TABLE_BYTES);
    if (v->fetch)
        munmap((u8 *)v->fetch - FETCH_APART, FETCH_BYTES);
    v->table = v->fetch = NULL;
}

struct mmu_view *view_new(bool flat, bool fetches)
{
    struct mmu_view *v = calloc(1, sizeof *v);
    if (!v || !flat)
        return v;
    u64 *words = reserve(TABLE_BYTES);
    v->table = words ? words + MMU_PAGES : NULL;
    u8 *fetch = fetches ? reserve(FETCH_BYTES) : NULL;
    if (fetch)
        v->fetch = (u64 *)(void *)(fetch + FETCH_APART);
    else if (fetches)
        unmap(v);
    return v;
}

void view_free(struct mmu_view *v)
{
    if (!v)
        return;
    unmap(v);
    free(v->soft);
    free(v->soft_fetch);
    free(v);
}

bool view_go_soft(struct mmu_view *v)
{
    unmap(v);
    if (!v->soft)
        v->soft = malloc(MMU_SOFT_ENTRIES * sizeof *v->soft);
    if (!v->soft_fetch)
        v->soft_fetch = malloc(MMU_SOFT_ENTRIES * sizeof *v->soft_fetch);
    if (!v->soft || !v->soft_fetch)
        return false;
    for (unsigned i = 0; i < MMU_SOFT_ENTRIES; i++) {
        v->soft[i] = (struct mmu_soft){mmu_soft_empty(i), mmu_soft_empty(i), 0, 0};
        v->soft_fetch[i] = (struct mmu_soft_fetch){mmu_soft_empty(i), 0};
    }
    return true;
}

/* --- the soft TLB --- */

static struct mmu_soft *slot(const struct mmu_view *v, u64 page)
{
    return &v->soft[page % MMU_SOFT_ENTRIES];
}

/* Both accesses share a page: what has another one makes room. */
static void set_host(struct mmu_soft *s, u64 page, u64 addend)
{
    u64 host = addend + page_linear(page);
    if (s->host != host || s->addend != addend)
        s->read = s->write = mmu_soft_empty(page);
    s->host = host;
    s->addend = addend;
}

void view_soft_set(struct mmu_view *v, const struct words *w, unsigned words)
{
    struct mmu_soft *s = slot(v, w->page);
    linaddr lin = page_linear(w->page);

    if (words & BIT(ACCESS_WRITE)) {
        set_host(s, w->page, w->write);
        s->write = lin;
    }
    if (words & BIT(ACCESS_READ)) {
        set_host(s, w->page, w->read);
        s->read = lin;
    }
    if (words & BIT(ACCESS_FETCH))
        v->soft_fetch[w->page % MMU_SOFT_ENTRIES] = (struct mmu_soft_fetch){lin, w->fetch};
}

void view_soft_clear(struct mmu_view *v, u64 page, unsigned words)
{
    struct mmu_soft *s = slot(v, page);
    struct mmu_soft_fetch *f = &v->soft_fetch[page % MMU_SOFT_ENTRIES];
    linaddr lin = page_linear(page);

    if ((words & BIT(ACCESS_READ)) && s->read == lin)
        s->read = mmu_soft_empty(page);
    if ((words & BIT(ACCESS_WRITE)) && s->write == lin)
        s->write = mmu_soft_empty(page);
    if ((words & BIT(ACCESS_FETCH)) && f->lin == lin)
        f->lin = mmu_soft_empty(page);
}

unsigned view_soft_present(const struct mmu_view *v, u64 page)
{
    unsigned words = 0;
    for (enum mmu_access kind = ACCESS_READ; kind <= ACCESS_FETCH; kind++)
        words |= view_has(v, page, kind) ? BIT(kind) : 0;
    return words;
}

/* --- both --- */

static bool soft_get(const struct mmu_view *v, u64 page, enum mmu_access kind, struct words *w)
{
    const struct mmu_soft *s = slot(v, page);
    const struct mmu_soft_fetch *f = &v->soft_fetch[page % MMU_SOFT_ENTRIES];
    linaddr lin = page_linear(page);

    w->read = w->write = s->addend;
    w->fetch = f->word;
    switch (kind) {
    case ACCESS_READ: return s->read == lin;
    case ACCESS_WRITE: return s->write == lin;
    default: return f->lin == lin;
    }
}

bool view_get(const struct mmu_view *v, u64 page, enum mmu_access kind, struct words *w)
{
    *w = (struct words){.page = page};
    if (unlikely(!v->table))
        return soft_get(v, page, kind, w);
    if (kind == ACCESS_FETCH)
        return (w->fetch = v->fetch ? v->fetch[page] : 0) != 0;
    w->read = v->table[page];
    w->write = v->table[mmu_write_index(page)];
    return kind == ACCESS_WRITE ? w->write : w->read;
}

bool view_has(const struct mmu_view *v, u64 page, enum mmu_access kind)
{
    struct words w;
    return view_get(v, page, kind, &w);
}

/* Looks first: a write would give the table a page of its own. */
static void clear(u64 *word)
{
    if (*word)
        *word = 0;
}

void view_drop(struct mmu_view *v, u64 page)
{
    struct known *k = view_known(v, page);
    if ((k->tag & (MMU_PAGES - 1)) == page)
        k->tag = 0;
    if (!v->table) {
        view_soft_clear(v, page, ~0u);
        return;
    }
    clear(&v->table[page]);
    clear(&v->table[mmu_write_index(page)]);
    if (v->fetch)
        clear(&v->fetch[page]);
}
