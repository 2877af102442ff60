/* Int8 that costs too much: the twin that computes like the int8 model, the layers at fault, and
 * the training that mends them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/fold.h"
#include "tests/nn_reference.h"
#include "trainer/finish.h"
#include "trainer/qat.h"

/* What trains a network on the built-in shapes. */
typedef struct trained {
    tnas_dataset *dataset;
    engine_of e;
    tnas_graph graph;
    tnas_recipe recipe;
    tnas_finish_recipe finish;
    uint8_t *calibration;
} trained;

enum { LINEAR_OP = 3, READER_OP = 4 }; /* a projection, and the convolution that alone reads it */

static void draw_graph(tnas_graph *graph)
{
    tnas_graph_init(graph, 24, 24, 1);
    int t = append_same(graph, TNAS_OP_CONV2D, 0, 12, 3, 2, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_CONV2D, t, 24, 1, 1, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_DWCONV2D, t, 0, 3, 2, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_CONV2D, t, 16, 1, 1, TNAS_ACT_NONE);
    const int wide = append_same(graph, TNAS_OP_CONV2D, t, 32, 1, 1, TNAS_ACT_RELU);
    t = append_same(graph, TNAS_OP_DWCONV2D, wide, 0, 3, 1, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_CONV2D, t, 32, 1, 1, TNAS_ACT_NONE);
    t = append_add(graph, wide, t, TNAS_ACT_RELU);
    const tnas_op global = {.kind = TNAS_OP_AVGPOOL,
                            .in = {(int16_t)t, TNAS_NONE},
                            .kernel_h = 6,
                            .kernel_w = 6,
                            .stride_h = 1,
                            .stride_w = 1};
    append_fc(graph, tnas_graph_append(graph, &global, 0), 10);
}

static void trained_init(trained *t, int threads, int steps)
{
    memset(t, 0, sizeof *t);
    ck_ok(tnas_dataset_load("builtin:shapes", NULL, &t->dataset));
    t->e = make_engine(threads, 2);
    draw_graph(&t->graph);
    t->recipe = tnas_recipe_default();
    t->recipe.steps = steps;
    t->finish = tnas_finish_recipe_default();
    const size_t image_bytes = 24 * 24;
    ck_ok(tnas_finish_sample_calibration(&t->dataset->train, image_bytes, 512, SEED,
                                         &t->calibration));
}

static void trained_deinit(trained *t)
{
    tnas_free(t->calibration);
    drop_engine(&t->e);
    tnas_dataset_destroy(t->dataset);
}

static tnas_finish_job job_of(const trained *t, const char *folder)
{
    return (tnas_finish_job){.engine = t->e.engine,
                             .pool = t->e.pool,
                             .train = &t->dataset->train,
                             .validation = &t->dataset->validation,
                             .calibration_images = t->calibration,
                             .recalibration_batches = 8,
                             .batch_images = 64,
                             .range_images = 512,
                             .recipe = &t->recipe,
                             .finish = t->finish,
                             .seed = SEED,
                             .folder = folder};
}

/* Random weights, and the finish of a folder. */
static void finish_in(trained *t, const char *folder, tnas_finished *out)
{
    tnas_net net;
    tnas_store *store;
    ck_ok(tnas_net_build_fixed(&t->graph, &net, &store));
    tnas_store_init_random(store, SEED);
    const tnas_finish_job job = job_of(t, folder);
    ck_ok(tnas_finish(&job, &net, store, out));
    tnas_store_destroy(store);
}

static tnas_model *load_folded(const char *folder)
{
    char path[TNAS_PATH_BYTES];
    tnas_model *model;
    ck_ok(tnas_path_join(path, folder, "float.tnm"));
    ck_ok(tnas_model_load(path, &model));
    tnas_model_fold(model);
    return model;
}

/* The same function of floats, a burden for int8: some channels of a linear tensor are a thousand
 * times as large as the others, and what reads them is as much smaller. */
