/* SPDX-License-Identifier: MIT */
/*
 * Emulation stubs: how the interpreter calls the C functions of insn.def's CALL rows, and the
 * checks that rows ask for by attribute, in the manuals' order of priority: #UD for the mode,
 * #GP for privilege, #UD or #NM for the FPU's state, #MF for what it has pending, #GP for
 * alignment.
 */
#include "base/log.h"
#include "cpu/engine.h"
#include "cpu/op.h"
#include "cpu/x87.h"

static op_fn *const row_calls[] = {
#define BODY(name) NULL
#define CALL(name) op_##name
#define INSN(map, opcode, ext, prefix, mnemonic, sem, ...) sem,
#include "decode/insn.def"
#undef INSN
#undef CALL
#undef BODY
};

static void call(struct cpu *c, const struct op *op)
{
    u64 next = c->gpr[GPR_BASE] + op->at + op->in.len;
    c->op = op;
    c->rip = c->code_mode == CODE64 ? next : (u32)next;
    if (log_on(c->bus.log, LOG_STUB))
        log_line(c->bus.log, LOG_STUB, "%llx %s", (unsigned long long)cpu_insn_rip(c),
                 insn_rows[op->in.row].name);
    row_calls[op->in.row](c, &op->in);
}

static void check_units(struct cpu *c, unsigned check)
{
    if (check & CHECK_SSE) {
        if ((c->cr0 & CR0_EM) || !(c->cr4 & CR4_OSFXSR))
            cpu_fault(c, VEC_UD);
    } else if (c->cr0 & CR0_EM) {
        cpu_fault(c, check & CHECK_MMX ? VEC_UD : VEC_NM);
    }
    if (c->cr0 & CR0_TS)
        cpu_fault(c, VEC_NM);
    if ((check & CHECK_FPU_PENDING) && (c->fpu.sw & SW_ES))
        x87_wait(c);
}

static void check(struct cpu *c, const struct op *op)
{
    unsigned check = op->check;
    c->op = op;
    if ((check & CHECK_PROTECTED) && !cpu_protected(c))
        cpu_fault(c, VEC_UD);
    if ((check & CHECK_PRIV) && c->cpl)
        cpu_raise(c, VEC_GP, 0);
    if (check & (CHECK_FPU | CHECK_MMX | CHECK_SSE))
        check_units(c, check);
    if (check & CHECK_ALIGN16) {
        u64 lin = c->seg[op->in.seg].base + mem_ea(c, &op->in);
        if (lin & 15)
            cpu_raise(c, VEC_GP, 0);
    }
}

static void stub(struct cpu *c, const struct op *op)
{
    call(c, op);
    op[1].run(c, op + 1);
}

static void stub_end(struct cpu *c, const struct op *op)
{
    call(c, op);
}

static void stub_checked(struct cpu *c, const struct op *op)
{
    check(c, op);
    call(c, op);
    op[1].run(c, op + 1);
}

static void stub_checked_end(struct cpu *c, const struct op *op)
{
    check(c, op);
    call(c, op);
}

exec_fn *stub_bind(struct op *op, bool end)
{
    const struct insn *in = &op->in;
    u32 attr = insn_rows[in->row].attr;
    unsigned check = 0;

    if (attr & ATTR_PRIV)
        check |= CHECK_PRIV;
    if (attr & ATTR_REAL_UD)
        check |= CHECK_PROTECTED;
    if (attr & (ATTR_FPU | ATTR_FPU_NOWAIT))
        check |= CHECK_FPU;
    if (attr & ATTR_MMX)
        check |= CHECK_MMX;
    if (attr & (ATTR_FPU | ATTR_MMX))
        check |= CHECK_FPU_PENDING;
    if (attr & ATTR_SSE)
        check |= CHECK_SSE;
    if (attr & ATTR_ALIGN16)
        for (unsigned i = 0; i < ARRAY_LEN(in->op); i++)
            if (in->op[i].kind == OPND_MEM)
                check |= CHECK_ALIGN16;
    op->check = (u8)check;
    if (check)
        return end ? stub_checked_end : stub_checked;
    return end ? stub_end : stub;
}
