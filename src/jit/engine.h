/* SPDX-License-Identifier: MIT */
/*
 * The JIT of one machine, as those see it who make machines: it hangs itself on the machine's
 * struct engine as its accelerator. What it does is in engine.c.
 */
#ifndef ERSATZ_JIT_ENGINE_H
#define ERSATZ_JIT_ENGINE_H

#include "base/types.h"
#include "cpu/engine.h"
#include "jit/code.h"
#include "jit/host.h"

#define JIT_HEAT 16                 /* runs in the interpreter before a block is translated */
#define JIT_REGION_HEAT 1000        /* runs of its code before a block begins a region */
#define JIT_REGION_NEVER UINT32_MAX /* no regions */
#define JIT_BUFFER (96u << 20)      /* bytes of code */
#define JIT_BUFFER_MAX (1u << 30)   /* in reach of jumps */
#define JIT_BUFFER_MIN (256u << 10) /* room for thunks and the largest block */

struct jit_config {
    const struct host *host; /* NULL: the best that this host has */
    bool no_optimise;
    bool perfmap, jitdump;
    bool stops; /* cpu_run() returns after each run of a block's code, before any event */
    u32 heat;   /* 0: JIT_HEAT */
    u32 region; /* 0: JIT_REGION_HEAT; or JIT_REGION_NEVER */
    u64 buffer; /* 0: JIT_BUFFER */
};

struct jit_stats {
    u64 translations, insns; /* blocks and regions, guest instructions in them */
    u64 regions;             /* of these, regions */
    u64 bytes;               /* of code, all together */
    u64 code;                /* bytes of it that are there now */
    u64 flushes, kills, links, jumps;
    u64 leaves[LEAVE_STUB + 1];
    u64 stubs;   /* instructions that translated code had the interpreter run */
    u64 unsound; /* blocks and regions whose IR broke a rule: our mistake */
};

struct jit;

/* From now on e, which has no block yet, runs hot blocks as host code. NULL: the host allows no
 * executable memory, or has none. */
struct jit *jit_new(struct engine *e, const struct jit_config *config);
void jit_destroy(struct jit *j);
/* The backend that does on every host. */
const struct host *jit_portable(void);
/* There is a backend for the host's CPU. */
bool jit_is_native(void);
const char *jit_backend(const struct jit *j);
struct jit_stats jit_stats(const struct jit *j);
/* The block whose code ran last, in several lines: guest instructions, IR, host code. */
typedef void jit_line_fn(void *opaque, const char *line);
void jit_describe_last(const struct jit *j, jit_line_fn *line, void *opaque);

#endif
