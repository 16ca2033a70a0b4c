/* SPDX-License-Identifier: MIT */
/*
 * x87 and SSE state as a whole: control and status words, tags, instruction pointers, pending
 * errors, and the instructions that only touch these. SDM vol. 1, 8.1 and 8.7.
 */
#include "cpu/x87.h"

#include "cpu/block.h"
#include "cpu/simd.h"

/* --- derived state --- */

static void load_x87_ctx(struct cpu *c)
{
    static const u8 precision[4] = {24, 64, 53, 64}; /* 01b is reserved */
    struct fpu_ctx *x = &c->fpu.x87;

    x->rounding = c->fpu.cw >> 10 & 3;
    x->precision = precision[c->fpu.cw >> 8 & 3];
    x->masks = c->fpu.cw & CW_MASKS;
}

static void load_sse_ctx(struct cpu *c)
{
    struct fpu_ctx *x = &c->fpu.sse;

    x->rounding = c->fpu.mxcsr >> MXCSR_RC_SHIFT & 3;
    x->masks = c->fpu.mxcsr >> MXCSR_MASKS_SHIFT & 0x3f;
    x->daz = c->fpu.mxcsr & MXCSR_DAZ;
    x->ftz = c->fpu.mxcsr & MXCSR_FTZ;
}

/* ES and B follow from flags and masks. FERR# falls with ES. */
static void update_es(struct cpu *c)
{
    bool was = c->fpu.sw & SW_ES;

    if (c->fpu.sw & ~c->fpu.cw & CW_MASKS) {
        c->fpu.sw |= SW_ES | SW_B;
    } else {
        c->fpu.sw &= (u16) ~(SW_ES | SW_B);
        if (was && c->bus.ferr)
            c->bus.ferr(c->bus.opaque, c->index, false);
    }
}

void x87_set_cw(struct cpu *c, u16 cw)
{
    c->fpu.cw = (cw & CW_WRITABLE) | CW_ONE;
    load_x87_ctx(c);
    if (c->fpu.entered)
        c->fpu.ops->x87_load(&c->fpu.x87);
    update_es(c);
}

void x87_set_sw(struct cpu *c, u16 sw)
{
    c->fpu.sw = (u16)((sw & ~(SW_ES | SW_B)) | (c->fpu.sw & SW_ES));
    update_es(c);
}

u16 x87_full_tag(const struct cpu *c)
{
    u16 tw = 0;

    for (unsigned r = 0; r < 8; r++) {
        const struct f80 *v = &c->fpu.st[r];
        unsigned exponent = v->se & 0x7fff, tag;
        if (c->fpu.empty >> r & 1)
            tag = 3;
        else if (exponent == 0 && v->mant == 0)
            tag = 1;
        else if (exponent == 0 || exponent == 0x7fff || !(v->mant >> 63))
            tag = 2;
        else
            tag = 0;
        tw |= (u16)(tag << 2 * r);
    }
    return tw;
}

void x87_set_full_tag(struct cpu *c, u16 tw)
{
    c->fpu.empty = 0;
    for (unsigned r = 0; r < 8; r++)
        if ((tw >> 2 * r & 3) == 3)
            c->fpu.empty |= (u8)(1u << r);
}

void x87_init(struct cpu *c)
{
    c->fpu.empty = 0xff;
    c->fpu.fip = c->fpu.fdp = 0;
    c->fpu.fcs = c->fpu.fds = c->fpu.fop = 0;
    x87_set_sw(c, 0);
    x87_set_cw(c, CW_INIT);
}

void fpu_power_on(struct cpu *c)
{
    const struct fpu_ops *ops = &fpu_soft;
#if defined(__x86_64__)
    if (!c->soft_fpu)
        ops = &fpu_hw;
#endif
    bool entered = c->fpu.entered;

    if (entered)
        fpu_leave(c);
    c->fpu = (struct fpu_state){.cw = CW_RESET, .mxcsr = MXCSR_INIT, .xcr0 = 1, .ops = ops};
    load_x87_ctx(c);
    load_sse_ctx(c);
    if (entered)
        fpu_enter(c);
}

void fpu_enter(struct cpu *c)
{
    load_x87_ctx(c);
    load_sse_ctx(c);
    c->fpu.ops->enter(&c->fpu.x87, &c->fpu.sse);
    c->fpu.entered = true;
}

