/* SPDX-License-Identifier: MIT */
/* The JIT of one machine from inside: what engine.c and its neighbours share. */
#ifndef ERSATZ_JIT_ENGINE_STATE_H
#define ERSATZ_JIT_ENGINE_STATE_H

#include "jit/engine.h"

#define JUMP_CACHES 8

/* The jump cache of one mode and privilege. */
struct jump_cache {
    struct jit_jump *jumps; /* JIT_JUMPS of them; NULL: not made yet */
    u32 key;
};

/* A block's part in a region. */
struct jit_member {
    struct jit_code *region;
    struct block *block;
    struct jit_member *next; /* of the same block */
};

/* Blocks that are run one after the other. */
struct jit_path {
    struct block *block[IR_BLOCKS];
    unsigned count;
    bool is_region; /* maybe of one block */
};

struct jit {
    struct accel accel;
    struct engine *engine;
    struct jit_config config;
    struct jit_options options;
    const struct host *host;
    struct jit_buffer buffer;
    struct jit_code *codes; /* in the order of their addresses */
    size_t code_count, code_max;
    struct jit_way *ways;
    struct jit_member *members;
    size_t way_count, way_max, member_count;
    i32 region_heat; /* runs of a block's own code; 0: no regions */
    struct jump_cache cache[JUMP_CACHES];
    unsigned cache_count, cache_oldest;
    struct ir *ir;
    const struct jit_code *last; /* what was entered last */
    FILE *perfmap;
    FILE *jitdump;
    void *marker;                /* jitdump.c: a page of the file, mapped for perf to see */
    u64 dumped;                  /* pieces of code */
    struct jit_profile *profile; /* NULL until something was counted */
    struct jit_stats stats;
};

/* engine.c: the code that pc, an executable address, lies in, or NULL. */
const struct jit_code *jit_code_at(const struct jit *j, const u8 *pc);

/* All code goes; blocks stay, and stay hot. */
void jit_flush(struct jit *j);

/* translate.c */
/* The operations of path's blocks, to j->ir, as code is made of them; path keeps those blocks that
 * it could be made of. False: they break a rule. */
bool jit_make_ir(const struct jit *j, struct jit_path *path);
/* Gives b code. False: it is the interpreter's for good. */
bool jit_translate(struct jit *j, struct block *b, struct jit_place place);
/* The code of a region that takes the place of `plain`; NULL: there is none, maybe no other code
 * any more, either. */
const struct jit_code *jit_promote(struct jit *j, struct jit_code *plain);

/* link.c */
/* From now on the way goes to `to`. */
void jit_link(struct jit *j, struct jit_way *way, struct jit_code *to);
/* Links that go to `old`, which is gone, go to `code`, which stands for the same bytes. */
void jit_link_again(struct jit *j, struct jit_code *old, struct jit_code *code);

/* region.c */
/* The way that execution takes from `first`. */
void jit_region_path(const struct jit *j, const struct jit_code *first, struct jit_path *path);
/* `region` is the code of path's blocks. False: no room. */
bool jit_region_note(struct jit *j, struct jit_code *region, const struct jit_path *path);
/* Code goes, and all regions that its block is in. */
void jit_region_drop(struct jit *j, struct jit_code *code);

/* jump.c */
/* Gives c the jump cache for its present mode, `mode` being its blocks', and privilege. False: no
 * memory. */
bool jit_jumps(struct jit *j, struct cpu *c, unsigned mode);
/* Jumps to where c is now find `code`, if it may be found. */
void jit_jump_add(struct jit *j, struct cpu *c, struct jit_code *code);
/* What they find there now, or NULL. */
struct jit_code *jit_jump_find(struct cpu *c);
void jit_jumps_clear(struct jit *j);
void jit_jumps_free(struct jit *j);

/* signal.c: host faults in translated code. */
void jit_signal_install(void);
/* Whose code this thread runs. */
void jit_signal_enter(const struct jit *j);

/* profile.c: which instructions the interpreter runs for translated code, and why. */
/* What the lifter refused; before the backend says what it does. */
void jit_profile_note(const struct ir *ir);
void jit_profile_count(struct jit *j, const struct op *op);
/* The most frequent ones, into the log. */
void jit_profile_log(const struct jit *j);

/* perfmap.c */
void jit_perfmap_open(struct jit *j);
void jit_perfmap_add(struct jit *j, const struct jit_code *code);
void jit_perfmap_close(struct jit *j);
/* What perf calls the code. */
#define JIT_NAME 32
void jit_name(char name[JIT_NAME], const struct jit_code *code);

/* jitdump.c */
void jit_jitdump_open(struct jit *j);
void jit_jitdump_add(struct jit *j, const struct jit_code *code);
void jit_jitdump_close(struct jit *j);

#endif
