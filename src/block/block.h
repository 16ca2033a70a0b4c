/* SPDX-License-Identifier: MIT */
/*
 * What stands behind a drive: image files. A file is raw, the disk's bytes one by one; other
 * formats are recognised and refused with what to do about it. An image is locked while it is
 * open: for all others when it is written, for writers when it is only read.
 *
 * The host's errors reach the drive as negative errno values; nothing is kept back in the
 * program: what a guest has written lies with the host, what it has flushed on the host's disk.
 */
#ifndef ERSATZ_BLOCK_BLOCK_H
#define ERSATZ_BLOCK_BLOCK_H

#include "board/drive.h"

#define SECTOR_SIZE 512u

struct ersatz_error;

struct block_options {
    const char *file;
    const char *format; /* "raw", or NULL: what the file's content says */
    bool read_only;
    bool snapshot; /* writes go to a temporary file without a name */
};

/* NULL on error. Any thread. */
struct medium *block_open(const struct block_options *o, struct ersatz_error *err);

/* ---- For the room only ---- */

/* file.c: bytes read, fewer than len only where the file ends, or a negative errno. */
i64 file_read(int fd, u64 offset, void *buf, u64 len);
/* 0, or a negative errno. */
int file_write(int fd, u64 offset, const void *buf, u64 len);

/* raw.c: opens, locks, measures. */
struct medium *raw_open(const char *file, bool writable, struct ersatz_error *err);

/* overlay.c: puts a temporary file over `base`, which it owns from then on; NULL on error,
 * and base is closed. */
struct medium *overlay_open(struct medium *base, struct ersatz_error *err);

/* lock.c: locks a whole open file until it is closed. */
int lock_file(int fd, const char *file, bool write, struct ersatz_error *err);

/* format.c: refuses what isn't raw, by the image's content or by the name of a format. */
int format_check(struct medium *m, struct ersatz_error *err);
int format_named(const char *file, const char *format, struct ersatz_error *err);

#endif
