/* SPDX-License-Identifier: MIT */
/* Local APICs, I/O APIC and the bus between them: two CPUs and 24 pins. */
#include "devices/apic_bus.h"

#include "devices/ioapic.h"
#include "devices/lapic.h"
#include "unit/devices/bench.h"

enum {
    ID = 0x20,
    VERSION = 0x30,
    TPR = 0x80,
    PPR = 0xa0,
    EOI = 0xb0,
    LDR = 0xd0,
    DFR = 0xe0,
    SVR = 0xf0,
    ISR = 0x100,
    TMR = 0x180,
    IRR = 0x200,
    ESR = 0x280,
    ICR = 0x300,
    ICR_HIGH = 0x310,
    LVT_TIMER = 0x320,
    LVT_LINT0 = 0x350,
    LVT_LINT1 = 0x360,
    LVT_ERROR = 0x370,
    TIMER_INIT = 0x380,
    TIMER_COUNT = 0x390,
    DIVIDE = 0x3e0,
};

static struct bench b0, b1; /* probes of CPU 0 and 1; the clock is b0's */
static struct apic_bus bus;
static struct device *cpu[2], *ioapic;

static void setup(void)
{
    bench_init(&b0);
    bench_init(&b1);
    memset(&bus, 0, sizeof bus);
    for (unsigned n = 0; n < 2; n++) {
        cpu[n] = bench_device(&b0, &lapic_class);
        for (unsigned o = 0; n && o < DEVICE_MAX_OUTPUTS; o++)
            cpu[n]->out[o].opaque = &b1;
        ck_assert(apic_bus_add_lapic(&bus, cpu[n]));
        lapic_connect(cpu[n], &bus, n, n == 0);
        lapic_set_tsc(cpu[n], 2000000000, 0);
        out32(cpu[n], 0, SVR, 0x1ff);
    }
    ioapic = bench_device(&b0, &ioapic_class);
    ioapic_connect(ioapic, &bus);
    ck_assert(apic_bus_add_ioapic(&bus, ioapic));
}

static void teardown(void)
{
    device_free(ioapic);
    device_free(cpu[1]);
    device_free(cpu[0]);
}

static u32 get(unsigned n, unsigned reg)
{
    return in32(cpu[n], 0, reg);
}

static void put(unsigned n, unsigned reg, u32 value)
{
    out32(cpu[n], 0, reg, value);
}

static u64 msr(unsigned n, u32 index)
{
    u64 v;
    ck_assert_msg(lapic_msr_read(cpu[n], index, &v), "MSR %x", index);
    return v;
}

static void ipi(unsigned n, u32 high, u32 low)
{
    put(n, ICR_HIGH, high);
    put(n, ICR, low);
}

static bool in_irr(unsigned n, u8 vector)
{
    return get(n, IRR + vector / 32 * 16) >> vector % 32 & 1;
}

static void entry(unsigned pin, u32 high, u32 low)
{
    out32(ioapic, 0, 0x00, 0x11 + 2 * pin);
    out32(ioapic, 0, 0x10, high);
    out32(ioapic, 0, 0x00, 0x10 + 2 * pin);
    out32(ioapic, 0, 0x10, low);
}

static u32 entry_low(unsigned pin)
{
    out32(ioapic, 0, 0x00, 0x10 + 2 * pin);
    return in32(ioapic, 0, 0x10);
}

START_TEST(reset_state)
{
    device_reset(cpu[1]);
    ck_assert_uint_eq(get(1, ID), 0x01000000);
    ck_assert_uint_eq(get(1, VERSION), 0x00050014);
    ck_assert_uint_eq(get(1, SVR), 0xff);
    ck_assert_uint_eq(get(1, DFR), 0xffffffff);
    ck_assert_uint_eq(get(1, LDR), 0);
    for (unsigned reg = LVT_TIMER; reg <= LVT_ERROR; reg += 16)
        ck_assert_uint_eq(get(1, reg), 0x10000);
    ck_assert_uint_eq(lapic_base(cpu[0]), 0xfee00900);
    ck_assert_uint_eq(lapic_base(cpu[1]), 0xfee00800);
}
END_TEST

