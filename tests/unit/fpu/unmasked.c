/* SPDX-License-Identifier: MIT */
/*
 * Unmasked exceptions: what the portable kernels answer against what the host's units do, with
 * random masks. x87 exceptions wait for the next waiting instruction, so FNSTSW and FNCLEX see
 * and drop them; SSE ones arrive as SIGFPE, whose handler notes MXCSR and masks everything for a
 * second go. Prints TAP.
 * ERSATZ_FPU_CASES sets the operands a kernel is given (default 30,000).
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "unit/fpu/operands.h"

#if defined(__x86_64__)

#define CASES 30000
#define SHOWN 5

struct operands {
    u64 a, b;
    struct f80 x, y;
};

struct result {
    u64 v;
    u16 se;
    u16 flags;
};

static u16 x87_cw(const struct fpu_ctx *c)
{
    unsigned pc = c->precision == 24 ? 0 : c->precision == 53 ? 2 : 3;
    return (u16)(c->masks | pc << 8 | c->rounding << 10);
}

#define X87(insn)                                                                                  \
    asm volatile("fninit\n\tfldt %[y]\n\tfldt %[x]\n\tfldcw %[cw]\n\t" insn                        \
                 "\n\tfnstsw %[sw]\n\tfnclex\n\tfstpt %[r]\n\tfninit"                              \
                 : [sw] "=a"(sw), [r] "=m"(r80)                                                    \
                 : [x] "m"(in->x), [y] "m"(in->y), [cw] "m"(cw), [a] "m"(in->a))

/* A register result; PRE exceptions leave none. */
#define REGISTER(insn, call)                                                                       \
    {                                                                                              \
        u16 sw, cw = x87_cw(c);                                                                    \
        struct f80 r80 = {0, 0};                                                                   \
        X87(insn);                                                                                 \
        hard->flags = sw & (FPU_EXCEPTIONS | FPU_C1);                                              \
        struct f80 s = {0, 0}, m;                                                                  \
        bool there = call;                                                                         \
        (void)m;                                                                                   \
        soft->flags = c->flags & (FPU_EXCEPTIONS | FPU_C1);                                        \
        if (there) {                                                                               \
            *hard = (struct result){r80.mant, r80.se, hard->flags};                                \
            *soft = (struct result){s.mant, s.se, soft->flags};                                    \
        }                                                                                          \
    }

/* Exceptions alone, of instructions whose last place and C1 may differ. */
#define EXCEPTIONS(insn, call)                                                                     \
    {                                                                                              \
        u16 sw, cw = x87_cw(c);                                                                    \
        struct f80 r80, s, m;                                                                      \
        X87(insn);                                                                                 \
        (void)m;                                                                                   \
        (void)call;                                                                                \
        hard->flags = sw & (FPU_EXCEPTIONS | FPU_C2);                                              \
        soft->flags = c->flags & (FPU_EXCEPTIONS | FPU_C2);                                        \
    }

/* A memory result; unmasked exceptions but PE leave memory alone. */
#define MEMORY(T, insn, call)                                                                      \
    {                                                                                              \
        u16 sw, cw = x87_cw(c);                                                                    \
        T m = 77;                                                                                  \
        asm volatile("fninit\n\tfldt %[x]\n\tfldcw %[cw]\n\t" insn                                 \
                     " %[m]\n\tfnstsw %[sw]\n\tfninit"                                             \
                     : [sw] "=a"(sw), [m] "+m"(m)                                                  \
                     : [x] "m"(in->x), [cw] "m"(cw));                                              \
        T s = call;                                                                                \
        if (fpu_unmasked(c) & ~FPU_PE)                                                             \
            s = 77;                                                                                \
        *hard = (struct result){(u64)m, 0, sw & (FPU_EXCEPTIONS | FPU_C1)};                        \
        *soft = (struct result){(u64)s, 0, c->flags & (FPU_EXCEPTIONS | FPU_C1)};                  \
    }

#define MXCSR_DEFAULT 0x1f80

static volatile u32 trap_mxcsr; /* what the handler saw, 0 = it was not called */

static void on_sigfpe(int sig, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    (void)sig;
    (void)info;
    trap_mxcsr = u->uc_mcontext.fpregs->mxcsr;
    u->uc_mcontext.fpregs->mxcsr = MXCSR_DEFAULT;
}

static void set_mxcsr(u32 v)
{
    asm volatile("ldmxcsr %0" : : "m"(v));
}

static u32 get_mxcsr(void)
{
    u32 v;
    asm volatile("stmxcsr %0" : "=m"(v));
    return v;
}

