/* SPDX-License-Identifier: MIT */
/* Looking inside: registers, and memory by physical and by linear address. */
#include "api/api.h"
#include "base/bits.h"
#include "base/error.h"
#include "cpu/flags.h"
#include "cpu/x87.h"

static const u8 register_bits[] = {
#define REGISTER(id, name, bits) [ERSATZ_REG_##id] = bits,
    ERSATZ_REGISTERS(REGISTER)
#undef REGISTER
};

static const char *const register_names[] = {
#define REGISTER(id, name, bits) [ERSATZ_REG_##id] = name,
    ERSATZ_REGISTERS(REGISTER)
#undef REGISTER
};

/* Segment registers in the public order: ES CS SS DS FS GS LDTR TR. */
static struct seg *segment(struct cpu *c, unsigned n)
{
    return n < SEG_COUNT ? &c->seg[n] : n == SEG_COUNT ? &c->ldtr : &c->tr;
}

static bool within(enum ersatz_reg reg, enum ersatz_reg first, enum ersatz_reg last)
{
    return reg >= first && reg <= last;
}

/* The 64-bit word of struct cpu that holds a register whole, or NULL. */
static u64 *plain_word(struct cpu *c, enum ersatz_reg reg)
{
    if (within(reg, ERSATZ_REG_RAX, ERSATZ_REG_RBX))
        return &c->gpr[reg - ERSATZ_REG_RAX];
    if (within(reg, ERSATZ_REG_RSP, ERSATZ_REG_R15))
        return &c->gpr[RSP + (reg - ERSATZ_REG_RSP)];
    if (within(reg, ERSATZ_REG_DR0, ERSATZ_REG_DR3))
        return &c->dr[reg - ERSATZ_REG_DR0];
    if (within(reg, ERSATZ_REG_ES_BASE, ERSATZ_REG_TR_BASE))
        return &segment(c, reg - ERSATZ_REG_ES_BASE)->base;
    switch (reg) {
    case ERSATZ_REG_RIP: return &c->rip;
    case ERSATZ_REG_GDTR_BASE: return &c->gdtr.base;
    case ERSATZ_REG_IDTR_BASE: return &c->idtr.base;
    case ERSATZ_REG_CR2: return &c->cr2;
    case ERSATZ_REG_KERNEL_GS_BASE: return &c->kernel_gs_base;
    default: return NULL;
    }
}

static struct f80 *st_register(struct cpu *c, enum ersatz_reg reg)
{
    return &c->fpu.st[((c->fpu.sw >> 11 & 7) + (reg - ERSATZ_REG_ST0)) & 7];
}

static u64 read_other(struct cpu *c, enum ersatz_reg reg)
{
    if (within(reg, ERSATZ_REG_ES, ERSATZ_REG_TR))
        return segment(c, reg - ERSATZ_REG_ES)->sel;
    if (within(reg, ERSATZ_REG_ES_LIMIT, ERSATZ_REG_TR_LIMIT))
        return segment(c, reg - ERSATZ_REG_ES_LIMIT)->limit;
    switch (reg) {
    case ERSATZ_REG_RFLAGS: return eflags_get(c);
    case ERSATZ_REG_GDTR_LIMIT: return c->gdtr.limit;
    case ERSATZ_REG_IDTR_LIMIT: return c->idtr.limit;
    case ERSATZ_REG_CR0: return c->cr0;
    case ERSATZ_REG_CR3: return c->cr3;
    case ERSATZ_REG_CR4: return c->cr4;
    case ERSATZ_REG_CR8: return c->bus.tpr_read(c->bus.opaque, c->index);
    case ERSATZ_REG_EFER: return c->efer;
    case ERSATZ_REG_DR6: return c->dr6;
    case ERSATZ_REG_DR7: return c->dr7;
    case ERSATZ_REG_CPL: return c->cpl;
    case ERSATZ_REG_FCW: return c->fpu.cw;
    case ERSATZ_REG_FSW: return c->fpu.sw;
    case ERSATZ_REG_FTW: return x87_full_tag(c);
    case ERSATZ_REG_MXCSR: return c->fpu.mxcsr;
    default: return 0;
    }
}

struct ersatz_value inspect_register(struct cpu *c, enum ersatz_reg reg)
{
    const u64 *word = plain_word(c, reg);

    if (word)
        return (struct ersatz_value){*word, 0};
    if (within(reg, ERSATZ_REG_ST0, ERSATZ_REG_ST7))
        return (struct ersatz_value){st_register(c, reg)->mant, st_register(c, reg)->se};
    if (within(reg, ERSATZ_REG_XMM0, ERSATZ_REG_XMM15)) {
        const u64 *x = c->fpu.xmm[reg - ERSATZ_REG_XMM0];
        return (struct ersatz_value){x[0], x[1]};
    }
    return (struct ersatz_value){read_other(c, reg), 0};
}

/* CR0, CR3, CR4 and EFER together decide the mode; EFER.LMA follows from them. False if no CPU
 * can be in it. */
static bool set_mode(struct cpu *c, u64 cr0, u64 cr4, u64 efer)
{
    bool long_mode = (cr0 & CR0_PG) && (efer & EFER_LME);

    if (((cr0 & CR0_PG) && !(cr0 & CR0_PE)) || (long_mode && !(cr4 & CR4_PAE)) ||
        ((cr0 & CR0_NW) && !(cr0 & CR0_CD)))
        return false;
    c->cr0 = cr0;
    c->cr4 = cr4;
    c->efer = (efer & ~(u64)EFER_LMA) | (long_mode ? EFER_LMA : 0);
    mmu_set_paging(&c->mmu, c->cr0, c->cr4, c->efer);
    cpu_update_mode(c);
    return true;
}

