/* SPDX-License-Identifier: MIT */
/*
 * The interpreter's handlers. A handler runs its instruction and calls the next op's handler as
 * its last act, which the compiler turns into a jump: doc/adr/0002-tail-called-handlers.md.
 *
 * Of each body there is a general handler, which looks at operand kinds as it runs, and for the
 * common forms of the common bodies (sem.def) special ones. The end of a block goes on in the
 * next one if that is chained to it or known by its address, and the budget pays for it.
 */
#include "cpu/engine.h"

#include "cpu/interp_bits.h"

/* Without sibling calls every op and every chained block would deepen the host's stack. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
#define CAN_CHAIN true
#else
#define CAN_CHAIN false
#endif

#include "cpu/alu.sem.inc"
#include "cpu/bit.sem.inc"
#include "cpu/move.sem.inc"
#include "cpu/shift.sem.inc"
#include "cpu/stack.sem.inc"
#undef BODY

/* --- from op to op, from block to block --- */

static ALWAYS_INLINE void next_op(struct cpu *c, const struct op *op)
{
    op[1].run(c, op + 1);
}

/* The next block's first op, or back to the run loop. */
static ALWAYS_INLINE void enter(struct cpu *c, struct block *b, i64 budget, u64 rip)
{
    c->budget = budget;
    c->gpr[GPR_BASE] = rip;
    c->block = b;
    b->ops[0].run(c, b->ops);
}

/* Bodies that commit something have checked their target; a jump has not. */
static void check_leave(struct cpu *c, const struct op *op, u64 rip)
{
    if (rip_allowed(c, rip, FORM_ANY))
        return;
    c->op = op;
    cpu_raise(c, VEC_GP, 0);
}

static ALWAYS_INLINE void leave_by_address(struct cpu *c, const struct op *op, u64 rip)
{
    const struct jump_entry *j = jump_slot(c, rip);
    if (CAN_CHAIN && likely(jump_good(c, j, rip))) {
        i64 budget = c->budget - j->block->cost;
        if (likely(budget >= 0)) {
            enter(c, j->block, budget, rip);
            return;
        }
    }
    check_leave(c, op, rip);
    c->rip = rip;
}

/* Not chained yet, or can't be; or the budget is at its end. */
static __attribute__((noinline)) void leave_unchained(struct cpu *c, const struct op *op, u64 rip,
                                                      enum block_way way)
{
    if (way == WAY_TAKEN)
        check_leave(c, op, rip);
    struct jump_entry *j = jump_slot(c, rip);
    bool known = CAN_CHAIN && c->jump_key && jump_good(c, j, rip);
    if (known && !((rip ^ c->gpr[GPR_BASE]) >> 12))
        c->block->next[way] = j->block;
    if (known) {
        i64 budget = c->budget - j->block->cost;
        if (budget >= 0) {
            enter(c, j->block, budget, rip);
            return;
        }
    }
    c->rip = rip;
}

static ALWAYS_INLINE void leave_block(struct cpu *c, const struct op *op, u64 rip,
                                      enum block_way way)
{
    struct block *b = c->block->next[way];
    i64 budget = c->budget - b->cost;
    if (CAN_CHAIN && likely(budget >= 0)) {
        enter(c, b, budget, rip);
        return;
    }
    leave_unchained(c, op, rip, way);
}

static ALWAYS_INLINE void leave(struct cpu *c, const struct op *op, const struct leave *x)
{
    if (x->way == WAY_INDIRECT)
        leave_by_address(c, op, x->rip);
    else if (x->way == WAY_TAKEN)
        leave_block(c, op, x->rip, WAY_TAKEN);
    else
        leave_block(c, op, x->rip, WAY_NEXT);
}

void exec_next(struct cpu *c, const struct op *op)
{
    u64 rip = c->gpr[GPR_BASE] + op->at;
    leave_block(c, op - 1, c->code_mode == CODE64 ? rip : (u32)rip, WAY_NEXT);
}

