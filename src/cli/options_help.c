/* SPDX-License-Identifier: MIT */
/* The texts that the command line prints about itself, from its tables. */
#include <string.h>

#include "cli/options.h"

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

/* A long argument is broken before its brackets. */
static void print_entry(FILE *to, const char *head, const char *arg, const char *text)
{
    int column = fprintf(to, "  %s%s", head, *arg ? " " : "");

    while (*arg) {
        int piece = 1 + (int)strcspn(arg + 1, "[");
        if (column + piece > 80)
            column = fprintf(to, "\n%*s", 12, "") - 1;
        column += fprintf(to, "%.*s", piece, arg);
        arg += piece;
    }
    fputc('\n', to);
    print_wrapped(to, text, 8);
}

static void print_backend(FILE *to, const char *head, const char *rest, const char *text)
{
    fprintf(to, "  %s%s\n", head, rest);
    print_wrapped(to, text, 8);
}

void options_help(FILE *to)
{
    fprintf(to, "usage: ersatz [FILE.vm] [OPTION]...\n       ersatz create FILE.vm [--disk SIZE] "
                "[OPTION]...\nEmulates a whole x86 PC.\n");
#define OPTION_GROUP(title) fprintf(to, "\n%s:\n", title);
#define OPTION(id, name, arg, key, text) print_entry(to, "-" name, arg, text);
#include "cli/options.def"
#undef OPTION_GROUP
#undef OPTION
    fprintf(to, "\nBack ends of -serial, -monitor and the like:\n");
#define BACKEND(id, name, rest, text) print_backend(to, name, rest, text);
#include "char/backends.def"
#undef BACKEND
    fprintf(to, "\nExit status: (v << 1) | 1 when the guest writes v to isa-debug-exit, else\n");
#define EXIT_STATUS(id, number, text) fprintf(to, "%4d  %s\n", number, text);
#include "cli/exit.def"
#undef EXIT_STATUS
}

static void list(const char *title, enum ersatz_names kind)
{
    const char *name, *text;

    printf("%s:\n", title);
    for (unsigned i = 0; (name = ersatz_name(kind, i, &text)); i++)
        printf("  %-16s %s\n", name, text);
}

bool options_listed(const char *name, const char *arg)
{
    static const struct {
        const char *option, *title;
        enum ersatz_names names;
    } lists[] = {
        {"M", "Machines", ERSATZ_NAMES_MACHINE},
        {"machine", "Machines", ERSATZ_NAMES_MACHINE},
        {"device", "Devices", ERSATZ_NAMES_DEVICE},
        {"d", "Log topics", ERSATZ_NAMES_LOG_TOPIC},
        {"cpu", "CPU models", ERSATZ_NAMES_CPU_MODEL},
        {"cpu", "Features", ERSATZ_NAMES_CPU_FEATURE},
    };
    bool listed = false;

    if (strcmp(arg, "help") != 0 && strcmp(arg, "?") != 0)
        return false;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(name, lists[i].option) == 0) {
            list(lists[i].title, lists[i].names);
            listed = true;
        }
    }
    return listed;
}
