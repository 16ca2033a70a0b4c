/* SPDX-License-Identifier: MIT */
/* Guest registers written, values extended, chosen and compared. */
#include "jit/host_x86_64.h"

/* --- PUT --- */

static void put_small(struct x64 *g, unsigned host, ir_ref a, unsigned size)
{
    const struct x64_val *v = &g->val[a];
    i32 imm;
    if (size == 1 && (v->kind == VAL_FLAG || v->kind == VAL_TEST)) {
        emit_setcc(&g->e, x64_flag(g, v), rm_reg(host));
    } else if (x64_imm(g, a, size, &imm)) {
        emit_store_imm(&g->e, size, rm_reg(host), imm);
    } else {
        struct rm rm = x64_rm(g, a, size);
        x64_fixup(g, rm);
        emit_sized(&g->e, 0x8a, size, host, rm);
    }
}

static void put_memory(struct x64 *g, unsigned gpr, ir_ref a, unsigned size)
{
    const struct x64_val *v = &g->val[a];
    i32 imm;
    if (size == 4) {
        if (v->kind == VAL_CONST && (i32)v->imm >= 0) {
            emit_store_imm(&g->e, 8, X64_CPU(gpr[gpr]), (i32)v->imm);
            return;
        }
        unsigned reg = x64_scratch(g);
        x64_copy(g, reg, a, 4);
        emit_store(&g->e, 8, X64_CPU(gpr[gpr]), reg);
        x64_free(g, reg);
    } else if (x64_imm(g, a, size, &imm)) {
        emit_store_imm(&g->e, size, X64_CPU(gpr[gpr]), imm);
    } else {
        emit_store(&g->e, size, X64_CPU(gpr[gpr]), x64_in_reg(g, a, size));
    }
}

static bool is_itself(const struct x64_val *v, const struct ir_op *op)
{
    return v->kind == VAL_GPR && v->reg == op->reg && v->size >= op->size;
}

static void put(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct x64_val *v = &g->val[op->a];
    unsigned host = x64_pinned(g, op->reg);
    x64_save_readers(g, op->reg, op->a);
    if (v->kind == VAL_DONE || (is_itself(v, op) && op->size != 4)) {
        x64_used(g, op->a);
        return;
    }
    if (host == HOST_NONE)
        put_memory(g, op->reg, op->a, op->size);
    else if (op->size < 4)
        put_small(g, host, op->a, op->size);
    else
        x64_copy(g, host, op->a, op->size);
    x64_used(g, op->a);
}

/* --- AH CH DH BH --- */

static void rotate_by_8(struct x64 *g, unsigned n, unsigned reg, bool left)
{
    if (g->bmi2) {
        emit_vex(&g->e, X86_0F3A | X86_F2 | 0xf0, 8, reg, 0, rm_reg(reg)); /* rorx */
        emit_imm(&g->e, left ? 56 : 8, 1);
    } else {
        x64_clobber(g, g->live_in[n]);
        emit_shift_imm(&g->e, left ? X86_ROL : X86_ROR, 8, rm_reg(reg), 8);
    }
}

static void get_high(struct x64 *g, unsigned n)
{
    unsigned reg = x64_scratch(g);
    emit_mov(&g->e, 4, reg, x64_pinned(g, g->ir->op[n].reg));
    rotate_by_8(g, n, reg, false);
    emit_load(&g->e, 1, reg, rm_reg(reg));
    x64_result(g, n, reg);
}

static void put_high(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    unsigned host = x64_pinned(g, op->reg);
    i32 imm;
    x64_save_readers(g, op->reg, IR_NONE);
    bool is_imm = x64_imm(g, op->a, 1, &imm);
    unsigned v = is_imm ? 0 : x64_in_reg(g, op->a, 1);
    rotate_by_8(g, n, host, false);
    if (is_imm)
        emit_store_imm(&g->e, 1, rm_reg(host), imm);
    else
        emit_mov(&g->e, 1, host, v);
    rotate_by_8(g, n, host, true);
    x64_used(g, op->a);
}

/* --- extensions --- */

/* The register of the PUT that follows and its size, or a scratch one and 8. */
static unsigned wide_target(struct x64 *g, unsigned n, unsigned *size)
{
    unsigned m = x64_only_user(g, n);
    *size = m ? g->ir->op[m].size : 8;
    unsigned dst = *size > g->ir->op[n].size ? x64_target(g, n, *size) : HOST_NONE;
    if (dst == HOST_NONE) {
        *size = 8;
        dst = x64_dst(g, n, g->ir->op[n].a, 8);
    }
    return dst;
}

