/* The order of an export: check what was asked for, run the test vectors, print every file,
 * give the folder its name. */
#include "export/export.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/rng.h"
#include "estimators/regions.h"
#include "export/boards.h"
#include "export/export_folder_internal.h"
#include "export/generate_internal.h"

/* Files made from a template, in export/templates/. */
static const struct {
    const char *template, *path;
} templates[] = {
    {"export/templates/model_invoke.c.in", "src/@name@_invoke.c"},
    {"export/templates/host_main.c.in", "host/main.c"},
    {"export/templates/firmware_board.h.in", "firmware/board.h"},
    {"export/templates/firmware_main.c.in", "firmware/main.c"},
    {"export/templates/firmware_link.ld.in", "firmware/link.ld"},
    {"export/templates/Makefile.in", "Makefile"},
    {"export/templates/linked_bytes.sh.in", "linked_bytes.sh"},
    {"export/templates/README.md.in", "README.md"},
    {"export/templates/CMakeLists.txt.in", "CMakeLists.txt"},
    {"export/templates/tinynas_runtime.cmake.in", "tinynas_runtime.cmake"},
    {"export/templates/library.json.in", "library.json"},
    {"export/templates/library.properties.in", "library.properties"},
    {"export/templates/zephyr_module.yml.in", "zephyr/module.yml"},
    {"export/templates/zephyr_CMakeLists.txt.in", "zephyr/CMakeLists.txt"},
    {"export/templates/zephyr_Kconfig.in", "zephyr/Kconfig"},
};

/* Files that are printed from the image. */
static const struct {
    void (*generate)(const tnas_export_job *job, tnas_text *out);
    const char *path;
} generators[] = {
    {tnas_generate_header, "src/@name@.h"},      {tnas_generate_data_header, "src/@name@_data.h"},
    {tnas_generate_table, "src/@name@.c"},       {tnas_generate_weights, "src/@name@_weights.c"},
    {tnas_generate_vectors, "@name@_vectors.h"}, {tnas_generate_memory_map, "memory.txt"},
    {tnas_generate_pdsc, "tinynas.@name@.pdsc"},
};

enum { FLASH_BYTES_DEFAULT = 1 << 20, RAM_BYTES_DEFAULT = 320 << 10 };

/* On the device pointers have 4 bytes. */
enum { DEVICE_POINTER_BYTES = 4, MODEL_RECORD_BYTES = DEVICE_POINTER_BYTES + 6 * 4 };

static tnas_status check_options(const tnas_export_job *job)
{
    const tnas_export_options *const options = job->options;
    char sane[TNAS_EXPORT_NAME_BYTES];
    tnas_export_sanitize(options->name, sane, sizeof sane);
    if (strcmp(sane, options->name) != 0)
        return tnas_fail(TNAS_ERR_USAGE,
                         "export name \"%.60s\" cannot name files and symbols; \"%s\" can",
                         options->name, sane);
    if (options->class_names != NULL && (size_t)options->class_count != job->output_bytes)
        return tnas_fail(TNAS_ERR_INPUT, "%d class names for a model of %zu classes",
                         options->class_count, job->output_bytes);
    return TNAS_OK;
}

/* The estimate is the artefact, or the export does not happen. */
static tnas_status check_prediction(const tnas_export_job *job)
{
    if (job->options->cost == NULL)
        return TNAS_OK;
    const tnas_footprint *const footprint = &job->options->cost->footprint;
    const struct {
        const char *what;
        size_t predicted, exported;
    } figures[] = {
        {"weights", footprint->weights_bytes, job->weights_bytes},
        {"channels", footprint->channels_bytes, job->channels_bytes},
        {"table", footprint->table_bytes, job->table_bytes},
        {"arena", footprint->arena_bytes, job->image->model.arena_bytes},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (figures[i].predicted != figures[i].exported)
            return tnas_fail(TNAS_ERR_INTERNAL, "%s: predicted %zu bytes of %s, exported %zu",
                             job->name, figures[i].predicted, figures[i].what, figures[i].exported);
    return TNAS_OK;
}

void tnas_export_job_fill(const tnas_image *image, const tnas_export_options *options,
                          tnas_export_job *job)
{
    *job = (tnas_export_job){.image = image, .options = options};
    snprintf(job->name, sizeof job->name, "%s", options->name);
    for (size_t i = 0; i < sizeof job->name; i++) {
        const char letter = job->name[i];
        job->upper[i] = letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
    }
    job->input = &image->graph.tensors[0];
    job->output = &image->graph.tensors[tnas_graph_output(&image->graph)];
    job->input_bytes = image->model.input_bytes;
    job->output_bytes = image->model.output_bytes;
    job->weights_bytes = image->weight_bytes;
    job->channels_bytes = image->param_count * sizeof(int32_t);
    job->table_bytes =
        image->model.layer_count * TNRT_LAYER_BYTES(DEVICE_POINTER_BYTES) + MODEL_RECORD_BYTES;
}

static void draw_pixels(uint64_t index, uint8_t *pixels, size_t count)
{
    tnas_rng rng = tnas_rng_stream(0, TNAS_RNG_TEST, index);
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)tnas_rng_below(&rng, 256);
}

