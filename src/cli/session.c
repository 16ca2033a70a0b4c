/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include <signal.h>
#include <string.h>

/* Runs until something ends it; the lock is not held meanwhile. */
static void run_once(struct session *s)
{
    struct ersatz_exit why = {.why = ERSATZ_STOP_REQUESTED};
    struct ersatz_error error = {.code = ERSATZ_OK};
    uint64_t done = ersatz_instructions(s->machine), limit = 0;
    int result = 0;

    if (s->stop_after)
        limit = s->stop_after > done ? s->stop_after - done : 0;
    if (s->stop_after && !limit)
        why.why = ERSATZ_STOP_LIMIT;
    else
        result = ersatz_run(s->machine, limit, &why, &error);

    pthread_mutex_lock(&s->lock);
    s->running = false;
    if (result < 0 || why.why != ERSATZ_STOP_REQUESTED) {
        s->wanted = false;
        s->ended = true;
        s->result = result;
        s->why = why;
        s->error = error;
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    loop_wake(s->loop);
}

static void *machine_thread(void *opaque)
{
    struct session *s = opaque;

    pthread_mutex_lock(&s->lock);
    while (!s->quit) {
        if (!s->wanted || s->held) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        s->running = true;
        pthread_mutex_unlock(&s->lock);
        run_once(s);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

int session_start(struct session *s, bool stopped, struct ersatz_error *error)
{
    sigset_t all, before;

    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->wanted = !stopped;
    /* signals are the main thread's, but for those that a fault here raises */
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&s->thread, NULL, machine_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!r)
        return 0;
    *error = (struct ersatz_error){.code = ERSATZ_E_HOST};
    strcpy(error->text, "the host gives no further thread");
    return -ERSATZ_E_HOST;
}

void session_end(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    s->quit = true;
    s->wanted = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
}

void session_pause(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    s->wanted = false;
    if (s->running)
        ersatz_stop(s->machine);
    pthread_mutex_unlock(&s->lock);
}

bool session_standing(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    bool standing = !s->running;
    pthread_mutex_unlock(&s->lock);
    return standing;
}

void session_resume(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    s->wanted = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void session_hold(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    s->held++;
    if (s->running)
        ersatz_stop(s->machine);
    pthread_mutex_unlock(&s->lock);
}

void session_release(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    s->held--;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

bool session_paused(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    bool paused = !s->wanted;
    pthread_mutex_unlock(&s->lock);
    return paused;
}

bool session_ended(struct session *s, struct ersatz_exit *why, int *result,
                   struct ersatz_error *error)
{
    pthread_mutex_lock(&s->lock);
    bool ended = s->ended;
    if (ended) {
        *why = s->why;
        *result = s->result;
        *error = s->error;
        s->ended = false;
    }
    pthread_mutex_unlock(&s->lock);
    return ended;
}
