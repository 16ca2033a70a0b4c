/* SPDX-License-Identifier: MIT */
/* RESET, INIT, SIPI, shutdown, the order of pending events, what wakes a sleeping CPU. */
#include "cpu/debug.h"
#include "cpu/pending.h"
#include "unit/testcpu.h"
#include "unit/unit.h"

static struct testcpu *with_code(enum testcpu_mode mode, const char *code, u32 n)
{
    struct testcpu *t = testcpu_new(mode);
    ck_assert_ptr_nonnull(t);
    testcpu_load(t, TESTCPU_CODE, code, n);
    return t;
}

#define CODE(mode, text) with_code(mode, text, sizeof(text) - 1)

/* SDM vol. 3, table 9-1 */
START_TEST(reset_state)
{
    struct testcpu *t = testcpu_new(TESTCPU_64);
    struct cpu *c = &t->cpu;

    c->sysenter_eip = 0x1234;
    cpu_set_line(c, CPU_RESET, true);
    ck_assert(cpu_can_take(c));
    ck_assert(cpu_take_pending(c));
    ck_assert_uint_eq(c->rip, 0xfff0);
    ck_assert_uint_eq(c->seg[CS].sel, 0xf000);
    ck_assert_uint_eq(c->seg[CS].base, 0xffff0000);
    ck_assert_uint_eq(c->cr0, 0x60000010);
    ck_assert_uint_eq(eflags_get(c), 2);
    ck_assert_uint_eq(c->gpr[RDX], c->model->signature);
    ck_assert_uint_eq(c->gpr[RAX] | c->gpr[RSP] | c->cr2 | c->cr3 | c->cr4 | c->efer, 0);
    ck_assert_uint_eq(c->dr6, 0xffff0ff0);
    ck_assert_uint_eq(c->dr7, 0x400);
    ck_assert_uint_eq(c->idtr.limit, 0xffff);
    ck_assert_uint_eq(c->sysenter_eip, 0);
    ck_assert_uint_eq(c->code_mode, CODE16);
    ck_assert_uint_eq(c->activity, ACT_RUN);
    testcpu_free(t);
}
END_TEST

START_TEST(init_keeps_what_reset_does_not)
{
    struct testcpu *t = testcpu_new(TESTCPU_64);
    struct cpu *c = &t->cpu;

    c->sysenter_eip = 0x1234;
    c->smbase = 0xa0000;
    c->cr0 &= ~(u64)(CR0_CD | CR0_NW);
    cpu_set_line(c, CPU_INIT, true);
    ck_assert(cpu_take_pending(c));
    ck_assert_uint_eq(c->rip, 0xfff0);
    ck_assert_uint_eq(c->cr0, CR0_ET);
    ck_assert_uint_eq(c->efer, 0);
    ck_assert_uint_eq(c->sysenter_eip, 0x1234);
    ck_assert_uint_eq(c->smbase, 0xa0000);
    testcpu_free(t);
}
END_TEST

START_TEST(sipi_starts_a_waiting_cpu)
{
    struct testcpu *t = testcpu_new(TESTCPU_16);
    struct cpu *c = &t->cpu;

    c->index = 1;
    cpu_sipi(c, 0x55); /* nobody waits */
    ck_assert_uint_eq(c->pending & PEND_SIPI, 0);
    cpu_set_line(c, CPU_INIT, true);
    ck_assert(!cpu_take_pending(c));
    ck_assert_uint_eq(c->activity, ACT_WAIT_SIPI);
    cpu_set_line(c, CPU_INTR, true);
    cpu_set_line(c, CPU_NMI, true);
    ck_assert_msg(!cpu_can_take(c), "interrupts don't wake it");
    c->pending &= ~(u32)PEND_NMI; /* or it would come first thing */
    cpu_sipi(c, 0x12);
    ck_assert(cpu_can_take(c));
    ck_assert(cpu_take_pending(c));
    ck_assert_uint_eq(c->seg[CS].sel, 0x1200);
    ck_assert_uint_eq(c->seg[CS].base, 0x12000);
    cpu_set_line(c, CPU_INIT, true); /* both before it runs again */
    cpu_sipi(c, 0x34);
    ck_assert(cpu_take_pending(c));
    ck_assert_uint_eq(c->seg[CS].base, 0x34000);
    testcpu_free(t);
}
END_TEST

