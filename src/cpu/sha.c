/* SPDX-License-Identifier: MIT */
/*
 * The SHA extensions: parts of the SHA-1 and SHA-256 rounds and message schedules. SDM vol. 2B;
 * FIPS 180-4 for the functions. The manual counts words from the top: lane 3 comes first.
 */
#include "cpu/simd.h"

static inline u32 rol(u32 v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static inline u32 ror(u32 v, unsigned n)
{
    return v >> n | v << (32 - n);
}

static inline u32 choose(u32 x, u32 y, u32 z)
{
    return (x & y) ^ (~x & z);
}

static inline u32 majority(u32 x, u32 y, u32 z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

static inline u32 parity(u32 x, u32 y, u32 z)
{
    return x ^ y ^ z;
}

/* --- SHA-1 --- */

static u32 sha1_f(unsigned group, u32 x, u32 y, u32 z)
{
    return group == 0 ? choose(x, y, z) : group == 2 ? majority(x, y, z) : parity(x, y, z);
}

/* Four rounds on A B C D; E comes in with the first word, by SHA1NEXTE. */
OP(sha1rnds4)
{
    static const u32 constant[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    union vec w = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);
    unsigned group = in->imm & 3;
    u32 a = d->u32[3], b = d->u32[2], cc = d->u32[1], dd = d->u32[0], e = 0;

    for (unsigned i = 0; i < 4; i++) {
        u32 next = sha1_f(group, b, cc, dd) + rol(a, 5) + w.u32[3 - i] + e + constant[group];
        e = dd;
        dd = cc;
        cc = rol(b, 30);
        b = a;
        a = next;
    }
    *d = vec_of_u32(dd, cc, b, a);
}

OP(sha1nexte)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);

    y.u32[3] += rol(d->u32[3], 30);
    *d = y;
}

OP(sha1msg1)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);

    d->u32[3] ^= d->u32[1];
    d->u32[2] ^= d->u32[0];
    d->u32[1] ^= y.u32[3];
    d->u32[0] ^= y.u32[2];
}

OP(sha1msg2)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);

    d->u32[3] = rol(d->u32[3] ^ y.u32[2], 1);
    d->u32[2] = rol(d->u32[2] ^ y.u32[1], 1);
    d->u32[1] = rol(d->u32[1] ^ y.u32[0], 1);
    d->u32[0] = rol(d->u32[0] ^ d->u32[3], 1);
}

/* --- SHA-256 --- */

/* Two rounds: C D G H in the destination, A B E F in the source, W + K in XMM0. */
OP(sha256rnds2)
{
    union vec y = vec_read(c, in, 1), wk = *xmm(c, 0), *x = xmm(c, in->op[0].reg);
    u32 a = y.u32[3], b = y.u32[2], e = y.u32[1], f = y.u32[0];
    u32 cc = x->u32[3], d = x->u32[2], g = x->u32[1], h = x->u32[0];

    for (unsigned i = 0; i < 2; i++) {
        u32 t = choose(e, f, g) + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + wk.u32[i] + h;
        u32 next = t + majority(a, b, cc) + (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22));
        h = g;
        g = f;
        f = e;
        e = t + d;
        d = cc;
        cc = b;
        b = a;
        a = next;
    }
    *x = vec_of_u32(f, e, b, a);
}

static inline u32 sigma0(u32 v)
{
    return ror(v, 7) ^ ror(v, 18) ^ v >> 3;
}

static inline u32 sigma1(u32 v)
{
    return ror(v, 17) ^ ror(v, 19) ^ v >> 10;
}

OP(sha256msg1)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);

    for (unsigned i = 0; i < 4; i++)
        d->u32[i] += sigma0(i < 3 ? d->u32[i + 1] : y.u32[0]);
}

OP(sha256msg2)
{
    union vec y = vec_read(c, in, 1), *d = xmm(c, in->op[0].reg);

    d->u32[0] += sigma1(y.u32[2]);
    d->u32[1] += sigma1(y.u32[3]);
    d->u32[2] += sigma1(d->u32[0]);
    d->u32[3] += sigma1(d->u32[1]);
}
