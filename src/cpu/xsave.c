/* SPDX-License-Identifier: MIT */
/*
 * XSAVE, XSAVEOPT, XSAVEC, XRSTOR, XGETBV, XSETBV. SDM vol. 1, chapter 13. Header, at byte 512:
 * XSTATE_BV, XCOMP_BV (bit 63: compacted format), 48 bytes of zeros.
 *
 * XSAVEOPT's "modified" optimisation is not used: a component that isn't in its initial state is
 * always written, as the manual allows.
 */
#include "cpu/xsave.h"

#include "cpu/fxsave.h"
#include "cpu/simd.h"

#define XCOMP_COMPACTED BIT(63)

enum { XSTATE_BV = XSAVE_LEGACY, XCOMP_BV = XSAVE_LEGACY + 8, HEADER_ZEROS = XSAVE_LEGACY + 16 };

/* Extended components would follow the two of the legacy region. */
const struct xsave_component xsave_component[XFEATURE_COUNT] = {
    [XFEATURE_X87] = {0, 160, false},
    [XFEATURE_SSE] = {160, 256, false},
};

u32 xsave_size(u64 features, bool compacted)
{
    u32 end = XSAVE_MIN;

    for (unsigned i = XFEATURE_EXTENDED; i < XFEATURE_COUNT; i++) {
        const struct xsave_component *x = &xsave_component[i];
        if (!(features >> i & 1))
            continue;
        if (!compacted)
            end = x->offset + x->size;
        else
            end = (x->align64 ? (u32)align_up(end, 64) : end) + x->size;
    }
    return end;
}

bool xcr0_valid(u64 v)
{
    return v & XCR0_X87 && !(v & ~(u64)XCR0_SUPPORTED);
}

/* --- which components are in their initial state: 13.6 --- */

static bool x87_in_use(const struct cpu *c)
{
    const struct fpu_state *f = &c->fpu;
    u64 any = f->fop | f->fip | f->fdp | f->fcs | f->fds;

    if (f->cw != CW_INIT || f->sw || f->empty != 0xff)
        return true;
    for (unsigned i = 0; i < 8; i++)
        any |= f->st[i].mant | f->st[i].se;
    return any;
}

static bool sse_in_use(const struct cpu *c)
{
    u64 any = 0;

    for (unsigned i = 0; i < 16; i++)
        any |= c->fpu.xmm[i][0] | c->fpu.xmm[i][1];
    return any;
}

static u64 xinuse(const struct cpu *c)
{
    return (x87_in_use(c) ? XCR0_X87 : 0) | (sse_in_use(c) ? XCR0_SSE : 0);
}

/* --- operands --- */

static void check_enabled(struct cpu *c)
{
    if (!(c->cr4 & CR4_OSXSAVE))
        cpu_fault(c, VEC_UD);
    if (c->cr0 & CR0_TS)
        cpu_fault(c, VEC_NM);
}

static u64 area_at(struct cpu *c, const struct insn *in, bool write)
{
    u64 off = mem_ea(c, in);

    if (mem_linear(c, in->seg, off, 1, write) & 63)
        cpu_raise(c, VEC_GP, 0);
    return off;
}

/* The requested-feature bitmap: EDX:EAX & XCR0. */
static u64 requested(const struct cpu *c)
{
    return ((u64)(u32)c->gpr[RDX] << 32 | (u32)c->gpr[RAX]) & c->fpu.xcr0;
}

/* --- saving --- */

/* Writes the components of `what` into the copy of the area. */
static void put_components(struct cpu *c, const struct insn *in, u8 *area, u64 what)
{
    if (what & XCR0_X87)
        fxsave_put_x87(c, area, in->prefix & PFX_REXW);
    if (what & XCR0_SSE)
        fxsave_put_xmm(c, area);
}

static void xsave(struct cpu *c, const struct insn *in, bool opt)
{
    u8 area[XSAVE_MIN];

    check_enabled(c);
    u64 off = area_at(c, in, true), rfbm = requested(c), used = xinuse(c);

    mem_probe_write(c, in->seg, off, sizeof area);
    mem_read_bytes(c, in->seg, off, area, sizeof area);
    put_components(c, in, area, opt ? rfbm & used : rfbm);
    if (rfbm & XCR0_SSE)
        fxsave_put_mxcsr(c, area);
    st64(area + XSTATE_BV, (ld64(area + XSTATE_BV) & ~rfbm) | (used & rfbm));
    mem_write_bytes(c, in->seg, off, area, sizeof area);
}

