/* SPDX-License-Identifier: MIT */
/*
 * Shifts and rotates (SDM vol. 2). A count of 0 changes no flag. The host leaves AF as it likes
 * after a shift, the guest's is 0. A count that isn't in CL is for SHLX, SHRX and SARX.
 */
#include "jit/host_x86_64.h"

static const u8 shifts[IR_COUNT] = {
    [IR_ROL] = X86_ROL, [IR_ROR] = X86_ROR, [IR_RCL] = X86_RCL, [IR_RCR] = X86_RCR,
    [IR_SHL] = X86_SHL, [IR_SHR] = X86_SHR, [IR_SAR] = X86_SAR,
};

/* What it may change that isn't as the guest has it. */
static bool leaves_af(unsigned code)
{
    return code == IR_SHL || code == IR_SHR || code == IR_SAR || code == IR_SHLD || code == IR_SHRD;
}

static void finish(struct x64 *g, unsigned n, bool flags)
{
    if (!flags)
        return;
    x64_flags_after(g, n);
    if (leaves_af(g->ir->op[n].code))
        g->flags.af_zero = true;
}

static void emit_shift(struct x64 *g, const struct ir_op *op, struct rm dst, const i32 *count)
{
    x64_fixup(g, dst);
    if (count)
        emit_shift_imm(&g->e, shifts[op->code], op->size, dst, (unsigned)*count);
    else
        emit_shift_cl(&g->e, shifts[op->code], op->size, dst);
}

/* By CL, with flags that depend on its being 0: the others in rax are then as they were. */
static void shift_unless_0(struct x64 *g, unsigned n, struct rm dst)
{
    const struct ir_op *op = &g->ir->op[n];
    x64_clobber(g, g->live_in[n]);
    if (dst.kind == RM_REG && op->size == 4)
        emit_mov(&g->e, 4, dst.base, dst.base);
    if (g->code64 && dst.kind == RM_MEM) { /* an address that isn't canonical faults anyway */
        x64_fixup(g, dst);
        emit_test_imm(&g->e, 1, dst, 0);
    }
    emit_test_imm(&g->e, 1, rm_reg(HOST_RCX), op->size == 8 ? 63 : 31);
    size_t none = emit_jcc8(&g->e, CC_Z);
    emit_shift(g, op, dst, NULL);
    g->flags.rax_ok = false;
    g->flags.host_ok = g->flags.af_zero = true;
    x64_spill(g, IRF_ALL);
    g->flags.host_ok = false;
    emit_patch8(&g->e, none);
}

/* By a constant, or by CL. */
static void native(struct x64 *g, unsigned n, const i32 *count)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct rm cl = rm_reg(HOST_RCX);
    struct rm dst = x64_place(g, n, op->a, count ? NULL : &cl);
    if (!count && leaves_af(op->code) && (op->sets & g->live_out[n])) {
        shift_unless_0(g, n, dst);
    } else {
        bool flags = x64_flags_before(g, n, op->sets);
        emit_shift(g, op, dst, count);
        finish(g, n, flags);
    }
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_placed(g, n, dst);
}

/* Without flags, by any register: SHLX, SHRX, SARX. */
static bool by_register(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    u32 pp = op->code == IR_SHL ? X86_66 : op->code == IR_SHR ? X86_F2 : X86_F3;
    bool shift = op->code == IR_SHL || op->code == IR_SHR || op->code == IR_SAR;
    if (!g->bmi2 || !shift || op->size < 4 || (op->sets & g->live_out[n]))
        return false;
    unsigned count = g->val[op->b].kind == VAL_CL ? HOST_RCX : x64_in_reg(g, op->b, 1);
    struct rm a = x64_rm(g, op->a, op->size);
    unsigned dst = x64_target(g, n, op->size);
    if (dst == HOST_NONE)
        dst = x64_scratch(g);
    x64_fixup(g, a);
    emit_vex(&g->e, X86_0F38 | pp | 0xf7, op->size, dst, count, a);
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_result(g, n, dst);
    return true;
}

/* OF of SHLD and SHRD: the sign has changed. Of more than one place the host's is anything. The
 * rest is in RFLAGS; `old` is what the register held. */
