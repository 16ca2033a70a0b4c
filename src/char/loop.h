/* SPDX-License-Identifier: MIT */
/*
 * The main thread's event loop: poll() over watches that their owners keep and change as they
 * like between two rounds. Other threads may only wake it.
 */
#ifndef ERSATZ_CHAR_LOOP_H
#define ERSATZ_CHAR_LOOP_H

#include <poll.h>
#include <stdbool.h>

struct watch {
    int fd;       /* negative: not watched now */
    short events; /* of poll(); 0: not watched now */
    void (*ready)(void *opaque, short revents);
    void *opaque;
};

#define LOOP_MAX 64

struct loop {
    struct watch *watches[LOOP_MAX];
    unsigned count;
    int wake_fd; /* an eventfd */
};

/* 0, or a negative errno value. */
int loop_init(struct loop *loop);
void loop_free(struct loop *loop);

/* False if there are too many. */
bool loop_add(struct loop *loop, struct watch *w);
void loop_remove(struct loop *loop, struct watch *w);

/* Waits for at most `timeout_ms` (-1: for ever), serves what is ready, returns. */
void loop_round(struct loop *loop, int timeout_ms);

/* Ends a wait. Any thread, any signal handler. */
void loop_wake(struct loop *loop);

#endif
