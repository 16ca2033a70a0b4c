/* SPDX-License-Identifier: MIT */
/* x87 state that lives in the host's unit: there and back, and what C answers on it meanwhile. */
#include "unit/cpu/rig.h"
#include "unit/unit.h"

static struct rig rig;
static struct cpu *const c = &rig.c;

static void setup(void)
{
    rig_init(&rig, false);
}

#if defined(__x86_64__)

static u64 random64(void)
{
    static u64 x = 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

/* Any state with all exceptions masked. */
static void random_state(struct fpu_state *f)
{
    for (unsigned i = 0; i < 8; i++)
        f->st[i] = (struct f80){random64(), (u16)random64()};
    f->sw = random64() & (SW_TOP | SW_C0 | SW_C1 | SW_C2 | SW_C3 | SW_SF | FPU_EXCEPTIONS);
    f->empty = (u8)random64();
    f->cw = (u16)((random64() & CW_WRITABLE & 0xf00) | CW_ONE | CW_MASKS);
    f->fip = random64();
    f->fdp = random64();
}

static void expect_same(const struct fpu_state *a, const struct fpu_state *b)
{
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_uint_eq(a->st[i].mant, b->st[i].mant);
        ck_assert_uint_eq(a->st[i].se, b->st[i].se);
    }
    ck_assert_uint_eq(a->sw, b->sw);
    ck_assert_uint_eq(a->empty, b->empty);
    ck_assert_uint_eq(a->cw, b->cw);
    ck_assert_uint_eq(a->fip, b->fip);
    ck_assert_uint_eq(a->fdp, b->fdp);
}

START_TEST(there_and_back)
{
    for (unsigned i = 0; i < 1000; i++) {
        random_state(&c->fpu);
        struct fpu_state before = c->fpu;
        fpu_enter(c);
        ck_assert(fpu_take(c, FPU_LIVE_X87));
        ck_assert_uint_eq(c->fpu.live, FPU_LIVE_X87);
        ck_assert(fpu_take(c, FPU_LIVE_X87 | FPU_LIVE_SSE)); /* once is enough */
        memset(c->fpu.st, 0xa5, sizeof c->fpu.st);
        c->fpu.empty = 0;
        fpu_leave(c);
        ck_assert_uint_eq(c->fpu.live, 0);
        expect_same(&c->fpu, &before);
    }
}
END_TEST

#define HOST(text, ...)                                                                            \
    {                                                                                              \
        text, {__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__})                                     \
    }
static const struct {
    const char *name;
    u8 bytes[4];
    unsigned size;
} insns[] = {
    HOST("faddp", 0xde, 0xc1),   HOST("fxch", 0xd9, 0xcb),  HOST("fsqrt", 0xd9, 0xfa),
    HOST("fldpi", 0xd9, 0xeb),   HOST("fstp", 0xdd, 0xda),  HOST("fprem", 0xd9, 0xf8),
    HOST("fcompp", 0xde, 0xd9),  HOST("ffree", 0xdd, 0xc2), HOST("fincstp", 0xd9, 0xf7),
    HOST("frndint", 0xd9, 0xfc), HOST("emms", 0x0f, 0x77),  HOST("paddb", 0x0f, 0xfc, 0xca),
};

static void run_on_host(unsigned i)
{
    switch (i) {
    case 0: asm volatile("faddp"); break;
    case 1: asm volatile("fxch %st(3)"); break;
    case 2: asm volatile("fsqrt"); break;
    case 3: asm volatile("fldpi"); break;
    case 4: asm volatile("fstp %st(2)"); break;
    case 5: asm volatile("fprem"); break;
    case 6: asm volatile("fcompp"); break;
    case 7: asm volatile("ffree %st(2)"); break;
    case 8: asm volatile("fincstp"); break;
    case 9: asm volatile("frndint"); break;
    case 10: asm volatile("emms"); break;
    default: asm volatile("paddb %mm2, %mm1"); break;
    }
}

/* The host's instruction on the state there does what the C function does on it here. */
START_TEST(host_and_c_agree)
{
    for (unsigned n = 0; n < 500; n++) {
        random_state(&c->fpu);
        struct fpu_state before = c->fpu;
        fpu_enter(c);
        ck_assert(fpu_take(c, FPU_LIVE_X87));
        run_on_host((unsigned)_i);
        fpu_leave(c);
        struct fpu_state host = c->fpu;
        c->fpu = before;
        ck_assert_int_eq(rig_run(&rig, insns[_i].bytes, insns[_i].size), RIG_NO_FAULT);
        host.fip = c->fpu.fip; /* translated code's business */
        expect_same(&host, &c->fpu);
    }
}
END_TEST

START_TEST(refused)
{
    fpu_enter(c);
    c->cr0 |= CR0_TS;
    ck_assert(!fpu_take(c, FPU_LIVE_X87));
    ck_assert(!fpu_take(c, FPU_LIVE_SSE));
    c->cr0 &= ~(u64)CR0_TS;
    x87_set_cw(c, CW_INIT & ~FPU_ZE);
    ck_assert(!fpu_take(c, FPU_LIVE_X87));
    ck_assert(fpu_take(c, FPU_LIVE_SSE));
    x87_set_cw(c, CW_INIT);
    sse_set_mxcsr(c, MXCSR_INIT & ~(FPU_ZE << MXCSR_MASKS_SHIFT));
    ck_assert(!fpu_take(c, FPU_LIVE_SSE));
    ck_assert(fpu_take(c, FPU_LIVE_X87));
    fpu_leave(c);
    c->fpu.ops = &fpu_soft;
    fpu_enter(c);
    ck_assert(!fpu_take(c, FPU_LIVE_X87));
    fpu_leave(c);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_test(t, there_and_back);
    tcase_add_loop_test(t, host_and_c_agree, 0, ARRAY_LEN(insns));
    tcase_add_test(t, refused);
}

#else

START_TEST(no_such_units)
{
    fpu_enter(c);
    ck_assert(!fpu_take(c, FPU_LIVE_X87));
    ck_assert(!fpu_take(c, FPU_LIVE_SSE));
    fpu_leave(c);
    ck_assert_uint_eq(c->fpu.live, 0);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_test(t, no_such_units);
}

#endif

int main(void)
{
    Suite *s = suite_create("fpu_live");
    TCase *t = tcase_create("live");

    tcase_add_checked_fixture(t, setup, NULL);
    add_tests(t);
    suite_add_tcase(s, t);
    return unit_run(s);
}
