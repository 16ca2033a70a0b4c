/* SPDX-License-Identifier: MIT */
/* Have two boxes come to the same state? All that a guest can see is compared, exactly. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "box.h"
#include "cpu/flags.h"
#include "cpu/x87.h"
#include "verdict.h"

static void number(struct verdict *v, const char *name, u64 want, u64 got)
{
    if (want != got)
        differ(v, " %s %" PRIx64 ", not %" PRIx64 ";", name, got, want);
}

static void numbered(struct verdict *v, const char *name, unsigned n, u64 want, u64 got)
{
    char text[16];

    if (want == got)
        return;
    snprintf(text, sizeof text, "%s%u", name, n);
    number(v, text, want, got);
}

static void compare_cpu(struct verdict *v, const struct cpu *a, const struct cpu *b)
{
    static const char names[16][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

    for (unsigned i = 0; i < 16; i++)
        number(v, names[i], a->gpr[i], b->gpr[i]);
    number(v, "rip", a->rip, b->rip);
    number(v, "eflags", eflags_get(a), eflags_get(b));
    number(v, "cpl", a->cpl, b->cpl);
    number(v, "activity", a->activity, b->activity);
    number(v, "pending", a->pending, b->pending);
    number(v, "shadow", a->shadow, b->shadow);
    number(v, "cr0", a->cr0, b->cr0);
    number(v, "cr2", a->cr2, b->cr2);
    number(v, "cr3", a->cr3, b->cr3);
    number(v, "cr4", a->cr4, b->cr4);
    number(v, "efer", a->efer, b->efer);
    number(v, "dr6", a->dr6, b->dr6);
    number(v, "dr7", a->dr7, b->dr7);
    number(v, "faults", a->stat_faults, b->stat_faults);
    number(v, "interrupts", a->stat_irqs, b->stat_irqs);
    for (unsigned i = 0; i < SEG_COUNT; i++) {
        numbered(v, "selector", i, a->seg[i].sel, b->seg[i].sel);
        numbered(v, "base", i, a->seg[i].base, b->seg[i].base);
        numbered(v, "limit", i, a->seg[i].limit, b->seg[i].limit);
        numbered(v, "attr", i, a->seg[i].attr, b->seg[i].attr);
    }
}

static void compare_fpu(struct verdict *v, struct cpu *a, struct cpu *b)
{
    for (unsigned i = 0; i < 8; i++) {
        numbered(v, "st exponent ", i, a->fpu.st[i].se, b->fpu.st[i].se);
        numbered(v, "st ", i, a->fpu.st[i].mant, b->fpu.st[i].mant);
    }
    number(v, "fcw", a->fpu.cw, b->fpu.cw);
    number(v, "fsw", a->fpu.sw, b->fpu.sw);
    number(v, "empty", a->fpu.empty, b->fpu.empty);
    number(v, "fop", a->fpu.fop, b->fpu.fop);
    number(v, "fip", a->fpu.fip, b->fpu.fip);
    number(v, "fdp", a->fpu.fdp, b->fpu.fdp);
    number(v, "fcs", a->fpu.fcs, b->fpu.fcs);
    number(v, "fds", a->fpu.fds, b->fpu.fds);
    number(v, "mxcsr", sse_mxcsr(a), sse_mxcsr(b));
    for (unsigned i = 0; i < 16; i++) {
        numbered(v, "high xmm", i, a->fpu.xmm[i][1], b->fpu.xmm[i][1]);
        numbered(v, "xmm", i, a->fpu.xmm[i][0], b->fpu.xmm[i][0]);
    }
}

static void compare_ram(struct verdict *v, const struct box *a, const struct box *b)
{
    if (!memcmp(a->ram, b->ram, BOX_END))
        return;
    for (u32 i = 0, shown = 0; i < BOX_END && shown < 4; i++)
        if (a->ram[i] != b->ram[i] && ++shown)
            differ(v, " [%x] %02x, not %02x;", i, b->ram[i], a->ram[i]);
}

bool box_same(struct box *want, struct box *got, bool all, char *why, size_t size)
{
    struct verdict v = verdict_new(why, size);

    number(&v, "instructions", clock_insns(&want->clock), clock_insns(&got->clock));
    number(&v, "pieces of IR that break a rule", 0, box_unsound(got));
    compare_cpu(&v, want->cpu, got->cpu);
    compare_fpu(&v, want->cpu, got->cpu);
    number(&v, "devices' trace", want->outside, got->outside);
    number(&v, "shutdown", want->shutdown, got->shutdown);
    if (all)
        compare_ram(&v, want, got);
    return v.same;
}