static tnas_status run_vectors(tnas_export_job *job)
{
    const tnas_export_options *const options = job->options;
    const bool given = options->vector_images != NULL && options->vector_count > 0;
    job->vector_count = given ? options->vector_count : TNAS_EXPORT_VECTORS_DEFAULT;
    const size_t count = (size_t)job->vector_count;
    job->vector_inputs = tnas_alloc_zero(count, job->input_bytes);
    job->vector_outputs = tnas_alloc_zero(count, job->output_bytes);
    uint8_t *const pixels = tnas_alloc_zero(job->input_bytes, 1);
    void *const arena = tnas_alloc_zero(job->image->model.arena_bytes, 1);
    const bool enough = job->vector_inputs != NULL && job->vector_outputs != NULL &&
                        pixels != NULL && arena != NULL;
    for (size_t v = 0; enough && v < count; v++) {
        int8_t *const input = job->vector_inputs + v * job->input_bytes;
        if (given)
            memcpy(pixels, options->vector_images + v * job->input_bytes, job->input_bytes);
        else
            draw_pixels(v, pixels, job->input_bytes);
        tnas_image_input(pixels, job->input_bytes, input);
        tnas_image_run(job->image, arena, input, job->vector_outputs + v * job->output_bytes);
    }
    tnas_free(pixels);
    tnas_free(arena);
    return enough ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "test vectors of %s", job->name);
}

/* What stands for the @keys@ of templates and paths. */
enum { VALUE_COUNT_MAX = 24 };
typedef struct {
    char flash_bytes[24], ram_bytes[24], summary[TNAS_EXPORT_SUMMARY_BYTES];
    tnas_text figures;
    const tnas_board *board;
    tnas_board_text board_text;
    tnas_template_value values[VALUE_COUNT_MAX];
    int value_count;
} substitution;

/* A part may have more memory than the board. */
static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void fill_substitution(const tnas_export_job *job, substitution *out)
{
    const tnas_export_options *const options = job->options;
    const tnas_device_core *const device =
        tnas_device_core_of(options->mcu != NULL ? options->mcu->core : NULL);
    size_t flash_bytes = FLASH_BYTES_DEFAULT, ram_bytes = RAM_BYTES_DEFAULT;
    if (options->mcu != NULL) {
        flash_bytes = options->mcu->flash_bytes;
        ram_bytes = tnas_arena_room(options->mcu, false);
    }
    const tnas_board *const board = tnas_board_of(device);
    out->board = board;
    snprintf(out->flash_bytes, sizeof out->flash_bytes, "%zu",
             smaller(flash_bytes, board->flash_bytes_max));
    snprintf(out->ram_bytes, sizeof out->ram_bytes, "%zu",
             smaller(ram_bytes, board->ram_bytes_max));
    tnas_export_summary(job, out->summary);
    tnas_text_init(&out->figures);
    tnas_generate_figures(job, &out->figures);
    const tnas_template_value values[] = {
        {"name", job->name},
        {"NAME", job->upper},
        {"flash_bytes", out->flash_bytes},
        {"ram_bytes", out->ram_bytes},
        {"cross", device->cross},
        {"device_flags", device->flags},
        {"summary", out->summary},
        {"figures", out->figures.chars != NULL ? out->figures.chars : ""},
    };
    enum { OWN_COUNT = sizeof values / sizeof values[0] };
    _Static_assert(OWN_COUNT + TNAS_BOARD_VALUES <= VALUE_COUNT_MAX, "room for every key");
    memcpy(out->values, values, sizeof values);
    tnas_board_values(board, &out->board_text, out->values + OWN_COUNT);
    out->value_count = OWN_COUNT + TNAS_BOARD_VALUES;
}

static tnas_status add_templates(tnas_export_folder *folder, const substitution *with)
{
    if (with->figures.failed)
        return tnas_fail(TNAS_ERR_NOMEM, "figures");
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        TNAS_TRY(tnas_export_add_template(folder, templates[i].template, templates[i].path,
                                          with->values, with->value_count));
    return tnas_export_add_template(folder, with->board->start, "firmware/start.c", with->values,
                                    with->value_count);
}

static tnas_status add_generated(tnas_export_folder *folder, const substitution *with,
                                 const tnas_export_job *job)
{
    tnas_status status = TNAS_OK;
    for (size_t i = 0; i < sizeof generators / sizeof generators[0] && status == TNAS_OK; i++) {
        tnas_text text, path;
        tnas_text_init(&text);
        tnas_text_init(&path);
        generators[i].generate(job, &text);
        tnas_template_expand(generators[i].path, strlen(generators[i].path), with->values,
                             with->value_count, &path);
        status = path.failed ? tnas_fail(TNAS_ERR_NOMEM, "path of %s", generators[i].path)
                             : tnas_export_add_text(folder, path.chars, &text);
        tnas_text_deinit(&path);
        tnas_text_deinit(&text);
    }
    return status;
}

static tnas_status write_folder(const tnas_export_job *job)
{
    tnas_export_folder folder;
    substitution with;
    fill_substitution(job, &with);
    tnas_status status = tnas_export_folder_begin(&folder, job->options->folder);
    if (status == TNAS_OK)
        status = add_generated(&folder, &with, job);
    if (status == TNAS_OK)
        status = add_templates(&folder, &with);
    if (status == TNAS_OK)
        status = tnas_export_add_runtime(&folder, "src/", job->image->variant);
    if (status == TNAS_OK)
        status = tnas_export_folder_commit(&folder);
    tnas_export_folder_deinit(&folder);
    tnas_text_deinit(&with.figures);
    return status;
}

tnas_status tnas_export_c(const tnas_image *image, const tnas_export_options *options)
{
    tnas_export_job job;
    tnas_export_job_fill(image, options, &job);
    TNAS_TRY(check_options(&job));
    TNAS_TRY(check_prediction(&job));
    tnas_status status = run_vectors(&job);
    if (status == TNAS_OK)
        status = write_folder(&job);
    tnas_free(job.vector_inputs);
    tnas_free(job.vector_outputs);
    return status;
}
