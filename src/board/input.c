/* SPDX-License-Identifier: MIT */
#include "board/input.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "board/clock.h"

#define FIRST_CAPACITY 64
#define DELIVERED INPUT_KIND_COUNT /* the kind of a slot whose event is gone */

int input_init(struct input *in, struct clock *clock)
{
    *in = (struct input){.clock = clock, .capacity = FIRST_CAPACITY, .wake = -1};
    in->queue = calloc(in->capacity, sizeof *in->queue);
    if (!in->queue)
        return -ENOMEM;
    in->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (in->wake < 0) {
        int error = errno;
        free(in->queue);
        in->queue = NULL;
        return -error;
    }
    pthread_mutex_init(&in->lock, NULL);
    return 0;
}

void input_destroy(struct input *in)
{
    if (!in->queue)
        return;
    pthread_mutex_destroy(&in->lock);
    close(in->wake);
    free(in->queue);
    in->queue = NULL;
}

void input_connect(struct input *in, enum input_kind kind, input_sink_fn *fn, void *opaque)
{
    in->sink[kind] = (struct input_sink){.fn = fn, .opaque = opaque};
}

void input_wake(struct input *in)
{
    u64 one = 1;
    ssize_t n = write(in->wake, &one, sizeof one);
    (void)n; /* it fails only when the counter is full, and then it is readable anyway */
}

static bool grow(struct input *in)
{
    struct input_event *q = realloc(in->queue, 2 * sizeof *q * in->capacity);

    if (!q)
        return false;
    in->queue = q;
    in->capacity *= 2;
    return true;
}

/* Events of one stream keep their order and wait behind one that can't be taken: a stream is
 * a kind, and of those that name a port in `a`, a port. Each has its own share of the queue, so
 * that a guest that never reads one doesn't hold up another. */
static unsigned stream(const struct input_event *ev)
{
    bool port = ev->kind == INPUT_SERIAL || ev->kind == INPUT_SERIAL_BREAK;

    return ev->kind * INPUT_PORTS + (port ? (unsigned)ev->a % INPUT_PORTS : 0);
}

/* Puts it at the end of the queue; the lock is held. */
static bool append(struct input *in, const struct input_event *ev)
{
    if (in->count == in->capacity && !grow(in))
        return false;
    in->queue[in->count] = *ev;
    in->waiting[stream(ev)]++;
    __atomic_store_n(&in->count, in->count + 1, __ATOMIC_RELEASE);
    return true;
}

bool input_post_awake(struct input *in, enum input_kind kind, u64 a, u64 b)
{
    struct input_event ev = {.kind = kind, .a = a, .b = b};

    pthread_mutex_lock(&in->lock);
    bool ok = in->waiting[stream(&ev)] < INPUT_SHARE && append(in, &ev);
    pthread_mutex_unlock(&in->lock);
    return ok;
}

bool input_post(struct input *in, enum input_kind kind, u64 a, u64 b)
{
    bool ok = input_post_awake(in, kind, a, b);

    if (ok)
        input_wake(in);
    return ok;
}

bool input_post_key(struct input *in, const u8 *bytes, unsigned n)
{
    struct input_event ev = {.kind = INPUT_KEY};

    pthread_mutex_lock(&in->lock);
    bool ok = in->waiting[stream(&ev)] + n <= INPUT_SHARE;
    for (unsigned i = 0; i < n && ok; i++) {
        ev.a = bytes[i];
        ok = append(in, &ev);
    }
    pthread_mutex_unlock(&in->lock);
    input_wake(in);
    return ok;
}

/* Offers the event to its sink. The lock is not held: a sink may post. */
static bool offer(struct input *in, struct input_event *ev)
{
    const struct input_sink *sink = &in->sink[ev->kind];

    ev->insns = clock_insns(in->clock);
    if (sink->fn && !sink->fn(sink->opaque, ev))
        return false;
    if (in->tap)
        in->tap(in->tap_opaque, ev);
    return true;
}

/* Closes the gaps that delivered events left. */
static void compact(struct input *in)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < in->count; i++)
        if (in->queue[i].kind != DELIVERED)
            in->queue[kept++] = in->queue[i];
    __atomic_store_n(&in->count, kept, __ATOMIC_RELEASE);
}

unsigned input_deliver(struct input *in)
{
    bool blocked[INPUT_STREAM_COUNT] = {false};
    unsigned delivered = 0;

    if (__atomic_load_n(&in->count, __ATOMIC_ACQUIRE) == 0)
        return 0;
    pthread_mutex_lock(&in->lock);
    for (unsigned i = 0; i < in->count; i++) {
        struct input_event ev = in->queue[i];
        unsigned s = stream(&ev);
        if (blocked[s])
            continue;
        pthread_mutex_unlock(&in->lock);
        bool taken = offer(in, &ev);
        pthread_mutex_lock(&in->lock);
        if (taken) {
            in->queue[i].kind = DELIVERED;
            in->waiting[s]--;
            delivered++;
        } else {
            blocked[s] = true;
        }
    }
    if (delivered)
        compact(in);
    pthread_mutex_unlock(&in->lock);
    return delivered;
}
