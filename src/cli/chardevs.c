/* SPDX-License-Identifier: MIT */
/*
 * -chardev: a back end under a name, in QEMU's longer spelling: `socket,id=m,path=/run/m,
 * server=on,wait=off` is what -serial and -monitor call `unix:/run/m,server,nowait`.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PREFIX "chardev:"

enum property { ID, PATH, HOST, PORT, SERVER, WAIT, MUX, SIGNAL, PROPERTIES };

static const char *const property_names[PROPERTIES] = {"id",     "path", "host", "port",
                                                       "server", "wait", "mux",  "signal"};

/* Takes `text` apart at its commas. */
static enum parsed parse(char *text, const char *value[PROPERTIES], struct ersatz_error *error)
{
    for (char *part = strtok(text, ","); part; part = strtok(NULL, ",")) {
        char *equals = strchr(part, '=');
        unsigned p = 0;

        if (equals)
            *equals++ = 0;
        while (p < PROPERTIES && strcmp(part, property_names[p]) != 0)
            p++;
        if (p == PROPERTIES)
            return options_no_such(error, "property of -chardev,", part, property_names,
                                   PROPERTIES);
        value[p] = equals ? equals : "on";
    }
    return PARSED_RUN;
}

static bool is_on(const char *value, bool without)
{
    return value ? strcmp(value, "on") == 0 || strcmp(value, "yes") == 0 : without;
}

static enum parsed lacks(const char *kind, const char *what, struct ersatz_error *error)
{
    return options_fail(error, "-chardev %s needs %s", kind, what);
}

static enum parsed socket_spec(const char *value[PROPERTIES], char *spec, size_t size,
                               struct ersatz_error *error)
{
    bool server = is_on(value[SERVER], false);
    const char *tail = !server ? "" : is_on(value[WAIT], true) ? ",server" : ",server,nowait";
    int n = 0;

    if (value[PATH])
        n = snprintf(spec, size, "unix:%s%s", value[PATH], tail);
    else if (value[PORT])
        n = snprintf(spec, size, "tcp:%s:%s%s", value[HOST] ? value[HOST] : "", value[PORT], tail);
    else
        return lacks("socket", "path=, or host= and port=", error);
    return n < (int)size ? PARSED_RUN : options_fail(error, "-chardev socket: too long");
}

static enum parsed spec_of(const char *kind, const char *value[PROPERTIES], char *spec, size_t size,
                           struct ersatz_error *error)
{
    static const char *const kinds[] = {"socket", "stdio", "file", "null", "pty"};

    if (strcmp(kind, "socket") == 0)
        return socket_spec(value, spec, size, error);
    if (strcmp(kind, "file") == 0 && !value[PATH])
        return lacks(kind, "path=", error);
    if (strcmp(kind, "stdio") == 0)
        snprintf(spec, size, "%s", is_on(value[MUX], false) ? "mon:stdio" : "stdio");
    else if (strcmp(kind, "file") == 0)
        snprintf(spec, size, "file:%s", value[PATH]);
    else if (strcmp(kind, "null") == 0 || strcmp(kind, "pty") == 0)
        snprintf(spec, size, "%s", kind);
    else
        return options_no_such(error, "kind of -chardev,", kind, kinds, LEN(kinds));
    return PARSED_RUN;
}

static struct chardev_option *find(struct options *o, const char *id)
{
    for (unsigned i = 0; i < o->chardev_count; i++)
        if (strcmp(o->chardev[i].id, id) == 0)
            return &o->chardev[i];
    return NULL;
}

enum parsed chardev_option(struct options *o, char *arg, struct ersatz_error *error)
{
    const char *value[PROPERTIES] = {NULL}, *kind = arg;
    char spec[1024], *comma = strchr(arg, ',');

    if (comma)
        *comma = 0;
    if (comma && parse(comma + 1, value, error) != PARSED_RUN)
        return PARSED_ERROR;
    if (!value[ID])
        return lacks(kind, "id=", error);
    if (find(o, value[ID]))
        return options_fail(error, "-chardev: the id %s is there twice", value[ID]);
    if (o->chardev_count == MAX_CHARDEVS)
        return options_fail(error, "-chardev %s: there are only %d of them", value[ID],
                            MAX_CHARDEVS);
    if (spec_of(kind, value, spec, sizeof spec, error) != PARSED_RUN)
        return PARSED_ERROR;
    char *kept = options_keep(o, strdup(spec));
    if (!kept)
        return options_fail(error, "no memory");
    o->chardev[o->chardev_count++] = (struct chardev_option){.id = value[ID], .spec = kept};
    return PARSED_RUN;
}

const char *chardev_resolve(struct options *o, const char *spec, struct ersatz_error *error)
{
    const char *ids[MAX_CHARDEVS];

    if (strncmp(spec, PREFIX, strlen(PREFIX)) != 0)
        return spec;
    const char *id = spec + strlen(PREFIX);
    struct chardev_option *c = find(o, id);
    if (!c) {
        for (unsigned i = 0; i < o->chardev_count; i++)
            ids[i] = o->chardev[i].id;
        options_no_such(error, "id of a -chardev,", id, ids, o->chardev_count);
        return NULL;
    }
    if (c->users++ && strcmp(c->spec, "mon:stdio") != 0) {
        options_fail(error, "-chardev %s serves one connection only, unless it is stdio,mux=on",
                     id);
        return NULL;
    }
    return c->spec;
}
