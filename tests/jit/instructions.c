/* SPDX-License-Identifier: MIT */
/* Instructions of random programs: chosen by mix.def, their memory operands turned to where
 * something is. */
#include <string.h>

#include "cpu/x87.h"
#include "decode/table.h"
#include "program.h"

static const struct {
    unsigned weight;
    const char *names;
} mix[MIX_COUNT] = {
#define MIX(weight, names) {weight, names},
#include "mix.def"
#undef MIX
};

/* --- which row --- */

static bool named(const char *list, const char *name)
{
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, " ");
        if (p[n - 1] == '*' ? !strncmp(p, name, n - 1) : strlen(name) == n && !memcmp(p, name, n))
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

void mix_init(struct mix *m)
{
    m->total = MIX_TABLE;
    for (unsigned i = 0; i < ARRAY_LEN(mix); i++) {
        m->total += mix[i].weight;
        m->count[i] = 0;
        for (unsigned row = 1; row < insn_row_count && m->count[i] < MIX_ROWS; row++)
            if (named(mix[i].names, insn_rows[row].name))
                m->row[i][m->count[i]++] = (u16)row;
    }
}

static bool is_branch(unsigned row)
{
    return row_matches[row].operand[0] &&
           operand_forms[row_matches[row].operand[0]].method == METHOD_J;
}

static unsigned row_of_table(struct rng *r, bool wild)
{
    for (;;) {
        unsigned row = 1 + (unsigned)rng_below(r, insn_row_count - 1);
        if (!is_branch(row) && (wild || (insn_rows[row].attr & ATTR_USER)))
            return row;
    }
}

static unsigned some_row(struct program *p)
{
    const struct mix *m = p->mix;
    unsigned pick = (unsigned)rng_below(&p->rng, m->total);

    for (unsigned i = 0; i < ARRAY_LEN(mix); pick -= mix[i++].weight)
        if (pick < mix[i].weight)
            return m->row[i][rng_below(&p->rng, m->count[i])];
    return row_of_table(&p->rng, p->wild);
}

/* --- where --- */

/* A linear address. */
static u64 some_place(struct program *p)
{
    struct rng *r = &p->rng;
    bool paged = p->mode->paging != PAGING_NONE;
    u64 in = rng_below(r, BOX_ARENA_PAGES * 4096);

    switch (rng_below(r, 40)) {
    case 0: return BOX_ROM + in % 4096;
    case 1: return BOX_ROM - 1 - in % 16;
    case 2: return BOX_HOLE - 1 - in % 16;
    case 3: return BOX_HOLE + in % 4096;
    case 4: return BOX_MMIO + in % 4096;
    case 5: return p->start + in % 256;
    case 6: return BOX_CODE + in;
    case 7: return paged ? BOX_ALIAS_CODE + p->start - BOX_CODE + in % 128 : in;
    case 8: return paged ? BOX_ALIAS_ARENA + in : BOX_ARENA + in;
    case 9: return paged ? BOX_ALIAS_ARENA + 0x3000 - 8 + in % 16 : BOX_ARENA + in;
    case 10: return paged ? BOX_KERNEL_ARENA + in % 4096 : BOX_KSTACK + in % 0x2000;
    case 11:
        return p->mode->code == CODE64 ? (one_in(r, 2) ? BIT(47) : 0) - in % 24
                                       : (u32)(0 - in % 24);
    case 12:
    case 13:
    case 14:
    case 15: return BOX_ARENA + 0x1000 * (1 + in % 3) - 1 - rng_below(r, 16);
    case 16:
    case 17:
    case 18:
    case 19: return BOX_ARENA + in;
    default: return (BOX_ARENA + 64 + in % 0x3f00) & ~15ull;
    }
}

u64 program_place(struct program *p)
{
    u64 at = some_place(p) - box_base(p->mode, DS);

    return p->mode->code == CODE16 ? at & 0xffff : p->mode->code == CODE32 ? (u32)at : at;
}

u64 program_stack(struct program *p)
{
    u64 at = BOX_STACK + 0x400 + rng_below(&p->rng, 0x1800);

    if (!one_in(&p->rng, 8))
        at &= ~7ull;
    if (one_in(&p->rng, 12))
        at = BOX_STACK + 0x1000 + rng_below(&p->rng, 8); /* pushes cross a page */
    return at - box_base(p->mode, SS);
}

/* --- memory operands --- */

struct shape {
    unsigned rex, modrm, tail; /* offsets; rex: 0 none, else its offset + 1 */
    bool vex;
};

static bool is_prefix(u8 b)
{
    return memchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3", b, 11);
}

