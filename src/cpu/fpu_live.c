/* SPDX-License-Identifier: MIT */
/*
 * Registers that live in the host's units while translated code runs: the host's x87 unit holds
 * the guest's x87 state, whole and as it is, its XMM registers the guest's. fpu.live says which.
 * Only when the guest masks all exceptions, so that nothing the host's units do can trap.
 *
 * The image of FNSAVE and FRSTOR in 64-bit code (SDM vol. 1, figure 8-9 and 8.1.10):
 *
 *     0    4    8    12             28     38          98      108
 *     +----+----+----+--------------+------+--- ... ---+-------+
 *     | CW | SW | TW | pointers     | ST(0)|           | ST(7) |
 *     +----+----+----+--------------+------+--- ... ---+-------+
 *
 * The pointers are the host's own and mean nothing: translated code keeps the guest's.
 */
#include "cpu/engine.h"
#include "cpu/x87.h"

#if defined(__x86_64__)

#define IMAGE_SW 4
#define IMAGE_TW 8
#define IMAGE_ST 28
#define IMAGE_SIZE 108

static void load_x87(const struct fpu_state *f)
{
    u8 image[IMAGE_SIZE] = {0};
    unsigned top = f->sw >> SW_TOP_SHIFT & 7;
    u16 tw = 0;

    for (unsigned i = 0; i < 8; i++) {
        const struct f80 *v = &f->st[(top + i) & 7];
        st64(image + IMAGE_ST + 10 * i, v->mant);
        st16(image + IMAGE_ST + 10 * i + 8, v->se);
        if (f->empty >> i & 1)
            tw |= (u16)(3 << 2 * i);
    }
    st16(image, f->cw);
    st16(image + IMAGE_SW, f->sw);
    st16(image + IMAGE_TW, tw);
    asm volatile("frstor %0" : : "m"(image));
}

static void store_x87(struct cpu *c)
{
    struct fpu_state *f = &c->fpu;
    u8 image[IMAGE_SIZE];

    asm volatile("fnsave %0" : "=m"(image));
    f->sw = ld16(image + IMAGE_SW);
    x87_set_full_tag(c, ld16(image + IMAGE_TW));
    for (unsigned i = 0; i < 8; i++) {
        const u8 *p = image + IMAGE_ST + 10 * i;
        *x87_st(c, i) = (struct f80){ld64(p), ld16(p + 8)};
    }
    x87_set_cw(c, ld16(image)); /* the kernels want it in the host's unit, too */
}

bool fpu_take(struct cpu *c, unsigned units)
{
    struct fpu_state *f = &c->fpu;

    if (f->ops != &fpu_hw || !f->entered)
        return false;
    unsigned off = stub_units_off(c);
    if ((units & FPU_LIVE_SSE) && ((off & CHECK_SSE) || f->sse.masks != FPU_EXCEPTIONS))
        return false;
    f->mxcsr |= f->sse.flags & MXCSR_FLAGS; /* for STMXCSR: the rest is in the host's */
    if (units & FPU_LIVE_X87 & ~f->live) {
        if ((off & CHECK_FPU) || ~f->cw & CW_MASKS || f->sw & SW_ES)
            return false;
        load_x87(f);
        c->fpu.live |= FPU_LIVE_X87;
    }
    return true;
}

void fpu_sync(struct cpu *c)
{
    if (c->fpu.live & FPU_LIVE_X87) {
        c->fpu.live &= (u8)~FPU_LIVE_X87;
        store_x87(c);
    }
}

#else

bool fpu_take(struct cpu *c, unsigned units)
{
    return false;
}

void fpu_sync(struct cpu *c)
{
}

#endif
