/* SPDX-License-Identifier: MIT */
/*
 * INT 15h function 87h: CX words between any two places below 4 GiB. ES:SI is a table of six
 * descriptors; those at 10h (source) and 18h (destination) give the addresses.
 */
#include "int15.h"

static u32 base_of(u16 seg, u16 descriptor)
{
    return (peek32(seg, descriptor + 2u) & 0xFFFFFF) | (u32)peek8(seg, descriptor + 7u) << 24;
}

void move_service(struct regs *r)
{
    bool a20 = a20_get();

    a20_set(true);
    phys_copy(base_of(r->es, r->si + 0x18), base_of(r->es, r->si + 0x10), r->cx * 2u);
    a20_set(a20);
    r->ah = 0;
    set_cf(r, false);
    set_zf(r, true);
}
