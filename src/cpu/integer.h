/* SPDX-License-Identifier: MIT */
/* Integer functions that bodies call as one primitive. */
#ifndef ERSATZ_CPU_INTEGER_H
#define ERSATZ_CPU_INTEGER_H

#include "base/types.h"

/* PDEP and PEXT: low bits to where the mask has ones, and back. */
u64 integer_deposit(u64 v, u64 mask);
u64 integer_extract(u64 v, u64 mask);

/* CRC-32C (polynomial 11EDC6F41h, reflected) over `bytes` bytes of data, the low one first. */
u32 integer_crc32c(u32 crc, u64 data, unsigned bytes);

#endif