START_TEST(priorities)
{
    ipi(0, 0, 0x40051); /* self, vector 51h */
    ck_assert(b0.level[LAPIC_INTR]);
    ck_assert(in_irr(0, 0x51));
    ck_assert_int_eq(lapic_ack(cpu[0]), 0x51);
    ck_assert(!in_irr(0, 0x51));
    ck_assert_uint_eq(get(0, ISR + 2 * 16), 0x20000);
    ck_assert_uint_eq(get(0, PPR), 0x50);
    ipi(0, 0, 0x40058); /* the same class waits */
    ck_assert(!b0.level[LAPIC_INTR]);
    ipi(0, 0, 0x40061); /* a higher one nests */
    ck_assert_int_eq(lapic_ack(cpu[0]), 0x61);
    put(0, EOI, 0);
    ck_assert_uint_eq(get(0, PPR), 0x50);
    put(0, EOI, 0);
    ck_assert_int_eq(lapic_ack(cpu[0]), 0x58);
    put(0, EOI, 0);
    ck_assert_uint_eq(get(0, PPR), 0);
}
END_TEST

START_TEST(tpr_and_cr8)
{
    lapic_set_cr8(cpu[0], 5);
    ck_assert_uint_eq(get(0, TPR), 0x50);
    ck_assert_uint_eq(get(0, PPR), 0x50);
    ipi(0, 0, 0x4005f);
    ck_assert(!b0.level[LAPIC_INTR]);
    put(0, TPR, 0x4f);
    ck_assert_uint_eq(lapic_cr8(cpu[0]), 4);
    ck_assert(b0.level[LAPIC_INTR]);
    put(0, TPR, 0x60);
    ck_assert(!b0.level[LAPIC_INTR]);
    ck_assert_int_eq(lapic_ack(cpu[0]), 0xff); /* the spurious vector */
    ck_assert(in_irr(0, 0x5f));
}
END_TEST

START_TEST(delivery_modes)
{
    ipi(0, 0x01000000, 0x04500);
    ck_assert_uint_eq(b1.rises[LAPIC_INIT], 1);
    ipi(0, 0x01000000, 0x08500); /* INIT level de-assert: nothing */
    ck_assert_uint_eq(b1.rises[LAPIC_INIT], 1);
    ipi(0, 0x01000000, 0x04699);
    ck_assert_uint_eq(b1.rises[LAPIC_SIPI], 1);
    ck_assert_uint_eq(lapic_sipi_vector(cpu[1]), 0x99);
    ipi(0, 0x01000000, 0x04400);
    ck_assert_uint_eq(b1.rises[LAPIC_NMI], 1);
    ipi(0, 0x01000000, 0x04200);
    ck_assert_uint_eq(b1.rises[LAPIC_SMI], 1);
    for (unsigned n = 0; n < 5; n++)
        ck_assert_uint_eq(b0.rises[n], 0);
    put(1, SVR, 0xff); /* software-disabled: vectors are refused, the rest goes on */
    ipi(0, 0x01000000, 0x04050);
    ipi(0, 0x01000000, 0x04400);
    ck_assert(!in_irr(1, 0x50));
    ck_assert_uint_eq(b1.rises[LAPIC_NMI], 2);
}
END_TEST

