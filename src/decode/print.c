/* SPDX-License-Identifier: MIT */
/*
 * Intel-syntax text of a decoded instruction, in the form that GNU and LLVM tools use:
 * "add eax, dword ptr [rbx + 8]".
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/bits.h"
#include "decode/table.h"

/* Text under construction. What doesn't fit is cut. */
struct text {
    char *buf;
    size_t size, len;
    const struct insn *in;
    u64 rip;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->len += (size_t)n < t->size - t->len ? (size_t)n : t->size - t->len - 1;
}

static void put_number(struct text *t, u64 v)
{
    put(t, v < 10 ? "%llu" : "0x%llx", (unsigned long long)v);
}

static void put_gpr(struct text *t, unsigned reg, unsigned size)
{
    static const char names[8][3] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    static const char low[8][4] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};

    if (reg >= R8)
        put(t, "r%u%s", reg, size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "d" : "");
    else if (size == 1)
        put(t, "%s", low[reg]);
    else
        put(t, "%s%s", size == 8 ? "r" : size == 4 ? "e" : "", names[reg]);
}

static const char *seg_name(unsigned seg)
{
    static const char names[SEG_COUNT][3] = {"es", "cs", "ss", "ds", "fs", "gs"};
    return names[seg];
}

/* "dword ptr fs:" */
static void put_access(struct text *t, unsigned size)
{
    static const char *const names[17] = {
        [1] = "byte ptr ",  [2] = "word ptr ",   [4] = "dword ptr ",    [6] = "fword ptr ",
        [8] = "qword ptr ", [10] = "tbyte ptr ", [16] = "xmmword ptr ",
    };

    if (size < ARRAY_LEN(names) && names[size])
        put(t, "%s", names[size]);
    if (t->in->prefix & PFX_SEG)
        put(t, "%s:", seg_name(t->in->seg));
}

static void put_memory(struct text *t)
{
    const struct insn *in = t->in;
    bool some = true;

    put(t, "[");
    if (in->base == GPR_BASE)
        put(t, in->asize == 4 ? "eip" : "rip");
    else if (in->base != GPR_ZERO)
        put_gpr(t, in->base, in->asize);
    else
        some = false;
    if (in->index != GPR_ZERO) {
        if (some)
            put(t, " + ");
        put_gpr(t, in->index, in->asize);
        if (in->scale)
            put(t, "*%u", 1u << in->scale);
        some = true;
    }
    if (!some)
        put_number(t, zext((u64)(i64)in->disp, in->asize));
    else if (in->disp) {
        put(t, in->disp < 0 ? " - " : " + ");
        put_number(t, in->disp < 0 ? (u64) - (i64)in->disp : (u64)in->disp);
    }
    put(t, "]");
}

static void put_string(struct text *t, bool source)
{
    unsigned size = t->in->asize;

    if (source)
        put_access(t, t->in->msize);
    else
        put(t, "%s ptr es:",
            t->in->msize == 1   ? "byte"
            : t->in->msize == 2 ? "word"
            : t->in->msize == 4 ? "dword"
                                : "qword");
    put(t, "[");
    put_gpr(t, source ? RSI : RDI, size);
    put(t, "]");
}

/* Where a near branch goes: cut to the operand size, RIP being 64 bits wide in 64-bit mode. */
static void put_target(struct text *t)
{
    const struct insn *in = t->in;
    put_number(t, zext(t->rip + in->len + in->imm, in->osize));
}

static void put_operand(struct text *t, unsigned i)
{
    const struct insn *in = t->in;
    const struct operand *op = &in->op[i];
    const struct operand_form *f = &operand_forms[row_matches[in->row].operand[i]];
    static const char high[4][3] = {"ah", "ch", "dh", "bh"};

    switch (op->kind) {
    case OPND_GPR: put_gpr(t, op->reg, operand_bytes(f->regsize, in->osize, CODE64)); break;
    case OPND_GPR8H: put(t, "%s", high[op->reg & 3]); break;
    case OPND_MEM:
        put_access(t, in->msize);
        put_memory(t);
        break;
    case OPND_MOFFS:
        put_access(t, in->msize);
        put(t, "[");
        put_number(t, in->imm);
        put(t, "]");
        break;
    case OPND_SI: put_string(t, true); break;
    case OPND_DI: put_string(t, false); break;
    case OPND_IMM:
        put_number(t, zext(in->op[1].kind == OPND_IMM2 ? in->imm & 0xffff : in->imm,
                           f->method == METHOD_IS ? in->osize : 8));
        break;
    case OPND_IMM2: put_number(t, in->imm >> 16 & 0xff); break;
    case OPND_REL: put_target(t); break;
    case OPND_FAR:
        put_number(t, in->imm >> 32);
        put(t, ":");
        put_number(t, in->imm & 0xffffffff);
        break;
    case OPND_SEG: put(t, "%s", seg_name(op->reg)); break;
    case OPND_CR: put(t, "cr%u", op->reg); break;
    case OPND_DR: put(t, "dr%u", op->reg); break;
    case OPND_ST: put(t, "st(%u)", op->reg); break;
    case OPND_MM: put(t, "mm%u", op->reg); break;
    case OPND_XMM: put(t, "xmm%u", op->reg); break;
    case OPND_ONE: put(t, "1"); break;
    default: break;
    }
}

/* Mnemonics by size: "a/b" or "a/b/c" for 2, 4, 8 bytes; JCXZ goes by address size. */
static void put_mnemonic(struct text *t)
{
    static const char conditions[16][3] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                           "s", "ns", "p", "np", "l", "ge", "le", "g"};
    const struct insn *in = t->in;
    const struct insn_row *row = &insn_rows[in->row];
    const char *name = row->name;
    unsigned size = in->opcode == 0xe3 ? in->asize : in->osize;

    for (unsigned skip = size == 8 ? 2 : size == 4 ? 1 : 0; skip > 0; skip--) {
        const char *slash = name;
        while (*slash && *slash != '/')
            slash++;
        if (!*slash)
            break;
        name = slash + 1;
    }
    for (; *name && *name != '/'; name++)
        put(t, "%c", *name);
    if (row->attr & ATTR_COND)
        put(t, "%s", conditions[in->opcode & 15]);
}

static void put_prefixes(struct text *t)
{
    const struct insn *in = t->in;
    u32 attr = insn_rows[in->row].attr;
    bool string = false, compares = insn_rows[in->row].flags_written != 0;

    for (unsigned i = 0; i < 2; i++)
        string |= in->op[i].kind == OPND_SI || in->op[i].kind == OPND_DI;
    if ((in->prefix & PFX_LOCK) && (attr & ATTR_LOCK))
        put(t, "lock ");
    if (!string)
        return;
    if (in->prefix & PFX_REPNE)
        put(t, "repne ");
    else if (in->prefix & PFX_REP)
        put(t, compares ? "repe " : "rep ");
}

void insn_print(const struct insn *in, u64 rip, char *buf, size_t size)
{
    struct text t = {.buf = buf, .size = size, .in = in, .rip = rip};

    if (!size)
        return;
    buf[0] = '\0';
    put_prefixes(&t);
    put_mnemonic(&t);
    for (unsigned i = 0; i < insn_rows[in->row].noperands; i++) {
        if (i > 1 && in->op[i].kind == OPND_SEG) /* LDS and so on: in the name already */
            break;
        put(&t, i ? ", " : " ");
        put_operand(&t, i);
    }
}
