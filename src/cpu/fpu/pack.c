/* SPDX-License-Identifier: MIT */
/*
 * The three formats, taken apart and put together. SDM vol. 1, 4.2.2 and 8.2.
 *   binary32   s | 8 exponent, bias 127 | 23
 *   binary64   s | 11 exponent, bias 1023 | 52
 *   extended   s | 15 exponent, bias 16383 | integer bit | 63
 * The 80387 and later take unnormals, pseudo-infinities and pseudo-NaNs (integer bit clear under
 * a nonzero exponent) for invalid; pseudo-denormals (integer bit set under a zero exponent) have
 * the value they would have with exponent 1, and count as denormal.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

#define MANT_INT BIT(63)
#define MANT_QUIET BIT(62)

static struct fpu_num unpack(u64 frac, i32 biased, const struct fpu_fmt *f)
{
    struct fpu_num n = {.mant = frac << (64 - f->prec)};

    if (biased == 2 * f->emax + 1) {
        n.class = !frac ? FPU_INF : n.mant & MANT_QUIET ? FPU_QNAN : FPU_SNAN;
        n.mant |= MANT_INT;
    } else if (biased) {
        n.class = FPU_FINITE;
        n.mant |= MANT_INT;
        n.exp = biased - f->emax;
    } else if (frac) {
        unsigned shift = (unsigned)__builtin_clzll(n.mant);
        n.class = FPU_FINITE;
        n.denormal = true;
        n.mant <<= shift;
        n.exp = f->emin - (i32)shift;
    }
    return n;
}

/* Denormals are zeros: no DE, the sign stays. SDM vol. 1, 10.2.3.4. */
static struct fpu_num flush(const struct fpu_ctx *c, struct fpu_num n)
{
    return n.denormal && c->daz ? num_zero(n.sign) : n;
}

struct fpu_num f32_unpack(const struct fpu_ctx *c, u32 v)
{
    struct fpu_num n = unpack(v & MASK(23), (v >> 23) & 0xff, &fpu_fmt_f32);

    n.sign = v >> 31;
    return flush(c, n);
}

struct fpu_num f64_unpack(const struct fpu_ctx *c, u64 v)
{
    struct fpu_num n = unpack(v & MASK(52), (v >> 52) & 0x7ff, &fpu_fmt_f64);

    n.sign = v >> 63;
    return flush(c, n);
}

struct fpu_num f80_unpack(struct f80 v)
{
    struct fpu_num n = {.sign = v.se >> 15, .mant = v.mant};
    i32 biased = v.se & 0x7fff;

    if (!biased) {
        if (!v.mant)
            return n;
        unsigned shift = (unsigned)__builtin_clzll(v.mant);
        n.class = FPU_FINITE;
        n.denormal = true;
        n.mant <<= shift;
        n.exp = fpu_fmt_f80.emin - (i32)shift;
    } else if (!(v.mant & MANT_INT)) {
        n.class = FPU_UNSUPPORTED;
    } else if (biased != 0x7fff) {
        n.class = FPU_FINITE;
        n.exp = biased - fpu_fmt_f80.emax;
    } else {
        n.class = !(v.mant << 1) ? FPU_INF : v.mant & MANT_QUIET ? FPU_QNAN : FPU_SNAN;
    }
    return n;
}

/* Exponent and fraction in place, without sign; the number already fits the format. */
static u64 pack(struct fpu_num n, const struct fpu_fmt *f)
{
    u64 max = (u64)(2 * f->emax + 1);
    unsigned fbits = f->prec - 1;
    u64 frac = (n.mant >> (63 - fbits)) & MASK(fbits);

    switch (n.class) {
    case FPU_ZERO: return 0;
    case FPU_FINITE: return (n.mant & MANT_INT ? (u64)(n.exp + f->emax) << fbits : 0) | frac;
    case FPU_INF: return max << fbits;
    default: return max << fbits | frac;
    }
}

u32 f32_pack(struct fpu_num n)
{
    return (u32)n.sign << 31 | (u32)pack(n, &fpu_fmt_f32);
}

u64 f64_pack(struct fpu_num n)
{
    return (u64)n.sign << 63 | pack(n, &fpu_fmt_f64);
}

struct f80 f80_pack(struct fpu_num n)
{
    u16 sign = (u16)(n.sign << 15);

    switch (n.class) {
    case FPU_ZERO: return (struct f80){0, sign};
    case FPU_FINITE:
        if (!(n.mant & MANT_INT))
            return (struct f80){n.mant, sign};
        return (struct f80){n.mant, (u16)(sign | (n.exp + fpu_fmt_f80.emax))};
    case FPU_INF: return (struct f80){MANT_INT, (u16)(sign | 0x7fff)};
    default: return (struct f80){n.mant, (u16)(sign | 0x7fff)};
    }
}
