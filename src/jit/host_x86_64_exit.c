/* SPDX-License-Identifier: MIT */
/*
 * Ways out of a block, and what is aside of the straight way through it: slow paths, exits that
 * aren't linked yet. At every exit the flags are in rax.
 */
#include "jit/host_x86_64.h"

void x64_rip(struct x64 *g, unsigned reg, i64 imm, unsigned size)
{
    struct emit *e = &g->e;
    if (fits_i32(imm)) {
        if (imm)
            emit_lea(e, size == 8 ? 8 : 4, reg, rm_mem(reg, HOST_NONE, (i32)imm));
        else if (size != 8)
            emit_mov(e, 4, reg, reg);
    } else {
        unsigned t = reg == HOST_R11 ? HOST_R14 : HOST_R11;
        emit_mov_imm(e, t, (u64)imm);
        emit_lea(e, size == 8 ? 8 : 4, reg, rm_mem(reg, t, 0));
    }
    if (size == 2)
        emit_load(e, 2, reg, rm_reg(reg));
}

/* The stubs' thunks take op in r14. */
static void load_op(struct x64 *g, unsigned insn)
{
    emit_mov_imm(&g->e, HOST_R14, (u64)(uintptr_t)ir_insn(g->ir, insn));
}

/* --- stubs --- */

/* The interpreter runs guest instruction insn, and what the region's entry has paid for later
 * blocks is not paid while it does. */
static void call_stub(struct x64 *g, unsigned insn)
{
    unsigned rest = g->ir->insn[insn].rest;
    x64_swap_out(g);
    load_op(g, insn);
    if (rest)
        emit_mov_imm(&g->e, HOST_R13, rest);
    emit_call_to(&g->e, x64_thunk(g, rest ? THUNK_STUB_PART : THUNK_STUB));
    x64_swap_in(g);
}

static void give_back(struct x64 *g, unsigned rest)
{
    if (rest)
        emit_alu_imm(&g->e, X86_ADD, 8, X64_CPU(budget), (i32)rest);
}

static void jump_to_stub_end(struct x64 *g, unsigned insn)
{
    x64_swap_out(g);
    load_op(g, insn);
    give_back(g, g->ir->insn[insn].rest);
    emit_jmp_to(&g->e, x64_thunk(g, THUNK_STUB_END));
}

static void begin_call(struct x64 *g, unsigned n)
{
    x64_clobber(g, g->live_in[n]);
    x64_units_note(g);
}

static void end_call(struct x64 *g)
{
    g->flags = X64_AT_ENTRY;
    g->units.taken = 0;
    x64_units_want(g, g->last + 1);
}

void x64_stub(struct x64 *g, unsigned n)
{
    begin_call(g, n);
    call_stub(g, g->insn);
    end_call(g);
    g->code->stubs++;
}

void x64_call(struct x64 *g, unsigned n)
{
    begin_call(g, n);
    x64_swap_out(g);
    load_op(g, g->insn);
    emit_call_to(&g->e, x64_thunk(g, THUNK_CALL));
    x64_swap_in(g);
    end_call(g);
}

void x64_stub_end(struct x64 *g, unsigned n)
{
    x64_clobber(g, g->live_in[n]);
    x64_units_note(g);
    jump_to_stub_end(g, g->insn);
    g->code->stubs++;
}

/* RIP a is canonical, outside 64-bit mode not beyond CS's limit; else the slow path. */
void x64_check(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    x64_clobber(g, g->live_in[n]);
    unsigned rip = x64_in_reg(g, op->a, g->code64 ? 8 : 4);
    if (g->code64) {
        unsigned t = x64_scratch(g);
        emit_mov(e, 8, t, rip);
        emit_shift_imm(e, X86_SHL, 8, rm_reg(t), 16);
        emit_shift_imm(e, X86_SAR, 8, rm_reg(t), 16);
        emit_alu(e, X86_CMP, 8, t, rm_reg(rip));
        x64_slow(g, emit_jcc(e, CC_NZ));
        x64_free(g, t);
    } else {
        emit_alu(e, X86_CMP, 4, rip, X64_CPU(seg[CS].limit));
        x64_slow(g, emit_jcc(e, CC_A));
    }
    x64_used(g, op->a);
}

/* --- ends --- */

