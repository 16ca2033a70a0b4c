/* SPDX-License-Identifier: MIT */
/*
 * Operands for the floating-point tests: a reproducible random stream with the edges of each
 * format well represented, pairs that cancel, integers, and bit patterns of no value at all.
 */
#ifndef ERSATZ_TESTS_FPU_OPERANDS_H
#define ERSATZ_TESTS_FPU_OPERANDS_H

#include "base/bits.h"
#include "cpu/fpu/fpu.h"

struct rng {
    u64 s;
};

/* splitmix64 */
static inline u64 rng_next(struct rng *r)
{
    u64 z = r->s += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)(rng_next(r) >> 32) % n;
}

/* Mantissas with long runs of ones and zeros, where carries and ties happen. */
static inline u64 rng_mant(struct rng *r)
{
    u64 v = rng_next(r);

    switch (rng_below(r, 6)) {
    case 0: return v;
    case 1: return v & rng_next(r) & rng_next(r);
    case 2: return v | rng_next(r) | rng_next(r);
    case 3: return ~0ull << rng_below(r, 64);
    case 4: return (~0ull >> rng_below(r, 64)) ^ (v & 3);
    default: return v & (~0ull << rng_below(r, 64));
    }
}

/* A biased exponent of `bits` bits: anything, the edges, around 1.0, near another one. */
static inline u64 rng_exponent(struct rng *r, unsigned bits, u64 other)
{
    u64 max = MASK(bits), v = rng_next(r);

    switch (rng_below(r, 8)) {
    case 0: return v & max;
    case 1: return v & 3;
    case 2: return max - (v & 3);
    case 3: return 0;
    case 4: return (max / 2 + (v & 127) - 63) & max;
    case 5: return (max / 2 + (v & 7) - 3) & max;
    default: return (other + (v & 127) - 63) & max;
    }
}

static inline u64 rng_f32(struct rng *r, u64 other)
{
    u64 frac = rng_mant(r) >> 41;

    return (rng_next(r) & 1) << 31 | rng_exponent(r, 8, other >> 23 & 0xff) << 23 | frac;
}

static inline u64 rng_f64(struct rng *r, u64 other)
{
    u64 frac = rng_mant(r) >> 12;

    return (rng_next(r) & 1) << 63 | rng_exponent(r, 11, other >> 52 & 0x7ff) << 52 | frac;
}

static inline struct f80 rng_f80(struct rng *r, struct f80 other)
{
    struct f80 v = {rng_mant(r), (u16)(rng_exponent(r, 15, other.se & 0x7fff))};

    v.se |= (u16)((rng_next(r) & 1) << 15);
    if (rng_below(r, 16)) { /* else whatever came: mostly unsupported encodings */
        if (v.se & 0x7fff)
            v.mant |= BIT(63);
        else
            v.mant &= MASK(63);
    }
    if (!rng_below(r, 16))
        v.mant = v.se & 0x7fff ? BIT(63) : 0;
    if (!rng_below(r, 32))
        v = (struct f80){BIT(63), (u16)(v.se & 0x8000) | 0x3fff};
    return v;
}

#endif
