/* SPDX-License-Identifier: MIT */
/* A report on its way out: report.c and who else has something to tell. */
#ifndef ERSATZ_API_REPORT_H
#define ERSATZ_API_REPORT_H

#include <ersatz/ersatz.h>

struct machine;

struct report {
    const struct ersatz_machine *handle;
    struct machine *m;
    const char *name; /* whose report it is, where there are several */
    ersatz_report_fn *line;
    void *opaque;
};

/* One line. */
void report_say(const struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* engine.c */
int report_jit(const struct report *r, struct ersatz_error *error);

#endif
