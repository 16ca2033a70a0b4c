/* SPDX-License-Identifier: MIT */
/*
 * Bit fields, sign extension, and memory access of any alignment. Guest memory is little
 * endian; every place that turns bytes into numbers comes through here.
 */
#ifndef ERSATZ_BASE_BITS_H
#define ERSATZ_BASE_BITS_H

#include <string.h>

#include "base/types.h"

#define BIT(n) (1ull << (n))
#define MASK(n) ((n) >= 64 ? ~0ull : BIT(n) - 1) /* the low n bits */

static inline u64 bits_get(u64 v, unsigned lo, unsigned len)
{
    return (v >> lo) & MASK(len);
}

static inline u64 bits_set(u64 v, unsigned lo, unsigned len, u64 field)
{
    return (v & ~(MASK(len) << lo)) | ((field & MASK(len)) << lo);
}

/* Sign-extends the low `size` bytes (1, 2, 4 or 8) of v. */
static inline i64 sext(u64 v, unsigned size)
{
    unsigned s = 64 - 8 * size;
    return (i64)(v << s) >> s;
}

/* Zero-extends the low `size` bytes (1, 2, 4 or 8) of v. */
static inline u64 zext(u64 v, unsigned size)
{
    unsigned s = 64 - 8 * size;
    return v << s >> s;
}

static inline u64 align_down(u64 v, u64 a)
{
    return v & ~(a - 1);
}

static inline u64 align_up(u64 v, u64 a)
{
    return (v + a - 1) & ~(a - 1);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "guest memory is accessed in host order: add the byte swaps here to port to big endian"
#endif

#define BITS_ACCESS(n)                                                                             \
    static inline u##n ld##n(const void *p)                                                        \
    {                                                                                              \
        u##n v;                                                                                    \
        memcpy(&v, p, sizeof v);                                                                   \
        return v;                                                                                  \
    }                                                                                              \
    static inline void st##n(void *p, u##n v)                                                      \
    {                                                                                              \
        memcpy(p, &v, sizeof v);                                                                   \
    }

BITS_ACCESS(8)
BITS_ACCESS(16)
BITS_ACCESS(32)
BITS_ACCESS(64)
#undef BITS_ACCESS

/* Loads `size` bytes (1, 2, 4 or 8), zero-extended. */
static inline u64 ld_size(const void *p, unsigned size)
{
    switch (size) {
    case 1: return ld8(p);
    case 2: return ld16(p);
    case 4: return ld32(p);
    default: return ld64(p);
    }
}

static inline void st_size(void *p, u64 v, unsigned size)
{
    switch (size) {
    case 1: st8(p, (u8)v); break;
    case 2: st16(p, (u16)v); break;
    case 4: st32(p, (u32)v); break;
    default: st64(p, v); break;
    }
}

#endif
