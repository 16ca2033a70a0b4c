/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/machine_file.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

enum option {
#define OPTION_GROUP(title)
#define OPTION(id, name, arg, key, text) OPT_##id,
#include "cli/options.def"
#undef OPTION_GROUP
#undef OPTION
};

static const char *const names[] = {
#define OPTION_GROUP(title)
#define OPTION(id, name, arg, key, text) name,
#include "cli/options.def"
#undef OPTION_GROUP
#undef OPTION
};

static const struct {
    const char *arg, *key;
} rows[] = {
#define OPTION_GROUP(title)
#define OPTION(id, name, arg, key, text) {arg, key},
#include "cli/options.def"
#undef OPTION_GROUP
#undef OPTION
};

/* ---- errors and lists ---- */

enum parsed options_fail(struct ersatz_error *error, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error->text, sizeof error->text, fmt, ap);
    va_end(ap);
    error->code = ERSATZ_E_VALUE;
    return PARSED_ERROR;
}

enum parsed options_no_such(struct ersatz_error *error, const char *what, const char *word,
                            const char *const *list, size_t n)
{
    const char *near = ersatz_nearest(word, list, n);

    if (!near)
        return options_fail(error, "unknown %s %s; -help lists what there is", what, word);
    return options_fail(error, "unknown %s %s; did you mean %s?", what, word, near);
}

enum parsed options_unknown(const char *name, const char *dash, struct ersatz_error *error)
{
    const char *near = ersatz_nearest(name, names, LEN(names));

    if (!near)
        return options_fail(error, "unknown option %s%s; -help lists what there is", dash, name);
    return options_fail(error, "unknown option %s%s; did you mean %s%s?", dash, name, dash, near);
}

bool setting_add(struct setting_list *list, const char *key, const char *value)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 32;
        struct setting *row = realloc(list->row, room * sizeof *row);
        if (!row)
            return false;
        list->row = row;
        list->room = room;
    }
    list->row[list->count++] = (struct setting){key, value};
    return true;
}

char *options_keep(struct options *o, char *text)
{
    char **owned = text ? realloc(o->owned, (o->owned_count + 1) * sizeof *owned) : NULL;

    if (!owned) {
        free(text);
        return NULL;
    }
    o->owned = owned;
    owned[o->owned_count++] = text;
    return text;
}

static enum parsed add_setting(struct options *o, const char *key, const char *value,
                               struct ersatz_error *error)
{
    return setting_add(&o->settings, key, value) ? PARSED_RUN : options_fail(error, "no memory");
}

/* ---- options that are not simply a setting of the library ---- */

/* -rtc base=B,clock=C: each part is a setting of its own. The parts are cut in place. */
static enum parsed parse_rtc(struct options *o, char *arg, struct ersatz_error *error)
{
    static const char *const keys[] = {"base", "clock"};
    static const char *const settings[] = {"rtc.base", "rtc.clock"};

    for (char *part = strtok(arg, ","); part; part = strtok(NULL, ",")) {
        char *value = strchr(part, '=');
        size_t k = 0;

        if (!value)
            return options_fail(error, "-rtc %s: expected base=... or clock=...", part);
        *value++ = 0;
        while (k < LEN(keys) && strcmp(part, keys[k]) != 0)
            k++;
        if (k == LEN(keys))
            return options_no_such(error, "part of -rtc,", part, keys, LEN(keys));
        if (add_setting(o, settings[k], value, error) != PARSED_RUN)
            return PARSED_ERROR;
    }
    return PARSED_RUN;
}

static enum parsed parse_count(uint64_t *to, const char *name, const char *arg,
                               struct ersatz_error *error)
{
    char *end;

    errno = 0;
    *to = strtoull(arg, &end, 0);
    if (errno || end == arg || *end || *arg == '-' || !*to)
        return options_fail(error, "-%s %s: expected a positive number", name, arg);
    return PARSED_RUN;
}

static enum parsed one_of(const char *name, const char *arg, const char *const *words, size_t n,
                          struct ersatz_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(arg, words[i]) == 0)
            return PARSED_RUN;
    char what[64];
    snprintf(what, sizeof what, "word for -%s,", name);
    return options_no_such(error, what, arg, words, n);
}

static enum parsed add_back_end(const char **list, unsigned *count, unsigned max, const char *name,
                                const char *arg, struct ersatz_error *error)
{
    if (*count == max)
        return options_fail(error, "-%s %s: there are only %u of them", name, arg, max);
    list[(*count)++] = arg;
    return PARSED_RUN;
}

/* -hda FILE and the like: a drive in its place. A comma in the name is doubled, as -drive has
 * it; an empty name leaves the drive empty. */
static enum parsed parse_drive(struct options *o, enum option id, const char *file,
                               struct ersatz_error *error)
{
    static const struct {
        enum option id;
        const char *place;
    } drives[] = {
        {OPT_HDA, "if=ide,index=0,media=disk"},
        {OPT_HDB, "if=ide,index=1,media=disk"},
        {OPT_HDC, "if=ide,index=2,media=disk"},
        {OPT_HDD, "if=ide,index=3,media=disk"},
        {OPT_CDROM, "if=ide,index=2,media=cdrom"},
        {OPT_FDA, "if=floppy,index=0"},
        {OPT_FDB, "if=floppy,index=1"},
    };
    size_t i = 0;

