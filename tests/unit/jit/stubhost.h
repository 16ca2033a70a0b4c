/* SPDX-License-Identifier: MIT */
/*
 * A backend for tests of the JIT's control: it keeps all of a backend's promises (budget, links,
 * jump cache, kill), and has every guest instruction run by the interpreter. Its "code" is a
 * struct stub_code in the code buffer.
 */
#ifndef ERSATZ_TESTS_STUBHOST_H
#define ERSATZ_TESTS_STUBHOST_H

#include "cpu/engine.h"
#include "jit/host.h"

struct stub_code {
    struct jit_code *code;
    const struct stub_code *link[2];
    bool dead;
    bool relative, ends; /* how its last instruction leaves */
    u64 taken;           /* where to, counted from the block's first byte */
    u64 room[8];         /* blocks are larger in real life, too */
};

static inline bool stub_init(struct jit_buffer *buf, const struct jit_options *opt)
{
    buf->used = buf->thunks = 64;
    return true;
}

static inline struct stub_code *stub_writable(const struct jit_buffer *buf, const u8 *entry)
{
    return (struct stub_code *)(buf->rw + (entry - buf->rx));
}

static inline bool stub_compile(struct jit_buffer *buf, const struct ir *ir, struct jit_code *code)
{
    const struct block *b = ir->block;
    const struct op *last = &b->ops[b->count - 1];

    if (buf->used + sizeof(struct stub_code) > buf->size)
        return false;
    code->entry = buf->rx + buf->used;
    code->bytes = sizeof(struct stub_code);
    code->way[WAY_NEXT].at = code->way[WAY_TAKEN].at = 8;
    *stub_writable(buf, code->entry) = (struct stub_code){
        .code = code,
        .relative = last->in.op[0].kind == OPND_REL,
        .ends = insn_ends_block(&last->in),
        .taken = last->in.imm,
    };
    buf->used += sizeof(struct stub_code);
    return true;
}

/* Where c->rip leads from code: other code, or NULL and `exit` says how it leaves. */
static inline const struct stub_code *stub_next(const struct jit_buffer *buf, struct cpu *c,
                                                const struct stub_code *s, u64 base)
{
    struct jit_regs *r = jit_regs(c);
    u64 target = base + s->taken;
    bool taken = s->ends && c->rip == (c->code_mode == CODE64 ? target : (u32)target);

    if (s->ends && !s->relative) {
        r->exit = LEAVE_STUB;
        return NULL;
    }
    r->exit = LEAVE_LINK;
    r->way = &s->code->way[taken ? WAY_TAKEN : WAY_NEXT];
    if (c->rip - r->rip_page < 4096)
        return s->link[taken];
    r->exit = LEAVE_INDIRECT;
    const struct jit_jump *j = &r->jumps[jit_jump_index(c->rip)];
    if (j->lin != c->rip || j->page != mmu_fetched(&c->mmu, c->rip))
        return NULL;
    r->rip_page = c->rip & ~4095ull;
    return stub_writable(buf, j->entry);
}

static inline void stub_enter(const struct jit_buffer *buf, struct cpu *c,
                              const struct jit_code *code)
{
    struct jit_regs *r = jit_regs(c);
    const struct stub_code *s = stub_writable(buf, code->entry);

    for (; s; s = stub_next(buf, c, s, r->rip_page + (s->code->block->phys & 4095))) {
        const struct block *b = s->code->block;
        u64 base = r->rip_page + (b->phys & 4095), end = base + b->bytes;
        r->way = s->code->way;
        r->exit = LEAVE_BUDGET;
        c->rip = c->code_mode == CODE64 ? base : (u32)base;
        if (s->dead || c->budget < b->count)
            return;
        c->budget -= b->count;
        for (unsigned i = 0; i + s->ends < b->count; i++)
            jit_stub(c, &b->ops[i]);
        c->rip = c->code_mode == CODE64 ? end : (u32)end;
        if (s->ends)
            jit_stub_end(c, &b->ops[b->count - 1]);
    }
}

static inline void stub_link(struct jit_buffer *buf, const struct jit_way *way,
                             const struct jit_code *to)
{
    const struct jit_code *from = way->from;
    stub_writable(buf, from->entry)->link[way - from->way] = stub_writable(buf, to->entry);
}

static inline void stub_kill(struct jit_buffer *buf, struct jit_code *code)
{
    stub_writable(buf, code->entry)->dead = true;
}

static const struct host stubhost = {
    .name = "stubs",
    .init = stub_init,
    .compile = stub_compile,
    .enter = stub_enter,
    .link = stub_link,
    .kill = stub_kill,
};

#endif
