/* The base of everything: status, memory, random streams, hashes, threads. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/arena.h"
#include "common/hash.h"
#include "common/pool.h"
#include "common/progress.h"
#include "common/text.h"
#include "tests/testing.h"

/* One assertion a block: Check writes a mark to a file at every one. */
static bool holds_only(const unsigned char *bytes, size_t byte_count, unsigned char value)
{
    for (size_t i = 0; i < byte_count; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* ---- Status ---- */

static void *fail_elsewhere(void *unused)
{
    ck_assert_str_eq(tnas_error_text(), "");
    tnas_fail(TNAS_ERR_IO, "in the other thread");
    return unused;
}

START_TEST(each_thread_keeps_its_own_sentence)
{
    tnas_fail(TNAS_ERR_INPUT, "value %d", 7);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_str_eq(tnas_error_text(), "value 7");
}
END_TEST

START_TEST(a_sentence_may_quote_the_previous_one)
{
    tnas_fail(TNAS_ERR_INPUT, "inner");
    ck_assert_int_eq(tnas_fail(TNAS_ERR_IO, "outer: %s", tnas_error_text()), TNAS_ERR_IO);
    ck_assert_str_eq(tnas_error_text(), "outer: inner");
}
END_TEST

START_TEST(long_sentences_are_cut)
{
    tnas_fail(TNAS_ERR_INPUT, "%0*d", 2 * TNAS_ERROR_TEXT_BYTES, 0);
    ck_assert_uint_eq(strlen(tnas_error_text()), TNAS_ERROR_TEXT_BYTES - 1);
}
END_TEST

START_TEST(statuses_have_the_documented_exit_codes)
{
    ck_assert_int_eq(tnas_status_exit_code(TNAS_OK), 0);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_INTERNAL), 1);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_USAGE), 2);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_INFEASIBLE), 3);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_INPUT), 4);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_TOLERANCE), 5);
    ck_assert_int_eq(tnas_status_exit_code(TNAS_ERR_STOPPED), 130);
    ck_assert_str_eq(tnas_status_meaning(TNAS_ERR_NOMEM), "out of memory");
}
END_TEST

/* ---- Memory ---- */

