/* SPDX-License-Identifier: MIT */
/*
 * HOST operations of SSE that are not the guest's instruction written again: MXCSR, which is in
 * two places, and the approximations, whose bits are those of a C function on every host.
 *
 * While XMM registers are in the host's unit, all exceptions are masked, in the guest's MXCSR and
 * in the host's. The controls are the same in both; flags gather in the host's, those of before are
 * in cpu->fpu.mxcsr: fpu_take().
 */
#include "cpu/sse_fp.h"
#include "jit/host_x86_64.h"

/* --- MXCSR --- */

static void store(struct x64 *g, struct rm mem)
{
    struct emit *e = &g->e;
    unsigned v = x64_scratch(g);

    emit_rm(e, X86_DIGIT | X86_0F | 0xae, 4, 3, X64_REGS(operand));
    emit_load(e, 4, v, X64_REGS(operand));
    emit_alu_imm(e, X86_AND, 4, rm_reg(v), MXCSR_FLAGS);
    emit_alu(e, X86_OR, 4, v, X64_CPU(fpu.mxcsr));
    x64_fixup(g, mem);
    emit_store(e, 4, mem, v);
    x64_free(g, v);
}

/* Bits `mask` << shift of v to a byte; t is changed. */
static void store_field(struct emit *e, struct rm dst, unsigned t, unsigned shift, i32 mask)
{
    emit_shift_imm(e, X86_SHR, 4, rm_reg(t), shift);
    emit_alu_imm(e, X86_AND, 4, rm_reg(t), mask);
    emit_store(e, 1, dst, t);
}

/* What has reserved bits, or unmasks something, is the interpreter's. The kernels want to know of
 * the controls, too: sse_set_mxcsr(). */
static void load(struct x64 *g, struct rm mem)
{
    struct emit *e = &g->e;
    unsigned v = x64_scratch(g);

    x64_fixup(g, mem);
    emit_load(e, 4, v, mem);
    x64_free_rm(g, mem);
    unsigned t = x64_scratch(g);
    emit_mov(e, 4, t, v);
    emit_alu_imm(e, X86_XOR, 4, rm_reg(t), MXCSR_MASKS);
    emit_test_imm(e, 4, rm_reg(t), ~MXCSR_VALID | MXCSR_MASKS);
    x64_slow(g, emit_jcc(e, CC_NZ));
    emit_store(e, 4, X64_CPU(fpu.mxcsr), v);
    emit_rm(e, X86_DIGIT | X86_0F | 0xae, 4, 2, X64_CPU(fpu.mxcsr));
    store_field(e, X64_CPU(fpu.sse.daz), t, 6, 1);
    emit_mov(e, 4, t, v);
    store_field(e, X64_CPU(fpu.sse.rounding), t, MXCSR_RC_SHIFT, 3);
    store_field(e, X64_CPU(fpu.sse.ftz), v, 15, 1);
    emit_store_imm(e, 2, X64_CPU(fpu.sse.flags), 0);
    x64_free(g, v);
    x64_free(g, t);
}

/* --- approximations --- */

/* The memory operand to where C finds it. */
static void copy_operand(struct x64 *g, unsigned size, struct rm mem)
{
    struct emit *e = &g->e;
    unsigned v = x64_scratch(g), step = size < 8 ? size : 8;
    struct rm to = X64_REGS(operand);

    for (unsigned i = 0; i < size; i += step) {
        x64_fixup(g, mem);
        emit_load(e, step, v, mem);
        emit_store(e, step, to, v);
        mem.disp += (i32)step;
        to.disp += (i32)step;
    }
    x64_free(g, v);
}

static void approximate(struct x64 *g, const struct insn *in, struct rm mem)
{
    struct emit *e = &g->e;
    size_t y = offsetof(struct cpu, fpu.xmm) + 16u * in->op[1].reg;

    if (mem.kind == RM_MEM) {
        copy_operand(g, in->msize, mem);
        y = offsetof(struct cpu, engine_words) + offsetof(struct jit_regs, operand);
    }
    if (g->reserved >> HOST_R13 & 1) /* a group's */
        g->failed = true;
    emit_mov_imm(e, HOST_R11, y);
    emit_mov_imm(e, HOST_R13, (u64)(uintptr_t)in);
    emit_call_to(e, x64_thunk(g, THUNK_APPROX));
}

/* --- all of them --- */

bool x64_sse(struct x64 *g, unsigned n, struct rm mem)
{
    const struct insn *in = &ir_insn(g->ir, g->ir->op[n].insn)->in;
    op_fn *call = row_calls[in->row];
    bool approximates = sse_approximates(in);

    if (!approximates && call != op_ldmxcsr && call != op_stmxcsr)
        return false;
    x64_clobber(g, g->live_in[n]);
    if (approximates)
        approximate(g, in, mem);
    else if (call == op_ldmxcsr)
        load(g, mem);
    else
        store(g, mem);
    return true;
}
