/* SPDX-License-Identifier: MIT */
/*
 * Lanes change places: unpacks, shuffles, blends, insertion and extraction, masks, widening.
 * SDM vol. 1, 9.4.4, 10.4.4, 11.4.2.2, 12.5.5, 12.10.
 */
#include "cpu/simd.h"

/* --- unpack: interleave the low or the high halves --- */

#define UNPACK(T, name, high)                                                                      \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0), r = x;                           \
        unsigned n = (vec_is_mm(in, 0) ? 4 : 8) / sizeof(T), from = high ? n : 0;                  \
        for (unsigned i = 0; i < n; i++) {                                                         \
            r.T[2 * i] = x.T[from + i];                                                            \
            r.T[2 * i + 1] = y.T[from + i];                                                        \
        }                                                                                          \
        vec_write(c, in, 0, &r);                                                                   \
    }

UNPACK(u8, punpcklbw, 0)
UNPACK(u16, punpcklwd, 0)
UNPACK(u32, punpckldq, 0)
UNPACK(u64, punpcklqdq, 0)
UNPACK(u8, punpckhbw, 1)
UNPACK(u16, punpckhwd, 1)
UNPACK(u32, punpckhdq, 1)
UNPACK(u64, punpckhqdq, 1)
UNPACK(u32, unpcklps, 0)
UNPACK(u64, unpcklpd, 0)
UNPACK(u32, unpckhps, 1)
UNPACK(u64, unpckhpd, 1)

/* --- shuffles: two bits of the immediate choose each lane --- */

static void shuffle_words(union vec *v, unsigned from, unsigned imm)
{
    union vec x = *v;
    for (unsigned i = 0; i < 4; i++)
        v->u16[from + i] = x.u16[from + (imm >> 2 * i & 3)];
}

OP(pshufw)
{
    union vec v = vec_read(c, in, 1);
    shuffle_words(&v, 0, (u8)in->imm);
    vec_write(c, in, 0, &v);
}

OP(pshuflw)
{
    union vec v = vec_read(c, in, 1);
    shuffle_words(&v, 0, (u8)in->imm);
    *xmm(c, in->op[0].reg) = v;
}

OP(pshufhw)
{
    union vec v = vec_read(c, in, 1);
    shuffle_words(&v, 4, (u8)in->imm);
    *xmm(c, in->op[0].reg) = v;
}

OP(pshufd)
{
    union vec v = vec_read(c, in, 1), r;
    for (unsigned i = 0; i < 4; i++)
        r.u32[i] = v.u32[in->imm >> 2 * i & 3];
    *xmm(c, in->op[0].reg) = r;
}

OP(shufps)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg), x = *d;
    for (unsigned i = 0; i < 4; i++)
        d->u32[i] = (i < 2 ? &x : &y)->u32[in->imm >> 2 * i & 3];
}

OP(shufpd)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg), x = *d;
    d->u64[0] = x.u64[in->imm & 1];
    d->u64[1] = y.u64[in->imm >> 1 & 1];
}

/* A mask byte chooses a byte of the destination, or zero by its bit 7. */
OP(pshufb)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0), r;
    unsigned which = vec_is_mm(in, 0) ? 7 : 15;
    for (unsigned i = 0; i < 16; i++)
        r.u8[i] = y.u8[i] & 0x80 ? 0 : x.u8[y.u8[i] & which];
    vec_write(c, in, 0, &r);
}

/* destination : source as one number, shifted right by imm bytes */
OP(palignr)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0), r;
    unsigned n = vec_is_mm(in, 0) ? 8 : 16, shift = (u8)in->imm;
    u8 both[48] = {0};

    memcpy(both, &y, n);
    memcpy(both + n, &x, n);
    memcpy(&r, both + (shift < 32 ? shift : 32), 16);
    vec_write(c, in, 0, &r);
}

/* --- blends --- */

/* Lanes whose bit of the immediate is set come from the source. */
#define BLEND(T, name)                                                                             \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);                              \
        for (unsigned i = 0; i < 16 / sizeof(T); i++)                                              \
            if (in->imm >> i & 1)                                                                  \
                d->T[i] = y.T[i];                                                                  \
    }

BLEND(u16, pblendw)
BLEND(u32, blendps)
BLEND(u64, blendpd)

