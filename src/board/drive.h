/* SPDX-License-Identifier: MIT */
/*
 * A drive's medium as chips see it: bytes behind an offset. What stands behind it is made by
 * block/; the board holds the drives, chips get a pointer to theirs.
 *
 * A chip calls these on the machine's thread, from its timers: a command's virtual latency ends,
 * the host's work is done there and then, so disks need no log. When the host cannot write (a
 * full disk, an I/O error), drive_write() and drive_flush() ask the machine to stop and say
 * false: the chip then arms the same timer again, to try once more when the machine goes on.
 * Nothing is lost. A read that fails is an error of the medium, for the guest.
 */
#ifndef ERSATZ_BOARD_DRIVE_H
#define ERSATZ_BOARD_DRIVE_H

#include "base/types.h"

struct medium;

struct medium_ops {
    /* 0, or a negative errno; the range lies within the medium. */
    int (*read)(struct medium *m, u64 offset, void *buf, u64 len);
    int (*write)(struct medium *m, u64 offset, const void *buf, u64 len);
    int (*flush)(struct medium *m);
    void (*close)(struct medium *m);
};

struct medium {
    const struct medium_ops *ops;
    u64 size; /* bytes; fixed while it lies in the drive */
    bool read_only;
};

enum drive_kind { DRIVE_DISK, DRIVE_CDROM, DRIVE_FLOPPY, DRIVE_PFLASH };

struct drive {
    enum drive_kind kind;
    const char *id;        /* "ide0-hd0", "ide1-cd0", "floppy0" */
    struct medium *medium; /* NULL: none lies in it */
    u32 changes;           /* counts media put in and taken out */
    bool locked;           /* the guest prevents removal */
    /* The chip it hangs on hears that `changes` moved. May be NULL. */
    void (*changed)(void *opaque);
    void *chip;
    /* The host failed to write: `error` is an errno. The board's. */
    void (*failed)(void *opaque, struct drive *d, int error);
    void *board;
};

/* Bytes of the medium, 0 without one. */
static inline u64 drive_size(const struct drive *d)
{
    return d->medium ? d->medium->size : 0;
}

/* False: outside the medium, or the host cannot read it. */
static inline bool drive_read(struct drive *d, u64 offset, void *buf, u64 len)
{
    u64 size = drive_size(d);

    return offset <= size && len <= size - offset &&
           d->medium->ops->read(d->medium, offset, buf, len) == 0;
}

/* DRIVE_REFUSED: outside the medium, or it is read-only. DRIVE_LATER: see above. */
enum drive_result { DRIVE_DONE, DRIVE_REFUSED, DRIVE_LATER };

static inline enum drive_result drive_later(struct drive *d, int error)
{
    if (error && d->failed)
        d->failed(d->board, d, -error);
    return error ? DRIVE_LATER : DRIVE_DONE;
}

static inline enum drive_result drive_write(struct drive *d, u64 offset, const void *buf, u64 len)
{
    u64 size = drive_size(d);

    if (offset > size || len > size - offset || !d->medium || d->medium->read_only)
        return DRIVE_REFUSED;
    return drive_later(d, d->medium->ops->write(d->medium, offset, buf, len));
}

static inline enum drive_result drive_flush(struct drive *d)
{
    return d->medium ? drive_later(d, d->medium->ops->flush(d->medium)) : DRIVE_DONE;
}

#endif
