/* SPDX-License-Identifier: MIT */
/*
 * INT 14h, the serial ports, polled. IBM PS/2 and PC BIOS Interface Technical Reference, INT 14h;
 * 16550 data sheet. Handshake lines are raised but not waited for, since the far end may be no
 * modem: it is the transmitter alone that makes a caller wait.
 */
#include "bda.h"
#include "post.h"

enum { PORTS = 4, DEFAULT_TIMEOUT = 10 /* ticks */, BASE_RATE = 115200 };
enum { DATA = 0, DIVISOR = 0, INTERRUPTS = 1, LINE = 3, MODEM = 4, LINE_STATUS = 5 };
enum { MODEM_STATUS = 6, SCRATCH = 7 };
enum { LINE_DIVISOR = 1 << 7, LINE_BREAK = 1 << 6, MODEM_DTR = 1 << 0, MODEM_RTS = 1 << 1 };
enum { STATUS_DATA = 1 << 0, STATUS_ERRORS = 0x1E, STATUS_EMPTY = 1 << 5, STATUS_TIMEOUT = 1 << 7 };

/* 110 to 9600 baud are function 00h's, 19200 is function 04h's, too. */
static const u16 rates[] = {110, 150, 300, 600, 1200, 2400, 4800, 9600, 19200};

static void set_line(u16 port, u8 rate, u8 line)
{
    u16 divisor = BASE_RATE / rates[rate];

    outb(port + LINE, line | LINE_DIVISOR);
    outb(port + DIVISOR, (u8)divisor);
    outb(port + DIVISOR + 1, divisor >> 8);
    outb(port + LINE, line);
    outb(port + INTERRUPTS, 0);
}

static void status(struct regs *r, u16 port)
{
    r->ah = inb(port + LINE_STATUS);
    r->al = inb(port + MODEM_STATUS);
}

static bool wait(u16 port, u8 bit, u8 n)
{
    u32 start = ticks();

    while (!(inb(port + LINE_STATUS) & bit))
        if (ticks() - start > bda8(BDA_COM_TIMEOUT + n))
            return false;
    return true;
}

static void send(struct regs *r, u16 port, u8 n)
{
    bool ready;

    outb(port + MODEM, inb(port + MODEM) | MODEM_DTR | MODEM_RTS);
    ready = wait(port, STATUS_EMPTY, n);
    if (ready)
        outb(port + DATA, r->al);
    r->ah = (inb(port + LINE_STATUS) & ~STATUS_TIMEOUT) | (ready ? 0 : STATUS_TIMEOUT);
}

static void receive(struct regs *r, u16 port, u8 n)
{
    outb(port + MODEM, inb(port + MODEM) | MODEM_DTR);
    if (wait(port, STATUS_DATA, n)) {
        r->ah = inb(port + LINE_STATUS) & STATUS_ERRORS;
        r->al = inb(port + DATA);
    } else {
        r->ah = (inb(port + LINE_STATUS) & ~STATUS_TIMEOUT) | STATUS_TIMEOUT;
    }
}

/* 04h, AL: break, BH: parity, BL: stop bits, CH: length, CL: rate */
static void extended_init(struct regs *r, u16 port)
{
    /* parity: none, odd, even, stick odd, stick even, as the line register has it in 5..3 */
    static const u8 parity[] = {0, 1, 3, 5, 7};

    if (r->bh >= sizeof parity || r->bl > 1 || r->ch > 3 || r->cl >= ARRAY_LEN(rates))
        return;
    set_line(port, r->cl, (r->al ? LINE_BREAK : 0) | parity[r->bh] << 3 | r->bl << 2 | r->ch);
    status(r, port);
}

/* 05h, AL: 0 read, 1 write; BL: modem control */
static void modem_control(struct regs *r, u16 port)
{
    if (r->al == 1)
        outb(port + MODEM, r->bl);
    else if (r->al == 0)
        r->bl = inb(port + MODEM);
    status(r, port);
}

void int14(struct regs *r)
{
    u16 port = r->dx < PORTS ? bda16(BDA_COM + r->dx * 2) : 0;

    if (!port)
        return;
    sti(); /* time-outs count ticks */
    switch (r->ah) {
    case 0x00: /* AL: 7..5 rate  4,3 parity  2 stop bits  1,0 length */
        set_line(port, r->al >> 5, r->al & 0x1f);
        status(r, port);
        break;
    case 0x01: send(r, port, r->dl); break;
    case 0x02: receive(r, port, r->dl); break;
    case 0x03: status(r, port); break;
    case 0x04: extended_init(r, port); break;
    case 0x05: modem_control(r, port); break;
    }
}

void serial_init(void)
{
    static const u16 usual[PORTS] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    u8 found = 0;

    for (u8 n = 0; n < PORTS; n++) {
        u16 port = usual[n];

        outb(port + SCRATCH, 0x5a);
        outb(port + INTERRUPTS, 0);
        if (inb(port + SCRATCH) != 0x5a || inb(port + INTERRUPTS))
            continue;
        bda_set16(BDA_COM + found * 2, port);
        bda_set8(BDA_COM_TIMEOUT + found, DEFAULT_TIMEOUT);
        found++;
    }
    bda_set16(BDA_EQUIPMENT, bda16(BDA_EQUIPMENT) | found << EQUIPMENT_SERIAL_SHIFT);
}
