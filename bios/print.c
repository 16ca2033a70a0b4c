/* SPDX-License-Identifier: MIT */
/* Text to the screen (INT 10h function 0Eh) and to the debug console at port 402h. */
#include <stdarg.h>

#include "bios.h"

#define DEBUG_PORT 0x402

static void put_debug(char c)
{
    outb(DEBUG_PORT, (u8)c);
}

static void teletype(u8 c)
{
    struct regs r = {.ax = 0x0E00 | c, .bx = 7};

    int_call(0x10, &r);
}

static void put_screen(char c)
{
    put_debug(c);
    if (c == '\n')
        teletype('\r');
    teletype((u8)c);
}

/* Digits of v, the last one at end[-1]; returns where they start. */
static char *digits(char *end, u32 v, unsigned base)
{
    do {
        *--end = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    return end;
}

struct spec {
    unsigned width;
    char pad;
};

static void put_padded(void (*put)(char), const char *s, size_t n, const struct spec *spec)
{
    for (size_t i = n; i < spec->width; i++)
        put(spec->pad);
    while (n--)
        put(*s++);
}

static void put_number(void (*put)(char), u32 v, char kind, const struct spec *spec)
{
    char buf[12];
    char *end = buf + sizeof buf;
    bool negative = kind == 'd' && (i32)v < 0;
    char *s = digits(end, negative ? -v : v, kind == 'x' ? 16 : 10);

    if (negative)
        *--s = '-';
    put_padded(put, s, (size_t)(end - s), spec);
}

static void format(void (*put)(char), const char *fmt, va_list ap)
{
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(*fmt);
            continue;
        }
        struct spec spec = {0, *++fmt == '0' ? '0' : ' '};
        for (; *fmt >= '0' && *fmt <= '9'; fmt++)
            spec.width = spec.width * 10 + (unsigned)(*fmt - '0');
        if (*fmt == 's') {
            const char *s = va_arg(ap, const char *);
            put_padded(put, s, strlen(s), &spec);
        } else if (*fmt == 'c') {
            put((char)va_arg(ap, int));
        } else if (*fmt == '%') {
            put('%');
        } else {
            put_number(put, va_arg(ap, u32), *fmt, &spec);
        }
    }
}

void bios_printf(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    format(put_screen, fmt, ap);
    va_end(ap);
}

void log_printf(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    format(put_debug, fmt, ap);
    va_end(ap);
}
