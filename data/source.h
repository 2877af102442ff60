/* Where a data set comes from: what a format answers, so that data/dataset.c need not know it.
 *
 * A format looks at the files (data/files.h) and says whether they are its own; then it opens a
 * source from headers alone: shape, and one tnas_sample each with label, place, the split that
 * the data state and, where the format knows some, a group (speaker, subject). Which split a
 * sample ends up in is decided in data/split.c. Pixels come from `read`, as often as they are
 * asked for.
 *
 * To add a format: a struct that starts with tnas_dataset_source, its two functions, and a line
 * in TNAS_DATA_FORMATS. */
#ifndef TNAS_DATA_SOURCE_H
#define TNAS_DATA_SOURCE_H

#include "data/dataset.h"
#include "data/files.h"
#include "data/options.h"

typedef struct tnas_dataset_source tnas_dataset_source;

typedef struct tnas_sample {
    int32_t file;   /* number in the source's files; -1: there are no files */
    int32_t record; /* number in that file; -1: the file is the sample */
    int32_t group;  /* number in the source's group names; -1: the format knows none */
    int16_t label;
    int8_t stated; /* the tnas_split that the data state; TRAIN when they state none */
    int8_t split;  /* the tnas_split it belongs to; data/split.c writes it */
} tnas_sample;

/* Takes one sample on its way from `read`.
 *   pixels        [h, w, c]; NULL before `fit`
 *   content_hash  tnas_content_hash of what the sample is before any mapping: of its pixels, or
 *                 of the real values that become pixels */
typedef tnas_status tnas_sample_take(void *context, int sample, const uint8_t *pixels,
                                     uint64_t content_hash);

struct tnas_dataset_source {
    const char *format; /* "IDX", "images" */
    const char *unit;   /* what a sample is, for messages: "image", "sound", "window" */
    int h, w, c;
    bool are_pictures;  /* --resize makes sense; `read` gives what it says, or all in one size */
    tnas_affine affine; /* known after `fit` where there is one */
    const struct tnas_sound_features *features; /* of sounds, what made the bytes; or NULL */
    tnas_files *files;                          /* owned; NULL for what is made, not read */

    int sample_count;
    tnas_sample *samples; /* [sample_count], owned */

    /* What --split-by may say to use the groups of the samples: "speaker"; NULL: knows none. */
    const char *group_word;
    int group_count;
    char (*group_names)[TNAS_GROUP_NAME_BYTES]; /* [group_count], owned */

    /* The classes that the data name: 0 when only labels say how many there are. */
    int class_count;
    char (*class_names)[TNAS_CLASS_NAME_BYTES]; /* [class_count], owned */

    /* What was left out because of --skip-bad. */
    bool skips_bad;
    int skipped_count;
    char first_skipped[TNAS_ERROR_TEXT_BYTES]; /* the sentence */

    /* Hands over the samples with wanted[i], ascending. A sample that is bad is passed to
     * tnas_dataset_source_skip and, when that forgives it, not handed over. The content of a file
     * may have changed since it was opened: then it fails. */
    tnas_status (*read)(tnas_dataset_source *source, const bool *wanted, tnas_sample_take *take,
                        void *context);
    /* NULL for u8 data. Decides on the affine by the samples with wanted[i], those of training and
     * validation, never of the test split; after it `read` gives pixels. */
    tnas_status (*fit)(tnas_dataset_source *source, const bool *wanted);
    /* Releases what the format has beside the members above, and the struct; NULL: tnas_free. */
    void (*destroy)(tnas_dataset_source *source);
};

/* Formats in the order in which they are tried: the first that recognises a file opens them all.
 *  name    recognises                  opens */
#define TNAS_DATA_FORMATS(X)                                                                       \
    X(IDX, tnas_idx_recognises, tnas_idx_open)                                                     \
    X(NPY, tnas_npy_recognises, tnas_npy_open)                                                     \
    X(IMAGES, tnas_picture_recognises, tnas_picture_folder_open)                                   \
    X(WAV, tnas_sound_recognises, tnas_sound_open)                                                 \
    X(CIFAR, tnas_cifar_recognises, tnas_cifar_open)                                               \
    X(CSV, tnas_sensor_recognises, tnas_sensor_open)

/* head[head_bytes]: the first unpacked bytes of a file, at most TNAS_HEAD_BYTES. */
enum { TNAS_HEAD_BYTES = 64 * 1024 };
typedef bool tnas_format_recognises(const uint8_t *head, size_t head_bytes);

/* Fills *out from headers. Takes `files` over when it succeeds. */
typedef tnas_status tnas_format_open(tnas_files *files, const tnas_data_options *options,
                                     tnas_dataset_source **out);

#define TNAS_DATA_FORMAT_DECLARE(name, recognises, opens)                                          \
    tnas_format_recognises recognises;                                                             \
    tnas_format_open opens;
TNAS_DATA_FORMATS(TNAS_DATA_FORMAT_DECLARE)
#undef TNAS_DATA_FORMAT_DECLARE

/* Finds the format of `location` and opens it. */
tnas_status tnas_dataset_source_open(const char *location, const tnas_data_options *options,
                                     tnas_dataset_source **out);
tnas_status tnas_shapes_open(tnas_dataset_source **out);
void tnas_dataset_source_destroy(tnas_dataset_source *source);

/* A bad sample: `status` came with its sentence. TNAS_OK when it is TNAS_ERR_INPUT or a file
 * that cannot be read and bad ones are to be left out (counted, the first sentence kept); else
 * `status`. */
tnas_status tnas_dataset_source_skip(tnas_dataset_source *source, tnas_status status);

/* More room for samples: the new one, zeroed, with file, record and group -1. NULL when memory
 * is short. */
tnas_sample *tnas_dataset_source_add(tnas_dataset_source *source);

/* The number of a group's (class's) name, added when it is new. Fails on names that are empty or
 * too long, and on too many. */
tnas_status tnas_dataset_source_group(tnas_dataset_source *source, const char *name, int32_t *out);
tnas_status tnas_dataset_source_class(tnas_dataset_source *source, const char *name, int16_t *out);

/* For messages: "digits/0_jackson_3.wav", "cifar/data_batch_1.bin: image 17". */
void tnas_dataset_source_place(const tnas_dataset_source *source, int sample,
                               char out[TNAS_PATH_BYTES]);

uint64_t tnas_content_hash(const void *bytes, size_t byte_count);
uint64_t tnas_content_hash_continue(uint64_t hash, const void *bytes, size_t byte_count);

#endif
