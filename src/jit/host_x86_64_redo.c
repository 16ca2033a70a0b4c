/* SPDX-License-Identifier: MIT */
/*
 * Flags that are made again. Most accesses come after an operation whose flags only their slow
 * paths ask for, as the guest may see them in an exception's frame, before the next operation sets
 * new ones. If what the flags came of is there still, nothing is saved:
 *
 *     cmp  edi, 1
 *     mov  r11d, r12d ...                              ; an access, which destroys RFLAGS
 *     add  ebx, 5                                      ; other flags
 *
 *     slow path:  cmp edi, 1; lahf; seto al; STUB
 *
 * After ADD and SUB it is if their result is: that is taken back, and they are done once more. For
 * AND, OR, XOR it is TEST of the result.
 */
#include "jit/host_x86_64.h"

/* Guest registers that flags can be made of again. */
struct sources {
    u8 reg[2];           /* GPR_COUNT: none */
    unsigned first, put; /* operations: they are read from `first` on; the result is stored */
};

static bool is_pinned(const struct x64 *g, const struct ir_op *get)
{
    return get->code == IR_GET && x64_pinned(g, get->reg) != HOST_NONE;
}

static bool is_logic(const struct ir_op *op)
{
    return op->code == IR_AND || op->code == IR_OR || op->code == IR_XOR;
}

/* Operand ref as an immediate. */
static bool immediate(const struct x64 *g, ir_ref ref, unsigned size, i32 *v)
{
    const struct ir_op *op = &g->ir->op[ref];
    i64 imm = sext((u64)op->imm, size);
    *v = (i32)imm;
    return op->code == IR_CONST && fits_i32(imm);
}

/* The PUT of operation n's result, all of it; 0: that has another user, or more. */
static unsigned put_of(const struct x64 *g, unsigned n)
{
    unsigned m = x64_only_user(g, n);
    const struct ir_op *user = &g->ir->op[m];
    return user->code == IR_PUT && user->size == g->ir->op[n].size ? m : 0;
}

static bool find_sources(const struct x64 *g, unsigned n, struct sources *s)
{
    const struct ir_op *op = &g->ir->op[n], *a = &g->ir->op[op->a], *b = &g->ir->op[op->b];
    i32 imm;
    *s = (struct sources){{GPR_COUNT, GPR_COUNT}, op->a, put_of(g, n)};
    if (is_logic(op) && op->uses) {
        s->first = n;
        s->reg[0] = g->ir->op[s->put].reg;
        return s->put && x64_pinned(g, s->reg[0]) != HOST_NONE;
    }
    if (op->code != IR_SUB && op->code != IR_AND && !(op->code == IR_ADD && op->uses))
        return false;
    if (!is_pinned(g, a) || (op->uses && (!s->put || g->ir->op[s->put].reg != a->reg)))
        return false;
    s->reg[0] = a->reg;
    if (immediate(g, op->b, op->size, &imm))
        return true;
    s->reg[1] = b->reg;
    if (op->b < s->first)
        s->first = op->b;
    return is_pinned(g, b) && (!op->uses || a->reg != b->reg);
}

/* What may come between the flags and those that replace them. */
static bool passes(const struct ir_op *op)
{
    switch (op->code) {
    case IR_CONST:
    case IR_GET:
    case IR_GETH:
    case IR_PUT:
    case IR_PUTH:
    case IR_RIP:
    case IR_EA:
    case IR_SEG:
    case IR_LD:
    case IR_ST:
    case IR_LDW:
    case IR_STW:
    case IR_ZX:
    case IR_SX: return true;
    default: return false;
    }
}

/* An operation of host_x86_64_alu.c that sets all flags in `live`. */
static bool replaces(const struct ir_op *op, u8 live)
{
    bool alu = op->code == IR_ADD || op->code == IR_SUB || is_logic(op);
    return alu && !(live & ~op->sets);
}

static bool changes(const struct ir_op *op, const struct sources *s)
{
    bool puts = op->code == IR_PUT || op->code == IR_PUTH;
    return puts && (op->reg == s->reg[0] || op->reg == s->reg[1]);
}

/* From operation n on nobody wants the flags in `live` but slow paths, and the sources stay. */
static bool lasts(const struct x64 *g, const struct sources *s, unsigned n, u8 live)
{
    const struct ir *ir = g->ir;
    for (unsigned m = s->first; m <= ir->count; m++) {
        const struct ir_op *op = &ir->op[m];
        if (m >= n && replaces(op, live))
            return true;
        if ((m >= n && !passes(op)) || (m != s->put && changes(op, s)))
            return false;
    }
    return false;
}

static bool can_redo(const struct x64 *g, unsigned n)
{
    u8 live = g->live_in[n];
    unsigned by = g->flags.by;
    struct sources s;
    return by && !(live & ~g->ir->op[by].sets) && find_sources(g, by, &s) && lasts(g, &s, n, live);
}

static void operate(struct x64 *g, enum x86_alu alu, const struct ir_op *op)
{
    unsigned reg = x64_pinned(g, g->ir->op[op->a].reg);
    i32 imm;
    if (immediate(g, op->b, op->size, &imm))
        emit_alu_imm(&g->e, alu, op->size, rm_reg(reg), imm);
    else
        emit_alu(&g->e, alu, op->size, reg, rm_reg(x64_pinned(g, g->ir->op[op->b].reg)));
}

void x64_redo(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    i32 imm;
    if (is_logic(op) && op->uses) {
        unsigned reg = x64_pinned(g, g->ir->op[put_of(g, n)].reg);
        emit_test(e, op->size, rm_reg(reg), reg);
    } else if (op->code == IR_AND) {
        unsigned reg = x64_pinned(g, g->ir->op[op->a].reg);
        if (immediate(g, op->b, op->size, &imm))
            emit_test_imm(e, op->size, rm_reg(reg), imm);
        else
            emit_test(e, op->size, rm_reg(reg), x64_pinned(g, g->ir->op[op->b].reg));
    } else if (!op->uses) {
        operate(g, X86_CMP, op);
    } else {
        operate(g, op->code == IR_ADD ? X86_SUB : X86_ADD, op);
        operate(g, op->code == IR_ADD ? X86_ADD : X86_SUB, op);
    }
}

void x64_set_aside(struct x64 *g, unsigned n)
{
    struct x64_flags *f = &g->flags;
    bool pending = f->redo || (f->host_ok && g->live_in[n] && can_redo(g, n));
    if (g->plain || f->rax_ok || !pending) {
        x64_clobber(g, g->live_in[n]);
        return;
    }
    f->redo = true;
    f->host_ok = false;
    g->at[g->insn].redo = f->by;
}

void x64_save_again(struct x64 *g, unsigned n)
{
    struct x64_flags was = g->flags;
    if (!n)
        return;
    x64_redo(g, n);
    g->flags = (struct x64_flags){.host_ok = true};
    x64_spill(g, IRF_ALL);
    g->flags = was;
}
