/* SPDX-License-Identifier: MIT */
/*
 * Multiplication and division. The host's one-operand forms have their operands in rax, which is
 * the guest's flags, and rdx, which is the guest's RDX: both are moved out of the way.
 *
 * Of a product's flags the host defines CF and OF; the guest's ZF, SF and PF are those of the low
 * half, AF is 0.
 */
#include "jit/host_x86_64.h"

/* rax has the image: CF and OF from the multiplication, the rest from the low half in `low`. */
static void product_flags(struct x64 *g, unsigned low, unsigned size)
{
    struct emit *e = &g->e;
    emit_setcc(e, CC_O, rm_reg(HOST_RAX));
    emit_test(e, size, rm_reg(low), low);
    emit_byte(e, 0x9f); /* lahf */
    emit_byte(e, 0x08); /* or ah, al */
    emit_byte(e, 0xc4);
    g->flags = X64_AT_ENTRY;
}

/* IMUL with two operands, or three: in any register. */
static void multiply_low(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    bool wanted = op->sets & g->live_out[n];
    unsigned size = op->size;
    i32 imm;
    ir_ref a = op->a, b = op->b;
    if (g->val[a].kind == VAL_CONST) {
        a = op->b;
        b = op->a;
    }
    if (size == 1)
        g->failed = true;
    bool is_imm = x64_imm(g, b, size, &imm);
    struct rm other = x64_rm(g, is_imm ? a : b, size);
    struct rm dst;
    unsigned reg = x64_target(g, n, size);
    if (is_imm || reg == HOST_NONE) { /* a place in memory won't do */
        dst = rm_reg(reg == HOST_NONE ? x64_scratch(g) : reg);
        if (!is_imm)
            x64_copy(g, dst.base, a, size);
    } else {
        dst = x64_place(g, n, a, &other);
        if (dst.kind != RM_REG)
            g->failed = true;
    }
    x64_clobber(g, wanted ? 0 : g->live_out[n]);
    x64_fixup(g, other);
    if (is_imm) {
        emit_rm(&g->e, fits_i8(imm) ? 0x6b : 0x69, size, dst.base, other);
        emit_imm(&g->e, (u32)imm, fits_i8(imm) ? 1 : size == 2 ? 2 : 4);
    } else {
        emit_rm(&g->e, X86_0F | 0xaf, size, dst.base, other);
    }
    if (wanted)
        product_flags(g, dst.base, size);
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_placed(g, n, dst);
}

/* Both halves of operation n, a product or a quotient and its remainder, go where the guest's
 * instruction has them: RAX and RDX, of bytes AL and AH. */
static bool is_pair(const struct x64 *g, unsigned n)
{
    const struct ir_op *op = g->ir->op;
    unsigned second = 0, low = 0, high = 0;
    for (unsigned m = n + 1; m <= g->last; m++) {
        if ((op[m].code == IR_HIGH || op[m].code == IR_REM) && op[m].a == n)
            second = m;
        else if (op[m].code == IR_PUT && op[m].a == n && op[m].reg == RAX)
            low = m;
        else if (second && op[m].a == second && (op[m].code == IR_PUTH || op[m].reg == RDX))
            high = m;
    }
    if (!low || !high || op[n].uses != 2 || op[second].uses != 1)
        return false;
    unsigned wanted = op[n].size == 1 ? IR_PUTH : IR_PUT;
    return op[high].code == wanted && op[low].size == op[n].size && op[high].size == op[n].size &&
           x64_is_free(g, RAX, n, low) && (op[n].size == 1 || x64_is_free(g, RDX, n, high));
}

static bool is_gpr(const struct x64 *g, ir_ref ref, unsigned gpr)
{
    return g->val[ref].kind == VAL_GPR && g->val[ref].reg == gpr;
}

/* MUL and IMUL with one operand. */
static void multiply_pair(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    unsigned size = op->size;
    ir_ref a = op->a, b = op->b;
    if (!is_gpr(g, a, RAX)) {
        a = op->b;
        b = op->a;
    }
    struct rm other = x64_rm(g, b, size);
    if (other.kind == RM_MEM && g->code64) /* a fault there must find the flags in rax */
        other = rm_reg(x64_in_reg(g, b, size));
    bool wanted = op->sets & g->live_out[n];
    if (!wanted && g->live_out[n])
        g->failed = true; /* rax is needed */
    x64_copy(g, HOST_RAX, a, 4 > size ? 4 : size);
    emit_unary(e, op->code == IR_MULU ? X86_MUL : X86_IMUL, size, other);
    emit_mov(e, size == 1 ? 2 : size, x64_pinned(g, RAX), HOST_RAX);
    if (wanted)
        product_flags(g, x64_pinned(g, RAX), size);
    else
        g->flags = (struct x64_flags){0};
    x64_used(g, op->a);
    x64_used(g, op->b);
    g->val[n].kind = VAL_DONE;
}

