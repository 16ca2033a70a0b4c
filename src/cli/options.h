/* SPDX-License-Identifier: MIT */
/*
 * The command line. What the library knows as a setting is passed on as it is, in order; the
 * rest ends up in struct options.
 */
#ifndef ERSATZ_CLI_OPTIONS_H
#define ERSATZ_CLI_OPTIONS_H

#include <ersatz/ersatz.h>
#include <stdio.h>

#include "cli/exit.h"

struct setting {
    const char *key, *value;
};

#define MAX_SERIAL 4

struct options {
    struct setting *settings;
    size_t setting_count;
    const char *serial[MAX_SERIAL];
    unsigned serial_count;
    const char *debugcon, *monitor, *log_file, *name;
    bool nographic, stopped, no_shutdown, stats;
    uint64_t stop_after; /* 0: never */
};

enum parsed {
    PARSED_RUN,   /* go on */
    PARSED_DONE,  /* a help text was asked for and printed */
    PARSED_ERROR, /* `error` says why not */
};

/* Strings of argv are kept by reference. options_free() is allowed after every outcome. */
enum parsed options_parse(struct options *o, int argc, char **argv, struct ersatz_error *error);
void options_free(struct options *o);

void options_help(FILE *to);

#endif
