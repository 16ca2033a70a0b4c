/* SPDX-License-Identifier: MIT */
/*
 * String instructions (SDM vol. 2, MOVS CMPS STOS LODS SCAS, and REP).
 *
 * Under REP one call does a chunk, and counts as one retired instruction: as many elements as
 * fit into the source's and the destination's page, at most STRING_CHUNK, one while stepping.
 * That depends on guest state alone, so both engines see interrupts at the same elements. A
 * chunk that isn't the last leaves RIP on the instruction.
 *
 * If both pages can be touched directly, a chunk is done by host loops over host memory, which
 * give what element by element in the direction of DF gives; else each element goes the
 * ordinary way, and a fault finds rCX, rSI and rDI at the element that met it.
 */
#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/op.h"

#define STRING_CHUNK 4096u

struct string {
    struct cpu *c;
    const struct insn *in;
    unsigned size;  /* of an element */
    unsigned asize; /* of rSI, rDI, rCX */
    i64 step;       /* +size or -size */
    u64 si, di;
    u64 left; /* elements of this chunk */
    bool rep;
};

static struct string begin(struct cpu *c, const struct insn *in)
{
    struct string s = {.c = c, .in = in, .size = in->osize, .asize = in->asize};
    s.step = c->eflags & EFL_DF ? -(i64)s.size : (i64)s.size;
    s.si = gpr_read(c, RSI, s.asize);
    s.di = gpr_read(c, RDI, s.asize);
    s.rep = in->prefix & (PFX_REP | PFX_REPNE);
    s.left = 1;
    c->rep_partial = false;
    if (s.rep) {
        s.left = gpr_read(c, RCX, s.asize);
        if (s.left > STRING_CHUNK)
            s.left = STRING_CHUNK;
        if (s.left > 1 && cpu_wants_step(c))
            s.left = 1;
    }
    return s;
}

/* Elements from offset `off` on that lie whole in its page, at least 1 (a crossing one alone).
 * Segment bases that aren't element-aligned are seen to: pages are those of linear memory. */
static u64 in_page(const struct string *s, enum seg_reg seg, u64 off)
{
    const struct cpu *c = s->c;
    u64 base = c->code_mode == CODE64 && seg < FS ? 0 : c->seg[seg].base;
    u64 at = (base + off) & 4095;
    u64 n = s->step > 0 ? (4096 - at) / s->size : at + s->size > 4096 ? 0 : at / s->size + 1;
    /* and before the offset wraps */
    if (s->asize < 8) {
        u64 room = s->step > 0 ? (MASK(8 * s->asize) - off) / s->size : off / s->size;
        if (n > room + 1)
            n = room + 1;
    }
    return n ? n : 1;
}

static void limit(struct string *s, u64 n)
{
    if (s->left > n)
        s->left = n;
}

/* Host address of what is left of the chunk from offset `off` on, of its lowest byte. NULL: not
 * directly, or not worth it; an element done the ordinary way may change that. To write, all of it:
 * what code is there goes. REP ends its block, so that it may be the running one. */
static u8 *host_range(const struct string *s, enum seg_reg seg, u64 off, bool write)
{
    struct cpu *c = s->c;
    u64 bytes = s->left * s->size;
    u64 low = s->step > 0 ? off : off - (bytes - s->size);
    const struct seg *g = &c->seg[seg];
    linaddr lin = low;

    if (s->left < 2)
        return NULL;
    if (c->code_mode != CODE64) {
        if (low > off && s->step < 0)
            return NULL;
        if (low + bytes > (write ? g->wlimit : g->rlimit))
            return NULL;
        lin = (u32)(g->base + low);
    } else if (seg >= FS) {
        lin += g->base;
    }
    if ((lin & 4095) + bytes > 4096)
        return NULL;
    u8 *p = write ? mmu_fast_write(&c->mmu, lin, 1)
                  : (u8 *)(uintptr_t)mmu_fast_read(&c->mmu, lin, 1);
    p = p ? p : mmu_soft_fast(&c->mmu, lin, 1, write);
    return p || !write || c->mmu.blind ? p : mmu_write_over_code(&c->mmu, lin, (unsigned)bytes);
}

/* n elements are done: moves the registers on. */
static void advance(struct string *s, u64 n, bool si, bool di)
{
    struct cpu *c = s->c;
    u64 by = n * (u64)s->step;
    if (si)
        gpr_write(c, RSI, s->si += by, s->asize);
    if (di)
        gpr_write(c, RDI, s->di += by, s->asize);
    s->si = zext(s->si, s->asize);
    s->di = zext(s->di, s->asize);
    if (s->rep)
        gpr_write(c, RCX, gpr_read(c, RCX, s->asize) - n, s->asize);
    s->left -= n;
}

/* More to do: the instruction begins again. */
static void again(struct string *s)
{
    struct cpu *c = s->c;
    c->rep_partial = s->rep && gpr_read(c, RCX, s->asize);
    if (c->rep_partial)
        c->rip = cpu_insn_rip(c);
}

/* Copies element by element upwards or downwards, also where the ranges overlap. */
static void copy(const struct string *s, u8 *dst, const u8 *src)
{
    u64 bytes = s->left * s->size;
    u64 ahead = s->step > 0 ? (u64)(dst - src) : (u64)(src - dst);

    if (ahead >= bytes) { /* nothing is read after it was written */
        memmove(dst, src, bytes);
        return;
    }
    for (u64 i = 0; i < s->left; i++) {
        u64 at = (s->step > 0 ? i : s->left - 1 - i) * s->size;
        st_size(dst + at, ld_size(src + at, s->size), s->size);
    }
}

