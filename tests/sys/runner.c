/* SPDX-License-Identifier: MIT */
/*
 * usage: runner [IMAGE [CPU]]
 *
 * Runs a flat multiboot image on one CPU with RAM and three ports, nothing else:
 *   E9h  out: a character for standard output
 *   F4h  out: end, with this exit status
 *   F0h  in: A5h, "here are events"; out: raises one after as many instructions as F1h says:
 *        0 none, 1 NMI, 2 SMI, 3 INIT, 20h..FFh an external interrupt of this vector
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "base/error.h"
#include "base/log.h"
#include "board/clock.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "cpu/engine.h"
#include "cpu/flags.h"
#include "cpu/model.h"
#include "cpu/seg.h"

#define RAM_SIZE (32u << 20)
#define INSN_LIMIT 400000000ull

struct bench {
    struct log log;
    struct clock clock;
    struct memmap mem;
    struct portmap io;
    struct cpu cpu;
    struct engine *engine;
    struct jit *jit;
    struct timer event;
    u8 *ram;
    u8 vector, delay, pending;
    bool ended, shutdown;
    int status;
};

static void log_sink_stderr(void *opaque, const char *line)
{
    fprintf(stderr, "%s\n", line);
}

static u32 port_read(void *opaque, u16 offset, unsigned size)
{
    return offset ? 0xff : 0xa5;
}

static void raise_event(void *opaque)
{
    struct bench *b = opaque;
    static const u8 line[] = {CPU_INTR, CPU_NMI, CPU_SMI, CPU_INIT};

    if (b->pending >= 0x20) {
        b->vector = b->pending;
        cpu_set_line(&b->cpu, CPU_INTR, true);
    } else if (b->pending && b->pending < ARRAY_LEN(line)) {
        cpu_set_line(&b->cpu, line[b->pending], true);
    }
}

static void port_write(void *opaque, u16 offset, u32 v, unsigned size)
{
    struct bench *b = opaque;

    if (offset == 0) {
        b->pending = (u8)v;
        timer_arm(&b->event, clock_now(&b->clock) + b->delay * b->clock.ns_per_insn);
    } else if (offset == 1) {
        b->delay = (u8)v;
    } else if (offset == 4) {
        b->ended = true;
        b->status = (int)(v & 0xff);
        b->cpu.pending |= PEND_STOP;
    }
}

static void debug_write(void *opaque, u16 offset, u32 v, unsigned size)
{
    putchar((int)(v & 0xff));
}

static u8 intr_ack(void *opaque, unsigned cpu)
{
    struct bench *b = opaque;
    cpu_set_line(&b->cpu, CPU_INTR, false);
    return b->vector;
}

static void shutdown(void *opaque, unsigned cpu)
{
    struct bench *b = opaque;
    b->shutdown = true;
    b->cpu.pending |= PEND_STOP;
}

static bool load(struct bench *b, const char *path, u32 *entry)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(b->ram + 0x100000, 1, RAM_SIZE - 0x100000, f) : 0;

    if (f)
        fclose(f);
    *entry = ld32(b->ram + 0x100000 + 28);
    return n > 32 && ld32(b->ram + 0x100000) == 0x1badb002;
}

/* As multiboot says: flat 32-bit protected mode. */
static void start(struct cpu *c, u32 entry)
{
    struct seg s = {.sel = 0x10, .attr = 0xc093, .limit = 0xffffffff};

    c->cr0 = CR0_ET | CR0_PE;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        seg_set(c, i, &s);
    s.attr = 0xc09b;
    s.sel = 8;
    seg_set(c, CS, &s);
    c->rip = entry;
    c->gpr[RAX] = 0x2badb002;
    mmu_set_paging(&c->mmu, c->cr0, c->cr4, c->efer);
    cpu_update_mode(c);
}

