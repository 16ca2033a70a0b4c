/* SPDX-License-Identifier: MIT */
/*
 * Floating point as x86 does it: binary32 and binary64 of SSE, the 80-bit extended format of the
 * x87. Intel SDM vol. 1 chapters 4.8, 4.9, 8 and 11.5.
 *
 * Two tables answer the same questions: fpu_soft (portable integer arithmetic, the reference)
 * and, on x86-64 hosts, fpu_hw (the host's own units). They agree bit for bit, flags included.
 * Where real units are not exact, and so not alike, both are the portable kernel: the
 * approximations f32_rcp and f32_rsqrt, and the transcendental instructions, which here are
 * correctly rounded (see wide.h).
 *
 * How a caller uses a kernel:
 *  - one struct fpu_ctx for SSE and one for x87, kept with the guest's control registers;
 *  - before an instruction set ctx.flags to 0 (SSE) or to the status word's condition codes
 *    (x87); call the kernel (packed: once an element), then look at fpu_unmasked(ctx). SSE:
 *    fpu_sse_finish() first, which applies the rule that post-computation flags are dropped when
 *    any element has an unmasked pre-computation exception; if anything is unmasked, no
 *    destination is written and #XM follows. x87: an unmasked IE, ZE or DE leaves all registers
 *    alone; an unmasked OE or UE delivers the returned bias-adjusted value to a register but
 *    writes nothing to memory (and pops nothing); PE alone never stops the store.
 *  - then OR the exceptions into MXCSR or the status word (same bit positions), and for x87
 *    replace C3 C2 C1 C0 by those in flags: a kernel changes only the ones its instruction does.
 *  - fpu_hw leaves SSE flags in the host's MXCSR while every exception is masked; sse_sync()
 *    fetches them. x87 flags are always up to date, but may repeat some of ctx.sticky.
 */
#ifndef ERSATZ_CPU_FPU_FPU_H
#define ERSATZ_CPU_FPU_FPU_H

#include "base/types.h"
#include "cpu/fpu/f80.h"

/* The RC field of MXCSR and of the x87 control word. */
enum fpu_rounding { FPU_RC_NEAREST, FPU_RC_DOWN, FPU_RC_UP, FPU_RC_ZERO };

/*
 * Flags: exceptions as in MXCSR and the x87 status word, condition codes as in the status word.
 *   14   10   9    8      5    4    3    2    1    0
 *   C3   C2   C1   C0     PE   UE   OE   ZE   DE   IE
 */
enum {
    FPU_IE = 0x01, /* invalid operation */
    FPU_DE = 0x02, /* denormal operand */
    FPU_ZE = 0x04, /* division by zero */
    FPU_OE = 0x08, /* overflow */
    FPU_UE = 0x10, /* underflow */
    FPU_PE = 0x20, /* inexact */
    FPU_EXCEPTIONS = 0x3f,
    FPU_PRE = FPU_IE | FPU_DE | FPU_ZE,  /* detected before the result is computed */
    FPU_POST = FPU_OE | FPU_UE | FPU_PE, /* detected on the result */
    FPU_C0 = 0x100,
    FPU_C1 = 0x200, /* x87, with PE: the result was rounded up in magnitude */
    FPU_C2 = 0x400, /* argument out of range, or partial remainder incomplete */
    FPU_C3 = 0x4000,
    FPU_CONDITIONS = FPU_C0 | FPU_C1 | FPU_C2 | FPU_C3,
};

struct fpu_ctx {
    u8 rounding;       /* enum fpu_rounding */
    u8 precision;      /* x87 PC as mantissa bits: 24, 53 or 64; SSE kernels ignore it */
    u8 masks;          /* FPU_IE..FPU_PE that are masked: MXCSR >> 7, or the control word */
    bool daz, ftz;     /* MXCSR; x87 kernels ignore them */
    bool src_denormal; /* x87: operand b was widened from a denormal m32 or m64 */
    u8 sticky;         /* x87: exceptions the status word holds already; saves fpu_hw time */
    u16 flags;         /* FPU_*: exceptions are ORed in, condition codes changed */
};

/* The portable kernels, each named as its row: f32_add(ctx, a, b), f80_sqrt(ctx, a), ... */
#define FPU_UNPAREN(...) __VA_ARGS__
#define FPU_OP(ret, name, params, args) ret name(struct fpu_ctx *c, FPU_UNPAREN params);
#include "cpu/fpu/fpu_ops.def"

