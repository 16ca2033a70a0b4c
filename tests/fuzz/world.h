/* SPDX-License-Identifier: MIT */
/*
 * A hostile little machine around one to three CPUs. Physical memory:
 *
 *     00000h  IVT              01000h  GDT, LDT         02000h  IDT of 8-byte gates
 *     03000h  IDT, 16-byte     04000h  task states      05000h  page tables
 *     10000h  code: 16, 32, 64-bit, 16 KiB each         20000h  stacks, data
 *     38000h  SMM's code       90000h  MMIO             98000h  ROM
 *    100000h  more RAM, for A20   FFFF0000h  ROM of 16-bit code    4 GiB  more RAM
 *
 * Every port answers, too. What the CPUs read there is random, and what they write makes things
 * happen: interrupts, NMI, SMI, INIT, A20, ranges that come and go, the slice's end. All of it
 * follows from the seed.
 */
#ifndef ERSATZ_TESTS_FUZZ_WORLD_H
#define ERSATZ_TESTS_FUZZ_WORLD_H

#include "base/log.h"
#include "board/clock.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "cpu/engine.h"
#include "fuzz.h"

enum {
    AT_IVT = 0,
    AT_GDT = 0x1000,
    AT_LDT = 0x1800,
    AT_IDT = 0x2000,
    AT_IDT64 = 0x3000,
    AT_TSS = 0x4000, /* five of 200h bytes: 32-bit, 32-bit, 16-bit, 64-bit, random */
    AT_PD = 0x5000,  /* two levels */
    AT_PT = 0x6000,
    AT_PDPT_PAE = 0x7000, /* PAE */
    AT_PD_PAE = 0x8000,
    AT_PT_PAE = 0x9000,
    AT_PML4 = 0xa000, /* four levels; PT_PAE is shared */
    AT_PDPT = 0xb000,
    AT_PD_LONG = 0xc000,
    AT_CODE = 0x10000,
    CODE_SIZE = 0x4000, /* of one kind of code */
    AT_STACK = 0x20000,
    SMBASE = 0x30000,
    AT_MMIO = 0x90000,
    AT_ROM = 0x98000,
    LOW_END = 0xa0000,
    EXTRA_RAM = 0x20000, /* at 1 MiB, and at 4 GiB */
};
#define AT_MEGABYTE 0x100000ull
#define AT_RESET_ROM 0xffff0000ull
#define AT_HIGH (1ull << 32)

#define GDT_ENTRIES 128
#define LDT_ENTRIES 32
/* Where the GDT's useful entries are. */
enum {
    GDT_TSS32 = 1, /* and 2 */
    GDT_TSS16 = 3,
    GDT_LDT = 4,
    GDT_TSS64 = 6, /* 16 bytes */
    GDT_CODE = 8,  /* 16, 32, 64-bit at DPL 0, then at DPL 3 */
    GDT_DATA = 14, /* DPL 0, 3 */
    GDT_GATES = 16,
    GDT_RANDOM = 24,
};

#define WORLD_CPUS 3
#define CODE_STARTS 512

struct world {
    struct fuzz *f;
    struct rng rng;
    struct log log;
    struct memmap mem;
    struct portmap io;
    struct clock clock;
    struct timer timer;
    struct engine *engine;
    struct jit *jit; /* NULL: the interpreter runs alone */
    struct cpu *cpu[WORLD_CPUS];
    unsigned cpus;
    u8 *ram;                   /* all of it, in the order of addresses */
    bool shadowed;             /* the ROM's place is RAM now */
    u16 start[3][CODE_STARTS]; /* instructions' offsets in each kind of code */
    u64 shutdowns;
};

/* False: the host has no memory. jit: if the host can, translated code from the second run on. */
bool world_init(struct world *w, struct fuzz *f, u64 seed, bool jit);
void world_destroy(struct world *w);

/* Random contents: code made from the table, descriptors, page tables, the rest noise. */
void world_fill(struct world *w);
/* Its part in tables.c. */
void tables_fill(struct world *w);
/* Host address of physical address `at` below LOW_END. */
static inline u8 *world_at(struct world *w, u32 at)
{
    return w->ram + at;
}
/* The offset of some instruction in its kind of code. */
u32 world_start(struct world *w, enum code_mode mode);
/* Linear = physical address of that. */
static inline u32 world_code(struct world *w, enum code_mode mode)
{
    return AT_CODE + CODE_SIZE * mode + world_start(w, mode);
}
/* Something happens to a CPU's pins or to the map. */
void world_event(struct world *w);

/* --- what a CPU starts from --- */

/* MODE(name, what it is) */
#define FUZZ_MODES(MODE)                                                                           \
    MODE(REAL, "real mode")                                                                        \
    MODE(BIG_REAL, "big real mode")                                                                \
    MODE(VM86, "VM86")                                                                             \
    MODE(PROT16, "16-bit protected, no paging")                                                    \
    MODE(PROT32, "32-bit protected, no paging")                                                    \
    MODE(PAGED16, "16-bit protected, 32-bit paging")                                               \
    MODE(PAGED32, "32-bit protected, 32-bit paging")                                               \
    MODE(PAE, "32-bit protected, PAE paging")                                                      \
    MODE(COMPAT16, "16-bit compatibility")                                                         \
    MODE(COMPAT32, "32-bit compatibility")                                                         \
    MODE(LONG, "64-bit")                                                                           \
    MODE(SMM, "SMM")

enum fuzz_mode {
#define MODE(name, text) FUZZ_##name,
    FUZZ_MODES(MODE)
#undef MODE
        FUZZ_MODE_COUNT
};

/* A random state of a random mode that its model has. */
void state_random(struct world *w, struct cpu *c);
/* The mode that it is in. */
enum fuzz_mode state_mode(const struct cpu *c);
/* What no sequence of instructions may bring about: a text, or NULL. */
const char *state_broken(const struct cpu *c);

#endif
