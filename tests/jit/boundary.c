/* SPDX-License-Identifier: MIT */
/*
 * An interrupt at every instruction boundary: a program runs k instructions, is interrupted, and
 * goes on; for each k. The interrupt comes at the same instruction on both engines, finds the same
 * state, and leaves none behind. JIT_FUZZ as for fuzz.tap.
 */
#include <stdio.h>

#include "reduce.h"

enum { BOUNDARIES = 100, SEEDS = 6 };

struct bench {
    struct mix mix;
    struct box want, got;
    struct program p;
    u64 interrupts;
};

static bool each_boundary(struct bench *b)
{
    for (u64 k = 1; k <= BOUNDARIES; k++) {
        struct play y = {.seed = k, .inject = k, .ram_often = true};
        if (!play(&y, &b->p, &b->want, &b->got)) {
            printf("# interrupt after %u instructions: %s\n", (unsigned)k, y.why);
            program_print(&b->p, stdout);
            return false;
        }
        b->interrupts += b->want.cpu->stat_irqs > 0;
        if (y.insns < k)
            break; /* it is over before */
    }
    return true;
}

static bool test_mode(struct bench *b, unsigned mode)
{
    bool same = true;
    unsigned n = 0;

    b->interrupts = 0;
    for (u64 seed = 1; n < SEEDS && same; seed++) {
        program_make(&b->p, &b->mix, seed);
        if (b->p.mode != &box_modes[mode])
            continue;
        b->p.eflags |= EFL_IF;
        b->p.eflags &= ~(u32)EFL_TF;
        n++;
        same = each_boundary(b);
    }
    printf("%sok %u - %s: %u interrupts\n", same && b->interrupts ? "" : "not ", mode + 1,
           box_modes[mode].name, (unsigned)b->interrupts);
    return same && b->interrupts;
}

int main(void)
{
    static struct bench b;
    unsigned bad = 0;

    mix_init(&b.mix);
    if (!trial_begin(&b.want, &b.got))
        return 1;
    for (unsigned mode = 0; mode < MODE_COUNT; mode++)
        bad += !test_mode(&b, mode);
    trial_end(&b.want, &b.got, MODE_COUNT);
    return bad != 0;
}
