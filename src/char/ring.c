/* SPDX-License-Identifier: MIT */
#include "char/ring.h"

void ring_init(struct ring *r, void (*wake)(void *opaque), void *opaque)
{
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->room, NULL);
    r->head = r->tail = 0;
    r->open = true;
    r->wake = wake;
    r->opaque = opaque;
}

void ring_free(struct ring *r)
{
    pthread_cond_destroy(&r->room);
    pthread_mutex_destroy(&r->lock);
}

void ring_set_open(struct ring *r, bool open)
{
    pthread_mutex_lock(&r->lock);
    r->open = open;
    if (!open)
        r->tail = r->head;
    pthread_cond_broadcast(&r->room);
    pthread_mutex_unlock(&r->lock);
}

void ring_put(struct ring *r, const uint8_t *bytes, size_t len)
{
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < len && r->open; i++) {
        while (r->open && r->head - r->tail == RING_SIZE)
            pthread_cond_wait(&r->room, &r->lock);
        if (!r->open)
            break;
        if (r->head == r->tail)
            r->wake(r->opaque);
        r->bytes[r->head++ % RING_SIZE] = bytes[i];
    }
    pthread_mutex_unlock(&r->lock);
}

size_t ring_offer(struct ring *r, const uint8_t *bytes, size_t len)
{
    size_t n = 0;

    pthread_mutex_lock(&r->lock);
    while (n < len && r->open && r->head - r->tail < RING_SIZE)
        r->bytes[r->head++ % RING_SIZE] = bytes[n++];
    if (!r->open)
        n = len;
    pthread_mutex_unlock(&r->lock);
    return n;
}

size_t ring_peek(struct ring *r, uint8_t *buf, size_t max)
{
    size_t n = 0;

    pthread_mutex_lock(&r->lock);
    for (uint32_t at = r->tail; n < max && at != r->head; at++)
        buf[n++] = r->bytes[at % RING_SIZE];
    pthread_mutex_unlock(&r->lock);
    return n;
}

void ring_drop(struct ring *r, size_t len)
{
    pthread_mutex_lock(&r->lock);
    if (len > r->head - r->tail)
        len = r->head - r->tail;
    r->tail += (uint32_t)len;
    pthread_cond_broadcast(&r->room);
    pthread_mutex_unlock(&r->lock);
}
