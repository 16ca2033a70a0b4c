/* SPDX-License-Identifier: MIT */
/*
 * A bench for one chip: a clock that the test moves, and a probe on every output pin. The tests
 * are transcripts: what goes into a register, what must come out.
 */
#ifndef ERSATZ_TESTS_BENCH_H
#define ERSATZ_TESTS_BENCH_H

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "board/clock.h"
#include "devices/device.h"
#include "unit/unit.h"

struct bench {
    struct clock clock;
    struct log log;
    bool level[DEVICE_MAX_OUTPUTS];
    unsigned rises[DEVICE_MAX_OUTPUTS];
};

static inline void bench_probe(void *opaque, unsigned n, bool level)
{
    struct bench *b = opaque;
    b->rises[n] += level && !b->level[n];
    b->level[n] = level;
}

static inline void bench_init(struct bench *b)
{
    memset(b, 0, sizeof *b);
    clock_init(&b->clock);
}

static inline struct device *bench_device(struct bench *b, const struct device_class *class)
{
    struct device *d = device_new(class, class->name, &b->clock, &b->log, NULL);
    ck_assert_ptr_nonnull(d);
    for (unsigned n = 0; n < DEVICE_MAX_OUTPUTS; n++)
        d->out[n] = (struct irq){bench_probe, b, n};
    return d;
}

/* Lets time pass, timer by timer, as a halted machine does. */
static inline void bench_until(struct bench *b, u64 ns)
{
    while (clock_deadline(&b->clock) <= ns) {
        clock_skip_to(&b->clock, clock_deadline(&b->clock));
        clock_run_timers(&b->clock);
    }
    clock_skip_to(&b->clock, ns);
}

static inline void bench_pass(struct bench *b, u64 ns)
{
    bench_until(b, clock_now(&b->clock) + ns);
}

static inline void bench_line(struct device *d, unsigned n, bool level)
{
    struct irq line = device_line(d, n);
    irq_set(&line, level);
}

static inline u8 in8(struct device *d, unsigned region, u64 offset)
{
    return (u8)device_read(d, region, offset, 1);
}

static inline void out8(struct device *d, unsigned region, u64 offset, u8 value)
{
    device_write(d, region, offset, value, 1);
}

static inline u32 in32(struct device *d, unsigned region, u64 offset)
{
    return (u32)device_read(d, region, offset, 4);
}

static inline void out32(struct device *d, unsigned region, u64 offset, u32 value)
{
    device_write(d, region, offset, value, 4);
}

#endif
