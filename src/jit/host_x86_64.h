/* SPDX-License-Identifier: MIT */
/*
 * The x86-64 backend from inside: one block on its way from IR to host code. Registers and the
 * image of the flags: doc/jit.md.
 *
 * Values never leave their guest instruction (the one exception: host_x86_64_group.c), so code is
 * made by walking its operations with as little done as possible at each: a GET, a constant, an
 * address, a condition, a load that the next operation uses are only written down (struct x64_val)
 * and become operands of the instruction that wants them. What must be computed goes straight to
 * the register of the PUT that follows, else to one of three scratch registers. If these don't
 * suffice, or an operation has no tile, the guest instruction's code is taken back and a STUB
 * stands in its place.
 *
 * Flags are in RFLAGS, in rax, or in both (struct x64_flags); neither while none is live. Who
 * emits an instruction that changes RFLAGS first calls x64_clobber(), or, if it is the guest's
 * own, x64_flags_before() and x64_flags_after().
 */
#ifndef ERSATZ_JIT_HOST_X86_64_H
#define ERSATZ_JIT_HOST_X86_64_H

#include "jit/emit_x86_64.h"
#include "jit/host.h"

enum {
    X64_FLAGS = HOST_RAX, /* AH as LAHF has it, AL: OF */
    X64_TABLE = HOST_R15, /* cpu->mmu.probed */
};

/* In this order in the buffer: UNKNOWN falls through to LEAVE. */
enum x64_thunk {
    THUNK_ENTER,     /* called from C: cpu, entry */
    THUNK_STUB,      /* called, op in r14: jit_stub() */
    THUNK_STUB_PART, /* called, op in r14, rest in r13d: jit_stub_part(), or leave */
    THUNK_CALL,      /* called, op in r14: jit_call() */
    THUNK_STUB_END,  /* jumped to, op in r14: jit_stub_end(), and leave */
    THUNK_HERE,      /* jumped to, exit in r13, way in r11: LEAVE where its code begins */
    THUNK_LINK,      /* jumped to, way in r11: LEAVE_LINK by it */
    THUNK_UNKNOWN,   /* jumped to, RIP in r13, way in r11: LEAVE_INDIRECT */
    THUNK_LEAVE,     /* jumped to, exit in r13, way in r11 */
    THUNK_TAKE,      /* called, units | rest << 8 in r13d, op in r14: fpu_take(), or jit_stub_rest()
                        and leave */
    THUNK_APPROX,    /* called, struct insn in r13, source's offset in struct cpu in r11:
                        sse_approximate(); XMM registers stay where they are */
    THUNK_BESIDE,    /* and 4 more, by the logarithm of the size: x64_thunk_beside() */
};

enum x64_kind {
    VAL_NONE,
    VAL_CONST, /* imm */
    VAL_GPR,   /* guest register reg, its low `size` bytes */
    VAL_REG,   /* host scratch register reg; of an LDW, its address is still in rm */
    VAL_MEM,   /* `size` bytes at host address rm */
    VAL_EA,    /* the address that the operation names */
    VAL_RIP,   /* rip_page + imm, cut to `size` */
    VAL_FLAG,  /* the guest's condition cc, 0 or 1 */
    VAL_TEST,  /* RFLAGS' condition cc, 0 or 1: for the very next operation */
    VAL_CL,    /* CL as a shift count, which the host's shift cuts */
    VAL_DONE,  /* where its only user wants it */
};

struct x64_val {
    u8 kind; /* enum x64_kind */
    u8 size;
    u8 reg;
    u8 cc;
    u16 left; /* uses to come */
    struct rm rm;
    i64 imm;
};

/* Where the guest's flags are. */
struct x64_flags {
    bool host_ok, rax_ok; /* in RFLAGS, in rax; in none of them while none is live */
    bool af_zero;         /* RFLAGS.AF is anything, the guest's is 0 */
    bool redo;            /* what operation `by` is made of is there still, until others are set */
    u16 by;               /* what set those in RFLAGS */
};

#define X64_AT_ENTRY ((struct x64_flags){.rax_ok = true})

/* What is known to be in the host's units. */
struct x64_units {
    u8 taken;             /* enum fpu_live */
    u8 x87_insn, x87_mem; /* 1 + the last x87 instruction, the last one with a memory operand, whose
                             pointers aren't stored yet; 0: none */
};

/* How many entries the lists of struct x64 have. */
struct x64_counts {
    unsigned site, crossing, exit, fixup, take, beside, miss;
};

