/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

/* Prints `text` from column `indent` on, broken between words. */
static void print_wrapped(FILE *to, const char *text, int indent)
{
    int column = indent;

    fprintf(to, "%*s", indent, "");
    while (*text) {
        int word = (int)strcspn(text, " ");
        if (column > indent && column + 1 + word > 80) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", word, text);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void print_entry(FILE *to, const char *head, const char *arg, const char *text)
{
    fprintf(to, "  %s%s%s\n", head, *arg ? " " : "", arg);
    print_wrapped(to, text, 8);
}

static void print_backend(FILE *to, const char *head, const char *rest, const char *text)
{
    fprintf(to, "  %s%s\n", head, rest);
    print_wrapped(to, text, 8);
}

void options_help(FILE *to)
{
    fprintf(to, "usage: ersatz [OPTION]...\nEmulates a whole x86 PC.\n");
#define OPTION_GROUP(title) fprintf(to, "\n%s:\n", title);
#define OPTION(id, name, arg, key, text) print_entry(to, "-" name, arg, text);
#include "cli/options.def"
#undef OPTION_GROUP
#undef OPTION
    fprintf(to, "\nBack ends of -serial and -debugcon:\n");
#define BACKEND(id, name, rest, text) print_backend(to, name, rest, text);
#include "char/backends.def"
#undef BACKEND
    fprintf(to, "\nExit status: (v << 1) | 1 when the guest writes v to isa-debug-exit, else\n");
#define EXIT_STATUS(id, number, text) fprintf(to, "%4d  %s\n", number, text);
#include "cli/exit.def"
#undef EXIT_STATUS
}

static enum parsed fail(struct ersatz_error *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum parsed fail(struct ersatz_error *error, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error->text, sizeof error->text, fmt, ap);
    va_end(ap);
    error->code = ERSATZ_E_VALUE;
    return PARSED_ERROR;
}

static enum parsed fail_near(struct ersatz_error *error, const char *what, const char *dash,
                             const char *word, const char *near)
{
    if (!near)
        return fail(error, "unknown %s %s%s; -help lists what there is", what, dash, word);
    return fail(error, "unknown %s %s%s; did you mean %s%s?", what, dash, word, dash, near);
}

static void add_setting(struct options *o, const char *key, const char *value)
{
    o->settings[o->setting_count++] = (struct setting){key, value};
}

/* -rtc base=B,clock=C: each part is a setting of its own. The parts are cut in place. */
static enum parsed parse_rtc(struct options *o, char *arg, struct ersatz_error *error)
{
    static const char *const keys[] = {"base", "clock"};
    static const char *const settings[] = {"rtc.base", "rtc.clock"};

    for (char *part = strtok(arg, ","); part; part = strtok(NULL, ",")) {
        char *value = strchr(part, '=');
        size_t k = 0;

        if (!value)
            return fail(error, "-rtc %s: expected base=... or clock=...", part);
        *value++ = 0;
        while (k < LEN(keys) && strcmp(part, keys[k]) != 0)
            k++;
        if (k == LEN(keys))
            return fail_near(error, "part of -rtc,", "", part,
                             ersatz_nearest(part, keys, LEN(keys)));
        add_setting(o, settings[k], value);
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
        return fail(error, "-%s %s: expected a positive number", name, arg);
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
    return fail_near(error, what, "", arg, ersatz_nearest(arg, words, n));
}

/* Options that are not simply a setting of the library. */
static enum parsed parse_own(struct options *o, enum option id, char *arg,
                             struct ersatz_error *error)
{
    static const char *const displays[] = {"none"}, *const monitors[] = {"none", "stdio"};

    switch (id) {
    case OPT_RTC: return parse_rtc(o, arg, error);
    case OPT_SERIAL:
        if (o->serial_count == MAX_SERIAL)
            return fail(error, "-serial %s: there are only %d serial ports", arg, MAX_SERIAL);
        o->serial[o->serial_count++] = arg;
        return PARSED_RUN;
    case OPT_DEBUGCON: o->debugcon = arg; return PARSED_RUN;
    case OPT_MONITOR:
        o->monitor = arg;
        return one_of("monitor", arg, monitors, LEN(monitors), error);
    case OPT_NOGRAPHIC: o->nographic = true; return PARSED_RUN;
    case OPT_DISPLAY: return one_of("display", arg, displays, LEN(displays), error);
    case OPT_NAME: o->name = arg; return PARSED_RUN;
    case OPT_STOPPED: o->stopped = true; return PARSED_RUN;
    case OPT_NO_SHUTDOWN: o->no_shutdown = true; return PARSED_RUN;
    case OPT_LOG_FILE: o->log_file = arg; return PARSED_RUN;
    case OPT_STOP_AFTER: return parse_count(&o->stop_after, "stop-after", arg, error);
    case OPT_STATS: o->stats = true; return PARSED_RUN;
    case OPT_VERSION: printf("Ersatz %s\n", ersatz_version()); return PARSED_DONE;
    case OPT_HELP:
    case OPT_HELP_SHORT: options_help(stdout); return PARSED_DONE;
    default: return fail(error, "-%s is not handled", names[id]);
    }
}

static void list(const char *title, enum ersatz_names kind)
{
    const char *name, *text;

    printf("%s:\n", title);
    for (unsigned i = 0; (name = ersatz_name(kind, i, &text)); i++)
        printf("  %-16s %s\n", name, text);
}

/* True if `arg` was a request for the list of what the option takes. */
static bool listed(enum option id, const char *arg)
{
    if (strcmp(arg, "help") != 0 && strcmp(arg, "?") != 0)
        return false;
    switch (id) {
    case OPT_MACHINE:
    case OPT_MACHINE_LONG: list("Machines", ERSATZ_NAMES_MACHINE); return true;
    case OPT_DEVICE: list("Devices", ERSATZ_NAMES_DEVICE); return true;
    case OPT_LOG: list("Log topics", ERSATZ_NAMES_LOG_TOPIC); return true;
    case OPT_CPU:
        list("CPU models", ERSATZ_NAMES_CPU_MODEL);
        list("Features", ERSATZ_NAMES_CPU_FEATURE);
        return true;
    default: return false;
    }
}

/* `-m size=256M` and `-smp cpus=2` are other spellings of the plain value. */
static const char *plain_value(enum option id, const char *arg)
{
    const char *prefix = id == OPT_MEMORY ? "size=" : id == OPT_SMP ? "cpus=" : "";
    return strncmp(arg, prefix, strlen(prefix)) == 0 ? arg + strlen(prefix) : arg;
}

static enum parsed parse_option(struct options *o, enum option id, char *arg,
                                struct ersatz_error *error)
{
    if (arg && listed(id, arg))
        return PARSED_DONE;
    if (!*rows[id].key)
        return parse_own(o, id, arg, error);
    add_setting(o, rows[id].key, arg ? plain_value(id, arg) : "on");
    return PARSED_RUN;
}

enum parsed options_parse(struct options *o, int argc, char **argv, struct ersatz_error *error)
{
    enum parsed result = PARSED_RUN;

    *o = (struct options){0};
    o->settings = calloc(2 * (size_t)argc + 2, sizeof *o->settings);
    if (!o->settings)
        return fail(error, "no memory");
    add_setting(o, "clock", "host"); /* people watch; the library's default is for programs */
    for (int i = 1; i < argc && result == PARSED_RUN; i++) {
        const char *name = argv[i];
        char *arg = NULL;
        size_t id = 0;

        if (*name != '-')
            return fail(error, "%s: expected an option, which begins with -", name);
        name += name[1] == '-' ? 2 : 1;
        while (id < LEN(names) && strcmp(name, names[id]) != 0)
            id++;
        if (id == LEN(names))
            return fail_near(error, "option", "-", name, ersatz_nearest(name, names, LEN(names)));
        if (*rows[id].arg) {
            if (++i == argc)
                return fail(error, "-%s needs an argument: %s", name, rows[id].arg);
            arg = argv[i];
        }
        result = parse_option(o, (enum option)id, arg, error);
    }
    return result;
}

void options_free(struct options *o)
{
    free(o->settings);
    o->settings = NULL;
}
