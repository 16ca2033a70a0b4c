/* SPDX-License-Identifier: MIT */
/*
 * The guest's status flags: in RFLAGS, in rax, or in both.
 *
 *      15 14 13 12 11 10  9  8 7        0
 *     +--+--+--+--+--+--+--+--+----------+
 *  ax |SF|ZF| 0|AF| 0|PF| 1|CF|    OF    |
 *     +--+--+--+--+--+--+--+--+----------+
 *
 * LAHF and SETO AL make it of RFLAGS and leave RFLAGS alone; CMP AL, 81h overflows if AL is 1
 * and so gives OF back, SAHF the rest.
 */
#include "jit/host_x86_64.h"

enum { AH = 4 }; /* as the r/m operand of a byte instruction without REX */

void x64_liveness(struct x64 *g)
{
    u8 live = g->ir->flags_out;
    for (unsigned n = g->ir->count; n; n--) {
        g->live_out[n] = live;
        live = ir_live_before(g->ir, n, live);
        g->live_in[n] = live;
    }
}

/* TEST AH, imm and AND AH, imm: emit_rm() would make SPL of it. */
static void ah_imm(struct x64 *g, bool test, unsigned imm)
{
    emit_byte(&g->e, test ? 0xf6 : 0x80);
    emit_byte(&g->e, 0xc0 | (test ? 0 : X86_AND << 3) | AH);
    emit_byte(&g->e, imm);
}

/* Flags that are nowhere, but can be made again. */
static bool from_sources(struct x64 *g)
{
    if (!g->flags.redo || g->flags.host_ok)
        return false;
    x64_redo(g, g->flags.by);
    return g->flags.host_ok = true;
}

void x64_spill(struct x64 *g, u8 live)
{
    struct emit *e = &g->e;
    if (!live || g->flags.rax_ok || !(g->flags.host_ok || g->flags.redo))
        return;
    from_sources(g);
    emit_byte(e, 0x9f); /* lahf */
    emit_setcc(e, CC_O, rm_reg(HOST_RAX));
    if (g->flags.af_zero && (live & IRF_AF)) {
        ah_imm(g, false, 0xff & ~IRF_AF);
        g->flags.host_ok = false;
    }
    g->flags.rax_ok = true;
    g->flags.redo = false;
}

void x64_clobber(struct x64 *g, u8 live)
{
    x64_spill(g, live);
    g->flags.host_ok = false;
}

void x64_sahf(struct x64 *g)
{
    emit_alu_imm(&g->e, X86_CMP, 1, rm_reg(HOST_RAX), (i8)0x81);
    emit_byte(&g->e, 0x9e); /* sahf */
}

void x64_to_host(struct x64 *g)
{
    if (g->flags.host_ok || from_sources(g))
        return;
    x64_sahf(g);
    g->flags.host_ok = true;
    g->flags.af_zero = false;
}

static bool reads_carry(const struct ir_op *op)
{
    return op->code == IR_ADC || op->code == IR_SBB || op->code == IR_RCL || op->code == IR_RCR;
}

static void carry_in(struct x64 *g)
{
    if (g->flags.host_ok || from_sources(g))
        return;
    emit_rm(&g->e, X86_0F | X86_DIGIT | 0xba, 4, 4, rm_reg(HOST_RAX)); /* bt eax, 8 */
    emit_imm(&g->e, 8, 1);
}

bool x64_flags_before(struct x64 *g, unsigned n, u8 native)
{
    const struct ir_op *op = &g->ir->op[n];
    u8 live = g->live_out[n], keep = live & ~op->sets;
    if (!ir_sets_always(g->ir, n))
        keep = live;
    if (!(op->sets & live)) {
        x64_spill(g, live);
        if (reads_carry(op))
            carry_in(g);
        g->flags.host_ok = g->flags.redo = false;
        return false;
    }
    if (keep & ~op->sets & native) { /* the host instruction changes more than the guest's */
        g->failed = true;
        return true;
    }
    if (keep == IRF_CF && !(native & IRF_CF))
        carry_in(g);
    else if (keep)
        x64_to_host(g);
    else if (reads_carry(op))
        carry_in(g);
    return true;
}

void x64_flags_after(struct x64 *g, unsigned n)
{
    g->flags.host_ok = true;
    g->flags.rax_ok = g->flags.redo = false;
    g->flags.by = (u16)n;
    if (g->ir->op[n].sets & IRF_AF)
        g->flags.af_zero = false;
}

/* --- conditions --- */

