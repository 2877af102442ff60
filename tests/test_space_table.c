/* Stage 1: the table of a space's settings, and the choice. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/space_table.h"
#include "tests/testing.h"
#include "tests/toy_spaces.h"

typedef struct fixture {
    tnas_space space;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_estimator estimator;
    tnas_space_task task;
    tnas_pool *pool;
} fixture;

static void set_up_text(fixture *f, const char *text, int threads)
{
    memset(f, 0, sizeof *f);
    ck_ok(tnas_space_parse(text, "test.json", &f->space));
    ck_ok(tnas_mcu_load("stm32f746", &f->mcu));
    ck_ok(tnas_code_sizes_load_for(f->mcu->core, &f->sizes, NULL));
    f->estimator = (tnas_estimator){.mcu = f->mcu,
                                    .runtime = tnas_runtime_find("tinynas", f->mcu->core),
                                    .latency = tnas_mcu_latency_model(f->mcu, "tinynas"),
                                    .sizes = &f->sizes,
                                    .limits = TNAS_LIMITS_NONE};
    f->task = (tnas_space_task){.space = &f->space,
                                .estimator = &f->estimator,
                                .h = 28,
                                .w = 28,
                                .c = 1,
                                .class_count = 10,
                                .seed = SEED,
                                .samples = 200};
    ck_ok(tnas_pool_create(threads, &f->pool));
}

static void set_up(fixture *f, int threads)
{
    set_up_text(f, flexible_space, threads);
}

static void tear_down(fixture *f)
{
    tnas_pool_destroy(f->pool);
    tnas_mcu_destroy(f->mcu);
}

/* The flash that the smaller half of the first row's networks needs. */
static size_t middle_flash(fixture *f)
{
    tnas_space_config config;
    tnas_graph graph;
    tnas_arch arch;
    tnas_cost cost;
    ck_ok(tnas_space_configure(&f->space, 0, 1, 28, 28, 1, 10, &config));
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    double sum = 0;
    for (int i = 0; i < 100; i++) {
        tnas_arch_sample(&config.genes, &rng, &arch);
        tnas_space_decode(&config, &arch, &graph, NULL);
        ck_ok(tnas_estimate(&f->estimator, &graph, &cost));
        sum += (double)cost.footprint.flash_bytes / 100;
    }
    return (size_t)sum;
}

START_TEST(the_number_of_threads_changes_nothing)
{
    fixture f;
    tnas_space_table one, more;
    set_up(&f, 1);
    f.space.input_count = 3;
    for (int i = 0; i < 3; i++)
        f.space.inputs[i] = (tnas_window){(uint16_t)(20 + 4 * i), (uint16_t)(20 + 4 * i)};
    f.estimator.limits.flash_bytes = middle_flash(&f);
    ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &one));
    ck_assert_int_eq(one.row_count, 6);
    for (int threads = 2; threads <= 3; threads++) {
        tnas_pool_destroy(f.pool);
        ck_ok(tnas_pool_create(threads, &f.pool));
        ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &more));
        ck_assert_int_eq(more.chosen, one.chosen);
        ck_assert_int_eq(more.nearest, one.nearest);
        for (int i = 0; i < one.row_count; i++) {
            const tnas_space_score *const a = &one.rows[i].score, *const b = &more.rows[i].score;
            ck_assert(a->feasible == b->feasible && a->mean_macs == b->mean_macs &&
                      a->p80_macs == b->p80_macs && a->nearest.hash == b->nearest.hash);
        }
        tnas_space_table_deinit(&more);
    }
    tnas_space_table_deinit(&one);
    tear_down(&f);
}
END_TEST

START_TEST(a_row_counts_averages_and_sorts_what_fits)
{
    fixture f;
    tnas_space_config config;
    tnas_space_row row;
    set_up(&f, 1);
    f.estimator.limits.flash_bytes = middle_flash(&f);
    ck_ok(tnas_space_row_score(&f.task, 0, 1, &config, &row));
    ck_assert_int_eq(row.score.drawn, 200);
    ck_assert(row.networks == tnas_gene_cardinality(&config.genes));
    /* The same networks again, one by one. */
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_SPACE, 0);
    uint64_t seen[200];
    double sum = 0;
    int fits = 0, below[3] = {0}, drawn = 0;
    const double points[3] = {row.score.p20_macs, row.score.p50_macs, row.score.p80_macs};
    for (int i = 0; drawn < 200; i++) {
        tnas_arch arch;
        tnas_graph graph;
        tnas_cost cost;
        if (i == 0)
            tnas_arch_smallest(&config.genes, &arch);
        else
            tnas_arch_sample(&config.genes, &rng, &arch);
        const uint64_t hash = tnas_arch_hash(&config.genes, &arch);
        bool known = false;
        for (int j = 0; j < drawn; j++)
            known = known || seen[j] == hash;
        if (known)
            continue;
        seen[drawn++] = hash;
        tnas_space_decode(&config, &arch, &graph, NULL);
        ck_ok(tnas_estimate(&f.estimator, &graph, &cost));
        if (cost.over != 0)
            continue;
        fits++;
        sum += (double)cost.macs;
        for (int p = 0; p < 3; p++)
            below[p] += (double)cost.macs <= points[p];
    }
    ck_assert(fits > 20 && fits < 180);
    ck_assert_int_eq(row.score.feasible, fits);
    ck_assert_int_eq(row.score.over[TNAS_LIMIT_INDEX_FLASH], 200 - fits);
    ck_assert_double_eq_tol(row.score.mean_macs, sum / fits, 1e-6 * sum / fits);
    for (int p = 0; p < 3; p++) { /* the point is one of them, so a little more at most */
        const double expected = (p == 0 ? 0.2 : p == 1 ? 0.5 : 0.8) * fits;
        ck_assert_msg(below[p] >= expected && below[p] < expected + 3, "%d of %d below point %d",
                      below[p], fits, p);
    }
    tear_down(&f);
}
END_TEST

