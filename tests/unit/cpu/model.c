/* SPDX-License-Identifier: MIT */
/* -cpu's syntax, CPUID against the features, #UD and MSRs by model. */
#include <string.h>

#include "base/error.h"
#include "unit/testcpu.h"
#include "unit/unit.h"

static const struct {
    u32 leaf, subleaf;
    u8 reg, bit;
} bits[] = {
#define EAX 0
#define EBX 1
#define ECX 2
#define EDX 3
#define NONE 0xffff
#define FEATURE(symbol, name, leaf, subleaf, reg, bit) {leaf, subleaf, reg, bit},
#include "decode/feature.def"
#undef FEATURE
};

START_TEST(parse_takes_models_and_features)
{
    const struct cpu_model *model;
    struct feature_set f;
    struct ersatz_error error;

    ck_assert_int_eq(cpu_model_parse("pentium3,+sse2,-mmx", &model, &f, &error), 0);
    ck_assert_str_eq(model->name, "pentium3");
    ck_assert(feature_has(&f, CPU_SSE2));
    ck_assert(feature_has(&f, CPU_SSE));
    ck_assert(!feature_has(&f, CPU_MMX));
    ck_assert(!feature_has(&model->features, CPU_SSE2));
    ck_assert_int_eq(cpu_model_parse("pentium4", &model, &f, &error), -ERSATZ_E_NAME);
    ck_assert_msg(strstr(error.text, "pentium"), "%s", error.text);
    ck_assert_int_eq(cpu_model_parse("max,+ssse4", &model, &f, &error), -ERSATZ_E_NAME);
    ck_assert_msg(strstr(error.text, "sse4"), "%s", error.text);
    ck_assert_int_eq(cpu_model_parse("max,sse", &model, &f, &error), -ERSATZ_E_VALUE);
    ck_assert_int_eq(cpu_model_parse("", &model, &f, &error), -ERSATZ_E_NAME);
}
END_TEST

/* A feature's bit is set where and only where the set has it; loop: the models. */
START_TEST(cpuid_tells_the_features)
{
    const struct cpu_model *m = cpu_model_get((unsigned)_i);
    struct testcpu *t = testcpu_new(TESTCPU_64);

    t->cpu.model = m;
    t->cpu.features = m->features;
    for (unsigned f = 0; f < CPU_FEATURE_COUNT; f++) {
        u32 out[4] = {0}, leaf = bits[f].leaf;
        if (leaf == NONE)
            continue;
        bool known = leaf >> 31 ? leaf <= m->xlevel : leaf <= m->level;
        ck_assert_msg(known || !feature_has(&m->features, f), "%s: %s has no leaf", m->name,
                      cpu_feature_name(f));
        if (!known)
            continue;
        cpuid_read(&t->cpu, leaf, bits[f].subleaf, out);
        ck_assert_msg((out[bits[f].reg] >> bits[f].bit & 1) == feature_has(&m->features, f),
                      "%s: %s", m->name, cpu_feature_name(f));
    }
    testcpu_free(t);
}
END_TEST

START_TEST(cpuid_leaves)
{
    struct testcpu *t = testcpu_new(TESTCPU_64);
    struct cpu *c = &t->cpu;
    u32 out[4];
    char text[49] = {0};

    cpuid_read(c, 0, 0, out);
    ck_assert_uint_eq(out[EAX], 0x16);
    memcpy(text, &out[EBX], 4);
    memcpy(text + 4, &out[EDX], 4);
    memcpy(text + 8, &out[ECX], 4);
    ck_assert_str_eq(text, "GenuineIntel");
    for (u32 i = 0; i < 3; i++) {
        cpuid_read(c, 0x80000002 + i, 0, out);
        memcpy(text + 16 * i, out, 16);
    }
    ck_assert_str_eq(text, c->model->brand);
    cpuid_read(c, 0x15, 0, out); /* crystal * EBX / EAX is the TSC's rate */
    ck_assert_uint_eq((u64)out[ECX] * out[EBX] / out[EAX], 1000000000);
    cpuid_read(c, 0x12345678, 0, out); /* beyond: the highest basic leaf */
    u32 last[4];
    cpuid_read(c, 0x16, 0, last);
    ck_assert_mem_eq(out, last, sizeof out);
    cpuid_read(c, 1, 0, out);
    ck_assert_uint_eq(out[ECX] >> 27 & 1, 0);
    c->cr4 |= CR4_OSXSAVE;
    cpuid_read(c, 1, 7, out); /* the subleaf doesn't matter here */
    ck_assert_uint_eq(out[ECX] >> 27 & 1, 1);
    c->code_mode = CODE32;
    cpuid_read(c, 0x80000001, 0, out);
    ck_assert_msg(!(out[EDX] >> 11 & 1), "SYSCALL is told of in 64-bit mode only");
    testcpu_free(t);
}
END_TEST

