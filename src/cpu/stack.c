/* SPDX-License-Identifier: MIT */
/* Stacks of far transfers and events: the frame's checks, then its words one by one. */
#include "cpu/seg.h"

u8 stack_width(const struct cpu *c, const struct seg *ss, const struct seg *cs)
{
    if (cpu_long_mode(c) && (cs->attr & SEG_L))
        return 8;
    return ss->attr & SEG_DB ? 4 : 2;
}

void stack_current(struct cpu *c, struct stack *s)
{
    seg_copy(&s->ss, &c->seg[SS]);
    s->sp = zext(c->gpr[RSP], c->stack_size);
    s->error = 0;
    s->width = c->stack_size;
    s->inner = false;
}

/* Offsets first .. last lie within a data segment. */
static bool within(const struct seg *s, u64 first, u64 last)
{
    if ((s->attr & SEG_UNUSABLE) || first > last)
        return false;
    if (!(s->attr & SEG_DOWN))
        return last <= s->limit;
    return first > s->limit && last <= (s->attr & SEG_DB ? 0xffffffff : 0xffff);
}

static linaddr stack_linear(struct cpu *c, const struct stack *s, u64 off, unsigned size)
{
    if (s->width == 8) {
        if (!is_canonical(off) || !is_canonical(off + size - 1))
            cpu_raise(c, VEC_SS, s->error);
        return off;
    }
    if (!within(&s->ss, off, off + size - 1))
        cpu_raise(c, VEC_SS, s->error);
    return (u32)(s->ss.base + off);
}

void stack_room(struct cpu *c, const struct stack *s, unsigned n)
{
    u64 low = zext(s->sp - n, s->width);

    if (low < s->sp) /* else it wraps: found out word by word */
        stack_linear(c, s, low, n);
}

void stack_put(struct cpu *c, struct stack *s, u64 v, unsigned size)
{
    u64 sp = zext(s->sp - size, s->width);
    linaddr lin = stack_linear(c, s, sp, size);

    if (s->inner)
        mem_write_sys(c, lin, v, size);
    else
        mem_write_lin(c, lin, v, size, SS);
    s->sp = sp;
}

/* Host address of `bytes` from offset `off` on, if they are plain memory within the stack. */
static u8 *stack_host(struct cpu *c, const struct stack *s, u64 off, unsigned bytes, bool write)
{
    u64 last = off + bytes - 1;
    bool good = s->width == 8 || within(&s->ss, off, last);

    if (!good || last < off || last != zext(last, s->width))
        return NULL;
    linaddr lin = s->width == 8 ? off : (u32)(s->ss.base + off);
    if (s->inner)
        return mmu_fast_system(&c->mmu, lin, bytes, write);
    return write ? mmu_fast_write(&c->mmu, lin, bytes)
                 : (u8 *)(uintptr_t)mmu_fast_read(&c->mmu, lin, bytes);
}

void stack_put_words(struct cpu *c, struct stack *s, const u64 *v, unsigned n, unsigned size)
{
    u64 low = zext(s->sp - n * size, s->width);
    u8 *p = stack_host(c, s, low, n * size, true);

    if (unlikely(!p)) {
        for (unsigned i = 0; i < n; i++)
            stack_put(c, s, v[i], size);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        st_size(p + (n - 1 - i) * size, v[i], size);
    s->sp = low;
}

void stack_get_words(struct cpu *c, struct stack *s, u64 *v, unsigned n, unsigned size)
{
    const u8 *p = stack_host(c, s, s->sp, n * size, false);

    for (unsigned i = 0; i < n; i++)
        v[i] = p ? ld_size(p + i * size, size) : stack_get(c, s, size);
    if (p)
        s->sp = zext(s->sp + n * size, s->width);
}

u64 stack_get(struct cpu *c, struct stack *s, unsigned size)
{
    linaddr lin = stack_linear(c, s, s->sp, size);
    u64 v = mem_read_lin(c, lin, size, SS);

    s->sp = zext(s->sp + size, s->width);
    return v;
}

void stack_commit(struct cpu *c, const struct stack *s)
{
    u64 *rsp = &c->gpr[RSP];
    *rsp = s->width == 2 ? (*rsp & ~0xffffull) | s->sp : s->sp;
}

/* The TSS that TR holds is one of the 386's. */
static bool tss_is_32(const struct cpu *c)
{
    return c->tr.attr & 8;
}

void stack_from_tss(struct cpu *c, unsigned cpl, struct stack *s)
{
    bool wide = tss_is_32(c);
    u32 off = wide ? 4 + cpl * 8 : 2 + cpl * 4;
    unsigned size = wide ? 4 : 2;

    if (off + size + 1 > c->tr.limit)
        cpu_raise_sel(c, VEC_TS, c->tr.sel);
    u64 sp = mem_read_sys(c, c->tr.base + off, size);
    u16 sel = (u16)mem_read_sys(c, c->tr.base + off + size, 2);
    seg_check_stack(c, sel, cpl, VEC_TS, &s->ss);
    s->width = s->ss.attr & SEG_DB ? 4 : 2;
    s->sp = zext(sp, s->width);
    s->error = sel & ~SEL_RPL;
    s->inner = true;
}

u64 tss64_rsp(struct cpu *c, unsigned n)
{
    u32 off = 4 + 8 * n;

    if (off + 7 > c->tr.limit)
        cpu_raise_sel(c, VEC_TS, c->tr.sel);
    return mem_read_sys(c, c->tr.base + off, 8);
}
