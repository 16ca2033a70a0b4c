/* SPDX-License-Identifier: MIT */
/*
 * Translation through a view's caches, and their control: the flush rules of SDM vol. 3, 4.10.
 * Dropping more than the rules ask is always allowed; dropping less never.
 */
#include "mmu/mmu.h"

#include "base/bits.h"
#include "board/memmap.h"
#include "mmu/control.h"
#include "mmu/view.h"

static void activate(struct mmu *m)
{
    /* SMAP says nothing of fetches */
    enum mmu_view_id fetch = m->active == VIEW_USER ? VIEW_USER : VIEW_SUPER;
    m->table = m->view[m->active]->table;
    m->fetch = m->view[fetch]->fetch;
    m->system = m->view[m->cr4 & CR4_SMAP ? VIEW_SUPER_SMAP : VIEW_SUPER]->table;
    m->span = m->flat && !m->blind ? 2 * MMU_HALF : 0;
}

int mmu_init(struct mmu *m, struct memmap *mem, bool want_flat)
{
    *m = (struct mmu){.mem = mem, .flat = want_flat, .phys_mask = MASK(40)};
    for (int i = 0; i < VIEW_COUNT; i++) {
        m->view[i] = view_new(m->flat, i != VIEW_SUPER_SMAP);
        if (!m->view[i]) {
            mmu_destroy(m);
            return -1;
        }
        m->flat = m->flat && m->view[i]->table;
    }
    m->active = VIEW_SUPER;
    if (!m->flat)
        mmu_go_soft(m);
    activate(m);
    return 0;
}

void mmu_go_soft(struct mmu *m)
{
    m->flat = false;
    mmu_flush(m, true);
    for (int i = 0; i < VIEW_COUNT; i++)
        view_unmap(m->view[i]);
    activate(m);
}

void mmu_destroy(struct mmu *m)
{
    for (int i = 0; i < VIEW_COUNT; i++) {
        view_free(m->view[i]);
        m->view[i] = NULL;
    }
}

/* The view's rights that one successful walk proves. */
static u8 proven_rights(const struct mmu *m, const struct mmu_map *map, enum mmu_view_id view,
                        enum mmu_access kind)
{
    u8 rights = (u8)BIT(kind);
    if (kind == ACCESS_WRITE)
        rights |= BIT(ACCESS_READ);
    bool writable = map->writable || (view != VIEW_USER && !(m->cr0 & CR0_WP));
    if (kind == ACCESS_READ && writable && map->dirty)
        rights |= BIT(ACCESS_WRITE);
    return rights;
}

static struct soft_entry make_entry(const struct mmu *m, u64 page, physaddr phys)
{
    struct soft_entry e = {.tag = soft_tag(page), .page = phys & m->mem->a20_mask};
    const struct mem_range *r = memmap_find(m->mem, e.page);
    if (r && r->rd)
        e.rd = r->rd + (e.page - r->base);
    if (r && r->wr) {
        e.wr = r->wr + (e.page - r->base);
        e.info = memmap_page(m->mem, e.page);
    }
    return e;
}

static struct mmu_target target(const struct soft_entry *e, linaddr lin, enum mmu_access kind)
{
    struct mmu_target t = {.phys = e->page | (lin & 4095)};
    u8 *host = kind == ACCESS_WRITE ? e->wr : e->rd;
    if (kind == ACCESS_WRITE && e->info && e->info->code)
        host = NULL;
    t.host = host ? host + (lin & 4095) : NULL;
    return t;
}

struct mmu_target mmu_translate(struct mmu *m, enum mmu_view_id view, linaddr lin,
                                enum mmu_access kind)
{
    struct mmu_view *v = m->view[view];
    u64 page = mmu_page(lin);
    const struct soft_entry *soft = view_soft(v, page);

    if (lin + MMU_HALF >= 2 * MMU_HALF) /* not canonical: callers have raised #GP */
        return (struct mmu_target){.fault = true};
    if (soft->tag == soft_tag(page) && (soft->rights & BIT(kind))) {
        /* a page that lost its code since may have its fast entry back */
        if (kind != ACCESS_WRITE || !m->flat || !soft->wr || (soft->info && soft->info->code) ||
            v->table[2 * page + 1])
            return target(soft, lin, kind);
    }
    struct mmu_map map = mmu_walk(m, lin, kind, view == VIEW_USER, view != VIEW_SUPER_SMAP);
    if (map.fault)
        return (struct mmu_target){.fault = true, .error = map.error};
    struct soft_entry e = make_entry(m, page, map.page);
    e.rights = proven_rights(m, &map, view, kind);
    view_fill(v, page, &e, m->flat, map.global);
    m->stat_fills++;
    return target(&e, lin, kind);
}

