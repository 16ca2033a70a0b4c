/* SPDX-License-Identifier: MIT */
/*
 * Groups of accesses: those whose linear addresses differ by constants only and lie close
 * together, like a function's pushes and its locals. A backend may look for all of a group's
 * bytes at once where the first access is, if they lie on one page, and have the others go by that.
 *
 * One pass forwards gives each guest register a symbol and an offset: what it had at the start, or
 * when it was last set to something else than another register plus a constant. An address is
 * base + (index << scale) + offset then, two symbols. Mappings change in C only, so a STUB or CALL
 * ends all groups; what happens on slow paths is the backend's to see to.
 *
 * A backend holds a group in a register from its first access's instruction to its last one's, and
 * has few: the larger groups come first.
 */
#include "decode/feature.h"
#include "jit/ir.h"

#define SPAN 256  /* bytes of a group: few enough that they rarely cross a page */
#define MEMBERS 2 /* what it takes at least to pay */
#define VALUES 64 /* of one guest instruction that are looked at */

/* base + (index << scale) + offset; symbols, 0: none. */
struct place {
    u16 base, index;
    u8 scale;
    bool known;
    i64 offset;
};

struct candidate {
    struct place first;
    i64 low, high; /* from first.offset */
    ir_ref begin, end;
    u16 members;
    bool write, open;
};

struct grouping {
    struct ir *ir;
    unsigned size;  /* of addresses */
    u16 symbols;    /* given out so far */
    unsigned first; /* operation of the guest instruction */
    struct place gpr[GPR_COUNT];
    struct place value[VALUES];
    unsigned count;
    struct candidate candidate[IR_GROUPS];
};

#define SYMBOL_RIP 1

/* --- values --- */

static void fresh(struct grouping *g, unsigned reg)
{
    g->gpr[reg] = (struct place){.base = ++g->symbols, .known = true};
}

static void fresh_all(struct grouping *g)
{
    for (unsigned n = 0; n < GPR_COUNT; n++)
        fresh(g, n);
}

static struct place unknown(void)
{
    return (struct place){0};
}

static struct place value(const struct grouping *g, ir_ref ref)
{
    if (!ref)
        return (struct place){.known = true};
    return ref - g->first < VALUES ? g->value[ref - g->first] : unknown();
}

static struct place sum(struct grouping *g, const struct ir_op *op)
{
    struct place a = value(g, op->a), b = value(g, op->b);

    if (!a.known || !b.known || a.index || b.index || (op->a && g->ir->op[op->a].size != op->size))
        return unknown();
    if (op->b && (g->ir->op[op->b].size != op->size || (!op->scale && !a.base)))
        return unknown();
    a.offset = (i64)((u64)a.offset + ((u64)b.offset << op->scale) + (u64)op->imm);
    a.index = b.base;
    a.scale = b.base ? op->scale : 0;
    return a;
}

/* a + b or a - b, where b is a constant. */
static struct place step(struct grouping *g, const struct ir_op *op)
{
    struct place a = value(g, op->a), b = value(g, op->b);

    if (g->ir->op[op->b].code != IR_CONST || !a.known || g->ir->op[op->a].size != op->size)
        return unknown();
    u64 by = op->code == IR_ADD ? (u64)b.offset : 0 - (u64)b.offset;
    a.offset = (i64)((u64)a.offset + by);
    return a;
}

static struct place value_of(struct grouping *g, const struct ir_op *op)
{
    if (op->code == IR_CONST)
        return (struct place){.known = true, .offset = op->imm};
    if (op->size != g->size)
        return unknown();
    switch (op->code) {
    case IR_GET: return g->gpr[op->reg];
    case IR_RIP: return (struct place){.base = SYMBOL_RIP, .known = true, .offset = op->imm};
    case IR_EA: return sum(g, op);
    case IR_ADD:
    case IR_SUB: return step(g, op);
    default: return unknown();
    }
}

static void put(struct grouping *g, const struct ir_op *op)
{
    struct place v = op->code == IR_PUT && op->size == g->size ? value(g, op->a) : unknown();

    if (v.known && v.base && !v.index)
        g->gpr[op->reg] = v;
    else
        fresh(g, op->reg);
}

/* Registers that HOST operations change, or may. */
static void put_by_host(struct grouping *g, const struct ir_op *op)
{
    const struct insn *in = &ir_insn(g->ir, op->insn)->in;

    for (unsigned i = 0; i < ARRAY_LEN(in->op); i++)
        if (in->op[i].kind == OPND_GPR)
            fresh(g, in->op[i].reg);
    fresh(g, RAX); /* FNSTSW AX */
    if (insn_rows[in->row].cpu == CPU_SSE42)
        fresh(g, RCX); /* PCMPESTRI, PCMPISTRI */
}

/* --- accesses --- */

static bool is_access(const struct ir *ir, const struct ir_op *op)
{
    if (op->code == IR_HOST) { /* the x87 wants the operand's linear address */
        const struct insn *in = &ir_insn(ir, op->insn)->in;
        u32 attr = insn_rows[in->row].attr;
        return op->a && !(attr & (ATTR_FPU | ATTR_FPU_NOWAIT)) && !ir_wants_aligned(in);
    }
    return ir_is_access(op);
}

