/* SPDX-License-Identifier: MIT */
#include "cli/app.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/create.h"
#include "cli/machine_file.h"
#include "cli/terminal.h"

/* ---- log ---- */

static void on_line(void *opaque, const char *topic, const char *line)
{
    struct app *app = opaque;

    if (topic)
        fprintf(app->log, "%s\n", line);
    else
        fprintf(stderr, "ersatz: %s\n", line);
}

static int open_log(struct app *app, struct ersatz_error *error)
{
    const char *path = app->options.log_file;

    app->log = path ? fopen(path, "we") : stderr;
    if (app->log)
        return 0;
    *error = (struct ersatz_error){.code = ERSATZ_E_OPEN};
    snprintf(error->text, sizeof error->text, "%s: cannot be written: %s", path, strerror(errno));
    return -ERSATZ_E_OPEN;
}

static void soonest(int *soon, int ms)
{
    if (ms >= 0 && (*soon < 0 || ms < *soon))
        *soon = ms;
}

static void pump(struct chardev *dev, int *soon)
{
    if (dev)
        soonest(soon, chardev_pump(dev));
}

/* ---- a host that cannot write ---- */

#define RETRY_MS 5000

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The machine stands before a write that failed. It goes on with that one: nothing is lost. */
static void disk_failed(struct app *app, const struct ersatz_exit *why)
{
    app->retry_at = now_ms() + RETRY_MS;
    if (strcmp(app->disk_error, why->text) == 0)
        return;
    snprintf(app->disk_error, sizeof app->disk_error, "%s", why->text);
    fprintf(stderr, "ersatz: %s; that is every %d s, or when the monitor is told cont\n", why->text,
            RETRY_MS / 1000);
}

static int retry_disk(struct app *app)
{
    uint64_t now = app->retry_at ? now_ms() : 0;

    if (app->retry_at && now >= app->retry_at)
        app_continue(app);
    return app->retry_at ? (int)(app->retry_at - now) : -1;
}

void app_continue(struct app *app)
{
    app->retry_at = 0;
    session_resume(&app->session);
}

/* ---- rounds ---- */

static void round_of(struct app *app, int at_most_ms)
{
    int soon = at_most_ms;

    for (unsigned i = 0; i < ERSATZ_CHANNELS; i++)
        pump(app->lines[i].dev, &soon);
    for (unsigned i = 0; i < MAX_MONITORS; i++)
        pump(app->monitors[i].dev, &soon);
    if (!app->console.serial)
        pump(app->console.dev, &soon);
    soonest(&soon, keyboard_pump(app));
    soonest(&soon, retry_disk(app));
    soonest(&soon, display_pump(app));
    loop_round(&app->loop, app->quit ? 0 : soon);
}

static void wait_standing(struct app *app)
{
    while (!session_standing(&app->session))
        round_of(app, 20);
}

void app_pause(struct app *app)
{
    session_pause(&app->session);
    wait_standing(app);
}

void app_hold(struct app *app)
{
    session_hold(&app->session);
    wait_standing(app);
}

void app_release(struct app *app)
{
    session_release(&app->session);
}

static void leave(struct app *app, enum exit_status status)
{
    app->quit = true;
    app->status = status;
}

/* A run has ended by itself. */
static void ended(struct app *app, const struct ersatz_exit *why)
{
    switch (why->why) {
    case ERSATZ_STOP_POWER_OFF:
        if (!app->options.no_shutdown)
            leave(app, EXIT_OK);
        break;
    case ERSATZ_STOP_RESET: leave(app, EXIT_OK); break;
    case ERSATZ_STOP_LIMIT: leave(app, EXIT_LIMIT); break;
    case ERSATZ_STOP_DEBUG_EXIT: leave(app, (int)((why->value << 1 | 1) & 0xff)); break;
    case ERSATZ_STOP_DISK: disk_failed(app, why); break;
    case ERSATZ_STOP_GUEST_PANIC:
        fprintf(stderr, "ersatz: %s\n", why->text);
        if (!app->options.no_shutdown)
            leave(app, EXIT_GUEST_PANIC);
        break;
    case ERSATZ_STOP_TRIPLE_FAULT:
        fprintf(stderr, "ersatz: %s\n", why->text);
        leave(app, EXIT_TRIPLE_FAULT);
        break;
    case ERSATZ_STOP_HALTED:
        fprintf(stderr, "ersatz: %s\n", why->text);
        leave(app, EXIT_HALTED);
        break;
    default: fprintf(stderr, "ersatz: %s\n", why->text); leave(app, EXIT_HOST);
    }
}

