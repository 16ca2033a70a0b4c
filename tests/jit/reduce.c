/* SPDX-License-Identifier: MIT */
#include "reduce.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jit/ir.h"

enum { SECONDS = 10, FAILED = 99, NOT_AT_ALL = 98 };

/* --- a trial --- */

static bool setting(const char *name, const char *value)
{
    const char *p = getenv("JIT_FUZZ");
    char text[64];

    snprintf(text, sizeof text, "%s%s%s", name, value ? "=" : "", value ? value : "");
    return p && strstr(p, text);
}

void trial_options(struct trial *t)
{
    struct rng r = {t->seed ^ 0x6a6974};
    struct box_options *o = &t->opt;
    const char *buffer = getenv("JIT_FUZZ");

    *o = (struct box_options){.jit = !setting("interp", NULL),
                              .optimise = !one_in(&r, 4),
                              .flat = !one_in(&r, 4),
                              .ffi = one_in(&r, 12)};
    if (one_in(&r, 8))
        o->buffer = 64u << 10;
    if (!one_in(&r, 3))
        o->region = 1 + (u32)(rng_next(&r) % 8);
    if (setting("optimise", NULL))
        o->optimise = setting("optimise", "on");
    if (setting("tlb", NULL))
        o->flat = setting("tlb", "flat");
    if (setting("ffi", NULL))
        o->ffi = setting("ffi", "on");
    if (setting("region", NULL))
        o->region = setting("region", "on") ? 2 : 0;
    buffer = buffer ? strstr(buffer, "buffer=") : NULL;
    if (buffer)
        o->buffer = (u32)strtoul(buffer + 7, NULL, 0);
}

bool trial_open(const struct trial *t, struct box *want, struct box *got)
{
    const struct box_options plain = {.flat = true, .two = t->opt.two};
    struct box_options opt = t->opt;

    if (!box_init(want, &plain))
        return false;
    if (box_init(got, &opt))
        return true;
    box_destroy(got);
    opt.jit = false; /* this host has none: the interpreter in small pieces */
    return box_init(got, &opt);
}

bool trial_begin(struct box *want, struct box *got)
{
    struct trial t = {.seed = 1};

    setvbuf(stdout, NULL, _IOLBF, 0);
    trial_options(&t);
    if (trial_open(&t, want, got))
        return true;
    printf("Bail out! no boxes: the host has no memory\n");
    return false;
}

void trial_end(struct box *want, struct box *got, unsigned tests)
{
    printf("# %u blocks translated\n", (unsigned)box_translations(got));
    box_destroy(want);
    box_destroy(got);
    printf("1..%u\n", tests);
}

static u64 seed_of(const struct trial *t, unsigned n)
{
    struct rng r = {t->seed + ((u64)n << 32)};

    return rng_next(&r);
}

bool trial_run(const struct trial *t, unsigned n, struct program *p, struct box *want,
               struct box *got, struct play *y)
{
    u64 seed = seed_of(t, n);

    program_make(p, t->mix, seed_of(t, n & ~1u));
    if (n & 1)
        program_state(p, seed);
    for (unsigned i = 0; n >> 1 == t->last >> 1 && i < p->count; i++)
        p->item[i].gone = t->gone[i];
    program_layout(p);
    *y = (struct play){.seed = seed, .ram_often = t->ram_often && n == t->last};
    return play(y, p, want, got);
}

/* --- in a process of its own --- */

static bool run_in(const struct trial *t, struct program *p, struct play *y, struct box *want,
                   struct box *got)
{
    if (!trial_open(t, want, got))
        _exit(NOT_AT_ALL);
    for (unsigned n = t->first; n < PROGRAMS && n <= t->last; n++)
        if (!trial_run(t, n, p, want, got, y))
            return false;
    return true;
}

static bool run_all(const struct trial *t, struct program *p, struct play *y)
{
    struct box want, got;

    return run_in(t, p, y, &want, &got);
}

static int status_of(const struct trial *t)
{
    static struct program p;
    struct play y;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        alarm(SECONDS);
        _exit(run_all(t, &p, &y) ? 0 : FAILED);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) == NOT_AT_ALL) {
        printf("Bail out! no process, or no memory\n");
        exit(1);
    }
    return status;
}

static bool fails(const struct trial *t)
{
    return status_of(t) != 0;
}

/* --- smaller --- */

/* The first run that fails becomes the last one. */
static void find_last(struct trial *t)
{
    for (unsigned n = 0; n < PROGRAMS; n++) {
        struct trial less = *t;
        less.last = n;
        if (fails(&less)) {
            *t = less;
            return;
        }
    }
}

static void drop_programs(struct trial *t)
{
    for (unsigned first = t->last; first > t->first; first--) {
        struct trial less = *t;
        less.first = first;
        if (fails(&less)) {
            *t = less;
            return;
        }
    }
}

static bool drop_items(struct trial *t, unsigned at, unsigned n)
{
    struct trial less = *t;
    unsigned dropped = 0;

    for (unsigned i = at; i < at + n && i < ITEMS_MAX; i++) {
        dropped += !less.gone[i];
        less.gone[i] = true;
    }
    if (!dropped || !fails(&less))
        return false;
    *t = less;
    return true;
}

static void drop_all_items(struct trial *t, unsigned count)
{
    bool some = true;

    for (unsigned n = 8; n; n /= 2)
        for (unsigned at = 0; at < count; at += n)
            drop_items(t, at, n);
    while (some) {
        some = false;
        for (unsigned i = count; i--;)
            some |= drop_items(t, i, 1);
    }
}

/* The blocks of the program's code, as the JIT sees them. */
static void print_ir(const struct program *p, struct box *b)
{
    static struct ir ir;

    for (u64 i = 0; i < p->count; i++) {
        u64 at = p->item[i].at + box_base(p->mode, CS);
        const struct block *k = box_block(b, at);
        if (!k || p->item[i].gone)
            continue;
        printf("# %s block at %" PRIx64 "\n", k->code ? "translated" : "interpreted",
               p->item[i].at);
        ir_lift(&ir, k);
        if (b->opt.optimise)
            ir_optimise(&ir);
        ir_print(&ir, stdout);
    }
}

static void tell(const struct trial *t, struct program *p)
{
    struct box want, got;
    struct play y;
    int status;

    program_make(p, t->mix, seed_of(t, t->last & ~1u));
    if (t->last & 1)
        program_state(p, seed_of(t, t->last));
    for (unsigned i = 0; i < p->count; i++)
        p->item[i].gone = t->gone[i];
    program_layout(p);
    printf("# runs %u to %u of the case; optimise=%s tlb=%s ffi=%s region=%u buffer=%u\n", t->first,
           t->last, t->opt.optimise ? "on" : "off", t->opt.flat ? "flat" : "soft",
           t->opt.ffi ? "on" : "off", t->opt.region, t->opt.buffer);
    program_print(p, stdout);
    fflush(stdout);
    status = status_of(t);
    if (WIFSIGNALED(status)) {
        printf("# signal %d\n", WTERMSIG(status));
    } else if (!run_in(t, p, &y, &want, &got)) {
        printf("# %s\n", y.why);
        print_ir(p, &got);
        box_destroy(&want);
        box_destroy(&got);
    }
    fflush(stdout);
}

bool reduce(struct trial *t)
{
    static struct program p;

    if (!fails(t))
        return false;
    find_last(t);
    drop_programs(t);
    t->ram_often = true;
    program_make(&p, t->mix, seed_of(t, t->last & ~1u));
    drop_all_items(t, p.count);
    tell(t, &p);
    return true;
}
