/* SPDX-License-Identifier: MIT */
/*
 * -verify: the same machine twice, one by the JIT, its twin by the interpreter, in lockstep: after
 * each run of a block's translation the twin runs as many instructions, and both must be in the
 * same state. Devices, interrupts and time are in it, for machines are deterministic; the only
 * input is what they begin with.
 *
 * All registers are compared each time, memory each MEMORY_EVERY times and at the end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "base/error.h"
#include "cpu/flags.h"

#define MEMORY_EVERY 65536

int ersatz_verify(struct ersatz_machine *m, struct ersatz_machine *twin, struct ersatz_error *error)
{
    if (m->powered || twin->powered || m == twin)
        return err_set(error, ERSATZ_E_STATE, "verify: two machines that are off");
    m->twin = twin;
    m->set.want_jit = true;
    m->set.jit.stops = true;
    twin->set.want_jit = false;
    m->set.host_clock = twin->set.host_clock = false;
    return 0;
}

int verify_power_on(struct ersatz_machine *m, i64 rtc_start, struct ersatz_error *error)
{
    struct ersatz_machine *twin = m->twin;

    for (unsigned i = 0; i < ERSATZ_CHANNELS; i++)
        twin->channel[i].connected = m->channel[i].connected;
    twin->set.rtc_base = RTC_DATE;
    twin->set.rtc_date = rtc_start;
    return ersatz_power_on(twin, error);
}

static bool same_cpu(const struct cpu *a, const struct cpu *b)
{
    bool fpu = !memcmp(a->fpu.xmm, b->fpu.xmm, sizeof a->fpu.xmm) && a->fpu.mxcsr == b->fpu.mxcsr &&
               a->fpu.cw == b->fpu.cw && a->fpu.sw == b->fpu.sw && a->fpu.empty == b->fpu.empty;

    for (unsigned i = 0; i < ARRAY_LEN(a->fpu.st); i++)
        fpu &= a->fpu.st[i].mant == b->fpu.st[i].mant && a->fpu.st[i].se == b->fpu.st[i].se;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        if (a->seg[i].sel != b->seg[i].sel || a->seg[i].base != b->seg[i].base ||
            a->seg[i].limit != b->seg[i].limit || a->seg[i].attr != b->seg[i].attr)
            return false;
    return fpu && !memcmp(a->gpr, b->gpr, 16 * sizeof *a->gpr) && a->rip == b->rip &&
           eflags_get(a) == eflags_get(b) && a->cr0 == b->cr0 && a->cr2 == b->cr2 &&
           a->cr3 == b->cr3 && a->cr4 == b->cr4 && a->efer == b->efer && a->cpl == b->cpl &&
           a->dr6 == b->dr6 && a->dr7 == b->dr7 && a->activity == b->activity;
}

/* The first byte of RAM that differs, or UINT64_MAX. */
static u64 memory_differs(const struct ersatz_machine *m)
{
    const struct ram *a = &m->board.ram, *b = &m->twin->board.ram;
    const u64 piece = 4096;

    for (u64 at = 0; at < a->size; at += piece) {
        if (!memcmp(a->host + at, b->host + at, piece))
            continue;
        while (a->host[at] == b->host[at])
            at++;
        return at;
    }
    return UINT64_MAX;
}

static void say_line(void *opaque, const char *line)
{
    struct machine *b = opaque;

    machine_say(b, "%s", line);
}

static void tell(struct ersatz_machine *m, u64 memory)
{
    static const char *const names[] = {
#define REGISTER(id, name, bits) name,
        ERSATZ_REGISTERS(REGISTER)
#undef REGISTER
    };
    struct machine *b = &m->board;
    char where[128];

    describe_cpu(b->cpus[b->running], where, sizeof where);
    machine_say(b, "the JIT and the interpreter differ after %" PRIu64 " instructions: %s",
                clock_insns(&b->clock), where);
    for (unsigned cpu = 0; cpu < b->cpu_count; cpu++)
        for (unsigned i = 0; i < ERSATZ_REG_COUNT; i++) {
            struct ersatz_value x = inspect_register(b->cpus[cpu], (enum ersatz_reg)i);
            struct ersatz_value y = inspect_register(m->twin->board.cpus[cpu], (enum ersatz_reg)i);
            if (x.lo != y.lo || x.hi != y.hi)
                machine_say(b,
                            "CPU %u %s: %" PRIx64 " %" PRIx64 ", interpreter %" PRIx64 " %" PRIx64,
                            cpu, names[i], x.hi, x.lo, y.hi, y.lo);
        }
    if (memory != UINT64_MAX)
        machine_say(b, "RAM at %" PRIx64 ": %02x, interpreter %02x; not found out at once", memory,
                    b->ram.host[memory], m->twin->board.ram.host[memory]);
    if (m->jit)
        jit_describe_last(m->jit, say_line, b);
}

bool verify_follow(struct ersatz_machine *m, bool memory_too)
{
    struct ersatz_exit ignored;
    u64 memory = UINT64_MAX, ran = m->unverified;
    bool same = true;

    m->unverified = 0;
    if (ran && ersatz_run(m->twin, ran, &ignored, NULL))
        return true; /* it has ended, as this one will */
    for (unsigned i = 0; i < m->board.cpu_count; i++)
        same &= same_cpu(m->board.cpus[i], m->twin->board.cpus[i]);
    if (!same || memory_too || ++m->verified % MEMORY_EVERY == 0)
        memory = memory_differs(m);
    if (same && memory == UINT64_MAX)
        return true;
    tell(m, memory);
    return false;
}
