/* SPDX-License-Identifier: MIT */
#include "board/ram.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/error.h"

#define HUGE_PAGE (2ull << 20)

int ram_init(struct ram *r, u64 size, struct ersatz_error *err)
{
    u64 rounded = align_up(size, HUGE_PAGE);
    u64 reserved = rounded + 3 * HUGE_PAGE; /* two guards, and room to align */

    *r = (struct ram){0};
    if (size == 0 || reserved < size || reserved > SIZE_MAX / 2)
        return err_set(err, ERSATZ_E_VALUE, "%llu bytes of RAM: out of range",
                       (unsigned long long)size);
    u8 *p = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return err_set(err, ERSATZ_E_NOMEM, "no address space for %llu MiB of RAM: %s",
                       (unsigned long long)(size >> 20), strerror(errno));
    u8 *host = (u8 *)(uintptr_t)align_up((uintptr_t)p + HUGE_PAGE, HUGE_PAGE);
    if (mprotect(host, size, PROT_READ | PROT_WRITE)) {
        int error = errno;
        munmap(p, reserved);
        return err_set(err, ERSATZ_E_NOMEM, "no memory for %llu MiB of RAM: %s",
                       (unsigned long long)(size >> 20), strerror(error));
    }
    madvise(host, size, MADV_HUGEPAGE); /* a wish: the host may have none */
    *r = (struct ram){.host = host, .size = size, .reservation = p, .reserved = reserved};
    return 0;
}

void ram_destroy(struct ram *r)
{
    if (r->reservation)
        munmap(r->reservation, r->reserved);
    *r = (struct ram){0};
}

/*
 * Four independent lanes of multiply and rotate over 32 bytes a step, folded at the end. Not
 * cryptographic: two runs that should be equal are compared, nobody forges one.
 */
#define LANES 4
#define HASH_MUL 0x9FB21C651E98DF25ull

static u64 rotl(u64 v, unsigned n)
{
    return v << n | v >> (64 - n);
}

u64 ram_hash(const struct ram *r, u64 hash)
{
    u64 lane[LANES];

    for (unsigned i = 0; i < LANES; i++)
        lane[i] = (hash + i + 1) * HASH_MUL;
    for (u64 at = 0; at + 8 * LANES <= r->size; at += 8 * LANES)
        for (unsigned i = 0; i < LANES; i++)
            lane[i] = rotl((lane[i] ^ ld64(r->host + at + 8 * i)) * HASH_MUL, 31);
    for (unsigned i = 0; i < LANES; i++)
        hash = rotl((hash ^ lane[i]) * HASH_MUL, 27);
    hash ^= hash >> 32;
    return hash;
}