OP(xsave)
{
    xsave(c, in, false);
}

OP(xsaveopt)
{
    xsave(c, in, true);
}

/* MXCSR belongs to component 1, which counts as in use when MXCSR isn't 1F80h: 13.10. */
OP(xsavec)
{
    u8 area[XSAVE_MIN];

    check_enabled(c);
    u64 off = area_at(c, in, true), rfbm = requested(c), used = xinuse(c);

    if (sse_mxcsr(c) != MXCSR_INIT)
        used |= XCR0_SSE;
    mem_probe_write(c, in->seg, off, sizeof area);
    mem_read_bytes(c, in->seg, off, area, sizeof area);
    put_components(c, in, area, rfbm & used);
    if (rfbm & used & XCR0_SSE)
        fxsave_put_mxcsr(c, area);
    memset(area + XSTATE_BV, 0, XSAVE_HEADER);
    st64(area + XSTATE_BV, rfbm & used);
    st64(area + XCOMP_BV, rfbm | XCOMP_COMPACTED);
    mem_write_bytes(c, in->seg, off, area, sizeof area);
}

/* --- restoring --- */

/* 13.8.1, 13.8.2: what makes XRSTOR raise #GP. */
static bool header_valid(const struct cpu *c, const u8 *area)
{
    u64 bv = ld64(area + XSTATE_BV), comp = ld64(area + XCOMP_BV);
    unsigned zeros = XSAVE_HEADER - 16;

    if (comp & XCOMP_COMPACTED) {
        comp &= ~XCOMP_COMPACTED;
        if (!cpu_has(c, CPU_XSAVEC) || comp & ~c->fpu.xcr0 || bv & ~comp)
            return false;
    } else {
        if (comp || bv & ~c->fpu.xcr0)
            return false;
        zeros = 8;
    }
    for (unsigned i = 0; i < zeros; i++)
        if (area[HEADER_ZEROS + i])
            return false;
    return true;
}

/* Component 1 of the compacted format brings MXCSR with it; the standard format always loads it
 * from memory when SSE is asked for. */
static void restore_sse(struct cpu *c, const u8 *area, bool present, bool compacted)
{
    sse_set_mxcsr(c, present || !compacted ? ld32(area + 24) : MXCSR_INIT);
    if (present)
        fxsave_get_xmm(c, area);
    else
        fxsave_init_xmm(c);
}

OP(xrstor)
{
    u8 area[XSAVE_MIN];

    check_enabled(c);
    u64 off = area_at(c, in, false), rfbm = requested(c);

    mem_read_bytes(c, in->seg, off, area, sizeof area);
    if (!header_valid(c, area))
        cpu_raise(c, VEC_GP, 0);
    u64 present = ld64(area + XSTATE_BV);
    bool compacted = ld64(area + XCOMP_BV) & XCOMP_COMPACTED;
    bool loads_mxcsr = rfbm & XCR0_SSE && (present & XCR0_SSE || !compacted);

    if (loads_mxcsr && ld32(area + 24) & ~(u32)MXCSR_VALID)
        cpu_raise(c, VEC_GP, 0);
    if (rfbm & XCR0_X87) {
        if (present & XCR0_X87) {
            fxsave_get_x87(c, area, in->prefix & PFX_REXW);
        } else {
            x87_init(c);
            memset(c->fpu.st, 0, sizeof c->fpu.st);
        }
    }
    if (rfbm & XCR0_SSE)
        restore_sse(c, area, present & XCR0_SSE, compacted);
}

/* --- XCR0 --- */

OP(xgetbv)
{
    u64 v;

    if (!(c->cr4 & CR4_OSXSAVE))
        cpu_fault(c, VEC_UD);
    if ((u32)c->gpr[RCX] == 0)
        v = c->fpu.xcr0;
    else if ((u32)c->gpr[RCX] == 1 && cpu_has(c, CPU_XGETBV1))
        v = c->fpu.xcr0 & xinuse(c);
    else
        cpu_raise(c, VEC_GP, 0);
    c->gpr[RAX] = (u32)v;
    c->gpr[RDX] = v >> 32;
}

OP(xsetbv)
{
    u64 v = (u64)(u32)c->gpr[RDX] << 32 | (u32)c->gpr[RAX];

    if (!(c->cr4 & CR4_OSXSAVE))
        cpu_fault(c, VEC_UD);
    if (c->cpl || (u32)c->gpr[RCX] || !xcr0_valid(v))
        cpu_raise(c, VEC_GP, 0);
    c->fpu.xcr0 = v;
}
