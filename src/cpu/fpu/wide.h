/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on struct fpu_wide, 128 bits of mantissa, and the power series behind the x87's
 * transcendental instructions. Results are cut, with what was lost jammed into the lowest bit, so
 * that "exactly x" and "a little more or less than x" stay apart and directed rounding is right.
 */
#ifndef ERSATZ_CPU_FPU_WIDE_H
#define ERSATZ_CPU_FPU_WIDE_H

#include "cpu/fpu/num.h"

#define WIDE(hi, lo) ((u128)(hi) << 64 | (lo))
#define WIDE_ONE ((u128)1 << 127) /* 1.0 with one integer bit and 127 of fraction */

/* Constants, cut to 128 bits. */
#define WIDE_PI ((struct fpu_wide){false, 1, WIDE(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1)})
#define WIDE_LN2 ((struct fpu_wide){false, -1, WIDE(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af)})
#define WIDE_L2E ((struct fpu_wide){false, 0, WIDE(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e88)})
#define WIDE_L2T ((struct fpu_wide){false, 1, WIDE(0xd49a784bcd1b8afe, 0x492bf6ff4dafdb4c)})
#define WIDE_LG2 ((struct fpu_wide){false, -2, WIDE(0x9a209a84fbcff798, 0x8f8959ac0b7c9178)})

/* Operands are normalised (bit 127 set) or zero; so are results. b of a division is not zero. */
struct fpu_wide wide_add(struct fpu_wide a, struct fpu_wide b);
struct fpu_wide wide_mul(struct fpu_wide a, struct fpu_wide b);
struct fpu_wide wide_div(struct fpu_wide a, struct fpu_wide b);
struct fpu_wide wide_norm(struct fpu_wide a);

static inline struct fpu_wide wide_neg(struct fpu_wide a)
{
    a.sign = !a.sign;
    return a;
}

static inline struct fpu_wide wide_of(struct fpu_num n)
{
    return (struct fpu_wide){n.sign, n.exp, (u128)n.mant << 64};
}

static inline struct fpu_wide wide_int(i64 v)
{
    u64 magnitude = v < 0 ? 0 - (u64)v : (u64)v;
    return wide_norm((struct fpu_wide){v < 0, 63, (u128)magnitude << 64});
}

/* 1 + s·z/3 + z²/5 + s·z³/7 ...: atanh (s = 1) and atan (s = -1) over their argument, z = square
 * of the argument < 1/4. */
struct fpu_wide wide_odd_series(struct fpu_wide z, bool alternating);
struct fpu_wide wide_sin_series(struct fpu_wide z); /* sin(r)/r, z = r² < 0.62 */
struct fpu_wide wide_cos_series(struct fpu_wide z); /* cos(r) */
struct fpu_wide wide_exp_series(struct fpu_wide u); /* (e^u - 1)/u, |u| ≤ 0.7 */

/* Rounds an inexact result to an x87 register. */
struct f80 wide_deliver(struct fpu_ctx *c, struct fpu_wide w);

#endif
