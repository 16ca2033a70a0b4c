/* SPDX-License-Identifier: MIT */
/* Where each kind of event from the input gate goes. */
#include "board/pc.h"
#include "devices/i8042.h"
#include "devices/uart16550.h"

static bool on_pace(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    clock_skip_to(&m->clock, clock_now(&m->clock) + ev->a);
    return true;
}

static bool on_rtc(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    return m->rtc->class->input(m->rtc, ev->a, 0);
}

static bool on_serial(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;
    struct device *d = ev->a < SERIAL_PORTS ? m->uart[ev->a] : NULL;

    return !d || d->class->input(d, ev->a, ev->b);
}

static bool on_serial_break(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;
    struct device *d = ev->a < SERIAL_PORTS ? m->uart[ev->a] : NULL;

    return !d || uart16550_break(d);
}

static bool on_key(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    return m->kbc->class->input(m->kbc, I8042_KEY, ev->a);
}

static bool on_mouse(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    return m->kbc->class->input(m->kbc, I8042_MOUSE, ev->a);
}

static bool on_power_button(void *opaque, const struct input_event *ev)
{
    struct machine *m = opaque;

    m->wake_wanted = m->suspended;
    return m->suspended || m->pm->class->input(m->pm, 0, 0);
}

static bool on_reset(void *opaque, const struct input_event *ev)
{
    machine_want_reset(opaque);
    return true;
}

static bool on_nmi(void *opaque, const struct input_event *ev)
{
    processors_nmi(opaque);
    return true;
}

void pc_connect_input(struct machine *m)
{
    input_connect(&m->input, INPUT_PACE, on_pace, m);
    input_connect(&m->input, INPUT_RTC, on_rtc, m);
    input_connect(&m->input, INPUT_SERIAL, on_serial, m);
    input_connect(&m->input, INPUT_SERIAL_BREAK, on_serial_break, m);
    input_connect(&m->input, INPUT_KEY, on_key, m);
    input_connect(&m->input, INPUT_MOUSE, on_mouse, m);
    input_connect(&m->input, INPUT_POWER_BUTTON, on_power_button, m);
    input_connect(&m->input, INPUT_RESET, on_reset, m);
    input_connect(&m->input, INPUT_NMI, on_nmi, m);
}
