/* SPDX-License-Identifier: MIT */
/* What a person does to keyboard and mouse, typed at the monitor. */
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/monitor.h"
#include "ui/keys.h"

static void print_keys(struct monitor *m)
{
    static const char *const names[] = {
#define KEY(name, code, plain, shifted) name,
#include "ui/keys.def"
#undef KEY
    };
    size_t column = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t width = strlen(names[i]) + 1;
        if (column + width > 80) {
            monitor_print(m, "\n");
            column = 0;
        }
        monitor_print(m, "%s ", names[i]);
        column += width;
    }
    monitor_print(m, "\n");
}

/* The code of a name or of a number such as 0x1e; 0 and an answer if it is neither. */
static uint16_t parse_key(struct monitor *m, const char *word, size_t len)
{
    char name[32], *end;

    if (len >= sizeof name)
        len = sizeof name - 1;
    memcpy(name, word, len);
    name[len] = 0;
    uint16_t code = key_find(name, len);
    if (!code && strncmp(name, "0x", 2) == 0) {
        unsigned long n = strtoul(name, &end, 16);
        code = *end || n > 0xFFFF ? 0 : (uint16_t)n;
    }
    if (!code) {
        const char *near = key_nearest(name);
        monitor_print(m, "no key %s%s%s%s\n", name, near ? "; did you mean " : "", near ? near : "",
                      near ? "?" : "");
    }
    return code;
}

void cmd_sendkey(struct monitor *m, char *args)
{
    struct held_keys keys = {.count = 0};
    const char *word = monitor_word(&args);
    char *end;

    if (!*word) {
        print_keys(m);
        return;
    }
    unsigned long ms = strtoul(args, &end, 10);
    if (*end || ms > 600000) {
        monitor_print(m, "%s: not a number of milliseconds\n", args);
        return;
    }
    while (*word) {
        size_t len = strcspn(word, "-");
        if (keys.count == HELD_KEYS) {
            monitor_print(m, "more than %d keys at once\n", HELD_KEYS);
            return;
        }
        keys.code[keys.count] = parse_key(m, word, len);
        if (!keys.code[keys.count++])
            return;
        word += len + (word[len] == '-');
    }
    if (!keyboard_press(m->app, &keys, (unsigned)ms))
        monitor_print(m, "the keyboard's queue is full\n");
}

/* The next argument as a number; false with an answer if it is none. */
static bool number(struct monitor *m, char **args, long *to)
{
    const char *word = monitor_word(args);
    char *end;

    *to = strtol(word, &end, 0);
    if (*word && !*end && *to >= -32768 && *to <= 32767)
        return true;
    monitor_print(m, "'%s' is not a number that a mouse could tell\n", word);
    return false;
}

static void send_mouse(struct monitor *m, long dx, long dy, long dz)
{
    if (!ersatz_mouse(m->app->machine, (int)dx, (int)dy, (int)dz, m->app->mouse_buttons))
        monitor_print(m, "the mouse's queue is full\n");
}

void cmd_mouse_move(struct monitor *m, char *args)
{
    long dx, dy, dz = 0;

    if (number(m, &args, &dx) && number(m, &args, &dy) && (!*args || number(m, &args, &dz)))
        send_mouse(m, dx, dy, dz);
}

void cmd_mouse_button(struct monitor *m, char *args)
{
    long buttons;

    if (!number(m, &args, &buttons))
        return;
    m->app->mouse_buttons = (unsigned)buttons & 0x1F;
    send_mouse(m, 0, 0, 0);
}
