/* SPDX-License-Identifier: MIT */
/*
 * -display curses: the machine's text screen and keyboard in this terminal. Ctrl-a is the escape
 * as on the console; the monitor gets a page of its own. The screen is looked at FRAME_MS apart,
 * and only when the machine has run since.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/terminal.h"
#include "ui/curses.h"

#define FRAME_MS 40
#define CTRL_A 1

static void to_page(void *opaque, const char *text, size_t len)
{
    curses_write(text, len);
}

static void toggle(struct app *app)
{
    struct display *d = &app->display;

    d->on_monitor = !d->on_monitor;
    d->seen = ~0ull;
    if (d->on_monitor) {
        curses_page();
        monitor_greet(&d->monitor);
    }
}

/* The key behind Ctrl-a; false if it is for the guest. */
static bool escape_key(struct app *app, int character)
{
    switch (character) {
    case 'x': app->quit = true; return true;
    case 'c': toggle(app); return true;
    default: return character != CTRL_A;
    }
}

static void to_guest(struct app *app, const struct curses_key *key)
{
    struct held_keys keys = {.count = 0};

    for (; keys.count < key->held_count; keys.count++)
        keys.code[keys.count] = key->held[keys.count];
    if (key->code) {
        keys.code[keys.count++] = key->code;
        keyboard_press(app, &keys, 0);
    }
}

static void typed(struct app *app, const struct curses_key *key)
{
    struct display *d = &app->display;

    if (!d->escaped && key->character == CTRL_A) {
        d->escaped = true;
        return;
    }
    bool done = d->escaped && escape_key(app, key->character);
    d->escaped = false;
    if (done)
        return;
    if (!d->on_monitor)
        to_guest(app, key);
    else if (key->character)
        monitor_key(&d->monitor, (uint8_t)key->character);
}

static void readable(void *opaque, short revents)
{
    struct app *app = opaque;
    struct curses_key key;

    while (!app->quit && curses_key(&key))
        typed(app, &key);
    if (revents & (POLLHUP | POLLERR)) /* the terminal is gone, its last keys are read */
        app->quit = true;
}

static void draw(struct app *app)
{
    struct display *d = &app->display;
    struct ersatz_error error;
    unsigned width, height;
    char line[640];

    app_hold(app);
    int text = ersatz_screen_text(app->machine, d->text, &error);
    if (text < 0 && ersatz_screen_size(app->machine, &width, &height, &error) < 0)
        snprintf(line, sizeof line, "%s", error.text);
    else
        snprintf(line, sizeof line,
                 "%ux%u graphics mode; the monitor's screendump shows it "
                 "(Ctrl-a c)",
                 width, height);
    app_release(app);
    if (text == 0)
        curses_show(d->text);
    else
        curses_say(line);
}

int display_pump(struct app *app)
{
    struct display *d = &app->display;
    uint64_t now = ersatz_instructions(app->machine);

    if (!d->open || d->drawing || app->quit)
        return -1;
    if (terminal_continued()) {
        curses_forget();
        d->seen = ~0ull;
    }
    if (!d->on_monitor && now != d->seen) {
        d->drawing = true; /* holding the machine serves the loop, which comes here */
        draw(app);
        d->drawing = false;
        d->seen = now;
    }
    return FRAME_MS;
}

/* Is curses wanted? Without an option if this terminal is nobody's. */
static bool wanted(const struct app *app)
{
    const struct options *o = &app->options;

    if (o->display)
        return strcmp(o->display, "curses") == 0;
    return !o->nographic && !app->console.dev && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int display_open(struct app *app, struct ersatz_error *error)
{
    struct display *d = &app->display;

    if (!wanted(app))
        return 0;
    error->code = ERSATZ_E_CONFLICT;
    strcpy(error->text, "-display curses: standard input and output are used by another option");
    if (app->console.dev)
        return -ERSATZ_E_CONFLICT;
    d->text = malloc(sizeof *d->text);
    terminal_raw(true);
    if (!d->text || !curses_open(error)) {
        terminal_restore();
        return -(int)error->code;
    }
    terminal_leave_text(curses_leave_text());
    d->open = true;
    d->seen = ~0ull;
    d->monitor = (struct monitor){.app = app, .write = to_page, .opaque = d, .echo = true};
    d->input = (struct watch){STDIN_FILENO, POLLIN, readable, app};
    loop_add(&app->loop, &d->input);
    return 0;
}

void display_close(struct app *app)
{
    struct display *d = &app->display;

    if (d->open) {
        loop_remove(&app->loop, &d->input);
        curses_close();
        terminal_leave_text(NULL);
    }
    d->open = false;
    free(d->text);
    d->text = NULL;
}
