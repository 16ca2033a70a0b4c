/* SPDX-License-Identifier: MIT */
/*
 * Logging by topic. A machine owns one struct log and hands every room a pointer to it. Off
 * costs one predictable branch. A line reads `topic: text`, in a form that scripts may rely on.
 */
#ifndef ERSATZ_BASE_LOG_H
#define ERSATZ_BASE_LOG_H

#include "base/types.h"

enum log_topic {
#define LOG_TOPIC(id, name, text) LOG_##id,
#include "base/log.def"
#undef LOG_TOPIC
    LOG_TOPICS
};

/* Gets one whole line, without a newline. Called on the thread that logs. */
typedef void log_sink(void *opaque, const char *line);

struct log {
    u64 mask; /* bit n: topic n is wanted */
    log_sink *sink;
    void *opaque;
};

static inline bool log_on(const struct log *log, enum log_topic topic)
{
    return unlikely(log->mask >> topic & 1);
}

/* LOG(log, PIT, "counter %u: mode %u", n, mode) */
#define LOG(log, topic, ...)                                                                       \
    do {                                                                                           \
        if (log_on(log, LOG_##topic))                                                              \
            log_line(log, LOG_##topic, __VA_ARGS__);                                               \
    } while (0)

void log_line(const struct log *log, enum log_topic topic, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

const char *log_topic_name(enum log_topic topic);
const char *log_topic_text(enum log_topic topic);

/* The topic's number, or -1. */
int log_topic_find(const char *name, size_t len);

#endif
