/* Latency models in profiles. A model names its terms, and only those are written: the
 * covariance is the lower triangle in the order of the terms, then the common shift, then the
 * families. */
#include "estimators/profile_internal.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* Indices of the parameters that a model's covariance is written for, in order. */
typedef struct parameter_list {
    int count;
    int index[TNAS_LATENCY_PARAMETERS];
} parameter_list;

static parameter_list list_parameters(const tnas_latency_model *model)
{
    parameter_list list = {0};
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        if (model->coefficient[f] > 0)
            list.index[list.count++] = f;
    list.index[list.count++] = TNAS_LATENCY_SHIFT;
    for (int family = 0; family < TNAS_FAMILY_COUNT; family++)
        if (model->family_rows[family] > 0)
            list.index[list.count++] = TNAS_LATENCY_OFFSET + family;
    return list;
}

static tnas_status read_count(const tnas_json_at *at, const char *key, int *out)
{
    int64_t value;
    TNAS_TRY(tnas_json_int(at, key, 0, 1000000, &value));
    *out = (int)value;
    return TNAS_OK;
}

static bool is_mac_term(int feature)
{
    static const char ending[] = "_mac";
    const char *const name = tnas_feature_name(feature);
    const size_t length = strlen(name), end = sizeof ending - 1;
    return length >= end && strcmp(name + length - end, ending) == 0;
}

static tnas_status read_terms(const tnas_json_at *at, tnas_latency_model *model)
{
    tnas_json_at list;
    TNAS_TRY(tnas_json_array(at, "terms", &list));
    int previous = -1;
    for (int i = 0; i < tnas_json_length(&list); i++) {
        const tnas_json_at term = tnas_json_item(&list, i);
        const char *name;
        TNAS_TRY(tnas_json_object(&term, NULL, &(tnas_json_at){0}));
        TNAS_TRY(tnas_json_allow_keys(&term, "name,cycles,rows"));
        TNAS_TRY(tnas_json_string(&term, "name", &name));
        const int f = tnas_feature_parse(name);
        if (f == TNAS_NONE)
            return tnas_json_fail(&term, "name = \"%s\": no such feature", name);
        if (f <= previous)
            return tnas_json_fail(&term,
                                  "name = \"%s\": terms must be in the order of the "
                                  "features, each once",
                                  name);
        previous = f;
        TNAS_TRY(tnas_json_number(&term, "cycles", DBL_MIN, 1e12, &model->coefficient[f]));
        TNAS_TRY(read_count(&term, "rows", &model->term_rows[f]));
    }
    /* Without them a network of such operators would be free. */
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        if (is_mac_term(f) && model->coefficient[f] == 0)
            return tnas_json_fail(&list, "the term \"%s\" is required", tnas_feature_name(f));
    return TNAS_OK;
}

static tnas_status read_families(const tnas_json_at *at, tnas_latency_model *model)
{
    tnas_json_at list;
    TNAS_TRY(tnas_json_array(at, "families", &list));
    int previous = -1;
    for (int i = 0; i < tnas_json_length(&list); i++) {
        const tnas_json_at item = tnas_json_item(&list, i);
        const char *name;
        TNAS_TRY(tnas_json_object(&item, NULL, &(tnas_json_at){0}));
        TNAS_TRY(tnas_json_allow_keys(&item, "name,offset,rows"));
        TNAS_TRY(tnas_json_string(&item, "name", &name));
        const int family = tnas_family_parse(name);
        if (family == TNAS_NONE)
            return tnas_json_fail(&item, "name = \"%s\": no such family", name);
        if (family <= previous)
            return tnas_json_fail(&item, "name = \"%s\": families must be in order, each once",
                                  name);
        previous = family;
        TNAS_TRY(tnas_json_number(&item, "offset", -10, 10, &model->family_offset[family]));
        TNAS_TRY(read_count(&item, "rows", &model->family_rows[family]));
        if (model->family_rows[family] == 0)
            return tnas_json_fail(&item, "rows = 0: a family without rows is left out");
    }
    return TNAS_OK;
}

