#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "common/io.h"
#include "common/paths.h"
#include "estimators/mcu_derive.h"
#include "estimators/regions.h"

/* Appends like snprintf, as far as there is room. */
static void append(char *out, size_t out_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void append(char *out, size_t out_bytes, const char *format, ...)
{
    const size_t used = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + used, out_bytes - used, format, arguments);
    va_end(arguments);
}

/* "x-cube-ai 8.1.0 (30 rows), 10.0.0 (29); tinyengine ..." or, of priors, the names alone. */
static void models_text(const tnas_mcu *mcu, bool priors, char *out, size_t out_bytes)
{
    const char *runtime = "";
    out[0] = '\0';
    for (int i = 0; i < mcu->model_count; i++) {
        const tnas_latency_model *const m = &mcu->models[i];
        if ((m->row_count == 0) != priors)
            continue;
        const bool same = strcmp(runtime, m->runtime) == 0;
        append(out, out_bytes, "%s%s%s%s",
               out[0] == '\0' ? ""
               : same         ? ","
                              : "; ",
               same ? "" : m->runtime, m->version[0] != '\0' ? " " : "", m->version);
        if (!priors)
            append(out, out_bytes, " (%d%s)", m->row_count,
                   same                ? ""
                   : m->row_count == 1 ? " row"
                                       : " rows");
        runtime = m->runtime;
    }
}

static int count_calibrated(const tnas_mcu *mcu)
{
    int count = 0;
    for (int i = 0; i < mcu->model_count; i++)
        count += mcu->models[i].row_count > 0;
    return count;
}

static tnas_status list_one(void *context, const char *name, const char *path)
{
    cJSON *const list = context;
    (void)name;
    tnas_mcu *mcu;
    TNAS_TRY(tnas_mcu_load(path, &mcu));
    tnas_arena_place place;
    tnas_arena_place_find(mcu, SIZE_MAX, false, &place);
    char calibrated[TNAS_MCU_MODELS_MAX * 120], priors[TNAS_MCU_MODELS_MAX * 120];
    models_text(mcu, false, calibrated, sizeof calibrated);
    models_text(mcu, true, priors, sizeof priors);
    if (list != NULL) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", mcu->name);
        cJSON_AddStringToObject(o, "part", mcu->part);
        cJSON_AddNumberToObject(o, "clock_mhz", mcu->clock_mhz);
        cJSON_AddNumberToObject(o, "flash_bytes", (double)mcu->flash_bytes);
        cJSON_AddNumberToObject(o, "arena_limit_bytes", (double)place.bytes);
        cJSON_AddNumberToObject(o, "latency_models", mcu->model_count);
        cJSON_AddNumberToObject(o, "calibrated_models", count_calibrated(mcu));
        cJSON_AddStringToObject(o, "calibrated", calibrated);
        cJSON_AddStringToObject(o, "priors", priors);
        cJSON_AddItemToArray(list, o);
    } else {
        printf("%-14s %-18s %5g MHz  flash %5zu KiB  arena up to %4zu KiB in %s\n", mcu->name,
               mcu->part, mcu->clock_mhz, mcu->flash_bytes / 1024, place.bytes / 1024, place.text);
        if (calibrated[0] != '\0')
            printf("%-14s latency calibrated: %s\n", "", calibrated);
        if (priors[0] != '\0')
            printf("%-14s latency prior: %s\n", "", priors);
        if (mcu->model_count == 0)
            printf("%-14s no latency model\n", "");
    }
    tnas_mcu_destroy(mcu);
    return TNAS_OK;
}

static tnas_status list(const tnas_arguments *arguments)
{
    if (tnas_wants_table(arguments))
        return tnas_config_list("mcus", list_one, NULL);
    cJSON *o = tnas_json_result("tinynas-mcu-list");
    const tnas_status status =
        tnas_config_list("mcus", list_one, cJSON_AddArrayToObject(o, "mcus"));
    if (status != TNAS_OK) {
        cJSON_Delete(o);
        return status;
    }
    tnas_result_print(arguments, o, "mcus");
    return TNAS_OK;
}