void exec_stop(struct cpu *c, const struct op *op)
{
    u64 rip = c->gpr[GPR_BASE] + op->at;
    c->rip = c->code_mode == CODE64 ? rip : (u32)rip;
}

void exec_rip_bias(struct cpu *c, const struct op *op)
{
    c->gpr[GPR_ZERO] = (u64)op[1].at + op[1].in.len;
    c->jump_key = JUMP_KEY_NONE; /* the run loop takes it back: it must come by */
    next_op(c, op);
}

/* Hot: back to the run loop, which finds the block again and offers it to the accelerator. */
void exec_heat(struct cpu *c, const struct op *op)
{
    struct block *b = block_of(op);
    if (likely(b->heat && --b->heat)) {
        b->first(c, op);
        return;
    }
    c->budget += b->cost;
    c->rip = c->gpr[GPR_BASE];
}

exec_fn *exec_own(const struct op *op)
{
    return op->run == exec_heat ? block_of(op)->first : op->run;
}

/* --- bodies --- */

/* The general handlers. */
#define SEM(name, forms)                                                                           \
    static void general_##name(struct cpu *c, const struct op *op)                                 \
    {                                                                                              \
        struct leave x = {0};                                                                      \
        c->op = op;                                                                                \
        body_##name(c, op, op->in.osize, FORM_ANY, op->in.opcode & 15, &x);                        \
        next_op(c, op);                                                                            \
    }
#define SEM_END(name, forms)                                                                       \
    static void general_##name(struct cpu *c, const struct op *op)                                 \
    {                                                                                              \
        struct leave x = {0};                                                                      \
        c->op = op;                                                                                \
        body_##name(c, op, op->in.osize, FORM_ANY, op->in.opcode & 15, &x);                        \
        leave(c, op, &x);                                                                          \
    }
#include "cpu/sem.def"
#undef SEM
#undef SEM_END

/* The same for an instruction that runs alone. */
#define SEM(name, forms)                                                                           \
    static void one_##name(struct cpu *c, const struct op *op)                                     \
    {                                                                                              \
        struct leave x = {0};                                                                      \
        c->op = op;                                                                                \
        body_##name(c, op, op->in.osize, FORM_ANY, op->in.opcode & 15, &x);                        \
    }
#define SEM_END(name, forms)                                                                       \
    static void one_##name(struct cpu *c, const struct op *op)                                     \
    {                                                                                              \
        struct leave x = {0};                                                                      \
        c->op = op;                                                                                \
        body_##name(c, op, op->in.osize, FORM_ANY, op->in.opcode & 15, &x);                        \
        if (x.way != WAY_NEXT)                                                                     \
            check_leave(c, op, x.rip);                                                             \
        c->rip = x.rip;                                                                            \
    }
#include "cpu/sem.def"
#undef SEM
#undef SEM_END

/* A special handler: `tag` tells those of one body apart. */
#define SPECIAL(name, tag, size, form, cc)                                                         \
    static void run_##name##_##tag(struct cpu *c, const struct op *op)                             \
    {                                                                                              \
        struct leave x = {0};                                                                      \
        body_##name(c, op, size, form, cc, &x);                                                    \
        if (unlikely(x.miss))                                                                      \
            general_##name(c, op);                                                                 \
        else                                                                                       \
            next_op(c, op);                                                                        \
    }
#define SPECIAL_END(name, tag, size, form, cc)                                                     \
    static void run_##name##_##tag(struct cpu *c, const struct op *op)                             \
    {                                                                                              \
        struct leave x = {0};                                                                      \
        body_##name(c, op, size, form, cc, &x);                                                    \
        if (unlikely(x.miss))                                                                      \
            general_##name(c, op);                                                                 \
        else                                                                                       \
            leave(c, op, &x);                                                                      \
    }

