/* SPDX-License-Identifier: MIT */
#include "api/property.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Ends the first item at its comma, and makes two commas one. Returns what follows, or NULL. */
static char *cut(char *item)
{
    char *to = item;

    for (char *from = item; *from; *to++ = *from++) {
        if (*from != ',')
            continue;
        if (from[1] != ',') {
            *to = 0;
            return from + 1;
        }
        from++;
    }
    *to = 0;
    return NULL;
}

bool property_next(char **list, struct property *p)
{
    char *item = *list;

    if (!item || !*item)
        return false;
    *list = cut(item);
    char *equals = strchr(item, '=');
    if (equals)
        *equals = 0;
    p->key = equals ? item : NULL;
    p->value = equals ? equals + 1 : item;
    return true;
}

int property_each(const char *list, property_fn *fn, void *opaque, struct ersatz_error *error)
{
    char *copy = strdup(list), *rest = copy;
    struct property p;
    int r = 0;

    if (!copy)
        return err_set(error, ERSATZ_E_NOMEM, "no memory for a setting");
    while (!r && property_next(&rest, &p))
        r = fn(opaque, &p, error);
    free(copy);
    return r;
}

int property_bool(const char *what, const char *value, struct ersatz_error *error)
{
    if (strcmp(value, "on") == 0)
        return 1;
    if (strcmp(value, "off") == 0)
        return 0;
    return err_set(error, ERSATZ_E_VALUE, "%s: '%s' is neither off nor on", what, value);
}

int property_number(const char *what, const char *value, u64 max, u64 *n,
                    struct ersatz_error *error)
{
    char *end;
    unsigned long long v = strtoull(value, &end, 0);

    if (*value < '0' || *value > '9' || *end || v > max)
        return err_set(error, ERSATZ_E_VALUE, "%s: '%s' is not a number up to %llu", what, value,
                       (unsigned long long)max);
    *n = v;
    return 0;
}
