/* SPDX-License-Identifier: MIT */
/*
 * Tells what INT 16h answers for the keys that keyboard.py presses: functions 10h and 12h for
 * each, until Esc; then 00h; then that nothing is left, and what else INT 16h knows.
 */
#include "ask.h"

static u16 wait_key(u8 function)
{
    struct regs r = {.ax = function << 8};

    call_int(0x16, &r);
    return r.ax;
}

static void states(void)
{
    struct regs r = {.ax = 0x1200};

    call_int(0x16, &r);
    field("states", r.ax, 4);
    field("leds", peek8(0x40, 0x97) & 7, 1);
}

static void keys(const char *name, u8 function)
{
    u16 key;

    begin("ready");
    end();
    do {
        key = wait_key(function);
        begin(name);
        field("key", key, 4);
        states();
        /* until Shift, Ctrl, Alt and the locks' keys are up */
        while ((peek8(0x40, 0x17) & 0x0f) || (peek8(0x40, 0x18) & 0xf0))
            __asm__ volatile("hlt");
        end();
    } while (key != 0x011b);
}

static void poll(const char *name, u8 function)
{
    struct regs r = {.ax = function << 8};

    call_int(0x16, &r);
    begin(name);
    field("zf", r.flags / ZF & 1, 1);
    if (!(r.flags & ZF))
        field("key", r.ax, 4);
    end();
}

static void put(u16 key)
{
    struct regs r = {.ax = 0x0500, .cx = key};

    call_int(0x16, &r);
    begin("put");
    field("key", key, 4);
    field("al", r.ax & 0xff, 2);
    end();
}

static void capabilities(void)
{
    struct regs r = {.ax = 0x0a00};

    call_int(0x16, &r);
    begin("keyboard");
    field("id", r.bx, 4);
    field("flags", peek8(0x40, 0x96) & 0x10, 2);
    end();
}

/* 15 keystrokes are all that the buffer holds. */
static void fill(void)
{
    for (u16 n = 0; n < 16; n++)
        put(0x1e61 + n);
    poll("old", 0x01);
    for (u16 n = 0; n < 15; n++)
        wait_key(0x00);
    poll("empty", 0x11);
}

void main(void)
{
    keys("new", 0x10);
    keys("old", 0x00);
    poll("nothing", 0x01);
    poll("nothing", 0x11);
    put(0x48e0); /* a grey key: function 01h shows it without E0h */
    poll("grey, new", 0x11);
    poll("grey, old", 0x01);
    wait_key(0x00);
    put(0x8500); /* F11: function 01h does not know it and drops it */
    poll("F11, old", 0x01);
    poll("F11, new", 0x11);
    fill();
    capabilities();
    begin("done");
    end();
}
