/* SPDX-License-Identifier: MIT */
/*
 * Floating-point facts straight from the SDM, on any host: constants, FXAM's classes, decimals,
 * widening, NaN choice, approximations, unmasked answers. The bulk comparisons are hardware.c,
 * unmasked.c and correct.c.
 */
#include "cpu/fpu/fpu.h"

#include <math.h>

#include "base/bits.h"
#include "unit/unit.h"

#define F80(se, mant) ((struct f80){mant, se})

static void same(struct f80 got, struct f80 want)
{
    ck_assert_uint_eq(got.se, want.se);
    ck_assert_uint_eq(got.mant, want.mant);
}

static struct fpu_ctx masked(u8 rounding)
{
    return (struct fpu_ctx){.rounding = rounding, .precision = 64, .masks = FPU_EXCEPTIONS};
}

/* Their true values rounded to 64 bits by hand. SDM vol. 1, 8.3.3. */
static const struct {
    enum f80_constant k;
    u16 se;
    u64 nearest, down, up;
} constants[] = {
    {F80_1, 0x3fff, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000},
    {F80_L2T, 0x4000, 0xd49a784bcd1b8afe, 0xd49a784bcd1b8afe, 0xd49a784bcd1b8aff},
    {F80_L2E, 0x3fff, 0xb8aa3b295c17f0bc, 0xb8aa3b295c17f0bb, 0xb8aa3b295c17f0bc},
    {F80_PI, 0x4000, 0xc90fdaa22168c235, 0xc90fdaa22168c234, 0xc90fdaa22168c235},
    {F80_LG2, 0x3ffd, 0x9a209a84fbcff799, 0x9a209a84fbcff798, 0x9a209a84fbcff799},
    {F80_LN2, 0x3ffe, 0xb17217f7d1cf79ac, 0xb17217f7d1cf79ab, 0xb17217f7d1cf79ac},
    {F80_ZERO, 0, 0, 0, 0},
};

START_TEST(constants_follow_rc)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);

    same(f80_constant(&c, constants[_i].k), F80(constants[_i].se, constants[_i].nearest));
    c.rounding = FPU_RC_DOWN;
    same(f80_constant(&c, constants[_i].k), F80(constants[_i].se, constants[_i].down));
    c.rounding = FPU_RC_ZERO;
    same(f80_constant(&c, constants[_i].k), F80(constants[_i].se, constants[_i].down));
    c.rounding = FPU_RC_UP;
    same(f80_constant(&c, constants[_i].k), F80(constants[_i].se, constants[_i].up));
    ck_assert_uint_eq(c.flags, 0);
}
END_TEST

static struct f80 integer(i64 v)
{
    struct f80 r;

    f80_from_i64(NULL, &r, v);
    return r;
}

typedef bool binary(struct fpu_ctx *c, struct f80 *r, const struct f80 *a, const struct f80 *b);

static struct f80 call(binary *kernel, struct fpu_ctx *c, struct f80 a, struct f80 b)
{
    ck_assert(kernel(c, &a, &a, &b)); /* the result may replace an operand */
    return a;
}

START_TEST(xam_tells_the_classes_apart)
{
    const u16 normal = FPU_C2, zero = FPU_C3, denormal = FPU_C3 | FPU_C2, nan = FPU_C0,
              infinity = FPU_C2 | FPU_C0;

    ck_assert_uint_eq(f80_xam(F80(0x3fff, BIT(63))), normal);
    ck_assert_uint_eq(f80_xam(F80(0xbfff, BIT(63))), normal | FPU_C1);
    ck_assert_uint_eq(f80_xam(F80(0x8000, 0)), zero | FPU_C1);
    ck_assert_uint_eq(f80_xam(F80(0, 1)), denormal);
    ck_assert_uint_eq(f80_xam(F80(0, BIT(63))), denormal);
    ck_assert_uint_eq(f80_xam(F80(0x7fff, BIT(63))), infinity);
    ck_assert_uint_eq(f80_xam(F80(0x7fff, BIT(63) | 1)), nan);
    ck_assert_uint_eq(f80_xam(F80_INDEFINITE), nan | FPU_C1);
    ck_assert_uint_eq(f80_xam(F80(0x7fff, 1)), 0);
    ck_assert_uint_eq(f80_xam(F80(0x3fff, 1)), 0);
}
END_TEST

START_TEST(decimals_go_there_and_back)
{
    const u8 digits[10] = {0x21, 0x43, 0x65, 0x87, 0x09, 0x21, 0x43, 0x65, 0x87, 0x80};
    const u8 indefinite[10] = {0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff};
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    u8 out[10];

    struct f80 v = f80_from_bcd(digits);
    same(v, integer(-876543210987654321));
    f80_to_bcd(&c, &v, out);
    ck_assert_mem_eq(out, digits, 10);
    ck_assert_uint_eq(c.flags, 0);
    v = integer(1000000000000000000);
    f80_to_bcd(&c, &v, out);
    ck_assert_mem_eq(out, indefinite, 10);
    ck_assert_uint_eq(c.flags, FPU_IE);
    same(f80_from_bcd((const u8[10]){[9] = 0x80}), F80(0x8000, 0));
}
END_TEST

