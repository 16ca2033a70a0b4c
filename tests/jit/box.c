/* SPDX-License-Identifier: MIT */
/* The box: its memory, its tables, its CPU's state; see box.h. */
#include "box.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/flags.h"
#include "cpu/model.h"
#include "cpu/seg.h"
#include "cpu/system.h"
#include "cpu/x87.h"

const struct box_mode box_modes[MODE_COUNT] = {
#define MODE(name, code, paging, cpl, segments)                                                    \
    {#name, CODE##code, PAGING_##paging, cpl, SEGMENTS_##segments},
#include "modes.def"
#undef MODE
};

static const struct {
    const char *name;
    u32 base, limit, attr;
} segments[] = {
#define SEGMENT(name, base, limit, attr) {#name, base, limit, attr},
#include "segments.def"
#undef SEGMENT
};

enum { SEL_TSS = 8, SEL_FIRST = 24 }; /* the TSS descriptor is of 16 bytes */
enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_A = 32, PTE_D = 64 };

/* --- tables --- */

u16 box_selector(const char *name, unsigned cpl)
{
    for (unsigned i = 0; i < ARRAY_LEN(segments); i++)
        if (!strcmp(segments[i].name, name))
            return (u16)(SEL_FIRST + 16 * i + (cpl ? 8 + 3 : 0));
    abort(); /* the tests' own names */
}

static u64 descriptor(u32 base, u32 limit, u32 attr)
{
    bool pages = limit > 0xfffff;
    u64 d = (u64)(attr | (pages ? SEG_G : 0)) << 40;

    limit = pages ? limit >> 12 : limit;
    d |= (limit & 0xffff) | (u64)(limit >> 16) << 48;
    return d | (u64)(base & 0xffffff) << 16 | (u64)(base >> 24) << 56;
}

static void fill_gdt(u8 *image)
{
    u8 *gdt = image + BOX_GDT;

    st64(gdt + SEL_TSS, descriptor(BOX_TSS, 0x67, SEG_P | SYS_TSS32_BUSY));
    for (unsigned i = 0; i < ARRAY_LEN(segments); i++) {
        u32 attr = segments[i].attr | SEG_P | SEG_S | SEG_ACCESSED;
        u8 *p = gdt + SEL_FIRST + 16 * i;
        st64(p, descriptor(segments[i].base, segments[i].limit, attr));
        st64(p + 8, descriptor(segments[i].base, segments[i].limit, attr | SEG_DPL));
    }
}

static bool pushes_error(unsigned v)
{
    return v == VEC_DF || (v >= VEC_TS && v <= VEC_PF) || v == VEC_AC;
}

/* hlt; drop the error code; iret. The quiet one: push rax; inc; pop; iret. */
static void fill_handlers(u8 *image)
{
    for (unsigned v = 0; v < 256; v++)
        for (unsigned mode = CODE16; mode <= CODE64; mode++) {
            u8 *p = image + BOX_HANDLERS + 0x1000 * mode + 16 * v;
            bool error = mode != CODE16 && pushes_error(v);
            if (v == BOX_QUIET)
                p = memcpy(p, "\x50\xff\xc0\x58", 4) + 4;
            else
                *p++ = 0xf4;
            if (mode == CODE64)
                *p++ = 0x48;
            if (error)
                p = memcpy(p, mode == CODE64 ? "\x83\xc4\x08\x48" : "\x83\xc4\x04", 4) +
                    (mode == CODE64 ? 4 : 3);
            *p = 0xcf;
        }
}

static void fill_idt(u8 *image)
{
    for (unsigned v = 0; v < 256; v++) {
        u64 h = BOX_HANDLERS + 16 * v;
        u64 dpl = v >= 0x20 || v == VEC_BP || v == VEC_OF ? 0x6000 : 0;
        u64 gate = (0x8e00 | dpl) << 32;
        st16(image + 4 * v, (u16)(h - BOX_HANDLERS));
        st16(image + 4 * v + 2, BOX_HANDLERS >> 4);
        st64(image + BOX_IDT + 8 * v, (h + 0x1000) | (u64)box_selector("CODE32", 0) << 16 | gate);
        st64(image + BOX_IDT64 + 16 * v,
             (h + 0x2000) | (u64)box_selector("CODE64", 0) << 16 | gate);
    }
    st32(image + BOX_TSS + 4, BOX_KSTACK_TOP);
    st16(image + BOX_TSS + 8, box_selector("DATA", 0));
    st16(image + BOX_TSS + 0x66, 0x68); /* no I/O permission map */
    st64(image + BOX_TSS64 + 4, BOX_KSTACK_TOP);
}

