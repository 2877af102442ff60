/* Everything a search reads before it works: data, part, space, limits, threads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/paths.h"
#include "estimators/regions.h"
#include "export/export.h"
#include "study/run_internal.h"

static tnas_status hash_file(const char *path, uint64_t *hash)
{
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, 1 << 24, &bytes, &byte_count));
    *hash = tnas_hash_bytes(*hash, bytes, byte_count);
    tnas_free(bytes);
    return TNAS_OK;
}

/* The target is this part as its profile describes it now. */
static tnas_status name_target(tnas_run *run, const char *code_sizes_path)
{
    tnas_search_target *const target = &run->target;
    snprintf(target->mcu, sizeof target->mcu, "%s", run->mcu->name);
    snprintf(target->runtime, sizeof target->runtime, "%s", run->request->runtime);
    if (realpath(run->mcu->path, target->profile) == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s", run->mcu->path);
    target->rules_hash = TNAS_HASH_START;
    TNAS_TRY(hash_file(target->profile, &target->rules_hash));
    TNAS_TRY(hash_file(code_sizes_path, &target->rules_hash));
    target->limits = run->estimator.limits;
    return TNAS_OK;
}

static tnas_status open_part(tnas_run *run)
{
    const tnas_search_request *const request = run->request;
    TNAS_TRY(tnas_mcu_load(request->mcu, &run->mcu));
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_code_sizes_load_for(run->mcu->core, &run->sizes, path));
    if (strcmp(request->runtime, TNAS_RUNTIME_OWN) != 0)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--runtime %s: a search ends in an export for tinynas; networks for other "
                         "runtimes can be estimated, not searched",
                         request->runtime);
    run->estimator = (tnas_estimator){
        .mcu = run->mcu,
        .runtime = tnas_runtime_find(request->runtime, run->mcu->core),
        .latency = tnas_mcu_latency_model(run->mcu, request->runtime),
        .sizes = &run->sizes,
        .limits = request->limits,
    };
    tnas_limits_clip(run->mcu, run->estimator.runtime, &run->estimator.limits);
    if (run->estimator.latency == NULL && isfinite(run->estimator.limits.latency_ms))
        return tnas_fail(TNAS_ERR_USAGE,
                         "--max-latency-ms %g: the profile of %s has no latency model for %s",
                         request->limits.latency_ms, run->mcu->name, request->runtime);
    return name_target(run, path);
}

static void describe_part(tnas_run *run)
{
    tnas_search_report *const report = run->report;
    const tnas_latency_model *const model = run->estimator.latency;
    report->target = run->target;
    report->clock_mhz = run->mcu->clock_mhz;
    tnas_arena_place place;
    tnas_arena_place_find(run->mcu, SIZE_MAX, false, &place);
    snprintf(report->region, sizeof report->region, "%.31s", place.text);
    if (model != NULL)
        tnas_latency_describe(model, report->latency_source, sizeof report->latency_source);
}

/* Sounds need a front end on the part, too. */
static tnas_status price_front_end(tnas_run *run)
{
    const tnas_sound_features *const features = run->dataset->features;
    tnas_search_report *const report = run->report;
    if (features == NULL)
        return TNAS_OK;
    run->front_end = tnas_front_end_of(features);
    run->estimator.front_end = &run->front_end;
    size_t code_bytes;
    TNAS_TRY(tnas_front_end_code_bytes(&run->sizes, &code_bytes));
    report->features_flash_bytes = code_bytes + run->front_end.table_bytes;
    report->features_scratch_bytes = run->front_end.scratch_bytes;
    tnas_front_end_predict(&run->front_end, run->mcu->core, run->mcu->clock_mhz,
                           &report->features_time);
    return TNAS_OK;
}

tnas_status tnas_study_fit_options(const tnas_space *space, tnas_data_options *options)
{
    if (space->input_count == 0)
        return TNAS_OK;
    if (options->resize[0] != '\0')
        return tnas_fail(TNAS_ERR_USAGE,
                         "--resize %s: space %s chooses among sizes of its own, leave it out",
                         options->resize, space->name);
    snprintf(options->resize, sizeof options->resize, "%dx%d", space->inputs[0].h,
             space->inputs[0].w);
    return TNAS_OK;
}

tnas_status tnas_run_open_inputs(tnas_run *run)
{
    const tnas_search_request *const request = run->request;
    if (request->preset != NULL && tnas_preset_find(request->preset) == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "--preset %s: must be smoke, quick, standard or thorough",
                         request->preset);
    TNAS_TRY(open_part(run));
    describe_part(run);
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_find("spaces", request->space, path));
    if (realpath(path, run->space_file) == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s", path);
    TNAS_TRY(tnas_space_load(path, &run->space));
    tnas_data_options options = request->data_options;
    TNAS_TRY(tnas_study_fit_options(&run->space, &options));
    TNAS_TRY(tnas_dataset_load(request->data, &options, &run->dataset));
    run->dataset->options = request->data_options; /* as the study knows them */
    if (run->dataset->test_count == 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: has no test split to judge the winner with: see --test-share",
                         run->dataset->name);
    TNAS_TRY(price_front_end(run));
    if (run->dataset->validation.count == 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %d training images leave none to validate candidates with; more than "
                         "one image of some class is needed",
                         run->dataset->name, run->dataset->train.count);
    TNAS_TRY(tnas_pool_create(request->threads, &run->pool));
    run->config = tnas_alloc_zero(1, sizeof *run->config);
    if (run->config == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "space %s", run->space.name);
    return TNAS_OK;
}