#define SSE(insn, F, U, call)                                                                      \
    {                                                                                              \
        F x, y;                                                                                    \
        memcpy(&x, &in->a, sizeof x);                                                              \
        memcpy(&y, &in->b, sizeof y);                                                              \
        trap_mxcsr = 0;                                                                            \
        set_mxcsr((u32)c->masks << 7 | (u32)c->rounding << 13 | (c->daz ? 0x40 : 0) |              \
                  (c->ftz ? 0x8000 : 0));                                                          \
        asm volatile(insn " %1, %0" : "+x"(x) : "x"(y));                                           \
        hard->flags = (trap_mxcsr ? trap_mxcsr : get_mxcsr()) & FPU_EXCEPTIONS;                    \
        set_mxcsr(MXCSR_DEFAULT);                                                                  \
        if (!trap_mxcsr)                                                                           \
            memcpy(&hard->v, &x, sizeof x);                                                        \
        U a = (U)in->a, b = (U)in->b;                                                              \
        (void)a;                                                                                   \
        U s = call;                                                                                \
        if (!fpu_sse_finish(c))                                                                    \
            soft->v = s;                                                                           \
        soft->flags = c->flags;                                                                    \
    }

#define ONE(f) f(c, &s, &in->x)
#define TWO(f) f(c, &s, &in->x, &in->y)
#define SPLIT(f) f(c, &s, &m, &in->x)
#define WITH(f, bits) f(c, &s, &in->x, widen##bits(c, in, &m))
#define REVERSED(f, bits) f(c, &s, widen##bits(c, in, &m), &in->x)

/* clang-format off */
#define ROWS(X)                                                                                    \
    X(f80_add, REGISTER("fadd %%st(1), %%st", TWO(f80_add)))                                       \
    X(f80_sub, REGISTER("fsub %%st(1), %%st", TWO(f80_sub)))                                       \
    X(f80_mul, REGISTER("fmul %%st(1), %%st", TWO(f80_mul)))                                       \
    X(f80_div, REGISTER("fdiv %%st(1), %%st", TWO(f80_div)))                                       \
    X(f80_sqrt, REGISTER("fsqrt", ONE(f80_sqrt)))                                                  \
    X(f80_rint, REGISTER("frndint", ONE(f80_rint)))                                                \
    X(f80_scale, REGISTER("fscale", TWO(f80_scale)))                                               \
    X(f80_prem, REGISTER("fprem", TWO(f80_prem)))                                                  \
    X(f80_prem1, REGISTER("fprem1", TWO(f80_prem1)))                                               \
    X(f80_from_f32, REGISTER("flds %[a]", f80_from_f32(c, &s, (u32)in->a)))                        \
    X(f80_from_f64, REGISTER("fldl %[a]", f80_from_f64(c, &s, in->a)))                             \
    X(f80_add_m32, REGISTER("fadds %[a]", WITH(f80_add, 32)))                                      \
    X(f80_sub_m32, REGISTER("fsubs %[a]", WITH(f80_sub, 32)))                                      \
    X(f80_subr_m32, REGISTER("fsubrs %[a]", REVERSED(f80_sub, 32)))                                \
    X(f80_mul_m64, REGISTER("fmull %[a]", WITH(f80_mul, 64)))                                      \
    X(f80_div_m64, REGISTER("fdivl %[a]", WITH(f80_div, 64)))                                      \
    X(f80_divr_m64, REGISTER("fdivrl %[a]", REVERSED(f80_div, 64)))                                \
    X(f80_xtract, EXCEPTIONS("fxtract", SPLIT(f80_xtract)))                                        \
    X(f80_f2xm1, EXCEPTIONS("f2xm1", ONE(f80_f2xm1)))                                              \
    X(f80_yl2x, EXCEPTIONS("fyl2x", TWO(f80_yl2x)))                                                \
    X(f80_yl2xp1, EXCEPTIONS("fyl2xp1", TWO(f80_yl2xp1)))                                          \
    X(f80_patan, EXCEPTIONS("fpatan", TWO(f80_patan)))                                             \
    X(f80_sin, EXCEPTIONS("fsin", ONE(f80_sin)))                                                   \
    X(f80_cos, EXCEPTIONS("fcos", ONE(f80_cos)))                                                   \
    X(f80_tan, EXCEPTIONS("fptan", ONE(f80_tan)))                                                  \
    X(f80_sincos, EXCEPTIONS("fsincos", SPLIT(f80_sincos)))                                        \
    X(f80_to_f32, MEMORY(u32, "fstps", f80_to_f32(c, &in->x)))                                     \
    X(f80_to_f64, MEMORY(u64, "fstpl", f80_to_f64(c, &in->x)))                                     \
    X(f80_to_i16, MEMORY(u16, "fistps", (u16)f80_to_i16(c, &in->x)))                               \
    X(f80_to_i32, MEMORY(u32, "fistpl", (u32)f80_to_i32(c, &in->x)))                               \
    X(f80_to_i64, MEMORY(u64, "fistpll", (u64)f80_to_i64(c, &in->x)))                              \
    X(f32_add, SSE("addss", float, u32, f32_add(c, a, b)))                                         \
    X(f32_mul, SSE("mulss", float, u32, f32_mul(c, a, b)))                                         \
    X(f32_div, SSE("divss", float, u32, f32_div(c, a, b)))                                         \
    X(f32_sqrt, SSE("sqrtss", float, u32, f32_sqrt(c, b)))                                         \
    X(f32_min, SSE("minss", float, u32, f32_min(c, a, b)))                                         \
    X(f64_sub, SSE("subsd", double, u64, f64_sub(c, a, b)))                                        \
    X(f64_mul, SSE("mulsd", double, u64, f64_mul(c, a, b)))                                        \
    X(f64_div, SSE("divsd", double, u64, f64_div(c, a, b)))                                        \
    X(f64_sqrt, SSE("sqrtsd", double, u64, f64_sqrt(c, b)))

