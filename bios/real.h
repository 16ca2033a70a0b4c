/* SPDX-License-Identifier: MIT */
/*
 * What code in real mode shares: a caller's registers, and far memory through FS, which is C's to
 * use; the assembly around it keeps the caller's.
 */
#ifndef REAL_H
#define REAL_H

#include "x86.h"

/* Members of a struct, as PUSHAD without ESP leaves them. */
#define GENERAL_REGISTERS                                                                          \
    union {                                                                                        \
        u32 edi;                                                                                   \
        u16 di;                                                                                    \
    };                                                                                             \
    union {                                                                                        \
        u32 esi;                                                                                   \
        u16 si;                                                                                    \
    };                                                                                             \
    union {                                                                                        \
        u32 ebp;                                                                                   \
        u16 bp;                                                                                    \
    };                                                                                             \
    union {                                                                                        \
        u32 ebx;                                                                                   \
        u16 bx;                                                                                    \
        struct {                                                                                   \
            u8 bl, bh;                                                                             \
        };                                                                                         \
    };                                                                                             \
    union {                                                                                        \
        u32 edx;                                                                                   \
        u16 dx;                                                                                    \
        struct {                                                                                   \
            u8 dl, dh;                                                                             \
        };                                                                                         \
    };                                                                                             \
    union {                                                                                        \
        u32 ecx;                                                                                   \
        u16 cx;                                                                                    \
        struct {                                                                                   \
            u8 cl, ch;                                                                             \
        };                                                                                         \
    };                                                                                             \
    union {                                                                                        \
        u32 eax;                                                                                   \
        u16 ax;                                                                                    \
        struct {                                                                                   \
            u8 al, ah;                                                                             \
        };                                                                                         \
    };

static inline void set_fs(u16 seg)
{
    __asm__ volatile("movw %w0, %%fs" ::"r"((u32)seg));
}

#define DEFINE_PEEK(bits, suffix, reg)                                                             \
    static inline u##bits peek##bits(u16 seg, u32 off)                                             \
    {                                                                                              \
        u##bits v;                                                                                 \
        __asm__ volatile("movw %w1, %%fs; mov" suffix " %%fs:(%2), %0"                             \
                         : "=" reg(v)                                                              \
                         : "r"((u32)seg), "r"(off)                                                 \
                         : "memory");                                                              \
        return v;                                                                                  \
    }                                                                                              \
    static inline void poke##bits(u16 seg, u32 off, u##bits v)                                     \
    {                                                                                              \
        __asm__ volatile("movw %w1, %%fs; mov" suffix " %0, %%fs:(%2)" ::reg(v), "r"((u32)seg),    \
                         "r"(off)                                                                  \
                         : "memory");                                                              \
    }
DEFINE_PEEK(8, "b", "q")
DEFINE_PEEK(16, "w", "r")
DEFINE_PEEK(32, "l", "r")
#undef DEFINE_PEEK

#endif
