/* SPDX-License-Identifier: MIT */
/* Commands that print what the library reports of the machine's inside. */
#include "cli/app.h"
#include "cli/monitor.h"

static void print_line(void *opaque, const char *line)
{
    monitor_print(opaque, "%s\n", line);
}

static void report(struct monitor *m, const char *what, const char *name)
{
    struct ersatz_error error;

    app_hold(m->app);
    if (ersatz_report(m->app->machine, what, name, print_line, m, &error) < 0)
        monitor_print(m, "%s\n", error.text);
    app_release(m->app);
}

void info_pci(struct monitor *m, char *args)
{
    report(m, "pci", NULL);
}

void info_pic(struct monitor *m, char *args)
{
    report(m, "pic", NULL);
}

void info_mtree(struct monitor *m, char *args)
{
    report(m, "mtree", NULL);
}

void info_devices(struct monitor *m, char *args)
{
    report(m, "devices", NULL);
}

void info_device(struct monitor *m, char *args)
{
    report(m, "device", monitor_word(&args));
}