/* clang-format on */

static const struct f80 *widen32(struct fpu_ctx *c, const struct operands *in, struct f80 *m)
{
    c->src_denormal = f80_widen_f32(c, m, (u32)in->a);
    return m;
}

static const struct f80 *widen64(struct fpu_ctx *c, const struct operands *in, struct f80 *m)
{
    c->src_denormal = f80_widen_f64(c, m, in->a);
    return m;
}

struct row {
    const char *name;
    void (*run)(struct fpu_ctx *, const struct operands *, struct result *, struct result *);
};

#define RUN(n, BODY)                                                                               \
    static void run_##n(struct fpu_ctx *c, const struct operands *in, struct result *hard,         \
                        struct result *soft) BODY
ROWS(RUN)

#define ROW(n, BODY) {#n, run_##n},
static const struct row rows[] = {ROWS(ROW)};

static void generate(struct rng *r, const struct row *row, struct operands *in, struct fpu_ctx *c)
{
    static const u8 precisions[] = {24, 53, 64, 64};
    bool is32 = row->name[1] == '3' || strstr(row->name, "32");

    in->a = is32 ? rng_f32(r, rng_next(r)) : rng_f64(r, rng_next(r));
    in->b = is32 ? rng_f32(r, in->a) : rng_f64(r, in->a);
    in->x = rng_f80(r, (struct f80){0, (u16)rng_next(r)});
    in->y = rng_f80(r, in->x);
    *c = (struct fpu_ctx){
        .rounding = rng_below(r, 4),
        .precision = precisions[rng_below(r, 4)],
        .masks = rng_below(r, 4) ? 0x3f & ~(1u << rng_below(r, 6)) : rng_next(r) & 0x3f,
        .daz = !rng_below(r, 4),
        .ftz = !rng_below(r, 4),
    };
}

static void report(const struct row *row, const struct operands *in, const struct fpu_ctx *c)
{
    printf("# %s a=%016" PRIx64 " b=%016" PRIx64 " x=%04x:%016" PRIx64 " y=%04x:%016" PRIx64
           " masks=%02x rc=%d pc=%d daz=%d ftz=%d\n",
           row->name, in->a, in->b, in->x.se, in->x.mant, in->y.se, in->y.mant, c->masks,
           c->rounding, c->precision, c->daz, c->ftz);
}

static bool check_row(const struct row *row, long cases)
{
    struct rng r = {2};
    long bad = 0;

    for (long i = 0; i < cases; i++) {
        struct operands in;
        struct fpu_ctx c;
        struct result hard = {0, 0, 0}, soft = {0, 0, 0};
        generate(&r, row, &in, &c);
        row->run(&c, &in, &hard, &soft);
        if (hard.v == soft.v && hard.se == soft.se && hard.flags == soft.flags)
            continue;
        if (bad++ >= SHOWN)
            continue;
        report(row, &in, &c);
        printf("#   hardware %04x:%016" PRIx64 " flags %04x, portable %04x:%016" PRIx64
               " flags %04x\n",
               hard.se, hard.v, hard.flags, soft.se, soft.v, soft.flags);
    }
    if (bad)
        printf("# %s: %ld of %ld differ\n", row->name, bad, cases);
    return !bad;
}

int main(int argc, char **argv)
{
    const char *env = getenv("ERSATZ_FPU_CASES");
    long cases = env ? strtol(env, NULL, 0) : CASES;
    struct sigaction sa = {.sa_sigaction = on_sigfpe, .sa_flags = SA_SIGINFO};
    int failed = 0, n = 0;

    sigaction(SIGFPE, &sa, NULL);
    printf("1..%zu\n", ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (argc > 1 && !strstr(rows[i].name, argv[1]))
            continue;
        bool ok = check_row(&rows[i], cases);
        printf("%sok %d - %s with unmasked exceptions, %ld cases\n", ok ? "" : "not ", ++n,
               rows[i].name, cases);
        failed += !ok;
    }
    return failed != 0;
}

#else

int main(void)
{
    puts("1..0 # SKIP the host is not x86-64, so it has no such unit to compare with");
    return 0;
}

#endif
