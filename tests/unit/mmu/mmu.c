/* SPDX-License-Identifier: MIT */
/* Page walks in every format, rights, reserved bits, A and D; views and what drops them. */
#include "unit/mmu/world.h"

START_TEST(walk_sets_accessed_and_dirty)
{
    enum paging mode = _i;
    struct world w;
    world_open(&w, mode, true);
    struct mmu_map m = mmu_walk(&w.mmu, LIN + 0x123, ACCESS_READ, true, true);
    ck_assert(!m.fault);
    ck_assert_uint_eq(m.page, DATA);
    ck_assert(!m.dirty && m.writable && m.user);
    ck_assert_uint_eq(peek(&w, leaf_at(mode), 4), DATA | P | W | U | A);
    ck_assert_uint_eq(peek(&w, dir_at(mode), 4), L1 | P | W | U | A);
    m = mmu_walk(&w.mmu, LIN, ACCESS_WRITE, true, true);
    ck_assert(!m.fault && m.dirty);
    ck_assert_uint_eq(peek(&w, leaf_at(mode), 4), DATA | P | W | U | A | D);
    ck_assert_uint_eq(peek(&w, dir_at(mode), 4), L1 | P | W | U | A);
    if (mode == PAGING_PAE)
        ck_assert_uint_eq(peek(&w, L3, 8), L2 | P); /* PDPTEs have no A bit */
    world_close(&w);
}
END_TEST

/* SDM vol. 3, 4.6.1: rights by the leaf's bits, who asks, and how. */
static const struct rights {
    const char *name;
    u64 leaf, cr0, cr4, efer;
    enum mmu_access kind;
    bool user, smap_ok;
    int error; /* -1: allowed */
} rights[] = {
    {"user reads user", P | U, 0, 0, 0, ACCESS_READ, true, true, -1},
    {"user reads supervisor", P, 0, 0, 0, ACCESS_READ, true, true, PF_P | PF_U},
    {"user writes read-only", P | U, 0, 0, 0, ACCESS_WRITE, true, true, PF_P | PF_W | PF_U},
    {"user writes", P | U | W, 0, 0, 0, ACCESS_WRITE, true, true, -1},
    {"user reads absent", U | W, 0, 0, 0, ACCESS_READ, true, true, PF_U},
    {"user writes absent", 0, 0, 0, 0, ACCESS_WRITE, true, true, PF_U | PF_W},
    {"supervisor writes read-only, WP 0", P, 0, 0, 0, ACCESS_WRITE, false, true, -1},
    {"supervisor writes read-only, WP 1", P, CR0_WP, 0, 0, ACCESS_WRITE, false, true, PF_P | PF_W},
    {"supervisor writes user read-only, WP 0", P | U, 0, 0, 0, ACCESS_WRITE, false, true, -1},
    {"supervisor reads user", P | U, 0, 0, 0, ACCESS_READ, false, true, -1},
    {"SMAP, AC 0", P | U, 0, CR4_SMAP, 0, ACCESS_READ, false, false, PF_P},
    {"SMAP, AC 1", P | U, 0, CR4_SMAP, 0, ACCESS_READ, false, true, -1},
    {"SMAP off", P | U, 0, 0, 0, ACCESS_READ, false, false, -1},
    {"SMAP, write, AC 0", P | U | W, 0, CR4_SMAP, 0, ACCESS_WRITE, false, false, PF_P | PF_W},
    {"SMAP lets fetches be", P | U, 0, CR4_SMAP, 0, ACCESS_FETCH, false, false, -1},
    {"SMEP", P | U, 0, CR4_SMEP, 0, ACCESS_FETCH, false, true, PF_P | PF_I},
    {"SMEP, user fetch", P | U, 0, CR4_SMEP, 0, ACCESS_FETCH, true, true, -1},
    {"fetch of absent, no SMEP or NX", 0, 0, 0, 0, ACCESS_FETCH, true, true, PF_U},
    {"fetch of absent, SMEP", 0, 0, CR4_SMEP, 0, ACCESS_FETCH, true, true, PF_U | PF_I},
    {"user fetches supervisor", P, 0, 0, 0, ACCESS_FETCH, true, true, PF_P | PF_U},
};

