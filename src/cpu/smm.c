/* SPDX-License-Identifier: MIT */
/*
 * System management mode (SDM vol. 3, chapter 31). The state save map is the 32-bit one of the
 * P6, or AMD64's (APM vol. 2, 10.2) if the model has long mode, as firmware for emulated
 * machines expects. Offsets count from SMBASE + 8000h.
 */
#include "board/memmap.h"
#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/interrupt.h"
#include "cpu/op.h"
#include "cpu/system.h"

enum { SMM_ENTRY = 0x8000, REVISION_32 = 0x20000, REVISION_64 = 0x20064 };

/* SMM_WORD(offset, size, field): what is saved and restored as it is. */
#define SMM_WORDS_32(SMM_WORD)                                                                     \
    SMM_WORD(0x7ff8, 4, cr3)                                                                       \
    SMM_WORD(0x7ff0, 4, rip)                                                                       \
    SMM_WORD(0x7fec, 4, gpr[RDI])                                                                  \
    SMM_WORD(0x7fe8, 4, gpr[RSI])                                                                  \
    SMM_WORD(0x7fe4, 4, gpr[RBP])                                                                  \
    SMM_WORD(0x7fe0, 4, gpr[RSP])                                                                  \
    SMM_WORD(0x7fdc, 4, gpr[RBX])                                                                  \
    SMM_WORD(0x7fd8, 4, gpr[RDX])                                                                  \
    SMM_WORD(0x7fd4, 4, gpr[RCX])                                                                  \
    SMM_WORD(0x7fd0, 4, gpr[RAX])                                                                  \
    SMM_WORD(0x7fcc, 4, dr6)                                                                       \
    SMM_WORD(0x7fc8, 4, dr7)                                                                       \
    SMM_WORD(0x7f74, 4, gdtr.base)                                                                 \
    SMM_WORD(0x7f70, 2, gdtr.limit)                                                                \
    SMM_WORD(0x7f58, 4, idtr.base)                                                                 \
    SMM_WORD(0x7f54, 2, idtr.limit)

#define SMM_WORDS_64(SMM_WORD)                                                                     \
    SMM_WORD(0x7ff8, 8, gpr[RAX])                                                                  \
    SMM_WORD(0x7ff0, 8, gpr[RCX])                                                                  \
    SMM_WORD(0x7fe8, 8, gpr[RDX])                                                                  \
    SMM_WORD(0x7fe0, 8, gpr[RBX])                                                                  \
    SMM_WORD(0x7fd8, 8, gpr[RSP])                                                                  \
    SMM_WORD(0x7fd0, 8, gpr[RBP])                                                                  \
    SMM_WORD(0x7fc8, 8, gpr[RSI])                                                                  \
    SMM_WORD(0x7fc0, 8, gpr[RDI])                                                                  \
    SMM_WORD(0x7fb8, 8, gpr[R8])                                                                   \
    SMM_WORD(0x7fb0, 8, gpr[R9])                                                                   \
    SMM_WORD(0x7fa8, 8, gpr[R10])                                                                  \
    SMM_WORD(0x7fa0, 8, gpr[R11])                                                                  \
    SMM_WORD(0x7f98, 8, gpr[R12])                                                                  \
    SMM_WORD(0x7f90, 8, gpr[R13])                                                                  \
    SMM_WORD(0x7f88, 8, gpr[R14])                                                                  \
    SMM_WORD(0x7f80, 8, gpr[R15])                                                                  \
    SMM_WORD(0x7f78, 8, rip)                                                                       \
    SMM_WORD(0x7f68, 4, dr6)                                                                       \
    SMM_WORD(0x7f60, 4, dr7)                                                                       \
    SMM_WORD(0x7f50, 8, cr3)                                                                       \
    SMM_WORD(0x7e68, 8, gdtr.base)                                                                 \
    SMM_WORD(0x7e64, 2, gdtr.limit)                                                                \
    SMM_WORD(0x7e88, 8, idtr.base)                                                                 \
    SMM_WORD(0x7e84, 2, idtr.limit)                                                                \
    SMM_WORD(0x7ecb, 1, cpl)

/* Where the rest lies: what is checked, or kept elsewhere. */
struct smm_map {
    u16 cr0, cr4, efer, eflags, halted, revision, smbase;
};

