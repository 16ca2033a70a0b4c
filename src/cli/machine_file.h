/* SPDX-License-Identifier: MIT */
/*
 * A machine as a text file: the options of the command line, one a line, without their dash.
 * A line that begins with # is a comment. Names of files are relative to the folder that the
 * file lies in, so that a folder is a machine, and a copy of it another one.
 */
#ifndef ERSATZ_CLI_MACHINE_FILE_H
#define ERSATZ_CLI_MACHINE_FILE_H

#include "cli/options.h"

/* Takes all options of the file as if they had been given here. */
enum parsed machine_file_read(struct options *o, const char *path, struct ersatz_error *error);

/* Writes options into a file; "-" is standard output. `mode` is fopen()'s. */
int machine_file_write(const struct setting_list *given, const char *path, const char *mode,
                       struct ersatz_error *error);

#endif
