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
    char *name; /* the file, as the user spells it */
    u64 size;   /* bytes; fixed while it lies in the drive */
    bool read_only;
    bool snapshot; /* what is written is forgotten in the end */
};

static inline void medium_close(struct medium *m)
{
    if (m)
        m->ops->close(m);
}

/* Kinds of drives; disks and CD-ROMs share the four places on the IDE channels. */
enum drive_kind { DRIVE_DISK, DRIVE_CDROM, DRIVE_FLOPPY, DRIVE_PFLASH };

struct drive_count {
    u64 reads, writes, flushes; /* that were done */
    u64 read_bytes, written_bytes;
};

struct drive {
    enum drive_kind kind;
    unsigned index;        /* its place: 0..3 on the IDE channels, 0..1 at the floppy controller */
    char id[32];           /* "ide0-hd0", "ide1-cd0", "floppy0" */
    struct medium *medium; /* NULL: none lies in it */
    u32 changes;           /* counts media put in and taken out */
    bool locked;           /* the guest prevents removal */
    bool eject_wanted;     /* the user would like to remove a locked medium; the chip tells */
    struct drive_count count;
    /* The chip it hangs on hears that `changes` moved or `eject_wanted` was set. May be NULL. */
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
bool drive_read(struct drive *d, u64 offset, void *buf, u64 len);

/* DRIVE_REFUSED: outside the medium, or it is read-only. DRIVE_LATER: see above. */
enum drive_result { DRIVE_DONE, DRIVE_REFUSED, DRIVE_LATER };

enum drive_result drive_write(struct drive *d, u64 offset, const void *buf, u64 len);
enum drive_result drive_flush(struct drive *d);

/* Puts another medium in, or (NULL) none; the one that lay there is closed. */
void drive_change(struct drive *d, struct medium *medium);

#endif
