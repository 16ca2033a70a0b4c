/* SPDX-License-Identifier: MIT */
/* The monitor: a few of QEMU's commands, by what the public header offers. */
#include <inttypes.h>
#include <string.h>

#include "cli/app.h"

struct command {
    const char *name, *brief, *text;
    void (*run)(struct app *app);
};

static void cmd_help(struct app *app);

static void cmd_cont(struct app *app)
{
    session_resume(&app->session);
}

static void cmd_stop(struct app *app)
{
    app_pause(app);
}

static void cmd_quit(struct app *app)
{
    app->quit = true;
}

static void cmd_reset(struct app *app)
{
    ersatz_reset(app->machine);
}

static void cmd_powerdown(struct app *app)
{
    ersatz_power_button(app->machine);
}

static void info_status(struct app *app)
{
    uint64_t ns = ersatz_time(app->machine);

    console_print(&app->console, "VM status: %s\n%" PRIu64 " instructions, %" PRIu64 ".%03u s\n",
                  session_paused(&app->session) ? "paused" : "running",
                  ersatz_instructions(app->machine), ns / 1000000000,
                  (unsigned)(ns / 1000000 % 1000));
}

static void print_register(struct app *app, unsigned cpu, enum ersatz_reg reg, const char *name)
{
    struct ersatz_value v;

    if (ersatz_get(app->machine, cpu, reg, &v, NULL) < 0)
        return;
    console_print(&app->console, "%10s=%016" PRIx64 "%s", name, v.lo, (reg + 1) % 3 ? "" : "\n");
}

/* The general and control registers; all of them once, in the order of ERSATZ_REGISTERS. */
static void info_registers(struct app *app)
{
    static const struct {
        const char *name;
        unsigned bits;
    } regs[] = {
#define ERSATZ_X(id, name, bits) {name, bits},
        ERSATZ_REGISTERS(ERSATZ_X)
#undef ERSATZ_X
    };
    bool paused = session_paused(&app->session);

    app_pause(app); /* they hold still only then */
    for (unsigned cpu = 0; cpu < ersatz_cpu_count(app->machine); cpu++) {
        console_print(&app->console, "CPU#%u\n", cpu);
        for (unsigned i = 0; i < ERSATZ_REG_ST0; i++)
            print_register(app, cpu, i, regs[i].name);
        console_print(&app->console, "\n");
    }
    if (!paused)
        session_resume(&app->session);
}

static void info_name(struct app *app)
{
    console_print(&app->console, "%s\n", app->options.name ? app->options.name : "(no name)");
}

static void info_version(struct app *app)
{
    console_print(&app->console, "Ersatz %s\n", ersatz_version());
}

static const struct command commands[] = {
    {"help", "?", "this list", cmd_help},
    {"cont", "c", "let the machine run", cmd_cont},
    {"stop", "s", "let it stand still", cmd_stop},
    {"quit", "q", "leave", cmd_quit},
    {"system_reset", "", "press the reset button", cmd_reset},
    {"system_powerdown", "", "press the power button", cmd_powerdown},
    {"info status", "", "running or paused, and how far", info_status},
    {"info registers", "", "the CPUs' registers", info_registers},
    {"info name", "", "the machine's name", info_name},
    {"info version", "", "Ersatz's version", info_version},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void cmd_help(struct app *app)
{
    for (size_t i = 0; i < COMMANDS; i++)
        console_print(&app->console, "%-18s%-2s  %s\n", commands[i].name, commands[i].brief,
                      commands[i].text);
}

/* Strips blanks at both ends, makes the inner ones single. */
static void tidy(char *line)
{
    char *to = line;

    for (const char *from = line; *from; from++)
        if (*from != ' ' || (to > line && to[-1] != ' '))
            *to++ = *from;
    if (to > line && to[-1] == ' ')
        to--;
    *to = 0;
}

void monitor_command(struct app *app, char *line)
{
    const char *names[COMMANDS];

    tidy(line);
    if (!*line)
        return;
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (!strcmp(line, commands[i].name) || !strcmp(line, commands[i].brief)) {
            commands[i].run(app);
            return;
        }
    }
    const char *near = ersatz_nearest(line, names, COMMANDS);
    console_print(&app->console, "unknown command: %s%s%s%s\n", line, near ? "; did you mean " : "",
                  near ? near : "", near ? "?" : "");
}
