/* SPDX-License-Identifier: MIT */
/*
 * Names of files inside options. The argument's shape in options.def says where one stands:
 *
 *     FILE              the whole argument, -kernel
 *     FILE[ ARGS][,FILE...]   each part up to a blank, -initrd
 *     ...file=FILE...   the property of that name, -drive; a comma in it is doubled
 *     BACKEND           behind `file:` and `unix:`
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/paths.h"

char *path_from(const char *folder, const char *name)
{
    char *path;

    if (*name == '/' || strcmp(folder, ".") == 0)
        return strdup(name);
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

char *path_folder_name(const char *file)
{
    const char *slash = strrchr(file, '/');

    if (!slash)
        return strdup(".");
    return slash == file ? strdup("/") : strndup(file, (size_t)(slash - file));
}

char *path_folder(const char *file)
{
    char *folder = path_folder_name(file);
    char *real = folder ? realpath(folder, NULL) : NULL;

    free(folder);
    return real;
}

char *path_to(const char *folder, const char *name)
{
    char *place = path_folder(name), *path;
    const char *last = strrchr(name, '/');
    size_t n = strlen(folder);

    if (!place)
        return strdup(name);
    last = last ? last + 1 : name;
    if (strcmp(place, folder) == 0)
        path = strdup(last);
    else if (strncmp(place, folder, n) == 0 && place[n] == '/')
        path = asprintf(&path, "%s/%s", place + n + 1, last) < 0 ? NULL : path;
    else
        path = asprintf(&path, "%s/%s", place, last) < 0 ? NULL : path;
    free(place);
    return path;
}

/* Text that grows; once memory is out it stays NULL. */
struct text {
    char *at;
    size_t length;
    bool failed;
};

static void put(struct text *t, const char *from, size_t len)
{
    char *at = t->failed ? NULL : realloc(t->at, t->length + len + 1);

    if (!at) {
        t->failed = true;
        return;
    }
    memcpy(at + t->length, from, len);
    t->length += len;
    at[t->length] = 0;
    t->at = at;
}

/* Puts the moved name; `doubled`: commas in it stand twice, and shall again. */
static void put_name(struct text *t, const char *from, size_t len, bool doubled, path_fn *move,
                     const char *folder)
{
    char *name = strndup(from, len), *moved;

    if (!name) {
        t->failed = true;
        return;
    }
    if (doubled) {
        char *to = name;
        for (const char *c = name; *c; c++) {
            *to++ = *c;
            c += c[0] == ',' && c[1] == ',';
        }
        *to = 0;
    }
    moved = *name ? move(folder, name) : strdup("");
    if (!moved)
        t->failed = true;
    for (const char *c = moved; c && *c; c++)
        put(t, *c == ',' && doubled ? ",," : c, *c == ',' && doubled ? 2 : 1);
    free(moved);
    free(name);
}

/* Length up to a comma that is not doubled, or the end. */
static size_t property_length(const char *text)
{
    size_t n = 0;

    while (text[n] && (text[n] != ',' || text[n + 1] == ','))
        n += text[n] == ',' ? 2 : 1;
    return n;
}

/* True if the shape has the property that `text` begins with as KEY=FILE. */
static bool names_file(const char *shape, const char *text, size_t key)
{
    for (const char *at = shape; (at = strstr(at, "=FILE")); at++) {
        const char *start = at - key;
        if (start >= shape && memcmp(start, text, key) == 0 &&
            (start == shape || strchr(",[|", start[-1])))
            return true;
    }
    return false;
}

static void map_properties(struct text *t, const char *shape, const char *arg, path_fn *move,
                           const char *folder)
{
    while (*arg) {
        size_t len = property_length(arg), key = strcspn(arg, "=,");
        if (key < len && arg[key] == '=' && names_file(shape, arg, key)) {
            put(t, arg, key + 1);
            put_name(t, arg + key + 1, len - key - 1, true, move, folder);
        } else {
            put(t, arg, len);
        }
        arg += len;
        if (*arg)
            put(t, arg++, 1);
    }
}

/* FILE[ ARGS][,FILE[ ARGS]]... */
static void map_list(struct text *t, const char *arg, path_fn *move, const char *folder)
{
    while (*arg) {
        size_t len = strcspn(arg, ","), name = strcspn(arg, " ,");
        put_name(t, arg, name, false, move, folder);
        put(t, arg + name, len - name);
        arg += len;
        if (*arg)
            put(t, arg++, 1);
    }
}

static void map_back_end(struct text *t, const char *arg, path_fn *move, const char *folder)
{
    size_t prefix = strncmp(arg, "file:", 5) == 0 || strncmp(arg, "unix:", 5) == 0 ? 5 : 0;
    size_t name = prefix == 5 && *arg == 'u' ? strcspn(arg + prefix, ",") : strlen(arg + prefix);

    put(t, arg, prefix);
    if (prefix)
        put_name(t, arg + prefix, name, false, move, folder);
    else
        name = 0;
    put(t, arg + prefix + name, strlen(arg + prefix + name));
}

char *paths_map(const char *shape, const char *arg, path_fn *move, const char *folder)
{
    struct text t = {NULL, 0, false};

    put(&t, "", 0);
    if (strcmp(shape, "FILE") == 0)
        put_name(&t, arg, strlen(arg), false, move, folder);
    else if (strncmp(shape, "FILE[", 5) == 0)
        map_list(&t, arg, move, folder);
    else if (strcmp(shape, "BACKEND") == 0)
        map_back_end(&t, arg, move, folder);
    else if (strstr(shape, "=FILE"))
        map_properties(&t, shape, arg, move, folder);
    else
        put(&t, arg, strlen(arg));
    if (!t.failed)
        return t.at;
    free(t.at);
    return NULL;
}
