/* SPDX-License-Identifier: MIT */
/*
 * The operations of the intermediate representation as C functions, help_ADD() and so on,
 * declared from helper.def. They are what an operation means: the portable backend calls nothing
 * else, and every other backend is compared with them.
 *
 * A helper works on struct cpu alone: guest registers in cpu->gpr, status flags in cpu->flags,
 * of which it changes those in op->sets.
 */
#ifndef ERSATZ_JIT_HELPER_H
#define ERSATZ_JIT_HELPER_H

#include "cpu/cpu.h"
#include "jit/ir.h"

enum helper_kind { HELPER_WALK, HELPER_VALUE, HELPER_ACT, HELPER_TRY };

enum helper_effect {
    EFFECT_NONE = 0,
    EFFECT_READS_GPR = 1 << 0,
    EFFECT_WRITES_GPR = 1 << 1,
    EFFECT_READS_MEM = 1 << 2,
    EFFECT_WRITES_MEM = 1 << 3,
    EFFECT_READS_SEG = 1 << 4,
    EFFECT_READS_EFLAGS = 1 << 5,
    EFFECT_WRITES_EFLAGS = 1 << 6,
    EFFECT_WRITES_SEG = 1 << 7,
};

struct helper {
    void (*fn)(void); /* to be called as its kind and number of values say */
    u8 kind;          /* enum helper_kind */
    u8 values;
    u8 effects; /* enum helper_effect */
};
extern const struct helper helpers[IR_COUNT];

/* The arguments after the CPU and the operation; `first`: the type of the first value. */
#define HELPER_ARGS_0(first)
#define HELPER_ARGS_1(first) , first a
#define HELPER_ARGS_2(first) , first a, u64 b
#define HELPER_ARGS_3(first) , first a, u64 b, u64 d

#define DECLARE_WALK(name, values)
#define DECLARE_VALUE(name, values)                                                                \
    u64 help_##name(struct cpu *c, const struct ir_op *op HELPER_ARGS_##values(u64));
#define DECLARE_ACT(name, values)                                                                  \
    void help_##name(struct cpu *c, const struct ir_op *op HELPER_ARGS_##values(u64));
#define DECLARE_TRY(name, values)                                                                  \
    bool help_##name(struct cpu *c, const struct ir_op *op HELPER_ARGS_##values(u64 *));

#define HELPER(name, kind, values, effects) DECLARE_##kind(name, values)
#include "jit/helper.def"
#undef HELPER

#endif
