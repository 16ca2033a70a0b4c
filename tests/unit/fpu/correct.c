/* SPDX-License-Identifier: MIT */
/*
 * The portable floating-point kernels against MPFR, on any host: values correctly rounded and PE
 * right, in all formats, rounding modes and x87 precisions. Trigonometric functions are held
 * against MPFR after a reduction by the same 66-bit π. Prints TAP.
 * ERSATZ_FPU_CASES sets the operands a kernel is given (default 100,000).
 */
#include <stdio.h>

#ifdef HAVE_MPFR

#include <inttypes.h>
#include <mpfr.h>
#include <stdlib.h>

#include "unit/fpu/operands.h"

#define CASES 100000
#define SHOWN 5
#define WIDE_BITS 320

struct format {
    unsigned prec;
    int emin, emax; /* exponents of normal numbers, mantissa 1.xxx */
};

static const struct format f32 = {24, -126, 127};
static const struct format f64 = {53, -1022, 1023};

struct test {
    struct rng r;
    struct fpu_ctx c;
    struct f80 x, y, result; /* operands widened to f80, which is exact */
    mpfr_t a, b, t, quotient, half_pi;
    struct format fmt; /* the result's */
    bool missing;      /* the kernel gave no result, though nothing is unmasked */
    bool inexact;      /* the oracle knows of a PE beyond rounding to the format */
};

static mpfr_rnd_t mpfr_mode(u8 rounding)
{
    static const mpfr_rnd_t modes[] = {MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ};
    return modes[rounding];
}

static void set_f80(mpfr_t m, struct f80 v)
{
    int exp = v.se & 0x7fff;

    mpfr_set_ui_2exp(m, v.mant, (exp ? exp : 1) - 16383 - 63, MPFR_RNDN);
    mpfr_setsign(m, m, v.se >> 15, MPFR_RNDN);
}

/* t rounded to the format is what the kernel returned, with PE as it must be. */
static bool agrees(struct test *s)
{
    mpfr_t want, got;
    mpfr_rnd_t mode = mpfr_mode(s->c.rounding);
    mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();

    mpfr_init2(want, s->fmt.prec);
    mpfr_init2(got, 64);
    mpfr_set_emin(s->fmt.emin - (int)s->fmt.prec + 2); /* MPFR's mantissas are 0.1xxx */
    mpfr_set_emax(s->fmt.emax + 1);
    int inexact = mpfr_set(want, s->t, mode);
    inexact = mpfr_check_range(want, inexact, mode);
    inexact = mpfr_subnormalize(want, inexact, mode);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);

    if ((s->result.se & 0x7fff) == 0x7fff)
        mpfr_set_inf(got, s->result.se >> 15 ? -1 : 1);
    else
        set_f80(got, s->result);
    bool same = mpfr_equal_p(want, got) && !!(s->c.flags & FPU_PE) == (inexact || s->inexact);
    mpfr_clear(want);
    mpfr_clear(got);
    return same;
}

/* Finite operands: in a format, widened. */
static struct f80 draw(struct rng *r, unsigned bits, struct f80 other)
{
    struct fpu_ctx c = {.masks = FPU_EXCEPTIONS};
    struct f80 v;

    do {
        if (bits == 32)
            f80_widen_f32(&c, &v, (u32)rng_f32(r, rng_next(r)));
        else if (bits == 64)
            f80_widen_f64(&c, &v, rng_f64(r, rng_next(r)));
        else
            v = rng_f80(r, other);
    } while ((v.se & 0x7fff) == 0x7fff || (!(v.mant >> 63) && v.se & 0x7fff));
    return v;
}

static u32 narrow32(struct f80 v)
{
    struct fpu_ctx c = {.masks = FPU_EXCEPTIONS};
    return f80_to_f32(&c, &v);
}

static u64 narrow64(struct f80 v)
{
    struct fpu_ctx c = {.masks = FPU_EXCEPTIONS};
    return f80_to_f64(&c, &v);
}

static void widen32(struct test *s, u32 v)
{
    f80_widen_f32(&s->c, &s->result, v);
    s->fmt = f32;
}