static bool write_control(struct cpu *c, enum ersatz_reg reg, u64 v)
{
    switch (reg) {
    case ERSATZ_REG_CR0: return set_mode(c, v, c->cr4, c->efer);
    case ERSATZ_REG_CR4: return set_mode(c, c->cr0, v, c->efer);
    case ERSATZ_REG_EFER: return set_mode(c, c->cr0, c->cr4, v);
    case ERSATZ_REG_CR3:
        if (!mmu_load_cr3(&c->mmu, v, false))
            return false;
        c->cr3 = v;
        return true;
    case ERSATZ_REG_CR8:
        if (v > 15)
            return false;
        c->bus.tpr_write(c->bus.opaque, c->index, (u8)v);
        return true;
    case ERSATZ_REG_RFLAGS:
        c->eflags = (u32)v & ~(u32)EFL_STATUS;
        flags_set(c, (u32)v);
        cpu_update_mode(c);
        return true;
    default: return false; /* CPL */
    }
}

static bool write_other(struct cpu *c, enum ersatz_reg reg, u64 v)
{
    if (within(reg, ERSATZ_REG_ES, ERSATZ_REG_TR)) {
        segment(c, reg - ERSATZ_REG_ES)->sel = (u16)v;
        return true;
    }
    if (within(reg, ERSATZ_REG_ES_LIMIT, ERSATZ_REG_TR_LIMIT)) {
        struct seg *s = segment(c, reg - ERSATZ_REG_ES_LIMIT);
        s->limit = (u32)v;
        seg_update(c, s);
        return true;
    }
    switch (reg) {
    case ERSATZ_REG_GDTR_LIMIT: c->gdtr.limit = (u16)v; return true;
    case ERSATZ_REG_IDTR_LIMIT: c->idtr.limit = (u16)v; return true;
    case ERSATZ_REG_DR6: c->dr6 = (u32)v; return true;
    case ERSATZ_REG_FCW: c->fpu.cw = (u16)v; return true;
    case ERSATZ_REG_FSW: c->fpu.sw = (u16)v; return true;
    case ERSATZ_REG_FTW: x87_set_full_tag(c, (u16)v); return true;
    case ERSATZ_REG_MXCSR: c->fpu.mxcsr = (u32)v & 0xFFFF; return true;
    default: return write_control(c, reg, v);
    }
}

static bool write_register(struct cpu *c, enum ersatz_reg reg, struct ersatz_value v)
{
    u64 *word = plain_word(c, reg);

    if (word) {
        *word = v.lo;
        if (within(reg, ERSATZ_REG_ES_BASE, ERSATZ_REG_TR_BASE))
            seg_update(c, segment(c, reg - ERSATZ_REG_ES_BASE));
        if (within(reg, ERSATZ_REG_ES_BASE, ERSATZ_REG_TR_BASE))
            cpu_update_mode(c);
        return true;
    }
    if (within(reg, ERSATZ_REG_ST0, ERSATZ_REG_ST7)) {
        *st_register(c, reg) = (struct f80){.mant = v.lo, .se = (u16)v.hi};
        return true;
    }
    if (within(reg, ERSATZ_REG_XMM0, ERSATZ_REG_XMM15)) {
        c->fpu.xmm[reg - ERSATZ_REG_XMM0][0] = v.lo;
        c->fpu.xmm[reg - ERSATZ_REG_XMM0][1] = v.hi;
        return true;
    }
    return write_other(c, reg, v.lo);
}

/* Enters the machine for CPU `cpu`. */
static int enter(struct ersatz_machine *m, unsigned cpu, struct ersatz_error *error)
{
    int result = api_enter_powered(m, error);

    if (!result && cpu >= m->board.cpu_count) {
        api_leave(m);
        return err_set(error, ERSATZ_E_VALUE, "no CPU %u", cpu);
    }
    return result;
}

int ersatz_get(struct ersatz_machine *m, unsigned cpu, enum ersatz_reg reg,
               struct ersatz_value *value, struct ersatz_error *error)
{
    int result = enter(m, cpu, error);

    if (result)
        return result;
    if ((unsigned)reg >= ERSATZ_REG_COUNT)
        result = err_set(error, ERSATZ_E_NAME, "no register %u", (unsigned)reg);
    else
        *value = inspect_register(m->board.cpus[cpu], reg);
    api_leave(m);
    return result;
}

int ersatz_put(struct ersatz_machine *m, unsigned cpu, enum ersatz_reg reg,
               struct ersatz_value value, struct ersatz_error *error)
{
    int result = enter(m, cpu, error);

    if (result)
        return result;
    if ((unsigned)reg >= ERSATZ_REG_COUNT)
        result = err_set(error, ERSATZ_E_NAME, "no register %u", (unsigned)reg);
    else if (register_bits[reg] < 64 && value.lo >> register_bits[reg])
        result = err_set(error, ERSATZ_E_VALUE, "%s has %u bits", register_names[reg],
                         register_bits[reg]);
    else if (!write_register(m->board.cpus[cpu], reg, value))
        result = err_set(error, ERSATZ_E_VALUE, "%s cannot be set to that", register_names[reg]);
    api_leave(m);
    return result;
}