START_TEST(the_space_whose_networks_compute_most_is_chosen)
{
    fixture f;
    tnas_space_table table;
    char why[TNAS_SPACE_REASON_BYTES];
    set_up(&f, 2);
    ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &table));
    ck_assert_int_eq(table.row_count, 2);
    ck_assert_int_eq(table.chosen, 1); /* without limits the widest */
    ck_assert_double_gt(table.rows[1].score.mean_macs, table.rows[0].score.mean_macs);
    tnas_space_table_explain(&table, why);
    ck_assert_ptr_nonnull(strstr(why, "28x28, width 1: its networks that fit compute most"));
    ck_assert_ptr_nonnull(strstr(why, "next: 28x28, width 0.5"));
    tnas_space_table_deinit(&table);
    tear_down(&f);
}
END_TEST

START_TEST(a_space_of_which_hardly_anything_fits_is_not_chosen)
{
    fixture f;
    tnas_space_table table;
    tnas_space_config config;
    tnas_space_row narrow;
    char why[TNAS_SPACE_REASON_BYTES];
    set_up(&f, 1);
    /* A limit that the smallest networks of width 1 meet, and enough of width 0.5. */
    tnas_arch arch;
    tnas_graph graph;
    tnas_cost cost;
    ck_ok(tnas_space_configure(&f.space, 0, 1, 28, 28, 1, 10, &config));
    tnas_arch_smallest(&config.genes, &arch);
    tnas_space_decode(&config, &arch, &graph, NULL);
    ck_ok(tnas_estimate(&f.estimator, &graph, &cost));
    f.estimator.limits.flash_bytes = cost.footprint.flash_bytes;
    do {
        f.estimator.limits.flash_bytes += 64;
        ck_ok(tnas_space_row_score(&f.task, 0, 0, &config, &narrow));
    } while (narrow.score.feasible < 12);
    ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &table));
    ck_assert_int_gt(table.rows[1].score.feasible, 0);
    ck_assert_int_lt(table.rows[1].score.feasible, 10); /* 5 % of 200 */
    ck_assert_double_gt(table.rows[1].score.mean_macs, table.rows[0].score.mean_macs);
    ck_assert_int_eq(table.chosen, 0);
    tnas_space_table_explain(&table, why);
    ck_assert_ptr_nonnull(strstr(why, "28x28, width 0.5: "));
    tnas_space_table_deinit(&table);

    f.space.widths[0] = 1; /* where there is no other, it is, and says so */
    f.space.width_count = 1;
    ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &table));
    ck_assert_int_eq(table.chosen, 0);
    tnas_space_table_explain(&table, why);
    ck_assert_ptr_nonnull(strstr(why, "below 5 % fit in every space"));
    tnas_space_table_deinit(&table);
    tear_down(&f);
}
END_TEST

START_TEST(a_space_of_which_nothing_fits_names_its_nearest_network)
{
    fixture f;
    tnas_space_table table;
    set_up(&f, 2);
    f.estimator.limits.sram_bytes = 100;
    ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &table));
    ck_assert_int_eq(table.chosen, TNAS_NONE);
    ck_assert_int_eq(table.drawn, 400);
    ck_fails(TNAS_ERR_INFEASIBLE, "none of 400 networks of space flexible meets the limits on",
             tnas_space_table_fail(&f.task, &table));
    ck_fails(TNAS_ERR_INFEASIBLE, "SRAM needs", tnas_space_table_fail(&f.task, &table));
    ck_fails(TNAS_ERR_INFEASIBLE, "(width 0.5, s0.depth=", tnas_space_table_fail(&f.task, &table));
    tnas_space_table_deinit(&table);
    tear_down(&f);
}
END_TEST

