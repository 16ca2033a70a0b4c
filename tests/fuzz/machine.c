/* SPDX-License-Identifier: MIT */
/*
 * A whole machine through its library, with a guest that pokes ports, device memory and MSRs at
 * random, with interrupts on and all timers going, while keys, serial bytes and resets come in;
 * then every port and every byte of device memory, in every size and alignment, from outside.
 *
 * The guest is made anew for each batch: straight code at PROGRAM, in flat 32-bit mode. Before
 * each poke it stores where to go on after an exception; interrupts are acknowledged. All of its
 * addresses have bit 20 clear, since A20 comes and goes.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "cpu/model.h"
#include "image.h"
#include "watch.h"

enum {
    KERNEL = 0x200000,
    IDT = 0x400000,
    HANDLER = 0x401000,
    RESUME = 0x402000,
    STACK = 0x403ff0,
    PROGRAM = 0x404000,
    PROGRAM_MAX = 0x4000,
    SMM_ENTRY = 0x38000,
    SMM_COUNT = 0x39000,
};
#define ROUNDS 6
#define BATCHES 12
#define POKES 60
#define BATCH_INSNS 30000

enum {
    COUNT_INSNS,
    COUNT_PORTS,
    COUNT_MMIO,
    COUNT_MSRS,
    COUNT_IRQS,
    COUNT_FAULTS,
    COUNT_RESETS,
    COUNT_OFF,
    COUNT_HALTED,
    COUNT_SMM,
    COUNT_SWEPT_PORTS,
    COUNT_SWEPT_BYTES,
    COUNT_SMP,
    COUNT_486,
};

static const char *const counters[] = {
    "instructions",
    "ports poked by the guest",
    "device memory poked by the guest",
    "MSRs poked by the guest",
    "interrupts delivered",
    "faults delivered",
    "resets",
    "power-offs",
    "halts for ever",
    "system management interrupts",
    "ports swept",
    "bytes of device memory swept",
    "machines with several CPUs",
    "machines without an APIC",
    NULL,
};

struct rig {
    struct fuzz *f;
    struct rng rng;
    struct ersatz_machine *m;
    struct image kernel;
    u8 code[PROGRAM_MAX];
    u32 at; /* in code */
    struct watch watch;
};

/* ---- the guest ---- */

static void emit(struct rig *g, unsigned n, const u8 *bytes)
{
    memcpy(g->code + g->at, bytes, n);
    g->at += n;
}
#define EMIT(g, ...) emit(g, sizeof((const u8[]){__VA_ARGS__}), (const u8[]){__VA_ARGS__})

static void emit32(struct rig *g, u32 v)
{
    u8 b[4];

    st32(b, v);
    emit(g, 4, b);
}

static u16 some_port(struct rng *r)
{
    static const struct {
        u16 base, count;
    } places[] = {
        {0x00, 32},  {0x20, 2},   {0x40, 4},   {0x60, 6},    {0x70, 4},   {0x80, 16}, {0x92, 1},
        {0xa0, 2},   {0xb2, 2},   {0xc0, 32},  {0x170, 8},   {0x1f0, 8},  {0x2e8, 8}, {0x2f8, 8},
        {0x3b0, 48}, {0x3e8, 8},  {0x3f0, 16}, {0x402, 1},   {0x4d0, 2},  {0x501, 4}, {0x510, 12},
        {0x600, 64}, {0x700, 64}, {0xcf8, 8},  {0xae00, 20}, {0xafe0, 4}, {0xe9, 1},  {0xc000, 64},
    };
    unsigned i = (unsigned)rng_below(r, ARRAY_LEN(places));

    if (one_in(r, 10))
        return (u16)rng_next(r);
    return (u16)(places[i].base + rng_below(r, places[i].count));
}

/* in/out al/ax/eax, dx: 66? EC..EF */
static void poke_port(struct rig *g, u16 port, bool write, u32 value)
{
    unsigned size = (unsigned)rng_below(&g->rng, 3);

    EMIT(g, 0xba, (u8)port, (u8)(port >> 8), 0, 0, 0xb8); /* mov edx, port; mov eax, value */
    emit32(g, value);
    if (size == 1)
        EMIT(g, 0x66);
    EMIT(g, (u8)(0xec + (write ? 2 : 0) + (size ? 1 : 0)));
    g->f->count[COUNT_PORTS]++;
}