static void main_loop(struct app *app)
{
    struct ersatz_exit why;
    struct ersatz_error error;
    int result;

    while (!app->quit) {
        round_of(app, -1);
        if (terminal_signal())
            app->quit = true;
        else if (session_ended(&app->session, &why, &result, &error)) {
            if (result < 0) {
                fprintf(stderr, "ersatz: %s\n", error.text);
                leave(app, EXIT_HOST);
            } else {
                ended(app, &why);
            }
        }
    }
}

static void print_stat(void *opaque, const char *line)
{
    fprintf(stderr, "%s\n", line);
}

static void print_stats(struct app *app)
{
    uint64_t hash;

    if (ersatz_ram_hash(app->machine, &hash, NULL) == 0)
        fprintf(stderr, "instructions %" PRIu64 "\ntime %" PRIu64 " ns\nram %016" PRIx64 "\n",
                ersatz_instructions(app->machine), ersatz_time(app->machine), hash);
    ersatz_report(app->machine, "jit", NULL, print_stat, NULL, NULL);
}

/* ---- from the command line to a machine that runs ---- */

static int give_settings(struct ersatz_machine *m, const struct setting_list *settings,
                         struct ersatz_error *error)
{
    int r = 0;

    for (size_t i = 0; i < settings->count && r == 0; i++)
        r = ersatz_set(m, settings->row[i].key, settings->row[i].value, error);
    return r;
}

static int build_twin(struct app *app, struct ersatz_error *error)
{
    app->twin = ersatz_create(error);
    if (!app->twin)
        return -(int)error->code;
    int r = give_settings(app->twin, &app->options.settings, error);
    return r ? r : ersatz_verify(app->machine, app->twin, error);
}

static int build(struct app *app, struct ersatz_error *error)
{
    struct setting_list *settings = &app->options.settings;
    int r = open_log(app, error);

    if (r == 0 && app->options.write_config)
        r = machine_file_write(&app->options.given, app->options.write_config, "we", error);
    if (r < 0)
        return r;
    app->machine = ersatz_create(error);
    if (!app->machine)
        return -(int)error->code;
    ersatz_on_line(app->machine, on_line, app);
    r = give_settings(app->machine, settings, error);
    if (r == 0 && app->options.verify)
        r = build_twin(app, error);
    if (r == 0)
        r = connect_all(app, error);
    if (r == 0)
        r = ersatz_power_on(app->machine, error);
    return r;
}

static int run(struct app *app, struct ersatz_error *error)
{
    app->session = (struct session){
        .machine = app->machine, .loop = &app->loop, .stop_after = app->options.stop_after};
    if (app->console.dev)
        terminal_raw(app->console.has_monitor);
    console_attach(app);
    int r = display_open(app, error);
    if (r == 0)
        r = session_start(&app->session, app->options.stopped, error);
    if (r < 0) {
        display_close(app);
        return r;
    }
    main_loop(app);
    app_pause(app);
    session_end(&app->session);
    display_close(app);
    if (app->options.stats)
        print_stats(app);
    return 0;
}

static void close_all(struct app *app)
{
    connect_close(app);
    ersatz_destroy(app->machine);
    ersatz_destroy(app->twin);
    if (app->log && app->log != stderr)
        fclose(app->log);
    options_free(&app->options);
}

/* Which of our statuses an error of the library is: did the user or the host cause it? */
static enum exit_status status_of(const struct ersatz_error *error)
{
    switch (error->code) {
    case ERSATZ_E_NOMEM:
    case ERSATZ_E_HOST: return EXIT_HOST;
    default: return EXIT_USAGE;
    }
}

int app_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "create") == 0)
        return (int)create_machine(argc - 1, argv + 1);

    struct app app = {.status = EXIT_OK};
    struct ersatz_error error = {.code = ERSATZ_OK};
    enum parsed parsed = options_parse(&app.options, argc, argv, &error);

    if (parsed != PARSED_RUN) {
        options_free(&app.options);
        if (parsed == PARSED_ERROR)
            fprintf(stderr, "ersatz: %s\n", error.text);
        return parsed == PARSED_ERROR ? EXIT_USAGE : EXIT_OK;
    }
    int r = loop_init(&app.loop);
    if (r < 0) {
        fprintf(stderr, "ersatz: no event loop: %s\n", strerror(-r));
        return EXIT_HOST;
    }
    terminal_init(&app.loop);
    if (build(&app, &error) < 0 || run(&app, &error) < 0) {
        fprintf(stderr, "ersatz: %s\n", error.text);
        app.status = status_of(&error);
    }
    close_all(&app);
    terminal_restore();
    if (terminal_signal())
        terminal_die(terminal_signal());
    loop_free(&app.loop);
    return (int)app.status;
}