START_TEST(inputs_beyond_the_data_s_own_size_are_left_out_but_for_the_smallest)
{
    fixture f;
    tnas_space_table table;
    static const int most[][3] = {{0, 0, 3}, {48, 48, 3}, {40, 48, 2}, {40, 36, 1}, {8, 8, 1}};
    set_up(&f, 1);
    f.task.samples = 5;
    f.space.input_count = 3;
    f.space.inputs[0] = (tnas_window){20, 20};
    f.space.inputs[1] = (tnas_window){32, 40};
    f.space.inputs[2] = (tnas_window){48, 48};
    for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
        f.task.most_h = most[i][0];
        f.task.most_w = most[i][1];
        ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &table));
        ck_assert_int_eq(table.row_count, most[i][2] * f.space.width_count);
        tnas_space_table_deinit(&table);
    }
    tear_down(&f);
}
END_TEST

START_TEST(a_small_space_is_drawn_as_a_whole)
{
    fixture f;
    tnas_space_table table;
    set_up_text(&f, tiny_space, 2);
    f.task.h = 100;
    f.task.w = 1;
    ck_ok(tnas_space_table_build(&f.task, f.pool, NULL, &table));
    ck_assert_int_eq(table.row_count, 1);
    ck_assert_int_eq(table.rows[0].score.drawn, 6);
    ck_assert(table.rows[0].networks == 6);
    tnas_space_table_deinit(&table);
    tear_down(&f);
}
END_TEST

START_TEST(the_code_of_a_runtime_with_a_constant_may_be_said)
{
    fixture f;
    tnas_space_config config;
    tnas_graph graph;
    tnas_arch arch;
    tnas_cost before, after;
    set_up(&f, 1);
    f.task.h = f.task.w = 48;
    ck_ok(tnas_space_load("mcunet", &f.space));
    ck_ok(tnas_space_configure(&f.space, 0, 3, 48, 48, 3, 100, &config));
    tnas_arch_smallest(&config.genes, &arch);
    tnas_space_decode(&config, &arch, &graph, NULL);
    f.estimator.runtime = tnas_runtime_find("tinyengine", NULL);
    f.estimator.latency = NULL;
    ck_ok(tnas_estimate(&f.estimator, &graph, &before));
    f.estimator.code_bytes = 63 * 1024;
    ck_ok(tnas_estimate(&f.estimator, &graph, &after));
    ck_assert(before.footprint.code_bytes == 64 * 1024 && after.footprint.code_bytes == 63 * 1024);
    ck_assert(before.footprint.flash_bytes == after.footprint.flash_bytes + 1024);
    f.estimator.runtime = tnas_runtime_find("tinynas", f.mcu->core); /* measured: not replaced */
    ck_ok(tnas_estimate(&f.estimator, &graph, &after));
    ck_assert(after.footprint.code_bytes != 63 * 1024);
    tear_down(&f);
}
END_TEST

static bool stop_at_once(void *context)
{
    (void)context;
    return true;
}

START_TEST(a_table_can_be_stopped)
{
    fixture f;
    tnas_space_table table;
    const tnas_progress progress = {.stop = stop_at_once};
    set_up(&f, 2);
    ck_fails(TNAS_ERR_STOPPED, "stopped",
             tnas_space_table_build(&f.task, f.pool, &progress, &table));
    ck_assert_ptr_null(table.rows);
    tear_down(&f);
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    fixture f;
    tnas_space_table table;
    set_up(&f, 1);
    f.task.samples = 10;
    tnas_status status = TNAS_ERR_NOMEM;
    int n = 0;
    for (; n < 100 && status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_space_table_build(&f.task, f.pool, NULL, &table);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "%s", tnas_error_text());
        ck_assert(status == TNAS_OK || table.rows == NULL);
    }
    ck_assert_int_eq(status, TNAS_OK);
    ck_assert_int_gt(n, 3);
    tnas_space_table_deinit(&table);
    tear_down(&f);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("space table");
    TCase *const table = tcase_create("table");
    tcase_add_test(table, the_number_of_threads_changes_nothing);
    tcase_add_test(table, a_row_counts_averages_and_sorts_what_fits);
    tcase_add_test(table, the_space_whose_networks_compute_most_is_chosen);
    tcase_add_test(table, a_space_of_which_hardly_anything_fits_is_not_chosen);
    tcase_add_test(table, a_space_of_which_nothing_fits_names_its_nearest_network);
    tcase_add_test(table, inputs_beyond_the_data_s_own_size_are_left_out_but_for_the_smallest);
    tcase_add_test(table, a_small_space_is_drawn_as_a_whole);
    tcase_add_test(table, the_code_of_a_runtime_with_a_constant_may_be_said);
    tcase_add_test(table, a_table_can_be_stopped);
    tcase_add_test(table, every_failing_allocation_is_survived);
    suite_add_tcase(suite, table);
    return run_suite(suite);
}
