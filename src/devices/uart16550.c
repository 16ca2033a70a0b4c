/* SPDX-License-Identifier: MIT */
/*
 * The 16550A serial port. National Semiconductor PC16550D data sheet (1995).
 *
 * A byte written to THR is sent at once and THR is empty again: the guest sees a line of
 * endless speed, with the interrupt order of a real one. Reception waits in the FIFO; the
 * character time-out runs in virtual time at the programmed rate. Nothing is ever overrun by
 * the outside, since the input gate waits while the FIFO is full; loopback can overrun.
 */
#include "devices/uart16550.h"

#include "base/bits.h"
#include "base/log.h"

#define IER_ERBFI 0x01 /* received data */
#define IER_ETBEI 0x02 /* THR empty */
#define IER_ELSI 0x04  /* line status */
#define IER_EDSSI 0x08 /* modem status */
#define IIR_NONE 0x01
#define IIR_MODEM 0x00
#define IIR_THRE 0x02
#define IIR_DATA 0x04
#define IIR_LINE 0x06
#define IIR_TIMEOUT 0x0c
#define IIR_FIFOS 0xc0
#define FCR_ENABLE 0x01
#define FCR_CLEAR_RX 0x02
#define FCR_CLEAR_TX 0x04
#define FCR_KEPT 0xc9
#define LCR_STOP 0x04
#define LCR_PARITY 0x08
#define LCR_BREAK 0x40
#define LCR_DLAB 0x80
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
#define LSR_DR 0x01
#define LSR_OE 0x02
#define LSR_ERRORS 0x1e
#define LSR_BI 0x10
#define LSR_THRE 0x20
#define LSR_TEMT 0x40
#define LSR_FIFO_ERROR 0x80
#define MSR_LINES 0xf0
#define MSR_TERI 0x04
#define CLOCK_HZ 115200ull /* 1.8432 MHz / 16 */
#define FIFO_SIZE 16

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

struct uart16550 {
    struct device dev;
    struct timer timeout;
    u8 ier, fcr, lcr, mcr, scr;
    u16 divisor;
    u8 lsr;   /* OE only; the rest is computed */
    u8 msr;   /* lines and their deltas as read */
    u8 lines; /* from outside */
    u8 thre;  /* THR empty is pending as an interrupt */
    u8 timed_out;
    u8 data[FIFO_SIZE], flags[FIFO_SIZE]; /* flags: PE, FE, BI as in LSR */
    u8 head, count;
    u8 irq;
    void (*tx)(void *opaque, u8 byte);
    void *tx_opaque;
};

static const struct field uart16550_fields[] = {
    FIELD_TIMER(struct uart16550, timeout, "time-out"),
    FIELD(struct uart16550, ier, "IER"),
    FIELD(struct uart16550, fcr, "FCR"),
    FIELD(struct uart16550, lcr, "LCR"),
    FIELD(struct uart16550, mcr, "MCR"),
    FIELD(struct uart16550, scr, "SCR"),
    FIELD(struct uart16550, divisor, "DLM:DLL"),
    FIELD(struct uart16550, lsr, "LSR overrun"),
    FIELD(struct uart16550, msr, "MSR"),
    FIELD(struct uart16550, lines, "modem inputs"),
    FIELD(struct uart16550, thre, "THRE pending"),
    FIELD(struct uart16550, timed_out, "time-out pending"),
    FIELD_BUFFER(struct uart16550, data, "RCVR FIFO"),
    FIELD_BUFFER(struct uart16550, flags, "RCVR FIFO errors"),
    FIELD(struct uart16550, head, "FIFO head"),
    FIELD(struct uart16550, count, "FIFO count"),
    FIELD(struct uart16550, irq, "INTR"),
};

