/* SPDX-License-Identifier: MIT */
/* Commands about drives and what lies in them. */
#include <inttypes.h>
#include <string.h>

#include "cli/app.h"
#include "cli/monitor.h"

static void print_drive(struct monitor *m, const struct ersatz_drive_info *d)
{
    monitor_print(m, "%s: %s%s", d->id, d->present ? d->file : "[not inserted]",
                  d->read_only ? " (read-only)" : "");
    if (d->present)
        monitor_print(m, "%s, %" PRIu64 " bytes", d->snapshot ? " (snapshot)" : "", d->size);
    monitor_print(m, "\n    %s %u, %s%s\n", d->kind, d->index,
                  d->removable ? "removable" : "not removable",
                  d->locked ? ", locked by the guest" : "");
    monitor_print(m,
                  "    %" PRIu64 " reads of %" PRIu64 " bytes, %" PRIu64 " writes of %" PRIu64
                  " bytes, %" PRIu64 " flushes\n",
                  d->reads, d->read_bytes, d->writes, d->written_bytes, d->flushes);
}

void info_block(struct monitor *m, char *args)
{
    struct ersatz_drive_info d;

    app_hold(m->app);
    for (unsigned i = 0; ersatz_drive(m->app->machine, i, &d, NULL) == 0; i++)
        print_drive(m, &d);
    app_release(m->app);
}

/* Changes a medium, or says what there is instead of a misspelt drive. */
static void set_medium(struct monitor *m, const char *id, const char *file, const char *options)
{
    struct ersatz_error error;

    if (ersatz_medium(m->app->machine, id, file, options, &error) < 0)
        monitor_print(m, "%s\n", error.text);
}

void cmd_change(struct monitor *m, char *args)
{
    const char *id = monitor_word(&args), *file = monitor_word(&args);

    if (!*file || *args)
        monitor_print(m, "change takes a drive and a file; info block lists the drives\n");
    else
        set_medium(m, id, file, NULL);
}

void cmd_eject(struct monitor *m, char *args)
{
    const char *word = monitor_word(&args);
    bool force = strcmp(word, "-f") == 0;

    if (force)
        word = monitor_word(&args);
    if (!*word || *args)
        monitor_print(m, "eject takes a drive; info block lists them\n");
    else
        set_medium(m, word, NULL, force ? "force=on" : NULL);
}
