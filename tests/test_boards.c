/* examples/boards without a board: the start-up code's register writes judged by a simulated part.
 * make test-boards builds and emulates the rest. */
#include <math.h>
#include <string.h>

#include "tests/simulated_part.h"
#include "tests/testing.h"

static void check_started(const simulated_part *part, double mhz, int lines)
{
    simulated_result r;
    simulated_part_run(part, &r);
    ck_assert_msg(r.broken[0] == '\0', "%s", r.broken);
    ck_assert_double_eq(r.core_mhz, mhz);
    ck_assert_uint_eq(r.reported_mhz, (uint32_t)mhz);
    ck_assert_msg(fabs(r.baud / 115200 - 1) < 0.01, "%g baud", r.baud);
    ck_assert_str_eq(r.text, "ok\r\n");
    ck_assert(r.caches_on);
    ck_assert_int_eq(r.lines_invalidated, lines);
    ck_assert_int_eq(strstr(r.remark, "ST-LINK") != NULL, part->has_external_clock);
}

START_TEST(the_f746_runs_at_216_mhz_with_either_clock)
{
    check_started(&(simulated_part){.has_external_clock = _i}, 216, 4 * 32);
}
END_TEST

START_TEST(the_h743_runs_at_480_mhz_with_either_clock)
{
    check_started(&(simulated_part){.is_h743 = true, .has_external_clock = _i, .revision = 0x2003},
                  480, 4 * 128);
}
END_TEST

START_TEST(revision_y_of_the_h743_runs_at_400_mhz)
{
    check_started(&(simulated_part){.is_h743 = true, .has_external_clock = _i, .revision = 0x1003},
                  400, 4 * 128);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boards");
    TCase *tc = tcase_create("start");
    tcase_add_loop_test(tc, the_f746_runs_at_216_mhz_with_either_clock, 0, 2);
    tcase_add_loop_test(tc, the_h743_runs_at_480_mhz_with_either_clock, 0, 2);
    tcase_add_loop_test(tc, revision_y_of_the_h743_runs_at_400_mhz, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
