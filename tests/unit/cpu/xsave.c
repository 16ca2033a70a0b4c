/* SPDX-License-Identifier: MIT */
/* MXCSR, SSE exceptions, FXSAVE and the XSAVE instructions. */
#include "cpu/xsave.h"

#include "unit/cpu/rig.h"
#include "unit/unit.h"

enum { XSTATE_BV = 512, XCOMP_BV = 520 };

static struct rig rig;
static struct cpu *const c = &rig.c;

static void setup(void)
{
    rig_init(&rig, true);
    c->gpr[RAX] = 3; /* XSAVE: all components */
}

static void set_mxcsr(u32 v)
{
    st32(rig.mem + 1024, v);
    OK(&rig, 0x0f, 0xae, 0x93, 0x00, 0x04, 0x00, 0x00); /* LDMXCSR [rbx+1024] */
}

/* --- MXCSR --- */

START_TEST(mxcsr_reserved_bits_fault)
{
    for (unsigned bit = 16; bit < 32; bit++) {
        st32(rig.mem, MXCSR_INIT | 1u << bit);
        ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x13), VEC_GP);
    }
    ck_assert_uint_eq(c->fpu.mxcsr, MXCSR_INIT);
}
END_TEST

START_TEST(unmasked_sse_exception_writes_nothing)
{
    set_mxcsr(MXCSR_INIT & ~(u32)(FPU_ZE << MXCSR_MASKS_SHIFT));
    rig_xmm(&rig, 1, 0x1111, 0x3f8000003f800000);
    ck_assert_int_eq(RUN(&rig, 0x0f, 0x5e, 0xca), VEC_XM); /* DIVPS xmm1, xmm2: zeros */
    ck_assert_uint_eq(c->fpu.xmm[1][0], 0x3f8000003f800000);
    ck_assert_uint_eq(c->fpu.xmm[1][1], 0x1111);
    ck_assert_uint_eq(c->fpu.mxcsr & MXCSR_FLAGS, FPU_IE | FPU_ZE);
    c->cr4 &= ~(u64)CR4_OSXMMEXCPT;
    ck_assert_int_eq(RUN(&rig, 0x0f, 0x5e, 0xca), VEC_UD);
}
END_TEST

START_TEST(flags_are_sticky)
{
    rig_xmm(&rig, 1, 0, 0x3f800000);
    OK(&rig, 0xf3, 0x0f, 0x5e, 0xca); /* DIVSS: ZE, masked */
    ck_assert_uint_eq(ld32(&c->fpu.xmm[1]), 0x7f800000);
    rig_xmm(&rig, 1, 0, 0x3f800000);
    OK(&rig, 0xf3, 0x0f, 0x58, 0xc9); /* ADDSS: exact */
    OK(&rig, 0x0f, 0xae, 0x1b);       /* STMXCSR */
    ck_assert_uint_eq(ld32(rig.mem), MXCSR_INIT | FPU_ZE);
}
END_TEST

/* --- FXSAVE --- */

static void some_state(void)
{
    OK(&rig, 0xd9, 0xe8); /* FLD1 */
    for (unsigned i = 0; i < 16; i++)
        rig_xmm(&rig, i, 0xa0 + i, 0x100 + i);
    c->fpu.fip = 0x1122334455;
    c->fpu.fdp = 0x5544332211;
    c->fpu.fcs = 0x33;
    c->fpu.fds = 0x2b;
}

static void check_legacy(unsigned registers)
{
    ck_assert_uint_eq(ld16(rig.mem), 0x37f);
    ck_assert_uint_eq(ld16(rig.mem + 2), 7 << 11);
    ck_assert_uint_eq(rig.mem[4], 0x80);
    ck_assert_uint_eq(ld32(rig.mem + 24), MXCSR_INIT);
    ck_assert_uint_eq(ld32(rig.mem + 28), MXCSR_VALID);
    ck_assert_uint_eq(ld64(rig.mem + 32), BIT(63));
    ck_assert_uint_eq(ld16(rig.mem + 40), 0x3fff);
    for (unsigned i = 0; i < 16; i++) {
        ck_assert_uint_eq(ld64(rig.mem + 160 + 16 * i),
                          i < registers ? 0x100 + i : 0x7777777777777777);
    }
}