START_TEST(size_products_that_overflow_are_noticed)
{
    size_t product;
    ck_assert(tnas_size_mul(3, 5, &product));
    ck_assert_uint_eq(product, 15);
    ck_assert(!tnas_size_mul(SIZE_MAX / 2, 3, &product));
    ck_assert_ptr_null(tnas_alloc_zero(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(tnas_alloc_zero(SIZE_MAX, 1));
    tnas_arena arena;
    tnas_arena_init(&arena);
    ck_assert_ptr_null(tnas_arena_take(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(tnas_arena_take(&arena, SIZE_MAX, 1));
    tnas_arena_deinit(&arena);
}
END_TEST

START_TEST(blocks_are_aligned_and_zero)
{
    for (size_t bytes = 0; bytes < 300; bytes++) {
        unsigned char *const block = tnas_alloc_zero(bytes, 1);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % TNAS_ALLOC_ALIGN, 0);
        ck_assert(holds_only(block, bytes, 0));
        memset(block, 0xff, bytes);
        tnas_free(block);
    }
    tnas_free(NULL);
}
END_TEST

START_TEST(a_grown_block_keeps_its_items)
{
    int *items = NULL;
    for (int count = 0; count < 100; count++) {
        items = tnas_alloc_grow(items, (size_t)count, (size_t)count + 1, sizeof *items);
        ck_assert_int_eq(items[count], 0);
        items[count] = count;
    }
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(items[i], i);
    ck_assert_ptr_null(tnas_alloc_grow(items, 100, SIZE_MAX, sizeof *items));
    ck_assert_int_eq(items[99], 99);
    tnas_free(items);
}
END_TEST

START_TEST(the_nth_allocation_fails_once)
{
    for (long n = 0; n < 4; n++) {
        tnas_alloc_fail_after(n);
        for (long i = 0; i < 8; i++) {
            void *const block = tnas_alloc_zero(1, 8);
            ck_assert_int_eq(block == NULL, i == n);
            tnas_free(block);
        }
    }
    tnas_alloc_fail_after(-1);
}
END_TEST

START_TEST(arena_blocks_are_apart_zero_and_stay)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_arena arena;
    tnas_arena_init(&arena);
    unsigned char *blocks[300];
    size_t bytes[300];
    for (int i = 0; i < 300; i++) { /* now and then one larger than a chunk */
        bytes[i] = tnas_rng_below(&rng, i % 50 == 0 ? 200000 : 3000);
        blocks[i] = tnas_arena_take(&arena, bytes[i], 1);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        ck_assert(holds_only(blocks[i], bytes[i], 0));
        memset(blocks[i], i & 0xff, bytes[i]);
    }
    for (int i = 0; i < 300; i++)
        ck_assert(holds_only(blocks[i], bytes[i], (unsigned char)i));
    ck_assert_str_eq(tnas_arena_strdup(&arena, "text"), "text");
    tnas_arena_deinit(&arena);
    tnas_arena_deinit(&arena);
}
END_TEST

START_TEST(a_text_grows_and_remembers_a_failure)
{
    tnas_text text;
    tnas_text_init(&text);
    for (int i = 0; i < 1000; i++)
        tnas_text_add(&text, "%d,", i);
    ck_assert_uint_eq(text.length, 10 * 2 + 90 * 3 + 900 * 4);
    ck_assert_uint_eq(strlen(text.chars), text.length);
    ck_assert_mem_eq(text.chars, "0,1,2,", 6);
    ck_assert_str_eq(text.chars + text.length - 4, "999,");
    tnas_alloc_fail_after(0);
    tnas_text_add(&text, "%0*d", 100000, 0);
    tnas_alloc_fail_after(-1);
    tnas_text_add(&text, "x");
    ck_assert(text.failed);
    ck_assert_str_eq(text.chars + text.length - 4, "999,");
    tnas_text_deinit(&text);
}
END_TEST

/* ---- Random streams and hashes ---- */

START_TEST(a_stream_is_a_function_of_seed_purpose_and_index)
{
    tnas_rng a = tnas_rng_stream(1, TNAS_RNG_TEST, 2), b = tnas_rng_stream(1, TNAS_RNG_TEST, 2);
    tnas_rng others[] = {tnas_rng_stream(2, TNAS_RNG_TEST, 2), tnas_rng_stream(1, TNAS_RNG_DATA, 2),
                         tnas_rng_stream(1, TNAS_RNG_TEST, 3),
                         tnas_rng_stream(1, TNAS_RNG_DATA, 1)};
    for (int i = 0; i < 100; i++) {
        const uint64_t value = tnas_rng_u64(&a);
        ck_assert_uint_eq(value, tnas_rng_u64(&b));
        for (size_t o = 0; o < sizeof others / sizeof others[0]; o++)
            ck_assert_uint_ne(value, tnas_rng_u64(&others[o]));
    }
}
END_TEST

START_TEST(a_stream_is_the_published_generator)
{
    /* What xoshiro256** begins with from this state, by the authors' reference code. */
    tnas_rng rng = {.state = {1, 2, 3, 4}};
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(tnas_rng_u64(&rng), expected[i]);
}
END_TEST

START_TEST(draws_below_a_bound_are_uniform)
{
    enum { DRAWS = 60000 };
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    for (uint32_t bound = 1; bound <= 12; bound++) {
        int counts[13] = {0}; /* the last: out of bounds */
        for (int i = 0; i < DRAWS; i++) {
            const uint32_t value = tnas_rng_below(&rng, bound);
            counts[value < bound ? value : 12]++;
        }
        ck_assert_int_eq(counts[12], 0);
        const double expected = (double)DRAWS / bound;
        double chi_squared = 0;
        for (uint32_t v = 0; v < bound; v++)
            chi_squared += (counts[v] - expected) * (counts[v] - expected) / expected;
        ck_assert_double_lt(chi_squared, 35); /* 11 degrees of freedom: p < 0.001 */
    }
    for (int i = 0; i < 1000; i++) /* half of all products are rejected here */
        ck_assert_uint_lt(tnas_rng_below(&rng, UINT32_C(0x80000001)), UINT32_C(0x80000001));
}
END_TEST

START_TEST(unit_and_normal_draws_have_their_moments)
{
    enum { DRAWS = 100000 };
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 2);
    bool in_range = true;
    double unit_sum = 0, unit_squares = 0, normal_sum = 0, normal_squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        const double unit = tnas_rng_unit(&rng), normal = tnas_rng_normal(&rng);
        in_range = in_range && unit >= 0 && unit < 1 && isfinite(normal);
        unit_sum += unit;
        unit_squares += unit * unit;
        normal_sum += normal;
        normal_squares += normal * normal;
    }
    ck_assert(in_range);
    /* Five standard errors. */
    ck_assert_double_eq_tol(unit_sum / DRAWS, 0.5, 5 * sqrt(1.0 / 12 / DRAWS));
    ck_assert_double_eq_tol(unit_squares / DRAWS, 1.0 / 3, 5 * sqrt(4.0 / 45 / DRAWS));
    ck_assert_double_eq_tol(normal_sum / DRAWS, 0, 5 * sqrt(1.0 / DRAWS));
    ck_assert_double_eq_tol(normal_squares / DRAWS, 1, 5 * sqrt(2.0 / DRAWS));
}
END_TEST