/* Tables, one page each: of two levels, PAE, four levels. */
enum {
    T_PD = BOX_TABLES,
    T_PT = T_PD + 0x1000,
    T_PT_TOP = T_PD + 0x2000,
    T_PDPT_PAE = T_PD + 0x3000,
    T_PML4 = T_PD + 0x4000,
    T_PDPT = T_PD + 0x5000,
    T_PD64 = T_PD + 0x6000,
    T_PT64 = T_PD + 0x7000,
    T_PDPT_TOP = T_PD + 0x8000,
    T_PD_TOP = T_PD + 0x9000,
    T_PT64_TOP = T_PD + 0xa000,
};

static void map(u8 *image, u64 lin, u64 phys, unsigned pages, u64 bits)
{
    for (; pages--; lin += 4096, phys += 4096) {
        st32(image + T_PT + 4 * (lin >> 12), (u32)(phys | bits));
        st64(image + T_PT64 + 8 * (lin >> 12), phys | bits);
    }
}

static void fill_paging(u8 *image)
{
    const u64 all = PTE_P | PTE_W | PTE_U | PTE_A, rw = all | PTE_D;

    st32(image + T_PD, T_PT | all);
    st32(image + T_PD + 4 * 1023, T_PT_TOP | all);
    st32(image + T_PT_TOP + 4 * 1023, BOX_ARENA | rw);
    st64(image + T_PDPT_PAE, T_PD64 | PTE_P);
    st64(image + T_PDPT_PAE + 8 * 3, T_PD_TOP | PTE_P);
    st64(image + T_PML4, T_PDPT | all);
    st64(image + T_PML4 + 8 * 255, T_PDPT_TOP | all);
    st64(image + T_PML4 + 8 * 511, T_PDPT_TOP | all);
    st64(image + T_PDPT, T_PD64 | all);
    st64(image + T_PDPT + 8 * 3, T_PD_TOP | all);
    st64(image + T_PDPT_TOP + 8 * 511, T_PD_TOP | all);
    st64(image + T_PD64, T_PT64 | all);
    st64(image + T_PD_TOP + 8 * 511, T_PT64_TOP | all);
    st64(image + T_PT64_TOP + 8 * 511, BOX_ARENA | rw);
    map(image, 0, 0, BOX_LOW_END >> 12, rw & ~(u64)PTE_U);
    map(image, BOX_CODE, BOX_CODE, BOX_CODE_PAGES, rw);
    map(image, BOX_ARENA, BOX_ARENA, BOX_ARENA_PAGES, rw);
    map(image, BOX_ROM, BOX_ROM, 1, rw & ~(u64)PTE_W);
    map(image, BOX_MMIO, BOX_MMIO, 1, rw);
    map(image, BOX_STACK, BOX_STACK, BOX_STACK_PAGES, rw);
    map(image, BOX_ALIAS_CODE, BOX_CODE, BOX_CODE_PAGES, rw);
    map(image, BOX_ALIAS_ARENA, BOX_ARENA, BOX_ARENA_PAGES - 1, rw);
    map(image, BOX_ALIAS_ARENA + 0x3000, BOX_ARENA + 0x3000, 1, all & ~(u64)PTE_A);
    map(image, BOX_KERNEL_ARENA, BOX_ARENA, 1, rw & ~(u64)PTE_U);
}

void box_image(u8 image[BOX_END])
{
    memset(image, 0, BOX_LOW_END);
    fill_gdt(image);
    fill_handlers(image);
    fill_idt(image);
    fill_paging(image);
}

/* --- life --- */

static void fold(struct box *b, u64 v)
{
    b->outside = (b->outside ^ v) * 0x9e3779b97f4a7c15 + (b->outside >> 29);
}

static u64 mmio_read(void *opaque, u64 offset, unsigned size)
{
    struct box *b = opaque;

    fold(b, offset << 8 | size);
    fold(b, clock_insns(&b->clock));
    return b->outside;
}

