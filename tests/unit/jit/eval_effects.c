/* SPDX-License-Identifier: MIT */
/*
 * helper.def's effects, which a backend that calls helpers relies on: a helper changes no guest
 * state but what its row says and the flags in `sets`, and what it gives depends on no other. One
 * TAP line a helper.
 */
#include <stdio.h>

#include "cpu/flags.h"
#include "eval.h"
#include "jit/helper.h"

#define TRIES 400

/* Helpers as functions of one shape: false, a miss; the value goes to v[0]. */
#define CALL_WALK_0(name) return true;
#define CALL_WALK_1(name) return true;
#define CALL_VALUE_0(name)                                                                         \
    v[0] = help_##name(c, op);                                                                     \
    return true;
#define CALL_VALUE_1(name)                                                                         \
    v[0] = help_##name(c, op, v[0]);                                                               \
    return true;
#define CALL_VALUE_2(name)                                                                         \
    v[0] = help_##name(c, op, v[0], v[1]);                                                         \
    return true;
#define CALL_VALUE_3(name)                                                                         \
    v[0] = help_##name(c, op, v[0], v[1], v[2]);                                                   \
    return true;
#define CALL_ACT_0(name)                                                                           \
    help_##name(c, op);                                                                            \
    return true;
#define CALL_ACT_1(name)                                                                           \
    help_##name(c, op, v[0]);                                                                      \
    return true;
#define CALL_ACT_2(name)                                                                           \
    help_##name(c, op, v[0], v[1]);                                                                \
    return true;
#define CALL_ACT_3(name)                                                                           \
    help_##name(c, op, v[0], v[1], v[2]);                                                          \
    return true;
#define CALL_TRY_0(name) return help_##name(c, op);
#define CALL_TRY_1(name) return help_##name(c, op, &v[0]);
#define CALL_TRY_2(name) return help_##name(c, op, &v[0], v[1]);
#define CALL_TRY_3(name) return help_##name(c, op, &v[0], v[1], v[2]);

typedef bool call_fn(struct cpu *c, const struct ir_op *op, u64 *v);
#define HELPER(name, kind, values, effects)                                                        \
    static bool call_##name(struct cpu *c, const struct ir_op *op, u64 *v)                         \
    {                                                                                              \
        CALL_##kind##_##values(name)                                                               \
    }
#include "jit/helper.def"
#undef HELPER

static const struct {
    const char *name;
    call_fn *call;
} rows[IR_COUNT] = {
#define HELPER(name, kind, values, effects) [IR_##name] = {#name, call_##name},
#include "jit/helper.def"
#undef HELPER
};

/* --- guest state by what effects are about --- */

enum part { PART_GPR, PART_FLAGS, PART_EFLAGS, PART_SEG, PART_MEM, PARTS };
static const char *const part_names[PARTS] = {"registers", "status flags", "other flags",
                                              "segments", "memory"};

static bool may_read(unsigned code, enum part part)
{
    unsigned e = helpers[code].effects;

    switch (part) {
    case PART_FLAGS: return ir_info[code].attr & IR_READS;
    case PART_EFLAGS: return e & EFFECT_READS_EFLAGS;
    case PART_SEG: return e & EFFECT_READS_SEG;
    case PART_MEM: return e & EFFECT_READS_MEM;
    default: return e & EFFECT_READS_GPR;
    }
}

static bool may_write(const struct ir_op *op, enum part part)
{
    unsigned e = helpers[op->code].effects;

    switch (part) {
    case PART_FLAGS: return op->sets;
    case PART_EFLAGS: return e & EFFECT_WRITES_EFLAGS;
    case PART_SEG: return e & EFFECT_WRITES_SEG;
    case PART_MEM: return e & EFFECT_WRITES_MEM;
    default: return e & EFFECT_WRITES_GPR;
    }
}

struct guest {
    u64 gpr[GPR_COUNT];
    u32 flags, eflags;
    struct seg seg[SEG_COUNT];
    u8 mem[4096];
};

/* A page that the fast path reaches, both ways. */
static u8 *memory(struct eval *e)
{
    return mmu_fast_write(&e->c->mmu, ISA_DATA, 1);
}

static void keep(struct eval *e, struct guest *g)
{
    memcpy(g->gpr, e->c->gpr, sizeof g->gpr);
    memcpy(g->seg, e->c->seg, sizeof g->seg);
    memcpy(g->mem, memory(e), sizeof g->mem);
    g->flags = flags_get(e->c);
    g->eflags = e->c->eflags;
}

static void put(struct eval *e, const struct guest *g)
{
    memcpy(e->c->gpr, g->gpr, sizeof g->gpr);
    memcpy(e->c->seg, g->seg, sizeof g->seg);
    memcpy(memory(e), g->mem, sizeof g->mem);
    flags_set(e->c, g->flags);
    e->c->eflags = g->eflags;
}

static bool differs(const struct guest *a, const struct guest *b, enum part part)
{
    switch (part) {
    case PART_GPR: return memcmp(a->gpr, b->gpr, sizeof a->gpr);
    case PART_FLAGS: return a->flags != b->flags;
    case PART_EFLAGS: return a->eflags != b->eflags;
    case PART_SEG: return memcmp(a->seg, b->seg, sizeof a->seg);
    default: return memcmp(a->mem, b->mem, sizeof a->mem);
    }
}

