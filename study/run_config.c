/* Reading and printing run configurations. The counts are read along the table of
 * study/work.h: key "supernet.augment.shift.amount" is an object in an object in an object. */
#include "study/run_config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/json.h"
#include "common/paths.h"
#include "common/text.h"
#include "study/data_settings.h"

#define RUN_FORMAT "tinynas-run"
enum { RUN_VERSION = 1 };

/* Objects of the root that hold counts. */
#define SECTIONS "choice,supernet,finetune,search,finish"

void tnas_run_config_init(tnas_run_config *config)
{
    memset(config, 0, sizeof *config);
    config->data_options = tnas_data_options_default();
    config->limits =
        (tnas_limits){.flash_bytes = SIZE_MAX, .sram_bytes = SIZE_MAX, .latency_ms = INFINITY};
}

static tnas_status read_text(const tnas_json_at *at, const char *key, char *out, size_t out_bytes)
{
    if (!tnas_json_has(at, key))
        return TNAS_OK;
    const char *text;
    TNAS_TRY(tnas_json_string(at, key, &text));
    if (text[0] == '\0' || strlen(text) >= out_bytes)
        return tnas_json_fail(at, "\"%s\" must have 1 to %zu characters", key, out_bytes - 1);
    snprintf(out, out_bytes, "%s", text);
    return TNAS_OK;
}

static tnas_status read_kib(const tnas_json_at *at, const char *key, double min, size_t *out)
{
    if (!tnas_json_has(at, key))
        return TNAS_OK;
    double kib;
    TNAS_TRY(tnas_json_number(at, key, min, 1e6, &kib));
    *out = (size_t)(kib * 1024.0);
    return TNAS_OK;
}

static tnas_status read_limits(const tnas_json_at *root, tnas_limits *out)
{
    tnas_json_at at;
    TNAS_TRY(tnas_json_object(root, "limits", &at));
    TNAS_TRY(tnas_json_allow_keys(
        &at, "flash_kib,sram_kib,latency_ms,latency_at,reserve_flash_kib,reserve_sram_kib"));
    TNAS_TRY(read_kib(&at, "flash_kib", 0.001, &out->flash_bytes));
    TNAS_TRY(read_kib(&at, "sram_kib", 0.001, &out->sram_bytes));
    TNAS_TRY(read_kib(&at, "reserve_flash_kib", 0, &out->reserve_flash_bytes));
    TNAS_TRY(read_kib(&at, "reserve_sram_kib", 0, &out->reserve_sram_bytes));
    if (tnas_json_has(&at, "latency_ms"))
        TNAS_TRY(tnas_json_number(&at, "latency_ms", 1e-6, 1e9, &out->latency_ms));
    if (!tnas_json_has(&at, "latency_at"))
        return TNAS_OK;
    const char *text;
    TNAS_TRY(tnas_json_string(&at, "latency_at", &text));
    out->latency_at_mean = strcmp(text, "mean") == 0;
    return out->latency_at_mean || strcmp(text, "upper") == 0
               ? TNAS_OK
               : tnas_json_fail(&at, "\"latency_at\" must be \"upper\" or \"mean\", not \"%s\"",
                                text);
}

/* A number with all its digits, a word as it is. */
static tnas_status leaf_text(const tnas_json_at *at, const char *key, char out[64])
{
    if (cJSON_IsString(at->node))
        snprintf(out, 64, "%.63s", at->node->valuestring);
    else if (cJSON_IsNumber(at->node))
        tnas_number_text(at->node->valuedouble, out);
    else
        return tnas_json_fail(at, "\"%s\" must be a number or a word", key);
    return TNAS_OK;
}

static tnas_status put(const tnas_json_at *at, const char *key, tnas_overrides *overrides)
{
    char text[64];
    if (tnas_overrides_text(overrides, key) != NULL)
        return tnas_json_fail(at, "key \"%s\" is there twice", key);
    TNAS_TRY(leaf_text(at, key, text));
    const tnas_status status = tnas_overrides_put(overrides, key, text);
    if (status == TNAS_ERR_USAGE)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %s", at->document->file, tnas_error_text());
    return status;
}

/* Is there a field below this object? Its keys start with "KEY.". */
static bool is_section(const char *key)
{
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    const size_t length = strlen(key);
    for (int i = 0; i < count; i++)
        if (strncmp(fields[i].key, key, length) == 0 && fields[i].key[length] == '.')
            return true;
    return false;
}