void fpu_leave(struct cpu *c)
{
    fpu_sync(c);
    c->fpu.ops->leave(&c->fpu.x87, &c->fpu.sse);
    c->fpu.entered = false;
    c->fpu.mxcsr |= c->fpu.sse.flags & MXCSR_FLAGS;
    c->fpu.sse.flags = 0;
}

u32 sse_mxcsr(struct cpu *c)
{
    if (c->fpu.entered)
        c->fpu.ops->sse_sync(&c->fpu.sse);
    c->fpu.mxcsr |= c->fpu.sse.flags & MXCSR_FLAGS;
    return c->fpu.mxcsr;
}

void sse_set_mxcsr(struct cpu *c, u32 v)
{
    c->fpu.mxcsr = v;
    c->fpu.sse.flags = 0;
    load_sse_ctx(c);
    if (c->fpu.entered)
        c->fpu.ops->sse_load(&c->fpu.sse); /* drops what the host's unit has gathered */
}

/* --- exceptions --- */

void x87_wait(struct cpu *c)
{
    if (c->cr0 & CR0_NE)
        cpu_fault(c, VEC_MF);
    if (!c->bus.ferr)
        return;
    if (c->op && c->op->left > 1)
        cpu_retry_single(c); /* the interrupt that this makes is taken after it, wherever the
                                block began */
    c->bus.ferr(c->bus.opaque, c->index, true);
}

void x87_note(struct cpu *c, const struct insn *in)
{
    c->fpu.fip = cpu_insn_rip(c);
    c->fpu.fcs = c->seg[CS].sel;
    if (in->msize) {
        c->fpu.fdp = mem_ea(c, in);
        c->fpu.fds = c->seg[in->seg].sel;
    }
}

unsigned x87_fold(struct cpu *c, const struct insn *in, u16 flags)
{
    unsigned unmasked = flags & ~c->fpu.cw & CW_MASKS;

    c->fpu.sw = (u16)((c->fpu.sw & ~SW_C1) | (flags & (FPU_EXCEPTIONS | SW_SF | SW_C1)));
    if (unlikely(unmasked)) {
        c->fpu.sw |= SW_ES | SW_B;
        c->fpu.fop = (u16)((in->opcode & 7) << 8 | (in->imm & 0xff));
    }
    return unmasked;
}

bool x87_underflow(struct cpu *c, const struct insn *in)
{
    return x87_fold(c, in, FPU_IE | SW_SF);
}

bool x87_overflow(struct cpu *c, const struct insn *in)
{
    return x87_fold(c, in, FPU_IE | SW_SF | SW_C1);
}

/* --- control instructions: they leave the pointers alone --- */

OP(fninit)
{
    x87_init(c);
}

OP(fnclex)
{
    x87_set_sw(c, c->fpu.sw & (SW_TOP | SW_C0 | SW_C1 | SW_C2 | SW_C3));
}

OP(fldcw)
{
    x87_set_cw(c, (u16)mem_read_operand(c, in, 2));
}

OP(fnstcw)
{
    mem_write_operand(c, in, c->fpu.cw, 2);
}

OP(fnstsw_m)
{
    mem_write_operand(c, in, c->fpu.sw, 2);
}

OP(fnstsw_ax)
{
    gpr_write(c, RAX, c->fpu.sw, 2);
}

/* FNOP (D9) counts as the last instruction; FNENI, FNDISI, FNSETPM (DB) are control ones. */
OP(fnop)
{
    if (in->opcode == 0xd9)
        x87_note(c, in);
}

/* WAIT asks for MP, not EM: SDM vol. 3, table 2-2. */
OP(fwait)
{
    if ((c->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
        cpu_fault(c, VEC_NM);
    if (c->fpu.sw & SW_ES)
        x87_wait(c);
}

OP(emms)
{
    c->fpu.sw &= (u16)~SW_TOP;
    c->fpu.empty = 0xff;
}

OP(ldmxcsr)
{
    u32 v = (u32)mem_read_operand(c, in, 4);

    if (v & ~(u32)MXCSR_VALID)
        cpu_raise(c, VEC_GP, 0);
    sse_set_mxcsr(c, v);
}

OP(stmxcsr)
{
    mem_write_operand(c, in, sse_mxcsr(c), 4);
}
