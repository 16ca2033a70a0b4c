/* SPDX-License-Identifier: MIT */
/*
 * Runs one instruction on our CPU: at CPL 3 in long mode, 64-bit code or compatibility mode,
 * behind page tables that map what the host process has mapped. A fault goes through the IDT as
 * it would in a guest; the handler is a HLT, and the frame tells what happened.
 *
 *     KERN + 0      IDT, 32 gates        KERN + 1000h  TSS
 *     KERN + 2000h  handlers, 16 bytes apart            KERN + 3000h  stack (grows down)
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "board/clock.h"
#include "board/memmap.h"
#include "cpu/engine.h"
#include "cpu/flags.h"
#include "cpu/fxsave.h"
#include "cpu/model.h"
#include "cpu/x87.h"
#include "jit/engine.h"
#include "state.h"

#define KERN 0xffffffff80000000ull
#define KERN_PAGES 4
#define RAM_PAGES 64
enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_AD = 0x60 };

/* Physical pages, in order of use. */
enum {
    PHYS_KERN = 0,
    PHYS_CODE = 0x4000,
    PHYS_DATA = 0x6000,
    PHYS_STACK = 0x9000,
    PHYS_TABLES = 0x10000
};

struct emu {
    struct log log;
    struct memmap mem;
    struct clock clock;
    struct engine *engine;
    struct jit *jit; /* NULL: the interpreter runs */
    struct cpu cpu;
    u8 *ram;
    physaddr next_table;
    struct seg user_cs64, user_cs32, user_data, none;
};

static physaddr table_under(struct emu *e, physaddr table, unsigned index)
{
    u64 entry = ld64(e->ram + table + 8 * index);
    if (!(entry & PTE_P)) {
        entry = e->next_table | PTE_P | PTE_W | PTE_U | PTE_AD;
        e->next_table += 4096;
        st64(e->ram + table + 8 * index, entry);
    }
    return entry & ~0xfffull;
}

static void map(struct emu *e, u64 lin, physaddr phys, unsigned pages, u64 bits)
{
    for (; pages--; lin += 4096, phys += 4096) {
        physaddr t = PHYS_TABLES;
        for (unsigned shift = 39; shift > 12; shift -= 9)
            t = table_under(e, t, lin >> shift & 511);
        st64(e->ram + t + 8 * (lin >> 12 & 511), phys | bits | PTE_P | PTE_AD);
    }
}

static void build_tables(struct emu *e)
{
    e->next_table = PHYS_TABLES + 4096;
    map(e, KERN, PHYS_KERN, KERN_PAGES, PTE_W);
    map(e, ISA_CODE, PHYS_CODE, 2, PTE_W | PTE_U);
    map(e, ISA_DATA, PHYS_DATA, 2, PTE_W | PTE_U | BIT(63));
    map(e, ISA_DATA + 0x2000, PHYS_DATA + 0x2000, 1, PTE_U | BIT(63));
    map(e, ISA_STACK, PHYS_STACK, 2, PTE_W | PTE_U | BIT(63));
    for (unsigned v = 0; v < 32; v++) { /* 64-bit interrupt gates to KERN + 2000h + 16 v */
        u8 *gate = e->ram + PHYS_KERN + 16 * v;
        u64 to = KERN + 0x2000 + 16 * v;
        st64(gate, (to & 0xffff) | 0x10ull << 16 | 0x8e00ull << 32 | (to & 0xffff0000) << 32);
        st64(gate + 8, to >> 32);
        e->ram[PHYS_KERN + 0x2000 + 16 * v] = 0xf4; /* hlt */
    }
    st64(e->ram + PHYS_KERN + 0x1004, KERN + 0x4000); /* TSS.RSP0 */
    u8 *gdt = e->ram + PHYS_KERN + 0x800;
    st64(gdt + 0x10, 0x00af9b000000ffff); /* kernel code */
}

static struct seg user_segment(u16 sel, u32 attr)
{
    return (struct seg){.sel = sel,
                        .limit = 0xffffffff,
                        .attr = attr | SEG_S | SEG_P | SEG_DPL | SEG_G | SEG_ACCESSED};
}

