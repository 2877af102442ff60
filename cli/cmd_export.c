/* tinynas export: a network as files. */
#include <stdio.h>
#include <string.h>

#include "cli/exported.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/shell_word.h"
#include "cli/source.h"
#include "common/alloc.h"
#include "common/io.h"
#include "common/text.h"
#include "export/export.h"
#include "graph/tflite_write.h"

/* What is exported, for which part, and under which name. */
typedef struct export_job {
    tnas_source *source;
    tnas_mcu *mcu;
    const tnas_runtime *runtime;
    tnas_code_sizes sizes;
    tnas_cost cost;
    bool has_front_end; /* a study of sounds */
    tnas_front_end front_end;
    size_t wide_bytes; /* what constants may grow by for wider weights */
    char name[TNAS_EXPORT_NAME_BYTES];
    const char *folder;
} export_job;

static tnas_estimator estimator_of(const export_job *job)
{
    return (tnas_estimator){
        .mcu = job->mcu,
        .runtime = job->runtime,
        .latency = tnas_mcu_latency_model(job->mcu, TNAS_RUNTIME_OWN),
        .sizes = &job->sizes,
        .limits = TNAS_LIMITS_NONE,
        .front_end = job->has_front_end ? &job->front_end : NULL,
        .wide_bytes = job->wide_bytes,
    };
}

static tnas_status choose_weights(export_job *job, const char *weights)
{
    TNAS_TRY(tnas_code_sizes_load_for(job->mcu->core, &job->sizes, NULL));
    tnas_estimator estimator = estimator_of(job);
    TNAS_TRY(tnas_estimator_choose_weights(&estimator, &job->source->model->graph, weights));
    job->wide_bytes = estimator.wide_bytes;
    return TNAS_OK;
}

static tnas_status price(export_job *job)
{
    const tnas_estimator estimator = estimator_of(job);
    return tnas_estimate(&estimator, &job->source->model->graph, &job->cost);
}

/* ---- Files --------------------------------------------------------------------------------- */

/* A file's outputs have no names, and its test vectors are random. */
static tnas_status write_c(export_job *job)
{
    char latency_source[320] = "";
    const tnas_latency_model *const latency = tnas_mcu_latency_model(job->mcu, TNAS_RUNTIME_OWN);
    const tnas_study *const study = job->source->study;
    if (latency != NULL)
        tnas_latency_describe(latency, latency_source, sizeof latency_source);
    tnas_image *image;
    TNAS_TRY(tnas_image_build_widened(job->source->model, job->runtime->target, job->wide_bytes,
                                      &image));
    tnas_export_options options = {
        .name = job->name,
        .folder = job->folder,
        .cost = &job->cost,
        .mcu = job->mcu,
        .latency_source = latency_source,
        .toolchain = job->sizes.toolchain,
    };
    if (study != NULL) {
        options.class_names = (const char(*)[TNAS_CLASS_NAME_BYTES])study->class_names;
        options.class_count = study->class_count;
        options.features = study->features;
        options.affine = study->affine.channel_count > 0 ? &study->affine : NULL;
        options.vector_images = study->vector_images;
        options.vector_count = study->vector_count;
    }
    tnas_status status = price(job);
    if (status == TNAS_OK)
        status = tnas_export_c(image, &options);
    tnas_image_destroy(image);
    return status;
}

/* DIR/NAME and the ending. */
static tnas_status make_path(const export_job *job, const char *ending, char out[TNAS_PATH_BYTES])
{
    char file[TNAS_EXPORT_NAME_BYTES + 16];
    snprintf(file, sizeof file, "%s%s", job->name, ending);
    TNAS_TRY(tnas_dir_create(job->folder));
    return tnas_path_join(out, job->folder, file);
}

static tnas_status write_graph(export_job *job)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(price(job));
    TNAS_TRY(make_path(job, ".json", path));
    return tnas_graph_save(&job->source->model->graph, job->name, path);
}

/* The names of the classes; of a file, its own description. */
static void describe(const tnas_source *source, tnas_text *out)
{
    if (source->study == NULL && source->notes == NULL) {
        tnas_text_add(out, "%s", source->name);
        return;
    }
    if (source->study == NULL) {
        tnas_text_add(out, "%s", source->notes->description);
        return;
    }
    tnas_text_add(out, "classes:");
    for (int i = 0; i < source->study->class_count; i++)
        tnas_text_add(out, "%s %s", i > 0 ? "," : "", source->study->class_names[i]);
}

static tnas_status write_tflite(export_job *job)
{
    char path[TNAS_PATH_BYTES];
    uint8_t *bytes = NULL;
    size_t byte_count;
    tnas_text description;
    TNAS_TRY(price(job));
    tnas_text_init(&description);
    describe(job->source, &description);
    tnas_status status = description.failed
                             ? tnas_fail(TNAS_ERR_NOMEM, "description of %s", job->name)
                             : tnas_tflite_build(job->source->model, job->name, description.chars,
                                                 &bytes, &byte_count);
    if (status == TNAS_OK)
        status = make_path(job, ".tflite", path);
    if (status == TNAS_OK)
        status = tnas_file_write(path, bytes, byte_count);
    tnas_free(bytes);
    tnas_text_deinit(&description);
    return status;
}

