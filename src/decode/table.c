/* SPDX-License-Identifier: MIT */
/* The tables of table.h and insn.h, all made from the .def files by the compiler. */
#include "decode/table.h"
#include "decode/feature.h"

/* Each row is known by the line it stands on until it has a number. */
#define ROW_AT_(line) ROW_AT_##line
#define ROW_AT(line) ROW_AT_(line)

enum row_number {
#define INSN(...) ROW_AT(__LINE__),
#include "decode/insn.def"
#undef INSN
    ROW_COUNT
};

/* Operands: a row has up to four, the rest is NONE. */
#define OPERANDS_(a, b, c, d, ...)                                                                 \
    {                                                                                              \
        OPC_##a, OPC_##b, OPC_##c, OPC_##d                                                         \
    }
#define OPERANDS(a, ...) OPERANDS_(__VA_ARGS__)
#define COUNT_(a, b, c, d, ...)                                                                    \
    ((OPC_##a != OPC_NONE) + (OPC_##b != OPC_NONE) + (OPC_##c != OPC_NONE) + (OPC_##d != OPC_NONE))
#define COUNT(a, ...) COUNT_(__VA_ARGS__)
#define SIZES_(a, b, c, d, ...) (CLASS_##a | CLASS_##b | CLASS_##c | CLASS_##d)
#define SIZES(a, ...) SIZES_(__VA_ARGS__)

/* Sizes that decide the operand size, by the operand's size letter and place. */
enum {
    NUM_none = 0,
    NUM_b = CLASS_B,
    NUM_w = 0,
    NUM_d = 0,
    NUM_q = 0,
    NUM_t = 0,
    NUM_x = 0,
    NUM_v = CLASS_V,
    NUM_z = CLASS_Z,
    NUM_y = CLASS_Y,
    NUM_a = CLASS_V,
    NUM_p = CLASS_Z,
    NUM_s = 0
};

enum {
#define IMMEDIATE(method) (METHOD_##method >= METHOD_I && METHOD_##method <= METHOD_A)
#define OPERAND(name, method, size, regsize, reg)                                                  \
    CLASS_##name = IMMEDIATE(method) ? 0 : NUM_##size | NUM_##regsize,
#include "decode/operand.def"
#undef OPERAND
};

const struct operand_form operand_forms[OPC_COUNT] = {
#define OPERAND(name, method, size, regsize, reg)                                                  \
    [OPC_##name] = {METHOD_##method, SIZE_##size, SIZE_##regsize, reg},
#include "decode/operand.def"
#undef OPERAND
};

/* ext: span, modrm_mask, modrm, form of struct row_match */
#define EXT_NONE 0, 0, 0, 0
#define EXT_PLUSR 7, 0, 0, 0
#define EXT_CC 15, 0, 0, FORM_CC
#define EXT_CCM 15, 0, 0, FORM_CC | FORM_MODRM
#define EXT_MR 0, 0, 0, FORM_MODRM
#define EXT_MM 0, 0, 0, FORM_MODRM | FORM_MEMORY
#define EXT_XX 0, 0xc0, 0xc0, FORM_MODRM
#define EXT_B(byte) 0, 0xff, 0x##byte, FORM_MODRM
#define EXT_R(n) 0, 0x38, (n) << 3, FORM_MODRM
#define EXT_M(n) 0, 0x38, (n) << 3, FORM_MODRM | FORM_MEMORY
#define EXT_X(n) 0, 0xf8, 0xc0 | (n) << 3, FORM_MODRM
#define EXT_R0 EXT_R(0)
#define EXT_R1 EXT_R(1)
#define EXT_R2 EXT_R(2)
#define EXT_R3 EXT_R(3)
#define EXT_R4 EXT_R(4)
#define EXT_R5 EXT_R(5)
#define EXT_R6 EXT_R(6)
#define EXT_R7 EXT_R(7)
#define EXT_M0 EXT_M(0)
#define EXT_M1 EXT_M(1)
#define EXT_M2 EXT_M(2)
#define EXT_M3 EXT_M(3)
#define EXT_M4 EXT_M(4)
#define EXT_M5 EXT_M(5)
#define EXT_M6 EXT_M(6)
#define EXT_M7 EXT_M(7)
#define EXT_X0 EXT_X(0)
#define EXT_X1 EXT_X(1)
#define EXT_X2 EXT_X(2)
#define EXT_X3 EXT_X(3)
#define EXT_X4 EXT_X(4)
#define EXT_X5 EXT_X(5)
#define EXT_X6 EXT_X(6)
#define EXT_X7 EXT_X(7)
#define FIRST_(a, ...) a
#define FIRST(...) FIRST_(__VA_ARGS__)

/* prefix: prefixes, rex_mask, rex of struct row_match */
#define PREFIXES_ANY PREFIX_NONE | PREFIX_66 | PREFIX_F3 | PREFIX_F2, 0, 0
#define PREFIXES_ANY_W1 PREFIX_NONE | PREFIX_66 | PREFIX_F3 | PREFIX_F2, 8, 8
#define PREFIXES_ANY_B0 PREFIX_NONE | PREFIX_66 | PREFIX_F3 | PREFIX_F2, 1, 0
#define PREFIXES_NP PREFIX_NONE, 0, 0
#define PREFIXES_NFX PREFIX_NONE | PREFIX_66, 0, 0
#define PREFIXES_P66 PREFIX_66, 0, 0
#define PREFIXES_PF3 PREFIX_F3, 0, 0
#define PREFIXES_PF3_B0 PREFIX_F3, 1, 0
#define PREFIXES_PF2 PREFIX_F2, 0, 0

/* attr: insn.def joins the names without their prefix. */
enum {
    LOCK = ATTR_LOCK,
    END = ATTR_END,
    ENDREP = ATTR_ENDREP,
    PRIV = ATTR_PRIV,
    SENSITIVE = ATTR_SENSITIVE,
    REAL_UD = ATTR_REAL_UD,
    NO64 = ATTR_NO64,
    ONLY64 = ATTR_ONLY64,
    DEF64 = ATTR_DEF64,
    FORCE64 = ATTR_FORCE64,
    FPU = ATTR_FPU,
    FPU_NOWAIT = ATTR_FPU_NOWAIT,
    SSE = ATTR_SSE,
    MMX = ATTR_MMX,
    ALIGN16 = ATTR_ALIGN16,
    NOHW = ATTR_NOHW,
    NOMEM = ATTR_NOMEM,
    FALLBACK = ATTR_FALLBACK,
    PORTABLE = ATTR_PORTABLE,
};
#define MODES(attr)                                                                                \
    ((attr)&ATTR_NO64     ? 1 << CODE16 | 1 << CODE32                                              \
     : (attr)&ATTR_ONLY64 ? 1 << CODE64                                                            \
                          : 1 << CODE16 | 1 << CODE32 | 1 << CODE64)

const struct row_match row_matches[ROW_COUNT] = {
#define INSN(map, opcode, ext, prefix, mnemonic, sem, flags, attr, cpu, ...)                       \
    {MAP_##map,                                                                                    \
     opcode,                                                                                       \
     EXT_##ext,                                                                                    \
     PREFIXES_##prefix,                                                                            \
     MODES(attr),                                                                                  \
     SIZES(0, ##__VA_ARGS__, NONE, NONE, NONE, NONE, 0),                                           \
     OPERANDS(0, ##__VA_ARGS__, NONE, NONE, NONE, NONE, 0)},
#include "decode/insn.def"
#undef INSN
};

/* Rows of one opcode follow each other, so the last initialiser is the last of them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const u16 opcode_rows[MAP_COUNT * 256] = {
#define INSN(map, opcode, ext, prefix, mnemonic, sem, flags, attr, cpu, ...)                       \
    [MAP_##map * 256 + opcode... MAP_##map * 256 + opcode + FIRST(EXT_##ext)] = ROW_AT(__LINE__),
#include "decode/insn.def"
#undef INSN
};
#pragma GCC diagnostic pop

/* flags: bits of EFLAGS */
enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, DF = 0x400, OF = 0x800 };
enum {
#define FLAGS(name, read, written, undefined)                                                      \
    READ_##name = (read), WRITTEN_##name = (written), UNDEFINED_##name = (undefined),
#include "decode/flags.def"
#undef FLAGS
};

#define ATTR_SELF(ext_form, attr)                                                                  \
    ((attr) | ((attr) & (ATTR_NOHW | ATTR_PRIV) ? 0 : ATTR_USER) |                                 \
     ((ext_form)&FORM_CC ? ATTR_COND : 0))
#define FOURTH_(a, b, c, d) (d)
#define FOURTH(...) FOURTH_(__VA_ARGS__)

const struct insn_row insn_rows[ROW_COUNT] = {
#define INSN(map, opcode, ext, prefix, mnemonic, sem, flags, attr, cpu, ...)                       \
    {mnemonic,                                                                                     \
     ATTR_SELF(FOURTH(EXT_##ext), attr),                                                           \
     READ_##flags,                                                                                 \
     WRITTEN_##flags,                                                                              \
     UNDEFINED_##flags,                                                                            \
     CPU_##cpu,                                                                                    \
     COUNT(0, ##__VA_ARGS__, NONE, NONE, NONE, NONE, 0)},
#include "decode/insn.def"
#undef INSN
};
const unsigned insn_row_count = ROW_COUNT;
