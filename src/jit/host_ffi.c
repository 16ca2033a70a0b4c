/* SPDX-License-Identifier: MIT */
/*
 * The portable backend: no host code. A block's operations are kept in the code buffer, and
 * enter() walks them: what computes is a C helper (helper.def), called through libffi by the
 * helper's declared signature, what leaves or calls the interpreter is done here.
 *
 * Guest registers and status flags are in struct cpu all the time: nothing is to be saved before
 * C is called. It is some eight times slower than the interpreter, and is there so that all of the
 * JIT but the backend runs on every host, and as what the other backends are compared with.
 */
#include "config.h"
#include "jit/host.h"

#ifdef HAVE_LIBFFI
#include <ffi.h>

#include "cpu/flags.h"
#include "jit/helper.h"

/* A translated block, in the buffer. What lies there is written at its RW address and is read at
 * its RX address, by which the rest of the JIT knows it. */
struct walk {
    i64 cost; /* BLOCK_COST_INVALID: killed */
    const struct block *block;
    struct jit_code *code;
    const struct walk *link[IR_WAYS]; /* by way; NULL: not linked */
    const struct ir_insn *insn;       /* behind the operations */
    u16 page_offset;
    u8 rip_size; /* bytes of RIP */
    u16 count;   /* operations, the first at 1 */
    struct ir_op op[];
};

/* --- calls by signature --- */

#define KINDS (HELPER_TRY + 1)
#define VALUES_MAX 3
#define ARGS_MAX (2 + VALUES_MAX)

/* At the bottom of the buffer: calls of each kind, by number of values. */
struct calls {
    struct call {
        ffi_cif cif;
        ffi_type *args[ARGS_MAX];
    } call[KINDS][VALUES_MAX + 1];
};

static bool prepare(struct call *call, enum helper_kind kind, unsigned values)
{
    ffi_type *result = kind == HELPER_VALUE ? &ffi_type_uint64
                       : kind == HELPER_TRY ? &ffi_type_uint8
                                            : &ffi_type_void;

    call->args[0] = call->args[1] = &ffi_type_pointer;
    for (unsigned i = 0; i < values; i++)
        call->args[2 + i] = i == 0 && kind == HELPER_TRY ? &ffi_type_pointer : &ffi_type_uint64;
    return ffi_prep_cif(&call->cif, FFI_DEFAULT_ABI, 2 + values, result, call->args) == FFI_OK;
}

static bool init(struct jit_buffer *buf, const struct jit_options *opt)
{
    struct calls *calls = (struct calls *)buf->rw;

    if (buf->size < sizeof *calls)
        return false;
    for (enum helper_kind kind = HELPER_VALUE; kind <= HELPER_TRY; kind++)
        for (unsigned n = 0; n <= VALUES_MAX; n++)
            if (!prepare(&calls->call[kind][n], kind, n))
                return false;
    buf->thunks = buf->used = align_up(sizeof *calls, 16);
    return true;
}

/* Does op by its helper; *value is where its value goes. False: the fast path doesn't do. */
static bool call_helper(struct calls *calls, struct cpu *c, const struct ir_op *op, u64 *value,
                        const u64 *values)
{
    const struct helper *h = &helpers[op->code];
    union {
        ffi_arg small; /* what libffi makes of a bool */
        u64 value;
    } result = {0};
    void *args[ARGS_MAX] = {&c, &op, (void *)&values[op->a], (void *)&values[op->b],
                            (void *)&values[op->c]};

    if (h->kind == HELPER_TRY) {
        *value = values[op->a];
        args[2] = &value;
    }
    ffi_call(&calls->call[h->kind][h->values].cif, h->fn, &result, args);
    if (h->kind == HELPER_TRY)
        return result.small;
    *value = result.value;
    return true;
}

/* --- translation --- */

/* Operations whose helper takes others than their own operands: see helper.def. */
static void widen(struct ir_op *op, const struct ir_op *all)
{
    const struct ir_op *of = &all[op->a];

    if (op->code == IR_STW) {
        op->a = of->a;
    } else if (op->code == IR_HIGH || op->code == IR_REM) {
        op->reg = of->code;
        op->a = of->a;
        op->b = of->b;
        op->c = of->c;
    }
}

static struct walk *writable(const struct jit_buffer *buf, const struct walk *w)
{
    return (struct walk *)(buf->rw + ((const u8 *)w - buf->rx));
}

/* Way `way`, if it stays on the page. */
static void note_way(struct jit_code *code, unsigned way, i64 imm)
{
    bool on_page = imm >= 0 && imm < 4096;

    code->way[way].at = on_page ? (u32)(offsetof(struct walk, link) + way * sizeof(void *)) : 0;
}

