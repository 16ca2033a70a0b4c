/* SPDX-License-Identifier: MIT */
/* Reading and writing a file whole: what a system call leaves over, the next one does. */
#include <errno.h>
#include <unistd.h>

#include "block/block.h"

i64 file_read(int fd, u64 offset, void *buf, u64 len)
{
    u64 done = 0;

    while (done < len) {
        ssize_t n = pread(fd, (u8 *)buf + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += (u64)n;
    }
    return (i64)done;
}

int file_write(int fd, u64 offset, const void *buf, u64 len)
{
    u64 done = 0;

    while (done < len) {
        ssize_t n = pwrite(fd, (const u8 *)buf + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (u64)n;
    }
    return 0;
}
