/* SPDX-License-Identifier: MIT */
/*
 * HOST operations of the x87: as they are, the host's unit holds the guest's state. What is more:
 * the guest's instruction and operand pointers, AX, and the control word, which may not unmask
 * anything here.
 */
#include "jit/host_x86_64.h"

#include "cpu/x87.h"

/* Control instructions leave the pointers alone (SDM vol. 1, 8.1.8). */
static bool keeps_pointers(const struct insn *in)
{
    unsigned digit = in->imm >> 3 & 7;
    if (!in->msize)
        return in->opcode == 0xdb ? in->imm >= 0xe0 && in->imm <= 0xe4
                                  : in->opcode == 0xdf && in->imm == 0xe0;
    return (in->opcode == 0xd9 && (digit == 5 || digit == 7)) || (in->opcode == 0xdd && digit == 7);
}

/* FDP: the offset in the segment. */
static void store_fdp(struct x64 *g, unsigned n, struct rm mem)
{
    const struct ir_op *addr = &g->ir->op[g->ir->op[n].a];
    struct emit *e = &g->e;

    if (addr->code != IR_SEG) {
        emit_store(e, 8, X64_CPU(fpu.fdp), mem.index);
        return;
    }
    unsigned reg = x64_scratch(g);
    emit_mov(e, 8, reg, mem.index);
    emit_alu(e, X86_SUB, g->code64 ? 8 : 4, reg, X64_CPU(seg[addr->reg].base));
    emit_store(e, 8, X64_CPU(fpu.fdp), reg);
    x64_free(g, reg);
}

/* FNSTSW AX: rax is the flags'. */
static void status_to_ax(struct x64 *g)
{
    struct emit *e = &g->e;
    unsigned saved = x64_scratch(g);

    emit_mov(e, 8, saved, HOST_RAX);
    emit_byte(e, 0xdf);
    emit_byte(e, 0xe0);
    emit_store(e, 2, rm_reg(x64_pinned(g, RAX)), HOST_RAX);
    emit_mov(e, 8, HOST_RAX, saved);
    x64_free(g, saved);
}

/* FLDCW: a word that unmasks something is the interpreter's. */
static void load_control(struct x64 *g, struct rm mem)
{
    struct emit *e = &g->e;
    unsigned cw = x64_scratch(g);

    x64_fixup(g, mem);
    emit_load(e, 2, cw, mem);
    emit_unary(e, X86_NOT, 4, rm_reg(cw));
    emit_test_imm(e, 1, rm_reg(cw), CW_MASKS);
    x64_slow(g, emit_jcc(e, CC_NZ));
    emit_rm(e, X86_DIGIT | 0xd9, 4, 5, mem);
    x64_free(g, cw);
}

void x64_x87(struct x64 *g, unsigned n, struct rm mem)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct insn *in = &ir_insn(g->ir, op->insn)->in;
    unsigned digit = in->imm >> 3 & 7;
    struct emit *e = &g->e;

    if (op->a && in->opcode == 0xd9 && digit == 5) {
        load_control(g, mem);
    } else if (op->a) {
        x64_fixup(g, mem);
        emit_rm(e, X86_DIGIT | in->opcode, 4, digit, mem);
    } else if (in->opcode == 0xdf && in->imm == 0xe0) {
        status_to_ax(g);
    } else {
        emit_byte(e, in->opcode);
        emit_byte(e, (u8)in->imm);
    }
    if (keeps_pointers(in))
        return;
    g->units.x87_insn = (u8)(op->insn + 1);
    if (op->a) {
        store_fdp(g, n, mem);
        g->units.x87_mem = (u8)(op->insn + 1);
    }
}
