/* SPDX-License-Identifier: MIT */
#include "board/drive.h"

static bool within(const struct drive *d, u64 offset, u64 len)
{
    u64 size = drive_size(d);

    return d->medium && offset <= size && len <= size - offset;
}

static enum drive_result later(struct drive *d, int error)
{
    if (d->failed)
        d->failed(d->board, d, -error);
    return DRIVE_LATER;
}

bool drive_read(struct drive *d, u64 offset, void *buf, u64 len)
{
    if (!within(d, offset, len) || d->medium->ops->read(d->medium, offset, buf, len))
        return false;
    d->count.reads++;
    d->count.read_bytes += len;
    return true;
}

enum drive_result drive_write(struct drive *d, u64 offset, const void *buf, u64 len)
{
    if (!within(d, offset, len) || d->medium->read_only)
        return DRIVE_REFUSED;
    int error = d->medium->ops->write(d->medium, offset, buf, len);
    if (error)
        return later(d, error);
    d->count.writes++;
    d->count.written_bytes += len;
    return DRIVE_DONE;
}

enum drive_result drive_flush(struct drive *d)
{
    int error = d->medium ? d->medium->ops->flush(d->medium) : 0;

    if (error)
        return later(d, error);
    d->count.flushes++;
    return DRIVE_DONE;
}

void drive_change(struct drive *d, struct medium *medium)
{
    medium_close(d->medium);
    d->medium = medium;
    d->changes++;
    d->locked = false;
    d->eject_wanted = false;
    if (d->changed)
        d->changed(d->chip);
}
