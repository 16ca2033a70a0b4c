/* SPDX-License-Identifier: MIT */
/* Formats of diskettes, by the size of their image. */
#ifndef ERSATZ_DEVICES_FLOPPY_H
#define ERSATZ_DEVICES_FLOPPY_H

#include "base/types.h"

#define FLOPPY_SECTOR 512

/* What CMOS byte 10h calls a drive. */
enum floppy_drive_type {
    FLOPPY_DRIVE_NONE,
    FLOPPY_DRIVE_360K,
    FLOPPY_DRIVE_1200K,
    FLOPPY_DRIVE_720K,
    FLOPPY_DRIVE_1440K,
    FLOPPY_DRIVE_2880K,
};

/* Data rates as DSR and CCR spell them. */
enum { FLOPPY_500K, FLOPPY_300K, FLOPPY_250K, FLOPPY_1M };

struct floppy_format {
    u8 sectors; /* of a track */
    u8 cylinders;
    u8 heads;
    u8 rate;
    u8 drive; /* the drive it is for: enum floppy_drive_type */
};

/* The smallest format that holds `size` bytes, the largest one if none does; NULL for size 0. */
const struct floppy_format *floppy_format(u64 size);
/* The drive for a medium of that size; without one, a drive of 1.44M. */
enum floppy_drive_type floppy_drive_for(u64 size);

#endif
