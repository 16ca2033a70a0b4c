/* SPDX-License-Identifier: MIT */
/*
 * How translated code has the interpreter run one guest instruction: as an emulation stub, or
 * because the fast path didn't do. The state is then as the interpreter would have it at that
 * instruction, so that a fault or a retry leaves by siglongjmp from here.
 */
#include "base/log.h"
#include "cpu/engine.h"
#include "cpu/flags.h"
#include "cpu/x87.h"
#include "jit/engine_state.h"

static void set_base(struct cpu *c, const struct op *op)
{
    u64 rip = jit_regs(c)->rip_page + (block_of(op)->phys & 4095);

    c->gpr[GPR_BASE] = c->code_mode == CODE64 ? rip : (u32)rip;
}

static struct jit_regs *begin(struct cpu *c, const struct op *op)
{
    struct jit_regs *r = jit_regs(c);

    set_base(c, op);
    flags_set(c, (u32)r->flags);
    r->stubs++;
    if (log_on(c->engine->log, LOG_JITNO))
        jit_profile_count(c->engine->accel->opaque, op);
    if (fpu_wants_sync(&op->in))
        fpu_sync(c);
    return r;
}

/* What most instructions that come by here leave alone isn't converted back. */
static ALWAYS_INLINE void one(struct cpu *c, const struct op *op,
                              void (*exec)(struct cpu *c, const struct op *op))
{
    struct jit_regs *r = begin(c, op);
    i64 res = c->flags.res;
    u32 aux = c->flags.aux;

    exec(c, op);
    if (res != c->flags.res || aux != c->flags.aux)
        r->flags = flags_get(c);
}

void jit_stub(struct cpu *c, const struct op *op)
{
    one(c, op, exec_one);
}

/* RIP is nobody's business then but the log's. */
void jit_call(struct cpu *c, const struct op *op)
{
    if (unlikely(log_on(c->bus.log, LOG_STUB)))
        set_base(c, op);
    stub_call(c, op);
}

/* The instruction may have cut the slice, or changed the code of a block to come. */
bool jit_stub_part(struct cpu *c, const struct op *op, u64 rest)
{
    c->budget += (i64)rest;
    jit_stub(c, op);
    if (c->budget >= (i64)rest && !jit_regs(c)->broken) {
        c->budget -= (i64)rest;
        return true;
    }
    jit_stub_rest(c, op + 1);
    return false;
}

void jit_stub_end(struct cpu *c, const struct op *op)
{
    one(c, op, exec_one_last);
}

void jit_stub_rest(struct cpu *c, const struct op *op)
{
    struct jit_regs *r = begin(c, op);
    fpu_sync(c);
    c->block = block_of(op);
    exec_own(op)(c, op);
    r->flags = flags_get(c);
}

/* Memory that may be cold, the way's and the instruction's, is looked at last. */
void jit_check_target(struct cpu *c)
{
    const struct jit_regs *r = jit_regs(c);
    bool code64 = c->code_mode == CODE64;

    if (code64 ? is_canonical(c->rip) : c->rip <= c->seg[CS].limit)
        return;
    if (r->exit != LEAVE_LINK && r->exit != LEAVE_INDIRECT)
        return;
    const struct op *op = r->way->by;
    u64 base = r->rip_page + ir_block_at(op), next = base + op->at + op->in.len;
    if (c->rip == (code64 ? next : (u32)next))
        return; /* it went on; what it meets there is the next instruction's */
    c->gpr[GPR_BASE] = code64 ? base : (u32)base;
    c->op = op;
    const struct insn *in = &op->in;
    if (code64 && ir_is_return(in))
        c->gpr[RSP] -= in->osize + (in->op[0].kind == OPND_IMM ? in->imm : 0);
    cpu_raise(c, VEC_GP, 0);
}
