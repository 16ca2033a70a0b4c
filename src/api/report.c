/* SPDX-License-Identifier: MIT */
/*
 * The machine's inside as text for people: the PCI bus, the maps, any chip's registers out of
 * its field table.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/report.h"
#include "base/bits.h"
#include "base/error.h"
#include "devices/i440fx.h"

void report_say(const struct report *r, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->line(r->opaque, text);
}

/* ---- devices ---- */

/* The i-th chip: those of the board, then the local APICs. NULL behind the last. */
static struct device *chip(const struct machine *m, unsigned i)
{
    if (i < m->chip_count)
        return m->chips[i];
    i -= m->chip_count;
    return i < m->cpu_count ? m->lapic[i] : NULL;
}

static void print_timer(const struct report *r, const struct field *f, u64 deadline)
{
    if (deadline == UINT64_MAX)
        report_say(r, "  %-24s off", f->name);
    else
        report_say(r, "  %-24s at %" PRIu64 " ns", f->name, deadline);
}

/* All elements, as many to a line as fit; a run of zeros at the end is left out. */
static void print_elements(const struct report *r, const struct device *d, const struct field *f)
{
    unsigned count = device_field_count(f), shown = count;
    int digits = f->type == FIELD_BYTES ? 2 : 2 * f->size;
    unsigned each = digits <= 2 ? 16 : digits <= 4 ? 8 : 4;
    char text[128];
    int n = 0;

    while (shown > 1 && device_field_get(d, f, shown - 1) == 0)
        shown--;
    for (unsigned i = 0; i < shown; i++) {
        n += snprintf(text + n, sizeof text - (size_t)n, " %0*" PRIx64, digits,
                      device_field_get(d, f, i));
        if ((i + 1) % each == 0 || i + 1 == shown) {
            report_say(r, "  %-24s%s%s", i < each ? f->name : "", text,
                       i + 1 == shown && shown < count ? " 0..." : "");
            n = 0;
        }
    }
}

static void print_device(const struct report *r, const struct device *d)
{
    const struct device_class *class = d->class;

    report_say(r, "%s: %s, %s", d->id, class->name, class->text);
    for (unsigned i = 0; i < DEVICE_MAX_REGIONS; i++)
        if (d->use[i].mapped)
            report_say(r, "  %s at %s %" PRIx64 ", %x bytes", d->use[i].region->name,
                       d->use[i].region->kind == REGION_PORT ? "ports" : "memory", d->use[i].base,
                       d->use[i].size);
    for (unsigned i = 0; i < class->field_count; i++) {
        const struct field *f = &class->fields[i];
        if (f->type == FIELD_TIMER)
            print_timer(r, f, device_field_get(d, f, 0));
        else
            print_elements(r, d, f);
    }
}