static void mmio_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct box *b = opaque;

    mmio_read(opaque, offset, size | 0x80);
    fold(opaque, value);
    if (offset == BOX_REMAP - BOX_MMIO)
        memmap_set_a20(&b->mem, b->mem.a20_mask != ~0ull);
}

static u32 port_read(void *opaque, u16 offset, unsigned size)
{
    return (u32)mmio_read(opaque, offset, size | 0x40);
}

static void port_write(void *opaque, u16 offset, u32 value, unsigned size)
{
    mmio_write(opaque, offset, value, size | 0x40);
}

static u8 intr_ack(void *opaque, unsigned cpu)
{
    struct box *b = opaque;

    cpu_set_line(b->cpu, CPU_INTR, false);
    return b->vector;
}

static bool no_msr_read(void *opaque, unsigned cpu, u32 msr, u64 *value)
{
    return false;
}

static bool no_msr_write(void *opaque, unsigned cpu, u32 msr, u64 value)
{
    return false;
}

static void on_shutdown(void *opaque, unsigned cpu)
{
    struct box *b = opaque;

    b->shutdown = true;
}

static void on_ferr(void *opaque, unsigned cpu, bool level)
{
    fold(opaque, level);
}

static bool add_memory(struct box *b)
{
    u8 *p = b->ram;
    const struct mem_range ranges[] = {
        {.name = "low", .base = 0, .size = BOX_ROM, .rd = p, .wr = p},
        {.name = "rom", .base = BOX_ROM, .size = 0x1000, .rd = p + BOX_ROM},
        {.name = "mmio",
         .base = BOX_MMIO,
         .size = 0x1000,
         .read = mmio_read,
         .write = mmio_write,
         .opaque = b},
        {.name = "stack",
         .base = BOX_STACK,
         .size = BOX_END - BOX_STACK,
         .rd = p + BOX_STACK,
         .wr = p + BOX_STACK},
    };
    const struct port_range ports = {.name = "ports",
                                     .count = 0x10000,
                                     .max_size = 4,
                                     .read = port_read,
                                     .write = port_write,
                                     .opaque = b};

    for (unsigned i = 0; i < ARRAY_LEN(ranges); i++)
        if (memmap_add(&b->mem, &ranges[i], NULL))
            return false;
    return !portmap_init(&b->io, &b->log, NULL) && !portmap_add(&b->io, &ports, NULL);
}

static struct cpu *new_cpu(struct box *b, unsigned index)
{
    const struct cpu_bus bus = {.mem = &b->mem,
                                .io = &b->io,
                                .clock = &b->clock,
                                .log = &b->log,
                                .opaque = b,
                                .intr_ack = intr_ack,
                                .msr_read = no_msr_read,
                                .msr_write = no_msr_write,
                                .shutdown = on_shutdown,
                                .ferr = on_ferr};
    const struct cpu_model *model;
    struct feature_set features;
    struct cpu *c = aligned_alloc(64, (sizeof *c + 63) & ~(size_t)63);
    bool ok = c && !cpu_model_parse("max", &model, &features, NULL) &&
              !cpu_init(c, index, model, &bus);
    if (ok && !b->opt.flat) {
        mmu_destroy(&c->mmu);
        ok = !mmu_init(&c->mmu, &b->mem, false);
    }
    if (!ok || engine_attach(b->engine, c)) {
        free(c);
        return NULL;
    }
    c->features = features;
    return c;
}

static bool add_cpus(struct box *b)
{
    b->cpu = new_cpu(b, 0);
    b->other = b->cpu && b->opt.two ? new_cpu(b, 1) : NULL;
    return b->cpu && (b->other || !b->opt.two);
}

static void remove_cpu(struct box *b, struct cpu *c)
{
    if (!c)
        return;
    engine_detach(b->engine, c);
    cpu_destroy(c);
    free(c);
}

bool box_init(struct box *b, const struct box_options *opt)
{
    *b = (struct box){.opt = *opt, .vector = 0x20};
    clock_init(&b->clock);
    memmap_init(&b->mem, &b->log);
    b->ram = aligned_alloc(4096, BOX_END);
    if (!b->ram || !add_memory(b))
        return false;
    memset(b->ram, 0, BOX_END);
    b->engine = engine_new(&b->mem, &b->log);
    return b->engine && add_cpus(b) && (!opt->jit || box_install(b));
}

