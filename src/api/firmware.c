/* SPDX-License-Identifier: MIT */
/* Settings that a firmware hears of: boot order, fw_cfg files, SMBIOS. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/property.h"
#include "base/error.h"

#define BOOT_LETTERS "abcdn"

static int set_order(char *where, size_t size, const char *key, const char *value,
                     struct ersatz_error *error)
{
    size_t len = strlen(value);

    if (len == 0 || len >= size || strspn(value, BOOT_LETTERS) < len)
        return err_set(
            error, ERSATZ_E_VALUE,
            "boot: %s: '%s' is not made of a, b (floppies), c (disk), d (CD), n (network)", key,
            value);
    for (size_t i = 0; i < len; i++)
        if (strchr(value + i + 1, value[i]))
            return err_set(error, ERSATZ_E_VALUE, "boot: %s: '%c' twice", key, value[i]);
    memcpy(where, value, len + 1);
    return 0;
}

static int set_boot_property(struct boot_order *b, const struct property *p,
                             struct ersatz_error *error)
{
    static const char *const names[] = {"order", "once", "menu", "splash-time"};
    const char *key = p->key ? p->key : names[0];
    u64 ms;
    int r;

    if (strcmp(key, "order") == 0)
        return set_order(b->order, sizeof b->order, key, p->value, error);
    if (strcmp(key, "once") == 0)
        return set_order(b->once, sizeof b->once, key, p->value, error);
    if (strcmp(key, "menu") == 0) {
        r = property_bool("boot: menu", p->value, error);
        b->menu = r > 0;
        return r < 0 ? r : 0;
    }
    if (strcmp(key, "splash-time") == 0) {
        r = property_number("boot: splash-time", p->value, 0xFFFF, &ms, error);
        b->menu_wait = r ? 0 : (u16)ms;
        b->menu_wait_set = !r;
        return r;
    }
    return config_unknown("property of boot", key, names, ARRAY_LEN(names), error);
}

int config_boot(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    struct boot_order boot = m->set.board.boot;
    char *copy = strdup(value), *list = copy;
    struct property p;
    int r = 0;

    if (!copy)
        return err_set(error, ERSATZ_E_NOMEM, "no memory for a setting");
    while (!r && property_next(&list, &p))
        r = set_boot_property(&boot, &p, error);
    if (!r)
        m->set.board.boot = boot;
    free(copy);
    return r;
}
