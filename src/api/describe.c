/* SPDX-License-Identifier: MIT */
/* Where a CPU is, in words. */
#include <stdio.h>

#include "api/api.h"

static const char *mode_name(const struct cpu *c)
{
    if (cpu_real_mode(c))
        return "real mode";
    if (cpu_vm86(c))
        return "virtual 8086 mode";
    if (c->code_mode == CODE64)
        return "64-bit mode";
    if (cpu_long_mode(c))
        return c->code_mode == CODE32 ? "32-bit compatibility mode" : "16-bit compatibility mode";
    return c->code_mode == CODE32 ? "32-bit protected mode" : "16-bit protected mode";
}

void describe_cpu(const struct cpu *c, char *buf, size_t size)
{
    snprintf(buf, size, "CPU %u at %04x:%0*llx, %s, CPL %u", c->index, c->seg[CS].sel,
             c->code_mode == CODE64 ? 16 : 8, (unsigned long long)c->rip, mode_name(c), c->cpl);
}
