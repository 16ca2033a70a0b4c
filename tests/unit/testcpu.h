/* SPDX-License-Identifier: MIT */
/*
 * A CPU with RAM and nothing else, for tests that run guest code. Every exception and interrupt
 * vector leads to a HLT of its own, so a fault ends testcpu_run() with its frame on the stack.
 *
 *     0000h IVT (16-bit)    1000h GDT     2000h IDT      3000h page tables (64-bit: the first
 *     6000h TSS             7000h the HLTs, 16 bytes a vector          GiB, user and writable)
 *     10000h on: free; the stack begins at the end of RAM
 */
#ifndef ERSATZ_TESTS_TESTCPU_H
#define ERSATZ_TESTS_TESTCPU_H

#include <stdlib.h>

#include "base/log.h"
#include "board/clock.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "cpu/engine.h"
#include "cpu/flags.h"
#include "cpu/model.h"
#include "cpu/seg.h"
#include "cpu/system.h"

enum testcpu_mode { TESTCPU_16, TESTCPU_32, TESTCPU_64 };
enum {
    TESTCPU_RAM = 0x200000,
    TESTCPU_GDT = 0x1000,
    TESTCPU_IDT = 0x2000,
    TESTCPU_PAGES = 0x3000,
    TESTCPU_TSS = 0x6000,
    TESTCPU_HLTS = 0x7000,
    TESTCPU_CODE = 0x10000,
    TESTCPU_STACK = 0xf000, /* 16-bit: SP in segment 0 */
};
/* Selectors: flat code and data of CPL 0 and 3, and the TSS. */
enum {
    TESTCPU_CS = 8,
    TESTCPU_DS = 16,
    TESTCPU_CS3 = 24 + 3,
    TESTCPU_DS3 = 32 + 3,
    TESTCPU_TR = 40
};

struct testcpu {
    struct log log;
    struct memmap map;
    struct portmap io;
    struct clock clock;
    struct engine *engine;
    struct cpu cpu;
    enum testcpu_mode mode;
    u8 *ram;
};

static inline u8 testcpu_intr_ack(void *opaque, unsigned cpu)
{
    return 0x20;
}

static inline bool testcpu_no_msr_read(void *opaque, unsigned cpu, u32 msr, u64 *value)
{
    return false;
}

static inline bool testcpu_no_msr_write(void *opaque, unsigned cpu, u32 msr, u64 value)
{
    return false;
}

static inline void testcpu_shutdown(void *opaque, unsigned cpu)
{
}

static inline void testcpu_tables(struct testcpu *t)
{
    u8 *ram = t->ram;
    bool wide = t->mode == TESTCPU_64;
    const u64 code = wide ? 0x00af9b000000ffff : 0x00cf9b000000ffff;

    st64(ram + TESTCPU_GDT + TESTCPU_CS, code);
    st64(ram + TESTCPU_GDT + TESTCPU_DS, 0x00cf93000000ffff);
    st64(ram + TESTCPU_GDT + (TESTCPU_CS3 & ~3), code | 3ull << 45);
    st64(ram + TESTCPU_GDT + (TESTCPU_DS3 & ~3), 0x00cff3000000ffff);
    st64(ram + TESTCPU_GDT + TESTCPU_TR, 0x00008b0000000067 | (u64)TESTCPU_TSS << 16);
    for (unsigned v = 0; v < 256; v++) {
        u32 at = TESTCPU_HLTS + 16 * v;
        ram[at] = 0xf4;
        u64 gate = (at & 0xffff) | TESTCPU_CS << 16 | (u64)(0xee00 | (at & 0xffff0000ull)) << 32;
        if (t->mode == TESTCPU_16)
            st32(ram + 4 * v, at);
        else
            st64(ram + TESTCPU_IDT + (wide ? 16 : 8) * v, gate);
    }
    st32(ram + TESTCPU_TSS + 4, TESTCPU_RAM); /* ESP0, SS0; RSP0 */
    st32(ram + TESTCPU_TSS + 8, wide ? 0 : TESTCPU_DS);
    st64(ram + TESTCPU_PAGES, (TESTCPU_PAGES + 0x1000) | 7);
    st64(ram + TESTCPU_PAGES + 0x1000, (TESTCPU_PAGES + 0x2000) | 7);
    for (u64 i = 0; i < 512; i++)
        st64(ram + TESTCPU_PAGES + 0x2000 + 8 * i, i << 21 | 0x87);
}

static inline void testcpu_segment(struct testcpu *t, struct seg *s, u16 sel)
{
    u64 d = ld64(t->ram + TESTCPU_GDT + (sel & ~7u));
    *s = (struct seg){.sel = sel, .attr = (u32)(d >> 40) & 0xf0ff, .limit = UINT32_MAX};
    seg_update(&t->cpu, s);
}

