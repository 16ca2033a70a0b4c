/* SPDX-License-Identifier: MIT */
/*
 * What the programs share that ask the BIOS: real mode, all segments 0, the program at 7C00h
 * (start.S, ask.ld) and entered at main(). A program prints to port E9h, either lines that begin
 * with "> ", to be compared with what is written down, or checks as TAP lines without numbers.
 */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

struct regs {
    union {
        u32 edi;
        u16 di;
    };
    union {
        u32 esi;
        u16 si;
    };
    u32 ebp;
    union {
        u32 ebx;
        u16 bx;
        struct {
            u8 bl, bh;
        };
    };
    union {
        u32 edx;
        u16 dx;
        struct {
            u8 dl, dh;
        };
    };
    union {
        u32 ecx;
        u16 cx;
        struct {
            u8 cl, ch;
        };
    };
    union {
        u32 eax;
        u16 ax;
        struct {
            u8 al, ah;
        };
    };
    u16 ds, es, fs, gs, flags;
};

enum { CF = 1, ZF = 1 << 6 };

void main(void);
void call_int(u8 vector, struct regs *r);
void call_32(u32 addr, struct regs *r);

static inline void outb(u16 port, u8 v)
{
    __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static inline u8 inb(u16 port)
{
    u8 v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline u32 inl(u16 port)
{
    u32 v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline void outl(u16 port, u32 v)
{
    __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}

static inline u8 peek8(u16 seg, u32 off)
{
    u8 v;
    __asm__ volatile("movw %w1, %%fs; movb %%fs:(%2), %0"
                     : "=q"(v)
                     : "r"((u32)seg), "r"(off)
                     : "memory");
    return v;
}

static inline void poke8(u16 seg, u32 off, u8 v)
{
    __asm__ volatile("movw %w1, %%fs; movb %0, %%fs:(%2)" ::"q"(v), "r"((u32)seg), "r"(off)
                     : "memory");
}

static inline u32 peek32(u16 seg, u32 off)
{
    u32 v;
    __asm__ volatile("movw %w1, %%fs; movl %%fs:(%2), %0"
                     : "=r"(v)
                     : "r"((u32)seg), "r"(off)
                     : "memory");
    return v;
}

static inline void poke32(u16 seg, u32 off, u32 v)
{
    __asm__ volatile("movw %w1, %%fs; movl %0, %%fs:(%2)" ::"r"(v), "r"((u32)seg), "r"(off)
                     : "memory");
}

static inline u16 peek16(u16 seg, u32 off)
{
    return (u16)(peek8(seg, off) | peek8(seg, off + 1) << 8);
}

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
