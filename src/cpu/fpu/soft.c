/* SPDX-License-Identifier: MIT */
/* The table of portable kernels. They keep all state in their context: nothing to enter. */
#include "cpu/fpu/fpu.h"

static void no_units(struct fpu_ctx *x87, struct fpu_ctx *sse)
{
    (void)x87;
    (void)sse;
}

static void no_unit(struct fpu_ctx *c)
{
    (void)c;
}

const struct fpu_ops fpu_soft = {
#define FPU_OP(ret, name, params, args) .name = name,
#include "cpu/fpu/fpu_ops.def"
    .enter = no_units,
    .leave = no_units,
    .sse_load = no_unit,
    .x87_load = no_unit,
    .sse_sync = no_unit,
};