/* The sets of sem.def: X(name, tag, size, form, cc) for each member. */
#define SIZES(X, name, tag, form, cc)                                                              \
    X(name, tag##1, 1, form, cc)                                                                   \
    X(name, tag##2, 2, form, cc)                                                                   \
    X(name, tag##4, 4, form, cc)                                                                   \
    X(name, tag##8, 8, form, cc)
#define MEMS(X, name, tag, k0, k1, cc)                                                             \
    SIZES(X, name, tag##s, FORM(k0, k1, M_SEG), cc)                                                \
    SIZES(X, name, tag##f, FORM(k0, k1, M_32), cc)                                                 \
    SIZES(X, name, tag##l, FORM(k0, k1, M_64), cc)
#define SET_COLD(X, name)
#define SET_ALU(X, name)                                                                           \
    SIZES(X, name, rr, FORM(K_REG, K_REG, M_NONE), 0)                                              \
    SIZES(X, name, ri, FORM(K_REG, K_IMM, M_NONE), 0)                                              \
    MEMS(X, name, rm, K_REG, K_MEM, 0)                                                             \
    MEMS(X, name, mr, K_MEM, K_REG, 0)                                                             \
    MEMS(X, name, mi, K_MEM, K_IMM, 0)
#define SET_LOAD(X, name)                                                                          \
    SIZES(X, name, rr, FORM(K_REG, K_REG, M_NONE), 0)                                              \
    MEMS(X, name, rm, K_REG, K_MEM, 0)
#define SET_SHIFT(X, name)                                                                         \
    SIZES(X, name, rr, FORM(K_REG, K_REG, M_NONE), 0)                                              \
    SIZES(X, name, ri, FORM(K_REG, K_IMM, M_NONE), 0)
#define SET_UNARY(X, name)                                                                         \
    SIZES(X, name, r, FORM(K_REG, K_NONE, M_NONE), 0)                                              \
    MEMS(X, name, m, K_MEM, K_NONE, 0)
#define SET_PUSH(X, name)                                                                          \
    X(name, rf, 4, FORM(K_REG, K_NONE, M_32), 0)                                                   \
    X(name, if, 4, FORM(K_IMM, K_NONE, M_32), 0)                                                   \
    X(name, mf, 4, FORM(K_MEM, K_NONE, M_32), 0)                                                   \
    X(name, rl, 8, FORM(K_REG, K_NONE, M_64), 0)                                                   \
    X(name, il, 8, FORM(K_IMM, K_NONE, M_64), 0)                                                   \
    X(name, ml, 8, FORM(K_MEM, K_NONE, M_64), 0)
#define SET_POP(X, name)                                                                           \
    X(name, rf, 4, FORM(K_REG, K_NONE, M_32), 0)                                                   \
    X(name, rl, 8, FORM(K_REG, K_NONE, M_64), 0)
#define SET_STACK(X, name)                                                                         \
    X(name, f, 4, FORM(K_NONE, K_NONE, M_32), 0)                                                   \
    X(name, l, 8, FORM(K_NONE, K_NONE, M_64), 0)
#define SET_JREL(X, name)                                                                          \
    X(name, f, 4, FORM(K_IMM, K_NONE, M_32), 0)                                                    \
    X(name, l, 8, FORM(K_IMM, K_NONE, M_64), 0)
#define SET_JIND(X, name)                                                                          \
    X(name, rf, 4, FORM(K_REG, K_NONE, M_32), 0)                                                   \
    X(name, mf, 4, FORM(K_MEM, K_NONE, M_32), 0)                                                   \
    X(name, rl, 8, FORM(K_REG, K_NONE, M_64), 0)                                                   \
    X(name, ml, 8, FORM(K_MEM, K_NONE, M_64), 0)
#define SET_RET(X, name)                                                                           \
    X(name, nf, 4, FORM(K_NONE, K_NONE, M_32), 0)                                                  \
    X(name, nl, 8, FORM(K_NONE, K_NONE, M_64), 0)                                                  \
    X(name, if, 4, FORM(K_IMM, K_NONE, M_32), 0)                                                   \
    X(name, il, 8, FORM(K_IMM, K_NONE, M_64), 0)
#define CONDITIONS(X, name, tag, size, form)                                                       \
    X(name, o##tag, size, form, 0)                                                                 \
    X(name, no##tag, size, form, 1)                                                                \
    X(name, b##tag, size, form, 2)                                                                 \
    X(name, nb##tag, size, form, 3)                                                                \
    X(name, z##tag, size, form, 4)                                                                 \
    X(name, nz##tag, size, form, 5)                                                                \
    X(name, be##tag, size, form, 6)                                                                \
    X(name, nbe##tag, size, form, 7)                                                               \
    X(name, s##tag, size, form, 8)                                                                 \
    X(name, ns##tag, size, form, 9)                                                                \
    X(name, p##tag, size, form, 10)                                                                \
    X(name, np##tag, size, form, 11)                                                               \
    X(name, l##tag, size, form, 12)                                                                \
    X(name, nl##tag, size, form, 13)                                                               \
    X(name, le##tag, size, form, 14)                                                               \
    X(name, nle##tag, size, form, 15)
#define SET_JCC(X, name)                                                                           \
    CONDITIONS(X, name, _f, 4, FORM(K_IMM, K_NONE, M_32))                                          \
    CONDITIONS(X, name, _l, 8, FORM(K_IMM, K_NONE, M_64))
#define SET_SETCC(X, name) CONDITIONS(X, name, _r, 1, FORM(K_REG, K_NONE, M_NONE))
#define SET_CMOV(X, name)                                                                          \
    CONDITIONS(X, name, _rr4, 4, FORM(K_REG, K_REG, M_NONE))                                       \
    CONDITIONS(X, name, _rr8, 8, FORM(K_REG, K_REG, M_NONE))                                       \
    CONDITIONS(X, name, _rmf4, 4, FORM(K_REG, K_MEM, M_32))                                        \
    CONDITIONS(X, name, _rml4, 4, FORM(K_REG, K_MEM, M_64))                                        \
    CONDITIONS(X, name, _rml8, 8, FORM(K_REG, K_MEM, M_64))

#define SEM(name, forms) SET_##forms(SPECIAL, name)
#define SEM_END(name, forms) SET_##forms(SPECIAL_END, name)
#include "cpu/sem.def"
#undef SEM
#undef SEM_END

/* --- choosing --- */

#define KEY(size, form, cc) ((cc) << 10 | (size) << 6 | (form))
#define CASE(name, tag, size, form, cc)                                                            \
    case KEY(size, form, cc):                                                                      \
        return run_##name##_##tag;
#define SEM(name, forms)                                                                           \
    static exec_fn *select_##name(unsigned key)                                                    \
    {                                                                                              \
        switch (key) {                                                                             \
            SET_##forms(CASE, name) default : return general_##name;                               \
        }                                                                                          \
    }
#define SEM_END(name, forms) SEM(name, forms)
#include "cpu/sem.def"
#undef SEM
#undef SEM_END

enum sem {
    SEM_CALL, /* no body: a C function */
#define SEM(name, forms) SEM_##name,
#define SEM_END(name, forms) SEM_##name,
#include "cpu/sem.def"
#undef SEM
#undef SEM_END
};

/* The sets whose forms say how the stack or code is addressed, memory operand or not. */
enum {
    MODED_COLD = 0,
    MODED_ALU = 0,
    MODED_LOAD = 0,
    MODED_SHIFT = 0,
    MODED_UNARY = 0,
    MODED_SETCC = 0,
    MODED_CMOV = 0,
    MODED_PUSH = 1,
    MODED_POP = 1,
    MODED_STACK = 1,
    MODED_JREL = 1,
    MODED_JIND = 1,
    MODED_RET = 1,
    MODED_JCC = 1,
};

static const struct {
    exec_fn *(*select)(unsigned key);
    exec_fn *one;
    bool moded;
} sems[] = {
#define SEM(name, forms) [SEM_##name] = {select_##name, one_##name, MODED_##forms},
#define SEM_END(name, forms) SEM(name, forms)
#include "cpu/sem.def"
#undef SEM
#undef SEM_END
};

#define BODY(name) SEM_##name
#define CALL(name) SEM_CALL
static const u8 row_sems[] = {
#define INSN(map, opcode, ext, prefix, mnemonic, sem, ...) sem,
#include "decode/insn.def"
#undef INSN
};
#undef BODY
#undef CALL

/* How a memory operand, the stack or code is addressed. */
static unsigned addressing(const struct insn *in, unsigned mode, bool operand, bool moded)
{
    bool code64 = (mode & BLOCK_CODE_MASK) == BLOCK_CODE64;
    unsigned flat = moded ? BLOCK_FLAT | BLOCK_CS_FLAT | BLOCK_STACK32 : BLOCK_FLAT;
    unsigned want = M_SEG;

    if (code64)
        want = M_64;
    else if ((mode & BLOCK_CODE_MASK) == BLOCK_CODE32 && (mode & flat) == flat)
        want = M_32;
    if (operand && (in->seg >= FS || in->asize != (code64 ? 8 : 4) || (!code64 && in->seg == CS)))
        want = M_SEG;
    return want;
}

static unsigned kind_of(const struct operand *o)
{
    switch (o->kind) {
    case OPND_GPR: return K_REG;
    case OPND_MEM: return K_MEM;
    case OPND_IMM:
    case OPND_REL:
    case OPND_ONE: return K_IMM;
    default: return K_NONE;
    }
}

static exec_fn *choose(const struct op *op, enum sem sem, unsigned mode)
{
    const struct insn *in = &op->in;
    unsigned k0 = kind_of(&in->op[0]), k1 = kind_of(&in->op[1]);
    bool plain = (k0 != K_NONE || in->op[0].kind == OPND_NONE) &&
                 (k1 != K_NONE || in->op[1].kind == OPND_NONE) && in->op[2].kind == OPND_NONE;
    bool operand = k0 == K_MEM || k1 == K_MEM;
    bool moded = sems[sem].moded;
    unsigned m = operand || moded ? addressing(in, mode, operand, moded) : M_NONE;
    unsigned cc = insn_rows[in->row].attr & ATTR_COND ? in->opcode & 15 : 0;
    unsigned form = plain ? FORM(k0, k1, m) : FORM_ANY;
    return sems[sem].select(KEY(in->osize, form, cc));
}

/* An absolute address that fits is a memory operand like others. */
static void absolute(struct insn *in)
{
    for (unsigned n = 0; n < 2; n++)
        if (in->op[n].kind == OPND_MOFFS && in->imm <= (in->asize == 8 ? INT32_MAX : UINT32_MAX)) {
            in->op[n].kind = OPND_MEM;
            in->disp = (i32)(u32)in->imm;
        }
}

bool exec_bind(struct op *op, unsigned mode)
{
    bool end = insn_ends_block(&op->in);
    enum sem sem = row_sems[op->in.row];

    absolute(&op->in);
    op->run = sem != SEM_CALL ? choose(op, sem, mode) : stub_bind(op, end);
    return end;
}

void exec_one(struct cpu *c, const struct op *op)
{
    enum sem sem = row_sems[op->in.row];

    if (sem != SEM_CALL)
        sems[sem].one(c, op);
    else
        stub_one(c, op);
}

void exec_one_last(struct cpu *c, const struct op *op)
{
    enum sem sem = row_sems[op->in.row];

    if (sem != SEM_CALL)
        sems[sem].one(c, op);
    else
        stub_one_last(c, op);
}
