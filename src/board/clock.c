/* SPDX-License-Identifier: MIT */
#include "board/clock.h"

/* One nanosecond an instruction: a CPU of 1 GIPS, whose TSC of 1 GHz counts instructions. */
#define DEFAULT_NS_PER_INSN 1

void clock_init(struct clock *c)
{
    *c = (struct clock){.ns_per_insn = DEFAULT_NS_PER_INSN};
}

/* Instructions until `deadline`, rounded up so that the slice ends at or after it. */
static u64 insns_until(const struct clock *c, u64 deadline)
{
    u64 now = clock_now(c);

    if (deadline <= now)
        return 0;
    return (deadline - now - 1) / c->ns_per_insn + 1;
}

void clock_slice_begin(struct clock *c, i64 *budget, u64 insns)
{
    u64 start = clock_insns(c);
    u64 left = insns_until(c, clock_deadline(c));

    if (insns > INT64_MAX)
        insns = INT64_MAX;
    if (insns > left)
        insns = left;
    if (insns == 0)
        insns = 1;
    *budget = (i64)insns;
    c->slice_end = start + insns;
    c->budget = budget;
    c->cut = false;
}

void clock_slice_end(struct clock *c)
{
    if (!c->budget)
        return;
    c->slice_end = clock_insns(c);
    *c->budget = 0;
    c->budget = NULL;
}

void clock_slice_cut(struct clock *c)
{
    c->cut = true;
    if (c->budget && *c->budget > 0) {
        c->slice_end -= (u64)*c->budget;
        *c->budget = 0;
    }
}

void clock_skip_to(struct clock *c, u64 ns)
{
    u64 now = clock_now(c);

    if (ns > now)
        c->skipped += ns - now;
}

u64 clock_deadline(const struct clock *c)
{
    return c->timers ? c->timers->deadline : UINT64_MAX;
}

/* A callback that arms its timer again for the past fires again in the same round: that is how
 * a periodic timer catches up. One that never gets ahead must not hold the machine up. */
#define ROUND_LIMIT 4096

void clock_run_timers(struct clock *c)
{
    u64 now = clock_now(c);

    for (unsigned n = 0; n < ROUND_LIMIT && c->timers && c->timers->deadline <= now; n++) {
        struct timer *t = c->timers;
        c->timers = t->next;
        t->next = NULL;
        t->armed = false;
        t->fn(t->opaque);
    }
}

void timer_init(struct timer *t, struct clock *c, timer_fn *fn, void *opaque, const char *name)
{
    *t = (struct timer){.clock = c, .fn = fn, .opaque = opaque, .name = name};
}

void timer_arm(struct timer *t, u64 deadline)
{
    struct clock *c = t->clock;
    struct timer **p;

    timer_disarm(t);
    for (p = &c->timers; *p && (*p)->deadline <= deadline; p = &(*p)->next)
        ;
    t->deadline = deadline;
    t->armed = true;
    t->next = *p;
    *p = t;
    if (c->budget && *c->budget > 0) {
        u64 left = insns_until(c, deadline);
        if (left < (u64)*c->budget) {
            c->slice_end -= (u64)*c->budget - left;
            *c->budget = (i64)left;
        }
    }
}

void timer_disarm(struct timer *t)
{
    struct timer **p;

    if (!t->armed)
        return;
    for (p = &t->clock->timers; *p != t; p = &(*p)->next)
        ;
    *p = t->next;
    t->next = NULL;
    t->armed = false;
}
