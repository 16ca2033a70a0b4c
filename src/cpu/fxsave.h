/* SPDX-License-Identifier: MIT */
/* Parts of the FXSAVE image, which the XSAVE instructions save and restore one by one. */
#ifndef ERSATZ_CPU_FXSAVE_H
#define ERSATZ_CPU_FXSAVE_H

#include "cpu/cpu.h"

enum { FXSAVE_SIZE = 512, FXSAVE_USED = 416 };

/* x87 state; wide: 64-bit pointers (REX.W). */
void fxsave_put_x87(struct cpu *c, u8 *area, bool wide);
void fxsave_get_x87(struct cpu *c, const u8 *area, bool wide);
/* MXCSR and the mask of its valid bits. */
void fxsave_put_mxcsr(struct cpu *c, u8 *area);
/* XMM0..15, outside 64-bit mode XMM0..7. */
void fxsave_put_xmm(struct cpu *c, u8 *area);
void fxsave_get_xmm(struct cpu *c, const u8 *area);
void fxsave_init_xmm(struct cpu *c);

#endif
