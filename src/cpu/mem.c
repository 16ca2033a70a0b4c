/* SPDX-License-Identifier: MIT */
/*
 * Memory access off the fast path: segment faults (SDM vol. 3, 5.3), canonical addresses,
 * page walks, accesses that cross a page, MMIO, pages with translated code, alignment checks
 * and data breakpoints. All checks of an access come before its first byte is written.
 */
#include "cpu/mem.h"

#include "board/memmap.h"
#include "cpu/debug.h"
#include "cpu/engine.h"

/* An access is cut into at most two parts, one a page. */
struct part {
    physaddr phys;
    u8 *host;
    unsigned n;
};

struct access {
    struct part part[2];
    unsigned count;
};

_Noreturn static void segment_fault(struct cpu *c, enum seg_reg seg)
{
    cpu_raise(c, seg == SS ? VEC_SS : VEC_GP, 0);
}

/* --- segments --- */

static bool type_allows(const struct seg *s, bool write)
{
    if (s->attr & SEG_UNUSABLE)
        return false;
    if (s->attr & SEG_CODE)
        return !write && (s->attr & SEG_RW);
    return !write || (s->attr & SEG_RW);
}

static bool limit_allows(const struct seg *s, u64 off, unsigned size)
{
    u64 last = off + size - 1;
    if (!(s->attr & SEG_CODE) && (s->attr & SEG_DOWN))
        return off > s->limit && last <= (s->attr & SEG_DB ? 0xffffffff : 0xffff);
    return last <= s->limit;
}

linaddr mem_segment_slow(struct cpu *c, enum seg_reg seg, u64 off, unsigned size, bool write)
{
    const struct seg *s = &c->seg[seg];
    bool typed = cpu_protected(c); /* real and VM86 mode look at the limit alone */
    if ((typed && !type_allows(s, write)) || !limit_allows(s, off, size))
        segment_fault(c, seg);
    return (u32)(s->base + off);
}

/* --- the slow path proper --- */

static void check_access(struct cpu *c, linaddr lin, unsigned n, enum seg_reg seg, bool write)
{
    if (c->code_mode == CODE64 && (!is_canonical(lin) || !is_canonical(lin + n - 1)))
        segment_fault(c, seg);
    if (!c->mmu.blind)
        return;
    if (c->cpl == 3 && (c->cr0 & CR0_AM) && (c->eflags & EFL_AC) && n <= 8 && (lin & (n - 1)))
        cpu_raise(c, VEC_AC, 0);
    if (cpu_debug_watches(c))
        cpu_debug_data(c, lin, n, write);
}

static void translate(struct cpu *c, struct part *p, enum mmu_view_id view, linaddr lin,
                      enum mmu_access kind)
{
    struct mmu_target t = mmu_translate(&c->mmu, view, lin, kind);
    if (t.fault)
        cpu_page_fault(c, lin, t.error);
    p->phys = t.phys;
    p->host = t.host;
}

static ALWAYS_INLINE struct access locate(struct cpu *c, enum mmu_view_id view, linaddr lin,
                                          unsigned n, enum mmu_access kind)
{
    struct access a;
    unsigned room = 4096 - (lin & 4095);
    a.count = 1;
    a.part[0].n = n < room ? n : room;
    translate(c, &a.part[0], view, lin, kind);
    if (n > room) {
        linaddr second = lin + room;
        if (!cpu_long_mode(c))
            second = (u32)second;
        a.count = 2;
        a.part[1].n = n - room;
        translate(c, &a.part[1], view, second, kind);
    }
    return a;
}

/* Code at phys may be what runs now: the running block, or one that an accelerator has made one
 * piece of code of with it, which lie on one page. Who runs parts of blocks doesn't know. */
static bool may_run(const struct cpu *c, physaddr phys)
{
    const struct block *b = block_of(c->op);
    return b == c->engine->scratch || !((b->phys ^ phys) >> 12);
}

/*
 * What has no host address is a device, or a page with code. A device is touched, and code that
 * may be running overwritten, only by an instruction that is the last of its block.
 */
static void be_last(struct cpu *c, const struct access *a, bool write)
{
    if (!c->op || c->op->left <= 1)
        return;
    for (unsigned i = 0; i < a->count; i++) {
        const struct part *p = &a->part[i];
        if (p->host)
            continue;
        const struct page_info *info = write ? memmap_page(c->bus.mem, p->phys) : NULL;
        unsigned first = p->phys & 4095;
        if (!info || (may_run(c, p->phys) && page_has_code(info, first, first + p->n - 1)))
            cpu_retry_single(c);
    }
}

static void part_read(struct cpu *c, const struct part *p, u8 *buf)
{
    if (p->host) {
        memcpy(buf, p->host, p->n);
        return;
    }
    for (unsigned done = 0; done < p->n;) {
        unsigned left = p->n - done;
        unsigned size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        u64 v = memmap_read(c->bus.mem, p->phys + done, size);
        st_size(buf + done, v, size);
        done += size;
    }
}

static void part_write(struct cpu *c, const struct part *p, const u8 *buf)
{
    if (p->host) {
        memcpy(p->host, buf, p->n);
        return;
    }
    for (unsigned done = 0; done < p->n;) {
        unsigned left = p->n - done;
        unsigned size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        memmap_write(c->bus.mem, p->phys + done, ld_size(buf + done, size), size);
        done += size;
    }
}

static void read_parts(struct cpu *c, const struct access *a, void *buf)
{
    part_read(c, &a->part[0], buf);
    if (a->count == 2)
        part_read(c, &a->part[1], (u8 *)buf + a->part[0].n);
}

