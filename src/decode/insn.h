/* SPDX-License-Identifier: MIT */
/*
 * A decoded instruction: plain data, 32 bytes, made by insn_decode(), a pure function of
 * bytes and mode. Rows of insn.def name the encodings; `row` is an index into that table.
 */
#ifndef ERSATZ_DECODE_INSN_H
#define ERSATZ_DECODE_INSN_H

#include "base/types.h"

/* Code size as CS.L and CS.D give it. */
enum code_mode { CODE16, CODE32, CODE64 };

/* Registers are numbered as the encodings number them: AX 0, CX 1, DX 2, BX 3, SP 4, BP 5,
 * SI 6, DI 7, R8..R15. Two more slots of the register file serve address generation: GPR_BASE
 * is RIP of the running block's first byte (RIP-relative operands), GPR_ZERO always 0 (no base,
 * no index). */
enum gpr {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    GPR_BASE,
    GPR_ZERO,
    GPR_COUNT
};

enum seg_reg { ES, CS, SS, DS, FS, GS, SEG_COUNT };

/* What an operand is. Its size is insn.msize if it is the ModRM operand (r/m), else insn.osize;
 * where the two differ (MOVZX, CRC32, PINSRB, ...) the semantics name them. */
enum operand_kind {
    OPND_NONE,
    OPND_GPR,   /* reg 0..15 */
    OPND_GPR8H, /* AH CH DH BH: reg 0..3 */
    OPND_MEM,   /* insn.seg : base + (index << scale) + disp, cut to asize */
    OPND_MOFFS, /* insn.seg : imm */
    OPND_SI,    /* string source, insn.seg : rSI */
    OPND_DI,    /* string destination, ES : rDI */
    OPND_IMM,   /* insn.imm, already sign- or zero-extended to 64 bits as the row says */
    OPND_IMM2,  /* ENTER's second immediate (imm bits 16..23), EXTRQ-like */
    OPND_REL,   /* branch displacement: insn.imm, sign-extended, counts from the next insn */
    OPND_FAR,   /* ptr16:16 or 16:32: imm = offset | (u64)selector << 32 */
    OPND_SEG,   /* segment register */
    OPND_CR,
    OPND_DR,
    OPND_ST,  /* x87 ST(reg) */
    OPND_MM,  /* MMX register 0..7 */
    OPND_XMM, /* XMM register 0..15 */
    OPND_ONE, /* the constant 1 of shift forms */
};

struct operand {
    u8 kind;
    u8 reg;
};

/* Prefixes that instructions look at. A LOCK that is not allowed makes the row "ud". */
enum insn_prefix {
    PFX_REP = 1 << 0,   /* F3 */
    PFX_REPNE = 1 << 1, /* F2 */
    PFX_LOCK = 1 << 2,
    PFX_66 = 1 << 3,
    PFX_67 = 1 << 4,
    PFX_REXW = 1 << 5,
    PFX_REX = 1 << 6, /* any REX: SPL BPL SIL DIL in place of AH.. */
    PFX_SEG = 1 << 7, /* a segment override was given (and counts in this mode) */
};

struct insn {
    u16 row;  /* index into insn_rows[] */
    u8 len;   /* bytes, 1..15 */
    u8 osize; /* effective operand size in bytes: 2, 4, 8; byte forms have osize 1 */
    u8 asize; /* effective address size in bytes: 2, 4, 8 */
    u8 seg;   /* effective segment of the memory operand (overrides, SS for BP/SP bases); DS or
                 the override for those that address memory implicitly (XLAT, MONITOR, ...) */
    u8 prefix;
    u8 msize; /* bytes of the r/m operand, memory or register, or of a string element; 0: none,
                 or an area (FXSAVE) */
    struct operand op[4]; /* in the manual's order: destination first */
    u8 base;              /* enum gpr; RIP-relative: GPR_BASE, see disp */
    u8 index;             /* enum gpr, GPR_ZERO: none */
    u8 scale;             /* shift count 0..3 */
    u8 opcode;            /* the last opcode byte: condition codes, +r forms, x87 forms */
    i32 disp;             /* RIP-relative: counts from the next instruction, as encoded */
    u64 imm;              /* immediate, branch displacement, far pointer, moffs; x87: ModRM */
};

_Static_assert(sizeof(struct insn) == 32, "struct insn is two to a cache line");