static tnas_status read_covariance(const tnas_json_at *at, tnas_latency_model *model)
{
    const parameter_list list = list_parameters(model);
    tnas_json_at rows;
    TNAS_TRY(tnas_json_array(at, "covariance", &rows));
    if (tnas_json_length(&rows) != list.count)
        return tnas_json_fail(&rows, "%d rows: must be %d, one per term, the shift, one per family",
                              tnas_json_length(&rows), list.count);
    for (int a = 0; a < list.count; a++) {
        const tnas_json_at row = tnas_json_item(&rows, a);
        TNAS_TRY(tnas_json_array(&row, NULL, &(tnas_json_at){0}));
        if (tnas_json_length(&row) != a + 1)
            return tnas_json_fail(&row, "%d numbers: must be %d, up to the diagonal",
                                  tnas_json_length(&row), a + 1);
        for (int b = 0; b <= a; b++) {
            const tnas_json_at cell = tnas_json_item(&row, b);
            double value;
            TNAS_TRY(tnas_json_number(&cell, NULL, a == b ? DBL_MIN : -1e6, 1e6, &value));
            model->covariance[list.index[a]][list.index[b]] = value;
            model->covariance[list.index[b]][list.index[a]] = value;
        }
    }
    return TNAS_OK;
}

/* Parameters that the file does not have are free of information: their prior's variance
 * keeps a later fit from this model regular. */
static void fill_covariance(tnas_latency_model *model)
{
    for (int p = 0; p < TNAS_LATENCY_PARAMETERS; p++)
        if (model->covariance[p][p] == 0)
            model->covariance[p][p] = model->family_sigma * model->family_sigma;
}

static tnas_status read_optional(const tnas_json_at *at, const char *key, double *out)
{
    *out = NAN;
    return tnas_json_has(at, key) ? tnas_json_number(at, key, 0, 1e6, out) : TNAS_OK;
}

/* The keys of "memory", which a model without memory terms lacks. */
static const struct {
    const char *key;
    size_t offset;
} memory_keys[] = {
    {"fast_ram_bytes", offsetof(tnas_memory_terms, fast_ram_bytes)},
    {"chip_flash_bytes", offsetof(tnas_memory_terms, chip_flash_bytes)},
    {"padded_copies", offsetof(tnas_memory_terms, padded_copies)},
    {"stall_cycles_byte", offsetof(tnas_memory_terms, stall_cycles_byte)},
    {"stall_cycles_mac", offsetof(tnas_memory_terms, stall_cycles_mac)},
};
enum { MEMORY_KEYS = sizeof memory_keys / sizeof memory_keys[0] };

static tnas_status read_memory(const tnas_json_at *at, tnas_memory_terms *out)
{
    if (!tnas_json_has(at, "memory"))
        return TNAS_OK;
    tnas_json_at memory;
    TNAS_TRY(tnas_json_object(at, "memory", &memory));
    TNAS_TRY(tnas_json_allow_keys(&memory, "fast_ram_bytes,chip_flash_bytes,padded_copies,"
                                           "stall_cycles_byte,stall_cycles_mac"));
    for (int i = 0; i < MEMORY_KEYS; i++)
        if (tnas_json_has(&memory, memory_keys[i].key))
            TNAS_TRY(tnas_json_number(&memory, memory_keys[i].key, 0, 1e12,
                                      (double *)((char *)out + memory_keys[i].offset)));
    return TNAS_OK;
}

static void write_memory(const tnas_memory_terms *memory, tnas_text *text)
{
    const char *before = "      \"memory\": {";
    for (int i = 0; i < MEMORY_KEYS; i++) {
        const double value = *(const double *)((const char *)memory + memory_keys[i].offset);
        if (value == 0)
            continue;
        tnas_text_add(text, "%s\"%s\": %.6g", before, memory_keys[i].key, value);
        before = ", ";
    }
    if (before[0] == ',')
        tnas_text_add(text, "},\n");
}

/* The rows that the model was fitted to; files without them are read as well. */
static tnas_status read_fitted(const tnas_json_at *at, tnas_latency_model *model)
{
    if (!tnas_json_has(at, "fitted"))
        return TNAS_OK;
    tnas_json_at list;
    TNAS_TRY(tnas_json_array(at, "fitted", &list));
    const int count = tnas_json_length(&list);
    if (count > TNAS_FITTED_ROWS_MAX || count > model->row_count)
        return tnas_json_fail(&list, "%d rows: must be at most row_count and %d", count,
                              TNAS_FITTED_ROWS_MAX);
    for (int i = 0; i < count; i++) {
        const tnas_json_at row = tnas_json_item(&list, i);
        tnas_fitted_row *const out = &model->fitted[i];
        TNAS_TRY(tnas_json_object(&row, NULL, &(tnas_json_at){0}));
        TNAS_TRY(tnas_json_allow_keys(&row, "name,cycles"));
        TNAS_TRY(tnas_profile_text(&row, "name", out->name, sizeof out->name));
        TNAS_TRY(tnas_json_number(&row, "cycles", DBL_MIN, 1e18, &out->cycles));
    }
    model->fitted_count = count;
    return TNAS_OK;
}

