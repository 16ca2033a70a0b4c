/* SPDX-License-Identifier: MIT */
/* Decimal adjustment of AL and AX (SDM vol. 2, AAA .. DAS). */
#include "cpu/flags.h"
#include "cpu/op.h"

static void set_flags(struct cpu *c, u8 al, bool cf, bool af)
{
    flags_logic(c, al, 1);
    flags_change(c, EFL_CF | EFL_AF, (cf ? EFL_CF : 0) | (af ? EFL_AF : 0));
}

static void decimal(struct cpu *c, bool subtract)
{
    u8 al = (u8)c->gpr[RAX], old = al;
    bool cf = flags_cf(c), low = (al & 15) > 9 || flags_af(c), high = old > 0x99 || cf;
    unsigned by = (low ? 6 : 0) + (high ? 0x60 : 0);

    /* DAS: a borrow of the low digit's adjustment counts too */
    bool carry = high || (subtract && low && old < 6);
    al = (u8)(subtract ? al - by : al + by);
    gpr_write(c, RAX, al, 1);
    set_flags(c, al, carry, low);
}

void op_daa(struct cpu *c, const struct insn *in)
{
    decimal(c, false);
}

void op_das(struct cpu *c, const struct insn *in)
{
    decimal(c, true);
}

static void ascii(struct cpu *c, bool subtract)
{
    u16 ax = (u16)c->gpr[RAX];
    bool adjust = (ax & 15) > 9 || flags_af(c);

    if (adjust)
        ax = (u16)(subtract ? ax - 0x106 : ax + 0x106);
    ax &= 0xff0f;
    gpr_write(c, RAX, ax, 2);
    set_flags(c, (u8)ax, adjust, adjust);
}

void op_aaa(struct cpu *c, const struct insn *in)
{
    ascii(c, false);
}

void op_aas(struct cpu *c, const struct insn *in)
{
    ascii(c, true);
}

void op_aam(struct cpu *c, const struct insn *in)
{
    u8 al = (u8)c->gpr[RAX], base = (u8)in->imm;
    if (!base)
        cpu_fault(c, VEC_DE);
    gpr_write(c, RAX, (u64)(al / base) << 8 | al % base, 2);
    flags_logic(c, al % base, 1);
}

void op_aad(struct cpu *c, const struct insn *in)
{
    u8 al = (u8)c->gpr[RAX], ah = (u8)(c->gpr[RAX] >> 8);
    al = (u8)(al + ah * (u8)in->imm);
    gpr_write(c, RAX, al, 2);
    flags_logic(c, al, 1);
}
