/* SPDX-License-Identifier: MIT */
/*
 * `ersatz create my.vm --disk 8G --cdrom x.iso`: writes a machine file with its disk beside it.
 */
#ifndef ERSATZ_CLI_CREATE_H
#define ERSATZ_CLI_CREATE_H

#include "cli/exit.h"

/* The arguments are those behind the word create. Says on standard error what is wrong. */
enum exit_status create_machine(int argc, char **argv);

#endif
