/* SPDX-License-Identifier: MIT */
/* Commands that start and stop the machine, and what it tells of its state. */
#include <inttypes.h>
#include <string.h>

#include "cli/app.h"
#include "cli/monitor.h"

void cmd_cont(struct monitor *m, char *args)
{
    app_continue(m->app);
}

void cmd_stop(struct monitor *m, char *args)
{
    app_pause(m->app);
    m->app->retry_at = 0;
}

void cmd_quit(struct monitor *m, char *args)
{
    m->app->quit = true;
}

void cmd_system_reset(struct monitor *m, char *args)
{
    ersatz_reset(m->app->machine);
}

void cmd_system_powerdown(struct monitor *m, char *args)
{
    ersatz_power_button(m->app->machine);
}

void info_status(struct monitor *m, char *args)
{
    struct app *app = m->app;
    uint64_t ns = ersatz_time(app->machine);

    monitor_print(m, "VM status: %s\n%" PRIu64 " instructions, %" PRIu64 ".%03u s\n",
                  session_paused(&app->session) ? "paused" : "running",
                  ersatz_instructions(app->machine), ns / 1000000000,
                  (unsigned)(ns / 1000000 % 1000));
}

static void print_register(struct monitor *m, unsigned cpu, enum ersatz_reg reg, const char *name)
{
    struct ersatz_value v;

    if (ersatz_get(m->app->machine, cpu, reg, &v, NULL) < 0)
        return;
    monitor_print(m, "%10s=%016" PRIx64 "%s", name, v.lo, (reg + 1) % 3 ? "" : "\n");
}

/* The general and control registers; all of them once, in the order of ERSATZ_REGISTERS. */
void info_registers(struct monitor *m, char *args)
{
    static const char *const names[] = {
#define ERSATZ_X(id, name, bits) name,
        ERSATZ_REGISTERS(ERSATZ_X)
#undef ERSATZ_X
    };

    app_hold(m->app);
    for (unsigned cpu = 0; cpu < ersatz_cpu_count(m->app->machine); cpu++) {
        monitor_print(m, "CPU#%u\n", cpu);
        for (unsigned i = 0; i < ERSATZ_REG_ST0; i++)
            print_register(m, cpu, i, names[i]);
        monitor_print(m, "\n");
    }
    app_release(m->app);
}

static uint64_t get(struct app *app, unsigned cpu, enum ersatz_reg reg)
{
    struct ersatz_value v = {0, 0};

    ersatz_get(app->machine, cpu, reg, &v, NULL);
    return v.lo;
}

void info_cpus(struct monitor *m, char *args)
{
    struct app *app = m->app;

    app_hold(app);
    for (unsigned cpu = 0; cpu < ersatz_cpu_count(app->machine); cpu++)
        monitor_print(m, "CPU#%u: %04x:%" PRIx64 " CPL %u\n", cpu,
                      (unsigned)get(app, cpu, ERSATZ_REG_CS), get(app, cpu, ERSATZ_REG_RIP),
                      (unsigned)get(app, cpu, ERSATZ_REG_CPL));
    app_release(app);
}

void info_name(struct monitor *m, char *args)
{
    monitor_print(m, "%s\n", m->app->options.name ? m->app->options.name : "(no name)");
}

void info_version(struct monitor *m, char *args)
{
    monitor_print(m, "Ersatz %s\n", ersatz_version());
}