static void widen64(struct test *s, u64 v)
{
    f80_widen_f64(&s->c, &s->result, v);
    s->fmt = f64;
}

static void extended(struct test *s, bool there)
{
    s->missing = !there;
    s->fmt = (struct format){64, -16382, 16383};
}

static void under_pc(struct test *s, bool there)
{
    extended(s, there);
    s->fmt.prec = s->c.precision;
}

#define CALL32(f) f(&s->c, narrow32(s->x), narrow32(s->y))
#define CALL64(f) f(&s->c, narrow64(s->x), narrow64(s->y))

/* clang-format off */
/* By precision control, or always extended; one operand or two. */
#define PC1(f) under_pc(s, f(&s->c, &s->result, &s->x))
#define PC2(f) under_pc(s, f(&s->c, &s->result, &s->x, &s->y))
#define EXT1(f) extended(s, f(&s->c, &s->result, &s->x))
#define EXT2(f) extended(s, f(&s->c, &s->result, &s->x, &s->y))

/* Name, operands' format, the oracle (false when they are no case for it), the kernel. */
#define ROWS                                                                                       \
    X(f32_mul, 32, MP2(mpfr_mul), widen32(s, CALL32(f32_mul)))                                     \
    X(f32_div, 32, MP2(mpfr_div), widen32(s, CALL32(f32_div)))                                     \
    X(f64_mul, 64, MP2(mpfr_mul), widen64(s, CALL64(f64_mul)))                                     \
    X(f64_div, 64, MP2(mpfr_div), widen64(s, CALL64(f64_div)))                                     \
    X(f80_mul, 80, MP2(mpfr_mul), PC2(f80_mul))                                                    \
    X(f80_div, 80, MP2(mpfr_div), PC2(f80_div))                                                    \
    X(f32_add, 32, MP2(mpfr_add), widen32(s, CALL32(f32_add)))                                     \
    X(f32_sub, 32, MP2(mpfr_sub), widen32(s, CALL32(f32_sub)))                                     \
    X(f64_add, 64, MP2(mpfr_add), widen64(s, CALL64(f64_add)))                                     \
    X(f64_sub, 64, MP2(mpfr_sub), widen64(s, CALL64(f64_sub)))                                     \
    X(f80_add, 80, MP2(mpfr_add), PC2(f80_add))                                                    \
    X(f80_sub, 80, MP2(mpfr_sub), PC2(f80_sub))                                                    \
    X(f32_sqrt, 32, MP1(mpfr_sqrt), widen32(s, f32_sqrt(&s->c, narrow32(s->x))))                   \
    X(f64_sqrt, 64, MP1(mpfr_sqrt), widen64(s, f64_sqrt(&s->c, narrow64(s->x))))                   \
    X(f80_sqrt, 80, MP1(mpfr_sqrt), PC1(f80_sqrt))                                                 \
    X(f80_to_f32, 80, MP1(mpfr_set), widen32(s, f80_to_f32(&s->c, &s->x)))                         \
    X(f80_to_f64, 80, MP1(mpfr_set), widen64(s, f80_to_f64(&s->c, &s->x)))                         \
    X(f64_to_f32, 64, MP1(mpfr_set), widen32(s, f64_to_f32(&s->c, narrow64(s->x))))                \
    X(f80_rint, 80, mp_rint(s), EXT1(f80_rint))                                                    \
    X(f80_prem, 80, mp_prem(s), EXT2(f80_prem))                                                    \
    X(f80_prem1, 80, mp_prem1(s), EXT2(f80_prem1))                                                 \
    X(f80_sin, 80, mp_trig(s, mp_sin), EXT1(f80_sin))                                              \
    X(f80_cos, 80, mp_trig(s, mp_cos), EXT1(f80_cos))                                              \
    X(f80_tan, 80, mp_trig(s, mp_tan), EXT1(f80_tan))                                              \
    X(f80_f2xm1, 80, mp_f2xm1(s), EXT1(f80_f2xm1))                                                 \
    X(f80_yl2x, 80, mp_yl2x(s), EXT2(f80_yl2x))                                                    \
    X(f80_yl2xp1, 80, mp_yl2xp1(s), EXT2(f80_yl2xp1))                                              \
    X(f80_patan, 80, mp_patan(s), EXT2(f80_patan))

