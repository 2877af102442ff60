/* The engine's promises: the same result for any number of threads, no allocation in a step,
 * statistics, predictions and ranges as the reference has them. */
#include <math.h>
#include <stdlib.h>

#include "common/alloc.h"
#include "tests/nn_reference.h"

/* Share by which a float computation of these nets may differ from the double one: rounding
 * of 6e-8 through some dozen layers' sums and divisions. */
#define TOLERANCE 2e-5

typedef struct fixture {
    tnas_net net;
    tnas_store *store;
    float *grads;
} fixture;

static fixture mobilenet(uint64_t index)
{
    fixture f;
    tnas_graph graph;
    small_mobilenet(&graph);
    reference_build(&graph, (reference_slack){1, 1, false}, index, &f.net, &f.store);
    f.grads = calloc(f.store->value_count, sizeof *f.grads);
    return f;
}

static void drop(fixture *f)
{
    tnas_store_destroy(f->store);
    free(f->grads);
}

static bool same_bits(const float *a, const float *b, size_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

static void check_close(double got, double wanted, const char *what, size_t at)
{
    ck_assert_msg(fabs(got - wanted) <= TOLERANCE * (1.0 + fabs(wanted)),
                  "%s %zu is %.9g, must be %.9g", what, at, got, wanted);
}

/* Everything the engine computes, with one number of threads. */
typedef struct everything {
    float *grads, *logits;
    tnas_unit_result results[2];
    tnas_bn_stats stats;
    float min[TNAS_GRAPH_TENSORS_MAX], max[TNAS_GRAPH_TENSORS_MAX];
    int correct;
} everything;

static everything run_everything(const fixture *f, const tnas_batch *batch, int threads)
{
    everything all = {.grads = calloc(f->store->value_count, sizeof(float)),
                      .logits = calloc((size_t)batch->count * 5, sizeof(float))};
    const tnas_unit units[] = {{.net = &f->net, .weight = 1.0f, .teacher = TNAS_NONE},
                               {.net = &f->net, .weight = 0.5f, .teacher = 0}};
    engine_of e = make_engine(threads, 5);
    ck_ok(tnas_engine_step(e.engine, f->store, units, 2, batch, all.grads, all.results));
    ck_ok(tnas_bn_stats_init(&f->net, &all.stats));
    ck_ok(tnas_engine_recalibrate(e.engine, f->store, &f->net, batch->images, 7, 20, &all.stats));
    ck_ok(tnas_engine_predict(e.engine, f->store, &f->net, &all.stats, batch->images, batch->count,
                              all.logits));
    ck_ok(tnas_engine_ranges(e.engine, f->store, &f->net, &all.stats, batch->images, batch->count,
                             all.min, all.max));
    ck_ok(tnas_engine_count_correct(e.engine, f->store, &f->net, &all.stats, batch, &all.correct));
    drop_engine(&e);
    return all;
}

static void free_everything(everything *all)
{
    free(all->grads);
    free(all->logits);
    tnas_bn_stats_deinit(&all->stats);
}

START_TEST(results_are_the_same_bits_for_any_number_of_threads)
{
    fixture f = mobilenet(1);
    tnas_batch batch = random_batch(&f.net, 150, 1);
    const size_t tensors = (size_t)f.net.graph.tensor_count, channels = (size_t)f.net.bn_channels;
    everything one = run_everything(&f, &batch, 1);
    static const int threads[] = {2, 3, 8};
    for (int i = 0; i < 3; i++) {
        everything more = run_everything(&f, &batch, threads[i]);
        ck_assert(same_bits(one.grads, more.grads, f.store->value_count));
        ck_assert(same_bits(one.logits, more.logits, (size_t)batch.count * 5));
        ck_assert(same_bits(one.stats.mean, more.stats.mean, channels));
        ck_assert(same_bits(one.stats.var, more.stats.var, channels));
        ck_assert(same_bits(one.min, more.min, tensors));
        ck_assert(same_bits(one.max, more.max, tensors));
        ck_assert_int_eq(one.correct, more.correct);
        ck_assert_mem_eq(one.results, more.results, sizeof one.results);
        free_everything(&more);
    }
    free_everything(&one);
    free_batch(&batch);
    drop(&f);
}
END_TEST

START_TEST(second_step_does_not_allocate)
{
    fixture f = mobilenet(2);
    tnas_batch batch = random_batch(&f.net, 12, 2);
    const tnas_unit unit = {.net = &f.net, .weight = 1.0f, .teacher = TNAS_NONE};
    tnas_unit_result first, second;
    engine_of e = make_engine(2, 2);
    ck_assert_uint_eq(tnas_engine_bytes(e.engine), 0);
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &first));
    const size_t bytes = tnas_engine_bytes(e.engine);
    ck_assert_uint_gt(bytes, 0);
    tnas_alloc_fail_after(0);
    const tnas_status status =
        tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &second);
    tnas_alloc_fail_after(-1);
    ck_ok(status);
    ck_assert_uint_eq(tnas_engine_bytes(e.engine), bytes);
    ck_assert_double_eq(first.loss, second.loss);
    drop_engine(&e);
    free_batch(&batch);
    drop(&f);
}
END_TEST

