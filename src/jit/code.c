/* SPDX-License-Identifier: MIT */
#include "jit/code.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

int jit_buffer_init(struct jit_buffer *b, size_t size)
{
    int fd = memfd_create("ersatz-code", MFD_CLOEXEC);

    *b = (struct jit_buffer){.size = size};
    if (fd < 0)
        return -ERSATZ_E_HOST;
    void *rw = MAP_FAILED, *rx = MAP_FAILED;
    if (ftruncate(fd, (off_t)size) == 0) {
        rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rx = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (rw != MAP_FAILED && rx != MAP_FAILED) {
        b->rw = rw;
        b->rx = rx;
        return 0;
    }
    if (rw != MAP_FAILED)
        munmap(rw, size);
    if (rx != MAP_FAILED)
        munmap(rx, size);
    return -ERSATZ_E_HOST;
}

void jit_buffer_destroy(struct jit_buffer *b)
{
    if (!b->rw)
        return;
    munmap(b->rw, b->size);
    munmap((void *)(uintptr_t)b->rx, b->size);
    b->rw = NULL;
    b->rx = NULL;
}

void jit_buffer_flush(struct jit_buffer *b)
{
    b->used = b->thunks;
}