/* Of a condition that looks at the flags of one byte of rax: which byte and bits. */
static bool in_image(unsigned cc, bool *al, unsigned *bits)
{
    static const u8 ah_bits[] = {[CC_B >> 1] = IRF_CF,           [CC_Z >> 1] = IRF_ZF,
                                 [CC_BE >> 1] = IRF_CF | IRF_ZF, [CC_S >> 1] = IRF_SF,
                                 [CC_P >> 1] = IRF_PF,           [CC_G >> 1] = 0};
    *al = cc >> 1 == CC_O;
    *bits = *al ? 1 : ah_bits[cc >> 1];
    return *bits != 0;
}

/* The guest's condition cc becomes one of RFLAGS. */
static unsigned guest_condition(struct x64 *g, unsigned cc)
{
    bool al;
    unsigned bits;
    if (g->flags.host_ok || from_sources(g))
        return cc;
    if (!in_image(cc, &al, &bits)) {
        x64_to_host(g);
        return cc;
    }
    if (al)
        emit_test(&g->e, 1, rm_reg(HOST_RAX), HOST_RAX);
    else
        ah_imm(g, true, bits);
    return CC_NZ ^ (cc & 1);
}

unsigned x64_flag(struct x64 *g, const struct x64_val *v)
{
    return v->kind == VAL_FLAG ? guest_condition(g, v->cc) : v->cc;
}

unsigned x64_condition(struct x64 *g, unsigned n, ir_ref ref)
{
    struct x64_val *v = &g->val[ref];
    unsigned cc = CC_NZ;
    if (v->kind == VAL_FLAG || v->kind == VAL_TEST) {
        cc = x64_flag(g, v);
    } else {
        x64_clobber(g, g->live_in[n]);
        unsigned reg = x64_in_reg(g, ref, 4);
        emit_test(&g->e, 4, rm_reg(reg), reg);
    }
    x64_used(g, ref);
    return cc;
}

/* --- operations --- */

/* Bits of ax in which the flags of a set are. */
static u32 image_bits(u8 set)
{
    return (u32)(set & IRF_ALL & ~IRF_OF) << 8 | (set & IRF_OF ? 1 : 0);
}

/* Nothing between operation n and its only user touches the flags. */
static bool can_wait(const struct x64 *g, unsigned n)
{
    unsigned m = x64_only_user(g, n);
    for (unsigned k = n + 1; k < m; k++) {
        const struct ir_op *op = &g->ir->op[k];
        bool moves = op->code == IR_PUT || op->code == IR_SELECT || op->code == IR_COND;
        if (!moves && !x64_is_later(op))
            return false;
    }
    return m != 0;
}

static void condition(struct x64 *g, unsigned n)
{
    g->val[n].kind = VAL_FLAG;
    g->val[n].cc = g->ir->op[n].reg;
    if (can_wait(g, n))
        return;
    unsigned reg = x64_scratch(g);
    x64_copy(g, reg, (ir_ref)n, 1);
    x64_result(g, n, reg);
}

static void get_flags(struct x64 *g, unsigned n)
{
    struct emit *e = &g->e;
    x64_clobber(g, g->live_in[n]);
    unsigned reg = x64_scratch(g), of = x64_scratch(g);
    emit_mov(e, 4, reg, HOST_RAX);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(reg), 8);
    emit_alu_imm(e, X86_AND, 4, rm_reg(reg), EFL_STATUS & 0xff);
    emit_load(e, 1, of, rm_reg(HOST_RAX));
    emit_shift_imm(e, X86_SHL, 4, rm_reg(of), 11);
    emit_alu(e, X86_OR, 4, reg, rm_reg(of));
    x64_free(g, of);
    x64_result(g, n, reg);
}

static void put_flags(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    struct emit *e = &g->e;
    unsigned low = x64_scratch(g), of = x64_scratch(g);
    x64_copy(g, low, op->a, 4);
    x64_used(g, op->a);
    x64_clobber(g, g->live_out[n] & ~op->sets);
    emit_mov(e, 4, of, low);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(of), 11);
    emit_shift_imm(e, X86_SHL, 4, rm_reg(low), 8);
    emit_alu_imm(e, X86_AND, 4, rm_reg(of), 1);
    emit_alu_imm(e, X86_AND, 4, rm_reg(low), 0xff00);
    emit_alu(e, X86_OR, 4, low, rm_reg(of));
    emit_alu_imm(e, X86_AND, 4, rm_reg(low), (i32)image_bits(op->sets));
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_RAX), (i32)(0xffff & ~image_bits(op->sets)));
    emit_alu(e, X86_OR, 4, HOST_RAX, rm_reg(low));
    g->flags.rax_ok = true;
    x64_free(g, low);
    x64_free(g, of);
}

/* b or c of FLAGR in a register, or a constant. */
static void settle_bit(struct x64 *g, ir_ref ref)
{
    if (g->val[ref].kind != VAL_CONST)
        x64_in_reg(g, ref, 1);
}

