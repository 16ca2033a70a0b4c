/* SPDX-License-Identifier: MIT */
/*
 * FSIN, FCOS, FSINCOS, FPTAN. SDM vol. 1, 8.3.8 and 8.3.10: arguments of 2^63 and more set C2 and
 * are left alone; others are reduced by π cut to 66 bits, the value every x87 uses and the only
 * error of these results that is larger than rounding:
 *   3.243F6A88 85A308D3, its last bit of weight 2^-64.
 */
#include "base/bits.h"
#include "cpu/fpu/wide.h"

/* π/2 in units of 2^-65 */
#define HALF_PI (((u128)0x3 << 64) | 0x243f6a8885a308d3)

struct reduced {
    struct fpu_wide r; /* |r| ≤ π/4 */
    unsigned quadrant; /* |argument| = r + quadrant·π/2, modulo 2π */
};

static struct reduced reduce(struct fpu_num a)
{
    if (a.exp < -1)
        return (struct reduced){{false, a.exp, (u128)a.mant << 64}, 0};

    u128 v = (u128)a.mant << (a.exp + 2); /* exp ≤ 62: exact */
    u128 quotient = v / HALF_PI;
    u128 rest = v % HALF_PI;
    bool over = rest > HALF_PI / 2;
    if (over) {
        rest = HALF_PI - rest;
        quotient++;
    }
    return (struct reduced){
        .r = wide_norm((struct fpu_wide){over, 127 - 65, rest}),
        .quadrant = (unsigned)quotient & 3,
    };
}

/* sin (shift 0) or cos (shift 1) of |argument|. */
static struct fpu_wide wave(struct reduced x, unsigned shift)
{
    unsigned q = (x.quadrant + shift) & 3;
    struct fpu_wide z = wide_mul(x.r, x.r), w;

    w = q & 1 ? wide_cos_series(z) : wide_mul(x.r, wide_sin_series(z));
    return q & 2 ? wide_neg(w) : w;
}

enum answer { COMPUTE, DONE };

/* The cases all four share; DONE with *r unless a is to be computed with. */
static enum answer special(struct fpu_ctx *c, struct fpu_num a, struct fpu_num *r)
{
    c->flags &= (u16) ~(FPU_C1 | FPU_C2);
    *r = a;
    if (num_is_nan(a)) {
        *r = fpu_nan1(c, a);
        return DONE;
    }
    if (a.class == FPU_INF) {
        *r = fpu_invalid(c);
        return DONE;
    }
    if (a.class == FPU_FINITE && a.exp >= 63) {
        c->flags |= FPU_C2;
        return DONE;
    }
    return a.class == FPU_ZERO || fpu_denormal(c, a, a) ? DONE : COMPUTE;
}

static const struct f80 one = {BIT(63), 0x3fff};

static struct f80 sine(struct fpu_ctx *c, struct f80 a)
{
    struct fpu_num n = f80_unpack(a), r;

    if (special(c, n, &r) == DONE)
        return f80_pack(r);
    struct fpu_wide w = wave(reduce(n), 0);
    w.sign ^= n.sign;
    return wide_deliver(c, w);
}

static struct f80 cosine(struct fpu_ctx *c, struct f80 a)
{
    struct fpu_num n = f80_unpack(a), r;

    if (special(c, n, &r) == DONE)
        return r.class == FPU_ZERO ? one : f80_pack(r);
    return wide_deliver(c, wave(reduce(n), 1));
}

static struct f80 tangent(struct fpu_ctx *c, struct f80 a)
{
    struct fpu_num n = f80_unpack(a), r;

    if (special(c, n, &r) == DONE)
        return f80_pack(r);
    struct reduced x = reduce(n);
    struct fpu_wide z = wide_mul(x.r, x.r);
    struct fpu_wide w = wide_div(wide_sin_series(z), wide_cos_series(z)); /* tan(r)/r, ≥ 1 */
    w = wide_mul(x.r, w);
    if (x.quadrant & 1)
        w = wide_div((struct fpu_wide){true, 0, WIDE_ONE}, w);
    w.sign ^= n.sign;
    return wide_deliver(c, w);
}

FPU_X87_UNARY(f80_sin, sine)
FPU_X87_UNARY(f80_cos, cosine)
FPU_X87_UNARY(f80_tan, tangent)

/* C1 is the sine's. */
bool f80_sincos(struct fpu_ctx *c, struct f80 *r, struct f80 *second, const struct f80 *a)
{
    struct f80 v = cosine(c, *a), w = sine(c, *a);

    return f80_deliver(c, second, v) && f80_deliver(c, r, w);
}
