#include "data/dataset.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/io.h"
#include "data/idx.h"
#include "data/source.h"
#include "data/split.h"

#define VALIDATION_SHARE_MAX 0.5
#define BUILTIN_PREFIX       "builtin:"

/* The table of built-in sets: name, open function, the line users read about it. */
#define BUILTINS(X) X("shapes", tnas_shapes_open, "10 drawn shapes, 24x24 grey, 10,000 + 2,000")

const char *tnas_builtin_names(void)
{
#define NAME_AND_LINE(name, open, line) ", " name " (" line ")"
    static const char list[] = BUILTINS(NAME_AND_LINE);
#undef NAME_AND_LINE
    return list + strlen(", ");
}

static tnas_status open_builtin(const char *location, tnas_dataset_source **out)
{
    static const struct {
        const char *name;
        tnas_status (*open)(tnas_dataset_source **out);
    } builtins[] = {
#define NAME_AND_OPEN(name, open, line) {name, open},
        BUILTINS(NAME_AND_OPEN)
#undef NAME_AND_OPEN
    };
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
        if (strcmp(location + strlen(BUILTIN_PREFIX), builtins[i].name) == 0)
            return builtins[i].open(out);
    return tnas_fail(TNAS_ERR_USAGE, "%s: no such built-in data set; there is: %s", location,
                     tnas_builtin_names());
}

static bool is_builtin(const char *location)
{
    return strncmp(location, BUILTIN_PREFIX, strlen(BUILTIN_PREFIX)) == 0;
}

static tnas_status open_source(const char *location, tnas_dataset_source **out)
{
    if (is_builtin(location))
        return open_builtin(location, out);
    if (tnas_file_exists(location))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: is a file: a data set is a folder of IDX files or builtin:NAME",
                         location);
    if (!tnas_dir_exists(location))
        return tnas_fail(TNAS_ERR_IO, "data set %s: there is no such folder", location);
    return tnas_idx_folder_open(location, out);
}

/* builtin:NAME, or the last part of the path; "." and ".." are resolved first. */
static void take_name(const char *location, char *name, size_t name_bytes)
{
    char resolved[PATH_MAX];
    size_t end = strlen(location), start = 0;
    if (!is_builtin(location)) {
        if (strspn(location, "./") == end && realpath(location, resolved) != NULL) {
            location = resolved;
            end = strlen(resolved);
        }
        while (end > 1 && location[end - 1] == '/')
            end--;
        start = end;
        while (start > 0 && location[start - 1] != '/')
            start--;
    }
    snprintf(name, name_bytes, "%.*s", (int)(end - start), location + start);
}

static size_t image_bytes(const tnas_dataset *dataset)
{
    return (size_t)dataset->h * (size_t)dataset->w * (size_t)dataset->c;
}

/* The training labels define the classes: 0 to their largest, none of them missing, since an
 * output that nothing trains is a mistake of the labels far more often than a wish. */
static tnas_status count_classes(const tnas_images *train, const char *origin, int *class_count)
{
    int counts[TNAS_CLASSES_MAX] = {0}, largest = 0, present = 0;
    for (int i = 0; i < train->count; i++) {
        const int label = train->labels[i];
        if (label < 0 || label >= TNAS_CLASSES_MAX)
            return tnas_fail(TNAS_ERR_INPUT, "%s: label %d of image %d: must be 0 to %d", origin,
                             label, i, TNAS_CLASSES_MAX - 1);
        largest = label > largest ? label : largest;
        present += counts[label]++ == 0;
    }
    if (present < 2)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: all %d labels are %d: a classifier needs at least two classes",
                         origin, train->count, largest);
    for (int k = 0; k < largest; k++)
        if (counts[k] == 0)
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s: no image has label %d, but labels go up to %d: number the "
                             "classes without gaps",
                             origin, k, largest);
    *class_count = largest + 1;
    return TNAS_OK;
}

static tnas_status check_test_labels(const tnas_dataset *dataset, const int16_t *labels)
{
    for (int i = 0; i < dataset->test_count; i++)
        if (labels[i] < 0 || labels[i] >= dataset->class_count)
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s: label %d of image %d: the training labels define classes 0 to %d",
                             dataset->source->label_origin[TNAS_SPLIT_TEST], labels[i], i,
                             dataset->class_count - 1);
    return TNAS_OK;
}

/* Whether the test split can be what it claims, before hours of training rely on it. */
static tnas_status check_test_split(const tnas_dataset *dataset)
{
    int16_t *labels = tnas_alloc_zero((size_t)dataset->test_count, sizeof *labels);
    if (labels == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "test labels of %s", dataset->name);
    tnas_status status = dataset->source->read_test_labels(dataset->source, labels);
    if (status == TNAS_OK)
        status = check_test_labels(dataset, labels);
    tnas_free(labels);
    return status;
}

static tnas_status name_classes(tnas_dataset *dataset)
{
    dataset->class_names =
        tnas_alloc_zero((size_t)dataset->class_count, sizeof *dataset->class_names);
    if (dataset->class_names == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "class names of %s", dataset->name);
    return dataset->source->name_classes(dataset->source, dataset->class_count,
                                         dataset->class_names);
}

/* One pass over the pixels serves both hashes: each image's own, by which the split goes, and
 * the data set's, which continues over shape, image hashes and labels. */
