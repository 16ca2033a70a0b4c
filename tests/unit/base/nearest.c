/* SPDX-License-Identifier: MIT */
#include "base/nearest.h"

#include <string.h>

#include "base/types.h"
#include "unit/unit.h"

static const struct {
    const char *a, *b;
    unsigned distance;
} distances[] = {
    {"", "", 0},       {"abc", "abc", 0},         {"abc", "ABC", 0},        {"", "abc", 3},
    {"abc", "abd", 1}, {"abc", "ac", 1},          {"abc", "abxc", 1},       {"abcd", "acbd", 1},
    {"ca", "abc", 3},  {"nehalme", "nehalem", 1}, {"kitten", "sitting", 3},
};

START_TEST(distance_is_symmetric_and_as_listed)
{
    const char *a = distances[_i].a, *b = distances[_i].b;

    ck_assert_msg(nearest_distance(a, b) == distances[_i].distance, "%s to %s: %u", a, b,
                  nearest_distance(a, b));
    ck_assert_uint_eq(nearest_distance(b, a), distances[_i].distance);
}
END_TEST

START_TEST(long_words_are_cut)
{
    char a[300], b[300];

    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    a[299] = b[299] = 0;
    b[200] = 'y';
    ck_assert_uint_eq(nearest_distance(a, b), 0);
    b[10] = 'y';
    ck_assert_uint_eq(nearest_distance(a, b), 1);
}
END_TEST

START_TEST(nearest_of_several)
{
    static const char *const names[] = {"486", "pentium", "pentium3", "core2", "nehalem", "max"};
    size_t n = ARRAY_LEN(names);

    ck_assert_str_eq(nearest_name("penitum", names, n), "pentium");
    ck_assert_str_eq(nearest_name("pentium2", names, n), "pentium");
    ck_assert_str_eq(nearest_name("Nehalem", names, n), "nehalem");
    ck_assert_str_eq(nearest_name("mx", names, n), "max");
    ck_assert_ptr_null(nearest_name("athlon", names, n));
    ck_assert_ptr_null(nearest_name("z", names, n));
    ck_assert_ptr_null(nearest_name("max", names, 0));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base/nearest");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, distance_is_symmetric_and_as_listed, 0, ARRAY_LEN(distances));
    tcase_add_test(t, long_words_are_cut);
    tcase_add_test(t, nearest_of_several);
    suite_add_tcase(s, t);
    return unit_run(s);
}
