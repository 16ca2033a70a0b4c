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
    unsigned mode;       /* enum block_mode */
    unsigned first;      /* number of its first operation */
    ir_ref place;        /* the LDW of its operand 0, or none */
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

/* lift_body.c: the bodies. NULL: the row has none. */
lift_fn *lift_body(unsigned row);
/* lift_call.c: C functions whose meaning the lifter knows, too. NULL: none. */
lift_fn *lift_call(const struct insn *in);
/* lift_host.c: guest instruction `insn` as a HOST operation. False: it can't be one. */
bool lift_host(struct lift *l, unsigned insn);

#endif
