/* SPDX-License-Identifier: MIT */
/* The machine around the CPUs, and what its memory holds: see world.h. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/model.h"
#include "cpu/seg.h"
#include "cpu/system.h"
#include "cpu/x87.h"
#include "decode/table.h"
#include "jit/engine.h"

#define RAM_BYTES (LOW_END + 2 * EXTRA_RAM + 0x10000)

/* ---- what happens around the CPUs ---- */

static void shadow_rom(struct world *w)
{
    struct mem_range r = {
        .name = "rom", .base = AT_ROM, .size = LOW_END - AT_ROM, .rd = w->ram + AT_ROM};

    w->shadowed = !w->shadowed;
    if (w->shadowed)
        r.wr = r.rd;
    memmap_remove(&w->mem, AT_ROM);
    memmap_add(&w->mem, &r, NULL);
}

void world_event(struct world *w)
{
    struct rng *r = &w->rng;
    struct cpu *c = w->cpu[rng_below(r, w->cpus)];

    switch (rng_below(r, 32)) {
    case 0: cpu_set_line(c, CPU_SMI, true); break;
    case 1: cpu_set_line(c, CPU_INIT, true); break;
    case 2: cpu_sipi(c, (u8)(AT_CODE >> 12)); break;
    case 3: memmap_set_a20(&w->mem, one_in(r, 2)); break;
    case 4: shadow_rom(w); break;
    case 5: clock_slice_cut(&w->clock); break;
    case 6: c->pending |= PEND_STOP; break;
    case 7: c->pending |= PEND_FLUSH; break;
    case 8:
    case 9:
    case 10: cpu_set_line(c, CPU_NMI, true); break;
    case 11: cpu_set_line(c, CPU_RESET, one_in(r, 4)); break;
    case 12: timer_arm(&w->timer, clock_now(&w->clock) + rng_below(r, 5000)); break;
    default: cpu_set_line(c, CPU_INTR, !one_in(r, 4)); break;
    }
}

static void perhaps_event(struct world *w)
{
    if (one_in(&w->rng, 8))
        world_event(w);
}

static u64 mmio_read(void *opaque, u64 offset, unsigned size)
{
    struct world *w = opaque;
    u64 v = rng_next(&w->rng);

    perhaps_event(w);
    return v;
}

static void mmio_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    perhaps_event(opaque);
}

static u32 port_read(void *opaque, u16 offset, unsigned size)
{
    return (u32)mmio_read(opaque, offset, size);
}

static void port_write(void *opaque, u16 offset, u32 value, unsigned size)
{
    perhaps_event(opaque);
}

static void on_timer(void *opaque)
{
    struct world *w = opaque;

    world_event(w);
    timer_arm(&w->timer, clock_now(&w->clock) + 1 + rng_below(&w->rng, 20000));
}

static u8 intr_ack(void *opaque, unsigned cpu)
{
    struct world *w = opaque;

    cpu_set_line(w->cpu[cpu], CPU_INTR, false);
    return (u8)rng_next(&w->rng);
}

static bool bus_msr_read(void *opaque, unsigned cpu, u32 msr, u64 *value)
{
    struct world *w = opaque;

    *value = rng_next(&w->rng);
    return msr & 1;
}

static bool bus_msr_write(void *opaque, unsigned cpu, u32 msr, u64 value)
{
    perhaps_event(opaque);
    return msr & 1;
}

static u8 tpr_read(void *opaque, unsigned cpu)
{
    return 5;
}

static void tpr_write(void *opaque, unsigned cpu, u8 tpr)
{
    perhaps_event(opaque);
}

static void on_shutdown(void *opaque, unsigned cpu)
{
    struct world *w = opaque;

    w->shutdowns++;
}

static void on_ferr(void *opaque, unsigned cpu, bool level)
{
    struct world *w = opaque;

    if (level)
        cpu_set_line(w->cpu[cpu], CPU_INTR, true);
}

static void on_smm(void *opaque, unsigned cpu, bool in_smm)
{
    perhaps_event(opaque);
}

/* ---- life ---- */

static void to_stderr(void *opaque, const char *line)
{
    fprintf(stderr, "%s\n", line);
}

