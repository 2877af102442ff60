/* A network drawn by hand goes the way of a search's finalists: trained, quantised, measured once.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "cli/source.h"
#include "common/alloc.h"
#include "common/hash.h"
#include "common/text.h"
#include "study/preset.h"
#include "study/run_config.h"
#include "trainer/finish.h"
#include "trainer/metric.h"

/* Images behind batch norm and int8 ranges, as in a search. */
enum { RECALIBRATION_BATCHES = 8, BATCH_IMAGES = 64, CALIBRATION_IMAGES = 512 };

static const char *const metric_texts[] = {
#define TEXT(name, text, what) text,
    TNAS_METRICS(TEXT)
#undef TEXT
};

/* Everything behind one training. */
typedef struct training {
    const tnas_arguments *arguments;
    const char *folder;
    tnas_run_config config;
    uint64_t seed;
    tnas_graph graph;
    tnas_dataset *dataset;
    tnas_recipe recipe;
    tnas_finish_recipe finish;
    tnas_metric metric; /* what the validation images are to give most of */
    tnas_pool *pool;
    tnas_engine *engine;
    uint8_t *calibration_images;
    tnas_net *net;
    tnas_store *store;
    tnas_net *teacher_net;
    tnas_store *teacher_store;
    tnas_bn_stats teacher_stats;
    uint64_t teacher_hash; /* of the file's bytes; 0: none */
    tnas_finished finished;
    tnas_finish_counts test;       /* images 0: not read */
    int *confusion;                /* of the test images, [label][answer] */
    double validation_f1, test_f1; /* int8 */
    double seconds;
} training;

static tnas_status load_graph(const tnas_arguments *arguments, tnas_graph *out)
{
    const char *const what = arguments->text[TNAS_OPTION_net];
    if (!tnas_is_study(what))
        return tnas_named_graph_load(what, out);
    tnas_study *study;
    TNAS_TRY(tnas_arguments_study(arguments, what, NULL, &study));
    *out = study->model->graph;
    tnas_study_destroy(study);
    return TNAS_OK;
}

static tnas_status check_fit(const training *t, const tnas_graph *graph, const char *what)
{
    const tnas_tensor *const in = &graph->tensors[0];
    const tnas_tensor *const out = &graph->tensors[tnas_graph_output(graph)];
    const tnas_dataset *const d = t->dataset;
    if (in->h != d->h || in->w != d->w || in->c != d->c)
        return tnas_fail(TNAS_ERR_INPUT, "%s has images of %dx%dx%d, %s wants %dx%dx%d", d->name,
                         d->h, d->w, d->c, what, in->h, in->w, in->c);
    if (out->c != d->class_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s has %d classes, %s has %d outputs", d->name,
                         d->class_count, what, out->c);
    return TNAS_OK;
}

/* With --config what its searches fine-tune with, else the options' defaults. */
static tnas_status base_recipe(training *t, tnas_recipe *recipe)
{
    const int count = t->dataset->train.count;
    *recipe = tnas_recipe_default();
    t->finish = tnas_finish_recipe_default();
    if (t->arguments->text[TNAS_OPTION_config] == NULL)
        return TNAS_OK;
    const char *const name = t->config.preset[0] != '\0' ? t->config.preset : "quick";
    const tnas_preset *const preset = tnas_preset_find(name);
    if (preset == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "preset \"%s\" of the configuration: there is none", name);
    tnas_plan_of_work work;
    tnas_preset_resolve(preset, count, t->dataset->validation.count, &work);
    TNAS_TRY(tnas_overrides_apply(&t->config.overrides, &work));
    *recipe = work.finetune;
    t->finish = work.finish;
    if (t->arguments->given[TNAS_OPTION_validation_only])
        t->finish.with_validation = 0;
    t->metric = work.metric;
    return TNAS_OK;
}

