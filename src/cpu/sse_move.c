/* SPDX-License-Identifier: MIT */
/*
 * MMX and SSE data movement: nothing is computed, no exception but those of memory. SDM vol. 1,
 * 9.4.1, 10.4.1 and 11.4.1.
 */
#include "cpu/simd.h"

void mem_read_vec(struct cpu *c, const struct insn *in, union vec *v)
{
    u64 off = mem_ea(c, in);
    linaddr lin = mem_linear(c, in->seg, off, 16, false);

    const u8 *p = mmu_fast_read(&c->mmu, lin, 16);
    if (likely(p != NULL))
        memcpy(v, p, 16);
    else
        mem_read_bytes(c, in->seg, off, v, 16);
}

void vec_read_other(struct cpu *c, const struct insn *in, unsigned n, union vec *v)
{
    if (in->op[n].kind == OPND_MM)
        *v = vec_of(mmx_read(c, in->op[n].reg), 0);
    else if (in->msize == 16)
        mem_read_vec(c, in, v);
    else
        *v = vec_of(mem_read_operand(c, in, in->msize), 0);
}

void mem_write_vec(struct cpu *c, const struct insn *in, const union vec *v)
{
    u64 off = mem_ea(c, in);
    linaddr lin = mem_linear(c, in->seg, off, 16, true);

    u8 *p = mmu_fast_write(&c->mmu, lin, 16);
    if (likely(p != NULL))
        memcpy(p, v, 16);
    else
        mem_write_bytes(c, in->seg, off, v, 16);
}

/* --- whole registers --- */

static void move_vec(struct cpu *c, const struct insn *in)
{
    if (in->op[0].kind == OPND_MEM)
        mem_write_vec(c, in, xmm(c, in->op[1].reg));
    else if (in->op[1].kind == OPND_MEM)
        mem_read_vec(c, in, xmm(c, in->op[0].reg));
    else
        *xmm(c, in->op[0].reg) = *xmm(c, in->op[1].reg);
}

/* MOVAPS, MOVDQA, MOVNTPS: their rows ask for alignment. */
OP(movaps)
{
    move_vec(c, in);
}

/* MOVUPS, MOVDQU, LDDQU */
OP(movups)
{
    move_vec(c, in);
}

/* --- scalars: between registers the upper part stays, from memory it is cleared --- */

static void move_scalar(struct cpu *c, const struct insn *in, unsigned size)
{
    u64 v = vec_read_low(c, in, 1, size);

    if (in->op[0].kind == OPND_MEM) {
        mem_write_operand(c, in, v, size);
        return;
    }
    union vec *d = xmm(c, in->op[0].reg);
    if (in->op[1].kind == OPND_MEM)
        *d = vec_of(v, 0);
    else
        *d = vec_of((d->u64[0] & ~MASK(8 * size)) | v, d->u64[1]);
}

OP(movss)
{
    move_scalar(c, in, 4);
}

OP(movsd_xmm)
{
    move_scalar(c, in, 8);
}

/* MOVD, MOVQ between MM or XMM and r/m: osize 8 under REX.W. */
OP(movd)
{
    unsigned size = in->msize;

    if (in->op[0].kind == OPND_XMM) {
        u64 v = operand_read(c, in, 1, size);
        *xmm(c, in->op[0].reg) = vec_of(v, 0);
    } else if (in->op[0].kind == OPND_MM) {
        mmx_write(c, in->op[0].reg, operand_read(c, in, 1, size));
    } else {
        operand_write(c, in, 0, vec_read_low(c, in, 1, size), size);
        vec_used(c, in, 1);
    }
}

/* MOVQ mm, mm/m64 and back; MOVNTQ. */
OP(movq_mm)
{
    u64 v = vec_read_low(c, in, 1, 8);

    if (in->op[0].kind == OPND_MM) {
        mmx_write(c, in->op[0].reg, v);
    } else {
        mem_write_operand(c, in, v, 8);
        mmx_enter(c);
    }
}

/* MOVQ xmm, xmm/m64 and back: the upper half is cleared. */
OP(movq_xmm)
{
    u64 v = vec_read_low(c, in, 1, 8);

    if (in->op[0].kind == OPND_XMM)
        *xmm(c, in->op[0].reg) = vec_of(v, 0);
    else
        mem_write_operand(c, in, v, 8);
}

OP(movq2dq)
{
    u64 v = mmx_read(c, in->op[1].reg);
    mmx_enter(c);
    *xmm(c, in->op[0].reg) = vec_of(v, 0);
}

OP(movdq2q)
{
    mmx_write(c, in->op[0].reg, c->fpu.xmm[in->op[1].reg][0]);
}

/* --- halves --- */

/* The 8-byte half `half` of an XMM register, from or to memory. */
static void move_half(struct cpu *c, const struct insn *in, unsigned half)
{
    if (in->op[0].kind == OPND_MEM) {
        mem_write_operand(c, in, c->fpu.xmm[in->op[1].reg][half], 8);
        return;
    }
    u64 v = mem_read_operand(c, in, 8);
    union vec *d = xmm(c, in->op[0].reg);
    *d = half ? vec_of(d->u64[0], v) : vec_of(v, d->u64[1]);
}

#define MOVE_HALF(name, half)                                                                      \
    OP(name)                                                                                       \
    {                                                                                              \
        move_half(c, in, half);                                                                    \
    }

MOVE_HALF(movlps, 0)
MOVE_HALF(movhps, 1)

OP(movhlps)
{
    union vec *d = xmm(c, in->op[0].reg);
    *d = vec_of(c->fpu.xmm[in->op[1].reg][1], d->u64[1]);
}

OP(movlhps)
{
    union vec *d = xmm(c, in->op[0].reg);
    *d = vec_of(d->u64[0], c->fpu.xmm[in->op[1].reg][0]);
}

OP(movddup)
{
    u64 v = vec_read_low(c, in, 1, 8);
    *xmm(c, in->op[0].reg) = vec_of(v, v);
}

OP(movsldup)
{
    union vec v = vec_read(c, in, 1);
    *xmm(c, in->op[0].reg) = vec_of_u32(v.u32[0], v.u32[0], v.u32[2], v.u32[2]);
}

OP(movshdup)
{
    union vec v = vec_read(c, in, 1);
    *xmm(c, in->op[0].reg) = vec_of_u32(v.u32[1], v.u32[1], v.u32[3], v.u32[3]);
}

/* --- by mask --- */

/*
 * MASKMOVQ, MASKMOVDQU: the bytes whose mask has bit 7, at DS:rDI (overridable). The whole operand
 * must be writable, whatever the mask (SDM leaves that open), and the x87 state becomes MMX state
 * even if it isn't: both as on the hardware.
 */
static void mask_move(struct cpu *c, const struct insn *in, unsigned n)
{
    union vec v = vec_read(c, in, 0), mask = vec_read(c, in, 1);
    u64 off = zext(c->gpr[RDI], in->asize);

    vec_used(c, in, 0);
    mem_probe_write(c, in->seg, off, n);
    for (unsigned i = 0; i < n; i++)
        if (mask.u8[i] & 0x80)
            mem_write(c, in->seg, zext(off + i, in->asize), v.u8[i], 1);
}

OP(maskmovq)
{
    mask_move(c, in, 8);
}

OP(maskmovdqu)
{
    mask_move(c, in, 16);
}
