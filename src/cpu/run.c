/* SPDX-License-Identifier: MIT */
/*
 * The run loop: events between blocks, faults, and the exact end of a slice.
 *
 * A block's entry pays for all its instructions; what they did not get to is given back. An
 * instruction that faults counts as retired, so that a guest that does nothing but fault uses
 * its slice up as well. cpu_raise() and cpu_retry_single() unwind the host's stack to here.
 */
#include <setjmp.h>

#include "base/log.h"
#include "cpu/debug.h"
#include "cpu/engine.h"
#include "cpu/interrupt.h"
#include "cpu/pending.h"
#include "cpu/x87.h"

enum unwind { UNWIND_NONE, UNWIND_FAULT, UNWIND_RETRY };

_Noreturn void cpu_raise(struct cpu *c, enum vector vec, u32 error)
{
    c->raised = vec;
    c->raised_error = error;
    siglongjmp(*c->unwind, UNWIND_FAULT);
}

_Noreturn void cpu_fault(struct cpu *c, enum vector vec)
{
    cpu_raise(c, vec, 0);
}

_Noreturn void cpu_page_fault(struct cpu *c, linaddr addr, u32 error)
{
    c->cr2 = addr;
    cpu_raise(c, VEC_PF, error);
}

_Noreturn void cpu_retry_single(struct cpu *c)
{
    siglongjmp(*c->unwind, UNWIND_RETRY);
}

u64 cpu_insn_rip(const struct cpu *c)
{
    if (!c->op)
        return c->rip;
    u64 rip = c->gpr[GPR_BASE] + c->op->at;
    return c->code_mode == CODE64 ? rip : (u32)rip;
}

/* --- modes --- */

static bool seg_is_flat(const struct seg *s)
{
    return s->base == 0 && s->rlimit == BIT(32) && s->wlimit == BIT(32);
}

static unsigned block_mode(const struct cpu *c)
{
    if (c->code_mode == CODE64)
        return BLOCK_CODE64 | BLOCK_STACK64 | BLOCK_CS_FLAT;
    unsigned mode = c->code_mode;
    if (c->stack_size == 4)
        mode |= BLOCK_STACK32;
    if (seg_is_flat(&c->seg[DS]) && seg_is_flat(&c->seg[SS]) && seg_is_flat(&c->seg[ES]))
        mode |= BLOCK_FLAT;
    if (c->seg[CS].base == 0 && c->seg[CS].limit == UINT32_MAX)
        mode |= BLOCK_CS_FLAT;
    return mode;
}

/*
 *      31        9  8   7..0
 *     +-----------+----+------+
 *     |   epoch   |user| mode |
 *     +-----------+----+------+
 */
static u64 jump_key(const struct cpu *c, unsigned mode)
{
    if (!(mode & BLOCK_CS_FLAT))
        return JUMP_KEY_NONE;
    return (u32)(c->engine->epoch << 9) | (c->cpl == 3 ? 1 << 8 : 0) | mode;
}

/* --- blocks --- */

/* Traced blocks run as copies, which aren't chained: each comes by here. */
static struct block *trace(struct cpu *c, struct block *b)
{
    log_line(c->engine->log, LOG_EXEC, "cpu%u %04x:%08llx %u", c->index, c->seg[CS].sel,
             (unsigned long long)c->rip, b->count);
    c->jump_key = JUMP_KEY_NONE;
    return b == c->engine->scratch ? b : block_part(c->engine, b->ops, b->count);
}

/* Runs b, or as much of it as the budget allows. */
static void run_block(struct cpu *c, struct block *b)
{
    if (unlikely(log_on(c->engine->log, LOG_EXEC)))
        b = trace(c, b);
    if (unlikely(c->budget <= 0))
        return; /* a device that the fetch reached cut the slice */
    if (b->cost > c->budget)
        b = block_part(c->engine, b->ops, (unsigned)c->budget);
    else if (unlikely(!b->heat)) /* else exec_heat() sends it back here */
        b = block_part(c->engine, b->ops, b->count);
    c->budget -= b->cost;
    c->block = b;
    if (unlikely(c->fpu.live))
        fpu_sync(c);
    b->ops[0].run(c, b->ops);
    c->op = NULL;
}

/* Hands a hot block to the accelerator. True if that has run something. */
static bool run_hot(struct cpu *c, struct block *b)
{
    const struct accel *a = c->engine->accel;
    if (b->cost > c->budget || log_on(c->engine->log, LOG_EXEC))
        return false;
    bool ran = a->run(a->opaque, c, b);
    c->op = NULL;
    return ran;
}