/* If RIP isn't cut to less than the mode's own, all of the page is as far from here as it looks. */
bool x64_linkable(const struct x64 *g, i64 imm, unsigned size)
{
    static const u8 natural[] = {[BLOCK_CODE16] = 2, [BLOCK_CODE32] = 4, [BLOCK_CODE64] = 8};
    return imm >= 0 && imm < 4096 && size >= natural[g->ir->block->mode & BLOCK_CODE_MASK] &&
           !g->ir->block->two_pages;
}

struct x64_exit *x64_leave_by(struct x64 *g, size_t site, unsigned way, const struct ir_op *op)
{
    const struct op *by = ir_insn(g->ir, op->insn);
    struct x64_exit *x = &g->exit[g->count.exit++];
    *x = (struct x64_exit){.at = (u32)site, .way = (u8)way, .size = op->size, .imm = op->imm};
    if (op->code == IR_BRANCH && way == WAY_NEXT) {
        x->imm = (i64)ir_insn_at(by) + by->in.len;
        x->size = g->code64 ? 8 : 4;
    }
    return x;
}

static void branch(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    unsigned cc = x64_condition(g, n, op->a);
    x64_swap_out(g);
    x64_leave_by(g, emit_jcc(&g->e, cc), WAY_TAKEN, op);
    x64_leave_by(g, emit_jmp(&g->e), WAY_NEXT, op);
}

/* Out of the region, with the flags where they are; or on with the next block. */
void x64_guard(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    x64_units_note(g);
    if (op->a) {
        unsigned cc = x64_condition(g, n, op->a) ^ op->reg;
        struct x64_exit *x = x64_leave_by(g, emit_jcc(&g->e, cc), op->write, op);
        x->rest = g->ir->insn[op->insn].rest;
        x->flags = g->flags;
    }
    x64_call_next(g);
    x64_units_want(g, n + 1);
}

void x64_unknown(struct x64 *g, size_t site, unsigned way)
{
    g->exit[g->count.exit++] = (struct x64_exit){
        .at = (u32)site, .kind = EXIT_UNKNOWN, .way = (u8)way};
}

/* A field of the jump cache's entry, which r11 points at. */
static struct rm of_jump(size_t field)
{
    return rm_mem(HOST_R11, HOST_NONE, (i32)field);
}

/* The page of `lin`, a register, is fetched from the entry's page. */
static void same_fetch(struct x64 *g, unsigned lin, unsigned way)
{
    struct emit *e = &g->e;
    if (lin != HOST_R14)
        emit_mov(e, 8, HOST_R14, lin);
    x64_page_number(e, HOST_R14, g->code64);
    emit_shift_imm(e, X86_SHL, 8, rm_reg(HOST_R14), 3);
    emit_alu(e, X86_ADD, 8, HOST_R14, X64_CPU(mmu.fetch));
    emit_load(e, 8, HOST_R14, rm_mem(HOST_R14, HOST_NONE, 0));
    emit_alu(e, X86_CMP, 8, HOST_R14, of_jump(offsetof(struct jit_jump, page)));
    x64_unknown(g, emit_jcc(e, CC_NZ), way);
}

/* The same by the soft TLB. r13 is r11->lin, so it can be had again. */
static void same_fetch_soft(struct x64 *g, unsigned way)
{
    struct emit *e = &g->e;
    _Static_assert(sizeof(struct mmu_soft_fetch) == 1 << 4, "the index's scale");
    emit_mov(e, 4, HOST_R14, HOST_R13);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(HOST_R14), 12 - 4);
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_R14), (MMU_SOFT_ENTRIES - 1) << 4);
    emit_alu(e, X86_ADD, 8, HOST_R14, X64_CPU(mmu.soft_fetch));
    emit_load(e, 8, HOST_R13, rm_mem(HOST_R14, HOST_NONE, offsetof(struct mmu_soft_fetch, word)));
    emit_alu(e, X86_CMP, 8, HOST_R13, of_jump(offsetof(struct jit_jump, page)));
    emit_load(e, 8, HOST_R13, of_jump(offsetof(struct jit_jump, lin)));
    x64_unknown(g, emit_jcc(e, CC_NZ), way);
    emit_load(e, 8, HOST_R14, rm_mem(HOST_R14, HOST_NONE, offsetof(struct mmu_soft_fetch, lin)));
    emit_alu(e, X86_XOR, 8, HOST_R14, rm_reg(HOST_R13));
    emit_shift_imm(e, X86_SHR, 8, rm_reg(HOST_R14), 12);
    x64_unknown(g, emit_jcc(e, CC_NZ), way);
}

