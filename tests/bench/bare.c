/* SPDX-License-Identifier: MIT */
/* Bare metal: the first serial port for output. */
#include <stdint.h>

void bench(void);
void put(const char *text);
void bare_main(void);

static void out(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

void put(const char *text)
{
    for (; *text; text++) {
        while (!(in(0x3fd) & 0x20))
            ;
        out(0x3f8, (uint8_t)*text);
    }
}

void bare_main(void)
{
    out(0x3fb, 0x80); /* 115,200 baud, 8N1, no interrupts */
    out(0x3f8, 1);
    out(0x3f9, 0);
    out(0x3fb, 3);
    out(0x3f9, 0);
    bench();
    for (;;)
        __asm__ volatile("cli; hlt");
}
