/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/pending.h"

enum { INSNS_MAX = 500, HALTS_MAX = 200, STALLS_MAX = 8 };

struct pace {
    struct rng rng;
    u64 first;           /* the first is of so many, if not 0, and an interrupt comes behind it */
    u64 fixed;           /* slices of so many instructions; 0: of random length */
    unsigned interrupts; /* one slice in so many ends in an interrupt; 0: none */
};

static struct pace pace_of(const struct play *y)
{
    struct pace p = {.rng = {y->seed}, .first = y->inject};

    if (y->inject)
        p.fixed = INSNS_MAX;
    if (y->inject)
        return p;
    if (one_in(&p.rng, 3))
        p.fixed = one_in(&p.rng, 2) ? INSNS_MAX : 1 + rng_below(&p.rng, 20);
    if (one_in(&p.rng, 2))
        p.interrupts = 1 + (unsigned)rng_below(&p.rng, 4);
    return p;
}

static u64 slice_length(struct pace *p)
{
    if (p->first)
        return p->first;
    if (p->fixed)
        return p->fixed;
    return 1 + rng_below(&p->rng, one_in(&p->rng, 4) ? 200 : 24);
}

/* n instructions; without the engine under test, in the smallest pieces. */
static u64 run(struct box *b, u64 n)
{
    u64 ran = 0;

    if (b->jit)
        return box_run(b, n);
    /* now and then a slice only delivers an event */
    for (unsigned stalls = 0; ran < n && stalls < STALLS_MAX; stalls++) {
        if (b->cpu->activity != ACT_RUN && !cpu_can_take(b->cpu))
            break;
        u64 one = box_run(b, 1);
        stalls = one ? 0 : stalls;
        ran += one;
    }
    return ran;
}

static bool compare(struct play *y, struct box *want, struct box *got, bool all)
{
    char text[500];

    if (box_same(want, got, all, text, sizeof text))
        return true;
    snprintf(y->why, sizeof y->why, "slice %" PRIu64 ", %" PRIu64 " instructions:%s", y->slices,
             y->insns, text);
    return false;
}

static void interrupt(struct pace *p, struct box *want, struct box *got)
{
    u8 vector = one_in(&p->rng, 2) ? BOX_QUIET : (u8)(0x20 + rng_below(&p->rng, 200));
    unsigned line = one_in(&p->rng, 8) ? CPU_NMI : CPU_INTR;

    want->vector = got->vector = vector;
    cpu_set_line(want->cpu, line, true);
    cpu_set_line(got->cpu, line, true);
}

/* Halted: on it goes. False: this is the end. */
static bool go_on(struct play *y, const struct program *p, struct box *want, struct box *got)
{
    struct box_frame f, g;
    u64 rip;
    int item;

    if (!box_frame(want, &f)) { /* a HLT of the program's */
        want->cpu->activity = got->cpu->activity = ACT_RUN;
        return true;
    }
    if (!box_frame(got, &g))
        return false;
    rip = f.rip;
    if (f.fault) {
        item = program_item(p, f.rip);
        y->faults++;
        if (item < 0 || item == TARGET_END)
            return false;
        rip = program_next(p, (unsigned)item);
    } else {
        y->interrupts++;
    }
    return box_return(want, &f, rip) && box_return(got, &g, rip);
}

static bool may_run(const struct box *b)
{
    return b->cpu->activity == ACT_RUN && !b->shutdown;
}

bool play(struct play *y, const struct program *p, struct box *want, struct box *got)
{
    struct pace pace = pace_of(y);
    u64 begin = y->insns;

    program_enter(p, want);
    program_enter(p, got);
    got->clock = (struct clock){.ns_per_insn = want->clock.ns_per_insn,
                                .slice_end = want->clock.slice_end};
    for (unsigned halts = 0; y->insns - begin < INSNS_MAX && halts < HALTS_MAX;) {
        u64 n = slice_length(&pace), ran = box_run(want, n);
        run(got, n);
        y->slices++;
        y->insns += ran;
        if (!compare(y, want, got, y->ram_often))
            return false;
        if (want->cpu->activity == ACT_HLT) {
            halts++;
            if (!go_on(y, p, want, got))
                break;
        }
        if (!may_run(want) || !ran)
            break;
        if (pace.first || (pace.interrupts && one_in(&pace.rng, pace.interrupts)))
            interrupt(&pace, want, got);
        pace.first = 0;
    }
    return compare(y, want, got, true);
}
