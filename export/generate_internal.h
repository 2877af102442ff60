/* The generated files of an export, each as one text. Export.c decides where they go. */
#ifndef TNAS_EXPORT_GENERATE_INTERNAL_H
#define TNAS_EXPORT_GENERATE_INTERNAL_H

#include "common/text.h"
#include "export/export.h"
#include "export/export_folder_internal.h"

#define TNAS_EXPORT_SOUND_VECTORS   2
#define TNAS_EXPORT_VECTORS_DEFAULT 4 /* when the caller brings none */

/* What every generated file needs to know. */
typedef struct tnas_export_job {
    const tnas_image *image;
    const tnas_export_options *options;
    char name[TNAS_EXPORT_NAME_BYTES];  /* kws */
    char upper[TNAS_EXPORT_NAME_BYTES]; /* KWS */
    const tnas_tensor *input, *output;
    size_t input_bytes, output_bytes;
    size_t weights_bytes, channels_bytes, table_bytes; /* on a part with 32-bit pointers */
    size_t arena_bytes;             /* the plan's, or what the front end needs beside the input */
    size_t features_scratch_offset; /* in the arena; with a sound front end */
    int vector_count;
    int8_t *vector_inputs;  /* [vector_count, input_bytes] */
    int8_t *vector_outputs; /* [vector_count, output_bytes] */
    int16_t *sound_clips;   /* [TNAS_EXPORT_SOUND_VECTORS, clip_samples]; NULL: no front end */
    int8_t *sound_outputs;  /* [TNAS_EXPORT_SOUND_VECTORS, output_bytes] */
} tnas_export_job;

void tnas_export_job_fill(const tnas_image *image, const tnas_export_options *options,
                          tnas_export_job *job);

void tnas_generate_header(const tnas_export_job *job, tnas_text *out);      /* NAME.h */
void tnas_generate_data_header(const tnas_export_job *job, tnas_text *out); /* NAME_data.h */
void tnas_generate_table(const tnas_export_job *job, tnas_text *out);       /* NAME.c */
void tnas_generate_weights(const tnas_export_job *job, tnas_text *out);     /* NAME_weights.c */
void tnas_generate_vectors(const tnas_export_job *job, tnas_text *out);     /* NAME_vectors.h */
void tnas_generate_memory_map(const tnas_export_job *job, tnas_text *out);  /* memory.txt */
void tnas_generate_pdsc(const tnas_export_job *job, tnas_text *out);        /* tinynas.NAME.pdsc */

/* Of real-valued inputs: what NAME.h says of channels, and values that a test vector is made of. */
void tnas_generate_channels(const tnas_export_job *job, tnas_text *out);
void tnas_generate_channel_vector(const tnas_export_job *job, tnas_text *out);

/* Of a sound front end: NAME_features.h, NAME_features_tables.c, and its tables alone, as
 * `const tnrt_features NAME_features_tables`. */
void tnas_generate_features_header(const tnas_export_job *job, tnas_text *out);
void tnas_generate_features(const tnas_export_job *job, tnas_text *out);
void tnas_generate_input_guide(const tnas_export_job *job, tnas_text *out); /* within README */
void tnas_generate_sound_vectors(const tnas_export_job *job, tnas_text *out);
void tnas_generate_feature_tables(const char *name, const tnas_sound_features *features,
                                  tnas_text *out);
void tnas_generate_figures(const tnas_export_job *job, tnas_text *out); /* within README */

/* "int8 classifier of 32x32x3 inputs, 10 classes": ASCII without markup. */
#define TNAS_EXPORT_SUMMARY_BYTES 96
void tnas_export_summary(const tnas_export_job *job, char out[TNAS_EXPORT_SUMMARY_BYTES]);

/* "dwconv2d 3x3 stride 2, 8x8x4 -> 4x4x4, 576 MACs" */
void tnas_generate_op_text(const tnas_export_job *job, int op, tnas_text *out);

/* Copies `template` to `out`, with @key@ replaced. Keys: name, NAME, and those given. */
typedef struct tnas_template_value {
    const char *key, *value;
} tnas_template_value;
void tnas_template_expand(const char *template, size_t byte_count,
                          const tnas_template_value *values, int value_count, tnas_text *out);

/* Adds to a folder: a text; a template of export/templates, keys in its path as well; the runtime's
 * common part with a variant's kernels, below PREFIX. */
tnas_status tnas_export_add_text(tnas_export_folder *folder, const char *path,
                                 const tnas_text *content);
tnas_status tnas_export_add_template(tnas_export_folder *folder, const char *template,
                                     const char *path, const tnas_template_value *values,
                                     int value_count);
tnas_status tnas_export_add_runtime(tnas_export_folder *folder, const char *prefix,
                                    const tnas_variant *variant);

/* The path of file `index` that a variant's exports have of the runtime, "runtime/tnrt.h"; NULL:
 * this embedded file is none. 0 <= index < tnas_embedded_file_count. */
const char *tnas_export_runtime_file(int index, const tnas_variant *variant);

#endif
