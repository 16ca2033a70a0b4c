/* SPDX-License-Identifier: MIT */
/* The table of kernels on the host's units, and the change of controls around a run. */
#include "cpu/fpu/hw.h"

#if defined(__x86_64__)

#define HOST_MXCSR 0x1f80 /* the ABI's defaults */
#define HOST_CW 0x037f

static void enter(struct fpu_ctx *x87, struct fpu_ctx *sse)
{
    hw_sse_load(sse);
    hw_x87_load(x87);
}

static void leave(struct fpu_ctx *x87, struct fpu_ctx *sse)
{
    u32 mxcsr = HOST_MXCSR;
    u16 cw = HOST_CW;

    (void)x87;
    hw_sse_sync(sse);
    asm volatile("ldmxcsr %0\n\tfnclex\n\tfldcw %1" : : "m"(mxcsr), "m"(cw));
}

const struct fpu_ops fpu_hw = {
#define FPU_PORTABLE(ret, name, params, args) .name = name,
#define FPU_OP(ret, name, params, args) .name = hw_##name,
#include "cpu/fpu/fpu_ops.def"
    .enter = enter,
    .leave = leave,
    .sse_load = hw_sse_load,
    .x87_load = hw_x87_load,
    .sse_sync = hw_sse_sync,
};

#endif
