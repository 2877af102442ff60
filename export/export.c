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

/* What a sound front end adds. */
static const struct {
    const char *template, *path;
} sound_templates[] = {
    {"export/templates/model_features.c.in", "src/@name@_features.c"},
    {"export/templates/host_sound.h.in", "host/sound.h"},
};
static const struct {
    void (*generate)(const tnas_export_job *job, tnas_text *out);
    const char *path;
} sound_generators[] = {
    {tnas_generate_features_header, "src/@name@_features.h"},
    {tnas_generate_features, "src/@name@_features_tables.c"},
    {tnas_generate_sound_vectors, "@name@_sound_vectors.h"},
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
    const tnas_sound_features *const features = job->options->features;
    const struct {
        const char *what;
        size_t predicted, exported;
    } figures[] = {
        {"weights", footprint->weights_bytes, job->weights_bytes},
        {"channels", footprint->channels_bytes, job->channels_bytes},
        {"table", footprint->table_bytes, job->table_bytes},
        {"arena", footprint->arena_bytes, job->image->model.arena_bytes},
        {"front end tables", footprint->features_table_bytes,
         features != NULL ? features->table_bytes : 0},
        {"arena with front end", footprint->arena_bytes + footprint->features_sram_bytes,
         job->arena_bytes},
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
    job->arena_bytes = image->model.arena_bytes;
    if (options->features == NULL)
        return;
    const tnas_front_end front_end = tnas_front_end_of(options->features);
    const tnas_placement *const input = &image->plan.tensors[0];
    job->features_scratch_offset =
        tnas_front_end_scratch_offset(&front_end, input->offset_bytes, input->bytes);
    const size_t needed_bytes = job->features_scratch_offset + front_end.scratch_bytes;
    job->arena_bytes = needed_bytes > job->arena_bytes ? needed_bytes : job->arena_bytes;
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

/* A rising tone over noise, a falling one: clips that no data set has to be at hand for. */
static void draw_clip(int index, int16_t *samples, int count)
{
    tnas_rng rng = tnas_rng_stream(0, TNAS_RNG_TEST, 1000 + (uint64_t)index);
    uint32_t phase = 0;
    for (int i = 0; i < count; i++) {
        const uint32_t way = (uint32_t)(index == 0 ? i : count - i);
        phase += 1000000u + way * (1000000000u / (uint32_t)count);
        const int32_t triangle = (int32_t)(phase >> 16) - 32768;
        const int32_t tone = (triangle < 0 ? -triangle : triangle) - 16384;
        samples[i] = (int16_t)(tone / 2 + (int32_t)tnas_rng_below(&rng, 2048) - 1024);
    }
}

static tnas_status run_sound_vectors(tnas_export_job *job)
{
    const tnas_sound_features *const features = job->options->features;
    if (features == NULL)
        return TNAS_OK;
    const int clip_count = features->device.clip_samples;
    job->sound_clips =
        tnas_alloc_zero(TNAS_EXPORT_SOUND_VECTORS, (size_t)clip_count * sizeof(int16_t));
    job->sound_outputs = tnas_alloc_zero(TNAS_EXPORT_SOUND_VECTORS, job->output_bytes);
    int8_t *const arena = tnas_alloc_zero(job->arena_bytes, 1);
    int8_t *const input = tnas_alloc_zero(job->input_bytes, 1);
    const bool enough =
        job->sound_clips != NULL && job->sound_outputs != NULL && arena != NULL && input != NULL;
    for (int v = 0; enough && v < TNAS_EXPORT_SOUND_VECTORS; v++) {
        int16_t *const clip = job->sound_clips + (size_t)v * (size_t)clip_count;
        draw_clip(v, clip, clip_count);
        tnrt_features_clip(&features->device, clip, arena + job->features_scratch_offset, input);
        tnas_image_run(job->image, arena, input,
                       job->sound_outputs + (size_t)v * job->output_bytes);
    }
    tnas_free(arena);
    tnas_free(input);
    return enough ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "sound vectors of %s", job->name);
}

/* What stands for the @keys@ of templates and paths. */
enum { VALUE_COUNT_MAX = 24 };
typedef struct {
    char flash_bytes[24], ram_bytes[24], summary[TNAS_EXPORT_SUMMARY_BYTES];
    char features_sources[2 * TNAS_EXPORT_NAME_BYTES + 64];
    char features_zephyr_sources[2 * TNAS_EXPORT_NAME_BYTES + 64];
    tnas_text figures, input_guide;
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
    const bool with_features = options->features != NULL;
    snprintf(out->features_sources, sizeof out->features_sources,
             " src/%s_features.c src/%s_features_tables.c", job->name, job->name);
    snprintf(out->features_zephyr_sources, sizeof out->features_zephyr_sources,
             " ../src/%s_features.c ../src/%s_features_tables.c", job->name, job->name);
    tnas_text_init(&out->input_guide);
    tnas_generate_input_guide(job, &out->input_guide);
    const tnas_template_value values[] = {
        {"name", job->name},
        {"NAME", job->upper},
        {"flash_bytes", out->flash_bytes},
        {"ram_bytes", out->ram_bytes},
        {"cross", device->cross},
        {"device_flags", device->flags},
        {"summary", out->summary},
        {"figures", out->figures.chars != NULL ? out->figures.chars : ""},
        {"features_sources", with_features ? out->features_sources : ""},
        {"features_zephyr_sources", with_features ? out->features_zephyr_sources : ""},
        {"input_guide", out->input_guide.chars != NULL ? out->input_guide.chars : ""},
    };
    enum { OWN_COUNT = sizeof values / sizeof values[0] };
    _Static_assert(OWN_COUNT + TNAS_BOARD_VALUES <= VALUE_COUNT_MAX, "room for every key");
    memcpy(out->values, values, sizeof values);
    tnas_board_values(board, &out->board_text, out->values + OWN_COUNT);
    out->value_count = OWN_COUNT + TNAS_BOARD_VALUES;
}

static tnas_status add_templates(tnas_export_folder *folder, const substitution *with,
                                 bool with_features)
{
    if (with->figures.failed || with->input_guide.failed)
        return tnas_fail(TNAS_ERR_NOMEM, "figures");
    const size_t sound_count =
        with_features ? sizeof sound_templates / sizeof sound_templates[0] : 0;
    for (size_t i = 0; i < sound_count; i++)
        TNAS_TRY(tnas_export_add_template(folder, sound_templates[i].template,
                                          sound_templates[i].path, with->values,
                                          with->value_count));
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        TNAS_TRY(tnas_export_add_template(folder, templates[i].template, templates[i].path,
                                          with->values, with->value_count));
    return tnas_export_add_template(folder, with->board->start, "firmware/start.c", with->values,
                                    with->value_count);
}

static tnas_status add_generated_file(tnas_export_folder *folder, const substitution *with,
                                      const tnas_export_job *job, const char *pattern,
                                      void (*generate)(const tnas_export_job *job, tnas_text *out))
{
    tnas_text text, path;
    tnas_text_init(&text);
    tnas_text_init(&path);
    generate(job, &text);
    tnas_template_expand(pattern, strlen(pattern), with->values, with->value_count, &path);
    const tnas_status status = path.failed ? tnas_fail(TNAS_ERR_NOMEM, "path of %s", pattern)
                                           : tnas_export_add_text(folder, path.chars, &text);
    tnas_text_deinit(&path);
    tnas_text_deinit(&text);
    return status;
}

static tnas_status add_generated(tnas_export_folder *folder, const substitution *with,
                                 const tnas_export_job *job)
{
    for (size_t i = 0; i < sizeof generators / sizeof generators[0]; i++)
        TNAS_TRY(add_generated_file(folder, with, job, generators[i].path, generators[i].generate));
    const size_t sound_count =
        job->options->features != NULL ? sizeof sound_generators / sizeof sound_generators[0] : 0;
    for (size_t i = 0; i < sound_count; i++)
        TNAS_TRY(add_generated_file(folder, with, job, sound_generators[i].path,
                                    sound_generators[i].generate));
    return TNAS_OK;
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
        status = add_templates(&folder, &with, job->options->features != NULL);
    if (status == TNAS_OK)
        status = tnas_export_add_runtime(&folder, "src/", job->image->variant);
    if (status == TNAS_OK)
        status = tnas_export_folder_commit(&folder);
    tnas_export_folder_deinit(&folder);
    tnas_text_deinit(&with.figures);
    tnas_text_deinit(&with.input_guide);
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
        status = run_sound_vectors(&job);
    if (status == TNAS_OK)
        status = write_folder(&job);
    tnas_free(job.vector_inputs);
    tnas_free(job.vector_outputs);
    tnas_free(job.sound_clips);
    tnas_free(job.sound_outputs);
    return status;
}
