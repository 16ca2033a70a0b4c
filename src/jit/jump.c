/* SPDX-License-Identifier: MIT */
/*
 * Jump caches: from RIP to code, for jumps that leave the page or are computed. An entry is good
 * while the MMU's fetch table has the same page for the address; so it outlives TLB flushes, and
 * address spaces that come back find theirs. What else the code depends on, the mode and the
 * privilege, chooses the cache. Code of a segment that isn't flat is there only if all of its page
 * lies within CS, which a jump has to find so again.
 */
#include <string.h>
#include <sys/mman.h>

#include "jit/engine_state.h"

#define CACHE_BYTES (JIT_JUMPS * sizeof(struct jit_jump))

/* Entries of zeros are empty where lin 0 doesn't come: an empty word of a fetch table is 0, too. */
static void seal(struct jit_jump *jumps)
{
    jumps[jit_jump_index(0)].lin = UINT64_MAX;
}

/* The host takes the pages back, and gives zeros for them. */
static void clear(struct jit_jump *jumps)
{
    if (madvise(jumps, CACHE_BYTES, MADV_DONTNEED))
        memset(jumps, 0, CACHE_BYTES);
    seal(jumps);
}

static struct jit_jump *make(void)
{
    void *p = mmap(NULL, CACHE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    seal(p);
    return p;
}

/* An unused cache, or the one that has been there longest. */
static struct jump_cache *cache_for(struct jit *j, u32 key)
{
    struct jump_cache *cache = &j->cache[j->cache_oldest];

    if (j->cache_count < JUMP_CACHES)
        cache = &j->cache[j->cache_count];
    else
        j->cache_oldest = (j->cache_oldest + 1) % JUMP_CACHES;
    if (cache->jumps)
        clear(cache->jumps);
    else if (!(cache->jumps = make()))
        return NULL;
    if (j->cache_count < JUMP_CACHES)
        j->cache_count++;
    cache->key = key;
    return cache;
}

static u64 whole_below(const struct cpu *c, unsigned mode)
{
    u64 limit = c->seg[CS].limit;

    if (mode & BLOCK_CS_FLAT)
        return UINT64_MAX;
    if ((mode & BLOCK_CODE_MASK) == BLOCK_CODE16 && limit > UINT16_MAX)
        limit = UINT16_MAX;
    return limit < 4095 ? 0 : limit - 4094;
}

bool jit_jumps(struct jit *j, struct cpu *c, unsigned mode)
{
    struct jit_regs *r = jit_regs(c);
    u32 key = mode | (c->cpl == 3 ? 1 << 8 : 0);

    r->whole_below = whole_below(c, mode);
    for (unsigned i = 0; i < j->cache_count; i++)
        if (j->cache[i].key == key) {
            r->jumps = j->cache[i].jumps;
            return true;
        }
    struct jump_cache *cache = cache_for(j, key);
    r->jumps = cache ? cache->jumps : NULL;
    return cache;
}

static linaddr linear(const struct cpu *c)
{
    return c->code_mode == CODE64 ? c->rip : (u32)(c->rip + c->seg[CS].base);
}

static struct jit_jump *slot(struct cpu *c, linaddr lin)
{
    return &jit_regs(c)->jumps[jit_jump_index(lin)];
}

static bool is_whole(struct cpu *c, linaddr lin)
{
    return c->rip - lin % 4096 < jit_regs(c)->whole_below;
}

struct jit_code *jit_jump_find(struct cpu *c)
{
    linaddr lin = linear(c);
    const struct jit_jump *jump = slot(c, lin);

    if (jump->lin != lin || jump->page != mmu_fetched(&c->mmu, lin) || !is_whole(c, lin))
        return NULL;
    return jump->code;
}

void jit_jump_add(struct jit *j, struct cpu *c, struct jit_code *code)
{
    linaddr lin = linear(c);
    struct jit_jump *jump = slot(c, lin);
    u64 word = mmu_fetch_word(code->block->phys);

    if (!code->place.whole)
        return;
    if (mmu_fetched(&c->mmu, lin) != word) /* the block was found without a fetch */
        mmu_translate(&c->mmu, c->cpl == 3 ? VIEW_USER : VIEW_SUPER, lin, ACCESS_FETCH);
    *jump = (struct jit_jump){.lin = lin, .page = word, .entry = code->entry, .code = code};
    j->stats.jumps++;
}

void jit_jumps_clear(struct jit *j)
{
    for (unsigned i = 0; i < j->cache_count; i++)
        clear(j->cache[i].jumps);
}

void jit_jumps_free(struct jit *j)
{
    for (unsigned i = 0; i < JUMP_CACHES; i++)
        if (j->cache[i].jumps)
            munmap(j->cache[i].jumps, CACHE_BYTES);
}
