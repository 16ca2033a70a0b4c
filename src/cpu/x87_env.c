/* SPDX-License-Identifier: MIT */
/*
 * FNSTENV, FLDENV, FNSAVE, FRSTOR. SDM vol. 1, 8.1.10: seven words or doublewords,
 *
 *     0     2/4   4/8   6/12  8/16      10/20 12/24
 *     +-----+-----+-----+-----+---------+-----+-----+
 *     | CW  | SW  | TW  | FIP | FCS FOP | FDP | FDS |     protected mode
 *     | CW  | SW  | TW  | FIP low         | FDP low |     real and VM86 mode: linear addresses,
 *     |     |     |     | FIP high, FOP   | FDP high|     their bits 16.. at bit 12 of the next
 *     +-----+-----+-----+-----+---------+-----+-----+     field
 *
 * then, for FNSAVE and FRSTOR, ST(0) to ST(7), ten bytes each. 64-bit mode uses the 32-bit
 * protected layout.
 */
#include "cpu/simd.h"

#define FOP_MASK 0x7ffu

enum { ENV_CW, ENV_SW, ENV_TW, ENV_FIP, ENV_FCS, ENV_FDP, ENV_FDS, ENV_FIELDS };

static unsigned field_size(const struct insn *in)
{
    return in->osize == 2 ? 2 : 4;
}

static bool linear_pointers(const struct cpu *c)
{
    return cpu_real_mode(c) || cpu_vm86(c);
}

/* The fields as numbers; the high halves of doublewords that hold words are ones. */
static void env_make(const struct cpu *c, u32 env[ENV_FIELDS])
{
    const struct fpu_state *f = &c->fpu;
    const u32 ones = 0xffff0000u;

    env[ENV_CW] = f->cw | ones;
    env[ENV_SW] = f->sw | ones;
    env[ENV_TW] = x87_full_tag(c) | ones;
    if (linear_pointers(c)) {
        u32 ip = ((u32)f->fcs << 4) + (u32)f->fip, dp = ((u32)f->fds << 4) + (u32)f->fdp;
        env[ENV_FIP] = (ip & 0xffff) | ones;
        env[ENV_FCS] = (ip >> 16 << 12) | (f->fop & FOP_MASK);
        env[ENV_FDP] = (dp & 0xffff) | ones;
        env[ENV_FDS] = dp >> 16 << 12;
    } else {
        env[ENV_FIP] = (u32)f->fip;
        env[ENV_FCS] = f->fcs | (u32)(f->fop & FOP_MASK) << 16;
        env[ENV_FDP] = (u32)f->fdp;
        env[ENV_FDS] = f->fds | ones;
    }
}

static void env_take(struct cpu *c, const u32 env[ENV_FIELDS], unsigned size)
{
    struct fpu_state *f = &c->fpu;

    if (linear_pointers(c)) {
        f->fip = (env[ENV_FIP] & 0xffff) | env[ENV_FCS] >> 12 << 16;
        f->fdp = (env[ENV_FDP] & 0xffff) | env[ENV_FDS] >> 12 << 16;
        f->fop = env[ENV_FCS] & FOP_MASK;
        f->fcs = f->fds = 0;
    } else {
        f->fip = env[ENV_FIP];
        f->fdp = env[ENV_FDP];
        f->fcs = (u16)env[ENV_FCS];
        f->fds = (u16)env[ENV_FDS];
        if (size == 4)
            f->fop = env[ENV_FCS] >> 16 & FOP_MASK;
    }
    x87_set_cw(c, (u16)env[ENV_CW]);
    x87_set_sw(c, (u16)env[ENV_SW]);
    x87_set_full_tag(c, (u16)env[ENV_TW]);
}

#define ENV_MAX (4 * ENV_FIELDS)
#define REGS_SIZE 80

static unsigned env_write(const struct cpu *c, const struct insn *in, u8 *area)
{
    unsigned size = field_size(in);
    u32 env[ENV_FIELDS];

    env_make(c, env);
    for (unsigned i = 0; i < ENV_FIELDS; i++)
        st_size(area + i * size, env[i], size);
    return ENV_FIELDS * size;
}

static void env_read(struct cpu *c, const struct insn *in, const u8 *area)
{
    unsigned size = field_size(in);
    u32 env[ENV_FIELDS];

    for (unsigned i = 0; i < ENV_FIELDS; i++)
        env[i] = (u32)ld_size(area + i * size, size);
    env_take(c, env, size);
}

/* Masks all exceptions afterwards. */
OP(fnstenv)
{
    u8 area[ENV_MAX];
    unsigned n = env_write(c, in, area);

    mem_write_bytes(c, in->seg, mem_ea(c, in), area, n);
    x87_set_cw(c, c->fpu.cw | CW_MASKS);
}

OP(fldenv)
{
    u8 area[ENV_MAX];

    mem_read_bytes(c, in->seg, mem_ea(c, in), area, ENV_FIELDS * field_size(in));
    env_read(c, in, area);
}

OP(fnsave)
{
    u8 area[ENV_MAX + REGS_SIZE];
    unsigned n = env_write(c, in, area);

    for (unsigned i = 0; i < 8; i++) {
        const struct f80 *v = x87_st(c, i);
        st64(area + n + 10 * i, v->mant);
        st16(area + n + 10 * i + 8, v->se);
    }
    mem_write_bytes(c, in->seg, mem_ea(c, in), area, n + REGS_SIZE);
    x87_init(c);
}

OP(frstor)
{
    u8 area[ENV_MAX + REGS_SIZE];
    unsigned n = ENV_FIELDS * field_size(in);

    mem_read_bytes(c, in->seg, mem_ea(c, in), area, n + REGS_SIZE);
    env_read(c, in, area);
    for (unsigned i = 0; i < 8; i++) {
        const u8 *p = area + n + 10 * i;
        *x87_st(c, i) = (struct f80){ld64(p), ld16(p + 8)};
    }
}