void op_movs(struct cpu *c, const struct insn *in)
{
    struct string s = begin(c, in);
    if (!s.left)
        return;
    limit(&s, in_page(&s, in->seg, s.si));
    limit(&s, in_page(&s, ES, s.di));
    while (s.left) {
        const u8 *src = host_range(&s, in->seg, s.si, false);
        u8 *dst = src ? host_range(&s, ES, s.di, true) : NULL;
        if (dst) {
            copy(&s, dst, src);
            advance(&s, s.left, true, true);
            break;
        }
        u64 v = mem_read(c, in->seg, s.si, s.size);
        mem_write(c, ES, s.di, v, s.size);
        advance(&s, 1, true, true);
    }
    again(&s);
}

static void fill(const struct string *s, u8 *dst, u64 v)
{
    u64 bytes = s->left * s->size;
    u8 first[8];

    st_size(first, v, s->size);
    if (!memcmp(first, first + 1, s->size - 1)) { /* all its bytes are the same */
        memset(dst, first[0], bytes);
        return;
    }
    memcpy(dst, first, s->size);
    for (u64 done = s->size; done < bytes; done *= 2)
        memcpy(dst + done, dst, done < bytes - done ? done : bytes - done);
}

void op_stos(struct cpu *c, const struct insn *in)
{
    struct string s = begin(c, in);
    if (!s.left)
        return;
    limit(&s, in_page(&s, ES, s.di));
    while (s.left) {
        u8 *dst = host_range(&s, ES, s.di, true);
        if (dst) {
            fill(&s, dst, c->gpr[RAX]);
            advance(&s, s.left, false, true);
            break;
        }
        mem_write(c, ES, s.di, c->gpr[RAX], s.size);
        advance(&s, 1, false, true);
    }
    again(&s);
}

void op_lods(struct cpu *c, const struct insn *in)
{
    struct string s = begin(c, in);
    if (!s.left)
        return;
    limit(&s, in_page(&s, in->seg, s.si));
    while (s.left) {
        u64 v = mem_read(c, in->seg, s.si, s.size);
        gpr_write(c, RAX, v, s.size);
        advance(&s, 1, true, false);
    }
    again(&s);
}

/* The comparison of one element; true if REPE or REPNE ends here. */
static bool compare(struct string *s, u64 a, u64 b)
{
    flags_sub(s->c, a, b, a - b, s->size);
    if (s->in->prefix & PFX_REPNE)
        return a == b;
    return a != b;
}

/* Elements at the start of the chunk that can't end it, by host memory; the next one, or the
 * last, is then compared for its flags. b is NULL: against v. */
static ALWAYS_INLINE u64 skip_sized(const struct string *s, const u8 *a, const u8 *b, u64 v,
                                    unsigned size)
{
    bool while_equal = !(s->in->prefix & PFX_REPNE);
    u64 n = 0;
    for (; n + 1 < s->left; n++) {
        u64 at = (s->step > 0 ? n : s->left - 1 - n) * size;
        if ((ld_size(a + at, size) == (b ? ld_size(b + at, size) : v)) != while_equal)
            break;
    }
    return n;
}

static u64 skip(const struct string *s, const u8 *a, const u8 *b, u64 v)
{
    switch (s->size) {
    case 1: return skip_sized(s, a, b, v, 1);
    case 2: return skip_sized(s, a, b, v, 2);
    case 4: return skip_sized(s, a, b, v, 4);
    default: return skip_sized(s, a, b, v, 8);
    }
}

/* SCASB upwards for a byte. */
static u64 skip_to_byte(const struct string *s, const u8 *p, u64 v)
{
    const u8 *hit = memchr(p, (int)v, s->left - 1);
    return hit ? (u64)(hit - p) : s->left - 1;
}

void op_cmps(struct cpu *c, const struct insn *in)
{
    struct string s = begin(c, in);
    if (!s.left)
        return;
    limit(&s, in_page(&s, in->seg, s.si));
    limit(&s, in_page(&s, ES, s.di));
    bool stop = false;
    while (s.left && !stop) {
        const u8 *a = host_range(&s, in->seg, s.si, false);
        const u8 *b = a ? host_range(&s, ES, s.di, false) : NULL;
        if (b)
            advance(&s, skip(&s, a, b, 0), true, true);
        u64 y = mem_read(c, ES, s.di, s.size); /* first, as on hardware: both may fault */
        u64 x = mem_read(c, in->seg, s.si, s.size);
        stop = compare(&s, x, y) && s.rep;
        advance(&s, 1, true, true);
    }
    if (!stop)
        again(&s);
}

void op_scas(struct cpu *c, const struct insn *in)
{
    struct string s = begin(c, in);
    u64 v = gpr_read(c, RAX, s.size);
    if (!s.left)
        return;
    limit(&s, in_page(&s, ES, s.di));
    bool stop = false;
    while (s.left && !stop) {
        const u8 *p = host_range(&s, ES, s.di, false);
        if (p && s.size == 1 && s.step > 0 && (in->prefix & PFX_REPNE))
            advance(&s, skip_to_byte(&s, p, v), false, true);
        else if (p)
            advance(&s, skip(&s, p, NULL, v), false, true);
        u64 y = mem_read(c, ES, s.di, s.size);
        stop = compare(&s, v, y) && s.rep;
        advance(&s, 1, false, true);
    }
    if (!stop)
        again(&s);
}
