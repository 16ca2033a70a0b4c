/* SPDX-License-Identifier: MIT */
/* Comparison and classification: CMPSS and kin, COMIS, FCOM, FXAM. SDM vol. 1, 8.3.6, 11.4.2. */
#include "base/bits.h"
#include "cpu/fpu/num.h"

#define LESS FPU_C0
#define GREATER 0
#define EQUAL FPU_C3
#define UNORDERED (FPU_C0 | FPU_C2 | FPU_C3)

u16 fpu_compare(struct fpu_num a, struct fpu_num b)
{
    /* infinities compare as finite numbers beyond all others, zeros as ones below all */
    i32 ea = a.class == FPU_INF ? INT32_MAX : a.class == FPU_ZERO ? INT32_MIN : a.exp;
    i32 eb = b.class == FPU_INF ? INT32_MAX : b.class == FPU_ZERO ? INT32_MIN : b.exp;

    if (num_is_nan(a) || num_is_nan(b))
        return UNORDERED;
    if (a.class == FPU_ZERO && b.class == FPU_ZERO)
        return EQUAL;
    if (a.sign != b.sign)
        return a.sign ? LESS : GREATER;
    if (ea == eb && (a.class != FPU_FINITE || a.mant == b.mant))
        return EQUAL;
    bool smaller = ea != eb ? ea < eb : a.mant < b.mant;
    return smaller != a.sign ? LESS : GREATER;
}

/* Compares with exceptions: every NaN is invalid if signalling, else SNaN alone. Returns
 * UNORDERED with an unmasked exception, when nobody looks. */
static u16 compare(struct fpu_ctx *c, struct fpu_num a, struct fpu_num b, bool signalling)
{
    if (num_is_nan(a) || num_is_nan(b)) {
        if (signalling || a.class >= FPU_SNAN || b.class >= FPU_SNAN)
            fpu_raise(c, FPU_IE);
        return UNORDERED;
    }
    fpu_denormal(c, a, b);
    return fpu_compare(a, b);
}

/* Predicates 4 to 7 are 0 to 3 inverted. LT, LE, NLT and NLE signal. */
static bool predicate(struct fpu_ctx *c, struct fpu_num a, struct fpu_num b, u8 pred)
{
    u16 r = compare(c, a, b, (pred & 3) == 1 || (pred & 3) == 2);
    bool unordered = r == UNORDERED, yes;

    switch (pred & 3) {
    case 0: yes = r == EQUAL; break;
    case 1: yes = r == LESS; break;
    case 2: yes = r == LESS || r == EQUAL; break;
    default: yes = unordered; break;
    }
    return yes != !!(pred & 4);
}

/* MINSS, MAXSS: the second source when either is NaN, or both are zeros. */
static bool takes_first(struct fpu_ctx *c, struct fpu_num a, struct fpu_num b, u16 wanted)
{
    return compare(c, a, b, true) == wanted;
}

/* A denormal that DAZ flushed is delivered as the zero it became. */
#define FPU_COMPARE_SSE(F, U)                                                                      \
    bool F##_cmp(struct fpu_ctx *c, U a, U b, u8 pred)                                             \
    {                                                                                              \
        return predicate(c, F##_unpack(c, a), F##_unpack(c, b), pred);                             \
    }                                                                                              \
    u32 F##_comi(struct fpu_ctx *c, U a, U b)                                                      \
    {                                                                                              \
        return fpu_eflags(compare(c, F##_unpack(c, a), F##_unpack(c, b), true));                   \
    }                                                                                              \
    u32 F##_ucomi(struct fpu_ctx *c, U a, U b)                                                     \
    {                                                                                              \
        return fpu_eflags(compare(c, F##_unpack(c, a), F##_unpack(c, b), false));                  \
    }                                                                                              \
    U F##_min(struct fpu_ctx *c, U a, U b)                                                         \
    {                                                                                              \
        struct fpu_num x = F##_unpack(c, a), y = F##_unpack(c, b);                                 \
        bool first = takes_first(c, x, y, LESS);                                                   \
        return (first ? x : y).class == FPU_ZERO ? F##_pack(first ? x : y) : first ? a : b;        \
    }                                                                                              \
    U F##_max(struct fpu_ctx *c, U a, U b)                                                         \
    {                                                                                              \
        struct fpu_num x = F##_unpack(c, a), y = F##_unpack(c, b);                                 \
        bool first = takes_first(c, x, y, GREATER);                                                \
        return (first ? x : y).class == FPU_ZERO ? F##_pack(first ? x : y) : first ? a : b;        \
    }

FPU_COMPARE_SSE(f32, u32)
FPU_COMPARE_SSE(f64, u64)

static u16 compare_x87(struct fpu_ctx *c, const struct f80 *a, const struct f80 *b, bool signalling)
{
    struct fpu_num x = f80_unpack(*a), y = f80_unpack(*b);

    c->flags &= (u16)~FPU_C1;
    y.denormal |= c->src_denormal;
    return compare(c, x, y, signalling);
}

u16 f80_com(struct fpu_ctx *c, const struct f80 *a, const struct f80 *b)
{
    return compare_x87(c, a, b, true);
}

u16 f80_ucom(struct fpu_ctx *c, const struct f80 *a, const struct f80 *b)
{
    return compare_x87(c, a, b, false);
}

/* FXAM: C3 C2 C0 = class, C1 = sign. SDM vol. 2, FXAM. */
u16 f80_xam(struct f80 a)
{
    struct fpu_num n = f80_unpack(a);
    u16 sign = n.sign ? FPU_C1 : 0;

    switch (n.class) {
    case FPU_ZERO: return sign | FPU_C3;
    case FPU_FINITE: return sign | FPU_C2 | (n.denormal ? FPU_C3 : 0);
    case FPU_INF: return sign | FPU_C2 | FPU_C0;
    case FPU_UNSUPPORTED: return sign;
    default: return sign | FPU_C0;
    }
}