u8 *mmu_write_beside_code(const struct mmu *m, linaddr lin, unsigned size)
{
    u64 page = mmu_page(lin);
    const struct soft_entry *e = view_soft(m->view[m->active], page);
    unsigned first = lin & 4095;

    if (e->tag != soft_tag(page) || !(e->rights & BIT(ACCESS_WRITE)) || !e->wr)
        return NULL;
    if (lin + MMU_HALF >= 2 * MMU_HALF || first + size > 4096)
        return NULL;
    if (!e->info || !e->info->code || page_has_code(e->info, first, first + size - 1))
        return NULL;
    return e->wr + first;
}

void mmu_set_view(struct mmu *m, enum mmu_view_id view)
{
    m->active = view;
    activate(m);
}

void mmu_set_blind(struct mmu *m, bool blind)
{
    m->blind = blind;
    activate(m);
}

void mmu_flush(struct mmu *m, bool global_too)
{
    m->stat_flushes++;
    m->generation++;
    for (int i = 0; i < VIEW_COUNT; i++)
        view_flush(m->view[i], global_too);
    if (global_too)
        m->large_span = 0;
}

void mmu_set_paging(struct mmu *m, u64 cr0, u64 cr4, u64 efer)
{
    const u64 cr0_bits = CR0_PG | CR0_WP | CR0_PE;
    const u64 cr4_bits = CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_SMAP;
    const u64 efer_bits = EFER_NXE | EFER_LMA;
    bool changed = ((m->cr0 ^ cr0) & cr0_bits) || ((m->cr4 ^ cr4) & cr4_bits) ||
                   ((m->efer ^ efer) & efer_bits);
    m->cr0 = cr0;
    m->cr4 = cr4;
    m->efer = efer;
    if (!changed)
        return;
    mmu_flush(m, true);
    activate(m);
}

/* PDPTEs are registers, loaded and checked by MOV CR3 (SDM vol. 3, 4.4.1). */
static bool load_pdptes(struct mmu *m, u64 cr3)
{
    u64 pdpte[4];
    u64 reserved = ~m->phys_mask | 0x1e6;
    for (unsigned i = 0; i < 4; i++) {
        pdpte[i] = memmap_read(m->mem, (cr3 & 0xffffffe0) + 8 * i, 8);
        if ((pdpte[i] & 1) && (pdpte[i] & reserved))
            return false;
    }
    for (unsigned i = 0; i < 4; i++)
        m->pdpte[i] = pdpte[i];
    return true;
}

bool mmu_load_cr3(struct mmu *m, u64 cr3, bool keep_pcid)
{
    (void)keep_pcid; /* a flush that was not asked for is allowed */
    bool pae = (m->cr0 & CR0_PG) && (m->cr4 & CR4_PAE) && !(m->efer & EFER_LMA);
    if (pae && !load_pdptes(m, cr3))
        return false;
    m->cr3 = cr3;
    mmu_flush(m, false);
    return true;
}

void mmu_invlpg(struct mmu *m, linaddr lin)
{
    u64 page = mmu_page(lin), first = page;
    u64 n = 1;

    if (m->large_span && page >= m->large_first && page <= m->large_last) {
        n = m->large_span;
        first = page & ~(n - 1);
    }
    if (n > 1024) { /* 1 GiB pages */
        mmu_flush(m, true);
        return;
    }
    m->generation++;
    for (int i = 0; i < VIEW_COUNT; i++)
        for (u64 k = 0; k < n; k++)
            view_drop(m->view[i], first + k);
}

void mmu_protect_code(struct mmu *m, physaddr page)
{
    const struct page_info *info = memmap_page(m->mem, page);
    const struct mem_range *r = memmap_find(m->mem, page);
    if (!info || !r || info->writers == PAGE_WRITER_NONE)
        return;
    for (int i = 0; i < VIEW_COUNT; i++) {
        if (info->writers == PAGE_WRITER_ONE)
            view_drop_write(m->view[i], info->writer);
        else
            view_drop_writes_to(m->view[i], r->wr + (page - r->base));
    }
}
