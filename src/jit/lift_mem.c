/* SPDX-License-Identifier: MIT */
/*
 * Registers, memory and operands of the instruction being lifted.
 *
 * A segment operation is there only where the block's mode doesn't say that the segment is flat:
 * in 64-bit mode FS and GS have a base; elsewhere ES, SS and DS of BLOCK_FLAT have none, nor a
 * limit that an offset could reach.
 */
#include "jit/lift.h"

ir_ref lift_get(struct lift *l, unsigned reg, unsigned size)
{
    return IR_OP(l, .code = IR_GET, .size = (u8)size, .reg = (u8)reg);
}

void lift_put(struct lift *l, unsigned reg, ir_ref v, unsigned size)
{
    IR_OP(l, .code = IR_PUT, .size = (u8)size, .reg = (u8)reg, .a = v);
}

/* The number of a bit. */
static bool is_small(struct lift *l, ir_ref v)
{
    const struct ir_op *op = lift_at(l, v);
    if (op->code == IR_SUB && lift_at(l, op->a)->code == IR_CONST)
        op = lift_at(l, op->b);
    return op->code == IR_CTZ || op->code == IR_CLZ;
}

/* A 4-byte write would clear the upper half either way: the whole register is chosen. */
void lift_put_if(struct lift *l, ir_ref when, unsigned reg, ir_ref v, unsigned size)
{
    unsigned whole = size == 4 ? 8 : size;
    ir_ref old = lift_get(l, reg, whole);

    if (size == 4 && !is_small(l, v))
        v = lift_zx(l, v, 4);
    v = IR_OP(l, .code = IR_SELECT, .size = (u8)whole, .a = when, .b = v, .c = old);
    lift_put(l, reg, v, whole);
}

/* --- addresses --- */

static ir_ref address_part(struct lift *l, unsigned reg)
{
    return reg == GPR_ZERO ? IR_NONE : lift_get(l, reg, l->op->in.asize);
}

ir_ref lift_ea(struct lift *l, i64 more)
{
    const struct insn *in = &l->op->in;
    i64 disp = in->disp + more;
    ir_ref a, b = address_part(l, in->index);
    unsigned scale = in->scale;

    if (insn_rip_relative(in)) {
        a = IR_OP(l, .code = IR_RIP, .size = 8, .imm = l->at + disp);
        disp = 0;
        if (in->asize == 8)
            return a;
    } else {
        a = address_part(l, in->base);
    }
    if (!a && b && !scale) {
        a = b;
        b = IR_NONE;
    }
    if (!a && !b)
        return lift_const(l, zext((u64)disp, in->asize));
    if (!b && !disp && lift_at(l, a)->size == in->asize)
        return a;
    return IR_OP(l, .code = IR_EA, .size = in->asize, .scale = (u8)(b ? scale : 0), .a = a, .b = b,
                 .imm = disp);
}

static bool is_flat(const struct lift *l, enum seg_reg seg)
{
    if (lift_code64(l))
        return seg < FS;
    return (l->mode & BLOCK_FLAT) && (seg == ES || seg == SS || seg == DS);
}

ir_ref lift_linear(struct lift *l, enum seg_reg seg, ir_ref off, unsigned size, bool write)
{
    if (is_flat(l, seg))
        return off;
    return IR_OP(l, .code = IR_SEG, .size = (u8)size, .reg = (u8)seg, .write = write, .a = off);
}

ir_ref lift_load(struct lift *l, enum seg_reg seg, ir_ref off, unsigned size)
{
    ir_ref lin = lift_linear(l, seg, off, size, false);
    return IR_OP(l, .code = IR_LD, .size = (u8)size, .a = lin);
}

void lift_store(struct lift *l, enum seg_reg seg, ir_ref off, ir_ref v, unsigned size)
{
    ir_ref lin = lift_linear(l, seg, off, size, true);
    IR_OP(l, .code = IR_ST, .size = (u8)size, .a = lin, .b = v);
}

/* --- operands --- */

/* Offset of memory operand n. */
static ir_ref operand_offset(struct lift *l, unsigned n)
{
    const struct insn *in = &l->op->in;
    return in->op[n].kind == OPND_MOFFS ? lift_const(l, in->imm) : lift_ea(l, 0);
}

static bool is_memory(const struct operand *o)
{
    return o->kind == OPND_MEM || o->kind == OPND_MOFFS;
}

