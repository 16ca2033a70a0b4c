/* SPDX-License-Identifier: MIT */
/*
 * The monitor: lines come in, commands of monitor.def run, answers go out. Several may be open
 * at once, each with its own line.
 */
#ifndef ERSATZ_CLI_MONITOR_H
#define ERSATZ_CLI_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct chardev;

/* Takes an answer's text. Main thread. */
typedef void monitor_write_fn(void *opaque, const char *text, size_t len);

struct monitor {
    struct app *app;
    monitor_write_fn *write;
    void *opaque;
    bool echo;       /* the terminal is raw: echo and erase are ours */
    bool was_return; /* a line feed that follows belongs to it */
    char line[512];
    size_t length;
};

void monitor_print(struct monitor *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A greeting and the first prompt; forgets what was typed. */
void monitor_greet(struct monitor *m);

/* A byte typed. */
void monitor_key(struct monitor *m, uint8_t key);

/* One line of text, as if typed; cut in place. */
void monitor_command(struct monitor *m, char *line);

/* Cuts the next word, "in quotes" or not, off a command's arguments: "" when there is none. */
char *monitor_word(char **args);

/* A monitor of its own behind a connection that is no terminal of ours. */
void monitor_attach(struct monitor *m, struct app *app, struct chardev *dev);

/*
 * The functions of monitor.def. `args` is what stands behind the name, without blanks at its
 * ends, "" if nothing.
 */
#define COMMAND(id, name, brief, shape, text) void cmd_##id(struct monitor *m, char *args);
#define INFO(id, name, shape, text) void info_##id(struct monitor *m, char *args);
#include "cli/monitor.def"
#undef COMMAND
#undef INFO

#endif
