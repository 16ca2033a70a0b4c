/* SPDX-License-Identifier: MIT */
/*
 * Every chip under random hands. Each rig holds the chips that talk to each other; they get
 * reads and writes of every offset, size and alignment, pin changes, events and the passing of
 * time. Looked for: a sanitizer's report, a timer that doesn't get ahead of time, and state that
 * the field tables don't tell: now and then a rig is copied through the tables, and the copy must
 * behave like the original from then on.
 *
 * usage: fuzz_devices [SECONDS [SEED]]        (or FUZZ_SECONDS, FUZZ_SEED; seed 1)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"

#include "base/bits.h"
#include "base/log.h"
#include "board/clock.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "devices/device.h"
#include "devices/i440fx.h"
#include "devices/i82078.h"
#include "devices/i8237.h"
#include "devices/i8259.h"
#include "devices/ide.h"
#include "devices/ioapic.h"
#include "devices/lapic.h"
#include "devices/parallel.h"
#include "devices/piix3.h"
#include "devices/pm_piix4.h"
#include "devices/uart16550.h"
#include "devices/vga.h"
#include "fuzz/rig.h"

#ifdef ERZ_SANITIZERS
#define DEFAULT_SECONDS 60
#else
#define DEFAULT_SECONDS 5
#endif
#define STEPS_PER_COPY 400

enum { OP_READ, OP_WRITE, OP_LINE, OP_INPUT, OP_TIME, OP_RESET, OP_EXTRA, OP_KINDS };

/* ---- Random numbers (xorshift64*) --------------------------------------------------------- */

static u64 rnd(u64 *s)
{
    *s ^= *s >> 12;
    *s ^= *s << 25;
    *s ^= *s >> 27;
    return *s * 0x2545f4914f6cdd1dull;
}

/* Values with many zeros, many ones or few bits, since those are where chips have corners. */
static u64 rnd_value(u64 *s)
{
    u64 v = rnd(s);

    switch (rnd(s) & 7) {
    case 0: return 0;
    case 1: return ~0ull;
    case 2: return BIT(v & 63);
    case 3: return v & rnd(s) & rnd(s);
    case 4: return v & 0xff;
    default: return v;
    }
}

/* ---- Rigs --------------------------------------------------------------------------------- */

/* The order doesn't count: timers of one deadline fire in the order they were armed, which the
 * tables don't tell. */
