/* SPDX-License-Identifier: MIT */
/*
 * Host errors: a negative enum ersatz_err to return, and a text for people in a struct that the
 * caller owns. Guest faults are something else and never come here.
 */
#ifndef ERSATZ_BASE_ERROR_H
#define ERSATZ_BASE_ERROR_H

#include <ersatz/ersatz.h>

/* Fills `error` (NULL: nobody asks) and returns -code: `return err_set(error, ERSATZ_E_X, ...)`. */
int err_set(struct ersatz_error *error, enum ersatz_err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
