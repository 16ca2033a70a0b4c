/* SPDX-License-Identifier: MIT */
/* HOST operations: the guest's own MMX, SSE and x87 instructions. */
#include "jit/host_x86_64.h"

bool x64_host_op(struct x64 *g, unsigned n)
{
    return false;
}

static struct rm xmm(unsigned n)
{
    return rm_gs(offsetof(struct cpu, fpu.xmm) + 16 * n);
}

/* MOVUPS */
void x64_xmm_load(struct x64 *g, u16 set)
{
    for (unsigned n = 0; n < 16; n++)
        if (set >> n & 1)
            emit_rm(&g->e, X86_0F | 0x10, 4, n, xmm(n));
}

void x64_xmm_store(struct x64 *g, u16 set)
{
    for (unsigned n = 0; n < 16; n++)
        if (set >> n & 1)
            emit_rm(&g->e, X86_0F | 0x11, 4, n, xmm(n));
}