void box_destroy(struct box *b)
{
    box_uninstall(b);
    remove_cpu(b, b->cpu);
    remove_cpu(b, b->other);
    if (b->engine)
        engine_destroy(b->engine);
    portmap_destroy(&b->io);
    memmap_destroy(&b->mem);
    free(b->ram);
}

void box_load(struct box *b, const u8 image[BOX_END])
{
    for (u32 at = 0; at < BOX_END; at += 4096) {
        if (!memcmp(b->ram + at, image + at, 4096))
            continue;
        if (at == BOX_ROM) { /* nothing writes to a ROM: who changes it starts anew */
            memcpy(b->ram + at, image + at, 4096);
            engine_flush(b->engine);
        } else {
            memmap_dma_write(&b->mem, at, image + at, 4096);
        }
    }
}

/* --- a mode's state --- */

static void load_descriptor(struct box *b, enum seg_reg reg, const char *name, unsigned cpl)
{
    struct desc d = {.sel = box_selector(name, cpl)};

    d.raw = ld64(b->ram + BOX_GDT + (d.sel & SEL_INDEX));
    struct seg s;
    seg_from_desc(&s, &d);
    seg_set(b->cpu, reg, &s);
}

/* The names of what each segment register holds, by enum box_segments. */
static const char *segment_name(const struct box_mode *m, enum seg_reg reg)
{
    static const char *const names[][SEG_COUNT] = {
        [SEGMENTS_FLAT] = {"DATA", "CODE32", "DATA", "DATA", "THREAD", "THREAD"},
        [SEGMENTS_SPLIT] = {"SPLIT_EXTRA", "SPLIT_CODE", "SPLIT_STACK", "SPLIT_DATA", "SPLIT_DATA",
                            "SPLIT_DOWN"},
        [SEGMENTS_SMALL] = {"SPLIT_EXTRA", "SMALL_CODE", "SMALL_STACK", "SPLIT_DATA", "SPLIT_DATA",
                            "SPLIT_DOWN"},
    };

    if (m->code == CODE64 && reg == CS)
        return "CODE64";
    return names[m->segments][reg];
}

static u16 real_selector(enum seg_reg reg)
{
    return reg == SS ? BOX_STACK >> 4 : BOX_CODE >> 4;
}

u64 box_base(const struct box_mode *m, enum seg_reg reg)
{
    if (m->segments == SEGMENTS_REAL || m->segments == SEGMENTS_VM86)
        return (u64)real_selector(reg) << 4;
    for (unsigned i = 0; i < ARRAY_LEN(segments); i++)
        if (!strcmp(segments[i].name, segment_name(m, reg)))
            return segments[i].base;
    return 0;
}

static void set_segments(struct box *b, const struct box_mode *m)
{
    struct cpu *c = b->cpu;

    for (enum seg_reg reg = ES; reg < SEG_COUNT; reg++) {
        if (m->segments == SEGMENTS_REAL || m->segments == SEGMENTS_VM86) {
            struct seg s = m->segments == SEGMENTS_REAL ? seg_real(&c->seg[reg], real_selector(reg))
                                                        : seg_vm86(real_selector(reg));
            seg_set(c, reg, &s);
        } else {
            load_descriptor(b, reg, segment_name(m, reg), m->cpl);
        }
    }
}

static void set_control(struct cpu *c, const struct box_mode *m)
{
    static const u64 roots[] = {0, T_PD, T_PDPT_PAE, T_PML4};
    bool pe = m->segments != SEGMENTS_REAL, wide = m->paging == PAGING_LONG;

    c->cr0 = CR0_ET | CR0_NE | CR0_MP | (pe ? CR0_PE | CR0_WP : 0);
    c->cr0 |= m->paging ? CR0_PG | CR0_AM : 0;
    c->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_PSE | CR4_DE;
    c->cr4 |= m->paging >= PAGING_PAE ? CR4_PAE : 0;
    c->efer = EFER_SCE | (wide ? EFER_LME | EFER_LMA : 0);
    c->eflags |= m->segments == SEGMENTS_VM86 ? EFL_VM | EFL_IOPL : 0;
    c->cr3 = roots[m->paging];
    c->cpl = (u8)m->cpl;
    cpu_paging_changed(c);
    mmu_load_cr3(&c->mmu, c->cr3, false);
}

