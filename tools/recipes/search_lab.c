#include "tools/recipes/search_lab.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/io.h"
#include "common/paths.h"
#include "common/progress.h"
#include "study/train_supernet.h"

enum { VALIDATION_IMAGES = 2000 };

/* Four in ten of the space's networks fit. */
static const char part[] = "stm32f746";
static const tnas_limits limits = {
    .flash_bytes = 112 * 1024, .sram_bytes = 40 * 1024, .latency_ms = 40};

static tnas_status open_part(search_lab *lab)
{
    TNAS_TRY(tnas_mcu_load(part, &lab->mcu));
    TNAS_TRY(tnas_code_sizes_load_for(lab->mcu->core, &lab->sizes, NULL));
    lab->estimator = (tnas_estimator){
        .mcu = lab->mcu,
        .runtime = tnas_runtime_find("tinynas", lab->mcu->core),
        .latency = tnas_mcu_latency_model(lab->mcu, "tinynas"),
        .sizes = &lab->sizes,
        .limits = limits,
    };
    tnas_limits_clip(lab->mcu, lab->estimator.runtime, &lab->estimator.limits);
    return TNAS_OK;
}

static tnas_status open_space(search_lab *lab, const char *space, int width)
{
    const tnas_dataset *const data = lab->dataset;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_find("spaces", space, path));
    TNAS_TRY(tnas_space_load(path, &lab->space));
    lab->config = tnas_alloc_zero(1, sizeof *lab->config);
    if (lab->config == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "space");
    return tnas_space_configure(&lab->space, 0,
                                width == SEARCH_LAB_WIDEST ? lab->space.width_count - 1 : width,
                                data->h, data->w, data->c, data->class_count, lab->config);
}

static void report(void *context, const char *stage, long done, long total, const char *unit,
                   const char *remark)
{
    (void)context;
    if (done % 100 == 0)
        fprintf(stderr, "%s %ld/%ld %s, %s\n", stage, done, total, unit, remark);
}

static tnas_status open_supernet(search_lab *lab, const char *folder)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_dir_create(folder));
    TNAS_TRY(tnas_path_join(path, folder, "supernet.bin"));
    const tnas_kernel_source kernels = tnas_supernet_recipe_kernels(lab->work.recipe);
    TNAS_TRY(tnas_supernet_create(lab->config, kernels, 1, &lab->supernet));
    const tnas_progress progress = {.report = report};
    const tnas_supernet_training training = {
        .supernet = lab->supernet,
        .recipe = lab->work.recipe,
        .numbers = &lab->work.supernet,
        .engine = lab->engine,
        .images = &lab->dataset->train,
        .options = {.seed = 1, .progress = &progress, .stage = "supernet"},
        .path = path};
    return tnas_supernet_train(&training);
}

static tnas_status draw_calibration(search_lab *lab)
{
    const tnas_images *const train = &lab->dataset->train;
    const size_t image_bytes =
        (size_t)lab->dataset->h * (size_t)lab->dataset->w * (size_t)lab->dataset->c;
    const int count = lab->work.recalibration_batches * lab->work.batch_images;
    lab->calibration_images = tnas_alloc_zero((size_t)count, image_bytes);
    if (lab->calibration_images == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d calibration images", count);
    tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_CALIBRATION, 0);
    for (int i = 0; i < count; i++)
        memcpy(lab->calibration_images + (size_t)i * image_bytes,
               train->pixels + tnas_rng_below(&rng, (uint32_t)train->count) * image_bytes,
               image_bytes);
    return TNAS_OK;
}

static tnas_status remember(search_lab *lab, uint64_t key, const tnas_arch *arch, double accuracy)
{
    if (lab->known_count == lab->known_capacity) {
        const int capacity = 2 * lab->known_capacity + 256;
        struct judged *const bigger =
            tnas_alloc_grow(lab->known, (size_t)lab->known_count, (size_t)capacity, sizeof *bigger);
        if (bigger == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "%d accuracies", capacity);
        lab->known = bigger;
        lab->known_capacity = capacity;
    }
    lab->known[lab->known_count++] = (struct judged){key, *arch, accuracy};
    return TNAS_OK;
}

