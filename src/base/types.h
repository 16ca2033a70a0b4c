/* SPDX-License-Identifier: MIT */
/* Scalars with meaning, shared by every room. */
#ifndef ERSATZ_BASE_TYPES_H
#define ERSATZ_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;
typedef unsigned __int128 u128;

typedef u64 linaddr;  /* after segmentation, before paging */
typedef u64 physaddr; /* after paging and A20 */

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
