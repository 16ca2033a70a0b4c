/* SPDX-License-Identifier: MIT */
/* Output to VGA text memory and COM1 at once, and input from the keyboard and COM1. */
#include <stdarg.h>

#include "tour.h"

enum { COLUMNS = 80, ROWS = 25, COM1 = 0x3F8, CRTC = 0x3D4 };

static u32 column, row;
static u8 attr;
static bool has_serial;
extern char serial_irq[];
extern u32 real_key;

/* By the number in the text: the VGA's attribute, a terminal's sequence. */
static const struct {
    u8 attr;
    const char *sequence;
} colours[] = {
    {0x07, "0"},    {0x07, "0"},    {0x0F, "1"},    {0x0E, "1;33"},
    {0x0A, "1;32"}, {0x0C, "1;31"}, {0x03, "0;36"},
};

static void serial_out(char c)
{
    if (!has_serial)
        return;
    for (u32 tries = 0; tries < 1000000 && !(inb(COM1 + 5) & 0x20); tries++)
        ;
    outb(COM1, c);
}

static void serial_text(const char *s)
{
    while (*s)
        serial_out(*s++);
}

static void cell(u32 x, u32 y, char c, u8 a)
{
    *(volatile u16 *)at(0xB8000 + 2 * (y * COLUMNS + x)) = (u8)c | a << 8;
}

static void cursor(void)
{
    u16 where = row * COLUMNS + (column < COLUMNS ? column : COLUMNS - 1);
    outw(CRTC, 0x0E | (where & 0xFF00));
    outw(CRTC, 0x0F | where << 8);
}

/* The title, in the first row, stays. */
static void scroll(void)
{
    for (u32 y = 1; y < ROWS - 1; y++)
        for (u32 x = 0; x < COLUMNS; x++)
            *(volatile u16 *)at(0xB8000 + 2 * (y * COLUMNS + x)) = *(volatile u16 *)at(
                0xB8000 + 2 * ((y + 1) * COLUMNS + x));
    for (u32 x = 0; x < COLUMNS; x++)
        cell(x, ROWS - 1, ' ', 0x07);
    row = ROWS - 1;
}

static void new_line(void)
{
    column = 0;
    if (++row == ROWS)
        scroll();
}

void put_char(char c)
{
    if (c > 0 && c < (char)ARRAY_LEN(colours)) {
        attr = colours[(u8)c].attr;
        serial_text("\33[");
        serial_text(colours[(u8)c].sequence);
        serial_out('m');
        return;
    }
    switch (c) {
    case '\n':
        serial_text("\r\n");
        new_line();
        break;
    case '\b':
        serial_out('\b');
        if (column)
            column--;
        break;
    default:
        /* frames of code page 437 are plain signs on the line */
        serial_out((u8)c == 0xC4 ? '-' : (u8)c >= 0x80 ? '|' : c);
        if (column == COLUMNS) /* a full line goes on only when it must */
            new_line();
        cell(column++, row, c, attr);
        break;
    }
}

/* ---- print ---- */

struct field {
    char digits[24];
    const char *text;
    u32 length, width;
    bool left, zero;
};

static void put_field(const struct field *f)
{
    u32 blanks = f->width > f->length ? f->width - f->length : 0;
    for (u32 i = 0; i < blanks && !f->left; i++)
        put_char(f->zero ? '0' : ' ');
    for (u32 i = 0; i < f->length; i++)
        put_char(f->text[i]);
    for (u32 i = 0; i < blanks && f->left; i++)
        put_char(' ');
}

static void number(struct field *f, u64 v, u32 base)
{
    char *p = f->digits + sizeof(f->digits);
    u32 small = (u32)v;
    if (base == 16) {
        do
            *--p = "0123456789ABCDEF"[v & 15];
        while (v >>= 4);
    } else {
        do
            *--p = '0' + small % 10;
        while (small /= 10);
    }
    f->text = p;
    f->length = (u32)(f->digits + sizeof(f->digits) - p);
}

