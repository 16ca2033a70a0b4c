/* SPDX-License-Identifier: MIT */
/*
 * Translation through a view's caches, and their control: the flush rules of SDM vol. 3, 4.10.
 * Dropping more than the rules ask is always allowed; dropping less never.
 */
#include "mmu/mmu.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/log.h"
#include "board/memmap.h"
#include "mmu/control.h"
#include "mmu/space.h"

/* Bits of mmu.large, by region of 2 MiB: how many, so that a full one covers 64 GiB. */
#define LARGE_BITS 32768u
#define LARGE_BYTES (LARGE_BITS / 8)

static void activate(struct mmu *m)
{
    /* SMAP says nothing of fetches */
    enum mmu_view_id fetch = m->active == VIEW_USER ? VIEW_USER : VIEW_SUPER;
    m->table = m->view[m->active]->table;
    m->fetch = m->view[fetch]->fetch;
    m->soft = m->view[m->active]->soft;
    m->soft_fetch = m->view[fetch]->soft_fetch;
    m->probed = m->table ? (const void *)m->table : m->soft;
    m->known = m->view[m->active]->known;
    m->system = m->view[m->cr4 & CR4_SMAP ? VIEW_SUPER_SMAP : VIEW_SUPER]->table;
    m->span = m->flat && !m->blind ? 2 * MMU_HALF : 0;
}

int mmu_init(struct mmu *m, struct memmap *mem, bool want_flat)
{
    *m = (struct mmu){.mem = mem, .flat = want_flat, .phys_mask = MASK(40), .active = VIEW_SUPER};
    m->time_global = 1;
    m->time_local = 2;
    m->time_next = 3;
    m->spaces = spaces_new();
    m->large = calloc(1, LARGE_BYTES);
    bool made = m->spaces && m->large;
    for (int i = 0; i < VIEW_COUNT && made; i++) {
        m->view[i] = view_new(m->flat, i != VIEW_SUPER_SMAP);
        made = m->view[i];
        m->flat = made && m->flat && m->view[i]->table;
    }
    if (made && !m->flat)
        made = mmu_go_soft(m);
    if (!made) {
        mmu_destroy(m);
        return -ERSATZ_E_NOMEM;
    }
    activate(m);
    return 0;
}

bool mmu_go_soft(struct mmu *m)
{
    bool made = true;
    mmu_flush(m, true);
    m->flat = false;
    for (int i = 0; i < VIEW_COUNT && made; i++)
        made = view_go_soft(m->view[i]);
    if (made)
        activate(m);
    return made;
}

static void log_counts(const struct mmu *m)
{
    LOG(m->mem->log, MMU,
        "%llu walks, %llu fills, %llu flushes; of returning spaces %llu fills "
        "kept, %llu lost, %llu wrong",
        (unsigned long long)m->stat_walks, (unsigned long long)m->stat_fills,
        (unsigned long long)m->stat_flushes, (unsigned long long)m->stat_kept,
        (unsigned long long)m->stat_lost, (unsigned long long)m->stat_wrong);
}

void mmu_destroy(struct mmu *m)
{
    log_counts(m);
    for (int i = 0; i < VIEW_COUNT; i++) {
        view_free(m->view[i]);
        m->view[i] = NULL;
    }
    spaces_free(m->spaces);
    free(m->large);
    m->spaces = NULL;
    m->large = NULL;
}

/* --- translation --- */