static tnas_status choose_recipe(training *t, bool has_teacher)
{
    const tnas_arguments *const a = t->arguments;
    const double *const number = a->number;
    const int count = t->dataset->train.count;
    const bool bare = a->text[TNAS_OPTION_config] == NULL;
    tnas_recipe recipe;
    TNAS_TRY(base_recipe(t, &recipe));
    if (bare || a->given[TNAS_OPTION_epochs])
        recipe.steps =
            (int)fmin(fmax(1, round(number[TNAS_OPTION_epochs] * count / recipe.batch)), 10000000);
    if (bare || a->given[TNAS_OPTION_learning_rate])
        recipe.learning_rate = number[TNAS_OPTION_learning_rate];
    if (bare || a->given[TNAS_OPTION_weight_decay])
        recipe.weight_decay = number[TNAS_OPTION_weight_decay];
    if (bare || a->given[TNAS_OPTION_distill_share])
        recipe.distill_share = number[TNAS_OPTION_distill_share];
    if (bare || a->given[TNAS_OPTION_distill_temperature])
        recipe.distill_temperature = number[TNAS_OPTION_distill_temperature];
    const int shift = (int)number[TNAS_OPTION_shift];
    if (bare || a->given[TNAS_OPTION_shift])
        recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){shift > 0, shift};
    if (bare || a->given[TNAS_OPTION_flip])
        recipe.augment.doses[TNAS_AUGMENT_FLIP].probability = a->given[TNAS_OPTION_flip] ? 0.5 : 0;
    t->recipe = tnas_finish_train_recipe(&t->finish, &recipe, &t->graph, count, has_teacher);
    return TNAS_OK;
}

static tnas_status hash_file(const char *path, uint64_t *hash)
{
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, 1 << 30, &bytes, &byte_count));
    *hash = tnas_hash_bytes(TNAS_HASH_START, bytes, byte_count);
    tnas_free(bytes);
    return TNAS_OK;
}

static tnas_status open_teacher(training *t, const char *path)
{
    tnas_model *model;
    TNAS_TRY(tnas_model_load(path, &model));
    t->teacher_net = tnas_alloc_zero(1, sizeof *t->teacher_net);
    tnas_status status = t->teacher_net != NULL ? check_fit(t, &model->graph, path)
                                                : tnas_fail(TNAS_ERR_NOMEM, "teacher %s", path);
    if (status == TNAS_OK)
        status = tnas_net_from_model(model, t->teacher_net, &t->teacher_store, &t->teacher_stats);
    if (status == TNAS_OK)
        status = hash_file(path, &t->teacher_hash);
    tnas_model_destroy(model);
    return status;
}

static uint64_t hash_graph(const tnas_graph *graph)
{
    _Static_assert(sizeof(tnas_op) == 16 && sizeof(tnas_tensor) == 12, "no padding");
    const uint64_t hash = tnas_hash_bytes(TNAS_HASH_START, graph->ops,
                                          (size_t)graph->op_count * sizeof graph->ops[0]);
    return tnas_hash_bytes(hash, graph->tensors,
                           (size_t)graph->tensor_count * sizeof graph->tensors[0]);
}

static void add_hash(cJSON *o, const char *key, uint64_t hash)
{
    char text[24];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    cJSON_AddStringToObject(o, key, text);
}

/* What the folder is about: a second run goes on with the same training or is refused. */
static tnas_status claim_folder(const training *t)
{
    char path[TNAS_PATH_BYTES], result_path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, t->folder, "train.json"));
    TNAS_TRY(tnas_path_join(result_path, t->folder, "model.tnm"));
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(&t->recipe, values);
    const char *const teacher = t->arguments->text[TNAS_OPTION_teacher];
    cJSON *const o = tnas_json_result("tinynas-train-settings");
    add_hash(o, "data_hash", t->dataset->content_hash);
    cJSON_AddStringToObject(o, "net", t->arguments->text[TNAS_OPTION_net]);
    add_hash(o, "net_hash", hash_graph(&t->graph));
    cJSON_AddStringToObject(o, "teacher", teacher != NULL ? teacher : "");
    add_hash(o, "teacher_hash", t->teacher_hash);
    cJSON_AddStringToObject(o, "metric", metric_texts[t->metric]);
    cJSON_AddNumberToObject(o, "seed", (double)t->seed);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++)
        cJSON_AddNumberToObject(o, values[i].name, values[i].value);
