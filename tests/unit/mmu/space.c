/* SPDX-License-Identifier: MIT */
/* Address spaces that come back, with flat tables (_i even, or 0) and with the soft TLB; what a
 * word in the tables says is compared with a walk. */
#include "mmu/space.h"

#include "unit/mmu/world.h"

/* A second set of tables for the same linear pages. */
enum { L4B = 0x11000, L3B = 0x12000, L2B = 0x13000, L1B = 0x14000, THIRD = 0xa000 };

static physaddr root(enum paging mode, bool second)
{
    static const physaddr roots[3][2] = {{L2, L2B}, {L3, L3B}, {L4, L4B}};
    return roots[mode][second];
}

static physaddr second_leaf_at(enum paging mode)
{
    return leaf_at(mode) - L1 + L1B;
}

/* The other set maps LIN to OTHER. */
static void add_second(struct world *w, enum paging mode)
{
    if (mode == PAGING_LONG)
        poke(w, L4B, L3B | P | W | U, 8);
    if (mode != PAGING_32)
        poke(w, L3B, L2B | P | (mode == PAGING_LONG ? W | U : 0), 8);
    poke(w, dir_at(mode) - L2 + L2B, L1B | P | W | U, entry_size(mode));
    poke(w, second_leaf_at(mode), OTHER | P | W | U, entry_size(mode));
}

static void load(struct world *w, enum paging mode, bool second)
{
    ck_assert(mmu_load_cr3(&w->mmu, root(mode, second), false));
}

/* What translated code finds for a byte at lin: the host address, or NULL. */
static const u8 *probe(const struct world *w, linaddr lin, bool write)
{
    const struct mmu *m = &w->mmu;
    if (m->flat)
        return write ? mmu_fast_write(m, lin, 1) : mmu_fast_read(m, lin, 1);
    const struct mmu_soft *s = &m->soft[mmu_page(lin) % MMU_SOFT_ENTRIES];
    u64 at = lin - (write ? s->write : s->read);
    return at < 4096 ? (const u8 *)(uintptr_t)(s->host + at) : NULL;
}

static u64 probe_fetch(const struct world *w, linaddr lin)
{
    const struct mmu *m = &w->mmu;
    if (m->flat)
        return m->fetch[mmu_page(lin)];
    const struct mmu_soft_fetch *f = &m->soft_fetch[mmu_page(lin) % MMU_SOFT_ENTRIES];
    return f->lin == (lin & ~4095ull) ? f->word : 0;
}

static physaddr touch(struct world *w, linaddr lin, enum mmu_access kind)
{
    struct mmu_target t = mmu_translate(&w->mmu, w->mmu.active, lin, kind);
    ck_assert(!t.fault);
    return t.phys;
}

/* _i: mode * 2 + soft */
START_TEST(words_come_back_with_their_cr3)
{
    enum paging mode = (enum paging)(_i / 2);
    struct world w;
    world_open(&w, mode, _i % 2 == 0);
    add_second(&w, mode);
    mmu_set_view(&w.mmu, VIEW_USER);
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_WRITE), DATA);
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_FETCH), DATA);
    load(&w, mode, true);
    ck_assert_ptr_null(probe(&w, LIN, false));
    ck_assert_uint_eq(probe_fetch(&w, LIN), 0);
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_READ), OTHER);

    u64 walks = w.mmu.stat_walks;
    load(&w, mode, false);
    ck_assert_ptr_eq(probe(&w, LIN + 5, false), w.ram + DATA + 5);
    ck_assert_ptr_eq(probe(&w, LIN + 5, true), w.ram + DATA + 5);
    ck_assert_uint_eq(probe_fetch(&w, LIN), mmu_fetch_word(DATA + 5));
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_FETCH), DATA);
    ck_assert_uint_eq(touch(&w, LIN + 9, ACCESS_WRITE), DATA + 9);
    load(&w, mode, true);
    ck_assert_ptr_eq(probe(&w, LIN, false), w.ram + OTHER);
    ck_assert_ptr_null(probe(&w, LIN, true)); /* not dirty */
    ck_assert_uint_eq(probe_fetch(&w, LIN), 0);
    ck_assert_uint_eq(w.mmu.stat_walks, walks);
    world_close(&w);
}
END_TEST

/* What the guest changes while the space is away, or present and CR3 is loaded again. */
static const struct change {
    const char *name;
    bool upper; /* the entry above the leaf */
    u64 flip;   /* these bits of it */
    bool fault; /* of a user's write afterwards */
    physaddr page;
} changes[] = {
    {"another page", false, DATA ^ THIRD, false, THIRD},
    {"not present", false, P, true, 0},
    {"read-only", false, W, true, 0},
    {"supervisor's", false, U, true, 0},
    {"not accessed", false, A, false, DATA},
    {"not dirty", false, D, false, DATA},
    {"table not present", true, P, true, 0},
    {"table read-only", true, W, true, 0},
    {"table not accessed", true, A, false, DATA},
    {"another table", true, L1 ^ L1B, false, OTHER},
};

