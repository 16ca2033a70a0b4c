/* SPDX-License-Identifier: MIT */
/*
 * FXSAVE and FXRSTOR, and the legacy region of the XSAVE area, which is the same. SDM vol. 1,
 * 10.5.1; bytes:
 *
 *      0    2    4    5 6    8        14   16       22   24      28        32
 *     +----+----+----+-+----+--------+----+--------+----+-------+---------+------
 *     | CW | SW | TW | | OP | FIP CS |    | FDP DS |    | MXCSR | mask    | ST..
 *     +----+----+----+-+----+--------+----+--------+----+-------+---------+------
 *
 * With REX.W, FIP and FDP are 64 bits and no selectors are saved.
 */
#include "cpu/fxsave.h"

#include "cpu/simd.h"

void fxsave_put_x87(struct cpu *c, u8 *area, bool wide)
{
    const struct fpu_state *f = &c->fpu;

    st16(area, f->cw);
    st16(area + 2, f->sw);
    st16(area + 4, (u8)~f->empty);
    st16(area + 6, f->fop);
    if (wide) {
        st64(area + 8, f->fip);
        st64(area + 16, f->fdp);
    } else {
        st32(area + 8, (u32)f->fip);
        st32(area + 12, f->fcs);
        st32(area + 16, (u32)f->fdp);
        st32(area + 20, f->fds);
    }
    for (unsigned i = 0; i < 8; i++) {
        const struct f80 *v = x87_st(c, i);
        st64(area + 32 + 16 * i, v->mant);
        st64(area + 40 + 16 * i, v->se);
    }
}

void fxsave_get_x87(struct cpu *c, const u8 *area, bool wide)
{
    struct fpu_state *f = &c->fpu;

    x87_set_cw(c, ld16(area));
    x87_set_sw(c, ld16(area + 2));
    f->empty = (u8)~area[4];
    f->fop = ld16(area + 6) & 0x7ff;
    f->fip = wide ? ld64(area + 8) : ld32(area + 8);
    f->fdp = wide ? ld64(area + 16) : ld32(area + 16);
    f->fcs = wide ? 0 : ld16(area + 12);
    f->fds = wide ? 0 : ld16(area + 20);
    for (unsigned i = 0; i < 8; i++)
        *x87_st(c, i) = (struct f80){ld64(area + 32 + 16 * i), ld16(area + 40 + 16 * i)};
}

void fxsave_put_mxcsr(struct cpu *c, u8 *area)
{
    st32(area + 24, sse_mxcsr(c));
    st32(area + 28, MXCSR_VALID);
}

static unsigned xmm_bytes(const struct cpu *c)
{
    return c->code_mode == CODE64 ? 256 : 128;
}

void fxsave_put_xmm(struct cpu *c, u8 *area)
{
    memcpy(area + 160, c->fpu.xmm, xmm_bytes(c));
}

void fxsave_get_xmm(struct cpu *c, const u8 *area)
{
    memcpy(c->fpu.xmm, area + 160, xmm_bytes(c));
}

void fxsave_init_xmm(struct cpu *c)
{
    memset(c->fpu.xmm, 0, xmm_bytes(c));
}

/* The operand's address, which must be aligned. */
static u64 area_at(struct cpu *c, const struct insn *in, bool write)
{
    u64 off = mem_ea(c, in);

    if (mem_linear(c, in->seg, off, 1, write) & 15)
        cpu_raise(c, VEC_GP, 0);
    return off;
}

/* Without CR4.OSFXSR the SSE part is left out. */
OP(fxsave)
{
    u64 off = area_at(c, in, true);
    bool sse = c->cr4 & CR4_OSFXSR;
    unsigned n = sse ? 160 + xmm_bytes(c) : 160;
    u8 area[FXSAVE_USED];

    mem_probe_write(c, in->seg, off, FXSAVE_SIZE);
    mem_read_bytes(c, in->seg, off, area, n); /* what is reserved stays as it is */
    fxsave_put_x87(c, area, in->prefix & PFX_REXW);
    if (sse) {
        fxsave_put_mxcsr(c, area);
        fxsave_put_xmm(c, area);
    }
    mem_write_bytes(c, in->seg, off, area, n);
}

OP(fxrstor)
{
    u64 off = area_at(c, in, false);
    bool sse = c->cr4 & CR4_OSFXSR;
    u8 area[FXSAVE_SIZE];

    mem_read_bytes(c, in->seg, off, area, sizeof area);
    if (sse && ld32(area + 24) & ~(u32)MXCSR_VALID)
        cpu_raise(c, VEC_GP, 0);
    fxsave_get_x87(c, area, in->prefix & PFX_REXW);
    if (sse) {
        sse_set_mxcsr(c, ld32(area + 24));
        fxsave_get_xmm(c, area);
    }
}
