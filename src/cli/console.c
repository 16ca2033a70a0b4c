/* SPDX-License-Identifier: MIT */
/*
 * Standard input, shared by the guest's serial port and the monitor. Ctrl-a is the escape, with
 * QEMU's letters.
 */
#include <stdarg.h>
#include <string.h>

#include "cli/app.h"

#define CTRL_A 1
#define PROMPT "(ersatz) "

void console_print(struct console *c, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof text)
        n = sizeof text - 1;
    chardev_pump(c->dev); /* so that there is room: we are the ones who make it */
    chardev_output(c->dev, (const uint8_t *)text, (size_t)n);
    chardev_pump(c->dev);
}

static void print_keys(struct console *c)
{
    console_print(c, "\nC-a h    this help\n"
                     "C-a x    leave\n"
                     "C-a c    change between console and monitor\n"
                     "C-a C-a  send C-a\n");
}

static void toggle(struct console *c)
{
    c->on_monitor = !c->on_monitor || !c->serial;
    c->length = 0;
    console_print(c, c->on_monitor ? "\nErsatz %s monitor; help lists the commands\n" PROMPT : "\n",
                  ersatz_version());
}

/* The key behind Ctrl-a; false if it is a byte for the guest. */
static bool escape_key(struct app *app, uint8_t key)
{
    struct console *c = &app->console;

    switch (key) {
    case 'h':
    case '?': print_keys(c); return true;
    case 'x':
        console_print(c, "\nersatz: left by C-a x\n");
        app->quit = true;
        return true;
    case 'c': toggle(c); return true;
    default: return key != CTRL_A; /* others mean nothing */
    }
}

/* A key at the monitor's prompt: the terminal is raw, so echo and erase are ours. */
static void monitor_key(struct app *app, uint8_t key)
{
    struct console *c = &app->console;

    if (key == '\r' || key == '\n') {
        console_print(c, "\n");
        c->command[c->length] = 0;
        monitor_command(app, c->command);
        c->length = 0;
        if (!app->quit)
            console_print(c, PROMPT);
    } else if (key == 8 || key == 127) {
        if (c->length) {
            c->length--;
            console_print(c, "\b \b");
        }
    } else if (key >= ' ' && key < 127 && c->length + 1 < sizeof c->command) {
        c->command[c->length++] = (char)key;
        console_print(c, "%c", key);
    }
}

/* One byte from the terminal; false if the guest has no room for it now. */
static bool typed(struct app *app, uint8_t key)
{
    struct console *c = &app->console;

    if (c->has_monitor && !c->escaped && key == CTRL_A) {
        c->escaped = true;
        return true;
    }
    if (c->escaped && escape_key(app, key)) {
        c->escaped = false;
        return true;
    }
    if (c->on_monitor)
        monitor_key(app, key);
    else if (!ersatz_serial_input(app->machine, c->serial->channel, &key, 1))
        return false; /* still escaped, if it was */
    c->escaped = false;
    return true;
}

static size_t input(void *opaque, const uint8_t *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && typed(opaque, bytes[n]))
        n++;
    return n;
}

void console_attach(struct app *app)
{
    struct console *c = &app->console;

    if (!c->dev)
        return;
    chardev_on_input(c->dev, input, app);
    if (!c->serial)
        toggle(c);
}