static void extend(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    bool is_signed = op->code == IR_SX;
    struct x64_val *v = &g->val[op->a];
    if (v->kind == VAL_CONST) {
        u64 imm = (u64)v->imm;
        g->val[n].kind = VAL_CONST;
        g->val[n].imm = is_signed ? sext(imm, op->size) : (i64)zext(imm, op->size);
        g->val[n].size = 8;
        x64_used(g, op->a);
        return;
    }
    struct rm src = x64_rm(g, op->a, op->size);
    unsigned size, dst = wide_target(g, n, &size);
    x64_fixup(g, src);
    if (op->size == 4 && is_signed && size == 8)
        emit_rm(&g->e, 0x63, 8, dst, src);
    else if (op->size >= 4)
        emit_load(&g->e, op->size, dst, src);
    else
        emit_rm(&g->e,
                X86_0F | (op->size == 1 ? X86_RM8 : 0) | (is_signed ? 0xbe : 0xb6) |
                    (op->size == 2 ? 1 : 0),
                is_signed || size == 2 ? size : 4, dst, src);
    x64_used(g, op->a);
    x64_result(g, n, dst);
}

/* --- comparisons and choices --- */

static void compare(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    ir_ref a = op->a, b = op->b;
    bool not_0 = op->code == IR_LTU && g->val[a].kind == VAL_CONST && !g->val[a].imm;
    if (not_0 || (op->code == IR_EQ && g->val[a].kind == VAL_CONST)) {
        a = op->b;
        b = op->a;
    }
    i32 imm;
    bool is_imm = x64_imm(g, b, op->size, &imm);
    x64_clobber(g, g->live_in[n]);
    struct rm rm = is_imm ? rm_reg(0) : x64_rm(g, b, op->size);
    unsigned reg = x64_in_reg(g, a, op->size);
    x64_fixup(g, rm);
    if (!is_imm)
        emit_alu(&g->e, X86_CMP, op->size, reg, rm);
    else if (imm == 0 && (not_0 || op->code == IR_EQ))
        emit_test(&g->e, op->size, rm_reg(reg), reg);
    else
        emit_alu_imm(&g->e, X86_CMP, op->size, rm_reg(reg), imm);
    x64_used(g, a);
    x64_used(g, b);
    g->val[n].kind = VAL_TEST;
    g->val[n].cc = op->code == IR_EQ ? CC_Z : not_0 ? CC_NZ : CC_B;
    if (x64_is_next(g, n))
        return;
    unsigned dst = x64_scratch(g);
    x64_copy(g, dst, (ir_ref)n, 1);
    x64_result(g, n, dst);
}

/* A value that RFLAGS can't hold any longer. */
static void hold(struct x64 *g, ir_ref ref)
{
    if (g->val[ref].kind == VAL_TEST || g->val[ref].kind == VAL_FLAG)
        x64_in_reg(g, ref, 1);
}

/* Its upper half is known to be 0. */
static bool is_narrow(const struct x64_val *v)
{
    switch (v->kind) {
    case VAL_CONST: return v->imm == (u32)v->imm;
    case VAL_GPR:
    case VAL_MEM: return v->size <= 4;
    default: return false;
    }
}

static bool is_pinned(const struct x64 *g, const struct x64_val *v, unsigned host)
{
    return v->kind == VAL_GPR && x64_pinned(g, v->reg) == host;
}

static void choose(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    hold(g, op->b);
    hold(g, op->c);
    if (g->val[op->a].kind == VAL_GPR)
        x64_in_reg(g, op->a, 4);
    bool narrow = op->size < 8 || (is_narrow(&g->val[op->b]) && is_narrow(&g->val[op->c]));
    unsigned size = narrow ? 4 : 8;
    unsigned dst = x64_target(g, n, 8);
    if (dst != HOST_NONE) {
        size = 8;
    } else {
        dst = x64_target(g, n, 4);
        if (dst != HOST_NONE)
            size = 4;
    }
    bool own = op->size < size && g->val[op->b].kind == VAL_GPR; /* and anything above it */
    struct rm b = x64_rm(g, op->b, own ? op->size : size);
    bool clash = b.kind == RM_REG ? b.base == dst : b.kind == RM_MEM && b.index == dst;
    if (dst == HOST_NONE)
        dst = x64_dst(g, n, op->c, 0);
    else if (clash && !is_pinned(g, &g->val[op->c], dst))
        dst = x64_scratch(g);
    if (!is_pinned(g, &g->val[op->c], dst))
        x64_copy(g, dst, op->c, size);
    unsigned cc = x64_condition(g, n, op->a);
    x64_fixup(g, b);
    emit_cmov(&g->e, cc, size, dst, b);
    x64_used(g, op->b);
    x64_used(g, op->c);
    x64_result(g, n, dst);
}

