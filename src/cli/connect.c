/* SPDX-License-Identifier: MIT */
/* What the machine's ports, the monitor and standard input are connected to. */
#include <string.h>

#include "cli/app.h"

static const char *const channel_names[ERSATZ_CHANNELS] = {
    [ERSATZ_SERIAL0] = "serial0", [ERSATZ_SERIAL1] = "serial1",   [ERSATZ_SERIAL2] = "serial2",
    [ERSATZ_SERIAL3] = "serial3", [ERSATZ_DEBUGCON] = "debugcon", [ERSATZ_PARALLEL0] = "parallel0",
};

static void output(void *opaque, enum ersatz_channel channel, const uint8_t *bytes, size_t len)
{
    struct line *line = opaque;
    chardev_output(line->dev, bytes, len);
}

static size_t serial_input(void *opaque, const uint8_t *bytes, size_t len)
{
    struct line *line = opaque;
    return ersatz_serial_input(line->app->machine, line->channel, bytes, len);
}

/* Gives standard input and output to a line, or (NULL) to the monitor alone. */
static int claim_stdio(struct app *app, struct chardev *dev, struct line *line,
                       struct ersatz_error *error)
{
    struct console *c = &app->console;

    if (c->dev) {
        *error = (struct ersatz_error){.code = ERSATZ_E_CONFLICT};
        strcpy(error->text, "standard input can serve only one connection; mon:stdio shares it "
                            "between a serial port and the monitor");
        return -ERSATZ_E_CONFLICT;
    }
    c->dev = dev;
    c->serial = line;
    return 0;
}

static int connect_line(struct app *app, enum ersatz_channel channel, const char *spec,
                        struct ersatz_error *error)
{
    struct line *line = &app->lines[channel];

    spec = chardev_resolve(&app->options, spec, error);
    enum backend kind = spec ? chardev_kind(spec, error) : BACKEND_COUNT;
    if (kind == BACKEND_COUNT)
        return -ERSATZ_E_NAME;
    if (kind == BACKEND_NONE)
        return 0;
    *line = (struct line){.app = app, .channel = channel};
    int r = chardev_open(&line->dev, &app->loop, spec, channel_names[channel], error);
    if (r < 0)
        return r;
    if (kind == BACKEND_STDIO || kind == BACKEND_MUX) {
        r = claim_stdio(app, line->dev, line, error);
        app->console.has_monitor |= kind == BACKEND_MUX;
    } else if (channel <= ERSATZ_SERIAL3) {
        chardev_on_input(line->dev, serial_input, line);
    }
    if (r < 0)
        return r;
    return ersatz_connect(app->machine, channel, output, line, error);
}

/* The monitor on standard input: shared with what has it already, or alone. */
static int monitor_on_stdio(struct app *app, struct ersatz_error *error)
{
    struct chardev *dev;

    app->console.has_monitor = true;
    if (app->console.dev)
        return 0;
    int r = chardev_open(&dev, &app->loop, "mon:stdio", "monitor", error);
    return r < 0 ? r : claim_stdio(app, dev, NULL, error);
}

static int connect_monitor(struct app *app, unsigned n, const char *spec,
                           struct ersatz_error *error)
{
    struct chardev **dev = &app->monitors[n].dev;

    spec = chardev_resolve(&app->options, spec, error);
    enum backend kind = spec ? chardev_kind(spec, error) : BACKEND_COUNT;
    switch (kind) {
    case BACKEND_COUNT: return -ERSATZ_E_NAME;
    case BACKEND_NONE: return 0;
    case BACKEND_STDIO:
    case BACKEND_MUX: return monitor_on_stdio(app, error);
    default: break;
    }
    int r = chardev_open(dev, &app->loop, spec, "monitor", error);
    if (r == 0)
        monitor_attach(&app->monitors[n].monitor, app, *dev);
    return r;
}

int connect_all(struct app *app, struct ersatz_error *error)
{
    struct options *o = &app->options;
    int r = 0;

    if (o->nographic && !o->monitor_count)
        o->monitor[o->monitor_count++] = "stdio";
    if (o->nographic && !o->serial_count)
        o->serial[o->serial_count++] = "stdio";
    for (unsigned i = 0; i < o->serial_count && r == 0; i++)
        r = connect_line(app, ERSATZ_SERIAL0 + i, o->serial[i], error);
    if (r == 0 && o->debugcon)
        r = connect_line(app, ERSATZ_DEBUGCON, o->debugcon, error);
    if (r == 0 && o->parallel)
        r = connect_line(app, ERSATZ_PARALLEL0, o->parallel, error);
    for (unsigned i = 0; i < o->monitor_count && r == 0; i++)
        r = connect_monitor(app, i, o->monitor[i], error);
    return r;
}

void connect_close(struct app *app)
{
    for (unsigned i = 0; i < ERSATZ_CHANNELS; i++)
        chardev_close(app->lines[i].dev);
    for (unsigned i = 0; i < MAX_MONITORS; i++)
        chardev_close(app->monitors[i].dev);
    if (app->console.dev && !app->console.serial)
        chardev_close(app->console.dev);
}
