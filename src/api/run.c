/* SPDX-License-Identifier: MIT */
/*
 * The run loop. All CPUs run on one thread, in turns of a fixed number of instructions, so that
 * the order of everything depends on the guest alone. Between two slices, in this order: events
 * from outside, due timers, reset and stop requests, then the next CPU.
 *
 * A slice ends at the next deadline, at a turn's end, or after about a millisecond, so that a
 * request to stop is heard soon. Where slices end changes nothing for the guest: deadlines and
 * turns are counted in instructions, and outlive a stop.
 */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "base/error.h"
#include "cpu/engine.h"
#include "cpu/model.h"
#include "cpu/pending.h"

#define SLICE_MAX 200000               /* instructions: a millisecond at 200 MIPS */
#define TURN 20000                     /* instructions for each of several CPUs */
#define HALT_PATIENCE (2 * NS_PER_SEC) /* for a timer that sends NMI */

static bool runnable(const struct cpu *c)
{
    return c->activity == ACT_RUN || cpu_can_take(c);
}

/* The CPU whose turn it is, or the next one that can run; NULL if none can. */
static struct cpu *next_cpu(struct ersatz_machine *m)
{
    struct machine *b = &m->board;
    unsigned n = b->cpu_count;

    if (b->suspended)
        return NULL;
    if (m->turn_left && runnable(b->cpus[m->turn]))
        return b->cpus[m->turn];
    for (unsigned i = 1; i <= n; i++) {
        unsigned next = (m->turn + i) % n;
        if (runnable(b->cpus[next])) {
            m->turn = next;
            m->turn_left = TURN;
            return b->cpus[next];
        }
    }
    return NULL;
}

static void publish(struct ersatz_machine *m)
{
    __atomic_store_n(&m->insns, clock_insns(&m->board.clock), __ATOMIC_RELAXED);
    __atomic_store_n(&m->ns, clock_now(&m->board.clock), __ATOMIC_RELAXED);
}

/* How many instructions ran. */
static u64 run_slice(struct ersatz_machine *m, struct cpu *c, u64 limit)
{
    struct clock *clock = &m->board.clock;
    u64 n = limit < SLICE_MAX ? limit : SLICE_MAX;
    u64 before = clock_insns(clock);

    if (m->board.cpu_count > 1 && m->turn_left < n)
        n = m->turn_left;
    machine_turn(&m->board, c->index);
    clock_slice_begin(clock, &c->budget, n);
    cpu_run(c);
    clock_slice_end(clock);
    u64 ran = clock_insns(clock) - before;
    m->turn_left = ran < m->turn_left && !m->board.yields ? m->turn_left - ran : 0;
    m->board.yields = false;
    publish(m);
    return ran;
}

/* Is every CPU in a sleep that no maskable interrupt ends? */
static bool all_deaf(const struct machine *b)
{
    for (unsigned i = 0; i < b->cpu_count; i++) {
        const struct cpu *c = b->cpus[i];
        if (c->activity == ACT_MWAIT || (c->activity == ACT_HLT && (c->eflags & EFL_IF)))
            return false;
    }
    return true;
}

static void end_run(struct ersatz_machine *m, struct ersatz_exit *why, enum ersatz_stop stop,
                    unsigned cpu, const char *what)
{
    char where[128];

    describe_cpu(m->board.cpus[cpu], where, sizeof where);
    *why = (struct ersatz_exit){.why = stop, .cpu = cpu};
    snprintf(why->text, sizeof why->text, "%s: %s", what, where);
}

/* Nobody can run: time passes. True if it will be so for ever. */
static bool idle(struct ersatz_machine *m)
{
    struct clock *clock = &m->board.clock;
    u64 now = clock_now(clock);

    if (m->board.suspended || !all_deaf(&m->board)) {
        m->halted_since = 0;
    } else if (m->halted_since == 0) {
        m->halted_since = now + 1; /* 0 means: not yet */
    }
    if (m->halted_since &&
        (now - (m->halted_since - 1) >= HALT_PATIENCE || clock_deadline(clock) == UINT64_MAX))
        return true;
    pace_idle(m);
    publish(m);
    return false;
}

