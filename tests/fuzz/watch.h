/* SPDX-License-Identifier: MIT */
/* A machine that runs no instructions, for nothing wakes it or only time passes, is stopped. */
#ifndef ERSATZ_TESTS_FUZZ_WATCH_H
#define ERSATZ_TESTS_FUZZ_WATCH_H

#include <ersatz/ersatz.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "fuzz.h"

struct watch {
    struct ersatz_machine *m;
    pthread_t thread;
    atomic_bool over;
};

static inline void *watch_run(void *opaque)
{
    struct watch *w = opaque;
    u64 before = UINT64_MAX;

    while (!atomic_load(&w->over)) {
        usleep(5000);
        u64 now = ersatz_instructions(w->m);
        if (now == before)
            ersatz_stop(w->m);
        before = now;
    }
    return NULL;
}

static inline void watch_begin(struct watch *w, struct fuzz *f, struct ersatz_machine *m)
{
    w->m = m;
    if (pthread_create(&w->thread, NULL, watch_run, w))
        fuzz_fail(f, "no thread");
}

static inline void watch_end(struct watch *w)
{
    atomic_store(&w->over, true);
    pthread_join(w->thread, NULL);
}

#endif