START_TEST(destinations)
{
    static const struct {
        u32 dfr, ldr[2], high, low;
        u8 to; /* bit n: CPU n */
    } rows[] = {
        {~0u, {0, 0}, 0x00000000, 0x00030, 1}, /* physical */
        {~0u, {0, 0}, 0x01000000, 0x00030, 2},
        {~0u, {0, 0}, 0xff000000, 0x00030, 3},
        {~0u, {0, 0}, 0x05000000, 0x00030, 0},
        {~0u, {0, 0}, 0x00000000, 0x40030, 1},                   /* self */
        {~0u, {0, 0}, 0x00000000, 0x80030, 3},                   /* all */
        {~0u, {0, 0}, 0x00000000, 0xc0030, 2},                   /* others */
        {~0u, {0x01000000, 0x02000000}, 0x02000000, 0x00830, 2}, /* flat */
        {~0u, {0x01000000, 0x02000000}, 0x03000000, 0x00830, 3},
        {~0u, {0x01000000, 0x02000000}, 0x04000000, 0x00830, 0},
        {0x0fffffff, {0x11000000, 0x22000000}, 0x22000000, 0x00830, 2}, /* cluster */
        {0x0fffffff, {0x11000000, 0x21000000}, 0x11000000, 0x00830, 1},
        {0x0fffffff, {0x11000000, 0x21000000}, 0xf1000000, 0x00830, 3},
        {~0u, {0x01000000, 0x02000000}, 0x03000000, 0x00930, 1}, /* lowest priority */
    };
    for (unsigned n = 0; n < 2; n++) {
        put(n, DFR, rows[_i].dfr);
        put(n, LDR, rows[_i].ldr[n]);
    }
    ipi(0, rows[_i].high, rows[_i].low);
    ck_assert_msg((in_irr(0, 0x30) | in_irr(1, 0x30) << 1) == rows[_i].to, "row %d", _i);
}
END_TEST

START_TEST(lowest_priority_looks_at_ppr)
{
    put(0, LDR, 0x01000000);
    put(1, LDR, 0x02000000);
    put(0, TPR, 0x40);
    ipi(1, 0x03000000, 0x00950);
    ck_assert(!in_irr(0, 0x50));
    ck_assert(in_irr(1, 0x50));
}
END_TEST

START_TEST(illegal_vectors_and_registers)
{
    put(0, LVT_ERROR, 0xe0);
    ipi(0, 0x01000000, 0x0000f);
    put(0, ESR, 0);
    ck_assert_uint_eq(get(0, ESR), 0x20);
    ck_assert_int_eq(lapic_ack(cpu[0]), 0xe0);
    get(0, 0x3f0);
    put(0, ESR, 0);
    ck_assert_uint_eq(get(0, ESR), 0x80);
    put(0, ESR, 0);
    ck_assert_uint_eq(get(0, ESR), 0);
    const struct apic_message m = {.dest = 1, .vector = 3};
    ck_assert(!apic_bus_send(&bus, &m));
    put(1, ESR, 0);
    ck_assert_uint_eq(get(1, ESR), 0x40);
}
END_TEST

START_TEST(one_shot_timer)
{
    put(0, DIVIDE, 0x3); /* by 16 */
    put(0, LVT_TIMER, 0x31);
    put(0, TIMER_INIT, 1000);
    bench_pass(&b0, 8000);
    ck_assert_uint_eq(get(0, TIMER_COUNT), 500);
    put(0, DIVIDE, 0xb); /* by 1, from here */
    bench_pass(&b0, 499);
    ck_assert(!in_irr(0, 0x31));
    ck_assert_uint_eq(get(0, TIMER_COUNT), 1);
    bench_pass(&b0, 1);
    ck_assert(in_irr(0, 0x31));
    ck_assert_uint_eq(get(0, TIMER_COUNT), 0);
    ck_assert_uint_eq(get(0, TIMER_INIT), 1000);
    lapic_ack(cpu[0]);
    put(0, EOI, 0);
    bench_pass(&b0, NS_PER_SEC);
    ck_assert(!in_irr(0, 0x31));
}
END_TEST

START_TEST(dividers)
{
    static const u8 rows[][2] = {{0x0, 2},  {0x1, 4},  {0x2, 8},   {0x3, 16},
                                 {0x8, 32}, {0x9, 64}, {0xa, 128}, {0xb, 1}};
    put(0, DIVIDE, rows[_i][0]);
    put(0, TIMER_INIT, 1000000);
    bench_pass(&b0, 128 * 1000);
    ck_assert_uint_eq(get(0, TIMER_COUNT), 1000000 - 128000 / rows[_i][1]);
}
END_TEST

