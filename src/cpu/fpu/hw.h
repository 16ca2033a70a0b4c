/* SPDX-License-Identifier: MIT */
/*
 * The kernels that run on the host's own units (x86-64 hosts). The host works with all exceptions
 * masked. Where the guest has some unmasked and one of those is raised, the portable kernel does
 * the operation again, as only it knows the unmasked answer; and with underflow unmasked it does
 * everything, since the masked host is silent about exact tiny results.
 */
#ifndef ERSATZ_CPU_FPU_HW_H
#define ERSATZ_CPU_FPU_HW_H

#include "cpu/fpu/fpu.h"

#define FPU_PORTABLE(ret, name, params, args)
#define FPU_OP(ret, name, params, args) ret hw_##name(struct fpu_ctx *c, FPU_UNPAREN params);
#include "cpu/fpu/fpu_ops.def"

void hw_sse_load(struct fpu_ctx *c);
void hw_sse_sync(struct fpu_ctx *c);
void hw_x87_load(struct fpu_ctx *c);

/* Whether the portable kernel must answer, given the flags the host raised. */
static inline bool hw_refused(const struct fpu_ctx *c, unsigned flags)
{
    return flags & ~c->masks & (FPU_EXCEPTIONS & ~FPU_PE);
}

#endif
