/* SPDX-License-Identifier: MIT */
#include "jit/code.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

static void map_file(size_t size, void **rw, void **rx)
{
    int fd = memfd_create("ersatz-code", MFD_CLOEXEC);

    if (fd < 0)
        return;
    if (ftruncate(fd, (off_t)size) == 0) {
        *rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        *rx = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    }
    close(fd);
}

/* An old size of 0 maps shared pages a second time: mremap(2). */
static void map_nameless(size_t size, void **rw, void **rx)
{
    *rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (*rw == MAP_FAILED)
        return;
    *rx = mremap(*rw, 0, size, MREMAP_MAYMOVE);
    if (*rx != MAP_FAILED && !mprotect(*rx, size, PROT_READ | PROT_EXEC))
        return;
    if (*rx != MAP_FAILED)
        munmap(*rx, size);
    munmap(*rw, size);
    *rw = *rx = MAP_FAILED;
}

int jit_buffer_init(struct jit_buffer *b, size_t size, bool nameless)
{
    void *rw = MAP_FAILED, *rx = MAP_FAILED;

    *b = (struct jit_buffer){.size = size};
    if (nameless)
        map_nameless(size, &rw, &rx);
    if (rw == MAP_FAILED)
        map_file(size, &rw, &rx);
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
