/* SPDX-License-Identifier: MIT */
/*
 * The input gate. Whatever comes from outside (keys, serial bytes, pacing of virtual time
 * against the host's, the power button, an RTC start value) is posted here by any thread and
 * delivered by the vCPU thread between two slices, stamped with the instruction count. The
 * stamped events are a run's whole input: the same image and the same events give the same
 * run, instruction for instruction.
 */
#ifndef ERSATZ_BOARD_INPUT_H
#define ERSATZ_BOARD_INPUT_H

#include <pthread.h>

#include "base/types.h"

struct clock;

/* INPUT(kind, meaning of a and b) */
#define INPUT_KINDS(INPUT)                                                                         \
    INPUT(PACE, "a: nanoseconds of virtual time to skip")                                          \
    INPUT(RTC, "a: seconds since 1970 that the RTC shall start from")                              \
    INPUT(SERIAL, "a: port 0..3, b: byte")                                                         \
    INPUT(SERIAL_BREAK, "a: port 0..3")                                                            \
    INPUT(KEY, "a: scan code set 2 byte of the PS/2 keyboard")                                     \
    INPUT(MOUSE, "a: movement and buttons, packed as in devices/i8042.h")                          \
    INPUT(POWER_BUTTON, "")                                                                        \
    INPUT(RESET, "")                                                                               \
    INPUT(NMI, "")                                                                                 \
    INPUT(MEDIUM, "a: drive, b: which change of a medium, counted from 0")

enum input_kind {
#define INPUT(kind, text) INPUT_##kind,
    INPUT_KINDS(INPUT)
#undef INPUT
        INPUT_KIND_COUNT
};

struct input_event {
    u64 insns; /* stamp: instruction count at delivery */
    u32 kind;
    u64 a, b;
};

/* Returns false if the device cannot take the event yet (a full FIFO): it stays first in
 * line, and later events of its stream (its kind and, for serial ports, `a`) wait behind it. */
typedef bool input_sink_fn(void *opaque, const struct input_event *ev);

struct input_sink {
    input_sink_fn *fn;
    void *opaque;
};

#define INPUT_PORTS 4    /* of the kinds that name one in `a` */
#define INPUT_SHARE 4096 /* events that each stream may have waiting */
#define INPUT_STREAM_COUNT (INPUT_KIND_COUNT * INPUT_PORTS)

struct input {
    pthread_mutex_t lock;
    struct input_event *queue; /* in order of arrival */
    unsigned count, capacity;
    unsigned waiting[INPUT_STREAM_COUNT]; /* events of each stream in the queue */
    struct input_sink sink[INPUT_KIND_COUNT];
    /* Sees each event as it is delivered: a recorder. */
    void (*tap)(void *opaque, const struct input_event *ev);
    void *tap_opaque;
    struct clock *clock;
    int wake; /* eventfd: written at each post, so that a sleeping machine wakes */
};

int input_init(struct input *in, struct clock *clock);
void input_destroy(struct input *in);
void input_connect(struct input *in, enum input_kind kind, input_sink_fn *fn, void *opaque);
/* Any thread. False if the stream has INPUT_SHARE events waiting: try again later. */
bool input_post(struct input *in, enum input_kind kind, u64 a, u64 b);
/* The same for the vCPU thread, which is awake: nobody is woken. */
bool input_post_awake(struct input *in, enum input_kind kind, u64 a, u64 b);
/* The bytes of one key's scan code, INPUT_KEY each: all or none. */
bool input_post_key(struct input *in, const u8 *bytes, unsigned n);
/* vCPU thread, between slices. Returns how many events were delivered. */
unsigned input_deliver(struct input *in);
/* Wakes a machine that sleeps on `wake`. Any thread, and async-signal-safe. */
void input_wake(struct input *in);

#endif