/* Where a BRANCH goes on that doesn't jump. */
static i64 after(const struct walk *w, const struct ir_op *op)
{
    const struct op *by = w->insn[op->insn].op;
    return (i64)ir_insn_at(by) + by->in.len;
}

static void note_ways(struct jit_code *code, const struct walk *w)
{
    for (unsigned n = 1; n <= w->count; n++) {
        const struct ir_op *op = &w->op[n];
        if (op->code == IR_BRANCH)
            note_way(code, WAY_NEXT, after(w, op));
        if (op->code == IR_BRANCH || op->code == IR_JUMP || (op->code == IR_GUARD && op->a))
            note_way(code, op->write, op->imm);
    }
}

static bool compile(struct jit_buffer *buf, const struct ir *ir, struct jit_code *code)
{
    size_t at = align_up(buf->used, 16);
    size_t insns = sizeof(struct walk) + (ir->count + 1) * sizeof(struct ir_op);
    size_t bytes = insns + ir->insns * sizeof(struct ir_insn);
    if (at + bytes > buf->size)
        return false;
    struct walk *w = (struct walk *)(buf->rw + at);

    *w = (struct walk){.cost = code->cost,
                       .block = ir->block,
                       .code = code,
                       .insn = (const struct ir_insn *)(const void *)(buf->rx + at + insns),
                       .page_offset = (u16)ir_insn_at(ir_insn(ir, 0)),
                       .rip_size = (ir->block->mode & BLOCK_CODE_MASK) == BLOCK_CODE64 ? 8 : 4,
                       .count = (u16)ir->count};
    memcpy(buf->rw + at + insns, ir->insn, ir->insns * sizeof(struct ir_insn));
    memcpy(w->op, ir->op, (ir->count + 1) * sizeof(struct ir_op));
    code->stubs = 0;
    for (unsigned i = 1; i <= ir->count; i++) {
        widen(&w->op[i], ir->op);
        code->stubs += w->op[i].code == IR_STUB || w->op[i].code == IR_STUBEND;
        if (w->op[i].code == IR_HOST)
            jit_no_tile(ir, w->op[i].insn);
    }
    code->entry = buf->rx + at;
    code->bytes = (u32)bytes;
    note_ways(code, w);
    buf->used = at + bytes;
    return true;
}

static void link_way(struct jit_buffer *buf, const struct jit_way *way, const struct jit_code *to)
{
    struct walk *w = writable(buf, (const struct walk *)way->from->entry);

    w->link[way - way->from->way] = (const struct walk *)to->entry;
}

static void kill_code(struct jit_buffer *buf, struct jit_code *code)
{
    writable(buf, (const struct walk *)code->entry)->cost = BLOCK_COST_INVALID;
}

/* --- leaving a block --- */

static void leave(struct cpu *c, const struct walk *w, u64 rip, enum jit_leave how, unsigned way)
{
    struct jit_regs *r = jit_regs(c);

    c->rip = rip;
    r->flags = flags_get(c);
    r->way = &w->code->way[way];
    r->exit = how;
}

/* The code at linear address lin by the jump cache; NULL: unknown. */
static const struct walk *jump_cached(struct cpu *c, linaddr lin)
{
    const struct jit_jump *j = &jit_regs(c)->jumps[jit_jump_index(lin)];

    return j->lin == lin && mmu_fetched(&c->mmu, lin) == j->page ? (const struct walk *)j->entry
                                                                 : NULL;
}

static const struct walk *jump_to(struct cpu *c, const struct walk *w, unsigned way, u64 rip)
{
    linaddr lin = w->rip_size == 8 ? rip : (u32)(rip + c->seg[CS].base);
    u64 page = rip - lin % 4096;
    const struct walk *to = page < jit_regs(c)->whole_below ? jump_cached(c, lin) : NULL;

    if (to)
        jit_regs(c)->rip_page = page;
    else
        leave(c, w, rip, LEAVE_INDIRECT, way);
    return to;
}

/* To the page's RIP + offset, cut to `size`. */
static const struct walk *go(struct cpu *c, const struct walk *w, unsigned way, i64 offset,
                             unsigned size)
{
    u64 far_rip = jit_regs(c)->rip_page + (u64)offset, rip = zext(far_rip, size);
    bool page = offset >= 0 && offset < 4096 && rip == zext(far_rip, w->rip_size);

    if (!page)
        return jump_to(c, w, way, rip);
    if (!w->link[way])
        leave(c, w, rip, LEAVE_LINK, way);
    return w->link[way];
}

