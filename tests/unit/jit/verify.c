/* SPDX-License-Identifier: MIT */
/* Lockstep: a backend that is right ends with its instructions, a wrong one at its first mistake.
 */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "unit/jit/stubhost.h"
#include "unit/unit.h"

#define WRONG_AT 500 /* entries into translated code */

static unsigned entered;

static void wrong_enter(const struct jit_buffer *buf, struct cpu *c, const struct jit_code *code)
{
    stub_enter(buf, c, code);
    if (++entered == WRONG_AT)
        c->gpr[RBX] ^= 4;
}

static const struct host wronghost = {
    .name = "wrong",
    .init = stub_init,
    .compile = stub_compile,
    .enter = wrong_enter,
    .link = stub_link,
    .kill = stub_kill,
};

struct told {
    bool differ, rbx, listing;
    unsigned registers;
};

static void on_line(void *opaque, const char *topic, const char *text)
{
    struct told *t = opaque;

    t->differ |= strstr(text, "differ after") != NULL;
    t->registers += strncmp(text, "CPU 0 ", 6) == 0;
    t->rbx |= strncmp(text, "CPU 0 rbx: ", 11) == 0;
    t->listing |= strstr(text, "what ran last") != NULL;
}

static struct ersatz_machine *machine(void)
{
    struct ersatz_machine *m = ersatz_create(NULL);

    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(ersatz_set(m, "memory", "16", NULL), 0);
    ck_assert_int_eq(ersatz_set(m, "rtc.clock", "vm", NULL), 0);
    return m;
}

START_TEST(test_verify)
{
    struct ersatz_machine *m = machine(), *twin = machine();
    struct told told = {0};
    struct ersatz_exit why;
    bool wrong = _i;

    ersatz_on_line(m, on_line, &told);
    m->set.jit.host = wrong ? &wronghost : &stubhost;
    m->set.jit.heat = 2;
    ck_assert_int_eq(ersatz_verify(m, twin, NULL), 0);
    ck_assert_int_eq(ersatz_power_on(m, NULL), 0);
    ck_assert_int_eq(ersatz_run(m, 400000, &why, NULL), 0);
    ck_assert_uint_ge(jit_stats(m->jit).stubs, 10000 * !wrong + 500);
    ck_assert_int_eq(why.why, wrong ? ERSATZ_STOP_VERIFY : ERSATZ_STOP_LIMIT);
    ck_assert(told.differ == wrong && told.rbx == wrong && told.listing == wrong);
    ck_assert_uint_eq(told.registers, wrong);
    ck_assert_uint_eq(ersatz_instructions(m), ersatz_instructions(twin));
    ersatz_destroy(m);
    ersatz_destroy(twin);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("jit/verify");
    TCase *c = tcase_create("lockstep");

    tcase_add_loop_test(c, test_verify, 0, 2);
    suite_add_tcase(s, c);
    return unit_run(s);
}