START_TEST(fxsave_64)
{
    some_state();
    memset(rig.mem, 0x77, 1024);
    OK(&rig, 0x48, 0x0f, 0xae, 0x03);
    check_legacy(16);
    ck_assert_uint_eq(ld64(rig.mem + 8), 0x1122334455);
    ck_assert_uint_eq(ld64(rig.mem + 16), 0x5544332211);
    for (unsigned i = 416; i < 1024; i++)
        ck_assert_uint_eq(rig.mem[i], 0x77);
}
END_TEST

START_TEST(fxsave_32)
{
    some_state();
    memset(rig.mem, 0x77, 1024);
    c->code_mode = CODE32;
    OK(&rig, 0x0f, 0xae, 0x03);
    check_legacy(8);
    ck_assert_uint_eq(ld32(rig.mem + 8), 0x22334455);
    ck_assert_uint_eq(ld16(rig.mem + 12), 0x33);
    ck_assert_uint_eq(ld32(rig.mem + 16), 0x44332211);
    ck_assert_uint_eq(ld16(rig.mem + 20), 0x2b);
}
END_TEST

START_TEST(fxsave_without_osfxsr_leaves_sse_out)
{
    some_state();
    memset(rig.mem, 0x77, 1024);
    c->cr4 &= ~(u64)CR4_OSFXSR;
    OK(&rig, 0x0f, 0xae, 0x03);
    ck_assert_uint_eq(ld64(rig.mem + 32), BIT(63));
    ck_assert_uint_eq(ld32(rig.mem + 24), 0x77777777);
    ck_assert_uint_eq(ld64(rig.mem + 160), 0x7777777777777777);
}
END_TEST

START_TEST(fxrstor_brings_it_back)
{
    some_state();
    OK(&rig, 0x48, 0x0f, 0xae, 0x03);
    struct fpu_state saved = c->fpu;
    x87_init(c);
    memset(c->fpu.st, 0, sizeof c->fpu.st);
    memset(c->fpu.xmm, 0, sizeof c->fpu.xmm);
    OK(&rig, 0x48, 0x0f, 0xae, 0x0b);
    ck_assert_uint_eq(c->fpu.sw, saved.sw);
    ck_assert_uint_eq(c->fpu.empty, saved.empty);
    ck_assert_uint_eq(c->fpu.fip, saved.fip);
    ck_assert_uint_eq(x87_st(c, 0)->mant, BIT(63));
    ck_assert_mem_eq(c->fpu.xmm, saved.xmm, sizeof saved.xmm);
    st32(rig.mem + 24, 0x10000);
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x0b), VEC_GP);
}
END_TEST

START_TEST(areas_must_be_aligned)
{
    c->gpr[RBX] = RIG_MEM + 8;
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x03), VEC_GP);
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x0b), VEC_GP);
    c->gpr[RBX] = RIG_MEM + 32;
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x23), VEC_GP);
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x2b), VEC_GP);
}
END_TEST

/* --- XSAVE --- */

START_TEST(xsave_merges_xstate_bv)
{
    some_state();
    memset(rig.mem, 0x77, 1024);
    st64(rig.mem + XSTATE_BV, 0x8000000000000005); /* bits not asked for stay */
    OK(&rig, 0x48, 0x0f, 0xae, 0x23);
    check_legacy(16);
    ck_assert_uint_eq(ld64(rig.mem + XSTATE_BV), 0x8000000000000007);
    ck_assert_uint_eq(ld64(rig.mem + XCOMP_BV), 0x7777777777777777);
}
END_TEST

START_TEST(xsave_of_initial_state)
{
    memset(c->fpu.st, 0, sizeof c->fpu.st);
    memset(rig.mem, 0x77, 1024);
    st64(rig.mem + XSTATE_BV, 7);
    OK(&rig, 0x0f, 0xae, 0x33); /* XSAVEOPT: nothing to write */
    ck_assert_uint_eq(ld64(rig.mem + XSTATE_BV), 4);
    ck_assert_uint_eq(ld16(rig.mem), 0x7777);
    ck_assert_uint_eq(ld64(rig.mem + 160), 0x7777777777777777);
    OK(&rig, 0x0f, 0xae, 0x23); /* XSAVE writes it all the same */
    ck_assert_uint_eq(ld64(rig.mem + XSTATE_BV), 4);
    ck_assert_uint_eq(ld16(rig.mem), 0x37f);
    ck_assert_uint_eq(ld64(rig.mem + 160), 0);
}
END_TEST