static int run(struct bench *b)
{
    struct cpu *c = &b->cpu;

    while (!b->ended && !b->shutdown && clock_insns(&b->clock) < INSN_LIMIT) {
        clock_slice_begin(&b->clock, &c->budget, 100000);
        cpu_run(c);
        clock_slice_end(&b->clock);
        if (c->activity != ACT_RUN && clock_deadline(&b->clock) != UINT64_MAX &&
            clock_deadline(&b->clock) > clock_now(&b->clock))
            clock_skip_to(&b->clock, clock_deadline(&b->clock));
        clock_run_timers(&b->clock);
        if (c->activity != ACT_RUN && !c->pending && clock_deadline(&b->clock) == UINT64_MAX)
            break;
    }
    fflush(stdout);
    if (b->ended)
        return b->status;
    printf("Bail out! %s at %04x:%llx\n", b->shutdown ? "shutdown" : "no end", c->seg[CS].sel,
           (unsigned long long)c->rip);
    return 1;
}

static void build(struct bench *b, const struct cpu_model *model)
{
    struct mem_range ram = {.name = "ram", .size = RAM_SIZE, .rd = b->ram, .wr = b->ram};
    struct port_range ports = {.name = "test",
                               .base = 0xf0,
                               .count = 8,
                               .max_size = 1,
                               .read = port_read,
                               .write = port_write,
                               .opaque = b};
    struct port_range debug = {.name = "debug",
                               .base = 0xe9,
                               .count = 1,
                               .max_size = 1,
                               .read = port_read,
                               .write = debug_write,
                               .opaque = b};
    struct cpu_bus bus = {.mem = &b->mem,
                          .io = &b->io,
                          .clock = &b->clock,
                          .log = &b->log,
                          .opaque = b,
                          .intr_ack = intr_ack,
                          .shutdown = shutdown};

    clock_init(&b->clock);
    memmap_init(&b->mem, &b->log);
    memmap_add(&b->mem, &ram, NULL);
    portmap_init(&b->io, &b->log, NULL);
    portmap_add(&b->io, &ports, NULL);
    portmap_add(&b->io, &debug, NULL);
    b->engine = engine_new(&b->mem, &b->log);
    cpu_init(&b->cpu, 0, model, &bus);
    engine_attach(b->engine, &b->cpu);
    b->jit = accel_by_environment(b->engine);
    timer_init(&b->event, &b->clock, raise_event, b, "event");
}

static void dismantle(struct bench *b)
{
    jit_destroy(b->jit);
    engine_detach(b->engine, &b->cpu);
    engine_destroy(b->engine);
    cpu_destroy(&b->cpu);
    portmap_destroy(&b->io);
    memmap_destroy(&b->mem);
    free(b->ram);
}

/* The image: named, or built here, or by the native build that a cross build is told of. */
static bool find_image(char *path, size_t size, const char *arg)
{
    static const char *const where[] = {"builddir", "NATIVE"};

    if (arg) {
        snprintf(path, size, "%s", arg);
        return true;
    }
    for (unsigned i = 0; i < ARRAY_LEN(where); i++) {
        const char *dir = getenv(where[i]);
        snprintf(path, size, "%s/tests/sys/%s", dir ? dir : ".", IMAGE);
        if (!access(path, R_OK))
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    static struct bench b;
    const struct cpu_model *model;
    struct feature_set features;
    struct ersatz_error error;
    const char *log = getenv("SYS_LOG");
    char path[4096];
    u32 entry;

    if (!find_image(path, sizeof path, argc > 1 ? argv[1] : NULL)) {
        printf("1..0 # SKIP no compiler here makes x86 code: no %s\n", IMAGE);
        return 0;
    }
    if (cpu_model_parse(argc > 2 ? argv[2] : "max", &model, &features, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    b.log = (struct log){.sink = log_sink_stderr};
    if (log && log_topic_find(log, strlen(log)) >= 0)
        b.log.mask |= BIT(log_topic_find(log, strlen(log)));
    b.ram = aligned_alloc(4096, RAM_SIZE);
    memset(b.ram, 0, RAM_SIZE);
    if (!load(&b, path, &entry)) {
        printf("Bail out! cannot load %s\n", path);
        return 2;
    }
    build(&b, model);
    b.cpu.features = features;
    cpu_reset(&b.cpu);
    start(&b.cpu, entry);
    int status = run(&b);
    dismantle(&b);
    return status;
}
