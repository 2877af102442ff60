/* tinynas measure: firmware that times networks and layers on a board. */
#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "cli/shell_word.h"
#include "cli/source.h"
#include "common/alloc.h"
#include "estimators/regions.h"
#include "estimators/runtimes.h"
#include "export/measure.h"
#include "export/measure_layers.h"
#include "quant/synthetic.h"

enum { SEED = 1 };

typedef struct measured {
    char name[TNAS_SOURCE_NAME_BYTES];
    tnas_image *image;
} measured;

typedef struct measurement {
    tnas_mcu *mcu;
    const tnas_runtime *runtime;
    size_t wide_bytes; /* what constants may grow by for wider weights */
    int count;
    measured *networks;
} measurement;

static tnas_status load_graph(const char *name, tnas_model **out)
{
    tnas_graph *const graph = tnas_alloc_zero(1, sizeof *graph);
    if (graph == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "graph %s", name);
    tnas_status status = tnas_named_graph_load(name, graph);
    if (status == TNAS_OK)
        status = tnas_synthetic_model(graph, SEED, out);
    tnas_free(graph);
    return status;
}

static tnas_status add_model(measurement *m, const tnas_model *model)
{
    measured *const network = &m->networks[m->count];
    TNAS_TRY(tnas_image_build_widened(model, m->runtime->target, m->wide_bytes, &network->image));
    const size_t room = tnas_arena_room(m->mcu, false);
    m->count++;
    if (network->image->model.arena_bytes > room)
        return tnas_fail(TNAS_ERR_INPUT, "%s needs %u bytes of SRAM, %s has %zu in one piece",
                         network->name, (unsigned)network->image->model.arena_bytes, m->mcu->name,
                         room);
    return TNAS_OK;
}

/* A graph has no numbers: it gets some. */
static tnas_status add_graph(const char *name, measurement *m)
{
    tnas_model *model;
    TNAS_TRY(load_graph(name, &model));
    const tnas_status status = add_model(m, model);
    tnas_model_destroy(model);
    return status;
}

static tnas_status add_source(const tnas_arguments *arguments, const char *name, measurement *m)
{
    tnas_source *source;
    TNAS_TRY(tnas_source_load(arguments, name, m->mcu->name, &source));
    const tnas_status status = add_model(m, source->model);
    tnas_source_destroy(source);
    return status;
}

static tnas_status add_models(const tnas_arguments *arguments, measurement *m)
{
    for (int i = 0; i < arguments->operand_count; i++) {
        const char *const name = arguments->operands[i];
        tnas_path_name(name, m->networks[m->count].name);
        TNAS_TRY(tnas_dir_exists(name) || tnas_is_model_path(name) ? add_source(arguments, name, m)
                                                                   : add_graph(name, m));
    }
    return TNAS_OK;
}

static tnas_status add_layers(measurement *m)
{
    tnas_graph *const graph = tnas_alloc_zero(1, sizeof *graph);
    if (graph == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "graph of a layer");
    tnas_status status = TNAS_OK;
    for (int i = 0; i < tnas_measure_layer_count() && status == TNAS_OK; i++) {
        tnas_model *model = NULL;
        tnas_measure_layer_graph(i, graph);
        snprintf(m->networks[m->count].name, TNAS_SOURCE_NAME_BYTES, "%s",
                 tnas_measure_layer_name(i));
        status = tnas_synthetic_model(graph, SEED, &model);
        if (status == TNAS_OK)
            status = add_model(m, model);
        tnas_model_destroy(model);
    }
    tnas_free(graph);
    return status;
}

/* A variant that was asked for by name is another runtime than the one a profile is about. */
static const char *runtime_in_rows(const tnas_arguments *arguments, const measurement *m)
{
    return arguments->given[TNAS_OPTION_runtime] ? m->runtime->name : TNAS_RUNTIME_OWN;
}

