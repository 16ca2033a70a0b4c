/* SPDX-License-Identifier: MIT */
/* Values of a guest instruction: where they are, and how they become operands. */
#include "jit/host_x86_64.h"

/* RAX is the flags, R12..R15 have other work: doc/jit.md. */
unsigned x64_home(unsigned gpr)
{
    static const u8 pinned[GPR_COUNT] = {
        [RAX] = HOST_R10,       [RCX] = HOST_RCX,       [RDX] = HOST_RDX,  [RBX] = HOST_RBX,
        [RSP] = HOST_R12,       [RBP] = HOST_RBP,       [RSI] = HOST_RSI,  [RDI] = HOST_RDI,
        [R8] = HOST_R8,         [R9] = HOST_R9,         [R10] = HOST_NONE, [R11] = HOST_NONE,
        [R12] = HOST_NONE,      [R13] = HOST_NONE,      [R14] = HOST_NONE, [R15] = HOST_NONE,
        [GPR_BASE] = HOST_NONE, [GPR_ZERO] = HOST_NONE,
    };
    return pinned[gpr];
}

unsigned x64_pinned(const struct x64 *g, unsigned gpr)
{
    return g->pinned[gpr];
}

/* --- scratch registers --- */

#define SCRATCHES (1u << HOST_R11 | 1u << HOST_R13 | 1u << HOST_R14)

static bool is_scratch(unsigned reg)
{
    return SCRATCHES >> reg & 1;
}

unsigned x64_scratch(struct x64 *g)
{
    unsigned free = SCRATCHES & ~(unsigned)g->scratch;
    if (!free) {
        g->failed = true;
        return HOST_R11;
    }
    g->scratch |= (u16)(free & -free);
    return (unsigned)__builtin_ctz(free);
}

void x64_free(struct x64 *g, unsigned reg)
{
    if (is_scratch(reg))
        g->scratch &= (u16) ~(1u << reg & ~g->reserved);
}

void x64_free_rm(struct x64 *g, struct rm rm)
{
    if (rm.kind == RM_GS || rm.kind == RM_AT)
        return;
    x64_free(g, rm.base);
    if (rm.index != HOST_NONE)
        x64_free(g, rm.index);
}

void x64_make_room(struct x64 *g, ir_ref ref, struct rm *rm)
{
    const struct x64_val *v = &g->val[ref];
    bool in_register = v->kind == VAL_REG ||
                       (v->kind == VAL_GPR && x64_pinned(g, v->reg) != HOST_NONE);
    bool full = g->scratch == SCRATCHES;
    if (in_register || v->kind == VAL_CONST || !full || !is_scratch(rm->index))
        return;
    emit_alu(&g->e, X86_ADD, 8, rm->base, rm_reg(rm->index));
    x64_free(g, rm->index);
    rm->index = HOST_NONE;
}

static void release(struct x64 *g, ir_ref ref)
{
    struct x64_val *v = &g->val[ref];
    const struct ir_op *op = &g->ir->op[ref];
    switch (v->kind) {
    case VAL_REG:
        x64_free(g, v->reg);
        if (v->rm.kind == RM_MEM)
            x64_free_rm(g, v->rm);
        break;
    case VAL_MEM: x64_free_rm(g, v->rm); break;
    case VAL_EA:
        if (op->a)
            x64_used(g, op->a);
        if (op->b)
            x64_used(g, op->b);
        break;
    default: break;
    }
    v->kind = VAL_NONE;
}

void x64_used(struct x64 *g, ir_ref ref)
{
    struct x64_val *v = &g->val[ref];
    if (v->left && --v->left == 0)
        release(g, ref);
}

/* --- values that are still to be computed --- */

/* A part of an address in a register: its own, or `spare`, or another scratch one, which is then
 * `held`. */
static unsigned part(struct x64 *g, ir_ref ref, unsigned size, unsigned spare, unsigned *held)
{
    const struct x64_val *v = &g->val[ref];
    if (v->kind == VAL_REG)
        return v->reg;
    if (v->kind == VAL_GPR && v->size >= size && x64_pinned(g, v->reg) != HOST_NONE)
        return x64_pinned(g, v->reg);
    if (spare == HOST_NONE)
        spare = *held = x64_scratch(g);
    x64_copy(g, spare, ref, size);
    return spare;
}