START_TEST(rights_of_pages)
{
    const struct rights *r = &rights[_i];
    for (enum paging mode = PAGING_32; mode <= PAGING_LONG; mode++) {
        struct world w;
        world_open(&w, mode, true);
        poke(&w, leaf_at(mode), DATA | r->leaf, entry_size(mode));
        set_mode(&w, mode, r->cr0, r->cr4, r->efer);
        struct mmu_map m = mmu_walk(&w.mmu, LIN, r->kind, r->user, r->smap_ok);
        ck_assert_msg(m.fault == (r->error >= 0), "%s, mode %d: fault %d", r->name, mode, m.fault);
        if (m.fault) {
            ck_assert_msg(m.error == (u32)r->error, "%s, mode %d: error %x", r->name, mode,
                          m.error);
            ck_assert_uint_eq(peek(&w, leaf_at(mode), 4) & (A | D), 0);
        }
        world_close(&w);
    }
}
END_TEST

START_TEST(no_execute)
{
    enum paging mode = _i;
    struct world w;
    world_open(&w, mode, true);
    poke(&w, leaf_at(mode), DATA | P | U | NX, 8);
    set_mode(&w, mode, 0, 0, EFER_NXE);
    struct mmu_map m = mmu_walk(&w.mmu, LIN, ACCESS_FETCH, true, true);
    ck_assert(m.fault && m.error == (PF_P | PF_U | PF_I));
    ck_assert(!mmu_walk(&w.mmu, LIN, ACCESS_READ, true, true).fault);
    /* without NXE the bit is reserved, and the fault says that the page is there */
    set_mode(&w, mode, 0, 0, 0);
    m = mmu_walk(&w.mmu, LIN, ACCESS_READ, true, true);
    ck_assert(m.fault && m.error == (PF_P | PF_U | PF_RSVD));
    world_close(&w);
}
END_TEST

static const struct reserved {
    enum paging mode;
    physaddr at;
    u64 entry, cr4;
    bool fault;
} reserved[] = {
    {PAGING_LONG, L1 + 24, DATA | P | BIT(40), 0, true},
    {PAGING_LONG, L1 + 24, DATA | P | BIT(52) | BIT(62), 0, false},
    {PAGING_PAE, L1 + 24, DATA | P | BIT(52), 0, true},
    {PAGING_PAE, L1 + 24, DATA | P | BIT(62), 0, true},
    {PAGING_LONG, L2 + 16, BIT(13) | PS | P, 0, true},
    {PAGING_LONG, L2 + 16, BIT(12) | PS | P, 0, false},
    {PAGING_LONG, L3, PS | P, 0, true}, /* 1 GiB pages not announced */
    {PAGING_LONG, L4, L3 | PS | P, 0, true},
    {PAGING_32, L2 + 4, PS | P | BIT(21), CR4_PSE, true},
    {PAGING_32, L2 + 4, PS | P | BIT(20) | BIT(13), CR4_PSE, false},
    {PAGING_32, L2 + 4, L1 | PS | P, 0, false}, /* without PSE the bit means nothing */
};

START_TEST(reserved_bits)
{
    const struct reserved *r = &reserved[_i];
    struct world w;
    world_open(&w, r->mode, true);
    poke(&w, r->at, r->entry, entry_size(r->mode));
    set_mode(&w, r->mode, 0, r->cr4, 0);
    struct mmu_map m = mmu_walk(&w.mmu, LIN, ACCESS_READ, false, true);
    ck_assert_int_eq(m.fault, r->fault);
    if (r->fault)
        ck_assert_uint_eq(m.error, PF_P | PF_RSVD);
    world_close(&w);
}
END_TEST