static void make_hostile(tnas_model *folded)
{
    const int32_t in_c = 12 * 2, out_c = 16, reader_c = 32;
    tnas_op_constants *const a = &folded->constants[LINEAR_OP], *const b =
                                                                    &folded->constants[READER_OP];
    for (int c = 0; c < out_c; c += 5) {
        const float factor = c == 0 ? 1000.0f : c == 5 ? 100.0f : 10.0f;
        for (int i = 0; i < in_c; i++)
            a->weight[c * in_c + i] *= factor;
        a->bias[c] *= factor;
        for (int o = 0; o < reader_c; o++)
            b->weight[o * out_c + c] /= factor;
    }
}

/* A folder whose float network is the hostile form of the one in `from`. */
static void make_hostile_folder(const char *from, char out[TNAS_PATH_BYTES])
{
    char path[TNAS_PATH_BYTES];
    temporary_folder(out);
    tnas_model *const model = load_folded(from);
    make_hostile(model);
    ck_ok(tnas_path_join(path, out, "float.tnm"));
    ck_ok(tnas_model_save(model, path));
    tnas_model_destroy(model);
}

/* ---- Fake quantisation in the engine ---- */

/* A net with everything that MobileNets have and no batch norm. */
static void plain_net(tnas_net *net, tnas_store **store)
{
    tnas_graph graph;
    bool batch_norm[TNAS_GRAPH_OPS_MAX] = {false};
    small_mobilenet(&graph);
    ck_ok(tnas_net_build_normed(&graph, batch_norm, net, store));
    randomise(*store, 3);
}

/* Grids so fine that they only do what the activations do. */
static void fine_grids(const tnas_graph *graph, tnas_grids *grids)
{
    const float step = 1e-5f;
    memset(grids, 0, sizeof *grids);
    for (int op = 0; op < graph->op_count; op++) {
        const int activation = graph->ops[op].activation;
        grids->tensors[graph->ops[op].out] =
            (tnas_grid_step){.step = step,
                             .low = activation == TNAS_ACT_NONE ? -4e6f : 0.0f,
                             .high = activation == TNAS_ACT_RELU6 ? 6e5f : 4e6f};
    }
}

static void gradients_of(const tnas_net *net, const tnas_store *store, const tnas_batch *batch,
                         float *grads, tnas_seen_range *seen)
{
    engine_of e = make_engine(2, 2);
    const tnas_unit unit = {.net = net, .weight = 1.0f, .teacher = TNAS_NONE, .seen = seen};
    tnas_unit_result result;
    ck_ok(tnas_engine_step(e.engine, store, &unit, 1, batch, grads, &result));
    drop_engine(&e);
}

static void check_close(const float *a, const float *b, size_t count, double tolerance)
{
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)b[i]));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)a[i] - (double)b[i]) <= tolerance * largest,
                      "value %zu: %.9g must be %.9g +- %.2g", i, (double)a[i], (double)b[i],
                      tolerance * largest);
}

