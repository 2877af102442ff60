#include "tools/recipes/refit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/paths.h"
#include "tools/recipes/hand_on.h"

/* Below configs/, below the folder of shared data, or beside this file. */
static const struct {
    const char *path;
    bool shared, counted;
} files[] = {
    [TNAS_ROWS_TINYENGINE_H743] = {.path = "measurements/tinyengine_h743_f746.csv"},
    [TNAS_ROWS_F746] = {.path = "measurements/f746_networks.csv"},
    [TNAS_ROWS_H743_LAYERS] = {.path = "measurements/h743_mobilenet_layers.csv"},
    [TNAS_ROWS_MLPERF] = {.path = "measurements/mlperf_tiny.csv"},
    [TNAS_ROWS_GAP8] = {.path = "measurements/gap8_image_classification.csv"},
    [TNAS_ROWS_ZOO] = {.path = "boards/stm32ai_modelzoo.csv", .shared = true},
    [TNAS_ROWS_PAPER] = {.path = "boards/f746_f767_f446_networks.csv", .shared = true},
    [TNAS_ROWS_COUNTED] = {.path = "tools/recipes/counts_cortex_m7.csv", .counted = true},
};

static tnas_status shared_path(const char *below, char path[TNAS_PATH_BYTES])
{
    const char *const folder = getenv("SHARED");
    return tnas_path_join(path, folder != NULL ? folder : "../shared", below);
}

static tnas_status path_of(tnas_row_file file, char path[TNAS_PATH_BYTES])
{
    if (files[file].counted)
        return tnas_path_join(path, ".", files[file].path);
    return files[file].shared ? shared_path(files[file].path, path)
                              : tnas_config_path(files[file].path, path);
}

bool tnas_row_file_available(tnas_row_file file)
{
    char path[TNAS_PATH_BYTES];
    return path_of(file, path) == TNAS_OK && tnas_file_exists(path);
}

/* configs/graphs, and the tables of layers of the shared data when they are there. */
static tnas_status list_graphs(char *out, size_t out_bytes)
{
    static const char *const tables[] = {"models/layers.csv", "models/layers_generated.csv"};
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_path("graphs", path));
    int used = snprintf(out, out_bytes, "%s", path);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        TNAS_TRY(shared_path(tables[i], path));
        if (tnas_file_exists(path))
            used += snprintf(out + used, out_bytes - (size_t)used, ",%s", path);
        if (used >= (int)out_bytes)
            return tnas_fail(TNAS_ERR_INTERNAL, "%s: the list of graphs does not fit", path);
    }
    return TNAS_OK;
}

tnas_status tnas_row_file_load(tnas_row_file file, const char *mcu, const char *runtime,
                               const char *version, double clock_mhz,
                               const tnas_memory_terms *memory, tnas_measurements *out)
{
    *out = (tnas_measurements){0};
    static _Thread_local char graphs[3 * TNAS_PATH_BYTES];
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(path_of(file, path));
    TNAS_TRY(list_graphs(graphs, sizeof graphs));
    const tnas_measurement_query query = {
        .mcu = mcu,
        .runtime = runtime,
        .version = version,
        .graphs = graphs,
        .assumed_clock_mhz = clock_mhz,
        .memory = memory,
    };
    return tnas_measurements_load(path, &query, out);
}

/* Of the recipe itself, whatever its kin. */
static void plain_prior(const tnas_recipe *recipe, tnas_latency_model *out)
{
    tnas_prior_of(recipe->prior, out);
    if (recipe->prior != TNAS_PRIOR_GAP8)
        out->memory = recipe->memory;
}

static const tnas_recipe *kin_of(const tnas_recipe *recipe)
{
    return recipe->kin_mcu != NULL
               ? tnas_recipe_find(recipe->kin_mcu, recipe->runtime, recipe->kin_version)
               : NULL;
}