static unsigned displacement(u8 modrm, u8 sib, unsigned asize)
{
    unsigned mod = modrm >> 6, rm = modrm & 7;

    if (asize == 2)
        return mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;
    if (mod == 1)
        return 1;
    return mod == 2 || rm == 5 || (rm == 4 && (sib & 7) == 5) ? 4 : 0;
}

static struct shape shape_of(const struct program *p, const struct isa_case *t)
{
    const struct row_match *m = &row_matches[t->in.row];
    struct shape s = {.vex = m->map >= MAP_V0F && m->map <= MAP_V3A};
    unsigned i = 0;

    while (is_prefix(t->bytes[i]))
        i++;
    if (s.vex) {
        s.rex = i + 2; /* the byte with ~X ~B */
        i += 4;
    } else {
        if (p->mode->code == CODE64 && (t->bytes[i] & 0xf0) == 0x40)
            s.rex = ++i;
        i += m->map == MAP_M1 ? 1 : m->map == MAP_M0F ? 2 : 3;
    }
    s.modrm = i;
    u8 modrm = t->bytes[i++], sib = t->bytes[i];
    i += t->in.asize != 2 && (modrm & 7) == 4;
    s.tail = i + displacement(modrm, sib, t->in.asize);
    return s;
}

struct address {
    u8 bytes[12]; /* ModRM without its reg field, SIB, displacement */
    unsigned len;
    bool x, b; /* of REX */
};

static void put_displacement(struct program *p, struct address *a, unsigned wide)
{
    switch (rng_below(&p->rng, 4)) {
    case 0: break; /* mod 0: none */
    case 1:
        a->bytes[0] |= 0x80;
        st_size(a->bytes + a->len, rng_below(&p->rng, 256) - 64, wide);
        a->len += wide;
        return;
    default:
        a->bytes[0] |= 0x40;
        a->bytes[a->len++] = (u8)(rng_below(&p->rng, 64) - 16);
        return;
    }
    /* BP, R13 and 16-bit BP have no such form */
    if (wide == 2 ? a->bytes[0] == 6 : (a->bytes[a->len - 1] & 7) == 5) {
        a->bytes[0] |= 0x40;
        a->bytes[a->len++] = 0;
    }
}

static void address16(struct program *p, struct address *a)
{
    static const u8 forms[] = {4, 5, 7, 4, 5, 7, 0, 1, 6};

    a->len = 1;
    if (one_in(&p->rng, 6)) {
        a->bytes[0] = 6;
        st16(a->bytes + 1, (u16)program_place(p));
        a->len = 3;
        return;
    }
    a->bytes[0] = forms[rng_below(&p->rng, ARRAY_LEN(forms))];
    put_displacement(p, a, 2);
}

static void address_fixed(struct program *p, struct address *a)
{
    u64 place = program_place(p);
    bool relative = p->mode->code == CODE64 && one_in(&p->rng, 2);

    if (relative)
        place -= p->start + 4 * p->count;
    if (p->mode->code == CODE64 && !relative) {
        a->bytes[0] = 4;
        a->bytes[1] = 0x25;
        st32(a->bytes + 2, (u32)place);
        a->len = 6;
    } else {
        a->bytes[0] = 5;
        st32(a->bytes + 1, (u32)place);
        a->len = 5;
    }
}

/* A register that points somewhere, perhaps with an index. */
static void address_by_register(struct program *p, struct address *a, bool rex)
{
    struct rng *r = &p->rng;
    u8 base = p->pointer[rng_below(r, 3)], index = p->index;
    bool indexed = one_in(r, 4), stack = one_in(r, 6);

    if (stack)
        base = RSP;
    if (!rex && base >= 8)
        base = p->pointer[0];
    if (!rex && index >= 8)
        indexed = false;
    a->b = base >> 3;
    a->len = 1;
    a->bytes[0] = base & 7;
    if (indexed || (base & 7) == 4) {
        a->x = indexed && index >> 3;
        a->bytes[0] = 4;
        a->bytes[1] = (u8)((indexed ? rng_below(r, 4) << 6 | (index & 7) << 3 : 0x20) | (base & 7));
        a->len = 2;
    }
    put_displacement(p, a, 4);
}

