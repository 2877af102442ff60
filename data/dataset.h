/* A classification data set: u8 NHWC samples and labels, split three ways.
 *
 * Splits that the data state (train/ val/ test/, test_batch.bin) are kept; what is missing is
 * carved by groups or, without any, by the hash of the content, so that adding samples does not
 * reshuffle (data/split.h). Training and validation samples are held. Test samples pass once
 * through a hash, which finds unreadable ones and duplicates, and are forgotten: their pixels
 * are first seen in tnas_dataset_read_test, which the program calls once, for the winner.
 *
 * Samples that fill more than TNAS_SAMPLES_HEAP_BYTES are held in a nameless file that is
 * mapped (data/images.h), so a set may be larger than memory. */
#ifndef TNAS_DATA_DATASET_H
#define TNAS_DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/io.h"
#include "data/affine.h"
#include "data/images.h"
#include "data/options.h"
#include "data/resize.h"

#define TNAS_CLASSES_MAX      1000
#define TNAS_CLASS_NAME_BYTES 48
#define TNAS_GROUPS_MAX       100000
#define TNAS_GROUP_NAME_BYTES 64

typedef enum tnas_split {
    TNAS_SPLIT_TRAIN,
    TNAS_SPLIT_VALIDATION,
    TNAS_SPLIT_TEST,
    TNAS_SPLIT_COUNT,
    TNAS_SPLIT_NONE = -1 /* left out */
} tnas_split;

/*  where a split comes from     text */
#define TNAS_SPLIT_ORIGINS(X)                                                                      \
    X(NONE, "there is none")                                                                       \
    X(STATED, "as the data state it")                                                              \
    X(NAMED, "the groups that were named")                                                         \
    X(GROUPS, "a share of the groups")                                                             \
    X(CONTENT, "a share of each class, by content")

typedef enum tnas_split_origin {
#define TNAS_SPLIT_ORIGIN_ENUM(name, text) TNAS_SPLIT_ORIGIN_##name,
    TNAS_SPLIT_ORIGINS(TNAS_SPLIT_ORIGIN_ENUM)
#undef TNAS_SPLIT_ORIGIN_ENUM
} tnas_split_origin;

const char *tnas_split_origin_text(tnas_split_origin origin);
const char *tnas_split_text(tnas_split split); /* "train", "validation", "test" */

/* What the samples are held together by: --split-by. */
typedef struct tnas_grouping {
    int group_count;                      /* 0: each sample is by itself */
    int32_t *groups;                      /* [sample_count] */
    char (*names)[TNAS_GROUP_NAME_BYTES]; /* [group_count] */
} tnas_grouping;

/* Samples with equal content. The examples are sample numbers, -1: there is none. */
typedef struct tnas_duplicates {
    int across_count;   /* validation and test samples that an earlier split has too */
    int inside_count;   /* samples that their own split has already */
    int conflict_count; /* samples whose content bears another label elsewhere */
    int across[2], inside[2], conflict[2];
} tnas_duplicates;

typedef struct tnas_dataset {
    char name[64];   /* last part of the path, or builtin:NAME */
    char format[32]; /* "IDX", "builtin" ... */
    char location[TNAS_PATH_BYTES];
    int h, w, c;
    int own_h, own_w; /* before resizing; 0: not known, pictures may differ */
    int class_count;
    char (*class_names)[TNAS_CLASS_NAME_BYTES]; /* [class_count] */
    tnas_affine affine;                         /* what the bytes mean */
    const struct tnas_sound_features *features; /* of sounds, what made the bytes; or NULL */
    tnas_images train, validation;
    int test_count;        /* known without holding the pixels */
    int test_reads;        /* how often tnas_dataset_read_test was called */
    int skipped_count;     /* left out by --skip-bad */
    uint64_t content_hash; /* of train and validation: shapes, pixels, labels, affine */
    uint64_t test_hash;    /* of the test samples: they must not change until they are read */
    tnas_data_options options;
    tnas_split_origin origins[TNAS_SPLIT_COUNT];
    tnas_grouping grouping;
    tnas_duplicates duplicates;
    struct tnas_dataset_source *source; /* places and splits of all samples: data/source.h */
    tnas_resizer *resizer;              /* NULL: samples are of the right size as they come */
} tnas_dataset;

/* `location` is a folder, a file or an archive, recognised by content, or builtin:NAME;
 * options NULL are the defaults. Fails (TNAS_ERR_INPUT, TNAS_ERR_IO) naming file, place, value
 * and rule: what cannot be read, gaps in the labels, fewer than two classes, a class that has no
 * training sample, samples that two splits share (unless allowed); with TNAS_ERR_USAGE on an
 * unknown built-in name and on options that cannot be. */
tnas_status tnas_dataset_load(const char *location, const tnas_data_options *options,
                              tnas_dataset **out);
void tnas_dataset_destroy(tnas_dataset *dataset);

/* Reads the test split. Fails like loading, also when there is none or it is no longer what it was;
 * *out then holds nothing. Release with tnas_images_deinit. */
tnas_status tnas_dataset_read_test(tnas_dataset *dataset, tnas_images *out);

/* What `builtin:` knows, comma-separated: "name (a line about it)". */
const char *tnas_builtin_names(void);

#endif
