/* SPDX-License-Identifier: MIT */
/*
 * Bytes to struct insn: prefixes, opcode map, the row of insn.def, operands (volume 2, chapter
 * 2 and appendix A). Where the makers differ, AMD is followed: see doc/quirks.md.
 */
#include <string.h>

#include "base/bits.h"
#include "decode/table.h"

#define INSN_MAX 15
#define NO_SEG 0xff

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

struct decoder {
    struct insn *in;
    const u8 *p;
    unsigned pos, n;
    bool out; /* the bytes ended */
    enum code_mode mode;
    bool has_rex;
    u8 rex;   /* W R X B, of REX or VEX */
    u8 vvvv;  /* of VEX, as a register number; 0: not used, or no VEX */
    u8 state; /* PREFIX_NONE and so on: the mandatory prefix there is */
    u8 seg;   /* override, or NO_SEG */
    u8 map;
    u8 modrm;
    const struct row_match *row;
};

static u64 fetch(struct decoder *d, unsigned size)
{
    if (d->pos + size > d->n) {
        d->out = true;
        return 0;
    }
    u64 v = ld_size(d->p + d->pos, size);
    d->pos += size;
    return v;
}

static bool prefix_segment(struct decoder *d, enum seg_reg seg)
{
    if (d->mode != CODE64 || seg >= FS) {
        d->seg = seg;
        d->in->prefix |= PFX_SEG;
    }
    return true;
}

/* One legacy prefix. False: it is none. */
static bool prefix(struct decoder *d, u8 byte)
{
    switch (byte) {
    case 0x26: return prefix_segment(d, ES);
    case 0x2e: return prefix_segment(d, CS);
    case 0x36: return prefix_segment(d, SS);
    case 0x3e: return prefix_segment(d, DS);
    case 0x64: return prefix_segment(d, FS);
    case 0x65: return prefix_segment(d, GS);
    case 0x66: d->in->prefix |= PFX_66; return true;
    case 0x67: d->in->prefix |= PFX_67; return true;
    case 0xf0: d->in->prefix |= PFX_LOCK; return true;
    case 0xf2: d->in->prefix = (d->in->prefix & ~PFX_REP) | PFX_REPNE; return true;
    case 0xf3: d->in->prefix = (d->in->prefix & ~PFX_REPNE) | PFX_REP; return true;
    default: return false;
    }
}

/* All prefixes; returns the first byte after them. A REX that another prefix follows is void. */
static u8 prefixes(struct decoder *d)
{
    for (;;) {
        u8 byte = (u8)fetch(d, 1);
        if (d->out)
            return 0;
        if (d->mode == CODE64 && (byte & 0xf0) == 0x40) {
            d->has_rex = true;
            d->rex = byte & 15;
            continue;
        }
        if (!prefix(d, byte))
            return byte;
        d->has_rex = false;
        d->rex = 0;
    }
}

/*
 * VEX (volume 2, 2.3.5):   C5 | R vvvv L pp |       C4 | R X B mmmmm | W vvvv L pp |
 * R X B and vvvv are inverted. Returns the opcode; map is MAP_MX if the prefix is undefined.
 */
static u8 vex(struct decoder *d, u8 first)
{
    static const u8 states[4] = {PREFIX_NONE, PREFIX_66, PREFIX_F3, PREFIX_F2};
    unsigned map = 1, b1 = (unsigned)fetch(d, 1), last = b1;

    if (d->has_rex || (d->in->prefix & (PFX_66 | PFX_REP | PFX_REPNE | PFX_LOCK)))
        map = 0;
    d->rex = b1 & 0x80 ? 0 : REX_R;
    if (first == 0xc4) {
        last = (unsigned)fetch(d, 1);
        if (map)
            map = b1 & 31;
        d->rex |= (b1 & 0x40 ? 0 : REX_X) | (b1 & 0x20 ? 0 : REX_B) | (last & 0x80 ? REX_W : 0);
    }
    d->vvvv = ~last >> 3 & 15;
    if (d->mode != CODE64)
        d->rex = 0;
    d->state = states[last & 3];
    d->map = map >= 1 && map <= 3 && !(last & 4) ? (u8)(MAP_V0F + map - 1) : MAP_MX;
    return (u8)fetch(d, 1);
}

