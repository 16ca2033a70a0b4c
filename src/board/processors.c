/* SPDX-License-Identifier: MIT */
/*
 * The CPUs and their local APICs:
 *
 *     8259s -> LINT0 --+-----------+
 *     NMI   -> LINT1 --| local APIC|-> INTR NMI SMI INIT SIPI -> CPU     (each CPU)
 *     APIC bus --------+-----------+
 *
 * A CPU without an APIC (a 486) hears the 8259s itself. All local APICs lie at one physical
 * address: an access goes to the one of the CPU whose slice it is.
 */
#include <stdlib.h>

#include "base/error.h"
#include "board/machine.h"
#include "cpu/engine.h"
#include "devices/i8259.h"
#include "devices/lapic.h"

#define IRQ_FERR 13
#define MSR_APIC_BASE 0x1B
#define MSR_TSC_DEADLINE 0x6E0
#define APIC_PAGE_MASK 0xFFFFFF000ull
#define APIC_PAGE_SIZE 0x1000
#define TSC_HZ NS_PER_SEC

static u8 intr_ack(void *opaque, unsigned cpu)
{
    struct machine *m = opaque;
    int vector = m->lapic[cpu] ? lapic_ack(m->lapic[cpu]) : LAPIC_EXTINT;

    return vector == LAPIC_EXTINT ? i8259_ack(m->pic) : (u8)vector;
}

static bool msr_read(void *opaque, unsigned cpu, u32 msr, u64 *value)
{
    struct machine *m = opaque;

    return m->lapic[cpu] && lapic_msr_read(m->lapic[cpu], msr, value);
}

/* Has this CPU's APIC its registers at the mapped page? */
static bool apic_visible(const struct machine *m, unsigned cpu)
{
    u64 base = m->lapic[cpu] ? lapic_base(m->lapic[cpu]) : 0;

    return (base & LAPIC_BASE_EN) && !(base & LAPIC_BASE_EXTD) &&
           (base & APIC_PAGE_MASK) == m->apic_page;
}

static u64 apic_read(void *opaque, u64 offset, unsigned size)
{
    struct machine *m = opaque;

    if (!apic_visible(m, m->running))
        return UINT64_MAX;
    return device_read(m->lapic[m->running], LAPIC_REGS, offset, size);
}

static void apic_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct machine *m = opaque;

    if (apic_visible(m, m->running))
        device_write(m->lapic[m->running], LAPIC_REGS, offset, value, size);
}

/* One page for all: a machine whose CPUs disagree follows the last one that moved it. */
static int apic_map(struct machine *m, u64 page, struct ersatz_error *err)
{
    struct mem_range r = {.name = "local APIC",
                          .base = page,
                          .size = APIC_PAGE_SIZE,
                          .read = apic_read,
                          .write = apic_write,
                          .opaque = m};

    if (page == m->apic_page)
        return 0;
    if (m->apic_page)
        memmap_remove(&m->mem, m->apic_page);
    int error = memmap_add(&m->mem, &r, err);
    m->apic_page = error ? 0 : page;
    return error;
}

static bool msr_write(void *opaque, unsigned cpu, u32 msr, u64 value)
{
    struct machine *m = opaque;
    struct device *apic = m->lapic[cpu];
    struct ersatz_error error;

    if (!apic)
        return false;
    if (msr == MSR_TSC_DEADLINE)
        lapic_set_tsc(apic, TSC_HZ, m->cpus[cpu]->tsc_offset);
    if (!lapic_msr_write(apic, msr, value))
        return false;
    if (msr == MSR_APIC_BASE && apic_map(m, lapic_base(apic) & APIC_PAGE_MASK, &error))
        LOG(&m->log, GUEST_ERROR, "local APIC moved onto something else: %s", error.text);
    return true;
}

static u8 tpr_read(void *opaque, unsigned cpu)
{
    struct machine *m = opaque;

    return m->lapic[cpu] ? lapic_cr8(m->lapic[cpu]) : 0;
}

