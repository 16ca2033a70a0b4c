/* SPDX-License-Identifier: MIT */
/* Running a block by the interpreter and as IR. */
#include <stdio.h>
#include <stdlib.h>

#include "cpu/flags.h"
#include "cpu/mem.h"
#include "cpu/seg.h"
#include "cpu/x87.h"
#include "eval.h"

static const struct {
    enum code_mode code;
    u8 block; /* enum block_mode */
    u16 cs_base, data_base;
} modes[EVAL_MODES] = {
    [EVAL_64] = {CODE64, BLOCK_CODE64 | BLOCK_STACK64 | BLOCK_CS_FLAT, 0, 0},
    [EVAL_32] = {CODE32, BLOCK_CODE32 | BLOCK_STACK32 | BLOCK_FLAT | BLOCK_CS_FLAT, 0, 0},
    [EVAL_32_SEG] = {CODE32, BLOCK_CODE32 | BLOCK_STACK32, 0x100, 0x1010},
    [EVAL_16] = {CODE16, BLOCK_CODE16, 0, 0},
};

enum code_mode eval_code_mode(enum eval_mode mode)
{
    return modes[mode].code;
}

struct eval *eval_open(bool native, bool flat)
{
    struct eval *e = calloc(1, sizeof *e);

    if (!e)
        abort();
    e->emu = emu_open(false, flat);
    e->c = emu_cpu(e->emu);
    struct jit_config config = {.host = native ? NULL : jit_portable(), .heat = UINT16_MAX};
    e->jit = jit_new(e->c->engine, &config);
    for (unsigned i = 0; i < JIT_JUMPS; i++)
        e->jumps[i].lin = ~0ull << 63; /* where nothing is */
    if (e->jit)
        return e;
    eval_close(e);
    return NULL;
}

void eval_close(struct eval *e)
{
    jit_destroy(e->jit);
    emu_close(e->emu);
    free(e);
}

/* --- segments --- */

static void segment(struct eval *e, enum seg_reg reg, u64 base, u32 limit)
{
    struct seg *s = &e->c->seg[reg];

    s->base = base;
    s->limit = limit;
    if (eval_code_mode(e->mode) == CODE16)
        s->attr &= ~(u32)SEG_DB;
    seg_update(e->c, s);
}

/* Data and stack lie where the generator wants them, in 16-bit code by the low halves of their
 * addresses. Some accesses and branches go beyond the limits. */
static void segments(struct eval *e)
{
    if (e->mode == EVAL_32_SEG) {
        segment(e, CS, modes[e->mode].cs_base, ISA_INSN + 0x40);
        segment(e, SS, modes[e->mode].data_base, ISA_STACK + 0x1200);
        segment(e, DS, modes[e->mode].data_base, ISA_DATA + 0xe00);
        segment(e, ES, modes[e->mode].data_base, ISA_DATA + 0xf00);
    } else if (e->mode == EVAL_16) {
        segment(e, CS, ISA_CODE, 0xffff);
        segment(e, SS, ISA_STACK, 0xffff);
        segment(e, DS, ISA_DATA, 0xffff);
        segment(e, ES, ISA_DATA, 0xf00);
    }
    cpu_update_mode(e->c);
}

static void load(struct eval *e)
{
    struct cpu *c = e->c;

    emu_load(e->emu, eval_code_mode(e->mode), &e->before);
    memcpy(emu_code_pages(e->emu), e->code_before, sizeof e->code_before);
    segments(e);
    c->rip = ISA_INSN - (c->code_mode == CODE64 ? 0 : c->seg[CS].base);
    c->cr2 = 0;
    c->op = NULL;
    c->gpr[GPR_BASE] = c->rip;
    c->gpr[GPR_ZERO] = 0;
    c->units_off = stub_units_off(c);
    c->jump_key = JUMP_KEY_NONE;
}

struct block *eval_block(struct eval *e, const u8 *bytes, unsigned n)
{
    emu_code(e->emu, bytes, n);
    memcpy(e->code_before, emu_code_pages(e->emu), sizeof e->code_before);
    load(e);
    return block_lookup(e->c, ISA_INSN, modes[e->mode].block);
}

/* --- running --- */

static void save(struct eval *e, struct block *b, enum eval_end end, struct eval_outcome *o)
{
    struct cpu *c = e->c;

    memset(o, 0, offsetof(struct eval_outcome, units));
    o->end = end;
    o->budget = c->budget;
    o->eflags = eflags_get(c);
    memcpy(o->gpr, c->gpr, sizeof o->gpr);
    o->rip = end == END_RAN ? c->rip : cpu_insn_rip(c);
    if (end != END_RAN)
        o->insn = (unsigned)(c->op - b->ops);
    if (end == END_FAULT) {
        o->vector = c->raised;
        o->error = c->raised_error;
        o->cr2 = c->cr2;
    }
    memcpy(o->code, emu_code_pages(e->emu), sizeof o->code);
    emu_save(e->emu, &o->units);
}