void box_enter(struct box *b, const struct box_mode *m, u64 rip)
{
    struct cpu *c = b->cpu;
    bool wide = m->paging == PAGING_LONG;

    c->pending = 0;
    cpu_reset(c);
    c->activity = ACT_RUN; /* the second one would wait to be started */
    c->random = 1;
    c->fpu.xcr0 = 3;
    c->stat_faults = c->stat_irqs = 0;
    b->outside = 0;
    b->shutdown = false;
    memmap_set_a20(&b->mem, true);
    set_control(c, m);
    if (m->segments == SEGMENTS_REAL) {
        c->idtr = (struct dtable){0, 0x3ff};
    } else {
        c->gdtr = (struct dtable){BOX_GDT, SEL_FIRST + 16 * ARRAY_LEN(segments) - 1};
        c->idtr = wide ? (struct dtable){BOX_IDT64, 0xfff} : (struct dtable){BOX_IDT, 0x7ff};
        c->tr = (struct seg){.sel = SEL_TSS,
                             .attr = SEG_P | SYS_TSS32_BUSY,
                             .base = wide ? BOX_TSS64 : BOX_TSS,
                             .limit = 0x67};
    }
    set_segments(b, m);
    c->rip = rip;
    cpu_update_mode(c);
}

void box_switch(struct box *b)
{
    struct cpu *c = b->cpu;

    b->cpu = b->other;
    b->other = c;
}

u64 box_run(struct box *b, u64 n)
{
    u64 before = clock_insns(&b->clock);

    clock_slice_begin(&b->clock, &b->cpu->budget, n);
    cpu_run(b->cpu);
    clock_slice_end(&b->clock);
    return clock_insns(&b->clock) - before;
}

u64 box_run_on(struct box *b, u64 n)
{
    u64 ran = 0;

    for (u64 one = 1; ran < n && one; ran += one)
        one = box_run(b, b->jit ? n - ran : 1);
    return ran;
}

const struct block *box_block(const struct box *b, physaddr at)
{
    const struct page_info *page = memmap_page(&b->mem, at);
    const struct block *k = page ? page->blocks : NULL;

    while (k && k->phys != at)
        k = k->page_next[(k->phys ^ at) >> 12 != 0];
    return k;
}

u8 *box_at(struct box *b, u64 lin, unsigned n)
{
    physaddr phys;

    if ((lin & 4095) + n > 4096 || !mmu_probe(&b->cpu->mmu, lin, &phys))
        return NULL;
    return phys + n <= BOX_END ? b->ram + phys : NULL;
}

/* --- handlers --- */

static bool is_fault(unsigned v)
{
    return v < 32 && v != VEC_DB && v != VEC_NMI && v != VEC_BP && v != VEC_OF && v != VEC_DF;
}

/* Linear address of the saved RIP. */
static u64 frame_at(const struct cpu *c, unsigned vector)
{
    unsigned word = 2u << c->code_mode;
    u64 sp = zext(c->gpr[RSP], c->stack_size);

    if (c->code_mode != CODE16 && pushes_error(vector))
        sp += word;
    return c->code_mode == CODE64 ? sp : (u32)(sp + c->seg[SS].base);
}

bool box_frame(struct box *b, struct box_frame *f)
{
    struct cpu *c = b->cpu;
    u64 at = c->seg[CS].base + c->rip - 1 - BOX_HANDLERS - 0x1000ull * c->code_mode;
    u8 *p;

    if (c->activity != ACT_HLT || c->cpl || at >= 0x1000 || at % 16)
        return false;
    *f = (struct box_frame){.vector = (unsigned)(at / 16)};
    f->fault = is_fault(f->vector);
    f->at = frame_at(c, f->vector);
    p = box_at(b, f->at, 2u << c->code_mode);
    f->rip = p ? ld_size(p, 2u << c->code_mode) : 0;
    return p;
}

bool box_return(struct box *b, const struct box_frame *f, u64 rip)
{
    u8 *p = box_at(b, f->at, 2u << b->cpu->code_mode), bytes[8];

    if (!p)
        return false;
    st64(bytes, rip);
    memmap_dma_write(&b->mem, (physaddr)(p - b->ram), bytes, 2u << b->cpu->code_mode);
    b->cpu->activity = ACT_RUN;
    return true;
}
