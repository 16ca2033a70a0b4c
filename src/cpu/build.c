/* SPDX-License-Identifier: MIT */
/* Building blocks: fetching and decoding. The rules of where blocks end are in block.h. */
#include "cpu/build.h"

#include "board/memmap.h"
#include "cpu/engine.h"
#include "cpu/mem.h"

#define PAGE 4096u

struct mmu_target fetch_page(struct cpu *c, linaddr lin)
{
    enum mmu_view_id view = c->cpl == 3 ? VIEW_USER : VIEW_SUPER;
    struct mmu_target t = mmu_translate(&c->mmu, view, lin, ACCESS_FETCH);
    if (t.fault)
        cpu_page_fault(c, lin, t.error);
    return t;
}

u64 fetch_limit(struct cpu *c)
{
    if (c->code_mode == CODE64) {
        if (!is_canonical(c->rip))
            cpu_raise(c, VEC_GP, 0);
        return UINT64_MAX;
    }
    if (c->rip > c->seg[CS].limit)
        cpu_raise(c, VEC_GP, 0);
    return (u64)c->seg[CS].limit + 1 - c->rip;
}

static void read_bytes(struct cpu *c, const struct mmu_target *t, u8 *buf, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        buf[i] = t->host ? t->host[i] : (u8)memmap_read(c->bus.mem, t->phys + i, 1);
}

/* Branches and RIP-relative operands of an instruction at op->at count from the block's first
 * byte. False if the displacement can't hold that. */
static bool rebase(struct op *op)
{
    struct insn *in = &op->in;
    i32 next = op->at + in->len;

    for (unsigned i = 0; i < ARRAY_LEN(in->op); i++) {
        if (in->op[i].kind == OPND_REL)
            in->imm += (u64)next;
        if (in->op[i].kind == OPND_ONE) {
            in->op[i].kind = OPND_IMM;
            in->imm = 1;
        }
    }
    i32 disp;
    if (!insn_rip_relative(in))
        return true;
    if (__builtin_add_overflow(in->disp, next, &disp))
        return false;
    in->disp = disp;
    return true;
}

/* The instruction is none on this CPU. */
static void refuse_missing(struct cpu *c, struct insn *in)
{
    enum cpu_feature need = insn_rows[in->row].cpu;
    if (in->row == ROW_UD || cpu_has(c, need))
        return;
    if (insn_rows[in->row].attr & ATTR_FALLBACK) {
        in->row--;
        return;
    }
    c->engine->missing_seen = true;
    c->engine->missing = need;
    *in = (struct insn){.row = ROW_UD,
                        .len = in->len,
                        .osize = in->osize,
                        .asize = in->asize,
                        .base = GPR_ZERO,
                        .index = GPR_ZERO};
}

/* Adds the op at *end, whose instruction is decoded; true if it ends the block. */
static bool append(struct cpu *c, struct block *b, struct op **end)
{
    struct op *op = *end;
    unsigned len = op->in.len;

    op->at = b->bytes;
    refuse_missing(c, &op->in);
    bool last = exec_bind(op, b->mode);
    if (!rebase(op)) {
        /* Alone in its block, an op before it puts the missing bytes into GPR_ZERO, the index:
         * the run loop clears it. */
        op->in.index = GPR_ZERO;
        op->in.scale = 0;
        op[1] = op[0];
        op->run = exec_rip_bias;
        *end = ++op;
        last = true;
    }
    b->bytes = (u16)(b->bytes + len);
    b->count++;
    *end = op + 1;
    return last;
}

static void finish(struct block *b, struct op *end)
{
    *end = (struct op){.run = exec_next, .at = b->bytes};
    for (struct op *op = b->ops; op < end; op++) {
        unsigned after = (unsigned)(end - op);
        op->left = (u8)(after < b->count ? after : b->count);
        op->nth = (u8)(op - b->ops);
        op->unaligned = 0;
    }
    b->cost = b->count;
}

static void begin(struct engine *e, struct block *b, physaddr phys, unsigned mode)
{
    memset(b, 0, sizeof *b);
    b->next[WAY_NEXT] = b->next[WAY_TAKEN] = e->none;
    b->phys = phys;
    b->mode = (u8)mode;
    b->valid = true;
    b->heat = 1;
}

/* One instruction that lies on two pages, or has no host memory behind it. */
static void build_one(struct cpu *c, struct block *b, const struct fetch *f, linaddr lin)
{
    u8 buf[15];
    struct op *end = b->ops;
    unsigned here = PAGE - (unsigned)(lin % PAGE);
    unsigned n = f->limit < sizeof buf ? (unsigned)f->limit : sizeof buf;
    unsigned first = here < n ? here : n;

    read_bytes(c, &f->at, buf, first);
    enum decode_result r = insn_decode(&end->in, buf, first, c->code_mode);
    if (r == DECODE_SHORT && n > first) {
        linaddr next = c->code_mode == CODE64 ? lin + here : (u32)(lin + here);
        struct mmu_target second = fetch_page(c, next);
        read_bytes(c, &second, buf + first, n - first);
        r = insn_decode(&end->in, buf, n, c->code_mode);
        b->two_pages = true;
        b->phys2 = second.phys;
        if (!second.host)
            b->valid = false;
    }
    if (r != DECODE_OK) /* longer than 15 bytes, or beyond CS */
        cpu_raise(c, VEC_GP, 0);
    append(c, b, &end);
    finish(b, end);
}

void block_build(struct cpu *c, struct block *b, const struct fetch *f, linaddr lin, unsigned mode)
{
    begin(c->engine, b, f->at.phys, mode);

    unsigned room = PAGE - (unsigned)(lin % PAGE);
    if (f->limit < room)
        room = (unsigned)f->limit;
    struct op *end = b->ops;
    bool last = false;
    while (f->at.host && !last && b->count < BLOCK_MAX_OPS) {
        struct insn *in = &end->in;
        unsigned n = room - b->bytes;
        const u8 *p = f->at.host + b->bytes;
        if (!n || insn_decode(in, p, n < 15 ? n : 15, c->code_mode) != DECODE_OK)
            break;
        bool far_rip = insn_rip_relative(in) && in->disp > INT32_MAX - (i32)PAGE;
        if (far_rip && b->count)
            break; /* see append() */
        last = append(c, b, &end);
    }
    if (b->count)
        finish(b, end);
    else
        build_one(c, b, f, lin);
}

/* --- parts --- */

struct block *block_part(struct engine *e, const struct op *op, unsigned n)
{
    struct block *b = e->scratch;
    exec_fn *first = exec_own(op);
    unsigned ops = n + (first == exec_rip_bias); /* which is alone in its block */
    memmove(b->ops, op, ops * sizeof *op);
    begin(e, b, 0, 0);
    b->ops[0].run = first;
    b->count = (u8)n;
    b->cost = n;
    for (unsigned i = 0; i < ops; i++) {
        b->ops[i].left = (u8)(i < n ? n - i : 1);
        b->ops[i].nth = (u8)i;
    }
    const struct op *last = &b->ops[ops - 1];
    b->ops[ops] = (struct op){.run = exec_stop, .at = (u16)(last->at + last->in.len)};
    return b;
}