/* What a larger net left in the workspace must not be seen by a smaller one, nor images by
 * fewer images. */
START_TEST(step_does_not_depend_on_what_ran_before)
{
    fixture f = mobilenet(3);
    tnas_batch batch = random_batch(&f.net, 66, 3);
    tnas_batch few = batch;
    few.count = 6;
    const tnas_unit unit = {.net = &f.net, .weight = 1.0f, .teacher = TNAS_NONE};
    float *const again = calloc(f.store->value_count, sizeof *again);
    tnas_unit_result result;
    engine_of fresh = make_engine(1, 2), used = make_engine(1, 2);
    ck_ok(tnas_engine_step(fresh.engine, f.store, &unit, 1, &few, f.grads, &result));
    ck_ok(tnas_engine_step(used.engine, f.store, &unit, 1, &batch, again, &result));
    ck_ok(tnas_engine_step(used.engine, f.store, &unit, 1, &few, again, &result));
    ck_assert(same_bits(f.grads, again, f.store->value_count));
    drop_engine(&fresh);
    drop_engine(&used);
    free(again);
    free_batch(&batch);
    drop(&f);
}
END_TEST

START_TEST(step_that_lacks_memory_fails_and_can_be_repeated)
{
    fixture f = mobilenet(4);
    tnas_batch batch = random_batch(&f.net, 4, 4);
    const tnas_unit unit = {.net = &f.net, .weight = 1.0f, .teacher = TNAS_NONE};
    tnas_unit_result result;
    engine_of e = make_engine(2, 2);
    long n = 0;
    for (tnas_status status = TNAS_ERR_NOMEM; status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &result);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
        drop_engine(&e);
        e = make_engine(2, 2);
    }
    ck_assert_int_ge(n, 4); /* two blocks, the shards' gradients, then success */
    tnas_alloc_fail_after(0);
    ck_fails(TNAS_ERR_NOMEM, "workspace",
             tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &result));
    tnas_alloc_fail_after(-1);
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &result));
    drop_engine(&e);
    free_batch(&batch);
    drop(&f);
}
END_TEST

START_TEST(engine_that_lacks_memory_is_not_made)
{
    tnas_pool *pool;
    ck_ok(tnas_pool_create(2, &pool));
    tnas_engine *engine = NULL;
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_engine_create(&(tnas_engine_config){pool, 2}, &engine);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || (status == TNAS_ERR_NOMEM && engine == NULL));
    }
    tnas_engine_destroy(engine);
    tnas_pool_destroy(pool);
}
END_TEST

START_TEST(unknown_instruction_set_stops_the_engine)
{
    tnas_pool *pool;
    tnas_engine *engine;
    ck_ok(tnas_pool_create(1, &pool));
    setenv("TINYNAS_ISA", "sse", 1);
    ck_fails(TNAS_ERR_USAGE, "TINYNAS_ISA=sse: must be",
             tnas_engine_create(&(tnas_engine_config){pool, 1}, &engine));
    unsetenv("TINYNAS_ISA");
    ck_assert_ptr_null(engine);
    tnas_pool_destroy(pool);
}
END_TEST

/* Weights, a batch-norm scale, a bias: whatever it is that left the finite numbers. */
START_TEST(loss_that_is_not_finite_is_divergence)
{
    static const float poisons[] = {NAN, INFINITY};
    fixture f = mobilenet(5);
    tnas_batch batch = random_batch(&f.net, 8, 5);
    const tnas_unit unit = {.net = &f.net, .weight = 1.0f, .teacher = TNAS_NONE};
    tnas_unit_result result;
    engine_of e = make_engine(2, 2);
    for (int s = 0; s < f.store->slot_count; s++)
        for (int kind = 0; kind < 4; kind++) {
            const tnas_slot *const slot = &f.store->slots[s];
            float *const value =
                f.store->values +
                (kind / 2 ? slot->shift_at : slot->weight_at + slot->kernel_w + 1u);
            if (kind == 3 && s < f.store->slot_count - 1)
                continue; /* an infinite shift in front of a ReLU6 is a constant */
            const float good = *value;
            *value = poisons[kind % 2];
            ck_fails(TNAS_ERR_DIVERGED, "unit 0: loss",
                     tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &result));
            *value = good;
        }
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &result));
    drop_engine(&e);
    free_batch(&batch);
    drop(&f);
}
END_TEST