static void write_fitted(const tnas_latency_model *model, tnas_text *text)
{
    if (model->fitted_count == 0)
        return;
    tnas_text_add(text, "      \"fitted\": [");
    for (int i = 0; i < model->fitted_count; i++)
        tnas_text_add(text, "%s\n        {\"name\": \"%s\", \"cycles\": %.6g}", i > 0 ? "," : "",
                      model->fitted[i].name, model->fitted[i].cycles);
    tnas_text_add(text, "\n      ],\n");
}

static tnas_status read_model(const tnas_json_at *at, tnas_latency_model *model)
{
    TNAS_TRY(tnas_json_object(at, NULL, &(tnas_json_at){0}));
    TNAS_TRY(tnas_json_allow_keys(at, "runtime,runtime_version,source,row_count,clock_mhz,sigma,"
                                      "family_sigma,kappa,kappa_new,error_net_out,worst_net_out,"
                                      "error_family_out,memory,fitted,terms,"
                                      "families,covariance"));
    TNAS_TRY(tnas_profile_text(at, "runtime", model->runtime, sizeof model->runtime));
    TNAS_TRY(tnas_profile_text(at, "runtime_version", model->version, sizeof model->version));
    TNAS_TRY(tnas_profile_text(at, "source", model->source, sizeof model->source));
    TNAS_TRY(read_count(at, "row_count", &model->row_count));
    TNAS_TRY(tnas_json_number(at, "clock_mhz", 0.001, TNAS_CLOCK_MAX_MHZ, &model->clock_mhz));
    TNAS_TRY(tnas_json_number(at, "sigma", 1e-6, 10, &model->sigma));
    TNAS_TRY(tnas_json_number(at, "family_sigma", 1e-6, 10, &model->family_sigma));
    TNAS_TRY(tnas_json_number(at, "kappa", 1, 1000, &model->kappa));
    TNAS_TRY(tnas_json_number(at, "kappa_new", 1, 1000, &model->kappa_new));
    TNAS_TRY(read_memory(at, &model->memory));
    TNAS_TRY(read_optional(at, "error_net_out", &model->error_net_out));
    TNAS_TRY(read_optional(at, "error_family_out", &model->error_family_out));
    TNAS_TRY(read_optional(at, "worst_net_out", &model->worst_net_out));
    TNAS_TRY(read_fitted(at, model));
    TNAS_TRY(read_terms(at, model));
    TNAS_TRY(read_families(at, model));
    TNAS_TRY(read_covariance(at, model));
    fill_covariance(model);
    return TNAS_OK;
}

tnas_status tnas_profile_read_models(const tnas_json_at *root, tnas_mcu *mcu)
{
    tnas_json_at list;
    TNAS_TRY(tnas_json_array(root, "latency_models", &list));
    const int count = tnas_json_length(&list);
    if (count > TNAS_MCU_MODELS_MAX)
        return tnas_json_fail(&list, "%d models: at most %d", count, TNAS_MCU_MODELS_MAX);
    for (int i = 0; i < count; i++) {
        const tnas_json_at at = tnas_json_item(&list, i);
        tnas_latency_model *const model = &mcu->models[i];
        TNAS_TRY(read_model(&at, model));
        for (int k = 0; k < i; k++)
            if (strcmp(mcu->models[k].runtime, model->runtime) == 0 &&
                strcmp(mcu->models[k].version, model->version) == 0)
                return tnas_json_fail(&at, "runtime \"%s\" version \"%s\" stands twice",
                                      model->runtime, model->version);
        mcu->model_count++;
    }
    return TNAS_OK;
}

