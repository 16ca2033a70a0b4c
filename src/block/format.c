/* SPDX-License-Identifier: MIT */
/* What an image is, by its first or last bytes: format.def. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "block/block.h"

#define MAGIC_MAX 32u
#define QUOTED_MAX 200 /* of a file's name in advice */

struct format {
    const char *name, *text;
    int at;
    u8 length;
    char magic[MAGIC_MAX];
    const char *advice;
};

static const struct format formats[] = {
#define FORMAT(name, text, at, magic, advice) {name, text, at, sizeof magic - 1, magic, advice},
#include "block/format.def"
#undef FORMAT
};

static bool is(struct medium *m, const struct format *f)
{
    u64 at = f->at < 0 ? m->size - (u64)-f->at : (u64)f->at;
    char head[MAGIC_MAX];

    if (at > m->size || f->length > m->size - at || m->ops->read(m, at, head, f->length))
        return false;
    return memcmp(head, f->magic, f->length) == 0;
}

static int refuse(const char *file, const struct format *f, bool seen, struct ersatz_error *err)
{
    char advice[2 * QUOTED_MAX];
    const char *name = strlen(file) < QUOTED_MAX ? file : "FILE";
    const char *gap = strstr(f->advice, "%s");

    snprintf(advice, sizeof advice, "%.*s%s%s", (int)(gap - f->advice), f->advice, name, gap + 2);
    return err_set(err, ERSATZ_E_FORMAT, "%s: is %s (%s): only raw images are read. Do: %s%s", name,
                   f->text, f->name, advice,
                   seen ? ", or give format=raw if these bytes are the disk's own" : "");
}

int format_check(struct medium *m, struct ersatz_error *err)
{
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++)
        if (is(m, &formats[i]))
            return refuse(m->name, &formats[i], true, err);
    return 0;
}

int format_named(const char *file, const char *format, struct ersatz_error *err)
{
    const char *names[ARRAY_LEN(formats) + 1] = {"raw"};

    for (unsigned i = 0; i < ARRAY_LEN(formats); i++) {
        names[i + 1] = formats[i].name;
        if (strcmp(format, formats[i].name) == 0)
            return refuse(file, &formats[i], false, err);
    }
    if (strcmp(format, "raw") == 0)
        return 0;
    const char *near = nearest_name(format, names, ARRAY_LEN(names));
    return err_set(err, ERSATZ_E_FORMAT, "%s: no format '%s' is known; images are raw%s%s%s", file,
                   format, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}