typedef void run_fn(struct eval *e, struct block *b);

static void attempt(struct eval *e, struct block *b, run_fn *run, struct eval_outcome *o)
{
    struct cpu *c = e->c;
    sigjmp_buf env;

    load(e);
    c->budget = b->cost;
    c->block = b;
    c->unwind = &env;
    fpu_enter(c);
    enum eval_end end = (enum eval_end)sigsetjmp(env, 0);
    if (end == END_RAN)
        run(e, b);
    fpu_leave(c);
    save(e, b, end, o);
}

static void run_interpreter(struct eval *e, struct block *b)
{
    e->c->budget -= b->cost;
    b->ops[0].run(e->c, b->ops);
}

void eval_interpret(struct eval *e, struct block *b)
{
    attempt(e, b, run_interpreter, &e->want);
}

static void run_translated(struct eval *e, struct block *b)
{
    struct cpu *c = e->c;
    struct jit_regs *r = jit_regs(c);

    *r = (struct jit_regs){
        .rip_page = c->rip - b->phys % 4096, .flags = flags_get(c), .jumps = e->jumps};
    jit_signal_enter(e->jit);
    e->jit->host->enter(&e->jit->buffer, c, e->jit->codes);
    flags_set(c, (u32)r->flags);
    if (r->exit != LEAVE_STUB && r->way->from != e->jit->codes)
        abort();
    jit_check_target(c);
}

bool eval_translate(struct eval *e, struct block *b, enum eval_form form)
{
    struct jit *j = e->jit;
    unsigned where;

    ir_lift(j->ir, b);
    if (form != EVAL_RAW)
        ir_optimise(j->ir);
    const char *broken = ir_check(j->ir, &where);
    if (broken) {
        snprintf(e->why, sizeof e->why, " operation %u: %s", where, broken);
        return false;
    }
    for (unsigned i = 1; form == EVAL_LIVE && i <= j->ir->count; i++)
        j->ir->op[i].sets &= j->ir->op[i].live;
    for (unsigned i = 0; i < b->count; i++) /* so many that a backend makes the best of it */
        b->ops[i].unaligned = form == EVAL_OPTIMISED ? UINT16_MAX : 0;
    jit_buffer_flush(&j->buffer);
    j->codes[0] = (struct jit_code){.block = b, .cost = b->count, .way = j->ways};
    for (unsigned i = 0; i < j->ir->ways; i++)
        j->ways[i] = (struct jit_way){.by = &b->ops[b->count - 1], .from = j->codes};
    j->code_count = 1; /* host faults look for their code */
    if (!j->host->compile(&j->buffer, j->ir, j->codes))
        abort(); /* the buffer has room for any block */
    attempt(e, b, run_translated, &e->got);
    jit_signal_enter(NULL);
    e->stubs += jit_regs(e->c)->stubs;
    return true;
}

/* --- comparing --- */

struct verdict {
    FILE *why;
    bool same;
};

static void compare(struct verdict *v, const char *what, u64 want, u64 got)
{
    if (want == got)
        return;
    v->same = false;
    fprintf(v->why, " %s %llx, not %llx;", what, (unsigned long long)got, (unsigned long long)want);
}

static void compare_memory(struct verdict *v, const char *name, const u8 *want, const u8 *got,
                           unsigned n)
{
    char what[32];

    for (unsigned i = 0; memcmp(want, got, n) && i < n; i++) {
        if (want[i] == got[i])
            continue;
        snprintf(what, sizeof what, "%s page %u byte %03x", name, i / 4096, i % 4096);
        compare(v, what, want[i], got[i]);
    }
}

bool eval_same(struct eval *e)
{
    const struct eval_outcome *want = &e->want, *got = &e->got;
    struct verdict v = {fmemopen(e->why, sizeof e->why, "w"), true};
    char what[8];

    compare(&v, "end", want->end, got->end);
    compare(&v, "vector", want->vector, got->vector);
    compare(&v, "error code", want->error, got->error);
    compare(&v, "at instruction", want->insn, got->insn);
    compare(&v, "budget", (u64)want->budget, (u64)got->budget);
    compare(&v, "cr2", want->cr2, got->cr2);
    compare(&v, "eflags", want->eflags, got->eflags);
    compare(&v, "rip", want->rip, got->rip);
    for (unsigned i = 0; i < 16; i++) {
        snprintf(what, sizeof what, "r%u", i);
        compare(&v, what, want->gpr[i], got->gpr[i]);
    }
    compare(&v, "x87 or SSE", 0, memcmp(&want->units.fx, &got->units.fx, sizeof want->units.fx));
    compare_memory(&v, "data", want->units.mem, got->units.mem, sizeof want->units.mem);
    compare_memory(&v, "code", want->code, got->code, sizeof want->code);
    fclose(v.why);
    return v.same;
}