static const struct smm_map map_32 = {.cr0 = 0x7ffc,
                                      .cr4 = 0x7f14,
                                      .eflags = 0x7ff4,
                                      .halted = 0x7f02,
                                      .revision = 0x7efc,
                                      .smbase = 0x7ef8};
static const struct smm_map map_64 = {.cr0 = 0x7f58,
                                      .cr4 = 0x7f48,
                                      .efer = 0x7ed0,
                                      .eflags = 0x7f70,
                                      .halted = 0x7ec9,
                                      .revision = 0x7efc,
                                      .smbase = 0x7f00};

static bool wide(const struct cpu *c)
{
    return cpu_has(c, CPU_LM);
}

static physaddr at(const struct cpu *c, u32 offset)
{
    return (u64)c->smbase + SMM_ENTRY + offset;
}

static void put(struct cpu *c, u32 offset, u64 v, unsigned size)
{
    memmap_write(c->bus.mem, at(c, offset), v, size);
}

static u64 get(struct cpu *c, u32 offset, unsigned size)
{
    return memmap_read(c->bus.mem, at(c, offset), size);
}

/* What the area may hold, but no register can. */
static u64 canonical(u64 v)
{
    return (u64)sext(v, 6);
}

/* A segment register's four parts; n 6: LDTR, 7: TR. */
struct seg_place {
    u16 sel, attr, limit, base;
    u8 attr_size, base_size;
};

static struct seg_place seg_place(const struct cpu *c, unsigned n)
{
    static const u16 hidden_32[] = {0x7f84, 0x7f90, 0x7f9c, 0x7f2c, 0x7f38, 0x7f44, 0x7f78, 0x7f5c};
    static const u16 sel_32[] = {0x7fa8, 0x7fac, 0x7fb0, 0x7fb4, 0x7fb8, 0x7fbc, 0x7fc0, 0x7fc4};
    static const u16 at_64[] = {0x7e00, 0x7e10, 0x7e20, 0x7e30, 0x7e40, 0x7e50, 0x7e70, 0x7e90};

    if (wide(c)) {
        u16 p = at_64[n];
        return (struct seg_place){p, p + 2, p + 4, p + 8, 2, 8};
    }
    u16 p = hidden_32[n];
    return (struct seg_place){sel_32[n], p, p + 4, p + 8, 4, 4};
}

static struct seg *seg_of(struct cpu *c, unsigned n)
{
    return n < SEG_COUNT ? &c->seg[n] : n == SEG_COUNT ? &c->ldtr : &c->tr;
}

static void save_segments(struct cpu *c)
{
    for (unsigned n = 0; n < SEG_COUNT + 2; n++) {
        const struct seg *s = seg_of(c, n);
        struct seg_place p = seg_place(c, n);
        u32 attr = s->attr & SEG_UNUSABLE ? s->attr & SEG_DPL : s->attr;
        put(c, p.sel, s->sel, 2);
        put(c, p.attr, attr, p.attr_size);
        put(c, p.limit, s->limit, 4);
        put(c, p.base, s->base, p.base_size);
    }
}

static void load_segments(struct cpu *c)
{
    for (unsigned n = 0; n < SEG_COUNT + 2; n++) {
        struct seg *s = seg_of(c, n);
        struct seg_place p = seg_place(c, n);
        u32 attr = get(c, p.attr, 2) & 0xf0ff;
        *s = (struct seg){.sel = (u16)get(c, p.sel, 2),
                          .attr = attr & SEG_P ? attr : attr | SEG_UNUSABLE,
                          .limit = (u32)get(c, p.limit, 4),
                          .base = canonical(get(c, p.base, p.base_size))};
        seg_update(c, s);
    }
}

static void save_state(struct cpu *c, const struct smm_map *m)
{
    unsigned size = wide(c) ? 8 : 4;

#define SMM_WORD(offset, bytes, field) put(c, offset, c->field, bytes);
    if (wide(c)) {
        SMM_WORDS_64(SMM_WORD)
        put(c, m->efer, c->efer, 8);
    } else {
        SMM_WORDS_32(SMM_WORD)
    }
#undef SMM_WORD
    put(c, m->cr0, c->cr0, size);
    put(c, m->cr4, c->cr4, size);
    put(c, m->eflags, eflags_get(c), 4);
    put(c, m->halted, c->activity == ACT_HLT, 1);
    put(c, m->revision, wide(c) ? REVISION_64 : REVISION_32, 4);
    put(c, m->smbase, c->smbase, 4);
    save_segments(c);
}

