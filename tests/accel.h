/* SPDX-License-Identifier: MIT */
/* The engine that test programs run guest code on: TEST_ACCEL=jit in the environment gives them
 * translated code from the second run of a block on; without it the interpreter runs alone. */
#ifndef ERSATZ_TESTS_ACCEL_H
#define ERSATZ_TESTS_ACCEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jit/engine.h"

/* e has its CPUs and no block yet. For jit_destroy(); NULL: the interpreter. */
static inline struct jit *accel_by_environment(struct engine *e)
{
    const struct jit_config config = {.heat = 1};
    const char *name = getenv("TEST_ACCEL");
    struct jit *j;

    if (!name || strcmp(name, "jit") != 0)
        return NULL;
    j = jit_new(e, &config);
    if (!j)
        printf("# no translated code on this host: the interpreter runs\n");
    return j;
}

#endif
