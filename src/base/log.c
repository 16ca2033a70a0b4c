/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
} topics[] = {
#define LOG_TOPIC(id, name, text) {name, text},
#include "base/log.def"
#undef LOG_TOPIC
};

_Static_assert(LOG_TOPICS <= 64, "a topic is a bit of log.mask");

const char *log_topic_name(enum log_topic topic)
{
    return topics[topic].name;
}

const char *log_topic_text(enum log_topic topic)
{
    return topics[topic].text;
}

int log_topic_find(const char *name, size_t len)
{
    for (int i = 0; i < LOG_TOPICS; i++)
        if (strlen(topics[i].name) == len && memcmp(topics[i].name, name, len) == 0)
            return i;
    return -1;
}

void log_line(const struct log *log, enum log_topic topic, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    if (!log->sink)
        return;
    int n = snprintf(line, sizeof line, "%s: ", topics[topic].name);
    va_start(ap, fmt);
    vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
    va_end(ap);
    log->sink(log->opaque, line);
}
