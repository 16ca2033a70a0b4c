/* SPDX-License-Identifier: MIT */
/*
 * x87 kernels on the host's x87 unit, see hw.h. struct f80 has the layout of an 80-bit memory
 * operand, which FLD and FSTP move without exceptions; the host's stack is empty in between.
 *
 * The host's exception flags are sticky, and FNCLEX costs five additions. So flags stay, and an
 * operation that leaves more of them than the guest's status word holds (ctx.sticky) is run a
 * second time after FNCLEX: then they are its own. A flag that the guest holds already may be
 * reported again, which changes nothing.
 */
#include "cpu/fpu/hw.h"

#if defined(__x86_64__)

#define CW_MASKS 0x003f
#define CW_PC_SHIFT 8
#define CW_RC_SHIFT 10

void hw_x87_load(struct fpu_ctx *c)
{
    unsigned pc = c->precision == 24 ? 0 : c->precision == 53 ? 2 : 3;
    u16 cw = (u16)(CW_MASKS | pc << CW_PC_SHIFT | c->rounding << CW_RC_SHIFT);

    asm volatile("fldcw %0" : : "m"(cw));
}

/* Whether flags may be left from an earlier operation; then they are cleared. */
static bool stale(const struct fpu_ctx *c, u16 sw)
{
    if (likely(!(sw & FPU_EXCEPTIONS & ~c->sticky)))
        return false;
    asm volatile("fnclex");
    return true;
}

/* One operation with its status word in sw, again if need be. */
#define RUN(...)                                                                                   \
    do {                                                                                           \
        asm volatile(__VA_ARGS__);                                                                 \
        if (stale(c, sw))                                                                          \
            asm volatile(__VA_ARGS__);                                                             \
    } while (0)

/* Takes over the flags of an operation; false when the portable kernel must do it again. */
static bool accepted(struct fpu_ctx *c, u16 sw, u16 conditions)
{
    if (hw_refused(c, sw))
        return false;
    c->flags = (u16)((c->flags & ~conditions) | (sw & (FPU_EXCEPTIONS | conditions)));
    return true;
}

static bool possible(const struct fpu_ctx *c)
{
    return c->masks & FPU_UE && !c->src_denormal;
}

/* FNSTSW at once: FSTP changes C1. */
#define RUN1(insn) "fldt %[a]\n\t" insn "\n\tfnstsw %[sw]\n\tfstpt %[r]"
#define RUN2(insn)                                                                                 \
    "fldt %[b]\n\tfldt %[a]\n\t" insn "\n\tfnstsw %[sw]\n\tfstpt %[r]\n\tfstp %%st(0)"

#define HW_UNARY(name, insn, conditions)                                                           \
    struct f80 hw_##name(struct fpu_ctx *c, struct f80 a)                                          \
    {                                                                                              \
        struct f80 r = a;                                                                          \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            RUN(RUN1(insn) : [r] "=m"(r), [sw] "=a"(sw) : [a] "m"(a));                             \
            if (accepted(c, sw, conditions))                                                       \
                return r;                                                                          \
        }                                                                                          \
        return name(c, a);                                                                         \
    }

#define HW_BINARY(name, insn, conditions)                                                          \
    struct f80 hw_##name(struct fpu_ctx *c, struct f80 a, struct f80 b)                            \
    {                                                                                              \
        struct f80 r = a;                                                                          \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            RUN(RUN2(insn) : [r] "=m"(r), [sw] "=a"(sw) : [a] "m"(a), [b] "m"(b));                 \
            if (accepted(c, sw, conditions))                                                       \
                return r;                                                                          \
        }                                                                                          \
        return name(c, a, b);                                                                      \
    }

HW_BINARY(f80_add, "fadd %%st(1), %%st", FPU_C1)
HW_BINARY(f80_sub, "fsub %%st(1), %%st", FPU_C1)
HW_BINARY(f80_mul, "fmul %%st(1), %%st", FPU_C1)
HW_BINARY(f80_div, "fdiv %%st(1), %%st", FPU_C1)
HW_BINARY(f80_scale, "fscale", FPU_C1)
/* C0 and C3 stay when there is no quotient, and the host's are not the guest's. */
#define PREM_CONDITIONS (f80_is_nan(r) ? FPU_C1 | FPU_C2 : FPU_CONDITIONS)
HW_BINARY(f80_prem, "fprem", PREM_CONDITIONS)
HW_BINARY(f80_prem1, "fprem1", PREM_CONDITIONS)
HW_UNARY(f80_sqrt, "fsqrt", FPU_C1)
HW_UNARY(f80_rint, "frndint", FPU_C1)
HW_UNARY(f80_f2xm1, "f2xm1", FPU_C1)
HW_UNARY(f80_sin, "fsin", FPU_C1 | FPU_C2)
HW_UNARY(f80_cos, "fcos", FPU_C1 | FPU_C2)

/* These pop: ST(0) = x, ST(1) = y, one result. */
#define HW_POPPING(name, insn)                                                                     \
    struct f80 hw_##name(struct fpu_ctx *c, struct f80 x, struct f80 y)                            \
    {                                                                                              \
        struct f80 r = x;                                                                          \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            RUN("fldt %[y]\n\tfldt %[x]\n\t" insn "\n\tfnstsw %[sw]\n\tfstpt %[r]"                 \
                : [r] "=m"(r), [sw] "=a"(sw)                                                       \
                : [x] "m"(x), [y] "m"(y));                                                         \
            if (accepted(c, sw, FPU_C1))                                                           \
                return r;                                                                          \
        }                                                                                          \
        return name(c, x, y);                                                                      \
    }

