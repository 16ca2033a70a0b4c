/* SPDX-License-Identifier: MIT */
/*
 * The backend for x86-64 hosts: a block's frame, links, entry. What is inside a block is made by
 * the other host_x86_64_*.c, see host_x86_64.h.
 *
 *     entry:   sub gs:[budget], cost ; overwritten by kill: jmp dead
 *              js  refund
 *     body:    dec [runs]            ; if somebody counts; by kill: jmp refund
 *              js  hot
 *              ...
 *     cold:    slow paths, crossings, unlinked exits
 *     refund:  add gs:[budget], cost
 *     dead:    RIP = here; leave
 *     hot:     add gs:[budget], cost
 *              RIP = here; leave
 */
#include "jit/host_x86_64.h"

#include <asm/hwcap2.h>
#include <asm/prctl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool init(struct jit_buffer *buf, const struct jit_options *opt)
{
    buf->opt = opt;
    x64_ask_host(buf);
    return x64_thunks(buf);
}

/* --- one operation, one guest instruction --- */

static void host_op(struct x64 *g, unsigned n)
{
    if (!x64_host_op(g, n))
        g->failed = true;
}

static void constant(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    g->val[n].kind = VAL_CONST;
    g->val[n].imm = op->imm;
}

static void get(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    g->val[n].kind = VAL_GPR;
    g->val[n].reg = op->reg;
}

static void later(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    g->val[n].kind = op->code == IR_RIP ? VAL_RIP : VAL_EA;
    g->val[n].imm = op->imm;
}

typedef void tile_fn(struct x64 *g, unsigned n);

static tile_fn *const tiles[IR_COUNT] = {
    [IR_CONST] = constant,    [IR_GET] = get,           [IR_GETH] = x64_move,
    [IR_PUT] = x64_move,      [IR_PUTH] = x64_move,     [IR_RIP] = later,
    [IR_EA] = later,          [IR_SEG] = x64_memory,    [IR_LD] = x64_memory,
    [IR_ST] = x64_memory,     [IR_LDW] = x64_memory,    [IR_STW] = x64_memory,
    [IR_ADD] = x64_alu,       [IR_SUB] = x64_alu,       [IR_ADC] = x64_alu,
    [IR_SBB] = x64_alu,       [IR_ADO] = x64_alu,       [IR_AND] = x64_alu,
    [IR_OR] = x64_alu,        [IR_XOR] = x64_alu,       [IR_NOT] = x64_alu,
    [IR_SHL] = x64_shift,     [IR_SHR] = x64_shift,     [IR_SAR] = x64_shift,
    [IR_ROL] = x64_shift,     [IR_ROR] = x64_shift,     [IR_RCL] = x64_shift,
    [IR_RCR] = x64_shift,     [IR_SHLD] = x64_shift,    [IR_SHRD] = x64_shift,
    [IR_BTS] = x64_flag_op,   [IR_BTR] = x64_flag_op,   [IR_BTC] = x64_flag_op,
    [IR_MUL] = x64_multiply,  [IR_MULU] = x64_multiply, [IR_MULS] = x64_multiply,
    [IR_HIGH] = x64_multiply, [IR_DIVU] = x64_multiply, [IR_DIVS] = x64_multiply,
    [IR_REM] = x64_multiply,  [IR_SELECT] = x64_move,   [IR_EQ] = x64_move,
    [IR_LTU] = x64_move,      [IR_ZX] = x64_move,       [IR_SX] = x64_move,
    [IR_BSWAP] = x64_move,    [IR_CTZ] = x64_move,      [IR_CLZ] = x64_move,
    [IR_POPCNT] = x64_move,   [IR_PDEP] = x64_move,     [IR_PEXT] = x64_move,
    [IR_CRC32] = x64_move,    [IR_BITCF] = x64_flag_op, [IR_COND] = x64_flag_op,
    [IR_GETF] = x64_flag_op,  [IR_PUTF] = x64_flag_op,  [IR_FLAGR] = x64_flag_op,
    [IR_GETDF] = x64_flag_op, [IR_PUTDF] = x64_flag_op, [IR_HOST] = host_op,
    [IR_CHECK] = x64_check,   [IR_GETE] = x64_system,   [IR_PUTE] = x64_system,
    [IR_GETSEL] = x64_system, [IR_GETTSC] = x64_system, [IR_GETAUX] = x64_system,
    [IR_PAUSE] = x64_system,  [IR_SWAPGS] = x64_system, [IR_STUB] = x64_stub,
    [IR_CALL] = x64_call,     [IR_STUBEND] = x64_end,   [IR_JUMP] = x64_end,
    [IR_BRANCH] = x64_end,    [IR_JUMPI] = x64_end,     [IR_GUARD] = x64_guard,
    [IR_EXPECT] = x64_expect,
};

static void operation(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    tile_fn *tile = tiles[op->code];
    if (tile)
        tile(g, n);
    else
        g->failed = true;
}

/* What emitting a guest instruction changes, to be taken back. */
struct mark {
    size_t at;
    struct x64_flags flags;
    struct x64_units units;
    struct x64_counts count;
};

