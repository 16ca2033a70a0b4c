/* SPDX-License-Identifier: MIT */
/* Descriptors, gates, task states and page tables: mostly sound, with every kind of flaw. */
#include "cpu/seg.h"
#include "world.h"

static u64 descriptor(u64 base, u32 limit, u32 attr)
{
    return (limit & 0xffff) | (base & 0xffffff) << 16 | (u64)(attr & 0xf0ff) << 40 |
           (u64)(limit >> 16 & 15) << 48 | (base >> 24 & 0xff) << 56;
}

static u64 gate(u16 sel, u64 offset, u32 attr, unsigned count)
{
    return (offset & 0xffff) | (u64)sel << 16 | (u64)(count & 31) << 32 | (u64)(attr & 0xff) << 40 |
           (offset >> 16 & 0xffff) << 48;
}

static enum code_mode some_mode(struct world *w)
{
    return (enum code_mode)rng_below(&w->rng, 3);
}

static u16 code_sel(struct world *w, enum code_mode mode)
{
    struct rng *r = &w->rng;

    if (one_in(r, 12))
        return (u16)rng_next(r);
    return (u16)((GDT_CODE + mode + (one_in(r, 3) ? 3 : 0)) * 8 + (one_in(r, 8) ? 3 : 0));
}

static u16 any_sel(struct world *w)
{
    struct rng *r = &w->rng;

    return (u16)(rng_below(r, one_in(r, 4) ? 8 * GDT_ENTRIES : 8 * GDT_GATES) &
                 (one_in(r, 3) ? 0xffff : 0xfff8));
}

static u16 data_sel(struct world *w)
{
    struct rng *r = &w->rng;

    if (one_in(r, 8))
        return any_sel(w);
    return one_in(r, 2) ? GDT_DATA * 8 : (GDT_DATA + 1) * 8 + 3;
}

/* A gate to some code. Call, interrupt and trap gates are alike but for their type. */
static u64 some_gate(struct world *w, unsigned type)
{
    struct rng *r = &w->rng;
    enum code_mode mode = some_mode(w);
    u32 attr = type | (one_in(r, 15) ? 0 : SEG_P) | (one_in(r, 2) ? SEG_DPL : 0);
    u16 sel = type == SYS_TASK_GATE ? (u16)(8 * (1 + rng_below(r, 3))) : code_sel(w, mode);

    return gate(sel, world_code(w, mode), attr, (unsigned)rng_below(r, one_in(r, 4) ? 32 : 4));
}

static u64 random_descriptor(struct world *w)
{
    static const u8 gates[] = {SYS_CALL16, SYS_CALL32, SYS_TASK_GATE, SYS_INT32, SYS_TRAP16};
    static const u8 systems[] = {SYS_TSS16, SYS_TSS32, SYS_LDT, SYS_TSS32_BUSY, SYS_TSS16_BUSY};
    struct rng *r = &w->rng;
    u32 attr = (u32)rng_next(r) & (SEG_DPL | SEG_AVL | SEG_L | SEG_DB | SEG_G);
    u64 base = one_in(r, 2) ? 0 : rng_below(r, LOW_END) & (one_in(r, 2) ? ~15ull : ~0ull);
    u32 limit = one_in(r, 2) ? 0xfffff : (u32)rng_next(r);

    attr |= one_in(r, 12) ? 0 : SEG_P;
    switch (rng_below(r, 6)) {
    case 0: return rng_next(r);
    case 1: return some_gate(w, gates[rng_below(r, ARRAY_LEN(gates))]);
    case 2:
        return descriptor(AT_TSS + 0x200 * rng_below(r, 5), 0x1ff,
                          (attr & ~(u32)SEG_G) | systems[rng_below(r, ARRAY_LEN(systems))]);
    default: return descriptor(base, limit, attr | SEG_S | (u32)rng_below(r, 16));
    }
}

