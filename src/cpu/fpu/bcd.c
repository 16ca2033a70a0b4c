/* SPDX-License-Identifier: MIT */
/*
 * Packed decimals of FBLD and FBSTP: 18 digits, two a byte, the sign in bit 7 of byte 9.
 * SDM vol. 1, 4.7. FBLD computes with whatever the nibbles hold.
 */
#include "base/bits.h"
#include "cpu/fpu/num.h"

#define BCD_LIMIT 1000000000000000000u /* 10^18 */

struct f80 f80_from_bcd(const u8 in[10])
{
    u64 v = 0;
    bool sign = in[9] & 0x80;

    for (int i = 8; i >= 0; i--)
        v = v * 100 + (in[i] >> 4) * 10u + (in[i] & 15);
    struct f80 r;
    f80_from_i64(NULL, &r, (i64)v);
    r.se |= (u16)(sign << 15);
    return r;
}

static void put_indefinite(u8 out[10])
{
    memset(out, 0, 7);
    out[7] = 0xc0;
    out[8] = out[9] = 0xff;
}

void f80_to_bcd(struct fpu_ctx *c, const struct f80 *a, u8 out[10])
{
    struct fpu_num n = f80_unpack(*a);
    struct fpu_int i = {0};

    c->flags &= (u16)~FPU_C1;
    if (n.class == FPU_FINITE && n.exp < 64)
        i = fpu_round_int(n, c->rounding);
    else if (n.class != FPU_ZERO)
        i.v = BCD_LIMIT;
    if (i.v >= BCD_LIMIT) {
        fpu_raise(c, FPU_IE);
        put_indefinite(out);
        return;
    }
    if (i.inexact)
        fpu_raise(c, FPU_PE);
    if (i.up)
        c->flags |= FPU_C1;
    for (int k = 0; k < 9; k++, i.v /= 100)
        out[k] = (u8)(i.v / 10 % 10 << 4 | i.v % 10);
    out[9] = (u8)(n.sign << 7);
}
