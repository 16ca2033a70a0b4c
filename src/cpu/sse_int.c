/* SPDX-License-Identifier: MIT */
/*
 * MMX and SSE integer arithmetic, comparison, logic and shifts: lane by lane, the same for 8 and
 * 16 bytes. SDM vol. 1, 9.4, 11.4.2, 12.5, 12.10.
 */
#include <stdlib.h>

#include "cpu/simd.h"

static inline i8 sat_i8(int v)
{
    return (i8)(v < INT8_MIN ? INT8_MIN : v > INT8_MAX ? INT8_MAX : v);
}

static inline i16 sat_i16(int v)
{
    return (i16)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

static inline u8 sat_u8(int v)
{
    return (u8)(v < 0 ? 0 : v > UINT8_MAX ? UINT8_MAX : v);
}

static inline u16 sat_u16(int v)
{
    return (u16)(v < 0 ? 0 : v > UINT16_MAX ? UINT16_MAX : v);
}

/* One instruction: lane = expr of a, the lane of the destination, and b, that of the source. */
#define LANES(T, name, expr)                                                                       \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);                                  \
        for (unsigned i = 0; i < 16 / sizeof(T); i++) {                                            \
            const T a = x.T[i], b = y.T[i];                                                        \
            (void)a;                                                                               \
            x.T[i] = (T)(expr);                                                                    \
        }                                                                                          \
        vec_write(c, in, 0, &x);                                                                   \
    }

/* --- add and subtract --- */
LANES(u8, paddb, a + b)
LANES(u16, paddw, a + b)
LANES(u32, paddd, a + b)
LANES(u64, paddq, a + b)
LANES(u8, psubb, a - b)
LANES(u16, psubw, a - b)
LANES(u32, psubd, a - b)
LANES(u64, psubq, a - b)
LANES(i8, paddsb, sat_i8(a + b))
LANES(i16, paddsw, sat_i16(a + b))
LANES(u8, paddusb, sat_u8(a + b))
LANES(u16, paddusw, sat_u16(a + b))
LANES(i8, psubsb, sat_i8(a - b))
LANES(i16, psubsw, sat_i16(a - b))
LANES(u8, psubusb, sat_u8(a - b))
LANES(u16, psubusw, sat_u16(a - b))
LANES(u8, pavgb, (a + b + 1) >> 1)
LANES(u16, pavgw, (a + b + 1) >> 1)

/* --- multiply --- */
LANES(i16, pmullw, a *b)
LANES(i16, pmulhw, (a * b) >> 16)
LANES(u16, pmulhuw, ((u32)a * b) >> 16)
LANES(i16, pmulhrsw, ((a * b >> 14) + 1) >> 1)
LANES(u32, pmulld, a *b)
LANES(u64, pmuludq, (u64)(u32)a *(u32)b)
LANES(i64, pmuldq, (i64)(i32)a *(i32)b)

/* --- minimum, maximum, absolute value, sign --- */
LANES(i8, pminsb, a < b ? a : b)
LANES(u8, pminub, a < b ? a : b)
LANES(i16, pminsw, a < b ? a : b)
LANES(u16, pminuw, a < b ? a : b)
LANES(i32, pminsd, a < b ? a : b)
LANES(u32, pminud, a < b ? a : b)
LANES(i8, pmaxsb, a > b ? a : b)
LANES(u8, pmaxub, a > b ? a : b)
LANES(i16, pmaxsw, a > b ? a : b)
LANES(u16, pmaxuw, a > b ? a : b)
LANES(i32, pmaxsd, a > b ? a : b)
LANES(u32, pmaxud, a > b ? a : b)
LANES(i8, pabsb, b < 0 ? -b : b)
LANES(i16, pabsw, b < 0 ? -b : b)
LANES(i32, pabsd, b < 0 ? 0u - (u32)b : (u32)b)
LANES(i8, psignb, b < 0 ? -a : b ? a : 0)
LANES(i16, psignw, b < 0 ? -a : b ? a : 0)
LANES(i32, psignd, b < 0 ? 0u - (u32)a : b ? (u32)a : 0)

/* --- comparison: all ones or all zeros --- */
LANES(u8, pcmpeqb, -(a == b))
LANES(u16, pcmpeqw, -(a == b))
LANES(u32, pcmpeqd, -(a == b))
LANES(i64, pcmpeqq, -(a == b))
LANES(i8, pcmpgtb, -(a > b))
LANES(i16, pcmpgtw, -(a > b))
LANES(i32, pcmpgtd, -(a > b))
LANES(i64, pcmpgtq, -(a > b))

/* --- logic, also on floating-point operands --- */
LANES(u64, pand, a &b)
LANES(u64, pandn, ~a &b)
LANES(u64, por, a | b)
LANES(u64, pxor, a ^ b)
LANES(u64, andps, a &b)
LANES(u64, andnps, ~a &b)
LANES(u64, orps, a | b)
LANES(u64, xorps, a ^ b)

/* --- shifts: one count, the low 64 bits of the source or an immediate --- */

static u64 shift_count(struct cpu *c, const struct insn *in)
{
    return in->op[1].kind == OPND_IMM ? (u8)in->imm : vec_read(c, in, 1).u64[0];
}

/* Logical: from the lane's width on nothing is left. */
#define SHIFT(name, T, op, width)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        u64 count = shift_count(c, in);                                                            \
        union vec x = vec_read(c, in, 0);                                                          \
        x.whole = count < width ? (vec_whole)((T)x.whole op(int) count) : (vec_whole){0, 0};       \
        vec_write(c, in, 0, &x);                                                                   \
    }

