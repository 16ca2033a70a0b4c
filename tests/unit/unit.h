/* SPDX-License-Identifier: MIT */
/* What every unit test's main() does: run one suite, tell the harness by the exit status. */
#ifndef ERSATZ_TESTS_UNIT_H
#define ERSATZ_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

static inline int unit_run(Suite *s)
{
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    int ran = srunner_ntests_run(r);
    srunner_free(r);
    return failed || !ran ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
