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

/* Exceptions that, found in the status word, may be left from an earlier operation. */
static u16 alien(const struct fpu_ctx *c)
{
    return (u16)(FPU_EXCEPTIONS & ~c->sticky);
}

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

/*
 * `run` leaves its results on the stack and the status word in AX, read at once as FSTP changes
 * C1; if that shows alien flags, `undo` empties the stack, and after FNCLEX it runs again.
 */
#define EXACT(run, undo)                                                                           \
    run "\n\tfnstsw %[sw]\n\ttest %[alien], %[sw]\n\tjz 1f\n\t" undo "\n\tfnclex\n\t" run          \
        "\n\tfnstsw %[sw]\n1:\n\t"
#define OUT [sw] "=&a"(sw)
#define ALIEN [alien] "r"(alien(c))
#define POP1 "fstp %%st(0)"
#define POP2 POP1 "\n\t" POP1

/* Registers are read and written where they are: halves written by the host's integer unit and
 * read back by FLD, or the other way, cost more than the operation. */
#define HW_UNARY(name, insn, conditions)                                                           \
    bool hw_##name(struct fpu_ctx *c, struct f80 *r, const struct f80 *a)                          \
    {                                                                                              \
        struct f80 t, *dst = c->masks == FPU_EXCEPTIONS ? r : &t;                                  \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            asm volatile(EXACT("fldt %[a]\n\t" insn, POP1) "fstpt %[r]"                            \
                         : [r] "=m"(*dst), OUT                                                     \
                         : [a] "m"(*a), ALIEN                                                      \
                         : "cc");                                                                  \
            if (accepted(c, sw, conditions))                                                       \
                return dst == r || (*r = t, true);                                                 \
        }                                                                                          \
        return name(c, r, a);                                                                      \
    }

/* b in ST(1), a in ST(0); both stay on the stack. */
#define HW_BINARY(name, insn, conditions)                                                          \
    bool hw_##name(struct fpu_ctx *c, struct f80 *r, const struct f80 *a, const struct f80 *b)     \
    {                                                                                              \
        struct f80 t, *dst = c->masks == FPU_EXCEPTIONS ? r : &t;                                  \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            asm volatile(EXACT("fldt %[b]\n\tfldt %[a]\n\t" insn, POP2) "fstpt %[r]\n\t" POP1      \
                         : [r] "=m"(*dst), OUT                                                     \
                         : [a] "m"(*a), [b] "m"(*b), ALIEN                                         \
                         : "cc");                                                                  \
            if (accepted(c, sw, conditions))                                                       \
                return dst == r || (*r = t, true);                                                 \
        }                                                                                          \
        return name(c, r, a, b);                                                                   \
    }

/* C0 and C3 stay when there is no quotient, and the host's are not the guest's. */
#define PREM_CONDITIONS (f80_is_nan(*dst) ? FPU_C1 | FPU_C2 : FPU_CONDITIONS)

HW_BINARY(f80_add, "fadd %%st(1), %%st", FPU_C1)
HW_BINARY(f80_sub, "fsub %%st(1), %%st", FPU_C1)
HW_BINARY(f80_mul, "fmul %%st(1), %%st", FPU_C1)
HW_BINARY(f80_div, "fdiv %%st(1), %%st", FPU_C1)
HW_BINARY(f80_scale, "fscale", FPU_C1)
HW_BINARY(f80_prem, "fprem", PREM_CONDITIONS)
HW_BINARY(f80_prem1, "fprem1", PREM_CONDITIONS)
HW_UNARY(f80_sqrt, "fsqrt", FPU_C1)
HW_UNARY(f80_rint, "frndint", FPU_C1)

bool hw_f80_xtract(struct fpu_ctx *c, struct f80 *r, struct f80 *second, const struct f80 *a)
{
    struct f80 exponent, significand;
    u16 sw;

    if (possible(c)) {
        asm volatile(EXACT("fldt %[a]\n\tfxtract", POP2) "fstpt %[r]\n\tfstpt %[second]"
                     : [r] "=m"(significand), [second] "=m"(exponent), OUT
                     : [a] "m"(*a), ALIEN
                     : "cc");
        if (accepted(c, sw, FPU_C1)) {
            *second = exponent;
            *r = significand;
            return true;
        }
    }
    return f80_xtract(c, r, second, a);
}