/* Arithmetic: from there on only signs. */
#define SHIFT_SIGNED(name, T, width)                                                               \
    OP(name)                                                                                       \
    {                                                                                              \
        u64 count = shift_count(c, in);                                                            \
        union vec x = vec_read(c, in, 0);                                                          \
        x.whole = (vec_whole)((T)x.whole >> (int)(count < width ? count : width - 1));             \
        vec_write(c, in, 0, &x);                                                                   \
    }

SHIFT(psllw, vec_u16, <<, 16)
SHIFT(pslld, vec_u32, <<, 32)
SHIFT(psllq, vec_u64, <<, 64)
SHIFT(psrlw, vec_u16, >>, 16)
SHIFT(psrld, vec_u32, >>, 32)
SHIFT(psrlq, vec_u64, >>, 64)
SHIFT_SIGNED(psraw, vec_i16, 16)
SHIFT_SIGNED(psrad, vec_i32, 32)

/* By bytes, over the whole register. */
OP(pslldq)
{
    unsigned n = (u8)in->imm;
    union vec *d = xmm(c, in->op[0].reg);

    *d = vec_of_u128(n < 16 ? vec_u128(d) << 8 * n : 0);
}

OP(psrldq)
{
    unsigned n = (u8)in->imm;
    union vec *d = xmm(c, in->op[0].reg);

    *d = vec_of_u128(n < 16 ? vec_u128(d) >> 8 * n : 0);
}

/* --- neighbours meet: pairs of lanes make one of twice the width --- */

OP(pmaddwd)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);
    vec_u32 low = (vec_u32)((vec_i32)x.whole << 16 >> 16) * (vec_u32)((vec_i32)y.whole << 16 >> 16);
    vec_u32 high = (vec_u32)((vec_i32)x.whole >> 16) * (vec_u32)((vec_i32)y.whole >> 16);

    x.whole = (vec_whole)(low + high);
    vec_write(c, in, 0, &x);
}

OP(pmaddubsw)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);

    for (unsigned i = 0; i < 8; i++)
        x.i16[i] = sat_i16(x.u8[2 * i] * y.i8[2 * i] + x.u8[2 * i + 1] * y.i8[2 * i + 1]);
    vec_write(c, in, 0, &x);
}

OP(psadbw)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0), r;

    for (unsigned h = 0; h < 2; h++) {
        unsigned sum = 0;
        for (unsigned i = 8 * h; i < 8 * h + 8; i++)
            sum += (unsigned)abs(x.u8[i] - y.u8[i]);
        r.u64[h] = sum;
    }
    vec_write(c, in, 0, &r);
}

/* Sums of neighbours: those of the destination below, those of the source above. */
#define HORIZONTAL(T, name, expr)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0), r = x;                           \
        unsigned pairs = (vec_is_mm(in, 0) ? 4 : 8) / sizeof(T);                                   \
        for (unsigned i = 0; i < 2 * pairs; i++) {                                                 \
            const T *p = i < pairs ? &x.T[2 * i] : &y.T[2 * (i - pairs)];                          \
            const T a = p[0], b = p[1];                                                            \
            r.T[i] = (T)(expr);                                                                    \
        }                                                                                          \
        vec_write(c, in, 0, &r);                                                                   \
    }

HORIZONTAL(u16, phaddw, a + b)
HORIZONTAL(u32, phaddd, a + b)
HORIZONTAL(i16, phaddsw, sat_i16(a + b))
HORIZONTAL(u16, phsubw, a - b)
HORIZONTAL(u32, phsubd, a - b)
HORIZONTAL(i16, phsubsw, sat_i16(a - b))

/* --- packs: lanes of both operands, halved with saturation --- */

static inline vec_i16 clamp_i16(vec_i16 v, i16 low, i16 high)
{
    vec_i16 below = v<low, above = v> high;
    return (v & ~below & ~above) | (below & low) | (above & high);
}

static inline vec_i32 clamp_i32(vec_i32 v, i32 low, i32 high)
{
    vec_i32 below = v<low, above = v> high;
    return (v & ~below & ~above) | (below & low) | (above & high);
}

static inline vec_whole even_bytes(vec_i16 x, vec_i16 y)
{
    return (vec_whole)__builtin_shufflevector((vec_u8)x, (vec_u8)y, 0, 2, 4, 6, 8, 10, 12, 14, 16,
                                              18, 20, 22, 24, 26, 28, 30);
}

static inline vec_whole even_words(vec_i32 x, vec_i32 y)
{
    return (vec_whole)__builtin_shufflevector((vec_u16)x, (vec_u16)y, 0, 2, 4, 6, 8, 10, 12, 14);
}

/* MMX: the source's lanes come right after the destination's. */
#define PACK(name, T, clamp, low, high, halve)                                                     \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);                                  \
        x.whole = halve(clamp((T)x.whole, low, high), clamp((T)y.whole, low, high));               \
        if (unlikely(vec_is_mm(in, 0)))                                                            \
            x.u32[1] = x.u32[2];                                                                   \
        vec_write(c, in, 0, &x);                                                                   \
    }

PACK(packsswb, vec_i16, clamp_i16, INT8_MIN, INT8_MAX, even_bytes)
PACK(packuswb, vec_i16, clamp_i16, 0, UINT8_MAX, even_bytes)
PACK(packssdw, vec_i32, clamp_i32, INT16_MIN, INT16_MAX, even_words)
PACK(packusdw, vec_i32, clamp_i32, 0, UINT16_MAX, even_words)
