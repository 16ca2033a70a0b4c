/* SPDX-License-Identifier: MIT */
/* x87 and MMX state: stack faults, masked and unmasked answers, pointers, environments. */
#include "unit/cpu/rig.h"
#include "unit/unit.h"

static struct rig rig;
static struct cpu *const c = &rig.c;

static const struct f80 one = {BIT(63), 0x3fff};
static const struct f80 indefinite = {3ull << 62, 0xffff};

static void setup(void)
{
    rig_init(&rig, true);
}

static void expect_st(unsigned i, struct f80 v)
{
    ck_assert(!x87_empty(c, i));
    ck_assert_uint_eq(x87_st(c, i)->mant, v.mant);
    ck_assert_uint_eq(x87_st(c, i)->se, v.se);
}

static void set_cw(u16 cw)
{
    st16(rig.mem + 64, cw);
    OK(&rig, 0xd9, 0x6b, 64); /* FLDCW [rbx+64] */
}

START_TEST(masked_underflow_gives_indefinite)
{
    OK(&rig, 0xd9, 0xe8); /* FLD1 */
    OK(&rig, 0xd8, 0xc3); /* FADD st0, st3: empty */
    expect_st(0, indefinite);
    ck_assert_uint_eq(c->fpu.sw & (FPU_IE | SW_SF | SW_C1 | SW_ES), FPU_IE | SW_SF);
}
END_TEST

START_TEST(masked_overflow_gives_indefinite_and_c1)
{
    for (unsigned i = 0; i < 8; i++)
        OK(&rig, 0xd9, 0xe8);
    ck_assert_uint_eq(c->fpu.sw, 0);
    OK(&rig, 0xd9, 0xeb); /* FLDPI */
    expect_st(0, indefinite);
    expect_st(1, one);
    ck_assert_uint_eq(c->fpu.sw & (FPU_IE | SW_SF | SW_C1 | SW_ES), FPU_IE | SW_SF | SW_C1);
    ck_assert_uint_eq(x87_top(c), 7);
}
END_TEST

START_TEST(unmasked_stack_faults_change_nothing)
{
    set_cw(0x37e);
    OK(&rig, 0xd9, 0xe8);
    OK(&rig, 0xde, 0xc3); /* FADDP st3, st0 */
    expect_st(0, one);
    ck_assert_uint_eq(c->fpu.empty, 0x7f);
    ck_assert_uint_eq(c->fpu.sw & (FPU_IE | SW_SF | SW_ES | SW_B), FPU_IE | SW_SF | SW_ES | SW_B);
}
END_TEST

START_TEST(unmasked_exception_stores_and_pops_nothing)
{
    set_cw(0x377); /* overflow */
    OK(&rig, 0xd9, 0xe8);
    x87_st(c, 0)->se = 0x7000;
    memset(rig.mem, 0x55, 8);
    OK(&rig, 0xd9, 0x1b); /* FSTP m32 */
    ck_assert_uint_eq(ld64(rig.mem), 0x5555555555555555);
    ck_assert(!x87_empty(c, 0));
    ck_assert_uint_eq(c->fpu.sw & (FPU_OE | SW_ES), FPU_OE | SW_ES);
    set_cw(0x37f); /* masking it takes ES back, the flag stays */
    ck_assert_uint_eq(c->fpu.sw & (FPU_OE | SW_ES), FPU_OE);
    OK(&rig, 0xd9, 0x1b);
    ck_assert_uint_eq(ld32(rig.mem), 0x7f800000);
    ck_assert(x87_empty(c, 7));
}
END_TEST

/* --- pending errors --- */

static unsigned ferr_calls;
static bool ferr_level;

static void ferr(void *opaque, unsigned cpu, bool level)
{
    ferr_calls++;
    ferr_level = level;
}