#define HW_COMPARE(name, insn)                                                                     \
    u16 hw_##name(struct fpu_ctx *c, const struct f80 *a, const struct f80 *b)                     \
    {                                                                                              \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            asm volatile(EXACT("fldt %[b]\n\tfldt %[a]\n\t" insn, "")                              \
                         : OUT                                                                     \
                         : [a] "m"(*a), [b] "m"(*b), ALIEN                                         \
                         : "cc");                                                                  \
            if (accepted(c, sw, FPU_C1))                                                           \
                return sw & (FPU_C0 | FPU_C2 | FPU_C3);                                            \
        }                                                                                          \
        return name(c, a, b);                                                                      \
    }

HW_COMPARE(f80_com, "fcompp")
HW_COMPARE(f80_ucom, "fucompp")

/* Widening must raise nothing: what FLD could raise something for goes the portable way. */
#define HW_LOAD(F, U, insn, EXPONENT)                                                              \
    bool hw_f80_from_##F(struct fpu_ctx *c, struct f80 *r, U v)                                    \
    {                                                                                              \
        struct f80 t, *dst = c->masks == FPU_EXCEPTIONS ? r : &t;                                  \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            asm volatile(EXACT(insn " %[v]", POP1) "fstpt %[r]"                                    \
                         : [r] "=m"(*dst), OUT                                                     \
                         : [v] "m"(v), ALIEN                                                       \
                         : "cc");                                                                  \
            if (accepted(c, sw, FPU_C1))                                                           \
                return dst == r || (*r = t, true);                                                 \
        }                                                                                          \
        return f80_from_##F(c, r, v);                                                              \
    }                                                                                              \
    bool hw_f80_widen_##F(struct fpu_ctx *c, struct f80 *r, U v)                                   \
    {                                                                                              \
        if (!(v & EXPONENT) || (v & EXPONENT) == EXPONENT)                                         \
            return f80_widen_##F(c, r, v);                                                         \
        asm volatile(insn " %[v]\n\tfstpt %[r]" : [r] "=m"(*r) : [v] "m"(v));                      \
        return false;                                                                              \
    }

HW_LOAD(f32, u32, "flds", 0x7f800000u)
HW_LOAD(f64, u64, "fldl", 0x7ff0000000000000u)

void hw_f80_from_i64(struct fpu_ctx *c, struct f80 *r, i64 v)
{
    asm volatile("fildll %[v]\n\tfstpt %[r]" : [r] "=m"(*r) : [v] "m"(v));
}

/* FISTTP came with SSE3, in 2004: every x86-64 host but the very first has it. */
#define HW_STORE(name, T, insn)                                                                    \
    T hw_##name(struct fpu_ctx *c, const struct f80 *a)                                            \
    {                                                                                              \
        T r;                                                                                       \
        u16 sw;                                                                                    \
        if (possible(c)) {                                                                         \
            asm volatile(EXACT("fldt %[a]\n\t" insn " %[r]", "")                                   \
                         : [r] "=m"(r), OUT                                                        \
                         : [a] "m"(*a), ALIEN                                                      \
                         : "cc");                                                                  \
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

void hw_f80_to_bcd(struct fpu_ctx *c, const struct f80 *a, u8 out[10])
{
    struct f80 r;
    u16 sw;

    if (possible(c)) {
        asm volatile(EXACT("fldt %[a]\n\tfbstp %[r]", "")
                     : [r] "=m"(r), OUT
                     : [a] "m"(*a), ALIEN
                     : "cc");
        if (accepted(c, sw, FPU_C1)) {
            __builtin_memcpy(out, &r, 10);
            return;
        }
    }
    f80_to_bcd(c, a, out);
}

#endif
