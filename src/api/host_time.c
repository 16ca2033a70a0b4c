/* SPDX-License-Identifier: MIT */
/*
 * Virtual time against the host's. With the virtual clock they have nothing to do with each
 * other: an idle machine jumps to its next deadline. With the host's clock:
 *
 *     virtual behind the host    a PACE event through the input gate makes up for it, so the
 *                                run can be replayed; at most one a millisecond
 *     virtual before the host    the thread sleeps till the host gets there
 *     idle                       sleeps till the next deadline or an event, then as above
 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"

#define PACE_INTERVAL 1000000 /* ns */
#define AHEAD_ALLOWED 2000000 /* ns; less than what poll() can sleep well is not worth it */
#define SLEEP_MAX 100000000   /* ns */
#define NS_PER_MS 1000000
/* A machine that in so long runs no more than so much has nothing to do; what it has of blocks
 * beyond that many bytes was for something else. */
#define QUIET_TIME (20 * (u64)NS_PER_SEC)
#define QUIET_INSNS 400000000
#define QUIET_BYTES (4u << 20)

u64 host_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (u64)ts.tv_sec * NS_PER_SEC + (u64)ts.tv_nsec;
}

/* The host's time in virtual time's terms. */
static u64 host_virtual(const struct ersatz_machine *m)
{
    return host_now() - m->host_base;
}

/* Sleeps until something is posted, or for `ns`; UINT64_MAX: for as long as it takes. */
static void sleep_on_gate(struct ersatz_machine *m, u64 ns)
{
    struct pollfd p = {.fd = m->board.input.wake, .events = POLLIN};
    struct timespec ts = {.tv_sec = (time_t)(ns / NS_PER_SEC), .tv_nsec = (long)(ns % NS_PER_SEC)};
    u64 count;

    if (ppoll(&p, 1, ns == UINT64_MAX ? NULL : &ts, NULL) > 0) {
        ssize_t n = read(p.fd, &count, sizeof count);
        (void)n; /* only to make it unreadable again */
    }
}

/* Moves virtual time to `to` by an event that a replay would see too. */
static void pace_to(struct ersatz_machine *m, u64 to)
{
    u64 now = clock_now(&m->board.clock);

    if (to <= now)
        return;
    input_post_awake(&m->board.input, INPUT_PACE, to - now, 0);
    input_deliver(&m->board.input); /* or the next look at the clocks would pace again */
}

void pace_start(struct ersatz_machine *m)
{
    m->host_base = host_now() - clock_now(&m->board.clock);
    m->pace_check = 0;
}

void pace_running(struct ersatz_machine *m)
{
    if (!m->set.host_clock)
        return;
    u64 host = host_virtual(m), now = clock_now(&m->board.clock);
    if (host < m->pace_check && now < host + AHEAD_ALLOWED)
        return;
    m->pace_check = host + PACE_INTERVAL;
    if (host > now + PACE_INTERVAL)
        pace_to(m, host);
    else if (now > host + AHEAD_ALLOWED)
        sleep_on_gate(m, now - host < SLEEP_MAX ? now - host : SLEEP_MAX);
}

/* A machine with nothing to do gives the host the memory of its blocks and their code back: what it
 * does next is decoded anew. The guest can't tell. */
static void rest(struct ersatz_machine *m)
{
    struct engine *e = m->board.engine;
    u64 host = host_now(), insns = clock_insns(&m->board.clock);

    if (host - m->quiet_since < QUIET_TIME)
        return;
    if (m->quiet_since && insns - m->quiet_insns < QUIET_INSNS && e->used > QUIET_BYTES) {
        engine_flush(e);
        e->stat_rests++;
    }
    m->quiet_since = host;
    m->quiet_insns = insns;
}

void pace_idle(struct ersatz_machine *m)
{
    struct clock *clock = &m->board.clock;
    u64 deadline = clock_deadline(clock), now = clock_now(clock);

    if (!m->set.host_clock && m->board.suspended)
        deadline = UINT64_MAX; /* time stands still */
    if (!m->set.host_clock && deadline != UINT64_MAX) {
        clock_skip_to(clock, deadline);
        return;
    }
    channel_flush(m);
    rest(m);
    u64 host = host_virtual(m);
    if (deadline == UINT64_MAX)
        sleep_on_gate(m, m->set.host_clock ? SLEEP_MAX : UINT64_MAX);
    else if (deadline > host)
        sleep_on_gate(m, deadline - host);
    if (!m->set.host_clock)
        return;
    host = host_virtual(m);
    pace_to(m, host < deadline ? host : deadline > now ? deadline : now);
}