static bool in_register(const struct x64 *g, ir_ref ref, unsigned reg)
{
    return ref && g->val[ref].kind == VAL_REG && g->val[ref].reg == reg;
}

/* EA, `want` bytes of it: dst may be a register of the address, too. */
static void address(struct x64 *g, unsigned dst, ir_ref ref, unsigned want)
{
    const struct ir_op *op = &g->ir->op[ref];
    struct emit *e = &g->e;
    unsigned size = op->size == 8 && want == 8 ? 8 : 4; /* 2: the rest is cut off at the end */
    unsigned held[3] = {HOST_NONE, HOST_NONE, HOST_NONE};
    bool own = is_scratch(dst) && !in_register(g, op->a, dst) && !in_register(g, op->b, dst);
    unsigned spare = own ? dst : HOST_NONE;
    struct rm rm = rm_mem(HOST_NONE, HOST_NONE, fits_i32(op->imm) ? (i32)op->imm : 0);
    if (op->a) {
        rm.base = (u8)part(g, op->a, op->size, spare, &held[0]);
        if (rm.base == spare)
            spare = HOST_NONE;
    }
    if (op->b) {
        rm.index = (u8)part(g, op->b, op->size, spare, &held[1]);
        rm.scale = op->scale;
    }
    if (!op->a && !op->b) {
        emit_mov_imm(e, dst, zext((u64)op->imm, op->size));
        return;
    }
    if (!fits_i32(op->imm) && op->a && op->b) {
        held[2] = x64_scratch(g);
        emit_lea(e, size, held[2], rm);
        rm = rm_mem(held[2], HOST_NONE, 0);
    }
    if (!fits_i32(op->imm)) {
        unsigned t = x64_scratch(g);
        emit_mov_imm(e, t, (u64)op->imm);
        if (rm.base == HOST_NONE)
            rm.base = (u8)t;
        else
            rm.index = (u8)t;
        emit_lea(e, size, dst, rm);
        x64_free(g, t);
    } else if (rm.index == HOST_NONE && !rm.disp) {
        emit_mov(e, size, dst, rm.base);
    } else {
        emit_lea(e, size, dst, rm);
    }
    for (unsigned n = 0; n < 3; n++)
        if (held[n] != HOST_NONE)
            x64_free(g, held[n]);
    if (op->size == 2)
        emit_load(e, 2, dst, rm_reg(dst));
}

static void page_rip(struct x64 *g, unsigned dst, const struct x64_val *v, unsigned want)
{
    emit_load(&g->e, 8, dst, X64_REGS(rip_page));
    x64_rip(g, dst, v->imm, want < v->size ? 4 : v->size);
}

void x64_copy(struct x64 *g, unsigned dst, ir_ref ref, unsigned size)
{
    const struct x64_val *v = &g->val[ref];
    struct emit *e = &g->e;
    unsigned bytes = v->size < size ? v->size : size;
    unsigned host;
    switch (v->kind) {
    case VAL_CONST: emit_mov_imm(e, dst, zext((u64)v->imm, size)); break;
    case VAL_GPR:
        host = x64_pinned(g, v->reg);
        emit_load(e, bytes, dst, host == HOST_NONE ? X64_CPU(gpr[v->reg]) : rm_reg(host));
        break;
    case VAL_REG:
        if (size < 4)
            emit_load(e, size, dst, rm_reg(v->reg));
        else if (dst != v->reg)
            emit_mov(e, size, dst, v->reg);
        break;
    case VAL_MEM:
        x64_fixup(g, v->rm);
        emit_load(e, bytes, dst, v->rm);
        break;
    case VAL_EA: address(g, dst, ref, size); break;
    case VAL_RIP: page_rip(g, dst, v, size); break;
    case VAL_FLAG:
    case VAL_TEST:
        emit_setcc(e, x64_flag(g, v), rm_reg(dst));
        emit_load(e, 1, dst, rm_reg(dst));
        break;
    default: g->failed = true; break;
    }
}

/* --- operands --- */

/* A value that isn't there yet goes to a scratch register, for all its users. STW needs the
 * address still. */