#define ADD_FIELD(name, type, value, min, max, help)                                               \
    cJSON_AddNumberToObject(o, "finish." #name, t->finish.name);
    TNAS_FINISH_FIELDS(ADD_FIELD)
#undef ADD_FIELD
    char *const text = cJSON_Print(o);
    cJSON_Delete(o);
    if (text == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "settings of a training");
    tnas_status status = TNAS_OK;
    if (!tnas_file_exists(path)) {
        status = tnas_dir_create(t->folder);
        if (status == TNAS_OK)
            status = tnas_file_write(path, text, strlen(text));
    } else {
        uint8_t *bytes = NULL;
        size_t byte_count;
        status = tnas_file_read(path, 1 << 20, &bytes, &byte_count);
        if (status == TNAS_OK &&
            (byte_count != strlen(text) || memcmp(bytes, text, byte_count) != 0))
            status = tnas_fail(TNAS_ERR_USAGE,
                               "--out %s: the folder holds another training (train.json); choose "
                               "another",
                               t->folder);
        else if (status == TNAS_OK && tnas_file_exists(result_path))
            status =
                tnas_fail(TNAS_ERR_USAGE, "--out %s: this training is finished already", t->folder);
        tnas_free(bytes);
    }
    cJSON_free(text);
    return status;
}

static tnas_status open_parts(training *t)
{
    const tnas_arguments *const a = t->arguments;
    const char *const teacher = a->text[TNAS_OPTION_teacher];
    tnas_run_config *const config = &t->config;
    tnas_run_config_init(config);
    if (a->text[TNAS_OPTION_config] != NULL)
        TNAS_TRY(tnas_run_config_load(a->text[TNAS_OPTION_config], config));
    t->seed = config->has_seed && !a->given[TNAS_OPTION_seed]
                  ? config->seed
                  : (uint64_t)a->number[TNAS_OPTION_seed];
    if (config->data[0] == '\0')
        TNAS_TRY(tnas_arguments_require(a, TNAS_OPTION_data, "data"));
    const char *const data =
        a->text[TNAS_OPTION_data] != NULL ? a->text[TNAS_OPTION_data] : config->data;
    TNAS_TRY(load_graph(a, &t->graph));
    TNAS_TRY(tnas_arguments_data(a, &config->data_options));
    TNAS_TRY(tnas_dataset_load(data, &config->data_options, &t->dataset));
    TNAS_TRY(check_fit(t, &t->graph, a->text[TNAS_OPTION_net]));
    if (teacher != NULL)
        TNAS_TRY(open_teacher(t, teacher));
    TNAS_TRY(choose_recipe(t, teacher != NULL));
    TNAS_TRY(tnas_recipe_check(&t->recipe, "recipe"));
    TNAS_TRY(claim_folder(t));
    TNAS_TRY(tnas_pool_create(tnas_arguments_threads(a), &t->pool));
    const tnas_engine_config engine = {.pool = t->pool, .shards = t->recipe.shards};
    TNAS_TRY(tnas_engine_create(&engine, &t->engine));
    const size_t image_bytes =
        (size_t)t->dataset->h * (size_t)t->dataset->w * (size_t)t->dataset->c;
    const uint64_t seed = t->seed;
    TNAS_TRY(tnas_finish_sample_calibration(&t->dataset->train, image_bytes, CALIBRATION_IMAGES,
                                            seed, &t->calibration_images));
    t->net = tnas_alloc_zero(1, sizeof *t->net);
    if (t->net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "network");
    TNAS_TRY(tnas_net_build_fixed(&t->graph, t->net, &t->store));
    tnas_store_init_random(t->store, seed);
    return TNAS_OK;
}

