/* SPDX-License-Identifier: MIT */
/*
 * Helpers that calculate. Results and flags come from the interpreter's own primitives
 * (cpu/interp.h, cpu/interp_bits.h; `size` is their name for the operand size), so both engines
 * have one arithmetic. Operands may have anything above their size: what minds is cut first.
 */
#include "cpu/interp_bits.h"
#include "jit/helper.h"
#include "jit/helper_flags.h"

/* What every helper begins with: old flags, and the size by the primitives' name. */
#define BEGIN                                                                                      \
    const unsigned size = op->size;                                                                \
    struct lazy_flags old = c->flags
#define KEEP helper_keep(c, op->sets, old)

/* --- sums --- */

u64 help_ADD(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    BEGIN;
    u64 r = a + b;
    flags_add(a, b, r);
    KEEP;
    return r;
}

u64 help_SUB(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    BEGIN;
    u64 r = a - b;
    flags_sub(a, b, r);
    KEEP;
    return r;
}

u64 help_ADC(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    BEGIN;
    u64 r = a + b + cf();
    flags_add(a, b, r);
    KEEP;
    return r;
}

u64 help_SBB(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    BEGIN;
    u64 r = a - b - cf();
    flags_sub(a, b, r);
    KEEP;
    return r;
}

u64 help_ADO(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    BEGIN;
    u64 r = a + b + of();
    set_of(carry_out(a, b, r));
    KEEP;
    return r;
}

/* --- logic --- */

static u64 logic(struct cpu *c, const struct ir_op *op, u64 r)
{
    BEGIN;
    flags_logic(r);
    KEEP;
    return r;
}

u64 help_AND(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return logic(c, op, a & b);
}

u64 help_OR(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return logic(c, op, a | b);
}

u64 help_XOR(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return logic(c, op, a ^ b);
}

u64 help_NOT(struct cpu *c, const struct ir_op *op, u64 a)
{
    return ~a;
}

/* --- shifts: a count of 0 changes no flag --- */

static u64 shifted(struct cpu *c, const struct ir_op *op, u64 n, u64 r, u64 out, u64 over)
{
    BEGIN;
    flags_put_if(n, r, out & 1, over);
    KEEP;
    return r;
}

u64 help_SHL(struct cpu *c, const struct ir_op *op, u64 a, u64 n)
{
    const unsigned size = op->size;
    a = zext(a, size);
    u64 r = shl(a, n);
    u64 out = shl_carry(a, n) & 1;
    return shifted(c, op, n, r, out, msb(r) ^ out);
}

u64 help_SHR(struct cpu *c, const struct ir_op *op, u64 a, u64 n)
{
    const unsigned size = op->size;
    a = zext(a, size);
    u64 r = shr(a, n);
    return shifted(c, op, n, r, shr_carry(a, n), msb(r ^ r << 1));
}

u64 help_SAR(struct cpu *c, const struct ir_op *op, u64 a, u64 n)
{
    u64 w = (u64)sext(a, op->size);
    return shifted(c, op, n, sar(w, n), sar_carry(w, n), 0);
}

u64 help_SHLD(struct cpu *c, const struct ir_op *op, u64 a, u64 b, u64 n)
{
    const unsigned size = op->size;
    a = zext(a, size);
    b = zext(b, size);
    u64 r = shld_value(a, b, n);
    return shifted(c, op, n, r, shld_carry(a, b, n), msb(r ^ a));
}

u64 help_SHRD(struct cpu *c, const struct ir_op *op, u64 a, u64 b, u64 n)
{
    const unsigned size = op->size;
    a = zext(a, size);
    b = zext(b, size);
    u64 r = shrd_value(a, b, n);
    return shifted(c, op, n, r, shrd_carry(a, b, n), msb(r ^ a));
}

/* --- rotates: CF and OF only --- */

static u64 rotated(struct cpu *c, const struct ir_op *op, u64 n, u64 r, u64 out, u64 over)
{
    struct lazy_flags old = c->flags;
    flags_carry_overflow_if(n, out & 1, over);
    KEEP;
    return r;
}

u64 help_ROL(struct cpu *c, const struct ir_op *op, u64 a, u64 n)
{
    const unsigned size = op->size;
    u64 r = rotate_left(a, n);
    return rotated(c, op, n, r, r, msb(r) ^ (r & 1));
}

u64 help_ROR(struct cpu *c, const struct ir_op *op, u64 a, u64 n)
{
    const unsigned size = op->size;
    u64 r = rotate_right(a, n);
    return rotated(c, op, n, r, msb(r), msb(r ^ r << 1));
}

u64 help_RCL(struct cpu *c, const struct ir_op *op, u64 a, u64 n)
{
    const unsigned size = op->size;
    a = zext(a, size);
    u64 carry = cf(), r = rcl_value(a, carry, n), out = rcl_carry(a, carry, n);
    return rotated(c, op, n, r, out, msb(r) ^ out);
}

u64 help_RCR(struct cpu *c, const struct ir_op *op, u64 a, u64 n)
{
    const unsigned size = op->size;
    a = zext(a, size);
    u64 carry = cf(), r = rcr_value(a, carry, n), out = rcr_carry(a, carry, n);
    return rotated(c, op, n, r, out, msb(r ^ r << 1));
}

