/* SPDX-License-Identifier: MIT */
/* The x86-64 assembler: SDM vol. 2, chapter 2 and appendix B. */
#include "jit/emit_x86_64.h"

void emit_byte(struct emit *e, unsigned byte)
{
    if (unlikely(e->at >= e->end)) {
        e->full = true;
        return;
    }
    e->base[e->at++] = (u8)byte;
}

void emit_imm(struct emit *e, u64 v, unsigned bytes)
{
    for (unsigned n = 0; n < bytes; n++)
        emit_byte(e, (u8)(v >> 8 * n));
}

/*
 * ModRM, SIB and displacement:
 *
 *      7 6   5 4 3  2 1 0     7 6    5 4 3   2 1 0
 *     +-----+------+-----+   +------+-------+------+
 *     | mod | reg  | rm  |   |scale | index | base |
 *     +-----+------+-----+   +------+-------+------+
 *
 * rm 4 says that a SIB follows; mod 0 with base 5 is no base, with rm 5 RIP.
 */
static void modrm(struct emit *e, unsigned reg, struct rm rm)
{
    reg = (reg & 7) << 3;
    switch (rm.kind) {
    case RM_REG: emit_byte(e, 0xc0 | reg | (rm.base & 7)); return;
    case RM_GS:
        emit_byte(e, reg | 4);
        emit_byte(e, 0x25);
        emit_imm(e, (u32)rm.disp, 4);
        return;
    case RM_AT:
        emit_byte(e, reg | 5);
        emit_imm(e, (u32)(rm.disp - (i32)(e->at + 4)), 4);
        return;
    default: break;
    }
    bool none = rm.base == HOST_NONE, sib = none || rm.index != HOST_NONE || (rm.base & 7) == 4;
    unsigned mod = 0x80;
    if (none || (rm.disp == 0 && (rm.base & 7) != 5))
        mod = 0;
    else if (fits_i8(rm.disp))
        mod = 0x40;
    emit_byte(e, mod | reg | (sib ? 4 : rm.base & 7));
    if (sib) {
        unsigned index = rm.index == HOST_NONE ? 4 : rm.index & 7;
        emit_byte(e, (unsigned)rm.scale << 6 | index << 3 | (none ? 5 : rm.base & 7));
    }
    if (none || mod == 0x80)
        emit_imm(e, (u32)rm.disp, 4);
    else if (mod == 0x40)
        emit_imm(e, (u8)rm.disp, 1);
}

/* Registers 8..15 of ModRM.rm and SIB: REX.X and REX.B as REX has them. */
static unsigned high_bits(struct rm rm)
{
    unsigned x = rm.index != HOST_NONE ? rm.index >> 3 & 1 : 0;
    unsigned b = rm.base != HOST_NONE ? rm.base >> 3 & 1 : 0;
    return x << 1 | b;
}

/* SPL BPL SIL DIL need a REX, without one they are AH CH DH BH. */
static bool is_low_byte(unsigned reg)
{
    return reg >= HOST_RSP && reg <= HOST_RDI;
}

void emit_rm(struct emit *e, u32 opcode, unsigned size, unsigned reg, struct rm rm)
{
    static const u8 mandatory[] = {0, 0x66, 0xf3, 0xf2};
    unsigned pp = (opcode & X86_PP) / X86_66;
    bool byte_rm = (size == 1 || (opcode & X86_RM8)) && rm.kind == RM_REG && is_low_byte(rm.base);
    bool byte_reg = size == 1 && !(opcode & (X86_DIGIT | X86_RM8)) && is_low_byte(reg);
    unsigned rex = (size == 8 ? 8 : 0) | (reg >> 3 & 1) << 2 | high_bits(rm);
    if (rm.kind == RM_GS)
        emit_byte(e, 0x65);
    if (size == 2 && pp != 1)
        emit_byte(e, 0x66);
    if (pp)
        emit_byte(e, mandatory[pp]);
    if (rex || byte_rm || byte_reg)
        emit_byte(e, 0x40 | rex);
    if (opcode & X86_MAP)
        emit_byte(e, 0x0f);
    if ((opcode & X86_MAP) == X86_0F38)
        emit_byte(e, 0x38);
    else if ((opcode & X86_MAP) == X86_0F3A)
        emit_byte(e, 0x3a);
    emit_byte(e, opcode & 0xff);
    modrm(e, reg, rm);
}