/* --- bits --- */

/* TZCNT and LZCNT, which came with BMI1; else BSF and BSR, which leave dst alone if a is 0. */
static void scan(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct rm a = x64_rm(g, op->a, 8);
    u32 opcode = X86_0F | (op->code == IR_CTZ ? 0xbc : 0xbd);
    x64_clobber(g, g->live_in[n]);
    unsigned dst = g->bmi2 ? x64_dst(g, n, op->a, 8) : x64_scratch(g);
    if (!g->bmi2)
        emit_mov_imm(&g->e, dst, 63);
    x64_fixup(g, a);
    emit_rm(&g->e, opcode | (g->bmi2 ? X86_F3 : 0), 8, dst, a);
    if (op->code == IR_CLZ && !g->bmi2)
        emit_alu_imm(&g->e, X86_XOR, 4, rm_reg(dst), 63);
    x64_used(g, op->a);
    x64_result(g, n, dst);
}

static void popcnt(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    if (!__builtin_cpu_supports("popcnt"))
        g->failed = true;
    struct rm a = x64_rm(g, op->a, 8);
    unsigned dst = x64_dst(g, n, op->a, 8);
    bool flags = x64_flags_before(g, n, IRF_ALL);
    x64_fixup(g, a);
    emit_rm(&g->e, X86_0F | X86_F3 | 0xb8, 8, dst, a);
    x64_used(g, op->a);
    x64_result(g, n, dst);
    if (flags)
        x64_flags_after(g, n);
}

static void deposit(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    if (!g->bmi2)
        g->failed = true;
    struct rm mask = x64_rm(g, op->b, 8);
    unsigned a = x64_in_reg(g, op->a, 8), dst = x64_scratch(g);
    x64_fixup(g, mask);
    emit_vex(&g->e, X86_0F38 | (op->code == IR_PDEP ? X86_F2 : X86_F3) | 0xf5, 8, dst, a, mask);
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_result(g, n, dst);
}

static void crc(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    if (!__builtin_cpu_supports("sse4.2"))
        g->failed = true;
    struct rm data = x64_rm(g, op->b, op->size);
    unsigned dst = x64_scratch(g);
    x64_copy(g, dst, op->a, 4);
    x64_fixup(g, data);
    emit_sized(&g->e, X86_0F38 | X86_F2 | 0xf0, op->size, dst, data);
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_result(g, n, dst);
}

static void swap_bytes(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    unsigned dst = x64_dst(g, n, op->a, op->size);
    if (!is_pinned(g, &g->val[op->a], dst))
        x64_copy(g, dst, op->a, op->size);
    emit_byte(&g->e, 0x40 | (op->size == 8 ? 8 : 0) | dst >> 3);
    emit_byte(&g->e, 0x0f);
    emit_byte(&g->e, 0xc8 | (dst & 7));
    x64_used(g, op->a);
    x64_result(g, n, dst);
}

void x64_move(struct x64 *g, unsigned n)
{
    switch (g->ir->op[n].code) {
    case IR_GETH: get_high(g, n); break;
    case IR_PUT: put(g, n); break;
    case IR_PUTH: put_high(g, n); break;
    case IR_SELECT: choose(g, n); break;
    case IR_EQ:
    case IR_LTU: compare(g, n); break;
    case IR_ZX:
    case IR_SX: extend(g, n); break;
    case IR_BSWAP: swap_bytes(g, n); break;
    case IR_CTZ:
    case IR_CLZ: scan(g, n); break;
    case IR_POPCNT: popcnt(g, n); break;
    case IR_CRC32: crc(g, n); break;
    default: deposit(g, n); break;
    }
}
