/* SPDX-License-Identifier: MIT */
/*
 * RETs that the host predicts: code's CALLs are the host's, too, and so are its RETs, as far as
 * they go where the last CALL expects. Each such CALL leaves two words on the host's stack:
 *
 *             | ...          |
 *             | RIP          | where the guest's RET is to go
 *      rsp -> | host address | of what goes on there, within the caller's code
 *
 *     caller:  cmp   rsp, gs:[returns_end]   ; too many: all are forgotten
 *              cmovb rsp, gs:[returns]
 *              push  RIP
 *              call  callee
 *              lea   rsp, [rsp+8]
 *              jmp   the way
 *     callee:  cmp   r13, [rsp+8]            ; RIP
 *              jne   by the jump cache       ; what is expected stays so
 *              ret
 *
 * It is a guess that is looked at: guests may return to where they want. Who leaves forgets all.
 * What changes where code is fetched from ends its block and so leaves, and no code is freed before
 * that: so RIP's page is still the caller's, and host addresses are good. Below all is a RIP that
 * isn't canonical; a RET that goes there even so gets to THUNK_UNKNOWN.
 */
#include "jit/host_x86_64.h"

#define EXPECTED_MAX 512
#define NEVER (1ull << 63) /* as RIP */

static bool foresees(const struct x64 *g)
{
    return (g->ir->block->mode & BLOCK_CS_FLAT) && g->buf->opt->flat;
}

void x64_expect(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    if (g->plain || !foresees(g) || !x64_linkable(g, op->imm, op->size)) {
        x64_used(g, op->a);
        return;
    }
    x64_clobber(g, g->live_in[n]);
    emit_alu(e, X86_CMP, 8, HOST_RSP, X64_REGS(returns_end));
    emit_cmov(e, CC_B, 8, HOST_RSP, X64_REGS(returns));
    emit_push(e, x64_in_reg(g, op->a, 8));
    x64_used(g, op->a);
    g->expects = n;
}

void x64_come_back(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    g->expects = 0;
    emit_lea(e, 8, HOST_RSP, rm_mem(HOST_RSP, HOST_NONE, 8));
    emit_alu_imm(e, X86_AND, 8, rm_reg(HOST_R13), -4096);
    emit_store(e, 8, X64_REGS(rip_page), HOST_R13);
    x64_leave_by(g, emit_jmp(e), op->write, op);
}

void x64_call_next(struct x64 *g)
{
    if (!g->expects)
        return;
    size_t over = emit_call(&g->e);
    g->exit[g->count.exit++] = (struct x64_exit){
        .at = (u32)emit_jmp(&g->e), .kind = EXIT_BACK, .imm = g->expects};
    emit_patch(&g->e, over, g->e.at);
    g->expects = 0;
}

void x64_return(struct x64 *g, unsigned way)
{
    struct emit *e = &g->e;
    if (!foresees(g))
        return;
    if (g->code64) /* RIP may be NEVER */
        x64_load_way(g, way);
    emit_alu(e, X86_CMP, 8, HOST_R13, rm_mem(HOST_RSP, HOST_NONE, 8));
    size_t other = emit_jcc(e, CC_NZ);
    emit_ret(e);
    emit_patch(e, other, e->at);
}

void x64_returns_enter(struct emit *e)
{
    emit_mov_imm(e, HOST_R11, NEVER);
    emit_push(e, HOST_R11);
    emit_load(e, 8, HOST_R11, X64_REGS(returns));
    emit_push(e, HOST_R11);
    emit_store(e, 8, X64_REGS(returns), HOST_RSP);
    emit_lea(e, 8, HOST_R11, rm_mem(HOST_RSP, HOST_NONE, -16 * EXPECTED_MAX));
    emit_store(e, 8, X64_REGS(returns_end), HOST_R11);
}

void x64_returns_leave(struct emit *e)
{
    emit_load(e, 8, HOST_RSP, X64_REGS(returns));
    emit_alu_imm(e, X86_ADD, 8, rm_reg(HOST_RSP), 16);
}
