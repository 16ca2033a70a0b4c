/* SPDX-License-Identifier: MIT */
/*
 * Random programs: up to some dozens of items, an instruction each, in one of the modes. Most
 * memory operands lie in the arena, because the registers they go by are spared or set anew; a few
 * lie over edges, in the code, in a device, or nowhere. Branches name their item, so that items
 * can be taken out of a program and the rest still hangs together.
 */
#ifndef ERSATZ_TESTS_JIT_PROGRAM_H
#define ERSATZ_TESTS_JIT_PROGRAM_H

#include "box.h"
#include "fuzz/fuzz.h" /* one_in() */

#define ITEMS_MAX 80

enum item_kind {
    ITEM_PLAIN,
    ITEM_BRANCH,  /* `field` bytes, `tail` bytes before its end, are the way to `target` */
    ITEM_ADDRESS, /* the same, the offset of `target` in CS, and `plus` */
};

enum { TARGET_END = 0xff, TARGET_FUNCTION = 0xfe };

struct item {
    u8 bytes[16];
    u8 len, kind, field, tail, target;
    bool gone;
    u32 plus;
    u64 at; /* offset in CS, by program_layout() */
};

/* mix.def with its names looked up. */
enum {
    MIX_COUNT = 0
#define MIX(weight, names) +1
#include "mix.def"
#undef MIX
    ,
    MIX_ROWS = 128, /* of one line at most */
    MIX_TABLE = 14, /* weight of any row of the whole table */
};
struct mix {
    unsigned total, count[MIX_COUNT];
    u16 row[MIX_COUNT][MIX_ROWS];
};
void mix_init(struct mix *m);

struct program {
    const struct mix *mix;
    const struct box_mode *mode;
    struct rng rng;
    struct item item[ITEMS_MAX];
    unsigned count;
    bool wild;     /* system instructions, too */
    bool writer;   /* of its own code */
    u8 pointer[3]; /* registers that point into the arena */
    u8 index;      /* a small number */
    u32 start;     /* physical address of the first item */
    u64 end;       /* offset in CS of the end mark, an UD2 */
    /* where it starts from */
    u64 gpr[16];
    u32 eflags;
    struct fxsave fx;
    u8 image[BOX_END];
};

/* All follows from the seed. */
void program_make(struct program *p, const struct mix *mix, u64 seed);
/* Other registers and data for the same code. */
void program_state(struct program *p, u64 seed);
/* Puts what is left of the code into the image. */
void program_layout(struct program *p);
/* The box is about to run it. */
void program_enter(const struct program *p, struct box *b);
/* The item whose first byte is at this offset in CS; -1: none. TARGET_END for the end mark. */
int program_item(const struct program *p, u64 offset);
/* Where the next item is. */
u64 program_next(const struct program *p, unsigned item);
/* Code, registers, as a person wants to see them; "# " before each line. */
void program_print(const struct program *p, FILE *f);

/* --- in parts: instructions.c --- */

/* One instruction of the mix, and what prepares its operands. */
void program_instruction(struct program *p);
struct item *program_add(struct program *p, const void *bytes, unsigned len);
/* The same, up to a 0. */
struct item *program_plain(struct program *p, const char *bytes);
/* mov reg, value. */
void program_load(struct program *p, unsigned reg, u64 value);
/* Opcode, ModRM's reg field and, if not 0, an immediate byte; the memory operand is the code of
 * item `target`, and `plus` bytes behind its first one. */
struct item *program_absolute(struct program *p, const char *opcode, unsigned target, u32 plus);
/* BOX_ALIAS_CODE can be reached. */
bool program_has_alias(const struct program *p);
/* A branch; opcode without its displacement, near: of 2 or 4 bytes instead of 1. */
void program_branch(struct program *p, const char *opcode, unsigned target, bool near);
/* An offset for DS, mostly in the arena. */
u64 program_place(struct program *p);
u64 program_stack(struct program *p);

#endif