static i64 distance(const struct grouping *g, const struct place *from, const struct place *to)
{
    u64 d = (u64)to->offset - (u64)from->offset;
    return g->size == 4 ? (i32)d : (i64)d;
}

/* Whether access `op` at v fits in: if so, it is a member. */
static bool join(struct grouping *g, struct candidate *c, unsigned n, const struct place *v)
{
    struct ir_op *op = &g->ir->op[n];
    i64 at = distance(g, &c->first, v);

    if (!c->open || v->base != c->first.base || v->index != c->first.index ||
        v->scale != c->first.scale || at < -SPAN || at > SPAN)
        return false;
    i64 low = at < c->low ? at : c->low, high = at + op->size > c->high ? at + op->size : c->high;
    if (high - low > SPAN)
        return false;
    c->low = low;
    c->high = high;
    c->end = (ir_ref)n;
    c->members++;
    c->write |= op->code == IR_ST || op->code == IR_LDW || op->write;
    op->reg = (u8)(c - g->candidate + 1);
    op->imm = at;
    return true;
}

static void access(struct grouping *g, unsigned n)
{
    struct place v = value(g, g->ir->op[n].a);

    if (!v.known)
        return;
    for (unsigned i = g->count; i--;)
        if (join(g, &g->candidate[i], n, &v))
            return;
    if (g->count == IR_GROUPS)
        return;
    struct candidate *c = &g->candidate[g->count++];
    *c = (struct candidate){.first = v, .begin = (ir_ref)n, .open = true};
    join(g, c, n, &v);
}

static void close_all(struct grouping *g)
{
    for (unsigned i = 0; i < g->count; i++)
        g->candidate[i].open = false;
}

static void look_at(struct grouping *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];

    if (n == 1 || op->insn != op[-1].insn)
        g->first = n;
    if (is_access(g->ir, op))
        access(g, n);
    if (n - g->first < VALUES)
        g->value[n - g->first] = value_of(g, op);
    if (op->code == IR_PUT || op->code == IR_PUTH) {
        put(g, op);
    } else if (op->code == IR_HOST) {
        put_by_host(g, op);
    } else if (op->code == IR_STUB || op->code == IR_CALL) {
        fresh_all(g);
        close_all(g);
    }
}

/* --- choice --- */

static bool overlap(const struct ir *ir, const struct candidate *a, const struct candidate *b)
{
    return ir->op[a->begin].insn <= ir->op[b->end].insn &&
           ir->op[b->begin].insn <= ir->op[a->end].insn;
}

/* A register that c can have, as those chosen before don't need it at the same time; or
 * `registers`. */
static unsigned place_for(const struct grouping *g, const struct candidate *c, const u8 *reg,
                          unsigned registers)
{
    unsigned taken = 0, n = 0;

    for (unsigned i = 0; i < g->count; i++)
        if (reg[i] && overlap(g->ir, c, &g->candidate[i]))
            taken |= 1u << reg[i];
    while (n < registers && taken >> (n + 1) & 1)
        n++;
    return n;
}

static struct candidate *largest(struct grouping *g)
{
    struct candidate *best = NULL;

    for (unsigned i = 0; i < g->count; i++) {
        struct candidate *c = &g->candidate[i];
        if (c->members >= MEMBERS && (!best || c->members > best->members))
            best = c;
    }
    return best;
}

/* reg[]: 1 + the register of candidate n, 0: it gets none. */
static void choose(struct grouping *g, u8 *reg, unsigned registers)
{
    struct candidate *c;

    for (unsigned i = 0; i < g->count; i++)
        reg[i] = 0;
    while ((c = largest(g))) {
        unsigned n = place_for(g, c, reg, registers);
        if (n < registers)
            reg[c - g->candidate] = (u8)(n + 1);
        c->members = 0;
    }
}

/* Those chosen become groups, in the order of their first accesses; members of others are on their
 * own. */
static void settle(struct grouping *g, const u8 *reg)
{
    struct ir *ir = g->ir;
    u8 number[IR_GROUPS + 1] = {0};

    for (unsigned i = 0; i < g->count; i++) {
        const struct candidate *c = &g->candidate[i];
        if (!reg[i])
            continue;
        ir->group[ir->groups] = (struct ir_group){.first = c->begin,
                                                  .last = c->end,
                                                  .span = (u16)(c->high - c->low),
                                                  .write = c->write,
                                                  .reg = (u8)(reg[i] - 1)};
        number[i + 1] = (u8)++ir->groups;
    }
    for (unsigned n = 1; n <= ir->count; n++) {
        struct ir_op *op = &ir->op[n];
        if (!is_access(ir, op) || !op->reg)
            continue;
        op->imm = number[op->reg] ? op->imm - g->candidate[op->reg - 1].low : 0;
        op->reg = number[op->reg];
    }
}

void ir_make_groups(struct ir *ir, unsigned registers)
{
    bool code64 = (ir->block->mode & BLOCK_CODE_MASK) == BLOCK_CODE64;
    struct grouping g = {.ir = ir, .size = code64 ? 8 : 4, .symbols = SYMBOL_RIP};
    u8 reg[IR_GROUPS];

    if (!registers)
        return;
    fresh_all(&g);
    for (unsigned n = 1; n <= ir->count; n++)
        look_at(&g, n);
    choose(&g, reg, registers);
    settle(&g, reg);
}
