/* SPDX-License-Identifier: MIT */
/* What random guests have found: each of these once broke the run loop or the state. */
#include "cpu/x87.h"
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

/* #GP's handler runs at CPL 3 on a misaligned stack, #AC's gate is bad: #AC is benign (SDM vol.
 * 3, table 6-5), so delivery goes on for ever. A slice ends all the same, exactly. */
START_TEST(endless_delivery)
{
    struct testcpu *t = CODE(TESTCPU_32, "\xf4");
    struct cpu *c = &t->cpu;

    testcpu_set_cpl(t, 3);
    c->cr0 |= CR0_AM;
    c->eflags |= EFL_AC;
    c->gpr[RSP] = TESTCPU_RAM - 0x101;
    st16(t->ram + TESTCPU_IDT + 8 * VEC_GP + 2, TESTCPU_CS3);
    st16(t->ram + TESTCPU_IDT + 8 * VEC_AC + 2, 0xfff8);
    cpu_update_mode(c);
    u64 rip = TESTCPU_CODE;
    for (unsigned n = 1, all = 0; n < 40; n++) {
        ck_assert_uint_eq(testcpu_run(t, rip, n), TESTCPU_ALL);
        all += n;
        ck_assert_uint_eq(clock_insns(&t->clock), all);
        ck_assert_uint_eq(c->stat_faults, all - (c->fault_held ? 0 : 1));
        rip = c->rip;
    }
    cpu_reset(c);
    ck_assert(!c->fault_held);
    testcpu_free(t);
}
END_TEST

static void ferr(void *opaque, unsigned cpu, bool level)
{
    struct testcpu *t = opaque;

    if (level)
        cpu_set_line(&t->cpu, CPU_INTR, true);
}

/* inc eax; fwait; inc eax..: the interrupt of FERR# comes behind FWAIT, not at the block's end. */
START_TEST(ferr_ends_its_block)
{
    struct testcpu *t = CODE(TESTCPU_32, "\x40\x9b\x40\x40\x40\xf4");
    struct cpu *c = &t->cpu;

    c->bus.ferr = ferr;
    c->cr0 &= ~(u64)CR0_NE;
    x87_set_cw(c, CW_INIT & ~FPU_IE);
    x87_set_sw(c, FPU_IE);
    c->eflags |= EFL_IF;
    cpu_paging_changed(c);
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 100), 0x20);
    ck_assert_uint_eq(testcpu_frame(t, 0), TESTCPU_CODE + 2);
    ck_assert_uint_eq(c->gpr[RAX], 1);
    testcpu_free(t);
}
END_TEST

/* REX.W sysret with R11 = 0: bit 1 of RFLAGS is one for ever (SDM vol. 2, SYSRET). */
START_TEST(sysret_keeps_bit_1)
{
    struct testcpu *t = CODE(TESTCPU_64, "\x48\x0f\x07");
    struct cpu *c = &t->cpu;

    c->efer |= EFER_SCE;
    c->gpr[RCX] = TESTCPU_CODE;
    c->gpr[R11] = 0;
    cpu_paging_changed(c);
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 1), TESTCPU_ALL);
    ck_assert_uint_eq(c->cpl, 3);
    ck_assert_uint_eq(eflags_get(c), 2);
    testcpu_free(t);
}
END_TEST

/* Offsets of AMD64's state save map (APM vol. 2, table 10-1), from SMBASE + 8000h. */
enum {
    SAVE = 0x38000,
    CS_ATTR = 0x7e12,
    EFER = 0x7ed0,
    CR4 = 0x7f48,
    CR3 = 0x7f50,
    CR0 = 0x7f58,
    RFLAGS = 0x7f70,
    RIP = 0x7f78,
    SAVE_END = 0x8000
};

static struct testcpu *in_smm(void)
{
    struct testcpu *t = CODE(TESTCPU_32, "\x0f\xaa");

    t->cpu.smm = true;
    memset(t->ram + SAVE + 0x7e00, 0, SAVE_END - 0x7e00);
    st64(t->ram + SAVE + CR3, TESTCPU_PAGES);
    st64(t->ram + SAVE + CR0, CR0_PE | CR0_PG);
    st64(t->ram + SAVE + CR4, CR4_PAE);
    st64(t->ram + SAVE + EFER, EFER_LME | EFER_LMA);
    st16(t->ram + SAVE + CS_ATTR, SEG_P | SEG_S | SEG_CODE | SEG_RW | SEG_L);
    st64(t->ram + SAVE + RIP, TESTCPU_CODE);
    return t;
}