/* _i: (change * 3 + mode) * 4 + present * 2 + soft */
START_TEST(changes_are_seen)
{
    const struct change *c = &changes[_i / 12];
    enum paging mode = (enum paging)(_i / 4 % 3);
    bool present = _i / 2 % 2;
    struct world w;
    world_open(&w, mode, _i % 2 == 0);
    add_second(&w, mode);
    mmu_set_view(&w.mmu, VIEW_USER);
    touch(&w, LIN, ACCESS_WRITE);
    touch(&w, LIN, ACCESS_FETCH);
    if (!present)
        load(&w, mode, true);
    physaddr at = c->upper ? dir_at(mode) : leaf_at(mode);
    poke(&w, at, peek(&w, at, entry_size(mode)) ^ c->flip, entry_size(mode));
    load(&w, mode, false);
    ck_assert_msg(!probe(&w, LIN, false) && !probe(&w, LIN, true) && !probe_fetch(&w, LIN),
                  "%s, mode %d: kept", c->name, mode);
    struct mmu_target t = mmu_translate(&w.mmu, VIEW_USER, LIN, ACCESS_WRITE);
    ck_assert_msg(t.fault == c->fault && (t.fault || t.phys == c->page), "%s, mode %d", c->name,
                  mode);
    if (!t.fault)
        ck_assert_uint_eq(peek(&w, at, 4) & A, A);
    world_close(&w);
}
END_TEST

/* PDPTEs are loaded with CR3: those are compared. */
START_TEST(pointers_are_part_of_it)
{
    struct world w;
    world_open(&w, PAGING_PAE, _i == 0);
    add_second(&w, PAGING_PAE);
    touch(&w, LIN, ACCESS_READ);
    load(&w, PAGING_PAE, true);
    poke(&w, L3, L2B | P, 8);
    load(&w, PAGING_PAE, false);
    ck_assert_ptr_null(probe(&w, LIN, false));
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_READ), OTHER);
    world_close(&w);
}
END_TEST

START_TEST(large_pages_come_back)
{
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    add_second(&w, PAGING_LONG);
    poke(&w, L2 + 16, PS | P | W, 8);
    ck_assert_uint_eq(touch(&w, LIN + 0x6000, ACCESS_WRITE), 0x9000);
    load(&w, PAGING_LONG, true);
    load(&w, PAGING_LONG, false);
    ck_assert_ptr_eq(probe(&w, LIN + 0x6000, true), w.ram + 0x9000);
    poke(&w, L2 + 16, 0, 8);
    mmu_invlpg(&w.mmu, LIN + 0x1000);
    ck_assert_ptr_null(probe(&w, LIN + 0x6000, true));
    load(&w, PAGING_LONG, true);
    load(&w, PAGING_LONG, false);
    ck_assert_ptr_null(probe(&w, LIN + 0x6000, false));
    world_close(&w);
}
END_TEST

START_TEST(code_gained_meanwhile_takes_the_write)
{
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    add_second(&w, PAGING_LONG);
    struct page_info *info = memmap_page(&w.map, DATA);
    touch(&w, LIN, ACCESS_WRITE);
    load(&w, PAGING_LONG, true);
    mmu_protect_code(&w.mmu, DATA);
    info->code = 1;
    load(&w, PAGING_LONG, false);
    ck_assert_ptr_eq(probe(&w, LIN, false), w.ram + DATA);
    ck_assert_ptr_null(probe(&w, LIN, true));
    info->code = 0;
    info->writers = PAGE_WRITER_NONE;
    load(&w, PAGING_LONG, false);
    ck_assert_ptr_eq(probe(&w, LIN, true), w.ram + DATA);
    /* and it is known again where that write leads to */
    mmu_protect_code(&w.mmu, DATA);
    ck_assert_ptr_null(probe(&w, LIN, true));
    world_close(&w);
}
END_TEST

/* Another physical memory: what is kept holds host addresses. */
START_TEST(nothing_outlives_the_memory_map)
{
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    add_second(&w, PAGING_LONG);
    touch(&w, LIN, ACCESS_READ);
    load(&w, PAGING_LONG, true);
    mmu_flush(&w.mmu, true); /* as the engine does when the map changes */
    load(&w, PAGING_LONG, false);
    ck_assert_ptr_null(probe(&w, LIN, false));
    touch(&w, LIN, ACCESS_READ);
    load(&w, PAGING_LONG, true);
    ck_assert(mmu_go_soft(&w.mmu));
    ck_assert(!w.mmu.flat && !w.mmu.table && !w.mmu.fetch && !w.mmu.system);
    load(&w, PAGING_LONG, false);
    ck_assert_ptr_null(probe(&w, LIN, false));
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_READ), DATA);
    ck_assert_ptr_eq(probe(&w, LIN, false), w.ram + DATA);
    world_close(&w);
}
END_TEST

