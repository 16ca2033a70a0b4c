/* SPDX-License-Identifier: MIT */
/* Tiles of EFLAGS without the status flags, selectors, SWAPGS, the time-stamp counter, PAUSE. */
#include "jit/host_x86_64.h"

#include "board/clock.h"
#include "cpu/flags.h"

#define CLOCK(reg, field) rm_mem(reg, HOST_NONE, offsetof(struct clock, field))

static void get_eflags(struct x64 *g, unsigned n)
{
    x64_clobber(g, g->live_in[n]);
    unsigned reg = x64_scratch(g);
    emit_load(&g->e, 4, reg, X64_CPU(eflags));
    emit_alu_imm(&g->e, X86_AND, 4, rm_reg(reg), ~(EFL_STATUS | EFL_RF | EFL_VM));
    emit_alu_imm(&g->e, X86_OR, 4, rm_reg(reg), EFL_FIXED);
    x64_result(g, n, reg);
}

static void only_cpl0(struct x64 *g)
{
    emit_alu_imm(&g->e, X86_CMP, 1, X64_CPU(cpl), 0);
    x64_slow(g, emit_jcc(&g->e, CC_NZ));
}

/* IF changes. If v says to 1, nothing may wait for it. */
static void may_enable(struct x64 *g, struct rm v)
{
    struct emit *e = &g->e;
    emit_test_imm(e, 4, v, EFL_IF);
    size_t off = emit_jcc(e, CC_Z);
    emit_alu_imm(e, X86_CMP, 4, X64_CPU(pending), 0);
    x64_slow(g, emit_jcc(e, CC_NZ));
    emit_alu_imm(e, X86_CMP, 8, X64_CPU(budget), 0);
    x64_slow(g, emit_jcc(e, CC_LE));
    emit_patch(e, off, e->at);
}

static void put_eflags(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    x64_clobber(g, g->live_in[n]);
    only_cpl0(g);
    unsigned v = x64_in_reg(g, op->a, 4), t = x64_scratch(g);
    emit_mov(e, 4, t, v);
    emit_alu(e, X86_XOR, 4, t, X64_CPU(eflags));
    emit_alu_imm(e, X86_AND, 4, rm_reg(t), (i32)op->imm);
    size_t same = emit_jcc(e, CC_Z);
    if (op->imm != EFL_IF) {
        emit_test_imm(e, 4, rm_reg(t), (i32)op->imm & ~EFL_IF);
        x64_slow(g, emit_jcc(e, CC_NZ));
    }
    may_enable(g, rm_reg(v));
    emit_alu_imm(e, X86_XOR, 4, X64_CPU(eflags), EFL_IF);
    emit_patch(e, same, e->at);
    x64_free(g, t);
    x64_used(g, op->a);
}

static void selector(struct x64 *g, unsigned n)
{
    unsigned reg = x64_scratch(g);
    emit_load(&g->e, 2, reg, X64_CPU(seg[g->ir->op[n].reg].sel));
    x64_result(g, n, reg);
}

static void swapgs(struct x64 *g, unsigned n)
{
    struct emit *e = &g->e;
    x64_clobber(g, g->live_in[n]);
    only_cpl0(g);
    unsigned a = x64_scratch(g), b = x64_scratch(g);
    emit_load(e, 8, a, X64_CPU(seg[GS].base));
    emit_load(e, 8, b, X64_CPU(kernel_gs_base));
    emit_store(e, 8, X64_CPU(seg[GS].base), b);
    emit_store(e, 8, X64_CPU(kernel_gs_base), a);
    x64_free(g, a);
    x64_free(g, b);
}

/* clock_now() and tsc_read() with the budget as the block's entry has paid it. */
static void time_stamp(struct x64 *g, unsigned n)
{
    struct emit *e = &g->e;
    _Static_assert(TSC_NS_SHIFT == 0, "ns are the unit");
    x64_clobber(g, g->live_in[n]);
    emit_test_imm(e, 4, X64_CPU(cr4), CR4_TSD);
    x64_slow(g, emit_jcc(e, CC_NZ));
    unsigned clock = x64_scratch(g), v = x64_scratch(g);
    emit_load(e, 8, clock, X64_CPU(bus.clock));
    emit_load(e, 8, v, CLOCK(clock, slice_end));
    emit_alu(e, X86_SUB, 8, v, X64_CPU(budget));
    emit_rm(e, X86_0F | 0xaf, 8, v, CLOCK(clock, ns_per_insn));
    emit_alu(e, X86_ADD, 8, v, CLOCK(clock, skipped));
    emit_alu(e, X86_ADD, 8, v, X64_CPU(tsc_offset));
    x64_free(g, clock);
    x64_result(g, n, v);
}

static void get_aux(struct x64 *g, unsigned n)
{
    unsigned reg = x64_scratch(g);
    emit_load(&g->e, 4, reg, X64_CPU(tsc_aux));
    x64_result(g, n, reg);
}

static void pause(struct x64 *g, unsigned n)
{
    x64_clobber(g, g->live_in[n]);
    emit_alu_imm(&g->e, X86_CMP, 8, X64_CPU(bus.pause), 0);
    x64_slow(g, emit_jcc(&g->e, CC_NZ));
}

void x64_system(struct x64 *g, unsigned n)
{
    switch (g->ir->op[n].code) {
    case IR_GETE: get_eflags(g, n); break;
    case IR_PUTE: put_eflags(g, n); break;
    case IR_GETTSC: time_stamp(g, n); break;
    case IR_GETAUX: get_aux(g, n); break;
    case IR_PAUSE: pause(g, n); break;
    case IR_GETSEL: selector(g, n); break;
    default: swapgs(g, n); break;
    }
}
