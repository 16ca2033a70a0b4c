/* SPDX-License-Identifier: MIT */
#include "devices/uart16550.h"

#include "unit/devices/bench.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };
#define FCR IIR

static struct bench b;
static struct device *uart;
static char sent[64];
static unsigned sent_count;

static void tx(void *opaque, u8 byte)
{
    ck_assert_ptr_eq(opaque, sent);
    ck_assert_uint_lt(sent_count, sizeof sent);
    sent[sent_count++] = (char)byte;
}

static void setup(void)
{
    bench_init(&b);
    uart = bench_device(&b, &uart16550_class);
    uart16550_connect(uart, tx, sent);
    sent_count = 0;
}

static void teardown(void)
{
    device_free(uart);
}

static u8 get(unsigned reg)
{
    return in8(uart, 0, reg);
}

static void put(unsigned reg, u8 value)
{
    out8(uart, 0, reg, value);
}

static bool arrives(u8 byte)
{
    return uart16550_class.input(uart, 0, byte);
}

static bool irq(void)
{
    return b.level[UART16550_IRQ];
}

START_TEST(reset_state)
{
    ck_assert_uint_eq(get(IER), 0x00);
    ck_assert_uint_eq(get(IIR), 0x01);
    ck_assert_uint_eq(get(LCR), 0x00);
    ck_assert_uint_eq(get(MCR), 0x00);
    ck_assert_uint_eq(get(LSR), 0x60);
    ck_assert_uint_eq(get(MSR), 0xb0);
}
END_TEST

START_TEST(registers_read_back)
{
    put(SCR, 0xa5);
    ck_assert_uint_eq(get(SCR), 0xa5);
    put(IER, 0xff);
    ck_assert_uint_eq(get(IER), 0x0f);
    put(MCR, 0xff);
    ck_assert_uint_eq(get(MCR), 0x1f);
    put(LCR, 0x83);
    put(DATA, 0x01);
    put(IER, 0x02);
    ck_assert_uint_eq(get(DATA), 0x01);
    ck_assert_uint_eq(get(IER), 0x02);
    put(LCR, 0x03);
    ck_assert_uint_eq(get(IER), 0x0f);
    ck_assert_uint_eq(sent_count, 0);
}
END_TEST

START_TEST(bytes_are_sent_at_once)
{
    put(DATA, 'o');
    ck_assert_uint_eq(get(LSR), 0x60);
    put(DATA, 'k');
    ck_assert_uint_eq(sent_count, 2);
    ck_assert_mem_eq(sent, "ok", 2);
}
END_TEST

/* THRE comes when enabled and after each byte; IIR ends it only when it reports it. */
START_TEST(thre_interrupt)
{
    put(MCR, 0x08);
    put(IER, 0x02);
    ck_assert(irq());
    ck_assert_uint_eq(get(IIR), 0x02);
    ck_assert(!irq());
    ck_assert_uint_eq(get(IIR), 0x01);
    put(DATA, 'x');
    ck_assert(irq());
    put(IER, 0x03);
    ck_assert(arrives('y'));
    ck_assert_uint_eq(get(IIR), 0x04); /* received data goes first and leaves THRE alone */
    ck_assert_uint_eq(get(IIR), 0x04);
    ck_assert_uint_eq(get(DATA), 'y');
    ck_assert_uint_eq(get(IIR), 0x02);
    ck_assert_uint_eq(get(IIR), 0x01);
    put(IER, 0x00);
    put(IER, 0x02); /* enabling it again makes it again */
    ck_assert_uint_eq(get(IIR), 0x02);
}
END_TEST

START_TEST(out2_gates_the_interrupt)
{
    put(IER, 0x02);
    ck_assert(!irq());
    put(MCR, 0x08);
    ck_assert(irq());
    put(MCR, 0x18);
    ck_assert(!irq());
}
END_TEST

START_TEST(without_fifo_one_byte_waits)
{
    ck_assert(arrives('a'));
    ck_assert(!arrives('b'));
    ck_assert_uint_eq(get(LSR), 0x61);
    ck_assert_uint_eq(get(DATA), 'a');
    ck_assert_uint_eq(get(LSR), 0x60);
    ck_assert(arrives('b'));
}
END_TEST

START_TEST(fifo_trigger_levels)
{
    static const u8 level[4] = {1, 4, 8, 14};

    put(MCR, 0x08);
    put(IER, 0x01);
    put(FCR, (u8)(0x01 | _i << 6));
    ck_assert_uint_eq(get(IIR), 0xc1);
    for (unsigned n = 1; n <= 16; n++) {
        ck_assert(arrives((u8)n));
        ck_assert_msg(irq() == (n >= level[_i]), "trigger %u, %u bytes", level[_i], n);
    }
    ck_assert(!arrives(17));
    ck_assert_uint_eq(get(IIR), 0xc4);
    for (unsigned n = 16; n >= level[_i]; n--)
        ck_assert_uint_eq(get(DATA), 17 - n);
    ck_assert(!irq());
}
END_TEST

