/* SPDX-License-Identifier: MIT */
/*
 * The block cache: lookup by {linear address, key}, then by {physical address, mode}; invalidation.
 * The rules of where blocks end are in block.h.
 *
 * A jump key holds what a block depends on: the mode, user or supervisor, the engine's epoch. An
 * entry whose key is the CPU's present one is good while its page is fetched from where it was:
 * so flushes and address spaces leave the entries alone. Blocks that were dropped cost too much to
 * be entered.
 */
#include "cpu/engine.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/pages.h"
#include "board/memmap.h"
#include "cpu/build.h"
#include "cpu/mem.h"

#define HASH_BUCKETS 65536u
#define BLOCK_BYTES(ops) (sizeof(struct block) + (ops) * sizeof(struct op))
/* an op for the RIP bias, the instructions, the end */
#define BLOCK_BYTES_MAX BLOCK_BYTES(BLOCK_MAX_OPS + 2)
/* of page_info.covered, which lies in the arena, too; who reads it by words reads on behind it */
#define COVERED_BYTES (PAGE / 8 + 64)
#define PAGE 4096u

#define NO_PAGE 1 /* no page begins there */
/* page_info.patched goes no further: by then a block's runs in the interpreter cost about half as
 * much as its translation. */
#define PATCHED_MAX 3

/* --- the cache --- */

static struct block **bucket(const struct engine *e, physaddr phys, unsigned mode)
{
    u64 h = (phys ^ (u64)mode << 40) * 0x9e3779b97f4a7c15ull;
    return &e->hash[h >> 48];
}

static struct block *find(const struct engine *e, physaddr phys, unsigned mode)
{
    struct block *b = *bucket(e, phys, mode);
    while (b && (b->phys != phys || b->mode != mode))
        b = b->hash_next;
    return b;
}

/* The list of blocks on the page of addr goes on in page_next[which]. */
static unsigned page_index(const struct block *b, physaddr page)
{
    return align_down(b->phys, PAGE) == page ? 0 : 1;
}

/* The bytes first..end-1 of `page` that b covers. */
static void span(const struct block *b, physaddr page, unsigned *first, unsigned *end)
{
    unsigned off = b->phys % PAGE, stop = off + b->bytes;
    bool second = page_index(b, page) == 1;

    *first = second ? 0 : off;
    *end = second ? stop - PAGE : stop < PAGE ? stop : PAGE;
}

/* Of the page's pieces of 128 bytes, those that hold bytes first..end-1. */
static u32 pieces(unsigned first, unsigned end)
{
    return (u32)(MASK((end - 1) / 128 + 1) & ~MASK(first / 128));
}

/* Of word i of page_info.covered, the bits of bytes first..end-1. */
static u64 within_word(unsigned i, unsigned first, unsigned end)
{
    u64 bits = i == first / 64 ? ~0ull << first % 64 : ~0ull;
    return i == (end - 1) / 64 ? bits & MASK((end - 1) % 64 + 1) : bits;
}

static void note_code(struct page_info *info, const struct block *b, physaddr page)
{
    unsigned first, end;

    span(b, page, &first, &end);
    info->code |= pieces(first, end);
    for (unsigned i = first / 64; i <= (end - 1) / 64; i++)
        info->covered[i] |= within_word(i, first, end);
}

static struct page_info *page_of(struct engine *e, physaddr page)
{
    if (e->page != page) {
        e->page_info = memmap_page(e->mem, page);
        e->page = page;
    }
    return e->page_info;
}

static void register_page(struct engine *e, struct block *b, physaddr page, unsigned which)
{
    struct page_info *info = page_of(e, page);
    if (!info)
        return;
    if (!info->code) {
        for (unsigned i = 0; i < e->cpu_count; i++)
            mmu_protect_code(&e->cpus[i]->mmu, page);
        if (!info->covered) {
            info->covered = (u64 *)(e->arena + e->used);
            e->used += COVERED_BYTES;
        }
        memset(info->covered, 0, PAGE / 8);
    }
    note_code(info, b, page);
    b->page_next[which] = info->blocks;
    info->blocks = b;
}

/* The pieces that b lies on are looked at anew: those of its bytes that other blocks cover, too,
 * stay. */
static void forget_code(struct page_info *info, const struct block *b, physaddr page)
{
    unsigned first, end, from, to;

    span(b, page, &first, &end);
    unsigned low = align_down(first, 128), high = (unsigned)align_up(end, 128);
    info->code &= ~pieces(first, end);
    memset(&info->covered[low / 64], 0, (high - low) / 8);
    for (const struct block *i = info->blocks; i; i = i->page_next[page_index(i, page)]) {
        span(i, page, &from, &to);
        if (from < high && to > low)
            note_code(info, i, page);
    }
}