START_TEST(large_pages)
{
    struct world w;
    world_open(&w, PAGING_32, true);
    poke(&w, L2 + 4, 0x12000000 | 0x8A << 13 | PS | P | W, 4);
    set_mode(&w, PAGING_32, 0, CR4_PSE, 0);
    ck_assert_uint_eq(mmu_walk(&w.mmu, LIN, ACCESS_READ, false, true).page, 0x8A12003000);
    world_close(&w);
    world_open(&w, PAGING_LONG, true);
    poke(&w, L2 + 16, 0x12200000 | PS | P | W, 8);
    set_mode(&w, PAGING_LONG, 0, 0, 0);
    ck_assert_uint_eq(mmu_walk(&w.mmu, LIN, ACCESS_WRITE, false, true).page, 0x12203000);
    ck_assert_uint_eq(peek(&w, L2 + 16, 8), 0x12200000 | PS | P | W | A | D);
    w.mmu.huge_1g = true;
    poke(&w, L3, 0x80000000 | PS | P | W, 8);
    ck_assert_uint_eq(mmu_walk(&w.mmu, LIN, ACCESS_READ, false, true).page, 0x80403000);
    world_close(&w);
}
END_TEST

START_TEST(pae_pointers_are_loaded_by_cr3)
{
    struct world w;
    world_open(&w, PAGING_PAE, true);
    poke(&w, L3, 0, 8); /* not looked at again */
    ck_assert(!mmu_walk(&w.mmu, LIN, ACCESS_READ, false, true).fault);
    poke(&w, L3 + 8, P | W, 8); /* reserved in a PDPTE */
    ck_assert(!mmu_load_cr3(&w.mmu, L3, false));
    ck_assert(!mmu_walk(&w.mmu, LIN, ACCESS_READ, false, true).fault);
    poke(&w, L3 + 8, 0, 8);
    ck_assert(mmu_load_cr3(&w.mmu, L3, false));
    struct mmu_map m = mmu_walk(&w.mmu, LIN, ACCESS_WRITE, false, true);
    ck_assert(m.fault && m.error == PF_W);
    world_close(&w);
}
END_TEST

/* --- views; _i: 0 flat tables, 1 the soft TLB --- */

static u64 read_fast(struct world *w)
{
    const u8 *p = mmu_fast_read(&w->mmu, LIN, 4);
    return p ? ld32(p) : ~0ull;
}

static void map_to(struct world *w, physaddr page, u64 bits)
{
    poke(w, leaf_at(PAGING_LONG), page | bits, 8);
}

START_TEST(caches_keep_until_dropped)
{
    struct world w;
    bool flat = _i == 0;
    world_open(&w, PAGING_LONG, flat);
    flat = flat && reserved_tables(&w);
    ck_assert_int_eq(w.mmu.flat, flat);
    poke(&w, DATA, 1111, 4);
    poke(&w, OTHER, 2222, 4);
    mmu_set_view(&w.mmu, VIEW_USER);
    ck_assert_uint_eq(read_fast(&w), ~0ull);
    struct mmu_target t = mmu_translate(&w.mmu, VIEW_USER, LIN, ACCESS_READ);
    ck_assert(t.host && ld32(t.host) == 1111 && t.phys == DATA);
    ck_assert_uint_eq(read_fast(&w), flat ? 1111 : ~0ull);
    ck_assert_ptr_null(mmu_fast_write(&w.mmu, LIN, 4)); /* not dirty */

    map_to(&w, OTHER, P | W | U);
    ck_assert_uint_eq(mmu_translate(&w.mmu, VIEW_USER, LIN, ACCESS_READ).phys, DATA);
    mmu_invlpg(&w.mmu, LIN + 0xfff);
    ck_assert_uint_eq(read_fast(&w), ~0ull);
    ck_assert_uint_eq(mmu_translate(&w.mmu, VIEW_USER, LIN, ACCESS_READ).phys, OTHER);
    map_to(&w, DATA, P | W | U);
    ck_assert(mmu_load_cr3(&w.mmu, L4, false));
    ck_assert_uint_eq(read_fast(&w), ~0ull);
    ck_assert_uint_eq(mmu_translate(&w.mmu, VIEW_USER, LIN, ACCESS_WRITE).phys, DATA);
    ck_assert_int_eq(mmu_fast_write(&w.mmu, LIN, 4) != NULL, flat);
    ck_assert_ptr_null(mmu_fast_read(&w.mmu, LIN + 4093, 4)); /* crosses */
    world_close(&w);
}
END_TEST

