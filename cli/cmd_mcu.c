#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "common/paths.h"
#include "estimators/regions.h"

static tnas_status list_one(void *context, const char *name, const char *path)
{
    cJSON *const list = context;
    (void)name;
    tnas_mcu *mcu;
    TNAS_TRY(tnas_mcu_load(path, &mcu));
    tnas_arena_place place;
    tnas_arena_place_find(mcu, SIZE_MAX, false, &place);
    if (list != NULL) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", mcu->name);
        cJSON_AddStringToObject(o, "part", mcu->part);
        cJSON_AddNumberToObject(o, "clock_mhz", mcu->clock_mhz);
        cJSON_AddNumberToObject(o, "flash_bytes", (double)mcu->flash_bytes);
        cJSON_AddNumberToObject(o, "arena_limit_bytes", (double)place.bytes);
        cJSON_AddNumberToObject(o, "latency_models", mcu->model_count);
        cJSON_AddItemToArray(list, o);
    } else {
        printf("%-12s %-16s %6g MHz  flash %5zu KiB  arena up to %4zu KiB in %-8s  %d latency "
               "model%s\n",
               mcu->name, mcu->part, mcu->clock_mhz, mcu->flash_bytes / 1024, place.bytes / 1024,
               place.text, mcu->model_count, mcu->model_count == 1 ? "" : "s");
    }
    tnas_mcu_destroy(mcu);
    return TNAS_OK;
}

static tnas_status list(const tnas_arguments *arguments)
{
    if (!tnas_wants_json(arguments))
        return tnas_config_list("mcus", list_one, NULL);
    cJSON *o = tnas_json_result("tinynas-mcu-list");
    const tnas_status status =
        tnas_config_list("mcus", list_one, cJSON_AddArrayToObject(o, "mcus"));
    if (status != TNAS_OK) {
        cJSON_Delete(o);
        return status;
    }
    tnas_json_print(o);
    return TNAS_OK;
}

static void show_json(const tnas_mcu *mcu)
{
    cJSON *o = tnas_json_result("tinynas-mcu-show");
    cJSON_AddStringToObject(o, "name", mcu->name);
    cJSON_AddStringToObject(o, "part", mcu->part);
    cJSON_AddStringToObject(o, "core", mcu->core);
    cJSON_AddNumberToObject(o, "clock_mhz", mcu->clock_mhz);
    cJSON_AddNumberToObject(o, "flash_bytes", (double)mcu->flash_bytes);
    cJSON *regions = cJSON_AddArrayToObject(o, "regions");
    for (int i = 0; i < mcu->region_count; i++) {
        cJSON *region = cJSON_CreateObject();
        cJSON_AddStringToObject(region, "name", mcu->regions[i].name);
        cJSON_AddNumberToObject(region, "bytes", (double)mcu->regions[i].bytes);
        cJSON_AddBoolToObject(region, "arena", mcu->regions[i].arena);
        cJSON_AddBoolToObject(region, "joined", mcu->regions[i].joined);
        cJSON_AddItemToArray(regions, region);
    }
    cJSON *models = cJSON_AddArrayToObject(o, "latency");
    for (int i = 0; i < mcu->model_count; i++) {
        const tnas_latency_model *const m = &mcu->models[i];
        cJSON *model = cJSON_CreateObject();
        cJSON_AddStringToObject(model, "runtime", m->runtime);
        cJSON_AddStringToObject(model, "runtime_version", m->version);
        cJSON_AddNumberToObject(model, "rows", m->row_count);
        cJSON_AddNumberToObject(model, "clock_mhz", m->clock_mhz);
        tnas_json_add(model, "error_net_out", m->error_net_out);
        tnas_json_add(model, "worst_net_out", m->worst_net_out);
        cJSON_AddStringToObject(model, "source", m->source);
        cJSON_AddItemToArray(models, model);
    }
    tnas_json_print(o);
}

static void show_table(const tnas_arguments *arguments, const tnas_mcu *mcu)
{
    tnas_print_header(arguments);
    printf("part       %s, %s at %g MHz\n", mcu->part, mcu->core, mcu->clock_mhz);
    printf("flash      %zu KiB\n", mcu->flash_bytes / 1024);
    for (int i = 0; i < mcu->region_count; i++)
        printf("RAM        %-12s %5zu KiB%s%s\n", mcu->regions[i].name,
               mcu->regions[i].bytes / 1024,
               mcu->regions[i].arena ? "  the arena may lie here" : "",
               mcu->regions[i].joined ? ", joined to the one before" : "");
    for (int i = 0; i < mcu->model_count; i++) {
        char source[320];
        tnas_latency_describe(&mcu->models[i], source, sizeof source);
        const char *const version = mcu->models[i].version;
        printf("latency    %s%s%s: %s\n", mcu->models[i].runtime, version[0] != '\0' ? " " : "",
               version, source);
    }
    if (mcu->model_count == 0)
        printf("latency    no model yet: limits of latency cannot be used with this part\n");
}

tnas_status tnas_cmd_mcu(const tnas_arguments *arguments)
{
    const char *const verb = arguments->operands[0];
    if (arguments->operand_count == 1 && strcmp(verb, "list") == 0)
        return list(arguments);
    if (arguments->operand_count != 2 || strcmp(verb, "show") != 0)
        return tnas_fail(TNAS_ERR_USAGE, "tinynas mcu: must be `list` or `show NAME`");
    tnas_mcu *mcu;
    TNAS_TRY(tnas_mcu_load(arguments->operands[1], &mcu));
    if (tnas_wants_json(arguments))
        show_json(mcu);
    else
        show_table(arguments, mcu);
    tnas_mcu_destroy(mcu);
    return TNAS_OK;
}
