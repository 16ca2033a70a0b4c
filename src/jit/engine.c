/* SPDX-License-Identifier: MIT */
/*
 * The JIT's control: the run of translated code, what happens when it leaves, and what is forgotten
 * when guest code changes.
 *
 * The run loop of cpu/run.c hands over a hot block; jit_run() runs from there until something
 * leaves. Where nothing is due, and the next block is known and has code, that is made up for at
 * once, by a link to it or an entry of the jump cache, and it goes on here; else the run loop looks
 * for what is due, finds the next block, and the same is done when that arrives. So a chain comes
 * back only where it is not complete yet, or at the end of the budget.
 *
 * Code is never freed one by one: when the buffer is full, all goes at once. That is done in
 * jit_translate() and engine_flush(), both called while no code runs.
 */
#include "config.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/pages.h"
#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/x87.h"
#include "jit/engine_state.h"

#define CODE_BYTES_MIN 128 /* for the number of jit_codes: what a block takes at least */

/* --- forgetting --- */

void jit_flush(struct jit *j)
{
    for (size_t i = 0; i < j->code_count; i++)
        if (j->codes[i].block->code == &j->codes[i])
            j->codes[i].block->code = NULL;
    for (unsigned i = 0; i < j->engine->cpu_count; i++)
        jit_regs(j->engine->cpus[i])->way = NULL;
    pages_give_back(j->codes, j->code_count * sizeof *j->codes);
    pages_give_back(j->ways, j->way_count * sizeof *j->ways);
    pages_give_back(j->members, j->member_count * sizeof *j->members);
    j->code_count = j->way_count = j->member_count = 0;
    j->last = NULL;
    jit_buffer_flush(&j->buffer);
    jit_jumps_clear(j);
    j->stats.flushes++;
}

static void on_flush(void *opaque)
{
    jit_flush(opaque);
}

static void on_drop(void *opaque, struct block *b)
{
    jit_region_drop(opaque, b->code);
}

/* --- running --- */

/*
 * Links stay on their page, and nobody looks whether their targets lie within CS, or RIP wraps on
 * the way. On a page that lies within CS as a whole they do and it doesn't. Another page's code is
 * linked, and then run, only where that page has the same place in CS.
 */
static struct jit_place place_of(struct cpu *c, const struct block *b)
{
    u64 first = c->rip - (b->phys & 4095);

    if (first < jit_regs(c)->whole_below)
        return (struct jit_place){.whole = true};
    return (struct jit_place){.first = (u32)first, .limit = c->seg[CS].limit};
}

static bool same_place(const struct jit_code *code, struct jit_place at)
{
    const struct jit_place *p = &code->place;
    return p->whole == at.whole && p->first == at.first && p->limit == at.limit;
}

/* The last run of code left for b, or so it seems: from now on it finds the way. */
static void connect(struct jit *j, struct cpu *c, struct block *b)
{
    struct jit_regs *r = jit_regs(c);
    struct jit_way *way = r->way;

    if (r->rip != c->rip)
        return;
    if (r->exit == LEAVE_INDIRECT || r->exit == LEAVE_STUB)
        jit_jump_add(j, c, b->code);
    if (!way)
        return;
    const struct block *left = way->from->block;
    bool page = b->mode == left->mode && !((b->phys ^ left->phys) >> 12);
    switch (r->exit) {
    case LEAVE_LINK:
        if (page && way->at && same_place(way->from, b->code->place) &&
            (!b->two_pages || jit_has_second_check(b, &j->options)))
            jit_link(j, way, b->code);
        break;
    case LEAVE_BUDGET:
        if (way->from != b->code && page && left->phys == b->phys) {
            if (same_place(way->from, b->code->place))
                jit_link_again(j, way->from, b->code);
            jit_jump_add(j, c, b->code);
        }
        break;
    default: break;
    }
}

/* Nothing has happened that the run loop must know of before the next block. An interrupt that IF
 * holds back is nothing. */
static bool plain(const struct jit *j, const struct cpu *c)
{
    u32 held = c->eflags & EFL_IF ? 0 : PEND_INTR;
    return !(c->pending & ~held) && c->activity == ACT_RUN && c->budget > 0 && !cpu_wants_step(c) &&
           !c->mmu.blind && !j->config.stops && !j->engine->flush_wanted &&
           !log_on(j->engine->log, LOG_EXEC);
}

/* After a leave: the code that goes on. What the jump cache of what may be another mode or
 * privilege now has lost to another address, the interpreter's, which spreads them in another way,
 * may still know; and where the instructions of two pages are. */
static const struct jit_code *go_on(struct jit *j, struct cpu *c)
{
    struct jit_regs *r = jit_regs(c);

    if (r->exit == LEAVE_HOT)
        return jit_promote(j, r->way->from);
    if (r->exit == LEAVE_BUDGET || !plain(j, c))
        return NULL;
    if (!jit_jumps(j, c, cpu_block_mode(c)))
        return NULL;
    const struct jit_code *code = r->exit == LEAVE_LINK ? NULL : jit_jump_find(c);
    if (code)
        return code;
    struct block *b = c->jump_key == JUMP_KEY_NONE ? NULL : block_known(c, c->rip);
    if (!b || !b->code)
        return NULL;
    r->rip = c->rip;
    connect(j, c, b);
    return b->code;
}

/* Runs code, which stands for c->rip, until something leaves that takes more than the jump cache
 * to go on. */
