/* SPDX-License-Identifier: MIT */
/*
 * An IRQ line: who hears it, and as which of his inputs. INTR, NMI, SMI, INIT, RESET and A20
 * of a CPU are such lines too, so that no chip knows the CPU.
 */
#ifndef ERSATZ_BOARD_IRQ_H
#define ERSATZ_BOARD_IRQ_H

#include "base/types.h"

typedef void irq_fn(void *opaque, unsigned n, bool level);

struct irq {
    irq_fn *fn; /* NULL: not connected */
    void *opaque;
    unsigned n;
};

static inline void irq_set(const struct irq *line, bool level)
{
    if (line->fn)
        line->fn(line->opaque, line->n, level);
}

static inline void irq_pulse(const struct irq *line)
{
    irq_set(line, true);
    irq_set(line, false);
}

#endif
