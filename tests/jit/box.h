/* SPDX-License-Identifier: MIT */
/*
 * A box: one CPU with an engine and a little memory, made twice, once with the interpreter and
 * once with the engine under test. Physical memory:
 *
 *     00000h  IVT              01000h  GDT              02000h  IDT of 8-byte gates
 *     03000h  IDT, 16-byte     04000h  TSS, 32 and 64   05000h  handlers: 16, 32, 64-bit code
 *     08000h  kernel's stack, 2 pages                   0A000h  page tables
 *     20000h  code, 4 pages    28000h  arena: 4 pages RAM, 1 page read-only, 1 page of nothing
 *     2E000h  MMIO             30000h  stack, 2 pages
 *
 * A write to BOX_REMAP, in the MMIO page, changes the memory map and so forgets all that was
 * cached.
 *
 * Paging maps all of it where it is, the low part for the supervisor only; and besides
 *
 *     40000h  code again       44000h  arena again (its last page starts out not dirty)
 *     48000h  arena for the supervisor only
 *     FFFFF000h, 7FFFFFFFF000h, FFFFFFFFFFFFF000h  arena's first page: the ends of the space
 *
 * An exception or interrupt ends in a handler that halts, and returns when it is woken. One vector,
 * BOX_QUIET, has a handler that returns by itself.
 */
#ifndef ERSATZ_TESTS_JIT_BOX_H
#define ERSATZ_TESTS_JIT_BOX_H

#include <stdio.h>

#include "base/log.h"
#include "board/clock.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "cpu/engine.h"
#include "isa/state.h" /* struct rng, struct fxsave */

enum {
    BOX_GDT = 0x1000,
    BOX_IDT = 0x2000,
    BOX_IDT64 = 0x3000,
    BOX_TSS = 0x4000,
    BOX_TSS64 = 0x4100,
    BOX_HANDLERS = 0x5000, /* 1000h for each code size, 16 bytes a vector */
    BOX_KSTACK = 0x8000,
    BOX_KSTACK_TOP = 0xa000,
    BOX_TABLES = 0xa000,
    BOX_LOW_END = 0x18000, /* of the supervisor's part */
    BOX_CODE = 0x20000,
    BOX_CODE_PAGES = 4,
    BOX_ARENA = 0x28000,
    BOX_ARENA_PAGES = 4,
    BOX_ROM = 0x2c000,
    BOX_HOLE = 0x2d000,
    BOX_MMIO = 0x2e000,
    BOX_REMAP = 0x2eff0,
    BOX_STACK = 0x30000,
    BOX_STACK_PAGES = 2,
    BOX_END = 0x32000,
    BOX_ALIAS_CODE = 0x40000,
    BOX_ALIAS_ARENA = 0x44000,
    BOX_KERNEL_ARENA = 0x48000,
    BOX_QUIET = 0x21,
};

enum box_paging { PAGING_NONE, PAGING_BITS32, PAGING_PAE, PAGING_LONG };
enum box_segments { SEGMENTS_FLAT, SEGMENTS_SPLIT, SEGMENTS_SMALL, SEGMENTS_REAL, SEGMENTS_VM86 };

enum box_mode_id {
#define MODE(name, code, paging, cpl, segments) MODE_##name,
#include "modes.def"
#undef MODE
    MODE_COUNT
};

struct box_mode {
    const char *name;
    enum code_mode code;
    enum box_paging paging;
    unsigned cpl;
    enum box_segments segments;
};
extern const struct box_mode box_modes[MODE_COUNT];

/* What the second box runs with. */
struct box_options {
    bool jit;
    bool optimise;
    bool flat;  /* the MMU's flat tables; else the soft TLB */
    bool ffi;   /* the portable backend */
    bool two;   /* CPUs */
    u32 region; /* runs before a block becomes a region; 0: never */
    u32 buffer; /* bytes of the code buffer; 0: as ever */
};

struct box {
    struct log log;
    struct memmap mem;
    struct portmap io;
    struct clock clock;
    struct engine *engine;
    struct jit *jit; /* NULL: the interpreter alone */
    struct cpu *cpu;
    struct cpu *other; /* with two CPUs: the one that doesn't run now */
    struct box_options opt;
    u8 *ram;
    u64 outside; /* what devices saw, and when, folded together */
    bool shutdown;
    u8 vector; /* of the next interrupt */
};

/* False: the host has no memory, or not what the options want. */
bool box_init(struct box *b, const struct box_options *opt);
void box_destroy(struct box *b);
/* The engine under test goes into the box; false: it can't be had. */
bool box_install(struct box *b);
void box_uninstall(struct box *b);
/* Blocks that it has translated. */
u64 box_translations(const struct box *b);
u64 box_regions(const struct box *b);
/* How often all code went because the buffer was full, or the blocks went. */
u64 box_flushes(const struct box *b);
/* Instructions that translated code had the interpreter run. */
u64 box_stubs(const struct box *b);
/* Blocks and regions whose IR breaks a rule, in builds that check it. */
u64 box_unsound(const struct box *b);

/* Tables and handlers; the rest of the image is the caller's. */
void box_image(u8 image[BOX_END]);
/* The whole memory becomes `image`, as DMA would write it: code that stays the same stays
 * translated. */
void box_load(struct box *b, const u8 image[BOX_END]);
/* A CPU fresh from reset, in `mode`, at offset rip of its code segment. */
void box_enter(struct box *b, const struct box_mode *mode, u64 rip);
/* Runs at most n instructions; returns how many it were. */
u64 box_run(struct box *b, u64 n);
/* The same again until it were n, or it doesn't go on: the interpreter one by one. */
u64 box_run_on(struct box *b, u64 n);
/* The other CPU is the one to enter and to run. */
void box_switch(struct box *b);

/* A block that begins at physical address `at`; NULL: there is none. */
const struct block *box_block(const struct box *b, physaddr at);

u16 box_selector(const char *name, unsigned cpl);
/* Base of the segment that DS, SS, CS have in this mode. */
u64 box_base(const struct box_mode *mode, enum seg_reg reg);
/* RAM behind linear address `lin` of the present mode; NULL: none, or less than n bytes there. */
u8 *box_at(struct box *b, u64 lin, unsigned n);

/* --- halted in a handler --- */

struct box_frame {
    unsigned vector;
    bool fault; /* the saved RIP is that of the instruction itself */
    u64 rip;    /* saved */
    u64 at;     /* its linear address */
};
/* False: it isn't halted in a handler. */
bool box_frame(struct box *b, struct box_frame *f);
/* The handler goes on, and returns to rip. */
bool box_return(struct box *b, const struct box_frame *f, u64 rip);

/* --- two boxes --- */

/* False if what the guest can see differs, with a text. RAM only if `all`. */
bool box_same(struct box *want, struct box *got, bool all, char *why, size_t size);

#endif
