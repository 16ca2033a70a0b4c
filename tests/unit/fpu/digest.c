/* SPDX-License-Identifier: MIT */
/*
 * The portable kernels give the same answers on every host: a digest of 20,000 results a kernel
 * against digest.def, which was made where hardware.c compares the same kernels with real units.
 * Prints TAP; `digest.tap print` prints the rows of digest.def.
 */
#include <inttypes.h>
#include <stdio.h>

#include "unit/fpu/rows.h"

#define CASES 20000

static const struct {
    const char *name;
    u64 digest;
} known[] = {
#define DIGEST(name, value) {#name, value},
#include "unit/fpu/digest.def"
};

/* FNV-1a, a 64-bit word at a time. */
static u64 mix(u64 h, u64 v)
{
    return (h ^ v) * 0x100000001b3u;
}

static u64 digest(const struct row *row)
{
    struct rng r = {4};
    u64 h = 0xcbf29ce484222325u;

    for (int i = 0; i < CASES; i++) {
        struct operands in;
        struct result got = {0};
        struct fpu_ctx c;
        generate(&r, row, &in, &c);
        row->run(&fpu_soft, &c, &in, &got);
        for (unsigned k = 0; k < ARRAY_LEN(got.v); k++)
            h = mix(h, got.v[k]);
        h = mix(h, (u64)got.se[0] << 32 | (u64)got.se[1] << 16 | c.flags);
    }
    return h;
}

static u64 expected(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (!strcmp(known[i].name, name))
            return known[i].digest;
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc < 2)
        printf("1..%zu\n", ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        u64 h = digest(&rows[i]);
        bool ok = h == expected(rows[i].name);
        if (argc > 1)
            printf("DIGEST(%s, 0x%016" PRIx64 ")\n", rows[i].name, h);
        else
            printf("%sok %zu - %s gives 0x%016" PRIx64 "\n", ok ? "" : "not ", i + 1, rows[i].name,
                   h);
        failed += argc < 2 && !ok;
    }
    return failed != 0;
}
