/* SPDX-License-Identifier: MIT */
/* FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: rounded as RC says, no flags. SDM vol. 1,
 * 8.3.3 and 8.3.11. */
#include "base/bits.h"
#include "cpu/fpu/wide.h"

struct f80 f80_constant(const struct fpu_ctx *c, enum f80_constant k)
{
    struct fpu_ctx quiet = {.rounding = c->rounding, .masks = FPU_EXCEPTIONS};

    switch (k) {
    case F80_1: return (struct f80){BIT(63), 0x3fff};
    case F80_L2T: return wide_deliver(&quiet, WIDE_L2T);
    case F80_L2E: return wide_deliver(&quiet, WIDE_L2E);
    case F80_PI: return wide_deliver(&quiet, WIDE_PI);
    case F80_LG2: return wide_deliver(&quiet, WIDE_LG2);
    case F80_LN2: return wide_deliver(&quiet, WIDE_LN2);
    default: return (struct f80){0, 0};
    }
}