static int report_device(const struct report *r, struct ersatz_error *error)
{
    const char *ids[MACHINE_MAX_CHIPS + MACHINE_MAX_CPUS];
    struct device *d;
    unsigned n = 0;

    for (; n < ARRAY_LEN(ids) && (d = chip(r->m, n)); n++) {
        ids[n] = d->id;
        if (strcmp(r->name, d->id) == 0) {
            print_device(r, d);
            return 0;
        }
    }
    const char *near = ersatz_nearest(r->name, ids, n);
    return err_set(error, ERSATZ_E_NAME, "no device '%s'%s%s%s", r->name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int report_devices(const struct report *r, struct ersatz_error *error)
{
    struct device *d;

    for (unsigned i = 0; (d = chip(r->m, i)); i++)
        report_say(r, "%-12s %-12s %s", d->id, d->class->name, d->class->text);
    return 0;
}

static int report_pic(const struct report *r, struct ersatz_error *error)
{
    print_device(r, r->m->pic);
    print_device(r, r->m->ioapic);
    return 0;
}

/* ---- PCI ---- */

static void print_bar(const struct report *r, const struct pci_device *p, unsigned n)
{
    const struct region_use *use = &p->dev->use[p->bar[n].region];
    bool io = use->region->kind == REGION_PORT;
    char place[32] = "not mapped";

    if (use->mapped)
        snprintf(place, sizeof place, "at %08" PRIx64, use->base);
    report_say(r, "    BAR%u: %s, %x bytes, %s", n, io ? "ports" : "memory", use->size, place);
}

static int report_pci(const struct report *r, struct ersatz_error *error)
{
    const struct pci_bus *bus = i440fx_bus(r->m->host_bridge);

    for (unsigned i = 0; i < bus->count; i++) {
        const struct pci_device *p = bus->device[i];
        u8 pin = p->config[PCI_INTERRUPT_PIN];
        report_say(r, "0:%u.%u %s, %04x:%04x, class %02x%02x, revision %02x, command %04x",
                   p->devfn >> 3, p->devfn & 7, p->dev->id, ld16(&p->config[PCI_VENDOR_ID]),
                   ld16(&p->config[PCI_DEVICE_ID]), p->config[PCI_CLASS + 2],
                   p->config[PCI_CLASS + 1], p->config[PCI_REVISION],
                   ld16(&p->config[PCI_COMMAND]));
        if (pin)
            report_say(r, "    pin %c, line %u, level %u", 'A' + pin - 1,
                       p->config[PCI_INTERRUPT_LINE], p->irq);
        for (unsigned n = 0; n < PCI_BARS; n++)
            if (p->bar[n].used)
                print_bar(r, p, n);
    }
    return 0;
}

/* ---- maps ---- */

static const char *kind_of(const struct mem_range *range)
{
    if (range->read || range->write)
        return "registers";
    return range->rd == range->wr ? "RAM" : range->wr ? "ROM over RAM" : "ROM";
}

/* The same kind of memory under the same name, and no gap between. */
static bool goes_on(const struct mem_range *a, const struct mem_range *b)
{
    return a->base + a->size == b->base && strcmp(a->name, b->name) == 0 &&
           kind_of(a) == kind_of(b);
}

static int report_mtree(const struct report *r, struct ersatz_error *error)
{
    const struct memmap *mem = &r->m->mem;
    const struct portmap *io = &r->m->io;

    report_say(r, "memory:%s", mem->a20_mask == ~(physaddr)0 ? "" : " (A20 is masked)");
    for (unsigned i = 0; i < mem->count; i++) {
        const struct mem_range *first = &mem->ranges[i];
        while (i + 1 < mem->count && goes_on(&mem->ranges[i], &mem->ranges[i + 1]))
            i++;
        report_say(r, "  %016" PRIx64 "-%016" PRIx64 " %s, %s", first->base,
                   mem->ranges[i].base + mem->ranges[i].size - 1, first->name, kind_of(first));
    }
    report_say(r, "ports:");
    for (unsigned port = 0; port < 0x10000; port++) {
        unsigned first = port, owner = io->owner[port];
        while (owner && port < 0xFFFF && io->owner[port + 1] == owner)
            port++;
        if (owner)
            report_say(r, "  %04x-%04x %s", first, port, io->ranges[owner - 1].name);
    }
    return 0;
}

/* ---- all of them ---- */

static const struct {
    const char *what;
    int (*report)(const struct report *r, struct ersatz_error *error);
} reports[] = {
#define REPORT(id, what, text) {what, report_##id},
    ERSATZ_REPORTS(REPORT)
#undef REPORT
};

int ersatz_report(struct ersatz_machine *m, const char *what, const char *name,
                  ersatz_report_fn *line, void *opaque, struct ersatz_error *error)
{
    struct report r = {
        .handle = m, .m = &m->board, .name = name ? name : "", .line = line, .opaque = opaque};
    unsigned i = 0;

    while (i < ARRAY_LEN(reports) && strcmp(what, reports[i].what) != 0)
        i++;
    if (i == ARRAY_LEN(reports))
        return err_set(error, ERSATZ_E_NAME, "no report '%s'", what);
    int result = api_enter_powered(m, error);
    if (result)
        return result;
    result = reports[i].report(&r, error);
    api_leave(m);
    return result;
}
