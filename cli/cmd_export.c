#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "common/text.h"
#include "export/export.h"
#include "graph/tflite_write.h"
#include "study/study.h"

typedef struct prices {
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_cost cost;
    size_t wide_bytes; /* what constants may grow by for wider weights */
} prices;

static tnas_status price(const tnas_arguments *arguments, const tnas_study *study, prices *p)
{
    if (p->mcu == NULL)
        TNAS_TRY(tnas_mcu_load(study->winner.profile, &p->mcu));
    TNAS_TRY(tnas_code_sizes_load_for(p->mcu->core, &p->sizes, NULL));
    tnas_estimator estimator = {
        .mcu = p->mcu,
        .runtime = tnas_runtime_find(TNAS_RUNTIME_OWN, p->mcu->core),
        .latency = tnas_mcu_latency_model(p->mcu, TNAS_RUNTIME_OWN),
        .sizes = &p->sizes,
        .limits = TNAS_LIMITS_NONE,
    };
    TNAS_TRY(tnas_estimator_choose_weights(&estimator, &study->model->graph,
                                           arguments->text[TNAS_OPTION_weights]));
    p->wide_bytes = estimator.wide_bytes;
    return tnas_estimate(&estimator, &study->model->graph, &p->cost);
}

static tnas_status write_c(const tnas_arguments *arguments, const tnas_study *study,
                           const prices *p, const char *name)
{
    char latency_source[320] = "";
    const tnas_latency_model *const latency = tnas_mcu_latency_model(p->mcu, TNAS_RUNTIME_OWN);
    if (latency != NULL)
        tnas_latency_describe(latency, latency_source, sizeof latency_source);
    const tnas_runtime *const runtime = tnas_runtime_find(TNAS_RUNTIME_OWN, p->mcu->core);
    tnas_image *image;
    TNAS_TRY(tnas_image_build_widened(study->model, runtime->target, p->wide_bytes, &image));
    const tnas_export_options options = {
        .name = name,
        .folder = arguments->text[TNAS_OPTION_out],
        .class_names = (const char(*)[TNAS_CLASS_NAME_BYTES])study->class_names,
        .class_count = study->class_count,
        .vector_images = study->vector_images,
        .vector_count = study->vector_count,
        .cost = &p->cost,
        .mcu = p->mcu,
        .latency_source = latency_source,
        .toolchain = p->sizes.toolchain,
    };
    const tnas_status status = tnas_export_c(image, &options);
    tnas_image_destroy(image);
    return status;
}

static tnas_status write_graph(const tnas_arguments *arguments, const tnas_study *study,
                               const char *name)
{
    char file[128], path[TNAS_PATH_BYTES];
    snprintf(file, sizeof file, "%.100s.json", name);
    TNAS_TRY(tnas_dir_create(arguments->text[TNAS_OPTION_out]));
    TNAS_TRY(tnas_path_join(path, arguments->text[TNAS_OPTION_out], file));
    return tnas_graph_save(&study->model->graph, name, path);
}

/* DIR/NAME.tflite; the names of the classes are its description. */
static tnas_status write_tflite(const tnas_arguments *arguments, const tnas_study *study,
                                const char *name)
{
    char file[128], path[TNAS_PATH_BYTES];
    snprintf(file, sizeof file, "%.100s.tflite", name);
    TNAS_TRY(tnas_dir_create(arguments->text[TNAS_OPTION_out]));
    TNAS_TRY(tnas_path_join(path, arguments->text[TNAS_OPTION_out], file));
    tnas_text description;
    tnas_text_init(&description);
    tnas_text_add(&description, "classes:");
    for (int i = 0; i < study->class_count; i++)
        tnas_text_add(&description, "%s %s", i > 0 ? "," : "", study->class_names[i]);
    const tnas_status status = description.failed
                                   ? tnas_fail(TNAS_ERR_NOMEM, "description of %s", path)
                                   : tnas_tflite_save(study->model, name, description.chars, path);
    tnas_text_deinit(&description);
    return status;
}

static void print_result(const tnas_arguments *arguments, const tnas_study *study, const prices *p,
                         const char *name)
{
    const tnas_footprint *const f = &p->cost.footprint;
    const char *const folder = arguments->text[TNAS_OPTION_out];
    if (!tnas_wants_table(arguments)) {
        cJSON *o = tnas_json_result("tinynas-export");
        cJSON_AddStringToObject(o, "folder", folder);
        cJSON_AddStringToObject(o, "name", name);
        cJSON_AddNumberToObject(o, "target", study->target_id);
        cJSON_AddStringToObject(o, "as", arguments->text[TNAS_OPTION_as]);
        cJSON_AddNumberToObject(o, "flash_bytes", (double)f->flash_bytes);
        cJSON_AddNumberToObject(o, "sram_bytes", (double)f->sram_bytes);
        tnas_result_print(arguments, o, NULL);
        return;
    }
    printf("wrote target %d as %s (%s) to %s: %zu bytes of flash, %zu bytes of SRAM on %s\n",
           study->target_id, name, arguments->text[TNAS_OPTION_as], folder, f->flash_bytes,
           f->sram_bytes, p->mcu->name);
}

static tnas_status write_and_print(const tnas_arguments *arguments, const tnas_study *study,
                                   prices *p)
{
    const char *const as = arguments->text[TNAS_OPTION_as];
    const char *const wanted = arguments->text[TNAS_OPTION_name];
    const bool as_c = strcmp(as, "c") == 0, as_tflite = strcmp(as, "tflite") == 0;
    if (!as_c && !as_tflite && strcmp(as, "graph") != 0)
        return tnas_fail(TNAS_ERR_USAGE, "--as %s: must be c, tflite or graph", as);
    char name[TNAS_EXPORT_NAME_BYTES];
    tnas_export_sanitize(wanted != NULL ? wanted : study->name, name, sizeof name);
    TNAS_TRY(price(arguments, study, p));
    TNAS_TRY(as_c        ? write_c(arguments, study, p, name)
             : as_tflite ? write_tflite(arguments, study, name)
                         : write_graph(arguments, study, name));
    print_result(arguments, study, p, name);
    return TNAS_OK;
}

tnas_status tnas_cmd_export(const tnas_arguments *arguments)
{
    const char *folder;
    TNAS_TRY(tnas_arguments_operand(arguments, "STUDY", &folder));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_out, "out"));
    prices p = {0};
    tnas_study *study = NULL;
    tnas_status status = TNAS_OK;
    if (arguments->given[TNAS_OPTION_mcu])
        status = tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &p.mcu);
    if (status == TNAS_OK)
        status =
            tnas_arguments_study(arguments, folder, p.mcu != NULL ? p.mcu->name : NULL, &study);
    if (status == TNAS_OK)
        status = write_and_print(arguments, study, &p);
    tnas_study_destroy(study);
    tnas_mcu_destroy(p.mcu);
    return status;
}
