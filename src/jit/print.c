/* SPDX-License-Identifier: MIT */
/*
 * The IR as text: a comment line for each guest instruction, then its operations, one a line:
 * "  %5 = add.4 %3, %4  sets oszapc live z".
 */
#include "jit/ir.h"

static const char *const gpr_names[] = {"rax", "rcx", "rdx", "rbx", "rsp",  "rbp",
                                        "rsi", "rdi", "r8",  "r9",  "r10",  "r11",
                                        "r12", "r13", "r14", "r15", "base", "zero"};
static const char *const high_names[] = {"ah", "ch", "dh", "bh"};
static const char *const seg_names[] = {"es", "cs", "ss", "ds", "fs", "gs"};
static const char *const conditions[] = {"o", "no", "b", "nb", "z", "nz", "be", "nbe",
                                         "s", "ns", "p", "np", "l", "nl", "le", "nle"};

static void print_flags(FILE *f, const char *what, unsigned flags)
{
    static const struct {
        u8 flag;
        char letter;
    } order[] = {{IRF_OF, 'o'}, {IRF_SF, 's'}, {IRF_ZF, 'z'},
                 {IRF_AF, 'a'}, {IRF_PF, 'p'}, {IRF_CF, 'c'}};

    fprintf(f, "  %s ", what);
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        if (flags & order[i].flag)
            fputc(order[i].letter, f);
    if (!(flags & IRF_ALL))
        fputc('-', f);
}

static void print_imm(FILE *f, i64 imm)
{
    if (imm < 0 && imm > -0x10000)
        fprintf(f, "-%llxh", (unsigned long long)-imm);
    else
        fprintf(f, "%llxh", (unsigned long long)imm);
}

static void print_way(FILE *f, const struct ir_op *op)
{
    static const char *const ways[] = {[WAY_NEXT] = "next", [WAY_TAKEN] = "taken"};

    if (op->code == IR_GUARD || op->code == IR_EXPECT)
        fprintf(f, " way %u ", op->write);
    else
        fprintf(f, " %s ", ways[op->write]);
    print_imm(f, op->imm);
}

/* What the operation has beside its operands. False: nothing. */
static bool print_fields(FILE *f, const struct ir_op *op)
{
    switch (op->code) {
    case IR_GET:
    case IR_PUT: fprintf(f, " %s", gpr_names[op->reg]); break;
    case IR_GETH:
    case IR_PUTH: fprintf(f, " %s", high_names[op->reg & 3]); break;
    case IR_SEG: fprintf(f, " %s%s", seg_names[op->reg], op->write ? " write" : ""); break;
    case IR_GETSEL: fprintf(f, " %s", seg_names[op->reg]); break;
    case IR_COND: fprintf(f, " %s", conditions[op->reg & 15]); break;
    case IR_EXPECT:
    case IR_JUMP:
    case IR_BRANCH: print_way(f, op); break;
    case IR_GUARD:
        if (!op->a)
            return false;
        fputs(op->reg ? " unless" : " if", f);
        print_way(f, op);
        break;
    case IR_CONST:
    case IR_RIP:
    case IR_PUTE:
    case IR_PUTDF: fputc(' ', f), print_imm(f, op->imm); break;
    default: return false;
    }
    return true;
}

static void print_operands(FILE *f, const struct ir_op *op, const char *comma)
{
    const ir_ref v[] = {op->a, op->b, op->c};

    for (unsigned i = 0; i < ir_info[op->code].values; i++) {
        if (v[i])
            fprintf(f, "%s%%%u", comma, v[i]);
        else
            fprintf(f, "%s-", comma);
        if (op->code == IR_EA && i == 1 && op->scale)
            fprintf(f, "*%u", 1u << op->scale);
        comma = ", ";
    }
    if (op->code == IR_EA && op->imm)
        fputs(", ", f), print_imm(f, op->imm);
}

static void print_op(const struct ir *ir, FILE *f, unsigned n)
{
    const struct ir_op *op = &ir->op[n];

    fprintf(f, "  %%%u = %s.%u", n, ir_info[op->code].name, op->size);
    bool fields = print_fields(f, op);
    print_operands(f, op, fields ? ", " : " ");
    if (ir->groups && op->reg && ir_is_access(op))
        fprintf(f, "  group %u +%llu", op->reg, (unsigned long long)op->imm);
    if (op->sets) {
        print_flags(f, "sets", op->sets);
        print_flags(f, "live", op->live);
    }
    fputc('\n', f);
}

static void print_insn(const struct ir *ir, FILE *f, unsigned insn)
{
    const struct op *op = ir_insn(ir, insn);
    char text[96];

    /* Displacements of relative branches and operands already count from the block's start. */
    insn_print(&op->in, (u64)0 - op->in.len, text, sizeof text);
    fprintf(f, "; %x: %s\n", op->at, text);
}

void ir_print(const struct ir *ir, FILE *f)
{
    unsigned insn = 0;

    for (unsigned n = 1; n <= ir->count; n++) {
        while (insn < ir->insns && insn <= ir->op[n].insn)
            print_insn(ir, f, insn++);
        print_op(ir, f, n);
    }
}
