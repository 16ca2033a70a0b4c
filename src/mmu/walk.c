/* SPDX-License-Identifier: MIT */
/*
 * The guest's page tables: SDM vol. 3, chapter 4. One loop serves all three formats; what
 * differs is in struct format: how many levels, how wide an entry is, which levels may map a
 * large page.
 *
 *   32-bit   10 | 10 | 12      entries of 4 bytes, 4 MiB pages (PSE, PSE36)
 *   PAE    2 | 9 | 9 | 12      entries of 8 bytes, 2 MiB pages; the top level is in registers
 *   4-level 9 | 9 | 9 | 9 | 12 entries of 8 bytes, 2 MiB and 1 GiB pages
 *
 * A and D bits are set only when the whole translation has succeeded.
 */
#include "base/bits.h"
#include "board/memmap.h"
#include "mmu/control.h"
#include "mmu/mmu.h"

enum pte {
    PTE_P = 1 << 0,
    PTE_W = 1 << 1,
    PTE_U = 1 << 2,
    PTE_A = 1 << 5,
    PTE_D = 1 << 6,
    PTE_PS = 1 << 7,
    PTE_G = 1 << 8,
};
#define PTE_NX BIT(63)

struct format {
    u8 levels;
    u8 index_bits;
    u8 entry_size;
};

static const struct format format_32 = {2, 10, 4};
static const struct format format_pae = {2, 9, 8}; /* below the PDPTE registers */
static const struct format format_4level = {4, 9, 8};

/* What the walk collects on its way down. */
struct walk {
    struct mmu *m;
    const struct format *fmt;
    struct mmu_trail *trail;
    unsigned shift; /* of the leaf: page size is 1 << shift */
    u64 all_and;    /* R/W and U/S of all levels */
    bool nx;
};

static const struct format *format_of(const struct mmu *m)
{
    if (!(m->cr4 & CR4_PAE))
        return &format_32;
    return m->efer & EFER_LMA ? &format_4level : &format_pae;
}

/* Bits that must be 0 in an entry at a level whose pages are 1 << shift bytes. */
static u64 reserved_bits(const struct walk *w, u64 entry, unsigned shift, bool leaf)
{
    const struct mmu *m = w->m;
    if (w->fmt == &format_32) {
        if (!leaf || shift == 12)
            return 0;
        /* PSE36: bits 13..20 are physical bits 32..39, as many as there are; 21 is 0 */
        unsigned high = (unsigned)__builtin_popcountll(m->phys_mask >> 32);
        return (MASK(22) & ~MASK(13)) & ~(MASK(high > 8 ? 8 : high) << 13);
    }
    bool pae = w->fmt == &format_pae;
    u64 rsvd = ~m->phys_mask & (pae ? MASK(63) : MASK(52));
    if (!(m->efer & EFER_NXE))
        rsvd |= PTE_NX;
    if (leaf && shift > 12)
        rsvd |= MASK(shift) & ~MASK(13);
    if (!leaf && (entry & PTE_PS) && shift >= 30)
        rsvd |= PTE_PS;
    return rsvd;
}

static bool is_leaf(const struct walk *w, u64 entry, unsigned shift)
{
    if (shift == 12)
        return true;
    if (!(entry & PTE_PS))
        return false;
    if (w->fmt == &format_32)
        return w->m->cr4 & CR4_PSE;
    return shift == 21 || (shift == 30 && w->m->huge_1g);
}

const struct mem_range *mmu_range(struct mmu *m, physaddr at)
{
    const struct mem_range *r = m->ram;
    if (likely(r && at - r->base < r->size))
        return r;
    r = memmap_find(m->mem, at);
    if (r && r->rd && !r->read)
        m->ram = r;
    return r;
}

/* Reads the entry at physical address `at` and adds it to the trail. */
static u64 read_entry(struct walk *w, physaddr at)
{
    struct mmu *m = w->m;
    struct mmu_trail *t = w->trail;
    physaddr seen = at & m->mem->a20_mask;
    const struct mem_range *r = mmu_range(m, seen);
    const u8 *host = r && r->rd && !r->read ? r->rd + (seen - r->base) : NULL;
    u64 e;

    if (likely(host != NULL))
        e = w->fmt->entry_size == 8 ? ld64(host) : ld32(host);
    else
        e = memmap_read(m->mem, at, w->fmt->entry_size);
    t->phys[t->depth] = at;
    t->at[t->depth] = host;
    t->value[t->depth++] = e;
    return e;
}

/* Goes down to the leaf. Returns false with *error = PF_P or 0 and PF_RSVD if it ends early. */
static bool descend(struct walk *w, physaddr table, linaddr lin, u32 *error)
{
    const struct format *f = w->fmt;
    for (unsigned level = f->levels; level-- > 0;) {
        unsigned shift = 12 + level * f->index_bits;
        physaddr at = table + (lin >> shift & MASK(f->index_bits)) * f->entry_size;
        u64 e = read_entry(w, at);
        if (!(e & PTE_P)) {
            *error = 0;
            return false;
        }
        bool leaf = is_leaf(w, e, shift);
        if (e & reserved_bits(w, e, shift, leaf)) {
            *error = PF_P | PF_RSVD;
            return false;
        }
        w->all_and &= e;
        w->nx |= f->entry_size == 8 && (e & PTE_NX);
        w->shift = shift;
        if (leaf)
            return true;
        table = e & (f->entry_size == 8 ? MASK(52) & ~MASK(12) : 0xfffff000);
    }
    return false; /* not reached: the last level is always a leaf */
}