START_TEST(gradients_through_fine_grids_are_those_without)
{
    tnas_net net;
    tnas_store *store;
    plain_net(&net, &store);
    tnas_batch batch = random_batch(&net, 34, 5); /* two shards of 17: a lane and a padded block */
    float *const wanted = calloc(store->value_count, sizeof *wanted);
    float *const grads = calloc(store->value_count, sizeof *grads);
    tnas_grids *const grids = calloc(1, sizeof *grids);
    tnas_seen_range seen[TNAS_GRAPH_TENSORS_MAX];
    gradients_of(&net, store, &batch, wanted, NULL);
    fine_grids(&net.graph, grids);
    net.grids = grids;
    gradients_of(&net, store, &batch, grads, seen);
    check_close(grads, wanted, store->value_count, 2e-3);
    for (int op = 0; op < net.graph.op_count; op++)
        ck_assert_float_lt(seen[net.graph.ops[op].out].min, seen[net.graph.ops[op].out].max);
    free(grids);
    free(wanted);
    free(grads);
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(outside_its_grid_a_tensor_has_no_gradient)
{
    tnas_net net;
    tnas_store *store;
    plain_net(&net, &store);
    tnas_batch batch = random_batch(&net, 32, 6);
    float *const wanted = calloc(store->value_count, sizeof *wanted);
    float *const grads = calloc(store->value_count, sizeof *grads);
    tnas_grids *const grids = calloc(1, sizeof *grids);
    /* Operator 3 has no activation: a grid of 0..6 is what RELU6 would be. */
    net.graph.ops[3].activation = TNAS_ACT_RELU6;
    gradients_of(&net, store, &batch, wanted, NULL);
    net.graph.ops[3].activation = TNAS_ACT_NONE;
    fine_grids(&net.graph, grids);
    grids->tensors[net.graph.ops[3].out].low = 0.0f;
    grids->tensors[net.graph.ops[3].out].high = 6e5f;
    net.grids = grids;
    gradients_of(&net, store, &batch, grads, NULL);
    check_close(grads, wanted, store->value_count, 2e-3);
    free(grids);
    free(wanted);
    free(grads);
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(a_tensor_is_rounded_and_saturates_as_int8_does)
{
    static const float logits[] = {-100, -1.26f, -1.24f, -0.25f, 0.25f, 0.26f, 0.74f, 100};
    static const float wanted[] = {-2, -1.5f, -1, 0, 0, 0.5f, 0.5f, 1.5f}; /* ties go to even */
    tnas_graph graph;
    tnas_graph_init(&graph, 1, 1, 1);
    append_fc(&graph, 0, 8);
    tnas_net net;
    tnas_store *store;
    ck_ok(tnas_net_build_fixed(&graph, &net, &store));
    memset(store->values, 0, store->value_count * sizeof(float));
    memcpy(store->values + store->slots[0].shift_at, logits, sizeof logits);
    tnas_grids grids = {{{0}}};
    grids.tensors[1] = (tnas_grid_step){.step = 0.5f, .low = -4, .high = 3};
    net.grids = &grids;
    const tnas_bn_stats stats = {NULL, NULL};
    const uint8_t image = 200;
    float found[8];
    engine_of e = make_engine(1, 1);
    ck_ok(tnas_engine_predict(e.engine, store, &net, &stats, &image, 1, found));
    drop_engine(&e);
    for (int i = 0; i < 8; i++)
        ck_assert_float_eq(found[i], wanted[i]);
    tnas_store_destroy(store);
}
END_TEST

/* ---- The twin ---- */

/* Share of the validation images of which twin and int8 kernels say the same. */
static double agreement(trained *t, tnas_twin *twin)
{
    const tnas_images *const images = &t->dataset->validation;
    tnas_model *model;
    tnas_image *image;
    ck_ok(tnas_twin_round(twin, twin->store, &model));
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &image));
    int16_t *const classes = calloc((size_t)images->count, sizeof *classes);
    float *const logits = calloc((size_t)images->count * 10, sizeof *logits);
    ck_ok(tnas_image_classify(image, t->e.pool, images->pixels, images->count, classes));
    const tnas_bn_stats stats = {NULL, NULL};
    ck_ok(tnas_engine_predict(t->e.engine, twin->rounded, twin->net, &stats, images->pixels,
                              images->count, logits));
    int same = 0;
    for (int i = 0; i < images->count; i++) {
        int winner = 0;
        for (int k = 1; k < 10; k++)
            winner = logits[i * 10 + k] > logits[i * 10 + winner] ? k : winner;
        same += winner == classes[i];
    }
    free(classes);
    free(logits);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
    return (double)same / images->count;
}

/* The twin of a folder's float network, with ranges from the calibration images. */
static void twin_of(trained *t, const char *folder, tnas_twin *twin)
{
    tnas_model *const folded = load_folded(folder);
    tnas_net net;
    tnas_store *store;
    tnas_bn_stats stats;
    float min[TNAS_GRAPH_TENSORS_MAX], max[TNAS_GRAPH_TENSORS_MAX];
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    ck_ok(tnas_net_from_model(folded, &net, &store, &stats));
    ck_ok(tnas_engine_ranges(t->e.engine, store, &net, &stats, t->calibration, 512, min, max));
    for (int i = 0; i < folded->graph.tensor_count; i++)
        ranges[i] = (tnas_range){min[i], max[i]};
    ck_ok(tnas_twin_init(twin, folded, ranges));
    tnas_bn_stats_deinit(&stats);
    tnas_store_destroy(store);
    tnas_model_destroy(folded);
}

