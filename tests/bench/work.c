/* SPDX-License-Identifier: MIT */
/*
 * Small integer workloads, freestanding, the same on bare metal and as a Linux process. Each
 * prints BEGIN before and its checksum after; whoever runs it takes the time. The iterations
 * are a base count times bench_scale / 1024, which bench.py patches into the binary.
 */
#include <stddef.h>
#include <stdint.h>

typedef uint32_t u32;
typedef uint8_t u8;

void put(const char *text); /* bare.c, linux.c */

volatile const struct {
    char magic[8];
    u32 scale;
} bench_scale = {"BENCHSCL", 1024};

static u32 heap[1 << 19]; /* 2 MiB */

static u32 next(u32 *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed;
}

/* Ordinary code: a list in random order, a state machine over bytes, a table-driven CRC. */
static u32 mix(u32 n)
{
    static u32 crc[256];
    u32 seed = 1, sum = 0, state = 0, *list = heap;

    for (u32 i = 0; i < 256; i++) {
        crc[i] = i;
        for (int k = 0; k < 8; k++)
            crc[i] = crc[i] >> 1 ^ (crc[i] & 1 ? 0xedb88320u : 0);
    }
    for (u32 i = 0; i < 1024; i++)
        list[i] = (i * 387 + 1) & 1023;
    for (; n; n--) {
        u32 at = n & 1023;
        for (int k = 0; k < 64; k++) {
            at = list[at];
            u8 c = (u8)(next(&seed) >> 24);
            switch (state) {
            case 0: state = c < 64 ? 1 : c < 128 ? 2 : 0; break;
            case 1: state = c & 1 ? 2 : 3; break;
            case 2: state = c > 200 ? 0 : 3; break;
            default: state = c & 3; break;
            }
            sum = sum >> 8 ^ crc[(sum ^ c ^ at) & 255];
            sum += state;
        }
    }
    return sum;
}

static u32 rotate(u32 v, int by)
{
    return v >> by | v << (32 - by);
}

/* Long blocks of rotations and additions, as in a hash. */
static u32 hash(u32 n)
{
    u32 a = 0x6a09e667, b = 0xbb67ae85, c = 0x3c6ef372, d = 0xa54ff53a, w[16];

    for (int i = 0; i < 16; i++)
        w[i] = (u32)i * 0x9e3779b9u;
    for (; n; n--)
        for (int i = 0; i < 16; i++) {
            u32 s = rotate(a, 6) ^ rotate(a, 11) ^ rotate(a, 25);
            u32 t = d + s + ((a & b) ^ (~a & c)) + w[i];
            u32 x = w[(i + 1) & 15], y = w[(i + 14) & 15];
            w[i] += (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + (rotate(y, 17) ^ y >> 10);
            d = c;
            c = b;
            b = rotate(a, 2);
            a = t;
        }
    return a ^ b ^ c ^ d;
}

/* Calls and returns. */
static __attribute__((noinline)) u32 fib(u32 n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static u32 calls(u32 n)
{
    u32 sum = 0;
    for (; n; n--)
        sum += fib(16 + (n & 1));
    return sum;
}

static int less(u32 a, u32 b)
{
    return a < b;
}

static int greater(u32 a, u32 b)
{
    return a > b;
}

/* A heap sort through a function pointer. */
static __attribute__((noinline)) void sift(u32 *a, u32 i, u32 n, int (*before)(u32, u32))
{
    for (u32 c; (c = 2 * i + 1) < n; i = c) {
        if (c + 1 < n && before(a[c], a[c + 1]))
            c++;
        if (!before(a[i], a[c]))
            return;
        u32 t = a[i];
        a[i] = a[c];
        a[c] = t;
    }
}

static u32 sort(u32 n)
{
    u32 seed = 7, sum = 0;

    for (; n; n--) {
        for (u32 i = 0; i < 1000; i++)
            heap[i] = next(&seed);
        int (*order)(u32, u32) = n & 1 ? less : greater;
        for (u32 i = 500; i--;)
            sift(heap, i, 1000, order);
        for (u32 i = 1000; --i;) {
            u32 t = heap[0];
            heap[0] = heap[i];
            heap[i] = t;
            sift(heap, 0, i, order);
        }
        sum += heap[0] ^ heap[500] * 3;
    }
    return sum;
}

/* Indirect jumps: an interpreter of its own. */
static u32 bytecode(u32 n)
{
    static const u8 program[] = {0, 1, 2, 3, 1, 4, 2, 5, 0, 3, 6, 2, 1, 5, 4, 7};
    static const void *const go[] = {&&add, &&shift, &&mix, &&swap, &&sub, &&low, &&mul, &&back};
    u32 a = 1, b = 2, at = 0;

    goto *go[program[0]];
add:
    a += b;
    goto *go[program[++at]];
shift:
    a = a << 1 ^ b;
    goto *go[program[++at]];
mix:
    b ^= a >> 3;
    goto *go[program[++at]];
swap:
    a ^= b;
    b ^= a;
    a ^= b;
    goto *go[program[++at]];
sub:
    b -= a;
    goto *go[program[++at]];
low:
    a &= 0xffffff;
    goto *go[program[++at]];
mul:
    b *= 5;
    goto *go[program[++at]];
back:
    if (!n--)
        return a + b;
    at = 0;
    goto *go[program[0]];
}

static u32 divide(u32 n)
{
    u32 sum = 0, seed = 3;
    for (; n; n--)
        sum += next(&seed) / (n | 1) + seed % 1000;
    return sum;
}

/* Independent loads and stores over 2 MiB. */
static u32 stream(u32 n)
{
    u32 sum = 0;
    for (; n; n--)
        for (u32 i = 0; i < sizeof heap / sizeof *heap; i += 16) {
            sum += heap[i];
            heap[i + 1] = sum;
        }
    return sum;
}

static u32 strings(u32 n)
{
    for (; n; n--) {
        void *to = heap + 65536, *from = heap;
        size_t count = 4096;
        __asm__ volatile("cld; rep movsl" : "+D"(to), "+S"(from), "+c"(count)::"memory");
        count = 4096;
        __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(n) : "memory");
    }
    return heap[65536] + heap[65536 + 4097];
}

static const struct {
    const char *name;
    u32 (*run)(u32 n);
    u32 base;
} work[] = {
    {"mix", mix, 100000},    {"hash", hash, 1500000},         {"calls", calls, 6000},
    {"sort", sort, 1500},    {"bytecode", bytecode, 2000000}, {"divide", divide, 8000000},
    {"stream", stream, 500}, {"strings", strings, 40000},
};

static void put_number(u32 v)
{
    char text[11], *at = text + 10;

    *at = 0;
    do
        *--at = (char)('0' + v % 10);
    while (v /= 10);
    put(at);
}

void bench(void)
{
    for (size_t i = 0; i < sizeof work / sizeof work[0]; i++) {
        u32 n = (u32)((uint64_t)work[i].base * bench_scale.scale >> 10);
        if (!n)
            n = 1;
        put("BEGIN ");
        put(work[i].name);
        put("\n");
        u32 sum = work[i].run(n);
        put("END ");
        put_number(n);
        put(" ");
        put_number(sum);
        put("\n");
    }
    put("DONE\n");
}