static bool is_vex(const struct decoder *d, u8 byte)
{
    if (byte != 0xc4 && byte != 0xc5)
        return false;
    return d->mode == CODE64 || (d->pos < d->n && d->p[d->pos] >= 0xc0);
}

static u8 opcode(struct decoder *d)
{
    u8 byte = prefixes(d);
    unsigned pfx = d->in->prefix;

    if (is_vex(d, byte))
        return vex(d, byte);
    d->state = pfx & PFX_REP     ? PREFIX_F3
               : pfx & PFX_REPNE ? PREFIX_F2
               : pfx & PFX_66    ? PREFIX_66
                                 : PREFIX_NONE;
    d->map = MAP_M1;
    if (byte != 0x0f)
        return byte;
    byte = (u8)fetch(d, 1);
    d->map = byte == 0x38 ? MAP_M38 : byte == 0x3a ? MAP_M3A : MAP_M0F;
    return d->map == MAP_M0F ? byte : (u8)fetch(d, 1);
}

static bool matches(const struct decoder *d, const struct row_match *m)
{
    return (m->prefixes & d->state) && (m->modes >> d->mode & 1) &&
           (d->rex & m->rex_mask) == m->rex && (d->modrm & m->modrm_mask) == m->modrm &&
           !((m->form & FORM_MEMORY) && d->modrm >= 0xc0);
}

/* Rows of a group follow each other by digit. With a row for each, /0 to /7, that of this digit is
 * known; else the walk begins with `last`. */
static unsigned skip_digits(const struct decoder *d, unsigned last)
{
    const struct row_match *m = &row_matches[last];

    if (last < 8 || m->modrm_mask != 0x38 || m->modrm != 0x38)
        return last;
    const struct row_match *p = m - (7 - (d->modrm >> 3 & 7));
    bool one = p == m || p[1].modrm != p->modrm || p[1].opcode != p->opcode;
    bool ours = p->map == m->map && p->opcode == m->opcode && p->modrm_mask == 0x38;
    return one && ours && p->modrm == (d->modrm & 0x38) ? (unsigned)(p - row_matches) : last;
}

/* The row for opcode `op`, having read ModRM if there is one. */
static unsigned find_row(struct decoder *d, u8 op)
{
    unsigned row = opcode_rows[d->map * 256u + op];

    if (row_matches[row].form & FORM_MODRM) {
        d->modrm = (u8)fetch(d, 1);
        row = skip_digits(d, row);
    }
    for (; row != ROW_UD; row--) {
        const struct row_match *m = &row_matches[row];
        if (m->map != d->map || (u8)(op - m->opcode) > m->span)
            break;
        if (matches(d, m))
            return row;
    }
    return ROW_UD;
}

static unsigned operand_size(const struct decoder *d, u32 attr)
{
    unsigned sizes = d->row->sizes;
    bool wide = d->mode == CODE64 && ((d->rex & REX_W) || (attr & ATTR_FORCE64));
    /* As a mandatory prefix 66 is no size. */
    bool p66 = (d->in->prefix & PFX_66) && d->row->prefixes != PREFIX_66;
    unsigned size;

    if (wide)
        size = 8;
    else if (d->mode == CODE16)
        size = p66 ? 4 : 2;
    else if (p66)
        size = 2;
    else
        size = d->mode == CODE64 && (attr & ATTR_DEF64) ? 8 : 4;

    if (sizes & CLASS_V)
        return size;
    if (sizes & CLASS_Y)
        return wide ? 8 : 4;
    if (sizes & CLASS_Z)
        return size > 4 ? 4 : size;
    return sizes & CLASS_B ? 1 : size;
}