static const struct cpu_model *best_model(void)
{
    const struct cpu_model *m;
    for (unsigned i = 0; (m = cpu_model_get(i)); i++)
        if (!strcmp(m->name, "max"))
            return m;
    return NULL;
}

static void nothing(void *opaque, unsigned cpu, bool level)
{
    (void)opaque, (void)cpu, (void)level;
}

struct emu *emu_open(bool soft, bool flat)
{
    struct emu *e = calloc(1, sizeof *e);
    e->ram = aligned_alloc(4096, RAM_PAGES * 4096);
    memset(e->ram, 0, RAM_PAGES * 4096);
    memmap_init(&e->mem, &e->log);
    struct mem_range r = {.name = "ram", .size = RAM_PAGES * 4096, .rd = e->ram, .wr = e->ram};
    memmap_add(&e->mem, &r, NULL);
    clock_init(&e->clock);
    build_tables(e);

    struct cpu *c = &e->cpu;
    struct cpu_bus bus = {
        .mem = &e->mem, .clock = &e->clock, .log = &e->log, .opaque = e, .ferr = nothing};
    c->soft_fpu = soft;
    if (cpu_init(c, 0, best_model(), &bus))
        abort();
    if (!flat) {
        mmu_destroy(&c->mmu);
        mmu_init(&c->mmu, &e->mem, false);
    }
    c->soft_fpu = soft;
    fpu_power_on(c);
    e->engine = engine_new(&e->mem, &e->log);
    if (!e->engine || engine_attach(e->engine, c))
        abort();
    e->user_cs64 = user_segment(0x33, SEG_CODE | SEG_RW | SEG_L);
    e->user_cs32 = user_segment(0x23, SEG_CODE | SEG_RW | SEG_DB);
    e->user_data = user_segment(0x2b, SEG_RW | SEG_DB);
    e->none = (struct seg){.attr = SEG_UNUSABLE};
    c->idtr = (struct dtable){KERN, 32 * 16 - 1};
    c->gdtr = (struct dtable){KERN + 0x800, 0x17};
    c->tr = (struct seg){.sel = 8, .base = KERN + 0x1000, .limit = 0x67, .attr = SEG_P | 11};
    return e;
}

bool emu_jit(struct emu *e)
{
    const struct jit_config config = {.heat = 1};

    e->jit = jit_new(e->engine, &config);
    return e->jit;
}

u64 emu_translations(const struct emu *e)
{
    return jit_stats(e->jit).translations;
}

void emu_close(struct emu *e)
{
    jit_destroy(e->jit);
    engine_detach(e->engine, &e->cpu);
    cpu_destroy(&e->cpu);
    engine_destroy(e->engine);
    memmap_destroy(&e->mem);
    free(e->ram);
    free(e);
}

static void user_mode(struct emu *e, enum code_mode mode)
{
    struct cpu *c = &e->cpu;
    c->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG;
    c->cr3 = PHYS_TABLES;
    c->cr4 = CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_OSXSAVE |
             CR4_SMEP | CR4_DE | CR4_PSE | CR4_VME;
    c->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    c->seg[CS] = mode == CODE64 ? e->user_cs64 : e->user_cs32;
    c->seg[SS] = c->seg[DS] = c->seg[ES] = e->user_data;
    c->seg[FS] = c->seg[GS] = e->none;
    c->seg[GS].base = ISA_GS_BASE;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        seg_update(c, &c->seg[i]);
    c->cpl = 3;
    c->activity = ACT_RUN;
    c->pending = 0;
    c->shadow = 0;
    mmu_set_paging(&c->mmu, c->cr0, c->cr4, c->efer);
    if (c->mmu.cr3 != c->cr3)
        mmu_load_cr3(&c->mmu, c->cr3, false);
    cpu_update_mode(c);
}

struct cpu *emu_cpu(struct emu *e)
{
    return &e->cpu;
}

u8 *emu_code_pages(struct emu *e)
{
    return e->ram + PHYS_CODE;
}

void emu_code(struct emu *e, const u8 *bytes, unsigned n)
{
    memmap_dma_write(&e->mem, PHYS_CODE + (ISA_INSN - ISA_CODE), bytes, n);
}

