/* SPDX-License-Identifier: MIT */
/*
 * Random instructions in every mode: code made from the table, on random tables, from random
 * states, with interrupts and changes of the memory map in between. After each slice the state
 * must be one that a CPU can have. Every few cases run twice, the second time in pieces: where a
 * slice ends must change nothing.
 */
#include <string.h>

#include "cpu/flags.h"
#include "cpu/pending.h"
#include "jit/engine.h"
#include "world.h"

#define ROUNDS 8
#define STEPS 12
#define STEP_MAX 3000 /* instructions */
#define STALLS_MAX 64

/* The counters: first the instructions of each mode. */
enum {
    COUNT_FAULTS = FUZZ_MODE_COUNT,
    COUNT_IRQS,
    COUNT_SHUTDOWNS,
    COUNT_TASKS,
    COUNT_SMM,
    COUNT_DROPS,
    COUNT_FLUSHES,
    COUNT_SOFT_FPU,
    COUNT_HARD_FPU,
    COUNT_SOFT_TLB,
    COUNT_SMP,
    COUNT_TWICE,
    COUNT_JIT,
    COUNT_BLOCKS,
};

static const char *const counters[] = {
#define MODE(name, text) text ": instructions",
    FUZZ_MODES(MODE)
#undef MODE
        "faults delivered",
    "interrupts delivered",
    "triple faults",
    "task switches",
    "entries of SMM",
    "blocks dropped, their code was written",
    "changes of the memory map",
    "cases with the exact kernels",
    "cases with the host's floating point",
    "cases with the soft TLB",
    "cases with several CPUs",
    "cases run twice",
    "cases run again as translated code",
    "blocks translated",
    NULL,
};

/* What is compared between two runs of one case. */
struct digest {
    u64 round[ROUNDS];
    u64 insns;
};

static u64 mix(u64 h, const void *p, size_t n)
{
    const u8 *b = p;
    u64 tail = 0;

    for (; n >= 8; n -= 8, b += 8)
        h = (h ^ ld64(b)) * 0x9e3779b97f4a7c15 + (h >> 29);
    memcpy(&tail, b, n);
    return (h ^ tail) * 0x9e3779b97f4a7c15 + (h >> 29);
}

static u64 mix_cpu(u64 h, const struct cpu *c)
{
    const u64 v[] = {eflags_get(c), c->rip,       c->cr0,         c->cr2,      c->cr3,
                     c->cr4,        c->efer,      c->cpl,         c->activity, c->fpu.cw,
                     c->fpu.sw,     c->fpu.empty, c->fpu.mxcsr,   c->dr6,      c->dr7,
                     c->tr.sel,     c->smm,       c->stat_faults, c->stat_irqs};

    h = mix(h, c->gpr, 16 * sizeof *c->gpr);
    h = mix(h, v, sizeof v);
    for (unsigned i = 0; i < 8; i++)
        h = mix(h, &c->fpu.st[i].mant, 8) + c->fpu.st[i].se;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        h = mix(h, &c->seg[i].base, 8) + c->seg[i].sel;
    return mix(h, c->fpu.xmm, sizeof c->fpu.xmm);
}

static u64 state_digest(const struct world *w)
{
    u64 h = w->rng.s;

    for (unsigned i = 0; i < w->cpus; i++)
        h = mix_cpu(h, w->cpu[i]);
    return mix(h, w->ram, LOW_END);
}

/* One slice; returns how many instructions it ran. */
static u64 slice(struct world *w, struct cpu *c, u64 n)
{
    struct fuzz *f = w->f;
    enum fuzz_mode mode = state_mode(c);
    u64 before = clock_insns(&w->clock), start = fuzz_clock();
    u16 task = c->tr.sel;
    bool smm = c->smm;

    clock_slice_begin(&w->clock, &c->budget, n);
    cpu_run(c);
    const char *broken = state_broken(c);
    if (broken)
        fuzz_fail(f, "%s at %04x:%llx", broken, c->seg[CS].sel, (unsigned long long)c->rip);
    clock_slice_end(&w->clock);
    u64 ran = clock_insns(&w->clock) - before;
    if (ran > n)
        fuzz_fail(f, "%llu instructions ran, %llu were asked for", (unsigned long long)ran,
                  (unsigned long long)n);
    fuzz_speed(f, ran, fuzz_clock() - start);
    f->count[mode] += ran;
    f->count[COUNT_TASKS] += c->tr.sel != task;
    f->count[COUNT_SMM] += c->smm && !smm;
    fuzz_beat(f);
    return ran;
}