static uint64_t hash_images(const tnas_dataset *dataset, uint64_t *image_hashes)
{
    const tnas_images *const train = &dataset->train;
    const int32_t shape[] = {train->count, dataset->h, dataset->w, dataset->c};
    uint64_t hash = tnas_hash_bytes(TNAS_HASH_START, shape, sizeof shape);
    for (int i = 0; i < train->count; i++) {
        const uint8_t *const pixels = train->pixels + (size_t)i * image_bytes(dataset);
        image_hashes[i] = tnas_hash_bytes(TNAS_HASH_START, pixels, image_bytes(dataset));
        hash = tnas_hash_bytes(hash, &image_hashes[i], sizeof image_hashes[i]);
        hash = tnas_hash_bytes(hash, &train->labels[i], sizeof train->labels[i]);
    }
    return hash;
}

static tnas_status hash_and_split(tnas_dataset *dataset, double validation_share)
{
    uint64_t *image_hashes = tnas_alloc_zero((size_t)dataset->train.count, sizeof *image_hashes);
    if (image_hashes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "hashes of %d images", dataset->train.count);
    dataset->content_hash = hash_images(dataset, image_hashes);
    const tnas_status status =
        tnas_split_validation(&dataset->train, image_hashes, image_bytes(dataset),
                              dataset->class_count, validation_share, &dataset->validation);
    tnas_free(image_hashes);
    return status;
}

static tnas_status load(const char *location, double validation_share, tnas_dataset *dataset)
{
    TNAS_TRY(open_source(location, &dataset->source));
    const tnas_dataset_source *const source = dataset->source;
    take_name(location, dataset->name, sizeof dataset->name);
    snprintf(dataset->format, sizeof dataset->format, "%s", source->format);
    dataset->h = source->h;
    dataset->w = source->w;
    dataset->c = source->c;
    dataset->test_count = source->count[TNAS_SPLIT_TEST];
    TNAS_TRY(source->read(source, TNAS_SPLIT_TRAIN, &dataset->train));
    TNAS_TRY(count_classes(&dataset->train, source->label_origin[TNAS_SPLIT_TRAIN],
                           &dataset->class_count));
    TNAS_TRY(check_test_split(dataset));
    TNAS_TRY(name_classes(dataset));
    return hash_and_split(dataset, validation_share);
}

tnas_status tnas_dataset_load(const char *location, double validation_share, tnas_dataset **out)
{
    *out = NULL;
    if (!(validation_share >= 0 && validation_share <= VALIDATION_SHARE_MAX))
        return tnas_fail(TNAS_ERR_USAGE, "validation share %g of %s: must be 0 to %g",
                         validation_share, location, VALIDATION_SHARE_MAX);
    tnas_dataset *dataset = tnas_alloc_zero(1, sizeof *dataset);
    if (dataset == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "data set %s", location);
    const tnas_status status = load(location, validation_share, dataset);
    if (status != TNAS_OK) {
        tnas_dataset_destroy(dataset);
        return status;
    }
    *out = dataset;
    return TNAS_OK;
}

void tnas_dataset_destroy(tnas_dataset *dataset)
{
    if (dataset == NULL)
        return;
    tnas_images_deinit(&dataset->train);
    tnas_images_deinit(&dataset->validation);
    tnas_free(dataset->class_names);
    tnas_free(dataset->source);
    tnas_free(dataset);
}

tnas_status tnas_dataset_read_test(tnas_dataset *dataset, tnas_images *out)
{
    *out = (tnas_images){0};
    dataset->test_reads++;
    TNAS_TRY(dataset->source->read(dataset->source, TNAS_SPLIT_TEST, out));
    const tnas_status status = check_test_labels(dataset, out->labels);
    if (status != TNAS_OK)
        tnas_images_deinit(out);
    return status;
}

void tnas_images_deinit(tnas_images *images)
{
    tnas_free(images->pixels);
    tnas_free(images->labels);
    *images = (tnas_images){0};
}

static tnas_status save_labels(const tnas_images *images, const char *path)
{
    const tnas_idx_shape shape = {images->count, 1, 1, 1};
    uint8_t *values = tnas_alloc_zero((size_t)images->count, 1);
    if (values == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "labels of %s", path);
    tnas_status status = TNAS_OK;
    for (int i = 0; i < images->count && status == TNAS_OK; i++) {
        values[i] = (uint8_t)images->labels[i];
        if (images->labels[i] != values[i])
            status =
                tnas_fail(TNAS_ERR_INPUT, "%s: label %d of image %d: IDX label files hold 0 to 255",
                          path, images->labels[i], i);
    }
    if (status == TNAS_OK)
        status = tnas_idx_save(path, TNAS_IDX_LABELS, &shape, values);
    tnas_free(values);
    return status;
}

tnas_status tnas_images_save_idx(const tnas_images *images, int h, int w, int c, const char *folder)
{
    char path[TNAS_PATH_BYTES];
    const tnas_idx_shape shape = {images->count, h, w, c};
    TNAS_TRY(tnas_path_join(path, folder, "labels.idx"));
    TNAS_TRY(save_labels(images, path));
    TNAS_TRY(tnas_path_join(path, folder, "images.idx"));
    return tnas_idx_save(path, TNAS_IDX_IMAGES, &shape, images->pixels);
}
