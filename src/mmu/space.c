/* SPDX-License-Identifier: MIT */
/*
 * Address spaces. A list of fills says which words of the tables are set; a flush costs what was
 * used. A CR3 load must drop what isn't global (SDM vol. 3, 4.10.4.1), but most guests come back to
 * a CR3 soon, with the same page tables. So an absent space keeps its fills, each with the leaf
 * entry's value, and the entries above it as nodes of a tree, each with its value. When the CR3 is
 * loaded again every entry is compared with the guest's memory; what has changed, be it the A or D
 * bit, is dropped. What is left is what a walk would find now: INVLPG and PCIDs have no say in it.
 *
 * A fill that is taken back in vain costs a little each time, a missed one a lot once; nobody knows
 * which ones are used. So each is taken back FILL_AGE times, and then has to be missed once.
 *
 * With -d mmu each fill that is taken back is walked for, too.
 */
#include "mmu/space.h"

#include <stdlib.h>

#include "base/log.h"
#include "board/memmap.h"
#include "mmu/control.h"

struct mmu_spaces *spaces_new(void)
{
    struct mmu_spaces *s = calloc(1, sizeof *s);
    if (s)
        s->now = &s->space[0];
    return s;
}

void spaces_free(struct mmu_spaces *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < SPACES; i++)
        free(s->space[i].fills.fill);
    free(s->global.fill);
    free(s);
}

/* --- lists --- */

static void clear_fills(struct mmu *m, struct fills *l)
{
    for (u32 i = 0; i < l->count; i++)
        view_clear(m->view[l->fill[i].view], l->fill[i].page, l->fill[i].words);
}

static void drop_fills(struct mmu *m, struct fills *l)
{
    clear_fills(m, l);
    l->count = 0;
}

/* Room for one more, if need be by dropping all. False: no memory at all. */
static bool make_room(struct mmu *m, struct fills *l)
{
    if (l->count < l->capacity)
        return true;
    u32 capacity = l->capacity ? 2 * l->capacity : 64;
    struct fill *p = capacity <= FILLS_MAX ? realloc(l->fill, capacity * sizeof *p) : NULL;
    if (p) {
        l->fill = p;
        l->capacity = capacity;
    } else {
        drop_fills(m, l);
    }
    return l->capacity;
}

/* --- nodes --- */

static u64 load_entry(const struct mmu *m, const u8 *at)
{
    return m->cr4 & CR4_PAE ? ld64(at) : ld32(at);
}

static u16 add_node(struct space *s, const u8 *at, u64 value, u16 parent)
{
    u64 mixed = ((u64)(uintptr_t)at >> 2 ^ value) * 0x9e3779b97f4a7c15ull;
    u16 *slot = &s->hash[mixed >> 56];
    const struct node *n = &s->node[*slot ? *slot - 1 : 0];

    if (*slot && n->at == at && n->value == value && n->parent == parent)
        return (u16)(*slot - 1);
    if (s->node_count == SPACE_NODES) {
        s->worn = true;
        return NODE_NONE;
    }
    s->node[s->node_count] = (struct node){at, value, parent};
    *slot = (u16)++s->node_count;
    return (u16)(s->node_count - 1);
}

/* The node above the leaf of the last walk. */
static u16 trail_node(struct space *s, const struct mmu_trail *t)
{
    u16 node = NODE_TOP;

    if (!t->depth || !t->at[t->depth - 1])
        return NODE_NONE;
    for (unsigned i = 0; i + 1 < t->depth && node != NODE_NONE; i++)
        node = t->at[i] ? add_node(s, t->at[i], t->value[i], node) : NODE_NONE;
    return node;
}

static void start_over(struct mmu *m, struct space *s)
{
    if (s == m->spaces->now)
        drop_fills(m, &s->fills);
    s->fills.count = 0;
    s->node_count = 0;
    s->worn = false;
    memset(s->hash, 0, sizeof s->hash);
}

/* --- filling --- */

static void note_writer(struct page_info *info, u64 page)
{
    if (info->writers == PAGE_WRITER_NONE) {
        info->writers = PAGE_WRITER_ONE;
        info->writer = page;
    } else if (info->writer != page) {
        info->writers = PAGE_WRITER_MANY;
    }
}

void space_fill(struct mmu *m, struct fill *f, const struct words *w, bool global)
{
    struct space *s = m->spaces->now;
    struct fills *l = global ? &m->spaces->global : &s->fills;

    if (!make_room(m, l))
        return;
    bool apart = (f->words & BIT(ACCESS_WRITE)) && w->write != f->addend;
    f->node = NODE_NONE;
    if (!global && !apart)
        f->node = trail_node(s, &m->trail);
    if (f->node != NODE_NONE) {
        f->pte = m->trail.at[m->trail.depth - 1];
        f->value = m->trail.value[m->trail.depth - 1];
    }
    if ((f->words & BIT(ACCESS_WRITE)) && f->info)
        note_writer(f->info, f->page);
    l->fill[l->count++] = *f;
    view_set(m->view[f->view], w, f->words);
}

/* --- coming back --- */