START_TEST(periodic_timer)
{
    unsigned seen = 0;

    put(0, DIVIDE, 0xb);
    put(0, LVT_TIMER, 0x20031);
    put(0, TIMER_INIT, 1000);
    for (unsigned n = 0; n < 10; n++) {
        bench_pass(&b0, 1000);
        seen += lapic_ack(cpu[0]) == 0x31;
        put(0, EOI, 0);
        ck_assert_uint_eq(get(0, TIMER_COUNT), 1000);
    }
    ck_assert_uint_eq(seen, 10);
    put(0, LVT_TIMER, 0x30031); /* masked: counts on in silence */
    bench_pass(&b0, 1300);
    ck_assert(!in_irr(0, 0x31));
    ck_assert_uint_eq(get(0, TIMER_COUNT), 700);
    put(0, LVT_TIMER, 0x20031);
    bench_pass(&b0, 700);
    ck_assert(in_irr(0, 0x31));
    put(0, TIMER_INIT, 0);
    ck_assert_uint_eq(clock_deadline(&b0.clock), UINT64_MAX);
}
END_TEST

START_TEST(tsc_deadline_timer)
{
    lapic_msr_write(cpu[0], 0x6e0, 1000);
    ck_assert_uint_eq(msr(0, 0x6e0), 0); /* not in that mode */
    put(0, LVT_TIMER, 0x40031);
    put(0, TIMER_INIT, 5);
    ck_assert_uint_eq(get(0, TIMER_COUNT), 0);
    lapic_msr_write(cpu[0], 0x6e0, 10000); /* at 2 GHz: 5 us */
    bench_until(&b0, 4999);
    ck_assert(!in_irr(0, 0x31));
    bench_until(&b0, 5000);
    ck_assert(in_irr(0, 0x31));
    ck_assert_uint_eq(msr(0, 0x6e0), 0);
    lapic_ack(cpu[0]);
    put(0, EOI, 0);
    lapic_msr_write(cpu[0], 0x6e0, 1); /* the past: at once */
    bench_pass(&b0, 0);
    ck_assert(in_irr(0, 0x31));
    lapic_msr_write(cpu[0], 0x6e0, 20000);
    lapic_msr_write(cpu[0], 0x6e0, 0);
    ck_assert_uint_eq(clock_deadline(&b0.clock), UINT64_MAX);
}
END_TEST

START_TEST(local_pins)
{
    bench_line(cpu[0], LAPIC_LINT0, true);
    ck_assert(!b0.level[LAPIC_INTR]); /* masked since reset */
    lapic_virtual_wire(cpu[0]);
    ck_assert(b0.level[LAPIC_INTR]);
    ck_assert_int_eq(lapic_ack(cpu[0]), LAPIC_EXTINT);
    ck_assert(b0.level[LAPIC_INTR]); /* until the 8259s let go */
    bench_line(cpu[0], LAPIC_LINT0, false);
    ck_assert(!b0.level[LAPIC_INTR]);
    bench_line(cpu[0], LAPIC_LINT1, true);
    bench_line(cpu[0], LAPIC_LINT1, false);
    ck_assert_uint_eq(b0.rises[LAPIC_NMI], 1);
    put(0, LVT_LINT0, 0x8044); /* fixed, level */
    bench_line(cpu[0], LAPIC_LINT0, true);
    ck_assert_int_eq(lapic_ack(cpu[0]), 0x44);
    ck_assert_uint_eq(get(0, LVT_LINT0), 0xc044);
    put(0, EOI, 0);
    ck_assert(in_irr(0, 0x44));                           /* still there: once more */
    ck_assert(lapic_msr_write(cpu[0], 0x1b, 0xfee00100)); /* off: the pin is INTR */
    ck_assert_int_eq(lapic_ack(cpu[0]), LAPIC_EXTINT);
}
END_TEST