/*
 * Through the jump cache to RIP in r13. The entry is good if it is of this linear address and the
 * page is still fetched from where it was:
 *
 *     r11 = &jumps[jit_jump_index(lin)]
 *     r11->lin == lin && fetch[bits 12..47 of lin] == r11->page
 *
 * Each jump has this for itself, so that the host predicts each for itself.
 */
static void find_jump(struct x64 *g, unsigned lin, unsigned way)
{
    struct emit *e = &g->e;
    emit_rm(e, 0x69, 4, HOST_R11, rm_reg(lin)); /* IMUL */
    emit_imm(e, JIT_JUMP_HASH, 4);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(HOST_R11), 32 - JIT_JUMP_BITS);
    emit_shift_imm(e, X86_SHL, 4, rm_reg(HOST_R11), 5);
    _Static_assert(sizeof(struct jit_jump) == 1 << 5, "the index's scale");
    emit_alu(e, X86_ADD, 8, HOST_R11, X64_REGS(jumps));
    emit_alu(e, X86_CMP, 8, lin, of_jump(offsetof(struct jit_jump, lin)));
    x64_unknown(g, emit_jcc(e, CC_NZ), way);
}

/* RIP of the page's byte 0 is in `page`: on to what was found. */
static void take_jump(struct x64 *g, unsigned page)
{
    struct rm entry = of_jump(offsetof(struct jit_jump, entry));
    emit_store(&g->e, 8, X64_REGS(rip_page), page);
    if (!g->expects) {
        emit_jmp_rm(&g->e, entry);
    } else {
        emit_call_rm(&g->e, entry);
        x64_come_back(g, g->expects);
    }
}

/* RIP is the linear address. */
static void by_cache_flat(struct x64 *g, unsigned way)
{
    find_jump(g, HOST_R13, way);
    if (g->buf->opt->flat)
        same_fetch(g, HOST_R13, way);
    else
        same_fetch_soft(g, way);
    emit_alu_imm(&g->e, X86_AND, 8, rm_reg(HOST_R13), -4096);
    take_jump(g, HOST_R13);
}

/* CS has a base or a limit: the page must lie within it as a whole. */
static void by_cache_in_segment(struct x64 *g, unsigned way)
{
    struct emit *e = &g->e;
    emit_mov(e, 4, HOST_R14, HOST_R13);
    emit_alu(e, X86_ADD, 4, HOST_R14, X64_CPU(seg[CS].base));
    find_jump(g, HOST_R14, way);
    same_fetch(g, HOST_R14, way);
    emit_load(e, 4, HOST_R14, of_jump(offsetof(struct jit_jump, lin)));
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_R14), 4095);
    emit_unary(e, X86_NEG, 8, rm_reg(HOST_R14));
    emit_alu(e, X86_ADD, 8, HOST_R14, rm_reg(HOST_R13));
    emit_alu(e, X86_CMP, 8, HOST_R14, X64_REGS(whole_below));
    x64_unknown(g, emit_jcc(e, CC_AE), way);
    take_jump(g, HOST_R14);
}

static void to_rip(struct x64 *g, unsigned way)
{
    if (g->ir->block->mode & BLOCK_CS_FLAT)
        by_cache_flat(g, way);
    else if (g->buf->opt->flat)
        by_cache_in_segment(g, way);
    else
        x64_unknown(g, emit_jmp(&g->e), way);
}

static void indirect(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    x64_copy(g, HOST_R13, op->a, 8);
    x64_swap_out(g);
    if (ir_is_return(&ir_insn(g->ir, g->insn)->in))
        x64_return(g, WAY_TAKEN);
    to_rip(g, WAY_TAKEN);
}

void x64_end(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    if (op->code == IR_STUBEND) {
        x64_stub_end(g, n);
        return;
    }
    x64_spill(g, g->live_in[n]);
    x64_units_note(g);
    switch (op->code) {
    case IR_JUMP:
        x64_swap_out(g);
        x64_leave_by(g, g->expects ? emit_call(&g->e) : emit_jmp(&g->e), op->write, op);
        if (g->expects)
            x64_come_back(g, g->expects);
        break;
    case IR_BRANCH: branch(g, n); break;
    default: indirect(g, n); break;
    }
}

/* --- aside --- */

void x64_slow(struct x64 *g, size_t site)
{
    if (g->count.site == X64_SITES) {
        g->failed = true;
        return;
    }
    g->site[g->count.site++] = (struct x64_site){(u32)site, (u8)g->insn};
    g->at[g->insn].slow = true;
}

