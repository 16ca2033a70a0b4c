/* SPDX-License-Identifier: MIT */
/*
 * Virtual time is the count of retired guest instructions:
 *
 *     now = insns * ns_per_insn + skipped
 *
 * `skipped` grows when every CPU halts (time jumps to the next deadline) and by pacing
 * corrections from the input gate. Devices compute their counters from clock_now() on
 * demand; what must happen at a time is a timer, in one list sorted by deadline.
 *
 * While a CPU runs a slice, the count of instructions retired so far is
 * slice_end - *budget: the CPU subtracts from its budget on the way, and every instruction
 * that can look at the clock ends its block, so the sum is exact there. The instruction
 * that looks counts as retired.
 */
#ifndef ERSATZ_BOARD_CLOCK_H
#define ERSATZ_BOARD_CLOCK_H

#include "base/types.h"

#define NS_PER_SEC 1000000000ull

typedef void timer_fn(void *opaque);

struct timer {
    struct clock *clock;
    timer_fn *fn;
    void *opaque;
    const char *name;
    u64 deadline; /* ns of virtual time */
    bool armed;
    struct timer *next; /* in the list, by deadline, first armed first among equals */
};

struct clock {
    u64 ns_per_insn;
    u64 skipped;   /* ns */
    u64 slice_end; /* instruction count at which the running slice's budget is 0 */
    i64 *budget;   /* the running CPU's, or NULL between slices: then slice_end is "now" */
    bool cut;      /* the running slice, by clock_slice_cut() */
    struct timer *timers;
};

void clock_init(struct clock *c);

static inline u64 clock_insns(const struct clock *c)
{
    return c->slice_end - (c->budget ? (u64)*c->budget : 0);
}

static inline u64 clock_now(const struct clock *c)
{
    return clock_insns(c) * c->ns_per_insn + c->skipped;
}

/* Somebody waits for the running instruction to end: its own doing, or a timer that is due. Where
 * the slice ends has no say in it. */
static inline bool clock_is_waited_for(const struct clock *c)
{
    return c->cut || (c->timers && c->timers->deadline <= clock_now(c));
}

/* Opens a slice of at most `insns` instructions for the CPU that owns *budget; shortened to
 * the next deadline (at least 1). Sets *budget. */
void clock_slice_begin(struct clock *c, i64 *budget, u64 insns);
/* Ends the slice; what is left in *budget was not run. */
void clock_slice_end(struct clock *c);
/* Cuts the running slice short after the current instruction: budget becomes 0. */
void clock_slice_cut(struct clock *c);
/* Moves time forward to `ns` without running instructions. Between slices only. */
void clock_skip_to(struct clock *c, u64 ns);
/* The earliest deadline in ns, or UINT64_MAX. */
u64 clock_deadline(const struct clock *c);
/* Fires every timer whose deadline is not after now. Between slices only. */
void clock_run_timers(struct clock *c);

void timer_init(struct timer *t, struct clock *c, timer_fn *fn, void *opaque, const char *name);
/* Arms (or re-arms) for `deadline`, ns of virtual time; a past one fires at the next
 * instruction boundary. Shortens the running slice if need be. */
void timer_arm(struct timer *t, u64 deadline);
void timer_disarm(struct timer *t);

/* a * b / c without overflow in between; for converting between rates. */
static inline u64 muldiv(u64 a, u64 b, u64 c)
{
    return (u64)((u128)a * b / c);
}

#endif
