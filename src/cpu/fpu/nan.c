/* SPDX-License-Identifier: MIT */
/* Answers to NaN operands and invalid operations. SDM vol. 1, table 4-7 and 4.8.3. */
#include "base/bits.h"
#include "cpu/fpu/num.h"

#define MANT_QUIET BIT(62)

/* "Real indefinite": the negative quiet NaN without payload. */
struct fpu_num fpu_invalid(struct fpu_ctx *c)
{
    fpu_raise(c, FPU_IE);
    return (struct fpu_num){.class = FPU_QNAN, .sign = true, .mant = BIT(63) | MANT_QUIET};
}

/* The result of an operation on a NaN (or unsupported operand) alone. */
struct fpu_num fpu_nan1(struct fpu_ctx *c, struct fpu_num a)
{
    if (a.class == FPU_UNSUPPORTED)
        return fpu_invalid(c);
    if (a.class == FPU_SNAN)
        fpu_raise(c, FPU_IE);
    a.class = FPU_QNAN;
    a.mant |= MANT_QUIET;
    return a;
}

/* The x87's choice between two NaNs: the quiet one of a mixed pair, else the larger significand,
 * the positive one when they are equal. */
static struct fpu_num larger(struct fpu_num a, struct fpu_num b)
{
    if (a.class != b.class)
        return a.class == FPU_QNAN ? a : b;
    if (a.mant != b.mant)
        return a.mant > b.mant ? a : b;
    return a.sign ? b : a;
}

/* The result of an operation with at least one NaN among its operands; a is the first source. */
struct fpu_num fpu_nan2(struct fpu_ctx *c, const struct fpu_fmt *f, struct fpu_num a,
                        struct fpu_num b)
{
    if (a.class == FPU_UNSUPPORTED || b.class == FPU_UNSUPPORTED)
        return fpu_invalid(c);
    if (a.class == FPU_SNAN || b.class == FPU_SNAN)
        fpu_raise(c, FPU_IE);
    if (!num_is_nan(b))
        return fpu_nan1(c, a);
    if (!num_is_nan(a))
        return fpu_nan1(c, b);
    return fpu_nan1(c, f->x87 ? larger(a, b) : a);
}