/* clang-format on */

/* Cut to WIDE_BITS, the rest jammed into a bit beyond, so that rounding again does no harm. */
static bool jam(struct test *s, int ternary)
{
    if (!ternary)
        return true;
    mpfr_prec_round(s->t, WIDE_BITS + 2, MPFR_RNDN);
    if (mpfr_signbit(s->t))
        mpfr_nextbelow(s->t);
    else
        mpfr_nextabove(s->t);
    return true;
}

#define MP1(op) jam(s, op(s->t, s->a, MPFR_RNDZ))
#define MP2(op) jam(s, op(s->t, s->a, s->b, MPFR_RNDZ))

static bool mp_rint(struct test *s)
{
    mpfr_rint(s->t, s->a, mpfr_mode(s->c.rounding));
    s->inexact = !mpfr_equal_p(s->t, s->a);
    return true;
}

static bool near_enough(struct test *s)
{
    return !mpfr_zero_p(s->a) && !mpfr_zero_p(s->b) && mpfr_get_exp(s->a) - mpfr_get_exp(s->b) < 62;
}

static bool mp_prem(struct test *s)
{
    return near_enough(s) && (mpfr_fmod(s->t, s->a, s->b, MPFR_RNDN), true);
}

static bool mp_prem1(struct test *s)
{
    return near_enough(s) && (mpfr_remainder(s->t, s->a, s->b, MPFR_RNDN), true);
}

static void mp_sin(mpfr_t t, unsigned quadrant)
{
    (quadrant & 1 ? mpfr_cos : mpfr_sin)(t, t, MPFR_RNDN);
    if (quadrant & 2)
        mpfr_neg(t, t, MPFR_RNDN);
}

static void mp_cos(mpfr_t t, unsigned quadrant)
{
    mp_sin(t, quadrant + 1);
}

static void mp_tan(mpfr_t t, unsigned quadrant)
{
    mpfr_tan(t, t, MPFR_RNDN);
    if (quadrant & 1) {
        mpfr_ui_div(t, 1, t, MPFR_RNDN);
        mpfr_neg(t, t, MPFR_RNDN);
    }
}

static bool mp_trig(struct test *s, void (*function)(mpfr_t, unsigned))
{
    if (mpfr_zero_p(s->a) || mpfr_get_exp(s->a) > 63 || mpfr_get_exp(s->a) < -80)
        return false;
    mpfr_div(s->quotient, s->a, s->half_pi, MPFR_RNDN);
    mpfr_rint(s->quotient, s->quotient, MPFR_RNDN);
    mpfr_mul(s->t, s->quotient, s->half_pi, MPFR_RNDN);
    mpfr_sub(s->t, s->a, s->t, MPFR_RNDN);
    mpfr_fmod_ui(s->quotient, s->quotient, 4, MPFR_RNDN);
    function(s->t, (unsigned)mpfr_get_si(s->quotient, MPFR_RNDN) & 3);
    return true;
}

static bool mp_f2xm1(struct test *s)
{
    if (mpfr_zero_p(s->a) || mpfr_get_exp(s->a) > 0)
        return false;
    mpfr_exp2(s->t, s->a, MPFR_RNDN);
    mpfr_sub_ui(s->t, s->t, 1, MPFR_RNDN);
    return mpfr_get_exp(s->a) > -100; /* else cancellation leaves MPFR too few bits */
}

/* Not powers of two, whose exact results have PE as well. */
static bool mp_yl2x(struct test *s)
{
    if (mpfr_sgn(s->a) <= 0 || mpfr_zero_p(s->b) || !(s->x.mant & (s->x.mant - 1)))
        return false;
    mpfr_log2(s->t, s->a, MPFR_RNDN);
    mpfr_mul(s->t, s->t, s->b, MPFR_RNDN);
    return true;
}

static bool mp_yl2xp1(struct test *s)
{
    if (mpfr_zero_p(s->a) || mpfr_get_exp(s->a) > -1 || mpfr_zero_p(s->b))
        return false;
    mpfr_log1p(s->t, s->a, MPFR_RNDN);
    mpfr_const_log2(s->quotient, MPFR_RNDN);
    mpfr_div(s->t, s->t, s->quotient, MPFR_RNDN);
    mpfr_mul(s->t, s->t, s->b, MPFR_RNDN);
    return true;
}

