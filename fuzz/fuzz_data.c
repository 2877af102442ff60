/* The readers of data sets: archives, images, arrays, IDX, CIFAR, sounds. The input is a file of
 * its own: a data set when it is an archive or an array, else an image. */
#include "data/dataset.h"
#include "data/picture.h"
#include "fuzz/memory_file.h"

#include <stdlib.h>

#include "common/alloc.h"

#define FUZZED_PIXELS_MAX ((size_t)1 << 20)

/* What is accepted holds together. */
static void check(const tnas_dataset *dataset)
{
    if (dataset->class_count < 2 || dataset->train.count < dataset->class_count)
        abort();
    for (int i = 0; i < dataset->train.count; i++)
        if (dataset->train.labels[i] < 0 || dataset->train.labels[i] >= dataset->class_count)
            abort();
}

static void load(const char *path, bool skip_bad)
{
    tnas_data_options options = tnas_data_options_default();
    tnas_dataset *dataset;
    options.skip_bad = skip_bad;
    options.allow_duplicates = true;
    options.window = 4;
    const tnas_status status = tnas_dataset_load(path, &options, &dataset);
    if (status != TNAS_ERR_USAGE) /* some sets need an option */
        expect_verdict(status, path);
    if (status != TNAS_OK)
        return;
    check(dataset);
    tnas_images test;
    if (dataset->test_count > 0) { /* tiny sets may have none */
        if (tnas_dataset_read_test(dataset, &test) != TNAS_OK)
            abort();
        tnas_images_deinit(&test);
    }
    tnas_dataset_destroy(dataset);
}

static void decode(const uint8_t *bytes, size_t byte_count)
{
    tnas_picture_header header;
    bool needs_more;
    const tnas_status status =
        tnas_picture_read_header(bytes, byte_count, true, "input", &header, &needs_more);
    expect_verdict(status, "input");
    if (status != TNAS_OK || (size_t)header.h * (size_t)header.w > FUZZED_PIXELS_MAX)
        return;
    for (int c = 1; c <= 3; c += 2) {
        uint8_t *pixels = tnas_alloc_zero((size_t)header.h * (size_t)header.w, (size_t)c);
        expect_verdict(tnas_picture_decode(bytes, byte_count, "input", &header, c, pixels),
                       "input");
        tnas_free(pixels);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    const char *const path = memory_file(bytes, byte_count);
    load(path, false);
    load(path, true);
    decode(bytes, byte_count);
    return 0;
}
