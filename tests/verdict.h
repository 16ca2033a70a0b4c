/* SPDX-License-Identifier: MIT */
/* What a comparison comes to: a text that grows by every difference. */
#ifndef ERSATZ_TESTS_VERDICT_H
#define ERSATZ_TESTS_VERDICT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct verdict {
    bool same;
    char *text;
    size_t room;
};

static inline struct verdict verdict_new(char *text, size_t room)
{
    if (room)
        text[0] = 0;
    return (struct verdict){true, text, room};
}

__attribute__((format(printf, 2, 3))) static inline void differ(struct verdict *v, const char *fmt,
                                                                ...)
{
    va_list ap;

    v->same = false;
    va_start(ap, fmt);
    int n = vsnprintf(v->text, v->room, fmt, ap);
    va_end(ap);
    size_t used = n < 0 ? 0 : (size_t)n < v->room ? (size_t)n : v->room - (v->room > 0);
    v->text += used;
    v->room -= used;
}

#endif
