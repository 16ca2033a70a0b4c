/* SPDX-License-Identifier: MIT */
/*
 * The second meaning of the bodies (cpu/alu.sem.inc and others): a value is an operation's number,
 * and a primitive appends operations. Each primitive of cpu/interp.h and cpu/interp_bits.h is here.
 */
#ifndef ERSATZ_JIT_LIFT_PRIM_H
#define ERSATZ_JIT_LIFT_PRIM_H

#include "jit/lift.h"

typedef ir_ref V;

#define BODY(name) static void body_##name(struct lift *l)

/* --- operands and registers --- */
#define rds(n, bytes) lift_read(l, n, bytes)
#define rd(n) lift_read(l, n, l->size)
#define rdw() lift_modify(l)
#define wrb(v) lift_put_back(l, v)
#define wrb_if(when, v, old) lift_put_back_if(l, when, v, old)
#define wrs(n, v, bytes) lift_write(l, n, v, bytes)
#define wr(n, v) lift_write(l, n, v, l->size)
#define wr_if(when, v) lift_put_if(l, when, l->op->in.op[0].reg, v, l->size)
#define reg(r) lift_get(l, r, l->size)
#define regs(r, bytes) lift_get_whole(l, r, bytes)
#define set_reg(r, v) lift_put(l, r, v, l->size)
#define set_reg_if(when, r, v) lift_put_if(l, when, r, v, l->size)
#define set_regs(r, v, bytes) lift_put(l, r, v, bytes)

#define operand_size() l->size
#define operand_bits() (8 * l->size)
#define source_size() l->op->in.msize
#define address_size() l->op->in.asize
#define last_source() (l->op->in.op[2].kind == OPND_NONE ? 1u : 2u)
#define ea() lift_ea(l, 0)
#define k(constant) lift_const(l, constant)

/* --- arithmetic --- */
#define add(a, b) lift_binary(l, IR_ADD, a, b)
#define sub(a, b) lift_binary(l, IR_SUB, a, b)
/* clang-format takes these names for C++'s operators: no arguments for it to see. */
#define and LIFT_AND
#define or LIFT_OR
#define xor LIFT_XOR
#define not LIFT_NOT
#define LIFT_AND(a, b) lift_binary(l, IR_AND, a, b)
#define LIFT_OR(a, b) lift_binary(l, IR_OR, a, b)
#define LIFT_XOR(a, b) lift_binary(l, IR_XOR, a, b)
#define LIFT_NOT(a) lift_not(l, a)
#define mul(a, b) (l->product = lift_binary(l, IR_MUL, a, b))
#define mulhu(a, b) lift_high(l, false)
#define mulhs(a, b) lift_high(l, true)
#define shl(a, n) lift_shift(l, IR_SHL, a, n)
#define shr(a, n) lift_shift(l, IR_SHR, a, n)
#define sar(a, n) lift_sar(l, a, n)
#define select(when, a, b) lift_select(l, when, a, b)
#define eq(a, b) lift_binary(l, IR_EQ, a, b)
#define ltu(a, b) lift_binary(l, IR_LTU, a, b)
#define zx(v, bytes) lift_zx(l, v, bytes)
#define sx(v, bytes) lift_one(l, IR_SX, bytes, v)
#define ctz(a) lift_one(l, IR_CTZ, 8, a)
#define clz(a) lift_one(l, IR_CLZ, 8, a)
#define popcount(a) lift_one(l, IR_POPCNT, l->size, a)
#define byte_swap(a, bytes) lift_byte_swap(l, a, bytes)
#define rotate_left(a, n) lift_two(l, IR_ROL, l->size, a, n)
#define rotate_right(a, n) lift_two(l, IR_ROR, l->size, a, n)
#define rcl_value(a, carry, n) lift_two(l, IR_RCL, l->size, a, n)
#define rcr_value(a, carry, n) lift_two(l, IR_RCR, l->size, a, n)
#define shld_value(x, y, n) IR_OP(l, .code = IR_SHLD, .size = (u8)l->size, .a = x, .b = y, .c = n)
#define shrd_value(x, y, n) IR_OP(l, .code = IR_SHRD, .size = (u8)l->size, .a = x, .b = y, .c = n)
#define deposit(v, mask) lift_two(l, IR_PDEP, l->size, v, mask)
#define extract(v, mask) lift_two(l, IR_PEXT, l->size, v, mask)
#define crc32c(crc, data, bytes) lift_two(l, IR_CRC32, bytes, crc, data)
/* One after the other: compilers differ in the order of nested calls. */
#define masked(mask, read)                                                                         \
    ({                                                                                             \
        ir_ref mask_ = lift_const(l, mask);                                                        \
        ir_ref read_ = read;                                                                       \
        lift_binary(l, IR_AND, read_, mask_);                                                      \
    })
#define shift_count(n) masked(l->size == 8 ? 63 : 31, lift_read(l, n, 1))
#define set_product(low, high) lift_set_product(l, low, high)

