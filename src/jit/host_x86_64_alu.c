/* SPDX-License-Identifier: MIT */
/* Addition, subtraction and logic: one host instruction for one of the guest. */
#include "jit/host_x86_64.h"

static const u8 numbers[IR_COUNT] = {
    [IR_ADD] = X86_ADD, [IR_OR] = X86_OR,   [IR_ADC] = X86_ADC, [IR_SBB] = X86_SBB,
    [IR_AND] = X86_AND, [IR_SUB] = X86_SUB, [IR_XOR] = X86_XOR,
};

static bool commutes(unsigned code)
{
    return code != IR_SUB && code != IR_SBB;
}

/* The second operand: an immediate, or a register or memory. */
struct second {
    bool is_imm;
    i32 imm;
    struct rm rm;
};

static struct second second(struct x64 *g, ir_ref ref, unsigned size)
{
    struct second s = {0};
    s.is_imm = x64_imm(g, ref, size, &s.imm);
    if (!s.is_imm)
        s.rm = x64_rm(g, ref, size);
    return s;
}

static void both_used(struct x64 *g, const struct ir_op *op)
{
    x64_used(g, op->a);
    if (op->b)
        x64_used(g, op->b);
}

/* The other way round of a condition: XOR with 1. */
static bool invert(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct x64_val *a = &g->val[op->a], *b = &g->val[op->b];
    if (op->code != IR_XOR || op->sets || b->kind != VAL_CONST || b->imm != 1 || a->left != 1)
        return false;
    if (a->kind != VAL_FLAG && a->kind != VAL_TEST)
        return false;
    if (!x64_is_next(g, n))
        return false;
    g->val[n].kind = a->kind;
    g->val[n].cc = a->cc ^ 1;
    both_used(g, op);
    return true;
}

/* Nobody wants what is there, but its address may not be canonical. */
static void touch(struct x64 *g, ir_ref ref)
{
    if (g->code64 && g->val[ref].kind == VAL_MEM)
        x64_settle(g, ref);
}

/* CMP and TEST: nobody wants the result. */
static void compare(struct x64 *g, unsigned n, bool test)
{
    const struct ir_op *op = &g->ir->op[n];
    struct rm a = x64_rm(g, op->a, op->size);
    struct second b = second(g, op->b, op->size);
    if (!b.is_imm && a.kind != RM_REG && b.rm.kind != RM_REG) {
        a = rm_reg(x64_in_reg(g, op->a, op->size));
        b = second(g, op->b, op->size);
    }
    if (!x64_flags_before(g, n, IRF_ALL)) {
        touch(g, op->a);
        touch(g, op->b);
        both_used(g, op);
        return;
    }
    x64_fixup(g, a.kind == RM_MEM || b.is_imm ? a : b.rm);
    if (b.is_imm && test)
        emit_test_imm(&g->e, op->size, a, b.imm);
    else if (b.is_imm && b.imm == 0 && a.kind == RM_REG)
        emit_test(&g->e, op->size, a, a.base); /* as CMP with 0, and shorter */
    else if (b.is_imm)
        emit_alu_imm(&g->e, X86_CMP, op->size, a, b.imm);
    else if (test)
        emit_test(&g->e, op->size, b.rm.kind == RM_REG ? a : b.rm,
                  b.rm.kind == RM_REG ? b.rm.base : a.base);
    else if (b.rm.kind == RM_REG)
        emit_alu_to(&g->e, X86_CMP, op->size, a, b.rm.base);
    else
        emit_alu(&g->e, X86_CMP, op->size, a.base, b.rm);
    both_used(g, op);
    x64_flags_after(g, n);
}

/* ADD, or SUB of a constant, while RFLAGS must stay: LEA. */
static bool by_lea(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    i32 imm = 0;
    bool is_imm = x64_imm(g, op->b, op->size, &imm);
    if (op->size < 4 || (op->code != IR_ADD && !(op->code == IR_SUB && is_imm)))
        return false;
    if ((op->sets & g->live_out[n]) || !g->live_out[n] || !g->flags.host_ok || g->flags.rax_ok)
        return false;
    if (op->code == IR_SUB && imm == INT32_MIN)
        return false;
    struct rm rm = rm_mem(x64_in_reg(g, op->a, op->size), HOST_NONE, 0);
    if (is_imm)
        rm.disp = op->code == IR_SUB ? -imm : imm;
    else
        rm.index = (u8)x64_in_reg(g, op->b, op->size);
    if (rm.index == HOST_RSP)
        return false;
    unsigned dst = x64_target(g, n, op->size);
    both_used(g, op);
    if (dst == HOST_NONE)
        dst = x64_scratch(g);
    emit_lea(&g->e, op->size, dst, rm);
    x64_result(g, n, dst);
    return true;
}

