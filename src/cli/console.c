/* SPDX-License-Identifier: MIT */
/*
 * Standard input, shared by the guest's serial port and the monitor. Ctrl-a is the escape, with
 * QEMU's letters.
 */
#include <string.h>

#include "cli/app.h"

#define CTRL_A 1

static void to_terminal(void *opaque, const char *text, size_t len)
{
    struct console *c = opaque;
    chardev_say(c->dev, (const uint8_t *)text, len);
}

static void toggle(struct console *c)
{
    c->on_monitor = !c->on_monitor || !c->serial;
    monitor_print(&c->monitor, "\n");
    if (c->on_monitor)
        monitor_greet(&c->monitor);
}

/* The key behind Ctrl-a; false if it is a byte for the guest. */
static bool escape_key(struct app *app, uint8_t key)
{
    struct console *c = &app->console;

    switch (key) {
    case 'h':
    case '?':
        monitor_print(&c->monitor, "\nC-a h    this help\n"
                                   "C-a x    leave\n"
                                   "C-a c    change between console and monitor\n"
                                   "C-a C-a  send C-a\n");
        return true;
    case 'x':
        monitor_print(&c->monitor, "\nersatz: left by C-a x\n");
        app->quit = true;
        return true;
    case 'c': toggle(c); return true;
    default: return key != CTRL_A; /* others mean nothing */
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
        monitor_key(&c->monitor, key);
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
    c->monitor = (struct monitor){.app = app, .write = to_terminal, .opaque = c, .echo = true};
    chardev_on_input(c->dev, input, app);
    if (!c->serial)
        toggle(c);
}