static void unlink_page(struct engine *e, struct block *b, physaddr page)
{
    struct page_info *info = page_of(e, page);
    if (!info)
        return;
    struct block *next = b->page_next[page_index(b, page)];
    if (info->blocks == b) {
        info->blocks = next;
    } else {
        struct block *i = info->blocks;
        while (i && i->page_next[page_index(i, page)] != b)
            i = i->page_next[page_index(i, page)];
        if (!i)
            return;
        i->page_next[page_index(i, page)] = next;
    }
    forget_code(info, b, page);
    if (!info->code)
        info->writers = PAGE_WRITER_NONE;
}

static void drop(struct engine *e, struct block *b)
{
    b->valid = false;
    b->cost = BLOCK_COST_INVALID;
    if (b->code)
        e->accel->drop(e->accel->opaque, b);
    struct block **p = bucket(e, b->phys, b->mode);
    while (*p && *p != b)
        p = &(*p)->hash_next;
    if (*p)
        *p = b->hash_next;
    unlink_page(e, b, align_down(b->phys, PAGE));
    if (b->two_pages)
        unlink_page(e, b, b->phys2);
    e->stat_drops++;
}

/* The block covers any of the bytes first..last of `page`. */
static bool covers(const struct block *b, physaddr page, unsigned first, unsigned last)
{
    unsigned from, end;

    span(b, page, &from, &end);
    return first < end && last >= from;
}

void engine_invalidate(struct engine *e, physaddr addr, u64 len)
{
    while (len) {
        physaddr page = align_down(addr, PAGE);
        unsigned first = addr % PAGE;
        u64 n = len < PAGE - first ? len : PAGE - first;
        struct page_info *info = page_of(e, page);
        struct block *b = info ? info->blocks : NULL, *next;
        for (; b; b = next) {
            next = b->page_next[page_index(b, page)];
            if (!covers(b, page, first, first + (unsigned)n - 1))
                continue;
            info->patched += b->code && info->patched < PATCHED_MAX;
            drop(e, b);
        }
        if (info && n == PAGE) /* filled anew with something else */
            info->patched = 0;
        addr += n;
        len -= n;
    }
}

void engine_flush(struct engine *e)
{
    if (e->accel)
        e->accel->flush(e->accel->opaque);
    pages_give_back(e->arena, e->used);
    e->used = 0;
    e->epoch++;
    e->flush_wanted = false;
    e->stat_flushes++;
    memset(e->hash, 0, HASH_BUCKETS * sizeof *e->hash);
    for (u32 i = 0; i < e->mem->page_count; i++) {
        struct page_info *info = &e->mem->pages[i];
        info->blocks = NULL;
        info->covered = NULL;
        if (info->code)
            info->writers = PAGE_WRITER_NONE;
        info->code = 0;
    }
}

/* --- new blocks --- */

/* Where the next one is built. */
static struct block *room(struct cpu *c)
{
    struct engine *e = c->engine;
    if (e->used + BLOCK_BYTES_MAX + 2 * COVERED_BYTES > ENGINE_ARENA) {
        engine_flush(e);
        cpu_block_mode(c); /* its jump key is of the epoch that has ended */
    }
    e->stat_builds++;
    return (struct block *)(e->arena + e->used);
}

/* How often a new block runs in the interpreter before it is worth a translation. Once is once. */
static u16 heat_for(struct engine *e, physaddr page)
{
    const struct page_info *info = page_of(e, page);
    unsigned heat = e->accel->heat + (e->accel->heat - 1u) * (info ? info->patched : 0);

    return heat < UINT16_MAX ? (u16)heat : UINT16_MAX;
}

/* Puts a new block into the cache, or aside if it can't be kept. */
static struct block *keep(struct engine *e, struct block *b, const struct fetch *f)
{
    bool biased = b->ops[0].run == exec_rip_bias;
    size_t bytes = BLOCK_BYTES((size_t)b->count + biased + 1);
    bool twice = b->two_pages && b->phys2 == align_down(b->phys, PAGE);

    if (!f->at.host || !b->valid || twice || find(e, b->phys, b->mode)) {
        memcpy(e->scratch, b, bytes);
        return e->scratch;
    }
    if (e->accel && !biased) {
        b->heat = heat_for(e, align_down(b->phys, PAGE));
        b->first = b->ops[0].run;
        b->ops[0].run = exec_heat;
    }
    e->used += align_up(bytes, 16);
    struct block **p = bucket(e, b->phys, b->mode);
    b->hash_next = *p;
    *p = b;
    register_page(e, b, align_down(b->phys, PAGE), 0);
    if (b->two_pages)
        register_page(e, b, b->phys2, 1);
    return b;
}

/* --- lookup --- */

