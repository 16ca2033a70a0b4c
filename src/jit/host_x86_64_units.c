/* SPDX-License-Identifier: MIT */
/*
 * The host's SSE and x87 units with guest registers in them.
 *
 * Guest XMM n is host XMM n, and the x87 unit holds the guest's whole x87 state, from the first
 * block that wants them on until C does: cpu->fpu.live says what is there, and blocks hand it on
 * to each other. Code with HOST operations tests `live` where it begins and after each STUB; what
 * is missing THUNK_TAKE brings. If it may not (CR0.TS, an unmasked exception, ...), the
 * interpreter runs the rest of the block, beginning with the instruction that the guest should
 * see fault. XMM registers go back on every way to C, as C changes them; the x87's stay until C
 * wants them (fpu_sync()).
 *
 * The x87's instruction pointers are the guest's in cpu->fpu only; FIP and the selectors are
 * stored where somebody might look, for the last x87 instruction before that. FDP is stored at
 * once, it may be gone later.
 */
#include "jit/host_x86_64.h"

/* --- taking --- */

/* Those that call C, after which nothing is in the units; and GUARDs, as nobody knows whether the
 * region's next block will run and want anything. */
static bool is_bound(const struct ir_op *op)
{
    return op->code == IR_STUB || op->code == IR_CALL || op->code == IR_GUARD;
}

/* What the operations from n to the next such one want. */
static unsigned wanted(const struct ir *ir, unsigned n)
{
    unsigned units = 0;
    for (; n <= ir->count && !is_bound(&ir->op[n]); n++)
        if (ir->op[n].code == IR_HOST)
            units |= ir_units(&ir_insn(ir, ir->op[n].insn)->in);
    return units;
}

static struct rm live(void)
{
    return X64_CPU(fpu.live);
}

void x64_units_want(struct x64 *g, unsigned n)
{
    struct emit *e = &g->e;
    unsigned units = wanted(g->ir, n) & ~(unsigned)g->units.taken;
    g->units.taken |= (u8)units;
    if (!units)
        return;
    x64_clobber(g, g->live_in[n]);
    size_t site;
    if (units == FPU_LIVE_SSE || units == FPU_LIVE_X87) {
        emit_test_imm(e, 1, live(), (i32)units);
        site = emit_jcc(e, CC_Z);
    } else {
        emit_alu_imm(e, X86_CMP, 1, live(), (i32)units);
        site = emit_jcc(e, CC_NZ);
    }
    g->take[g->count.take++] = (struct x64_take){
        .at = (u32)site, .back = (u32)e->at, .insn = g->ir->op[n].insn, .units = (u8)units};
}

/* THUNK_TAKE; without the units the interpreter goes on at guest instruction insn. */
static void take(struct x64 *g, unsigned units, unsigned insn)
{
    struct emit *e = &g->e;
    emit_mov_imm(e, HOST_R13, units | (u32)g->ir->insn[insn].rest << 8);
    emit_mov_imm(e, HOST_R14, (u64)(uintptr_t)ir_insn(g->ir, insn));
    x64_swap_out(g);
    emit_call_to(e, x64_thunk(g, THUNK_TAKE));
    x64_swap_in(g);
}

void x64_units_cold(struct x64 *g)
{
    for (unsigned i = 0; i < g->count.take; i++) {
        const struct x64_take *t = &g->take[i];
        emit_patch(&g->e, t->at, g->e.at);
        take(g, t->units, t->insn);
        if (!x64_group_left(g, t->insn))
            emit_jmp_to(&g->e, t->back);
    }
}

void x64_units_again(struct x64 *g, unsigned insn)
{
    if (g->at[insn].units && insn + 1 < g->ir->insns)
        take(g, g->at[insn].units, insn + 1);
}

/* --- x87 pointers --- */

static void store_word(struct emit *e, struct rm dst, struct rm src, unsigned reg)
{
    emit_load(e, 2, reg, src);
    emit_store(e, 2, dst, reg);
}

static void store_pointers(struct x64 *g, const struct x64_units *u, unsigned reg)
{
    struct emit *e = &g->e;
    if (u->x87_mem) {
        unsigned seg = ir_insn(g->ir, u->x87_mem - 1)->in.seg;
        store_word(e, X64_CPU(fpu.fds), X64_CPU(seg[seg].sel), reg);
    }
    if (u->x87_insn) {
        emit_load(e, 8, reg, X64_REGS(rip_page));
        x64_rip(g, reg, ir_insn_at(ir_insn(g->ir, u->x87_insn - 1)), g->code64 ? 8 : 4);
        emit_store(e, 8, X64_CPU(fpu.fip), reg);
        store_word(e, X64_CPU(fpu.fcs), X64_CPU(seg[CS].sel), reg);
    }
}

void x64_units_note(struct x64 *g)
{
    if (!g->units.x87_insn)
        return;
    unsigned reg = x64_scratch(g);
    store_pointers(g, &g->units, reg);
    x64_free(g, reg);
    g->units.x87_insn = g->units.x87_mem = 0;
}

void x64_units_note_before(struct x64 *g, unsigned insn)
{
    store_pointers(g, &g->at[insn].before, HOST_R11);
}

/* --- thunks --- */

static void each_xmm(struct emit *e, unsigned opcode)
{
    for (unsigned n = 0; n < 16; n++)
        emit_rm(e, X86_0F | opcode, 4, n, rm_gs(offsetof(struct cpu, fpu.xmm) + 16 * n));
}

void x64_units_release(struct emit *e)
{
    emit_test_imm(e, 1, live(), FPU_LIVE_SSE);
    size_t none = emit_jcc(e, CC_Z);
    each_xmm(e, 0x11); /* MOVUPS */
    emit_alu_imm(e, X86_AND, 1, live(), (i8)~FPU_LIVE_SSE);
    emit_patch(e, none, e->at);
}

void x64_units_load(struct emit *e)
{
    emit_test_imm(e, 4, rm_reg(HOST_R13), FPU_LIVE_SSE);
    size_t none = emit_jcc(e, CC_Z);
    each_xmm(e, 0x10); /* MOVUPS */
    emit_alu_imm(e, X86_OR, 1, live(), FPU_LIVE_SSE);
    emit_patch(e, none, e->at);
}