START_TEST(a_twin_answers_like_the_int8_kernels_before_and_after_its_training)
{
    trained t;
    trained_init(&t, 2, 150);
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_finished f;
    finish_in(&t, folder, &f);
    tnas_twin twin;
    twin_of(&t, folder, &twin);
    ck_assert_double_ge(agreement(&t, &twin), 0.995);
    tnas_recipe recipe = t.recipe;
    recipe.steps = 30;
    recipe.optimizer = TNAS_OPTIMIZER_ADAMW;
    recipe.learning_rate = 0.001;
    float *const before = calloc(twin.store->value_count, sizeof *before);
    memcpy(before, twin.store->values, twin.store->value_count * sizeof *before);
    ck_ok(tnas_qat_train(&twin, t.e.engine, &recipe, 0.95, &t.dataset->train,
                         &(tnas_train_options){.seed = SEED}));
    ck_assert_mem_ne(before, twin.store->values, twin.store->value_count * sizeof *before);
    ck_assert_double_ge(agreement(&t, &twin), 0.995);
    free(before);
    tnas_twin_deinit(&twin);
    tnas_finished_deinit(&f);
    trained_deinit(&t);
}
END_TEST

START_TEST(a_twin_without_memory_is_none)
{
    tnas_net net;
    tnas_store *store;
    tnas_bn_stats stats = {NULL, NULL};
    tnas_model *model;
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    plain_net(&net, &store);
    ck_ok(tnas_net_to_model(&net, store, &stats, &model));
    for (int i = 0; i < net.graph.tensor_count; i++)
        ranges[i] = (tnas_range){-1, 6};
    tnas_status status = TNAS_ERR_NOMEM;
    int failed = 0;
    for (; status != TNAS_OK; failed++) {
        tnas_twin twin;
        tnas_model *int8 = NULL;
        tnas_alloc_fail_after(failed);
        status = tnas_twin_init(&twin, model, ranges);
        if (status == TNAS_OK)
            status = tnas_twin_round(&twin, twin.store, &int8);
        tnas_alloc_fail_after(-1);
        if (status != TNAS_OK)
            ck_assert_int_eq(status, TNAS_ERR_NOMEM);
        tnas_model_destroy(int8);
        tnas_twin_deinit(&twin);
    }
    ck_assert_int_gt(failed, 10);
    tnas_model_destroy(model);
    tnas_store_destroy(store);
}
END_TEST

/* ---- The finish of a hostile network ---- */