static void poke_some_port(struct rig *g)
{
    struct rng *r = &g->rng;
    u16 port = some_port(r);

    if (one_in(r, 6)) { /* PCI configuration */
        poke_port(g, 0xcf8, true,
                  0x80000000 | (u32)(rng_below(r, 4) << 11) | (u32)(rng_below(r, 4) << 8) |
                      (u32)(rng_next(r) & 0xfc));
        port = (u16)(0xcfc + rng_below(r, 4));
    }
    if (one_in(r, 12)) { /* CMOS */
        poke_port(g, 0x70, true, (u32)rng_next(r));
        port = 0x71;
    }
    /* the ways out are taken now and then */
    if ((port == 0x64 || port == 0x92 || port == 0xcf9) && !one_in(r, 6))
        port = 0x61;
    poke_port(g, port, one_in(r, 2), (u32)rng_number(r));
}

/* 88/89/8A/8B and 0F 6F/7F with [disp32] */
static void poke_memory(struct rig *g)
{
    static const u32 bases[] = {0xfee00000, 0xfee00000, 0xfec00000, 0xfed00000,
                                0xfed00000, 0xa0000,    0xb8000,    0xc0000,
                                0xf0000,    0xe0000000, 0xfffff000, 0xfebf0000};
    struct rng *r = &g->rng;
    u32 at = bases[rng_below(r, ARRAY_LEN(bases))] + (u32)rng_below(r, 0x400);
    bool write = one_in(r, 2);

    if (!one_in(r, 3))
        at &= ~15u;
    if (one_in(r, 20))
        at = (u32)rng_next(r) | 0x80000000;
    EMIT(g, 0xb8);
    emit32(g, (u32)rng_number(r));
    switch (rng_below(r, 6)) {
    case 0: EMIT(g, write ? 0x88 : 0x8a, 0x05); break;
    case 1: EMIT(g, 0x66, write ? 0x89 : 0x8b, 0x05); break;
    case 2: EMIT(g, 0x0f, write ? 0x7f : 0x6f, 0x05); break;
    case 3: EMIT(g, 0xf0, 0x01, 0x05); break; /* lock add */
    default: EMIT(g, write ? 0x89 : 0x8b, 0x05); break;
    }
    emit32(g, at);
    g->f->count[COUNT_MMIO]++;
}

static void out(struct rig *g, u8 port, u8 value) /* mov al, value; out port, al */
{
    EMIT(g, 0xb0, value, 0xe6, port);
}

static void store(struct rig *g, u32 at, u32 value)
{
    EMIT(g, 0xc7, 0x05); /* mov dword [at], value */
    emit32(g, at);
    emit32(g, value);
}

/* The local APIC as a guest uses it: the timer, the ICR, an I/O APIC's entry. */
static void poke_apic(struct rig *g)
{
    static const u16 regs[] = {0x20,  0x80,  0xb0,  0xd0,  0xe0,  0xf0,  0x280, 0x300,
                               0x310, 0x320, 0x340, 0x350, 0x360, 0x370, 0x380, 0x3e0};
    struct rng *r = &g->rng;
    u32 at = 0xfee00000 + regs[rng_below(r, ARRAY_LEN(regs))];
    u32 value = (u32)rng_next(r) & (one_in(r, 2) ? 0xfffff : 0xff0e08ff);

    if (one_in(r, 16)) { /* an SMI or NMI to itself */
        at = 0xfee00300;
        value = one_in(r, 2) ? 0x44200 : 0x44400;
    } else if (one_in(r, 3)) {
        at = 0xfec00010;
        store(g, 0xfec00000, (u32)rng_below(r, 0x44));
    }
    store(g, at, value);
    g->f->count[COUNT_MMIO]++;
}