static const struct walk *end(struct cpu *c, const struct walk *w, const struct ir_op *op,
                              const u64 *values)
{
    bool taken = op->code != IR_BRANCH || values[op->a];

    if (op->code == IR_JUMPI)
        return jump_to(c, w, WAY_TAKEN, values[op->a]);
    if (taken)
        return go(c, w, op->write, op->imm, op->size);
    return go(c, w, WAY_NEXT, after(w, op), w->rip_size);
}

/* --- the walk --- */

/* Has the interpreter run the whole guest instruction that operation n is of. The number of the
 * operation to go on at; 0: the block has been left. */
static unsigned interpret(struct cpu *c, const struct walk *w, unsigned n)
{
    unsigned insn = w->op[n].insn;
    const struct op *op = w->insn[insn].op;
    unsigned rest = w->insn[insn].rest;

    jit_regs(c)->flags = flags_get(c);
    if (insn_ends_block(&op->in)) {
        c->budget += rest;
        jit_stub_end(c, op);
        leave(c, w, c->rip, LEAVE_STUB, 0);
        return 0;
    }
    if (!rest) {
        jit_stub(c, op);
    } else if (!jit_stub_part(c, op, rest)) {
        leave(c, w, c->rip, LEAVE_STUB, 0);
        return 0;
    }
    while (w->op[n].insn == insn && !ir_is(&w->op[n], IR_END))
        n++;
    return n;
}

/* The code doesn't begin. */
static const struct walk *leave_here(struct cpu *c, const struct walk *w, enum jit_leave why)
{
    leave(c, w, zext(jit_regs(c)->rip_page + w->page_offset, w->rip_size), why, 0);
    return NULL;
}

/* The region is left, and what its entry has paid for the blocks to come is given back. */
static const struct walk *leave_region(struct cpu *c, const struct walk *w, const struct ir_op *op)
{
    c->budget += w->insn[op->insn].rest;
    return go(c, w, op->write, op->imm, op->size);
}

/* See jit_has_second_check(). */
static bool on_its_pages(const struct cpu *c, const struct walk *w)
{
    const struct block *b = w->block;
    u64 next = ((const struct jit_regs *)c->engine_words)->rip_page + 4096;

    if (!b->two_pages || !c->mmu.fetch || !(b->mode & BLOCK_CS_FLAT))
        return true;
    next = zext(next, w->rip_size);
    return c->mmu.fetch[bits_get(next, 12, 36)] == mmu_fetch_word(b->phys2);
}

/* Runs w; the code to go on with, or NULL: it was left for good. */
static const struct walk *run(struct calls *calls, struct cpu *c, const struct walk *w)
{
    u64 values[IR_MAX];
    unsigned n = 1;

    if (c->budget < w->cost || !on_its_pages(c, w))
        return leave_here(c, w, LEAVE_BUDGET);
    if (w->code->runs && --*w->code->runs < 0)
        return leave_here(c, w, LEAVE_HOT);
    c->budget -= w->cost;
    values[IR_NONE] = 0;
    while (n) {
        const struct ir_op *op = &w->op[n];
        switch (op->code) {
        case IR_JUMP:
        case IR_BRANCH:
        case IR_JUMPI: return end(c, w, op, values);
        case IR_GUARD:
            if (op->a && (values[op->a] == 0) == op->reg)
                return leave_region(c, w, op);
            n++;
            break;
        case IR_STUB:
        case IR_STUBEND:
        case IR_HOST: n = interpret(c, w, n); break;
        case IR_EXPECT: n++; break;
        case IR_CALL: jit_call(c, w->insn[op->insn].op), n++; break;
        case IR_CONST: values[n++] = (u64)op->imm; break;
        default:
            n = call_helper(calls, c, op, &values[n], values) ? n + 1 : interpret(c, w, n);
            break;
        }
    }
    return NULL;
}

static void enter(const struct jit_buffer *buf, struct cpu *c, const struct jit_code *code)
{
    const struct walk *w = (const struct walk *)code->entry;

    flags_set(c, (u32)jit_regs(c)->flags);
    while (w)
        w = run((struct calls *)buf->rw, c, w);
}

#else

static bool init(struct jit_buffer *buf, const struct jit_options *opt)
{
    return false; /* built without libffi */
}

static bool compile(struct jit_buffer *buf, const struct ir *ir, struct jit_code *code)
{
    return false;
}

static void enter(const struct jit_buffer *buf, struct cpu *c, const struct jit_code *code)
{
}

static void link_way(struct jit_buffer *buf, const struct jit_way *way, const struct jit_code *to)
{
}

static void kill_code(struct jit_buffer *buf, struct jit_code *code)
{
}

#endif

const struct host host_ffi = {
    .name = "ffi",
    .init = init,
    .compile = compile,
    .enter = enter,
    .link = link_way,
    .kill = kill_code,
};