static bool ships_rows(const tnas_recipe *recipe)
{
    for (int i = 0; i < TNAS_RECIPE_SETS_MAX; i++)
        if (files[recipe->sets[i].file].shared)
            return false;
    return true;
}

static bool has_rows(const tnas_recipe *recipe)
{
    for (int i = 0; i < TNAS_RECIPE_SETS_MAX; i++)
        if (recipe->sets[i].file != TNAS_ROWS_NONE &&
            !tnas_row_file_available(recipe->sets[i].file))
            return false;
    return true;
}

bool tnas_recipe_available(const tnas_recipe *recipe)
{
    const tnas_recipe *const kin = kin_of(recipe);
    return has_rows(recipe) && (kin == NULL || has_rows(kin));
}

/* Float networks of MLPerf Tiny, which stand under the same runtime. */
static bool is_float(const char *model)
{
    return strcmp(model, "ad01_fp32") == 0 || strcmp(model, "pretrainedResnet") == 0 ||
           strcmp(model, "vww_96_float") == 0;
}

/* Features of the network without the channels that compute nothing. */
static tnas_status drop_dead(const tnas_memory_terms *memory, tnas_measurement *row)
{
    char path[TNAS_PATH_BYTES];
    tnas_graph graph;
    if (strcmp(row->model, "vww_96_int8") != 0)
        return TNAS_OK;
    TNAS_TRY(tnas_config_path("graphs/vww_96_int8-live.json", path));
    TNAS_TRY(tnas_graph_load(path, &graph));
    tnas_features_of_graph(memory, &graph, row->x);
    return TNAS_OK;
}

/* A submission that was handed in again is not a second fact. */
static bool is_repetition(const tnas_measurement *row, const tnas_measurement *kept, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(kept[i].model, row->model) == 0 && strcmp(kept[i].layer, row->layer) == 0 &&
            fabs(row->cycles / kept[i].cycles - 1) < 0.01)
            return true;
    return false;
}

static tnas_status set_rows(const tnas_recipe *recipe, const tnas_row_set *set,
                            const tnas_memory_terms *memory, tnas_measurements *out)
{
    const char *const version = set->version != NULL ? set->version : recipe->version;
    TNAS_TRY(tnas_row_file_load(set->file, set->mcu, recipe->runtime, version, recipe->clock_mhz,
                                memory, out));
    int kept = 0;
    for (int i = 0; i < out->count; i++) {
        tnas_measurement *const row = &out->rows[i];
        if (!row->has_graph || row->cycles == 0 || is_float(row->model) ||
            (recipe->apart != NULL && strstr(row->model, recipe->apart) != NULL) ||
            (set->layers && strcmp(row->layer, "network") == 0) ||
            (set->model != NULL && strcmp(row->model, set->model) != 0))
            continue;
        if (set->file == TNAS_ROWS_MLPERF && is_repetition(row, out->rows, kept))
            continue;
        if (recipe->drops_dead)
            TNAS_TRY(drop_dead(memory, row));
        row->version = recipe->version; /* where the file does not say it */
        out->rows[kept++] = *row;
    }
    out->count = kept;
    return TNAS_OK;
}

tnas_status tnas_recipe_rows_load(const tnas_recipe *recipe, tnas_recipe_rows *out)
{
    *out = (tnas_recipe_rows){0};
    tnas_latency_model prior;
    plain_prior(recipe, &prior);
    int total = 0;
    for (int i = 0; i < TNAS_RECIPE_SETS_MAX; i++) {
        if (recipe->sets[i].file == TNAS_ROWS_NONE)
            continue;
        const tnas_status status =
            set_rows(recipe, &recipe->sets[i], &prior.memory, &out->sets[out->set_count]);
        if (status != TNAS_OK) {
            tnas_recipe_rows_deinit(out);
            return status;
        }
        total += out->sets[out->set_count++].count;
    }
    out->all.memory = prior.memory;
    out->all.rows = TNAS_ARENA_NEW(&out->sets[0].arena, tnas_measurement, (size_t)total + 1);
    if (out->all.rows == NULL) {
        tnas_recipe_rows_deinit(out);
        return tnas_fail(TNAS_ERR_NOMEM, "rows of %s %s", recipe->mcu, recipe->runtime);
    }
    for (int i = 0; i < out->set_count; i++)
        for (int k = 0; k < out->sets[i].count; k++)
            out->all.rows[out->all.count++] = out->sets[i].rows[k];
    return TNAS_OK;
}

