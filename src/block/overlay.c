/* SPDX-License-Identifier: MIT */
/*
 * snapshot=on: what is written goes to a sparse temporary file without a name, at the same
 * offsets, in clusters; a bitmap says which of them lie there. The image below is only read.
 * The file is in $TMPDIR, or else in /var/tmp, which is a disk where /tmp may be memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/error.h"
#include "block/block.h"

#define CLUSTER 4096u

struct overlay {
    struct medium medium;
    struct medium *base;
    int fd;
    u8 *here; /* bit n: cluster n lies in the temporary file */
};

static bool is_here(const struct overlay *o, u64 offset)
{
    u64 n = offset / CLUSTER;

    return o->here[n / 8] >> n % 8 & 1;
}

static int read_here(const struct overlay *o, u64 offset, u8 *buf, u64 len)
{
    i64 n = file_read(o->fd, offset, buf, len);

    if (n < 0)
        return (int)n;
    return (u64)n == len ? 0 : -EIO;
}

/* Bytes from `offset` on, at most `len`, that all lie above or all below. */
static u64 run_length(const struct overlay *o, u64 offset, u64 len)
{
    bool here = is_here(o, offset);
    u64 n = CLUSTER - offset % CLUSTER;

    while (n < len && is_here(o, offset + n) == here)
        n += CLUSTER;
    return n < len ? n : len;
}

static int overlay_read(struct medium *m, u64 offset, void *buf, u64 len)
{
    struct overlay *o = (struct overlay *)m;
    u8 *at = buf;
    int error = 0;

    while (len && !error) {
        u64 n = run_length(o, offset, len);
        error = is_here(o, offset) ? read_here(o, offset, at, n)
                                   : o->base->ops->read(o->base, offset, at, n);
        at += n;
        offset += n;
        len -= n;
    }
    return error;
}

/* One cluster, or a part of it: what is below comes up with the first write. */
static int write_cluster(struct overlay *o, u64 offset, const u8 *buf, u64 len)
{
    u64 start = align_down(offset, CLUSTER), n = offset / CLUSTER;
    u64 room = o->medium.size - start;
    u64 whole = room < CLUSTER ? room : CLUSTER;
    u8 cluster[CLUSTER];
    int error = 0;

    if (is_here(o, offset) || len == whole)
        error = file_write(o->fd, offset, buf, len);
    else {
        error = o->base->ops->read(o->base, start, cluster, whole);
        memcpy(cluster + (offset - start), buf, len);
        if (!error)
            error = file_write(o->fd, start, cluster, whole);
    }
    if (!error)
        o->here[n / 8] |= (u8)(1u << n % 8);
    return error;
}

static int overlay_write(struct medium *m, u64 offset, const void *buf, u64 len)
{
    struct overlay *o = (struct overlay *)m;
    const u8 *at = buf;
    int error = 0;

    while (len && !error) {
        u64 n = CLUSTER - offset % CLUSTER;
        n = n < len ? n : len;
        error = write_cluster(o, offset, at, n);
        at += n;
        offset += n;
        len -= n;
    }
    return error;
}

/* What is forgotten anyway needn't reach the host's disk. */
static int overlay_flush(struct medium *m)
{
    return 0;
}

static void overlay_close(struct medium *m)
{
    struct overlay *o = (struct overlay *)m;

    medium_close(o->base);
    if (o->fd >= 0)
        close(o->fd);
    free(o->here);
    free(m->name);
    free(o);
}

static const struct medium_ops overlay_ops = {
    .read = overlay_read, .write = overlay_write, .flush = overlay_flush, .close = overlay_close};

static int temporary_file(struct ersatz_error *err)
{
    const char *dir = getenv("TMPDIR");
    char path[4096];

    if (!dir || !*dir)
        dir = "/var/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    snprintf(path, sizeof path, "%s/ersatz-XXXXXX", dir); /* no O_TMPFILE there */
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    else
        err_set(err, ERSATZ_E_OPEN,
                "%s: no temporary file for snapshot=on: %s (TMPDIR names "
                "another directory)",
                dir, strerror(errno));
    return fd;
}

struct medium *overlay_open(struct medium *base, struct ersatz_error *err)
{
    struct overlay *o = calloc(1, sizeof *o);

    if (!o) {
        medium_close(base);
        err_set(err, ERSATZ_E_NOMEM, "no memory for a snapshot");
        return NULL;
    }
    o->medium = (struct medium){.ops = &overlay_ops, .size = base->size, .snapshot = true};
    o->medium.name = strdup(base->name);
    o->base = base;
    o->here = calloc(base->size / CLUSTER / 8 + 1, 1);
    o->fd = -1;
    if (!o->medium.name || !o->here)
        err_set(err, ERSATZ_E_NOMEM, "%s: no memory for a snapshot", base->name);
    else
        o->fd = temporary_file(err);
    if (o->fd < 0) {
        overlay_close(&o->medium);
        return NULL;
    }
    return &o->medium;
}