/* The journal belongs to these weights and this judging. */
static tnas_status open_journal(search_lab *lab, const char *folder)
{
    const tnas_store *const store = lab->supernet->store;
    uint64_t key =
        tnas_hash_bytes(TNAS_HASH_START, store->values, store->value_count * sizeof *store->values);
    key = tnas_hash_bytes(key, &lab->validation_images, sizeof lab->validation_images);
    char name[64], path[TNAS_PATH_BYTES];
    snprintf(name, sizeof name, "accuracies-%016llx.txt", (unsigned long long)key);
    TNAS_TRY(tnas_path_join(path, folder, name));
    lab->journal = fopen(path, "a+");
    if (lab->journal == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot open %s", path);
    unsigned long long read_key;
    double accuracy;
    char text[TNAS_ARCH_TEXT_BYTES];
    _Static_assert(sizeof text == 5760, "the width below");
    while (fscanf(lab->journal, "%llx %lf %5759s", &read_key, &accuracy, text) == 3) {
        tnas_arch arch;
        TNAS_TRY(tnas_arch_parse(&lab->config->genes, text, &arch));
        TNAS_TRY(remember(lab, read_key, &arch, accuracy));
    }
    return TNAS_OK;
}

tnas_status search_lab_open(const char *data, const char *folder, const char *space, int width,
                            int threads, bool keep, search_lab *lab)
{
    *lab = (search_lab){0};
    TNAS_TRY(tnas_dataset_load(data, NULL, &lab->dataset));
    tnas_preset_resolve(tnas_preset_find("quick"), lab->dataset->train.count,
                        lab->dataset->validation.count, &lab->work);
    lab->validation_images = VALIDATION_IMAGES;
    if (lab->dataset->validation.count <= VALIDATION_IMAGES)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d validation images; more than %d are needed", data,
                         lab->dataset->validation.count, VALIDATION_IMAGES);
    TNAS_TRY(open_space(lab, space, width));
    TNAS_TRY(open_part(lab));
    TNAS_TRY(tnas_pool_create(threads, &lab->pool));
    const tnas_engine_config engine = {.pool = lab->pool, .shards = lab->work.supernet.shards};
    TNAS_TRY(tnas_engine_create(&engine, &lab->engine));
    TNAS_TRY(open_supernet(lab, folder));
    TNAS_TRY(draw_calibration(lab));
    return keep ? open_journal(lab, folder) : TNAS_OK;
}

void search_lab_close(search_lab *lab)
{
    if (lab->journal != NULL)
        fclose(lab->journal);
    tnas_free(lab->known);
    tnas_predictor_destroy(lab->imitation);
    tnas_free(lab->calibration_images);
    tnas_supernet_destroy(lab->supernet);
    tnas_engine_destroy(lab->engine);
    tnas_pool_destroy(lab->pool);
    tnas_mcu_destroy(lab->mcu);
    tnas_free(lab->config);
    tnas_dataset_destroy(lab->dataset);
}

tnas_status search_lab_price(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    search_lab *const lab = context;
    const double started = tnas_clock_seconds();
    tnas_graph graph;
    tnas_space_decode(lab->config, arch, &graph, NULL);
    const tnas_status status = tnas_estimate(&lab->estimator, &graph, cost);
    lab->price_seconds += tnas_clock_seconds() - started;
    return status;
}

/* Accuracy on count validation images from `first` on. */
static tnas_status judge_net(search_lab *lab, const tnas_net *net, int first, int count,
                             double *accuracy)
{
    const tnas_store *const store = lab->supernet->store;
    const tnas_images *const images = &lab->dataset->validation;
    const size_t image_bytes =
        (size_t)lab->dataset->h * (size_t)lab->dataset->w * (size_t)lab->dataset->c;
    tnas_bn_stats stats;
    TNAS_TRY(tnas_bn_stats_init(net, &stats));
    tnas_status status =
        tnas_engine_recalibrate(lab->engine, store, net, lab->calibration_images,
                                lab->work.recalibration_batches, lab->work.batch_images, &stats);
    int correct = 0;
    const tnas_batch batch = {.images = images->pixels + (size_t)first * image_bytes,
                              .labels = images->labels + first,
                              .count = count};
    if (status == TNAS_OK)
        status = tnas_engine_count_correct(lab->engine, store, net, &stats, &batch, &correct);
    tnas_bn_stats_deinit(&stats);
    *accuracy = (double)correct / count;
    return status;
}

static tnas_status judge_arch(search_lab *lab, const tnas_arch *arch, int first, int count,
                              double *accuracy)
{
    tnas_net *const net = tnas_alloc_zero(1, sizeof *net);
    if (net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "candidate network");
    tnas_status status = tnas_supernet_view(lab->supernet, arch, net);
    if (status == TNAS_OK)
        status = judge_net(lab, net, first, count, accuracy);
    tnas_free(net);
    return status;
}