/* The block's second page and its end are still where they were. */
static bool still_good(struct cpu *c, const struct block *b, const struct fetch *f, linaddr lin)
{
    if (b->bytes > f->limit)
        return false;
    if (!b->two_pages)
        return true;
    linaddr next = align_down(lin, PAGE) + PAGE;
    return fetch_page(c, c->code_mode == CODE64 ? next : (u32)next).phys == b->phys2;
}

struct block *block_known(const struct cpu *c, linaddr lin)
{
    const struct jump_entry *j = jump_slot(c, lin);

    if (j->lin != lin || (j->key & ~(u64)JUMP_KEY_TWO) != c->jump_key || !j->block->valid)
        return NULL;
    if (!fetched_from(c, lin, j->page))
        return NULL;
    linaddr next = align_down(lin, PAGE) + PAGE;
    if (j->block->two_pages && !fetched_from(c, next, mmu_fetch_word(j->block->phys2)))
        return NULL;
    return j->block;
}

static struct block *find_or_build(struct cpu *c, const struct fetch *f, linaddr lin, unsigned mode)
{
    struct engine *e = c->engine;
    struct block *b = f->at.host ? find(e, f->at.phys, mode) : NULL;
    if (b && !still_good(c, b, f, lin)) {
        if (b->bytes <= f->limit)
            drop(e, b); /* mapped elsewhere now */
        b = NULL;
    }
    if (b && !b->valid) /* the fetch set A bits among its own bytes */
        b = NULL;
    if (b)
        return b;
    b = room(c);
    block_build(c, b, f, lin, mode);
    return keep(e, b, f);
}

struct block *block_lookup(struct cpu *c, linaddr lin, unsigned mode)
{
    bool keyed = c->jump_key != JUMP_KEY_NONE;
    struct block *b = keyed ? block_known(c, lin) : NULL;
    if (b)
        return b;

    struct fetch f = {.limit = fetch_limit(c)};
    f.at = fetch_page(c, lin);
    if (keyed && (b = block_known(c, lin))) /* all that was missing is the page's fetch word */
        return b;
    b = find_or_build(c, &f, lin, mode);
    if (keyed && b != c->engine->scratch)
        *jump_slot(c, lin) = (struct jump_entry){
            lin, c->jump_key | (b->two_pages ? JUMP_KEY_TWO : 0), mmu_fetch_word(b->phys), b};
    return b;
}

/* --- life --- */

static void code_write(void *opaque, physaddr addr, u64 len)
{
    engine_invalidate(opaque, addr, len);
}

static void map_changed(void *opaque, bool code)
{
    struct engine *e = opaque;
    e->page = NO_PAGE;
    if (code)
        e->flush_wanted = true;
    for (unsigned i = 0; i < e->cpu_count; i++)
        mmu_flush(&e->cpus[i]->mmu, true);
}

struct engine *engine_new(struct memmap *mem, struct log *log)
{
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->mem = mem;
    e->log = log;
    e->epoch = 1;
    e->page = NO_PAGE;
    e->arena = aligned_alloc(64, ENGINE_ARENA); /* touched as it fills */
    e->hash = calloc(HASH_BUCKETS, sizeof *e->hash);
    e->none = calloc(1, sizeof *e->none);
    e->scratch = calloc(1, BLOCK_BYTES_MAX);
    if (!e->arena || !e->hash || !e->none || !e->scratch) {
        engine_destroy(e);
        return NULL;
    }
    e->none->cost = BLOCK_COST_INVALID;
    mem->code_write = code_write;
    mem->changed = map_changed;
    mem->opaque = e;
    return e;
}

void engine_destroy(struct engine *e)
{
    if (!e)
        return;
    while (e->cpu_count)
        engine_detach(e, e->cpus[0]);
    free(e->arena);
    free(e->hash);
    free(e->none);
    free(e->scratch);
    free(e);
}

int engine_attach(struct engine *e, struct cpu *c)
{
    if (e->cpu_count == ENGINE_CPUS)
        return -ERSATZ_E_CONFLICT;
    c->jumps = calloc(JUMP_ENTRIES, sizeof *c->jumps);
    if (!c->jumps)
        return -ERSATZ_E_NOMEM;
    for (unsigned i = 0; i < JUMP_ENTRIES; i++)
        c->jumps[i] = (struct jump_entry){.key = JUMP_KEY_EMPTY, .block = e->none};
    c->engine = e;
    c->block = e->none;
    e->cpus[e->cpu_count++] = c;
    return 0;
}

void engine_detach(struct engine *e, struct cpu *c)
{
    for (unsigned i = 0; i < e->cpu_count; i++)
        if (e->cpus[i] == c)
            e->cpus[i] = e->cpus[--e->cpu_count];
    free(c->jumps);
    c->jumps = NULL;
    c->engine = NULL;
}