START_TEST(widening_keeps_signalling_nans_and_tells_denormals)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    struct f80 r;

    ck_assert(!f80_widen_f32(&c, &r, 0x7f800001));
    same(r, F80(0x7fff, BIT(63) | BIT(40)));
    ck_assert(f80_widen_f32(&c, &r, 0x80000001));
    same(r, F80(0x8000 | (16383 - 149), BIT(63)));
    ck_assert(f80_widen_f64(&c, &r, 1));
    same(r, F80(16383 - 1074, BIT(63)));
    ck_assert_uint_eq(c.flags, 0);
}
END_TEST

/* SDM vol. 1, table 4-7. */
START_TEST(nan_choice)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    struct f80 big = F80(0x7fff, 0xe000000000000000), small = F80(0xffff, 0xc000000000000001);
    struct f80 signalling = F80(0x7fff, 0xbfffffffffffffff);

    same(call(f80_add, &c, small, big), big);
    same(call(f80_add, &c, big, small), big);
    ck_assert_uint_eq(c.flags, 0);
    same(call(f80_mul, &c, signalling, small), small);
    ck_assert_uint_eq(c.flags, FPU_IE);
    ck_assert_uint_eq(f32_add(&c, 0x7fc00001, 0xffc00002), 0x7fc00001);
    ck_assert_uint_eq(f32_add(&c, 0x7f800001, 0xffc00002), 0x7fc00001);
    ck_assert_uint_eq(f32_sub(&c, 0x3f800000, 0xff800002), 0xffc00002);
    ck_assert_uint_eq(f64_div(&c, 0, 0), 0xfff8000000000000);
}
END_TEST

START_TEST(unmasked_invalid_leaves_the_register)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    struct f80 r = integer(7), minus = integer(-1);

    c.masks = FPU_EXCEPTIONS & ~FPU_IE;
    ck_assert(!f80_sqrt(&c, &r, &minus));
    same(r, integer(7));
    ck_assert_uint_eq(c.flags, FPU_IE);
}
END_TEST

START_TEST(unmasked_underflow_is_bias_adjusted)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    struct f80 least = F80(1, BIT(63)), half = F80(0x3ffe, BIT(63)), most = F80(0x7ffe, ~0ull);

    c.masks = FPU_EXCEPTIONS & ~FPU_UE;
    same(call(f80_mul, &c, least, half), F80(24576, BIT(63))); /* exact, yet tiny */
    ck_assert_uint_eq(c.flags, FPU_UE);
    ck_assert_uint_eq(fpu_unmasked(&c), FPU_UE);
    c = masked(FPU_RC_NEAREST);
    same(call(f80_mul, &c, least, half), F80(0, BIT(62)));
    ck_assert_uint_eq(c.flags, 0);
    c.masks = FPU_EXCEPTIONS & ~FPU_OE;
    same(call(f80_add, &c, most, most), F80(0x7fff - 24576, ~0ull));
    ck_assert_uint_eq(c.flags, FPU_OE);
}
END_TEST

/* SDM vol. 1, 11.5.3: an unmasked DE in one element hides what the others only computed. */
START_TEST(packed_elements_drop_late_flags)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);

    c.masks = FPU_EXCEPTIONS & ~FPU_DE;
    f32_mul(&c, 0x7f7fffff, 0x7f7fffff);
    ck_assert_uint_eq(c.flags, FPU_OE | FPU_PE);
    f32_add(&c, 1, 0x3f800000);
    ck_assert_uint_eq(fpu_sse_finish(&c), FPU_DE);
    ck_assert_uint_eq(c.flags, FPU_DE);
}
END_TEST

START_TEST(partial_remainder_steps)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    struct f80 three = integer(3), x = F80(0x3fff + 200, BIT(63));
    int steps = 0;

    do {
        x = call(f80_prem, &c, x, three);
        steps++;
    } while (c.flags & FPU_C2);
    same(x, integer(1));               /* 2^200 mod 3 */
    ck_assert_int_ge(steps, 199 / 63); /* 32 to 63 bits of exponent a step */
    ck_assert_int_le(steps, 199 / 32 + 1);
    ck_assert_uint_eq(c.flags & FPU_EXCEPTIONS, 0);

    c.flags = 0;
    same(call(f80_prem1, &c, integer(23), integer(8)), integer(-1));
    ck_assert_uint_eq(c.flags, FPU_C3 | FPU_C1); /* quotient 3 */
}
END_TEST