static unsigned fifo_room(const struct uart16550 *u)
{
    return u->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

static unsigned trigger(const struct uart16550 *u)
{
    static const u8 levels[4] = {1, 4, 8, 14};
    return u->fcr & FCR_ENABLE ? levels[u->fcr >> 6] : 1;
}

/* Four characters' time. A divisor of 0 is none; it is taken as the slowest. */
static u64 timeout_ns(const struct uart16550 *u)
{
    u64 bits = 7 + (u->lcr & 3) + !!(u->lcr & LCR_PARITY) + !!(u->lcr & LCR_STOP);
    u64 divisor = u->divisor ? u->divisor : 0x10000;
    return 4 * bits * muldiv(divisor, NS_PER_SEC, CLOCK_HZ);
}

static u8 line_status(const struct uart16550 *u)
{
    u8 v = u->lsr | LSR_THRE | LSR_TEMT;

    if (u->count)
        v |= LSR_DR | u->flags[u->head];
    for (unsigned i = 0; i < u->count && (u->fcr & FCR_ENABLE); i++)
        if (u->flags[(u->head + i) % FIFO_SIZE])
            v |= LSR_FIFO_ERROR;
    return v;
}

/* The pending source of highest priority, table II of the data sheet. */
static u8 source(const struct uart16550 *u)
{
    if ((u->ier & IER_ELSI) && (line_status(u) & LSR_ERRORS))
        return IIR_LINE;
    if ((u->ier & IER_ERBFI) && u->count >= trigger(u))
        return IIR_DATA;
    if ((u->ier & IER_ERBFI) && u->timed_out)
        return IIR_TIMEOUT;
    if ((u->ier & IER_ETBEI) && u->thre)
        return IIR_THRE;
    if ((u->ier & IER_EDSSI) && (u->msr & 0x0f))
        return IIR_MODEM;
    return IIR_NONE;
}

/* On a PC, OUT2 connects the interrupt; in loopback that pin is off. */
static void update(struct uart16550 *u)
{
    bool gate = (u->mcr & MCR_OUT2) && !(u->mcr & MCR_LOOP);
    bool irq = gate && source(u) != IIR_NONE;

    if (irq != u->irq) {
        u->irq = irq;
        irq_set(&u->dev.out[UART16550_IRQ], irq);
    }
}

/* The time-out counts from the last byte that came or went. */
static void restart_timeout(struct uart16550 *u)
{
    u->timed_out = 0;
    if (u->count && (u->fcr & FCR_ENABLE))
        timer_arm(&u->timeout, clock_now(u->dev.clock) + timeout_ns(u));
    else
        timer_disarm(&u->timeout);
}

static void timeout_expires(void *opaque)
{
    struct uart16550 *u = opaque;
    u->timed_out = 1;
    update(u);
}

/* Receives one character; a full FIFO keeps what it has and sets OE. */
static void receive(struct uart16550 *u, u8 byte, u8 flags)
{
    if (u->count >= fifo_room(u)) {
        u->lsr |= LSR_OE;
    } else {
        unsigned at = (u->head + u->count++) % FIFO_SIZE;
        u->data[at] = byte;
        u->flags[at] = flags;
    }
    restart_timeout(u);
    update(u);
}

static void clear_rx(struct uart16550 *u)
{
    u->count = u->head = 0;
    restart_timeout(u);
}

static u8 read_rbr(struct uart16550 *u)
{
    u8 v = u->data[u->head];

    if (u->count) {
        u->head = (u8)((u->head + 1) % FIFO_SIZE);
        u->count--;
    }
    restart_timeout(u);
    return v;
}

/* Reading IIR ends a THRE interrupt, but only one that it reports. */
static u8 read_iir(struct uart16550 *u)
{
    u8 v = source(u);

    if (v == IIR_THRE)
        u->thre = 0;
    return v | (u->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static u8 read_lsr(struct uart16550 *u)
{
    u8 v = line_status(u);

    u->lsr = 0;
    if (u->count)
        u->flags[u->head] = 0;
    return v;
}

static u8 read_msr(struct uart16550 *u)
{
    u8 v = u->msr;
    u->msr &= MSR_LINES;
    return v;
}

static u64 uart16550_read(struct device *d, u64 offset, unsigned size)
{
    struct uart16550 *u = (struct uart16550 *)d;
    bool dlab = u->lcr & LCR_DLAB;
    u8 v = 0;

    switch (offset) {
    case RBR_THR: v = dlab ? (u8)u->divisor : read_rbr(u); break;
    case IER: v = dlab ? (u8)(u->divisor >> 8) : u->ier; break;
    case IIR_FCR: v = read_iir(u); break;
    case LCR: v = u->lcr; break;
    case MCR: v = u->mcr; break;
    case LSR: v = read_lsr(u); break;
    case MSR: v = read_msr(u); break;
    case SCR: v = u->scr; break;
    }
    update(u);
    return v;
}

/* New levels of the modem inputs, after loopback; sets the deltas. */
static void modem_changes(struct uart16550 *u)
{
    u8 m = u->mcr;
    u8 now = u->lines;

    if (m & MCR_LOOP) /* DTR RTS OUT1 OUT2 appear as DSR CTS RI DCD */
        now = (u8)((m & 1) << 5 | (m & 2) << 3 | (m & 4) << 4 | (m & 8) << 4);
    u8 changed = (u->msr ^ now) & MSR_LINES;
    u8 delta = changed >> 4 & 0x0b;
    if ((changed & UART_MSR_RI) && !(now & UART_MSR_RI))
        delta |= MSR_TERI;
    u->msr = now | (u->msr & 0x0f) | delta;
}

static void write_thr(struct uart16550 *u, u8 byte)
{
    u->thre = 1;
    if (u->mcr & MCR_LOOP)
        receive(u, byte, 0);
    else if (u->tx)
        u->tx(u->tx_opaque, byte);
}

static void write_fcr(struct uart16550 *u, u8 v)
{
    bool toggles = (v ^ u->fcr) & FCR_ENABLE;

    u->fcr = v & FCR_ENABLE ? v & FCR_KEPT : 0;
    if (toggles || (v & FCR_CLEAR_RX))
        clear_rx(u);
    if (toggles || (v & FCR_CLEAR_TX))
        u->thre = 1;
}

static void write_ier(struct uart16550 *u, u8 v)
{
    /* THR is empty: enabling its interrupt makes one at once. */
    if (~u->ier & v & IER_ETBEI)
        u->thre = 1;
    u->ier = v & 0x0f;
}

static void write_lcr(struct uart16550 *u, u8 v)
{
    bool breaks = ~u->lcr & v & LCR_BREAK;

    u->lcr = v;
    if (breaks && (u->mcr & MCR_LOOP))
        receive(u, 0, LSR_BI);
}

static void uart16550_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct uart16550 *u = (struct uart16550 *)d;
    bool dlab = u->lcr & LCR_DLAB;
    u8 v = (u8)value;

    if (dlab && offset <= IER) {
        u->divisor = (u16)bits_set(u->divisor, offset ? 8 : 0, 8, v);
        LOG(d->log, UART, "%s: divisor %u", d->id, u->divisor);
        return;
    }
    switch (offset) {
    case RBR_THR: write_thr(u, v); break;
    case IER: write_ier(u, v); break;
    case IIR_FCR: write_fcr(u, v); break;
    case LCR: write_lcr(u, v); break;
    case MCR:
        u->mcr = v & 0x1f;
        modem_changes(u);
        break;
    case SCR: u->scr = v; break;
    default: break; /* LSR and MSR: factory tests only */
    }
    update(u);
}

/* In loopback the serial input is cut off: what comes from outside waits. */
static bool can_receive(const struct uart16550 *u)
{
    return !(u->mcr & MCR_LOOP) && u->count < fifo_room(u);
}

static bool uart16550_input(struct device *d, u64 a, u64 b)
{
    struct uart16550 *u = (struct uart16550 *)d;

    if (!can_receive(u))
        return false;
    receive(u, (u8)b, 0);
    return true;
}

bool uart16550_break(struct device *d)
{
    struct uart16550 *u = (struct uart16550 *)d;

    if (!can_receive(u))
        return false;
    receive(u, 0, LSR_BI);
    return true;
}

void uart16550_modem(struct device *d, u8 lines)
{
    struct uart16550 *u = (struct uart16550 *)d;

    u->lines = lines & MSR_LINES;
    modem_changes(u);
    update(u);
}

void uart16550_connect(struct device *d, void (*tx)(void *opaque, u8 byte), void *opaque)
{
    struct uart16550 *u = (struct uart16550 *)d;
    u->tx = tx;
    u->tx_opaque = opaque;
}

static int uart16550_init(struct device *d, struct ersatz_error *err)
{
    struct uart16550 *u = (struct uart16550 *)d;

    timer_init(&u->timeout, d->clock, timeout_expires, u, "uart16550 time-out");
    u->lines = UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD;
    return 0;
}

/* Table I of the data sheet. The divisor latch is undefined there: 9,600 baud here. */
static void uart16550_reset(struct device *d)
{
    struct uart16550 *u = (struct uart16550 *)d;
    u8 lines = u->lines;

    device_zero(d);
    u->lines = u->msr = lines;
    u->divisor = 12;
    irq_set(&d->out[UART16550_IRQ], false);
}

const struct device_class uart16550_class = {
    .name = "uart16550",
    .text = "16550A serial port",
    .size = sizeof(struct uart16550),
    .fields = uart16550_fields,
    .field_count = ARRAY_LEN(uart16550_fields),
    .regions =
        {
            [UART16550_REGS] = {"uart", REGION_PORT, 8, 1, 0, uart16550_read, uart16550_write},
        },
    .init = uart16550_init,
    .reset = uart16550_reset,
    .input = uart16550_input,
};