/*
 * What the rows mean where the name doesn't tell:
 *  - Fxx_round: ROUNDSS/SD immediate (bits 1:0 RC, bit 2 use MXCSR.RC, bit 3 suppress PE).
 *  - Fxx_cmp: CMPSS/SD predicate 0..7 (EQ LT LE UNORD NEQ NLT NLE ORD).
 *  - Fxx_comi, Fxx_ucomi: the EFLAGS bits ZF, PF, CF (the other three are to be cleared).
 *  - Fxx_min, Fxx_max: a is the destination (first source), b the second source.
 *  - f32_rcp, f32_rsqrt: 12-bit approximations, see sse_approx.c; no flags.
 *  - f80_com, f80_ucom: C3, C2, C0 as FCOM sets them; FCOMI maps them with fpu_eflags().
 *  - f80_*: registers go by address, where the host's unit reads and writes them whole. Those
 *    that return bool are false, with *r as it was, when an unmasked IE, DE or ZE was raised; loads
 *    (f80_from_f32, _f64) go on with DE.
 *  - f80_widen_f32, _f64: the m32 or m64 operand of x87 arithmetic. No flags, signalling NaNs
 *    stay so; true for denormals: to be given on in ctx.src_denormal. f80_from_i64: no flags.
 *  - f80_scale: a × 2^trunc(b). f80_xtract: r is the significand, second the exponent.
 *  - f80_prem, f80_prem1: a REM b, and C0 C3 C1 = quotient bits 2 1 0, C2 = incomplete.
 *  - f80_yl2x: y·log2(x). f80_yl2xp1: y·log2(x+1). f80_patan: atan2(y, x). x is ST(0).
 *  - f80_sin, _cos, _tan, _sincos: when |a| ≥ 2^63 set C2, and r (and second) is a.
 *    f80_sincos: r is the sine, second the cosine. f80_tan: r is the tangent; pushing 1.0 (or
 *    the NaN once more) is the caller's.
 */

/* Without flags, so the same for both implementations. */
struct f80 f80_from_bcd(const u8 in[10]);
u16 f80_xam(struct f80 a); /* C3 C2 C1 C0 of a non-empty register */
enum f80_constant { F80_1, F80_L2T, F80_L2E, F80_PI, F80_LG2, F80_LN2, F80_ZERO };
struct f80 f80_constant(const struct fpu_ctx *c, enum f80_constant k); /* FLD1 .. FLDZ */

#define F80_INDEFINITE ((struct f80){0xc000000000000000u, 0xffff})

static inline bool f80_is_nan(struct f80 a)
{
    return (a.se & 0x7fff) == 0x7fff && a.mant << 1;
}

/* Exceptions raised and not masked. */
static inline unsigned fpu_unmasked(const struct fpu_ctx *c)
{
    return c->flags & ~c->masks & FPU_EXCEPTIONS;
}

/* After the last element of an SSE instruction: SDM 11.5.3. */
static inline unsigned fpu_sse_finish(struct fpu_ctx *c)
{
    if (fpu_unmasked(c) & FPU_PRE)
        c->flags &= (u16)~FPU_POST;
    return fpu_unmasked(c);
}

/* C3 C2 C0 as the ZF PF CF of FCOMI and FUCOMI. */
static inline u32 fpu_eflags(u16 conditions)
{
    return (conditions & FPU_C3 ? 0x40 : 0) | (conditions & FPU_C2 ? 4 : 0) |
           (conditions & FPU_C0 ? 1 : 0);
}

struct fpu_ops {
#define FPU_OP(ret, name, params, args) ret (*name)(struct fpu_ctx * c, FPU_UNPAREN params);
#include "cpu/fpu/fpu_ops.def"
    /*
     * enter: the host's units take the guest's controls, once a run; leave gives them back and
     * fetches flags. In between no host code may use floating point with other expectations.
     * sse_load, x87_load: after the guest changed MXCSR or the control word (ctx is the new one;
     * fetch flags with sse_sync before changing it). sse_sync: ORs pending flags into ctx.
     */
    void (*enter)(struct fpu_ctx *x87, struct fpu_ctx *sse);
    void (*leave)(struct fpu_ctx *x87, struct fpu_ctx *sse);
    void (*sse_load)(struct fpu_ctx *sse);
    void (*x87_load)(struct fpu_ctx *x87);
    void (*sse_sync)(struct fpu_ctx *sse);
};

extern const struct fpu_ops fpu_soft;
#if defined(__x86_64__)
extern const struct fpu_ops fpu_hw;
#endif

#endif