START_TEST(xsave_only_what_is_asked_for)
{
    some_state();
    memset(rig.mem, 0x77, 1024);
    st64(rig.mem + XSTATE_BV, 0);
    c->gpr[RAX] = 2;
    OK(&rig, 0x0f, 0xae, 0x23);
    ck_assert_uint_eq(ld64(rig.mem + XSTATE_BV), 2);
    ck_assert_uint_eq(ld16(rig.mem), 0x7777);
    ck_assert_uint_eq(ld32(rig.mem + 24), MXCSR_INIT);
    ck_assert_uint_eq(ld64(rig.mem + 160), 0x100);
}
END_TEST

START_TEST(xsavec_compacts)
{
    memset(rig.mem, 0x77, 1024);
    rig_xmm(&rig, 0, 0, 1);
    memset(c->fpu.st, 0, sizeof c->fpu.st);
    OK(&rig, 0x0f, 0xc7, 0x23);
    ck_assert_uint_eq(ld64(rig.mem + XSTATE_BV), 2);
    ck_assert_uint_eq(ld64(rig.mem + XCOMP_BV), BIT(63) | 3);
    ck_assert_uint_eq(ld16(rig.mem), 0x7777);
    for (unsigned i = 16; i < XSAVE_HEADER; i++)
        ck_assert_uint_eq(rig.mem[XSTATE_BV + i], 0);
}
END_TEST

/* MXCSR alone makes component 1 count for XSAVEC. */
START_TEST(xsavec_sees_mxcsr)
{
    memset(c->fpu.st, 0, sizeof c->fpu.st);
    set_mxcsr(0x1fa0);
    OK(&rig, 0x0f, 0xc7, 0x23);
    ck_assert_uint_eq(ld64(rig.mem + XSTATE_BV), 2);
    ck_assert_uint_eq(ld32(rig.mem + 24), 0x1fa0);
}
END_TEST

START_TEST(xrstor_initialises_what_is_absent)
{
    some_state();
    st32(rig.mem + 24, 0x1fbf); /* standard format: MXCSR comes from memory */
    OK(&rig, 0x0f, 0xae, 0x2b);
    ck_assert_uint_eq(c->fpu.empty, 0xff);
    ck_assert_uint_eq(c->fpu.cw, 0x37f);
    ck_assert_uint_eq(c->fpu.fip, 0);
    ck_assert_uint_eq(c->fpu.xmm[15][1], 0);
    ck_assert_uint_eq(c->fpu.mxcsr, 0x1fbf);
    st64(rig.mem + XCOMP_BV, BIT(63) | 3); /* compacted: component 1 brings it */
    OK(&rig, 0x0f, 0xae, 0x2b);
    ck_assert_uint_eq(c->fpu.mxcsr, MXCSR_INIT);
}
END_TEST

START_TEST(xrstor_leaves_what_is_not_asked_for)
{
    some_state();
    c->gpr[RAX] = 1;
    OK(&rig, 0x0f, 0xae, 0x2b);
    ck_assert_uint_eq(c->fpu.xmm[15][1], 0xaf);
    ck_assert_uint_eq(c->fpu.empty, 0xff);
}
END_TEST