/* Right answers on the images, and the macro F1 of the int8 network's. Release *confusion. */
static tnas_status count_answers(const training *t, const tnas_images *images,
                                 tnas_finish_counts *counts, double *f1, int **confusion)
{
    const size_t classes = (size_t)t->dataset->class_count;
    *confusion = tnas_alloc_zero(classes * classes, sizeof **confusion);
    if (*confusion == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "confusion matrix");
    TNAS_TRY(tnas_finished_count(&t->finished, t->engine, t->pool, images, counts, *confusion));
    *f1 = tnas_macro_f1(*confusion, t->dataset->class_count);
    return TNAS_OK;
}

static tnas_status count_validation(training *t)
{
    tnas_finish_counts counts;
    int *confusion = NULL;
    const tnas_status status =
        count_answers(t, &t->dataset->validation, &counts, &t->validation_f1, &confusion);
    tnas_free(confusion);
    return status;
}

/* The one place that sees test images. */
static tnas_status meet_the_test_set(training *t)
{
    if (t->arguments->given[TNAS_OPTION_validation_only])
        return TNAS_OK;
    tnas_images images;
    TNAS_TRY(tnas_dataset_read_test(t->dataset, &images));
    const tnas_status status = count_answers(t, &images, &t->test, &t->test_f1, &t->confusion);
    tnas_images_deinit(&images);
    return status;
}

static tnas_status run(training *t, const tnas_progress *progress)
{
    const double started = tnas_clock_seconds();
    TNAS_TRY(open_parts(t));
    const tnas_teacher teacher = {t->teacher_net, t->teacher_store, &t->teacher_stats};
    const tnas_finish_job job = {.engine = t->engine,
                                 .pool = t->pool,
                                 .train = &t->dataset->train,
                                 .validation = &t->dataset->validation,
                                 .calibration_images = t->calibration_images,
                                 .recalibration_batches = RECALIBRATION_BATCHES,
                                 .batch_images = BATCH_IMAGES,
                                 .range_images = CALIBRATION_IMAGES,
                                 .recipe = &t->recipe,
                                 .finish = t->finish,
                                 .metric = t->metric,
                                 .teacher = t->teacher_net != NULL ? &teacher : NULL,
                                 .seed = t->seed,
                                 .progress = progress,
                                 .folder = t->folder};
    TNAS_TRY(tnas_finish(&job, t->net, t->store, &t->finished));
    TNAS_TRY(count_validation(t));
    TNAS_TRY(meet_the_test_set(t));
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, t->folder, "model.tnm"));
    TNAS_TRY(tnas_model_save(t->finished.model, path));
    t->seconds = tnas_clock_seconds() - started;
    return TNAS_OK;
}

static void release(training *t)
{
    tnas_free(t->confusion);
    tnas_finished_deinit(&t->finished);
    tnas_bn_stats_deinit(&t->teacher_stats);
    tnas_store_destroy(t->teacher_store);
    tnas_free(t->teacher_net);
    tnas_store_destroy(t->store);
    tnas_free(t->net);
    tnas_free(t->calibration_images);
    tnas_engine_destroy(t->engine);
    tnas_pool_destroy(t->pool);
    tnas_dataset_destroy(t->dataset);
}

static double share(int right, int count)
{
    return count > 0 ? (double)right / count : NAN;
}

