/* SPDX-License-Identifier: MIT */
/* The same as a Linux process, without a C library: the host has none of the other width. */
#include <stddef.h>

void bench(void);
void put(const char *text);
void linux_main(void);

static long call(long nr, long a, long b, long c)
{
    long r;
#ifdef __x86_64__
    __asm__ volatile("syscall"
                     : "=a"(r)
                     : "a"(nr), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
#else
    __asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
#endif
    return r;
}

#ifdef __x86_64__
enum { WRITE = 1, EXIT = 60 };
#else
enum { WRITE = 4, EXIT = 1 };
#endif

void put(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    call(WRITE, 1, (long)text, (long)n);
}

void linux_main(void)
{
    bench();
    call(EXIT, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tand $-16, "
#ifdef __x86_64__
        "%rsp"
#else
        "%esp"
#endif
        "\n\tcall linux_main\n");
