/* SPDX-License-Identifier: MIT */
#include "ui/keys.h"

#include <ersatz/ersatz.h>
#include <string.h>

static const struct key {
    uint16_t code;
    char plain, shifted;
} keys[] = {
#define KEY(name, code, plain, shifted) {code, plain, shifted},
#include "ui/keys.def"
#undef KEY
};

static const char *const names[] = {
#define KEY(name, code, plain, shifted) name,
#include "ui/keys.def"
#undef KEY
};

#define KEYS (sizeof keys / sizeof keys[0])

uint16_t key_find(const char *name, size_t len)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return keys[i].code;
    return 0;
}

const char *key_nearest(const char *name)
{
    return ersatz_nearest(name, names, KEYS);
}

uint16_t key_of_char(int c, bool *shift)
{
    for (size_t i = 0; c && i < KEYS; i++) {
        *shift = keys[i].shifted == c;
        if (*shift || keys[i].plain == c)
            return keys[i].code;
    }
    return 0;
}