/* A guest instruction, as its slow path needs to know it. */
struct x64_insn {
    u32 done;        /* offset of what comes after it; 0: the slow path leaves */
    u32 after;       /* the same, for all */
    bool slow;       /* somebody goes there */
    bool flags_host; /* after it flags are wanted in RFLAGS */
    bool leads;      /* a group begins in it */
    bool grouped;    /* a group holds after it: nobody comes back there from aside */
    u16 redo;        /* before it flags are those of this operation: x64_redo(); 0: in rax */
    struct x64_units before;
    u8 units;        /* taken, after it */
    u16 first, last; /* operations */
};

/* A jump to an instruction's slow path. */
struct x64_site {
    u32 at;
    u8 insn;
};

/* An access that may cross a page; in which registers. */
struct x64_crossing {
    u32 at, back;
    u8 insn, address, scratch, size;
};

/* A write without a word in the table; in which registers. */
struct x64_beside {
    u32 at, back;
    u8 insn, address, addend, size;
};
#define BESIDE_MAX 16 /* bytes */

/* A jump to where units are taken, which aren't there as they should be. */
struct x64_take {
    u32 at, back;
    u8 insn; /* whose turn it is */
    u8 units;
};

enum x64_exit_kind {
    EXIT_WAY,     /* that isn't linked yet */
    EXIT_UNKNOWN, /* to RIP in r13, which the jump cache doesn't know */
    EXIT_BACK,    /* none: the host's RET comes back from what operation imm expects it of */
};

struct x64_exit {
    u32 at; /* of the rel32 */
    u8 kind;
    u8 way, size;
    u8 rest; /* what a GUARD's has to give back, and where the flags are */
    struct x64_flags flags;
    i64 imm;
};

/* From so many on, an instruction's accesses are taken for unaligned ones: op.unaligned. */
#define X64_UNALIGNED 32

#define X64_GROUPS 2 /* at a time */
#define X64_MISSES (2 * IR_GROUPS + IR_INSNS + IR_BLOCKS)

/* A guest register that code uses little has given its host register to one that has none. */
struct x64_swap {
    u8 out, in, host;
};
#define X64_SWAPS 4

/* CALL [mem] goes there from 7 places: SEG, the page's end and the table's word, twice; CHECK. */
#define X64_SITES (8 * IR_INSNS)
#define X64_FIXUPS (4 * IR_INSNS)

struct x64 {
    struct emit e;
    struct jit_buffer *buf;
    const struct ir *ir;
    struct jit_code *code;
    bool code64, bmi2;
    u8 pinned[GPR_COUNT];
    struct x64_swap swap[X64_SWAPS];
    unsigned swaps;
    bool failed;          /* this guest instruction has no code: STUB */
    unsigned insn;        /* the guest instruction */
    unsigned first, last; /* its operations */
    unsigned expects;     /* the EXPECT among them, if it has been emitted */
    u16 scratch;          /* scratch registers in use, a bit each */
    u16 reserved;         /* of these, those that groups hold: the one thing that stays there from
                             one guest instruction to others */
    struct x64_flags flags;
    struct x64_units units;
    struct x64_counts count;
    unsigned fixups_done; /* those that go to a slow path already */
    struct x64_site site[X64_SITES];
    struct x64_crossing crossing[X64_FIXUPS];
    struct x64_beside beside[X64_FIXUPS];
    struct x64_exit exit[4 * IR_WAYS]; /* ways, and what each becomes */
    struct x64_take take[2 * IR_INSNS];
    struct jit_fixup fixup[X64_FIXUPS]; /* offsets in the buffer until the end */
    struct x64_insn at[IR_INSNS];
    /* --- host_x86_64_group.c's --- */
    u8 holds[X64_GROUPS]; /* 1 + the group in each register; 0: none */
    unsigned next_group;
    u64 dropped;                      /* groups that are none, a bit each */
    bool plain;                       /* this is the second copy, without groups */
    struct x64_site miss[X64_MISSES]; /* jumps to the second copy */
    bool plain_wanted[IR_INSNS];
    u32 plain_at[IR_INSNS];
    struct x64_insn grouped_at[IR_INSNS];         /* the first copy's `at` */
    u8 live_in[IR_MAX + 1], live_out[IR_MAX + 1]; /* flags before and after an operation */
    struct x64_val val[IR_MAX + 1];
};

/* --- host_x86_64_value.c --- */

