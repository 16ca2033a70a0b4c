/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

#ifdef ERZ_SANITIZERS
#define DEFAULT_SECONDS 60
#else
#define DEFAULT_SECONDS 5
#endif
#define PATIENCE 60      /* seconds without a beat: it hangs */
#define FAILURES_MAX 8   /* then the run ends */
#define SLOW 10          /* times the wanted time, if something has not happened yet */
#define STATUS_FAILED 99 /* the child's, after fuzz_fail() */
#define SPEED_MIN 2000   /* instructions that a measurement needs at least */

static u64 setting(const char *name, u64 otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static u64 clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

u64 fuzz_clock(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void fuzz_beat(struct fuzz *f)
{
    __atomic_fetch_add(&f->beat, 1, __ATOMIC_RELAXED);
}

void fuzz_speed(struct fuzz *f, u64 n, u64 ns)
{
    if (n < SPEED_MIN || ns * 100000 / n <= f->slowest)
        return;
    f->slowest = ns * 100000 / n;
    f->slowest_seed = f->seed;
}

void fuzz_fail(struct fuzz *f, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(f->failure, sizeof f->failure, fmt, ap);
    va_end(ap);
    fprintf(stderr, "%s\n", f->failure);
    if (getenv("FUZZ_CASE"))
        abort(); /* a debugger wants to see it here */
    _exit(STATUS_FAILED);
}

static u64 case_seed(u64 seed, u64 n)
{
    struct rng r = {.s = seed ^ n << 20};

    return rng_next(&r);
}

static unsigned missing(const struct fuzz_target *t, const struct fuzz *f)
{
    unsigned n = 0;

    for (unsigned i = 0; t->counters[i]; i++)
        n += !f->count[i] && t->counters[i][0] != '?';
    return n;
}

/* The time isn't over; a slow host gets more of it until everything has happened once. A number
 * of cases that is asked for counts more than the time. */
static bool goes_on(const struct fuzz_target *t, const struct fuzz *f, u64 begin, u64 seconds)
{
    u64 gone = clock_ns(CLOCK_MONOTONIC) - begin;

    if (f->cases_wanted)
        return f->cases < f->cases_wanted;
    return gone < (missing(t, f) ? SLOW : 1) * seconds * 1000000000u;
}

static void child(const struct fuzz_target *t, struct fuzz *f, u64 seed, u64 begin, u64 seconds)
{
    while (goes_on(t, f, begin, seconds)) {
        f->seed = case_seed(seed, f->cases++);
        fuzz_beat(f);
        t->run(f, f->seed);
    }
    exit(0); /* leaks are looked for here */
}

/* Waits for the child; false and a status of 0: it hung and was killed. */
static bool watch(struct fuzz *f, pid_t pid, int *status)
{
    u64 beat = f->beat, since = clock_ns(CLOCK_MONOTONIC);

    *status = 0;
    for (;;) {
        pid_t done = waitpid(pid, status, WNOHANG);
        if (done == pid)
            return true;
        u64 now = clock_ns(CLOCK_MONOTONIC), seen = __atomic_load_n(&f->beat, __ATOMIC_RELAXED);
        if (seen != beat) {
            beat = seen;
            since = now;
        }
        if (now - since > PATIENCE * 1000000000ull) {
            kill(pid, SIGABRT);
            waitpid(pid, status, 0);
            return false;
        }
        usleep(20000);
    }
}

static void tell(const struct fuzz_target *t, const struct fuzz *f, bool back, int status)
{
    printf("# %s: FUZZ_CASE=0x%" PRIx64 ": ", t->name, f->seed);
    if (!back)
        printf("hangs\n");
    else if (WIFSIGNALED(status))
        printf("signal %d\n", WTERMSIG(status));
    else if (WEXITSTATUS(status) == STATUS_FAILED)
        printf("%s\n", f->failure);
    else
        printf("exit status %d\n", WEXITSTATUS(status));
    fflush(stdout);
}

static unsigned run_cases(const struct fuzz_target *t, struct fuzz *f, u64 seed, u64 seconds)
{
    u64 begin = clock_ns(CLOCK_MONOTONIC);
    unsigned failures = 0;

    while (failures < FAILURES_MAX && goes_on(t, f, begin, seconds)) {
        int status;
        fflush(stdout);
        pid_t pid = fork();
        if (pid < 0) {
            printf("Bail out! fork failed\n");
            exit(1);
        }
        if (pid == 0)
            child(t, f, seed, begin, seconds);
        bool back = watch(f, pid, &status);
        if (back && status == 0)
            break;
        failures++;
        tell(t, f, back, status);
    }
    return failures;
}

static int report(const struct fuzz_target *t, const struct fuzz *f, unsigned failures)
{
    unsigned n = 1;

    printf("%s 1 - %s: no crash, hang or report in %" PRIu64 " cases\n",
           failures || !f->cases ? "not ok" : "ok", t->name, f->cases);
    for (unsigned i = 0; t->counters[i]; i++) {
        bool optional = t->counters[i][0] == '?', met = f->count[i] || optional;
        printf("%s %u - %s: %s %" PRIu64 "\n", met ? "ok" : "not ok", ++n, t->name,
               t->counters[i] + optional, f->count[i]);
    }
    printf("1..%u\n", n);
    if (f->slowest)
        printf("# slowest: %" PRIu64 " us per 100000 instructions, in case 0x%" PRIx64 "\n",
               f->slowest / 1000, f->slowest_seed);
    return failures || missing(t, f) || !f->cases;
}

int fuzz_main(const struct fuzz_target *t)
{
    u64 seconds = setting("FUZZ_SECONDS", DEFAULT_SECONDS), seed = setting("FUZZ_SEED", 1);
    struct fuzz *f = mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                          0);

    if (f == MAP_FAILED) {
        printf("Bail out! no shared memory\n");
        return 1;
    }
    f->cases_wanted = setting("FUZZ_CASES", 0);
    if (getenv("FUZZ_CASE")) {
        f->cases = 1;
        f->seed = setting("FUZZ_CASE", 0);
        t->run(f, f->seed);
        return report(t, f, 0);
    }
    printf("# %s: FUZZ_SEED=%" PRIu64 ", %" PRIu64 " s\n", t->name, seed, seconds);
    return report(t, f, run_cases(t, f, seed, seconds));
}
