/* What an export with a sound front end has beside the network: NAME_features.h with the sizes of
 * samples and frames, and NAME_features_tables.c with the constants. Initialisers are positional:
 * designated ones are not C++. */
#include "export/generate_internal.h"

#include <inttypes.h>

/* "static const TYPE NAME_WHAT[COUNT] = {" to "};", with values as printed by `value`. */
static void add_table(const char *name, const char *type, const char *what, const void *values,
                      size_t count, int64_t (*value)(const void *values, size_t index),
                      tnas_text *out)
{
    tnas_text_add(out, "static const %s %s_features_%s[%zu] = {", type, name, what, count);
    for (size_t i = 0; i < count; i++)
        tnas_text_add(out, "%s%" PRId64 ",", i % 12 == 0 ? "\n    " : " ", value(values, i));
    tnas_text_add(out, "\n};\n");
}

static int64_t uint16_at(const void *values, size_t index)
{
    return ((const uint16_t *)values)[index];
}

static int64_t int16_at(const void *values, size_t index)
{
    return ((const int16_t *)values)[index];
}

static int64_t int32_at(const void *values, size_t index)
{
    return ((const int32_t *)values)[index];
}

void tnas_generate_feature_tables(const char *name, const tnas_sound_features *features,
                                  tnas_text *out)
{
    const tnrt_features *const d = &features->device;
    add_table(name, "uint16_t", "window", d->window, features->window_count, uint16_at, out);
    add_table(name, "int32_t", "cosine", d->cosine, features->cosine_count, int32_at, out);
    add_table(name, "uint16_t", "edges", d->edges, features->edge_count, uint16_at, out);
    add_table(name, "uint16_t", "rise", d->rise, features->rise_count, uint16_at, out);
    if (d->dct != NULL)
        add_table(name, "int16_t", "dct", d->dct, features->dct_count, int16_at, out);
    add_table(name, "int32_t", "scale", d->scale, features->affine_count, int32_at, out);
    add_table(name, "int32_t", "offset", d->offset, features->affine_count, int32_at, out);
    tnas_text_add(out,
                  "\nconst tnrt_features %s_features_tables = {\n"
                  "    %s_features_window, %s_features_cosine, %s_features_edges,\n"
                  "    %s_features_rise, %s%s, %s_features_scale, %s_features_offset,\n",
                  name, name, name, name, name, d->dct != NULL ? name : "NULL",
                  d->dct != NULL ? "_features_dct" : "", name, name);
    tnas_text_add(
        out,
        "    %" PRId32 ", /* samples of a clip */\n    %" PRId32 ", /* start of frame 0 */\n"
        "    %u, %u, %u, /* samples of a window, of a hop, of the transform */\n"
        "    %u, %u, %u, /* frames, bands, features */\n"
        "    %u, %u, /* pre-emphasis, affine step */\n};\n",
        d->clip_samples, d->first_sample, d->window_samples, d->hop_samples, d->fft_samples,
        d->frames, d->bands, d->features, d->pre_emphasis, d->affine_step);
}

tnas_front_end tnas_front_end_of(const tnas_sound_features *features)
{
    const tnrt_features *const d = &features->device;
    return (tnas_front_end){
        .frames = d->frames,
        .window_samples = d->window_samples,
        .fft_samples = d->fft_samples,
        .bins = (int)features->rise_count,
        .bands = d->bands,
        .features = d->features,
        .has_dct = d->dct != NULL,
        .table_bytes = features->table_bytes,
        .scratch_bytes = features->scratch_bytes,
    };
}

void tnas_generate_features(const tnas_export_job *job, tnas_text *out)
{
    char config[TNAS_SOUND_TEXT_BYTES];
    tnas_sound_config_print(&job->options->features->config, config);
    tnas_text_add(out,
                  "/* SPDX-License-Identifier: 0BSD */\n"
                  "/* The tables of %s's sound front end, computed in double precision from\n"
                  " * %s */\n"
                  "#include \"%s_features.h\"\n\n",
                  job->name, config, job->name);
    tnas_generate_feature_tables(job->name, job->options->features, out);
    tnas_text_add(out, "\nconst uint32_t %s_features_scratch = %zu;\n", job->name,
                  job->features_scratch_offset);
}