void rig_fold(struct rig *r, u64 v)
{
    v = (v + 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
    r->seen += (v ^ v >> 29) * 0x94d049bb133111ebull;
}

static void out_changes(void *opaque, unsigned n, bool level)
{
    rig_fold(opaque, n * 2 + level);
}

static void byte_sent(void *opaque, u8 byte)
{
    rig_fold(opaque, 0x1000 + byte);
}

static void pam_changes(void *opaque, physaddr base, u32 size, bool read_ram, bool write_ram)
{
    rig_fold(opaque, base + size + read_ram * 2 + write_ram);
}

static void smram_changes(void *opaque, bool open, bool enabled)
{
    rig_fold(opaque, 0x2000 + open * 2 + enabled);
}

static bool no_line(const struct irq *line)
{
    return line->fn == NULL;
}

struct device *rig_add(struct rig *r, const struct device_class *class)
{
    struct device *d = device_new(class, class->name, &r->clock, &r->log, NULL);

    if (!d)
        return NULL;
    for (unsigned n = 0; n < DEVICE_MAX_OUTPUTS; n++)
        if (no_line(&d->out[n]))
            d->out[n] = (struct irq){out_changes, r, n};
    r->device[r->count++] = d;
    return d;
}

static bool in_chipset(const struct device_class *c)
{
    return c == &i440fx_class || c == &piix3_class || c == &pm_piix4_class;
}

static bool in_apics(const struct device_class *c)
{
    return c == &lapic_class || c == &ioapic_class;
}

static bool make_chipset(struct rig *r)
{
    const struct i440fx_board board = {r, pam_changes, smram_changes};
    struct device *host = rig_add(r, &i440fx_class), *isa = rig_add(r, &piix3_class);
    struct device *pm = rig_add(r, &pm_piix4_class);

    if (!host || !isa || !pm)
        return false;
    i440fx_connect(host, &r->ports, &r->mem, &board, isa);
    return piix3_connect(isa, i440fx_bus(host), 1) &&
           pm_piix4_connect(pm, i440fx_bus(host), PCI_DEVFN(1, 3));
}

static bool make_apics(struct rig *r)
{
    struct device *ioapic = rig_add(r, &ioapic_class);

    for (unsigned id = 0; id < 2; id++) {
        struct device *l = rig_add(r, &lapic_class);
        if (!l || !apic_bus_add_lapic(&r->apic, l))
            return false;
        lapic_connect(l, &r->apic, id, id == 0);
        lapic_set_tsc(l, 1000000000, id * 12345);
    }
    ioapic_connect(ioapic, &r->apic);
    return apic_bus_add_ioapic(&r->apic, ioapic);
}

static bool make_vga(struct rig *r)
{
    struct device *d = rig_add(r, &vga_class);
    const u8 rom[] = {0x55, 0xaa};

    r->bus = (struct pci_bus){.ports = &r->ports, .mem = &r->mem};
    r->video = calloc(1, VIDEO_SIZE);
    const struct vga_board board = {&r->ports,  &r->bus, PCI_DEVFN(2, 0), r->video,
                                    VIDEO_SIZE, rom,     sizeof rom};
    if (!d || !r->video || vga_connect(d, &board, NULL))
        return false;
    device_reset(d);
    vga_set_text_mode(d, NULL);
    vga_map_legacy(d, &r->mem, true);
    return true;
}

/* The floppy controller with its DMA channel, whose every address is a hole. */
static bool make_floppies(struct rig *r)
{
    static struct medium disk = {.ops = &rig_disk_ops, .size = 1474560};
    struct device *fdc = rig_add(r, &i82078_class), *dma = rig_add(r, &i8237_class);

    if (!fdc || !dma)
        return false;
    r->drive[0] = (struct drive){.kind = DRIVE_FLOPPY, .medium = &disk};
    dma->dma = &r->mem;
    i82078_connect(fdc, 0, &r->drive[0]);
    i82078_connect_dma(fdc, i8237_channel(dma, 2));
    return true;
}

/* The rig in which `class` is tried, with its clock at `now`. */
static struct rig *rig_new(const struct device_class *class, u64 now)
{
    struct rig *r = calloc(1, sizeof *r);
    bool ok;

    if (!r)
        return NULL;
    r->name = class->name;
    clock_init(&r->clock);
    clock_skip_to(&r->clock, now);
    memmap_init(&r->mem, &r->log);
    ok = portmap_init(&r->ports, &r->log, NULL) == 0;
    if (ok && in_chipset(class))
        ok = make_chipset(r);
    else if (ok && in_apics(class))
        ok = make_apics(r);
    else if (ok && (class == &i82078_class || class == &i8237_class))
        ok = make_floppies(r);
    else if (ok && class == &vga_class)
        ok = make_vga(r);
    else if (ok && class == &ide_class)
        ok = rig_make_ide(r);
    else if (ok)
        ok = rig_add(r, class) != NULL;
    if (ok && class == &uart16550_class)
        uart16550_connect(r->device[0], byte_sent, r);
    if (ok && class == &parallel_class)
        parallel_connect(r->device[0], byte_sent, r);
    if (!ok) {
        fprintf(stderr, "no rig for %s\n", class->name);
        exit(2);
    }
    return r;
}

static void rig_free(struct rig *r)
{
    for (unsigned n = 0; n < r->count; n++)
        device_free(r->device[n]);
    portmap_destroy(&r->ports);
    memmap_destroy(&r->mem);
    free(r->video);
    free(r);
}

static struct rig *rig_copy(const struct device_class *class, const struct rig *from)
{
    struct rig *to = rig_new(class, clock_now(&from->clock));

    for (unsigned n = 0; n < from->count; n++) {
        const struct device_class *c = from->device[n]->class;
        for (unsigned f = 0; f < c->field_count; f++)
            for (unsigned i = 0; i < device_field_count(&c->fields[f]); i++)
                device_field_set(to->device[n], &c->fields[f], i,
                                 device_field_get(from->device[n], &c->fields[f], i));
    }
    if (from->video)
        memcpy(to->video, from->video, VIDEO_SIZE);
    for (unsigned n = 0; n < ARRAY_LEN(from->drive); n++)
        to->drive[n].medium = from->drive[n].medium;
    for (unsigned n = 0; n < from->count; n++)
        device_loaded(to->device[n]);
    to->seen = from->seen;
    return to;
}

/* ---- Steps -------------------------------------------------------------------------------- */

static struct op rnd_op(const struct rig *r, u64 *s)
{
    static const u8 weights[16] = {OP_READ,  OP_READ,  OP_READ,  OP_READ,  OP_WRITE, OP_WRITE,
                                   OP_WRITE, OP_WRITE, OP_WRITE, OP_WRITE, OP_LINE,  OP_INPUT,
                                   OP_TIME,  OP_TIME,  OP_EXTRA, OP_RESET};
    struct op op = {.kind = weights[rnd(s) & 15], .device = (unsigned)(rnd(s) % r->count)};
    const struct device_class *c = r->device[op.device]->class;

    if (op.kind == OP_RESET && rnd(s) & 15)
        op.kind = OP_WRITE;
    op.region = (unsigned)(rnd(s) % DEVICE_MAX_REGIONS);
    while (c->regions[op.region].kind == REGION_NONE)
        op.region = op.region ? op.region - 1 : DEVICE_MAX_REGIONS - 1;
    op.size = 1u << (rnd(s) & 3);
    op.offset = rnd(s) % (c->regions[op.region].size + 8ull);
    if (rnd(s) & 3)
        op.offset &= ~(u64)(op.size - 1);
    op.value = rnd_value(s);
    op.a = rnd(s);
    op.b = rnd_value(s);
    if (op.kind == OP_TIME)
        op.value = rnd(s) >> (24 + (rnd(s) & 31)); /* up to 18 minutes */
    return op;
}

/* The VGA: memory as the maps have it, configuration space, and what a user looks at. */
static void vga_extra(struct rig *r, struct device *d, const struct op *op)
{
    static const u8 regs[] = {0x04, 0x10, 0x18, 0x30, 0x06, 0x3c};
    struct ersatz_text *text;
    u32 pixels[40 * 30] = {0};
    const struct ersatz_surface s = {40, 30, 40, pixels};
    unsigned width, height;

    switch (op->a & 7) {
    case 0: rig_fold(r, memmap_read(&r->mem, 0xa0000 + op->b % 0x20000, op->size)); break;
    case 1: memmap_write(&r->mem, 0xa0000 + op->b % 0x20000, op->value, op->size); break;
    case 2: portmap_write(&r->ports, (u16)(0x1ce + op->b % 4), (u32)op->value, 2); break;
    case 3: rig_fold(r, portmap_read(&r->ports, (u16)(0x1ce + op->b % 4), 2)); break;
    case 4:
        pci_config_write(&r->bus, PCI_DEVFN(2, 0), regs[op->b % ARRAY_LEN(regs)], (u32)op->value,
                         4);
        break;
    case 5:
        text = malloc(sizeof *text);
        if (text && vga_text(d, text))
            rig_fold(r, text->columns * text->rows + text->cells[op->b % ERSATZ_TEXT_CELLS]);
        free(text);
        break;
    case 6: /* as SMRAM comes and goes */
        vga_map_legacy(d, &r->mem, false);
        vga_map_legacy(d, &r->mem, true);
        break;
    default:
        vga_size(d, &width, &height);
        vga_render(d, &s, op->b & 1);
        rig_fold(r, width + height);
        for (unsigned n = 0; n < ARRAY_LEN(pixels); n++)
            rig_fold(r, pixels[n] + n);
    }
}

/* What only a CPU or the board does with a chip. */
static void extra(struct rig *r, struct device *d, const struct op *op)
{
    u64 v = 0;

    if (d->class == &i8259_class) {
        rig_fold(r, i8259_ack(d));
        return;
    }
    if (d->class == &vga_class) {
        vga_extra(r, d, op);
        return;
    }
    if (d->class == &ide_class) {
        rig_use_ide(r, d, op);
        return;
    }
    if (d->class != &lapic_class)
        return;
    switch (op->a % 8) {
    case 0: rig_fold(r, (u64)lapic_ack(d)); break;
    case 1: lapic_set_cr8(d, (u8)op->b); break;
    case 2: rig_fold(r, lapic_msr_write(d, 0x1b, (op->b & 0xd00) | LAPIC_BASE_ADDRESS)); break;
    case 3: lapic_msr_write(d, 0x6e0, op->b); break;
    case 4: rig_fold(r, lapic_msr_read(d, 0x800 + (op->b & 0xff), &v) + v); break;
    case 5: lapic_init(d); break;
    default: rig_fold(r, lapic_msr_write(d, 0x800 + (op->offset >> 4), op->value)); break;
    }
}

/* Time passes from timer to timer; too many of them, and the rest happens at once. */
static bool pass(struct rig *r, u64 ns)
{
    u64 end = clock_now(&r->clock) + ns;

    for (unsigned n = 0; n < 64 && clock_deadline(&r->clock) <= end; n++) {
        clock_skip_to(&r->clock, clock_deadline(&r->clock));
        clock_run_timers(&r->clock);
        if (clock_deadline(&r->clock) <= clock_now(&r->clock))
            return false;
    }
    clock_skip_to(&r->clock, end);
    clock_run_timers(&r->clock);
    return clock_deadline(&r->clock) > clock_now(&r->clock);
}

static bool step(struct rig *r, const struct op *op)
{
    struct device *d = r->device[op->device];

    switch (op->kind) {
    case OP_READ: rig_fold(r, device_read(d, op->region, op->offset, op->size)); break;
    case OP_WRITE: device_write(d, op->region, op->offset, op->value, op->size); break;
    case OP_LINE: {
        struct irq line = device_line(d, (unsigned)(op->a % 32));
        irq_set(&line, op->b & 1);
        break;
    }
    case OP_INPUT:
        if (d->class->input)
            rig_fold(r, d->class->input(d, op->a, op->b));
        break;
    case OP_RESET: device_reset(d); break;
    case OP_EXTRA: extra(r, d, op); break;
    default: return pass(r, op->value);
    }
    /* A timer armed for the present or the past must fire once and be done with it. */
    return pass(r, 0);
}

static const char *const op_names[OP_KINDS] = {"read", "write", "line", "input",
                                               "time", "reset", "extra"};

static void tell(const struct rig *r, const struct op *op, u64 n, const char *what)
{
    printf("%s: %s at step %" PRIu64 ": %s of %s region %u offset %" PRIx64
           " size %u value %" PRIx64 " a %" PRIx64 " b %" PRIx64 "\n",
           r->name, what, n, op_names[op->kind], r->device[op->device]->id, op->region, op->offset,
           op->size, op->value, op->a, op->b);
}

/* The first field of the copy that differs, by name. */
static void tell_fields(const struct rig *a, const struct rig *b)
{
    for (unsigned n = 0; n < a->count; n++) {
        const struct device_class *c = a->device[n]->class;
        for (unsigned f = 0; f < c->field_count; f++)
            for (unsigned i = 0; i < device_field_count(&c->fields[f]); i++) {
                u64 x = device_field_get(a->device[n], &c->fields[f], i);
                u64 y = device_field_get(b->device[n], &c->fields[f], i);
                if (x != y)
                    printf("  %s %s[%u]: %" PRIx64 ", copy %" PRIx64 "\n", c->name,
                           c->fields[f].name, i, x, y);
            }
    }
}

/* Every offset, size and alignment once, read and written. */
static bool sweep(struct rig *r)
{
    static const u64 values[] = {0, ~0ull, 0x5555555555555555ull, 0x8000000080008080ull};

    for (unsigned n = 0; n < r->count; n++)
        for (unsigned g = 0; g < DEVICE_MAX_REGIONS; g++) {
            u64 size = r->device[n]->class->regions[g].size;
            for (u64 i = 0; i < (size ? size + 8 : 0) * 4 * 5; i++) {
                struct op op = {.device = n, .region = g, .offset = i / 20, .size = 1u << (i & 3)};
                op.kind = i / 4 % 5 ? OP_WRITE : OP_READ;
                op.value = op.kind == OP_WRITE ? values[i / 4 % 5 - 1] : 0;
                if (!step(r, &op)) {
                    tell(r, &op, i, "a timer stays behind");
                    return false;
                }
            }
        }
    return true;
}

/* One class for a while; true if nothing was found. */
static bool try_class(const struct device_class *class, u64 *s, double seconds, u64 *steps)
{
    struct timespec start, now;
    struct rig *r = rig_new(class, 0), *copy = NULL;
    bool ok = sweep(r);
    double gone = 0;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (u64 n = 0; ok && gone < seconds; n++, ++*steps) {
        if (n % STEPS_PER_COPY == 0) {
            if (copy)
                rig_free(copy);
            copy = rig_copy(class, r);
            clock_gettime(CLOCK_MONOTONIC, &now);
            gone = (double)(now.tv_sec - start.tv_sec) +
                   (double)(now.tv_nsec - start.tv_nsec) / 1e9;
        }
        struct op op = rnd_op(r, s);
        if (!step(r, &op) || !step(copy, &op)) {
            tell(r, &op, n, "a timer stays behind");
            ok = false;
        } else if (r->seen != copy->seen) {
            tell(r, &op, n, "the copy behaves differently");
            tell_fields(r, copy);
            ok = false;
        }
    }
    if (copy)
        rig_free(copy);
    rig_free(r);
    return ok;
}

static double setting(int argc, char **argv, int arg, const char *name, double otherwise)
{
    const char *text = argc > arg ? argv[arg] : getenv(name);
    return text ? strtod(text, NULL) : otherwise;
}

int main(int argc, char **argv)
{
    double seconds = setting(argc, argv, 1, "FUZZ_SECONDS", DEFAULT_SECONDS);
    u64 seed = (u64)setting(argc, argv, 2, "FUZZ_SEED", 1), steps = 0;
    unsigned classes = 0, bad = 0;

    while (device_classes[classes])
        classes++;
    for (unsigned n = 0; n < classes; n++) {
        u64 s = seed * 0x9e3779b97f4a7c15ull + n + 1;
        bad += !try_class(device_classes[n], &s, seconds / classes, &steps);
    }
    printf("%u chips, %" PRIu64 " steps, %u failed\n", classes, steps, bad);
    return bad || !steps ? EXIT_FAILURE : EXIT_SUCCESS;
}