static void poke_msr(struct rig *g)
{
    struct rng *r = &g->rng;
    u32 msr = one_in(r, 4) ? 0x6e0 : one_in(r, 4) ? 0x1b : 0x800 + (u32)rng_below(r, 0x40);
    u32 low = (u32)rng_number(r);

    if (msr == 0x1b && !one_in(r, 3))
        low = 0xfee00000 | ((u32)rng_next(r) & 0xd00);
    EMIT(g, 0xb9);
    emit32(g, msr);
    EMIT(g, 0xb8);
    emit32(g, low);
    EMIT(g, 0xba);
    emit32(g, one_in(r, 3) ? (u32)rng_next(r) : 0);
    EMIT(g, 0x0f, one_in(r, 3) ? 0x32 : 0x30);
    g->f->count[COUNT_MSRS]++;
}

static void poke_rest(struct rig *g)
{
    struct rng *r = &g->rng;

    switch (rng_below(r, 6)) {
    case 0: EMIT(g, 0xfa); break;                  /* cli */
    case 1: EMIT(g, 0xfb, 0xf4); break;            /* sti; hlt */
    case 2: EMIT(g, 0xf4); break;                  /* hlt, perhaps for ever */
    case 3: EMIT(g, 0xfb); break;                  /* sti */
    case 4: EMIT(g, 0xcd, (u8)rng_next(r)); break; /* int n */
    default:                                       /* mov ecx, n; loop $ */
        EMIT(g, 0xb9, (u8)rng_next(r), (u8)(rng_next(r) & 7), 0, 0, 0xe2, 0xfe);
        break;
    }
}

/* What a kernel does first: interrupts have somewhere to go, and timers run fast. */
static void start_timers(struct rig *g)
{
    static const u8 init[][2] = {{0x20, 0x11}, {0x21, 0x20}, {0x21, 4},   {0x21, 1}, {0xa0, 0x11},
                                 {0xa1, 0x28}, {0xa1, 2},    {0xa1, 1},   {0x21, 0}, {0xa1, 0},
                                 {0x43, 0x34}, {0x70, 11},   {0x71, 0x72}};
    struct rng *r = &g->rng;

    for (unsigned i = 0; i < ARRAY_LEN(init); i++)
        out(g, init[i][0], init[i][1]);
    out(g, 0x40, (u8)(2 + rng_below(r, 30))); /* microseconds, about */
    out(g, 0x40, 0);
    store(g, 0xfee000f0, 0x1ff);
    store(g, 0xfee00350, 0x700);
    store(g, 0xfee00320, 0x20050);
    store(g, 0xfee003e0, 0xb);
    store(g, 0xfee00380, 500 + (u32)rng_below(r, 20000));
}

static void make_program(struct rig *g)
{
    g->at = 0;
    EMIT(g, 0xbc); /* mov esp, STACK; lidt [IDT + 800h]; sti */
    emit32(g, STACK);
    EMIT(g, 0x0f, 0x01, 0x1d);
    emit32(g, IDT + 0x800);
    if (!one_in(&g->rng, 6))
        start_timers(g);
    EMIT(g, 0xfb);
    for (unsigned i = 0; i < POKES; i++) {
        u32 resume = g->at + 6;
        EMIT(g, 0xc7, 0x05); /* mov dword [RESUME], the next poke */
        emit32(g, RESUME);
        emit32(g, 0);
        switch (rng_below(&g->rng, 16)) {
        case 0:
        case 1: poke_rest(g); break;
        case 2: poke_msr(g); break;
        case 3:
        case 4:
        case 5: poke_memory(g); break;
        case 6:
        case 7: poke_apic(g); break;
        default: poke_some_port(g); break;
        }
        st32(g->code + resume, PROGRAM + g->at);
    }
    EMIT(g, 0xeb, 0xfe);
}

static void load(struct rig *g, u32 at, const void *p, size_t n)
{
    struct ersatz_error error;

    if (ersatz_write_phys(g->m, at, p, n, &error))
        fuzz_fail(g->f, "no memory at %x: %s", at, error.text);
}

/*
 * Vectors below 20h: mov esp, STACK; sti; jmp [RESUME]. The others: push eax; mov al, 20h; out
 * 20h, al; out A0h, al; mov [FEE000B0h], eax; pop eax; iret. In SMM: inc word cs:[9000h]; rsm.
 */