static void bit_to_al(struct x64 *g, ir_ref ref)
{
    const struct x64_val *v = &g->val[ref];
    if (v->kind == VAL_CONST)
        emit_store_imm(&g->e, 1, rm_reg(HOST_RAX), v->imm & 1);
    else
        emit_mov(&g->e, 1, HOST_RAX, x64_in_reg(g, ref, 1));
}

/* TEST clears CF, OF and AF. */
static void flags_of_result(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct x64_val *cf = &g->val[op->b];
    unsigned a = x64_in_reg(g, op->a, op->size);
    settle_bit(g, op->b);
    settle_bit(g, op->c);
    if (g->live_out[n] & ~op->sets)
        g->failed = true;
    emit_test(&g->e, op->size, rm_reg(a), a);
    emit_byte(&g->e, 0x9f); /* lahf */
    if (cf->kind != VAL_CONST || (cf->imm & 1)) {
        bit_to_al(g, op->b);
        emit_byte(&g->e, 0x08); /* or ah, al */
        emit_byte(&g->e, 0xc4);
    }
    bit_to_al(g, op->c);
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_used(g, op->c);
    g->flags = X64_AT_ENTRY;
}

/* BT of a register leaves the other flags alone. */
static void bit_to_carry(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    unsigned a = x64_in_reg(g, op->a, op->size);
    i32 imm;
    bool is_imm = x64_imm(g, op->b, 1, &imm);
    unsigned bit = is_imm ? 0 : x64_in_reg(g, op->b, 1);
    bool wanted = x64_flags_before(g, n, IRF_CF);
    if (wanted && is_imm) {
        emit_rm(&g->e, X86_0F | X86_DIGIT | 0xba, op->size, 4, rm_reg(a));
        emit_imm(&g->e, (u8)imm, 1);
    } else if (wanted) {
        emit_rm(&g->e, X86_0F | 0xa3, op->size, bit, rm_reg(a));
    }
    x64_used(g, op->a);
    x64_used(g, op->b);
    if (wanted)
        x64_flags_after(g, n);
}

/* By a number in a register not in memory, where that is a string of bits. */
static void change_bit(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    unsigned digit = op->code == IR_BTS ? 5 : op->code == IR_BTR ? 6 : 7, bit = 0;
    i32 imm;
    bool is_imm = x64_imm(g, op->b, 1, &imm);
    struct rm dst;
    if (is_imm) {
        dst = x64_place(g, n, op->a, NULL);
    } else {
        bit = x64_in_reg(g, op->b, 1);
        dst = rm_reg(x64_scratch(g));
        x64_copy(g, dst.base, op->a, op->size);
    }
    bool wanted = x64_flags_before(g, n, IRF_CF);
    x64_fixup(g, dst);
    if (is_imm) {
        emit_rm(&g->e, X86_0F | X86_DIGIT | 0xba, op->size, digit, dst);
        emit_imm(&g->e, (u8)imm, 1);
    } else {
        emit_rm(&g->e, X86_0F | (0x83 + 8 * digit), op->size, bit, dst);
    }
    x64_used(g, op->a);
    x64_used(g, op->b);
    x64_placed(g, n, dst);
    if (wanted)
        x64_flags_after(g, n);
}

/* 1 - 2 DF */
static void get_direction(struct x64 *g, unsigned n)
{
    struct emit *e = &g->e;
    x64_clobber(g, g->live_in[n]);
    unsigned t = x64_scratch(g), reg = x64_scratch(g);
    emit_load(e, 4, t, X64_CPU(eflags));
    emit_shift_imm(e, X86_SHR, 4, rm_reg(t), 9);
    emit_alu_imm(e, X86_AND, 4, rm_reg(t), 2);
    emit_mov_imm(e, reg, 1);
    emit_alu(e, X86_SUB, 8, reg, rm_reg(t));
    x64_free(g, t);
    x64_result(g, n, reg);
}

static void put_direction(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    x64_clobber(g, g->live_out[n]);
    if (op->imm)
        emit_alu_imm(&g->e, X86_OR, 4, X64_CPU(eflags), EFL_DF);
    else
        emit_alu_imm(&g->e, X86_AND, 4, X64_CPU(eflags), ~EFL_DF);
}

void x64_flag_op(struct x64 *g, unsigned n)
{
    switch (g->ir->op[n].code) {
    case IR_COND: condition(g, n); break;
    case IR_GETF: get_flags(g, n); break;
    case IR_PUTF: put_flags(g, n); break;
    case IR_FLAGR: flags_of_result(g, n); break;
    case IR_BITCF: bit_to_carry(g, n); break;
    case IR_BTS:
    case IR_BTR:
    case IR_BTC: change_bit(g, n); break;
    case IR_GETDF: get_direction(g, n); break;
    default: put_direction(g, n); break;
    }
}