START_TEST(a_hostile_layer_is_found_and_most_of_its_loss_won_back)
{
    trained t;
    trained_init(&t, 2, 300);
    char folder[TNAS_PATH_BYTES], hostile[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_finished kind, f;
    finish_in(&t, folder, &kind);
    ck_assert_double_ge(kind.validation_float, 0.75);
    ck_assert_double_ge(kind.validation_int8, kind.validation_float - 0.02);
    make_hostile_folder(folder, hostile);
    finish_in(&t, hostile, &f);
    ck_assert_double_eq_tol(f.validation_float, kind.validation_float, 0.01);

    /* int8 is lost without a mending, and the table says where. */
    ck_assert_double_lt(f.validation_int8_before, f.validation_float - 0.3);
    int worst = 0;
    for (int i = 0; i < f.loss_count; i++)
        worst = f.losses[i].sqnr_db < f.losses[worst].sqnr_db ? i : worst;
    ck_assert_int_eq(f.losses[worst].op, LINEAR_OP);
    ck_assert_double_lt(f.losses[worst].output_sqnr_db, 10);
    ck_assert_double_gt(f.losses[worst].weights_sqnr_db, 20);
    ck_assert_str_eq(f.losses[worst].name, "conv2d 1x1, 16");

    ck_assert(f.qat_kept);
    const double lost = f.validation_float - f.validation_int8_before;
    ck_assert_msg(f.validation_int8 >= f.validation_int8_before + 0.8 * lost,
                  "float %.4f, int8 %.4f, was %.4f", f.validation_float, f.validation_int8,
                  f.validation_int8_before);
    tnas_finished_deinit(&kind);
    tnas_finished_deinit(&f);
    trained_deinit(&t);
}
END_TEST

static void check_same_model(const tnas_model *a, const tnas_model *b)
{
    char folder[TNAS_PATH_BYTES], path_a[TNAS_PATH_BYTES], path_b[TNAS_PATH_BYTES];
    uint8_t *bytes_a, *bytes_b;
    size_t count_a, count_b;
    temporary_folder(folder);
    ck_ok(tnas_path_join(path_a, folder, "a.tnm"));
    ck_ok(tnas_path_join(path_b, folder, "b.tnm"));
    ck_ok(tnas_model_save(a, path_a));
    ck_ok(tnas_model_save(b, path_b));
    ck_ok(tnas_file_read(path_a, 1 << 24, &bytes_a, &count_a));
    ck_ok(tnas_file_read(path_b, 1 << 24, &bytes_b, &count_b));
    ck_assert_uint_eq(count_a, count_b);
    ck_assert_mem_eq(bytes_a, bytes_b, count_a);
    tnas_free(bytes_a);
    tnas_free(bytes_b);
}

/* Counts steps, and stops at the n-th question. */
typedef struct watcher {
    long steps, questions_left;
} watcher;

static void count_step(void *context, const char *stage, long done, long total, const char *unit,
                       const char *remark)
{
    (void)stage, (void)done, (void)total, (void)unit, (void)remark;
    ((watcher *)context)->steps++;
}

static bool stop_later(void *context)
{
    return ((watcher *)context)->questions_left-- <= 0;
}

/* The hostile network again, whose training takes few steps. */
static void hostile_start(trained *t, int threads, const char *from, char out[TNAS_PATH_BYTES])
{
    trained_init(t, threads, 60);
    make_hostile_folder(from, out);
}

START_TEST(a_finish_is_the_same_for_1_2_and_3_threads_and_when_stopped_and_trains_nothing_twice)
{
    trained t;
    char folder[TNAS_PATH_BYTES], hostile[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_finished whole, f;
    trained_init(&t, 1, 60);
    finish_in(&t, folder, &f);
    tnas_finished_deinit(&f);
    trained_deinit(&t);
    hostile_start(&t, 1, folder, hostile);
    finish_in(&t, hostile, &whole);
    ck_assert(whole.loss_count > 0);
    trained_deinit(&t);
    for (int threads = 2; threads <= 3; threads++) {
        hostile_start(&t, threads, folder, hostile);
        finish_in(&t, hostile, &f);
        check_same_model(whole.model, f.model);
        ck_assert_double_eq(whole.validation_int8, f.validation_int8);
        ck_assert_mem_eq(whole.losses, f.losses, sizeof f.losses);
        tnas_finished_deinit(&f);
        trained_deinit(&t);
    }
    hostile_start(&t, 2, folder, hostile);
    tnas_finish_job job = job_of(&t, hostile);
    watcher w = {.questions_left = 7};
    const tnas_progress progress = {.context = &w, .report = count_step, .stop = stop_later};
    job.progress = &progress;
    tnas_net net;
    tnas_store *store;
    ck_ok(tnas_net_build_fixed(&t.graph, &net, &store));
    ck_fails(TNAS_ERR_STOPPED, "int8 training stopped after step 7 of 15",
             tnas_finish(&job, &net, store, &f));
    tnas_finished_deinit(&f);
    w.questions_left = 1000;
    ck_ok(tnas_finish(&job, &net, store, &f));
    check_same_model(whole.model, f.model);
    ck_assert_int_eq(w.steps, 15);
    tnas_finished_deinit(&f);
    ck_ok(tnas_finish(&job, &net, store, &f)); /* killed behind the last step */
    check_same_model(whole.model, f.model);
    ck_assert_int_eq(w.steps, 15);
    tnas_finished_deinit(&f);
    tnas_store_destroy(store);
    tnas_finished_deinit(&whole);
    trained_deinit(&t);
}
END_TEST

START_TEST(a_finish_with_validation_is_the_training_on_all_of_them_together)
{
    enum { HELD_BACK = 100 };
    trained t;
    trained_init(&t, 2, 40);
    const size_t image_bytes = 24 * 24;
    const tnas_images all = t.dataset->train;
    const int kept = all.count - HELD_BACK;
    const tnas_images first = {.count = kept, .pixels = all.pixels, .labels = all.labels};
    const tnas_images rest = {.count = HELD_BACK,
                              .pixels = all.pixels + (size_t)kept * image_bytes,
                              .labels = all.labels + kept};
    const struct {
        const tnas_images *train;
        int with_validation;
    } jobs[] = {{&all, 0}, {&first, 1}, {&first, 0}};
    tnas_finished f[3];
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"all", "joined", "without"};
        char own[TNAS_PATH_BYTES];
        ck_ok(tnas_path_join(own, folder, names[i]));
        ck_ok(tnas_dir_create(own));
        tnas_finish_job job = job_of(&t, own);
        job.train = jobs[i].train;
        job.validation = &rest;
        job.finish.with_validation = jobs[i].with_validation;
        tnas_net net;
        tnas_store *store;
        ck_ok(tnas_net_build_fixed(&t.graph, &net, &store));
        tnas_store_init_random(store, SEED);
        ck_ok(tnas_finish(&job, &net, store, &f[i]));
        tnas_store_destroy(store);
    }
    check_same_model(f[0].model, f[1].model);
    ck_assert_double_eq(f[0].validation_int8, f[1].validation_int8);
    ck_assert_double_ne(f[0].stats.mean[0], f[2].stats.mean[0]);
    for (int i = 0; i < 3; i++)
        tnas_finished_deinit(&f[i]);
    trained_deinit(&t);
}
END_TEST