static void run(struct jit *j, struct cpu *c, const struct jit_code *code)
{
    struct jit_regs *r = jit_regs(c);

    r->flags = flags_get(c);
    do {
        if (unlikely(c->fpu.live && c->units_off))
            fpu_sync(c); /* code asks what is live, not whether it may be used */
        j->last = code;
        r->way = NULL;
        r->broken = false;
        r->rip_page = c->rip - (code->block->phys & 4095);
        j->host->enter(&j->buffer, c, code);
        if (r->exit != LEAVE_STUB) /* else they were the interpreter's already */
            flags_set(c, (u32)r->flags);
        j->stats.leaves[r->exit]++;
        jit_check_target(c);
        code = go_on(j, c);
    } while (code);
    r->rip = c->rip;
}

/* b's code would leave at once. */
static bool lacks_second_page(const struct jit *j, const struct cpu *c, const struct block *b)
{
    linaddr next = align_down(c->rip, 4096) + 4096;

    return jit_has_second_check(b, &j->options) &&
           mmu_fetched(&c->mmu, c->code_mode == CODE64 ? next : (u32)next) !=
               mmu_fetch_word(b->phys2);
}

/* No code of this thread runs any more. */
static void on_end(void *opaque)
{
    jit_signal_enter(NULL);
}

static bool jit_run(void *opaque, struct cpu *c, struct block *b)
{
    struct jit *j = opaque;

    if (c->mmu.blind)
        return false;
    if (!jit_jumps(j, c, b->mode))
        return false;
    struct jit_place place = place_of(c, b);
    if (b->code ? !same_place(b->code, place) : !jit_translate(j, b, place))
        return false;
    if (lacks_second_page(j, c, b))
        return false;
    if (b->code->cost > c->budget)
        return false; /* a region: the interpreter does the rest block by block */
    if (j->config.stops) {
        c->pending |= PEND_STOP;
    } else {
        connect(j, c, b);
    }
    jit_signal_enter(j);
    run(j, c, b->code);
    return true;
}

const struct jit_code *jit_code_at(const struct jit *j, const u8 *pc)
{
    size_t low = 0, high = j->code_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (j->codes[mid].entry + j->codes[mid].bytes <= pc)
            low = mid + 1;
        else
            high = mid;
    }
    return low < j->code_count && pc >= j->codes[low].entry ? &j->codes[low] : NULL;
}

/* --- life --- */

/* The backends, best first; the last one does on every host. */
static const struct host *const hosts[] = {
#ifdef __x86_64__
    &host_x86_64,
#endif
    &host_ffi,
};

const struct host *jit_portable(void)
{
    return hosts[ARRAY_LEN(hosts) - 1];
}

bool jit_is_native(void)
{
    return ARRAY_LEN(hosts) > 1;
}

static const struct host *find_host(struct jit *j)
{
    const struct host *wanted = j->config.host;

    if (wanted)
        return wanted->init(&j->buffer, &j->options) ? wanted : NULL;
    for (unsigned i = 0; i < ARRAY_LEN(hosts); i++)
        if (hosts[i]->init(&j->buffer, &j->options))
            return hosts[i];
    return NULL;
}

struct jit *jit_new(struct engine *e, const struct jit_config *config)
{
    struct jit *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->config = *config;
    j->engine = e;
    j->options = (struct jit_options){.optimise = !config->no_optimise,
                                      .flat = e->cpu_count && e->cpus[0]->mmu.flat};
    size_t size = config->buffer ? config->buffer : JIT_BUFFER;
    size = align_up(size < JIT_BUFFER_MIN ? JIT_BUFFER_MIN : size, 4096);
    if (config->region != JIT_REGION_NEVER)
        j->region_heat = config->region ? (i32)config->region : JIT_REGION_HEAT;
    j->code_max = size / CODE_BYTES_MIN;
    j->way_max = 2 * j->code_max;
    j->codes = malloc(j->code_max * sizeof *j->codes);
    j->ways = malloc(j->way_max * sizeof *j->ways);
    j->members = malloc(j->code_max * sizeof *j->members);
    j->ir = malloc(sizeof *j->ir);
    if (!j->codes || !j->ways || !j->members || !j->ir ||
        jit_buffer_init(&j->buffer, size, j->code_max, config->perfmap))
        goto out;
    j->buffer.opt = &j->options;
    j->host = find_host(j);
    if (!j->host)
        goto out;
    jit_signal_install();
    if (config->perfmap)
        jit_perfmap_open(j);
    if (config->jitdump)
        jit_jitdump_open(j);
    j->accel = (struct accel){.run = jit_run,
                              .drop = on_drop,
                              .flush = on_flush,
                              .end = on_end,
                              .opaque = j,
                              .heat = config->heat ? (u16)config->heat : JIT_HEAT};
    e->accel = &j->accel;
    return j;
out:
    jit_destroy(j);
    return NULL;
}

void jit_destroy(struct jit *j)
{
    if (!j)
        return;
    j->engine->accel = NULL;
    if (j->profile)
        jit_profile_log(j);
    free(j->profile);
    jit_perfmap_close(j);
    jit_jitdump_close(j);
    jit_jumps_free(j);
    jit_buffer_destroy(&j->buffer);
    free(j->codes);
    free(j->ways);
    free(j->members);
    free(j->ir);
    free(j);
}

const char *jit_backend(const struct jit *j)
{
    return j->host->name;
}

struct jit_stats jit_stats(const struct jit *j)
{
    struct jit_stats s = j->stats;

    s.code = j->buffer.used;
    for (unsigned i = 0; i < j->engine->cpu_count; i++)
        s.stubs += jit_regs(j->engine->cpus[i])->stubs;
    return s;
}
