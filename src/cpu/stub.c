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

op_fn *const row_calls[] = {
#define BODY(name) NULL
#define CALL(name) op_##name
#define INSN(map, opcode, ext, prefix, mnemonic, sem, ...) sem,
#include "decode/insn.def"
#undef INSN
#undef CALL
#undef BODY
};

static ALWAYS_INLINE void call(struct cpu *c, const struct op *op)
{
    c->op = op;
    if (log_on(c->bus.log, LOG_STUB))
        log_line(c->bus.log, LOG_STUB, "%llx %s", (unsigned long long)cpu_insn_rip(c),
                 insn_rows[op->in.row].name);
    row_calls[op->in.row](c, &op->in);
}

/* Only what may end the block needs RIP on the next instruction. */
static void call_last(struct cpu *c, const struct op *op)
{
    u64 next = c->gpr[GPR_BASE] + op->at + op->in.len;
    c->rip = c->code_mode == CODE64 ? next : (u32)next;
    call(c, op);
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

static ALWAYS_INLINE bool misaligned(const struct cpu *c, const struct insn *in)
{
    u64 base = c->code_mode == CODE64 && in->seg < FS ? 0 : c->seg[in->seg].base;
    return (base + mem_ea(c, in)) & 15;
}

unsigned stub_units_off(const struct cpu *c)
{
    unsigned off = c->cr0 & (CR0_EM | CR0_TS) ? CHECK_FPU | CHECK_MMX | CHECK_SSE : 0;
    return c->cr4 & CR4_OSFXSR ? off : off | CHECK_SSE;
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
    if ((check & CHECK_ALIGN16) && misaligned(c, &op->in))
        cpu_raise(c, VEC_GP, 0);
}

static ALWAYS_INLINE void next_op(struct cpu *c, const struct op *op)
{
    op[1].run(c, op + 1);
}

static void stub(struct cpu *c, const struct op *op)
{
    call(c, op);
    next_op(c, op);
}

static void stub_end(struct cpu *c, const struct op *op)
{
    call_last(c, op);
}

static void stub_checked(struct cpu *c, const struct op *op)
{
    check(c, op);
    call(c, op);
    next_op(c, op);
}

static void stub_checked_end(struct cpu *c, const struct op *op)
{
    check(c, op);
    call_last(c, op);
}

/* The common sets of checks, for when all is well. */
static void stub_sse(struct cpu *c, const struct op *op)
{
    if (unlikely(c->units_off & CHECK_SSE)) {
        stub_checked(c, op);
        return;
    }
    call(c, op);
    next_op(c, op);
}

static void stub_sse_aligned(struct cpu *c, const struct op *op)
{
    if (unlikely((c->units_off & CHECK_SSE) || misaligned(c, &op->in))) {
        stub_checked(c, op);
        return;
    }
    call(c, op);
    next_op(c, op);
}

static void stub_fpu(struct cpu *c, const struct op *op)
{
    if (unlikely((c->units_off & CHECK_FPU) || (c->fpu.sw & SW_ES))) {
        stub_checked(c, op);
        return;
    }
    call(c, op);
    next_op(c, op);
}

static exec_fn *bind_checked(unsigned check)
{
    switch (check) {
    case 0: return stub;
    case CHECK_SSE: return stub_sse;
    case CHECK_SSE | CHECK_ALIGN16: return stub_sse_aligned;
    case CHECK_FPU | CHECK_FPU_PENDING: return stub_fpu;
    default: return stub_checked;
    }
}

void stub_call(struct cpu *c, const struct op *op)
{
    call(c, op);
}

void stub_one(struct cpu *c, const struct op *op)
{
    if (op->check)
        check(c, op);
    call(c, op);
}

void stub_one_last(struct cpu *c, const struct op *op)
{
    if (op->check)
        check(c, op);
    call_last(c, op);
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
    if (end)
        return check ? stub_checked_end : stub_end;
    return bind_checked(check);
}