/* Gives the memory operand of t another address. */
static void aim(struct program *p, struct isa_case *t)
{
    struct shape s = shape_of(p, t);
    struct isa_case old = *t;
    struct address a = {.len = 0};
    unsigned imm = t->in.len - s.tail;

    if (t->in.asize == 2)
        address16(p, &a);
    else if (one_in(&p->rng, 8))
        address_fixed(p, &a);
    else
        address_by_register(p, &a, s.rex);
    if (s.modrm + a.len + imm > 15)
        return;
    t->bytes[s.modrm] = (u8)((t->bytes[s.modrm] & 0x38) | a.bytes[0]);
    memcpy(t->bytes + s.modrm + 1, a.bytes + 1, a.len - 1);
    memcpy(t->bytes + s.modrm + a.len, old.bytes + s.tail, imm);
    if (s.rex && s.vex)
        t->bytes[s.rex - 1] = (u8)((t->bytes[s.rex - 1] | 0x60) & ~(a.x << 6 | a.b << 5));
    else if (s.rex)
        t->bytes[s.rex - 1] = (u8)((t->bytes[s.rex - 1] & ~3) | a.x << 1 | a.b);
    if (insn_decode(&t->in, t->bytes, 15, p->mode->code) != DECODE_OK || t->in.row != old.in.row)
        *t = old;
}

/* --- one instruction --- */

static int operand_of(const struct insn *in, enum operand_kind kind)
{
    for (int i = 0; i < 4; i++)
        if (in->op[i].kind == kind)
            return i;
    return -1;
}

static bool is_kept(const struct program *p, unsigned reg)
{
    return reg == RSP || reg == p->index || memchr(p->pointer, (int)reg, sizeof p->pointer);
}

/* It would lose a pointer, or end the program, for little gain. */
static bool unwanted(struct program *p, const struct isa_case *t)
{
    const struct insn *in = &t->in;
    const char *name = insn_rows[in->row].name;

    for (unsigned i = 0; i < 2; i++)
        if ((in->op[i].kind == OPND_GPR && is_kept(p, in->op[i].reg)) ||
            (in->op[i].kind == OPND_GPR8H && is_kept(p, in->op[i].reg)))
            return !(i == 1 || named("cmp test push bt", name));
    int seg = operand_of(in, OPND_SEG);
    if (operand_of(in, OPND_CR) >= 0 || operand_of(in, OPND_DR) >= 0 ||
        (seg == 0 && !named("push", name)))
        return true;
    if (named("bt bts btr btc", name) && in->op[0].kind == OPND_MEM && in->op[1].kind == OPND_GPR)
        return true;
    if ((in->prefix & PFX_67) || (in->seg != DS && (in->prefix & PFX_SEG)))
        return true;
    return named("push pop leave enter ret", name) && in->osize == 2 && p->mode->code != CODE16;
}

/* MOV [operand], imm32 before LDMXCSR: of random numbers most have reserved bits. */
static void store_mxcsr(struct program *p, const struct isa_case *t)
{
    struct shape s = shape_of(p, t);
    unsigned n = 0, opcode = s.modrm - 2;
    u32 v = (u32)rng_next(&p->rng) & MXCSR_VALID;
    u8 b[20];

    if (p->mode->code == CODE16)
        b[n++] = 0x66;
    memcpy(b + n, t->bytes, opcode);
    n += opcode;
    b[n++] = 0xc7;
    memcpy(b + n, t->bytes + s.modrm, t->in.len - s.modrm);
    b[n] &= 0xc7;
    n += t->in.len - s.modrm;
    st32(b + n, one_in(&p->rng, 4) ? v : v | MXCSR_MASKS);
    if (n + 4 <= 15)
        program_add(p, b, n + 4);
}

/* What the instruction goes by is set, mostly. */
static void prepare(struct program *p, const struct isa_case *t)
{
    struct rng *r = &p->rng;
    const struct insn *in = &t->in;
    const char *name = insn_rows[in->row].name;

    if (one_in(r, 6))
        return;
    if (operand_of(in, OPND_SI) >= 0 && !memchr(p->pointer, RSI, 3))
        program_load(p, RSI, program_place(p));
    if (operand_of(in, OPND_DI) >= 0 && !memchr(p->pointer, RDI, 3))
        program_load(p, RDI, program_place(p));
    if ((in->prefix & (PFX_REP | PFX_REPNE)) && (insn_rows[in->row].attr & ATTR_ENDREP))
        program_load(p, RCX, rng_below(r, one_in(r, 8) ? 3000 : 30));
    if (named("div idiv", name) && one_in(r, 2))
        program_load(p, RDX, rng_below(r, 3));
    if (named("leave", name))
        program_load(p, RBP, program_stack(p));
    if (named("ldmxcsr", name))
        store_mxcsr(p, t);
}

void program_instruction(struct program *p)
{
    struct isa_case t;

    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        if (!gen_case(&p->rng, some_row(p), p->mode->code, &t))
            continue;
        bool careful = !one_in(&p->rng, 24);
        if (careful && unwanted(p, &t))
            continue;
        if (careful && operand_of(&t.in, OPND_MEM) >= 0)
            aim(p, &t);
        prepare(p, &t);
        program_add(p, t.bytes, t.in.len);
        return;
    }
}
