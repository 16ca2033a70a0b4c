/* SPDX-License-Identifier: MIT */
#include "char/loop.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
    *loop = (struct loop){.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    return loop->wake_fd < 0 ? -errno : 0;
}

void loop_free(struct loop *loop)
{
    close(loop->wake_fd);
}

bool loop_add(struct loop *loop, struct watch *w)
{
    if (loop->count == LOOP_MAX)
        return false;
    loop->watches[loop->count++] = w;
    return true;
}

void loop_remove(struct loop *loop, struct watch *w)
{
    for (unsigned i = 0; i < loop->count; i++)
        if (loop->watches[i] == w)
            loop->watches[i--] = loop->watches[--loop->count];
}

void loop_round(struct loop *loop, int timeout_ms)
{
    struct pollfd fds[LOOP_MAX + 1];
    struct watch *who[LOOP_MAX + 1];
    unsigned n = 0;

    for (unsigned i = 0; i < loop->count; i++) {
        struct watch *w = loop->watches[i];
        if (w->fd >= 0 && w->events) {
            who[n] = w;
            fds[n++] = (struct pollfd){.fd = w->fd, .events = w->events};
        }
    }
    fds[n] = (struct pollfd){.fd = loop->wake_fd, .events = POLLIN};
    if (poll(fds, n + 1, timeout_ms) <= 0)
        return;
    uint64_t wakes;
    if (fds[n].revents && read(loop->wake_fd, &wakes, sizeof wakes) < 0)
        return; /* somebody else emptied it: nothing is lost, the next round looks again */
    for (unsigned i = 0; i < n; i++)
        if (fds[i].revents && who[i]->fd == fds[i].fd)
            who[i]->ready(who[i]->opaque, fds[i].revents);
}

void loop_wake(struct loop *loop)
{
    int saved = errno;
    uint64_t one = 1;
    /* a full counter means that the loop is awake anyway */
    ssize_t ignored = write(loop->wake_fd, &one, sizeof one);
    (void)ignored;
    errno = saved;
}
