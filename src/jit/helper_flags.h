/* SPDX-License-Identifier: MIT */
/* Status flags of operations: those of cpu->flags that an operation doesn't set stay. */
#ifndef ERSATZ_JIT_HELPER_FLAGS_H
#define ERSATZ_JIT_HELPER_FLAGS_H

#include "cpu/flags.h"
#include "jit/ir.h"

/* All six have been made; those that are not in `sets` become what they were in `old`. */
static inline void helper_keep(struct cpu *c, unsigned sets, struct lazy_flags old)
{
    if (sets == IRF_ALL)
        return;
    u32 made = flags_get(c);
    c->flags = old;
    if (sets)
        flags_change(c, ir_eflags(sets), made);
}

#endif
