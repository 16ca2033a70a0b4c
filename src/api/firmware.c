/* SPDX-License-Identifier: MIT */
/* Settings that a firmware hears of: boot order, fw_cfg files, SMBIOS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/property.h"
#include "base/error.h"
#include "devices/fw_cfg.h"

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

static int set_boot_property(void *opaque, const struct property *p, struct ersatz_error *error)
{
    struct boot_order *b = opaque;
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
    int r = property_each(value, set_boot_property, &boot, error);

    if (!r)
        m->set.board.boot = boot;
    return r;
}

/* ---- fw_cfg ---- */

/* The last property of a file: what is in it. */
static int fill_file(struct blob *b, const struct property *p, struct ersatz_error *error)
{
    if (b->data)
        return err_set(error, ERSATZ_E_VALUE, "fw_cfg: one of file= and string=, once");
    if (strcmp(p->key, "file") == 0)
        return blob_read(b, p->value, error);
    b->size = strlen(p->value);
    b->data = (u8 *)strdup(p->value);
    return b->data ? 0 : err_set(error, ERSATZ_E_NOMEM, "no memory for a setting");
}

static int set_fw_property(void *opaque, const struct property *p, struct ersatz_error *error)
{
    struct fw_file *f = opaque;
    static const char *const names[] = {"name", "file", "string"};

    if (!p->key || strcmp(p->key, "name") == 0) {
        if (strlen(p->value) == 0 || strlen(p->value) > FW_CFG_NAME_MAX)
            return err_set(error, ERSATZ_E_VALUE, "fw_cfg: a name has 1 to %u characters",
                           FW_CFG_NAME_MAX);
        return config_keep(&f->name, p->value, error);
    }
    if (strcmp(p->key, "file") && strcmp(p->key, "string"))
        return config_unknown("property of fw_cfg", p->key, names, ARRAY_LEN(names), error);
    return fill_file(&f->blob, p, error);
}

/* name=NAME,file=FILE or name=NAME,string=TEXT */
int config_fw_cfg(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    struct machine_config *c = &m->set.board;
    struct fw_file f = {0};

    if (c->fw_files == MACHINE_MAX_FW_FILES)
        return err_set(error, ERSATZ_E_VALUE, "fw_cfg: at most %u files", MACHINE_MAX_FW_FILES);
    int r = property_each(value, set_fw_property, &f, error);
    if (!r && (!f.name || !f.blob.data || f.blob.size > UINT32_MAX))
        r = err_set(error, ERSATZ_E_VALUE,
                    "fw_cfg: '%s' wants a name, and file= or string=", value);
    if (r) {
        free(f.name);
        free(f.blob.data);
        return r;
    }
    c->fw_file[c->fw_files++] = f;
    return 0;
}

/* ---- SMBIOS ---- */

static const struct {
    u8 type;
    const char *property;
} texts[] = {
#define SMBIOS_TEXT(type, name, property, at, otherwise) {type, property},
#include "board/smbios.def"
#undef SMBIOS_TEXT
};

/* 8-4-4-4-12 hexadecimal digits; the first three parts lie little-endian in memory. */
static int parse_uuid(u8 uuid[16], const char *text, struct ersatz_error *error)
{
    static const u8 place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    const char *p = text;
    unsigned n = 0, byte;
    int used;

    while (n < 16 && sscanf(p, "%2x%n", &byte, &used) == 1 && used == 2) {
        uuid[place[n++]] = (u8)byte;
        p += 2;
        if (n == 4 || n == 6 || n == 8 || n == 10) {
            if (*p++ != '-')
                break;
        }
    }
    if (n == 16 && !*p)
        return 0;
    return err_set(error, ERSATZ_E_VALUE,
                   "uuid: '%s' is not like 00112233-4455-6677-8899-aabbccddeeff", text);
}

static int parse_release(u8 release[2], const char *text, struct ersatz_error *error)
{
    unsigned major, minor;
    int used = 0;

    if (sscanf(text, "%3u.%3u%n", &major, &minor, &used) != 2 || text[used] || major > 255 ||
        minor > 255)
        return err_set(error, ERSATZ_E_VALUE, "release: '%s' is not like 1.0", text);
    release[0] = (u8)major;
    release[1] = (u8)minor;
    return 0;
}

static int set_smbios_property(struct ersatz_machine *m, unsigned type, const struct property *p,
                               struct ersatz_error *error)
{
    struct smbios_config *c = &m->set.board.smbios;
    const char *key = p->key ? p->key : "";
    const char *names[SMBIOS_TEXTS + 3];
    unsigned n = 0;

    for (unsigned i = 0; i < SMBIOS_TEXTS; i++) {
        if (texts[i].type != type)
            continue;
        names[n++] = texts[i].property;
        if (strcmp(key, texts[i].property) == 0)
            return config_keep(&m->set.smbios_text[i], p->value, error);
    }
    if (type == 1 && strcmp(key, names[n++] = "uuid") == 0)
        return parse_uuid(c->uuid, p->value, error);
    if (type == 0 && strcmp(key, names[n++] = "release") == 0)
        return parse_release(c->release, p->value, error);
    if (type == 0 && strcmp(key, names[n++] = "uefi") == 0) {
        int r = property_bool("smbios: uefi", p->value, error);
        c->uefi = r > 0;
        return r < 0 ? r : 0;
    }
    return config_unknown("property of this type of smbios", p->key ? key : p->value, names, n,
                          error);
}

/* type=0|1|2|3,property=value,... */
int config_smbios(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    char *copy = strdup(value), *list = copy;
    struct property p;
    u64 type;
    int r = 0;

    if (!copy)
        return err_set(error, ERSATZ_E_NOMEM, "no memory for a setting");
    if (!property_next(&list, &p) || !p.key || strcmp(p.key, "type"))
        r = err_set(error, ERSATZ_E_VALUE, "smbios: '%s' does not begin with type=", value);
    else
        r = property_number("smbios: type", p.value, 3, &type, error);
    while (!r && property_next(&list, &p))
        r = set_smbios_property(m, (unsigned)type, &p, error);
    if (!r)
        m->set.board.smbios.has_type[type] = true;
    for (unsigned i = 0; i < SMBIOS_TEXTS; i++)
        m->set.board.smbios.text[i] = m->set.smbios_text[i];
    free(copy);
    return r;
}

void config_firmware_free(struct settings *s)
{
    for (unsigned i = 0; i < SMBIOS_TEXTS; i++)
        free(s->smbios_text[i]);
    for (unsigned i = 0; i < s->board.fw_files; i++) {
        free(s->board.fw_file[i].name);
        free(s->board.fw_file[i].blob.data);
    }
}
