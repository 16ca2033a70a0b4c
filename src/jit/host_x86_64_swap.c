/* SPDX-License-Identifier: MIT */
/*
 * 64-bit guests have more registers than the host has to spare: R10 to R15 live in struct cpu. A
 * region that uses some of them much, and some of the others hardly, has them change places: where
 * it begins, ends and calls C, registers are in their homes, in between where it wants them.
 */
#include "jit/host_x86_64.h"

#define GAIN 6 /* uses that pay for the way there and back */

static void count_uses(const struct ir *ir, unsigned uses[GPR_COUNT])
{
    for (unsigned n = 1; n <= ir->count; n++) {
        const struct ir_op *op = &ir->op[n];
        if (op->code == IR_GET || op->code == IR_PUT || op->code == IR_GETH || op->code == IR_PUTH)
            uses[op->reg]++;
    }
}

/* Host operations name their general register themselves. */
static void count_host_uses(const struct ir *ir, unsigned uses[GPR_COUNT])
{
    for (unsigned n = 1; n <= ir->count; n++) {
        const struct insn *in = &ir_insn(ir, ir->op[n].insn)->in;
        for (unsigned i = 0; ir->op[n].code == IR_HOST && i < ARRAY_LEN(in->op); i++)
            if (in->op[i].kind == OPND_GPR)
                uses[in->op[i].reg]++;
    }
}

static void swap(struct x64 *g, unsigned out, unsigned in)
{
    u8 host = g->pinned[out];

    g->swap[g->swaps++] = (struct x64_swap){(u8)out, (u8)in, host};
    g->pinned[in] = host;
    g->pinned[out] = HOST_NONE;
}

/* Of those that may: MUL, DIV, shifts and the stack want the others where they are. */
static unsigned least_used(const struct x64 *g, const unsigned uses[GPR_COUNT])
{
    static const u8 may[] = {RBX, RBP, RSI, RDI, R8, R9};
    unsigned best = GPR_COUNT;

    for (unsigned i = 0; i < sizeof may; i++)
        if (g->pinned[may[i]] != HOST_NONE && (best == GPR_COUNT || uses[may[i]] < uses[best]))
            best = may[i];
    return best;
}

static unsigned most_used(const struct x64 *g, const unsigned uses[GPR_COUNT])
{
    unsigned best = R10;

    for (unsigned n = R10; n <= R15; n++)
        if (g->pinned[best] != HOST_NONE || (g->pinned[n] == HOST_NONE && uses[n] > uses[best]))
            best = n;
    return best;
}

void x64_swaps(struct x64 *g)
{
    unsigned uses[GPR_COUNT] = {0};

    g->swaps = 0;
    for (unsigned n = 0; n < GPR_COUNT; n++)
        g->pinned[n] = (u8)x64_home(n);
    if (!g->code64 || g->code->runs) /* what isn't known to be hot is done as it comes */
        return;
    count_uses(g->ir, uses);
    count_host_uses(g->ir, uses);
    while (g->swaps < X64_SWAPS) {
        unsigned out = least_used(g, uses), in = most_used(g, uses);
        if (out == GPR_COUNT || uses[in] < uses[out] + GAIN)
            break;
        swap(g, out, in);
    }
}

void x64_swap_in(struct x64 *g)
{
    for (unsigned i = 0; i < g->swaps; i++) {
        const struct x64_swap *s = &g->swap[i];
        emit_store(&g->e, 8, X64_CPU(gpr[s->out]), s->host);
        emit_load(&g->e, 8, s->host, X64_CPU(gpr[s->in]));
    }
}

void x64_swap_out(struct x64 *g)
{
    for (unsigned i = 0; i < g->swaps; i++) {
        const struct x64_swap *s = &g->swap[i];
        emit_store(&g->e, 8, X64_CPU(gpr[s->in]), s->host);
        emit_load(&g->e, 8, s->host, X64_CPU(gpr[s->out]));
    }
}
