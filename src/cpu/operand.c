/* SPDX-License-Identifier: MIT */
/* Operands of any kind, for C functions behind stubs and for the bodies' general handlers. */
#include "cpu/op.h"

u64 operand_read(struct cpu *c, const struct insn *in, unsigned n, unsigned size)
{
    const struct operand *o = &in->op[n];
    switch (o->kind) {
    case OPND_GPR: return gpr_read(c, o->reg, size);
    case OPND_GPR8H: return c->gpr[o->reg] >> 8 & 0xff;
    case OPND_MEM: return mem_read_operand(c, in, size);
    case OPND_MOFFS: return mem_read(c, in->seg, in->imm, size);
    case OPND_SEG: return c->seg[o->reg].sel;
    case OPND_ONE: return 1;
    default: return zext(in->imm, size);
    }
}

void operand_write(struct cpu *c, const struct insn *in, unsigned n, u64 v, unsigned size)
{
    const struct operand *o = &in->op[n];
    switch (o->kind) {
    case OPND_GPR: gpr_write(c, o->reg, v, size); break;
    case OPND_GPR8H: c->gpr[o->reg] = bits_set(c->gpr[o->reg], 8, 8, v); break;
    case OPND_MEM: mem_write_operand(c, in, v, size); break;
    case OPND_MOFFS: mem_write(c, in->seg, in->imm, v, size); break;
    default: break;
    }
}

u64 operand_modify(struct cpu *c, const struct insn *in, u64 off, unsigned size)
{
    mem_probe_write(c, in->seg, off, size);
    return mem_read(c, in->seg, off, size);
}