static tnas_status write_folder(const tnas_arguments *arguments, const measurement *m)
{
    tnas_measure_network *const networks = tnas_alloc_zero((size_t)m->count, sizeof *networks);
    if (networks == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d networks", m->count);
    for (int i = 0; i < m->count; i++)
        networks[i] = (tnas_measure_network){m->networks[i].name, m->networks[i].image};
    const tnas_measure_options options = {
        .folder = arguments->text[TNAS_OPTION_out],
        .mcu = m->mcu,
        .runtime = runtime_in_rows(arguments, m),
        .version = m->wide_bytes > 0 ? TNAS_VERSION " int16 weights" : TNAS_VERSION,
        .networks = networks,
        .network_count = m->count,
    };
    const tnas_status status = tnas_export_measure(&options);
    tnas_free(networks);
    return status;
}

static void print_result(const tnas_arguments *arguments, const measurement *m)
{
    const char *const folder = arguments->text[TNAS_OPTION_out];
    if (!tnas_wants_table(arguments)) {
        cJSON *const o = tnas_json_result("tinynas-measure");
        cJSON_AddStringToObject(o, "folder", folder);
        cJSON_AddStringToObject(o, "mcu", m->mcu->name);
        cJSON_AddStringToObject(o, "kernels", m->runtime->name);
        cJSON_AddNumberToObject(o, "networks", m->count);
        tnas_result_print(arguments, o, NULL);
        return;
    }
    char words[TNAS_SHELL_WORD_BYTES];
    printf("wrote %d networks with the kernels of %s to %s\n", m->count, m->runtime->name, folder);
    if (arguments->operand_count == 0)
        printf("note       these are single layers; a model of whole networks is fitted to whole "
               "networks: name some\n");
    printf("next       make -C %s library, linked into your board's project; save what it prints\n",
           tnas_shell_word(folder, words));
    printf("next       tinynas calibrate --mcu %s --runtime %s --measurements FILE.csv --out "
           "PROFILE.json\n",
           tnas_shell_word(m->mcu->name, words), runtime_in_rows(arguments, m));
}

static tnas_status choose_weights(const tnas_arguments *arguments, measurement *m)
{
    const char *const weights = arguments->text[TNAS_OPTION_weights];
    const bool wide = strcmp(weights, "int16") == 0;
    if (!wide && strcmp(weights, "int8") != 0)
        return tnas_fail(TNAS_ERR_USAGE, "--weights %s: measure takes int8 or int16", weights);
    m->wide_bytes = wide ? SIZE_MAX : 0;
    return TNAS_OK;
}

static tnas_status measure(const tnas_arguments *arguments, measurement *m)
{
    char what[64];
    const char *const given = arguments->text[TNAS_OPTION_runtime];
    TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &m->mcu));
    snprintf(what, sizeof what, "--runtime %.40s", given != NULL ? given : TNAS_RUNTIME_OWN);
    TNAS_TRY(tnas_runtime_need(given != NULL ? given : TNAS_RUNTIME_OWN, m->mcu->core, what,
                               &m->runtime));
    TNAS_TRY(choose_weights(arguments, m));
    const int most =
        arguments->operand_count > 0 ? arguments->operand_count : tnas_measure_layer_count();
    m->networks = tnas_alloc_zero((size_t)most, sizeof *m->networks);
    if (m->networks == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d networks", most);
    TNAS_TRY(arguments->operand_count > 0 ? add_models(arguments, m) : add_layers(m));
    TNAS_TRY(write_folder(arguments, m));
    print_result(arguments, m);
    return TNAS_OK;
}

tnas_status tnas_cmd_measure(const tnas_arguments *arguments)
{
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_out, "out"));
    measurement m = {0};
    const tnas_status status = measure(arguments, &m);
    for (int i = 0; i < m.count; i++)
        tnas_image_destroy(m.networks[i].image);
    tnas_free(m.networks);
    tnas_mcu_destroy(m.mcu);
    return status;
}