static void add_functions(const tnas_export_job *job, tnas_text *out)
{
    const char *const name = job->name, *const upper = job->upper;
    tnas_text_add(out,
                  "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
                  "extern const tnrt_features %s_features_tables;\n"
                  "extern const uint32_t %s_features_scratch;\n\n",
                  name, name);
    tnas_text_add(out,
                  "/* A clip's features, written to %s_input(arena): then %s_invoke(arena, NULL,\n"
                  " * NULL). `samples`: %s_CLIP_SAMPLES, the caller's. The rest of the arena is\n"
                  " * scratch meanwhile. */\n"
                  "void %s_features(void *arena, const int16_t *samples);\n\n",
                  name, name, upper, name);
    tnas_text_add(
        out,
        "/* One frame at a time, for a stream: features of frame `frame`, 0 to %s_FRAMES -\n"
        " * 1, from %s_WINDOW_SAMPLES samples from `start` on; sample_count are there. The\n"
        " * same bytes as %s_features where frames lie inside the clip. `scratch`:\n"
        " * %s_FEATURES_SCRATCH_BYTES aligned to 4; `input`: %s_INPUT_BYTES that the frames\n"
        " * fill. */\n"
        "static inline void %s_features_frame(int8_t *input, int32_t frame,\n"
        "                                     const int16_t *samples,\n"
        "                                     int32_t sample_count, int32_t start,\n"
        "                                     void *scratch)\n{\n"
        "    tnrt_features_frame(&%s_features_tables, samples, sample_count, start,\n"
        "                        scratch, input + frame * %s_FEATURES);\n}\n",
        upper, upper, name, upper, upper, name, name, upper);
    tnas_text_add(out, "#ifdef __cplusplus\n}\n#endif\n");
}

void tnas_generate_features_header(const tnas_export_job *job, tnas_text *out)
{
    const tnas_sound_features *const features = job->options->features;
    const tnrt_features *const d = &features->device;
    const char *const upper = job->upper;
    tnas_text_add(
        out,
        "/* SPDX-License-Identifier: 0BSD */\n"
        "/* The sound front end of %s: 16-bit samples to the network's input, in integers.\n"
        " * Its bytes are those that the network was trained with. */\n"
        "#ifndef %s_FEATURES_H\n#define %s_FEATURES_H\n\n"
        "#include \"%s.h\"\n#include \"runtime/tnrt_features.h\"\n\n",
        job->name, upper, upper, job->name);
    tnas_text_add(out, "#define %s_SAMPLE_RATE_HZ %d\n", upper, features->config.sample_rate_hz);
    tnas_text_add(out, "#define %s_CLIP_SAMPLES %d\n", upper, (int)d->clip_samples);
    tnas_text_add(out, "#define %s_WINDOW_SAMPLES %d\n", upper, d->window_samples);
    tnas_text_add(out, "#define %s_HOP_SAMPLES %d\n", upper, d->hop_samples);
    tnas_text_add(out, "#define %s_FRAMES %d\n", upper, d->frames);
    tnas_text_add(out, "#define %s_FEATURES %d /* a frame: %s */\n", upper, d->features,
                  d->dct != NULL ? "cepstral coefficients" : "mel bands");
    tnas_text_add(out, "#define %s_FIRST_SAMPLE (%d) /* where frame 0 begins in a clip */\n", upper,
                  (int)d->first_sample);
    tnas_text_add(out, "#define %s_FEATURES_SCRATCH_BYTES %zu\n\n", upper, features->scratch_bytes);
    add_functions(job, out);
    tnas_text_add(out, "\n#endif\n");
}

void tnas_generate_sound_vectors(const tnas_export_job *job, tnas_text *out)
{
    const size_t clip_count = (size_t)job->options->features->device.clip_samples;
    const char *const upper = job->upper, *const name = job->name;
    tnas_text_add(out,
                  "/* SPDX-License-Identifier: 0BSD */\n"
                  "/* Test clips of %s, made up, and the network's outputs for them: the way from\n"
                  " * samples to scores. Include it in one file. */\n"
                  "#ifndef %s_SOUND_VECTORS_H\n#define %s_SOUND_VECTORS_H\n\n"
                  "#include \"%s_features.h\"\n\n"
                  "#ifndef %s_VECTORS_SECTION\n#define %s_VECTORS_SECTION\n#endif\n\n"
                  "#define %s_SOUND_VECTOR_COUNT %d\n\n",
                  name, upper, upper, name, upper, upper, upper, TNAS_EXPORT_SOUND_VECTORS);
    tnas_text_add(out,
                  "%s_VECTORS_SECTION\nstatic const int16_t "
                  "%s_sound_clips[%s_SOUND_VECTOR_COUNT][%s_CLIP_SAMPLES] = {\n",
                  upper, name, upper, upper);
    for (size_t i = 0; i < TNAS_EXPORT_SOUND_VECTORS * clip_count; i++)
        tnas_text_add(out, "%s%d,%s", i % clip_count == 0 ? "    {" : "", job->sound_clips[i],
                      i % clip_count == clip_count - 1 ? "},\n"
                      : i % clip_count % 16 == 15      ? "\n     "
                                                       : " ");
    tnas_text_add(out,
                  "};\n\n%s_VECTORS_SECTION\nstatic const int8_t "
                  "%s_sound_outputs[%s_SOUND_VECTOR_COUNT][%s_OUTPUT_BYTES] = {\n",
                  upper, name, upper, upper);
    for (size_t i = 0; i < TNAS_EXPORT_SOUND_VECTORS * job->output_bytes; i++)
        tnas_text_add(out, "%s%d,%s", i % job->output_bytes == 0 ? "    {" : "",
                      job->sound_outputs[i],
                      i % job->output_bytes == job->output_bytes - 1 ? "},\n"
                      : i % job->output_bytes % 16 == 15             ? "\n     "
                                                                     : " ");
    tnas_text_add(out, "};\n\n#endif\n");
}
