/* SPDX-License-Identifier: MIT */
/* What of the C library the BIOS uses beside memory.S. */
#include "bios.h"

void *memmove(void *dst, const void *src, size_t n)
{
    u8 *d = dst;
    const u8 *s = src;

    if (d <= s)
        return memcpy(dst, src, n);
    while (n--)
        d[n] = s[n];
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const u8 *p = a, *q = b;

    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (u8)*a - (u8)*b;
}

void phys_read(void *dst, u32 src, u32 n)
{
    phys_copy(phys_of(dst), src, n);
}

void phys_write(u32 dst, const void *src, u32 n)
{
    phys_copy(dst, phys_of(src), n);
}
