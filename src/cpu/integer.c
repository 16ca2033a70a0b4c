/* SPDX-License-Identifier: MIT */
/* Integer instructions that may fault or take a loop: SDM vol. 2 under each name. */
#include "cpu/integer.h"

#include "cpu/flags.h"
#include "cpu/op.h"

u64 integer_deposit(u64 v, u64 mask)
{
    u64 r = 0;
    for (; mask; mask &= mask - 1, v >>= 1)
        if (v & 1)
            r |= mask & -mask;
    return r;
}

u64 integer_extract(u64 v, u64 mask)
{
    u64 r = 0;
    for (unsigned n = 0; mask; mask &= mask - 1, n++)
        if (v & mask & -mask)
            r |= BIT(n);
    return r;
}

u32 integer_crc32c(u32 crc, u64 data, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        crc ^= (u8)(data >> 8 * i);
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    return crc;
}

/* --- division: rDX:rAX by the operand, of bytes AX --- */

static u128 dividend(const struct cpu *c, unsigned size)
{
    if (size == 1)
        return gpr_read(c, RAX, 2);
    return (u128)gpr_read(c, RDX, size) << 8 * size | gpr_read(c, RAX, size);
}

static void set_quotient(struct cpu *c, u64 quotient, u64 remainder, unsigned size)
{
    if (size == 1) {
        gpr_write(c, RAX, (quotient & 0xff) | remainder << 8, 2);
    } else {
        gpr_write(c, RAX, quotient, size);
        gpr_write(c, RDX, remainder, size);
    }
}

/* Flags are undefined; they stay. */
void op_div(struct cpu *c, const struct insn *in)
{
    unsigned size = in->osize;
    u64 d = operand_read(c, in, 0, size);
    if (!d)
        cpu_fault(c, VEC_DE);
    u128 n = dividend(c, size);
    if ((n >> 8 * size) >= d)
        cpu_fault(c, VEC_DE);
    if (size < 8)
        set_quotient(c, (u64)n / d, (u64)n % d, size);
    else
        set_quotient(c, (u64)(n / d), (u64)(n % d), size);
}

/* Divides magnitudes: no host overflow to fear. */
void op_idiv(struct cpu *c, const struct insn *in)
{
    unsigned size = in->osize, bits = 8 * size;
    u64 d = (u64)sext(operand_read(c, in, 0, size), size);
    if (!d)
        cpu_fault(c, VEC_DE);
    u128 n = dividend(c, size);
    bool n_minus = n >> (2 * bits - 1) & 1, d_minus = d >> 63;
    u128 mask = size == 8 ? ~(u128)0 : ((u128)1 << 2 * bits) - 1;
    u128 na = n_minus ? -n & mask : n;
    u64 da = d_minus ? -d : d;
    u128 q = size < 8 ? (u64)na / da : na / da;
    u64 r = (u64)(na - q * da);
    bool q_minus = n_minus != d_minus;
    if (q > (u128)BIT(bits - 1) - !q_minus)
        cpu_fault(c, VEC_DE);
    set_quotient(c, q_minus ? -(u64)q : (u64)q, n_minus ? -r : r, size);
}

/* --- stack frames --- */

static u64 stack_offset(const struct cpu *c, u64 sp)
{
    return zext(sp, c->stack_size);
}

/* Eight registers; the value of SP is that before. All are checked before any is written. */
void op_pusha(struct cpu *c, const struct insn *in)
{
    unsigned size = in->osize;
    u64 sp = c->gpr[RSP] - 8 * size;
    for (unsigned i = 0; i < 8; i++)
        mem_probe_write(c, SS, stack_offset(c, sp + i * size), size);
    for (unsigned i = 0; i < 8; i++)
        mem_write(c, SS, stack_offset(c, sp + i * size), gpr_read(c, 7 - i, size), size);
    gpr_write(c, RSP, sp, c->stack_size);
}

void op_popa(struct cpu *c, const struct insn *in)
{
    unsigned size = in->osize;
    u64 sp = c->gpr[RSP], v[8];
    for (unsigned i = 0; i < 8; i++)
        v[7 - i] = mem_read(c, SS, stack_offset(c, sp + i * size), size);
    for (unsigned i = 0; i < 8; i++)
        if (i != RSP)
            gpr_write(c, i, v[i], size);
    gpr_write(c, RSP, sp + 8 * size, c->stack_size);
}

/* Frame pointers of `level` outer frames are copied, one after the other: frames may overlap.
 * What was pushed before a fault stays in memory, as on hardware; the registers are as before.
 * In the end the new stack top must be writable. */
void op_enter(struct cpu *c, const struct insn *in)
{
    unsigned size = in->osize, level = in->imm >> 16 & 31;
    u64 bytes = in->imm & 0xffff;
    u64 sp = c->gpr[RSP] - size, bp = c->gpr[RBP], frame = sp;

    mem_write(c, SS, stack_offset(c, sp), zext(bp, size), size);
    for (unsigned i = 1; i < level; i++) {
        u64 outer = mem_read(c, SS, stack_offset(c, bp - i * size), size);
        sp -= size;
        mem_write(c, SS, stack_offset(c, sp), outer, size);
    }
    if (level) {
        sp -= size;
        mem_write(c, SS, stack_offset(c, sp), zext(frame, size), size);
    }
    mem_probe_write(c, SS, stack_offset(c, sp - bytes), size);
    gpr_write(c, RBP, frame, size);
    gpr_write(c, RSP, sp - bytes, c->stack_size);
}

/* --- wide compare and exchange: memory is written whatever the outcome --- */

void op_cmpxchg8b(struct cpu *c, const struct insn *in)
{
    u64 ea = mem_ea(c, in);
    u64 old = operand_modify(c, in, ea, 8);
    u64 want = gpr_read(c, RDX, 4) << 32 | gpr_read(c, RAX, 4);
    bool same = old == want;
    u64 other = gpr_read(c, RCX, 4) << 32 | gpr_read(c, RBX, 4);
    mem_write(c, in->seg, ea, same ? other : old, 8);
    if (!same) {
        c->gpr[RDX] = old >> 32;
        c->gpr[RAX] = (u32)old;
    }
    flags_change(c, EFL_ZF, same ? EFL_ZF : 0);
}

void op_cmpxchg16b(struct cpu *c, const struct insn *in)
{
    u64 ea = mem_ea(c, in), old[2], new[2];
    mem_probe_write(c, in->seg, ea, 16);
    mem_read_bytes(c, in->seg, ea, old, 16);
    bool same = old[0] == c->gpr[RAX] && old[1] == c->gpr[RDX];
    new[0] = same ? c->gpr[RBX] : old[0];
    new[1] = same ? c->gpr[RCX] : old[1];
    mem_write_bytes(c, in->seg, ea, new, 16);
    if (!same) {
        c->gpr[RAX] = old[0];
        c->gpr[RDX] = old[1];
    }
    flags_change(c, EFL_ZF, same ? EFL_ZF : 0);
}

/* --- random numbers: a generator of the machine's own, so that a run can be repeated --- */

static u64 random_next(struct cpu *c)
{
    /* splitmix64 */
    u64 z = c->random += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

void op_rdrand(struct cpu *c, const struct insn *in)
{
    operand_write(c, in, 0, random_next(c), in->osize);
    flags_set(c, EFL_CF);
}

void op_rdseed(struct cpu *c, const struct insn *in)
{
    op_rdrand(c, in);
}