/* CPL 0 or 3; 16-bit: real mode, only 0. */
static inline void testcpu_set_cpl(struct testcpu *t, unsigned cpl)
{
    struct cpu *c = &t->cpu;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        testcpu_segment(t, &c->seg[i],
                        i == CS ? cpl ? TESTCPU_CS3 : TESTCPU_CS
                        : cpl   ? TESTCPU_DS3
                                : TESTCPU_DS);
    c->cpl = (u8)cpl;
    cpu_update_mode(c);
}

static inline void testcpu_protect(struct testcpu *t)
{
    struct cpu *c = &t->cpu;
    bool wide = t->mode == TESTCPU_64;

    c->cr0 |= CR0_PE | CR0_NE | (wide ? CR0_PG : 0);
    c->cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT | (wide ? CR4_PAE : 0);
    c->efer |= wide ? EFER_LME | EFER_LMA : 0;
    c->gdtr = (struct dtable){TESTCPU_GDT, 0xff};
    c->idtr = (struct dtable){TESTCPU_IDT, 0xfff};
    c->tr = (struct seg){TESTCPU_TR, SEG_P | 11, 0x67, TESTCPU_TSS, 0, 0};
    c->cr3 = TESTCPU_PAGES;
    cpu_paging_changed(c);
    mmu_load_cr3(&c->mmu, wide ? TESTCPU_PAGES : 0, false);
    testcpu_set_cpl(t, 0);
}

/* A CPU of the fullest model. The host has no memory: NULL. */
static inline struct testcpu *testcpu_new(enum testcpu_mode mode)
{
    struct testcpu *t = calloc(1, sizeof *t);
    const struct cpu_model *model;
    struct feature_set features;

    if (!t)
        return NULL;
    t->mode = mode;
    t->ram = aligned_alloc(4096, TESTCPU_RAM);
    memset(t->ram, 0, TESTCPU_RAM);
    memmap_init(&t->map, &t->log);
    clock_init(&t->clock);
    struct mem_range r = {.name = "ram", .size = TESTCPU_RAM, .rd = t->ram, .wr = t->ram};
    struct cpu_bus bus = {.mem = &t->map,
                          .io = &t->io,
                          .clock = &t->clock,
                          .log = &t->log,
                          .opaque = t,
                          .intr_ack = testcpu_intr_ack,
                          .msr_read = testcpu_no_msr_read,
                          .msr_write = testcpu_no_msr_write,
                          .shutdown = testcpu_shutdown};
    if (memmap_add(&t->map, &r, NULL) || portmap_init(&t->io, &t->log, NULL) ||
        cpu_model_parse("max", &model, &features, NULL) || cpu_init(&t->cpu, 0, model, &bus))
        return NULL;
    t->cpu.features = features;
    t->engine = engine_new(&t->map, &t->log);
    if (!t->engine || engine_attach(t->engine, &t->cpu))
        return NULL;
    testcpu_tables(t);
    if (mode != TESTCPU_16) {
        testcpu_protect(t);
    } else {
        t->cpu.seg[CS].sel = 0;
        t->cpu.seg[CS].base = 0;
        t->cpu.idtr.limit = 0x3ff;
        cpu_update_mode(&t->cpu);
    }
    t->cpu.gpr[RSP] = mode == TESTCPU_16 ? TESTCPU_STACK : TESTCPU_RAM;
    return t;
}

static inline void testcpu_free(struct testcpu *t)
{
    engine_destroy(t->engine);
    cpu_destroy(&t->cpu);
    portmap_destroy(&t->io);
    memmap_destroy(&t->map);
    free(t->ram);
    free(t);
}

/* Puts code (or data) into RAM as DMA would. */
static inline void testcpu_load(struct testcpu *t, u32 at, const void *bytes, u32 n)
{
    memmap_dma_write(&t->map, at, bytes, n);
}

/*
 * Runs from rip for at most n instructions, the last HLT included. Returns the vector of the
 * event that ended it; TESTCPU_HALTED: a HLT of the code's own; TESTCPU_ALL: n were run.
 */
enum { TESTCPU_HALTED = 256, TESTCPU_ALL, TESTCPU_DOWN };

static inline unsigned testcpu_run(struct testcpu *t, u64 rip, u64 n)
{
    struct cpu *c = &t->cpu;
    c->rip = rip;
    c->activity = ACT_RUN;
    clock_slice_begin(&t->clock, &c->budget, n);
    cpu_run(c);
    clock_slice_end(&t->clock);
    if (c->activity == ACT_RUN)
        return TESTCPU_ALL;
    if (c->activity == ACT_SHUTDOWN)
        return TESTCPU_DOWN;
    u64 at = c->seg[CS].base + c->rip - 1 - TESTCPU_HLTS;
    return at < 256 * 16 && at % 16 == 0 ? (unsigned)(at / 16) : TESTCPU_HALTED;
}

/* Word n of the frame on top of the stack: error code if the vector has one, then RIP, ... */
static inline u64 testcpu_frame(const struct testcpu *t, unsigned n)
{
    unsigned size = 2u << t->mode;
    return ld_size(t->ram + t->cpu.seg[SS].base + t->cpu.gpr[RSP] + n * size, size);
}

#endif