START_TEST(step_of_several_units_is_the_weighted_sum_of_single_steps)
{
    static const float weights[] = {0.5f, 2.0f, 1.25f};
    fixture f = mobilenet(6);
    tnas_batch batch = random_batch(&f.net, 10, 6);
    const size_t count = f.store->value_count;
    double *const sums = calloc(count, sizeof *sums);
    tnas_unit units[3];
    tnas_unit_result alone[3], together[3];
    engine_of e = make_engine(2, 2);
    /* _i 0: all begin alike, and share it; 1: the second has another first operator. */
    tnas_net other = f.net;
    if (_i == 1)
        other.graph.ops[0].activation = TNAS_ACT_NONE;
    double largest = 0.0;
    for (int u = 0; u < 3; u++) {
        units[u] = (tnas_unit){.net = u == 1 ? &other : &f.net,
                               .weight = 1.0f,
                               .label_smoothing = 0.2f * (float)u,
                               .teacher = TNAS_NONE};
        ck_ok(tnas_engine_step(e.engine, f.store, &units[u], 1, &batch, f.grads, &alone[u]));
        for (size_t i = 0; i < count; i++) {
            sums[i] += (double)weights[u] * (double)f.grads[i];
            largest = fmax(largest, fabs(sums[i]));
        }
        units[u].weight = weights[u];
    }
    ck_ok(tnas_engine_step(e.engine, f.store, units, 3, &batch, f.grads, together));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(sums[i] - (double)f.grads[i]) <= 1e-6 * (1.0 + largest),
                      "gradient %zu is %.9g, must be %.9g", i, (double)f.grads[i], sums[i]);
    for (int u = 0; u < 3; u++) {
        ck_assert_double_eq(alone[u].loss, together[u].loss);
        ck_assert_int_eq(alone[u].correct, together[u].correct);
    }
    drop_engine(&e);
    free(sums);
    free_batch(&batch);
    drop(&f);
}
END_TEST

START_TEST(blended_labels_are_the_blend_of_their_steps)
{
    enum { COUNT = 10 };
    fixture f = mobilenet(9);
    tnas_batch batch = random_batch(&f.net, COUNT, 9);
    const size_t count = f.store->value_count;
    double *const sums = calloc(count, sizeof *sums);
    const tnas_unit unit = {
        .net = &f.net, .weight = 1.0f, .label_smoothing = 0.1f, .teacher = TNAS_NONE};
    int16_t second[COUNT];
    float shares[COUNT];
    for (int i = 0; i < COUNT; i++) {
        second[i] = batch.labels[(i + 1) % COUNT];
        shares[i] = 0.25f;
    }
    const tnas_batch other = {.images = batch.images, .labels = second, .count = COUNT};
    tnas_batch blended = batch;
    blended.second_labels = second;
    blended.second_shares = shares;
    engine_of e = make_engine(2, 2);
    tnas_unit_result own, theirs, both;
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &own));
    for (size_t i = 0; i < count; i++)
        sums[i] = 0.75 * (double)f.grads[i];
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &other, f.grads, &theirs));
    double largest = 0.0;
    for (size_t i = 0; i < count; i++) {
        sums[i] += 0.25 * (double)f.grads[i];
        largest = fmax(largest, fabs(sums[i]));
    }
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &blended, f.grads, &both));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(sums[i] - (double)f.grads[i]) <= 1e-6 * (1.0 + largest),
                      "gradient %zu is %.9g, must be %.9g", i, (double)f.grads[i], sums[i]);
    ck_assert_double_eq_tol(both.loss, 0.75 * own.loss + 0.25 * theirs.loss, 1e-9);
    ck_assert_int_eq(both.correct, own.correct);
    drop_engine(&e);
    free(sums);
    free_batch(&batch);
    drop(&f);
}
END_TEST