static inline bool insn_rip_relative(const struct insn *in)
{
    return in->base == GPR_BASE;
}

/* Facts about a row, from insn.def. */
struct insn_row {
    const char *name; /* mnemonic, lower case */
    u32 attr;         /* enum insn_attr */
    /* EFLAGS bits, see flags.def */
    u16 flags_read, flags_written, flags_undefined;
    u8 cpu; /* enum cpu_feature: what must be there, else #UD */
    u8 noperands;
};

enum insn_attr {
    ATTR_LOCK = 1 << 0,        /* LOCK allowed with a memory destination */
    ATTR_END = 1 << 1,         /* ends its block: control flow, clock, IF, mode, privilege */
    ATTR_ENDREP = 1 << 2,      /* string instruction: ends its block if it has a REP prefix */
    ATTR_PRIV = 1 << 3,        /* CPL 0 only (checked by the instruction itself) */
    ATTR_SENSITIVE = 1 << 4,   /* one of the 17 that broke Popek and Goldberg's condition */
    ATTR_REAL_UD = 1 << 5,     /* #UD in real and VM86 mode */
    ATTR_NO64 = 1 << 6,        /* #UD in 64-bit mode */
    ATTR_ONLY64 = 1 << 7,      /* exists in 64-bit mode only */
    ATTR_DEF64 = 1 << 8,       /* operand size 64 by default in 64-bit mode */
    ATTR_FORCE64 = 1 << 9,     /* operand size 64 always in 64-bit mode (near branches) */
    ATTR_FPU = 1 << 10,        /* checks CR0.EM/TS (#NM) and pending x87 faults (#MF) */
    ATTR_FPU_NOWAIT = 1 << 11, /* as FPU, without the check for pending faults */
    ATTR_SSE = 1 << 12,        /* checks CR0.EM, CR4.OSFXSR (#UD), CR0.TS (#NM) */
    ATTR_MMX = 1 << 13,        /* checks CR0.EM (#UD), CR0.TS (#NM), pending x87 faults */
    ATTR_ALIGN16 = 1 << 14,    /* its 16-byte memory operand must be aligned, else #GP */
    ATTR_NOHW = 1 << 15,       /* user mode can't run it to completion, or what it gives is not a
                                  function of registers and memory */
    ATTR_USER = 1 << 16,       /* neither NOHW nor PRIV: hardware is the oracle (set by itself) */
    ATTR_NOMEM = 1 << 17,      /* address only (LEA, prefetch, NOP Ev): no access */
    ATTR_FALLBACK = 1 << 18,   /* without the feature the encoding means the row before this one
                                  (TZCNT: BSF), not #UD */
    ATTR_COND = 1 << 19,     /* the low four bits of insn.opcode are a condition (set by itself) */
    ATTR_PORTABLE = 1 << 20, /* an SSE, MMX or x87 row that is never run on the host's units: what
                                they give isn't exact or differs from CPU to CPU, or it changes
                                what they hold for the guest */
};

extern const struct insn_row insn_rows[];
extern const unsigned insn_row_count;

enum {
    ROW_UD = 0, /* what decodes to nothing: raises #UD; len is what was consumed */
};

/* It is the last of its block. */
static inline bool insn_ends_block(const struct insn *in)
{
    u32 attr = insn_rows[in->row].attr;
    return (attr & ATTR_END) || ((attr & ATTR_ENDREP) && (in->prefix & (PFX_REP | PFX_REPNE)));
}

enum decode_result {
    DECODE_OK,
    DECODE_SHORT,    /* needs more bytes than were given: n < 15 and the insn goes on */
    DECODE_TOO_LONG, /* over 15 bytes: #GP(0) */
};

/*
 * Decodes one instruction from the n bytes at p. Undefined encodings give DECODE_OK with
 * row ROW_UD. Which features the CPU has is not looked at: the caller checks insn_row.cpu.
 */
enum decode_result insn_decode(struct insn *in, const u8 *p, size_t n, enum code_mode mode);

/* The flags that this instruction reads; for ATTR_COND less than its row says. */
u16 insn_flags_read(const struct insn *in);

/* Writes Intel-syntax text ("add eax, dword ptr [rbx+8]"); rip is the instruction's own. */
void insn_print(const struct insn *in, u64 rip, char *buf, size_t size);

#endif
