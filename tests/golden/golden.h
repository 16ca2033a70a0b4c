/* SPDX-License-Identifier: MIT */
/*
 * Golden tests: guest bytes and what they become. golden.c reads the cases, and each program of
 * them says what it makes of a block, and where the cases are.
 */
#ifndef ERSATZ_TESTS_GOLDEN_H
#define ERSATZ_TESTS_GOLDEN_H

#include "jit/ir.h"

/* Under tests/golden/, and what stands at its head. */
extern const char golden_file[], golden_head[];
/* Prints what the block becomes, or the region of some. A line that begins with '!' is a failure.
 */
void golden_describe(const struct block *const *blocks, unsigned count, char *text, size_t room);

#endif