START_TEST(values_that_no_unit_uses_have_gradient_zero)
{
    fixture f = mobilenet(7); /* a slot has one channel and one ring more than the net uses */
    tnas_batch batch = random_batch(&f.net, 6, 7);
    const tnas_unit unit = {.net = &f.net, .weight = 1.0f, .teacher = TNAS_NONE};
    tnas_unit_result result;
    engine_of e = make_engine(2, 3);
    for (size_t i = 0; i < f.store->value_count; i++)
        f.grads[i] = NAN;
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &result));
    const tnas_slot *const stem = &f.store->slots[0];
    for (int o = 0; o < stem->out_c; o++)
        for (int i = 0; i < stem->in_c; i++)
            for (int k = 0; k < 25; k++) {
                const bool used =
                    o < 5 && i < 2 && k / 5 >= 1 && k / 5 <= 3 && k % 5 >= 1 && k % 5 <= 3;
                const float g = f.grads[stem->weight_at + (size_t)((o * stem->in_c + i) * 25 + k)];
                ck_assert_msg(used ? g != 0.0f : g == 0.0f, "stem weight %d, %d, %d: %g", o, i, k,
                              (double)g);
            }
    drop_engine(&e);
    free_batch(&batch);
    drop(&f);
}
END_TEST

START_TEST(recalibration_averages_the_statistics_of_its_batches)
{
    enum { BATCHES = 3 };
    static const int sizes[] = {1, 5, 16, 19};
    const int size = sizes[_i];
    fixture f = mobilenet(8);
    tnas_batch batch = random_batch(&f.net, BATCHES * size, 8);
    double *const values = doubles_of(f.store);
    const size_t image = (size_t)tnas_tensor_count(&f.net.graph.tensors[0]);
    const size_t channels = (size_t)f.net.bn_channels;
    double *const mean = calloc(channels, sizeof *mean), *const var = calloc(channels, sizeof *var);
    for (int b = 0; b < BATCHES; b++) {
        reference_pass pass = reference_forward(&f.net, f.store, values, NULL,
                                                batch.images + (size_t)(b * size) * image, size);
        for (size_t c = 0; c < channels; c++) {
            mean[c] += pass.mean[c] / BATCHES;
            var[c] += pass.var[c] / BATCHES;
        }
        reference_free(&pass, &f.net);
    }
    tnas_bn_stats stats;
    engine_of e = make_engine(2, 1);
    ck_ok(tnas_bn_stats_init(&f.net, &stats));
    ck_ok(tnas_engine_recalibrate(e.engine, f.store, &f.net, batch.images, BATCHES, size, &stats));
    for (size_t c = 0; c < channels; c++) {
        check_close((double)stats.mean[c], mean[c], "mean of channel", c);
        check_close((double)stats.var[c], var[c], "variance of channel", c);
    }
    drop_engine(&e);
    tnas_bn_stats_deinit(&stats);
    free(values);
    free(mean);
    free(var);
    free_batch(&batch);
    drop(&f);
}
END_TEST

/* 130 images: eight whole tasks of a block and one of 2 images. */
START_TEST(prediction_and_ranges_are_the_reference_for_any_count)
{
    static const int counts[] = {1, 7, 16, 33, 130};
    const int count = counts[_i];
    fixture f = mobilenet(9);
    tnas_batch batch = random_batch(&f.net, 130, 9);
    batch.count = count;
    double *const values = doubles_of(f.store);
    float *const logits = calloc((size_t)count * 5, sizeof *logits);
    float min[TNAS_GRAPH_TENSORS_MAX], max[TNAS_GRAPH_TENSORS_MAX];
    tnas_bn_stats stats;
    engine_of e = make_engine(2, 1);
    ck_ok(tnas_bn_stats_init(&f.net, &stats));
    ck_ok(tnas_engine_recalibrate(e.engine, f.store, &f.net, batch.images, 2, 30, &stats));
    ck_ok(tnas_engine_predict(e.engine, f.store, &f.net, &stats, batch.images, count, logits));
    ck_ok(tnas_engine_ranges(e.engine, f.store, &f.net, &stats, batch.images, count, min, max));
    int correct, wanted = 0;
    ck_ok(tnas_engine_count_correct(e.engine, f.store, &f.net, &stats, &batch, &correct));

    reference_pass pass = reference_forward(&f.net, f.store, values, &stats, batch.images, count);
    for (int i = 0; i < count; i++) {
        const double *const z = reference_logits(&pass, &f.net) + i * 5;
        int best = 0;
        for (int k = 0; k < 5; k++) {
            check_close((double)logits[i * 5 + k], z[k], "logit", (size_t)(i * 5 + k));
            best = z[k] > z[best] ? k : best;
        }
        wanted += best == batch.labels[i];
    }
    ck_assert_int_eq(correct, wanted);
    for (int t = 0; t < f.net.graph.tensor_count; t++) {
        double low = INFINITY, high = -INFINITY;
        const size_t all = (size_t)count * (size_t)tnas_tensor_count(&f.net.graph.tensors[t]);
        for (size_t i = 0; i < all; i++) {
            low = fmin(low, pass.maps[t][i]);
            high = fmax(high, pass.maps[t][i]);
        }
        check_close((double)min[t], low, "least value of tensor", (size_t)t);
        check_close((double)max[t], high, "largest value of tensor", (size_t)t);
    }
    reference_free(&pass, &f.net);
    drop_engine(&e);
    tnas_bn_stats_deinit(&stats);
    free(values);
    free(logits);
    free_batch(&batch);
    drop(&f);
}
END_TEST

