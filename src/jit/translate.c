/* SPDX-License-Identifier: MIT */
/*
 * From blocks to code: a block that has become hot gets its own, and one whose code has run often
 * the code of a region.
 */
#include "config.h"

#include "base/log.h"
#include "cpu/engine.h"
#include "jit/engine_state.h"

/* The block is the interpreter's for good. */
static void give_up(struct block *b)
{
    b->heat = 1;
    b->ops[0].run = b->first;
}

/* Who leaves by which way. */
static void name_ways(struct jit *j, struct jit_code *code)
{
    const struct ir *ir = j->ir;
    const struct op *last = ir_insn(ir, ir->insns - 1);

    for (unsigned i = 0; i < ir->ways; i++)
        code->way[i] = (struct jit_way){.by = last, .from = code};
    for (unsigned n = 1; n <= ir->count; n++)
        if (ir->op[n].code == IR_GUARD && ir->op[n].a)
            code->way[ir->op[n].write] = (struct jit_way){.by = ir_insn(ir, ir->op[n].insn),
                                                          .rest = ir->insn[ir->op[n].insn].rest,
                                                          .from = code};
}

static bool compile(struct jit *j, struct jit_code *code, const struct jit_path *path)
{
    const struct ir *ir = j->ir;

    if (j->code_count == j->code_max || j->way_count + ir->ways > j->way_max)
        return false;
    *code = (struct jit_code){.block = path->block[0], .way = &j->ways[j->way_count]};
    for (unsigned i = 0; i < path->count; i++)
        code->cost += path->block[i]->count;
    if (j->region_heat && !path->is_region) {
        code->runs = &j->buffer.words[j->code_count];
        *code->runs = j->region_heat;
    }
    name_ways(j, code);
    if (!j->host->compile(&j->buffer, ir, code))
        return false;
    if (path->is_region && !jit_region_note(j, code, path))
        return false;
    if (!path->is_region)
        code->plain = code;
    j->way_count += ir->ways;
    j->code_count++;
    return true;
}

#ifdef ERZ_SANITIZERS
#define CHECK_IR true
#else
#define CHECK_IR false
#endif

/* A rule of the IR is broken: our mistake, which costs the guest nothing but time. */
static bool sound(const struct jit *j)
{
    unsigned where = 0;
    const char *broken = CHECK_IR ? ir_check(j->ir, &where) : NULL;

    if (broken)
        LOG(j->engine->log, JIT, "block %llx, operation %u: %s",
            (unsigned long long)j->ir->block->phys, where, broken);
    return !broken;
}

bool jit_make_ir(const struct jit *j, struct jit_path *path)
{
    path->count = ir_lift_region(j->ir, (const struct block *const *)path->block, path->count);
    bool good = sound(j);
    if (good && j->options.optimise) {
        ir_optimise(j->ir);
        if (path->is_region || !j->region_heat) /* they double code: for what is hot */
            ir_make_groups(j->ir, j->host->groups);
        good = sound(j);
    }
    return good;
}

/* NULL: no code for them. Where there was no room, all other code has gone. */
static struct jit_code *translate(struct jit *j, struct jit_path *path)
{
    if (!ir_can_lift(path->block[0]))
        return NULL;
    if (!jit_make_ir(j, path)) {
        j->stats.unsound++;
        return NULL;
    }
    jit_profile_note(j->ir);
    size_t before = j->buffer.used;
    struct jit_code *code = &j->codes[j->code_count];
    if (!compile(j, code, path)) {
        jit_flush(j);
        before = j->buffer.used;
        code = j->codes;
        if (path->is_region || !compile(j, code, path))
            return NULL;
    }
    j->stats.translations++;
    j->stats.insns += code->cost;
    j->stats.bytes += j->buffer.used - before;
    jit_buffer_grown(&j->buffer);
    if (j->perfmap)
        jit_perfmap_add(j, code);
    if (j->jitdump)
        jit_jitdump_add(j, code);
    return code;
}

bool jit_translate(struct jit *j, struct block *b, struct jit_place place)
{
    struct jit_path path = {.block = {b}, .count = 1};

    b->code = translate(j, &path);
    if (b->code)
        b->code->place = place;
    else
        give_up(b);
    return b->code;
}

const struct jit_code *jit_promote(struct jit *j, struct jit_code *plain)
{
    struct jit_path path;
    struct block *b = plain->block;

    if (b->code != plain)
        return NULL;
    jit_region_path(j, plain, &path);
    *plain->runs = INT32_MAX; /* once is enough */
    path.is_region = true;
    struct jit_code *region = translate(j, &path);
    if (!region)
        return NULL;
    region->plain = plain;
    region->place = plain->place;
    b->code = region;
    j->host->kill(&j->buffer, plain);
    jit_link_again(j, plain, region);
    j->stats.regions++;
    return region;
}