/* Lanes whose top bit in XMM0 is set. */
#define BLENDV(T, name)                                                                            \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), mask = *xmm(c, 0), *d = xmm(c, in->op[0].reg);           \
        for (unsigned i = 0; i < 16 / sizeof(T); i++)                                              \
            d->T[i] = mask.T[i] < 0 ? y.T[i] : d->T[i];                                            \
    }

BLENDV(i8, pblendvb)
BLENDV(i32, blendvps)
BLENDV(i64, blendvpd)

/* --- one lane in or out --- */

OP(pinsrw)
{
    u64 v = operand_read(c, in, 1, 2);
    union vec x = vec_read(c, in, 0);
    x.u16[in->imm & (vec_is_mm(in, 0) ? 3 : 7)] = (u16)v;
    vec_write(c, in, 0, &x);
}

OP(pinsrb)
{
    xmm(c, in->op[0].reg)->u8[in->imm & 15] = (u8)operand_read(c, in, 1, 1);
}

/* PINSRD, PINSRQ */
OP(pinsrd)
{
    u64 v = operand_read(c, in, 1, in->msize);
    union vec *d = xmm(c, in->op[0].reg);
    if (in->msize == 8)
        d->u64[in->imm & 1] = v;
    else
        d->u32[in->imm & 3] = (u32)v;
}

/* To memory as wide as the lane, to a register with zeros above. */
static void extract(struct cpu *c, const struct insn *in, u64 v, unsigned size)
{
    if (in->op[0].kind == OPND_MEM)
        mem_write_operand(c, in, v, size);
    else
        c->gpr[in->op[0].reg] = v;
}

OP(pextrw)
{
    union vec x = vec_read(c, in, 1);
    extract(c, in, x.u16[in->imm & (vec_is_mm(in, 1) ? 3 : 7)], 2);
    vec_used(c, in, 1);
}

OP(pextrb)
{
    extract(c, in, xmm(c, in->op[1].reg)->u8[in->imm & 15], 1);
}

/* PEXTRD, PEXTRQ */
OP(pextrd)
{
    const union vec *x = xmm(c, in->op[1].reg);
    extract(c, in, in->msize == 8 ? x->u64[in->imm & 1] : x->u32[in->imm & 3], in->msize);
}

OP(extractps)
{
    extract(c, in, xmm(c, in->op[1].reg)->u32[in->imm & 3], 4);
}

/* imm: 7..6 lane of a register source, 5..4 lane of the destination, 3..0 lanes to clear */
OP(insertps)
{
    unsigned imm = (u8)in->imm;
    u32 v = in->op[1].kind == OPND_XMM ? xmm(c, in->op[1].reg)->u32[imm >> 6]
                                       : (u32)mem_read_operand(c, in, 4);
    union vec *d = xmm(c, in->op[0].reg);

    d->u32[imm >> 4 & 3] = v;
    for (unsigned i = 0; i < 4; i++)
        if (imm >> i & 1)
            d->u32[i] = 0;
}

/* --- the lanes' top bits as a number --- */

#define MOVE_MASK(T, name)                                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec x = vec_read(c, in, 1);                                                          \
        u32 r = 0;                                                                                 \
        for (unsigned i = 0; i < 16 / sizeof(T); i++)                                              \
            r |= (u32)(x.T[i] < 0) << i;                                                           \
        vec_used(c, in, 1);                                                                        \
        c->gpr[in->op[0].reg] = r;                                                                 \
    }

MOVE_MASK(i8, pmovmskb)
MOVE_MASK(i32, movmskps)
MOVE_MASK(i64, movmskpd)

/* --- widening --- */

#define WIDEN(FROM, TO, name)                                                                      \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec x = vec_read(c, in, 1), r;                                                       \
        for (unsigned i = 0; i < 16 / sizeof(TO); i++)                                             \
            r.TO[i] = x.FROM[i];                                                                   \
        *xmm(c, in->op[0].reg) = r;                                                                \
    }

WIDEN(i8, i16, pmovsxbw)
WIDEN(i8, i32, pmovsxbd)
WIDEN(i8, i64, pmovsxbq)
WIDEN(i16, i32, pmovsxwd)
WIDEN(i16, i64, pmovsxwq)
WIDEN(i32, i64, pmovsxdq)
WIDEN(u8, u16, pmovzxbw)
WIDEN(u8, u32, pmovzxbd)
WIDEN(u8, u64, pmovzxbq)
WIDEN(u16, u32, pmovzxwd)
WIDEN(u16, u64, pmovzxwq)
WIDEN(u32, u64, pmovzxdq)