static cJSON *regions_of(const tnas_mcu *mcu)
{
    cJSON *regions = cJSON_CreateArray();
    for (int i = 0; i < mcu->region_count; i++) {
        cJSON *region = cJSON_CreateObject();
        cJSON_AddStringToObject(region, "name", mcu->regions[i].name);
        cJSON_AddNumberToObject(region, "bytes", (double)mcu->regions[i].bytes);
        cJSON_AddBoolToObject(region, "arena", mcu->regions[i].arena);
        cJSON_AddBoolToObject(region, "joined", mcu->regions[i].joined);
        cJSON_AddItemToArray(regions, region);
    }
    return regions;
}

static cJSON *latency_of(const tnas_mcu *mcu)
{
    cJSON *models = cJSON_CreateArray();
    for (int i = 0; i < mcu->model_count; i++) {
        const tnas_latency_model *const m = &mcu->models[i];
        cJSON *model = cJSON_CreateObject();
        cJSON_AddStringToObject(model, "runtime", m->runtime);
        cJSON_AddStringToObject(model, "runtime_version", m->version);
        cJSON_AddStringToObject(model, "kind", m->row_count > 0 ? "calibrated" : "prior");
        cJSON_AddNumberToObject(model, "rows", m->row_count);
        cJSON_AddNumberToObject(model, "clock_mhz", m->clock_mhz);
        tnas_json_add(model, "error_net_out", m->error_net_out);
        tnas_json_add(model, "worst_net_out", m->worst_net_out);
        cJSON_AddStringToObject(model, "source", m->source);
        cJSON_AddItemToArray(models, model);
    }
    return models;
}

static void show_result(const tnas_arguments *arguments, const tnas_mcu *mcu)
{
    char format[32];
    snprintf(format, sizeof format, "tinynas-mcu-%s", arguments->operands[0]);
    cJSON *o = tnas_json_result(format);
    cJSON_AddStringToObject(o, "name", mcu->name);
    cJSON_AddStringToObject(o, "part", mcu->part);
    cJSON_AddStringToObject(o, "core", mcu->core);
    cJSON_AddStringToObject(o, "note", mcu->note);
    cJSON_AddNumberToObject(o, "clock_mhz", mcu->clock_mhz);
    cJSON_AddNumberToObject(o, "flash_bytes", (double)mcu->flash_bytes);
    cJSON_AddItemToObject(o, "regions", regions_of(mcu));
    cJSON_AddItemToObject(o, "latency", latency_of(mcu));
    tnas_result_print(arguments, o, "latency");
}

static void show_table(const tnas_arguments *arguments, const tnas_mcu *mcu)
{
    tnas_print_header(arguments);
    printf("part       %s, %s at %g MHz\n", mcu->part, mcu->core, mcu->clock_mhz);
    printf("flash      %zu KiB\n", mcu->flash_bytes / 1024);
    for (int i = 0; i < mcu->region_count; i++)
        printf("RAM        %-16s %5zu KiB%s%s\n", mcu->regions[i].name,
               mcu->regions[i].bytes / 1024,
               mcu->regions[i].arena ? "  the arena may lie here" : "",
               mcu->regions[i].joined ? ", joined to the one before" : "");
    for (int i = 0; i < mcu->model_count; i++) {
        char source[512];
        tnas_latency_describe(&mcu->models[i], source, sizeof source);
        const char *const version = mcu->models[i].version;
        printf("latency    %s%s%s: %s\n", mcu->models[i].runtime, version[0] != '\0' ? " " : "",
               version, source);
    }
    if (mcu->model_count == 0)
        printf("latency    no model: limits of latency cannot be used with this part\n");
    if (mcu->note[0] != '\0')
        printf("note       %s\n", mcu->note);
}

