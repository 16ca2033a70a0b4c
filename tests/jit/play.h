/* SPDX-License-Identifier: MIT */
/*
 * One program on two boxes, in slices of the same lengths; after each, all that a guest can see is
 * compared. Faults are skipped, so that what stands behind one is run, too; interrupts come between
 * slices.
 */
#ifndef ERSATZ_TESTS_JIT_PLAY_H
#define ERSATZ_TESTS_JIT_PLAY_H

#include "program.h"

struct play {
    u64 seed;       /* of the slices' lengths and the interrupts */
    bool ram_often; /* memory is compared after every slice, not only at the end */
    u64 inject;     /* not 0: an interrupt after so many instructions; the rest in one slice */
    /* what happened */
    u64 insns, slices, faults, interrupts;
    char why[600];
};

/* False: they differ, `why` says how. */
bool play(struct play *y, const struct program *p, struct box *want, struct box *got);

#endif