/* SDM vol. 1, 13.8.1 and 13.8.2 */
START_TEST(xrstor_checks_the_header)
{
    static const struct {
        u64 bv, comp;
        unsigned at; /* of a byte that should be zero; 0: none */
        int result;
    } t[] = {
        {3, 0, 0, RIG_NO_FAULT},
        {4, 0, 0, VEC_GP}, /* not in XCR0 */
        {BIT(63), 0, 0, VEC_GP},
        {3, 3, 0, VEC_GP}, /* standard format: XCOMP_BV is zero */
        {3, 0, 16, VEC_GP},
        {3, 0, 23, VEC_GP},
        {3, 0, 24, RIG_NO_FAULT}, /* bytes 63..24 are not looked at */
        {3, BIT(63) | 3, 0, RIG_NO_FAULT},
        {1, BIT(63) | 1, 0, RIG_NO_FAULT},
        {3, BIT(63) | 1, 0, VEC_GP}, /* present, but not in the format */
        {1, BIT(63) | 5, 0, VEC_GP}, /* in the format, but not in XCR0 */
        {3, BIT(63) | 3, 16, VEC_GP},
        {3, BIT(63) | 3, 63, VEC_GP},
    };
    st32(rig.mem + 24, MXCSR_INIT);
    st64(rig.mem + XSTATE_BV, t[_i].bv);
    st64(rig.mem + XCOMP_BV, t[_i].comp);
    if (t[_i].at)
        rig.mem[XSTATE_BV + t[_i].at] = 1;
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x2b), t[_i].result);
}
END_TEST

#define HEADER_CASES 13

START_TEST(xsave_needs_osxsave_and_no_ts)
{
    c->cr0 |= CR0_TS;
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x23), VEC_NM);
    c->cr4 &= ~(u64)CR4_OSXSAVE;
    ck_assert_int_eq(RUN(&rig, 0x0f, 0xae, 0x23), VEC_UD);
    ck_assert_int_eq(RUN(&rig, 0x0f, 0x01, 0xd0), VEC_UD); /* XGETBV */
}
END_TEST

START_TEST(xgetbv_tells_what_is_in_use)
{
    c->gpr[RCX] = 0;
    c->gpr[RDX] = ~0ull;
    OK(&rig, 0x0f, 0x01, 0xd0);
    ck_assert_uint_eq(c->gpr[RAX], 3);
    ck_assert_uint_eq(c->gpr[RDX], 0);
    c->gpr[RCX] = 1;
    rig_xmm(&rig, 15, 1, 0);
    memset(c->fpu.st, 0, sizeof c->fpu.st);
    OK(&rig, 0x0f, 0x01, 0xd0);
    ck_assert_uint_eq(c->gpr[RAX], 2);
    c->gpr[RCX] = 2;
    ck_assert_int_eq(RUN(&rig, 0x0f, 0x01, 0xd0), VEC_GP);
}
END_TEST

START_TEST(xcr0_rules)
{
    ck_assert(xcr0_valid(1));
    ck_assert(xcr0_valid(3));
    ck_assert(!xcr0_valid(0));
    ck_assert(!xcr0_valid(2));
    ck_assert(!xcr0_valid(7));
    ck_assert_uint_eq(xsave_size(3, false), 576);
    ck_assert_uint_eq(xsave_size(1, true), 576);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xsave");
    TCase *t = tcase_create("state");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, mxcsr_reserved_bits_fault);
    tcase_add_test(t, unmasked_sse_exception_writes_nothing);
    tcase_add_test(t, flags_are_sticky);
    tcase_add_test(t, fxsave_64);
    tcase_add_test(t, fxsave_32);
    tcase_add_test(t, fxsave_without_osfxsr_leaves_sse_out);
    tcase_add_test(t, fxrstor_brings_it_back);
    tcase_add_test(t, areas_must_be_aligned);
    tcase_add_test(t, xsave_merges_xstate_bv);
    tcase_add_test(t, xsave_of_initial_state);
    tcase_add_test(t, xsave_only_what_is_asked_for);
    tcase_add_test(t, xsavec_compacts);
    tcase_add_test(t, xsavec_sees_mxcsr);
    tcase_add_test(t, xrstor_initialises_what_is_absent);
    tcase_add_test(t, xrstor_leaves_what_is_not_asked_for);
    tcase_add_loop_test(t, xrstor_checks_the_header, 0, HEADER_CASES);
    tcase_add_test(t, xsave_needs_osxsave_and_no_ts);
    tcase_add_test(t, xgetbv_tells_what_is_in_use);
    tcase_add_test(t, xcr0_rules);
    suite_add_tcase(s, t);
    return unit_run(s);
}