void tnas_recipe_rows_deinit(tnas_recipe_rows *rows)
{
    for (int i = 0; i < rows->set_count; i++)
        tnas_measurements_deinit(&rows->sets[i]);
    *rows = (tnas_recipe_rows){0};
}

static tnas_status fit_rows(const tnas_recipe *recipe, const tnas_latency_model *prior,
                            tnas_latency_model *out)
{
    tnas_recipe_rows rows;
    TNAS_TRY(tnas_recipe_rows_load(recipe, &rows));
    tnas_status status = TNAS_OK;
    if (rows.all.count == 0)
        status = tnas_fail(TNAS_ERR_INPUT, "%s: no row of %s %s has a network and a clock",
                           recipe->mcu, recipe->runtime, recipe->version);
    else
        status = tnas_latency_fit(&rows.all, prior, out);
    tnas_recipe_rows_deinit(&rows);
    return status;
}

tnas_status tnas_recipe_prior(const tnas_recipe *recipe, tnas_latency_model *out)
{
    plain_prior(recipe, out);
    if (recipe->kin_mcu == NULL)
        return TNAS_OK;
    const tnas_recipe *const kin = kin_of(recipe);
    if (kin == NULL)
        return tnas_fail(TNAS_ERR_INTERNAL, "%s %s: no recipe of its kin %s %s", recipe->mcu,
                         recipe->runtime, recipe->kin_mcu, recipe->kin_version);
    tnas_latency_model prior, model;
    plain_prior(kin, &prior);
    TNAS_TRY(fit_rows(kin, &prior, &model));
    tnas_latency_hand_on(&model, out);
    out->memory = recipe->memory;
    return TNAS_OK;
}

tnas_status tnas_recipe_fit(const tnas_recipe *recipe, tnas_latency_model *out)
{
    tnas_latency_model prior;
    TNAS_TRY(tnas_recipe_prior(recipe, &prior));
    TNAS_TRY(fit_rows(recipe, &prior, out));
    if (!ships_rows(recipe))
        out->fitted_count = 0; /* coefficients may be passed on, these rows may not */
    out->drops_dead = recipe->drops_dead;
    snprintf(out->runtime, sizeof out->runtime, "%s", recipe->runtime);
    snprintf(out->version, sizeof out->version, "%s", recipe->version);
    if (recipe->kin_mcu == NULL)
        snprintf(out->source, sizeof out->source, "%s", recipe->source);
    else
        snprintf(out->source, sizeof out->source, "%s; prior handed on from %s %s %s",
                 recipe->source, recipe->kin_mcu, recipe->runtime, recipe->kin_version);
    return TNAS_OK;
}

tnas_status tnas_profile_refit(tnas_mcu *mcu, int *skipped)
{
    *skipped = 0;
    for (int i = 0; i < tnas_recipe_count(); i++) {
        const tnas_recipe *const recipe = tnas_recipe_at(i);
        if (strcmp(recipe->mcu, mcu->name) != 0)
            continue;
        if (!tnas_recipe_available(recipe)) {
            ++*skipped;
            continue;
        }
        tnas_latency_model model;
        TNAS_TRY(tnas_recipe_fit(recipe, &model));
        TNAS_TRY(tnas_mcu_set_latency_model(mcu, &model));
    }
    return tnas_hand_on_all(mcu, skipped);
}