/* --- products: CF and OF say that the high half is needed --- */

static u64 product(struct cpu *c, const struct ir_op *op, u64 r, bool over)
{
    BEGIN;
    flags_put(r, over, over);
    KEEP;
    return r;
}

static u64 high(const struct ir_op *op, bool is_signed, u64 a, u64 b)
{
    const unsigned size = op->size;
    return is_signed ? mulhs(a, b) : mulhu(zext(a, size), zext(b, size));
}

static u64 signed_product(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    u64 r = a * b;
    u64 fill = (u64)(sext(r, op->size) >> 63);
    return product(c, op, r, high(op, true, a, b) != fill);
}

u64 help_MUL(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return signed_product(c, op, a, b);
}

u64 help_MULS(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return signed_product(c, op, a, b);
}

u64 help_MULU(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return product(c, op, a * b, high(op, false, a, b) != 0);
}

u64 help_HIGH(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return high(op, op->reg == IR_MULS, a, b);
}

/* --- quotients --- */

struct quotient {
    bool fits;
    u64 q, r;
};

static struct quotient divide_unsigned(u128 n, u64 d, unsigned size)
{
    if (d == 0 || n >> 8 * size >= d)
        return (struct quotient){.fits = false};
    return (struct quotient){true, (u64)(n / d), (u64)(n % d)};
}

/* Magnitudes are divided: no host overflow to fear. */
static struct quotient divide_signed(u128 n, u64 d, unsigned size)
{
    unsigned unused = 128 - 16 * size;
    bool n_minus = n << unused >> 127, d_minus = (u64)sext(d, size) >> 63;
    u128 magnitude = (n_minus ? -n : n) << unused >> unused;
    u64 by = zext(d_minus ? -d : d, size);

    if (by == 0 || magnitude / by > (u128)BIT(8 * size - 1) - (n_minus == d_minus))
        return (struct quotient){.fits = false};
    u64 q = (u64)(magnitude / by), r = (u64)(magnitude % by);
    return (struct quotient){true, n_minus == d_minus ? q : -q, n_minus ? -r : r};
}

static struct quotient divide(const struct ir_op *op, bool is_signed, u64 high, u64 low, u64 d)
{
    unsigned size = op->size;
    u128 n = (u128)zext(high, size) << 8 * size | zext(low, size);
    return is_signed ? divide_signed(n, d, size) : divide_unsigned(n, zext(d, size), size);
}

bool help_DIVU(struct cpu *c, const struct ir_op *op, u64 *a, u64 b, u64 d)
{
    struct quotient quotient = divide(op, false, *a, b, d);
    *a = quotient.q;
    return quotient.fits;
}

bool help_DIVS(struct cpu *c, const struct ir_op *op, u64 *a, u64 b, u64 d)
{
    struct quotient quotient = divide(op, true, *a, b, d);
    *a = quotient.q;
    return quotient.fits;
}

u64 help_REM(struct cpu *c, const struct ir_op *op, u64 a, u64 b, u64 d)
{
    return divide(op, op->reg == IR_DIVS, a, b, d).r;
}

/* --- choices, extensions --- */

u64 help_SELECT(struct cpu *c, const struct ir_op *op, u64 a, u64 b, u64 d)
{
    return select(a, b, d);
}

u64 help_EQ(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return eq(zext(a, op->size), zext(b, op->size));
}

u64 help_LTU(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return ltu(zext(a, op->size), zext(b, op->size));
}

u64 help_ZX(struct cpu *c, const struct ir_op *op, u64 a)
{
    return zx(a, op->size);
}

u64 help_SX(struct cpu *c, const struct ir_op *op, u64 a)
{
    return sx(a, op->size);
}

/* --- bits --- */

u64 help_BSWAP(struct cpu *c, const struct ir_op *op, u64 a)
{
    return byte_swap(a, op->size);
}

u64 help_CTZ(struct cpu *c, const struct ir_op *op, u64 a)
{
    return a ? ctz(a) : 64;
}

u64 help_CLZ(struct cpu *c, const struct ir_op *op, u64 a)
{
    return a ? clz(a) : 64;
}

u64 help_POPCNT(struct cpu *c, const struct ir_op *op, u64 a)
{
    struct lazy_flags old = c->flags;
    flags_all(a ? 0 : EFL_ZF);
    KEEP;
    return popcount(a);
}

u64 help_PDEP(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return deposit(a, b);
}

u64 help_PEXT(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return extract(a, b);
}

u64 help_CRC32(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return crc32c(a, b, op->size);
}

void help_BITCF(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    struct lazy_flags old = c->flags;
    set_cf(a >> (b & (8 * op->size - 1)) & 1);
    KEEP;
}

u64 help_BTS(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    help_BITCF(c, op, a, b);
    return a | BIT(b & (8 * op->size - 1));
}

u64 help_BTR(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    help_BITCF(c, op, a, b);
    return a & ~BIT(b & (8 * op->size - 1));
}

u64 help_BTC(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    help_BITCF(c, op, a, b);
    return a ^ BIT(b & (8 * op->size - 1));
}
