/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "unit/unit.h"

struct seen {
    unsigned lines;
    char last[2048];
};

static void sink(void *opaque, const char *line)
{
    struct seen *s = opaque;
    s->lines++;
    snprintf(s->last, sizeof s->last, "%s", line);
}

START_TEST(off_topic_says_nothing)
{
    struct seen seen = {0};
    struct log log = {.mask = BIT(LOG_PIT), .sink = sink, .opaque = &seen};

    LOG(&log, MMU, "walk %d", 1);
    ck_assert_uint_eq(seen.lines, 0);
    LOG(&log, PIT, "counter %u: mode %u", 2u, 3u);
    ck_assert_uint_eq(seen.lines, 1);
    ck_assert_str_eq(seen.last, "pit: counter 2: mode 3");
}
END_TEST

START_TEST(every_topic_is_found_by_its_name)
{
    for (int i = 0; i < LOG_TOPICS; i++) {
        const char *name = log_topic_name(i);
        ck_assert_int_eq(log_topic_find(name, strlen(name)), i);
        ck_assert_uint_gt(strlen(log_topic_text(i)), 0);
    }
    ck_assert_int_eq(log_topic_find("mm", 2), -1);
    ck_assert_int_eq(log_topic_find("mmus", 4), -1);
}
END_TEST

START_TEST(long_line_is_cut)
{
    struct seen seen = {0};
    struct log log = {.mask = ~0ull, .sink = sink, .opaque = &seen};
    char text[3000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    LOG(&log, BOOT, "%s", text);
    ck_assert_uint_eq(strlen(seen.last), 1023);
}
END_TEST

START_TEST(error_carries_code_and_text)
{
    struct ersatz_error error;

    int r = err_set(&error, ERSATZ_E_FORMAT, "%s: not a kernel", "x");
    ck_assert_int_eq(r, -ERSATZ_E_FORMAT);
    ck_assert_int_eq(error.code, ERSATZ_E_FORMAT);
    ck_assert_str_eq(error.text, "x: not a kernel");
    ck_assert_int_eq(err_set(NULL, ERSATZ_E_FORMAT, "-"), -ERSATZ_E_FORMAT);
    ck_assert_str_eq(ersatz_err_text(r), ersatz_err_text(ERSATZ_E_FORMAT));
    ck_assert_str_eq(ersatz_err_text(9999), "unknown error");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base/log");
    TCase *t = tcase_create("all");

    tcase_add_test(t, off_topic_says_nothing);
    tcase_add_test(t, every_topic_is_found_by_its_name);
    tcase_add_test(t, long_line_is_cut);
    tcase_add_test(t, error_carries_code_and_text);
    suite_add_tcase(s, t);
    return unit_run(s);
}
