/* SPDX-License-Identifier: MIT */
/*
 * Are two outcomes of one experiment the same? Everything architectural is compared but: flags
 * that the table calls undefined, the x87 instruction and data pointers (vendors differ in when
 * they are kept), and the leeway of leeway.def.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cpu/x87.h"
#include "state.h"
#include "verdict.h"

#define FLAGS_COMPARED (EFL_STATUS | EFL_DF | EFL_AC | EFL_ID)

enum leeway { EXACT, APPROX, ULP, ORDER, MASK, TARGET };

static enum leeway leeway_of(const char *name)
{
    static const struct {
        const char *name;
        enum leeway how;
    } list[] = {
#define LEEWAY(name, how, why) {name, how},
#include "leeway.def"
#undef LEEWAY
    };
    for (unsigned i = 0; i < ARRAY_LEN(list); i++)
        if (!strcmp(name, list[i].name))
            return list[i].how;
    return EXACT;
}

/* Above what Linux gives a process: the last page below the hole, too. */
static bool kernel_part(u64 addr)
{
    return addr >= BIT(47) - 4096;
}

/* Bits of features that we don't have are loaded by the hardware, and refused by us. */
static bool foreign_mxcsr(const struct isa_case *t, const struct isa_state *want,
                          const struct isa_state *got)
{
    return leeway_of(insn_rows[t->in.row].name) == MASK && want->vector < 0 &&
           got->vector == VEC_GP && (want->fx.mxcsr & ~(u32)MXCSR_VALID);
}

static void compare_fault(struct verdict *v, const struct isa_case *t, const struct isa_state *a,
                          const struct isa_state *b)
{
    enum leeway how = leeway_of(insn_rows[t->in.row].name);
    bool any_order = how == ORDER || how == MASK;
    if (how == TARGET && a->vector == VEC_PF && b->vector == VEC_GP)
        return;
    if (a->vector != b->vector) {
        differ(v, " vector %d, not %d (errors %x, %x);", b->vector, a->vector, b->error, a->error);
        return;
    }
    if (a->vector < 0)
        return;
    u32 mask = ~0u;
    if (a->vector == VEC_PF) {
        if (any_order)
            return;
        if (a->cr2 != b->cr2)
            differ(v, " cr2 %llx, not %llx;", (unsigned long long)b->cr2,
                   (unsigned long long)a->cr2);
        if (kernel_part(a->cr2)) /* Linux sets P for these, mapped or not */
            mask = ~(u32)PF_P;
    }
    if ((a->error ^ b->error) & mask)
        differ(v, " error code %x, not %x;", b->error, a->error);
}

static void compare_gprs(struct verdict *v, const struct isa_case *t, const struct isa_state *a,
                         const struct isa_state *b)
{
    static const char names[16][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    u64 mask = t->mode == CODE64 ? ~0ull : 0xffffffff;
    for (unsigned i = 0; i < (t->mode == CODE64 ? 16u : 8u); i++)
        if ((a->gpr[i] ^ b->gpr[i]) & mask)
            differ(v, " %s %llx, not %llx;", names[i], (unsigned long long)(b->gpr[i] & mask),
                   (unsigned long long)(a->gpr[i] & mask));
    if ((a->rip ^ b->rip) & mask)
        differ(v, " rip %llx, not %llx;", (unsigned long long)b->rip, (unsigned long long)a->rip);
}

/* Where a normal number of its sign stands in the row of them all. */
static u128 ordinal(const u8 *p)
{
    return ((u128)(ld16(p + 8) & 0x7fff) << 63) + (ld64(p) & MASK(63));
}

/* Distance in units of the last place; numbers of different signs are far apart. */
static u64 ulps(const u8 *a, const u8 *b)
{
    u128 x = ordinal(a), y = ordinal(b), d = x < y ? y - x : x - y;
    bool same_sign = !((ld16(a + 8) ^ ld16(b + 8)) >> 15);

    return same_sign && d < UINT64_MAX ? (u64)d : UINT64_MAX;
}

static void compare_x87(struct verdict *v, const struct isa_case *t, const struct fxsave *a,
                        const struct fxsave *b)
{
    bool ulp = leeway_of(insn_rows[t->in.row].name) == ULP;
    u16 sw_mask = ulp ? (u16)~0x200 : 0xffff;
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(a->st[i], b->st[i], 10) && !(ulp && ulps(a->st[i], b->st[i]) <= 1))
            differ(v, " st%u %04x.%016llx, not %04x.%016llx;", i, ld16(b->st[i] + 8),
                   (unsigned long long)ld64(b->st[i]), ld16(a->st[i] + 8),
                   (unsigned long long)ld64(a->st[i]));
    if ((a->fsw ^ b->fsw) & sw_mask)
        differ(v, " fsw %04x, not %04x;", b->fsw, a->fsw);
    if (a->fcw != b->fcw)
        differ(v, " fcw %04x, not %04x;", b->fcw, a->fcw);
    if (a->ftw != b->ftw)
        differ(v, " ftw %02x, not %02x;", b->ftw, a->ftw);
}

