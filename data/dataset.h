/* A classification data set: u8 NHWC images and labels, split three ways.
 *
 * The training images are read at once; validation images are carved from them, stratified
 * by class, by the hash of their content, so that adding files does not reshuffle. Loading
 * checks the test set's sizes and labels; its images stay on disk until
 * tnas_dataset_read_test, which the program calls once, for the winner. */
#ifndef TNAS_DATA_DATASET_H
#define TNAS_DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/status.h"

/* What the program carves out of the training images to score candidates with. */
#define TNAS_VALIDATION_SHARE 0.1

#define TNAS_CLASSES_MAX      1000
#define TNAS_CLASS_NAME_BYTES 48

typedef struct tnas_images {
    int count;
    uint8_t *pixels; /* [count, h, w, c] */
    int16_t *labels; /* [count], 0..class_count-1 */
} tnas_images;

typedef struct tnas_dataset {
    char name[64];   /* last part of the path, or builtin:NAME */
    char format[32]; /* "IDX", "builtin" ... */
    int h, w, c;
    int class_count;
    char (*class_names)[TNAS_CLASS_NAME_BYTES]; /* [class_count] */
    tnas_images train, validation;
    int test_count;        /* known without reading the pixels */
    int test_reads;        /* how often tnas_dataset_read_test was called */
    uint64_t content_hash; /* of the training files: shapes, pixels, labels */
    struct tnas_dataset_source *source;
} tnas_dataset;

/* `location` is a folder (IDX files by their usual names, gzipped or not) or builtin:NAME.
 * validation_share of each class of the training images, 0..0.5, becomes the validation
 * split. Fails (TNAS_ERR_INPUT, TNAS_ERR_IO) naming file, place, value and rule: missing
 * files, wrong magic, truncation, counts that differ between images and labels, gaps in the
 * labels, fewer than two classes, a test label that is no class of the training split; with
 * TNAS_ERR_USAGE on an unknown built-in name or a share out of range. */
tnas_status tnas_dataset_load(const char *location, double validation_share, tnas_dataset **out);
void tnas_dataset_destroy(tnas_dataset *dataset);

/* Reads the test split. Fails like loading, also when its shape or count is no longer what
 * it was; *out then holds nothing. Release
 * with tnas_images_deinit. */
tnas_status tnas_dataset_read_test(tnas_dataset *dataset, tnas_images *out);
void tnas_images_deinit(tnas_images *images);

/* Writes a split as two uncompressed IDX files, images.idx and labels.idx, which the
 * exported host runner reads: 3 dimensions when c is 1, else 4. The folder exists; labels
 * above 255 are refused (TNAS_ERR_INPUT). */
tnas_status tnas_images_save_idx(const tnas_images *images, int h, int w, int c,
                                 const char *folder);

/* What `builtin:` knows, comma-separated: "name (a line about it)". */
const char *tnas_builtin_names(void);

#endif