static void tell_missing_feature(struct ersatz_machine *m)
{
    static const char *const names[] = {
#define FEATURE(symbol, name, leaf, subleaf, reg, bit) name,
#include "decode/feature.def"
#undef FEATURE
    };
    struct engine *e = m->board.engine;

    if (m->feature_told || !e->missing_seen)
        return;
    m->feature_told = true;
    machine_say(&m->board, "the guest met #UD: its CPU model %s lacks %s (-cpu %s,+%s)",
                m->set.board.model->name, names[e->missing], m->set.board.model->name,
                names[e->missing]);
}

static int reset(struct ersatz_machine *m, struct ersatz_error *error)
{
    m->turn = 0;
    m->turn_left = 0;
    m->halted_since = 0;
    return machine_reset(&m->board, error);
}

static void wake(struct ersatz_machine *m)
{
    m->turn = 0;
    m->turn_left = 0;
    machine_wake(&m->board);
}

static int on_reset(struct ersatz_machine *m, struct ersatz_exit *why, bool *end,
                    struct ersatz_error *error)
{
    unsigned cpu = m->board.running;

    *end = __atomic_load_n(&m->no_reboot, __ATOMIC_RELAXED);
    if (*end)
        end_run(m, why, ERSATZ_STOP_RESET, cpu, "reset");
    return reset(m, error);
}

/* The chipset answers the shutdown cycle with a reset, which only a firmware makes use of: a
 * kernel that was entered directly would begin again and again. */
static bool resets_on_shutdown(const struct ersatz_machine *m)
{
    return machine_has_bios(&m->board) && !__atomic_load_n(&m->no_reboot, __ATOMIC_RELAXED);
}

static const char *stop_text(enum ersatz_stop why)
{
    switch (why) {
    case ERSATZ_STOP_POWER_OFF: return "power-off";
    case ERSATZ_STOP_GUEST_PANIC: return "the guest's kernel has panicked";
    default: return "isa-debug-exit";
    }
}

/* A chip, or a drive, ends the run. */
static void end_stopped(struct ersatz_machine *m, struct ersatz_exit *why)
{
    struct machine *b = &m->board;
    const struct disk_failure *f = &b->disk_failure;

    end_run(m, why, b->stop.why, b->stop.cpu, stop_text(b->stop.why));
    why->value = b->stop.value;
    b->stop.wanted = false;
    m->ended = b->stop.why != ERSATZ_STOP_DISK;
    if (!m->ended)
        snprintf(why->text, sizeof why->text,
                 "%s: %.300s cannot be written: %s; nothing is lost: when the machine goes on, it "
                 "tries again",
                 f->drive->id, f->drive->medium ? f->drive->medium->name : "its file",
                 strerror(f->error));
}

/* What was asked for while a slice ran, or by other threads. True if the run ends. */
static bool requests(struct ersatz_machine *m, struct ersatz_exit *why, int *result,
                     struct ersatz_error *error)
{
    struct machine *b = &m->board;
    bool end = false;

    tell_missing_feature(m);
    if (b->triple_fault && resets_on_shutdown(m)) {
        LOG(&b->log, CPU_RESET, "triple fault of CPU %u: reset", b->triple_fault_cpu);
        b->triple_fault = false;
        b->reset_wanted = true;
    }
    if (b->triple_fault) {
        end_run(m, why, ERSATZ_STOP_TRIPLE_FAULT, b->triple_fault_cpu, "triple fault");
        b->triple_fault = false;
        m->ended = end = true;
    }
    if (b->stop.wanted && !end) {
        end_stopped(m, why);
        end = true;
    }
    if (b->wake_wanted && !end)
        wake(m);
    if (b->reset_wanted && !end)
        *result = on_reset(m, why, &end, error);
    if (__atomic_exchange_n(&m->stop, false, __ATOMIC_ACQUIRE) && !end) {
        end_run(m, why, ERSATZ_STOP_REQUESTED, b->running, "stopped on request");
        end = true;
    }
    return end || *result;
}

