/* SPDX-License-Identifier: MIT */
/*
 * insn.def as the decoder and the printer see it: constant data, found by map and opcode. A
 * row of one encoding matches when its masks do; see the legend of insn.def.
 */
#ifndef ERSATZ_DECODE_TABLE_H
#define ERSATZ_DECODE_TABLE_H

#include "decode/insn.h"

enum opcode_map { MAP_M1, MAP_M0F, MAP_M38, MAP_M3A, MAP_V0F, MAP_V38, MAP_V3A, MAP_MX, MAP_COUNT };

/* Where an operand is; how large it is: operand.def */
enum operand_method {
    METHOD_NONE,
    METHOD_E,
    METHOD_G,
    METHOD_B,
    METHOD_Z,
    METHOD_M,
    METHOD_R,
    METHOD_W,
    METHOD_V,
    METHOD_U,
    METHOD_Q,
    METHOD_P,
    METHOD_N,
    METHOD_S,
    METHOD_C,
    METHOD_D,
    METHOD_T,
    METHOD_X,
    METHOD_Y,
    METHOD_O,
    METHOD_I,
    METHOD_IS,
    METHOD_I2,
    METHOD_J,
    METHOD_A,
    METHOD_ONE,
    METHOD_GPR,
    METHOD_SEG,
    METHOD_ST,
    METHOD_XMM
};

enum operand_size {
    SIZE_none,
    SIZE_b,
    SIZE_w,
    SIZE_d,
    SIZE_q,
    SIZE_t,
    SIZE_x,
    SIZE_v,
    SIZE_z,
    SIZE_y,
    SIZE_a,
    SIZE_p,
    SIZE_s
};

struct operand_form {
    u8 method;
    u8 size;
    u8 regsize;
    u8 reg;
};

enum operand_code {
#define OPERAND(name, method, size, regsize, reg) OPC_##name,
#include "decode/operand.def"
#undef OPERAND
    OPC_COUNT
};

extern const struct operand_form operand_forms[OPC_COUNT];

/* Which sizes a row's operands have: decides its operand size. */
enum size_class { CLASS_B = 1, CLASS_Z = 2, CLASS_Y = 4, CLASS_V = 8 };

/* What must match. Mandatory prefixes as a set: bit 0 none, 1 66, 2 F3, 3 F2. */
enum { PREFIX_NONE = 1, PREFIX_66 = 2, PREFIX_F3 = 4, PREFIX_F2 = 8 };

struct row_match {
    u8 map;
    u8 opcode, span;      /* opcodes from .. from + span */
    u8 modrm_mask, modrm; /* memory forms: mod != 3 besides, see form */
    u8 form;              /* enum row_form */
    u8 prefixes;
    u8 rex_mask, rex;
    u8 modes;      /* bit n: enum code_mode n */
    u8 sizes;      /* enum size_class */
    u8 operand[4]; /* enum operand_code */
};

enum row_form {
    FORM_MODRM = 1,  /* has a ModRM byte */
    FORM_MEMORY = 2, /* mod is not 3 */
    FORM_CC = 4,     /* sixteen conditions */
};

extern const struct row_match row_matches[];

/* The last row for an opcode, or ROW_UD: candidates are it and those before it that cover the
 * opcode. */
extern const u16 opcode_rows[MAP_COUNT * 256];

/* Bytes of an operand of `size` in an instruction with this operand size; 0: no number. */
unsigned operand_bytes(enum operand_size size, unsigned osize, enum code_mode mode);

#endif