static void set_in_smm(struct cpu *c, bool on)
{
    c->smm = on;
    if (c->bus.smm)
        c->bus.smm(c->bus.opaque, c->index, on);
}

static void smm_segments(struct cpu *c)
{
    const u32 data = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED | SEG_G;

    for (unsigned i = 0; i < SEG_COUNT; i++) {
        c->seg[i] = (struct seg){.attr = data, .limit = 0xffffffff};
        seg_update(c, &c->seg[i]);
    }
    c->seg[CS].sel = (u16)(c->smbase >> 4);
    c->seg[CS].base = c->smbase;
}

void smm_enter(struct cpu *c)
{
    set_in_smm(c, true);
    save_state(c, wide(c) ? &map_64 : &map_32);
    c->nmi_blocked_smm = c->nmi_blocked;
    c->nmi_blocked = true;
    c->activity = ACT_RUN;
    c->shadow = 0;
    c->cr0 &= ~(u64)(CR0_PE | CR0_EM | CR0_TS | CR0_PG);
    c->cr4 = 0;
    c->efer = 0;
    c->dr7 = DR7_FIXED;
    c->eflags = EFL_FIXED;
    flags_set(c, 0);
    c->cpl = 0;
    smm_segments(c);
    c->rip = SMM_ENTRY;
    cpu_paging_changed(c);
}

/* Combinations that no MOV CR would have let through: RSM answers with shutdown. */
static bool invalid(const struct cpu *c, u64 cr0, u64 cr4, u64 efer)
{
    bool pg = cr0 & CR0_PG, lma = efer & EFER_LMA;

    return cr0 >> 32 || (pg && !(cr0 & CR0_PE)) || (cr0 & (CR0_NW | CR0_CD)) == CR0_NW ||
           (cr4 & ~cr4_allowed(c)) || (efer & ~efer_allowed(c)) ||
           lma != (pg && (efer & EFER_LME)) || (lma && !(cr4 & CR4_PAE)) ||
           (!lma && (cr4 & CR4_PCIDE));
}

static void load_flags(struct cpu *c, u32 flags)
{
    if (cpu_real_mode(c) || cpu_long_mode(c))
        flags &= ~(u32)EFL_VM;
    c->eflags = (flags & EFL_KNOWN & ~(u32)EFL_STATUS) | EFL_FIXED;
    flags_set(c, flags);
}

void op_rsm(struct cpu *c, const struct insn *in)
{
    const struct smm_map *m = wide(c) ? &map_64 : &map_32;
    unsigned size = wide(c) ? 8 : 4;

    if (!c->smm)
        cpu_fault(c, VEC_UD);
    u64 cr0 = get(c, m->cr0, size), cr4 = get(c, m->cr4, size);
    u64 efer = wide(c) ? get(c, m->efer, 8) : 0;
    if (invalid(c, cr0, cr4, efer)) {
        set_in_smm(c, false);
        cpu_shutdown(c);
        return;
    }
    bool halted = get(c, m->halted, 1) & 1;
    u32 smbase = (u32)get(c, m->smbase, 4);
    load_segments(c);
    u32 flags = (u32)get(c, m->eflags, 4);
#define SMM_WORD(offset, bytes, field) c->field = get(c, offset, bytes);
    if (wide(c)) {
        SMM_WORDS_64(SMM_WORD)
    } else {
        SMM_WORDS_32(SMM_WORD)
        c->cpl = (c->seg[SS].attr & SEG_DPL) >> SEG_DPL_SHIFT;
    }
#undef SMM_WORD
    c->cr0 = cr0;
    c->cr4 = cr4;
    c->efer = efer;
    c->smbase = smbase;
    load_flags(c, flags);
    c->cpl = cpu_real_mode(c) ? 0 : cpu_vm86(c) ? 3 : c->cpl & 3;
    c->nmi_blocked = c->nmi_blocked_smm;
    c->step_rf = false;
    c->activity = halted ? ACT_HLT : ACT_RUN;
    cpu_paging_changed(c);
    c->rip = c->code_mode == CODE64 ? canonical(c->rip) : (u32)c->rip;
    if (!mmu_load_cr3(&c->mmu, c->cr3, false))
        cpu_shutdown(c);
    set_in_smm(c, false);
}
