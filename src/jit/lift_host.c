/* SPDX-License-Identifier: MIT */
/*
 * SSE, MMX and x87 instructions as HOST operations: the guest's own, on the host's units. All
 * rows are, but those that insn.def calls PORTABLE, and those whose memory operand is an area
 * (FXSAVE, FNSTENV, ...).
 */
#include "cpu/sse_fp.h"
#include "jit/lift.h"

/* Whether the memory operand is written: of SSE, the first one but LDMXCSR's; of the x87, D9 DB DD
 * DF with /1 FISTTP, /2 FST, /3 FSTP, /7 FSTP m80, FISTP m64, FNSTCW, FNSTSW. */
static bool writes_memory(const struct insn *in, u32 attr)
{
    unsigned digit = in->imm >> 3 & 7;
    if (!(attr & (ATTR_FPU | ATTR_FPU_NOWAIT)))
        return in->op[0].kind == OPND_MEM && row_calls[in->row] != op_ldmxcsr;
    return (in->opcode & 1) && (digit == 1 || digit == 2 || digit == 3 || digit == 7);
}

/* WAIT has nothing to wait for where translated code may use the x87: CR0.TS is clear, no error is
 * pending. */
static bool is_wait(const struct insn *in)
{
    return in->opcode == 0x9b && insn_rows[in->row].noperands == 0;
}

unsigned ir_units(const struct insn *in)
{
    u32 attr = insn_rows[in->row].attr;
    unsigned units = attr & ATTR_SSE ? FPU_LIVE_SSE : 0;

    if (((attr & ATTR_PORTABLE) && !sse_approximates(in)) || (attr & ATTR_END))
        return 0;
    if (attr & (ATTR_FPU | ATTR_FPU_NOWAIT | ATTR_MMX) || is_wait(in))
        units |= FPU_LIVE_X87;
    return units;
}

bool ir_wants_aligned(const struct insn *in)
{
    const struct insn_row *row = &insn_rows[in->row];
    return (row->attr & ATTR_ALIGN16) || row->cpu == CPU_SHA;
}

bool lift_host(struct lift *l)
{
    const struct insn *in = &l->op->in;
    const struct insn_row *row = &insn_rows[in->row];
    struct ir_op host = {.code = IR_HOST, .size = 8};
    bool memory = false;

    if (!ir_units(in))
        return false;
    for (unsigned i = 0; i < ARRAY_LEN(in->op); i++)
        memory |= in->op[i].kind == OPND_MEM;
    if (memory && !in->msize)
        return false;
    host.sets = ir_flags(row->flags_written);
    if (memory) {
        host.size = in->msize;
        host.write = writes_memory(in, row->attr);
        host.a = lift_linear(l, in->seg, lift_ea(l, 0), in->msize, host.write);
    }
    lift_op(l, &host);
    return true;
}
