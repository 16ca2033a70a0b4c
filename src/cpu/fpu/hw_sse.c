/* SPDX-License-Identifier: MIT */
/*
 * SSE kernels on the host's SSE unit, see hw.h. While the guest masks everything, flags gather in
 * the host's MXCSR until hw_sse_sync(); otherwise they are read after each operation.
 */
#include "cpu/fpu/hw.h"

#if defined(__x86_64__)

#include "base/bits.h"

#define MXCSR_DAZ 0x0040
#define MXCSR_MASKS 0x1f80
#define MXCSR_RC_SHIFT 13
#define MXCSR_FTZ 0x8000

void hw_sse_load(struct fpu_ctx *c)
{
    u32 v = MXCSR_MASKS | (u32)c->rounding << MXCSR_RC_SHIFT | (c->daz ? MXCSR_DAZ : 0) |
            (c->ftz ? MXCSR_FTZ : 0);

    asm volatile("ldmxcsr %0" : : "m"(v));
}

static u32 mxcsr_flags(void)
{
    u32 v;

    asm volatile("stmxcsr %0" : "=m"(v));
    return v & FPU_EXCEPTIONS;
}

void hw_sse_sync(struct fpu_ctx *c)
{
    c->flags |= (u16)mxcsr_flags();
}

/* After an operation under a guest with unmasked exceptions: true when its result stands. */
static bool accepted(struct fpu_ctx *c)
{
    u32 flags = mxcsr_flags();

    if (flags)
        hw_sse_load(c);
    if (hw_refused(c, flags))
        return false;
    c->flags |= (u16)flags;
    return true;
}

static float to_f32(u32 v)
{
    float f;
    memcpy(&f, &v, 4);
    return f;
}

static double to_f64(u64 v)
{
    double f;
    memcpy(&f, &v, 8);
    return f;
}

static u32 of_f32(float f)
{
    u32 v;
    memcpy(&v, &f, 4);
    return v;
}

static u64 of_f64(double f)
{
    u64 v;
    memcpy(&v, &f, 8);
    return v;
}

/* One kernel: `compute` is a GNU statement expression; args repeat the parameters' names. */
#define HW_SSE(ret, name, params, args, compute)                                                   \
    ret hw_##name(struct fpu_ctx *c, FPU_UNPAREN params)                                           \
    {                                                                                              \
        if (likely(c->masks == FPU_EXCEPTIONS))                                                    \
            return compute;                                                                        \
        if (c->masks & FPU_UE) {                                                                   \
            ret r = compute;                                                                       \
            if (accepted(c))                                                                       \
                return r;                                                                          \
        }                                                                                          \
        return name(c, FPU_UNPAREN args);                                                          \
    }