static void write_parts(struct cpu *c, const struct access *a, const void *buf)
{
    part_write(c, &a->part[0], buf);
    if (a->count == 2)
        part_write(c, &a->part[1], (const u8 *)buf + a->part[0].n);
}

static void read_lin(struct cpu *c, linaddr lin, void *buf, unsigned n, enum seg_reg seg)
{
    check_access(c, lin, n, seg, false);
    struct access a = locate(c, c->mmu.active, lin, n, ACCESS_READ);
    be_last(c, &a, false);
    read_parts(c, &a, buf);
}

static void write_lin(struct cpu *c, linaddr lin, const void *buf, unsigned n, enum seg_reg seg)
{
    check_access(c, lin, n, seg, true);
    struct access a = locate(c, c->mmu.active, lin, n, ACCESS_WRITE);
    be_last(c, &a, true);
    write_parts(c, &a, buf);
}

/* The shortest way of a write without a word in the flat tables: by the soft TLB, or data in a
 * page that also has code, which are written to often. */
static u8 *write_aside(const struct cpu *c, linaddr lin, unsigned size)
{
    u8 *p = mmu_soft_fast(&c->mmu, lin, size, true);
    return p || c->mmu.blind ? p : mmu_write_beside_code(&c->mmu, lin, size);
}

u64 mem_read_slow(struct cpu *c, linaddr lin, unsigned size, enum seg_reg seg)
{
    u8 buf[8], *soft = mmu_soft_fast(&c->mmu, lin, size, false);
    if (soft)
        return ld_size(soft, size);
    read_lin(c, lin, buf, size, seg);
    return ld_size(buf, size);
}

void mem_write_slow(struct cpu *c, linaddr lin, u64 v, unsigned size, enum seg_reg seg)
{
    u8 buf[8], *aside = write_aside(c, lin, size);
    if (likely(aside != NULL)) {
        st_size(aside, v, size);
        return;
    }
    st_size(buf, v, size);
    write_lin(c, lin, buf, size, seg);
}

void mem_read_bytes(struct cpu *c, enum seg_reg seg, u64 off, void *buf, unsigned n)
{
    linaddr lin = mem_linear(c, seg, off, n, false);
    const u8 *p = mmu_fast_read(&c->mmu, lin, n);
    if (likely(p != NULL))
        memcpy(buf, p, n);
    else
        read_lin(c, lin, buf, n, seg);
}

void mem_write_bytes(struct cpu *c, enum seg_reg seg, u64 off, const void *buf, unsigned n)
{
    linaddr lin = mem_linear(c, seg, off, n, true);
    u8 *p = mmu_fast_write(&c->mmu, lin, n);
    if (likely(p != NULL))
        memcpy(p, buf, n);
    else
        write_lin(c, lin, buf, n, seg);
}

void mem_probe_write(struct cpu *c, enum seg_reg seg, u64 off, unsigned n)
{
    linaddr lin = mem_linear(c, seg, off, n, true);
    if (mmu_fast_write(&c->mmu, lin, n) || write_aside(c, lin, n))
        return;
    check_access(c, lin, n, seg, true);
    struct access a = locate(c, c->mmu.active, lin, n, ACCESS_WRITE);
    be_last(c, &a, true);
}

/* --- implicit supervisor accesses: EFLAGS.AC doesn't lift SMAP for them --- */

static enum mmu_view_id system_view(const struct cpu *c)
{
    return c->cr4 & CR4_SMAP ? VIEW_SUPER_SMAP : VIEW_SUPER;
}

static ALWAYS_INLINE linaddr system_linear(struct cpu *c, linaddr lin, unsigned size)
{
    if (!cpu_long_mode(c))
        return (u32)lin;
    if (!is_canonical(lin) || !is_canonical(lin + size - 1))
        cpu_raise(c, VEC_GP, 0);
    return lin;
}

u64 mem_read_sys(struct cpu *c, linaddr lin, unsigned size)
{
    lin = system_linear(c, lin, size);
    const u8 *p = mmu_fast_system(&c->mmu, lin, size, false);
    if (likely(p != NULL))
        return ld_size(p, size);
    u8 buf[8];
    struct access a = locate(c, system_view(c), lin, size, ACCESS_READ);
    read_parts(c, &a, buf);
    return ld_size(buf, size);
}

void mem_write_sys(struct cpu *c, linaddr lin, u64 v, unsigned size)
{
    lin = system_linear(c, lin, size);
    u8 *p = mmu_fast_system(&c->mmu, lin, size, true);
    if (likely(p != NULL)) {
        st_size(p, v, size);
        return;
    }
    u8 buf[8];
    st_size(buf, v, size);
    struct access a = locate(c, system_view(c), lin, size, ACCESS_WRITE);
    write_parts(c, &a, buf);
}

/* --- stack --- */

static u64 stack_mask(const struct cpu *c)
{
    return MASK(8 * c->stack_size);
}

static void set_sp(struct cpu *c, u64 sp)
{
    if (c->stack_size == 2)
        c->gpr[RSP] = bits_set(c->gpr[RSP], 0, 16, sp);
    else
        c->gpr[RSP] = sp & stack_mask(c);
}

u64 stack_pop(struct cpu *c, unsigned size)
{
    u64 sp = c->gpr[RSP] & stack_mask(c);
    u64 v = mem_read(c, SS, sp, size);
    set_sp(c, sp + size);
    return v;
}

void stack_push(struct cpu *c, u64 v, unsigned size)
{
    u64 sp = (c->gpr[RSP] - size) & stack_mask(c);
    mem_write(c, SS, sp, v, size);
    set_sp(c, sp);
}
