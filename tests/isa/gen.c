/* SPDX-License-Identifier: MIT */
/*
 * Makes experiments from the instruction table: an encoding of a given row with random
 * prefixes, ModRM and immediates, and a state in which its operands are worth looking at. Memory
 * operands are steered into the data pages, now and then over an edge. One draw of a number in
 * an expression: compilers order them differently, and digests.txt is for every host.
 */
#include <string.h>

#include "decode/table.h"
#include "state.h"

u64 rng_next(struct rng *r)
{
    u64 z = r->s += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

u64 rng_below(struct rng *r, u64 n)
{
    return rng_next(r) % n;
}

static bool one_in(struct rng *r, unsigned n)
{
    return rng_below(r, n) == 0;
}

u64 rng_number(struct rng *r)
{
    u64 v = rng_next(r);
    switch (rng_below(r, 8)) {
    case 0: return rng_below(r, 4) - 1; /* -1, 0, 1, 2 */
    case 1: return BIT(v % 64) - rng_below(r, 2);
    case 2: return ~0ull << v % 64;
    case 3: return sext(v, 1);
    case 4: return sext(v, 4);
    case 5: return (v & 0xff) * 0x0101010101010101;
    default: return v;
    }
}

/* --- floating point: value classes rather than bits --- */

static u64 float_bits(struct rng *r, unsigned exp_bits, unsigned frac_bits)
{
    u64 bias = MASK(exp_bits - 1), exp, frac = rng_next(r) & MASK(frac_bits);
    u64 sign = rng_below(r, 2) << (exp_bits + frac_bits);
    if (one_in(r, 4))
        frac = 0;
    else if (one_in(r, 4))
        frac &= ~MASK(frac_bits - 1 - rng_below(r, frac_bits - 1));
    switch (rng_below(r, 10)) {
    case 0: exp = 0; break;                   /* zero, denormals */
    case 1: exp = MASK(exp_bits); break;      /* infinity, NaNs */
    case 2: exp = rng_below(r, 4) + 1; break; /* about to underflow */
    case 3: exp = MASK(exp_bits) - 1 - rng_below(r, 3); break;
    case 4: exp = rng_next(r) & MASK(exp_bits); break;
    default: exp = bias - 3 + rng_below(r, 8); break;
    }
    if (one_in(r, 8))
        exp = bias + rng_below(r, 70); /* integers, and too large for them */
    return sign | (exp & MASK(exp_bits)) << frac_bits | frac;
}

static void float80(struct rng *r, u8 *p)
{
    u64 v = float_bits(r, 15, 48); /* sign, exponent, and a start of the fraction */
    u64 low = one_in(r, 2) ? MASK(15) : 0;
    u64 mant = (v & MASK(48)) << 15 | (rng_next(r) & low);
    u16 se = (u16)(v >> 48);
    if ((se & 0x7fff) != 0 ? !one_in(r, 30) : one_in(r, 30))
        mant |= BIT(63); /* otherwise unnormal, pseudo-infinity, or pseudo-denormal */
    st64(p, mant);
    st16(p + 8, se);
}

/* 16 bytes of one kind of data. */
static void lane_bytes(struct rng *r, u8 *p)
{
    switch (rng_below(r, 5)) {
    case 0:
        for (unsigned i = 0; i < 16; i += 4)
            st32(p + i, (u32)float_bits(r, 8, 23));
        break;
    case 1:
        for (unsigned i = 0; i < 16; i += 8)
            st64(p + i, float_bits(r, 11, 52));
        break;
    case 2:
        st64(p, rng_number(r));
        st64(p + 8, rng_number(r));
        break;
    case 3:
        st64(p + 8, rng_next(r));
        float80(r, p);
        break;
    default:
        st64(p, rng_next(r));
        st64(p + 8, rng_next(r));
        break;
    }
}

/* --- encodings --- */

struct enc {
    u8 *p;
    struct rng *r;
    const struct row_match *m;
    u32 attr;
    enum code_mode mode;
    bool loopcc;
};

static void put(struct enc *e, u8 b)
{
    *e->p++ = b;
}

static void legacy_prefixes(struct enc *e)
{
    static const u8 mandatory[4] = {0, 0x66, 0xf3, 0xf2};
    struct rng *r = e->r;
    unsigned set = e->m->prefixes, pick = 0;
    if (set == 15 && e->loopcc)
        pick = one_in(r, 3); /* F2 and F3 turn the condition round on some CPUs */
    else if (set == 15)
        pick = one_in(r, 3)                              ? 1
               : (e->attr & ATTR_ENDREP) && one_in(r, 2) ? 2 + rng_below(r, 2)
               : one_in(r, 30)                           ? 2 + (unsigned)rng_below(r, 2)
                                                         : 0;
    else
        while (!(set >> pick & 1) || (pick == 0 && (set & 2) && one_in(r, 3)))
            pick = (pick + 1) % 4;
    if (one_in(r, 12)) {
        static const u8 seg[5] = {0x26, 0x2e, 0x36, 0x3e, 0x65};
        put(e, seg[rng_below(r, e->mode == CODE64 ? 5 : 4)]);
    }
    if (mandatory[pick])
        put(e, mandatory[pick]);
    if (pick >= 2 && one_in(r, 4))
        put(e, 0x66);
    if (one_in(r, e->mode == CODE64 ? 10 : 40))
        put(e, 0x67);
    if ((e->attr & ATTR_LOCK) && one_in(r, 4))
        put(e, 0xf0);
}

static void escape_and_rex(struct enc *e)
{
    struct rng *r = e->r;
    legacy_prefixes(e);
    if (e->mode == CODE64 && (e->m->rex_mask || !one_in(r, 3))) {
        u8 rex = (u8)rng_below(r, 16);
        put(e, 0x40 | (rex & ~e->m->rex_mask) | e->m->rex);
    }
    if (e->m->map != MAP_M1)
        put(e, 0x0f);
    if (e->m->map == MAP_M38)
        put(e, 0x38);
    if (e->m->map == MAP_M3A)
        put(e, 0x3a);
}

/*  C4 | ~R ~X ~B mmmmm | W ~vvvv L pp  */
static void vex(struct enc *e)
{
    static const u8 pp_of[9] = {
        [PREFIX_NONE] = 0, [PREFIX_66] = 1, [PREFIX_F3] = 2, [PREFIX_F2] = 3};
    struct rng *r = e->r;
    u8 map = (u8)(e->m->map - MAP_V0F + 1);
    u8 rxb = e->mode == CODE64 ? (u8)rng_below(r, 8) << 5 : 0xe0;
    u8 vvvv = (u8)rng_below(r, 16) | (e->mode == CODE64 ? 0 : 8);
    if (one_in(r, 10))
        put(e, 0x67);
    put(e, 0xc4);
    put(e, rxb | map);
    put(e, (u8)(rng_below(r, 2) << 7 | vvvv << 3 | pp_of[e->m->prefixes & 15]));
}

static void opcode_and_tail(struct enc *e, u8 *end)
{
    struct rng *r = e->r;
    const struct row_match *m = e->m;
    put(e, (u8)(m->opcode + rng_below(r, m->span + 1u)));
    if (m->form & FORM_MODRM) {
        u8 modrm = (u8)((rng_next(r) & ~m->modrm_mask) | m->modrm);
        if ((m->form & FORM_MEMORY) && modrm >= 0xc0)
            modrm = (modrm & 0x3f) | (u8)(rng_below(r, 3) << 6);
        put(e, modrm);
    }
    bool small = one_in(r, 2);
    u8 fill = one_in(r, 2) ? 0xff : 0;
    put(e, (u8)rng_next(r));
    while (e->p < end)
        put(e, small ? fill : (u8)rng_next(r));
}

static bool decodes(struct isa_case *t, unsigned row)
{
    struct insn in;
    if (insn_decode(&in, t->bytes, sizeof t->bytes - 1, t->mode) != DECODE_OK || in.row != row)
        return false;
    t->in = in;
    return true;
}

/* Sets the immediate field that decodes to in.imm; false if there is none of that shape. */
static bool patch_imm(struct isa_case *t, u64 want)
{
    static const u8 sizes[4] = {8, 4, 2, 1};
    struct isa_case save = *t;
    for (unsigned i = 0; i < 4; i++) {
        if (sizes[i] >= t->in.len)
            continue;
        st_size(t->bytes + t->in.len - sizes[i], want, sizes[i]);
        if (decodes(t, save.in.row) && t->in.len == save.in.len && t->in.imm == want)
            return true;
        *t = save;
    }
    return false;
}

static bool patch_disp(struct isa_case *t, i32 want)
{
    struct isa_case save = *t;
    for (unsigned at = 1; at + 4 <= save.in.len; at++) {
        st32(t->bytes + at, (u32)want);
        if (decodes(t, save.in.row) && t->in.len == save.in.len && t->in.disp == want &&
            t->in.base == save.in.base && t->in.index == save.in.index)
            return true;
        *t = save;
    }
    return false;
}

bool gen_case(struct rng *r, unsigned row, enum code_mode mode, struct isa_case *t)
{
    const struct row_match *m = &row_matches[row];
    if (m->map == MAP_MX || !(m->modes >> mode & 1))
        return false;
    t->mode = mode;
    for (unsigned attempt = 0; attempt < 400; attempt++) {
        struct enc e = {
            t->bytes, r, m, insn_rows[row].attr, mode, !strncmp(insn_rows[row].name, "loop", 4)};
        if (m->map >= MAP_V0F && m->map <= MAP_V3A)
            vex(&e);
        else
            escape_and_rex(&e);
        opcode_and_tail(&e, t->bytes + sizeof t->bytes);
        if (!decodes(t, row))
            continue;
        if (t->in.op[0].kind == OPND_REL)
            patch_imm(t, ISA_BRANCH);
        return true;
    }
    return false;
}

/* --- states --- */

static u8 *mem_at(struct isa_state *s, u64 lin, unsigned n)
{
    if (lin >= ISA_DATA && lin + n <= ISA_DATA + ISA_DATA_PAGES * 4096)
        return s->mem + (lin - ISA_DATA);
    if (lin >= ISA_STACK && lin + n <= ISA_STACK + ISA_STACK_PAGES * 4096)
        return s->mem + ISA_DATA_PAGES * 4096 + (lin - ISA_STACK);
    return NULL;
}

static u64 data_target(struct rng *r, unsigned n)
{
    u64 edge = rng_below(r, 20);
    switch (edge) {
    case 0: return ISA_DATA + 0x1000 - rng_below(r, 17);
    case 1: return ISA_DATA + 0x2000 - rng_below(r, 17);
    case 2: return ISA_DATA + 0x3000 - n;
    case 3: return ISA_DATA + 0x3000 - rng_below(r, 17);
    default: return (ISA_DATA + 64 + rng_below(r, 0xf00)) & ~(edge < 14 ? 15ull : 0);
    }
}

static int memory_operand(const struct insn *in)
{
    for (unsigned i = 0; i < 4; i++)
        if (in->op[i].kind == OPND_MEM)
            return (int)i;
    return -1;
}

static u64 address(const struct isa_case *t, const struct isa_state *s)
{
    const struct insn *in = &t->in;
    u64 base = in->base == GPR_BASE ? ISA_INSN + in->len : in->base < 16 ? s->gpr[in->base] : 0;
    u64 index = in->index < 16 ? s->gpr[in->index] << in->scale : 0;
    return zext(base + index + (u64)(i64)in->disp, in->asize);
}

/* Makes the memory operand lie at `want` by changing a register or the displacement. */
static void steer(struct isa_case *t, struct isa_state *s, u64 want)
{
    const struct insn *in = &t->in;
    if (in->seg == GS && t->mode == CODE64)
        want -= ISA_GS_BASE;
    if (in->base < 16 && in->base != in->index)
        s->gpr[in->base] += want - address(t, s);
    else if (in->base < 16)
        s->gpr[in->base] = (want - (u64)(i64)in->disp) / (1 + BIT(in->scale));
    else if (in->index < 16)
        s->gpr[in->index] = (want - (u64)(i64)in->disp) >> in->scale;
    else if (in->base == GPR_BASE)
        patch_disp(t, (i32)(want - (ISA_INSN + in->len)));
    else if (!patch_disp(t, (i32)want))
        patch_imm(t, want); /* moffs */
}

static void gen_fpu(struct rng *r, struct fxsave *fx)
{
    bool masked = !one_in(r, 4);
    memset(fx, 0, sizeof *fx);
    fx->fcw = 0x40 | (masked ? 0x3f : rng_next(r) & 0x3f);
    fx->fcw |= (u16)(rng_below(r, 4) << 10);
    fx->fcw |= one_in(r, 2) ? 0x300 : (u16)(rng_below(r, 4) << 8);
    fx->fsw = (u16)(rng_next(r) & 0x7f00);
    if (one_in(r, 4))
        fx->fsw |= rng_next(r) & 0x7f;
    if (fx->fsw & ~fx->fcw & 0x3f)
        fx->fsw |= 0x8080;
    fx->ftw = one_in(r, 2) ? 0xff : (u8)rng_next(r);
    fx->mxcsr = !one_in(r, 5) ? 0x1f80 : (u32)rng_next(r) & 0x1f80;
    fx->mxcsr |= (u32)rng_below(r, 4) << 13;
    if (one_in(r, 4))
        fx->mxcsr |= (u32)rng_next(r) & 0x3f;
    if (one_in(r, 6))
        fx->mxcsr |= (u32)rng_next(r) & 0x8040;
    for (unsigned i = 0; i < 8; i++)
        float80(r, fx->st[i]);
    for (unsigned i = 0; i < 8; i++)
        if (one_in(r, 4)) /* as MMX leaves them */
            memcpy(fx->st[i], &(u64[2]){rng_number(r), 0xffff}, 10);
    for (unsigned i = 0; i < 16; i++)
        lane_bytes(r, (u8 *)fx->xmm[i]);
    u64 from = rng_below(r, 16), to = rng_below(r, 16);
    if (one_in(r, 3)) /* something to compare equal */
        memmove(fx->xmm[to], fx->xmm[from], 16);
}

static void gen_gprs(struct rng *r, const struct isa_case *t, struct isa_state *s)
{
    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = rng_number(r);
    u64 aligned = one_in(r, 4) ? ~0ull : ~7ull;
    s->gpr[RSP] = ISA_STACK + 0x1000 + (rng_below(r, 0x400) & aligned);
    if (one_in(r, 2))
        s->gpr[RBP] = ISA_STACK + 0x1000 + rng_below(r, 0x400);
    s->gpr[RSI] = data_target(r, 8);
    s->gpr[RDI] = data_target(r, 8);
    if (one_in(r, 2))
        s->gpr[RBX] = ISA_DATA + rng_below(r, 0xe00);
    if (t->in.prefix & (PFX_REP | PFX_REPNE))
        s->gpr[RCX] = rng_below(r, 20);
    else if (one_in(r, 2))
        s->gpr[RCX] = rng_below(r, 70);
    const struct insn *in = &t->in;
    if (!strncmp(insn_rows[in->row].name, "bt", 2) && in->op[1].kind == OPND_GPR)
        s->gpr[in->op[1].reg] = sext(rng_next(r), 2) >> 4;
}

/* Indirect branches and returns mostly go where a branch is expected; POPF sets what can be
 * borne. */
static void aim(struct rng *r, const struct isa_case *t, struct isa_state *s, u64 operand_at)
{
    const char *name = insn_rows[t->in.row].name;
    u64 to = ISA_INSN + t->in.len + ISA_BRANCH;
    u8 *p = NULL;
    if (!strncmp(name, "popf", 4)) { /* TF and AC would hit the harness */
        p = mem_at(s, s->gpr[RSP], 8);
        st32(p, ld32(p) & ~(u32)(EFL_TF | EFL_AC | EFL_NT));
        return;
    }
    if (one_in(r, 8))
        return;
    if (!strcmp(name, "ret"))
        p = mem_at(s, s->gpr[RSP], 8);
    else if (strcmp(name, "jmp") && strcmp(name, "call"))
        return;
    else if (t->in.op[0].kind == OPND_GPR)
        s->gpr[t->in.op[0].reg] = to;
    else
        p = mem_at(s, operand_at, 8);
    if (p)
        st_size(p, to, t->mode == CODE64 ? 8 : 4);
}

void gen_state(struct rng *r, struct isa_case *t, struct isa_state *s)
{
    memset(s, 0, offsetof(struct isa_state, mem));
    s->vector = -1;
    gen_fpu(r, &s->fx);
    gen_gprs(r, t, s);
    for (unsigned i = 0; i < sizeof s->mem; i += 8)
        st64(s->mem + i, rng_next(r));
    s->eflags = (u32)rng_next(r) & EFL_STATUS;
    if (one_in(r, 5))
        s->eflags |= EFL_DF;
    u64 at = 0;
    if (memory_operand(&t->in) >= 0) {
        steer(t, s, data_target(r, t->in.msize ? t->in.msize : 16));
        at = address(t, s) + (t->in.seg == GS && t->mode == CODE64 ? ISA_GS_BASE : 0);
        u8 *p = mem_at(s, at, 16);
        if (p)
            lane_bytes(r, p);
    }
    aim(r, t, s, at);
    if (t->mode != CODE64)
        for (unsigned i = 0; i < 16; i++)
            s->gpr[i] = i < 8 ? (u32)s->gpr[i] : 0;
    s->rip = ISA_INSN;
}