static void fill_gdt(struct world *w)
{
    const u32 flat = SEG_P | SEG_S | SEG_RW | SEG_G;
    const u32 size[3] = {0, SEG_DB, SEG_L};
    u8 *gdt = world_at(w, AT_GDT);

    st64(gdt, 0);
    for (unsigned i = 0; i < 3; i++) {
        u32 tss = i == 2 ? SYS_TSS16 : SYS_TSS32;
        st64(gdt + 8 * (GDT_TSS32 + i),
             descriptor(AT_TSS + 0x200 * i, 0x1ff, tss | SEG_P | (i ? SEG_DPL : 0)));
        for (unsigned n = 0; n < 2; n++)
            st64(gdt + 8 * (GDT_CODE + 3 * n + i),
                 descriptor(0, 0xfffff, flat | SEG_CODE | size[i] | (n ? SEG_DPL : 0)));
    }
    st64(gdt + 8 * GDT_LDT, descriptor(AT_LDT, 8 * LDT_ENTRIES - 1, SYS_LDT | SEG_P));
    st64(gdt + 8 * GDT_LDT + 8, 0);
    st64(gdt + 8 * GDT_TSS64, descriptor(AT_TSS + 0x600, 0x1ff, SYS_TSS32 | SEG_P));
    st64(gdt + 8 * GDT_TSS64 + 8, 0);
    st64(gdt + 8 * GDT_DATA, descriptor(0, 0xfffff, flat | SEG_DB));
    st64(gdt + 8 * GDT_DATA + 8, descriptor(0, 0xfffff, flat | SEG_DB | SEG_DPL));
    for (unsigned i = GDT_GATES; i < GDT_RANDOM; i += 2) { /* 64-bit ones are 16 bytes long */
        st64(gdt + 8 * i, some_gate(w, SYS_CALL32));
        st64(gdt + 8 * i + 8, 0);
    }
    for (unsigned i = GDT_RANDOM; i < GDT_ENTRIES; i++)
        st64(gdt + 8 * i, random_descriptor(w));
    for (unsigned i = 0; i < LDT_ENTRIES; i++)
        st64(world_at(w, AT_LDT) + 8 * i, random_descriptor(w));
}

static void fill_idts(struct world *w)
{
    static const u8 types[] = {SYS_INT32, SYS_TRAP32, SYS_INT16, SYS_TRAP16, SYS_TASK_GATE};
    struct rng *r = &w->rng;

    for (unsigned v = 0; v < 256; v++) {
        unsigned type = types[one_in(r, 2) ? 0 : rng_below(r, ARRAY_LEN(types))];
        u32 to = world_code(w, CODE16);
        u64 g = some_gate(w, one_in(r, 30) ? (unsigned)rng_below(r, 32) : type);
        st32(world_at(w, AT_IVT + 4 * v), (to & 15) | (to & 0xffff0) << 12);
        st64(world_at(w, AT_IDT + 8 * v), g);
        g = gate(code_sel(w, CODE64), world_code(w, CODE64),
                 SYS_INT32 | (one_in(r, 20) ? 0 : SEG_P) | (one_in(r, 2) ? SEG_DPL : 0),
                 one_in(r, 4) ? (unsigned)rng_below(r, 8) : 0);
        st64(world_at(w, AT_IDT64 + 16 * v), g);
        st64(world_at(w, AT_IDT64 + 16 * v + 8), one_in(r, 40) ? rng_next(r) : 0);
    }
}

static u32 stack_top(struct world *w)
{
    return AT_STACK + 0x100 + ((u32)rng_below(&w->rng, 0x8000) & (one_in(&w->rng, 4) ? ~0u : ~7u));
}

/* SDM vol. 3, figure 7-2 (32-bit), 7-10 (16-bit), 7-11 (64-bit) */
static void fill_tss(struct world *w)
{
    struct rng *r = &w->rng;

    for (unsigned i = 0; i < 2; i++) {
        u8 *t = world_at(w, AT_TSS + 0x200 * i);
        enum code_mode mode = one_in(r, 3) ? CODE16 : CODE32;
        for (unsigned n = 0; n < 3; n++) {
            st32(t + 4 + 8 * n, stack_top(w));
            st32(t + 8 + 8 * n, n || one_in(r, 8) ? data_sel(w) : GDT_DATA * 8);
        }
        st32(t + 0x1c, one_in(r, 2) ? AT_PD : AT_PDPT_PAE);
        st32(t + 0x20, world_code(w, mode));
        st32(t + 0x24, (u32)rng_next(r) & (one_in(r, 6) ? 0x3fffff : 0xcff));
        st32(t + 0x38, stack_top(w));
        for (unsigned n = 0; n < 6; n++)
            st32(t + 0x48 + 4 * n, n == 1 ? code_sel(w, mode) : data_sel(w));
        st32(t + 0x60, one_in(r, 2) ? GDT_LDT * 8 : 0);
        st32(t + 0x64, one_in(r, 4) ? (u32)rng_next(r) : 0x680000);
    }
    u8 *t = world_at(w, AT_TSS + 0x400);
    for (unsigned n = 0; n < 3; n++) {
        st16(t + 2 + 4 * n, (u16)stack_top(w));
        st16(t + 4 + 4 * n, n ? data_sel(w) : GDT_DATA * 8);
    }
    st16(t + 0x0e, (u16)world_code(w, CODE16));
    st16(t + 0x10, (u16)rng_next(r) & 0xcff);
    for (unsigned n = 0; n < 4; n++)
        st16(t + 0x22 + 2 * n, n == 1 ? code_sel(w, CODE16) : data_sel(w));
    st16(t + 0x2a, GDT_LDT * 8);
    t = world_at(w, AT_TSS + 0x600);
    for (unsigned n = 0; n < 12; n++)
        st64(t + 4 + 8 * n, one_in(r, 12) ? rng_number(r) : stack_top(w));
    st16(t + 0x66, 0x68);
}

