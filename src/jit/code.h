/* SPDX-License-Identifier: MIT */
/*
 * The code buffer: a memfd mapped twice, writable here, executable there; no page is ever both.
 * Filled from the bottom; when it is full, everything goes but the thunks.
 */
#ifndef ERSATZ_JIT_CODE_H
#define ERSATZ_JIT_CODE_H

#include "base/types.h"

struct jit_options {
    bool optimise; /* -jit optimise=on|off */
    bool flat;     /* the MMU's flat tables are there; else the soft TLB is asked */
    bool baseline; /* without BMI and ADX, so that integer code is the same on every host */
};

struct jit_buffer {
    u8 *rw;       /* where it is written */
    const u8 *rx; /* where it runs: rx - rw is constant */
    size_t size, used;
    size_t mapped;
    size_t let_go; /* of rw: nobody is expected to write below that any more */
    /* Words for code to count in, out of its way but in reach: no page that is written often has
     * code on it. */
    i32 *words;
    size_t thunks; /* bytes at the bottom that stay: the backend's own */
    /* Addresses of the backend's thunks, in its own order. */
    const u8 *thunk[16];
    bool adx, sha; /* the backend's own: extensions that the host's CPU has */
    const struct jit_options *opt;
};

/* `nameless`: of no file, if the host can; perf looks into its map for such memory only. */
int jit_buffer_init(struct jit_buffer *b, size_t size, size_t words, bool nameless);
void jit_buffer_destroy(struct jit_buffer *b);
/* There is more code, up to `used`: what lies well below is let go in its writable mapping. */
void jit_buffer_grown(struct jit_buffer *b);
/* Forgets all but the thunks; the host has the memory back. */
void jit_buffer_flush(struct jit_buffer *b);

#endif
