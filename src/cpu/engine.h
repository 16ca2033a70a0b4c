/* SPDX-License-Identifier: MIT */
/*
 * The engine of a machine: its block cache, shared by all its CPUs, and each CPU's cache of
 * jump targets. Rooms: block.c finds and drops blocks, build.c makes them; exec.c and the
 * *.sem.inc give each instruction its handler; run.c runs.
 */
#ifndef ERSATZ_CPU_ENGINE_H
#define ERSATZ_CPU_ENGINE_H

#include "cpu/block.h"
#include "cpu/cpu.h"

struct log;
struct memmap;

/* From a linear address to the block that begins there: jump_good(). */
struct jump_entry {
    u64 lin, key;
    u64 page; /* mmu_fetch_word() of where it lies */
    struct block *block;
};

#define JUMP_ENTRIES 16384
#define ENGINE_ARENA (40u << 20) /* bytes of blocks; when they are full, all go */
#define JUMP_KEY_NONE 0          /* matches no entry: RIP isn't the linear address */
#define JUMP_KEY_EMPTY 1 /* of an entry without a block: no CPU's key, its mode isn't CS_FLAT */
#define JUMP_KEY_TWO                                                                               \
    (1 << 7) /* in an entry's key: the block is on two pages, and exec.c can't tell */
#define ENGINE_CPUS 64

/*
 * What runs hot blocks in the interpreter's place: translated code. A block in whose `heat` the
 * interpreter has counted down to 0 comes to the run loop each time, which offers it here.
 */
struct accel {
    /* Runs from c->rip on, which is b's first byte, until the run loop is wanted again; the
     * budget pays for b. False: nothing was done, the interpreter shall. */
    bool (*run)(void *opaque, struct cpu *c, struct block *b);
    /* The code of a block that has some isn't valid any more; it may be running. */
    void (*drop)(void *opaque, struct block *b);
    /* All blocks go. No code runs. */
    void (*flush)(void *opaque);
    /* cpu_run() returns. */
    void (*end)(void *opaque);
    void *opaque;
    /* How often the interpreter runs a block itself first, at least 1; more often on a page whose
     * code keeps being written to: page_info.patched. */
    u16 heat;
};

struct engine {
    struct memmap *mem;
    struct log *log;
    const struct accel *accel; /* NULL: the interpreter alone. Set before the first block */
    struct cpu *cpus[ENGINE_CPUS];
    unsigned cpu_count;
    u8 *arena; /* blocks, one after the other; when full, all go */
    size_t used;
    struct block **hash;
    struct block *none;    /* never runs: cost BLOCK_COST_INVALID */
    struct block *scratch; /* parts of blocks, and what can't be cached */
    u64 epoch;             /* counts engine_flush() */
    physaddr page;         /* whose page_info was wanted last, and that: memmap_page() */
    struct page_info *page_info;
    bool flush_wanted; /* the memory map changed */
    bool missing_seen; /* an instruction was refused for a feature the model lacks: */
    enum cpu_feature missing;
    u64 stat_builds, stat_drops, stat_flushes, stat_rests;
};

/* Installs itself as mem's owner of code pages and map changes. NULL: out of memory. */
struct engine *engine_new(struct memmap *mem, struct log *log);
void engine_destroy(struct engine *e);
/* From then on c runs on e. 0, or an enum ersatz_err. */
int engine_attach(struct engine *e, struct cpu *c);
void engine_detach(struct engine *e, struct cpu *c);
/* Drops every block, and the host has their memory back. Not while one runs: inside, set
 * flush_wanted. */
void engine_flush(struct engine *e);
/* Drops the blocks that cover any of these bytes. */
void engine_invalidate(struct engine *e, physaddr addr, u64 len);

/* The block at RIP in c's present mode, found or built; raises what the fetch raises. */
struct block *block_lookup(struct cpu *c, u64 lin, unsigned mode);
/* The block at lin, of the mode that c->jump_key is of, if no more is needed than what is known of
 * its pages; else NULL. */
struct block *block_known(const struct cpu *c, u64 lin);
/* n instructions of a block from op on, as a block of their own in the engine's scratch. Holds
 * until the next call. GPR_BASE stays that of the original. */
struct block *block_part(struct engine *e, const struct op *op, unsigned n);

static inline struct jump_entry *jump_slot(const struct cpu *c, u64 lin)
{
    return &c->jumps[(lin ^ lin >> 12) % JUMP_ENTRIES];
}

/* lin is fetched from `page` still. */
static inline bool fetched_from(const struct cpu *c, u64 lin, u64 page)
{
    return mmu_fetched(&c->mmu, lin) == page;
}

/* The entry leads to the block at lin in the present mode. */
static inline bool jump_good(const struct cpu *c, const struct jump_entry *j, u64 lin)
{
    return j->lin == lin && j->key == c->jump_key && likely(fetched_from(c, lin, j->page));
}

/* --- run.c --- */

/* The mode of c's blocks now; brings jump_key and units_off up to date. */
unsigned cpu_block_mode(struct cpu *c);

/* --- exec.c --- */

/* Chooses the handler of op, decoded for `mode`; true if it ends its block. */
bool exec_bind(struct op *op, unsigned mode);
/* Handlers of what isn't an instruction. */
exec_fn exec_next;     /* the block goes on at op->at: chained */
exec_fn exec_stop;     /* back to the run loop, which goes on at op->at */
exec_fn exec_rip_bias; /* see build.c */
exec_fn exec_heat;     /* the first op of a block that an accelerator may run */
/* The handler of op's instruction, which isn't op->run where that is exec_heat. */
exec_fn *exec_own(const struct op *op);
/* Runs one instruction alone. */
void exec_one(struct cpu *c, const struct op *op);
/* The same for one that ends its block: c->rip is where it goes. */
void exec_one_last(struct cpu *c, const struct op *op);

/* --- stub.c --- */

/* The handler of an instruction that is a C function; sets op->check. */
exec_fn *stub_bind(struct op *op, bool end);
/* Calls that function, with no look at op->check. */
void stub_call(struct cpu *c, const struct op *op);
/* Runs it, checks and all, and nothing after it. */
void stub_one(struct cpu *c, const struct op *op);
void stub_one_last(struct cpu *c, const struct op *op);
/* CHECK_FPU, _MMX, _SSE: whose instructions CR0 or CR4 let fault now. */
unsigned stub_units_off(const struct cpu *c);

#endif