static void log_init(struct log *log)
{
    const char *topics = getenv("FUZZ_LOG");

    log->sink = to_stderr;
    while (topics && *topics) {
        size_t n = strcspn(topics, ",");
        int topic = log_topic_find(topics, n);
        log->mask |= topic < 0 ? 0 : BIT(topic);
        topics += n + (topics[n] == ',');
    }
}

static bool add_memory(struct world *w)
{
    u8 *p = w->ram;
    const struct mem_range ranges[] = {
        {.name = "low", .base = 0, .size = AT_MMIO, .rd = p, .wr = p},
        {.name = "mmio",
         .base = AT_MMIO,
         .size = AT_ROM - AT_MMIO,
         .read = mmio_read,
         .write = mmio_write,
         .opaque = w},
        {.name = "rom", .base = AT_ROM, .size = LOW_END - AT_ROM, .rd = p + AT_ROM},
        {.name = "more",
         .base = AT_MEGABYTE,
         .size = EXTRA_RAM,
         .rd = p + LOW_END,
         .wr = p + LOW_END},
        {.name = "reset", .base = AT_RESET_ROM, .size = 0x10000, .rd = p + LOW_END + EXTRA_RAM},
        {.name = "high",
         .base = AT_HIGH,
         .size = EXTRA_RAM,
         .rd = p + LOW_END + EXTRA_RAM + 0x10000,
         .wr = p + LOW_END + EXTRA_RAM + 0x10000},
    };
    const struct port_range ports = {.name = "ports",
                                     .count = 0x10000,
                                     .max_size = 4,
                                     .read = port_read,
                                     .write = port_write,
                                     .opaque = w};

    for (unsigned i = 0; i < ARRAY_LEN(ranges); i++)
        if (memmap_add(&w->mem, &ranges[i], NULL))
            return false;
    return portmap_init(&w->io, &w->log, NULL) == 0 && portmap_add(&w->io, &ports, NULL) == 0;
}

static const struct cpu_model *some_model(struct rng *r)
{
    const struct cpu_model *model = NULL;
    unsigned n = 0;

    while (cpu_model_get(n))
        n++;
    if (one_in(r, 2))
        return cpu_model_get((unsigned)rng_below(r, n));
    for (unsigned i = 0; (model = cpu_model_get(i)) && strcmp(model->name, "max"); i++)
        ;
    return model;
}

static bool add_cpu(struct world *w, const struct cpu_model *model, bool soft, bool flat)
{
    const struct cpu_bus bus = {
        .mem = &w->mem,
        .io = &w->io,
        .clock = &w->clock,
        .log = &w->log,
        .opaque = w,
        .intr_ack = intr_ack,
        .msr_read = bus_msr_read,
        .msr_write = bus_msr_write,
        .tpr_read = tpr_read,
        .tpr_write = tpr_write,
        .shutdown = on_shutdown,
        .ferr = on_ferr,
        .smm = on_smm,
    };
    struct cpu *c = aligned_alloc(64, (sizeof *c + 63) & ~(size_t)63);

    if (!c)
        return false;
    memset(c, 0, sizeof *c);
    if (cpu_init(c, w->cpus, model, &bus)) {
        free(c);
        return false;
    }
    w->cpu[w->cpus++] = c;
    c->soft_fpu = soft;
    fpu_power_on(c);
    if (w->cpus > 1) /* all CPUs have the same: they share their blocks */
        c->features = w->cpu[0]->features;
    else if (one_in(&w->rng, 4)) /* some features less */
        for (unsigned i = 0; i < 4; i++)
            feature_set(&c->features, (enum cpu_feature)rng_below(&w->rng, CPU_FEATURE_COUNT),
                        false);
    if (!flat) {
        u64 mask = c->mmu.phys_mask;
        mmu_destroy(&c->mmu);
        if (mmu_init(&c->mmu, &w->mem, false))
            return false;
        c->mmu.phys_mask = mask;
    }
    return engine_attach(w->engine, c) == 0;
}