ir_ref lift_read(struct lift *l, unsigned n, unsigned size)
{
    const struct insn *in = &l->op->in;
    const struct operand *o = &in->op[n];

    if (is_memory(o))
        return lift_load(l, in->seg, operand_offset(l, n), size);
    switch (o->kind) {
    case OPND_GPR: return lift_get(l, o->reg, size);
    case OPND_GPR8H: return IR_OP(l, .code = IR_GETH, .size = 1, .reg = o->reg);
    default: return lift_const(l, zext(in->imm, size));
    }
}

static void write_register(struct lift *l, const struct operand *o, ir_ref v, unsigned size)
{
    if (o->kind == OPND_GPR8H)
        IR_OP(l, .code = IR_PUTH, .size = 1, .reg = o->reg, .a = v);
    else
        lift_put(l, o->reg, v, size);
}

void lift_write(struct lift *l, unsigned n, ir_ref v, unsigned size)
{
    const struct operand *o = &l->op->in.op[n];

    if (is_memory(o))
        lift_store(l, l->op->in.seg, operand_offset(l, n), v, size);
    else
        write_register(l, o, v, size);
}

/* Memory that is read to be written. */
static ir_ref load_to_write(struct lift *l, ir_ref off)
{
    ir_ref lin = lift_linear(l, l->op->in.seg, off, l->size, true);
    return l->place = IR_OP(l, .code = IR_LDW, .size = (u8)l->size, .a = lin);
}

ir_ref lift_modify(struct lift *l)
{
    if (is_memory(&l->op->in.op[0]))
        return load_to_write(l, operand_offset(l, 0));
    return lift_read(l, 0, l->size);
}

void lift_put_back(struct lift *l, ir_ref v)
{
    if (l->place)
        IR_OP(l, .code = IR_STW, .size = (u8)l->size, .a = l->place, .b = v);
    else
        write_register(l, &l->op->in.op[0], v, l->size);
}

void lift_put_back_if(struct lift *l, ir_ref when, ir_ref v, ir_ref old)
{
    const struct operand *o = &l->op->in.op[0];

    if (!l->place && o->kind == OPND_GPR)
        lift_put_if(l, when, o->reg, v, l->size);
    else
        lift_put_back(
            l, IR_OP(l, .code = IR_SELECT, .size = (u8)l->size, .a = when, .b = v, .c = old));
}

/* Operand 0 of BT and its kin: the unit that has the bit of operand 1, which in memory may lie
 * anywhere if a register numbers it. */
ir_ref lift_bit_string(struct lift *l, bool modify)
{
    const struct insn *in = &l->op->in;
    unsigned log = l->size == 8 ? 3 : l->size == 4 ? 2 : 1;

    if (!is_memory(&in->op[0]))
        return lift_read(l, 0, l->size);
    ir_ref off = lift_ea(l, 0);
    if (in->op[1].kind == OPND_GPR) {
        ir_ref n = lift_get(l, in->op[1].reg, l->size);
        ir_ref unit = IR_OP(l, .code = IR_SAR, .size = (u8)l->size, .a = n,
                            .b = lift_const(l, log + 3));
        ir_ref wide = IR_OP(l, .code = IR_SX, .size = (u8)l->size, .a = unit);
        off = IR_OP(l, .code = IR_EA, .size = in->asize, .scale = (u8)log, .a = off, .b = wide);
    }
    return modify ? load_to_write(l, off) : lift_load(l, in->seg, off, l->size);
}

/* --- the stack --- */

ir_ref lift_stack(struct lift *l, ir_ref sp)
{
    unsigned width = lift_stack_size(l);

    return lift_load(l, SS, lift_zx(l, sp, width), l->size);
}

void lift_push(struct lift *l, ir_ref v)
{
    unsigned width = lift_stack_size(l);
    ir_ref sp = lift_get(l, RSP, width);
    ir_ref top = IR_OP(l, .code = IR_EA, .size = (u8)width, .a = sp, .imm = -(i64)l->size);

    lift_store(l, SS, top, v, l->size);
    lift_put(l, RSP, top, width);
}

/* Memory is addressed with the new SP. */
void lift_pop_to(struct lift *l, ir_ref v, ir_ref sp)
{
    const struct insn *in = &l->op->in;
    unsigned width = lift_stack_size(l);

    if (in->op[0].kind == OPND_MEM) {
        ir_ref off = lift_ea(l, in->base == RSP ? (i64)l->size : 0);
        lift_store(l, in->seg, off, v, l->size);
        lift_put(l, RSP, sp, width);
    } else {
        lift_put(l, RSP, sp, width);
        lift_put(l, in->op[0].reg, v, l->size);
    }
}