static u32 slow_path(struct x64 *g, unsigned insn)
{
    const struct x64_insn *at = &g->at[insn];
    struct emit *e = &g->e;
    u32 path = (u32)e->at;
    x64_save_again(g, at->redo);
    x64_units_note_before(g, insn);
    if (!at->done) {
        jump_to_stub_end(g, insn);
        return path;
    }
    call_stub(g, insn);
    x64_units_again(g, insn);
    if (x64_group_left(g, insn + 1))
        return path;
    if (at->flags_host)
        x64_sahf(g);
    emit_jmp_to(e, at->done);
    return path;
}

static void slow_paths(struct x64 *g)
{
    u32 path[IR_INSNS];
    for (unsigned n = 0; n < g->ir->insns; n++)
        path[n] = g->at[n].slow ? slow_path(g, n) : 0;
    for (unsigned n = 0; n < g->count.site; n++)
        emit_patch(&g->e, g->site[n].at, path[g->site[n].insn]);
    for (; g->fixups_done < g->count.fixup; g->fixups_done++)
        g->fixup[g->fixups_done].to = path[g->fixup[g->fixups_done].to];
}

void x64_load_way(struct x64 *g, unsigned way)
{
    emit_mov_imm(&g->e, HOST_R11, (u64)(uintptr_t)&g->code->way[way]);
}

/*
 * What a GUARD leaves to its exit: the flags go to rax, and what isn't to run any more is given
 * back, together with what the code that the way goes to wants for itself: it is entered at its
 * body.
 *
 *     sub gs:[budget], cost - rest     ; not linked: 0 - rest
 *     js  refund                       ; the next instruction
 *     jmp body                         ; the next instruction
 */
static size_t exit_early(struct x64 *g, const struct x64_exit *x)
{
    struct emit *e = &g->e;
    g->flags = x->flags;
    x64_spill(g, IRF_ALL);
    x64_swap_out(g);
    emit_rm(e, X86_DIGIT | 0x81, 8, X86_SUB, X64_CPU(budget));
    size_t site = e->at;
    emit_imm(e, (u64) - (i64)x->rest, 4);
    size_t js = emit_jcc(e, CC_S);
    size_t jmp = emit_jmp(e);
    emit_patch(e, js, e->at);
    emit_patch(e, jmp, e->at);
    return site;
}

void x64_link_early(struct emit *e, size_t at, size_t target, const struct jit_way *way,
                    const struct jit_code *to)
{
    bool begin = to->block->two_pages; /* its look at the second page */
    e->at = at;
    emit_imm(e, (u64)((begin ? 0 : (i64)to->cost) - way->rest), 4);
    emit_patch(e, emit_jcc(e, CC_S), target + to->refund);
    emit_patch(e, emit_jmp(e), target + (begin ? 0 : to->body));
}

/* The way of x is not linked yet, or can't be. */
static void exit_way(struct x64 *g, const struct x64_exit *x)
{
    struct emit *e = &g->e;
    bool can_link = !g->plain && x64_linkable(g, x->imm, x->size);
    size_t site = x->rest ? exit_early(g, x) : x->at;
    if (!can_link) {
        emit_load(e, 8, HOST_R13, X64_REGS(rip_page));
        x64_rip(g, HOST_R13, x->imm, x->size);
        to_rip(g, x->way);
        return;
    }
    struct jit_way *way = &g->code->way[x->way];
    way->at = (u32)(site - (size_t)(g->code->entry - g->buf->rx));
    way->size = x->size;
    way->offset = (u16)x->imm;
    x64_load_way(g, x->way);
    emit_jmp_to(e, x64_thunk(g, THUNK_LINK));
}

/* exit_way() adds to the list. */
static void exits(struct x64 *g)
{
    struct emit *e = &g->e;
    for (unsigned n = 0; n < g->count.exit; n++) {
        const struct x64_exit x = g->exit[n];
        emit_patch(e, x.at, e->at);
        switch (x.kind) {
        case EXIT_WAY: exit_way(g, &x); break;
        case EXIT_BACK: x64_come_back(g, (unsigned)x.imm); break;
        default: x64_load_way(g, x.way); emit_jmp_to(e, x64_thunk(g, THUNK_UNKNOWN));
        }
    }
}

void x64_cold(struct x64 *g)
{
    x64_crossings_cold(g);
    x64_beside_cold(g);
    slow_paths(g);
    x64_units_cold(g);
    exits(g);
}