static void load_state(struct emu *e, const struct isa_state *s)
{
    struct cpu *c = &e->cpu;
    memcpy(e->ram + PHYS_DATA, s->mem, ISA_DATA_PAGES * 4096);
    memcpy(e->ram + PHYS_STACK, s->mem + ISA_DATA_PAGES * 4096, ISA_STACK_PAGES * 4096);
    memcpy(c->gpr, s->gpr, sizeof s->gpr);
    c->rip = s->rip;
    c->eflags = (s->eflags & ~EFL_STATUS) | EFL_FIXED | EFL_IF;
    flags_set(c, s->eflags);
    fxsave_get_x87(c, (const u8 *)&s->fx, true);
    fxsave_get_xmm(c, (const u8 *)&s->fx);
    sse_set_mxcsr(c, s->fx.mxcsr);
}

void emu_load(struct emu *e, enum code_mode mode, const struct isa_state *s)
{
    user_mode(e, CODE64); /* so that all of the state can be loaded */
    load_state(e, s);
    user_mode(e, mode);
}

static void load_code(struct emu *e, const struct isa_case *t)
{
    u8 code[sizeof t->bytes + ISA_BRANCH + 2];
    memset(code, 0xcc, sizeof code);
    memcpy(code, t->bytes, t->in.len);
    memcpy(code + t->in.len, "\xeb\xfe", 2); /* jmp to itself: as far as it shall get */
    memcpy(code + t->in.len + ISA_BRANCH, "\xeb\xfe", 2);
    emu_code(e, code, sizeof code);
}

/* The exception frame that the CPU pushed (SDM vol. 3, 6.14.2). */
static void read_frame(struct emu *e, struct isa_state *s)
{
    struct cpu *c = &e->cpu;
    const u8 *frame = e->ram + PHYS_KERN + (c->gpr[RSP] - KERN);
    s->vector = (int)((c->rip - (KERN + 0x2000)) / 16);
    s->error = 0;
    if (KERN + 0x4000 - c->gpr[RSP] == 6 * 8) {
        s->error = ld32(frame);
        frame += 8;
    }
    s->rip = ld64(frame);
    s->eflags = ld32(frame + 16);
    s->gpr[RSP] = ld64(frame + 24);
    s->cr2 = s->vector == VEC_PF ? c->cr2 : 0;
}

void emu_save(struct emu *e, struct isa_state *s)
{
    struct cpu *c = &e->cpu;
    s->vector = -1;
    s->error = 0;
    s->cr2 = 0;
    memcpy(s->gpr, c->gpr, sizeof s->gpr);
    s->rip = c->rip;
    s->eflags = eflags_get(c);
    if (c->cpl == 0)
        read_frame(e, s);
    c->code_mode = CODE64; /* the image has all sixteen XMM registers */
    memset(&s->fx, 0, sizeof s->fx);
    fxsave_put_x87(c, (u8 *)&s->fx, true);
    fxsave_put_xmm(c, (u8 *)&s->fx);
    fxsave_put_mxcsr(c, (u8 *)&s->fx);
    memcpy(s->mem, e->ram + PHYS_DATA, ISA_DATA_PAGES * 4096);
    memcpy(s->mem + ISA_DATA_PAGES * 4096, e->ram + PHYS_STACK, ISA_STACK_PAGES * 4096);
}

/* From `before` to the end of the instruction. Translated code runs blocks: the instruction and
 * the jump behind it. */
static void run_once(struct emu *e, const struct isa_case *t, const struct isa_state *before)
{
    struct cpu *c = &e->cpu;
    load_code(e, t);
    emu_load(e, t->mode, before);
    /* a REP instruction takes a step for each part of its work */
    for (unsigned step = 0; step < 64; step++) {
        clock_slice_begin(&e->clock, &c->budget, e->jit ? 2 : 1);
        cpu_run(c);
        clock_slice_end(&e->clock);
        if (c->rip != before->rip || c->cpl == 0)
            break;
    }
}

void emu_run(struct emu *e, const struct isa_case *t, const struct isa_state *before,
             struct isa_state *after)
{
    for (unsigned n = 0; n < (e->jit ? 2 : 1); n++) /* the JIT translates what comes again */
        run_once(e, t, before);
    emu_save(e, after);
}