static void sign_change(struct x64 *g, const struct ir_op *op, unsigned reg, unsigned old)
{
    struct emit *e = &g->e;
    g->flags.rax_ok = false;
    g->flags.host_ok = g->flags.af_zero = true;
    x64_spill(g, IRF_ALL);
    g->flags.host_ok = false;
    emit_alu(e, X86_XOR, op->size < 4 ? 4 : op->size, old, rm_reg(reg));
    emit_shift_imm(e, X86_SHR, op->size, rm_reg(old), 8u * op->size - 1);
    emit_mov(e, 1, HOST_RAX, old);
}

static void emit_double(struct x64 *g, const struct ir_op *op, unsigned reg, unsigned from)
{
    u32 opcode = X86_0F | (op->code == IR_SHLD ? 0xa4 : 0xac);
    i32 count;
    bool is_imm = x64_imm(g, op->c, 1, &count);
    emit_rm(&g->e, is_imm ? opcode : opcode + 1, op->size, from, rm_reg(reg));
    if (is_imm)
        emit_imm(&g->e, (u8)count, 1);
}

/* With flags: all to rax, and none if the count is 0. */
static void double_flags(struct x64 *g, unsigned n, unsigned reg, unsigned from)
{
    const struct ir_op *op = &g->ir->op[n];
    bool by_cl = g->val[op->c].kind == VAL_CL;
    unsigned old = x64_scratch(g);
    size_t none = 0;
    x64_clobber(g, by_cl ? g->live_in[n] : g->live_out[n] & ~op->sets);
    emit_mov(&g->e, op->size < 4 ? 4 : op->size, old, reg);
    if (by_cl) {
        if (op->size == 4)
            emit_mov(&g->e, 4, reg, reg);
        emit_test_imm(&g->e, 1, rm_reg(HOST_RCX), op->size == 8 ? 63 : 31);
        none = emit_jcc8(&g->e, CC_Z);
    }
    emit_double(g, op, reg, from);
    sign_change(g, op, reg, old);
    if (by_cl)
        emit_patch8(&g->e, none);
    x64_free(g, old);
}

static void shift_double(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    i32 count;
    bool is_imm = x64_imm(g, op->c, 1, &count);
    if (!is_imm && g->val[op->c].kind != VAL_CL)
        g->failed = true;
    unsigned from = x64_in_reg(g, op->b, op->size);
    const struct rm other = rm_reg(from);
    struct rm dst = x64_place(g, n, op->a, &other);
    bool memory = dst.kind != RM_REG;
    unsigned reg = memory ? x64_scratch(g) : dst.base;
    if (!is_imm && reg == HOST_RCX)
        g->failed = true;
    if (memory) {
        x64_fixup(g, dst);
        emit_load(&g->e, op->size, reg, dst);
    }
    if (op->sets & g->live_out[n]) {
        double_flags(g, n, reg, from);
    } else {
        x64_clobber(g, g->live_out[n]);
        emit_double(g, op, reg, from);
    }
    if (memory) {
        emit_store(&g->e, op->size, dst, reg);
        x64_free(g, reg);
    }
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_used(g, op->c);
    x64_placed(g, n, dst);
}

bool x64_is_cl(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct x64_val *a = &g->val[op->a], *b = &g->val[op->b];
    const struct ir_op *shift = &g->ir->op[x64_only_user(g, n)];
    bool doubles = shift->code == IR_SHLD || shift->code == IR_SHRD;
    if (!x64_is_next(g, n) || (doubles ? shift->c : shift->b) != n || op->sets)
        return false;
    if (!doubles && !shifts[shift->code] && shift->code != IR_ROL)
        return false;
    return a->kind == VAL_GPR && a->reg == RCX && b->kind == VAL_CONST &&
           b->imm == (shift->size == 8 ? 63 : 31);
}

void x64_shift(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    i32 count;
    if (op->code == IR_SHLD || op->code == IR_SHRD) {
        shift_double(g, n);
        return;
    }
    if (x64_imm(g, op->b, 1, &count))
        native(g, n, &count);
    else if (!by_register(g, n)) {
        if (g->val[op->b].kind != VAL_CL)
            g->failed = true;
        native(g, n, NULL);
    }
}
