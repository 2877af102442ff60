/* Where a data set comes from: what a format answers, so that data/dataset.c need not know it.
 *
 * To add a format: a struct that starts with tnas_dataset_source, an open function that fills
 * it from headers alone, and a line in tnas_dataset_load. */
#ifndef TNAS_DATA_SOURCE_H
#define TNAS_DATA_SOURCE_H

#include "common/io.h"
#include "data/dataset.h"

typedef enum tnas_split { TNAS_SPLIT_TRAIN, TNAS_SPLIT_TEST, TNAS_SPLIT_COUNT } tnas_split;

typedef struct tnas_dataset_source tnas_dataset_source;

struct tnas_dataset_source {
    const char *format;
    int h, w, c;
    int count[TNAS_SPLIT_COUNT];
    char label_origin[TNAS_SPLIT_COUNT][TNAS_PATH_BYTES]; /* what messages about labels name */

    /* Reads a split of the shape and count above; labels are not checked yet. On failure
     * *out holds nothing. */
    tnas_status (*read)(const tnas_dataset_source *source, tnas_split split, tnas_images *out);
    /* The labels of the test split alone, out[count], unchecked; fails also when the test images
     * are fewer or more bytes than they should be. No pixel is looked at. */
    tnas_status (*read_test_labels)(const tnas_dataset_source *source, int16_t *out);
    /* Fills names[class_count]. */
    tnas_status (*name_classes)(const tnas_dataset_source *source, int class_count,
                                char (*names)[TNAS_CLASS_NAME_BYTES]);
};

/* Each gives a source that is released with tnas_free. */
tnas_status tnas_idx_folder_open(const char *folder, tnas_dataset_source **out);
tnas_status tnas_shapes_open(tnas_dataset_source **out);

#endif
