/* SPDX-License-Identifier: MIT */
/* Settings: text by key, checked as far as a value can be by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "base/error.h"
#include "cpu/model.h"

#define DEBUG_EXIT_BASE 0x501
#define DEBUG_EXIT_SIZE 4
#define DEBUG_EXIT_SIZE_MAX 8
#define PVPANIC_BASE 0x505

typedef int setting_fn(struct ersatz_machine *m, const char *value, struct ersatz_error *error);

static int bad(const char *key, const char *value, const char *wanted, struct ersatz_error *error)
{
    return err_set(error, ERSATZ_E_VALUE, "%s: '%s' is not %s", key, value, wanted);
}

/* `what` is no name of that kind: an error with the nearest one. */
int config_unknown(const char *kind, const char *word, const char *const *names, size_t n,
                   struct ersatz_error *error)
{
    const char *near = ersatz_nearest(word, names, n);

    if (near)
        return err_set(error, ERSATZ_E_NAME, "no %s '%s'; did you mean '%s'?", kind, word, near);
    return err_set(error, ERSATZ_E_NAME, "no %s '%s'", kind, word);
}

static int unknown_of(enum ersatz_names list, const char *kind, const char *word,
                      struct ersatz_error *error)
{
    const char *names[256];
    size_t n = 0;

    while (n < ARRAY_LEN(names) && (names[n] = ersatz_name(list, (unsigned)n, NULL)))
        n++;
    return config_unknown(kind, word, names, n, error);
}

int config_keep(char **where, const char *value, struct ersatz_error *error)
{
    char *copy = strdup(value);

    if (!copy)
        return err_set(error, ERSATZ_E_NOMEM, "no memory for a setting");
    free(*where);
    *where = copy;
    return 0;
}

static int one_of_two(const char *key, const char *value, const char *off, const char *on,
                      struct ersatz_error *error)
{
    if (strcmp(value, on) == 0)
        return 1;
    if (strcmp(value, off) == 0)
        return 0;
    return err_set(error, ERSATZ_E_VALUE, "%s: '%s' is neither %s nor %s", key, value, on, off);
}

/* ---- one function for each key ---- */

static int set_machine(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    for (unsigned i = 0; ersatz_name(ERSATZ_NAMES_MACHINE, i, NULL); i++)
        if (strcmp(value, ersatz_name(ERSATZ_NAMES_MACHINE, i, NULL)) == 0)
            return 0;
    return unknown_of(ERSATZ_NAMES_MACHINE, "machine", value, error);
}

static int set_memory(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    char *end;
    unsigned long long n = strtoull(value, &end, 10);
    unsigned shift = 20;

    if (*end == 'K' || *end == 'k')
        shift = 10;
    else if (*end == 'G' || *end == 'g')
        shift = 30;
    if (*end && strchr("KkMmGg", *end))
        end++;
    if (*end || value[0] < '0' || value[0] > '9' || n == 0 || n > BIT(46) >> shift)
        return bad("memory", value, "a size such as 256M or 2G", error);
    u64 size = (u64)n << shift;
    if (size < 2ull << 20 || size % 4096)
        return err_set(error, ERSATZ_E_VALUE, "memory: %s is less than 2M or not in whole pages",
                       value);
    m->set.board.ram_size = size;
    return 0;
}

static int set_smp(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);

    if (*end || value[0] < '0' || value[0] > '9' || n < 1 || n > MACHINE_MAX_CPUS)
        return err_set(error, ERSATZ_E_VALUE, "smp: '%s' is not a number from 1 to %u", value,
                       MACHINE_MAX_CPUS);
    m->set.board.cpus = (unsigned)n;
    return 0;
}

static int set_cpu(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    return cpu_model_parse(value, &m->set.board.model, &m->set.board.features, error);
}

static int set_kernel(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    return config_keep(&m->set.kernel, value, error);
}

static int set_initrd(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    return config_keep(&m->set.initrd, value, error);
}

static int set_append(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    return config_keep(&m->set.append, value, error);
}

static int set_bios(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    return config_keep(&m->set.bios, value, error);
}