static void emit_second(struct x64 *g, enum x86_alu alu, unsigned size, struct rm dst,
                        const struct second *b)
{
    x64_fixup(g, dst.kind == RM_MEM || b->is_imm ? dst : b->rm);
    if (b->is_imm)
        emit_alu_imm(&g->e, alu, size, dst, b->imm);
    else if (dst.kind == RM_REG)
        emit_alu(&g->e, alu, size, dst.base, b->rm);
    else
        emit_alu_to(&g->e, alu, size, dst, b->rm.base);
}

/* INC, DEC: the /digit of FE and FF, or -1. */
static int inc_or_dec(const struct ir_op *op, const struct second *b)
{
    if (!b->is_imm || b->imm != 1 || !op->sets || (op->sets & IRF_CF))
        return -1;
    return op->code == IR_ADD ? 0 : op->code == IR_SUB ? 1 : -1;
}

static void negate(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct rm dst = x64_place(g, n, op->b, NULL);
    bool flags = x64_flags_before(g, n, IRF_ALL);
    x64_fixup(g, dst);
    emit_unary(&g->e, X86_NEG, op->size, dst);
    both_used(g, op);
    x64_placed(g, n, dst);
    if (flags)
        x64_flags_after(g, n);
}

static void not(struct x64 * g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct rm dst = x64_place(g, n, op->a, NULL);
    x64_fixup(g, dst);
    emit_unary(&g->e, X86_NOT, op->size, dst);
    both_used(g, op);
    x64_placed(g, n, dst);
}

static void binary(struct x64 *g, unsigned n, ir_ref ra, ir_ref rb)
{
    const struct ir_op *op = &g->ir->op[n];
    struct second b = second(g, rb, op->size);
    int digit = inc_or_dec(op, &b);
    struct rm dst = x64_place(g, n, ra, b.is_imm ? NULL : &b.rm);
    if (dst.kind != RM_REG && !b.is_imm && b.rm.kind != RM_REG)
        b.rm = rm_reg(x64_in_reg(g, rb, op->size));
    bool flags = x64_flags_before(g, n, digit < 0 ? IRF_ALL : IRF_ALL & ~IRF_CF);
    if (digit >= 0) {
        x64_fixup(g, dst);
        emit_sized(&g->e, X86_DIGIT | 0xfe, op->size, (unsigned)digit, dst);
    } else {
        emit_second(g, numbers[op->code], op->size, dst, &b);
    }
    both_used(g, op);
    x64_placed(g, n, dst);
    if (flags)
        x64_flags_after(g, n);
}

/* With the operands the other way round there is less to move. */
static bool better_swapped(const struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct x64_val *a = &g->val[op->a], *b = &g->val[op->b];
    if (!commutes(op->code) || op->a == op->b)
        return false;
    if (a->kind == VAL_CONST)
        return true;
    unsigned target = x64_target(g, n, op->size);
    if (target != HOST_NONE)
        return b->kind == VAL_GPR && x64_pinned(g, b->reg) == target &&
               !(a->kind == VAL_GPR && x64_pinned(g, a->reg) == target);
    return a->kind != VAL_REG && b->kind == VAL_REG && b->left == 1;
}

/* ADCX and ADOX: one flag in and out, the others stay where they are. */
static void carry_alone(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct rm other = x64_rm(g, op->b, op->size), dst;
    if (x64_target(g, n, op->size) == HOST_NONE) { /* a place in memory won't do */
        dst = rm_reg(x64_scratch(g));
        x64_copy(g, dst.base, op->a, op->size);
    } else {
        dst = x64_place(g, n, op->a, &other);
    }
    if (!x64_has_adx(g) || op->size < 4 || dst.kind != RM_REG)
        g->failed = true;
    x64_to_host(g);
    x64_fixup(g, other);
    emit_rm(&g->e, X86_0F38 | (op->code == IR_ADO ? X86_F3 : X86_66) | 0xf6, op->size, dst.base,
            other);
    both_used(g, op);
    x64_placed(g, n, dst);
    x64_flags_after(g, n);
}

void x64_alu(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct x64_val *a = &g->val[op->a];
    if (op->code == IR_ADO || (op->code == IR_ADC && op->sets == IRF_CF && x64_has_adx(g))) {
        carry_alone(g, n);
        return;
    }
    if (op->code == IR_NOT) {
        not(g, n);
        return;
    }
    if (invert(g, n))
        return;
    if (op->code == IR_AND && x64_is_cl(g, n)) {
        g->val[n].kind = VAL_CL;
        both_used(g, op);
        return;
    }
    if (!op->uses && (op->code == IR_SUB || op->code == IR_AND)) {
        compare(g, n, op->code == IR_AND);
        return;
    }
    if (by_lea(g, n))
        return;
    if (op->code == IR_SUB && a->kind == VAL_CONST && zext((u64)a->imm, op->size) == 0)
        negate(g, n);
    else if (better_swapped(g, n))
        binary(g, n, op->b, op->a);
    else
        binary(g, n, op->a, op->b);
}