START_TEST(base_register_modes)
{
    static const struct {
        u16 from, to;
        bool ok;
    } rows[] = {{0x800, 0x000, true},  {0x800, 0x800, true},  {0x800, 0xc00, true},
                {0x800, 0x400, false}, {0x000, 0xc00, false}, {0x000, 0x400, false},
                {0x000, 0x800, true},  {0xc00, 0x800, false}, {0xc00, 0x400, false},
                {0xc00, 0x000, true},  {0x800, 0xa00, false}};

    ck_assert(lapic_msr_write(cpu[0], 0x1b, 0xfee00000 | rows[_i].from));
    ck_assert_msg(lapic_msr_write(cpu[0], 0x1b, 0xfee00000 | rows[_i].to) == rows[_i].ok, "row %d",
                  _i);
    ck_assert_uint_eq(msr(0, 0x1b), lapic_base(cpu[0]));
    ck_assert_uint_eq(lapic_base(cpu[0]) & 0xc00, rows[_i].ok ? rows[_i].to : rows[_i].from);
}
END_TEST

START_TEST(x2apic)
{
    u64 v;

    ck_assert(!lapic_msr_read(cpu[0], 0x802, &v));
    for (unsigned n = 0; n < 2; n++)
        ck_assert(lapic_msr_write(cpu[n], 0x1b, 0xfee00c00));
    ck_assert_uint_eq(get(0, ID), 0xffffffff); /* memory no longer answers */
    ck_assert_uint_eq(msr(1, 0x802), 1);
    ck_assert_uint_eq(msr(1, 0x80d), 0x00000002);
    ck_assert(lapic_msr_write(cpu[0], 0x830, 0x0000000100000030)); /* physical, id 1 */
    ck_assert_uint_eq(msr(1, 0x821), 0x00010000);
    ck_assert(lapic_msr_write(cpu[0], 0x830, 0x0000000300000831)); /* logical, both */
    ck_assert_uint_eq(msr(0, 0x821), 0x00020000);
    ck_assert_uint_eq(msr(1, 0x821), 0x00030000);
    ck_assert_uint_eq(msr(0, 0x830), 0x0000000300000831);
    ck_assert(lapic_msr_write(cpu[0], 0x83f, 0x40));
    ck_assert_int_eq(lapic_ack(cpu[0]), 0x40);
    ck_assert(lapic_msr_write(cpu[0], 0x80b, 0));
    ck_assert(!lapic_msr_write(cpu[0], 0x80b, 1)); /* EOI takes 0 only */
    ck_assert(!lapic_msr_write(cpu[0], 0x828, 1));
    ck_assert(!lapic_msr_write(cpu[0], 0x808, 0x100)); /* reserved bits */
    ck_assert(!lapic_msr_write(cpu[0], 0x802, 0));     /* read-only */
    ck_assert(!lapic_msr_read(cpu[0], 0x80b, &v));     /* write-only */
    ck_assert(!lapic_msr_read(cpu[0], 0x80e, &v));     /* no DFR */
    ck_assert(!lapic_msr_read(cpu[0], 0x831, &v));
}
END_TEST

START_TEST(init_keeps_id_and_base)
{
    put(1, TPR, 0x20);
    ipi(0, 0x01000000, 0x30);
    lapic_init(cpu[1]);
    ck_assert_uint_eq(get(1, ID), 0x01000000);
    ck_assert_uint_eq(get(1, TPR), 0);
    ck_assert_uint_eq(get(1, SVR), 0xff);
    ck_assert(!b1.level[LAPIC_INTR]);
    ck_assert(!in_irr(1, 0x30));
}
END_TEST

START_TEST(ioapic_registers)
{
    out32(ioapic, 0, 0x00, 1);
    ck_assert_uint_eq(in32(ioapic, 0, 0x10), 0x00170020);
    out32(ioapic, 0, 0x00, 0);
    out32(ioapic, 0, 0x10, 0xffffffff);
    ck_assert_uint_eq(in32(ioapic, 0, 0x10), 0x0f000000);
    ck_assert_uint_eq(entry_low(5), 0x00010000);
    entry(5, 0xffffffff, 0xffffffff);
    ck_assert_uint_eq(entry_low(5), 0x0001afff); /* pending and remote IRR are read-only */
    out32(ioapic, 0, 0x00, 0x1b);
    ck_assert_uint_eq(in32(ioapic, 0, 0x10), 0xff000000);
}
END_TEST

