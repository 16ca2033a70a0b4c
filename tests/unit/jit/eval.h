/* SPDX-License-Identifier: MIT */
/*
 * One block run twice from the same state: by the interpreter, and as IR by a backend. Blocks
 * begin at ISA_INSN, at CPL 3, in one of several modes.
 */
#ifndef ERSATZ_TESTS_UNIT_JIT_EVAL_H
#define ERSATZ_TESTS_UNIT_JIT_EVAL_H

#include "cpu/engine.h"
#include "isa/state.h"
#include "jit/engine_state.h"

/* In segments: bases and limits that are nothing special. */
enum eval_mode { EVAL_64, EVAL_32, EVAL_32_SEG, EVAL_16, EVAL_MODES };

/* What is done to the IR before it is run. */
enum eval_form {
    EVAL_RAW,
    EVAL_OPTIMISED,
    EVAL_LIVE, /* and of the flags that an operation sets, only the live ones are */
    EVAL_FORMS
};

/* How a block was left: by its end, a fault, or cpu_retry_single(). */
enum eval_end { END_RAN, END_FAULT, END_RETRY };

struct eval_outcome {
    enum eval_end end;
    unsigned vector, error; /* of a fault, */
    unsigned insn;          /* and the instruction's number in the block */
    i64 budget;
    u64 cr2;
    u32 eflags;
    u64 rip;
    u64 gpr[16];
    struct isa_state units;         /* x87, SSE, memory */
    u8 code[ISA_CODE_PAGES * 4096]; /* data may lie beside code */
};

struct eval {
    struct emu *emu;
    struct cpu *c;
    enum eval_mode mode;
    struct jit *jit; /* only its parts are used: backend, buffer, IR */
    struct jit_jump jumps[JIT_JUMPS];
    u64 stubs; /* guest instructions that the code had the interpreter run */
    struct isa_state before;
    u8 code_before[ISA_CODE_PAGES * 4096];
    struct eval_outcome want, got;
    char why[2000];
};

/* native: the best backend that this host has; flat: the MMU's flat tables are wanted. NULL: the
 * host can't. */
struct eval *eval_open(bool native, bool flat);
void eval_close(struct eval *e);
enum code_mode eval_code_mode(enum eval_mode mode);
/* The block that these bytes are, in e->mode. */
struct block *eval_block(struct eval *e, const u8 *bytes, unsigned n);
/* Runs b from e->before; fills in e->want. */
void eval_interpret(struct eval *e, struct block *b);
/* Lifts it as `form` says and runs that; fills in e->got. False, e->why: the IR is broken. */
bool eval_translate(struct eval *e, struct block *b, enum eval_form form);
/* False, e->why: the outcomes differ. */
bool eval_same(struct eval *e);

#endif
