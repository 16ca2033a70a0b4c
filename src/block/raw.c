/* SPDX-License-Identifier: MIT */
/*
 * A raw image: a file or a block device of the host's, its bytes the disk's.
 *
 * The medium is whole sectors. Of a file that ends within one, the rest of that sector reads as
 * zeros; writing it makes the file longer. A file that others cut short gives I/O errors behind
 * its end, as a disk that breaks does, and never zeros in place of data.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/error.h"
#include "block/block.h"

struct raw {
    struct medium medium;
    int fd;
    u64 end; /* of the file's bytes: less than a sector before medium.size */
};

static int raw_read(struct medium *m, u64 offset, void *buf, u64 len)
{
    struct raw *r = (struct raw *)m;
    i64 n = file_read(r->fd, offset, buf, len);

    if (n < 0)
        return (int)n;
    if ((u64)n == len)
        return 0;
    if (offset + (u64)n < r->end)
        return -EIO;
    memset((u8 *)buf + n, 0, len - (u64)n);
    return 0;
}

static int raw_write(struct medium *m, u64 offset, const void *buf, u64 len)
{
    struct raw *r = (struct raw *)m;
    int error = file_write(r->fd, offset, buf, len);

    if (!error && offset + len > r->end)
        r->end = offset + len;
    return error;
}

static int raw_flush(struct medium *m)
{
    struct raw *r = (struct raw *)m;

    return fdatasync(r->fd) == 0 ? 0 : -errno;
}

static void raw_close(struct medium *m)
{
    struct raw *r = (struct raw *)m;

    if (r->fd >= 0)
        close(r->fd);
    free(m->name);
    free(r);
}

static const struct medium_ops raw_ops = {
    .read = raw_read, .write = raw_write, .flush = raw_flush, .close = raw_close};

static int open_file(struct raw *r, bool writable, struct ersatz_error *err)
{
    const char *file = r->medium.name;

    /* O_NONBLOCK: a named pipe without a writer must not hold us up before it is refused */
    r->fd = open(file, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_LARGEFILE);
    if (r->fd >= 0)
        return 0;
    if (writable && (errno == EACCES || errno == EROFS || errno == EPERM))
        return err_set(err, ERSATZ_E_OPEN,
                       "%s: cannot be written (%s); readonly=on only reads it, snapshot=on keeps "
                       "what is written apart",
                       file, strerror(errno));
    return err_set(err, ERSATZ_E_OPEN, "%s: cannot be opened: %s", file, strerror(errno));
}

static int measure(struct raw *r, struct ersatz_error *err)
{
    const char *file = r->medium.name;
    struct stat st;

    if (fstat(r->fd, &st))
        return err_set(err, ERSATZ_E_OPEN, "%s: %s", file, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return err_set(err, ERSATZ_E_FORMAT, "%s: is neither a file nor a block device", file);
    off_t end = lseek(r->fd, 0, SEEK_END);
    if (end < 0)
        return err_set(err, ERSATZ_E_OPEN, "%s: %s", file, strerror(errno));
    if (end == 0)
        return err_set(err, ERSATZ_E_SIZE, "%s: is empty", file);
    r->end = (u64)end;
    r->medium.size = align_up(r->end, SECTOR_SIZE);
    return 0;
}

struct medium *raw_open(const char *file, bool writable, struct ersatz_error *err)
{
    struct raw *r = calloc(1, sizeof *r);
    char *name = strdup(file);

    if (!r || !name) {
        free(r);
        free(name);
        err_set(err, ERSATZ_E_NOMEM, "%s: no memory", file);
        return NULL;
    }
    r->medium = (struct medium){.ops = &raw_ops, .name = name, .read_only = !writable};
    r->fd = -1;
    if (open_file(r, writable, err) || lock_file(r->fd, file, writable, err) || measure(r, err)) {
        raw_close(&r->medium);
        return NULL;
    }
    return &r->medium;
}