static void load_guest(struct rig *g)
{
    static const u8 handlers[64] = {0xbc, 0xf0, 0x3f, 0x40,        0x00, 0xfb, 0xff, 0x25, 0x00,
                                    0x20, 0x40, 0x00, [32] = 0x50, 0xb0, 0x20, 0xe6, 0x20, 0xe6,
                                    0xa0, 0xa3, 0xb0, 0x00,        0xe0, 0xfe, 0x58, 0xcf};
    static const u8 smm[] = {0x2e, 0xff, 0x06, 0x00, 0x90, 0x0f, 0xaa};
    u8 idt[0x810];

    for (unsigned v = 0; v < 256; v++) {
        u32 to = HANDLER + (v < 32 ? 0 : 32);
        st64(idt + 8 * v, (to & 0xffff) | 0x10 << 16 | (u64)(to >> 16 << 16 | 0x8e00) << 32);
    }
    st16(idt + 0x800, 0x7ff);
    st32(idt + 0x802, IDT);
    load(g, IDT, idt, sizeof idt);
    load(g, HANDLER, handlers, sizeof handlers);
    load(g, PROGRAM, g->code, g->at);
    load(g, SMM_ENTRY, smm, sizeof smm);
}

/* ---- life ---- */

static void set(struct rig *g, const char *key, const char *value)
{
    struct ersatz_error error;

    if (ersatz_set(g->m, key, value, &error))
        fuzz_fail(g->f, "%s=%s: %s", key, value, error.text);
}

static void build(struct rig *g)
{
    static const char *const smp[] = {"1", "1", "2", "3"};
    struct rng *r = &g->rng;
    struct ersatz_error error;
    u8 image[4096] = {0};
    const char *cpus = smp[rng_below(r, ARRAY_LEN(smp))];
    bool old = cpus[0] == '1' && one_in(r, 4);

    g->m = ersatz_create(&error);
    if (!g->m)
        fuzz_fail(g->f, "%s", error.text);
    st32(image, 0x1badb002); /* a multiboot image that says where it goes: jmp $ */
    st32(image + 4, 0x10000);
    st32(image + 8, 0u - 0x1badb002 - 0x10000);
    st32(image + 12, KERNEL);
    st32(image + 16, KERNEL);
    st32(image + 28, KERNEL + 64);
    st16(image + 64, 0xfeeb);
    image_write(g->f, &g->kernel, image, sizeof image);
    set(g, "memory", "8M");
    set(g, "kernel", g->kernel.path);
    set(g, "smp", cpus);
    set(g, "cpu", old ? "486" : one_in(r, 4) ? "core2" : "max");
    set(g, "rtc.clock", "vm");
    set(g, "device", "isa-debug-exit,iobase=0x501,iosize=4");
    for (unsigned i = 0; i < ERSATZ_CHANNELS; i++)
        if (ersatz_connect(g->m, (enum ersatz_channel)i, NULL, NULL, &error))
            fuzz_fail(g->f, "%s", error.text);
    if (ersatz_power_on(g->m, &error))
        fuzz_fail(g->f, "%s", error.text);
    g->f->count[COUNT_SMP] += cpus[0] != '1';
    g->f->count[COUNT_486] += old;
}

/* ---- batches ---- */

static void outside(struct rig *g)
{
    struct rng *r = &g->rng;
    u8 bytes[32];

    for (unsigned i = 0; i < sizeof bytes; i += 8)
        st64(bytes + i, rng_next(r));
    switch (rng_below(r, 12)) {
    case 0: ersatz_power_button(g->m); break;
    case 1: ersatz_key(g->m, (u16)rng_next(r), one_in(r, 2)); break;
    case 2:
    case 3:
        ersatz_serial_input(g->m, (enum ersatz_channel)rng_below(r, 4), bytes,
                            rng_below(r, sizeof bytes));
        break;
    case 4:
        if (one_in(r, 8))
            ersatz_reset(g->m);
        break;
    default: break;
    }
}