static void tpr_write(void *opaque, unsigned cpu, u8 tpr)
{
    struct machine *m = opaque;

    if (m->lapic[cpu])
        lapic_set_cr8(m->lapic[cpu], tpr);
}

/* The run loop answers the shutdown cycle: as the chipset does, by a reset, or by an end. */
static void on_shutdown(void *opaque, unsigned cpu)
{
    struct machine *m = opaque;

    m->triple_fault = true;
    m->triple_fault_cpu = cpu;
    clock_slice_cut(&m->clock);
}

/* A spinning CPU's turn ends: with turns of one length, two that take a lock in turns would
 * always meet it in the same state. */
static void on_pause(void *opaque, unsigned cpu)
{
    struct machine *m = opaque;

    m->yields = true;
    clock_slice_cut(&m->clock);
}

static void on_ferr(void *opaque, unsigned cpu, bool level)
{
    struct machine *m = opaque;

    if (cpu == 0)
        irq_set(&m->ferr, level);
}

static void on_smm(void *opaque, unsigned cpu, bool in_smm)
{
    machine_smm(opaque, cpu, in_smm);
}

static void init_line(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;

    if (level)
        lapic_init(m->lapic[n]);
    cpu_set_line(m->cpus[n], CPU_INIT, level);
}

static void sipi_line(void *opaque, unsigned n, bool level)
{
    struct machine *m = opaque;

    if (level)
        cpu_sipi(m->cpus[n], lapic_sipi_vector(m->lapic[n]));
}

static int add_lapic(struct machine *m, unsigned n, struct ersatz_error *err)
{
    struct cpu *c = m->cpus[n];
    struct device *d = device_new(&lapic_class, "lapic", &m->clock, &m->log, err);

    if (!d)
        return err ? -(int)err->code : -ERSATZ_E_NOMEM;
    m->lapic[n] = d;
    d->out[LAPIC_INTR] = (struct irq){cpu_set_line, c, CPU_INTR};
    d->out[LAPIC_NMI] = (struct irq){cpu_set_line, c, CPU_NMI};
    d->out[LAPIC_SMI] = (struct irq){cpu_set_line, c, CPU_SMI};
    d->out[LAPIC_INIT] = (struct irq){init_line, m, n};
    d->out[LAPIC_SIPI] = (struct irq){sipi_line, m, n};
    lapic_connect(d, &m->apic, n, n == 0);
    return apic_bus_add_lapic(&m->apic, d)
               ? 0
               : err_set(err, ERSATZ_E_CONFLICT, "the APIC bus is full");
}

static int add_cpu(struct machine *m, unsigned n, struct ersatz_error *err)
{
    const struct machine_config *config = &m->config;
    const struct cpu_bus bus = {
        .mem = &m->mem,
        .io = &m->io,
        .clock = &m->clock,
        .log = &m->log,
        .opaque = m,
        .intr_ack = intr_ack,
        .msr_read = msr_read,
        .msr_write = msr_write,
        .tpr_read = tpr_read,
        .tpr_write = tpr_write,
        .shutdown = on_shutdown,
        .pause = config->cpus > 1 ? on_pause : NULL,
        .ferr = on_ferr,
        .smm = on_smm,
    };
    struct cpu *c = aligned_alloc(64, (sizeof *c + 63) & ~(size_t)63);

    if (!c)
        return err_set(err, ERSATZ_E_NOMEM, "no memory for CPU %u", n);
    memset(c, 0, sizeof *c);
    int error = cpu_init(c, n, config->model, &bus);
    if (error) {
        free(c);
        return err_set(err, (enum ersatz_err) - error, "CPU %u cannot be made", n);
    }
    m->cpus[n] = c;
    m->cpu_count = n + 1;
    c->features = config->features;
    c->soft_fpu = config->soft_fpu;
    cpu_reset(c); /* what depends on features */
    error = engine_attach(m->engine, c);
    if (error)
        return err_set(err, (enum ersatz_err) - error, "no engine for CPU %u", n);
    return cpu_has(c, CPU_APIC) ? add_lapic(m, n, err) : 0;
}