/* Puts something else there. */
static void disturb(struct rng *r, struct guest *g, enum part part)
{
    switch (part) {
    case PART_GPR:
        for (unsigned i = 0; i < 16; i++)
            g->gpr[i] = rng_number(r);
        break;
    case PART_FLAGS: g->flags = (u32)rng_next(r) & EFL_STATUS; break;
    case PART_EFLAGS: g->eflags ^= EFL_DF; break;
    case PART_SEG:
        for (unsigned i = 0; i < SEG_COUNT; i++)
            g->seg[i].base = rng_below(r, 0x10000);
        break;
    default:
        for (unsigned i = 0; i < sizeof g->mem; i++)
            g->mem[i] = (u8)rng_next(r);
        break;
    }
}

/* --- one helper --- */

static struct ir_op some_op(struct rng *r, unsigned code)
{
    static const u8 kinds[] = {IRF_ALL, IRF_CF | IRF_OF, IRF_ALL & ~IRF_CF, 0};
    struct ir_op op = {.code = (u8)code, .reg = (u8)rng_below(r, 4)};
    unsigned least = code == IR_BSWAP ? 2 : 0;

    op.size = (u8)(1u << (least + rng_below(r, 4 - least)));
    op.sets = ir_is(&op, IR_FLAGS) ? kinds[rng_below(r, 4)] : 0;
    op.write = (u8)rng_below(r, 2);
    op.imm = (i64)rng_below(r, 2);
    if (code == IR_HIGH)
        op.reg = rng_below(r, 2) ? IR_MULS : IR_MULU;
    if (code == IR_REM)
        op.reg = rng_below(r, 2) ? IR_DIVS : IR_DIVU;
    return op;
}

/* Operands that every helper can take: addresses, counts, numbers that aren't 0. */
static void some_values(struct rng *r, const struct ir_op *op, u64 *v)
{
    bool memory = op->code >= IR_LD && op->code <= IR_STW;
    bool shift = op->code >= IR_SHL && op->code <= IR_RCR;

    for (unsigned i = 0; i < 3; i++)
        v[i] = zext(rng_number(r), op->size);
    if (memory)
        v[0] = ISA_DATA + 8 * rng_below(r, 512);
    else if (op->code == IR_CTZ || op->code == IR_CLZ)
        v[0] |= 1;
    if (shift)
        v[1] &= op->size == 8 ? 63 : 31;
    if (op->code == IR_SHLD || op->code == IR_SHRD)
        v[2] &= op->size == 8 ? 63 : 31;
    if (op->code == IR_REM)
        v[2] |= 1;
}

struct outcome {
    bool hit;
    u64 v[3];
    struct guest after;
};

static void run(struct eval *e, const struct ir_op *op, const u64 *v, const struct guest *from,
                struct outcome *o)
{
    memcpy(o->v, v, sizeof o->v);
    put(e, from);
    o->hit = rows[op->code].call(e->c, op, o->v);
    keep(e, &o->after);
}

/* What op did that its row doesn't say, or NULL. */
static const char *undeclared(struct eval *e, struct rng *r, const struct ir_op *op)
{
    static struct guest before, other;
    static struct outcome one, two;
    static char text[64];
    u64 v[3];

    keep(e, &before);
    some_values(r, op, v);
    run(e, op, v, &before, &one);
    for (enum part p = 0; p < PARTS; p++) {
        bool wrote = differs(&before, &one.after, p);
        snprintf(text, sizeof text, "changes %s", part_names[p]);
        if (wrote && !may_write(op, p))
            return text;
        if ((before.flags ^ one.after.flags) & ~ir_eflags(op->sets))
            return "changes flags that it doesn't set";
        other = before;
        disturb(r, &other, p);
        run(e, op, v, &other, &two);
        snprintf(text, sizeof text, "looks at %s", part_names[p]);
        if ((one.hit != two.hit || one.v[0] != two.v[0]) && !may_read(op->code, p))
            return text;
    }
    put(e, &other); /* the next one begins elsewhere */
    return NULL;
}

/* Loads a state, and has the MMU find the page. */
static void begin(struct eval *e)
{
    static const u8 jump[] = {0xeb, 0xfe};

    e->mode = EVAL_32_SEG;
    eval_block(e, jump, sizeof jump);
    mmu_translate(&e->c->mmu, e->c->mmu.active, ISA_DATA, ACCESS_READ);
    mmu_translate(&e->c->mmu, e->c->mmu.active, ISA_DATA, ACCESS_WRITE);
}

int main(void)
{
    struct eval *e = eval_open(false, true);
    struct rng r = {1};
    unsigned tests = 0, failed = 0;

    if (!e) {
        printf("1..0 # SKIP no libffi, or no room\n");
        return 0;
    }
    begin(e);
    if (!memory(e)) {
        printf("1..0 # SKIP the host refuses flat tables\n");
        eval_close(e);
        return 0;
    }
    for (unsigned code = 0; code < IR_COUNT; code++) {
        const char *what = NULL;
        if (helpers[code].kind == HELPER_WALK)
            continue;
        for (unsigned i = 0; i < TRIES && !what; i++) {
            struct ir_op op = some_op(&r, code);
            what = undeclared(e, &r, &op);
        }
        failed += what != NULL;
        printf("%sok %u - %s %s\n", what ? "not " : "", ++tests, rows[code].name,
               what ? what : "does what its row says");
    }
    printf("1..%u\n", tests);
    eval_close(e);
    return failed != 0;
}
