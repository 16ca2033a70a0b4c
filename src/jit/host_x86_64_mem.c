/* SPDX-License-Identifier: MIT */
/* Guest memory: segments, the MMU's table, loads and stores. doc/jit.md has the sequence. */
#include "jit/host_x86_64.h"

/* --- the table --- */

/* The linear address in a register, which the caller must free if it is scratch. `own`: it is, and
 * may be changed. */
static unsigned address_reg(struct x64 *g, ir_ref ref, bool own)
{
    struct x64_val *v = &g->val[ref];
    const struct ir_op *op = &g->ir->op[ref];
    unsigned reg;
    if (v->kind == VAL_REG && v->left == 1) {
        v->kind = VAL_NONE; /* the register is the caller's */
        v->left = 0;
        return v->reg;
    }
    if (v->kind == VAL_EA && op->size == 8 && op->a && !op->b && !op->imm)
        v = &g->val[op->a];
    if (!own && g->code64 && v->kind == VAL_GPR && v->size == 8 &&
        x64_pinned(g, v->reg) != HOST_NONE) {
        reg = x64_pinned(g, v->reg);
    } else {
        reg = x64_scratch(g);
        x64_copy(g, reg, ref, g->code64 ? 8 : 4);
    }
    x64_used(g, ref);
    return reg;
}

/* The least 2^n - 1 that says whether an address is a multiple of size. */
static unsigned misaligned_bits(unsigned size)
{
    unsigned n = 1;
    while (n < size)
        n *= 2;
    return n - 1;
}

void x64_page_number(struct emit *e, unsigned reg, bool code64)
{
    if (code64)
        emit_shift_imm(e, X86_SHL, 8, rm_reg(reg), 16);
    emit_shift_imm(e, X86_SHR, 8, rm_reg(reg), code64 ? 16 + 12 : 12);
}

/* The number of the address' page; for writes the complement. */
static void table_index(struct x64 *g, unsigned dst, unsigned address, bool write)
{
    struct emit *e = &g->e;
    if (!g->code64) {
        emit_mov(e, 4, dst, address);
        emit_shift_imm(e, X86_SHR, 4, rm_reg(dst), 12);
    } else if (g->bmi2) { /* and so BMI1: BEXTR */
        emit_mov_imm(e, dst, 36 << 8 | 12);
        emit_vex(e, X86_0F38 | 0xf7, 8, dst, dst, rm_reg(address));
    } else {
        emit_mov(e, 8, dst, address);
        x64_page_number(e, dst, true);
    }
    if (write)
        emit_unary(e, X86_NOT, 8, rm_reg(dst));
}

/* CC_A: `size` bytes at `address` cross a page. */
static void page_end(struct emit *e, unsigned scratch, unsigned address, unsigned size)
{
    emit_mov(e, 4, scratch, address);
    emit_shift_imm(e, X86_SHL, 4, rm_reg(scratch), 20); /* the offset in the page is on top */
    emit_alu_imm(e, X86_CMP, 4, rm_reg(scratch), (i32)((4096 - size) << 20));
}

/* Aside, where unaligned accesses look whether they cross a page; on the way, if they are many. */
static void crossing(struct x64 *g, unsigned address, unsigned scratch, unsigned size)
{
    struct emit *e = &g->e;
    if (ir_insn(g->ir, g->insn)->unaligned >= X64_UNALIGNED) {
        page_end(e, scratch, address, size);
        x64_slow(g, emit_jcc(e, CC_A));
        return;
    }
    emit_test_imm(e, 1, rm_reg(address), (i32)misaligned_bits(size));
    size_t at = emit_jcc(e, CC_NZ);
    if (g->count.crossing == X64_FIXUPS) {
        g->failed = true;
        return;
    }
    g->crossing[g->count.crossing++] = (struct x64_crossing){.at = (u32)at,
                                                             .back = (u32)e->at,
                                                             .insn = (u8)g->insn,
                                                             .address = (u8)address,
                                                             .scratch = (u8)scratch,
                                                             .size = (u8)size};
    g->at[g->insn].slow = true;
}

/* An unaligned access that stays on its page goes back. It is counted, for the next translation. */
void x64_crossings_cold(struct x64 *g)
{
    struct emit *e = &g->e;
    for (unsigned n = 0; n < g->count.crossing; n++) {
        const struct x64_crossing *x = &g->crossing[n];
        emit_patch(e, x->at, e->at);
        emit_mov_imm(e, x->scratch, (u64)(uintptr_t)&ir_insn(g->ir, x->insn)->unaligned);
        emit_alu_imm(e, X86_ADD, 2, rm_mem(x->scratch, HOST_NONE, 0), 1);
        page_end(e, x->scratch, x->address, x->size);
        g->insn = x->insn;
        x64_slow(g, emit_jcc(e, CC_A));
        emit_jmp_to(e, x->back);
    }
}

