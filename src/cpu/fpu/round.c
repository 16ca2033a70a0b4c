/* SPDX-License-Identifier: MIT */
/*
 * Rounding, and the answers to overflow, underflow and inexact results. SDM vol. 1, 4.8.4, 4.9.1
 * and 8.5. x86 detects tininess after rounding: a result is tiny when, rounded as if exponents
 * had no bounds, it lies below the smallest normal number.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

#define ADJUST_X87 24576
#define X87_EMIN (-16382)
#define X87_EMAX 16383

const struct fpu_fmt fpu_fmt_f32 = {24, false, -126, 127, 0};
const struct fpu_fmt fpu_fmt_f64 = {53, false, -1022, 1023, 0};
const struct fpu_fmt fpu_fmt_m32 = {24, true, -126, 127, 0};
const struct fpu_fmt fpu_fmt_m64 = {53, true, -1022, 1023, 0};
const struct fpu_fmt fpu_fmt_f80 = {64, true, X87_EMIN, X87_EMAX, ADJUST_X87};

static const struct fpu_fmt fpu_fmt_f80_53 = {53, true, X87_EMIN, X87_EMAX, ADJUST_X87};
static const struct fpu_fmt fpu_fmt_f80_24 = {24, true, X87_EMIN, X87_EMAX, ADJUST_X87};

const struct fpu_fmt *fpu_fmt_x87(const struct fpu_ctx *c)
{
    return c->precision == 24   ? &fpu_fmt_f80_24
           : c->precision == 53 ? &fpu_fmt_f80_53
                                : &fpu_fmt_f80;
}

/* Whether magnitude grows; odd = lowest bit kept, tail = what is cut off in quarters of its
 * weight: 0 none, 1 below half, 2 half, 3 above half. */
bool fpu_round_up(u8 rounding, bool sign, bool odd, unsigned tail)
{
    switch (rounding) {
    case FPU_RC_NEAREST: return tail > 2 || (tail == 2 && odd);
    case FPU_RC_DOWN: return tail && sign;
    case FPU_RC_UP: return tail && !sign;
    default: return false;
    }
}

static unsigned tail_of(u128 cut) /* bit 127 = half */
{
    return (cut >> 127 ? 2 : 0) | (cut << 1 != 0);
}

struct rounded {
    bool inexact, up;
    i32 exp;
    u64 mant; /* left-aligned */
};

static struct rounded round_to(u8 rounding, unsigned prec, struct fpu_wide w)
{
    u64 keep = (u64)(w.mant >> (128 - prec));
    unsigned tail = tail_of(w.mant << prec);
    struct rounded r = {.inexact = tail, .exp = w.exp};

    r.up = fpu_round_up(rounding, w.sign, keep & 1, tail);
    keep += r.up;
    if (r.up && (prec < 64 ? keep >> prec : !keep)) {
        keep = prec < 64 ? keep >> 1 : BIT(63);
        r.exp++;
    }
    r.mant = keep << (64 - prec);
    return r;
}

static struct fpu_num deliver(struct fpu_ctx *c, const struct fpu_fmt *f, bool sign,
                              struct rounded r)
{
    struct fpu_num n = {.class = FPU_FINITE, .sign = sign, .exp = r.exp, .mant = r.mant};

    if (r.inexact) {
        fpu_raise(c, FPU_PE);
        if (r.up && f->x87)
            c->flags |= FPU_C1;
    }
    if (!r.mant)
        n.class = FPU_ZERO;
    return n;
}

/*
 * Unmasked overflow or underflow: the exponent is moved back by the bias adjustment, for the
 * handler to find in the register. What is still out of range then ("massive", by FSCALE alone)
 * becomes infinity or zero whatever RC says. Stores deliver nothing and know nothing of PE; SSE
 * delivers nothing either, but does say PE.
 */
static struct fpu_num adjusted(struct fpu_ctx *c, const struct fpu_fmt *f, bool sign,
                               struct rounded r)
{
    bool massive;

    if (f->x87 && !f->adjust)
        return num_zero(sign);
    if (r.exp > f->emax) {
        r.exp -= f->adjust;
        massive = f->adjust && r.exp > f->emax;
    } else {
        r.exp += f->adjust;
        massive = f->adjust && r.exp < f->emin;
    }
    if (!massive)
        return deliver(c, f, sign, r);
    r.inexact = true;
    r.up = r.exp > f->emax;
    deliver(c, f, sign, r);
    return r.up ? num_inf(sign) : num_zero(sign);
}

static struct fpu_num overflow(struct fpu_ctx *c, const struct fpu_fmt *f, bool sign,
                               struct rounded r)
{
    bool to_inf = c->rounding == FPU_RC_NEAREST || c->rounding == (sign ? FPU_RC_DOWN : FPU_RC_UP);
    struct rounded largest = {true, to_inf, f->emax, ~0ull << (64 - f->prec)};

    if (fpu_raise(c, FPU_OE))
        return adjusted(c, f, sign, r);
    struct fpu_num n = deliver(c, f, sign, largest);
    return to_inf ? num_inf(sign) : n;
}

static struct fpu_num underflow(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_wide w,
                                struct rounded r)
{
    if (!(c->masks & FPU_UE)) {
        fpu_raise(c, FPU_UE);
        return adjusted(c, f, w.sign, r);
    }
    if (c->ftz && !f->x87) {
        fpu_raise(c, FPU_UE | FPU_PE);
        return num_zero(w.sign);
    }
    w.mant = shr_jam(w.mant, (unsigned)(f->emin - w.exp));
    w.exp = f->emin;
    r = round_to(c->rounding, f->prec, w);
    if (r.inexact)
        fpu_raise(c, FPU_UE);
    return deliver(c, f, w.sign, r);
}

struct fpu_num fpu_round(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_wide w)
{
    unsigned shift = clz128(w.mant);

    w.mant <<= shift;
    w.exp -= (i32)shift;
    struct rounded r = round_to(c->rounding, f->prec, w);
    if (r.exp > f->emax)
        return overflow(c, f, w.sign, r);
    if (r.exp < f->emin)
        return underflow(c, f, w, r);
    return deliver(c, f, w.sign, r);
}

/* A FINITE number's magnitude as an integer; exp must be below 64. */
struct fpu_int fpu_round_int(struct fpu_num a, u8 rounding)
{
    i32 shift = 63 - a.exp;
    u128 v = shr_jam((u128)a.mant << 63, shift > 127 ? 127 : (unsigned)shift);
    u64 keep = (u64)(v >> 63);
    unsigned tail = tail_of(v << 65);
    bool up = fpu_round_up(rounding, a.sign, keep & 1, tail);

    return (struct fpu_int){.v = keep + up, .inexact = tail, .up = up};
}
