/* SPDX-License-Identifier: MIT */
/*
 * What the programs share that ask the BIOS: real mode, all segments 0, the program at 7C00h
 * (start.S, ask.ld) and entered at main(). A program prints to port E9h, either lines that begin
 * with "> ", to be compared with what is written down, or checks as TAP lines without numbers.
 */
#ifndef ASK_H
#define ASK_H

#include "real.h"

struct regs {
    GENERAL_REGISTERS
    u16 ds, es, fs, gs, flags;
};

enum { CF = 1, ZF = 1 << 6 };

void main(void);
void call_int(u8 vector, struct regs *r);
void call_32(u32 addr, struct regs *r);

/* ---- what is told ---- */

static unsigned checks;

static inline void say(const char *s)
{
    while (*s)
        outb(0xE9, (u8)*s++);
}

static inline void say_hex(u32 v, unsigned digits)
{
    while (digits--)
        outb(0xE9, (u8) "0123456789abcdef"[v >> 4 * digits & 15]);
}

/* "> name field=value ...\n" */
static inline void begin(const char *name)
{
    say("> ");
    say(name);
}

static inline void field(const char *name, u32 v, unsigned digits)
{
    say(" ");
    say(name);
    say("=");
    say_hex(v, digits);
}

static inline void end(void)
{
    say("\n");
}

/* One result; what was got and wanted is told if it is not so. */
static inline void check(const char *what, u32 got, u32 want)
{
    checks++;
    say(got == want ? "ok - " : "not ok - ");
    say(what);
    if (got != want) {
        say(": got ");
        say_hex(got, 8);
        say(", want ");
        say_hex(want, 8);
    }
    say("\n");
}

static inline void check_that(const char *what, bool holds)
{
    check(what, holds, true);
}

/* The last line, and the end of the machine where there is an isa-debug-exit at 501h. */
static inline void done(void)
{
    say("done ");
    say_hex(checks, 8);
    say("\n");
    outb(0x501, 0);
}

#endif