/* What only flags are made of: the marked operation has them. */
#define msb(v) lift_unseen(l, v)
#define shl_carry(a, n) lift_unseen(l, n)
#define shr_carry(a, n) lift_unseen(l, n)
#define sar_carry(w, n) lift_unseen(l, n)
#define rcl_carry(a, carry, n) lift_unseen(l, carry)
#define rcr_carry(a, carry, n) lift_unseen(l, carry)
#define shld_carry(a, b, n) lift_unseen(l, n)
#define shrd_carry(a, b, n) lift_unseen(l, n)

/* --- bit strings --- */
#define bit_number() masked(operand_bits() - 1, lift_read(l, 1, l->size))
#define rd_bits() lift_bit_string(l, false)
#define rdw_bits() lift_bit_string(l, true)

/* --- flags --- */
#define cf() lift_cond(l, 2)
#define of() lift_cond(l, 0)
#define zf() lift_cond(l, 4)
#define cond() lift_cond(l, l->op->in.opcode & 15)
#define flags_now() IR_OP(l, .code = IR_GETF, .size = 4)
#define flags_add(a, b, r) lift_flags_add(l, a, b, r)
#define flags_sub(a, b, r) lift_flags_sub(l, a, b, r)
#define flags_logic(r) lift_flags_logic(l, r)
#define flags_keep_cf(old) lift_flags_keep_cf(l, old)
#define flags_put(r, carry, over) lift_flags_put(l, r, carry, over)
#define flags_put_if(n, r, carry, over) lift_flags_put_if(l, n, r, carry, over)
#define flags_carry_overflow_if(n, carry, over) lift_flags_rotate(l, n, carry, over)
#define flags_all(efl) lift_flags_popcnt(l, efl)
#define flags_some(mask, efl) lift_flags_bits(l, mask, efl)
#define carry_out(a, b, r) lift_carry_out(l, r)
#define set_cf(v) lift_set_cf(l, v)
#define set_of(v) lift_set_of(l, v)
#define set_df(on) lift_set_df(l, on)

/* --- stack and memory --- */
#define push(v) lift_push(l, v)
#define stack_at(sp) lift_stack(l, sp)
#define sp() lift_get(l, RSP, lift_stack_size(l))
#define set_sp(v) lift_put(l, RSP, v, lift_stack_size(l))
#define pop_to(v, sp) lift_pop_to(l, v, sp)
#define load_byte(at) lift_load(l, l->op->in.seg, at, 1)
#define immediate() lift_const(l, zext(l->op->in.op[0].kind == OPND_IMM ? l->op->in.imm : 0, 2))

/* --- leaving --- */
#define target() lift_target(l)
#define next_rip() lift_next_rip(l)
#define check_target(t) lift_check(l, t)
#define check_target_if(when, t) lift_check(l, t)
#define branch(when, t) lift_branch(l, when, t)
#define expect_return(t) lift_expect(l, t)
#define jump(t) lift_jump(l, t)
#define jump_indirect(t) lift_jump(l, t)

static inline ir_ref lift_one(struct lift *l, enum ir_code code, unsigned size, ir_ref a)
{
    return IR_OP(l, .code = (u8)code, .size = (u8)size, .a = a);
}

static inline ir_ref lift_not(struct lift *l, ir_ref a)
{
    return lift_one(l, IR_NOT, lift_at(l, a)->size, a);
}

/* Of a whole register what the mode has of it. */
static inline ir_ref lift_get_whole(struct lift *l, unsigned reg, unsigned bytes)
{
    return lift_get(l, reg, bytes == 8 && !lift_code64(l) ? 4 : bytes);
}

static inline ir_ref lift_two(struct lift *l, enum ir_code code, unsigned size, ir_ref a, ir_ref b)
{
    return IR_OP(l, .code = (u8)code, .size = (u8)size, .a = a, .b = b);
}

static inline ir_ref lift_select(struct lift *l, ir_ref when, ir_ref a, ir_ref b)
{
    return IR_OP(l, .code = IR_SELECT, .size = 8, .a = when, .b = a, .c = b);
}

static inline ir_ref lift_unseen(struct lift *l, ir_ref v)
{
    return lift_const(l, 0);
}

static inline ir_ref lift_cond(struct lift *l, unsigned cc)
{
    return IR_OP(l, .code = IR_COND, .size = 1, .reg = (u8)cc);
}

static inline void lift_set_df(struct lift *l, ir_ref on)
{
    IR_OP(l, .code = IR_PUTDF, .size = 8, .imm = lift_at(l, on)->imm);
}

static inline void lift_set_product(struct lift *l, ir_ref low, ir_ref high)
{
    lift_put(l, RAX, low, l->size);
    if (l->size == 1)
        IR_OP(l, .code = IR_PUTH, .size = 1, .reg = RAX, .a = high);
    else
        lift_put(l, RDX, high, l->size);
}

#endif
