/* SPDX-License-Identifier: MIT */
#ifndef ERSATZ_CLI_EXIT_H
#define ERSATZ_CLI_EXIT_H

enum exit_status {
#define EXIT_STATUS(id, number, text) EXIT_##id = number,
#include "cli/exit.def"
#undef EXIT_STATUS
};

#endif