static void run(struct rig *g, u64 limit)
{
    struct fuzz *f = g->f;
    struct ersatz_error error;
    struct ersatz_exit why;
    u64 start = fuzz_clock(), before = ersatz_instructions(g->m);

    if (ersatz_run(g->m, limit, &why, &error))
        fuzz_fail(f, "%s", error.text);
    u64 ran = ersatz_instructions(g->m) - before;
    fuzz_speed(f, ran, fuzz_clock() - start);
    f->count[COUNT_INSNS] += ran;
    f->count[COUNT_OFF] += why.why == ERSATZ_STOP_POWER_OFF;
    f->count[COUNT_HALTED] += why.why == ERSATZ_STOP_HALTED;
    if (ran > limit)
        fuzz_fail(f, "%llu instructions ran, %llu were asked for", (unsigned long long)ran,
                  (unsigned long long)limit);
    if (g->m->ended)
        ersatz_reset(g->m);
    fuzz_beat(f);
}

/* Brings CPU 0 to the program; a CPU that isn't where a kernel starts goes there first. */
static void batch(struct rig *g)
{
    struct ersatz_error error;
    struct cpu *c = g->m->board.cpus[0];

    make_program(g);
    if (g->m->ended || cpu_real_mode(c) || c->smm || c->activity != ACT_RUN ||
        c->seg[CS].sel != 0x10) {
        ersatz_reset(g->m);
        run(g, 1);
        g->f->count[COUNT_RESETS]++;
    }
    load_guest(g);
    if (ersatz_put(g->m, 0, ERSATZ_REG_RIP, (struct ersatz_value){.lo = PROGRAM}, &error))
        fuzz_fail(g->f, "%s", error.text);
    run(g, BATCH_INSNS);
    g->f->count[COUNT_SMM] += ld16(g->m->board.ram.host + SMM_COUNT);
    memset(g->m->board.ram.host + SMM_COUNT, 0, 2);
}

/* ---- sweeps ---- */

static void sweep_ports(struct rig *g)
{
    struct portmap *io = &g->m->board.io;
    struct rng *r = &g->rng;

    for (u32 port = (u32)rng_below(r, 64); port < 0x10000; port++) {
        if (port > 0x1000 && port % 16)
            continue;
        for (unsigned size = 1; size <= 4; size *= 2) {
            portmap_write(io, (u16)port, (u32)rng_number(r), size);
            portmap_read(io, (u16)port, size);
        }
        g->f->count[COUNT_SWEPT_PORTS]++;
        if (port % 64 == 0)
            run(g, 100);
    }
}

static void sweep_memory(struct rig *g)
{
    struct memmap *mem = &g->m->board.mem;
    struct rng *r = &g->rng;
    static const u32 bases[] = {0xfee00000, 0xfec00000, 0xfed00000};

    for (unsigned i = 0; i < ARRAY_LEN(bases); i++)
        for (u32 at = 0; at < 0x1000; at += 1 + (u32)rng_below(r, 3)) {
            for (unsigned size = 1; size <= 8; size *= 2) {
                memmap_write(mem, bases[i] + at, rng_number(r), size);
                memmap_read(mem, bases[i] + at, size);
            }
            g->f->count[COUNT_SWEPT_BYTES]++;
            if (at % 256 == 0)
                run(g, 100);
        }
}

static void run_case(struct fuzz *f, u64 seed)
{
    struct rig g = {.f = f, .rng = {seed}, .kernel = image_new(f)};

    build(&g);
    watch_begin(&g.watch, f, g.m);
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned n = 0; n < BATCHES; n++) {
            outside(&g);
            batch(&g);
        }
        if (i == 2)
            sweep_ports(&g);
        if (i == 4)
            sweep_memory(&g);
    }
    for (unsigned i = 0; i < g.m->board.cpu_count; i++) {
        f->count[COUNT_IRQS] += g.m->board.cpus[i]->stat_irqs;
        f->count[COUNT_FAULTS] += g.m->board.cpus[i]->stat_faults;
    }
    watch_end(&g.watch);
    ersatz_destroy(g.m);
    close(g.kernel.fd);
}

int main(void)
{
    static const struct fuzz_target target = {"machine", run_case, counters};

    return fuzz_main(&target);
}