/* Four characters' time after the last byte: 4 * 10 bits at 115,200 baud. */
START_TEST(character_timeout)
{
    put(LCR, 0x83);
    put(DATA, 1);
    put(IER, 0);
    put(LCR, 0x03);
    put(MCR, 0x08);
    put(IER, 0x01);
    put(FCR, 0xc1);
    ck_assert(arrives('a'));
    bench_pass(&b, 300000);
    ck_assert(arrives('b'));
    bench_pass(&b, 347000);
    ck_assert(!irq());
    bench_pass(&b, 1000);
    ck_assert(irq());
    ck_assert_uint_eq(get(IIR), 0xcc);
    ck_assert_uint_eq(get(DATA), 'a');
    ck_assert(!irq()); /* a read ends it and counts anew */
    bench_pass(&b, 348000);
    ck_assert_uint_eq(get(IIR), 0xcc);
    ck_assert_uint_eq(get(DATA), 'b');
    bench_pass(&b, NS_PER_SEC);
    ck_assert(!irq());
}
END_TEST

START_TEST(fifo_reset)
{
    put(FCR, 0x01);
    arrives('a');
    arrives('b');
    put(FCR, 0x03);
    ck_assert_uint_eq(get(LSR), 0x60);
    arrives('c');
    put(FCR, 0x00); /* switching the FIFOs off empties them */
    ck_assert_uint_eq(get(LSR), 0x60);
    ck_assert_uint_eq(get(IIR), 0x01);
}
END_TEST

START_TEST(break_is_a_zero_with_its_flag)
{
    put(MCR, 0x08);
    put(IER, 0x05);
    put(FCR, 0x01);
    ck_assert(arrives('a'));
    ck_assert(uart16550_break(uart));
    ck_assert_uint_eq(get(IIR), 0xc4);
    ck_assert_uint_eq(get(LSR), 0xe1); /* bit 7: an error is somewhere in the FIFO */
    ck_assert_uint_eq(get(DATA), 'a');
    ck_assert_uint_eq(get(IIR), 0xc6); /* now it is on top: line status goes first */
    ck_assert_uint_eq(get(LSR), 0xf1);
    ck_assert_uint_eq(get(LSR), 0x61);
    ck_assert_uint_eq(get(IIR), 0xc4);
    ck_assert_uint_eq(get(DATA), 0);
    ck_assert_uint_eq(get(IIR), 0xc1);
}
END_TEST

START_TEST(loopback_data_and_overrun)
{
    put(MCR, 0x10);
    ck_assert(!arrives('x')); /* the outside is cut off */
    put(DATA, 'p');
    ck_assert_uint_eq(sent_count, 0);
    ck_assert_uint_eq(get(LSR), 0x61);
    put(DATA, 'q');
    ck_assert_uint_eq(get(LSR), 0x63);
    ck_assert_uint_eq(get(LSR), 0x61);
    ck_assert_uint_eq(get(DATA), 'p');
    put(LCR, 0x43);
    ck_assert_uint_eq(get(LSR), 0x71);
    ck_assert_uint_eq(get(DATA), 0);
}
END_TEST

/* DTR, RTS, OUT1, OUT2 come back as DSR, CTS, RI, DCD. */
START_TEST(loopback_modem_lines)
{
    static const u8 rows[][2] = {{0x1f, 0xf0}, {0x11, 0x20}, {0x12, 0x10},
                                 {0x14, 0x40}, {0x18, 0x80}, {0x10, 0x00}};

    put(MCR, rows[_i][0]);
    ck_assert_uint_eq(get(MSR) & 0xf0, rows[_i][1]);
    put(MCR, 0x00);
    ck_assert_uint_eq(get(MSR) & 0xf0, 0xb0);
}
END_TEST

START_TEST(modem_deltas)
{
    put(MCR, 0x08);
    put(IER, 0x08);
    ck_assert(!irq());
    uart16550_modem(uart, 0xb0 & ~UART_MSR_CTS);
    ck_assert(irq());
    ck_assert_uint_eq(get(IIR), 0x00);
    ck_assert_uint_eq(get(MSR), 0xa1);
    ck_assert(!irq());
    ck_assert_uint_eq(get(MSR), 0xa0);
    uart16550_modem(uart, 0xa0 | UART_MSR_RI); /* RI counts when it ends */
    ck_assert_uint_eq(get(MSR), 0xe0);
    uart16550_modem(uart, 0x00);
    ck_assert_uint_eq(get(MSR), 0x0e);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/uart16550");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, reset_state);
    tcase_add_test(t, registers_read_back);
    tcase_add_test(t, bytes_are_sent_at_once);
    tcase_add_test(t, thre_interrupt);
    tcase_add_test(t, out2_gates_the_interrupt);
    tcase_add_test(t, without_fifo_one_byte_waits);
    tcase_add_loop_test(t, fifo_trigger_levels, 0, 4);
    tcase_add_test(t, character_timeout);
    tcase_add_test(t, fifo_reset);
    tcase_add_test(t, break_is_a_zero_with_its_flag);
    tcase_add_test(t, loopback_data_and_overrun);
    tcase_add_loop_test(t, loopback_modem_lines, 0, 6);
    tcase_add_test(t, modem_deltas);
    suite_add_tcase(s, t);
    return unit_run(s);
}