/* Memory that no CPU of this model can address is a mistake, not a feature. */
static int check_memory(const struct machine *m, struct ersatz_error *err)
{
    u64 end = m->ram.size > m->low_ram ? HIGH_RAM_BASE + (m->ram.size - m->low_ram) : m->low_ram;

    if (end - 1 <= m->cpus[0]->mmu.phys_mask)
        return 0;
    return err_set(err, ERSATZ_E_CONFLICT, "%llu MiB of memory are more than the CPU can address",
                   (unsigned long long)(m->ram.size >> 20));
}

/* Translated code is made for one kind of table: where one CPU got no flat ones (there is address
 * space for some 30 CPUs of them), none keeps any. */
static int make_alike(struct machine *m, struct ersatz_error *err)
{
    bool flat = true, made = true;

    for (unsigned i = 0; i < m->cpu_count; i++)
        flat = flat && m->cpus[i]->mmu.flat;
    for (unsigned i = 0; i < m->cpu_count && !flat && made; i++)
        made = mmu_go_soft(&m->cpus[i]->mmu);
    return made ? 0 : err_set(err, ERSATZ_E_NOMEM, "no memory for the CPUs' TLBs");
}

int processors_init(struct machine *m, struct ersatz_error *err)
{
    int error = 0;

    m->engine = engine_new(&m->mem, &m->log);
    if (!m->engine)
        return err_set(err, ERSATZ_E_NOMEM, "no memory for the engine");
    if (m->config.cpus > 1 && !feature_has(&m->config.features, CPU_APIC))
        return err_set(err, ERSATZ_E_CONFLICT, "%u CPUs need a CPU model with a local APIC",
                       m->config.cpus);
    for (unsigned i = 0; i < m->config.cpus && !error; i++)
        error = add_cpu(m, i, err);
    if (!error)
        error = make_alike(m, err);
    if (!error)
        error = check_memory(m, err);
    if (error)
        return error;
    m->ferr = machine_isa_irq(m, IRQ_FERR, 0);
    if (!m->lapic[0])
        m->pic->out[I8259_INTR] = (struct irq){cpu_set_line, m->cpus[0], CPU_INTR};
    else
        m->pic->out[I8259_INTR] = device_line(m->lapic[0], LAPIC_LINT0);
    return m->lapic[0] ? apic_map(m, lapic_base(m->lapic[0]) & APIC_PAGE_MASK, err) : 0;
}

void processors_destroy(struct machine *m)
{
    for (unsigned i = 0; i < m->cpu_count; i++) {
        device_free(m->lapic[i]);
        engine_detach(m->engine, m->cpus[i]);
        cpu_destroy(m->cpus[i]);
        free(m->cpus[i]);
    }
    m->cpu_count = 0;
    if (m->engine)
        engine_destroy(m->engine);
    m->engine = NULL;
}

void processors_reset(struct machine *m)
{
    for (unsigned i = 0; i < m->cpu_count; i++) {
        if (m->lapic[i]) {
            device_reset(m->lapic[i]);
            apic_map(m, lapic_base(m->lapic[i]) & APIC_PAGE_MASK, NULL);
        }
        cpu_reset(m->cpus[i]);
    }
}

void processors_nmi(struct machine *m)
{
    struct irq lint1 = m->lapic[0] ? device_line(m->lapic[0], LAPIC_LINT1)
                                   : (struct irq){cpu_set_line, m->cpus[0], CPU_NMI};

    if (!m->nmi_masked)
        irq_pulse(&lint1);
}

void processors_init_signal(struct machine *m)
{
    for (unsigned i = 0; i < m->cpu_count; i++) {
        if (m->lapic[i])
            lapic_init(m->lapic[i]);
        cpu_set_line(m->cpus[i], CPU_INIT, true);
        cpu_set_line(m->cpus[i], CPU_INIT, false);
    }
}

void processors_smi(struct machine *m)
{
    cpu_set_line(m->cpus[0], CPU_SMI, true);
    cpu_set_line(m->cpus[0], CPU_SMI, false);
}