static void write_terms(const tnas_latency_model *model, tnas_text *text)
{
    const parameter_list list = list_parameters(model);
    tnas_text_add(text, "      \"terms\": [");
    for (int i = 0; list.index[i] < TNAS_FEATURE_COUNT; i++) {
        const int f = list.index[i];
        tnas_text_add(text, "%s\n        {\"name\": \"%s\", \"cycles\": %.6g, \"rows\": %d}",
                      i > 0 ? "," : "", tnas_feature_name(f), model->coefficient[f],
                      model->term_rows[f]);
    }
    tnas_text_add(text, "\n      ],\n      \"families\": [");
    const char *comma = "";
    for (int i = 0; i < list.count; i++) {
        const int family = list.index[i] - TNAS_LATENCY_OFFSET;
        if (family < 0)
            continue;
        tnas_text_add(text, "%s\n        {\"name\": \"%s\", \"offset\": %.6g, \"rows\": %d}", comma,
                      tnas_family_text(family), model->family_offset[family],
                      model->family_rows[family]);
        comma = ",";
    }
    tnas_text_add(text, "%s],\n      \"covariance\": [", comma[0] != '\0' ? "\n      " : "");
    for (int a = 0; a < list.count; a++) {
        tnas_text_add(text, "%s\n        [", a > 0 ? "," : "");
        for (int b = 0; b <= a; b++)
            tnas_text_add(text, "%s%.6g", b > 0 ? ", " : "",
                          model->covariance[list.index[a]][list.index[b]]);
        tnas_text_add(text, "]");
    }
    tnas_text_add(text, "\n      ]\n");
}

static void write_model(const tnas_latency_model *model, tnas_text *text)
{
    tnas_text_add(text,
                  "    {\n      \"runtime\": \"%s\",\n      \"runtime_version\": \"%s\",\n"
                  "      \"source\": \"%s\",\n      \"row_count\": %d,\n"
                  "      \"clock_mhz\": %.6g,\n      \"sigma\": %.6g,\n"
                  "      \"family_sigma\": %.6g,\n      \"kappa\": %.6g,\n"
                  "      \"kappa_new\": %.6g,\n",
                  model->runtime, model->version, model->source, model->row_count, model->clock_mhz,
                  model->sigma, model->family_sigma, model->kappa, model->kappa_new);
    if (!isnan(model->error_net_out))
        tnas_text_add(text, "      \"error_net_out\": %.6g,\n", model->error_net_out);
    if (!isnan(model->worst_net_out))
        tnas_text_add(text, "      \"worst_net_out\": %.6g,\n", model->worst_net_out);
    if (!isnan(model->error_family_out))
        tnas_text_add(text, "      \"error_family_out\": %.6g,\n", model->error_family_out);
    write_memory(&model->memory, text);
    write_fitted(model, text);
    write_terms(model, text);
    tnas_text_add(text, "    }");
}

void tnas_profile_write_models(const tnas_mcu *mcu, tnas_text *text)
{
    tnas_text_add(text, "  \"latency_models\": [");
    for (int i = 0; i < mcu->model_count; i++) {
        tnas_text_add(text, "%s\n", i > 0 ? "," : "");
        write_model(&mcu->models[i], text);
    }
    tnas_text_add(text, "%s]\n", mcu->model_count > 0 ? "\n  " : "");
}

const tnas_latency_model *tnas_mcu_latency_model(const tnas_mcu *mcu, const char *runtime)
{
    const tnas_latency_model *newest = NULL;
    for (int i = 0; i < mcu->model_count; i++) {
        const tnas_latency_model *const model = &mcu->models[i];
        /* By the numbers in the text, so that 10.0.0 is newer than 8.1.0. */
        if (strcmp(model->runtime, runtime) == 0 &&
            (newest == NULL || strverscmp(model->version, newest->version) > 0))
            newest = model;
    }
    return newest;
}

tnas_status tnas_mcu_replace_latency_models(tnas_mcu *mcu, const tnas_latency_model *model)
{
    int kept = 0;
    bool placed = false;
    for (int i = 0; i < mcu->model_count; i++) {
        const bool same = strcmp(mcu->models[i].runtime, model->runtime) == 0;
        if (same && placed)
            continue;
        if (same)
            mcu->models[kept++] = *model;
        else if (kept++ != i)
            mcu->models[kept - 1] = mcu->models[i];
        placed = placed || same;
    }
    mcu->model_count = kept;
    return placed ? TNAS_OK : tnas_mcu_set_latency_model(mcu, model);
}

tnas_status tnas_mcu_set_latency_model(tnas_mcu *mcu, const tnas_latency_model *model)
{
    for (int i = 0; i < mcu->model_count; i++)
        if (strcmp(mcu->models[i].runtime, model->runtime) == 0 &&
            strcmp(mcu->models[i].version, model->version) == 0) {
            mcu->models[i] = *model;
            return TNAS_OK;
        }
    if (mcu->model_count == TNAS_MCU_MODELS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d latency models: no more fit", mcu->name,
                         mcu->model_count);
    mcu->models[mcu->model_count++] = *model;
    return TNAS_OK;
}