static int set_rtc_base(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    struct tm tm = {0};
    int used = 0;

    if (strcmp(value, "utc") == 0 || strcmp(value, "localtime") == 0) {
        m->set.rtc_base = *value == 'u' ? RTC_UTC : RTC_LOCALTIME;
        return 0;
    }
    int n = sscanf(value, "%4d-%2d-%2d%nT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                   &used, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used);
    if ((n != 3 && n != 6) || value[used] || tm.tm_year < 1970 || tm.tm_year > 9999 ||
        tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 ||
        tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 59)
        return bad("rtc.base", value, "utc, localtime, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss", error);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    m->set.rtc_base = RTC_DATE;
    m->set.rtc_date = timegm(&tm);
    return 0;
}

static int set_rtc_clock(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = one_of_two("rtc.clock", value, "host", "vm", error);

    if (n >= 0)
        m->set.rtc_vm = n;
    return n < 0 ? n : 0;
}

static int set_clock(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = one_of_two("clock", value, "virtual", "host", error);

    if (n >= 0)
        m->set.host_clock = n;
    return n < 0 ? n : 0;
}

static int set_soft_fpu(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = one_of_two("soft-fpu", value, "off", "on", error);

    if (n >= 0)
        m->set.board.soft_fpu = n;
    return n < 0 ? n : 0;
}

static int set_vga(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = one_of_two("vga", value, "std", "none", error);

    m->set.board.no_vga = n == 1;
    return n < 0 ? n : 0;
}

static int set_no_reboot(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = one_of_two("no-reboot", value, "off", "on", error);

    if (n >= 0)
        __atomic_store_n(&m->no_reboot, n != 0, __ATOMIC_RELAXED);
    return n < 0 ? n : 0;
}

static int set_snapshot(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = one_of_two("snapshot", value, "off", "on", error);

    if (n >= 0)
        m->set.snapshot = n;
    return n < 0 ? n : 0;
}

static int set_log(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    u64 mask = 0;

    while (*value) {
        size_t len = strcspn(value, ",");
        int topic = log_topic_find(value, len);
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)len, value);
        if (topic >= 0)
            mask |= BIT(topic);
        else if (strcmp(word, "all") == 0)
            mask = MASK(LOG_TOPICS);
        else if (strcmp(word, "none") == 0)
            mask = 0;
        else if (len)
            return unknown_of(ERSATZ_NAMES_LOG_TOPIC, "log topic", word, error);
        value += len + (value[len] == ',');
    }
    __atomic_store_n(&m->board.log.mask, mask, __ATOMIC_RELAXED);
    return 0;
}

/* A property of a device that is a number of ports or of one. */
struct port_property {
    const char *name;
    unsigned long value;
};

#define PORT_PROPERTIES 2 /* that a device has at most */

static int parse_ports(const char *device, char *text, struct port_property *p, unsigned count,
                       struct ersatz_error *error)
{
    char *save = NULL;

    for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(word, '='), *end;
        const char *names[PORT_PROPERTIES];
        unsigned i = 0;
        if (!equals)
            return err_set(error, ERSATZ_E_VALUE, "%s: '%s' has no value", device, word);
        *equals = 0;
        for (unsigned n = 0; n < count; n++)
            names[n] = p[n].name;
        while (i < count && strcmp(word, names[i]))
            i++;
        if (i == count)
            return config_unknown("property of that device", word, names, count, error);
        p[i].value = strtoul(equals + 1, &end, 0);
        if (end == equals + 1 || *end || p[i].value > 0xFFFF)
            return bad(names[i], equals + 1, "a number of a port", error);
    }
    return 0;
}

/* isa-debug-exit,iobase=N,iosize=N */
static int set_debug_exit(struct ersatz_machine *m, char *text, struct ersatz_error *error)
{
    struct port_property p[] = {{"iobase", DEBUG_EXIT_BASE}, {"iosize", DEBUG_EXIT_SIZE}};
    int r = parse_ports("isa-debug-exit", text, p, ARRAY_LEN(p), error);

    if (r)
        return r;
    if (p[1].value < 1 || p[1].value > DEBUG_EXIT_SIZE_MAX || p[0].value + p[1].value > 0x10000)
        return err_set(error, ERSATZ_E_VALUE,
                       "isa-debug-exit: ports %lxh + %lu are none, or more "
                       "than %u",
                       p[0].value, p[1].value, DEBUG_EXIT_SIZE_MAX);
    m->set.board.debug_exit = true;
    m->set.board.debug_exit_base = (u16)p[0].value;
    m->set.board.debug_exit_size = (u16)p[1].value;
    return 0;
}

