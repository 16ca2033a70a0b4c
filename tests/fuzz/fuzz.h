/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzers share. A fuzzer is a function that does one case, all of which follows from
 * its seed. The harness runs cases in a child process until the time is over. When one crashes,
 * gets a sanitizer's report, finds something wrong or doesn't come back, the harness prints its
 * seed and goes on with the next one.
 *
 *     FUZZ_SECONDS  how long (5; 60 in a build with sanitizers)
 *     FUZZ_CASES    how many, whatever the time
 *     FUZZ_SEED     where the cases begin (1)
 *     FUZZ_LOG      log topics, to stderr
 *     FUZZ_CASE     one case by its seed, as printed, in this process: for a debugger
 */
#ifndef ERSATZ_TESTS_FUZZ_H
#define ERSATZ_TESTS_FUZZ_H

#include "base/types.h"
#include "isa/state.h" /* struct rng */

#define FUZZ_COUNTERS 32

/* In memory that both processes see. */
struct fuzz {
    u64 cases, seed;           /* begun; of the running one */
    u64 cases_wanted;          /* 0: as many as the time allows */
    u64 beat;                  /* grows while a case gets on: fuzz_beat() */
    u64 slowest, slowest_seed; /* ns per 10^5 instructions: fuzz_speed() */
    u64 count[FUZZ_COUNTERS];
    char failure[512];
};

struct fuzz_target {
    const char *name;
    void (*run)(struct fuzz *f, u64 seed);
    /* What must have happened at least once, unless it begins with "?"; NULL at the end. */
    const char *const *counters;
};

/* Runs and prints TAP; returns main()'s status. */
int fuzz_main(const struct fuzz_target *t);

/* The case has found something. */
_Noreturn void fuzz_fail(struct fuzz *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* It is still getting on. */
void fuzz_beat(struct fuzz *f);
/* Time of this thread on its processor, in ns. */
u64 fuzz_clock(void);
/* n instructions took so long. */
void fuzz_speed(struct fuzz *f, u64 n, u64 ns);

static inline bool one_in(struct rng *r, unsigned n)
{
    return rng_below(r, n) == 0;
}

#endif
