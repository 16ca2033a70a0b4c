/* SPDX-License-Identifier: MIT */
/*
 * A machine and the thread it runs on, as the main thread sees them: run, pause, what ended it.
 */
#ifndef ERSATZ_CLI_SESSION_H
#define ERSATZ_CLI_SESSION_H

#include <ersatz/ersatz.h>
#include <pthread.h>

#include "char/loop.h"

struct session {
    struct ersatz_machine *machine;
    struct loop *loop;
    uint64_t stop_after; /* in instructions; 0: never */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    bool wanted;   /* the machine should run */
    unsigned held; /* but not for now: somebody looks at it */
    bool quit;     /* the thread should end */
    bool running;  /* it is inside ersatz_run() */
    bool ended;    /* a run ended by itself; `why` and `result` tell how */
    int result;    /* of ersatz_run() */
    struct ersatz_exit why;
    struct ersatz_error error;
};

/* Starts the thread; the machine has been powered on. It runs at once unless `stopped`. */
int session_start(struct session *s, bool stopped, struct ersatz_error *error);

/* Ends the thread; the machine stands still already, and stays. */
void session_end(struct session *s);

/*
 * Asks the machine to stand still, or lets it go on. It may be waiting for somebody to take its
 * output, so who pauses serves the loop until session_standing().
 */
void session_pause(struct session *s);
void session_resume(struct session *s);
bool session_standing(struct session *s);

bool session_paused(struct session *s);

/* Stands still between the two, paused or not; they nest. Wait as after session_pause(). */
void session_hold(struct session *s);
void session_release(struct session *s);

/* If a run has ended by itself since the last call: true, and how. */
bool session_ended(struct session *s, struct ersatz_exit *why, int *result,
                   struct ersatz_error *error);

#endif