static void divide_by_zero(void)
{
    set_cw(0x37b);
    OK(&rig, 0xd9, 0xe8);
    OK(&rig, 0xd9, 0xee);
    OK(&rig, 0xde, 0xf9); /* FDIVP */
    ck_assert_uint_eq(c->fpu.sw & (FPU_ZE | SW_ES), FPU_ZE | SW_ES);
}

START_TEST(pending_error_raises_mf)
{
    divide_by_zero();
    ck_assert_int_eq(RUN(&rig, 0x9b), VEC_MF);
    OK(&rig, 0xdb, 0xe2); /* FNCLEX */
    OK(&rig, 0x9b);
}
END_TEST

START_TEST(pending_error_pulls_ferr_without_ne)
{
    ferr_calls = 0;
    c->bus.ferr = ferr;
    c->cr0 &= ~(u64)CR0_NE;
    divide_by_zero();
    ck_assert_uint_eq(ferr_calls, 0);
    OK(&rig, 0x9b);
    ck_assert_uint_eq(ferr_calls, 1);
    ck_assert(ferr_level);
    OK(&rig, 0xdb, 0xe2);
    ck_assert_uint_eq(ferr_calls, 2);
    ck_assert(!ferr_level);
}
END_TEST

/* SDM vol. 3, table 2-2: WAIT faults when MP and TS are both set, whatever EM says. */
START_TEST(wait_looks_at_mp_and_ts)
{
    static const struct {
        u32 cr0;
        int result;
    } t[] = {
        {0, RIG_NO_FAULT},         {CR0_TS, RIG_NO_FAULT}, {CR0_MP, RIG_NO_FAULT},
        {CR0_MP | CR0_TS, VEC_NM}, {CR0_EM, RIG_NO_FAULT}, {CR0_EM | CR0_MP | CR0_TS, VEC_NM},
    };
    c->cr0 |= t[_i].cr0;
    ck_assert_int_eq(RUN(&rig, 0x9b), t[_i].result);
}
END_TEST

/* --- controls and the host's units --- */

/* 1/3 in single precision, by DIVSS. */
static u32 third(void)
{
    rig_xmm(&rig, 1, 0, 0x3f800000);
    rig_xmm(&rig, 2, 0, 0x40400000);
    OK(&rig, 0xf3, 0x0f, 0x5e, 0xca);
    return (u32)c->fpu.xmm[1][0];
}

/* Controls changed in a run and outside one count from then on; so does a reset. */
START_TEST(controls_count_whenever_they_change)
{
    rig_init(&rig, _i);
    ck_assert_uint_eq(third(), 0x3eaaaaab);
    sse_set_mxcsr(c, MXCSR_INIT | FPU_RC_DOWN << MXCSR_RC_SHIFT);
    ck_assert_uint_eq(third(), 0x3eaaaaaa);
    st32(rig.mem, MXCSR_INIT | FPU_RC_UP << MXCSR_RC_SHIFT);
    OK(&rig, 0x0f, 0xae, 0x13); /* LDMXCSR */
    ck_assert_uint_eq(third(), 0x3eaaaaab);
    sse_set_mxcsr(c, MXCSR_INIT | FPU_RC_ZERO << MXCSR_RC_SHIFT);
    fpu_enter(c);
    fpu_power_on(c);
    u32 after_reset = c->fpu.ops->f32_div(&c->fpu.sse, 0x3f800000, 0x40400000);
    fpu_leave(c);
    ck_assert_uint_eq(after_reset, 0x3eaaaaab);
    ck_assert_uint_eq(c->fpu.mxcsr, MXCSR_INIT | FPU_PE);
}
END_TEST

/* --- pointers --- */