static unsigned address_size(const struct decoder *d)
{
    bool p67 = d->in->prefix & PFX_67;

    if (d->mode == CODE64)
        return p67 ? 4 : 8;
    return (d->mode == CODE16) ^ p67 ? 2 : 4;
}

/* A memory operand under 16-bit addressing (volume 2, table 2-1). */
static void memory16(struct decoder *d)
{
    static const u8 bases[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
    static const u8 indices[8] = {RSI, RDI, RSI, RDI, GPR_ZERO, GPR_ZERO, GPR_ZERO, GPR_ZERO};
    struct insn *in = d->in;
    unsigned mod = d->modrm >> 6, rm = d->modrm & 7;

    in->base = bases[rm];
    in->index = indices[rm];
    if (mod == 0 && rm == 6) {
        in->base = GPR_ZERO;
        in->disp = (i32)fetch(d, 2);
    } else if (mod == 1) {
        in->disp = (i32)sext(fetch(d, 1), 1);
    } else if (mod == 2) {
        in->disp = (i32)sext(fetch(d, 2), 2);
    }
    if (d->seg == NO_SEG)
        in->seg = in->base == RBP ? SS : DS;
}

/* Base, index and scale of a SIB byte. */
static void sib(struct decoder *d)
{
    struct insn *in = d->in;
    unsigned byte = (unsigned)fetch(d, 1), index = byte >> 3 & 7;

    in->base = byte & 7;
    if (d->rex & REX_X)
        index |= 8;
    if (index != RSP) {
        in->index = (u8)index;
        in->scale = (u8)(byte >> 6);
    }
}

/* A memory operand under 32- or 64-bit addressing (volume 2, tables 2-2 and 2-3). */
static void memory(struct decoder *d)
{
    struct insn *in = d->in;
    unsigned mod = d->modrm >> 6;

    in->index = GPR_ZERO;
    in->base = d->modrm & 7;
    bool has_sib = in->base == RSP;
    if (has_sib)
        sib(d);
    if (d->seg == NO_SEG)
        in->seg = in->base == RSP || (in->base == RBP && mod != 0) ? SS : DS;
    if (mod == 0 && in->base == RBP) {
        in->base = d->mode == CODE64 && !has_sib ? GPR_BASE : GPR_ZERO;
        in->disp = (i32)fetch(d, 4);
        return;
    }
    if (d->rex & REX_B)
        in->base |= 8;
    if (in->base & 8 && d->seg == NO_SEG)
        in->seg = DS;
    if (mod == 1)
        in->disp = (i32)sext(fetch(d, 1), 1);
    else if (mod == 2)
        in->disp = (i32)fetch(d, 4);
}

unsigned operand_bytes(enum operand_size size, unsigned osize, enum code_mode mode)
{
    static const u8 fixed[] = {
        [SIZE_b] = 1, [SIZE_w] = 2, [SIZE_d] = 4, [SIZE_q] = 8, [SIZE_t] = 10, [SIZE_x] = 16};
    unsigned z = osize > 4 ? 4 : osize;

    switch (size) {
    case SIZE_v: return osize;
    case SIZE_z: return z;
    case SIZE_y: return osize == 8 ? 8 : 4;
    case SIZE_a: return 2 * osize;
    case SIZE_p: return 2 + z;
    case SIZE_s: return mode == CODE64 ? 10 : 6;
    default: return fixed[size];
    }
}

static struct operand gpr(const struct decoder *d, unsigned reg, unsigned size)
{
    if (size == 1 && !d->has_rex && reg >= 4)
        return (struct operand){OPND_GPR8H, (u8)(reg - 4)};
    return (struct operand){OPND_GPR, (u8)reg};
}

/* The r/m operand: memory, or a register of kind `reg_kind`. */
static struct operand rm(struct decoder *d, const struct operand_form *f, enum operand_kind kind)
{
    struct insn *in = d->in;
    unsigned reg = d->modrm & 7;

    if (d->modrm < 0xc0) {
        in->msize = (u8)operand_bytes(f->size, in->osize, d->mode);
        if (in->asize == 2)
            memory16(d);
        else
            memory(d);
        return (struct operand){OPND_MEM, 0};
    }
    in->msize = (u8)operand_bytes(f->regsize, in->osize, d->mode);
    if (kind != OPND_MM && (d->rex & REX_B))
        reg |= 8;
    return kind == OPND_GPR ? gpr(d, reg, in->msize) : (struct operand){(u8)kind, (u8)reg};
}

static struct operand r_only(struct decoder *d, const struct operand_form *f)
{
    d->in->msize = (u8)operand_bytes(f->regsize, d->in->osize, d->mode);
    return (struct operand){OPND_GPR, (u8)((d->modrm & 7) | (d->rex & REX_B) << 3)};
}

/* Segment, control and debug registers: OPND_NONE if there is no such register. */
static struct operand special(const struct decoder *d, enum operand_method method)
{
    unsigned reg = d->modrm >> 3 & 7;
    enum operand_kind kind = OPND_SEG;
    bool good = reg < SEG_COUNT;

    if (method != METHOD_S && (d->rex & REX_R))
        reg |= 8;
    if (method == METHOD_C) {
        kind = OPND_CR;
        good = reg == 0 || (reg >= 2 && reg <= 4) || reg == 8;
    } else if (method == METHOD_D) {
        kind = OPND_DR;
        good = reg < 8;
    }
    return (struct operand){good ? (u8)kind : OPND_NONE, (u8)reg};
}

static struct operand immediate(struct decoder *d, const struct operand_form *f)
{
    struct insn *in = d->in;
    unsigned size = operand_bytes(f->size, in->osize, d->mode);

    switch (f->method) {
    case METHOD_I: in->imm = fetch(d, size); return (struct operand){OPND_IMM, 0};
    case METHOD_IS: in->imm = (u64)sext(fetch(d, size), size); return (struct operand){OPND_IMM, 0};
    case METHOD_I2: in->imm |= fetch(d, 1) << 16; return (struct operand){OPND_IMM2, 0};
    case METHOD_J: in->imm = (u64)sext(fetch(d, size), size); return (struct operand){OPND_REL, 0};
    default: /* A */
        in->imm = fetch(d, size - 2);
        in->imm |= fetch(d, 2) << 32;
        return (struct operand){OPND_FAR, 0};
    }
}

/* Memory that no ModRM byte names. */
static struct operand implicit_memory(struct decoder *d, const struct operand_form *f)
{
    struct insn *in = d->in;

    in->msize = (u8)operand_bytes(f->size, in->osize, d->mode);
    if (f->method == METHOD_O) {
        in->imm = fetch(d, in->asize);
        return (struct operand){OPND_MOFFS, 0};
    }
    return (struct operand){f->method == METHOD_X ? OPND_SI : OPND_DI, 0};
}

static struct operand operand(struct decoder *d, const struct operand_form *f)
{
    unsigned reg = d->modrm >> 3 & 7, xreg = reg | (d->rex & REX_R) << 1;
    unsigned size = operand_bytes(f->regsize, d->in->osize, d->mode);

    switch (f->method) {
    case METHOD_E: return rm(d, f, OPND_GPR);
    case METHOD_M: return rm(d, f, OPND_MEM);
    case METHOD_W:
    case METHOD_U: return rm(d, f, OPND_XMM);
    case METHOD_Q:
    case METHOD_N: return rm(d, f, OPND_MM);
    case METHOD_R: return r_only(d, f);
    case METHOD_G: return gpr(d, xreg, size);
    case METHOD_B: return (struct operand){OPND_GPR, d->vvvv & (d->mode == CODE64 ? 15 : 7)};
    case METHOD_Z: return gpr(d, (d->in->opcode & 7) | (d->rex & REX_B) << 3, size);
    case METHOD_V: return (struct operand){OPND_XMM, (u8)xreg};
    case METHOD_P: return (struct operand){OPND_MM, (u8)reg};
    case METHOD_T: return (struct operand){OPND_ST, d->modrm & 7};
    case METHOD_S:
    case METHOD_C:
    case METHOD_D: return special(d, f->method);
    case METHOD_X:
    case METHOD_Y:
    case METHOD_O: return implicit_memory(d, f);
    case METHOD_ONE: return (struct operand){OPND_ONE, 0};
    case METHOD_GPR: return (struct operand){OPND_GPR, f->reg};
    case METHOD_SEG: return (struct operand){OPND_SEG, f->reg};
    case METHOD_ST: return (struct operand){OPND_ST, f->reg};
    case METHOD_XMM: return (struct operand){OPND_XMM, f->reg};
    default: return immediate(d, f);
    }
}

/* False: #UD. */
static bool operands(struct decoder *d, const struct insn_row *row)
{
    struct insn *in = d->in;
    bool uses_vvvv = d->map < MAP_V0F;

    in->seg = d->seg == NO_SEG ? DS : d->seg;
    for (unsigned i = 0; i < row->noperands; i++) {
        const struct operand_form *f = &operand_forms[d->row->operand[i]];
        in->op[i] = operand(d, f);
        if (in->op[i].kind == OPND_NONE)
            return false;
        uses_vvvv |= f->method == METHOD_B;
    }
    if (d->map == MAP_M1 && (in->opcode & 0xf8) == 0xd8)
        in->imm = d->modrm;
    return uses_vvvv || d->vvvv == 0;
}

/* Row, sizes and operands, once the opcode is known. False: #UD. */
static bool decode(struct decoder *d)
{
    struct insn *in = d->in;

    in->opcode = opcode(d);
    if (d->out)
        return false;
    unsigned row = find_row(d, in->opcode);
    if (row == ROW_UD || d->out)
        return false;
    in->row = (u16)row;
    d->row = &row_matches[row];
    if ((in->prefix & PFX_LOCK) && (!(insn_rows[row].attr & ATTR_LOCK) || d->modrm >= 0xc0))
        return false;
    in->osize = (u8)operand_size(d, insn_rows[row].attr);
    in->asize = (u8)address_size(d);
    if (d->rex & REX_W)
        in->prefix |= PFX_REXW;
    if (d->has_rex)
        in->prefix |= PFX_REX;
    return operands(d, &insn_rows[row]);
}

enum decode_result insn_decode(struct insn *in, const u8 *p, size_t n, enum code_mode mode)
{
    struct decoder d = {
        .in = in,
        .p = p,
        .n = n < INSN_MAX ? (unsigned)n : INSN_MAX,
        .mode = mode,
        .seg = NO_SEG,
    };

    memset(in, 0, sizeof *in);
    in->base = in->index = GPR_ZERO;
    bool good = decode(&d);
    if (d.out)
        return n < INSN_MAX ? DECODE_SHORT : DECODE_TOO_LONG;
    if (!good) {
        memset(in, 0, sizeof *in);
        in->row = ROW_UD;
    }
    in->len = (u8)d.pos;
    return DECODE_OK;
}

u16 insn_flags_read(const struct insn *in)
{
    /* By condition: O, B, Z, BE, S, P, L, LE, each with its negation. */
    enum { CF = 1, PF = 4, ZF = 0x40, SF = 0x80, OF = 0x800 };
    static const u16 conditions[8] = {OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF};
    const struct insn_row *row = &insn_rows[in->row];

    return row->attr & ATTR_COND ? conditions[in->opcode >> 1 & 7] : row->flags_read;
}
