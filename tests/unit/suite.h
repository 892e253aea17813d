/* What every unit test program ends with. */
#ifndef KPI_TESTS_SUITE_H
#define KPI_TESTS_SUITE_H

#include <check.h>
#include <string.h>

/* Runs the tests of one case; the exit status of main(). */
static inline int run_case(TCase *tests, const char *name)
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

#endif