/* The host register of a guest register, HOST_NONE: in memory; where code begins and ends, and when
 * C is called: x64_home(), in between: x64_pinned(). */
unsigned x64_home(unsigned gpr);
unsigned x64_pinned(const struct x64 *g, unsigned gpr);
/* gs:[...] of a field of struct cpu. */
#define X64_CPU(field) rm_gs(offsetof(struct cpu, field))
#define X64_REGS(field) rm_gs(offsetof(struct cpu, engine_words) + offsetof(struct jit_regs, field))

/* A scratch register; none left: fails, and HOST_R11. */
unsigned x64_scratch(struct x64 *g);
void x64_free(struct x64 *g, unsigned reg);
/* One use of ref is over; its scratch registers are free after the last one. */
void x64_used(struct x64 *g, ir_ref ref);
/* ref as an operand of `size` bytes: register or memory. */
struct rm x64_rm(struct x64 *g, ir_ref ref, unsigned size);
/* ref to a scratch register, if it is in none. */
void x64_settle(struct x64 *g, ir_ref ref);
/* ref in a register that may not be changed; `size` bytes of it count. */
unsigned x64_in_reg(struct x64 *g, ir_ref ref, unsigned size);
/* ref as an immediate operand of an operation of `size` bytes. */
bool x64_imm(const struct x64 *g, ir_ref ref, unsigned size, i32 *v);
/* Copies ref, `size` bytes of it, to a register: above them zero if size is 4 or 8. */
void x64_copy(struct x64 *g, unsigned dst, ir_ref ref, unsigned size);
/* Where operation n puts its result of `size` bytes: the register of the PUT that follows, or
 * HOST_NONE. Operands of n that are in that register may be read until it is written. */
unsigned x64_target(const struct x64 *g, unsigned n, unsigned size);
/*
 * Where operation n is done, with its operand a in there already: the register of the PUT that
 * follows, the guest memory that an STW writes back to, or a scratch register. `other`: its second
 * operand, or NULL. Then n is emitted, x64_used() is told of its operands, x64_placed() of the
 * result.
 */
struct rm x64_place(struct x64 *g, unsigned n, ir_ref a, const struct rm *other);
void x64_placed(struct x64 *g, unsigned n, struct rm rm);
/* Guest register gpr is about to change: who still needs what it has, but for one use by
 * `except`, gets a copy. */
void x64_save_readers(struct x64 *g, unsigned gpr, ir_ref except);
/* The operation that is the only user of n's result; 0: there isn't one. */
unsigned x64_only_user(const struct x64 *g, unsigned n);
/* Nobody needs what guest register gpr has now, from after operation n to m, nor restarts. */
bool x64_is_free(const struct x64 *g, unsigned gpr, unsigned n, unsigned m);
/* Emits nothing when its turn comes. */
bool x64_is_later(const struct ir_op *op);
/* The only user of n's result comes next, but for such operations. */
bool x64_is_next(const struct x64 *g, unsigned n);
/* That register, or the one that operand `from` leaves, or another scratch register. */
unsigned x64_dst(struct x64 *g, unsigned n, ir_ref from, unsigned size);
/* The result of operation n is in reg: x64_target()'s, or a scratch register. */
void x64_result(struct x64 *g, unsigned n, unsigned reg);

/* --- host_x86_64_swap.c --- */

/* Which registers change places in this code. */
void x64_swaps(struct x64 *g);
/* Where the code begins, and where C has come back. */
void x64_swap_in(struct x64 *g);
/* Before C, and where the code ends. Leaves RFLAGS alone, like the other. */
void x64_swap_out(struct x64 *g);

/* --- host_x86_64_flags.c --- */

void x64_liveness(struct x64 *g);
/* If any is live, the flags are in rax, and if possible in RFLAGS, too. */
void x64_spill(struct x64 *g, u8 live);
/* Before host code that destroys RFLAGS. */
void x64_clobber(struct x64 *g, u8 live);
/* The guest's flags are in RFLAGS. */
void x64_to_host(struct x64 *g);
/* What that comes to: from rax. */
void x64_sahf(struct x64 *g);
/* Operation n sets flags by the host instruction that comes between these, which changes those in
 * `native`; flags that n reads are there. False: nobody wants them, and x64_flags_after() isn't
 * called. */
