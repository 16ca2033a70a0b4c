/* SPDX-License-Identifier: MIT */
/*
 * What a host CPU (or the portable stand-in) owes the JIT. One constant struct host a backend.
 *
 * The state that translated code works on is struct cpu and, in its engine words, struct
 * jit_regs. At a block's entry and at each of its exits, and whenever the interpreter is called,
 * guest registers are where the backend's own convention has them at entry, and in struct cpu for
 * the interpreter: `enter` and the code's way out convert.
 */
#ifndef ERSATZ_JIT_HOST_H
#define ERSATZ_JIT_HOST_H

#include "cpu/cpu.h"
#include "jit/code.h"
#include "jit/ir.h"

struct jit_code;

/* Translated code's own words in struct cpu (cpu->engine_words). */
struct jit_regs {
    u64 rip_page;           /* RIP of byte 0 of the page that the running block begins on */
    u64 flags;              /* the status flags between C and translated code: as EFLAGS bits */
    u64 exit;               /* how the code left: enum jit_leave */
    struct jit_way *way;    /* by which code left, not by STUB; of BUDGET and HOT, when code didn't
                               begin, way 0 */
    struct jit_jump *jumps; /* jump cache of the present mode and privilege */
    u64 whole_below;        /* below that RIP of a page's byte 0 the page is within CS as a whole */
    u64 stubs;              /* counts calls of jit_stub(), jit_stub_end(), jit_stub_rest() */
    u64 rip;                /* the engine's own: RIP as code left */
    u64 broken;             /* a region isn't valid any more, maybe the one that runs */
    u64 returns, returns_end; /* the backend's own: a stack of the RETs that it expects */
    u64 operand[2];           /* what a C function is given, or an instruction needs in memory */
    struct cpu *self; /* whose words these are: for code that finds them by a segment register */
};

static inline struct jit_regs *jit_regs(struct cpu *c)
{
    return (struct jit_regs *)c->engine_words;
}
_Static_assert(sizeof(struct jit_regs) <= sizeof(((struct cpu *)0)->engine_words), "they fit");

/* Why translated code came back. RIP is right in every case. */
enum jit_leave {
    LEAVE_BUDGET,   /* at the start of code that the budget doesn't pay, or that is invalid */
    LEAVE_HOT,      /* at the start of code that has run often enough: jit_code.runs */
    LEAVE_LINK,     /* `way` isn't linked yet */
    LEAVE_INDIRECT, /* the jump cache doesn't know RIP */
    LEAVE_STUB,     /* after an instruction that ends its block in the interpreter */
};

/* A jump cache entry: good while the page of lin is still fetched from `page`. */
struct jit_jump {
    u64 lin;  /* with a flat CS: RIP, too; else code's place is whole, and must be so again */
    u64 page; /* what fetch[] must hold for lin's page */
    const u8 *entry;
    struct jit_code *code;
};
#define JIT_JUMP_BITS 16
#define JIT_JUMPS (1 << JIT_JUMP_BITS)
/* Multiplied: addresses that differ in few places are far apart. */
#define JIT_JUMP_HASH 0x9e3779b1u
static inline unsigned jit_jump_index(u64 lin)
{
    return (u32)lin * JIT_JUMP_HASH >> (32 - JIT_JUMP_BITS);
}

struct jit_fixup { /* a host fault at `at` goes on at `to`; offsets in the code */
    u32 at, to;
};

/* A way out of code, which may go straight to other code: a link. */
struct jit_way {
    const struct op *by;        /* the guest instruction that leaves */
    struct jit_code *from, *to; /* NULL: not linked */
    struct jit_way *next;       /* to the same code */
    u32 at;  /* offset in `from` of what link() patches; 0: the way can't be linked */
    u8 rest; /* of `by`: struct ir_insn */
    /* --- the backend's own, if it can be linked --- */
    u8 size; /* RIP there: byte `offset` of the page, cut to `size` bytes */
    u16 offset;
};

