/* SPDX-License-Identifier: MIT */
/* Descriptor tables: reading, checking and marking descriptors (SDM vol. 3, 3.4.5, 5.3, 5.7). */
#include "cpu/seg.h"

_Noreturn void cpu_raise_sel(struct cpu *c, enum vector vec, u16 sel)
{
    cpu_raise(c, vec, sel & ~SEL_RPL);
}

/* Address of the n bytes of sel's descriptor; false if they aren't within the table. */
static bool desc_address(const struct cpu *c, u16 sel, unsigned n, linaddr *addr)
{
    u32 index = sel & SEL_INDEX;

    if (!(sel & ~SEL_RPL))
        return false;
    if (sel & SEL_TI) {
        *addr = c->ldtr.base + index;
        return !(c->ldtr.attr & SEG_UNUSABLE) && (u64)index + n - 1 <= c->ldtr.limit;
    }
    *addr = c->gdtr.base + index;
    return index + n - 1 <= c->gdtr.limit;
}

static linaddr desc_wrap(const struct cpu *c, linaddr addr)
{
    return cpu_long_mode(c) ? addr : (u32)addr;
}

bool desc_read(struct cpu *c, u16 sel, struct desc *d)
{
    linaddr addr;

    if (!desc_address(c, sel, 8, &addr))
        return false;
    d->raw = mem_read_sys(c, desc_wrap(c, addr), 8);
    d->high = 0;
    d->sel = sel;
    return true;
}

bool desc_read_high(struct cpu *c, struct desc *d)
{
    linaddr addr;

    if (!desc_address(c, d->sel, 16, &addr))
        return false;
    u64 upper = mem_read_sys(c, addr + 8, 8);
    d->high = (u32)upper;
    return bits_get(upper, 40, 5) == 0;
}

void desc_need(struct cpu *c, u16 sel, struct desc *d, enum vector vec)
{
    if (!desc_read(c, sel, d))
        cpu_raise_sel(c, vec, sel);
}

void desc_touch(struct cpu *c, struct desc *d)
{
    linaddr addr;

    if (bits_get(d->raw, 40, 1) || !desc_address(c, d->sel, 8, &addr))
        return;
    d->raw |= BIT(40);
    mem_write_sys(c, desc_wrap(c, addr + 5), bits_get(d->raw, 40, 8), 1);
}

void desc_set_busy(struct cpu *c, u16 sel, bool busy)
{
    linaddr addr;

    if (!desc_address(c, sel, 8, &addr))
        return;
    addr = desc_wrap(c, addr + 5);
    u64 access = mem_read_sys(c, addr, 1) & ~(u64)SYS_TSS_BUSY;
    mem_write_sys(c, addr, access | (busy ? SYS_TSS_BUSY : 0), 1);
}

struct seg seg_null(u16 sel, unsigned dpl)
{
    return (struct seg){.sel = sel, .attr = SEG_UNUSABLE | dpl << SEG_DPL_SHIFT};
}

struct seg seg_real(const struct seg *old, u16 sel)
{
    u32 keep = old->attr & (SEG_G | SEG_DB | SEG_AVL);

    return (struct seg){.sel = sel,
                        .attr = keep | SEG_P | SEG_S | SEG_RW | SEG_ACCESSED,
                        .limit = old->limit,
                        .base = (u32)sel << 4};
}

struct seg seg_vm86(u16 sel)
{
    return (struct seg){.sel = sel,
                        .attr = SEG_P | SEG_DPL | SEG_S | SEG_RW | SEG_ACCESSED,
                        .limit = 0xffff,
                        .base = (u32)sel << 4};
}

void seg_check_data(struct cpu *c, u16 sel, unsigned cpl, enum vector vec, struct seg *s)
{
    struct desc d;

    desc_need(c, sel, &d, vec);
    unsigned type = desc_type(&d), rpl = sel & SEL_RPL;
    if (!(type & SEG_S) || (type & (SEG_CODE | SEG_RW)) == SEG_CODE)
        cpu_raise_sel(c, vec, sel);
    bool conforming = desc_is_code(&d) && desc_conforming(&d);
    if (!conforming && (rpl > desc_dpl(&d) || cpl > desc_dpl(&d)))
        cpu_raise_sel(c, vec, sel);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_NP, sel);
    desc_touch(c, &d);
    seg_from_desc(s, &d);
}

void seg_check_stack(struct cpu *c, u16 sel, unsigned cpl, enum vector vec, struct seg *s)
{
    struct desc d;

    desc_need(c, sel, &d, vec);
    if ((sel & SEL_RPL) != cpl || (desc_type(&d) & (SEG_S | SEG_CODE | SEG_RW)) != (SEG_S | SEG_RW))
        cpu_raise_sel(c, vec, sel);
    if (desc_dpl(&d) != cpl)
        cpu_raise_sel(c, vec, sel);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_SS, sel);
    desc_touch(c, &d);
    seg_from_desc(s, &d);
}

void seg_prepare(struct cpu *c, enum seg_reg reg, u16 sel, struct seg *s)
{
    if (unlikely(!cpu_protected(c))) {
        *s = cpu_vm86(c) ? seg_vm86(sel) : seg_real(&c->seg[reg], sel);
        return;
    }
    if (sel & ~SEL_RPL) {
        if (reg == SS)
            seg_check_stack(c, sel, c->cpl, VEC_GP, s);
        else
            seg_check_data(c, sel, c->cpl, VEC_GP, s);
        return;
    }
    /* A null SS is for 64-bit code outside ring 3. */
    if (reg == SS && (c->code_mode != CODE64 || c->cpl == 3 || (sel & SEL_RPL) != c->cpl))
        cpu_raise(c, VEC_GP, 0);
    *s = seg_null(sel, reg == SS ? c->cpl : 0);
}