START_TEST(global_pages_outlive_cr3)
{
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    map_to(&w, DATA, P | W | G);
    set_mode(&w, PAGING_LONG, CR0_WP, CR4_PGE, 0);
    mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ);
    map_to(&w, OTHER, P | W | G);
    ck_assert(mmu_load_cr3(&w.mmu, L4, false));
    ck_assert_uint_eq(mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ).phys, DATA);
    set_mode(&w, PAGING_LONG, CR0_WP, 0, 0); /* toggling PGE flushes all */
    ck_assert_uint_eq(mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ).phys, OTHER);
    world_close(&w);
}
END_TEST

START_TEST(invlpg_drops_the_whole_large_page)
{
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    poke(&w, L2 + 16, PS | P | W, 8); /* LIN's 2 MiB -> physical 0 */
    mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ);
    mmu_translate(&w.mmu, VIEW_SUPER, LIN + 0x5000, ACCESS_READ);
    poke(&w, L2 + 16, 0, 8);
    mmu_invlpg(&w.mmu, LIN + 0x17000);
    ck_assert(mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ).fault);
    ck_assert(mmu_translate(&w.mmu, VIEW_SUPER, LIN + 0x5000, ACCESS_READ).fault);
    world_close(&w);
}
END_TEST

START_TEST(code_pages_lose_their_write_entry)
{
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    bool many = _i == 2;
    struct page_info *info = memmap_page(&w.map, DATA);
    ck_assert_ptr_nonnull(mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_WRITE).host);
    if (many) { /* a second linear page on the same RAM */
        poke(&w, L1 + 4 * 8, DATA | P | W | U, 8);
        mmu_translate(&w.mmu, VIEW_SUPER, LIN + 0x1000, ACCESS_WRITE);
        mmu_translate(&w.mmu, VIEW_USER, LIN, ACCESS_WRITE);
    }
    info->code = 1;
    mmu_protect_code(&w.mmu, DATA);
    ck_assert_ptr_null(mmu_fast_write(&w.mmu, LIN, 1));
    ck_assert_ptr_null(mmu_fast_write(&w.mmu, LIN + 0x1000, 1));
    struct mmu_target t = mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_WRITE);
    ck_assert(!t.fault && !t.host && t.phys == DATA);
    ck_assert_ptr_nonnull(mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ).host);
    info->code = 0;
    info->writers = PAGE_WRITER_NONE;
    ck_assert_ptr_nonnull(mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_WRITE).host);
    if (w.mmu.flat)
        ck_assert_ptr_nonnull(mmu_fast_write(&w.mmu, LIN, 1));
    world_close(&w);
}
END_TEST

START_TEST(views_are_apart)
{
    struct world w;
    world_open(&w, PAGING_LONG, true);
    set_mode(&w, PAGING_LONG, CR0_WP, CR4_SMAP, 0);
    mmu_translate(&w.mmu, VIEW_USER, LIN, ACCESS_READ);
    mmu_set_view(&w.mmu, VIEW_SUPER_SMAP);
    ck_assert_ptr_null(mmu_fast_read(&w.mmu, LIN, 1));
    ck_assert(mmu_translate(&w.mmu, VIEW_SUPER_SMAP, LIN, ACCESS_READ).fault);
    ck_assert(!mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ).fault);
    mmu_set_view(&w.mmu, VIEW_USER);
    if (reserved_tables(&w))
        ck_assert_ptr_nonnull(mmu_fast_read(&w.mmu, LIN, 1));
    mmu_set_blind(&w.mmu, true);
    ck_assert_ptr_null(mmu_fast_read(&w.mmu, LIN, 1));
    world_close(&w);
}
END_TEST

