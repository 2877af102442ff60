#include "cli/compared.h"

#include <string.h>
#include <strings.h>

#include "cli/limits.h"
#include "common/alloc.h"

static bool counts_alike(const tnas_memory_terms *a, const tnas_memory_terms *b)
{
    return a->fast_ram_bytes == b->fast_ram_bytes && a->chip_flash_bytes == b->chip_flash_bytes &&
           a->stall_cycles_byte == b->stall_cycles_byte && a->padded_copies == b->padded_copies &&
           a->stall_cycles_mac == b->stall_cycles_mac;
}

/* The runtime's models of the profile, newest first; with --runtime-version that one alone. */
static tnas_status choose_models(const tnas_arguments *arguments, tnas_compared *r)
{
    const char *const version = arguments->text[TNAS_OPTION_runtime_version];
    TNAS_TRY(tnas_arguments_runtime(arguments, r->runtime));
    r->models[0] = tnas_mcu_latency_model(r->mcu, r->runtime);
    if (r->models[0] == NULL)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--runtime %s: the profile of %s has no such latency model; see tinynas "
                         "mcu show %s",
                         r->runtime, r->mcu->name, r->mcu->name);
    r->model_count = 1;
    for (int i = 0; i < r->mcu->model_count; i++) {
        const tnas_latency_model *const model = &r->mcu->models[i];
        if (model == r->models[0] || strcmp(model->runtime, r->runtime) != 0)
            continue;
        if (version != NULL && strcasecmp(model->version, version) == 0)
            r->models[0] = model;
        else if (version == NULL)
            r->models[r->model_count++] = model;
    }
    /* One reading of the rows counts one set of memory terms. */
    for (int i = 1; i < r->model_count; i++)
        if (!counts_alike(&r->models[i]->memory, &r->models[0]->memory))
            return tnas_fail(TNAS_ERR_USAGE,
                             "the models of %s %s and %s count memory differently: choose one with "
                             "--runtime-version",
                             r->runtime, r->models[0]->version, r->models[i]->version);
    return TNAS_OK;
}

static tnas_status load(const tnas_arguments *arguments, tnas_compared *r)
{
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_measurements, "measurements"));
    TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &r->mcu));
    TNAS_TRY(choose_models(arguments, r));
    TNAS_TRY(tnas_board_rows_load(arguments, r->mcu, r->models[0]->clock_mhz, &r->models[0]->memory,
                                  &r->rows));
    r->compared = tnas_alloc_zero((size_t)r->rows.count, sizeof *r->compared);
    if (r->compared == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "comparison of %d rows", r->rows.count);
    return tnas_latency_compare(r->models, r->model_count, &r->rows, &r->summary, r->compared);
}

tnas_status tnas_compared_load(const tnas_arguments *arguments, tnas_compared **out)
{
    *out = NULL;
    tnas_compared *r = tnas_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "comparison");
    const tnas_status status = load(arguments, r);
    if (status == TNAS_OK)
        *out = r;
    else
        tnas_compared_destroy(r);
    return status;
}

void tnas_compared_destroy(tnas_compared *compared)
{
    if (compared == NULL)
        return;
    tnas_free(compared->compared);
    tnas_measurements_deinit(&compared->rows);
    tnas_mcu_destroy(compared->mcu);
    tnas_free(compared);
}