    while (drives[i].id != id)
        i++;
    char *text = malloc(strlen(drives[i].place) + 2 * strlen(file) + 8);
    if (!text || !options_keep(o, text))
        return options_fail(error, "no memory");
    char *to = text + sprintf(text, "%s%s", drives[i].place, *file ? ",file=" : "");
    for (; *file; file++) {
        *to++ = *file;
        if (*file == ',')
            *to++ = ',';
    }
    *to = 0;
    return add_setting(o, "drive", text, error);
}

static enum parsed parse_own(struct options *o, enum option id, char *arg,
                             struct ersatz_error *error)
{
    static const char *const displays[] = {"none", "curses"};

    switch (id) {
    case OPT_RTC: return parse_rtc(o, arg, error);
    case OPT_SERIAL:
        return add_back_end(o->serial, &o->serial_count, MAX_SERIAL, names[id], arg, error);
    case OPT_MONITOR:
        return add_back_end(o->monitor, &o->monitor_count, MAX_MONITORS, names[id], arg, error);
    case OPT_CHARDEV: return chardev_option(o, arg, error);
    case OPT_DEBUGCON: o->debugcon = arg; return PARSED_RUN;
    case OPT_PARALLEL: o->parallel = arg; return PARSED_RUN;
    case OPT_NOGRAPHIC: o->nographic = true; return PARSED_RUN;
    case OPT_DISPLAY:
        o->display = arg;
        return one_of("display", arg, displays, LEN(displays), error);
    case OPT_NAME: o->name = arg; return PARSED_RUN;
    case OPT_STOPPED: o->stopped = true; return PARSED_RUN;
    case OPT_NO_SHUTDOWN: o->no_shutdown = true; return PARSED_RUN;
    case OPT_LOG_FILE: o->log_file = arg; return PARSED_RUN;
    case OPT_STOP_AFTER: return parse_count(&o->stop_after, "stop-after", arg, error);
    case OPT_VERIFY: o->verify = true; return PARSED_RUN;
    case OPT_STATS: o->stats = true; return PARSED_RUN;
    case OPT_WRITECONFIG: o->write_config = arg; return PARSED_RUN;
    case OPT_LOADVM:
        return options_fail(error,
                            "-loadvm %s: there are no snapshots yet; the option is "
                            "reserved for them",
                            arg);
    case OPT_VERSION: printf("Ersatz %s\n", ersatz_version()); return PARSED_DONE;
    case OPT_HELP:
    case OPT_HELP_SHORT: options_help(stdout); return PARSED_DONE;
    default: return parse_drive(o, id, arg, error);
    }
}

/* ---- all of them ---- */

/* `-m size=256M` and `-smp cpus=2` are other spellings of the plain value. */
static const char *plain_value(enum option id, const char *arg)
{
    const char *prefix = id == OPT_MEMORY ? "size=" : id == OPT_SMP ? "cpus=" : "";
    return strncmp(arg, prefix, strlen(prefix)) == 0 ? arg + strlen(prefix) : arg;
}

static size_t find(const char *name)
{
    size_t id = 0;

    while (id < LEN(names) && strcmp(name, names[id]) != 0)
        id++;
    return id;
}

const char *options_shape(const char *name)
{
    size_t id = find(name);
    return id < LEN(names) ? rows[id].arg : NULL;
}

enum parsed options_add(struct options *o, const char *name, char *arg, struct ersatz_error *error)
{
    enum option id = (enum option)find(name);
    char *whole = NULL; /* parsing may cut it */

    if (arg && options_listed(name, arg))
        return PARSED_DONE;
    if (arg && !(whole = options_keep(o, strdup(arg))))
        return options_fail(error, "no memory");
    if (id != OPT_WRITECONFIG && !setting_add(&o->given, names[id], whole))
        return options_fail(error, "no memory");
    if (!*rows[id].key)
        return parse_own(o, id, arg, error);
    return add_setting(o, rows[id].key, arg ? plain_value(id, arg) : "on", error);
}

/* A word that is no option: the machine file, the first one. */
static enum parsed read_file(struct options *o, const char *path, unsigned files,
                             struct ersatz_error *error)
{
    if (files)
        return options_fail(error, "%s: there is a machine file already; an option begins with -",
                            path);
    return machine_file_read(o, path, error);
}

enum parsed options_parse(struct options *o, int argc, char **argv, struct ersatz_error *error)
{
    enum parsed result = PARSED_RUN;
    unsigned files = 0;

    *o = (struct options){0};
    /* people watch; the library's default is for programs */
    if (!setting_add(&o->settings, "clock", "host"))
        return options_fail(error, "no memory");
    for (int i = 1; i < argc && result == PARSED_RUN; i++) {
        const char *name = argv[i];
        char *arg = NULL;

        if (*name != '-') {
            result = read_file(o, name, files++, error);
            continue;
        }
        name += name[1] == '-' ? 2 : 1;
        const char *shape = options_shape(name);
        if (!shape)
            return options_unknown(name, "-", error);
        if (*shape) {
            if (++i == argc)
                return options_fail(error, "-%s needs an argument: %s", name, shape);
            arg = argv[i];
        }
        result = options_add(o, name, arg, error);
    }
    return result;
}

void options_free(struct options *o)
{
    for (size_t i = 0; i < o->owned_count; i++)
        free(o->owned[i]);
    free(o->owned);
    free(o->settings.row);
    free(o->given.row);
    *o = (struct options){0};
}
