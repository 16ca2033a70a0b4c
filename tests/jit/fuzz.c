/* SPDX-License-Identifier: MIT */
/*
 * Random programs on the interpreter and on the engine under test. A case is a pair of boxes and
 * some programs, one after the other, each from two states: so translated code is met again, and
 * old code must not be. A case that fails is told, and
 *
 *     FUZZ_CASE=0x... tests/jit/fuzz.tap
 *
 * repeats it, takes away what it doesn't need, and prints what is left.
 *
 *     JIT_FUZZ      the engine: "interp", or a list of optimise=on|off, tlb=flat|soft, ffi=on|off,
 *                   region=on|off, buffer=BYTES; what isn't named follows from the seed
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reduce.h"

enum {
    COUNT_FAULTS = MODE_COUNT,
    COUNT_INTERRUPTS,
    COUNT_PROGRAMS,
    COUNT_SLICES,
    COUNT_FLAT,
    COUNT_SOFT,
    COUNT_OPTIMISED,
    COUNT_PLAIN,
    COUNT_FFI,
    COUNT_TRANSLATED,
    COUNT_REGIONS,
    COUNT_STUBS,
};

/* There must be translated code where there is a backend for the host. */
#ifdef __x86_64__
#define TRANSLATED
#else
#define TRANSLATED "?"
#endif

static const char *const counters[] = {
#define MODE(name, code, paging, cpl, segments) "instructions in mode " #name,
#include "modes.def"
#undef MODE
    "faults skipped",
    "interrupts",
    "programs",
    "slices",
    "programs with flat tables",
    "programs with the soft TLB",
    "programs optimised",
    "programs not optimised",
    "?programs on the portable backend",
    TRANSLATED "blocks translated",
    TRANSLATED "regions",
    TRANSLATED "instructions by emulation stubs and slow paths",
    NULL,
};

static void count(struct fuzz *f, const struct program *p, const struct play *y,
                  const struct box_options *opt)
{
    f->count[p->mode - box_modes] += y->insns;
    f->count[COUNT_FAULTS] += y->faults;
    f->count[COUNT_INTERRUPTS] += y->interrupts;
    f->count[COUNT_PROGRAMS]++;
    f->count[COUNT_SLICES] += y->slices;
    f->count[opt->flat ? COUNT_FLAT : COUNT_SOFT]++;
    f->count[opt->optimise ? COUNT_OPTIMISED : COUNT_PLAIN]++;
    f->count[COUNT_FFI] += opt->ffi;
    fuzz_beat(f);
}

static void run_case(struct fuzz *f, u64 seed)
{
    static struct mix mix;
    static struct program p;
    struct trial t = {.mix = &mix, .seed = seed, .last = PROGRAMS};
    struct box want, got;

    if (!mix.total)
        mix_init(&mix);
    trial_options(&t);
    if (getenv("FUZZ_CASE") && reduce(&t))
        fuzz_fail(f, "see above");
    if (!trial_open(&t, &want, &got))
        fuzz_fail(f, "no boxes: the host has no memory");
    for (unsigned i = 0; i < PROGRAMS; i++) {
        struct play y;
        bool same = trial_run(&t, i, &p, &want, &got, &y);
        count(f, &p, &y, &t.opt);
        if (!same)
            fuzz_fail(f, "program %u, %s: %s", i, p.mode->name, y.why);
    }
    f->count[COUNT_STUBS] += box_stubs(&got);
    f->count[COUNT_REGIONS] += box_regions(&got);
    f->count[COUNT_TRANSLATED] += box_translations(&got);
    box_destroy(&want);
    box_destroy(&got);
}

int main(void)
{
    static const struct fuzz_target target = {"jit", run_case, counters};

    return fuzz_main(&target);
}