/* Calls itself for objects that sections of the table name: as deep as its longest key. */
static tnas_status read_section(const tnas_json_at *at, const char *section,
                                tnas_overrides *overrides)
{
    for (int i = 0; i < tnas_json_length(at); i++) {
        const tnas_json_at item = tnas_json_item(at, i);
        char key[128];
        snprintf(key, sizeof key, "%.60s.%.60s", section, item.node->string);
        tnas_work_field field;
        if (cJSON_IsObject(item.node) && is_section(key))
            TNAS_TRY(read_section(&item, key, overrides));
        else if (tnas_work_find(key, &field))
            TNAS_TRY(put(&item, key, overrides));
        else
            return tnas_fail(TNAS_ERR_INPUT, "%s: unknown key \"%s\"", at->document->file, key);
    }
    return TNAS_OK;
}

/* What stage 1 would choose: both or neither. */
static tnas_status read_choice(const tnas_json_at *at, tnas_run_config *config)
{
    int64_t input = 0, width = 0;
    const bool has_input = tnas_json_has(at, "input"), has_width = tnas_json_has(at, "width");
    if (has_input != has_width)
        return tnas_json_fail(at, "\"input\" and \"width\" go together");
    config->choice.given = has_input;
    if (has_input) {
        TNAS_TRY(tnas_json_int(at, "input", 0, 1000, &input));
        TNAS_TRY(tnas_json_int(at, "width", 0, 1000, &width));
    }
    config->choice.input = (int)input;
    config->choice.width = (int)width;
    for (int i = 0; i < tnas_json_length(at); i++) {
        const tnas_json_at item = tnas_json_item(at, i);
        if (strcmp(item.node->string, "input") == 0 || strcmp(item.node->string, "width") == 0)
            continue;
        char key[128];
        tnas_work_field field;
        snprintf(key, sizeof key, "choice.%.100s", item.node->string);
        if (!tnas_work_find(key, &field))
            return tnas_fail(TNAS_ERR_INPUT, "%s: unknown key \"%s\"", at->document->file, key);
        TNAS_TRY(put(&item, key, &config->overrides));
    }
    return TNAS_OK;
}

static tnas_status read_sections(const tnas_json_at *root, tnas_run_config *config)
{
    static const char *const names[] = {"supernet", "finetune", "search", "finish"};
    tnas_json_at at;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!tnas_json_has(root, names[i]))
            continue;
        TNAS_TRY(tnas_json_object(root, names[i], &at));
        TNAS_TRY(read_section(&at, names[i], &config->overrides));
    }
    if (!tnas_json_has(root, "choice"))
        return TNAS_OK;
    TNAS_TRY(tnas_json_object(root, "choice", &at));
    return read_choice(&at, config);
}

static tnas_status read_root(const tnas_json_at *root, tnas_run_config *config)
{
    TNAS_TRY(tnas_json_allow_keys(root, "data,data_options,space,mcu,runtime,limits,preset,seed,"
                                        "budget_minutes," SECTIONS));
    TNAS_TRY(read_text(root, "data", config->data, sizeof config->data));
    TNAS_TRY(tnas_data_settings_read(root, &config->data_options));
    TNAS_TRY(read_text(root, "space", config->space, sizeof config->space));
    TNAS_TRY(read_text(root, "mcu", config->mcu, sizeof config->mcu));
    TNAS_TRY(read_text(root, "runtime", config->runtime, sizeof config->runtime));
    TNAS_TRY(read_text(root, "preset", config->preset, sizeof config->preset));
    if (tnas_json_has(root, "limits"))
        TNAS_TRY(read_limits(root, &config->limits));
    config->has_seed = tnas_json_has(root, "seed");
    if (config->has_seed) {
        int64_t seed;
        TNAS_TRY(tnas_json_int(root, "seed", 0, 9000000000000000, &seed));
        config->seed = (uint64_t)seed;
    }
    if (tnas_json_has(root, "budget_minutes"))
        TNAS_TRY(tnas_json_number(root, "budget_minutes", 0.001, 1e6, &config->budget_minutes));
    return read_sections(root, config);
}