HW_POPPING(f80_yl2x, "fyl2x")
HW_POPPING(f80_yl2xp1, "fyl2xp1")
HW_POPPING(f80_patan, "fpatan")

/* FPTAN and FSINCOS push one more result unless C2 (bit 2 of AH) says "out of range". */
#define RUN_PUSH(insn)                                                                             \
    "fldt %[a]\n\t" insn "\n\tfnstsw %[sw]\n\tfstpt %[top]\n\t"                                    \
    "test $0x4, %%ah\n\tjnz 1f\n\tfstpt %[r]\n1:"

struct f80 hw_f80_tan(struct fpu_ctx *c, struct f80 a)
{
    struct f80 r = a, top;
    u16 sw;

    if (possible(c)) {
        RUN(RUN_PUSH("fptan") : [r] "+m"(r), [top] "=m"(top), [sw] "=a"(sw) : [a] "m"(a) : "cc");
        if (accepted(c, sw, FPU_C1 | FPU_C2))
            return r;
    }
    return f80_tan(c, a);
}

struct f80 hw_f80_sincos(struct fpu_ctx *c, struct f80 a, struct f80 *cosine)
{
    struct f80 r = a, top;
    u16 sw;

    if (possible(c)) {
        RUN(RUN_PUSH("fsincos") : [r] "+m"(r), [top] "=m"(top), [sw] "=a"(sw) : [a] "m"(a) : "cc");
        if (accepted(c, sw, FPU_C1 | FPU_C2)) {
            *cosine = sw & FPU_C2 ? a : top;
            return r;
        }
    }
    return f80_sincos(c, a, cosine);
}

struct f80 hw_f80_xtract(struct fpu_ctx *c, struct f80 a, struct f80 *exponent)
{
    struct f80 r = a, top;
    u16 sw;

    if (possible(c)) {
        RUN("fldt %[a]\n\tfxtract\n\tfnstsw %[sw]\n\tfstpt %[r]\n\tfstpt %[top]"
            : [r] "=m"(r), [top] "=m"(top), [sw] "=a"(sw)
            : [a] "m"(a));
        if (accepted(c, sw, FPU_C1)) {
            *exponent = top;
            return r;
        }
    }
    return f80_xtract(c, a, exponent);
}

#define HW_COMPARE(name, insn)                                                                     \
    u16 hw_##name(struct fpu_ctx *c, struct f80 a, struct f80 b)                                   \
    {                                                                                              \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            RUN("fldt %[b]\n\tfldt %[a]\n\t" insn "\n\tfnstsw %[sw]"                               \
                : [sw] "=a"(sw)                                                                    \
                : [a] "m"(a), [b] "m"(b));                                                         \
            if (accepted(c, sw, FPU_C1))                                                           \
                return sw & (FPU_C0 | FPU_C2 | FPU_C3);                                            \
        }                                                                                          \
        return name(c, a, b);                                                                      \
    }

HW_COMPARE(f80_com, "fcompp")
HW_COMPARE(f80_ucom, "fucompp")

#define HW_LOAD(name, T, insn)                                                                     \
    struct f80 hw_##name(struct fpu_ctx *c, T v)                                                   \
    {                                                                                              \
        struct f80 r = {0, 0};                                                                     \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            RUN(insn " %[v]\n\tfnstsw %[sw]\n\tfstpt %[r]"                                         \
                : [r] "=m"(r), [sw] "=a"(sw)                                                       \
                : [v] "m"(v));                                                                     \
            if (accepted(c, sw, FPU_C1))                                                           \
                return r;                                                                          \
        }                                                                                          \
        return name(c, v);                                                                         \
    }

HW_LOAD(f80_from_f32, u32, "flds")
HW_LOAD(f80_from_f64, u64, "fldl")

/* FISTTP came with SSE3, in 2004: every x86-64 host but the very first has it. */
#define HW_STORE(name, T, insn)                                                                    \
    T hw_##name(struct fpu_ctx *c, struct f80 a)                                                   \
    {                                                                                              \
        T r = 0;                                                                                   \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            RUN("fldt %[a]\n\t" insn " %[r]\n\tfnstsw %[sw]"                                       \
                : [r] "=m"(r), [sw] "=a"(sw)                                                       \
                : [a] "m"(a));                                                                     \
            if (accepted(c, sw, FPU_C1))                                                           \
                return r;                                                                          \
        }                                                                                          \
        return name(c, a);                                                                         \
    }

HW_STORE(f80_to_f32, u32, "fstps")
HW_STORE(f80_to_f64, u64, "fstpl")
HW_STORE(f80_to_i16, i16, "fistps")
HW_STORE(f80_to_i32, i32, "fistpl")
HW_STORE(f80_to_i64, i64, "fistpll")
HW_STORE(f80_to_i16_trunc, i16, "fisttps")
HW_STORE(f80_to_i32_trunc, i32, "fisttpl")
HW_STORE(f80_to_i64_trunc, i64, "fisttpll")

void hw_f80_to_bcd(struct fpu_ctx *c, struct f80 a, u8 out[10])
{
    struct f80 r;
    u16 sw;

    if (possible(c)) {
        RUN("fldt %[a]\n\tfbstp %[r]\n\tfnstsw %[sw]" : [r] "=m"(r), [sw] "=a"(sw) : [a] "m"(a));
        if (accepted(c, sw, FPU_C1)) {
            __builtin_memcpy(out, &r, 10);
            return;
        }
    }
    f80_to_bcd(c, a, out);
}

#endif