/*
 * The three-byte VEX (SDM vol. 2, 2.3.5), R X B and vvvv inverted:
 *
 *     C4   R X B m-mmmm   W vvvv L pp
 */
void emit_vex(struct emit *e, u32 opcode, unsigned size, unsigned reg, unsigned vvvv, struct rm rm)
{
    unsigned high = (reg >> 3 & 1) << 2 | high_bits(rm);
    if (rm.kind == RM_GS)
        emit_byte(e, 0x65);
    emit_byte(e, 0xc4);
    emit_byte(e, (~high & 7) << 5 | (opcode & X86_MAP) / X86_0F);
    emit_byte(e, (size == 8 ? 0x80 : 0) | (~vvvv & 15) << 3 | (opcode & X86_PP) / X86_66);
    emit_byte(e, opcode & 0xff);
    modrm(e, reg, rm);
}

/* --- moves --- */

void emit_mov(struct emit *e, unsigned size, unsigned dst, unsigned src)
{
    if (dst != src || size == 4)
        emit_sized(e, 0x88, size, src, rm_reg(dst));
}

void emit_mov_imm(struct emit *e, unsigned dst, u64 v)
{
    if (v == (u32)v) {
        if (dst & 8)
            emit_byte(e, 0x41);
        emit_byte(e, 0xb8 | (dst & 7));
        emit_imm(e, v, 4);
    } else if (fits_i32((i64)v)) {
        emit_store_imm(e, 8, rm_reg(dst), (i32)v);
    } else {
        emit_byte(e, dst & 8 ? 0x49 : 0x48);
        emit_byte(e, 0xb8 | (dst & 7));
        emit_imm(e, v, 8);
    }
}

void emit_load(struct emit *e, unsigned size, unsigned dst, struct rm src)
{
    switch (size) {
    case 1: emit_rm(e, X86_0F | X86_RM8 | 0xb6, 4, dst, src); break;
    case 2: emit_rm(e, X86_0F | 0xb7, 4, dst, src); break;
    default: emit_rm(e, 0x8b, size, dst, src); break;
    }
}

void emit_store(struct emit *e, unsigned size, struct rm dst, unsigned src)
{
    emit_sized(e, 0x88, size, src, dst);
}

void emit_store_imm(struct emit *e, unsigned size, struct rm dst, i32 v)
{
    emit_sized(e, X86_DIGIT | 0xc6, size, 0, dst);
    emit_imm(e, (u32)v, size < 4 ? size : 4);
}

void emit_lea(struct emit *e, unsigned size, unsigned dst, struct rm src)
{
    emit_rm(e, 0x8d, size, dst, src);
}

/* --- arithmetic --- */

void emit_alu(struct emit *e, enum x86_alu op, unsigned size, unsigned dst, struct rm src)
{
    emit_sized(e, (u32)op << 3 | 2, size, dst, src);
}

void emit_alu_to(struct emit *e, enum x86_alu op, unsigned size, struct rm dst, unsigned src)
{
    emit_sized(e, (u32)op << 3, size, src, dst);
}

void emit_alu_imm(struct emit *e, enum x86_alu op, unsigned size, struct rm dst, i32 v)
{
    if (size == 1)
        v = (i8)v;
    else if (size == 2)
        v = (i16)v;
    bool small = fits_i8(v);
    emit_rm(e, X86_DIGIT | (size == 1 ? 0x80 : small ? 0x83 : 0x81), size, op, dst);
    emit_imm(e, (u32)v, small ? 1 : size == 2 ? 2 : 4);
}

