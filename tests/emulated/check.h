/* As much of Check's interface as the tests of nn use, for processors that have no Check
 * installed: tests run one after another in one process, the first failure ends it. */
#ifndef TNAS_TESTS_EMULATED_CHECK_H
#define TNAS_TESTS_EMULATED_CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CK_TESTS_MAX = 64, CK_NORMAL = 0 };

typedef struct ck_test {
    const char *name;
    void (*run)(int _i);
    int first, end;
} ck_test;

/* A suite, its only test case and its runner are one thing here. */
typedef struct ck_list {
    int count, checks;
    ck_test tests[CK_TESTS_MAX];
} Suite, TCase, SRunner;

#define START_TEST(name) static void name(__attribute__((unused)) int _i)
#define END_TEST

#define ck_assert_msg(condition, ...)                                                              \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: ", __FILE__, __LINE__);                                                 \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define ck_assert(condition)          ck_assert_msg(condition, "%s", #condition)
#define ck_abort_msg(...)             ck_assert_msg(0, __VA_ARGS__)
#define ck_compare_(a, op, b)         ck_assert_msg((a)op(b), "%s %s %s", #a, #op, #b)
#define ck_assert_int_eq(a, b)        ck_compare_(a, ==, b)
#define ck_assert_int_ne(a, b)        ck_compare_(a, !=, b)
#define ck_assert_int_lt(a, b)        ck_compare_(a, <, b)
#define ck_assert_int_le(a, b)        ck_compare_(a, <=, b)
#define ck_assert_int_ge(a, b)        ck_compare_(a, >=, b)
#define ck_assert_int_gt(a, b)        ck_compare_(a, >, b)
#define ck_assert_uint_eq(a, b)       ck_compare_(a, ==, b)
#define ck_assert_uint_gt(a, b)       ck_compare_(a, >, b)
#define ck_assert_float_eq(a, b)      ck_compare_(a, ==, b)
#define ck_assert_double_eq(a, b)     ck_compare_(a, ==, b)
#define ck_assert_ptr_eq(a, b)        ck_compare_(a, ==, b)
#define ck_assert_ptr_null(a)         ck_compare_(a, ==, NULL)
#define ck_assert_ptr_nonnull(a)      ck_compare_(a, !=, NULL)
#define ck_assert_str_eq(a, b)        ck_assert_msg(strcmp(a, b) == 0, "%s is %s", #a, a)
#define ck_assert_mem_eq(a, b, bytes) ck_assert_msg(memcmp(a, b, bytes) == 0, "%s is %s", #a, #b)
#define ck_assert_double_eq_tol(a, b, tolerance)                                                   \
    ck_assert_msg(fabs((a) - (b)) <= (tolerance), "%s is near %s", #a, #b)

#define tcase_add_test(tc, test) tcase_add_loop_test(tc, test, 0, 1)
#define tcase_add_loop_test(tc, test, from, to)                                                    \
    do {                                                                                           \
        ck_assert_msg((tc)->count < CK_TESTS_MAX, "more than %d tests", CK_TESTS_MAX);             \
        (tc)->tests[(tc)->count++] = (ck_test){#test, test, from, to};                             \
    } while (0)
#define tcase_set_timeout(tc, seconds) (void)(tc)
#define tcase_create(name)             ck_empty_list_()
#define suite_create(name)             (printf("Running suite(s): %s\n", name), ck_empty_list_())
#define suite_add_tcase(suite, tc)     (*(suite) = *(tc), free(tc))
#define srunner_create(suite)          (suite)
#define srunner_free(runner)           free(runner)
#define srunner_ntests_failed(runner)  (0 * (runner)->count)

static inline struct ck_list *ck_empty_list_(void)
{
    struct ck_list *const list = calloc(1, sizeof *list);
    ck_assert_ptr_nonnull(list);
    return list;
}

static inline void srunner_run_all(SRunner *runner, int mode)
{
    (void)mode;
    for (int t = 0; t < runner->count; t++)
        for (int i = runner->tests[t].first; i < runner->tests[t].end; i++, runner->checks++)
            runner->tests[t].run(i);
    printf("100%%: Checks: %d, Failures: 0, Errors: 0\n", runner->checks);
}

#endif
