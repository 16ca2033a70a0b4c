/* SPDX-License-Identifier: MIT */
/*
 * Bytes on their way from the machine's thread to the main thread. The writer waits when there
 * is no room: a slow terminal slows the guest, nothing is lost.
 */
#ifndef ERSATZ_CHAR_RING_H
#define ERSATZ_CHAR_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SIZE 65536u

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t room;
    uint32_t head, tail;        /* count up for ever; head - tail bytes are in it */
    bool open;                  /* closed: what is put is dropped */
    void (*wake)(void *opaque); /* told when the empty ring gets its first byte */
    void *opaque;
    uint8_t bytes[RING_SIZE];
};

void ring_init(struct ring *r, void (*wake)(void *opaque), void *opaque);
void ring_free(struct ring *r);

/* Closing drops what is in it, and lets waiting writers go. */
void ring_set_open(struct ring *r, bool open);

/* The writer's side. `wake` is called under the lock: before a wait, if need be. */
void ring_put(struct ring *r, const uint8_t *bytes, size_t len);
/* Puts what there is room for and returns how much; a closed ring swallows all. Never waits. */
size_t ring_offer(struct ring *r, const uint8_t *bytes, size_t len);

/* The reader's side: a copy of the oldest bytes, and their removal. */
size_t ring_peek(struct ring *r, uint8_t *buf, size_t max);
void ring_drop(struct ring *r, size_t len);

#endif