static struct mark mark(const struct x64 *g)
{
    return (struct mark){g->e.at, g->flags, g->units, g->count};
}

static void take_back(struct x64 *g, const struct mark *m)
{
    g->e.at = m->at;
    g->flags = m->flags;
    g->units = m->units;
    g->count = m->count;
    g->at[g->insn].slow = g->at[g->insn].leads = false;
    g->at[g->insn].redo = 0;
    g->scratch = 0;
    g->expects = 0;
    g->failed = false;
}

/* An end of the block that is a guest instruction's own, not just the block's last byte. */
static bool own_end(const struct ir_op *op)
{
    return op->code == IR_GUARD ||
           (ir_is(op, IR_END) && !(op->code == IR_JUMP && op->write == WAY_NEXT));
}

static void operations(struct x64 *g, unsigned first, unsigned last)
{
    const struct ir_op *op = g->ir->op;
    g->scratch = g->reserved;
    for (unsigned n = first; n <= g->last; n++)
        g->val[n] = (struct x64_val){.size = op[n].size, .left = op[n].uses};
    for (unsigned n = first; n <= last && !g->failed; n++)
        operation(g, n);
}

void x64_instruction(struct x64 *g, unsigned first, unsigned last)
{
    const struct ir_op *op = g->ir->op;
    bool ends = own_end(&op[last]);
    unsigned body = ir_is(&op[last], IR_END) && !ends ? last - 1 : last;
    struct mark m = mark(g);
    g->insn = op[first].insn;
    g->first = first;
    g->last = last;
    g->expects = 0;
    g->failed = false;
    struct x64_insn *at = &g->at[g->insn];
    *at = (struct x64_insn){.before = g->units, .first = (u16)first, .last = (u16)last};
    x64_groups_begin(g);
    operations(g, first, body);
    while (g->failed && x64_groups_drop(g)) {
        take_back(g, &m);
        operations(g, first, body);
    }
    if (g->failed) {
        take_back(g, &m);
        jit_no_tile(g->ir, g->insn);
        if (ends)
            x64_stub_end(g, first);
        else
            x64_stub(g, first);
    }
    at->after = (u32)g->e.at;
    at->done = ends ? 0 : at->after;
    at->flags_host = g->flags.host_ok;
    at->units = g->units.taken;
    x64_groups_end(g);
    if (body != last && !g->plain)
        operation(g, last);
}

/* --- a block --- */

static void body(struct x64 *g)
{
    const struct ir *ir = g->ir;
    for (unsigned first = 1; first <= ir->count;) {
        unsigned last = first;
        while (last < ir->count && ir->op[last + 1].insn == ir->op[first].insn)
            last++;
        x64_instruction(g, first, last);
        first = last + 1;
    }
}

static void budget(struct x64 *g, enum x86_alu op)
{
    emit_alu_imm(&g->e, op, 8, X64_CPU(budget), (i32)g->code->cost);
}

/* The code doesn't begin. */
static void leave_here(struct x64 *g, enum jit_leave why)
{
    struct emit *e = &g->e;
    emit_mov_imm(e, HOST_R13, why);
    emit_mov_imm(e, HOST_R11, (u64)(uintptr_t)g->code->way);
    emit_jmp_to(e, x64_thunk(g, THUNK_HERE));
}

/* The offset, seen from the code, of what may be written. */
static size_t offset_of_word(const struct x64 *g, const i32 *word)
{
    return (size_t)((const u8 *)word - g->buf->rx);
}

/* The page after that of a block on two is still fetched from where it was: the jump just emitted
 * is for when it isn't. 0: no need, only the run loop comes here. */
static size_t second_page(struct x64 *g)
{
    const struct block *b = g->ir->block;
    struct emit *e = &g->e;
    if (!jit_has_second_check(b, g->buf->opt))
        return 0;
    emit_load(e, 8, HOST_R13, X64_REGS(rip_page));
    emit_lea(e, g->code64 ? 8 : 4, HOST_R13, rm_mem(HOST_R13, HOST_NONE, 4096));
    x64_page_number(e, HOST_R13, g->code64);
    emit_load(e, 8, HOST_R11, X64_CPU(mmu.fetch));
    struct rm word = rm_mem(HOST_R11, HOST_R13, 0);
    word.scale = 3;
    emit_mov_imm(e, HOST_R14, mmu_fetch_word(b->phys2));
    emit_alu(e, X86_CMP, 8, HOST_R14, word);
    return emit_jcc(e, CC_NZ);
}

static void entry_and_body(struct x64 *g)
{
    struct emit *e = &g->e;
    size_t entry = e->at, hot = 0;
    size_t elsewhere = second_page(g);
    budget(g, X86_SUB);
    size_t short_of = emit_jcc(e, CC_S);
    g->code->body = (u32)(e->at - entry);
    if (g->code->runs) {
        emit_rm(e, X86_DIGIT | 0xff, 4, 1, rm_at(offset_of_word(g, g->code->runs))); /* dec */
        hot = emit_jcc(e, CC_S);
    }
    x64_swap_in(g);
    x64_units_want(g, 1);
    body(g);
    g->code->straight = (u32)(e->at - entry);
    x64_cold(g);
    emit_patch(e, short_of, e->at);
    g->code->refund = (u32)(e->at - entry);
    budget(g, X86_ADD);
    g->code->dead = (u32)(e->at - entry);
    if (elsewhere)
        emit_patch(e, elsewhere, e->at);
    leave_here(g, LEAVE_BUDGET);
    if (!hot)
        return;
    emit_patch(e, hot, e->at);
    budget(g, X86_ADD);
    leave_here(g, LEAVE_HOT);
}