/* Where a page of code is in CS: nothing of it, if `whole`: engine.c. */
struct jit_place {
    u32 first; /* RIP of its byte 0 */
    u32 limit; /* CS's */
    bool whole;
};

/* A translated block, or a region. */
struct jit_code {
    struct block *block; /* the first one */
    const u8 *entry;     /* executable address */
    u32 bytes;
    u32 straight; /* of these, on the straight way through; the rest is aside */
    const struct jit_fixup *fixups;
    u32 fixup_count;
    u32 stubs;              /* emulation stubs in it */
    u32 dead, body, refund; /* the backend's own: places in it */
    /* --- given to the backend --- */
    i32 *runs;           /* counts down: below 0 code doesn't begin. NULL: nobody counts */
    struct jit_way *way; /* ir->ways of them; compile() says where they are */
    /* --- the engine's own --- */
    u32 cost; /* instructions that its entry pays for */
    struct jit_place place;
    struct jit_way *in;           /* all that come here */
    struct jit_code *plain;       /* of a region: its first block's own code; else itself */
    struct jit_member *member;    /* of a region: its blocks */
    struct jit_member *member_of; /* of plain code: regions with its block, but not first */
    struct jit_code *next_dead;
    u8 members, ways;
    bool is_dead; /* killed */
};

struct host {
    const char *name;
    unsigned groups; /* how many struct ir_group at a time it holds */
    /* Once a machine, after the code buffer is there: trampolines and thunks. False: this host
     * can't. */
    bool (*init)(struct jit_buffer *buf, const struct jit_options *opt);
    /* Translates. False: no room, the caller flushes and tries again. */
    bool (*compile)(struct jit_buffer *buf, const struct ir *ir, struct jit_code *code);
    /* Runs from `code` on until something leaves; see struct jit_regs. */
    void (*enter)(const struct jit_buffer *buf, struct cpu *c, const struct jit_code *code);
    /* From now on `way` goes straight to `to`: same linear page, same mode. */
    void (*link)(struct jit_buffer *buf, const struct jit_way *way, const struct jit_code *to);
    /* Whoever enters the code from now on leaves at once: LEAVE_BUDGET, by way 0. */
    void (*kill)(struct jit_buffer *buf, struct jit_code *code);
};

extern const struct host host_x86_64, host_ffi;

/* Code of block b, which is on two pages, is linked to and in the jump cache like any other; so it
 * begins with a look whether the second one is still fetched from where it was, and leaves for
 * LEAVE_BUDGET if it isn't. Without flat tables nothing can tell. */
static inline bool jit_has_second_check(const struct block *b, const struct jit_options *opt)
{
    return b->two_pages && opt->flat && (b->mode & BLOCK_CS_FLAT);
}

/* stub.c of the JIT, called by translated code with guest registers in struct cpu: runs guest
 * instruction `op` in the interpreter. Returns if it was straight-line. */
void jit_stub(struct cpu *c, const struct op *op);
/*
 * The same in the midst of a region, whose entry has paid for `rest` instructions of later blocks,
 * too. False: the region isn't to go on, and the interpreter has run the rest of op's block.
 */
bool jit_stub_part(struct cpu *c, const struct op *op, u64 rest);
/* As jit_stub() for an IR_CALL: flags stay where they are. */
void jit_call(struct cpu *c, const struct op *op);
/* As jit_stub() for one that ends its block; RIP is right afterwards. */
void jit_stub_end(struct cpu *c, const struct op *op);
/* The same for `op` and all that come after it in its block: code that may not use the host's
 * units has the interpreter take over. */
void jit_stub_rest(struct cpu *c, const struct op *op);
/* After code has left: a jump that committed nothing before it has its target checked here, and
 * is what faults. */
void jit_check_target(struct cpu *c);
/* profile.c, called by compile(): the backend has no code for guest instruction n, a STUB stands in
 * its place. */
void jit_no_tile(const struct ir *ir, unsigned n);

#endif
