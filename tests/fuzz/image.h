/* SPDX-License-Identifier: MIT */
/* Files that live in memory only, for what takes a path. */
#ifndef ERSATZ_TESTS_FUZZ_IMAGE_H
#define ERSATZ_TESTS_FUZZ_IMAGE_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

struct image {
    int fd; /* -1: none */
    char path[32];
};

static inline struct image image_new(struct fuzz *f)
{
    struct image i = {.fd = memfd_create("image", MFD_CLOEXEC)};

    if (i.fd < 0)
        fuzz_fail(f, "no file in memory");
    snprintf(i.path, sizeof i.path, "/proc/self/fd/%d", i.fd);
    return i;
}

static inline void image_write(struct fuzz *f, const struct image *i, const void *p, size_t n)
{
    if (ftruncate(i->fd, 0) || pwrite(i->fd, p, n, 0) != (ssize_t)n)
        fuzz_fail(f, "a file in memory cannot be written");
}

#endif