/* n instructions of c, or fewer when it sleeps; `pieces`: how many at a time. */
static void run(struct world *w, struct cpu *c, u64 n, struct rng *pieces)
{
    unsigned stalls = 0;

    while (n) {
        u64 ran = slice(w, c, pieces ? 1 + rng_below(pieces, n) : n);
        clock_run_timers(&w->clock);
        stalls = ran ? 0 : stalls + 1;
        n -= ran;
        if (c->activity != ACT_RUN && !cpu_can_take(c)) /* a trap may wait for the next slice */
            return;
        if (stalls > STALLS_MAX)
            fuzz_fail(w->f, "nothing runs at %04x:%llx", c->seg[CS].sel,
                      (unsigned long long)c->rip);
    }
}

static void dma(struct world *w)
{
    struct rng *r = &w->rng;
    u8 bytes[64];

    for (unsigned i = 0; i < sizeof bytes; i += 8)
        st64(bytes + i, rng_next(r));
    memmap_dma_write(&w->mem, AT_CODE + rng_below(r, 3 * CODE_SIZE), bytes,
                     1 + rng_below(r, sizeof bytes));
}

static void round_of(struct world *w, struct rng *pieces)
{
    struct rng *r = &w->rng;

    memmap_set_a20(&w->mem, !one_in(r, 8));
    for (unsigned i = 0; i < w->cpus; i++)
        state_random(w, w->cpu[i]);
    for (unsigned i = 0; i < STEPS; i++) {
        struct cpu *c = w->cpu[rng_below(r, w->cpus)];
        if (one_in(r, 3))
            world_event(w);
        if (one_in(r, 16))
            dma(w);
        if (c->activity == ACT_SHUTDOWN || one_in(r, 12))
            state_random(w, c);
        run(w, c, 1 + rng_below(r, one_in(r, 2) ? STEP_MAX : 60), pieces);
    }
}

static void play(struct world *w, struct digest *d, struct rng *pieces)
{
    world_fill(w);
    for (unsigned i = 0; i < ROUNDS; i++) {
        round_of(w, pieces);
        d->round[i] = state_digest(w);
    }
    d->insns = clock_insns(&w->clock);
}

static void count(struct fuzz *f, const struct world *w)
{
    for (unsigned i = 0; i < w->cpus; i++) {
        f->count[COUNT_FAULTS] += w->cpu[i]->stat_faults;
        f->count[COUNT_IRQS] += w->cpu[i]->stat_irqs;
    }
    f->count[COUNT_SHUTDOWNS] += w->shutdowns;
    f->count[COUNT_DROPS] += w->engine->stat_drops;
    f->count[COUNT_FLUSHES] += w->engine->stat_flushes;
    f->count[w->cpu[0]->soft_fpu ? COUNT_SOFT_FPU : COUNT_HARD_FPU]++;
    f->count[COUNT_SOFT_TLB] += !w->cpu[0]->mmu.flat;
    f->count[COUNT_SMP] += w->cpus > 1;
    f->count[COUNT_BLOCKS] += w->jit ? jit_stats(w->jit).translations : 0;
}

static void one_run(struct fuzz *f, u64 seed, struct digest *d, struct rng *pieces, bool jit)
{
    struct world w;

    if (!world_init(&w, f, seed, jit))
        fuzz_fail(f, "no world: the host has no memory");
    play(&w, d, pieces);
    count(f, &w);
    world_destroy(&w);
}

static void compare(struct fuzz *f, const struct digest *a, const struct digest *b, const char *how)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        if (a->round[i] != b->round[i])
            fuzz_fail(f, "%s, round %u comes out differently", how, i);
    if (a->insns != b->insns)
        fuzz_fail(f, "%s, the number of instructions differs", how);
}

static void run_case(struct fuzz *f, u64 seed)
{
    struct digest whole = {0}, again = {0};
    struct rng pieces = {.s = ~seed};

    one_run(f, seed, &whole, NULL, false);
    if (seed % 4 == 0) {
        one_run(f, seed, &again, &pieces, false);
        f->count[COUNT_TWICE]++;
        compare(f, &whole, &again, "in pieces");
    } else if (seed % 2) {
        one_run(f, seed, &again, NULL, true);
        f->count[COUNT_JIT]++;
        compare(f, &whole, &again, "as translated code");
    }
}

int main(void)
{
    static const struct fuzz_target target = {"cpu", run_case, counters};

    return fuzz_main(&target);
}