/* More spaces than are kept: the first one begins anew, the last ones are there. */
START_TEST(spaces_overflow)
{
    enum { COUNT = SPACES + 4, ROOTS = 0x20000 };
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    for (unsigned i = 0; i < COUNT; i++) {
        poke(&w, ROOTS + i * 4096, L3 | P | W | U, 8);
        ck_assert(mmu_load_cr3(&w.mmu, ROOTS + i * 4096, false));
        touch(&w, LIN, ACCESS_READ);
    }
    for (unsigned i = COUNT; i-- > 0;) {
        ck_assert(mmu_load_cr3(&w.mmu, ROOTS + i * 4096, false));
        /* world_open() left one more, the oldest */
        ck_assert_msg((probe(&w, LIN, false) != NULL) == (i >= COUNT - SPACES), "space %u", i);
    }
    world_close(&w);
}
END_TEST

/* Nobody knows whether a word that came back is used: in the end it must be missed once. */
START_TEST(fills_age)
{
    struct world w;
    world_open(&w, PAGING_LONG, _i == 0);
    touch(&w, LIN, ACCESS_READ);
    unsigned loads = 0;
    while (probe(&w, LIN, false) && loads < 1000) {
        load(&w, PAGING_LONG, false);
        loads++;
    }
    ck_assert_uint_ge(loads, FILL_AGE);
    ck_assert_uint_lt(loads, FILL_AGE + 10);
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_READ), DATA);
    ck_assert_ptr_nonnull(probe(&w, LIN, false));
    world_close(&w);
}
END_TEST

/* The newest fills of a large space are kept. */
START_TEST(large_spaces_keep_the_newest)
{
    struct world w;
    const unsigned n = SPACE_KEEP + 500;
    world_open(&w, PAGING_LONG, true);
    add_second(&w, PAGING_LONG);
    for (unsigned t = 0; t < 4; t++) { /* of 512 pages each, all DATA */
        poke(&w, L2 + 16 + 8 * t, (0x20000 + 4096 * t) | P | W | U, 8);
        for (unsigned i = 0; i < 512; i++)
            poke(&w, 0x20000 + 4096 * t + 8 * i, DATA | P | W | U, 8);
    }
    linaddr base = LIN & ~0x1fffffull;
    for (unsigned i = 0; i < n; i++)
        touch(&w, base + i * 4096ull, ACCESS_READ);
    load(&w, PAGING_LONG, true);
    load(&w, PAGING_LONG, false);
    unsigned kept = 0;
    for (unsigned i = 0; i < n; i++)
        kept += probe(&w, base + i * 4096ull, false) != NULL;
    ck_assert_uint_eq(kept, SPACE_KEEP);
    ck_assert_ptr_null(probe(&w, base, false));
    ck_assert_ptr_nonnull(probe(&w, base + (n - 1) * 4096ull, false));
    world_close(&w);
}
END_TEST

/* --- random --- */

