/* SPDX-License-Identifier: MIT */
/*
 * The intermediate representation of a block, or of several, one after the other: a region. It is a
 * list of operations in order. An operation is its own value (static single assignment); guest
 * registers, status flags and memory are state that GET, PUT, LD, ST and the like read and change
 * in order.
 *
 * Rules, which ir_check() holds after every pass in builds with sanitizers:
 *  - operands come before their uses, in the same guest instruction;
 *  - within one guest instruction nothing that changes guest state (PUT, flags, STW) comes before
 *    an operation with IR_SLOW: whoever misses the fast path runs the whole instruction again in
 *    the interpreter. What may miss and changes state itself, like ST, is the first to change any;
 *  - LDW and its STW are in one guest instruction, with nothing that can miss between them;
 *  - a GUARD is the last operation of its guest instruction;
 *  - exactly one operation with IR_END, the last;
 *  - a member of a group lies among its operations and among its bytes;
 *  - what is used beyond its size (addresses, conditions, SHR) is ZERO or 8 bytes wide.
 */
#ifndef ERSATZ_JIT_IR_H
#define ERSATZ_JIT_IR_H

#include <stdio.h>

#include "base/types.h"
#include "cpu/block.h"
#include "cpu/cpu.h"

enum ir_code {
#define IR(name, text, values, attr) IR_##name,
#include "jit/ir.def"
#undef IR
    IR_COUNT
};

enum ir_attr {
    IR_SLOW = 1 << 0,
    IR_EFFECT = 1 << 1,
    IR_FLAGS = 1 << 2,
    IR_READS = 1 << 3,
    IR_END = 1 << 4,
    IR_ZERO = 1 << 5,
};

/* Status flags as bit sets: the bits that LAHF has, and OF. */
enum ir_flag {
    IRF_CF = 1 << 0,
    IRF_PF = 1 << 2,
    IRF_AF = 1 << 4,
    IRF_ZF = 1 << 6,
    IRF_SF = 1 << 7,
    IRF_OF = 1 << 1, /* in the place of the constant 1 */
    IRF_ALL = 0xd7,
};

/* The same set as EFLAGS bits, and back. */
static inline u32 ir_eflags(unsigned set)
{
    return (set & IRF_ALL & ~(unsigned)IRF_OF) | (set & IRF_OF ? EFL_OF : 0);
}

static inline u8 ir_flags(u32 eflags)
{
    return (u8)((eflags & IRF_ALL & ~(unsigned)IRF_OF) | (eflags & EFL_OF ? IRF_OF : 0));
}

typedef u16 ir_ref; /* index of an operation; 0: none */
#define IR_NONE 0

struct ir_op {
    u8 code; /* enum ir_code */
    u8 size; /* bytes: 1, 2, 4, 8 */
    u8 reg;  /* GPR, segment register, or condition; STUB: enum jit_no; LD, ST, LDW, HOST: 1 + its
                group, imm bytes from the group's first byte; 0: none */
    u8 scale;
    u8 sets;  /* flags that it sets, enum ir_flag; 0: a pure value */
    u8 live;  /* of `sets`, those that somebody may read: all, until ir_optimise() */
    u8 write; /* SEG, HOST: for writing. JUMP, BRANCH, GUARD, EXPECT: the way to imm. HIGH: signed,
                 until the instruction is lifted */
    u8 insn;  /* index of the guest instruction */
    u16 uses; /* how many operands refer to it */
    ir_ref a, b, c;
    i64 imm;
};

/* Why a guest instruction became a STUB. */
enum jit_no {
#define JIT_NO(name, text) JIT_NO_##name,
#include "jit/jit_no.def"
#undef JIT_NO
    JIT_NO_COUNT
};

#define IR_MAX 2560  /* operations */
#define IR_INSNS 128 /* guest instructions: regions have more than a block */
#define IR_BLOCKS 16 /* of a region */
#define IR_GROUPS 64
#define IR_WAYS (2 + 2 * IR_BLOCKS) /* out: enum block_way, then those of GUARDs and EXPECTs */

/*
 * Accesses to guest memory whose addresses differ by constants only: if the `span` bytes from the
 * lowest one on lie on one page, and all of them can be read, and written if `write`, where the
 * first access is made, that holds up to the last one, as long as no C is called. A backend may
 * make use of it, or take each access for itself. Those with the same `reg` don't meet in a guest
 * instruction.
 */
