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
/* Hands each property of a list to fn, up to the first error. */
typedef int property_fn(void *opaque, const struct property *p, struct ersatz_error *error);
int property_each(const char *list, property_fn *fn, void *opaque, struct ersatz_error *error);
/* "on" or "off": 1 or 0, or a negative error that names `what`. */
int property_bool(const char *what, const char *value, struct ersatz_error *error);
/* A number from 0 to max (0x... too) into *n: 0, or an error. */
int property_number(const char *what, const char *value, u64 max, u64 *n,
                    struct ersatz_error *error);

#endif