START_TEST(pointers_follow_but_fop_waits_for_an_error)
{
    c->rip = 0x123456789;
    OK(&rig, 0xd9, 0xe8);
    OK(&rig, 0xdc, 0x43, 0x20); /* FADD m64 [rbx+32] */
    ck_assert_uint_eq(c->fpu.fip, 0x123456789);
    ck_assert_uint_eq(c->fpu.fcs, c->seg[CS].sel);
    ck_assert_uint_eq(c->fpu.fdp, RIG_MEM + 32);
    ck_assert_uint_eq(c->fpu.fds, c->seg[DS].sel);
    ck_assert_uint_eq(c->fpu.fop, 0);
    c->rip = 0x55;
    set_cw(0x37b); /* a control instruction: no pointer moves */
    ck_assert_uint_eq(c->fpu.fip, 0x123456789);
    OK(&rig, 0xd9, 0xee);
    OK(&rig, 0xd8, 0xf9); /* FDIVR st0, st1: 1 / 0 */
    ck_assert_uint_eq(c->fpu.fip, 0x55);
    ck_assert_uint_eq(c->fpu.fop, 0x0f9);
    ck_assert_uint_eq(c->fpu.fdp, RIG_MEM + 32);
}
END_TEST

/* --- environments: SDM vol. 1, figures 8-9 to 8-12 --- */

static void known_pointers(void)
{
    OK(&rig, 0xd9, 0xe8);
    c->fpu.fip = 0x12345678;
    c->fpu.fcs = 0x0102;
    c->fpu.fdp = 0x9abcdef0;
    c->fpu.fds = 0x0304;
    c->fpu.fop = 0x5a5;
}

#define TAG_ONE_VALID 0x3fff /* register 7 valid, the others empty */

START_TEST(environment_protected_32)
{
    static const u32 env[7] = {0xffff037f, 0xffff3800, 0xffff0000 | TAG_ONE_VALID,
                               0x12345678, 0x05a50102, 0x9abcdef0,
                               0xffff0304};
    c->code_mode = CODE32;
    known_pointers();
    OK(&rig, 0xd9, 0x33); /* FNSTENV [ebx] */
    ck_assert_mem_eq(rig.mem, env, sizeof env);
}
END_TEST

START_TEST(environment_protected_16)
{
    static const u16 env[7] = {0x37f, 0x3800, TAG_ONE_VALID, 0x5678, 0x0102, 0xdef0, 0x0304};

    c->code_mode = CODE32;
    known_pointers();
    OK(&rig, 0x66, 0xd9, 0x33);
    ck_assert_mem_eq(rig.mem, env, sizeof env);
    ck_assert_uint_eq(rig.mem[sizeof env], 0);
}
END_TEST

/* Linear addresses: FCS * 16 + FIP = 12346698, FDS * 16 + FDP = 9ABD0F30. */
START_TEST(environment_real)
{
    static const u32 env32[7] = {0xffff037f, 0xffff3800, 0xffff0000 | TAG_ONE_VALID,
                                 0xffff6698, 0x012345a5, 0xffff0f30,
                                 0x09abd000};
    static const u16 env16[7] = {0x37f, 0x3800, TAG_ONE_VALID, 0x6698, 0x45a5, 0x0f30, 0xd000};

    c->code_mode = CODE16;
    c->cr0 &= ~(u64)CR0_PE;
    known_pointers();
    c->gpr[RDI] = RIG_MEM;
    OK(&rig, 0x66, 0xd9, 0x35); /* FNSTENV [di] */
    ck_assert_mem_eq(rig.mem, env32, sizeof env32);
    OK(&rig, 0xd9, 0x75, 0x40);
    ck_assert_mem_eq(rig.mem + 64, env16, sizeof env16);
    OK(&rig, 0x66, 0xd9, 0x25); /* FLDENV [di] */
    ck_assert_uint_eq(c->fpu.fip, 0x12346698);
    ck_assert_uint_eq(c->fpu.fdp, 0x9abd0f30);
    ck_assert_uint_eq(c->fpu.fop, 0x5a5);
}
END_TEST