static void settle(struct x64 *g, ir_ref ref)
{
    struct x64_val *v = &g->val[ref];
    u16 left = v->left;
    bool keep = g->ir->op[ref].code == IR_LDW;
    if (v->kind == VAL_MEM && !keep)
        x64_free_rm(g, v->rm); /* what its address is in serves well */
    unsigned reg = x64_scratch(g);
    x64_copy(g, reg, ref, 8);
    if (v->kind == VAL_EA)
        release(g, ref);
    if (!keep)
        v->rm = rm_reg(reg);
    v->kind = VAL_REG;
    v->reg = (u8)reg;
    v->left = left;
}

void x64_settle(struct x64 *g, ir_ref ref)
{
    if (g->val[ref].kind != VAL_REG)
        settle(g, ref);
}

struct rm x64_rm(struct x64 *g, ir_ref ref, unsigned size)
{
    const struct x64_val *v = &g->val[ref];
    if (v->kind == VAL_GPR && v->size >= size) {
        unsigned host = x64_pinned(g, v->reg);
        return host == HOST_NONE ? X64_CPU(gpr[v->reg]) : rm_reg(host);
    }
    if (v->kind == VAL_MEM && v->size >= size)
        return v->rm;
    if (v->kind != VAL_REG)
        settle(g, ref);
    return rm_reg(v->reg);
}

unsigned x64_in_reg(struct x64 *g, ir_ref ref, unsigned size)
{
    struct rm rm = x64_rm(g, ref, size);
    if (rm.kind == RM_REG)
        return rm.base;
    settle(g, ref);
    return g->val[ref].reg;
}

bool x64_imm(const struct x64 *g, ir_ref ref, unsigned size, i32 *v)
{
    const struct x64_val *val = &g->val[ref];
    if (val->kind != VAL_CONST)
        return false;
    i64 imm = sext((u64)val->imm, size);
    *v = (i32)imm;
    return fits_i32(imm);
}

/* --- results --- */

unsigned x64_only_user(const struct x64 *g, unsigned n)
{
    const struct ir_op *op = g->ir->op;
    if (op[n].uses != 1)
        return 0;
    for (unsigned m = n + 1; m <= g->last; m++)
        if (op[m].a == n || op[m].b == n || op[m].c == n)
            return m;
    return 0;
}

bool x64_is_later(const struct ir_op *op)
{
    return op->code == IR_GET || op->code == IR_CONST || op->code == IR_RIP || op->code == IR_EA;
}

bool x64_is_next(const struct x64 *g, unsigned n)
{
    unsigned m = x64_only_user(g, n);
    if (!m)
        return false;
    for (unsigned k = n + 1; k < m; k++)
        if (!x64_is_later(&g->ir->op[k]))
            return false;
    return true;
}

/* How many uses of ref are operation n's. */
static unsigned uses_by(const struct ir_op *op, ir_ref ref)
{
    return (unsigned)(op->a == ref) + (op->b == ref) + (op->c == ref);
}

bool x64_is_free(const struct x64 *g, unsigned gpr, unsigned n, unsigned m)
{
    for (unsigned k = g->first; k < n; k++)
        if (g->val[k].kind == VAL_GPR && g->val[k].reg == gpr &&
            g->val[k].left > uses_by(&g->ir->op[n], (ir_ref)k))
            return false;
    for (unsigned k = n + 1; k < m; k++) {
        const struct ir_op *op = &g->ir->op[k];
        bool reads = op->code == IR_GET || op->code == IR_GETH;
        bool writes = op->code == IR_PUT || op->code == IR_PUTH;
        if (ir_is(op, IR_SLOW) || ((reads || writes) && op->reg == gpr))
            return false;
    }
    return true;
}

unsigned x64_target(const struct x64 *g, unsigned n, unsigned size)
{
    unsigned m = x64_only_user(g, n);
    const struct ir_op *put = &g->ir->op[m];
    if (!m || put->code != IR_PUT || put->size != size)
        return HOST_NONE;
    unsigned host = x64_pinned(g, put->reg);
    if (host == HOST_NONE || !x64_is_free(g, put->reg, n, m))
        return HOST_NONE;
    return host;
}

void x64_result(struct x64 *g, unsigned n, unsigned reg)
{
    struct x64_val *v = &g->val[n];
    v->reg = (u8)reg;
    v->kind = is_scratch(reg) ? VAL_REG : VAL_DONE;
    if (v->kind == VAL_DONE)
        return;
    if (v->left)
        g->scratch |= (u16)(1u << reg);
    else
        x64_free(g, reg);
}