static void print_result(const training *t)
{
    const tnas_finished *const f = &t->finished;
    const int n = t->test.images;
    cJSON *const o = tnas_json_result("tinynas-train");
    cJSON_AddStringToObject(o, "folder", t->folder);
    cJSON_AddNumberToObject(o, "weights", (double)tnas_graph_weight_count(&t->graph));
    cJSON_AddNumberToObject(o, "macs", (double)tnas_graph_macs(&t->graph));
    cJSON_AddNumberToObject(o, "steps", t->recipe.steps);
    cJSON_AddNumberToObject(o, "validation_images", t->dataset->validation.count);
    cJSON_AddStringToObject(o, "metric", metric_texts[t->metric]); /* of the next three */
    cJSON_AddNumberToObject(o, "validation_float", f->validation_float);
    cJSON_AddNumberToObject(o, "validation_int8", f->validation_int8);
    tnas_json_add(o, "validation_int8_before_qat", f->validation_int8_before);
    cJSON_AddNumberToObject(o, "validation_macro_f1_int8", t->validation_f1);
    cJSON_AddNumberToObject(o, "test_images", n);
    tnas_json_add(o, "accuracy_float", share(t->test.float_right, n));
    tnas_json_add(o, "accuracy_int8", share(t->test.int8_right, n));
    tnas_json_add(o, "accuracy_95_half_width",
                  n > 0 ? tnas_wilson_half_width(share(t->test.int8_right, n), n) : NAN);
    tnas_json_add(o, "macro_f1_int8", n > 0 ? t->test_f1 : NAN);
    cJSON_AddNumberToObject(o, "seconds", t->seconds);
    if (t->confusion != NULL) {
        cJSON *const rows = cJSON_AddArrayToObject(o, "confusion");
        const int classes = t->dataset->class_count;
        for (int label = 0; label < classes; label++)
            cJSON_AddItemToArray(rows,
                                 cJSON_CreateIntArray(t->confusion + label * classes, classes));
    }
    tnas_result_print(t->arguments, o, NULL);
}

static void print_table(const training *t)
{
    const tnas_finished *const f = &t->finished;
    const int n = t->test.images, v = t->dataset->validation.count;
    tnas_print_header(t->arguments);
    printf("network    %s: %lld weights, %.3f MMAC\n", t->arguments->text[TNAS_OPTION_net],
           (long long)tnas_graph_weight_count(&t->graph),
           (double)tnas_graph_macs(&t->graph) * 1e-6);
    printf("training   %d steps of %d images, %.0f s\n", t->recipe.steps, t->recipe.batch,
           t->seconds);
    if (t->metric == TNAS_METRIC_ACCURACY)
        printf("validation int8 %.2f %% +- %.2f (95 %%), float %.2f %%, macro F1 %.2f %%, on %d "
               "images\n",
               100 * f->validation_int8, 100 * tnas_wilson_half_width(f->validation_int8, v),
               100 * f->validation_float, 100 * t->validation_f1, v);
    else
        printf("validation %s, int8 %.2f %%, float %.2f %%, on %d images\n",
               metric_texts[t->metric], 100 * f->validation_int8, 100 * f->validation_float, v);
    if (n > 0)
        printf(
            "accuracy   int8 %.2f %% +- %.2f (95 %%), float %.2f %%, macro F1 %.2f %%, on %d test "
            "images\n",
            100 * share(t->test.int8_right, n),
            100 * tnas_wilson_half_width(share(t->test.int8_right, n), n),
            100 * share(t->test.float_right, n), 100 * t->test_f1, n);
    printf("next       tinynas export %s/model.tnm --mcu M --as c --out DIR\n", t->folder);
}

tnas_status tnas_cmd_train(const tnas_arguments *arguments)
{
    if (arguments->operand_count > 0)
        return tnas_fail(TNAS_ERR_USAGE, "tinynas train takes options only, not \"%s\"",
                         arguments->operands[0]);
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_net, "net"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_out, "out"));
    training *t = tnas_alloc_zero(1, sizeof *t);
    if (t == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "training");
    t->arguments = arguments;
    t->folder = arguments->text[TNAS_OPTION_out];
    tnas_terminal terminal;
    tnas_terminal_init(&terminal, arguments);
    const tnas_status status = run(t, &terminal.progress);
    tnas_terminal_end(&terminal);
    if (status == TNAS_OK && tnas_wants_table(arguments))
        print_table(t);
    else if (status == TNAS_OK)
        print_result(t);
    release(t);
    tnas_free(t);
    return status;
}