void emit_test(struct emit *e, unsigned size, struct rm a, unsigned b)
{
    emit_sized(e, 0x84, size, b, a);
}

void emit_test_imm(struct emit *e, unsigned size, struct rm a, i32 v)
{
    emit_sized(e, X86_DIGIT | 0xf6, size, 0, a);
    emit_imm(e, (u32)v, size < 4 ? size : 4);
}

void emit_unary(struct emit *e, enum x86_unary op, unsigned size, struct rm rm)
{
    emit_sized(e, X86_DIGIT | 0xf6, size, op, rm);
}

void emit_shift_imm(struct emit *e, enum x86_shift op, unsigned size, struct rm rm, unsigned count)
{
    emit_sized(e, X86_DIGIT | (count == 1 ? 0xd0 : 0xc0), size, op, rm);
    if (count != 1)
        emit_imm(e, count, 1);
}

void emit_shift_cl(struct emit *e, enum x86_shift op, unsigned size, struct rm rm)
{
    emit_sized(e, X86_DIGIT | 0xd2, size, op, rm);
}

void emit_setcc(struct emit *e, unsigned cc, struct rm rm)
{
    emit_rm(e, X86_0F | X86_DIGIT | 0x90 | cc, 1, 0, rm);
}

void emit_cmov(struct emit *e, unsigned cc, unsigned size, unsigned dst, struct rm src)
{
    emit_rm(e, X86_0F | 0x40 | cc, size, dst, src);
}

static void emit_short(struct emit *e, unsigned opcode, unsigned reg)
{
    if (reg & 8)
        emit_byte(e, 0x41);
    emit_byte(e, opcode | (reg & 7));
}

void emit_push(struct emit *e, unsigned reg)
{
    emit_short(e, 0x50, reg);
}

void emit_pop(struct emit *e, unsigned reg)
{
    emit_short(e, 0x58, reg);
}

void emit_push_all(struct emit *e, const u8 *regs, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        emit_push(e, regs[i]);
}

void emit_pop_all(struct emit *e, const u8 *regs, unsigned n)
{
    while (n--)
        emit_pop(e, regs[n]);
}

/* --- jumps --- */

size_t emit_jmp(struct emit *e)
{
    emit_byte(e, 0xe9);
    emit_imm(e, 0, 4);
    return e->at - 4;
}

size_t emit_call(struct emit *e)
{
    emit_byte(e, 0xe8);
    emit_imm(e, 0, 4);
    return e->at - 4;
}

size_t emit_jcc(struct emit *e, unsigned cc)
{
    emit_byte(e, 0x0f);
    emit_byte(e, 0x80 | cc);
    emit_imm(e, 0, 4);
    return e->at - 4;
}

void emit_jmp_to(struct emit *e, size_t target)
{
    emit_patch(e, emit_jmp(e), target);
}

void emit_jcc_to(struct emit *e, unsigned cc, size_t target)
{
    emit_patch(e, emit_jcc(e, cc), target);
}

void emit_call_to(struct emit *e, size_t target)
{
    emit_patch(e, emit_call(e), target);
}

void emit_jmp_rm(struct emit *e, struct rm target)
{
    emit_rm(e, X86_DIGIT | 0xff, 4, 4, target);
}

void emit_call_rm(struct emit *e, struct rm target)
{
    emit_rm(e, X86_DIGIT | 0xff, 4, 2, target);
}

void emit_ret(struct emit *e)
{
    emit_byte(e, 0xc3);
}

size_t emit_jcc8(struct emit *e, unsigned cc)
{
    emit_byte(e, 0x70 | cc);
    emit_byte(e, 0);
    return e->at - 1;
}

void emit_patch8(struct emit *e, size_t site)
{
    if (!e->full)
        e->base[site] = (u8)(e->at - (site + 1));
}

void emit_patch(struct emit *e, size_t site, size_t target)
{
    if (!e->full)
        st32(e->base + site, (u32)(target - (site + 4)));
}