static bool mp_patan(struct test *s)
{
    if (mpfr_zero_p(s->a) || mpfr_zero_p(s->b))
        return false;
    return jam(s, mpfr_atan2(s->t, s->b, s->a, MPFR_RNDZ));
}

struct row {
    const char *name;
    unsigned bits;
    bool (*oracle)(struct test *);
    void (*kernel)(struct test *);
};

#define X(n, bits, ORACLE, KERNEL)                                                                 \
    static bool oracle_##n(struct test *s)                                                         \
    {                                                                                              \
        return ORACLE;                                                                             \
    }                                                                                              \
    static void kernel_##n(struct test *s)                                                         \
    {                                                                                              \
        KERNEL;                                                                                    \
    }
ROWS
#undef X

#define X(n, bits, ORACLE, KERNEL) {#n, bits, oracle_##n, kernel_##n},
    static const struct row rows[] = {ROWS};
#undef X

/* One case; 0 = not one, 1 = right, -1 = wrong. */
static int run_case(struct test *s, const struct row *row)
{
    static const u8 precisions[] = {24, 53, 64, 64};

    s->x = draw(&s->r, row->bits, (struct f80){0, (u16)rng_next(&s->r)});
    s->y = draw(&s->r, row->bits, s->x);
    s->c = (struct fpu_ctx){
        .rounding = rng_below(&s->r, 4),
        .precision = precisions[rng_below(&s->r, 4)],
        .masks = FPU_EXCEPTIONS,
    };
    s->inexact = s->missing = false;
    mpfr_set_prec(s->t, WIDE_BITS);
    set_f80(s->a, s->x);
    set_f80(s->b, s->y);
    if (!row->oracle(s) || mpfr_nan_p(s->t) || mpfr_inf_p(s->t))
        return 0;
    row->kernel(s);
    return agrees(s) && !s->missing ? 1 : -1;
}

static bool check_row(struct test *s, const struct row *row, long cases)
{
    long bad = 0, tried = 0;

    s->r.s = 3;
    for (long i = 0; i < cases; i++) {
        int r = run_case(s, row);
        tried += r != 0;
        if (r >= 0 || bad++ >= SHOWN)
            continue;
        printf("# %s x=%04x:%016" PRIx64 " y=%04x:%016" PRIx64 " rc=%d pc=%d gave %04x:%016" PRIx64
               " flags %02x\n",
               row->name, s->x.se, s->x.mant, s->y.se, s->y.mant, s->c.rounding, s->c.precision,
               s->result.se, s->result.mant, s->c.flags);
        mpfr_printf("#   true value %.40Ra\n", s->t);
    }
    if (bad)
        printf("# %s: %ld of %ld wrong\n", row->name, bad, tried);
    return !bad && tried > cases / 50;
}

int main(int argc, char **argv)
{
    const char *env = getenv("ERSATZ_FPU_CASES");
    long cases = env ? strtol(env, NULL, 0) : CASES;
    struct test s;
    int failed = 0, n = 0;

    mpfr_inits2(WIDE_BITS, s.a, s.b, s.t, s.quotient, NULL);
    mpfr_init2(s.half_pi, 66);
    mpfr_const_pi(s.half_pi, MPFR_RNDZ);
    mpfr_div_2ui(s.half_pi, s.half_pi, 1, MPFR_RNDN);
    printf("1..%zu\n", ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (argc > 1 && !strstr(rows[i].name, argv[1]))
            continue;
        bool ok = check_row(&s, &rows[i], cases);
        printf("%sok %d - %s is correctly rounded\n", ok ? "" : "not ", ++n, rows[i].name);
        failed += !ok;
    }
    mpfr_clears(s.a, s.b, s.t, s.quotient, s.half_pi, NULL);
    mpfr_free_cache();
    return failed != 0;
}

#else

int main(void)
{
    puts("1..0 # SKIP built without MPFR, the oracle of this test");
    return 0;
}

#endif