/* What a walk says now about all accesses that the fill's words allow. */
static bool agrees(struct mmu *m, const struct fill *f)
{
    for (enum mmu_access kind = ACCESS_READ; kind <= ACCESS_FETCH; kind++) {
        struct mmu_map map;
        if (!(f->words & BIT(kind)))
            continue;
        if (!mmu_look(m, page_linear(f->page), kind, f->view, &map))
            return false;
        physaddr at = map.page & m->mem->a20_mask;
        const struct mem_range *r = memmap_find(m->mem, at);
        if (kind == ACCESS_FETCH) {
            if (mmu_fetch_word(at) != f->fetch)
                return false;
        } else if (!r ||
                   (u64)(uintptr_t)(r->rd + (at - r->base)) != f->addend + page_linear(f->page)) {
            return false;
        }
    }
    return true;
}

static bool still_good(struct mmu *m, struct fill *f, const bool *good)
{
    if (f->node == NODE_NONE || (f->node != NODE_TOP && !good[f->node]))
        return false;
    if (load_entry(m, f->pte) != f->value || f->age++ >= FILL_AGE + f->page % 8)
        return false;
    if (likely(!log_on(m->mem->log, LOG_MMU)) || agrees(m, f))
        return true;
    m->stat_wrong++;
    log_line(m->mem->log, LOG_MMU, "kept entry of page %09llx disagrees with the guest's tables",
             (unsigned long long)f->page);
    return false;
}

/* False: an older fill has brought all of it already. */
static bool take_back(struct mmu *m, const struct fill *f)
{
    struct words w = {f->page, f->addend, f->addend, f->fetch};
    unsigned words = f->words & ~view_present(m->view[f->view], f->page);

    if (!words)
        return false;
    if ((words & BIT(ACCESS_WRITE)) && f->info) {
        if (f->info->code)
            words &= ~(unsigned)BIT(ACCESS_WRITE);
        else
            note_writer(f->info, f->page);
    }
    view_set(m->view[f->view], &w, words);
    return true;
}

/* Takes back what is still good; `present`: the words of the rest are set and must go. */
static void revalidate(struct mmu *m, struct space *s, bool present)
{
    bool good[SPACE_NODES];
    u32 kept = 0;

    for (u32 i = 0; i < s->node_count; i++) {
        const struct node *n = &s->node[i];
        good[i] = (n->parent == NODE_TOP || good[n->parent]) && load_entry(m, n->at) == n->value;
    }
    if (present)
        clear_fills(m, &s->fills);
    for (u32 i = 0; i < s->fills.count; i++) {
        struct fill *f = &s->fills.fill[i];
        if (!still_good(m, f, good) || !take_back(m, f))
            continue;
        if (kept != i)
            s->fills.fill[kept] = *f;
        kept++;
    }
    m->stat_kept += kept;
    m->stat_lost += s->fills.count - kept;
    s->fills.count = kept;
}

/* The space is left: its words go, its newest fills stay. */
static void leave(struct mmu *m, struct space *s)
{
    struct fills *l = &s->fills;

    clear_fills(m, l);
    if (l->count > SPACE_KEEP) {
        memmove(l->fill, l->fill + (l->count - SPACE_KEEP), SPACE_KEEP * sizeof *l->fill);
        l->count = SPACE_KEEP;
    }
    if (l->capacity > SPACE_KEEP) {
        struct fill *p = realloc(l->fill, SPACE_KEEP * sizeof *p);
        if (p) {
            l->fill = p;
            l->capacity = SPACE_KEEP;
        }
    }
}

static struct space *find(struct mmu_spaces *all, u64 root)
{
    struct space *oldest = &all->space[0];

    for (unsigned i = 0; i < SPACES; i++) {
        struct space *s = &all->space[i];
        if (s->stamp && s->root == root)
            return s;
        if (s->stamp < oldest->stamp)
            oldest = s;
    }
    return oldest;
}

void space_enter(struct mmu *m, u64 root)
{
    struct mmu_spaces *all = m->spaces;
    struct space *old = all->now, *s = find(all, root);

    if (s != old)
        leave(m, old);
    if (s->root != root || s->worn || !(m->cr0 & CR0_PG))
        start_over(m, s);
    revalidate(m, s, s == old);
    s->root = root;
    s->stamp = ++all->stamp;
    all->now = s;
}

void space_forget(struct mmu *m, u64 root)
{
    struct mmu_spaces *all = m->spaces;

    drop_fills(m, &all->global);
    start_over(m, all->now);
    for (unsigned i = 0; i < SPACES; i++)
        if (all->space[i].stamp) {
            start_over(m, &all->space[i]);
            all->space[i].stamp = 0;
        }
    all->now = &all->space[0];
    all->now->root = root;
    all->now->stamp = ++all->stamp;
}

static void drop_writes(struct mmu *m, const struct fills *l, const struct page_info *info)
{
    for (u32 i = 0; i < l->count; i++)
        if (l->fill[i].info == info && (l->fill[i].words & BIT(ACCESS_WRITE)))
            view_clear(m->view[l->fill[i].view], l->fill[i].page, BIT(ACCESS_WRITE));
}

void space_drop_writes(struct mmu *m, const struct page_info *info)
{
    drop_writes(m, &m->spaces->now->fills, info);
    drop_writes(m, &m->spaces->global, info);
}
