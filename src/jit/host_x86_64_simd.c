/* SPDX-License-Identifier: MIT */
/*
 * HOST operations of MMX and SSE: the guest's instruction is written again with the host's
 * registers. insn.def has all it takes: map, opcode, mandatory prefix, /digit, and which operand
 * is in which field. MM and XMM registers keep their numbers, general registers are the host's
 * that stand for them, memory is where x64_probe() has it.
 */
#include "decode/table.h"
#include "jit/host_x86_64.h"

/* A general register operand while the instruction runs. */
struct gpr_operand {
    unsigned host; /* HOST_NONE: there is none */
    unsigned guest;
    bool in_memory, written;
};

static bool host_has(const struct x64 *g, enum cpu_feature f)
{
    switch (f) {
    case CPU_I8086: /* WAIT */
    case CPU_FPU:
    case CPU_CMOV:
    case CPU_MMX:
    case CPU_SSE:
    case CPU_SSE2: return true;
    case CPU_SSE3: return __builtin_cpu_supports("sse3");
    case CPU_SSSE3: return __builtin_cpu_supports("ssse3");
    case CPU_SSE41: return __builtin_cpu_supports("sse4.1");
    case CPU_SSE42: return __builtin_cpu_supports("sse4.2");
    case CPU_AES: return __builtin_cpu_supports("aes");
    case CPU_PCLMULQDQ: return __builtin_cpu_supports("pclmul");
    case CPU_SHA: return g->buf->sha;
    default: return false;
    }
}

/* --- encoding --- */

static u32 host_opcode(const struct insn *in, const struct row_match *row)
{
    u32 opcode = in->opcode;
    opcode |= row->map == MAP_M38 ? X86_0F38 : row->map == MAP_M3A ? X86_0F3A : X86_0F;
    switch (row->prefixes) {
    case PREFIX_66: return opcode | X86_66;
    case PREFIX_F3: return opcode | X86_F3;
    case PREFIX_F2: return opcode | X86_F2;
    default: return opcode;
    }
}

/* Writes it; `mem` is the memory operand, `gpr` the host's register in place of a general one. */
static void encode(struct emit *e, const struct insn *in, struct rm mem, unsigned gpr)
{
    const struct row_match *row = &row_matches[in->row];
    unsigned reg = row->modrm >> 3 & 7; /* the /digit, if there is one */
    struct rm rm = mem;
    bool imm = false;

    for (unsigned i = 0; i < ARRAY_LEN(in->op) && in->op[i].kind != OPND_NONE; i++) {
        unsigned method = operand_forms[row->operand[i]].method;
        unsigned n = in->op[i].kind == OPND_GPR ? gpr : in->op[i].reg;
        if (method == METHOD_V || method == METHOD_P || method == METHOD_G)
            reg = n;
        else if (method == METHOD_I)
            imm = true;
        else if (method != METHOD_XMM && in->op[i].kind != OPND_MEM)
            rm = rm_reg(n);
    }
    if (row->form & FORM_MODRM) {
        emit_rm(e, host_opcode(in, row), in->prefix & PFX_REXW ? 8 : 4, reg, rm);
    } else { /* EMMS */
        emit_byte(e, 0x0f);
        emit_byte(e, in->opcode);
    }
    if (imm)
        emit_byte(e, (u8)in->imm);
}

/* --- general registers --- */

static struct gpr_operand gpr_before(struct x64 *g, const struct insn *in)
{
    struct gpr_operand r = {.host = HOST_NONE};
    for (unsigned i = 0; i < ARRAY_LEN(in->op); i++) {
        if (in->op[i].kind != OPND_GPR)
            continue;
        r.guest = in->op[i].reg;
        r.host = x64_pinned(g, r.guest);
        r.in_memory = r.host == HOST_NONE;
        r.written = i == 0;
        if (r.in_memory)
            r.host = x64_scratch(g);
        if (r.in_memory && !r.written)
            emit_load(&g->e, 8, r.host, X64_CPU(gpr[r.guest]));
        break;
    }
    return r;
}

static void gpr_after(struct x64 *g, const struct gpr_operand *r)
{
    if (!r->in_memory)
        return;
    if (r->written)
        emit_store(&g->e, 8, X64_CPU(gpr[r->guest]), r->host);
    x64_free(g, r->host);
}

/* PCMPESTRI and PCMPESTRM count in (R/E)AX and (R/E)DX: rax is the flags' and must make room. */
static bool counts_in_rax(const struct insn *in)
{
    return row_matches[in->row].map == MAP_M3A && (in->opcode == 0x60 || in->opcode == 0x61);
}

static void simd(struct x64 *g, const struct insn *in, struct rm mem)
{
    struct emit *e = &g->e;
    bool rax = counts_in_rax(in);
    unsigned saved = rax ? x64_scratch(g) : HOST_NONE;
    struct gpr_operand gpr = gpr_before(g, in);

    if (g->failed)
        return;
    if (rax && mem.kind == RM_MEM) { /* if that faults, rax must be as it is */
        x64_fixup(g, mem);
        emit_load(e, 4, saved, mem);
    }
    if (rax) {
        emit_mov(e, 8, saved, HOST_RAX);
        emit_mov(e, 8, HOST_RAX, x64_pinned(g, RAX));
    }
    x64_fixup(g, mem);
    encode(e, in, mem, gpr.host);
    if (rax) {
        emit_mov(e, 8, HOST_RAX, saved);
        x64_free(g, saved);
    }
    gpr_after(g, &gpr);
}

/* --- all HOST operations --- */

/* The memory operand, if there is one. The x87 wants its linear address, too: FDP. */
static bool probe(struct x64 *g, unsigned n, struct rm *mem)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct insn *in = &ir_insn(g->ir, op->insn)->in;

    *mem = rm_reg(0);
    if (!op->a)
        return false;
    u32 attr = insn_rows[in->row].attr;
    *mem = x64_probe(g, n,
                     &(struct x64_access){.addr = op->a,
                                          .size = op->size,
                                          .write = op->write,
                                          .align = ir_wants_aligned(in),
                                          .linear = attr & (ATTR_FPU | ATTR_FPU_NOWAIT)});
    return true;
}

bool x64_host_op(struct x64 *g, unsigned n)
{
    const struct ir_op *op = &g->ir->op[n];
    const struct insn *in = &ir_insn(g->ir, op->insn)->in;
    u32 attr = insn_rows[in->row].attr;
    struct rm mem;

    if (!host_has(g, insn_rows[in->row].cpu))
        return false;
    if (in->opcode == 0x9b)
        return true; /* WAIT: the units are there */
    bool access = probe(g, n, &mem);
    if (insn_rows[in->row].flags_read)
        x64_to_host(g);
    bool flags = op->sets && x64_flags_before(g, n, op->sets);
    if (attr & (ATTR_FPU | ATTR_FPU_NOWAIT))
        x64_x87(g, n, mem);
    else if (!x64_sse(g, n, mem))
        simd(g, in, mem);
    if (flags)
        x64_flags_after(g, n);
    if (access)
        x64_free_rm(g, mem);
    return !g->failed;
}