/* pvpanic,ioport=N */
static int set_pvpanic(struct ersatz_machine *m, char *text, struct ersatz_error *error)
{
    struct port_property p[] = {{"ioport", PVPANIC_BASE}};
    int r = parse_ports("pvpanic", text, p, ARRAY_LEN(p), error);

    if (r)
        return r;
    m->set.board.pvpanic = true;
    m->set.board.pvpanic_base = (u16)p[0].value;
    return 0;
}

static int set_device(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    char *copy = strdup(value), *text;
    int result;

    if (!copy)
        return err_set(error, ERSATZ_E_NOMEM, "no memory for a setting");
    text = copy + strcspn(copy, ",");
    if (*text)
        *text++ = 0;
    if (strcmp(copy, "isa-debug-exit") == 0)
        result = set_debug_exit(m, text, error);
    else if (strcmp(copy, "pvpanic") == 0)
        result = set_pvpanic(m, text, error);
    else if (drives_is_device(copy))
        result = drives_set_device(m, copy, text, error);
    else
        result = unknown_of(ERSATZ_NAMES_DEVICE, "device", copy, error);
    free(copy);
    return result;
}

/* ---- all of them ---- */

static const struct {
    const char *key;
    setting_fn *set;
    bool any_time; /* may change after power-on */
} settings[] = {
    {"machine", set_machine, false},
    {"memory", set_memory, false},
    {"smp", set_smp, false},
    {"cpu", set_cpu, false},
    {"kernel", set_kernel, false},
    {"initrd", set_initrd, false},
    {"append", set_append, false},
    {"bios", set_bios, false},
    {"boot", config_boot, false},
    {"fw_cfg", config_fw_cfg, false},
    {"smbios", config_smbios, false},
    {"rtc.base", set_rtc_base, false},
    {"rtc.clock", set_rtc_clock, false},
    {"clock", set_clock, false},
    {"accel", config_accel, false},
    {"jit", config_jit, false},
    {"perfmap", config_perfmap, false},
    {"jitdump", config_jitdump, false},
    {"soft-fpu", set_soft_fpu, false},
    {"vga", set_vga, false},
    {"no-reboot", set_no_reboot, true},
    {"log", set_log, true},
    {"device", set_device, false},
    {"drive", drives_set, false},
    {"snapshot", set_snapshot, false},
};

static const struct {
    const char *key, *value;
} defaults[] = {
#define SETTING(key, shape, value, text) {key, value},
    ERSATZ_SETTINGS(SETTING)
#undef SETTING
};

_Static_assert(ARRAY_LEN(settings) == ARRAY_LEN(defaults), "a row of ERSATZ_SETTINGS is missing");

int ersatz_set(struct ersatz_machine *m, const char *key, const char *value,
               struct ersatz_error *error)
{
    const char *keys[ARRAY_LEN(settings)];

    for (unsigned i = 0; i < ARRAY_LEN(settings); i++) {
        keys[i] = settings[i].key;
        if (strcmp(key, settings[i].key))
            continue;
        if (m->powered && !settings[i].any_time)
            return err_set(error, ERSATZ_E_STATE, "%s: too late, the machine is on", key);
        return settings[i].set(m, value, error);
    }
    return config_unknown("setting", key, keys, ARRAY_LEN(keys), error);
}

/* Settings that add something each time have nothing to begin with. */
static bool adds(const char *key)
{
    static const char *const keys[] = {"device", "drive", "fw_cfg", "smbios"};

    for (unsigned i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

int config_defaults(struct ersatz_machine *m, struct ersatz_error *error)
{
    for (unsigned i = 0; i < ARRAY_LEN(defaults); i++) {
        const char *key = defaults[i].key;
        int r = adds(key) ? 0 : ersatz_set(m, key, defaults[i].value, error);
        if (r)
            return r;
    }
    return 0;
}

void config_free(struct settings *s)
{
    free(s->kernel);
    free(s->initrd);
    free(s->append);
    free(s->bios);
    for (unsigned i = 0; i < s->drive_count; i++)
        drives_free(&s->drives[i]);
    config_firmware_free(s);
}