static u64 next(u64 *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

/* Right after a CR3 load no word of a page that isn't global says anything but what a walk says. */
static void check_words(struct world *w, unsigned pages, int step)
{
    static const physaddr allowed_pages[] = {DATA, OTHER, THIRD};
    for (int view = 0; view < VIEW_COUNT; view++) {
        mmu_set_view(&w->mmu, (enum mmu_view_id)view);
        for (u64 i = 0; i < pages; i++) {
            linaddr lin = (LIN & ~0xfffffull) + (i << 12);
            for (enum mmu_access kind = ACCESS_READ; kind <= ACCESS_FETCH; kind++) {
                u64 word = probe_fetch(w, lin);
                const u8 *host = probe(w, lin, kind == ACCESS_WRITE);
                if (kind == ACCESS_FETCH ? !word || view == VIEW_SUPER_SMAP : !host)
                    continue;
                struct mmu_map map;
                ck_assert_msg(mmu_look(&w->mmu, lin, kind, (enum mmu_view_id)view, &map),
                              "step %d: page %d, view %d, access %d", step, (int)i, view, kind);
                physaddr at = kind == ACCESS_FETCH ? word & ~1ull : (physaddr)(host - w->ram);
                ck_assert_uint_eq(at, map.page);
                ck_assert(at == allowed_pages[0] || at == allowed_pages[1] ||
                          at == allowed_pages[2]);
            }
        }
    }
}

static void random_change(struct world *w, enum paging mode, u64 *seed)
{
    static const u64 bits[] = {P, W, U, A, D, DATA ^ OTHER, DATA ^ THIRD, OTHER ^ THIRD};
    unsigned size = entry_size(mode);
    bool second = next(seed) % 2;
    physaddr at = (second ? L1B : L1) + next(seed) % 8 * size;
    u64 flip = bits[next(seed) % ARRAY_LEN(bits)];
    if (next(seed) % 8 == 0) { /* the entry above */
        at = dir_at(mode) + (second ? L2B - L2 : 0);
        flip = next(seed) % 4 ? A : L1 ^ L1B;
    }
    u64 v = peek(w, at, size) ^ flip;
    if (flip == (DATA ^ OTHER) || flip == (DATA ^ THIRD) || flip == (OTHER ^ THIRD)) {
        static const physaddr to[] = {DATA, OTHER, THIRD};
        v = (peek(w, at, size) & 0xfff) | to[next(seed) % 3];
    }
    poke(w, at, v, size);
}

/* A guest that changes tables and loads CR3 as it likes. _i: mode * 2 + soft */
START_TEST(any_guest)
{
    enum paging mode = (enum paging)(_i / 2);
    struct world w;
    u64 seed = 4711 + (u64)_i;
    unsigned size = entry_size(mode);

    world_open(&w, mode, _i % 2 == 0);
    add_second(&w, mode);
    for (unsigned i = 0; i < 8; i++) {
        poke(&w, L1 + i * size, DATA | P | W | U, size);
        poke(&w, L1B + i * size, OTHER | P | W | U, size);
    }
    w.log.mask = BIT(LOG_MMU); /* has the MMU check itself, too: stat_wrong */
    for (int step = 0; step < 20000; step++) {
        linaddr lin = (LIN & ~0xfffffull) + (next(&seed) % 8 << 12);
        enum mmu_view_id view = (enum mmu_view_id)(next(&seed) % VIEW_COUNT);
        enum mmu_access kind = (enum mmu_access)(next(&seed) % 3);
        if (kind == ACCESS_FETCH && view == VIEW_SUPER_SMAP)
            view = VIEW_SUPER;
        mmu_translate(&w.mmu, view, lin, kind);
        if (next(&seed) % 4 == 0)
            random_change(&w, mode, &seed);
        if (next(&seed) % 64 == 0)
            mmu_invlpg(&w.mmu, lin);
        if (next(&seed) % 8 == 0) {
            load(&w, mode, next(&seed) % 2);
            check_words(&w, 8, step);
        }
    }
    ck_assert_uint_eq(w.mmu.stat_wrong, 0);
    ck_assert_uint_gt(w.mmu.stat_kept, 1000);
    ck_assert_uint_gt(w.mmu.stat_lost, 1000);
    w.log.mask = 0;
    world_close(&w);
}
END_TEST

/* Two pages that share a place in the soft TLB, and an address that shares it with both. */
START_TEST(soft_entries_make_room)
{
    struct world w;
    linaddr far = LIN + (linaddr)MMU_SOFT_ENTRIES * 4096;
    world_open(&w, PAGING_LONG, false);
    poke(&w, L2 + 8 * (far >> 21), L1 | P | W | U, 8);
    touch(&w, LIN, ACCESS_WRITE);
    touch(&w, far, ACCESS_READ);
    ck_assert_ptr_null(probe(&w, LIN, true));
    ck_assert_ptr_eq(probe(&w, far, false), w.ram + DATA);
    ck_assert_uint_eq(touch(&w, LIN, ACCESS_WRITE), DATA);
    ck_assert_ptr_eq(probe(&w, LIN, true), w.ram + DATA);
    ck_assert_ptr_null(probe(&w, LIN | BIT(50), false));
    mmu_invlpg(&w.mmu, far); /* not there */
    ck_assert_ptr_eq(probe(&w, LIN, true), w.ram + DATA);
    mmu_invlpg(&w.mmu, LIN);
    ck_assert_ptr_null(probe(&w, LIN, true));
    ck_assert_ptr_null(probe(&w, LIN, false));
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("space");
    TCase *t = tcase_create("kept");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, words_come_back_with_their_cr3, 0, 6);
    tcase_add_loop_test(t, changes_are_seen, 0, 12 * ARRAY_LEN(changes));
    tcase_add_loop_test(t, pointers_are_part_of_it, 0, 2);
    tcase_add_loop_test(t, large_pages_come_back, 0, 2);
    tcase_add_loop_test(t, code_gained_meanwhile_takes_the_write, 0, 2);
    tcase_add_loop_test(t, nothing_outlives_the_memory_map, 0, 2);
    tcase_add_loop_test(t, spaces_overflow, 0, 2);
    tcase_add_loop_test(t, fills_age, 0, 2);
    tcase_add_test(t, large_spaces_keep_the_newest);
    tcase_add_loop_test(t, any_guest, 0, 6);
    tcase_add_test(t, soft_entries_make_room);
    suite_add_tcase(s, t);
    return unit_run(s);
}
