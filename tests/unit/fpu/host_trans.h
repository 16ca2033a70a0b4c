/* SPDX-License-Identifier: MIT */
/* The host's transcendental instructions as kernels, for comparison; with all masked. */
#ifndef ERSATZ_TESTS_FPU_HOST_TRANS_H
#define ERSATZ_TESTS_FPU_HOST_TRANS_H

#include "cpu/fpu/fpu.h"

#if defined(__x86_64__)

static bool host_flags(struct fpu_ctx *c, u16 sw, u16 conditions)
{
    c->flags = (u16)((c->flags & ~conditions) | (sw & (FPU_EXCEPTIONS | conditions)));
    return true;
}

#define HOST_UNARY(name, conditions)                                                               \
    static bool host_##name(struct fpu_ctx *c, struct f80 *r, const struct f80 *a)                 \
    {                                                                                              \
        u16 sw;                                                                                    \
        asm volatile("fnclex\n\tfldt %[a]\n\tf" #name "\n\tfnstsw %[sw]\n\tfstpt %[r]"             \
                     : [r] "=m"(*r), [sw] "=&a"(sw)                                                \
                     : [a] "m"(*a));                                                               \
        return host_flags(c, sw, conditions);                                                      \
    }

HOST_UNARY(2xm1, FPU_C1)
HOST_UNARY(sin, FPU_C1 | FPU_C2)
HOST_UNARY(cos, FPU_C1 | FPU_C2)

/* ST(0) = x, ST(1) = y, one result. */
#define HOST_BINARY(name)                                                                          \
    static bool host_##name(struct fpu_ctx *c, struct f80 *r, const struct f80 *x,                 \
                            const struct f80 *y)                                                   \
    {                                                                                              \
        u16 sw;                                                                                    \
        asm volatile("fnclex\n\tfldt %[y]\n\tfldt %[x]\n\tf" #name                                 \
                     "\n\tfnstsw %[sw]\n\tfstpt %[r]"                                              \
                     : [r] "=m"(*r), [sw] "=&a"(sw)                                                \
                     : [x] "m"(*x), [y] "m"(*y));                                                  \
        return host_flags(c, sw, FPU_C1);                                                          \
    }

HOST_BINARY(yl2x)
HOST_BINARY(yl2xp1)
HOST_BINARY(patan)

/* Two results, of which *top was pushed; one when C2 (bit 2 of AH) says "out of range". */
#define HOST_PUSHING(name)                                                                         \
    static u16 push_##name(struct f80 *r, struct f80 *top, const struct f80 *a)                    \
    {                                                                                              \
        u16 sw;                                                                                    \
        *r = *a;                                                                                   \
        asm volatile("fnclex\n\tfldt %[a]\n\tf" #name "\n\tfnstsw %[sw]\n\tfstpt %[top]\n\t"       \
                     "test $0x4, %%ah\n\tjnz 1f\n\tfstpt %[r]\n1:"                                 \
                     : [r] "+m"(*r), [top] "=m"(*top), [sw] "=&a"(sw)                              \
                     : [a] "m"(*a)                                                                 \
                     : "cc");                                                                      \
        return sw;                                                                                 \
    }

HOST_PUSHING(ptan)
HOST_PUSHING(sincos)

static bool host_tan(struct fpu_ctx *c, struct f80 *r, const struct f80 *a)
{
    struct f80 one;

    return host_flags(c, push_ptan(r, &one, a), FPU_C1 | FPU_C2);
}

static bool host_sincos(struct fpu_ctx *c, struct f80 *r, struct f80 *second, const struct f80 *a)
{
    return host_flags(c, push_sincos(r, second, a), FPU_C1 | FPU_C2);
}

/* fpu_hw, but for real. */
static struct fpu_ops with_host_trans(void)
{
    struct fpu_ops o = fpu_hw;

    o.f80_f2xm1 = host_2xm1;
    o.f80_sin = host_sin;
    o.f80_cos = host_cos;
    o.f80_yl2x = host_yl2x;
    o.f80_yl2xp1 = host_yl2xp1;
    o.f80_patan = host_patan;
    o.f80_tan = host_tan;
    o.f80_sincos = host_sincos;
    return o;
}

#endif

#endif
