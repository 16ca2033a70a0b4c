/* SPDX-License-Identifier: MIT */
/* A machine behind its handle: created, switched on, destroyed; who may be inside. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "base/error.h"
#include "board/rom.h"

/* What -rtc clock=vm begins with, so that two runs are the same: 2024-01-01 00:00:00 UTC. */
#define VM_DATE 1704067200

int api_enter(struct ersatz_machine *m, struct ersatz_error *error)
{
    if (__atomic_exchange_n(&m->inside, true, __ATOMIC_ACQUIRE))
        return err_set(error, ERSATZ_E_BUSY, "another thread is inside the machine");
    return 0;
}

void api_leave(struct ersatz_machine *m)
{
    __atomic_store_n(&m->inside, false, __ATOMIC_RELEASE);
}

int api_enter_powered(struct ersatz_machine *m, struct ersatz_error *error)
{
    int result = api_enter(m, error);

    if (!result && !m->powered) {
        api_leave(m);
        return err_set(error, ERSATZ_E_STATE, "the machine is not on");
    }
    return result;
}

/* The library's lines begin with "topic: ". */
static void on_log(void *opaque, const char *line)
{
    struct ersatz_machine *m = opaque;
    const char *colon = strchr(line, ':');
    int topic = colon ? log_topic_find(line, (size_t)(colon - line)) : -1;

    if (m->line && topic >= 0)
        m->line(m->line_opaque, log_topic_name(topic), colon + 2);
}

static void on_say(void *opaque, const char *line)
{
    struct ersatz_machine *m = opaque;

    if (m->line)
        m->line(m->line_opaque, NULL, line);
}

struct ersatz_machine *ersatz_create(struct ersatz_error *error)
{
    struct ersatz_machine *m = calloc(1, sizeof *m);

    if (!m) {
        err_set(error, ERSATZ_E_NOMEM, "no memory for a machine");
        return NULL;
    }
    media_init(m);
    m->board.log.sink = on_log;
    m->board.log.opaque = m;
    if (config_defaults(m, error)) {
        ersatz_destroy(m);
        return NULL;
    }
    return m;
}

void ersatz_destroy(struct ersatz_machine *m)
{
    if (!m)
        return;
    jit_destroy(m->jit);
    if (m->powered)
        machine_destroy(&m->board);
    media_destroy(m);
    config_free(&m->set);
    free(m);
}

static i64 rtc_start(const struct settings *s)
{
    time_t now = time(NULL);
    struct tm tm;

    if (s->rtc_base == RTC_DATE)
        return s->rtc_date;
    if (s->rtc_vm)
        return VM_DATE;
    if (s->rtc_base == RTC_LOCALTIME && localtime_r(&now, &tm))
        return now + tm.tm_gmtoff;
    return now;
}

static int our_bios(struct blob *bios, struct ersatz_error *error)
{
    u32 size;
    const u8 *rom = rom_bios(&size);

    bios->name = "the BIOS";
    bios->data = malloc(size);
    if (!bios->data)
        return err_set(error, ERSATZ_E_NOMEM, "no memory for the BIOS");
    memcpy(bios->data, rom, size);
    bios->size = size;
    return 0;
}

/* Without a kernel a PC starts from its BIOS: ours, if no other is given. */
static int read_bios(const struct settings *s, struct blob *bios, struct ersatz_error *error)
{
    *bios = (struct blob){.name = s->bios};
    if (!s->bios || !*s->bios)
        return (s->kernel && *s->kernel) || drives_have_flash(s) ? 0 : our_bios(bios, error);
    int result = blob_read(bios, s->bios, error);
    if (!result)
        result = machine_check_bios(bios, error);
    return result;
}

static int build(struct ersatz_machine *m, const struct blob *bios, struct ersatz_error *error)
{
    struct machine_config *config = &m->set.board;
    struct drive_config drives[MACHINE_MAX_DRIVES];

    for (unsigned i = 0; i < SERIAL_PORTS; i++)
        config->serial[i] = m->channel[ERSATZ_SERIAL0 + i].connected;
    config->parallel = m->channel[ERSATZ_PARALLEL0].connected;
    config->output = channel_byte;
    config->say = on_say;
    config->opaque = m;
    config->bios = *bios;
    config->bios_is_ours = (!m->set.bios || !*m->set.bios) && !drives_have_flash(&m->set);
    int result = drives_power_on(m, drives, error);
    if (!result)
        result = machine_init(&m->board, config, error);
    config->bios = m->board.config.bios = (struct blob){0}; /* the machine has its copy */
    config->drives = NULL;
    config->drive_count = 0;
    return result;
}

static int power_on(struct ersatz_machine *m, struct ersatz_error *error)
{
    struct boot boot;
    struct blob bios;
    int result = read_bios(&m->set, &bios, error);

    if (!result)
        result = boot_open(&boot, m->set.kernel, m->set.initrd, m->set.append, error);
    if (result)
        goto out_bios;
    result = build(m, &bios, error);
    if (result) {
        boot_close(&boot);
        goto out_bios;
    }
    m->board.boot = boot;
    media_power_on(m);
    engine_power_on(m);
    result = machine_reset(&m->board, error);
    if (result) {
        jit_destroy(m->jit);
        m->jit = NULL;
        machine_destroy(&m->board);
        goto out_bios;
    }
    i64 start = rtc_start(&m->set);
    input_post(&m->board.input, INPUT_RTC, (u64)start, 0);
    if (m->twin)
        result = verify_power_on(m, start, error);
    __atomic_store_n(&m->powered, true, __ATOMIC_RELEASE);
out_bios:
    free(bios.data);
    return result;
}

int ersatz_power_on(struct ersatz_machine *m, struct ersatz_error *error)
{
    int result = api_enter(m, error);

    if (result)
        return result;
    result = m->powered ? err_set(error, ERSATZ_E_STATE, "the machine is on already")
                        : power_on(m, error);
    api_leave(m);
    return result;
}

void ersatz_reset(struct ersatz_machine *m)
{
    if (__atomic_load_n(&m->powered, __ATOMIC_ACQUIRE))
        input_post(&m->board.input, INPUT_RESET, 0, 0);
}

void ersatz_power_button(struct ersatz_machine *m)
{
    if (__atomic_load_n(&m->powered, __ATOMIC_ACQUIRE))
        input_post(&m->board.input, INPUT_POWER_BUTTON, 0, 0);
}

unsigned ersatz_cpu_count(const struct ersatz_machine *m)
{
    return m->set.board.cpus;
}

uint64_t ersatz_instructions(const struct ersatz_machine *m)
{
    return __atomic_load_n(&m->insns, __ATOMIC_RELAXED);
}

uint64_t ersatz_time(const struct ersatz_machine *m)
{
    return __atomic_load_n(&m->ns, __ATOMIC_RELAXED);
}