unsigned x64_dst(struct x64 *g, unsigned n, ir_ref from, unsigned size)
{
    unsigned dst = x64_target(g, n, size);
    const struct x64_val *v = &g->val[from];
    if (dst != HOST_NONE)
        return dst;
    if (v->kind == VAL_REG && v->left == uses_by(&g->ir->op[n], from))
        return v->reg;
    return x64_scratch(g);
}

static bool involves(const struct rm *rm, unsigned reg)
{
    return rm && ((rm->kind == RM_REG && rm->base == reg) ||
                  (rm->kind == RM_MEM && (rm->base == reg || rm->index == reg)));
}

/* The place in memory that operation n's result goes to, and operand a is in. */
static bool place_in_memory(struct x64 *g, unsigned n, ir_ref a, struct rm *rm)
{
    const struct ir_op *op = &g->ir->op[n], *user = &g->ir->op[x64_only_user(g, n)];
    const struct x64_val *v = &g->val[a];
    if (user->size != op->size)
        return false;
    if (user->code == IR_STW && user->a == a && v->kind == VAL_MEM && v->size == op->size) {
        *rm = v->rm;
        return v->left == 2;
    }
    if (user->code != IR_PUT || op->size == 4 || v->kind != VAL_GPR || v->reg != user->reg)
        return false;
    *rm = X64_CPU(gpr[v->reg]);
    return x64_pinned(g, v->reg) == HOST_NONE && x64_is_free(g, v->reg, n, x64_only_user(g, n));
}

/* Operand a goes to dst; if that is a guest register, only `size` bytes of it may change. */
static void move_in(struct x64 *g, unsigned dst, ir_ref a, unsigned size)
{
    i32 imm;
    if (size >= 4 || is_scratch(dst)) {
        struct x64_val *v = &g->val[a];
        unsigned host = v->kind == VAL_GPR ? x64_pinned(g, v->reg) : HOST_NONE;
        if (host == dst)
            return;
        if (host != HOST_NONE && size < 4)
            emit_mov(&g->e, 4, dst, host);
        else if (v->kind != VAL_REG || v->reg != dst)
            x64_copy(g, dst, a, size);
    } else if (x64_imm(g, a, size, &imm)) {
        emit_store_imm(&g->e, size, rm_reg(dst), imm);
    } else {
        struct rm rm = x64_rm(g, a, size);
        x64_fixup(g, rm);
        if (rm.kind != RM_REG || rm.base != dst)
            emit_sized(&g->e, 0x8a, size, dst, rm);
    }
}

struct rm x64_place(struct x64 *g, unsigned n, ir_ref a, const struct rm *other)
{
    unsigned size = g->ir->op[n].size;
    const struct x64_val *v = &g->val[a];
    struct rm rm;
    if (place_in_memory(g, n, a, &rm))
        return rm;
    unsigned dst = x64_target(g, n, size);
    bool same = v->kind == VAL_GPR && x64_pinned(g, v->reg) == dst;
    if (dst != HOST_NONE && !same && involves(other, dst))
        dst = HOST_NONE;
    if (dst == HOST_NONE && v->kind == VAL_REG && v->left == uses_by(&g->ir->op[n], a))
        return rm_reg(v->reg);
    if (dst == HOST_NONE)
        dst = x64_scratch(g);
    move_in(g, dst, a, size);
    return rm_reg(dst);
}

void x64_placed(struct x64 *g, unsigned n, struct rm rm)
{
    if (rm.kind == RM_REG)
        x64_result(g, n, rm.base);
    else
        g->val[n].kind = VAL_DONE;
}

/* ref's only use to come is that of an address whose only use to come is the PUT itself. */
static bool is_part_of(const struct x64 *g, ir_ref ref, ir_ref ea)
{
    const struct ir_op *op = &g->ir->op[ea];
    const struct x64_val *v = &g->val[ea];
    return ea && v->kind == VAL_EA && v->left == 1 && g->val[ref].left == uses_by(op, ref);
}

void x64_save_readers(struct x64 *g, unsigned gpr, ir_ref except)
{
    for (unsigned k = g->first; k <= g->last; k++) {
        const struct x64_val *v = &g->val[k];
        if (k == except ? v->left < 2 : v->left == 0)
            continue;
        if (v->kind == VAL_GPR && v->reg == gpr && !is_part_of(g, (ir_ref)k, except))
            settle(g, (ir_ref)k);
    }
}