static void run_found(struct cpu *c, struct block *b)
{
    if (b->heat || !run_hot(c, b))
        run_block(c, b);
}

unsigned cpu_block_mode(struct cpu *c)
{
    if (c->block_mode == BLOCK_MODE_STALE) {
        c->block_mode = block_mode(c);
        c->units_off = stub_units_off(c);
    }
    c->jump_key = jump_key(c, c->block_mode);
    return c->block_mode;
}

static struct block *find_block(struct cpu *c)
{
    struct engine *e = c->engine;
    if (unlikely(e->flush_wanted))
        engine_flush(e);
    unsigned mode = cpu_block_mode(c);
    c->gpr[GPR_BASE] = c->rip;
    c->gpr[GPR_ZERO] = 0; /* see exec_rip_bias() */
    u64 lin = c->rip;
    if (c->code_mode != CODE64)
        lin = (u32)(lin + c->seg[CS].base);
    const struct jump_entry *j = jump_slot(c, lin);
    if (likely(jump_good(c, j, lin) && j->block->valid))
        return j->block;
    return block_lookup(c, lin, mode);
}

/*
 * One instruction, with what the debugging registers and the interrupt shadow ask for. If that is
 * nothing but an end to RF or to the shadow of STI, and no event waits for it (none comes up
 * before the instruction has run), the block runs whole: all but the last instruction of a block
 * push no RF but a fault's, which is 1 whatever it was.
 */
static void step(struct cpu *c)
{
    bool quiet = cpu_step_quiet(c);
    cpu_step_begin(c);
    struct block *b = find_block(c);
    if (unlikely(c->budget <= 0)) {
        cpu_step_cancel(c);
        return;
    }
    if (quiet && b->count > 1) {
        cpu_step_end(c);
        run_found(c, b);
        return;
    }
    c->jump_key = JUMP_KEY_NONE; /* a branch ends the step: no chain goes on from it */
    run_block(c, block_part(c->engine, b->ops, 1));
    cpu_step_end(c);
}

/* --- unwound --- */

static void retry_single(struct cpu *c)
{
    c->budget += c->op->left;
    c->rip = cpu_insn_rip(c);
    run_block(c, block_part(c->engine, c->op, 1));
}

/* A fault whose delivery faults costs an instruction, too: #AC on the way to the handler of #GP
 * and back may go on for ever. One that the slice can't pay waits for the next slice. */
static void deliver_fault(struct cpu *c)
{
    c->rip = cpu_insn_rip(c);
    c->fault_held = !c->op && c->budget <= 0;
    if (c->fault_held) {
        c->activity = ACT_RUN; /* what it fell over may have been the end of a HLT */
        return;
    }
    c->budget += c->op ? c->op->left - 1 : -1;
    c->op = NULL;
    c->gpr[GPR_ZERO] = 0;
    c->stat_faults++;
    cpu_deliver(c, c->raised, c->raised_error);
}

/* --- the loop --- */

/* True if there is something to run. */
static bool ready(struct cpu *c)
{
    if (c->budget <= 0)
        return false;
    if (unlikely(c->pending & (PEND_STOP | PEND_FLUSH))) {
        if (c->pending & PEND_FLUSH) {
            c->pending &= ~(u32)PEND_FLUSH;
            mmu_flush(&c->mmu, true);
        }
        if (c->pending & PEND_STOP) {
            c->pending &= ~(u32)PEND_STOP;
            return false;
        }
    }
    while (unlikely(c->pending || c->activity != ACT_RUN)) {
        if (!cpu_take_pending(c))
            return false;
        if (likely(!cpu_can_take(c)))
            break;
        /* The delivery itself called for another one: an INTA cycle or a stack in a device, a
         * trap gate with INTR still high. It costs an instruction, so that slices end. */
        if (c->budget <= 0 || --c->budget == 0)
            return false;
    }
    return c->budget > 0; /* the way to a device may have cut the slice */
}

void cpu_run(struct cpu *c)
{
    sigjmp_buf env, *outer = c->unwind;
    c->unwind = &env;
    fpu_enter(c);
    switch (sigsetjmp(env, 0)) {
    case UNWIND_FAULT: deliver_fault(c); break;
    case UNWIND_RETRY: retry_single(c); break;
    default:
        if (unlikely(c->fault_held))
            deliver_fault(c);
        break;
    }
    while (ready(c)) {
        if (unlikely(cpu_wants_step(c))) {
            step(c);
            continue;
        }
        run_found(c, find_block(c));
    }
    if (c->engine->accel)
        c->engine->accel->end(c->engine->accel->opaque);
    fpu_leave(c);
    c->unwind = outer;
}