/* dst: the addend of the address' page. What comes back: where the rel32 is of a jump that is taken
 * if there is none. */
static size_t table_addend(struct x64 *g, unsigned dst, unsigned address, bool write)
{
    struct emit *e = &g->e;
    table_index(g, dst, address, write);
    struct rm entry = rm_mem(X64_TABLE, dst, 0);
    entry.scale = 3;
    emit_load(e, 8, dst, entry);
    emit_test(e, 8, rm_reg(dst), dst);
    return emit_jcc(e, CC_Z);
}

static void aligned(struct x64 *g, unsigned address, unsigned size)
{
    emit_test_imm(&g->e, 1, rm_reg(address), (i32)misaligned_bits(size));
    x64_slow(g, emit_jcc(&g->e, CC_NZ));
}

/* entry: the offset in the soft TLB, r15, of the address' entry. */
static void soft_entry(struct emit *e, unsigned entry, unsigned address)
{
    _Static_assert(sizeof(struct mmu_soft) == 1 << 5, "the index's scale");
    emit_mov(e, 4, entry, address);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(entry), 12 - 5);
    emit_alu_imm(e, X86_AND, 4, rm_reg(entry), (MMU_SOFT_ENTRIES - 1) << 5);
}

static size_t soft_tag(bool write)
{
    return write ? offsetof(struct mmu_soft, write) : offsetof(struct mmu_soft, read);
}

/* By the soft TLB. */
static struct rm probe_soft(struct x64 *g, const struct x64_access *a)
{
    struct emit *e = &g->e;
    unsigned at = address_reg(g, a->addr, true);
    unsigned entry = x64_scratch(g);
    struct rm tag = rm_mem(X64_TABLE, entry, (i32)soft_tag(a->write));
    if (a->align)
        aligned(g, at, a->size);
    soft_entry(e, entry, at);
    emit_alu(e, X86_SUB, 8, at, tag);
    emit_alu_imm(e, X86_CMP, 8, rm_reg(at), 4096 - (i32)a->size);
    x64_slow(g, emit_jcc(e, CC_A));
    size_t base = offsetof(struct mmu_soft, host);
    if (a->linear) {
        emit_alu(e, X86_ADD, 8, at, tag);
        base = offsetof(struct mmu_soft, addend);
    }
    emit_load(e, 8, entry, rm_mem(X64_TABLE, entry, (i32)base));
    return rm_mem(entry, at, 0);
}

/* The same for the bytes of a group. */
static void span_soft(struct x64 *g, const struct x64_span *s)
{
    struct emit *e = &g->e;
    unsigned entry = x64_scratch(g);
    soft_entry(e, entry, s->reg);
    emit_alu(e, X86_SUB, 8, s->reg, rm_mem(X64_TABLE, entry, (i32)soft_tag(s->write)));
    emit_alu_imm(e, X86_CMP, 8, rm_reg(s->reg), 4096 - (i32)s->bytes);
    x64_plain_from(g, emit_jcc(e, CC_A));
    emit_alu(e, X86_ADD, 8, s->reg, rm_mem(X64_TABLE, entry, offsetof(struct mmu_soft, host)));
    x64_free(g, entry);
}

void x64_probe_span(struct x64 *g, const struct x64_span *s)
{
    struct emit *e = &g->e;
    if (!g->buf->opt->flat) {
        span_soft(g, s);
        return;
    }
    unsigned addend = x64_scratch(g);
    page_end(e, addend, s->reg, s->bytes);
    x64_plain_from(g, emit_jcc(e, CC_A));
    x64_plain_from(g, table_addend(g, addend, s->reg, s->write));
    emit_alu(e, X86_ADD, 8, s->reg, rm_reg(addend));
    x64_free(g, addend);
}

struct rm x64_probe(struct x64 *g, unsigned n, const struct x64_access *a)
{
    struct rm member;
    if (x64_grouped(g, n, a, &member))
        return member;
    x64_set_aside(g, n);
    if (!g->buf->opt->flat)
        return probe_soft(g, a);
    unsigned address = address_reg(g, a->addr, false);
    unsigned addend = x64_scratch(g);
    if (a->size > 1) {
        if (a->align)
            aligned(g, address, a->size);
        else
            crossing(g, address, addend, a->size);
    }
    size_t miss = table_addend(g, addend, address, a->write);
    if (a->write)
        x64_beside(g, miss,
                   &(struct x64_beside){
                       .address = (u8)address, .addend = (u8)addend, .size = (u8)a->size});
    else
        x64_slow(g, miss);
    return rm_mem(addend, address, 0);
}

void x64_fixup(struct x64 *g, struct rm rm)
{
    if (!g->code64 || rm.kind != RM_MEM || x64_is_checked(g, rm) || !g->buf->opt->flat)
        return; /* 32-bit addresses are all canonical; the soft TLB knows no other */
    if (g->count.fixup == X64_FIXUPS) {
        g->failed = true;
        return;
    }
    g->fixup[g->count.fixup++] = (struct jit_fixup){(u32)g->e.at, g->insn};
    g->at[g->insn].slow = true;
}

