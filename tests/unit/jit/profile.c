/* SPDX-License-Identifier: MIT */
/* -d jitno: what the interpreter ran for translated code, how often, and for which reason. */
#include <stdio.h>

#include "jit/engine_state.h"
#include "unit/testcpu.h"
#include "unit/unit.h"

struct told {
    char text[4096];
};

static void take_line(void *opaque, const char *line)
{
    struct told *told = opaque;
    size_t n = strlen(told->text);

    snprintf(told->text + n, sizeof told->text - n, "%s\n", line);
}

/* How often the log says `what` was run; 0: it doesn't say. */
static unsigned told_of(const struct told *told, const char *what)
{
    char name[80];
    unsigned count;

    for (const char *p = told->text; (p = strstr(p, "jitno: ")); p++)
        if (sscanf(p, "jitno: %u %79[^\n]", &count, name) == 2 && !strcmp(name, what))
            return count;
    return 0;
}

/* Runs the code until it halts, by the JIT with backend `host`. False: the host hasn't got it. */
static bool run(struct told *told, const struct host *host, const u8 *code, u32 n)
{
    struct testcpu *t = testcpu_new(TESTCPU_32);
    struct jit *jit = jit_new(t->engine, &(struct jit_config){.host = host, .heat = 1});

    told->text[0] = 0;
    if (jit) {
        testcpu_load(t, TESTCPU_CODE, code, n);
        t->log = (struct log){1ull << LOG_JITNO, take_line, told};
        ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 100000), TESTCPU_HALTED);
        jit_destroy(jit);
    }
    testcpu_free(t);
    return jit;
}

/* fninit; mov ecx, 100; l: fld1; fstp st(0); smsw eax; dec ecx; jnz l; hlt */
static const u8 loop[] = {0xdb, 0xe3, 0xb9, 100,  0,    0,    0, 0xd9, 0xe8, 0xdd,
                          0xd8, 0x0f, 0x01, 0xe0, 0x83, 0xe9, 1, 0x75, 0xf4, 0xf4};

START_TEST(test_reasons)
{
    struct told told;

    if (!run(&told, jit_portable(), loop, sizeof loop)) {
        printf("# the portable backend was built without libffi\n");
        return;
    }
    ck_assert_msg(told_of(&told, "fld1: no tile") >= 90, "%s", told.text);
    unsigned smsw = told_of(&told, "smsw: C function");
    ck_assert_msg(smsw >= 90, "%s", told.text);
    char sum[80];
    snprintf(sum, sizeof sum, "instructions by the interpreter, %u of them sensitive", smsw);
    ck_assert_msg(told_of(&told, sum) >= 3 * 90, "%s", told.text);
    ck_assert_msg(!strstr(told.text, "dec"), "%s", told.text);
}
END_TEST

#ifdef __x86_64__
/* PDEP takes BMI2. What a backend refuses is a STUB, for a reason of its own. */
START_TEST(test_refusal)
{
    static const u8 code[] = {0x01, 0xd8, 0xc4, 0xe2, 0x7b, 0xf5, 0xc3, 0xf4}; /* pdep; hlt */
    static const struct jit_options opt = {.optimise = true, .flat = true, .baseline = true};
    static struct ir ir;
    struct testcpu *t = testcpu_new(TESTCPU_32);
    struct jit_buffer buf;

    testcpu_load(t, TESTCPU_CODE, code, sizeof code);
    t->cpu.rip = TESTCPU_CODE;
    struct block *b = block_lookup(&t->cpu, TESTCPU_CODE,
                                   BLOCK_CODE32 | BLOCK_STACK32 | BLOCK_FLAT | BLOCK_CS_FLAT);
    struct jit_way ways[2] = {{0}};
    struct jit_code jc = {.block = b, .cost = b->count, .way = ways};
    ir_lift(&ir, b);
    ck_assert_uint_eq(ir.no[JIT_NO_CALL], 1); /* HLT */
    ck_assert_int_eq(jit_buffer_init(&buf, 1 << 16, 0, false), 0);
    jit_profile_note(&ir);
    ck_assert(host_x86_64.init(&buf, &opt));
    ck_assert(host_x86_64.compile(&buf, &ir, &jc));
    ck_assert_uint_eq(jc.stubs, 2);
    ck_assert_uint_eq(b->ops[0].why, 0);
    ck_assert_uint_eq(b->ops[1].why, JIT_NO_TILE + 1);
    jit_buffer_destroy(&buf);
    testcpu_free(t);
}
END_TEST
#endif

int main(void)
{
    Suite *s = suite_create("jit/profile");
    TCase *c = tcase_create("jitno");

    tcase_add_test(c, test_reasons);
#ifdef __x86_64__
    tcase_add_test(c, test_refusal);
#endif
    suite_add_tcase(s, c);
    return unit_run(s);
}
