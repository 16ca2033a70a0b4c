/* SPDX-License-Identifier: MIT */
/* The monitor's lines: editing, finding the command, help. */
#include "cli/monitor.h"

#include <stdarg.h>
#include <string.h>

#include "cli/app.h"

#define PROMPT "(ersatz) "
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

typedef void command_fn(struct monitor *m, char *args);

struct command {
    const char *name, *brief, *args, *text;
    command_fn *run;
};

static const struct command commands[] = {
#define COMMAND(id, name, brief, shape, text) {name, brief, shape, text, cmd_##id},
#define INFO(id, name, shape, text)
#include "cli/monitor.def"
#undef COMMAND
#undef INFO
};

static const struct command infos[] = {
#define COMMAND(id, name, brief, shape, text)
#define INFO(id, name, shape, text) {name, "", shape, text, info_##id},
#include "cli/monitor.def"
#undef COMMAND
#undef INFO
};

void monitor_print(struct monitor *m, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof text)
        n = sizeof text - 1;
    m->write(m->opaque, text, (size_t)n);
}

char *monitor_word(char **args)
{
    char *word = *args, *end;

    if (*word == '"' && (end = strchr(word + 1, '"')))
        word++;
    else
        end = word + strcspn(word, " ");
    *args = *end ? end + 1 : end;
    *end = 0;
    *args += strspn(*args, " ");
    return word;
}

/* ---- finding and running ---- */

static void print_list(struct monitor *m, const char *prefix, const struct command *c, size_t n)
{
    for (; n--; c++) {
        char head[64];
        snprintf(head, sizeof head, "%s%s%s%s%s%s", prefix, c->name, *c->brief ? "|" : "", c->brief,
                 *c->args ? " " : "", c->args);
        monitor_print(m, "%-28s %s\n", head, c->text);
    }
}

void cmd_help(struct monitor *m, char *args)
{
    print_list(m, "", commands, LEN(commands));
    print_list(m, "info ", infos, LEN(infos));
}

/* Runs the command of that table that `line` begins with. */
static void dispatch(struct monitor *m, const char *prefix, const struct command *table, size_t n,
                     char *line)
{
    const char *names[LEN(commands) > LEN(infos) ? LEN(commands) : LEN(infos)];
    char *args = line + strcspn(line, " ");

    if (*args)
        *args++ = 0;
    args += strspn(args, " ");
    for (size_t i = 0; i < n; i++) {
        names[i] = table[i].name;
        if (strcmp(line, table[i].name) == 0 || (*line && strcmp(line, table[i].brief) == 0)) {
            if (*args && !*table[i].args)
                monitor_print(m, "%s%s takes no argument\n", prefix, line);
            else
                table[i].run(m, args);
            return;
        }
    }
    const char *near = ersatz_nearest(line, names, n);
    if (near)
        monitor_print(m, "unknown command: %s%s; did you mean %s%s?\n", prefix, line, prefix, near);
    else
        monitor_print(m, "unknown command: %s%s; help lists the commands\n", prefix, line);
}

void cmd_info(struct monitor *m, char *args)
{
    if (*args)
        dispatch(m, "info ", infos, LEN(infos), args);
    else
        print_list(m, "info ", infos, LEN(infos));
}

void monitor_command(struct monitor *m, char *line)
{
    size_t n = strlen(line);

    while (n && line[n - 1] == ' ')
        line[--n] = 0;
    line += strspn(line, " ");
    if (*line)
        dispatch(m, "", commands, LEN(commands), line);
}

/* ---- editing ---- */

void monitor_greet(struct monitor *m)
{
    m->length = 0;
    monitor_print(m, "Ersatz %s monitor; help lists the commands\n" PROMPT, ersatz_version());
}

static void echo(struct monitor *m, const char *text)
{
    if (m->echo)
        monitor_print(m, "%s", text);
}

void monitor_key(struct monitor *m, uint8_t key)
{
    bool second = key == '\n' && m->was_return;

    m->was_return = key == '\r';
    if (second)
        return;
    if (key == '\n' || key == '\r') {
        echo(m, "\n");
        m->line[m->length] = 0;
        m->length = 0;
        monitor_command(m, m->line);
        if (!m->app->quit)
            monitor_print(m, PROMPT);
    } else if (key == 8 || key == 127) {
        if (m->length) {
            m->length--;
            echo(m, "\b \b");
        }
    } else if (key >= ' ' && m->length + 1 < sizeof m->line) {
        m->line[m->length++] = (char)key;
        echo(m, (char[]){(char)key, 0});
    }
}

/* ---- behind a socket or the like ---- */

static void to_chardev(void *opaque, const char *text, size_t len)
{
    chardev_say(opaque, (const uint8_t *)text, len);
}

static size_t from_chardev(void *opaque, const uint8_t *bytes, size_t len)
{
    struct monitor *m = opaque;

    for (size_t i = 0; i < len; i++)
        monitor_key(m, bytes[i]);
    return len;
}

static void client_came(void *opaque)
{
    monitor_greet(opaque);
}

void monitor_attach(struct monitor *m, struct app *app, struct chardev *dev)
{
    *m = (struct monitor){.app = app, .write = to_chardev, .opaque = dev};
    chardev_on_input(dev, from_chardev, m);
    chardev_on_open(dev, client_came);
}