/* --- operations --- */

/* A load may be left to its user if that comes next and takes it from memory. */
static bool can_fold(const struct x64 *g, unsigned n)
{
    unsigned m = x64_only_user(g, n);
    if (!m || ir_is(&g->ir->op[m], IR_SLOW))
        return false;
    for (unsigned k = n + 1; k < m; k++)
        if (!x64_is_later(&g->ir->op[k]) && g->ir->op[k].code != IR_COND)
            return false;
    return true;
}

static void load(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct x64_access a = {.addr = op->a, .size = op->size};
    struct x64_val *v = &g->val[n];
    unsigned reg = op->size < 4 ? HOST_NONE : x64_target(g, n, op->size);
    struct rm rm = x64_probe(g, n, &a);
    if (can_fold(g, n)) {
        v->kind = VAL_MEM;
        v->rm = rm;
        return;
    }
    x64_free_rm(g, rm);
    if (reg == HOST_NONE)
        reg = x64_scratch(g);
    x64_fixup(g, rm);
    emit_load(&g->e, op->size, reg, rm);
    x64_result(g, n, reg);
}

/* The instruction changes guest register in host register reg, from operation n on. */
static bool changes(const struct x64 *g, unsigned reg, unsigned n)
{
    for (unsigned k = n; k <= g->last; k++) {
        const struct ir_op *op = &g->ir->op[k];
        if ((op->code == IR_PUT || op->code == IR_PUTH) && x64_pinned(g, op->reg) == reg)
            return true;
    }
    return false;
}

/* What LDW n has read is used again after its STW: the old value. */
static bool read_after_write(const struct x64 *g, unsigned n)
{
    bool written = false;
    for (unsigned k = n + 1; k <= g->last; k++) {
        const struct ir_op *op = &g->ir->op[k];
        if (op->code == IR_STW && op->a == n)
            written = true;
        else if (written && (op->a == n || op->b == n || op->c == n))
            return true;
    }
    return false;
}

/* Its address serves STW, too. */
static void load_to_write(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct x64_access a = {.addr = op->a, .size = op->size, .write = true};
    struct rm rm = x64_probe(g, n, &a);
    if (rm.index != HOST_NONE && (op->uses > 2 || changes(g, rm.index, n))) {
        emit_alu(&g->e, X86_ADD, 8, rm.base, rm_reg(rm.index));
        x64_free(g, rm.index);
        rm.index = HOST_NONE;
    }
    g->val[n].kind = VAL_MEM;
    g->val[n].rm = rm;
    if (read_after_write(g, n))
        x64_settle(g, (ir_ref)n);
}

static void store_to(struct x64 *g, ir_ref ref, unsigned size, struct rm rm)
{
    i32 imm;
    if (x64_imm(g, ref, size, &imm)) {
        x64_fixup(g, rm);
        emit_store_imm(&g->e, size, rm, imm);
    } else {
        unsigned reg = x64_in_reg(g, ref, size);
        x64_fixup(g, rm);
        emit_store(&g->e, size, rm, reg);
    }
    x64_used(g, ref);
}

static void store(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct x64_access a = {.addr = op->a, .size = op->size, .write = true};
    struct rm rm = x64_probe(g, n, &a);
    x64_make_room(g, op->b, &rm);
    store_to(g, op->b, op->size, rm);
    x64_free_rm(g, rm);
}

/* To where LDW has read; x64_place() may have had the operation before do it. */
static void store_back(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    if (g->val[op->b].kind == VAL_DONE)
        x64_used(g, op->b);
    else
        store_to(g, op->b, op->size, g->val[op->a].rm);
    x64_used(g, op->a);
}

static void segment(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    x64_set_aside(g, n);
    unsigned reg = x64_scratch(g);
    x64_copy(g, reg, op->a, g->code64 ? 8 : 4);
    x64_used(g, op->a);
    if (!g->code64) {
        unsigned end = x64_scratch(g);
        emit_lea(e, 8, end, rm_mem(reg, HOST_NONE, op->size));
        emit_alu(e, X86_CMP, 8, end,
                 op->write ? X64_CPU(seg[op->reg].wlimit) : X64_CPU(seg[op->reg].rlimit));
        x64_slow(g, emit_jcc(e, CC_A));
        x64_free(g, end);
    }
    emit_alu(e, X86_ADD, g->code64 ? 8 : 4, reg, X64_CPU(seg[op->reg].base));
    x64_result(g, n, reg);
}

void x64_memory(struct x64 *g, unsigned n)
{
    switch (g->ir->op[n].code) {
    case IR_SEG: segment(g, n); break;
    case IR_LD: load(g, n); break;
    case IR_LDW: load_to_write(g, n); break;
    case IR_ST: store(g, n); break;
    default: store_back(g, n); break;
    }
}