bool x64_flags_before(struct x64 *g, unsigned n, u8 native);
void x64_flags_after(struct x64 *g, unsigned n);
/* A value that is a condition as one of RFLAGS. */
unsigned x64_flag(struct x64 *g, const struct x64_val *v);
/* For operation n, whether ref is 1 as a condition of RFLAGS: jcc, setcc or cmov comes next. */
unsigned x64_condition(struct x64 *g, unsigned n, ir_ref ref);

/* --- host_x86_64_redo.c --- */

/* As x64_clobber() for operation n, which may take the slow path but wants no flags itself. */
void x64_set_aside(struct x64 *g, unsigned n);
/* Operation n's flags are in RFLAGS again. */
void x64_redo(struct x64 *g, unsigned n);
/* And in rax; n may be 0. */
void x64_save_again(struct x64 *g, unsigned n);

/* --- host_x86_64_mem.c --- */

struct x64_access {
    ir_ref addr; /* the operation whose value is the linear address */
    unsigned size;
    bool write;
    bool align;  /* an address that isn't a multiple of `size` is a miss, too */
    bool linear; /* the operand's index is to be the linear address */
};
/*
 * The fast path to an access, for operation n: the host address as a memory operand. Its registers,
 * as far as they are scratch, belong to the caller: x64_free_rm(). Misses go to the slow path.
 * RFLAGS are lost, but not by the later accesses of a group. The instruction that accesses must be
 * announced by x64_fixup() just before it is emitted.
 */
struct rm x64_probe(struct x64 *g, unsigned n, const struct x64_access *a);
void x64_free_rm(struct x64 *g, struct rm rm);
/* If value ref needs a scratch register and there is none: host address rm goes into one. Destroys
 * RFLAGS. */
void x64_make_room(struct x64 *g, ir_ref ref, struct rm *rm);
void x64_fixup(struct x64 *g, struct rm rm);
/* The linear address in reg becomes the number of its page, the index of the MMU's tables. */
void x64_page_number(struct emit *e, unsigned reg, bool code64);
/* The linear address in reg becomes the host's, if all bytes from there are on a page that can be
 * read, and written if `write`; else x64_plain_from(). Flags are in rax already. */
struct x64_span {
    unsigned reg, bytes;
    bool write;
};
void x64_probe_span(struct x64 *g, const struct x64_span *s);
void x64_crossings_cold(struct x64 *g);
void x64_memory(struct x64 *g, unsigned n);

/* --- host_x86_64_beside.c: stores beside code in its page --- */

/* The jump just emitted with its rel32 at `site` leaves for a write that the table has no word for:
 * if it hits no code the addend is found, and it is back here; else the slow path. */
void x64_beside(struct x64 *g, size_t site, const struct x64_beside *access);
void x64_beside_cold(struct x64 *g);
/* Called with the linear address of `size` bytes of one page pushed: in its place the addend, ZF;
 * or not ZF. Keeps all registers. */
void x64_thunk_beside(struct emit *e, unsigned size);

/* --- host_x86_64_group.c --- */

/* Before and after each guest instruction. */
void x64_groups_begin(struct x64 *g);
void x64_groups_end(struct x64 *g);
/* The guest instruction can't do with the registers that groups leave it: they end before it. True:
 * it now has more. */
bool x64_groups_drop(struct x64 *g);
/* x64_probe() of a member. False: it isn't one. */
bool x64_grouped(struct x64 *g, unsigned n, const struct x64_access *a, struct rm *rm);
/* The host address is in a group that an earlier guest instruction has probed: no fixup. */
bool x64_is_checked(const struct x64 *g, struct rm rm);
/* The jump just emitted, with its rel32 at `site`, goes to the second copy of the guest
 * instruction. */
void x64_plain_from(struct x64 *g, size_t site);
/* Aside, C was called before guest instruction insn: if a group holds there, on in the second copy.
 * False: it doesn't. */
bool x64_group_left(struct x64 *g, unsigned insn);
/* That copy, after all else. False: it can't be had. */
bool x64_plain(struct x64 *g);

/* --- host_x86_64_return.c --- */

void x64_expect(struct x64 *g, unsigned n); /* IR_EXPECT */
/* What follows the host's CALL of EXPECT n. */
void x64_come_back(struct x64 *g, unsigned n);
/* The CALL, if g->expects, where code goes on with the callee. */
void x64_call_next(struct x64 *g);
/* A RET to RIP in r13; if that isn't expected, the code after it goes on. */
void x64_return(struct x64 *g, unsigned way);
/* In thunks: begins a stack of what is expected, below C's, with 16 bytes, and ends it. `returns`
 * is THUNK_UNKNOWN's address before. */
