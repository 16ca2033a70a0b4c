/* SPDX-License-Identifier: MIT */
/*
 * PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM. SDM vol. 2B, 4.1. imm8:
 *
 *      7    6       5     4      3  2      1       0
 *     +---+------+------+-----+---------+--------+-------+
 *     | 0 |output|masked| neg.|aggregat.| signed | words |
 *     +---+------+------+-----+---------+--------+-------+
 *
 * The first string (operand 0) is the set, the ranges or the needle; the second one is the text,
 * a bit of the result for each of its elements.
 */
#include "cpu/flags.h"
#include "cpu/simd.h"

enum { IMM_WORDS = 1, IMM_SIGNED = 2, IMM_NEGATE = 0x10, IMM_MASKED = 0x20, IMM_OUTPUT = 0x40 };
enum aggregation { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };

struct strings {
    i32 a[16], b[16]; /* elements, extended */
    unsigned na, nb;  /* valid ones */
    unsigned n;       /* that fit: 16 or 8 */
};

static void elements(i32 *out, const union vec *v, unsigned imm)
{
    for (unsigned i = 0; i < (imm & IMM_WORDS ? 8 : 16); i++) {
        switch (imm & (IMM_WORDS | IMM_SIGNED)) {
        case 0: out[i] = v->u8[i]; break;
        case IMM_WORDS: out[i] = v->u16[i]; break;
        case IMM_SIGNED: out[i] = v->i8[i]; break;
        default: out[i] = v->i16[i]; break;
        }
    }
}

/* Up to the first zero element. */
static unsigned implicit_length(const i32 *s, unsigned n)
{
    unsigned i = 0;
    while (i < n && s[i])
        i++;
    return i;
}

/* |reg|, at most n: EAX and EDX, RAX and RDX with REX.W. */
static unsigned explicit_length(const struct cpu *c, const struct insn *in, unsigned reg,
                                unsigned n)
{
    i64 v = in->prefix & PFX_REXW ? (i64)c->gpr[reg] : (i32)c->gpr[reg];
    u64 abs = v < 0 ? 0 - (u64)v : (u64)v;
    return abs < n ? (unsigned)abs : n;
}

static bool any(const struct strings *s, unsigned j)
{
    for (unsigned i = 0; i < s->na; i++)
        if (s->a[i] == s->b[j])
            return j < s->nb;
    return false;
}

static bool in_ranges(const struct strings *s, unsigned j)
{
    for (unsigned i = 0; i + 1 < s->na; i += 2)
        if (s->a[i] <= s->b[j] && s->b[j] <= s->a[i + 1])
            return j < s->nb;
    return false;
}

/* Beyond both ends the strings are equal, beyond one they aren't. */
static bool each(const struct strings *s, unsigned j)
{
    if (j >= s->na || j >= s->nb)
        return j >= s->na && j >= s->nb;
    return s->a[j] == s->b[j];
}

/* The needle begins at j; what of it would lie beyond the register counts as found. */
static bool ordered(const struct strings *s, unsigned j)
{
    for (unsigned i = 0; i < s->na && i + j < s->n; i++)
        if (i + j >= s->nb || s->a[i] != s->b[i + j])
            return false;
    return true;
}

/* The result bits, polarity applied. */
static u32 aggregate(const struct strings *s, unsigned imm)
{
    u32 r = 0, valid = (u32)MASK(s->nb), all = (u32)MASK(s->n);

    for (unsigned j = 0; j < s->n; j++) {
        bool hit;
        switch ((enum aggregation)(imm >> 2 & 3)) {
        case EQUAL_ANY: hit = any(s, j); break;
        case RANGES: hit = in_ranges(s, j); break;
        case EQUAL_EACH: hit = each(s, j); break;
        default: hit = ordered(s, j); break;
        }
        r |= (u32)hit << j;
    }
    if (imm & IMM_NEGATE)
        r ^= imm & IMM_MASKED ? valid : all;
    return r;
}

/* Compares, sets the flags and returns the result bits. */
static u32 compare(struct cpu *c, const struct insn *in, bool lengths, unsigned *n)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);
    unsigned imm = (u8)in->imm;
    struct strings s = {.n = imm & IMM_WORDS ? 8 : 16};

    elements(s.a, &x, imm);
    elements(s.b, &y, imm);
    s.na = lengths ? explicit_length(c, in, RAX, s.n) : implicit_length(s.a, s.n);
    s.nb = lengths ? explicit_length(c, in, RDX, s.n) : implicit_length(s.b, s.n);
    u32 r = aggregate(&s, imm);
    flags_set(c, (r ? EFL_CF : 0) | (s.nb < s.n ? EFL_ZF : 0) | (s.na < s.n ? EFL_SF : 0) |
                     (r & 1 ? EFL_OF : 0));
    *n = s.n;
    return r;
}

/* ECX: the lowest or the highest bit that is set. */
static void to_index(struct cpu *c, const struct insn *in, u32 r, unsigned n)
{
    if (r)
        n = (unsigned)(in->imm & IMM_OUTPUT ? 31 - __builtin_clz(r) : __builtin_ctz(r));
    c->gpr[RCX] = n;
}

/* XMM0: the bits, or a mask of elements. */
static void to_mask(struct cpu *c, const struct insn *in, u32 r, unsigned n)
{
    union vec v = {.u64 = {r, 0}};

    if (in->imm & IMM_OUTPUT)
        for (unsigned i = 0; i < 16; i++)
            v.u8[i] = r >> (n == 8 ? i / 2 : i) & 1 ? 0xff : 0;
    *xmm(c, 0) = v;
}

#define PCMPSTR(name, lengths, deliver)                                                            \
    OP(name)                                                                                       \
    {                                                                                              \
        unsigned n;                                                                                \
        u32 r = compare(c, in, lengths, &n);                                                       \
        deliver(c, in, r, n);                                                                      \
    }

PCMPSTR(pcmpestri, true, to_index)
PCMPSTR(pcmpestrm, true, to_mask)
PCMPSTR(pcmpistri, false, to_index)
PCMPSTR(pcmpistrm, false, to_mask)