/* Instructions that a missing feature makes #UD. */
static const struct {
    enum cpu_feature feature;
    u8 code[6], n;
} needs[] = {
    {CPU_CMOV, {0x0f, 0x44, 0xc0}, 3},
    {CPU_SSE2, {0x66, 0x0f, 0xef, 0xc0}, 4},
    {CPU_TSC, {0x0f, 0x31}, 2},
    {CPU_MSR, {0x0f, 0x32}, 2},
    {CPU_MMX, {0x0f, 0xef, 0xc0}, 3},
    {CPU_POPCNT, {0xf3, 0x0f, 0xb8, 0xc0}, 4},
    {CPU_MONITOR, {0x0f, 0x01, 0xc8}, 3},
    {CPU_SMAP, {0x0f, 0x01, 0xca}, 3},
    {CPU_RDTSCP, {0x0f, 0x01, 0xf9}, 3},
    {CPU_XSAVE, {0x0f, 0x01, 0xd0}, 3},
    {CPU_SHA, {0x0f, 0x38, 0xc8, 0xc0}, 4},
    {CPU_RDRAND, {0x0f, 0xc7, 0xf0}, 3},
    {CPU_CX8, {0x0f, 0xc7, 0x0f}, 3},
    {CPU_FXSR, {0x0f, 0xae, 0x07}, 3},
    {CPU_SEP, {0x0f, 0x34}, 2},
};

START_TEST(a_missing_feature_is_ud)
{
    for (int has = 0; has < 2; has++) {
        struct testcpu *t = testcpu_new(TESTCPU_32);
        t->cpu.gpr[RDI] = 0x20000;
        feature_set(&t->cpu.features, needs[_i].feature, has);
        testcpu_load(t, TESTCPU_CODE, needs[_i].code, needs[_i].n);
        unsigned end = testcpu_run(t, TESTCPU_CODE, 2);
        bool ud = end == VEC_UD;
        /* XGETBV needs the system's consent as well */
        bool want = !has || needs[_i].feature == CPU_XSAVE;
        ck_assert_msg(ud == want, "%s %d: vector %u", cpu_feature_name(needs[_i].feature), has,
                      end);
        testcpu_free(t);
    }
}
END_TEST

START_TEST(msrs_go_with_features)
{
    static const struct {
        u32 msr;
        enum cpu_feature feature;
    } rows[] = {{0x10, CPU_TSC},
                {0xfe, CPU_MTRR},
                {0x174, CPU_SEP},
                {0x277, CPU_PAT},
                {0x10a, CPU_ARCH_CAPABILITIES},
                {0xc0000080, CPU_SYSCALL},
                {0xc0000102, CPU_LM},
                {0xc0000103, CPU_RDTSCP}};
    struct testcpu *t = testcpu_new(TESTCPU_64);
    u64 v;

    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        feature_set(&t->cpu.features, rows[i].feature, true);
        ck_assert_msg(msr_read(&t->cpu, rows[i].msr, &v), "%x", rows[i].msr);
        feature_set(&t->cpu.features, rows[i].feature, false);
        ck_assert_msg(!msr_read(&t->cpu, rows[i].msr, &v), "%x", rows[i].msr);
        ck_assert_msg(!msr_write(&t->cpu, rows[i].msr, 0), "%x", rows[i].msr);
    }
    ck_assert(!msr_read(&t->cpu, 0x12345678, &v));
    testcpu_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cpu/model");
    TCase *t = tcase_create("all");
    int models = 0;

    while (cpu_model_get((unsigned)models))
        models++;
    tcase_add_test(t, parse_takes_models_and_features);
    tcase_add_loop_test(t, cpuid_tells_the_features, 0, models);
    tcase_add_test(t, cpuid_leaves);
    tcase_add_loop_test(t, a_missing_feature_is_ud, 0, ARRAY_LEN(needs));
    tcase_add_test(t, msrs_go_with_features);
    suite_add_tcase(s, t);
    return unit_run(s);
}
