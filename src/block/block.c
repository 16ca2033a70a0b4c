/* SPDX-License-Identifier: MIT */
#include "block/block.h"

struct medium *block_open(const struct block_options *o, struct ersatz_error *err)
{
    if (o->format && format_named(o->file, o->format, err))
        return NULL;
    struct medium *m = raw_open(o->file, !o->read_only && !o->snapshot, err);
    if (!m)
        return NULL;
    if (!o->format && format_check(m, err)) {
        medium_close(m);
        return NULL;
    }
    return o->snapshot && !o->read_only ? overlay_open(m, err) : m;
}
