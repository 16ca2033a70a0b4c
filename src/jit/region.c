/* SPDX-License-Identifier: MIT */
/*
 * Regions: the second tier. A block whose own code has run often becomes the first one of a region,
 * the way that execution takes most from there: over links that were made, to the successor that
 * has run more often, as long as that stays on the page. A way that comes back to the first block
 * is taken again, while it is short, and then ends there: the loop is closed by a link.
 *
 * A region's code stands in for that of its first block. The others keep theirs, for those who come
 * from elsewhere. When the code of any of them changes, the region goes.
 */
#include <string.h>

#include "cpu/op.h"
#include "jit/engine_state.h"

#define REGION_INSNS 64 /* beyond that nothing is added */
#define LOOP_INSNS 32   /* nor is the way round taken again */

/* How often the block's own code has run, up to when it became the first one of a region. */
static i64 runs_of(const struct jit *j, const struct jit_code *code)
{
    i32 left = *code->plain->runs;
    return left > j->region_heat ? j->region_heat : (i64)j->region_heat - left;
}

static struct jit_code *behind(const struct jit_way *way)
{
    struct jit_code *to = way->to;
    return to && to->block->valid && to->block->code == to ? to : NULL;
}

/* Where execution goes on most often; NULL: nobody knows, or by too many ways. */
static struct jit_code *likely_next(const struct jit *j, const struct jit_code *code)
{
    struct jit_code *next = behind(&code->way[WAY_NEXT]);
    struct jit_code *taken = behind(&code->way[WAY_TAKEN]);
    struct jit_code *best = !taken || (next && runs_of(j, next) > runs_of(j, taken)) ? next : taken;

    return best && 3 * runs_of(j, best) >= runs_of(j, code) ? best : NULL;
}

static bool is_on(const struct jit_path *path, const struct block *b)
{
    for (unsigned i = 0; i < path->count; i++)
        if (path->block[i] == b)
            return true;
    return false;
}

/*
 * FLDCW on Zen 4: some runs of a loop take 100 ns for some of them, all the time, with nothing that
 * tells them from others. Of a loop with two: one run in 24, laid out twice: seven.
 */
static bool loads_control(const struct jit_path *path)
{
    for (unsigned i = 0; i < path->count; i++)
        for (unsigned n = 0; n < path->block[i]->count; n++)
            if (row_calls[path->block[i]->ops[n].in.row] == op_fldcw)
                return true;
    return false;
}

/* Blocks by which a path goes, and how long it is. */
struct walk {
    struct jit_path *path;
    unsigned insns;
    unsigned round; /* of these, once round; 0: it hasn't come back to its first block */
};

/* `next` is to be the next block. */
static bool goes_on(struct walk *w, const struct jit_code *next)
{
    const struct jit_path *path = w->path;
    const struct block *b = next->block;

    if (path->count == IR_BLOCKS || w->insns + b->count > IR_INSNS || b->two_pages)
        return false;
    if (b == path->block[0]) {
        if (!w->round)
            w->round = w->insns;
        return w->insns + w->round <= LOOP_INSNS && !loads_control(path);
    }
    if (is_on(path, b))
        return w->round;                                   /* else it is a loop of its own */
    return next == next->plain && w->insns < REGION_INSNS; /* a region has its own way on */
}

void jit_region_path(const struct jit *j, const struct jit_code *first, struct jit_path *path)
{
    const struct jit_code *code = first->plain;
    struct walk w = {.path = path};

    path->count = 0;
    for (;;) {
        path->block[path->count++] = code->block;
        w.insns += code->block->count;
        const struct jit_code *next = likely_next(j, code);
        if (!next || !goes_on(&w, next))
            return;
        code = next->plain;
    }
}

/* --- what regions are made of --- */

/* The blocks beside the first one know their region. False: no room. */
bool jit_region_note(struct jit *j, struct jit_code *region, const struct jit_path *path)
{
    if (j->member_count + path->count > j->code_max)
        return false;
    region->member = &j->members[j->member_count];
    for (unsigned i = 0; i < path->count; i++) {
        struct jit_code *of = path->block[i]->code->plain;
        struct jit_member *m = &region->member[region->members++];
        *m = (struct jit_member){.region = region, .block = path->block[i]};
        if (i && path->block[i] != path->block[0]) {
            m->next = of->member_of;
            of->member_of = m;
        }
    }
    j->member_count += path->count;
    return true;
}

static void push(struct jit_code **list, struct jit_code *code)
{
    if (!code || code->is_dead)
        return;
    code->is_dead = true;
    code->next_dead = *list;
    *list = code;
}

/* Code of a block whose bytes have changed goes, and with it all regions that the block is in.
 * Their first blocks, whose code they were, begin anew: so their other regions go, too. */
void jit_region_drop(struct jit *j, struct jit_code *code)
{
    struct jit_code *list = NULL;

    push(&list, code);
    while (list) {
        struct jit_code *dead = list;
        list = dead->next_dead;
        j->host->kill(&j->buffer, dead);
        dead->block->code = NULL;
        j->stats.kills++;
        for (const struct jit_member *m = dead->plain->member_of; m; m = m->next)
            push(&list, m->region);
        for (unsigned i = 0; i < j->engine->cpu_count && dead->members; i++)
            jit_regs(j->engine->cpus[i])->broken = true;
    }
}
