/* What every test program shares: Check, the shared-data folder, a runner. */
#ifndef TNAS_TESTS_TESTING_H
#define TNAS_TESTS_TESTING_H

#include <check.h>
#include <stdbool.h>

#include "common/io.h"
#include "common/rng.h"
#include "common/status.h"

/* Seed of all random tests; every failure message names the test's index. */
#define SEED 20240731u

/* Fails the test with the library's sentence unless status is OK. */
#define ck_ok(expression)                                                                          \
    do {                                                                                           \
        const tnas_status ck_status_ = (expression);                                               \
        ck_assert_msg(ck_status_ == TNAS_OK, "%s: %s", #expression, tnas_error_text());            \
    } while (0)

/* Fails unless the expression fails with this status and its sentence contains every part. */
#define ck_fails(status, part, expression)                                                         \
    do {                                                                                           \
        ck_assert_int_eq((expression), (status));                                                  \
        ck_assert_msg(strstr(tnas_error_text(), (part)) != NULL, "\"%s\" lacks \"%s\"",            \
                      tnas_error_text(), (part));                                                  \
    } while (0)

/* Path below $SHARED; NULL, with one SKIP line printed, when it is not there. */
const char *shared_path(const char *relative, char out[TNAS_PATH_BYTES]);

/* A fresh empty folder below the build's temporary folder; removed at exit. */
void temporary_folder(char out[TNAS_PATH_BYTES]);

/* Runs a suite as CK_FORK and friends say; the exit code of main. */
int run_suite(Suite *suite);

#endif