static const struct {
    const char *name;
    tnas_status (*write)(export_job *job);
} forms[] = {{"c", write_c}, {"tflite", write_tflite}, {"graph", write_graph}};

/* ---- The command --------------------------------------------------------------------------- */

static void print_result(const tnas_arguments *arguments, const export_job *job)
{
    const tnas_footprint *const f = &job->cost.footprint;
    const tnas_study *const study = job->source->study;
    const char *const as = arguments->text[TNAS_OPTION_as];
    if (!tnas_wants_table(arguments)) {
        cJSON *o = tnas_json_result("tinynas-export");
        cJSON_AddStringToObject(o, "folder", job->folder);
        cJSON_AddStringToObject(o, "name", job->name);
        if (study != NULL)
            cJSON_AddNumberToObject(o, "target", study->target_id);
        cJSON_AddStringToObject(o, "as", as);
        cJSON_AddNumberToObject(o, "flash_bytes", (double)f->flash_bytes);
        cJSON_AddNumberToObject(o, "sram_bytes", (double)f->sram_bytes);
        cJSON_AddBoolToObject(o, "fits", job->cost.over == 0);
        tnas_result_print(arguments, o, NULL);
        return;
    }
    char what[TNAS_SOURCE_NAME_BYTES + 16];
    if (study != NULL)
        snprintf(what, sizeof what, "target %d", study->target_id);
    else
        snprintf(what, sizeof what, "%s.tflite", job->source->name);
    printf("wrote %s as %s (%s) to %s: %zu bytes of flash, %zu bytes of SRAM on %s\n", what,
           job->name, as, job->folder, f->flash_bytes, f->sram_bytes, job->mcu->name);
    if (job->cost.over != 0)
        printf("warning    it does not fit the memories of %s\n", job->mcu->name);
    char folder[TNAS_SHELL_WORD_BYTES];
    if (strcmp(as, "c") == 0)
        printf("next       make -C %s test\n", tnas_shell_word(job->folder, folder));
}

/* The part that was asked for; else the one that a study searched for. */
static tnas_status choose_part(export_job *job)
{
    const tnas_study *const study = job->source->study;
    if (job->mcu == NULL && study == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "--mcu is missing: a .tflite file does not say for which "
                                         "part");
    if (job->mcu == NULL)
        TNAS_TRY(tnas_mcu_load(study->winner.profile, &job->mcu));
    job->has_front_end = study != NULL && study->features != NULL;
    if (job->has_front_end)
        job->front_end = tnas_front_end_of(study->features);
    job->runtime = tnas_runtime_find(TNAS_RUNTIME_OWN, job->mcu->core);
    return TNAS_OK;
}

static tnas_status write_files(const tnas_arguments *arguments, export_job *job)
{
    const char *const as = arguments->text[TNAS_OPTION_as];
    const char *const wanted = arguments->text[TNAS_OPTION_name];
    size_t form = 0;
    while (form < sizeof forms / sizeof forms[0] && strcmp(forms[form].name, as) != 0)
        form++;
    if (form == sizeof forms / sizeof forms[0])
        return tnas_fail(TNAS_ERR_USAGE, "--as %s: must be c, tflite or graph", as);
    TNAS_TRY(choose_part(job));
    TNAS_TRY(choose_weights(job, arguments->text[TNAS_OPTION_weights]));
    tnas_export_sanitize(wanted != NULL ? wanted : job->source->name, job->name, sizeof job->name);
    return forms[form].write(job);
}

static void release(export_job *job)
{
    tnas_source_destroy(job->source);
    tnas_mcu_destroy(job->mcu);
}

/* Release the job in any case. */
static tnas_status run(const tnas_arguments *arguments, export_job *job)
{
    const char *what;
    *job = (export_job){0};
    TNAS_TRY(tnas_arguments_operand(arguments, "STUDY or .tflite file", &what));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_out, "out"));
    job->folder = arguments->text[TNAS_OPTION_out];
    if (arguments->given[TNAS_OPTION_mcu])
        TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &job->mcu));
    TNAS_TRY(
        tnas_source_load(arguments, what, job->mcu != NULL ? job->mcu->name : NULL, &job->source));
    return write_files(arguments, job);
}

tnas_status tnas_exported_write(const tnas_arguments *arguments, tnas_exported *out)
{
    export_job job;
    *out = (tnas_exported){0};
    const tnas_status status = run(arguments, &job);
    if (status == TNAS_OK) {
        snprintf(out->name, sizeof out->name, "%s", job.name);
        out->flash_bytes = job.cost.footprint.flash_bytes;
        out->sram_bytes = job.cost.footprint.sram_bytes;
        out->fits = job.cost.over == 0;
    }
    release(&job);
    return status;
}

tnas_status tnas_cmd_export(const tnas_arguments *arguments)
{
    export_job job;
    const tnas_status status = run(arguments, &job);
    if (status == TNAS_OK)
        print_result(arguments, &job);
    release(&job);
    return status;
}