/* MULX: no flags, two destinations; the second one is in `imm` for HIGH. */
static void multiply_wide(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    if (!g->bmi2 || op->sets || op->code != IR_MULU || op->size < 4 || !is_gpr(g, op->a, RDX))
        g->failed = true;
    struct rm b = rm_reg(x64_in_reg(g, op->b, op->size));
    unsigned low = x64_scratch(g), high = x64_scratch(g);
    emit_vex(&g->e, X86_0F38 | X86_F2 | 0xf6, op->size, high, low, b);
    x64_used(g, op->a);
    x64_used(g, op->b);
    g->val[n].kind = VAL_REG;
    g->val[n].reg = (u8)low;
    g->val[n].imm = high;
}

static void high_half(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct x64_val *v = &g->val[op->a];
    if (v->kind == VAL_DONE)
        g->val[n].kind = VAL_DONE;
    else
        x64_result(g, n, (unsigned)v->imm);
    x64_used(g, op->a);
}

/* --- division --- */

/* To the slow path unless the quotient fits: unsigned if the high half is less than the divisor. */
static void check_unsigned(struct x64 *g, unsigned high, unsigned divisor, unsigned size)
{
    emit_alu(&g->e, X86_CMP, size, high, rm_reg(divisor));
    x64_slow(g, emit_jcc(&g->e, CC_AE));
}

/* Signed: surely if the high half is but the low one's sign and the divisor is not 0 or -1. */
static void check_signed(struct x64 *g, const struct ir_op *op, unsigned divisor)
{
    struct emit *e = &g->e;
    unsigned t = x64_scratch(g);
    emit_mov(e, op->size < 4 ? 4 : op->size, t, x64_pinned(g, RAX));
    emit_shift_imm(e, X86_SAR, op->size, rm_reg(t), 8u * op->size - 1);
    emit_alu(e, X86_CMP, op->size, t, rm_reg(HOST_RDX));
    x64_slow(g, emit_jcc(e, CC_NZ));
    emit_lea(e, op->size < 4 ? 4 : op->size, t, rm_mem(divisor, HOST_NONE, 1));
    emit_alu_imm(e, X86_CMP, op->size, rm_reg(t), 1);
    x64_slow(g, emit_jcc(e, CC_BE));
    x64_free(g, t);
}

static void divide(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    unsigned size = op->size;
    bool bytes = size == 1, is_signed = op->code == IR_DIVS;
    if (!is_pair(g, n) || !is_gpr(g, op->b, RAX) || (bytes && is_signed) ||
        !(bytes ? g->ir->op[op->a].code == IR_GETH : is_gpr(g, op->a, RDX)))
        g->failed = true;
    unsigned divisor = x64_in_reg(g, op->c, size);
    x64_clobber(g, g->live_in[n]);
    if (is_signed)
        check_signed(g, op, divisor);
    else
        check_unsigned(g, x64_in_reg(g, op->a, size), divisor, size);
    unsigned flags = x64_scratch(g);
    emit_mov(e, 4, flags, HOST_RAX);
    if (bytes)
        emit_load(e, 2, HOST_RAX, rm_reg(x64_pinned(g, RAX)));
    else
        emit_mov(e, size < 4 ? 4 : size, HOST_RAX, x64_pinned(g, RAX));
    emit_unary(e, is_signed ? X86_IDIV : X86_DIV, size, rm_reg(divisor));
    emit_mov(e, bytes ? 2 : size, x64_pinned(g, RAX), HOST_RAX);
    emit_mov(e, 4, HOST_RAX, flags);
    x64_free(g, flags);
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_used(g, op->c);
    g->val[n].kind = VAL_DONE;
}

void x64_multiply(struct x64 *g, unsigned n)
{
    switch (g->ir->op[n].code) {
    case IR_MUL: multiply_low(g, n); break;
    case IR_HIGH:
    case IR_REM: high_half(g, n); break;
    case IR_DIVU:
    case IR_DIVS: divide(g, n); break;
    default:
        if (is_pair(g, n))
            multiply_pair(g, n);
        else
            multiply_wide(g, n);
        break;
    }
}