#define ASM2(F, insn)                                                                              \
    ({                                                                                             \
        __typeof__(to_##F(0)) x = to_##F(a);                                                       \
        asm volatile(insn " %1, %0" : "+x"(x) : "x"(to_##F(b)));                                   \
        of_##F(x);                                                                                 \
    })

#define ASM1(F, insn)                                                                              \
    ({                                                                                             \
        __typeof__(to_##F(0)) x;                                                                   \
        asm volatile(insn " %1, %0" : "=x"(x) : "x"(to_##F(a)));                                   \
        of_##F(x);                                                                                 \
    })

#define ASM_TO_INT(F, T, insn)                                                                     \
    ({                                                                                             \
        T x;                                                                                       \
        asm volatile(insn " %1, %0" : "=r"(x) : "x"(to_##F(a)));                                   \
        x;                                                                                         \
    })

#define ASM_FROM_INT(F, insn)                                                                      \
    ({                                                                                             \
        __typeof__(to_##F(0)) x = 0;                                                               \
        asm volatile(insn " %1, %0" : "+x"(x) : "r"(v));                                           \
        of_##F(x);                                                                                 \
    })

/* ZF, PF, CF as their bits in EFLAGS. */
#define ASM_EFLAGS(F, insn)                                                                        \
    ({                                                                                             \
        bool zf, pf, cf;                                                                           \
        asm volatile(insn " %4, %3"                                                                \
                     : "=@ccz"(zf), "=@ccp"(pf), "=@ccc"(cf)                                       \
                     : "x"(to_##F(a)), "x"(to_##F(b)));                                            \
        (u32) zf << 6 | (u32)pf << 2 | (u32)cf;                                                    \
    })

#define ASM_CMP(F, S, n)                                                                           \
    ({                                                                                             \
        __typeof__(to_##F(0)) x = to_##F(a);                                                       \
        asm volatile("cmp" S " $" #n ", %1, %0" : "+x"(x) : "x"(to_##F(b)));                       \
        of_##F(x);                                                                                 \
    })

#define HW_SSE_FORMAT(F, U, S)                                                                     \
    HW_SSE(U, F##_add, (U a, U b), (a, b), ASM2(F, "add" S))                                       \
    HW_SSE(U, F##_sub, (U a, U b), (a, b), ASM2(F, "sub" S))                                       \
    HW_SSE(U, F##_mul, (U a, U b), (a, b), ASM2(F, "mul" S))                                       \
    HW_SSE(U, F##_div, (U a, U b), (a, b), ASM2(F, "div" S))                                       \
    HW_SSE(U, F##_min, (U a, U b), (a, b), ASM2(F, "min" S))                                       \
    HW_SSE(U, F##_max, (U a, U b), (a, b), ASM2(F, "max" S))                                       \
    HW_SSE(U, F##_sqrt, (U a), (a), ASM1(F, "sqrt" S))                                             \
    HW_SSE(u32, F##_comi, (U a, U b), (a, b), ASM_EFLAGS(F, "comi" S))                             \
    HW_SSE(u32, F##_ucomi, (U a, U b), (a, b), ASM_EFLAGS(F, "ucomi" S))                           \
    HW_SSE(i32, F##_to_i32, (U a), (a), ASM_TO_INT(F, i32, "cvt" S "2si"))                         \
    HW_SSE(i64, F##_to_i64, (U a), (a), ASM_TO_INT(F, i64, "cvt" S "2siq"))                        \
    HW_SSE(i32, F##_to_i32_trunc, (U a), (a), ASM_TO_INT(F, i32, "cvtt" S "2si"))                  \
    HW_SSE(i64, F##_to_i64_trunc, (U a), (a), ASM_TO_INT(F, i64, "cvtt" S "2siq"))                 \
    HW_SSE(U, F##_from_i32, (i32 v), (v), ASM_FROM_INT(F, "cvtsi2" S "l"))                         \
    HW_SSE(U, F##_from_i64, (i64 v), (v), ASM_FROM_INT(F, "cvtsi2" S "q"))                         \
    HW_SSE(bool, F##_cmp, (U a, U b, u8 pred), (a, b, pred), ({                                    \
               U x;                                                                                \
               switch (pred & 7) {                                                                 \
               case 0: x = ASM_CMP(F, S, 0); break;                                                \
               case 1: x = ASM_CMP(F, S, 1); break;                                                \
               case 2: x = ASM_CMP(F, S, 2); break;                                                \
               case 3: x = ASM_CMP(F, S, 3); break;                                                \
               case 4: x = ASM_CMP(F, S, 4); break;                                                \
               case 5: x = ASM_CMP(F, S, 5); break;                                                \
               case 6: x = ASM_CMP(F, S, 6); break;                                                \
               default: x = ASM_CMP(F, S, 7); break;                                               \
               }                                                                                   \
               x != 0;                                                                             \
           }))

HW_SSE_FORMAT(f32, u32, "ss")
HW_SSE_FORMAT(f64, u64, "sd")

HW_SSE(u64, f32_to_f64, (u32 a), (a), ({
           double x = 0;
           asm volatile("cvtss2sd %1, %0" : "+x"(x) : "x"(to_f32(a)));
           of_f64(x);
       }))
HW_SSE(u32, f64_to_f32, (u64 a), (a), ({
           float x = 0;
           asm volatile("cvtsd2ss %1, %0" : "+x"(x) : "x"(to_f64(a)));
           of_f32(x);
       }))

/* ROUNDSS takes its immediate from the code, and needs SSE4.1, which early hosts lack. */
#define ASM_ROUND(F, S, n)                                                                         \
    case n:                                                                                        \
        asm volatile("round" S " $" #n ", %1, %0" : "=x"(x) : "x"(to_##F(a)));                     \
        break;

#define HW_ROUND(F, U, S)                                                                          \
    HW_SSE(U, F##_round, (U a, u8 imm), (a, imm), ({                                               \
               __typeof__(to_##F(0)) x = 0;                                                        \
               if (!__builtin_cpu_supports("sse4.1"))                                              \
                   return F##_round(c, a, imm);                                                    \
               switch (imm & 15) {                                                                 \
                   ASM_ROUND(F, S, 0)                                                              \
                   ASM_ROUND(F, S, 1)                                                              \
                   ASM_ROUND(F, S, 2)                                                              \
                   ASM_ROUND(F, S, 3)                                                              \
                   ASM_ROUND(F, S, 4)                                                              \
                   ASM_ROUND(F, S, 5)                                                              \
                   ASM_ROUND(F, S, 6)                                                              \
                   ASM_ROUND(F, S, 7)                                                              \
                   ASM_ROUND(F, S, 8)                                                              \
                   ASM_ROUND(F, S, 9)                                                              \
                   ASM_ROUND(F, S, 10)                                                             \
                   ASM_ROUND(F, S, 11)                                                             \
                   ASM_ROUND(F, S, 12)                                                             \
                   ASM_ROUND(F, S, 13)                                                             \
                   ASM_ROUND(F, S, 14)                                                             \
                   ASM_ROUND(F, S, 15)                                                             \
               }                                                                                   \
               of_##F(x);                                                                          \
           }))

HW_ROUND(f32, u32, "ss")
HW_ROUND(f64, u64, "sd")

#endif
