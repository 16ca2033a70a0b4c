/* SPDX-License-Identifier: MIT */
/*
 * The portable floating-point kernels against the host's own units, bit for bit with flags, for
 * all rounding modes, precisions, DAZ and FTZ. Prints TAP, a line per kernel.
 * ERSATZ_FPU_CASES sets the operands a kernel is given (default 150,000).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/fpu/host_trans.h"
#include "unit/fpu/rows.h"

#if defined(__x86_64__)

#define CASES 150000
#define SHOWN 5 /* differences printed for a kernel */

static void show(const char *which, const struct result *r)
{
    printf("#   %s %016" PRIx64 " %04x %016" PRIx64 " %04x flags %04x\n", which, r->v[0], r->se[0],
           r->v[1], r->se[1], r->flags);
}

static void report(const struct row *row, const struct operands *in, const struct fpu_ctx *c,
                   const struct result *got)
{
    printf("# %s a=%016" PRIx64 " b=%016" PRIx64 " x=%04x:%016" PRIx64 " y=%04x:%016" PRIx64
           " imm=%d rc=%d pc=%d daz=%d ftz=%d\n",
           row->name, in->a, in->b, in->x.se, in->x.mant, in->y.se, in->y.mant, in->imm,
           c->rounding, c->precision, c->daz, c->ftz);
    show("hardware", &got[0]);
    show("portable", &got[1]);
}

static bool run_case(const struct row *row, const struct operands *in, const struct fpu_ctx *init,
                     struct result *got)
{
    const struct fpu_ops host = with_host_trans(), *ops[2] = {&host, &fpu_soft};

    memset(got, 0, 2 * sizeof *got);
    for (int i = 0; i < 2; i++) {
        struct fpu_ctx ctx = *init, *c = &ctx;
        ops[i]->x87_load(c);
        ops[i]->sse_load(c);
        row->run(ops[i], c, in, &got[i]);
        if (row->name[1] != '8')
            ops[i]->sse_sync(c);
        got[i].flags = c->flags | init->sticky;
    }
    return !memcmp(&got[0], &got[1], sizeof got[0]);
}

/* Whether two inexact results are neighbours, and only C1, which says which way, differs too. */
static bool nearly(const struct result *g)
{
    for (int i = 0; i < 2; i++) {
        u128 a = (u128)g[0].se[i] << 63 | (g[0].v[i] & MASK(63));
        u128 b = (u128)g[1].se[i] << 63 | (g[1].v[i] & MASK(63));
        if (a - b + 1 > 2)
            return false;
    }
    int exp = g[0].se[0] & 0x7fff; /* neighbours may stand on both sides of over- or underflow */
    u16 free = FPU_C1 | (exp >= 0x7ffe ? FPU_OE : exp <= 1 ? FPU_UE : 0);
    return g[0].flags & FPU_PE && !((g[0].flags ^ g[1].flags) & ~free);
}

static bool check_row(const struct row *row, long cases)
{
    struct rng r = {1};
    struct fpu_ctx x87 = {.masks = FPU_EXCEPTIONS}, sse = x87;
    long bad = 0, near = 0;

    fpu_hw.enter(&x87, &sse); /* as in a run: flags stay behind from case to case */

    for (long i = 0; i < cases; i++) {
        struct operands in;
        struct fpu_ctx c;
        struct result got[2];

        generate(&r, row, &in, &c);
        if (!row->transcendental && !rng_below(&r, 8)) {
            c.masks = (u8)(rng_next(&r) | rng_next(&r)) & FPU_EXCEPTIONS;
            c.sticky &= c.masks;
        }
        if (run_case(row, &in, &c, got))
            continue;
        if (row->transcendental && nearly(got))
            near++;
        else if (bad++ < SHOWN)
            report(row, &in, &c, got);
    }
    fpu_hw.leave(&x87, &sse);
    if (bad || near)
        printf("# %s: of %ld, %ld differ, %ld by one in the last place\n", row->name, cases, bad,
               near);
    return !bad && near < cases / 3; /* FPTAN of small arguments is the most careless */
}

int main(int argc, char **argv)
{
    const char *env = getenv("ERSATZ_FPU_CASES");
    long cases = env ? strtol(env, NULL, 0) : CASES;
    int failed = 0, n = 0;

    printf("1..%zu\n", ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (argc > 1 && !strstr(rows[i].name, argv[1]))
            continue;
        bool ok = check_row(&rows[i], cases);
        printf("%sok %d - %s, %ld cases against the host\n", ok ? "" : "not ", ++n, rows[i].name,
               cases);
        failed += !ok;
    }
    return failed != 0;
}

#else

int main(void)
{
    puts("1..0 # SKIP the host is not x86-64, so it has no such unit to compare with");
    return 0;
}

#endif
