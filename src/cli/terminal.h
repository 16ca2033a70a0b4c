/* SPDX-License-Identifier: MIT */
/*
 * The terminal that the program was started in: raw while the machine has it, and as it was on
 * every way out: return, exit(), a fatal signal, a stop (Ctrl-Z from elsewhere).
 */
#ifndef ERSATZ_CLI_TERMINAL_H
#define ERSATZ_CLI_TERMINAL_H

#include <stdbool.h>

struct loop;

/* Signals that ask to leave are told to the loop from now on; see terminal_signal(). */
void terminal_init(struct loop *loop);

/* Makes the terminal on standard input raw, if there is one. `all_keys`: Ctrl-C, Ctrl-Z and
 * Ctrl-\ reach the guest instead of us. */
void terminal_raw(bool all_keys);

/* What is written to the terminal before it is given back in a hurry; kept by reference, NULL for
 * nothing. */
void terminal_leave_text(const char *text);

/* True once after the program was stopped and continued: what the terminal shows is unknown. */
bool terminal_continued(void);

/* Gives it back as it was. Safe in a signal handler, and twice. */
void terminal_restore(void);

/* The signal that asks to leave, or 0. */
int terminal_signal(void);

/* Dies of that signal as if it had never been caught, so that the parent sees it. */
void terminal_die(int sig);

#endif