START_TEST(trigonometry_refuses_large_arguments)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    struct f80 large = F80(0xbfff + 63, BIT(63)), zero = F80(0x8000, 0), sine, cosine;

    ck_assert(f80_sincos(&c, &sine, &cosine, &large));
    same(sine, large);
    same(cosine, large);
    ck_assert_uint_eq(c.flags, FPU_C2);
    ck_assert(f80_tan(&c, &sine, &zero));
    same(sine, zero);
    ck_assert_uint_eq(c.flags, 0);
    same(call(f80_patan, &c, F80(0x8000, 0), F80(0, 0)), F80(0x4000, 0xc90fdaa22168c235));
    ck_assert_uint_eq(c.flags, FPU_PE | FPU_C1);
}
END_TEST

static float of_bits(u32 v)
{
    float f;
    memcpy(&f, &v, 4);
    return f;
}

/* The manual's bound is 1.5 / 4096; ours are the nearest of 12 bits. */
START_TEST(approximations_are_rounded)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);
    const double bound = 1.0 / 4096;

    for (u32 v = 0x00800000; v < 0x7e800000; v += 9973) {
        double x = of_bits(v);
        u32 rcp = f32_rcp(&c, v), rsqrt = f32_rsqrt(&c, v);
        ck_assert_double_le(fabs(of_bits(rcp) * x - 1), bound);
        ck_assert_double_le(fabs(of_bits(rsqrt) * sqrt(x) - 1), bound);
        ck_assert_uint_eq((rcp | rsqrt) & 0xfff, 0);
    }
    ck_assert_uint_eq(f32_rcp(&c, 0x7e800001), 0x00800000); /* by rounding not too small */
    ck_assert_uint_eq(f32_rcp(&c, 0x7e800801), 0);
    ck_assert_uint_eq(c.flags, 0);
}
END_TEST

/* What every real CPU answers alike: {operand, result}. SDM vol. 2. */
static const u32 rcp_edges[][2] = {
    {0x00000000, 0x7f800000}, {0x80000000, 0xff800000}, {0x007fffff, 0x7f800000},
    {0x807fffff, 0xff800000}, {0x7f800000, 0x00000000}, {0xff800000, 0x80000000},
    {0x7f800001, 0x7fc00001}, {0xffc12345, 0xffc12345}, {0x7f000000, 0x00000000},
};
static const u32 rsqrt_edges[][2] = {
    {0x00000000, 0x7f800000}, {0x80000000, 0xff800000}, {0x007fffff, 0x7f800000},
    {0x807fffff, 0xff800000}, {0x7f800000, 0x00000000}, {0xff800000, 0xffc00000},
    {0x7f800001, 0x7fc00001}, {0xffc12345, 0xffc12345}, {0xbf800000, 0xffc00000},
};

START_TEST(approximation_edges)
{
    struct fpu_ctx c = masked(FPU_RC_NEAREST);

    for (unsigned i = 0; i < ARRAY_LEN(rcp_edges); i++)
        ck_assert_uint_eq(f32_rcp(&c, rcp_edges[i][0]), rcp_edges[i][1]);
    for (unsigned i = 0; i < ARRAY_LEN(rsqrt_edges); i++)
        ck_assert_uint_eq(f32_rsqrt(&c, rsqrt_edges[i][0]), rsqrt_edges[i][1]);
    ck_assert_uint_eq(c.flags, 0);
}
END_TEST

#if defined(__x86_64__)
START_TEST(approximation_edges_of_the_host)
{
    for (unsigned i = 0; i < ARRAY_LEN(rcp_edges); i++) {
        float x = of_bits(rcp_edges[i][0]), r;
        asm("rcpss %1, %0" : "=x"(r) : "x"(x));
        ck_assert_mem_eq(&r, &rcp_edges[i][1], 4);
    }
    for (unsigned i = 0; i < ARRAY_LEN(rsqrt_edges); i++) {
        float x = of_bits(rsqrt_edges[i][0]), r;
        asm("rsqrtss %1, %0" : "=x"(r) : "x"(x));
        ck_assert_mem_eq(&r, &rsqrt_edges[i][1], 4);
    }
}
END_TEST
#endif

int main(void)
{
    Suite *s = suite_create("fpu");
    TCase *t = tcase_create("kernels");

    tcase_add_loop_test(t, constants_follow_rc, 0, ARRAY_LEN(constants));
    tcase_add_test(t, xam_tells_the_classes_apart);
    tcase_add_test(t, decimals_go_there_and_back);
    tcase_add_test(t, widening_keeps_signalling_nans_and_tells_denormals);
    tcase_add_test(t, nan_choice);
    tcase_add_test(t, unmasked_invalid_leaves_the_register);
    tcase_add_test(t, unmasked_underflow_is_bias_adjusted);
    tcase_add_test(t, packed_elements_drop_late_flags);
    tcase_add_test(t, partial_remainder_steps);
    tcase_add_test(t, trigonometry_refuses_large_arguments);
    tcase_add_test(t, approximations_are_rounded);
    tcase_add_test(t, approximation_edges);
#if defined(__x86_64__)
    tcase_add_test(t, approximation_edges_of_the_host);
#endif
    suite_add_tcase(s, t);
    return unit_run(s);
}