START_TEST(a_shuffle_is_a_permutation_and_all_are_equally_likely)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 3);
    int counts[27] = {0};
    for (int i = 0; i < 6000; i++) {
        uint32_t items[] = {0, 1, 2};
        tnas_rng_shuffle(&rng, items, 3);
        ck_assert_uint_eq(1u << items[0] | 1u << items[1] | 1u << items[2], 7);
        counts[items[0] * 9 + items[1] * 3 + items[2]]++;
    }
    static const int permutations[] = {5, 7, 11, 15, 19, 21};
    for (int i = 0; i < 6; i++)
        ck_assert_int_lt(abs(counts[permutations[i]] - 1000), 150); /* five deviations of 29 */
    tnas_rng_shuffle(&rng, NULL, 0);
}
END_TEST

START_TEST(the_hash_is_fnv_1a)
{
    ck_assert_uint_eq(tnas_hash_bytes(TNAS_HASH_START, "", 0), TNAS_HASH_START);
    ck_assert_uint_eq(tnas_hash_bytes(TNAS_HASH_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    const uint64_t whole = tnas_hash_bytes(TNAS_HASH_START, "foobar", 6);
    ck_assert_uint_eq(whole, UINT64_C(0x85944171f73967e8));
    const uint64_t first = tnas_hash_bytes(TNAS_HASH_START, "foo", 3);
    ck_assert_uint_eq(tnas_hash_bytes(first, "bar", 3), whole);
}
END_TEST

/* ---- Threads ---- */

enum { TASKS = 500 };

typedef struct job {
    atomic_int runs[TASKS];
    atomic_int workers_seen[3];
    int thread_count, first_failure;
} job;

static tnas_status count_run(void *context, int task, int worker)
{
    job *const j = context;
    ck_assert(worker >= 0 && worker < j->thread_count);
    atomic_fetch_add(&j->runs[task], 1);
    atomic_fetch_add(&j->workers_seen[worker], 1);
    if (j->first_failure < 0 || task < j->first_failure || task % 3 != j->first_failure % 3)
        return TNAS_OK;
    if (task == j->first_failure)
        usleep(2000); /* later ones fail before it */
    return tnas_fail(task == j->first_failure ? TNAS_ERR_INPUT : TNAS_ERR_IO, "task %d failed",
                     task);
}

START_TEST(a_pool_runs_every_task_once)
{
    tnas_pool *pool;
    ck_ok(tnas_pool_create(_i, &pool));
    ck_assert_int_eq(tnas_pool_thread_count(pool), _i);
    for (int round = 0; round < 20; round++) {
        static job j;
        memset(&j, 0, sizeof j);
        j.thread_count = _i;
        j.first_failure = -1;
        const int task_count = round == 0 ? 0 : TASKS - round;
        ck_ok(tnas_pool_run(pool, task_count, count_run, &j));
        for (int task = 0; task < TASKS; task++)
            ck_assert_int_eq(j.runs[task], task < task_count);
    }
    tnas_pool_destroy(pool);
    tnas_pool_destroy(NULL);
}
END_TEST

START_TEST(a_pool_reports_the_lowest_failing_task)
{
    tnas_pool *pool;
    ck_ok(tnas_pool_create(_i, &pool));
    for (int first = 0; first < TASKS; first += 83) {
        static job j;
        memset(&j, 0, sizeof j);
        j.thread_count = _i;
        j.first_failure = first;
        char expected[32];
        snprintf(expected, sizeof expected, "task %d failed", first);
        ck_assert_int_eq(tnas_pool_run(pool, TASKS, count_run, &j), TNAS_ERR_INPUT);
        ck_assert_str_eq(tnas_error_text(), expected);
        for (int task = 0; task < TASKS; task++)
            ck_assert_int_eq(j.runs[task], 1);
        j.first_failure = -1; /* a failure does not stay */
        ck_ok(tnas_pool_run(pool, 1, count_run, &j));
    }
    tnas_pool_destroy(pool);
}
END_TEST

START_TEST(a_pool_that_cannot_be_made_says_so)
{
    for (long n = 0; n < 2; n++) {
        tnas_pool *pool;
        tnas_alloc_fail_after(n);
        ck_fails(TNAS_ERR_NOMEM, "thread pool of 2 threads", tnas_pool_create(2, &pool));
        tnas_alloc_fail_after(-1);
        ck_assert_ptr_null(pool);
    }
    ck_assert_int_ge(tnas_pool_default_threads(), 1);
}
END_TEST

static bool say_stop(void *context)
{
    return *(const bool *)context;
}

START_TEST(progress_may_be_absent)
{
    tnas_progress_report(NULL, "stage", 0, 1, "units", NULL);
    ck_assert(!tnas_progress_stop(NULL));
    const tnas_progress silent = {0};
    tnas_progress_report(&silent, "stage", 0, 1, "units", NULL);
    ck_assert(!tnas_progress_stop(&silent));
    bool wanted = true;
    const tnas_progress stopping = {.context = &wanted, .stop = say_stop};
    ck_assert(tnas_progress_stop(&stopping));
    const double start = tnas_clock_seconds();
    ck_assert_double_ge(tnas_clock_seconds(), start);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *const tcase = tcase_create(name);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *const suite = suite_create("common");
    TCase *const status = add_case(suite, "status");
    tcase_add_test(status, each_thread_keeps_its_own_sentence);
    tcase_add_test(status, a_sentence_may_quote_the_previous_one);
    tcase_add_test(status, long_sentences_are_cut);
    tcase_add_test(status, statuses_have_the_documented_exit_codes);
    TCase *const memory = add_case(suite, "memory");
    tcase_add_test(memory, size_products_that_overflow_are_noticed);
    tcase_add_test(memory, blocks_are_aligned_and_zero);
    tcase_add_test(memory, a_grown_block_keeps_its_items);
    tcase_add_test(memory, the_nth_allocation_fails_once);
    tcase_add_test(memory, arena_blocks_are_apart_zero_and_stay);
    tcase_add_test(memory, a_text_grows_and_remembers_a_failure);
    TCase *const random = add_case(suite, "random streams and hashes");
    tcase_add_test(random, a_stream_is_a_function_of_seed_purpose_and_index);
    tcase_add_test(random, a_stream_is_the_published_generator);
    tcase_add_test(random, draws_below_a_bound_are_uniform);
    tcase_add_test(random, unit_and_normal_draws_have_their_moments);
    tcase_add_test(random, a_shuffle_is_a_permutation_and_all_are_equally_likely);
    tcase_add_test(random, the_hash_is_fnv_1a);
    TCase *const threads = add_case(suite, "threads");
    tcase_add_loop_test(threads, a_pool_runs_every_task_once, 1, 4);
    tcase_add_loop_test(threads, a_pool_reports_the_lowest_failing_task, 1, 4);
    tcase_add_test(threads, a_pool_that_cannot_be_made_says_so);
    tcase_add_test(threads, progress_may_be_absent);
    return run_suite(suite);
}
