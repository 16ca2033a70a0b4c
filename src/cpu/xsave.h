/* SPDX-License-Identifier: MIT */
/*
 * The layout of the XSAVE area (SDM vol. 1, 13.4), for the instructions and for CPUID leaf 0Dh:
 *
 *     0        24      32          160         416       512      576
 *     +--------+-------+-----------+-----------+---------+--------+-----------
 *     | x87    | MXCSR | ST, MM    | XMM       |         | header | extended..
 *     +--------+-------+-----------+-----------+---------+--------+-----------
 *
 * Components 0 and 1 are the legacy region. An extended one is a row of xsave_component[]; in
 * the compacted format they follow the header in order.
 */
#ifndef ERSATZ_CPU_XSAVE_H
#define ERSATZ_CPU_XSAVE_H

#include "base/types.h"

struct cpu;

enum { XFEATURE_X87 = 0, XFEATURE_SSE = 1, XFEATURE_EXTENDED = 2, XFEATURE_COUNT = 2 };

#define XCR0_X87 (1u << XFEATURE_X87)
#define XCR0_SSE (1u << XFEATURE_SSE)
#define XCR0_SUPPORTED ((1u << XFEATURE_COUNT) - 1)

enum { XSAVE_LEGACY = 512, XSAVE_HEADER = 64, XSAVE_MIN = XSAVE_LEGACY + XSAVE_HEADER };

struct xsave_component {
    u16 offset;   /* in the standard format: CPUID.0Dh.n:EBX */
    u16 size;     /* CPUID.0Dh.n:EAX */
    bool align64; /* in the compacted format: CPUID.0Dh.n:ECX bit 1 */
};

extern const struct xsave_component xsave_component[XFEATURE_COUNT];

/* Bytes that an area with the components of `features` takes: CPUID.0Dh.0:EBX for XCR0, ECX for
 * all that is supported, 0Dh.1:EBX compacted. */
u32 xsave_size(u64 features, bool compacted);

/* Whether XSETBV may load v into XCR0. */
bool xcr0_valid(u64 v);

#endif