/* The fixups lie behind the code. */
static void put_fixups(struct x64 *g, size_t entry)
{
    struct emit *e = &g->e;
    while (e->at % 8 && !e->full)
        emit_byte(e, 0xcc);
    size_t bytes = g->count.fixup * sizeof(struct jit_fixup);
    if (e->full || e->end - e->at < bytes) {
        e->full = true;
        return;
    }
    for (unsigned n = 0; n < g->count.fixup; n++) {
        g->fixup[n].at -= (u32)entry;
        g->fixup[n].to -= (u32)entry;
    }
    memcpy(e->base + e->at, g->fixup, bytes);
    g->code->fixups = (const struct jit_fixup *)(const void *)(g->buf->rx + e->at);
    g->code->fixup_count = g->count.fixup;
    e->at += bytes;
}

static void attempt(struct x64 *g, size_t entry, u64 dropped)
{
    g->e.at = entry;
    g->flags = X64_AT_ENTRY;
    g->units = (struct x64_units){0};
    g->count = (struct x64_counts){0};
    g->fixups_done = g->next_group = 0;
    g->dropped = dropped;
    g->plain = false;
    memset(g->holds, 0, sizeof g->holds);
    memset(g->at, 0, g->ir->insns * sizeof *g->at); /* not all have operations */
    g->code->stubs = 0;
    entry_and_body(g);
}

static void translate(struct x64 *g, size_t entry)
{
    x64_liveness(g);
    x64_swaps(g);
    attempt(g, entry, 0);
    if (!x64_plain(g))
        attempt(g, entry, ~(u64)0);
}

static bool compile(struct jit_buffer *buf, const struct ir *ir, struct jit_code *code)
{
    size_t entry = align_up(buf->used, 16);
    struct x64 *g = malloc(sizeof *g);
    if (!g || entry >= buf->size) {
        free(g);
        return false;
    }
    g->e = (struct emit){.base = buf->rw, .at = entry, .end = buf->size};
    g->buf = buf;
    g->ir = ir;
    g->code = code;
    g->code64 = (ir->block->mode & BLOCK_CODE_MASK) == BLOCK_CODE64;
    g->bmi2 = !buf->opt->baseline && x64_has_bmi2();
    code->entry = buf->rx + entry;
    translate(g, entry);
    code->bytes = (u32)(g->e.at - entry);
    put_fixups(g, entry);
    bool fits = !g->e.full;
    if (fits)
        buf->used = g->e.at;
    free(g);
    return fits;
}

/* --- between blocks --- */

static size_t offset_of(const struct jit_buffer *buf, const struct jit_code *code)
{
    return (size_t)(code->entry - buf->rx);
}

static void link_way(struct jit_buffer *buf, const struct jit_way *way, const struct jit_code *to)
{
    struct emit e = {.base = buf->rw, .end = buf->size};
    size_t at = offset_of(buf, way->from) + way->at;
    if (way->rest)
        x64_link_early(&e, at, offset_of(buf, to), way, to);
    else
        emit_patch(&e, at, offset_of(buf, to));
}

static void kill_code(struct jit_buffer *buf, struct jit_code *code)
{
    size_t entry = offset_of(buf, code);
    struct emit e = {.base = buf->rw, .at = entry, .end = buf->size};
    emit_jmp_to(&e, entry + code->dead);
    e.at = entry + code->body;
    emit_jmp_to(&e, entry + code->refund);
}

/* --- from C --- */

static void set_gs(struct cpu *c)
{
    u64 now, want = (u64)(uintptr_t)c;
    if (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) {
        __asm__ volatile("rdgsbase %0" : "=r"(now));
        if (now != want)
            __asm__ volatile("wrgsbase %0" : : "r"(want));
        return;
    }
    syscall(SYS_arch_prctl, ARCH_SET_GS, want);
}

static void enter(const struct jit_buffer *buf, struct cpu *c, const struct jit_code *code)
{
    void (*thunk)(struct cpu *, const u8 *) = (void (*)(struct cpu *, const u8 *))(
                                                  uintptr_t)buf->thunk[THUNK_ENTER];
    set_gs(c);
    jit_regs(c)->self = c;
    jit_regs(c)->returns = (u64)(uintptr_t)buf->thunk[THUNK_UNKNOWN];
    thunk(c, code->entry);
}

const struct host host_x86_64 = {
    .name = "x86-64",
    .groups = X64_GROUPS,
    .init = init,
    .compile = compile,
    .enter = enter,
    .link = link_way,
    .kill = kill_code,
};
