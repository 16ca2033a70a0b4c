/* SPDX-License-Identifier: MIT */
/*
 * What the programs share that ask the BIOS: real mode, all segments 0, the program at 7C00h
 * (start.S, ask.ld). A program prints to port E9h; its lines begin with "> ", so that they can be
 * told from what the BIOS says.
 */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;

struct regs {
    u16 ax, bx, cx, dx, si, di, ds, es, flags;
};
enum { CARRY = 1 << 0, ZERO = 1 << 6 };

void call(u32 vector, struct regs *r);
void main(void);

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

/* Any byte of the first megabyte. */
static inline u8 peek(u16 seg, u16 off)
{
    u8 v;
    __asm__ volatile("movw %1, %%fs; movb %%fs:(%2), %0" : "=q"(v) : "r"(seg), "r"((u32)off));
    return v;
}

static inline void poke(u16 seg, u16 off, u8 v)
{
    __asm__ volatile("movw %1, %%fs; movb %0, %%fs:(%2)" ::"q"(v), "r"(seg), "r"((u32)off)
                     : "memory");
}

static inline u16 peek16(u16 seg, u16 off)
{
    return peek(seg, off) | peek(seg, off + 1) << 8;
}

static void say(const char *s)
{
    while (*s)
        outb(0xe9, *s++);
}

static void hex(u32 v, unsigned digits)
{
    while (digits--)
        outb(0xe9, "0123456789abcdef"[v >> 4 * digits & 15]);
}

/* "> name" ... "\n" */
static void begin(const char *name)
{
    say("> ");
    say(name);
}

static void field(const char *name, u32 v, unsigned digits)
{
    say(" ");
    say(name);
    say("=");
    hex(v, digits);
}

static void end(void)
{
    say("\n");
}

#endif
