/* SPDX-License-Identifier: MIT */
/*
 * The setting "drive": a list of properties, file=PATH,if=ide,... A comma within a value is
 * written twice. What the machine has without being asked: a CD-ROM drive as the second
 * channel's first, and a floppy drive.
 */
#include "api/drives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/property.h"
#include "base/error.h"
#include "base/nearest.h"

#define IDE_UNITS 2 /* on a channel */

enum interface { IF_IDE, IF_FLOPPY, IF_PFLASH, IF_NONE };

static const char *const interfaces[] = {"ide", "floppy", "pflash", "none"};

struct properties {
    struct drive_setting *d;
    enum interface interface;
    bool cdrom, disk;     /* media= was given */
    int index, bus, unit; /* -1: not given */
    u8 of;                /* which properties there are */
};

typedef int value_fn(struct properties *p, const char *value, struct ersatz_error *error);

/* ---- values ---- */

static int bad(const char *key, const char *value, const char *wanted, struct ersatz_error *error)
{
    return err_set(error, ERSATZ_E_VALUE, "drive: %s=%s is not %s", key, value, wanted);
}

static int to_bool(const char *key, const char *value, bool *out, struct ersatz_error *error)
{
    int on = property_bool(key, value, error);

    if (on >= 0)
        *out = on;
    return on < 0 ? on : 0;
}

static int to_number(const char *key, const char *value, int *out, struct ersatz_error *error)
{
    u64 n = 0;
    int result = property_number(key, value, UINT8_MAX, &n, error);

    *out = (int)n;
    return result;
}

static int to_text(char **out, const char *value, struct ersatz_error *error)
{
    char *copy = *value ? strdup(value) : NULL;

    if (*value && !copy)
        return err_set(error, ERSATZ_E_NOMEM, "no memory for a setting");
    free(*out);
    *out = copy;
    return 0;
}

/* ---- one function for each property ---- */

static int set_file(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_text(&p->d->file, value, error);
}

static int set_format(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_text(&p->d->format, value, error);
}

static int set_interface(struct properties *p, const char *value, struct ersatz_error *error)
{
    for (unsigned i = 0; i < ARRAY_LEN(interfaces); i++) {
        if (strcmp(value, interfaces[i]) == 0) {
            p->interface = i;
            return 0;
        }
    }
    return bad("if", value, "ide, floppy, pflash or none", error);
}

static int set_media(struct properties *p, const char *value, struct ersatz_error *error)
{
    p->cdrom = strcmp(value, "cdrom") == 0;
    p->disk = strcmp(value, "disk") == 0;
    return p->cdrom || p->disk ? 0 : bad("media", value, "disk or cdrom", error);
}

static int set_index(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_number("index", value, &p->index, error);
}

static int set_bus(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_number("bus", value, &p->bus, error);
}

static int set_unit(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_number("unit", value, &p->unit, error);
}

static int set_snapshot(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_bool("snapshot", value, &p->d->snapshot, error);
}

static int set_readonly(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_bool("readonly", value, &p->d->read_only, error);
}

static int set_force(struct properties *p, const char *value, struct ersatz_error *error)
{
    return to_bool("force", value, &p->d->force, error);
}

static int set_id(struct properties *p, const char *value, struct ersatz_error *error)
{
    size_t len = strlen(value);

    if (!len || len >= sizeof p->d->id)
        return bad("id", value, "a name of at most 31 letters", error);
    memcpy(p->d->id, value, len + 1);
    return 0;
}

/* Properties of a drive, of a medium that is put into one, or of both. */
enum { OF_DRIVE = 1, OF_MEDIUM = 2, OF_BOTH = 3 };

static const struct {
    const char *name;
    value_fn *set;
    u8 of;
} properties[] = {
    {"file", set_file, OF_DRIVE},        {"if", set_interface, OF_DRIVE},
    {"format", set_format, OF_BOTH},     {"index", set_index, OF_DRIVE},
    {"bus", set_bus, OF_DRIVE},          {"unit", set_unit, OF_DRIVE},
    {"media", set_media, OF_DRIVE},      {"snapshot", set_snapshot, OF_BOTH},
    {"readonly", set_readonly, OF_BOTH}, {"read-only", set_readonly, OF_BOTH},
    {"force", set_force, OF_MEDIUM},     {"id", set_id, OF_DRIVE},
};

