/* SPDX-License-Identifier: MIT */
/*
 * A machine that is no PC: it stands behind the public header in the tests of the command line,
 * so that these need neither a CPU nor a kernel. -append says what its guest does:
 *
 *   echo       sends back what comes in, until `q` switches it off
 *   flood N    sends N bytes, then switches off
 *   exit V     writes V to isa-debug-exit
 *   reset, triple, halt, fail, panic, spin
 *   disk N     its disk fails N times, then it switches off
 *   settings   sends its settings, one a line, then switches off
 */
#include <ersatz/ersatz.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"

#define QUEUE 16

struct ersatz_machine {
    char settings[4096], script[256];
    bool no_reboot, stop, reset;
    uint64_t instructions;
    unsigned long failures;
    ersatz_output_fn *output[ERSATZ_CHANNELS];
    void *opaque[ERSATZ_CHANNELS];
    ersatz_line_fn *line;
    void *line_opaque;
    pthread_mutex_t lock;
    uint8_t queue[QUEUE];
    size_t queued;
};

struct ersatz_machine *ersatz_create(struct ersatz_error *error)
{
    struct ersatz_machine *m = calloc(1, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

void ersatz_destroy(struct ersatz_machine *m)
{
    if (m)
        pthread_mutex_destroy(&m->lock);
    free(m);
}

int ersatz_set(struct ersatz_machine *m, const char *key, const char *value,
               struct ersatz_error *error)
{
    size_t n = strlen(m->settings);

    snprintf(m->settings + n, sizeof m->settings - n, "%s=%s\n", key, value);
    if (!strcmp(key, "append"))
        snprintf(m->script, sizeof m->script, "%s", value);
    if (strcmp(key, "kernel") != 0 || strcmp(value, "absent") != 0)
        return 0;
    error->code = ERSATZ_E_OPEN;
    snprintf(error->text, sizeof error->text, "%s: no such file", value);
    return -ERSATZ_E_OPEN;
}

int ersatz_power_on(struct ersatz_machine *m, struct ersatz_error *error)
{
    if (m->line)
        m->line(m->line_opaque, NULL, "a word to the user");
    if (m->line)
        m->line(m->line_opaque, "boot", "boot: a line of the log");
    return 0;
}

const char *ersatz_name(enum ersatz_names kind, unsigned i, const char **text)
{
    static const char *const names[] = {"alpha", "beta"};

    if (i >= 2)
        return NULL;
    *text = "one of two";
    return names[i];
}

static void say(struct ersatz_machine *m, const char *text, size_t len)
{
    if (m->output[0])
        m->output[0](m->opaque[0], ERSATZ_SERIAL0, (const uint8_t *)text, len);
}

/* One piece of the echo guest's life; true if it has switched the machine off. */
static bool echo(struct ersatz_machine *m)
{
    uint8_t got[QUEUE];

    pthread_mutex_lock(&m->lock);
    size_t n = m->queued;
    memcpy(got, m->queue, n);
    m->queued = 0;
    pthread_mutex_unlock(&m->lock);
    for (size_t i = 0; i < n; i++) {
        char text[8];
        int len = snprintf(text, sizeof text, "<%02x>", got[i]);
        say(m, text, (size_t)len);
        if (got[i] == 'q')
            return true;
    }
    return false;
}

static void flood(struct ersatz_machine *m, unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        say(m, &"0123456789abcdef"[i % 16], 1);
}

static int end(struct ersatz_exit *why, enum ersatz_stop stop, uint32_t value, const char *text)
{
    *why = (struct ersatz_exit){.why = stop, .value = value};
    snprintf(why->text, sizeof why->text, "%s", text);
    return 0;
}

int ersatz_run(struct ersatz_machine *m, uint64_t limit, struct ersatz_exit *why,
               struct ersatz_error *error)
{
    const char *s = m->script;
    uint64_t until = limit ? m->instructions + limit : ~0ull;

    if (!strncmp(s, "exit ", 5))
        return end(why, ERSATZ_STOP_DEBUG_EXIT, (uint32_t)strtoul(s + 5, NULL, 0), "");
    if (!strcmp(s, "reset"))
        return end(why, ERSATZ_STOP_RESET, 0, "");
    if (!strcmp(s, "triple"))
        return end(why, ERSATZ_STOP_TRIPLE_FAULT, 0, "triple fault at 0008:1234");
    if (!strcmp(s, "halt"))
        return end(why, ERSATZ_STOP_HALTED, 0, "halted for ever at 0008:5678");
    if (!strcmp(s, "panic"))
        return end(why, ERSATZ_STOP_GUEST_PANIC, 0, "the guest's kernel has crashed");
    if (!strncmp(s, "disk ", 5) && m->failures++ < strtoul(s + 5, NULL, 0))
        return end(why, ERSATZ_STOP_DISK, 28, "ide0-hd0: a.img: no space");
    if (!strcmp(s, "fail")) {
        error->code = ERSATZ_E_HOST;
        strcpy(error->text, "the host is gone");
        return -ERSATZ_E_HOST;
    }
    if (!strcmp(s, "settings"))
        say(m, m->settings, strlen(m->settings));
    if (!strncmp(s, "flood ", 6))
        flood(m, strtoul(s + 6, NULL, 0));
    bool lives = !strcmp(s, "echo") || !strcmp(s, "spin");
    while (lives) {
        if (__atomic_exchange_n(&m->stop, false, __ATOMIC_SEQ_CST))
            return end(why, ERSATZ_STOP_REQUESTED, 0, "");
        if (m->instructions >= until)
            return end(why, ERSATZ_STOP_LIMIT, 0, "");
        m->instructions += 100;
        if (!strcmp(s, "echo") && echo(m))
            lives = false;
        usleep(100);
    }
    return end(why, ERSATZ_STOP_POWER_OFF, 0, "");
}

void ersatz_stop(struct ersatz_machine *m)
{
    __atomic_store_n(&m->stop, true, __ATOMIC_SEQ_CST);
}

void ersatz_reset(struct ersatz_machine *m)
{
    say(m, "[reset]", 7);
}

void ersatz_power_button(struct ersatz_machine *m)
{
    strcpy(m->script, "");
    ersatz_stop(m);
}

unsigned ersatz_cpu_count(const struct ersatz_machine *m)
{
    return 1;
}

uint64_t ersatz_instructions(const struct ersatz_machine *m)
{
    return m->instructions;
}

uint64_t ersatz_time(const struct ersatz_machine *m)
{
    return m->instructions * 10;
}

int ersatz_verify(struct ersatz_machine *m, struct ersatz_machine *twin, struct ersatz_error *error)
{
    error->text[0] = 0;
    return 0;
}

int ersatz_ram_hash(struct ersatz_machine *m, uint64_t *hash, struct ersatz_error *error)
{
    *hash = 0x1234;
    return 0;
}

int ersatz_get(struct ersatz_machine *m, unsigned cpu, enum ersatz_reg reg,
               struct ersatz_value *value, struct ersatz_error *error)
{
    *value = (struct ersatz_value){.lo = 0x100 + reg};
    return 0;
}

int ersatz_connect(struct ersatz_machine *m, enum ersatz_channel channel, ersatz_output_fn *output,
                   void *opaque, struct ersatz_error *error)
{
    m->output[channel] = output;
    m->opaque[channel] = opaque;
    return 0;
}

size_t ersatz_serial_input(struct ersatz_machine *m, enum ersatz_channel channel,
                           const uint8_t *bytes, size_t len)
{
    pthread_mutex_lock(&m->lock);
    size_t n = len < QUEUE - m->queued ? len : QUEUE - m->queued;
    memcpy(m->queue + m->queued, bytes, n);
    m->queued += n;
    pthread_mutex_unlock(&m->lock);
    return n;
}

bool ersatz_mouse(struct ersatz_machine *m, int dx, int dy, int wheel, unsigned buttons)
{
    char text[64];
    int len = snprintf(text, sizeof text, "{%d %d %d %u}", dx, dy, wheel, buttons);

    say(m, text, (size_t)len);
    return true;
}

int ersatz_drive(struct ersatz_machine *m, unsigned i, struct ersatz_drive_info *info,
                 struct ersatz_error *error)
{
    *info = (struct ersatz_drive_info){.id = "ide1-cd0", .kind = "cdrom", .removable = true};
    return i ? -ERSATZ_E_NAME : 0;
}

int ersatz_medium(struct ersatz_machine *m, const char *id, const char *file, const char *options,
                  struct ersatz_error *error)
{
    snprintf(error->text, sizeof error->text, "medium %s %s %s", id, file ? file : "-",
             options ? options : "-");
    return -ERSATZ_E_NAME;
}

int ersatz_screen_size(struct ersatz_machine *m, unsigned *width, unsigned *height,
                       struct ersatz_error *error)
{
    *width = 3;
    *height = 2;
    return 0;
}

int ersatz_screen(struct ersatz_machine *m, const struct ersatz_surface *s, bool steady,
                  struct ersatz_error *error)
{
    for (unsigned i = 0; i < s->width * s->height; i++)
        s->pixels[i] = 0x102030 * i;
    return 0;
}

int ersatz_screen_text(struct ersatz_machine *m, struct ersatz_text *text,
                       struct ersatz_error *error)
{
    static const char rows[2][8] = {"A>dir   ", "\xC9\xCD\xBB     "};

    *text = (struct ersatz_text){.columns = 8, .rows = 2};
    for (unsigned i = 0; i < 16; i++)
        text->cells[i] = (uint16_t)((i < 8 ? 0x0700 : 0x1C00) | (uint8_t)rows[i / 8][i % 8]);
    return 0;
}

int ersatz_report(struct ersatz_machine *m, const char *what, const char *name,
                  ersatz_report_fn *line, void *opaque, struct ersatz_error *error)
{
    char text[64];

    snprintf(text, sizeof text, "report of %s %s", what, name ? name : "-");
    line(opaque, text);
    return 0;
}

/* Tells of the key on the serial line. */
bool ersatz_key(struct ersatz_machine *m, uint16_t scan_code, bool down)
{
    char text[16];
    int len = snprintf(text, sizeof text, "{%c%x}", down ? '+' : '-', scan_code);

    say(m, text, (size_t)len);
    return true;
}

void ersatz_on_line(struct ersatz_machine *m, ersatz_line_fn *fn, void *opaque)
{
    m->line = fn;
    m->line_opaque = opaque;
}

int main(int argc, char **argv)
{
    return app_main(argc, argv);
}
