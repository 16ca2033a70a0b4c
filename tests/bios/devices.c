/* SPDX-License-Identifier: MIT */
/*
 * Asks INT 15h C2h about the mouse, INT 14h about the first serial port (which hears itself, by
 * its loop-back), INT 17h about the first parallel port. The mouse's bytes are made up by the
 * 8042's command D3h.
 */
#include "ask.h"

volatile u16 packets, packet[4];
void handler(void);

__asm__(".globl handler\n"
        "handler:\n"
        "    pushw %bp\n"
        "    movw %sp, %bp\n"
        "    pushw %ax\n"
        "    pushw %ds\n"
        "    xorw %ax, %ax\n"
        "    movw %ax, %ds\n"
        "    movw 12(%bp), %ax\n"
        "    movw %ax, packet\n"
        "    movw 10(%bp), %ax\n"
        "    movw %ax, packet+2\n"
        "    movw 8(%bp), %ax\n"
        "    movw %ax, packet+4\n"
        "    movw 6(%bp), %ax\n"
        "    movw %ax, packet+6\n"
        "    incw packets\n"
        "    popw %ds\n"
        "    popw %ax\n"
        "    popw %bp\n"
        "    lretw\n");

static void mouse(const char *name, u16 ax, u8 bh, const char *fields)
{
    struct regs r = {.ax = ax, .bx = bh << 8, .cx = 0xcccc, .dx = 0xdddd};

    call_int(0x15, &r);
    begin(name);
    field("cf", r.flags & CF, 1);
    field("ah", r.ax >> 8, 2);
    for (; *fields; fields++)
        switch (*fields) {
        case 'b': field("bx", r.bx, 4); break;
        case 'c': field("cl", r.cx & 0xff, 2); break;
        case 'd': field("dl", r.dx & 0xff, 2); break;
        }
    end();
}

static void set_handler(u16 off)
{
    struct regs r = {.ax = 0xc207, .bx = off};

    call_int(0x15, &r);
    begin("handler");
    field("cf", r.flags & CF, 1);
    field("ah", r.ax >> 8, 2);
    end();
}

/* As if the mouse had sent it; the next one only when this one was taken. */
static void move(const u8 *bytes, u8 n)
{
    packets = 0;
    for (u8 i = 0; i < n; i++) {
        __asm__ volatile("cli");
        while (inb(0x64) & 2)
            ;
        outb(0x64, 0xd3);
        while (inb(0x64) & 2)
            ;
        outb(0x60, bytes[i]);
        __asm__ volatile("sti");
        for (u32 wait = 0; (inb(0x64) & 1) && wait < 1000000; wait++)
            ;
    }
    begin("packets");
    field("n", packets, 2);
    for (u8 i = 0; i < 4; i++)
        field("", packet[i], 4);
    end();
}

static void mouse_all(void)
{
    static const u8 bytes[] = {0x09, 0x05, 0xfb, 0x08, 0x01, 0x02};

    begin("equipment");
    field("mouse", peek8(0x40, 0x10) & 4, 2);
    end();
    mouse("enable without handler", 0xc200, 1, "");
    mouse("reset", 0xc201, 0, "b");
    mouse("initialize", 0xc205, 3, "");
    mouse("initialize to 9", 0xc205, 9, "");
    mouse("type", 0xc204, 0, "b");
    mouse("rate 40", 0xc202, 2, "");
    mouse("rate 7", 0xc202, 7, "");
    mouse("resolution", 0xc203, 2, "");
    mouse("resolution 4", 0xc203, 4, "");
    mouse("scaling", 0xc206, 2, "");
    mouse("status", 0xc206, 0, "bcd");
    mouse("no such function", 0xc20a, 0, "");
    set_handler((u16)(u32)handler);
    mouse("enable", 0xc200, 1, "");
    move(bytes, 3);
    move(bytes, 6);
    move(bytes, 2);
    mouse("disable", 0xc200, 0, "");
    set_handler(0);
}

static void serial(const char *name, u16 ax, u16 bx, u16 port, u16 mask)
{
    struct regs r = {.ax = ax, .bx = bx, .dx = port};

    call_int(0x14, &r);
    begin(name);
    field("ax", r.ax & mask, 4);
    end();
}

static void serial_all(void)
{
    begin("equipment");
    field("serial", peek16(0x40, 0x10) >> 9 & 7, 1);
    field("first", peek16(0x40, 0), 4);
    end();
    serial("9600, 8 bits", 0x00e3, 0, 0, 0x6000);
    serial("loop", 0x0501, 0x10, 0, 0x6000);
    serial("send", 0x0155, 0, 0, 0x80ff);
    serial("receive", 0x0200, 0, 0, 0x80ff);
    poke8(0x40, 0x7c, 1); /* the port's time-out, in ticks */
    serial("nothing to receive", 0x0200, 0, 0, 0x8000);
    serial("status", 0x0300, 0, 0, 0x6100);
    serial("extended: 110, 5 bits", 0x0400, 0, 0, 0x6000);
    serial("no such port", 0x0300, 0, 3, 0xffff);
}

static void printer(const char *name, u16 ax, u16 port)
{
    struct regs r = {.ax = ax, .dx = port};

    call_int(0x17, &r);
    begin(name);
    field("ah", r.ax >> 8 & 0x39, 2); /* paper, selected, error, time-out */
    end();
}

static void printer_all(void)
{
    static const char text[] = "Printed by INT 17h.";

    begin("equipment");
    field("parallel", peek16(0x40, 0x10) >> 14, 1);
    field("first", peek16(0x40, 8), 4);
    end();
    printer("initialize", 0x0100, 0);
    for (const char *s = text; *s; s++) {
        struct regs r = {.ax = *s};

        call_int(0x17, &r);
    }
    printer("line feed", 0x000a, 0);
    printer("status", 0x0200, 0);
    printer("no such port", 0x0200, 2);
}

void main(void)
{
    mouse_all();
    serial_all();
    printer_all();
    begin("done");
    end();
}
