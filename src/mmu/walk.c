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
    physaddr entry_at[4];
    u64 entry[4];
    unsigned depth; /* entries read */
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

/* Goes down to the leaf. Returns false with *error = PF_P or 0 and PF_RSVD if it ends early. */
static bool descend(struct walk *w, physaddr table, linaddr lin, u32 *error)
{
    const struct format *f = w->fmt;
    for (unsigned level = f->levels; level-- > 0;) {
        unsigned shift = 12 + level * f->index_bits;
        physaddr at = table + (lin >> shift & MASK(f->index_bits)) * f->entry_size;
        u64 e = memmap_read(w->m->mem, at, f->entry_size);
        w->entry_at[w->depth] = at;
        w->entry[w->depth++] = e;
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
    u64 e = w->entry[w->depth - 1];
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
    for (unsigned i = 0; i < w->depth; i++) {
        u64 want = w->entry[i] | PTE_A | (write && i == w->depth - 1 ? PTE_D : 0);
        if (want != w->entry[i])
            memmap_write(w->m->mem, w->entry_at[i], want, w->fmt->entry_size);
        w->entry[i] = want;
    }
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
static bool walk_tables(struct mmu *m, struct walk *w, linaddr lin, u32 *error)
{
    *w = (struct walk){.m = m, .fmt = format_of(m), .all_and = ~0ull};
    physaddr top = m->cr3 & (w->fmt == &format_32 ? 0xfffff000 : m->phys_mask & ~MASK(12));
    if (w->fmt == &format_pae) {
        u64 pdpte = m->pdpte[lin >> 30 & 3];
        if (!(pdpte & PTE_P)) {
            *error = 0;
            return false;
        }
        top = pdpte & m->phys_mask & ~MASK(12);
    }
    return descend(w, top, lin, error);
}

static void note_large(struct mmu *m, linaddr lin, unsigned shift)
{
    u64 first = mmu_page(lin & ~MASK(shift)), last = first + MASK(shift - 12);
    if (!m->large_span) {
        m->large_first = first;
        m->large_last = last;
    }
    m->large_first = first < m->large_first ? first : m->large_first;
    m->large_last = last > m->large_last ? last : m->large_last;
    m->large_span = BIT(shift - 12) > m->large_span ? BIT(shift - 12) : m->large_span;
}

struct mmu_map mmu_walk(struct mmu *m, linaddr lin, enum mmu_access kind, bool user, bool smap_ok)
{
    struct mmu_map map = {.page = lin & ~MASK(12), .writable = true, .user = true, .dirty = true};
    struct walk w;
    u32 error = 0;

    if (!(m->cr0 & CR0_PG)) {
        map.page &= 0xffffffff;
        return map;
    }
    m->stat_walks++;
    if (!walk_tables(m, &w, lin, &error))
        return walk_fault(map, error_code(m, error, kind, user));
    u64 leaf = w.entry[w.depth - 1];
    map.page = leaf_page(&w, lin);
    map.writable = w.all_and & PTE_W;
    map.user = w.all_and & PTE_U;
    map.nx = w.nx;
    map.global = (leaf & PTE_G) && (m->cr4 & CR4_PGE);
    if (!allowed(m, &map, kind, user, smap_ok))
        return walk_fault(map, error_code(m, PF_P, kind, user));
    set_accessed(&w, kind == ACCESS_WRITE);
    map.dirty = w.entry[w.depth - 1] & PTE_D;
    if (w.shift > 12)
        note_large(m, lin, w.shift);
    return map;
}

bool mmu_probe(struct mmu *m, linaddr lin, physaddr *phys)
{
    struct walk w;
    u32 error;
    if (!(m->cr0 & CR0_PG)) {
        *phys = lin & 0xffffffff;
        return true;
    }
    if (!walk_tables(m, &w, lin, &error))
        return false;
    *phys = leaf_page(&w, lin) | (lin & 4095);
    return true;
}
