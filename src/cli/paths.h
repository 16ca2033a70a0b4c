/* SPDX-License-Identifier: MIT */
/* Names of files inside the arguments of options, and how they look from elsewhere. */
#ifndef ERSATZ_CLI_PATHS_H
#define ERSATZ_CLI_PATHS_H

/*
 * Calls `move` for each file that an option's argument names, as its shape in options.def
 * tells, and returns the argument with what it gave; free() it. NULL: no memory.
 */
typedef char *path_fn(const char *folder, const char *name);
char *paths_map(const char *shape, const char *arg, path_fn *move, const char *folder);
/* A name relative to `folder` as it is to be opened from here; and the name by which a file is
 * found from `folder`, absolute unless it lies there. */
char *path_from(const char *folder, const char *name);
char *path_to(const char *folder, const char *name);
/* The folder that a file lies in, absolute and without links; NULL if there is none. */
char *path_folder(const char *file);

/* The same as it is written: "." or what stands before the last slash. */
char *path_folder_name(const char *file);

#endif