static bool is_known(const struct mmu *m, const struct known *k, u64 page)
{
    return k->tag == (page | m->time_local << 36) || k->tag == (page | m->time_global << 36);
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

static struct known describe(struct mmu *m, physaddr phys)
{
    struct known k = {.page = phys & m->mem->a20_mask};
    const struct mem_range *r = mmu_range(m, k.page);
    if (r && r->rd)
        k.rd = r->rd + (k.page - r->base);
    if (r && r->wr) {
        k.wr = r->wr + (k.page - r->base);
        k.info = &m->mem->pages[r->first_page + ((k.page - r->base) >> 12)];
    }
    return k;
}

static struct mmu_target target(const struct known *e, linaddr lin, enum mmu_access kind)
{
    struct mmu_target t = {.phys = e->page | (lin & 4095)};
    u8 *host = kind == ACCESS_WRITE ? e->wr : e->rd;
    if (kind == ACCESS_WRITE && e->info && e->info->code)
        host = NULL;
    t.host = host ? host + (lin & 4095) : NULL;
    return t;
}

/* Large pages are cut into pages of 4 KiB: which regions INVLPG must drop whole. */
static void note_large(struct mmu *m, u64 page, unsigned shift)
{
    u64 region = page >> 9 & ~MASK(shift - 21);
    m->huge_seen = m->huge_seen || shift == 30;
    for (u64 i = 0; i < BIT(shift - 21) && shift < 30; i++)
        m->large[(region + i) % LARGE_BITS / 64] |= BIT((region + i) % 64);
}

/* Enters what a walk found. */
static void enter(struct mmu *m, enum mmu_view_id view, u64 page, const struct known *k,
                  bool global)
{
    linaddr lin = page_linear(page);
    struct fill f = {.page = page, .view = (u8)view, .info = k->info};
    struct words w = {.page = page, .fetch = mmu_fetch_word(k->page)};

    w.read = (u64)(uintptr_t)k->rd - lin;
    w.write = (u64)(uintptr_t)k->wr - lin;
    if (k->rd)
        f.words = k->rights & (BIT(ACCESS_READ) | BIT(ACCESS_FETCH));
    if (view == VIEW_SUPER_SMAP)
        f.words &= (u8)~BIT(ACCESS_FETCH);
    if (k->wr && !(k->info && k->info->code))
        f.words |= k->rights & BIT(ACCESS_WRITE);
    if (!f.words)
        return;
    f.addend = k->rd ? w.read : w.write;
    f.fetch = w.fetch;
    space_fill(m, &f, &w, global);
}

/* The tables know the page still, though all else was forgotten when CR3 was loaded. */
static bool recall(struct mmu *m, enum mmu_view_id view, u64 page, enum mmu_access kind,
                   struct known *k)
{
    struct words w;
    const struct mem_range *r = m->ram;

    if (!view_get(m->view[view], page, kind, &w))
        return false;
    physaddr phys = align_down(w.fetch, 4096);
    if (kind != ACCESS_FETCH) {
        u64 addend = kind == ACCESS_WRITE ? w.write : w.read;
        u64 off = addend + page_linear(page) - (u64)(uintptr_t)(r ? r->rd : NULL);
        if (!r || off >= r->size || r->rd != r->wr)
            return false;
        phys = r->base + off;
    }
    u8 rights = is_known(m, k, page) && k->page == phys ? k->rights : 0;
    *k = describe(m, phys);
    k->rights = rights | (u8)BIT(kind);
    k->tag = page | m->time_local << 36;
    return true;
}

/* By the guest's page tables. */
static struct mmu_target translate(struct mmu *m, enum mmu_view_id view, linaddr lin,
                                   enum mmu_access kind)
{
    u64 page = mmu_page(lin), generation = m->generation;
    struct mmu_map map = mmu_walk(m, lin, kind, view == VIEW_USER, view != VIEW_SUPER_SMAP);
    if (map.fault)
        return (struct mmu_target){.fault = true, .error = map.error};
    struct known k = describe(m, map.page);
    if (unlikely(m->generation != generation)) /* A or D bits in a device changed the map */
        return target(&k, lin, kind);
    k.rights = proven_rights(m, &map, view, kind);
    enter(m, view, page, &k, map.global);
    if (map.shift > 12)
        note_large(m, page, map.shift);
    struct known *known = view_known(m->view[view], page);
    if (is_known(m, known, page) && known->page == k.page)
        k.rights |= known->rights;
    k.tag = page | (map.global ? m->time_global : m->time_local) << 36;
    *known = k;
    m->stat_fills++;
    return target(&k, lin, kind);
}

struct mmu_target mmu_translate(struct mmu *m, enum mmu_view_id view, linaddr lin,
                                enum mmu_access kind)
{
    struct mmu_view *v = m->view[view];
    u64 page = mmu_page(lin);
    struct known *known = view_known(v, page);

    if (lin + MMU_HALF >= 2 * MMU_HALF) /* not canonical: callers have raised #GP */
        return (struct mmu_target){.fault = true};
    if (is_known(m, known, page) && (known->rights & BIT(kind))) {
        struct mmu_target t = target(known, lin, kind);
        if (!t.host || view_has(v, page, kind)) /* else the page may have its word back */
            return t;
    }
    if (recall(m, view, page, kind, known))
        return target(known, lin, kind);
    return translate(m, view, lin, kind);
}

/* What is known of the page of a write that is allowed, and whole on one page with code; or NULL.
 */
static const struct known *known_code(const struct mmu *m, linaddr lin, unsigned size)
{
    u64 page = mmu_page(lin);
    const struct known *e = view_known(m->view[m->active], page);

    if (!is_known(m, e, page) || !(e->rights & BIT(ACCESS_WRITE)) || !e->wr)
        return NULL;
    if (lin + MMU_HALF >= 2 * MMU_HALF || (lin & 4095) + size > 4096)
        return NULL;
    return e->info && e->info->code ? e : NULL;
}

u8 *mmu_write_beside_code(const struct mmu *m, linaddr lin, unsigned size)
{
    const struct known *e = known_code(m, lin, size);
    unsigned first = lin & 4095;

    return e && !page_has_code(e->info, first, first + size - 1) ? e->wr + first : NULL;
}

u8 *mmu_write_over_code(const struct mmu *m, linaddr lin, unsigned size)
{
    const struct known *e = known_code(m, lin, size);
    unsigned first = lin & 4095;

    if (!e)
        return NULL;
    if (page_has_code(e->info, first, first + size - 1))
        m->mem->code_write(m->mem->opaque, e->page + first, size);
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

static u64 root_of(const struct mmu *m)
{
    if (!(m->cr4 & CR4_PAE))
        return m->cr3 & 0xfffff000;
    return m->efer & EFER_LMA ? m->cr3 & m->phys_mask & ~MASK(12) : m->cr3 & 0xffffffe0;
}

/* What is known of local pages, or of all, is forgotten. */
static void new_time(struct mmu *m, bool global_too)
{
    if (m->time_next + 2 >= BIT(28)) { /* the tag has no more bits */
        for (int i = 0; i < VIEW_COUNT; i++)
            memset(m->view[i]->known, 0, sizeof m->view[i]->known);
        m->time_next = 1;
        m->time_global = m->time_next++;
    }
    if (global_too)
        m->time_global = m->time_next++;
    m->time_local = m->time_next++;
    m->generation++;
}

void mmu_flush(struct mmu *m, bool global_too)
{
    m->stat_flushes++;
    new_time(m, global_too);
    if (!global_too) {
        space_enter(m, root_of(m));
        return;
    }
    space_forget(m, root_of(m));
    memset(m->large, 0, LARGE_BYTES);
    m->huge_seen = false;
    m->ram = NULL;
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
    (void)keep_pcid; /* a flush that was not asked for is allowed; space.c keeps what is still so */
    bool pae = (m->cr0 & CR0_PG) && (m->cr4 & CR4_PAE) && !(m->efer & EFER_LMA);
    if (pae && !load_pdptes(m, cr3))
        return false;
    m->cr3 = cr3;
    mmu_flush(m, false);
    return true;
}

void mmu_invlpg(struct mmu *m, linaddr lin)
{
    u64 page = mmu_page(lin), region = page >> 9, n = 1;

    if (m->huge_seen) {
        mmu_flush(m, true);
        return;
    }
    if (m->large[region % LARGE_BITS / 64] & BIT(region % 64)) {
        n = m->cr4 & CR4_PAE ? 512 : 1024;
        page &= ~(n - 1);
    }
    m->generation++;
    for (int i = 0; i < VIEW_COUNT; i++)
        for (u64 k = 0; k < n; k++)
            view_drop(m->view[i], page + k);
}

void mmu_protect_code(struct mmu *m, physaddr page)
{
    const struct page_info *info = memmap_page(m->mem, page);
    if (!info || info->writers == PAGE_WRITER_NONE)
        return;
    if (info->writers == PAGE_WRITER_MANY) {
        space_drop_writes(m, info);
        return;
    }
    for (int i = 0; i < VIEW_COUNT; i++)
        if (view_has(m->view[i], info->writer, ACCESS_WRITE))
            view_clear(m->view[i], info->writer, BIT(ACCESS_WRITE));
}
