/* SPDX-License-Identifier: MIT */
/* The code buffer's memory: how it is had twice, and what the host may have back of it. */
#include "jit/code.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/error.h"

/* Where both mappings go: next to each other, so that code reaches what is written. */
static u8 *reserve(size_t size)
{
    return mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static bool map_file(size_t size, u8 *rw, u8 *rx)
{
    int fd = memfd_create("ersatz-code", MFD_CLOEXEC);
    const int how = MAP_SHARED | MAP_FIXED;

    if (fd < 0)
        return false;
    bool mapped = ftruncate(fd, (off_t)size) == 0 &&
                  mmap(rw, size, PROT_READ | PROT_WRITE, how, fd, 0) == rw &&
                  mmap(rx, size, PROT_READ | PROT_EXEC, how, fd, 0) == rx;
    close(fd);
    return mapped;
}

/* An old size of 0 maps shared pages a second time: mremap(2). */
static bool map_nameless(size_t size, u8 *rw, u8 *rx)
{
    if (mmap(rw, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != rw)
        return false;
    return mremap(rw, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, rx) == rx &&
           !mprotect(rx, size, PROT_READ | PROT_EXEC);
}

int jit_buffer_init(struct jit_buffer *b, size_t size, size_t words, bool nameless)
{
    size_t mapped = align_up(size + words * sizeof(i32), 4096);
    u8 *rw = reserve(mapped), *rx = rw + mapped;

    *b = (struct jit_buffer){.size = size, .mapped = mapped};
    if (rw == MAP_FAILED)
        return -ERSATZ_E_HOST;
    if (!(nameless && map_nameless(mapped, rw, rx)) && !map_file(mapped, rw, rx)) {
        munmap(rw, 2 * mapped);
        return -ERSATZ_E_HOST;
    }
    b->rw = rw;
    b->rx = rx;
    b->words = (i32 *)(void *)(rw + size);
    return 0;
}

void jit_buffer_destroy(struct jit_buffer *b)
{
    if (b->rw)
        munmap(b->rw, 2 * b->mapped);
    b->rw = NULL;
    b->rx = NULL;
}

/* A page that is mapped twice counts twice as the process's memory. One that is written after all,
 * for a link, comes back by itself. */
void jit_buffer_grown(struct jit_buffer *b)
{
    const size_t step = 1u << 20;

    if (b->used - b->let_go <= 2 * step)
        return;
    b->let_go += step;
    madvise(b->rw, b->let_go, MADV_DONTNEED);
}

/* Of a file or shared, so that both mappings must let go: the pages themselves go. */
void jit_buffer_flush(struct jit_buffer *b)
{
    size_t from = align_up(b->thunks, 4096), end = align_down(b->used, 4096);

    if (from < end)
        madvise(b->rw + from, end - from, MADV_REMOVE);
    b->let_go = 0;
    b->used = b->thunks;
}