START_TEST(small_networks_and_short_trainings_do_without_augmentation)
{
    const tnas_finish_recipe finish = tnas_finish_recipe_default();
    tnas_recipe recipe = tnas_recipe_default();
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, 1};
    recipe.mixup_prob = 0.1;
    recipe.distill_share = 0.5;
    recipe.steps = 1000; /* 12.8 epochs of 10,000 images */
    tnas_graph small, large;
    tnas_graph_init(&small, 8, 8, 1);
    append_fc(&small, 0, 10);
    tnas_graph_init(&large, 8, 8, 10);
    append_fc(&large, 0, 24); /* 15,360 weights */
    tnas_recipe out = tnas_finish_train_recipe(&finish, &recipe, &large, 10000, true);
    ck_assert_double_eq(out.augment.doses[TNAS_AUGMENT_SHIFT].probability, 1);
    ck_assert_double_eq(out.mixup_prob, 0.1);
    ck_assert_double_eq(out.distill_share, 0.5);
    tnas_graph column;
    tnas_graph_init(&column, 100, 1, 6);
    append_fc(&column, 0, 26); /* 15,600 */
    out = tnas_finish_train_recipe(&finish, &recipe, &column, 10000, true);
    ck_assert_double_eq(out.augment.doses[TNAS_AUGMENT_SHIFT].probability, 0);
    ck_assert_double_eq(out.mixup_prob, 0.1);
    out = tnas_finish_train_recipe(&finish, &recipe, &small, 10000, true);
    ck_assert_double_eq(out.augment.doses[TNAS_AUGMENT_SHIFT].probability, 0);
    ck_assert_double_eq(out.mixup_prob, 0);
    out = tnas_finish_train_recipe(&finish, &recipe, &large, 13000, false);
    ck_assert_double_eq(out.augment.doses[TNAS_AUGMENT_SHIFT].probability, 0);
    ck_assert_double_eq(out.distill_share, 0);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("finish");
    TCase *const tc = tcase_create("fake quantisation");
    tcase_add_test(tc, gradients_through_fine_grids_are_those_without);
    tcase_add_test(tc, outside_its_grid_a_tensor_has_no_gradient);
    tcase_add_test(tc, a_tensor_is_rounded_and_saturates_as_int8_does);
    tcase_add_test(tc, a_twin_without_memory_is_none);
    suite_add_tcase(suite, tc);
    TCase *const finish = tcase_create("finish");
    tcase_set_timeout(finish, 120);
    tcase_add_test(finish, a_twin_answers_like_the_int8_kernels_before_and_after_its_training);
    tcase_add_test(finish, a_hostile_layer_is_found_and_most_of_its_loss_won_back);
    tcase_add_test(
        finish,
        a_finish_is_the_same_for_1_2_and_3_threads_and_when_stopped_and_trains_nothing_twice);
    tcase_add_test(finish, a_finish_with_validation_is_the_training_on_all_of_them_together);
    tcase_add_test(finish, small_networks_and_short_trainings_do_without_augmentation);
    suite_add_tcase(suite, finish);
    return run_suite(suite);
}
