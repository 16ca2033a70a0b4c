/* SPDX-License-Identifier: MIT */
/* The status flags, kept lazily in struct lazy_flags: how they are made, how they are read. */
#ifndef ERSATZ_CPU_FLAGS_H
#define ERSATZ_CPU_FLAGS_H

#include "cpu/cpu.h"

enum {
    AUX_SFD = 1u << 0,
    AUX_AF = 1u << 3,
    AUX_PDB_SHIFT = 8,
    AUX_PO = 1u << 30,
    AUX_CF = 1u << 31
};

/* aux from c, the vector of carries (borrows) out of each bit of a `size`-byte operation. */
static inline u32 flags_aux(u64 c, unsigned size)
{
    u32 top = size == 8 ? (u32)(c >> 32) : (u32)c << (32 - 8 * size);
    return (top & (AUX_CF | AUX_PO)) | ((u32)c & AUX_AF);
}

/* r = a + b (+ carry in); upper bits of a, b, r beyond size don't matter. */
static inline void flags_add(struct cpu *c, u64 a, u64 b, u64 r, unsigned size)
{
    c->flags.res = sext(r, size);
    c->flags.aux = flags_aux((a & b) | ((a | b) & ~r), size);
}

/* r = a - b (- borrow in) */
static inline void flags_sub(struct cpu *c, u64 a, u64 b, u64 r, unsigned size)
{
    c->flags.res = sext(r, size);
    c->flags.aux = flags_aux((~a & b) | (~(a ^ b) & r), size);
}

/* AND OR XOR TEST: CF = OF = 0; AF is undefined, 0 on the hardware we compare with. */
static inline void flags_logic(struct cpu *c, u64 r, unsigned size)
{
    c->flags.res = sext(r, size);
    c->flags.aux = 0;
}

static inline bool flags_cf(const struct cpu *c)
{
    return c->flags.aux >> 31;
}

static inline bool flags_of(const struct cpu *c)
{
    return (c->flags.aux ^ c->flags.aux << 1) >> 31;
}

static inline bool flags_zf(const struct cpu *c)
{
    return c->flags.res == 0;
}

static inline bool flags_sf(const struct cpu *c)
{
    return ((u64)c->flags.res >> 63) ^ (c->flags.aux & AUX_SFD);
}

static inline bool flags_af(const struct cpu *c)
{
    return c->flags.aux >> 3 & 1;
}

static inline bool flags_pf(const struct cpu *c)
{
    return !__builtin_parity((u8)((u64)c->flags.res ^ c->flags.aux >> AUX_PDB_SHIFT));
}

/* INC and DEC: CF stays what it was before the flags were set from the sum. */
static inline void flags_keep_cf(struct cpu *c, bool cf)
{
    u32 of = (c->flags.aux ^ c->flags.aux << 1) & AUX_CF;
    u32 carry = cf ? AUX_CF : 0;
    c->flags.aux = (c->flags.aux & AUX_AF) | carry | (of ^ carry) >> 1;
}

/* Result r gives ZF SF PF; AF is 0. */
static inline void flags_put(struct cpu *c, u64 r, bool cf, bool of, unsigned size)
{
    c->flags.res = sext(r, size);
    c->flags.aux = (cf ? AUX_CF : 0) | (cf ^ of ? AUX_PO : 0);
}

/* The other four stay. */
static inline void flags_set_cf_of(struct cpu *c, bool cf, bool of)
{
    c->flags.aux = (c->flags.aux & ~(AUX_CF | AUX_PO)) | (cf ? AUX_CF : 0) | (cf ^ of ? AUX_PO : 0);
}

/* The six status flags as EFLAGS bits. */
static inline u32 flags_get(const struct cpu *c)
{
    return (flags_cf(c) ? EFL_CF : 0) | (flags_pf(c) ? EFL_PF : 0) | (flags_af(c) ? EFL_AF : 0) |
           (flags_zf(c) ? EFL_ZF : 0) | (flags_sf(c) ? EFL_SF : 0) | (flags_of(c) ? EFL_OF : 0);
}

/* Sets all six from EFLAGS bits, any combination. */
static inline void flags_set(struct cpu *c, u32 efl)
{
    u32 zero = efl >> 6 & 1;
    c->flags.res = !zero;
    /* parity of res: 0 is even, 1 is odd; the delta byte mends what PF shall be */
    u32 delta = (efl >> 2 ^ zero) & 1;
    u32 po = (efl >> 11 ^ efl) & 1;
    c->flags.aux = efl << 31 | po << 30 | delta << AUX_PDB_SHIFT | (efl >> 1 & AUX_AF) |
                   (efl >> 7 & AUX_SFD);
}

/* Replaces those of the six that are in mask. */
static inline void flags_change(struct cpu *c, u32 mask, u32 efl)
{
    flags_set(c, (flags_get(c) & ~mask) | (efl & mask));
}

/* EFLAGS as PUSHF sees it, RF and VM included. */
static inline u32 eflags_get(const struct cpu *c)
{
    return (c->eflags & ~EFL_STATUS) | EFL_FIXED | flags_get(c);
}

/* The 16 conditions of Jcc, SETcc, CMOVcc, numbered as the opcodes number them. */
static inline bool flags_cond(const struct cpu *c, unsigned cc)
{
    bool r;
    switch (cc >> 1) {
    case 0: r = flags_of(c); break;
    case 1: r = flags_cf(c); break;
    case 2: r = flags_zf(c); break;
    case 3: r = flags_cf(c) | flags_zf(c); break;
    case 4: r = flags_sf(c); break;
    case 5: r = flags_pf(c); break;
    case 6: r = flags_sf(c) ^ flags_of(c); break;
    default: r = flags_zf(c) | (flags_sf(c) ^ flags_of(c)); break;
    }
    return r ^ (cc & 1);
}

#endif