START_TEST(fnstenv_masks_and_fldenv_restores)
{
    divide_by_zero();
    OK(&rig, 0xd9, 0x33);
    ck_assert_uint_eq(c->fpu.cw, 0x37f);
    ck_assert_uint_eq(c->fpu.sw & (FPU_ZE | SW_ES), FPU_ZE);
    OK(&rig, 0xd9, 0x23);
    ck_assert_uint_eq(c->fpu.cw, 0x37b);
    ck_assert_uint_eq(c->fpu.sw & (FPU_ZE | SW_ES), FPU_ZE | SW_ES);
}
END_TEST

START_TEST(fnsave_then_frstor)
{
    OK(&rig, 0xd9, 0xeb); /* FLDPI */
    OK(&rig, 0xd9, 0xe8);
    struct f80 pi = *x87_st(c, 1);
    OK(&rig, 0xdd, 0x33); /* FNSAVE */
    ck_assert_uint_eq(c->fpu.empty, 0xff);
    ck_assert_uint_eq(c->fpu.sw, 0);
    ck_assert_uint_eq(ld64(rig.mem + 28), one.mant);
    ck_assert_uint_eq(ld16(rig.mem + 28 + 8), one.se);
    ck_assert_uint_eq(ld64(rig.mem + 38), pi.mant);
    memset(c->fpu.st, 0, sizeof c->fpu.st);
    OK(&rig, 0xdd, 0x23); /* FRSTOR */
    expect_st(0, one);
    expect_st(1, pi);
    ck_assert(x87_empty(c, 2));
}
END_TEST

START_TEST(tags_tell_zero_and_special)
{
    OK(&rig, 0xd9, 0xe8); /* R7 valid */
    OK(&rig, 0xd9, 0xee); /* R6 zero */
    OK(&rig, 0xd9, 0xe8); /* R5 infinity: special */
    *x87_st(c, 0) = (struct f80){BIT(63), 0x7fff};
    ck_assert_uint_eq(x87_full_tag(c), 0x1bff);
}
END_TEST

/* --- MMX --- */

START_TEST(mmx_write_takes_the_stack)
{
    OK(&rig, 0xd9, 0xe8);
    st64(rig.mem, 0x1122334455667788);
    OK(&rig, 0x0f, 0x6f, 0x1b); /* MOVQ mm3, [rbx] */
    ck_assert_uint_eq(x87_top(c), 0);
    ck_assert_uint_eq(c->fpu.empty, 0);
    ck_assert_uint_eq(c->fpu.st[3].mant, 0x1122334455667788);
    ck_assert_uint_eq(c->fpu.st[3].se, 0xffff);
    OK(&rig, 0x0f, 0x77); /* EMMS */
    ck_assert_uint_eq(c->fpu.empty, 0xff);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("x87");
    TCase *t = tcase_create("state");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, masked_underflow_gives_indefinite);
    tcase_add_test(t, masked_overflow_gives_indefinite_and_c1);
    tcase_add_test(t, unmasked_stack_faults_change_nothing);
    tcase_add_test(t, unmasked_exception_stores_and_pops_nothing);
    tcase_add_test(t, pending_error_raises_mf);
    tcase_add_test(t, pending_error_pulls_ferr_without_ne);
    tcase_add_loop_test(t, wait_looks_at_mp_and_ts, 0, 6);
    tcase_add_loop_test(t, controls_count_whenever_they_change, 0, 2);
    tcase_add_test(t, pointers_follow_but_fop_waits_for_an_error);
    tcase_add_test(t, environment_protected_32);
    tcase_add_test(t, environment_protected_16);
    tcase_add_test(t, environment_real);
    tcase_add_test(t, fnstenv_masks_and_fldenv_restores);
    tcase_add_test(t, fnsave_then_frstor);
    tcase_add_test(t, tags_tell_zero_and_special);
    tcase_add_test(t, mmx_write_takes_the_stack);
    suite_add_tcase(s, t);
    return unit_run(s);
}
