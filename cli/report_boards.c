/* Predicted against measured in the report: the shipped measurements of the target's part, of every
 * runtime that its profile has a latency model of, as `tinynas compare` reads them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compared.h"
#include "cli/report_page.h"
#include "cli/scores.h"
#include "common/paths.h"

static int is_csv(const struct dirent *entry)
{
    const char *const dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".csv") == 0;
}

static void add_row(cJSON *rows, const tnas_compared *c, const tnas_compared_row *row)
{
    char name[128];
    const double clock = row->model->clock_mhz > 0 ? row->model->clock_mhz : c->mcu->clock_mhz;
    const tnas_row_times times = tnas_row_times_of(row, clock);
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddItemToArray(rows, o);
    cJSON_AddStringToObject(o, "name", tnas_measurement_name(row->row, name, sizeof name));
    cJSON_AddStringToObject(o, "runtime", c->runtime);
    cJSON_AddStringToObject(o, "version", row->row->version);
    cJSON_AddStringToObject(o, "role", tnas_row_role_text(row->role));
    cJSON_AddNumberToObject(o, "measured_ms", times.measured);
    cJSON_AddNumberToObject(o, "predicted_ms", times.predicted);
    cJSON_AddNumberToObject(o, "low_ms", times.low);
    cJSON_AddNumberToObject(o, "high_ms", times.high);
    cJSON_AddNumberToObject(o, "error", row->error);
    cJSON_AddBoolToObject(o, "covered", row->covered);
    cJSON_AddStringToObject(o, "source", row->row->source);
}

/* A file that has nothing of this part and runtime is not an error here. */
static tnas_status add_file(const char *profile, const char *runtime, const char *file, cJSON *rows)
{
    tnas_arguments arguments = {.command = TNAS_COMMAND_compare};
    arguments.text[TNAS_OPTION_mcu] = profile;
    arguments.given[TNAS_OPTION_mcu] = true;
    arguments.text[TNAS_OPTION_runtime] = runtime;
    arguments.text[TNAS_OPTION_measurements] = file;
    arguments.given[TNAS_OPTION_measurements] = true;
    tnas_compared *compared;
    const tnas_status status = tnas_compared_load(&arguments, &compared);
    if (status != TNAS_OK)
        return status == TNAS_ERR_NOMEM ? status : TNAS_OK;
    for (int i = 0; i < compared->summary.all.n; i++)
        add_row(rows, compared, &compared->compared[i]);
    tnas_compared_destroy(compared);
    return TNAS_OK;
}

static tnas_status add_files(const char *profile, const char *runtime, cJSON *rows)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    if (tnas_config_path("measurements", folder) != TNAS_OK)
        return TNAS_OK;
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_csv, alphasort);
    tnas_status status = TNAS_OK;
    for (int i = 0; i < count; i++) {
        if (status == TNAS_OK && tnas_path_join(path, folder, entries[i]->d_name) == TNAS_OK)
            status = add_file(profile, runtime, path, rows);
        free(entries[i]); /* scandir's own */
    }
    if (count >= 0)
        free(entries);
    return status;
}

/* What refits with one network, or one family, left out say about each model. */
static void add_models(const tnas_mcu *mcu, cJSON *out)
{
    cJSON *const list = cJSON_AddArrayToObject(out, "board_models");
    for (int i = 0; i < mcu->model_count; i++) {
        const tnas_latency_model *const model = &mcu->models[i];
        cJSON *const o = cJSON_CreateObject();
        cJSON_AddItemToArray(list, o);
        cJSON_AddStringToObject(o, "runtime", model->runtime);
        cJSON_AddStringToObject(o, "version", model->version);
        cJSON_AddNumberToObject(o, "rows", model->row_count);
        cJSON_AddNumberToObject(o, "error_net_out", model->error_net_out);
        cJSON_AddNumberToObject(o, "error_family_out", model->error_family_out);
        cJSON_AddNumberToObject(o, "worst_net_out", model->worst_net_out);
    }
}

/* Every runtime of the profile once. */
static tnas_status add_runtimes(const tnas_mcu *mcu, const char *profile, cJSON *rows)
{
    for (int i = 0; i < mcu->model_count; i++) {
        bool seen = false;
        for (int j = 0; j < i; j++)
            seen = seen || strcmp(mcu->models[j].runtime, mcu->models[i].runtime) == 0;
        if (!seen)
            TNAS_TRY(add_files(profile, mcu->models[i].runtime, rows));
    }
    return TNAS_OK;
}

static bool has_runtime(const cJSON *rows, const char *runtime)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *const own = cJSON_GetObjectItem(row, "runtime");
        if (cJSON_IsString(own) && strcmp(own->valuestring, runtime) == 0)
            return true;
    }
    return false;
}

static void say_what_is_missing(const tnas_target_row *target, cJSON *rows, cJSON *out)
{
    const char *const mcu = target->target.mcu, *const runtime = target->target.runtime;
    char text[512];
    if (has_runtime(rows, runtime))
        return;
    if (cJSON_GetArraySize(rows) > 0)
        snprintf(text, sizeof text,
                 "No shipped measurement is of %s on %s, whose latencies above are therefore "
                 "predictions without a check; those below are of other runtimes on this part.",
                 runtime, mcu);
    else
        snprintf(text, sizeof text,
                 "There are no shipped measurements of %s: its latencies are predictions without a "
                 "check. `tinynas measure` and `tinynas calibrate` make them from your board.",
                 mcu);
    cJSON_AddStringToObject(out, "boards_missing", text);
}

tnas_status tnas_report_add_boards(const tnas_target_row *target, cJSON *out)
{
    cJSON *const rows = cJSON_AddArrayToObject(out, "boards");
    const char *const profile =
        tnas_file_exists(target->target.profile) ? target->target.profile : target->target.mcu;
    tnas_mcu *mcu;
    tnas_status status = tnas_mcu_load(profile, &mcu);
    if (status == TNAS_OK) {
        add_models(mcu, out);
        status = add_runtimes(mcu, profile, rows);
        tnas_mcu_destroy(mcu);
    } else if (status != TNAS_ERR_NOMEM) {
        status = TNAS_OK; /* the profile is gone: nothing to compare */
    }
    say_what_is_missing(target, rows, out);
    return status;
}
