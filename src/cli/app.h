/* SPDX-License-Identifier: MIT */
/* The program: a machine, what it is connected to, and the main thread's round. */
#ifndef ERSATZ_CLI_APP_H
#define ERSATZ_CLI_APP_H

#include <stdio.h>

#include "char/chardev.h"
#include "cli/options.h"
#include "cli/session.h"

struct app;

/* A connection's two ends. */
struct line {
    struct app *app;
    enum ersatz_channel channel;
    struct chardev *dev; /* NULL: not connected */
};

/* The keys and commands of Ctrl-a and the monitor. */
struct console {
    struct chardev *dev; /* standard input and output, NULL if nobody uses them */
    struct line *serial; /* whose bytes they are, NULL: the monitor's alone */
    bool has_monitor;    /* Ctrl-a works, and the monitor can be reached */
    bool on_monitor;     /* bytes go there now */
    bool escaped;        /* Ctrl-a was the last byte */
    char command[256];
    size_t length;
};

struct app {
    struct options options;
    struct ersatz_machine *machine;
    struct loop loop;
    struct session session;
    struct line lines[ERSATZ_CHANNELS];
    struct console console;
    FILE *log;
    bool quit;
    enum exit_status status;
};

/* The whole program; returns its exit status. */
int app_main(int argc, char **argv);

/* Stops the machine and serves its output until it stands still. */
void app_pause(struct app *app);

/* console.c: takes standard input over; prints as the monitor does. */
void console_attach(struct app *app);
void console_print(struct console *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* monitor.c: one line typed at the prompt. */
void monitor_command(struct app *app, char *line);

#endif