tnas_status tnas_run_config_load(const char *name, tnas_run_config *out)
{
    tnas_run_config_init(out);
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_find("runs", name, path));
    tnas_json *document;
    TNAS_TRY(tnas_json_load(path, RUN_FORMAT, RUN_VERSION, &document));
    const tnas_json_at root = tnas_json_root(document);
    const tnas_status status = read_root(&root, out);
    tnas_json_destroy(document);
    return status;
}

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text[0] != '\0')
        cJSON_AddStringToObject(object, key, text);
}

/* cJSON would round to 15 digits what it holds to be near enough. */
static void add_number(cJSON *object, const char *key, double value)
{
    char text[32];
    tnas_number_text(value, text);
    cJSON_AddRawToObject(object, key, text);
}

static void add_kib(cJSON *object, const char *key, size_t bytes, size_t none)
{
    if (bytes != none)
        add_number(object, key, (double)bytes / 1024.0);
}

static void add_limits(cJSON *root, const tnas_limits *limits)
{
    cJSON *const object = cJSON_AddObjectToObject(root, "limits");
    add_kib(object, "flash_kib", limits->flash_bytes, SIZE_MAX);
    add_kib(object, "sram_kib", limits->sram_bytes, SIZE_MAX);
    if (isfinite(limits->latency_ms))
        add_number(object, "latency_ms", limits->latency_ms);
    cJSON_AddStringToObject(object, "latency_at", limits->latency_at_mean ? "mean" : "upper");
    add_kib(object, "reserve_flash_kib", limits->reserve_flash_bytes, 0);
    add_kib(object, "reserve_sram_kib", limits->reserve_sram_bytes, 0);
}

/* The object that holds "a.b.c": a's b, made where it is missing; *name is "c". */
static cJSON *section_of(cJSON *root, const char *key, const char **name)
{
    cJSON *object = root;
    *name = key;
    for (const char *dot = strchr(key, '.'); dot != NULL; dot = strchr(*name, '.')) {
        char part[64];
        snprintf(part, sizeof part, "%.*s", (int)(dot - *name), *name);
        cJSON *const next = cJSON_GetObjectItem(object, part);
        object = next != NULL ? next : cJSON_AddObjectToObject(object, part);
        *name = dot + 1;
    }
    return object;
}

/* In the order of the table, whatever order they were set in. */
static void add_counts(cJSON *root, const tnas_overrides *overrides)
{
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    for (int i = 0; i < count; i++) {
        const char *const text = tnas_overrides_text(overrides, fields[i].key);
        if (text == NULL)
            continue;
        const char *name;
        cJSON *const object = section_of(root, fields[i].key, &name);
        if (fields[i].kind == TNAS_WORK_WORD)
            cJSON_AddStringToObject(object, name, text);
        else
            cJSON_AddRawToObject(object, name, text);
    }
}

static cJSON *build(const tnas_run_config *config)
{
    cJSON *const root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "format", RUN_FORMAT);
    cJSON_AddNumberToObject(root, "version", RUN_VERSION);
    add_text(root, "data", config->data);
    tnas_data_settings_add(root, &config->data_options);
    add_text(root, "space", config->space);
    add_text(root, "mcu", config->mcu);
    add_text(root, "runtime", config->runtime);
    add_limits(root, &config->limits);
    add_text(root, "preset", config->preset);
    if (config->has_seed)
        add_number(root, "seed", (double)config->seed);
    if (config->budget_minutes > 0)
        add_number(root, "budget_minutes", config->budget_minutes);
    if (config->choice.given) {
        cJSON *const choice = cJSON_AddObjectToObject(root, "choice");
        cJSON_AddNumberToObject(choice, "input", config->choice.input);
        cJSON_AddNumberToObject(choice, "width", config->choice.width);
    }
    add_counts(root, &config->overrides);
    return root;
}

tnas_status tnas_run_config_print(const tnas_run_config *config, char **text)
{
    cJSON *const root = build(config);
    char *const printed = cJSON_Print(root);
    cJSON_Delete(root);
    const size_t length = printed != NULL ? strlen(printed) : 0;
    *text = printed != NULL ? tnas_alloc_zero(length + 2, 1) : NULL;
    if (*text != NULL) {
        memcpy(*text, printed, length);
        (*text)[length] = '\n';
    }
    cJSON_free(printed);
    return *text != NULL ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "run configuration");
}
