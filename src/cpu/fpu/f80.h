/* SPDX-License-Identifier: MIT */
/*
 * An x87 register as it stands in memory (SDM vol. 1, 4.2.2):
 *
 *     79 78        64 63 62                              0
 *     +--+-----------+--+---------------------------------+
 *     |S |  exponent |J |            fraction             |
 *     +--+-----------+--+---------------------------------+
 *      `---- se ----'  `------------- mant --------------'
 */
#ifndef ERSATZ_CPU_FPU_F80_H
#define ERSATZ_CPU_FPU_F80_H

#include "base/types.h"

struct f80 {
    u64 mant;
    u16 se;
};

#endif