static bool lanes_close(const u64 *a, const u64 *b)
{
    for (unsigned i = 0; i < 4; i++) {
        float x, y;
        memcpy(&x, (const u8 *)a + 4 * i, 4);
        memcpy(&y, (const u8 *)b + 4 * i, 4);
        /* what is just not tiny for one side may be, and so zero, for the other */
        bool flushed = (x == 0 || y == 0) && fabs(x + y) <= FLT_MIN * 1.001;
        if (memcmp(&x, &y, 4) && !flushed && !(fabs(x - y) <= fabs(x) * 2 * 1.5 / 4096))
            return false;
    }
    return true;
}

static void compare_sse(struct verdict *v, const struct isa_case *t, const struct fxsave *a,
                        const struct fxsave *b)
{
    bool approx = leeway_of(insn_rows[t->in.row].name) == APPROX;
    for (unsigned i = 0; i < 16; i++)
        if (memcmp(a->xmm[i], b->xmm[i], 16) && !(approx && lanes_close(a->xmm[i], b->xmm[i])))
            differ(v, " xmm%u %016llx%016llx, not %016llx%016llx;", i,
                   (unsigned long long)b->xmm[i][1], (unsigned long long)b->xmm[i][0],
                   (unsigned long long)a->xmm[i][1], (unsigned long long)a->xmm[i][0]);
    if (a->mxcsr != b->mxcsr)
        differ(v, " mxcsr %04x, not %04x;", b->mxcsr, a->mxcsr);
}

static void compare_memory(struct verdict *v, const struct isa_case *t, const struct isa_state *a,
                           const struct isa_state *b)
{
    bool mask = leeway_of(insn_rows[t->in.row].name) == MASK;
    if (!memcmp(a->mem, b->mem, sizeof a->mem))
        return;
    for (unsigned i = 0, shown = 0; i < sizeof a->mem && shown < 4; i++) {
        u64 at = i < ISA_DATA_PAGES * 4096 ? ISA_DATA + i : ISA_STACK + i - ISA_DATA_PAGES * 4096;
        if (mask && a->mem[i] == 2 && b->mem[i] == 0)
            continue;
        if (a->mem[i] != b->mem[i] && ++shown)
            differ(v, " [%llx] %02x, not %02x;", (unsigned long long)at, b->mem[i], a->mem[i]);
    }
}

/* A jump to nowhere completes, and the fetch behind it faults: on us that is the next step. */
void isa_settle(struct isa_state *s)
{
    if (s->vector == VEC_PF && (s->error & PF_I) && s->rip != ISA_INSN)
        s->vector = -1;
    if (s->vector < 0) {
        s->error = 0;
        s->cr2 = 0;
    }
}

bool isa_same(const struct isa_case *t, const struct isa_state *want, const struct isa_state *got,
              char *why, size_t size)
{
    struct verdict v = verdict_new(why, size);
    u32 flags = FLAGS_COMPARED & ~insn_rows[t->in.row].flags_undefined;
    if (foreign_mxcsr(t, want, got))
        return true;
    compare_fault(&v, t, want, got);
    compare_gprs(&v, t, want, got);
    if ((want->eflags ^ got->eflags) & flags)
        differ(&v, " flags %x, not %x;", got->eflags & flags, want->eflags & flags);
    compare_x87(&v, t, &want->fx, &got->fx);
    compare_sse(&v, t, &want->fx, &got->fx);
    compare_memory(&v, t, want, got);
    return v.same;
}