static const char *options(struct field *f, const char *s)
{
    for (; *s == '-' || *s == '0'; s++) {
        f->left |= *s == '-';
        f->zero |= *s == '0';
    }
    for (; *s >= '0' && *s <= '9'; s++)
        f->width = f->width * 10 + (u32)(*s - '0');
    return s;
}

void print(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    for (const char *s = fmt; *s; s++) {
        if (*s != '%') {
            put_char(*s);
            continue;
        }
        struct field f = {.text = f.digits};
        s = options(&f, s + 1);
        bool wide = *s == 'l';
        while (*s == 'l')
            s++;
        switch (*s) {
        case 'c':
            f.digits[0] = (char)va_arg(args, int);
            f.length = 1;
            break;
        case 's':
            f.text = va_arg(args, const char *);
            while (f.text[f.length])
                f.length++;
            break;
        case 'x': number(&f, wide ? va_arg(args, u64) : va_arg(args, u32), 16); break;
        case 'u': number(&f, wide ? va_arg(args, u64) : va_arg(args, u32), 10); break;
        default:
            f.digits[0] = '%';
            f.length = 1;
            break;
        }
        put_field(&f);
    }
    va_end(args);
    cursor();
}

void print_rule(const char *text)
{
    print(ASIDE "\xC4\xC4 " TITLE "%s " ASIDE, text);
    while (column < COLUMNS - 1)
        put_char('\xC4');
    print(NORMAL "\n");
}

u32 console_room(void)
{
    return ROWS - 1 - row;
}

void console_clear(const char *title)
{
    serial_text("\r\n");
    for (u32 y = 0; y < ROWS; y++)
        for (u32 x = 0; x < COLUMNS; x++)
            cell(x, y, ' ', y ? 0x07 : 0x1F);
    for (u32 i = 0; title[i]; i++)
        cell(1 + i, 0, title[i], 0x1F);
    serial_text("\33[1;37;44m ");
    serial_text(title);
    serial_text(" \33[0m\r\n");
    column = 0;
    row = 2;
    attr = 0x07;
    cursor();
}

/* COM1 with 8 bits at 115200 and its FIFO on; what it receives goes by IRQ 4 into real.S's ring. */
static void serial_start(void)
{
    outb(COM1 + 7, 0x5A);
    if (inb(COM1 + 7) != 0x5A)
        return;
    has_serial = true;
    outb(COM1 + 3, 0x83);
    outb(COM1, 1);
    outb(COM1 + 1, 0);
    outb(COM1 + 3, 0x03);
    outb(COM1 + 2, 0x07);
    outb(COM1 + 4, 0x0B); /* DTR, RTS, and OUT2 that lets the interrupt through */
    *(volatile u32 *)at(4 * 0x0C) = (u32)serial_irq;
    outb(COM1 + 1, 1);
    outb(0x21, inb(0x21) & ~0x10);
}

void console_start(void)
{
    serial_start();
}

/* ---- input ---- */

u32 get_key(void)
{
    cursor();
    real_run(real_wait);
    return real_key == '\n' ? KEY_ENTER : real_key;
}

bool go_on(void)
{
    print(ASIDE "\n[Enter] goes on, [Esc] leads to the prompt" NORMAL);
    for (;;) {
        u32 key = get_key();
        if (key == KEY_ENTER || key == ' ' || key == KEY_ESC || key == 'q') {
            print("\n");
            return key == KEY_ENTER || key == ' ';
        }
    }
}

u32 read_line(char *line, u32 size)
{
    u32 length = 0;
    for (;;) {
        u32 key = get_key();
        if (key == KEY_ENTER) {
            line[length] = 0;
            print("\n");
            return length;
        }
        if ((key == KEY_BACKSPACE || key == 127) && length) {
            length--;
            print("\b \b");
        } else if (key == KEY_ESC) {
            for (; length; length--)
                print("\b \b");
        } else if (key >= ' ' && key < 127 && length < size - 1) {
            line[length++] = (char)key;
            print("%c", (int)key);
        }
    }
}
