/* SPDX-License-Identifier: MIT */
/* The program: a machine, what it is connected to, and the main thread's round. */
#ifndef ERSATZ_CLI_APP_H
#define ERSATZ_CLI_APP_H

#include <stdio.h>

#include "char/chardev.h"
#include "cli/monitor.h"
#include "cli/options.h"
#include "cli/session.h"

struct app;

/* A connection's two ends. */
struct line {
    struct app *app;
    enum ersatz_channel channel;
    struct chardev *dev; /* NULL: not connected */
};

/* Standard input and output: Ctrl-a, and who has them. */
struct console {
    struct chardev *dev; /* NULL if nobody uses them */
    struct line *serial; /* whose bytes they are, NULL: the monitor's alone */
    bool has_monitor;    /* Ctrl-a works, and the monitor can be reached */
    bool on_monitor;     /* bytes go there now */
    bool escaped;        /* Ctrl-a was the last byte */
    struct monitor monitor;
};

/* Keys that are pressed together. */
#define HELD_KEYS 8
#define HELD_MAX 16

struct held_keys {
    uint16_t code[HELD_KEYS]; /* as ersatz_key() has them */
    unsigned count;
    uint64_t until; /* in virtual time */
};

/* -display curses. */
struct display {
    bool open, on_monitor, escaped;
    bool drawing;             /* inside draw() */
    uint64_t seen;            /* the count of instructions that the picture is of */
    struct ersatz_text *text; /* large */
    struct watch input;
    struct monitor monitor;
};

struct app {
    struct options options;
    struct ersatz_machine *machine;
    struct ersatz_machine *twin; /* -verify */
    struct loop loop;
    struct session session;
    struct line lines[ERSATZ_CHANNELS];
    struct console console;
    struct {
        struct chardev *dev; /* NULL: none */
        struct monitor monitor;
    } monitors[MAX_MONITORS];
    struct display display;
    struct held_keys held[HELD_MAX];
    unsigned held_count;
    unsigned mouse_buttons; /* held, as ersatz_mouse() has them */
    uint64_t retry_at;      /* ms of the host's clock when to go on after a disk's error; 0: no */
    char disk_error[512];   /* what was said of it last */
    FILE *log;
    bool quit;
    enum exit_status status;
};

/* The whole program; returns its exit status. */
int app_main(int argc, char **argv);

/* Stops the machine and serves its output until it stands still. */
void app_pause(struct app *app);

/* Lets it run, from a pause or after a disk's error. */
void app_continue(struct app *app);

/* It stands still between the two, whether paused or not, so that it can be looked at. */
void app_hold(struct app *app);
void app_release(struct app *app);

/* connect.c: opens what the options name, before the machine is switched on. */
int connect_all(struct app *app, struct ersatz_error *error);
void connect_close(struct app *app);

/* console.c: takes standard input over. */
void console_attach(struct app *app);

/* display.c: opens what -display says, shows what has changed, once a round as keyboard_pump(). */
int display_open(struct app *app, struct ersatz_error *error);
int display_pump(struct app *app);
void display_close(struct app *app);

/*
 * keyboard.c: presses keys in their order and lets them go after `ms` of the guest's time, 0: at
 * once. False if the queue is full. keyboard_pump() lets go what is due, once a round, and tells
 * in how many ms it wants to be called again, -1: not at all.
 */
bool keyboard_press(struct app *app, const struct held_keys *keys, unsigned ms);
int keyboard_pump(struct app *app);

#endif
