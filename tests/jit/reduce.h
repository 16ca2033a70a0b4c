/* SPDX-License-Identifier: MIT */
/*
 * A trial is a case of the fuzzer, or a part of one: the programs first..last of a seed on fresh
 * boxes, some items left out of the last program. Trials that fail are made smaller by trying,
 * each in a process of its own, so that crashes count as failures, too.
 */
#ifndef ERSATZ_TESTS_JIT_REDUCE_H
#define ERSATZ_TESTS_JIT_REDUCE_H

#include "play.h"

enum { PROGRAMS = 16 }; /* of a case; runs: each is run from two states */

struct trial {
    const struct mix *mix;
    struct box_options opt;
    u64 seed;
    unsigned first, last; /* programs first .. last; PROGRAMS as `last`: all */
    bool gone[ITEMS_MAX]; /* of the last one */
    bool ram_often;
};

/* From the seed and JIT_FUZZ. */
void trial_options(struct trial *t);
bool trial_open(const struct trial *t, struct box *want, struct box *got);
/* For programs that test the same with whatever JIT_FUZZ says: two boxes, or a TAP line that says
 * why not; what has been translated, and the plan. */
bool trial_begin(struct box *want, struct box *got);
void trial_end(struct box *want, struct box *got, unsigned tests);
/* Run number n of the trial: program n / 2 from its state n % 2. */
bool trial_run(const struct trial *t, unsigned n, struct program *p, struct box *want,
               struct box *got, struct play *y);
/* False: it doesn't fail. Else what is left of it has been printed. */
bool reduce(struct trial *t);

#endif