struct ir_group {
    ir_ref first, last; /* operations */
    u16 span;
    u8 reg;
    bool write;
};

struct ir_insn {
    const struct op *op;
    u8 rest; /* instructions of the blocks that come after its own: paid for with it */
};

struct ir {
    const struct block *block; /* the first one */
    unsigned count;            /* operations, the first at 1 */
    unsigned insns;            /* guest instructions */
    unsigned ways;             /* out, at least 2 */
    u8 flags_out;              /* flags that may be read at the end */
    u8 no[JIT_NO_COUNT];       /* guest instructions that became a STUB, by reason */
    struct ir_insn insn[IR_INSNS];
    unsigned groups;
    struct ir_group group[IR_GROUPS]; /* in the order of their first accesses */
    struct ir_op op[IR_MAX];
};

struct ir_info {
    const char *name;
    u8 values, attr;
};
extern const struct ir_info ir_info[IR_COUNT];

static inline bool ir_is(const struct ir_op *op, unsigned attr)
{
    return ir_info[op->code].attr & attr;
}

/* What may be a member of a group. */
static inline bool ir_is_access(const struct ir_op *op)
{
    return op->code == IR_LD || op->code == IR_ST || op->code == IR_LDW || op->code == IR_HOST;
}

/* A near RET. In 64-bit mode its target isn't checked before RSP changes: whoever finds out that
 * it is a bad one, jit_check_target(), takes that back. */
static inline bool ir_is_return(const struct insn *in)
{
    return in->opcode == 0xc2 || in->opcode == 0xc3; /* of the rows that leave their block */
}

/* The guest instruction of index n. */
static inline const struct op *ir_insn(const struct ir *ir, unsigned n)
{
    return ir->insn[n].op;
}

/* The offset of guest instruction op, or of its block, in its page. */
static inline unsigned ir_block_at(const struct op *op)
{
    return block_of(op)->phys & 4095;
}

static inline unsigned ir_insn_at(const struct op *op)
{
    return ir_block_at(op) + op->at;
}

/* What a reason says in a table of counts. */
extern const char *const jit_no_text[JIT_NO_COUNT];

/* lift.c: false: the block is left to the interpreter (its RIP bias, see cpu/build.c). */
bool ir_can_lift(const struct block *b);
/*
 * The meaning of `blocks`, which are run in this order, each left by a direct jump to the next one,
 * on one page, in a mode where RIP is the linear address, IR_INSNS instructions at most. Never
 * fails: what has no lift becomes a STUB, counted in ir->no. How many blocks it took: it stops
 * after one that it can't go on from.
 */
unsigned ir_lift_region(struct ir *ir, const struct block *const *blocks, unsigned count);
static inline void ir_lift(struct ir *ir, const struct block *b)
{
    ir_lift_region(ir, &b, 1);
}
/* opt.c: dead flags, dead values. */
void ir_optimise(struct ir *ir);
/* group.c: after all that moves operations; for a backend that holds so many at a time. */
void ir_make_groups(struct ir *ir, unsigned registers);
/* Drops pure operations from number `first` on that nobody uses, and counts uses. */
void ir_sweep(struct ir *ir, unsigned first);
/* False: a shift whose count may be 0 may leave the flags as they were. */
bool ir_sets_always(const struct ir *ir, unsigned n);
/* The flags that are live before operation n, of those that are after it; enum ir_flag. */
u8 ir_live_before(const struct ir *ir, unsigned n, u8 after);
/* check.c: NULL, or the first rule that is broken, with the operation's number. */
const char *ir_check(const struct ir *ir, unsigned *where);
/* lift_host.c: the host's units that a HOST operation of guest instruction `in` is for, a set of
 * enum fpu_live; 0: it can't be one. */
unsigned ir_units(const struct insn *in);
/* Its memory operand is for the host's units only where its address is a multiple of 16: those of
 * the SHA extensions, which our guests may have anywhere, are a #GP on Intel's. */
bool ir_wants_aligned(const struct insn *in);
/* print.c: one operation a line: "  %5 = add.4 %3, %4  sets oszapc live z". */
void ir_print(const struct ir *ir, FILE *f);

#endif
