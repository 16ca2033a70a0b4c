/* SPDX-License-Identifier: MIT */
/*
 * Writes x86-64 instructions (SDM vol. 2, chapter 2: instruction format).
 *
 *     [65] [66|F2|F3] [REX] [0F [38|3A]] opcode ModRM [SIB] [disp8|disp32] [immediate]
 *
 * An opcode is a number: the byte, its map and its mandatory prefix, and how its registers are to
 * be read. Code that is written has an offset in the buffer; both mappings of the buffer share
 * it. A full buffer swallows what is written: looked at once, at the end.
 */
#ifndef ERSATZ_JIT_EMIT_X86_64_H
#define ERSATZ_JIT_EMIT_X86_64_H

#include "base/bits.h"
#include "base/types.h"

/* Host registers as the encodings number them. */
enum host_reg {
    HOST_RAX,
    HOST_RCX,
    HOST_RDX,
    HOST_RBX,
    HOST_RSP,
    HOST_RBP,
    HOST_RSI,
    HOST_RDI,
    HOST_R8,
    HOST_R9,
    HOST_R10,
    HOST_R11,
    HOST_R12,
    HOST_R13,
    HOST_R14,
    HOST_R15,
    HOST_NONE,
};

/* Parts of an opcode beside its last byte. */
enum x86_opcode {
    X86_0F = 1 << 8,
    X86_0F38 = 2 << 8,
    X86_0F3A = 3 << 8,
    X86_MAP = 3 << 8,
    X86_66 = 1 << 12, /* mandatory prefixes */
    X86_F3 = 2 << 12,
    X86_F2 = 3 << 12,
    X86_PP = 3 << 12,
    X86_RM8 = 1 << 16,   /* the r/m operand is a byte, whatever the size */
    X86_DIGIT = 1 << 17, /* ModRM.reg is part of the opcode */
};

/* The eight arithmetic operations as opcodes and /digits number them. */
enum x86_alu { X86_ADD, X86_OR, X86_ADC, X86_SBB, X86_AND, X86_SUB, X86_XOR, X86_CMP };

/* /digits of F6 and F7, and of C0, C1 and D0 to D3. */
enum x86_unary { X86_NOT = 2, X86_NEG, X86_MUL, X86_IMUL, X86_DIV, X86_IDIV };
enum x86_shift { X86_ROL, X86_ROR, X86_RCL, X86_RCR, X86_SHL, X86_SHR, X86_SAR = 7 };

/* Conditions (SDM vol. 1, appendix B). */
enum x86_cc {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_Z,
    CC_NZ,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G,
};

enum rm_kind {
    RM_REG,
    RM_MEM, /* [base + (index << scale) + disp] */
    RM_GS,  /* gs:[disp] */
    RM_AT,  /* RIP-relative: the byte at buffer offset disp; no immediate may follow */
};

/* What a ModRM byte can name. */
struct rm {
    u8 kind;
    u8 base; /* of RM_REG the register */
    u8 index;
    u8 scale;
    i32 disp;
};

struct emit {
    u8 *base;  /* of the buffer */
    size_t at; /* offset of the next byte */
    size_t end;
    bool full;
};

static inline struct rm rm_reg(unsigned reg)
{
    return (struct rm){.kind = RM_REG, .base = (u8)reg, .index = HOST_NONE};
}

static inline struct rm rm_mem(unsigned base, unsigned index, i32 disp)
{
    return (struct rm){.kind = RM_MEM, .base = (u8)base, .index = (u8)index, .disp = disp};
}

static inline struct rm rm_gs(size_t offset)
{
    return (struct rm){.kind = RM_GS, .index = HOST_NONE, .disp = (i32)offset};
}

static inline struct rm rm_at(size_t offset)
{
    return (struct rm){.kind = RM_AT, .index = HOST_NONE, .disp = (i32)offset};
}

static inline bool fits_i8(i64 v)
{
    return v == (i8)v;
}

static inline bool fits_i32(i64 v)
{
    return v == (i32)v;
}

void emit_byte(struct emit *e, unsigned byte);
void emit_imm(struct emit *e, u64 v, unsigned bytes);
/* opcode reg, rm or opcode rm, reg: operands of `size` bytes. */
void emit_rm(struct emit *e, u32 opcode, unsigned size, unsigned reg, struct rm rm);
/* VEX.L0: three operands. size 4 is W0, 8 is W1. */
void emit_vex(struct emit *e, u32 opcode, unsigned size, unsigned reg, unsigned vvvv, struct rm rm);

/* opcode for bytes, opcode + 1 for the other sizes: most integer instructions. */
static inline void emit_sized(struct emit *e, u32 opcode, unsigned size, unsigned reg, struct rm rm)
{
    emit_rm(e, size == 1 ? opcode : opcode + 1, size, reg, rm);
}

/* --- moves --- */
void emit_mov(struct emit *e, unsigned size, unsigned dst, unsigned src);
void emit_mov_imm(struct emit *e, unsigned dst, u64 v); /* all 64 bits */
/* `size` bytes to all 64 bits: MOV or MOVZX. */
void emit_load(struct emit *e, unsigned size, unsigned dst, struct rm src);
/* `size` bytes, in a register leaves the rest (4: clears it). */
void emit_store(struct emit *e, unsigned size, struct rm dst, unsigned src);
void emit_store_imm(struct emit *e, unsigned size, struct rm dst, i32 v);
void emit_lea(struct emit *e, unsigned size, unsigned dst, struct rm src);

/* --- arithmetic --- */
void emit_alu(struct emit *e, enum x86_alu op, unsigned size, unsigned dst, struct rm src);
void emit_alu_to(struct emit *e, enum x86_alu op, unsigned size, struct rm dst, unsigned src);
void emit_alu_imm(struct emit *e, enum x86_alu op, unsigned size, struct rm dst, i32 v);
void emit_test(struct emit *e, unsigned size, struct rm a, unsigned b);
void emit_test_imm(struct emit *e, unsigned size, struct rm a, i32 v);
void emit_unary(struct emit *e, enum x86_unary op, unsigned size, struct rm rm);
void emit_shift_imm(struct emit *e, enum x86_shift op, unsigned size, struct rm rm, unsigned count);
void emit_shift_cl(struct emit *e, enum x86_shift op, unsigned size, struct rm rm);
void emit_setcc(struct emit *e, unsigned cc, struct rm rm);
void emit_cmov(struct emit *e, unsigned cc, unsigned size, unsigned dst, struct rm src);

void emit_push(struct emit *e, unsigned reg); /* 8 bytes */
void emit_pop(struct emit *e, unsigned reg);
void emit_push_all(struct emit *e, const u8 *regs, unsigned n);
void emit_pop_all(struct emit *e, const u8 *regs, unsigned n); /* in the opposite order */

/* --- jumps; those that return an offset: of their rel32, for emit_patch() --- */
size_t emit_jmp(struct emit *e);
size_t emit_call(struct emit *e);
size_t emit_jcc(struct emit *e, unsigned cc);
void emit_jmp_to(struct emit *e, size_t target);
void emit_jcc_to(struct emit *e, unsigned cc, size_t target);
void emit_call_to(struct emit *e, size_t target);
void emit_jmp_rm(struct emit *e, struct rm target);
void emit_call_rm(struct emit *e, struct rm target);
void emit_ret(struct emit *e);
/* The short form: offset of its rel8, for emit_patch8(). */
size_t emit_jcc8(struct emit *e, unsigned cc);
void emit_patch8(struct emit *e, size_t site);
/* The rel32 at `site` goes to `target` from now on. */
void emit_patch(struct emit *e, size_t site, size_t target);

#endif