void x64_returns_enter(struct emit *e);
void x64_returns_leave(struct emit *e);

/* --- tiles: one operation --- */
void x64_alu(struct x64 *g, unsigned n);      /* host_x86_64_alu.c */
void x64_multiply(struct x64 *g, unsigned n); /* host_x86_64_muldiv.c */
void x64_shift(struct x64 *g, unsigned n);    /* host_x86_64_shift.c */
bool x64_is_cl(struct x64 *g, unsigned n);    /* AND n only cuts CL for the shift that follows */
void x64_move(struct x64 *g, unsigned n);     /* host_x86_64_move.c: PUT, extensions, bits */
void x64_flag_op(struct x64 *g, unsigned n);  /* host_x86_64_flags.c */
void x64_system(struct x64 *g, unsigned n);   /* host_x86_64_system.c */

/* --- host_x86_64_exit.c --- */
void x64_end(struct x64 *g, unsigned n); /* operations with IR_END */
/* A way to offset imm of the page can be linked, RIP cut to `size`. */
bool x64_linkable(const struct x64 *g, i64 imm, unsigned size);
/* The jump just emitted, with its rel32 at `site`, leaves for good by what op names; or to RIP in
 * r13. */
struct x64_exit *x64_leave_by(struct x64 *g, size_t site, unsigned way, const struct ir_op *op);
void x64_unknown(struct x64 *g, size_t site, unsigned way);
/* r11 = way, for the thunks. */
void x64_load_way(struct x64 *g, unsigned way);
void x64_check(struct x64 *g, unsigned n);
void x64_guard(struct x64 *g, unsigned n);
/* The guest instruction by the interpreter; flags as operation n wants them. */
void x64_stub(struct x64 *g, unsigned n);
void x64_call(struct x64 *g, unsigned n); /* IR_CALL */
void x64_stub_end(struct x64 *g, unsigned n);
/* The jump just emitted with its rel32 at `site` goes to the slow path. */
void x64_slow(struct x64 *g, size_t site);
/* Operations first..last of one guest instruction. */
void x64_instruction(struct x64 *g, unsigned first, unsigned last);
/* The early exit at `at`, way's, goes to code `to`, at offset `target`. */
void x64_link_early(struct emit *e, size_t at, size_t target, const struct jit_way *way,
                    const struct jit_code *to);
/* What is aside of the block's straight way. */
void x64_cold(struct x64 *g);
/* reg has the page's RIP: adds imm, and cuts to `size`. */
void x64_rip(struct x64 *g, unsigned reg, i64 imm, unsigned size);

/* --- host_x86_64_thunk.c --- */
bool x64_thunks(struct jit_buffer *buf);
static inline size_t x64_thunk(const struct x64 *g, enum x64_thunk n)
{
    return (size_t)(g->buf->thunk[n] - g->buf->rx);
}
/* What the host's CPU has. */
bool x64_has_bmi2(void);
bool x64_has_adx(const struct x64 *g);
/* Fills in buf->adx and sha. */
void x64_ask_host(struct jit_buffer *buf);

/* --- HOST operations: host_x86_64_simd.c, host_x86_64_sse.c, host_x86_64_x87.c --- */
/* False: no tile, the guest instruction becomes a STUB. */
bool x64_host_op(struct x64 *g, unsigned n);
void x64_x87(struct x64 *g, unsigned n, struct rm mem);
/* False: it isn't one of those. */
bool x64_sse(struct x64 *g, unsigned n, struct rm mem);

/* --- host_x86_64_units.c: guest registers in the host's SSE and x87 units --- */
/* Where code begins, goes on after a STUB, or with the next block of a region, at operation n: what
 * HOST operations from there want is taken, but for what g->units says is there. */
void x64_units_want(struct x64 *g, unsigned n);
void x64_units_cold(struct x64 *g);
/* In the slow path of guest instruction insn, after the STUB: the same again. */
void x64_units_again(struct x64 *g, unsigned insn);
/* Stores the x87's pointers: where C may look at them next; in insn's slow path. */
void x64_units_note(struct x64 *g);
void x64_units_note_before(struct x64 *g, unsigned insn);
/* In thunks, before C: XMM registers go to struct cpu. */
void x64_units_release(struct emit *e);
/* XMM registers come from there, if r13 has FPU_LIVE_SSE. */
void x64_units_load(struct emit *e);

#endif
