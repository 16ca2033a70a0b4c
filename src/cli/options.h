/* SPDX-License-Identifier: MIT */
/*
 * The command line. What the library knows as a setting is passed on as it is, in order; the
 * rest ends up in struct options. A machine file holds the same options: machine_file.c.
 */
#ifndef ERSATZ_CLI_OPTIONS_H
#define ERSATZ_CLI_OPTIONS_H

#include <ersatz/ersatz.h>
#include <stdio.h>

#include "cli/exit.h"

/* A setting of the library, or an option as it was given. */
struct setting {
    const char *key, *value; /* an option without argument: value is NULL */
};

struct setting_list {
    struct setting *row;
    size_t count, room;
};

#define MAX_SERIAL 4
#define MAX_MONITORS 4
#define MAX_CHARDEVS 16

struct chardev_option {
    const char *id, *spec; /* what -serial and the others call it: tcp:..., mon:stdio */
    unsigned users;
};

struct options {
    struct setting_list settings; /* for the library */
    struct setting_list given;    /* all options, for -writeconfig */
    const char *serial[MAX_SERIAL], *monitor[MAX_MONITORS];
    unsigned serial_count, monitor_count;
    struct chardev_option chardev[MAX_CHARDEVS];
    unsigned chardev_count;
    const char *debugcon, *parallel, *log_file, *name, *display, *write_config;
    bool nographic, stopped, no_shutdown, stats, verify;
    uint64_t stop_after; /* in instructions; 0: never */
    char **owned;        /* strings that are neither argv's nor constant */
    size_t owned_count;
};

enum parsed {
    PARSED_RUN,   /* go on */
    PARSED_DONE,  /* a help text was asked for and printed */
    PARSED_ERROR, /* `error` says why not */
};

/* Strings of argv are kept by reference. options_free() is allowed after every outcome. */
enum parsed options_parse(struct options *o, int argc, char **argv, struct ersatz_error *error);
void options_free(struct options *o);

/* options_help.c */
void options_help(FILE *to);
/* True if `arg` was a request for the list of what the option takes, and that was printed. */
bool options_listed(const char *name, const char *arg);

/* ---- for the parts of the parser ---- */

/* One option without its dash; `arg` is NULL if nothing can follow, and may be cut in place. */
enum parsed options_add(struct options *o, const char *name, char *arg, struct ersatz_error *error);
/* What an option takes, as options.def writes it ("" for nothing); NULL: there is no such. */
const char *options_shape(const char *name);
enum parsed options_unknown(const char *name, const char *dash, struct ersatz_error *error);
enum parsed options_fail(struct ersatz_error *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* `word` is none of `names`: an error that names the nearest. */
enum parsed options_no_such(struct ersatz_error *error, const char *what, const char *word,
                            const char *const *names, size_t n);
/* Keeps a string made by malloc() for the options' life; NULL stays NULL. */
char *options_keep(struct options *o, char *text);
/* False: no memory. */
bool setting_add(struct setting_list *list, const char *key, const char *value);

/* chardevs.c: -chardev BACKEND,id=ID,...; what an id stands for is found by its users. */
enum parsed chardev_option(struct options *o, char *arg, struct ersatz_error *error);
/* The back end that `spec` means: itself, or, written chardev:ID, what was given for that.
 * NULL with an error if there is none, or it is taken. */
const char *chardev_resolve(struct options *o, const char *spec, struct ersatz_error *error);

#endif