/* Logits of 0 for every class: the lowest index wins, in the step and in evaluation. */
START_TEST(lowest_class_wins_among_equals)
{
    fixture f = mobilenet(10);
    tnas_batch batch = random_batch(&f.net, 20, 10);
    const tnas_slot *const fc = &f.store->slots[f.store->slot_count - 1];
    for (size_t i = 0; i < fc->weight_count + (size_t)fc->out_c; i++)
        f.store->values[fc->weight_at + i] = 0.0f;
    int zeros = 0, correct;
    for (int i = 0; i < batch.count; i++)
        zeros += batch.labels[i] == 0;
    const tnas_unit unit = {.net = &f.net, .weight = 1.0f, .teacher = TNAS_NONE};
    tnas_unit_result result;
    tnas_bn_stats stats;
    engine_of e = make_engine(1, 1);
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &result));
    ck_assert_int_eq(result.correct, zeros);
    check_close(result.loss, log(5.0), "loss of unit", 0);
    ck_ok(tnas_bn_stats_init(&f.net, &stats));
    ck_ok(tnas_engine_recalibrate(e.engine, f.store, &f.net, batch.images, 1, 20, &stats));
    ck_ok(tnas_engine_count_correct(e.engine, f.store, &f.net, &stats, &batch, &correct));
    ck_assert_int_eq(correct, zeros);
    drop_engine(&e);
    tnas_bn_stats_deinit(&stats);
    free_batch(&batch);
    drop(&f);
}
END_TEST

/* The whole of it: a net learns by heart what it sees. */
START_TEST(descent_along_the_gradient_lowers_the_loss)
{
    fixture f = mobilenet(11);
    tnas_batch batch = random_batch(&f.net, 32, 11);
    const tnas_unit unit = {.net = &f.net, .weight = 1.0f, .teacher = TNAS_NONE};
    tnas_unit_result first, last;
    engine_of e = make_engine(2, 2);
    ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &first));
    for (int step = 0; step < 150; step++) {
        ck_ok(tnas_engine_step(e.engine, f.store, &unit, 1, &batch, f.grads, &last));
        for (size_t i = 0; i < f.store->value_count; i++)
            f.store->values[i] -= 0.1f * f.grads[i];
    }
    ck_assert_msg(last.loss < 0.3 * first.loss, "loss only fell from %g to %g", first.loss,
                  last.loss);
    drop_engine(&e);
    free_batch(&batch);
    drop(&f);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("nn engine");
    TCase *const tc = tcase_create("engine");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, results_are_the_same_bits_for_any_number_of_threads);
    tcase_add_test(tc, second_step_does_not_allocate);
    tcase_add_test(tc, step_does_not_depend_on_what_ran_before);
    tcase_add_test(tc, step_that_lacks_memory_fails_and_can_be_repeated);
    tcase_add_test(tc, engine_that_lacks_memory_is_not_made);
    tcase_add_test(tc, unknown_instruction_set_stops_the_engine);
    tcase_add_test(tc, loss_that_is_not_finite_is_divergence);
    tcase_add_test(tc, blended_labels_are_the_blend_of_their_steps);
    tcase_add_loop_test(tc, step_of_several_units_is_the_weighted_sum_of_single_steps, 0, 2);
    tcase_add_test(tc, values_that_no_unit_uses_have_gradient_zero);
    tcase_add_loop_test(tc, recalibration_averages_the_statistics_of_its_batches, 0, 4);
    tcase_add_loop_test(tc, prediction_and_ranges_are_the_reference_for_any_count, 0, 5);
    tcase_add_test(tc, lowest_class_wins_among_equals);
    tcase_add_test(tc, descent_along_the_gradient_lowers_the_loss);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