bool world_init(struct world *w, struct fuzz *f, u64 seed, bool jit)
{
    const struct jit_config config = {.heat = 1, .buffer = JIT_BUFFER_MIN};

    *w = (struct world){.f = f, .rng = {seed}};
    struct rng *r = &w->rng;
    const struct cpu_model *model = some_model(r);
    unsigned cpus = one_in(r, 3) ? 1 + (unsigned)rng_below(r, WORLD_CPUS) : 1;
    bool soft = one_in(r, 2), flat = !one_in(r, 3), ok;

    log_init(&w->log);
    clock_init(&w->clock);
    memmap_init(&w->mem, &w->log);
    timer_init(&w->timer, &w->clock, on_timer, w, "fuzz");
    w->ram = aligned_alloc(4096, RAM_BYTES);
    ok = w->ram && add_memory(w);
    w->engine = engine_new(&w->mem, &w->log);
    for (unsigned i = 0; ok && w->engine && i < cpus; i++)
        ok = add_cpu(w, model, soft, flat);
    if (!ok || !w->engine)
        return false;
    if (jit)
        w->jit = jit_new(w->engine, &config);
    timer_arm(&w->timer, 1 + rng_below(r, 20000));
    return true;
}

void world_destroy(struct world *w)
{
    jit_destroy(w->jit);
    for (unsigned i = 0; i < w->cpus; i++) {
        engine_detach(w->engine, w->cpu[i]);
        cpu_destroy(w->cpu[i]);
        free(w->cpu[i]);
    }
    if (w->engine)
        engine_destroy(w->engine);
    portmap_destroy(&w->io);
    memmap_destroy(&w->mem);
    free(w->ram);
}

/* ---- code ---- */

u32 world_start(struct world *w, enum code_mode mode)
{
    return w->start[mode][rng_below(&w->rng, CODE_STARTS)];
}

/* Rows that change what the CPU is: privileged, sensitive or ending a block. */
static bool is_system(unsigned row)
{
    return insn_rows[row].attr & (ATTR_PRIV | ATTR_SENSITIVE | ATTR_END | ATTR_NOHW);
}

static unsigned some_row(struct rng *r)
{
    bool want = one_in(r, 3);
    unsigned row;

    do
        row = (unsigned)rng_below(r, insn_row_count);
    while (want && !is_system(row));
    return row;
}

/* One instruction at p, or noise. Branches go all ways, but near. */
static unsigned put_insn(struct rng *r, enum code_mode mode, u8 *p)
{
    struct isa_case t = {0};
    struct insn in;

    if (one_in(r, 40)) {
        st64(p, rng_next(r));
        return 1 + (unsigned)rng_below(r, 8);
    }
    while (!gen_case(r, some_row(r), mode, &t))
        ;
    memcpy(p, t.bytes, t.in.len);
    if (t.in.op[0].kind == OPND_REL && one_in(r, 2)) {
        p[t.in.len - 1] = (u8)(one_in(r, 2) ? 0 : 0xff);
        p[t.in.len - (t.in.imm > 0x7f ? 2 : 1)] = (u8)rng_next(r);
    }
    if (insn_decode(&in, p, 15, mode) != DECODE_OK)
        return 1;
    return in.len;
}

static void fill_code(struct world *w, enum code_mode mode)
{
    enum { FRESH = CODE_SIZE / 8 };
    u8 *p = world_at(w, AT_CODE + CODE_SIZE * mode);
    unsigned at = 0, n = 0;

    while (at < FRESH - 32) {
        w->start[mode][n++ % CODE_STARTS] = (u16)at;
        at += put_insn(&w->rng, mode, p + at);
    }
    while (n < CODE_STARTS) {
        w->start[mode][n] = w->start[mode][rng_below(&w->rng, n)];
        n++;
    }
    for (unsigned i = FRESH; i < CODE_SIZE; i += FRESH)
        memcpy(p + i, p, FRESH);
}

void world_fill(struct world *w)
{
    for (unsigned i = 0; i < RAM_BYTES; i += 8)
        st64(w->ram + i, rng_next(&w->rng));
    for (enum code_mode m = CODE16; m <= CODE64; m++)
        fill_code(w, m);
    memcpy(world_at(w, SMBASE + 0x8000), world_at(w, AT_CODE), CODE_SIZE / 2);
    for (unsigned i = 0; i < 0x10000; i += CODE_SIZE)
        memcpy(w->ram + LOW_END + EXTRA_RAM + i, world_at(w, AT_CODE), CODE_SIZE);
    tables_fill(w);
}
