/* SPDX-License-Identifier: MIT */
/* A machine's life: made, reset, destroyed; and the requests that end a run. */
#include "board/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "devices/pm_piix4.h"

int machine_init(struct machine *m, const struct machine_config *config, struct ersatz_error *err)
{
    struct log log = m->log;

    *m = (struct machine){.config = *config, .log = log, .input = {.wake = -1}};
    memmap_init(&m->mem, &m->log);
    clock_init(&m->clock);
    int error = machine_take_drives(m, err);
    if (error)
        goto fail_drives;
    error = portmap_init(&m->io, &m->log, err);
    if (error)
        goto fail_drives;
    if (input_init(&m->input, &m->clock)) {
        error = err_set(err, ERSATZ_E_HOST, "no input gate: the host gives no eventfd or memory");
        goto fail_input;
    }
    error = pc_init(m, err);
    if (!error)
        error = processors_init(m, err);
    if (!error) {
        cmos_fill(m);
        return 0;
    }
    processors_destroy(m);
    pc_destroy(m);
    input_destroy(&m->input);
fail_input:
    portmap_destroy(&m->io);
fail_drives:
    machine_drop_drives(m);
    memmap_destroy(&m->mem);
    return error;
}

void machine_destroy(struct machine *m)
{
    processors_destroy(m);
    pc_destroy(m);
    fw_tables_free(m);
    boot_close(&m->boot);
    input_destroy(&m->input);
    portmap_destroy(&m->io);
    machine_drop_drives(m);
    memmap_destroy(&m->mem);
}

/* All chips but `spared` (NULL: none), and the CPUs. */
static void reset_chips(struct machine *m, const struct device *spared)
{
    m->reset_wanted = false;
    m->triple_fault = false;
    m->suspended = m->wake_wanted = false;
    memset(m->isa_level, 0, sizeof m->isa_level); /* chips let go of their lines */
    memset(m->in_smm, 0, sizeof m->in_smm);
    for (unsigned i = 0; i < m->chip_count; i++)
        if (m->chips[i] != spared)
            device_reset(m->chips[i]);
    processors_reset(m);
    machine_turn(m, 0);
}

/* The host bridge keeps the memory alive, and its registers: shadow RAM stays open. */
void machine_wake(struct machine *m)
{
    reset_chips(m, m->host_bridge);
    pm_piix4_wake(m->pm);
}

int machine_reset(struct machine *m, struct ersatz_error *err)
{
    reset_chips(m, NULL);
    int error = m->fw ? 0 : fw_tables_init(m, err);
    if (error)
        return error;
    if (m->was_reset)
        cmos_boot_order(m, m->config.boot.order); /* -boot once= has been */
    m->was_reset = true;
    if (machine_has_bios(m))
        return 0;
    error = firmware_leave(m, err);
    return error ? error : boot_start(m, err);
}

void machine_stop(struct machine *m, enum ersatz_stop why, u32 value)
{
    if (m->stop.wanted)
        return; /* the first one counts */
    m->stop = (struct machine_stop){.wanted = true, .why = why, .value = value, .cpu = m->running};
    clock_slice_cut(&m->clock);
}

void machine_want_reset(struct machine *m)
{
    m->reset_wanted = true;
    clock_slice_cut(&m->clock);
}

u64 machine_ram_hash(const struct machine *m)
{
    u64 hash = ram_hash(&m->ram, 0);

    return m->video.host ? ram_hash(&m->video, hash) : hash;
}

void machine_say(struct machine *m, const char *fmt, ...)
{
    char line[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (m->config.say)
        m->config.say(m->config.opaque, line);
}
