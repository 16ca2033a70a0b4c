/* SPDX-License-Identifier: MIT */
/* A medium in memory for tests of what reads and writes drives, with failures on demand. */
#ifndef ERSATZ_TESTS_DISK_H
#define ERSATZ_TESTS_DISK_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board/drive.h"

struct disk {
    struct medium medium;
    u8 *bytes;         /* NULL: the pattern, which writes do not change */
    u64 written;       /* where the last write went */
    unsigned refusals; /* how many writes and flushes fail with ENOSPC from now on */
    u64 bad;           /* a read that touches this byte fails; UINT64_MAX: none does */
    unsigned flushes, failures, closed;
};

/* Byte i holds a mix of its own offset, so that no two sectors are the same. */
static inline u8 disk_pattern(u64 i)
{
    return (u8)(i ^ i >> 9 ^ i >> 17 ^ i >> 31);
}

static inline int disk_read(struct medium *m, u64 offset, void *buf, u64 len)
{
    struct disk *d = (struct disk *)m;

    if (d->bad >= offset && d->bad - offset < len)
        return -EIO;
    if (d->bytes)
        memcpy(buf, d->bytes + offset, len);
    for (u64 i = 0; !d->bytes && i < len; i++)
        ((u8 *)buf)[i] = disk_pattern(offset + i);
    return 0;
}

static inline int disk_write(struct medium *m, u64 offset, const void *buf, u64 len)
{
    struct disk *d = (struct disk *)m;

    if (d->refusals && d->refusals--)
        return -ENOSPC;
    if (d->bytes)
        memcpy(d->bytes + offset, buf, len);
    d->written = offset;
    return 0;
}

static inline int disk_flush(struct medium *m)
{
    struct disk *d = (struct disk *)m;

    if (d->refusals && d->refusals--)
        return -ENOSPC;
    d->flushes++;
    return 0;
}

static inline void disk_close(struct medium *m)
{
    struct disk *d = (struct disk *)m;

    free(d->bytes);
    d->bytes = NULL;
    d->closed++;
}

/* Of any size: it takes no memory. */
static inline void disk_init_vast(struct disk *d, u64 size)
{
    static const struct medium_ops ops = {disk_read, disk_write, disk_flush, disk_close};

    *d = (struct disk){.medium = {.ops = &ops, .size = size}, .bad = UINT64_MAX};
}

static inline void disk_init(struct disk *d, u64 size)
{
    disk_init_vast(d, size);
    d->bytes = malloc(size);
    for (u64 i = 0; i < size; i++)
        d->bytes[i] = disk_pattern(i);
}

static inline void disk_failed(void *opaque, struct drive *drive, int error)
{
    struct disk *d = opaque;

    d->failures += error == ENOSPC;
}

/* A drive with that disk in it. */
static inline struct drive disk_drive(struct disk *d, enum drive_kind kind, const char *id)
{
    struct drive drive = {.kind = kind, .medium = &d->medium};

    strncpy(drive.id, id, sizeof drive.id - 1);
    drive.failed = disk_failed;
    drive.board = d;
    return drive;
}

#endif