START_TEST(rsm_mends_what_no_register_holds)
{
    struct testcpu *t = in_smm();
    struct cpu *c = &t->cpu;

    st64(t->ram + SAVE + RIP, 0x0123456789abcdef);
    st32(t->ram + SAVE + RFLAGS, UINT32_MAX);
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 1), TESTCPU_ALL);
    ck_assert(!c->smm);
    ck_assert_uint_eq(c->code_mode, CODE64);
    ck_assert(is_canonical(c->rip));
    ck_assert_uint_eq(eflags_get(c), 0x3d7fd7); /* all there are but VM: it is long mode */
    testcpu_free(t);
}
END_TEST

static const struct {
    u16 at;
    u64 value;
} impossible[] = {
    {EFER, EFER_LME},                      /* paging is on: LMA must be, too */
    {EFER, EFER_LMA},                      /* and not without LME */
    {EFER, EFER_LME | EFER_LMA | 1 << 16}, /* no such bit */
    {CR4, 0},                              /* long mode needs PAE */
    {CR4, CR4_PAE | BIT(63)},
    {CR0, CR0_PG},                   /* PG needs PE */
    {CR0, CR0_PE | CR0_PG | CR0_NW}, /* NW needs CD */
};

START_TEST(rsm_into_an_impossible_state_shuts_down)
{
    struct testcpu *t = in_smm();

    st64(t->ram + SAVE + impossible[_i].at, impossible[_i].value);
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 1), TESTCPU_DOWN);
    testcpu_free(t);
}
END_TEST

struct port {
    struct clock *clock;
    struct timer timer;
    unsigned count;
};

static void on_timer(void *opaque)
{
}

/* The 100th byte wants the run to stop, the 200th has a timer due at once. */
static void port_write(void *opaque, u16 offset, u32 value, unsigned size)
{
    struct port *port = opaque;

    port->count++;
    if (port->count == 100)
        clock_slice_cut(port->clock);
    if (port->count == 200)
        timer_arm(&port->timer, clock_now(port->clock));
}

static u32 port_read(void *opaque, u16 offset, unsigned size)
{
    return 0;
}

static const u64 slices[] = {1, 2, 3, 4, 5, 1000};

/* rep outsb; hlt: 2,500 bytes in chunks of 100, 100, 1,024, 1,024 and 252, an instruction each,
 * wherever slices end. */
START_TEST(string_io_in_slices)
{
    struct testcpu *t = CODE(TESTCPU_32, "\xf3\x6e\xf4");
    struct port port = {.clock = &t->clock};
    const struct port_range range = {.name = "port",
                                     .base = 0x100,
                                     .count = 1,
                                     .max_size = 1,
                                     .read = port_read,
                                     .write = port_write,
                                     .opaque = &port};
    u64 rip = TESTCPU_CODE;

    timer_init(&port.timer, &t->clock, on_timer, NULL, "port");
    ck_assert_int_eq(portmap_add(&t->io, &range, NULL), 0);
    t->cpu.gpr[RCX] = 2500;
    t->cpu.gpr[RDX] = 0x100;
    t->cpu.gpr[RSI] = 0x20000;
    while (testcpu_run(t, rip, slices[_i]) == TESTCPU_ALL) {
        clock_run_timers(&t->clock);
        rip = t->cpu.rip;
    }
    ck_assert_uint_eq(port.count, 2500);
    ck_assert_uint_eq(t->cpu.gpr[RSI], 0x20000 + 2500);
    ck_assert_uint_eq(clock_insns(&t->clock), 5 + 1);
    testcpu_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hostile");
    TCase *t = tcase_create("run");
    tcase_add_test(t, endless_delivery);
    tcase_add_test(t, ferr_ends_its_block);
    tcase_add_test(t, sysret_keeps_bit_1);
    tcase_add_loop_test(t, string_io_in_slices, 0, ARRAY_LEN(slices));
    suite_add_tcase(s, t);
    t = tcase_create("rsm");
    tcase_add_test(t, rsm_mends_what_no_register_holds);
    tcase_add_loop_test(t, rsm_into_an_impossible_state_shuts_down, 0, ARRAY_LEN(impossible));
    suite_add_tcase(s, t);
    return unit_run(s);
}