START_TEST(ioapic_edge)
{
    bench_line(ioapic, 4, true); /* masked: lost */
    entry(4, 0x01000000, 0x00034);
    ck_assert(!in_irr(1, 0x34));
    bench_line(ioapic, 4, false);
    bench_line(ioapic, 4, true);
    ck_assert(in_irr(1, 0x34));
    ck_assert_int_eq(lapic_ack(cpu[1]), 0x34);
    put(1, EOI, 0);
    ck_assert(!in_irr(1, 0x34));
    ck_assert_uint_eq(entry_low(4), 0x34);
}
END_TEST

START_TEST(ioapic_level_and_remote_irr)
{
    bench_line(ioapic, 16, true);
    entry(16, 0x00000000, 0x0a034); /* the level waited behind the mask */
    ck_assert(in_irr(0, 0x34));
    ck_assert_uint_eq(entry_low(16), 0x0e034);
    ck_assert_uint_eq(get(0, TMR + 16), 1u << 20);
    ck_assert_int_eq(lapic_ack(cpu[0]), 0x34);
    put(0, EOI, 0); /* still asserted: at once again */
    ck_assert(in_irr(0, 0x34));
    ck_assert_int_eq(lapic_ack(cpu[0]), 0x34);
    bench_line(ioapic, 16, false);
    ck_assert_uint_eq(entry_low(16), 0x0e034);
    put(0, EOI, 0);
    ck_assert_uint_eq(entry_low(16), 0x0a034);
    ck_assert(!in_irr(0, 0x34));
    bench_line(ioapic, 16, true);
    out32(ioapic, 0, 0x40, 0x34); /* the EOI register does the same */
    ck_assert(in_irr(0, 0x34));
    entry(16, 0, 0x12034); /* to edge: remote IRR is cleared */
    ck_assert_uint_eq(entry_low(16), 0x12034);
}
END_TEST

START_TEST(ioapic_modes)
{
    entry(2, 0, 0x00400);
    entry(3, 0, 0x00700);
    bench_line(ioapic, 2, true);
    ck_assert_uint_eq(b0.rises[LAPIC_NMI], 1);
    bench_line(ioapic, 3, true);
    ck_assert_int_eq(lapic_ack(cpu[0]), LAPIC_EXTINT);
    ck_assert(!b0.level[LAPIC_INTR]);
}
END_TEST

START_TEST(message_signalled)
{
    ck_assert(apic_bus_msi(&bus, 0xfee01000, 0x0041));
    ck_assert(in_irr(1, 0x41));
    put(0, LDR, 0x01000000);
    put(1, LDR, 0x02000000);
    ck_assert(apic_bus_msi(&bus, 0xfee0100c, 0x0142)); /* logical, lowest priority */
    ck_assert(in_irr(0, 0x42));
    ck_assert(!apic_bus_msi(&bus, 0xfee07000, 0x0041));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/apic");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, reset_state);
    tcase_add_test(t, priorities);
    tcase_add_test(t, tpr_and_cr8);
    tcase_add_test(t, delivery_modes);
    tcase_add_loop_test(t, destinations, 0, 14);
    tcase_add_test(t, lowest_priority_looks_at_ppr);
    tcase_add_test(t, illegal_vectors_and_registers);
    tcase_add_test(t, one_shot_timer);
    tcase_add_loop_test(t, dividers, 0, 8);
    tcase_add_test(t, periodic_timer);
    tcase_add_test(t, tsc_deadline_timer);
    tcase_add_test(t, local_pins);
    tcase_add_loop_test(t, base_register_modes, 0, 11);
    tcase_add_test(t, x2apic);
    tcase_add_test(t, init_keeps_id_and_base);
    tcase_add_test(t, ioapic_registers);
    tcase_add_test(t, ioapic_edge);
    tcase_add_test(t, ioapic_level_and_remote_irr);
    tcase_add_test(t, ioapic_modes);
    tcase_add_test(t, message_signalled);
    suite_add_tcase(s, t);
    return unit_run(s);
}
