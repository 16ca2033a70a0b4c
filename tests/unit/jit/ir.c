/* SPDX-License-Identifier: MIT */
/* The lifter's IR obeys the rules for whatever the guest's bytes are; the checker finds what
 * breaks them; the optimiser's liveness. */
#include <check.h>

#include "jit/ir.h"
#include "unit/testcpu.h"
#include "unit/unit.h"

enum { CODE = TESTCPU_CODE + 0x100, STRINGS = 20000 };

static const struct {
    const char *name;
    enum testcpu_mode cpu;
    unsigned block;
} modes[] = {
    {"real", TESTCPU_16, BLOCK_CODE16},
    {"16-bit code, 32-bit stack", TESTCPU_16, BLOCK_CODE16 | BLOCK_STACK32},
    {"flat", TESTCPU_32, BLOCK_CODE32 | BLOCK_STACK32 | BLOCK_FLAT | BLOCK_CS_FLAT},
    {"segments", TESTCPU_32, BLOCK_CODE32},
    {"64-bit", TESTCPU_64, BLOCK_CODE64 | BLOCK_STACK64 | BLOCK_CS_FLAT},
};

static struct ir ir;

static u64 next_random(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct block *build_block(struct testcpu *t, const u8 *bytes, unsigned n, unsigned mode)
{
    testcpu_load(t, CODE, bytes, n);
    t->cpu.rip = t->mode == TESTCPU_16 ? 0x100 : CODE;
    return block_lookup(&t->cpu, CODE, mode);
}

static void expect_good(const char *mode, const char *when)
{
    unsigned where;
    const char *broken = ir_check(&ir, &where);

    if (broken)
        ir_print(&ir, stdout);
    ck_assert_msg(!broken, "%s, %s: %%%u: %s", mode, when, where, broken);
}

START_TEST(random_bytes)
{
    struct testcpu *t = testcpu_new(modes[_i].cpu);
    u64 state = 0x1234567 + (u64)_i;
    unsigned lifted = 0, insns = 0;

    for (unsigned i = 0; i < STRINGS; i++) {
        u8 bytes[64];
        for (unsigned b = 0; b < sizeof bytes; b += 8)
            st64(bytes + b, next_random(&state));
        if (i % 2) /* two-byte opcodes more often */
            bytes[0] = 0x0f;
        struct block *b = build_block(t, bytes, sizeof bytes, modes[_i].block);
        if (!ir_can_lift(b))
            continue;
        ir_lift(&ir, b);
        expect_good(modes[_i].name, "lifted");
        insns += ir.insns;
        lifted += ir.insns;
        for (unsigned n = 0; n < JIT_NO_COUNT; n++)
            lifted -= ir.no[n];
        ir_optimise(&ir);
        expect_good(modes[_i].name, "optimised");
    }
    ck_assert_uint_gt(insns, STRINGS);
    ck_assert_uint_gt(lifted, insns / 3);
    testcpu_free(t);
}
END_TEST

/* As many instructions as a block can hold, of the longest body: they fit. */
START_TEST(longest_block)
{
    struct testcpu *t = testcpu_new(TESTCPU_32);
    u8 bytes[5 * BLOCK_MAX_OPS];

    for (unsigned i = 0; i < BLOCK_MAX_OPS; i++)
        memcpy(bytes + 5 * i, "\xc4\xe2\x70\xf7\xc3", 5); /* BEXTR: the longest body */
    struct block *b = build_block(t, bytes, sizeof bytes, modes[2].block);
    ck_assert_uint_eq(b->count, BLOCK_MAX_OPS);
    ir_lift(&ir, b);
    expect_good("flat", "longest");
    ck_assert_uint_le(ir.count, IR_MAX);
    ck_assert_uint_eq(ir.no[JIT_NO_FULL], 0);
    testcpu_free(t);
}
END_TEST

/* --- the checker --- */

/* A block of `add [ebx], eax; jmp` to break. */
static struct testcpu *lift_sample(void)
{
    struct testcpu *t = testcpu_new(TESTCPU_32);

    ir_lift(&ir, build_block(t, (const u8 *)"\x01\x03\xeb\xfc", 4, modes[2].block));
    expect_good("flat", "sample");
    return t;
}

static unsigned find(enum ir_code code)
{
    for (unsigned n = 1; n <= ir.count; n++)
        if (ir.op[n].code == code)
            return n;
    ck_abort_msg("no %s", ir_info[code].name);
    return 0;
}

static void expect_broken(const char *want)
{
    unsigned where;
    const char *broken = ir_check(&ir, &where);

    ck_assert_msg(broken && !strcmp(broken, want), "%s, not %s", broken ? broken : "good", want);
}

START_TEST(checker_knows_operands)
{
    struct testcpu *t = lift_sample();

    switch (_i) {
    case 0:
        ir.op[find(IR_ADD)].size = 3;
        expect_broken("size is not 1, 2, 4 or 8");
        break;
    case 1:
        ir.op[find(IR_ADD)].b = IR_NONE;
        expect_broken("operand is missing");
        break;
    case 2:
        ir.op[find(IR_ADD)].c = (ir_ref)find(IR_LDW);
        expect_broken("operand too many");
        break;
    case 3:
        ir.op[find(IR_ADD)].b = (ir_ref)find(IR_STW);
        expect_broken("operand is not before its use");
        break;
    case 4:
        ir.op[find(IR_JUMP)].code = IR_JUMPI;
        ir.op[find(IR_JUMPI)].a = (ir_ref)find(IR_LDW);
        expect_broken("operand is another guest instruction's");
        break;
    case 5:
        ir.op[find(IR_GET)] = (struct ir_op){.code = IR_PUTDF, .size = 8};
        expect_broken("operand is no value");
        break;
    default:
        ir.op[find(IR_GET)] = (struct ir_op){.code = IR_GETDF, .size = 4};
        expect_broken("operand is undefined above its size");
        break;
    }
    testcpu_free(t);
}
END_TEST

START_TEST(checker_knows_order)
{
    struct testcpu *t = lift_sample();

    switch (_i) {
    case 0:
        ir.count--;
        expect_broken("the one IR_END is not the last");
        break;
    case 1: /* PUT, then what may miss */
        ir.op[find(IR_LDW)].code = IR_LD;
        ir.op[find(IR_STW)] = (struct ir_op){
            .code = IR_ST, .size = 4, .a = 1, .b = (ir_ref)find(IR_ADD)};
        expect_broken("may miss after guest state has changed");
        break;
    case 2:
        ir.op[find(IR_STW)].a = (ir_ref)find(IR_ADD);
        expect_broken("STW without its LDW");
        break;
    case 3:
        ir.op[find(IR_STW)].code = IR_PUT;
        ir.op[find(IR_PUT)].b = IR_NONE;
        expect_broken("an LDW before has no STW");
        break;
    case 4:
        ir.op[find(IR_GET)].insn = 1;
        expect_broken("guest instructions are not in order");
        break;
    default:
        ir.op[find(IR_ADD)] = (struct ir_op){.code = IR_GUARD, .size = 4};
        ir.op[find(IR_STW)].b = (ir_ref)find(IR_LDW);
        expect_broken("goes on after a GUARD");
        break;
    }
    testcpu_free(t);
}
END_TEST

START_TEST(checker_knows_flags)
{
    struct testcpu *t = lift_sample();

    ir.op[find(IR_STW)].sets = IRF_CF;
    expect_broken("sets flags but can't");
    ir.op[find(IR_STW)].sets = 0;
    ir.op[find(IR_ADD)].sets = IRF_CF;
    expect_broken("a flag is live that is not set");
    testcpu_free(t);
}
END_TEST

START_TEST(checker_knows_groups)
{
    struct testcpu *t = lift_sample();
    ir_ref n = (ir_ref)find(IR_LDW);

    ir.op[n].reg = 1;
    expect_broken("no such group");
    ir.groups = 1;
    ir.group[0] = (struct ir_group){.first = n, .last = n, .span = 3};
    expect_broken("not among its group's bytes");
    ir.group[0].span = 4;
    expect_broken("its group isn't written");
    ir.group[0].last--;
    expect_broken("not among its group's operations");
    testcpu_free(t);
}
END_TEST

/* --- liveness --- */

static u8 live_after_first(const char *bytes, unsigned n)
{
    struct testcpu *t = testcpu_new(TESTCPU_32);

    ir_lift(&ir, build_block(t, (const u8 *)bytes, n, modes[2].block));
    ir_optimise(&ir);
    expect_good("flat", "liveness");
    u8 live = ir.op[find(IR_ADD)].live;
    testcpu_free(t);
    return live;
}

START_TEST(liveness)
{
    /* add eax, ebx; then: */
    ck_assert_uint_eq(live_after_first("\x01\xd8\x31\xc9\xeb\xfe", 6), 0);      /* xor ecx, ecx */
    ck_assert_uint_eq(live_after_first("\x01\xd8\x41\xeb\xfe", 5), IRF_CF);     /* inc ecx */
    ck_assert_uint_eq(live_after_first("\x01\xd8\x11\xd9\xeb\xfe", 6), IRF_CF); /* adc ecx, ebx */
    ck_assert_uint_eq(live_after_first("\x01\xd8\xeb\xfe", 4), IRF_ALL);        /* the end */
    ck_assert_uint_eq(live_after_first("\x01\xd8\x8b\x0b\x31\xc9\xeb\xfe", 8), IRF_ALL); /* load */
    ck_assert_uint_eq(live_after_first("\x01\xd8\xd3\xe1\xeb\xfe", 6), IRF_ALL); /* shl ecx, cl */
    ck_assert_uint_eq(live_after_first("\x01\xd8\xd1\xe1\xeb\xfe", 6), 0);       /* shl ecx, 1 */
    ck_assert_uint_eq(live_after_first("\x01\xd8\x0f\x9c\xc1\x31\xdb\xeb\xfe", 9),
                      IRF_SF | IRF_OF); /* setl cl; xor ebx, ebx */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ir");
    TCase *tc = tcase_create("ir");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, random_bytes, 0, ARRAY_LEN(modes));
    tcase_add_test(tc, longest_block);
    tcase_add_loop_test(tc, checker_knows_operands, 0, 7);
    tcase_add_loop_test(tc, checker_knows_order, 0, 6);
    tcase_add_test(tc, checker_knows_flags);
    tcase_add_test(tc, checker_knows_groups);
    tcase_add_test(tc, liveness);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return unit_run(suite());
}
