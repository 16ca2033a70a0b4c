/* SPDX-License-Identifier: MIT */
/* Lists of properties as options have them: key=value,key=value; a comma in a value is doubled. */
#ifndef ERSATZ_API_PROPERTY_H
#define ERSATZ_API_PROPERTY_H

#include "base/types.h"

struct ersatz_error;

struct property {
    char *key, *value; /* without a '=', the key is NULL and the value is all of it */
};

/* Cuts the next property off *list, in place. False at the end. */
bool property_next(char **list, struct property *p);
/* "on" or "off": 1 or 0, or a negative error that names `what`. */
int property_bool(const char *what, const char *value, struct ersatz_error *error);
/* A number from 0 to max (0x... too) into *n: 0, or an error. */
int property_number(const char *what, const char *value, u64 max, u64 *n,
                    struct ersatz_error *error);

#endif
