/* SPDX-License-Identifier: MIT */
/* Primitives of the bodies, first meaning, continued: shifts, bits, and what only a few need. */
#ifndef ERSATZ_CPU_INTERP_BITS_H
#define ERSATZ_CPU_INTERP_BITS_H

#include "cpu/integer.h"
#include "cpu/interp.h"

#define shift_count(n) (rds(n, 1) & (size == 8 ? 63 : 31))
#define immediate() zext(op->in.op[0].kind == OPND_IMM ? op->in.imm : 0, 2)
#define load_byte(at) mem_read(c, op->in.seg, at, 1)
#define set_product(low, high) in_set_product(c, low, high, size)

static ALWAYS_INLINE void in_set_product(struct cpu *c, V low, V high, unsigned size)
{
    if (size == 1) {
        gpr_write(c, RAX, zext(low, 1) | high << 8, 2);
    } else {
        gpr_write(c, RAX, low, size);
        gpr_write(c, RDX, high, size);
    }
}

/* The last bit shifted out; n is not 0. */
#define shl_carry(a, n) ((a) >> ((operand_bits() - (n)) & 63) & in_shl_inside(n, size))
#define shr_carry(a, n) ((a) >> (((n)-1) & 63) & 1)
#define sar_carry(w, n) shr_carry(w, n)

/* Beyond the operand's size nothing comes out, as the hardware has it. */
static ALWAYS_INLINE V in_shl_inside(V n, unsigned size)
{
    return size >= 4 || n <= 8 * size;
}

#define rotate_left(a, n) in_rotate(a, n, size)
#define rotate_right(a, n) in_rotate(a, 0 - (n), size)

static ALWAYS_INLINE V in_rotate(V a, V n, unsigned size)
{
    unsigned bits = 8 * size;
    unsigned m = (unsigned)n & (bits - 1);
    if (size == 8)
        return a << m | a >> ((64 - m) & 63);
    a = zext(a, size);
    return zext(a << m | a >> (bits - m), size);
}

/* Rotates of bits + 1 bits, CF on top. */
#define rcl_value(a, carry, n) ((V)in_rcl(a, carry, n, size))
#define rcl_carry(a, carry, n) ((V)(in_rcl(a, carry, n, size) >> operand_bits() & 1))
#define rcr_value(a, carry, n) ((V)in_rcl(a, carry, 8 * size + 1 - (n) % (8 * size + 1), size))
#define rcr_carry(a, carry, n)                                                                     \
    ((V)(in_rcl(a, carry, 8 * size + 1 - (n) % (8 * size + 1), size) >> operand_bits() & 1))

static ALWAYS_INLINE u128 in_rcl(V a, V carry, V n, unsigned size)
{
    unsigned bits = 8 * size + 1, m = (unsigned)n % bits;
    u128 mask = ((u128)1 << bits) - 1;
    u128 v = (u128)a | (u128)carry << (bits - 1);
    /* m = 64 of 65 would push the low part out at the top: it is CF's own place */
    return (v << m | v >> (bits - m)) & mask;
}

#define shld_value(a, b, n) ((V)(in_left(a, b, size) << (n) >> in_left_low(size)))
#define shld_carry(a, b, n)                                                                        \
    ((V)(in_left(a, b, size) >> ((in_left_low(size) + operand_bits() - (n)) & 127) &               \
         in_shl_inside(n, size)))
#define shrd_value(a, b, n) ((V)(in_right(a, b, size) >> (n)))
#define shrd_carry(a, b, n) ((V)(in_right(a, b, size) >> (((n)-1) & 127) & in_shl_inside(n, size)))

/* a:b to be shifted left, b:a to be shifted right; of words b once more, since a count goes up
 * to 31. */
static ALWAYS_INLINE u128 in_left(V a, V b, unsigned size)
{
    if (size == 2)
        return (u128)a << 32 | b << 16 | b;
    return (u128)a << 8 * size | b;
}

static ALWAYS_INLINE unsigned in_left_low(unsigned size)
{
    return size == 2 ? 32 : 8 * size;
}

static ALWAYS_INLINE u128 in_right(V a, V b, unsigned size)
{
    if (size == 2)
        return (u128)b << 32 | b << 16 | a;
    return (u128)b << 8 * size | a;
}

/* --- bit strings: operand 0 as the base of bits numbered by operand 1 --- */

#define bit_number() (rd(1) & (operand_bits() - 1))
#define rd_bits()                                                                                  \
    ({                                                                                             \
        V v_;                                                                                      \
        if (form == FORM_ANY && op->in.op[0].kind == OPND_MEM)                                     \
            v_ = mem_read(c, op->in.seg, in_bit_offset(c, &op->in, size), size);                   \
        else                                                                                       \
            v_ = rd(0);                                                                            \
        v_;                                                                                        \
    })
#define rdw_bits()                                                                                 \
    ({                                                                                             \
        V v_;                                                                                      \
        if (form == FORM_ANY && op->in.op[0].kind == OPND_MEM) {                                   \
            x->offset = in_bit_offset(c, &op->in, size);                                           \
            v_ = operand_modify(c, &op->in, x->offset, size);                                      \
        } else {                                                                                   \
            v_ = rdw();                                                                            \
        }                                                                                          \
        v_;                                                                                        \
    })

/* Offset of the operand-sized unit that holds the bit. */
static inline u64 in_bit_offset(const struct cpu *c, const struct insn *in, unsigned size)
{
    u64 ea = mem_ea(c, in);
    if (in->op[1].kind == OPND_GPR) {
        unsigned log = size == 8 ? 6 : size == 4 ? 5 : 4;
        ea += (u64)(sext(c->gpr[in->op[1].reg], size) >> log) * size;
    }
    return zext(ea, in->asize);
}

#define deposit(v, mask) integer_deposit(v, mask)
#define extract(v, mask) integer_extract(v, mask)
#define crc32c(crc, data, bytes) integer_crc32c((u32)(crc), data, bytes)

#endif