static void show(const tnas_arguments *arguments, const tnas_mcu *mcu)
{
    if (tnas_wants_table(arguments))
        show_table(arguments, mcu);
    else
        show_result(arguments, mcu);
}

static tnas_status show_named(const tnas_arguments *arguments)
{
    tnas_mcu *mcu;
    TNAS_TRY(tnas_mcu_load(arguments->operands[1], &mcu));
    show(arguments, mcu);
    tnas_mcu_destroy(mcu);
    return TNAS_OK;
}

/* A file of the user's own; names of shipped profiles are not meant. */
static tnas_status check(const tnas_arguments *arguments)
{
    if (!tnas_file_exists(arguments->operands[1]))
        return tnas_fail(TNAS_ERR_IO, "tinynas mcu check: there is no file %s",
                         arguments->operands[1]);
    TNAS_TRY(show_named(arguments));
    if (tnas_wants_table(arguments))
        printf("valid      %s\n", arguments->operands[1]);
    return TNAS_OK;
}

/* --out, else NAME.json in the working directory. Nothing is overwritten: a profile may hold a
 * calibration that took days on a board. */
static tnas_status choose_path(const tnas_arguments *arguments, char out[TNAS_PATH_BYTES])
{
    const char *const name = arguments->operands[1];
    for (const char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && (c == name || strchr("-_.", *c) == NULL))
            return tnas_fail(TNAS_ERR_USAGE,
                             "mcu new %s: a name has letters, digits, \"-\", \"_\" and \".\", and "
                             "starts with a letter or digit",
                             name);
    if (arguments->given[TNAS_OPTION_out])
        snprintf(out, TNAS_PATH_BYTES, "%s", arguments->text[TNAS_OPTION_out]);
    else
        snprintf(out, TNAS_PATH_BYTES, "%.200s.json", name);
    if (tnas_file_exists(out) || tnas_dir_exists(out))
        return tnas_fail(TNAS_ERR_USAGE, "mcu new: %s exists; --out chooses another file", out);
    return TNAS_OK;
}

static size_t kib_of(const tnas_arguments *arguments, tnas_option option)
{
    return arguments->given[option] ? (size_t)(arguments->number[option] * 1024) : 0;
}

static tnas_status make(const tnas_arguments *arguments)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_from, "from"));
    TNAS_TRY(choose_path(arguments, path));
    const tnas_mcu_change change = {
        .name = arguments->operands[1],
        .part = arguments->text[TNAS_OPTION_part],
        .clock_mhz = arguments->given[TNAS_OPTION_clock] ? arguments->number[TNAS_OPTION_clock] : 0,
        .flash_bytes = kib_of(arguments, TNAS_OPTION_flash),
        .sram_bytes = kib_of(arguments, TNAS_OPTION_sram),
    };
    tnas_mcu *kin, *mcu = NULL;
    TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_from], &kin));
    tnas_status status = tnas_mcu_derive(kin, &change, &mcu);
    if (status == TNAS_OK)
        status = tnas_mcu_save(mcu, path);
    if (status == TNAS_OK) {
        show(arguments, mcu);
        if (tnas_wants_table(arguments))
            printf("wrote      %s; use it as --mcu\n", path);
    }
    tnas_mcu_destroy(mcu);
    tnas_mcu_destroy(kin);
    return status;
}

tnas_status tnas_cmd_mcu(const tnas_arguments *arguments)
{
    /*  verb    operands */
    static const struct {
        const char *verb;
        int operand_count;
        tnas_status (*run)(const tnas_arguments *arguments);
    } verbs[] = {{"list", 1, list}, {"show", 2, show_named}, {"check", 2, check}, {"new", 2, make}};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (arguments->operand_count == verbs[i].operand_count &&
            strcmp(arguments->operands[0], verbs[i].verb) == 0)
            return verbs[i].run(arguments);
    return tnas_fail(TNAS_ERR_USAGE,
                     "tinynas mcu: must be `list`, `show NAME`, `check FILE` or `new NAME --from "
                     "KIN`");
}
