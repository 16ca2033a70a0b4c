/* SPDX-License-Identifier: MIT */
/* Guests of a few instructions, as multiboot images. */
#ifndef ERSATZ_TESTS_IMAGE_H
#define ERSATZ_TESTS_IMAGE_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "unit/unit.h"

#define LOAD 0x100000u
#define CODE_AT 0x40

/* A kludge image whose code begins at LOAD + CODE_AT. Its name is in the guest's memory, so all
 * of a test's images have the same. */
static inline void write_image(char path[32], const u8 *code, size_t size)
{
    u8 image[4096] = {0};

    snprintf(path, 32, "/tmp/ersatz-test-%d", (int)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    st32(image, 0x1BADB002);
    st32(image + 4, 0x10000);
    st32(image + 8, 0u - 0x1BADB002 - 0x10000);
    st32(image + 12, LOAD);
    st32(image + 16, LOAD);
    st32(image + 28, LOAD + CODE_AT);
    memcpy(image + CODE_AT, code, size);
    ck_assert_int_eq(write(fd, image, sizeof image), sizeof image);
    close(fd);
}

#endif
