/* SPDX-License-Identifier: MIT */
/*
 * What the lifter's files share: the instruction being lifted, and how operations are appended.
 *
 * A lift_fn appends what one guest instruction means. It may give up at any point by
 * lift_refuse(): what it has appended is then taken back, and a STUB stands in its place.
 */
#ifndef ERSATZ_JIT_LIFT_H
#define ERSATZ_JIT_LIFT_H

#include "cpu/op.h"
#include "jit/ir.h"

struct lift {
    struct ir *ir;
    const struct op *op; /* the guest instruction */
    unsigned insn;       /* its index */
    i64 at;              /* the page offset of its block */
    unsigned size;       /* its operand size */
    unsigned mode;       /* enum block_mode */
    unsigned first;      /* number of its first operation */
    ir_ref place;        /* the LDW of its operand 0, or none */
    ir_ref product;      /* its multiplication */
    ir_ref carry;        /* what stands for the carry out of the addition `carried` */
    ir_ref carried;
    bool ended;   /* an IR_END operation is there */
    bool refused; /* for the reason `no` */
    enum jit_no no;
};

typedef void lift_fn(struct lift *l);

static inline bool lift_code64(const struct lift *l)
{
    return (l->mode & BLOCK_CODE_MASK) == BLOCK_CODE64;
}

static inline unsigned lift_stack_size(const struct lift *l)
{
    return l->mode & BLOCK_STACK64 ? 8 : l->mode & BLOCK_STACK32 ? 4 : 2;
}

static inline struct ir_op *lift_at(struct lift *l, ir_ref r)
{
    return &l->ir->op[r];
}

/* Appends. */
ir_ref lift_op(struct lift *l, const struct ir_op *op);
void lift_refuse(struct lift *l, enum jit_no why);

#define IR_OP(l, ...) lift_op(l, &(struct ir_op){__VA_ARGS__})

/* --- lift_value.c: values --- */
ir_ref lift_const(struct lift *l, u64 v);
bool lift_is_const(const struct lift *l, ir_ref r, u64 *v);
/* Of the wider operand's size; of constants if both are. */
ir_ref lift_binary(struct lift *l, enum ir_code code, ir_ref a, ir_ref b);
/* By a count that may go beyond the operand. */
ir_ref lift_shift(struct lift *l, enum ir_code code, ir_ref a, ir_ref n);
ir_ref lift_sar(struct lift *l, ir_ref a, ir_ref n);
ir_ref lift_zx(struct lift *l, ir_ref a, unsigned size);
ir_ref lift_high(struct lift *l, bool is_signed);
ir_ref lift_byte_swap(struct lift *l, ir_ref a, unsigned size);

/* --- lift_mem.c: registers, memory, operands --- */
ir_ref lift_get(struct lift *l, unsigned reg, unsigned size);
void lift_put(struct lift *l, unsigned reg, ir_ref v, unsigned size);
/* Nothing of the register changes unless `when`. */
void lift_put_if(struct lift *l, ir_ref when, unsigned reg, ir_ref v, unsigned size);
/* Offset of the memory operand, `more` bytes on. */
ir_ref lift_ea(struct lift *l, i64 more);
/* From offset to linear address, for `size` bytes. */
ir_ref lift_linear(struct lift *l, enum seg_reg seg, ir_ref off, unsigned size, bool write);
ir_ref lift_load(struct lift *l, enum seg_reg seg, ir_ref off, unsigned size);
void lift_store(struct lift *l, enum seg_reg seg, ir_ref off, ir_ref v, unsigned size);
ir_ref lift_read(struct lift *l, unsigned n, unsigned size);
void lift_write(struct lift *l, unsigned n, ir_ref v, unsigned size);
ir_ref lift_modify(struct lift *l);
void lift_put_back(struct lift *l, ir_ref v);
void lift_put_back_if(struct lift *l, ir_ref when, ir_ref v, ir_ref old);
ir_ref lift_bit_string(struct lift *l, bool modify);
ir_ref lift_stack(struct lift *l, ir_ref sp);
void lift_push(struct lift *l, ir_ref v);
void lift_pop_to(struct lift *l, ir_ref v, ir_ref sp);

/* --- lift_flags.c: which operation makes the flags --- */
void lift_flags_add(struct lift *l, ir_ref a, ir_ref b, ir_ref r);
void lift_flags_sub(struct lift *l, ir_ref a, ir_ref b, ir_ref r);
void lift_flags_keep_cf(struct lift *l, ir_ref old);
void lift_flags_logic(struct lift *l, ir_ref r);
void lift_flags_put(struct lift *l, ir_ref r, ir_ref carry, ir_ref over);
void lift_flags_put_if(struct lift *l, ir_ref n, ir_ref r, ir_ref carry, ir_ref over);
void lift_flags_rotate(struct lift *l, ir_ref n, ir_ref carry, ir_ref over);
void lift_flags_bits(struct lift *l, unsigned mask, ir_ref efl);
void lift_flags_popcnt(struct lift *l, ir_ref efl);
ir_ref lift_carry_out(struct lift *l, ir_ref r);
void lift_set_cf(struct lift *l, ir_ref v);
void lift_set_of(struct lift *l, ir_ref v);

/* --- lift_leave.c: targets and ways out --- */
ir_ref lift_target(struct lift *l);
ir_ref lift_next_rip(struct lift *l);
void lift_check(struct lift *l, ir_ref t);
void lift_expect(struct lift *l, ir_ref back);
void lift_jump(struct lift *l, ir_ref t);
void lift_branch(struct lift *l, ir_ref when, ir_ref t);

/* lift_body.c: the bodies. NULL: the row has none. */
lift_fn *lift_body(unsigned row);
/* lift_system.c */
lift_fn lift_cli, lift_sti, lift_pushf, lift_popf, lift_push_seg, lift_mov_seg_store, lift_swapgs;
lift_fn lift_rdtsc, lift_rdtscp, lift_pause;

/* lift_call.c: C functions whose meaning the lifter knows, too. NULL: none. */
lift_fn *lift_call(const struct insn *in);
/* lift_host.c: as a HOST operation. False: it can't be one. */
bool lift_host(struct lift *l);

#endif
