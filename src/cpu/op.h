/* SPDX-License-Identifier: MIT */
/*
 * C functions behind emulation stubs: one for each CALL(name) of insn.def, declared here from
 * the table itself. `in` is the instruction; c->op is the current one, which a fault restarts.
 * In what ends its block (ATTR_END, ATTR_ENDREP) c->rip is already on the next instruction, to
 * be set by who branches; elsewhere it is stale. RIP-relative displacements have been made to
 * count from GPR_BASE by the block builder: mem_ea() is right for all.
 *
 * Operands of any kind are read and written whole by the helpers below.
 */
#ifndef ERSATZ_CPU_OP_H
#define ERSATZ_CPU_OP_H

#include "cpu/cpu.h"
#include "cpu/mem.h"

typedef void op_fn(struct cpu *c, const struct insn *in);

/* General registers by the encodings' numbers; 32-bit writes clear the high half. */
static inline u64 gpr_read(const struct cpu *c, unsigned reg, unsigned size)
{
    return zext(c->gpr[reg], size);
}

static inline void gpr_write(struct cpu *c, unsigned reg, u64 v, unsigned size)
{
    switch (size) {
    case 1: c->gpr[reg] = (c->gpr[reg] & ~0xffull) | (v & 0xff); break;
    case 2: c->gpr[reg] = (c->gpr[reg] & ~0xffffull) | (v & 0xffff); break;
    case 4: c->gpr[reg] = (u32)v; break;
    default: c->gpr[reg] = v; break;
    }
}

/* Operand n of in as a number of `size` bytes: GPR, GPR8H, MEM, MOFFS, IMM, ONE, SEG. */
u64 operand_read(struct cpu *c, const struct insn *in, unsigned n, unsigned size);
void operand_write(struct cpu *c, const struct insn *in, unsigned n, u64 v, unsigned size);
/* A memory operand at offset off of in->seg, with all that a write of it may meet met: a
 * mem_write() there after it doesn't fault. */
u64 operand_modify(struct cpu *c, const struct insn *in, u64 off, unsigned size);

#define BODY(name)
#define CALL(name) op_fn op_##name;
#define INSN(map, opcode, ext, prefix, mnemonic, sem, ...) sem
#include "decode/insn.def"
#undef INSN
#undef CALL
#undef BODY

/* stub.c: the function of each row of insn.def; NULL: it has a body. */
extern op_fn *const row_calls[];

#endif