START_TEST(triple_fault_is_shutdown)
{
    struct testcpu *t = CODE(TESTCPU_32, "\x0f\x0b");
    struct cpu *c = &t->cpu;

    c->idtr.limit = 0;
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 10), TESTCPU_DOWN);
    cpu_set_line(c, CPU_INTR, true);
    c->eflags |= EFL_IF;
    ck_assert_msg(!cpu_can_take(c), "INTR doesn't end shutdown");
    cpu_set_line(c, CPU_NMI, true);
    ck_assert_msg(cpu_can_take(c), "NMI does");
    c->idtr.limit = 0xfff;
    clock_slice_begin(&t->clock, &c->budget, 10);
    cpu_run(c);
    clock_slice_end(&t->clock);
    ck_assert_uint_eq(c->activity, ACT_HLT);
    ck_assert(c->nmi_blocked);
    testcpu_free(t);
}
END_TEST

/* SDM vol. 3, table 6-2: SMI, then traps, NMI, INTR. */
START_TEST(order)
{
    struct testcpu *t = CODE(TESTCPU_32, "\x90\xf4");
    struct cpu *c = &t->cpu;

    c->eflags |= EFL_IF;
    c->dr6_pending = DR6_BS;
    c->pending |= PEND_DEBUG;
    cpu_set_line(c, CPU_INTR, true);
    cpu_set_line(c, CPU_NMI, true);
    /* the trap is delivered, and NMI waits already: the handler's first instruction comes later */
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 1), TESTCPU_ALL);
    ck_assert_uint_eq(testcpu_frame(t, 0), TESTCPU_CODE);
    ck_assert_uint_eq(c->dr6 & DR6_BS, DR6_BS);
    ck_assert_uint_eq(c->pending & (PEND_DEBUG | PEND_NMI), PEND_NMI);
    /* IF is clear in the handler: NMI is next, and INTR after its IRET */
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 1), VEC_NMI);
    c->eflags |= EFL_IF;
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 1), 0x20);
    cpu_set_line(c, CPU_SMI, true);
    c->eflags |= EFL_IF;
    c->activity = ACT_RUN;
    ck_assert(cpu_take_pending(c));
    ck_assert(c->smm);
    ck_assert_uint_eq(c->seg[CS].base + c->rip, c->smbase + 0x8000);
    testcpu_free(t);
}
END_TEST

/* monitor; mwait; hlt, at [20000h] */
START_TEST(mwait)
{
    struct testcpu *t = CODE(TESTCPU_32, "\x0f\x01\xc8\x0f\x01\xc9\xf4");
    struct cpu *c = &t->cpu;
    static const u8 one = 1;

    c->gpr[RAX] = 0x20010;
    testcpu_run(t, TESTCPU_CODE, 10);
    ck_assert_uint_eq(c->activity, ACT_MWAIT);
    ck_assert(!cpu_can_take(c));
    cpu_set_line(c, CPU_INTR, true);
    ck_assert_msg(!cpu_can_take(c), "a masked interrupt doesn't wake it");
    testcpu_load(t, 0x20040, &one, 1);
    ck_assert_msg(!cpu_can_take(c), "nor does the next line");
    testcpu_load(t, 0x2003f, &one, 1);
    ck_assert_msg(cpu_can_take(c), "a store to the line does");
    clock_slice_begin(&t->clock, &c->budget, 10);
    cpu_run(c);
    clock_slice_end(&t->clock);
    ck_assert_uint_eq(c->activity, ACT_HLT);
    ck_assert_uint_eq(c->rip, TESTCPU_CODE + 7);
    testcpu_free(t);
}
END_TEST

/* The same with ECX bit 0 at MWAIT: mov ecx,1 between the two. */
START_TEST(mwait_masked)
{
    struct testcpu *t = CODE(TESTCPU_32, "\x0f\x01\xc8\xb9\x01\x00\x00\x00\x0f\x01\xc9\xf4");
    struct cpu *c = &t->cpu;

    c->gpr[RAX] = 0x20010;
    testcpu_run(t, TESTCPU_CODE, 10);
    ck_assert_uint_eq(c->activity, ACT_MWAIT);
    ck_assert(!cpu_can_take(c));
    cpu_set_line(c, CPU_INTR, true);
    ck_assert_msg(cpu_can_take(c), "a masked interrupt wakes it");
    testcpu_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cpu/events");
    TCase *t = tcase_create("all");

    tcase_add_test(t, reset_state);
    tcase_add_test(t, init_keeps_what_reset_does_not);
    tcase_add_test(t, sipi_starts_a_waiting_cpu);
    tcase_add_test(t, triple_fault_is_shutdown);
    tcase_add_test(t, order);
    tcase_add_test(t, mwait);
    tcase_add_test(t, mwait_masked);
    suite_add_tcase(s, t);
    return unit_run(s);
}