static int end_different(struct ersatz_machine *m, struct ersatz_exit *why)
{
    m->ended = true;
    end_run(m, why, ERSATZ_STOP_VERIFY, m->board.running, "translated code is wrong");
    return 0;
}

static int run_loop(struct ersatz_machine *m, u64 limit, struct ersatz_exit *why,
                    struct ersatz_error *error)
{
    struct clock *clock = &m->board.clock;
    u64 start = clock_insns(clock);
    int result = 0;

    for (;;) {
        pace_running(m);
        input_deliver(&m->board.input);
        clock_run_timers(clock);
        if (requests(m, why, &result, error))
            return result;
        if (m->twin && m->unverified && !verify_follow(m, false))
            return end_different(m, why);
        u64 ran = clock_insns(clock) - start;
        if (limit && ran >= limit) {
            end_run(m, why, ERSATZ_STOP_LIMIT, m->board.running, "the instructions have run");
            return 0;
        }
        struct cpu *c = next_cpu(m);
        if (c) {
            m->halted_since = 0;
            m->unverified += run_slice(m, c, limit ? limit - ran : UINT64_MAX);
            channel_flush(m);
        } else if (idle(m)) {
            m->ended = true;
            end_run(m, why, ERSATZ_STOP_HALTED, m->turn, "halted for ever, interrupts off");
            return 0;
        }
    }
}

/* A machine that ended may only be reset; the event is in the gate then. */
static int revive(struct ersatz_machine *m, struct ersatz_error *error)
{
    if (!m->ended)
        return 0;
    input_deliver(&m->board.input);
    if (!m->board.reset_wanted)
        return err_set(error, ERSATZ_E_STATE, "the machine has ended; only a reset helps");
    m->ended = false;
    return reset(m, error);
}

int ersatz_run(struct ersatz_machine *m, uint64_t limit, struct ersatz_exit *why,
               struct ersatz_error *error)
{
    struct ersatz_exit unused;
    int result = api_enter_powered(m, error);

    if (result)
        return result;
    result = revive(m, error);
    pace_start(m);
    why = why ? why : &unused;
    if (!result)
        result = run_loop(m, limit, why, error);
    if (!result && m->twin && why->why != ERSATZ_STOP_VERIFY && !verify_follow(m, true))
        end_different(m, why);
    channel_flush(m);
    publish(m);
    api_leave(m);
    return result;
}

int ersatz_step(struct ersatz_machine *m, unsigned cpu, struct ersatz_exit *why,
                struct ersatz_error *error)
{
    struct ersatz_exit unused;
    int result = api_enter_powered(m, error);

    if (result)
        return result;
    if (cpu >= m->board.cpu_count)
        result = err_set(error, ERSATZ_E_VALUE, "no CPU %u", cpu);
    if (!result)
        result = revive(m, error);
    why = why ? why : &unused;
    if (!result) {
        input_deliver(&m->board.input);
        clock_run_timers(&m->board.clock);
        if (!m->board.suspended && runnable(m->board.cpus[cpu]))
            run_slice(m, m->board.cpus[cpu], 1);
        end_run(m, why, ERSATZ_STOP_LIMIT, cpu, "one instruction");
        requests(m, why, &result, error);
    }
    channel_flush(m);
    api_leave(m);
    return result;
}

void ersatz_stop(struct ersatz_machine *m)
{
    __atomic_store_n(&m->stop, true, __ATOMIC_RELEASE);
    if (__atomic_load_n(&m->powered, __ATOMIC_ACQUIRE))
        input_wake(&m->board.input);
}
