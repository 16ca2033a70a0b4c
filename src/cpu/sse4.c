/* SPDX-License-Identifier: MIT */
/* SSE4.1 instructions that are like no others, and PCLMULQDQ. SDM vol. 1, 12.10, 12.13. */
#include <stdlib.h>

#include "cpu/flags.h"
#include "cpu/simd.h"

/* ZF: no bit in common; CF: no bit of the source that the destination lacks. */
OP(ptest)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);
    u64 both = (x.u64[0] & y.u64[0]) | (x.u64[1] & y.u64[1]);
    u64 more = (~x.u64[0] & y.u64[0]) | (~x.u64[1] & y.u64[1]);

    flags_set(c, (both ? 0 : EFL_ZF) | (more ? 0 : EFL_CF));
}

/* The smallest word and where it stands first. */
OP(phminposuw)
{
    union vec y = vec_read(c, in, 1);
    unsigned at = 0;

    for (unsigned i = 1; i < 8; i++)
        if (y.u16[i] < y.u16[at])
            at = i;
    *xmm(c, in->op[0].reg) = vec_of(y.u16[at] | at << 16, 0);
}

/*
 * Eight sums of absolute differences: four bytes of the source (imm 1..0) against those at eight
 * neighbouring places of the destination (from imm 2).
 */
OP(mpsadbw)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0), r;
    unsigned from = in->imm & 4, block = 4 * (in->imm & 3);

    for (unsigned i = 0; i < 8; i++) {
        int sum = 0;
        for (unsigned k = 0; k < 4; k++)
            sum += abs(x.u8[from + i + k] - y.u8[block + k]);
        r.u16[i] = (u16)sum;
    }
    vec_write(c, in, 0, &r);
}

/* Product of two polynomials over GF(2), four bits of b at a time. */
static u128 carryless_multiply(u64 a, u64 b)
{
    u128 part[16] = {0, a}, r = 0;

    for (unsigned i = 2; i < 16; i++)
        part[i] = i & 1 ? part[i - 1] ^ a : part[i / 2] << 1;
    for (unsigned i = 16; i-- > 0;)
        r = r << 4 ^ part[b >> 4 * i & 15];
    return r;
}

/* imm 0 and 4 choose the halves. */
OP(pclmulqdq)
{
    union vec y = vec_read(c, in, 1), x = vec_read(c, in, 0);
    u128 r = carryless_multiply(x.u64[in->imm & 1], y.u64[in->imm >> 4 & 1]);

    *xmm(c, in->op[0].reg) = vec_of_u128(r);
}
