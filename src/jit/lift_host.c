/* SPDX-License-Identifier: MIT */
/* SSE, MMX and x87 instructions as HOST operations: the guest's own, on the host's units. */
#include "jit/lift.h"

/* None so far. */
bool lift_host(struct lift *l, unsigned insn)
{
    return false;
}