static physaddr leaf_page(const struct walk *w, linaddr lin)
{
    u64 e = w->trail->value[w->trail->depth - 1];
    u64 base;
    if (w->fmt == &format_32)
        base = w->shift == 12 ? e & 0xfffff000 : (e & 0xffc00000) | (e >> 13 & 0xff) << 32;
    else
        base = e & MASK(52) & ~MASK(w->shift);
    return base | (lin & MASK(w->shift) & ~MASK(12));
}

/* Rights of one access (SDM vol. 3, 4.6.1): true if it is allowed. */
static bool allowed(const struct mmu *m, const struct mmu_map *map, enum mmu_access kind, bool user,
                    bool smap_ok)
{
    if (user && !map->user)
        return false;
    if (kind == ACCESS_FETCH)
        return !map->nx && !(!user && map->user && (m->cr4 & CR4_SMEP));
    if (!user && map->user && (m->cr4 & CR4_SMAP) && !smap_ok)
        return false;
    if (kind == ACCESS_WRITE && !map->writable)
        return !user && !(m->cr0 & CR0_WP);
    return true;
}

static void set_accessed(struct walk *w, bool write)
{
    struct mmu_trail *t = w->trail;
    for (unsigned i = t->first; i < t->depth; i++) {
        u64 want = t->value[i] | PTE_A | (write && i == t->depth - 1u ? PTE_D : 0);
        if (want != t->value[i])
            memmap_write(w->m->mem, t->phys[i], want, w->fmt->entry_size);
        t->value[i] = want;
    }
}

/* Has this access nothing to set there? */
static bool is_accessed(const struct walk *w, bool write)
{
    const struct mmu_trail *t = w->trail;
    bool all = true;
    for (unsigned i = t->first; i < t->depth; i++)
        all = all && (t->value[i] & PTE_A);
    return all && (!write || (t->value[t->depth - 1] & PTE_D));
}

static u32 error_code(const struct mmu *m, u32 error, enum mmu_access kind, bool user)
{
    bool nx = (m->cr4 & CR4_PAE) && (m->efer & EFER_NXE);
    if (kind == ACCESS_WRITE)
        error |= PF_W;
    if (user)
        error |= PF_U;
    if (kind == ACCESS_FETCH && (nx || (m->cr4 & CR4_SMEP)))
        error |= PF_I;
    return error;
}

static struct mmu_map walk_fault(struct mmu_map map, u32 error)
{
    map.fault = true;
    map.error = error;
    return map;
}

/* Everything but rights and A/D bits. */
static bool walk_tables(struct mmu *m, struct walk *w, struct mmu_trail *trail, linaddr lin,
                        u32 *error)
{
    *w = (struct walk){.m = m, .fmt = format_of(m), .trail = trail, .all_and = ~0ull};
    trail->depth = trail->first = 0;
    physaddr top = m->cr3 & (w->fmt == &format_32 ? 0xfffff000 : m->phys_mask & ~MASK(12));
    if (w->fmt == &format_pae) {
        u64 pdpte = m->pdpte[lin >> 30 & 3];
        if (!(pdpte & PTE_P)) {
            *error = 0;
            return false;
        }
        top = pdpte & m->phys_mask & ~MASK(12);
        trail->at[0] = (const u8 *)&m->pdpte[lin >> 30 & 3];
        trail->value[0] = pdpte;
        trail->depth = trail->first = 1;
    }
    return descend(w, top, lin, error);
}

/* What all levels together say of the page. */
static void combine(const struct walk *w, linaddr lin, struct mmu_map *map)
{
    u64 leaf = w->trail->value[w->trail->depth - 1];
    map->page = leaf_page(w, lin);
    map->writable = w->all_and & PTE_W;
    map->user = w->all_and & PTE_U;
    map->nx = w->nx;
    map->global = (leaf & PTE_G) && (w->m->cr4 & CR4_PGE);
    map->shift = w->shift;
}

struct mmu_map mmu_walk(struct mmu *m, linaddr lin, enum mmu_access kind, bool user, bool smap_ok)
{
    struct mmu_map map = {
        .page = lin & ~MASK(12), .writable = true, .user = true, .dirty = true, .shift = 12};
    struct walk w;
    u32 error = 0;

    if (!(m->cr0 & CR0_PG)) {
        map.page &= 0xffffffff;
        m->trail.depth = 0;
        return map;
    }
    m->stat_walks++;
    if (!walk_tables(m, &w, &m->trail, lin, &error))
        return walk_fault(map, error_code(m, error, kind, user));
    combine(&w, lin, &map);
    if (!allowed(m, &map, kind, user, smap_ok))
        return walk_fault(map, error_code(m, PF_P, kind, user));
    set_accessed(&w, kind == ACCESS_WRITE);
    map.dirty = w.trail->value[w.trail->depth - 1] & PTE_D;
    return map;
}

bool mmu_look(struct mmu *m, linaddr lin, enum mmu_access kind, enum mmu_view_id view,
              struct mmu_map *map)
{
    struct mmu_trail trail;
    struct walk w;
    u32 error;
    if (!(m->cr0 & CR0_PG) || !walk_tables(m, &w, &trail, lin, &error))
        return false;
    combine(&w, lin, map);
    return allowed(m, map, kind, view == VIEW_USER, view != VIEW_SUPER_SMAP) &&
           is_accessed(&w, kind == ACCESS_WRITE);
}

bool mmu_probe(struct mmu *m, linaddr lin, physaddr *phys)
{
    struct mmu_trail trail;
    struct walk w;
    u32 error;
    if (!(m->cr0 & CR0_PG)) {
        *phys = lin & 0xffffffff;
        return true;
    }
    if (!walk_tables(m, &w, &trail, lin, &error))
        return false;
    *phys = leaf_page(&w, lin) | (lin & 4095);
    return true;
}
