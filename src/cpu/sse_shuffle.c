/* SPDX-License-Identifier: MIT */
/*
 * Lanes change places: unpacks, shuffles, blends, insertion and extraction, masks, widening.
 * SDM vol. 1, 9.4.4, 10.4.4, 11.4.2.2, 12.5.5, 12.10.
 */
#include "cpu/simd.h"

/* --- unpack: interleave the low or the high halves --- */

#define INTERLEAVE(name, T, ...)                                                                   \
    static inline vec_whole name(vec_whole x, vec_whole y)                                         \
    {                                                                                              \
        return (vec_whole)__builtin_shufflevector((T)x, (T)y, __VA_ARGS__);                        \
    }

INTERLEAVE(low_b, vec_u8, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
INTERLEAVE(low_w, vec_u16, 0, 8, 1, 9, 2, 10, 3, 11)
INTERLEAVE(low_d, vec_u32, 0, 4, 1, 5)
INTERLEAVE(low_q, vec_u64, 0, 2)
INTERLEAVE(high_b, vec_u8, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
INTERLEAVE(high_w, vec_u16, 4, 12, 5, 13, 6, 14, 7, 15)
INTERLEAVE(high_d, vec_u32, 2, 6, 3, 7)
INTERLEAVE(high_q, vec_u64, 1, 3)

/* What is high in an MMX register comes second when its lanes are interleaved low. */
#define UNPACK(name, order, mmx_order, mmx_half)                                                   \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);                                  \
        if (likely(!vec_is_mm(in, 0))) {                                                           \
            x.whole = order(x.whole, y.whole);                                                     \
        } else {                                                                                   \
            x.whole = mmx_order(x.whole, y.whole);                                                 \
            x.u64[0] = x.u64[mmx_half];                                                            \
        }                                                                                          \
        vec_write(c, in, 0, &x);                                                                   \
    }

UNPACK(punpcklbw, low_b, low_b, 0)
UNPACK(punpcklwd, low_w, low_w, 0)
UNPACK(punpckldq, low_d, low_d, 0)
UNPACK(punpcklqdq, low_q, low_q, 0)
UNPACK(unpcklps, low_d, low_d, 0)
UNPACK(unpcklpd, low_q, low_q, 0)
UNPACK(punpckhbw, high_b, low_b, 1)
UNPACK(punpckhwd, high_w, low_w, 1)
UNPACK(punpckhdq, high_d, low_d, 1)
UNPACK(punpckhqdq, high_q, low_q, 1)
UNPACK(unpckhps, high_d, low_d, 1)
UNPACK(unpckhpd, high_q, low_q, 1)

/* --- shuffles: two bits of the immediate choose each lane --- */

static u64 shuffle_words(u64 v, u64 imm)
{
    u64 r = 0;
    for (unsigned i = 0; i < 4; i++)
        r |= (v >> 16 * (imm >> 2 * i & 3) & 0xffff) << 16 * i;
    return r;
}

OP(pshufw)
{
    union vec v = vec_read(c, in, 1);
    v.u64[0] = shuffle_words(v.u64[0], in->imm);
    vec_write(c, in, 0, &v);
}

OP(pshuflw)
{
    union vec v = vec_read(c, in, 1);
    *xmm(c, in->op[0].reg) = vec_of(shuffle_words(v.u64[0], in->imm), v.u64[1]);
}

OP(pshufhw)
{
    union vec v = vec_read(c, in, 1);
    *xmm(c, in->op[0].reg) = vec_of(v.u64[0], shuffle_words(v.u64[1], in->imm));
}

/* Two lanes of x by imm 3..0, two of y by imm 7..4. */
static inline union vec shuffle_lanes(const union vec *x, const union vec *y, u64 imm)
{
    return vec_of_u32(x->u32[imm & 3], x->u32[imm >> 2 & 3], y->u32[imm >> 4 & 3],
                      y->u32[imm >> 6 & 3]);
}

OP(pshufd)
{
    union vec v = vec_read(c, in, 1);
    *xmm(c, in->op[0].reg) = shuffle_lanes(&v, &v, in->imm);
}

OP(shufps)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);
    *d = shuffle_lanes(d, &y, in->imm);
}

OP(shufpd)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);
    *d = vec_of(d->u64[in->imm & 1], y.u64[in->imm >> 1 & 1]);
}

/* Eight bytes of x, each by a mask byte, or zero by the mask's bit 7. */
static inline u64 choose_bytes(const u8 *x, const u8 *mask, unsigned which)
{
    u64 r = 0;
    for (unsigned i = 0; i < 8; i++)
        r |= (u64)(mask[i] & 0x80 ? 0 : x[mask[i] & which]) << 8 * i;
    return r;
}

OP(pshufb)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);
    unsigned which = vec_is_mm(in, 0) ? 7 : 15;

    x = vec_of(choose_bytes(x.u8, y.u8, which), choose_bytes(x.u8, y.u8 + 8, which));
    vec_write(c, in, 0, &x);
}

/* destination : source as one number, shifted right by imm bytes */
static union vec align_right(u128 high, u128 low, unsigned bits, unsigned shift)
{
    u128 r = 0;

    if (shift < bits)
        r = low >> shift | (shift ? high << (bits - shift) : 0);
    else if (shift < 2 * bits)
        r = high >> (shift - bits);
    return vec_of_u128(r);
}

OP(palignr)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);

    x = align_right(vec_u128(&x), vec_u128(&y), vec_is_mm(in, 0) ? 64 : 128, 8 * (u8)in->imm);
    vec_write(c, in, 0, &x);
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

/* Eight top bits at a time: the product brings bit 8i + 7 to bit 56 + i. */
static inline u32 top_bits(u64 v)
{
    return (u32)(((v & 0x8080808080808080) >> 7) * 0x0102040810204080 >> 56);
}

OP(pmovmskb)
{
    union vec x = vec_read(c, in, 1);

    vec_used(c, in, 1);
    c->gpr[in->op[0].reg] = top_bits(x.u64[0]) | top_bits(x.u64[1]) << 8;
}

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