static int set_property(void *opaque, const struct property *given, struct ersatz_error *error)
{
    struct properties *p = opaque;
    const char *names[ARRAY_LEN(properties)];
    size_t n = 0;

    if (!given->key)
        return err_set(error, ERSATZ_E_VALUE, "drive: '%s' has no value", given->value);
    for (unsigned i = 0; i < ARRAY_LEN(properties); i++) {
        if (!(properties[i].of & p->of))
            continue;
        if (strcmp(given->key, properties[i].name) == 0)
            return properties[i].set(p, given->value, error);
        names[n++] = properties[i].name;
    }
    const char *near = nearest_name(given->key, names, n);
    return err_set(error, ERSATZ_E_NAME, "drive: no property '%s'%s%s%s", given->key,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int drives_parse_medium(struct drive_setting *d, const char *value, struct ersatz_error *error)
{
    struct properties p = {.d = d, .index = -1, .bus = -1, .unit = -1, .of = OF_MEDIUM};

    return property_each(value ? value : "", set_property, &p, error);
}

void drives_free(struct drive_setting *d)
{
    free(d->file);
    free(d->format);
    d->file = d->format = NULL;
}

/* ---- places ---- */

static bool same_bus(enum drive_kind a, enum drive_kind b)
{
    bool ide_a = a == DRIVE_DISK || a == DRIVE_CDROM, ide_b = b == DRIVE_DISK || b == DRIVE_CDROM;

    return a == b || (ide_a && ide_b);
}

static bool taken(const struct settings *s, enum drive_kind kind, unsigned index)
{
    for (unsigned i = 0; i < s->drive_count; i++)
        if (!s->drives[i].loose && s->drives[i].index == index && same_bus(s->drives[i].kind, kind))
            return true;
    return false;
}

bool drives_have_flash(const struct settings *s)
{
    return taken(s, DRIVE_PFLASH, 0);
}

static int find_place(const struct settings *s, struct properties *p, struct ersatz_error *error)
{
    static const unsigned places[] = {IDE_PLACES, FLOPPY_PLACES, PFLASH_PLACES};
    struct drive_setting *d = p->d;
    unsigned units = p->interface == IF_IDE ? IDE_UNITS : places[p->interface];

    if (p->index >= 0 && (p->bus >= 0 || p->unit >= 0))
        return err_set(error, ERSATZ_E_CONFLICT, "drive: index= says it alone, without bus, unit");
    if (p->unit >= (int)units)
        return err_set(error, ERSATZ_E_VALUE, "drive: unit %d, of %u from 0 on", p->unit, units);
    if (p->bus >= 0 || p->unit >= 0)
        p->index = (p->bus > 0 ? p->bus : 0) * (int)units + (p->unit > 0 ? p->unit : 0);
    if (p->index < 0)
        for (p->index = 0; taken(s, d->kind, (unsigned)p->index);)
            p->index++;
    if (p->index >= (int)places[p->interface])
        return err_set(error, ERSATZ_E_VALUE, "drive: no place for %s drive %d; there are %u",
                       interfaces[p->interface], p->index, places[p->interface]);
    d->index = (unsigned)p->index;
    if (taken(s, d->kind, d->index))
        return err_set(error, ERSATZ_E_CONFLICT, "drive: %s drive %u is there already",
                       interfaces[p->interface], d->index);
    return 0;
}

static void name(struct drive_setting *d)
{
    unsigned bus = d->index / IDE_UNITS, unit = d->index % IDE_UNITS;

    switch (d->kind) {
    case DRIVE_DISK: snprintf(d->id, sizeof d->id, "ide%u-hd%u", bus, unit); break;
    case DRIVE_CDROM: snprintf(d->id, sizeof d->id, "ide%u-cd%u", bus, unit); break;
    case DRIVE_FLOPPY: snprintf(d->id, sizeof d->id, "floppy%u", d->index); break;
    case DRIVE_PFLASH: snprintf(d->id, sizeof d->id, "pflash%u", d->index); break;
    }
}

static int check_id(const struct settings *s, const char *id, struct ersatz_error *error)
{
    for (unsigned i = 0; i < s->drive_count; i++)
        if (strcmp(s->drives[i].id, id) == 0)
            return err_set(error, ERSATZ_E_CONFLICT, "drive: there is a drive '%s' already", id);
    return 0;
}

/* if=none: a device will say what it is. */
static int add_loose(struct settings *s, struct properties *p, struct ersatz_error *error)
{
    unsigned loose = 0;

    for (unsigned i = 0; i < s->drive_count; i++)
        loose += s->drives[i].loose;
    if (loose == LOOSE_DRIVES)
        return err_set(error, ERSATZ_E_VALUE, "drive: more than %u with if=none", LOOSE_DRIVES);
    if (!p->d->id[0])
        return err_set(error, ERSATZ_E_CONFLICT, "drive: if=none wants an id= for its device");
    int result = check_id(s, p->d->id, error);
    p->d->loose = true;
    if (!result)
        s->drives[s->drive_count++] = *p->d;
    return result;
}

static int add(struct settings *s, struct properties *p, struct ersatz_error *error)
{
    static const enum drive_kind kinds[] = {DRIVE_DISK, DRIVE_FLOPPY, DRIVE_PFLASH};
    struct drive_setting *d = p->d;

    if (p->interface == IF_NONE)
        return add_loose(s, p, error);

    d->kind = p->cdrom && p->interface == IF_IDE ? DRIVE_CDROM : kinds[p->interface];
    if (p->cdrom && p->interface != IF_IDE)
        return err_set(error, ERSATZ_E_CONFLICT, "drive: only IDE has CD-ROMs");
    if (!d->file && (d->kind == DRIVE_DISK || d->kind == DRIVE_PFLASH))
        return err_set(error, ERSATZ_E_CONFLICT, "drive: file= is missing");
    int result = find_place(s, p, error);
    if (result)
        return result;
    if (!d->id[0])
        name(d);
    result = check_id(s, d->id, error);
    if (!result)
        s->drives[s->drive_count++] = *d;
    return result;
}

int drives_set(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    struct drive_setting d = {.file = NULL};
    struct properties p = {.d = &d, .index = -1, .bus = -1, .unit = -1, .of = OF_DRIVE};
    int result = property_each(value, set_property, &p, error);

    if (!result)
        result = add(&m->set, &p, error);
    if (result)
        drives_free(&d);
    return result;
}

/* ---- devices that take a drive ---- */

static const struct {
    const char *name;
    enum interface interface;
    enum drive_kind kind;
} drive_devices[] = {
    {"ide-hd", IF_IDE, DRIVE_DISK},
    {"ide-cd", IF_IDE, DRIVE_CDROM},
    {"floppy", IF_FLOPPY, DRIVE_FLOPPY},
};

bool drives_is_device(const char *device)
{
    for (unsigned i = 0; i < ARRAY_LEN(drive_devices); i++)
        if (strcmp(device, drive_devices[i].name) == 0)
            return true;
    return false;
}

/* drive=ID, bus=ide.N, unit=N; `id` gets the first. */
static int parse_device(struct properties *p, char *text, const char **id,
                        struct ersatz_error *error)
{
    struct property next;
    int result = 0;

    while (result == 0 && property_next(&text, &next)) {
        const char *key = next.key ? next.key : "";
        if (strcmp(key, "drive") == 0)
            *id = next.value;
        else if (strcmp(key, "unit") == 0)
            result = set_unit(p, next.value, error);
        else if (strcmp(key, "bus") == 0 && strncmp(next.value, "ide.", 4) == 0)
            result = set_bus(p, next.value + 4, error);
        else
            result = err_set(error, ERSATZ_E_NAME,
                             "device: a drive's are drive=ID, bus=ide.N and unit=N, not '%s'",
                             next.key ? next.key : next.value);
    }
    return result;
}

int drives_set_device(struct ersatz_machine *m, const char *device, char *properties,
                      struct ersatz_error *error)
{
    struct settings *s = &m->set;
    struct properties p = {.index = -1, .bus = -1, .unit = -1};
    const char *id = NULL;
    unsigned kind = 0;
    int result = parse_device(&p, properties, &id, error);

    if (result)
        return result;
    for (unsigned i = 0; id && i < s->drive_count; i++)
        if (s->drives[i].loose && strcmp(s->drives[i].id, id) == 0)
            p.d = &s->drives[i];
    if (!p.d)
        return err_set(error, ERSATZ_E_CONFLICT, "%s: there is no drive '%s' with if=none", device,
                       id ? id : "");
    while (strcmp(device, drive_devices[kind].name))
        kind++;
    if (drive_devices[kind].kind == DRIVE_DISK && !p.d->file)
        return err_set(error, ERSATZ_E_CONFLICT, "%s: drive '%s' has no file", device, id);
    p.interface = drive_devices[kind].interface;
    p.d->kind = drive_devices[kind].kind;
    result = find_place(s, &p, error);
    p.d->loose = result != 0;
    return result;
}

/* ---- at power-on ---- */

struct medium *drives_open(const struct drive_setting *d, struct ersatz_error *error)
{
    const struct block_options o = {
        .file = d->file,
        .format = d->format,
        .read_only = d->read_only || d->kind == DRIVE_CDROM,
        .snapshot = d->snapshot,
    };

    return block_open(&o, error);
}

static void add_default(struct settings *s, enum drive_kind kind, unsigned index)
{
    struct drive_setting d = {.kind = kind, .index = index};

    name(&d);
    if (!taken(s, kind, index) && check_id(s, d.id, NULL) == 0)
        s->drives[s->drive_count++] = d;
}

int drives_power_on(struct ersatz_machine *m, struct drive_config *out, struct ersatz_error *error)
{
    struct settings *s = &m->set;
    struct ersatz_error own;
    unsigned n = 0;

    error = error ? error : &own;
    add_default(s, DRIVE_CDROM, 2);
    add_default(s, DRIVE_FLOPPY, 0);
    for (; n < s->drive_count; n++) {
        struct drive_setting *d = &s->drives[n];
        if (d->loose) {
            err_set(error, ERSATZ_E_CONFLICT, "drive '%s' has if=none, and no device takes it",
                    d->id);
            goto fail;
        }
        d->snapshot |= s->snapshot;
        out[n] = (struct drive_config){.kind = d->kind, .index = d->index, .id = d->id};
        if (d->file && !(out[n].medium = drives_open(d, error)))
            goto fail;
    }
    s->board.drives = out;
    s->board.drive_count = n;
    return 0;
fail:
    while (n--)
        medium_close(out[n].medium);
    return -(int)error->code;
}