/* ---- page tables ---- */

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80, G = 0x100 };

static u64 flags(struct rng *r, bool nx)
{
    u64 f = P | W | U | (rng_next(r) & (A | D | G));

    if (one_in(r, 10))
        f &= ~(u64)W;
    if (one_in(r, 8))
        f &= ~(u64)U;
    if (one_in(r, 30))
        f &= ~(u64)P;
    if (nx && one_in(r, 12))
        f |= BIT(63);
    return f;
}

static void put_entry(struct world *w, u32 table, unsigned i, unsigned size, u64 v)
{
    if (one_in(&w->rng, 60))
        v = rng_next(&w->rng);
    st_size(world_at(w, table) + size * i, v, size);
}

/* Where the page tables map a page: mostly onto itself. */
static u64 page_of(struct rng *r, unsigned i, unsigned size)
{
    const unsigned pages = LOW_END / 4096;

    if (size == 8 && one_in(r, 40))
        return AT_HIGH + 4096 * rng_below(r, EXTRA_RAM / 4096);
    if (i >= pages || one_in(r, 12))
        return 4096 * rng_below(r, one_in(r, 8) ? 0x120 : pages);
    return 4096 * i;
}

static void fill_pages(struct world *w)
{
    struct rng *r = &w->rng;

    for (unsigned i = 0; i < 1024; i++) {
        put_entry(w, AT_PT, i, 4, page_of(r, i, 4) | flags(r, false));
        put_entry(w, AT_PD, i, 4,
                  one_in(r, 6) ? flags(r, false) | PS | (rng_next(r) & 0x1e000)
                               : AT_PT | flags(r, false));
    }
    for (unsigned i = 0; i < 512; i++) {
        put_entry(w, AT_PT_PAE, i, 8, page_of(r, i, 8) | flags(r, true));
        u64 pd = one_in(r, 6) ? flags(r, true) | PS : AT_PT_PAE | flags(r, true);
        put_entry(w, AT_PD_PAE, i, 8, pd);
        put_entry(w, AT_PD_LONG, i, 8, pd);
        put_entry(w, AT_PDPT, i, 8,
                  one_in(r, 8) ? flags(r, true) | PS : AT_PD_LONG | flags(r, true));
        put_entry(w, AT_PML4, i, 8, AT_PDPT | flags(r, true));
    }
    for (unsigned i = 0; i < 4; i++)
        st64(world_at(w, AT_PDPT_PAE + 8 * i), AT_PD_PAE | P);
    /* the way to the code is open, or few instructions would run */
    st32(world_at(w, AT_PD), AT_PT | P | W | U);
    st64(world_at(w, AT_PD_PAE), AT_PT_PAE | P | W | U);
    st64(world_at(w, AT_PD_LONG), AT_PT_PAE | P | W | U);
    st64(world_at(w, AT_PDPT), AT_PD_LONG | P | W | U);
    st64(world_at(w, AT_PML4), AT_PDPT | P | W | U);
    st64(world_at(w, AT_PML4 + 8 * 256), AT_PDPT | P | W | U);
}

void tables_fill(struct world *w)
{
    fill_gdt(w);
    fill_idts(w);
    fill_tss(w);
    fill_pages(w);
}