START_TEST(non_canonical_never_hits)
{
    struct world w;
    world_open(&w, PAGING_LONG, true);
    mmu_set_view(&w.mmu, VIEW_SUPER);
    ck_assert(!mmu_translate(&w.mmu, VIEW_SUPER, LIN, ACCESS_READ).fault);
    if (reserved_tables(&w))
        ck_assert_ptr_nonnull(mmu_fast_read(&w.mmu, LIN, 1));
    for (unsigned bit = 47; bit < 64; bit++)
        ck_assert_ptr_null(mmu_fast_read(&w.mmu, LIN | BIT(bit), 1));
    ck_assert(mmu_translate(&w.mmu, VIEW_SUPER, LIN | BIT(50), ACCESS_READ).fault);
    world_close(&w);
}
END_TEST

/* A dropped entry is nobody's, not the last page's either, which shares its place. */
START_TEST(last_page_is_not_empty)
{
    struct world w;
    world_open(&w, PAGING_LONG, false);
    poke(&w, L2 + 7 * 8, L1 | P | W | U, 8);
    poke(&w, L1 + 511 * 8, DATA | P | W | U, 8);
    ck_assert(!mmu_translate(&w.mmu, VIEW_SUPER, 0xfff000, ACCESS_READ).fault);
    mmu_invlpg(&w.mmu, 0xfff000);
    ck_assert(mmu_translate(&w.mmu, VIEW_SUPER, ~0xfffull, ACCESS_READ).fault);
    world_close(&w);
}
END_TEST

/* More pages than a list remembers: the oldest go, none is forgotten by a flush. */
START_TEST(lists_overflow)
{
    struct world w;
    world_open(&w, PAGING_LONG, true);
    mmu_set_paging(&w.mmu, 0, 0, 0);
    const u64 n = 10000;
    for (u64 i = 0; i < n; i++)
        mmu_translate(&w.mmu, VIEW_SUPER, (i << 12) % RAM_SIZE + (i << 20), ACCESS_READ);
    mmu_flush(&w.mmu, true);
    for (u64 i = 0; i < n; i++)
        ck_assert_ptr_null(mmu_fast_read(&w.mmu, (i << 12) % RAM_SIZE + (i << 20), 1));
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mmu");
    TCase *t = tcase_create("walk");
    tcase_add_loop_test(t, walk_sets_accessed_and_dirty, PAGING_32, PAGING_LONG + 1);
    tcase_add_loop_test(t, rights_of_pages, 0, ARRAY_LEN(rights));
    tcase_add_loop_test(t, no_execute, PAGING_PAE, PAGING_LONG + 1);
    tcase_add_loop_test(t, reserved_bits, 0, ARRAY_LEN(reserved));
    tcase_add_test(t, large_pages);
    tcase_add_test(t, pae_pointers_are_loaded_by_cr3);
    suite_add_tcase(s, t);
    t = tcase_create("views");
    tcase_add_loop_test(t, caches_keep_until_dropped, 0, 2);
    tcase_add_loop_test(t, global_pages_outlive_cr3, 0, 2);
    tcase_add_loop_test(t, invlpg_drops_the_whole_large_page, 0, 2);
    tcase_add_loop_test(t, code_pages_lose_their_write_entry, 0, 3);
    tcase_add_test(t, views_are_apart);
    tcase_add_test(t, non_canonical_never_hits);
    tcase_add_test(t, last_page_is_not_empty);
    tcase_add_test(t, lists_overflow);
    suite_add_tcase(s, t);
    return unit_run(s);
}