static bool is_known(const search_lab *lab, uint64_t key, double *accuracy)
{
    for (int i = 0; i < lab->known_count; i++) {
        if (lab->known[i].key == key) {
            *accuracy = lab->known[i].accuracy;
            return true;
        }
    }
    return false;
}

static tnas_status note(search_lab *lab, uint64_t key, const tnas_arch *arch, double accuracy)
{
    if (lab->journal != NULL) {
        char text[TNAS_ARCH_TEXT_BYTES];
        tnas_arch_print(&lab->config->genes, arch, text);
        fprintf(lab->journal, "%016llx %.9g %s\n", (unsigned long long)key, accuracy, text);
        fflush(lab->journal);
    }
    return remember(lab, key, arch, accuracy);
}

static tnas_status imitate(const search_lab *lab, const tnas_arch *arch, double noise,
                           double *accuracy)
{
    const uint64_t hash = tnas_arch_hash(&lab->config->genes, arch);
    tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_PREDICTOR, hash);
    tnas_predictor_predict(lab->imitation, arch, 1, accuracy);
    *accuracy += noise * tnas_rng_normal(&rng);
    *accuracy = *accuracy < 0 ? 0 : *accuracy > 1 ? 1 : *accuracy;
    return TNAS_OK;
}

tnas_status search_lab_imitate(search_lab *lab, tnas_predictor_report *report)
{
    tnas_sample *const samples = tnas_alloc_zero((size_t)lab->known_count + 1, sizeof *samples);
    tnas_predictor *imitation = NULL;
    if (samples == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d samples", lab->known_count);
    int count = 0;
    for (int i = 0; i < lab->known_count; i++) {
        const struct judged *const known = &lab->known[i];
        if (known->key == tnas_arch_hash(&lab->config->genes, &known->arch)) /* not confirmed */
            samples[count++] = (tnas_sample){known->arch, known->accuracy};
    }
    tnas_status status = tnas_predictor_create(&lab->config->genes, &imitation);
    if (status == TNAS_OK)
        status = tnas_predictor_fit(imitation, samples, count, 1, report);
    tnas_free(samples);
    if (status != TNAS_OK) {
        tnas_predictor_destroy(imitation);
        return status;
    }
    lab->imitation = imitation;
    lab->noise = report->rmse;
    return TNAS_OK;
}

tnas_status search_lab_judge(search_lab *lab, const tnas_arch *arch, double *accuracy)
{
    const uint64_t hash = tnas_arch_hash(&lab->config->genes, arch);
    if (lab->imitation != NULL)
        return imitate(lab, arch, lab->noise, accuracy);
    if (is_known(lab, hash, accuracy))
        return TNAS_OK;
    const double started = tnas_clock_seconds();
    TNAS_TRY(judge_arch(lab, arch, 0, lab->validation_images, accuracy));
    lab->judge_seconds += tnas_clock_seconds() - started;
    lab->judged++;
    return note(lab, hash, arch, *accuracy);
}

tnas_status search_lab_confirm(search_lab *lab, const tnas_arch *arch, double *accuracy)
{
    const uint64_t key = ~tnas_arch_hash(&lab->config->genes, arch);
    if (lab->imitation != NULL)
        return imitate(lab, arch, 0, accuracy);
    if (is_known(lab, key, accuracy))
        return TNAS_OK;
    const int first = lab->validation_images;
    TNAS_TRY(judge_arch(lab, arch, first, lab->dataset->validation.count - first, accuracy));
    return note(lab, key, arch, *accuracy);
}

tnas_search_config search_lab_config(search_lab *lab, tnas_strategy strategy,
                                     const tnas_evolution *evolution, uint64_t seed)
{
    return (tnas_search_config){
        .genes = &lab->config->genes,
        .strategy = strategy,
        .evolution = *evolution,
        .objective = {.validation_images = lab->validation_images},
        .seed = seed,
        .price = search_lab_price,
        .price_context = lab,
    };
}

tnas_status search_lab_run(search_lab *lab, const tnas_search_config *config, int measured_max,
                           tnas_search **out)
{
    TNAS_TRY(tnas_search_create(config, out));
    while (!tnas_search_done(*out) &&
           (measured_max == 0 || tnas_search_measured_count(*out) < measured_max)) {
        tnas_candidate candidate;
        int given;
        TNAS_TRY(tnas_search_ask(*out, &candidate, 1, &given));
        if (given == 0)
            break;
        double accuracy;
        TNAS_TRY(search_lab_judge(lab, &candidate.arch, &accuracy));
        TNAS_TRY(tnas_search_tell(*out, &accuracy, 1));
    }
    return TNAS_OK;
}
