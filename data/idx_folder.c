/* A folder of four IDX files under the names MNIST gave them, and optionally classes.txt. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "data/idx.h"
#include "data/source.h"

enum { CLASSES_FILE_BYTES_MAX = 1024 * 1024 };

typedef struct idx_folder {
    tnas_dataset_source source; /* first: the two share an address */
    char path[TNAS_PATH_BYTES];
    char images[TNAS_SPLIT_COUNT][TNAS_PATH_BYTES];
    char labels[TNAS_SPLIT_COUNT][TNAS_PATH_BYTES];
} idx_folder;

static const char *const split_stems[TNAS_SPLIT_COUNT] = {"train", "t10k"};

/* The hyphen is the published spelling; unpackers and mirrors have made it a dot. Unpacked
 * files come first: `gunzip -k` leaves both, and they are the same. */
static const char *const image_tails[] = {"images-idx3-ubyte", "images.idx3-ubyte",
                                          "images-idx4-ubyte", "images.idx4-ubyte"};
static const char *const label_tails[] = {"labels-idx1-ubyte", "labels.idx1-ubyte"};
static const char *const suffixes[] = {"", ".gz", ".xz", ".zst", ".bz2"};
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Writes the path of the first file that exists; false when there is none. */
static bool find_file(const char *folder, const char *stem, const char *const *tails,
                      size_t tail_count, char out[TNAS_PATH_BYTES])
{
    for (size_t s = 0; s < LENGTH(suffixes); s++)
        for (size_t t = 0; t < tail_count; t++) {
            char name[64];
            snprintf(name, sizeof name, "%s-%s%s", stem, tails[t], suffixes[s]);
            if (tnas_path_join(out, folder, name) == TNAS_OK && tnas_file_exists(out))
                return true;
        }
    out[0] = '\0';
    return false;
}

static tnas_status fail_missing(const char *folder, const char *stem, const char *tail,
                                bool has_channels)
{
    return tnas_fail(TNAS_ERR_IO,
                     "%s: has no %s-%s (looked for it alone and with .gz, .xz, .zst, .bz2%s)",
                     folder, stem, tail, has_channels ? ", and with idx4 for idx3" : "");
}

static tnas_status find_files(idx_folder *folder)
{
    bool has_images[TNAS_SPLIT_COUNT], has_labels[TNAS_SPLIT_COUNT], any = false;
    for (int split = 0; split < TNAS_SPLIT_COUNT; split++) {
        has_images[split] = find_file(folder->path, split_stems[split], image_tails,
                                      LENGTH(image_tails), folder->images[split]);
        has_labels[split] = find_file(folder->path, split_stems[split], label_tails,
                                      LENGTH(label_tails), folder->labels[split]);
        any = any || has_images[split] || has_labels[split];
    }
    if (!any)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: holds no data set: looked for the IDX files train-images-idx3-ubyte, "
                         "train-labels-idx1-ubyte, t10k-images-idx3-ubyte and "
                         "t10k-labels-idx1-ubyte, each also with .gz, .xz, .zst or .bz2",
                         folder->path);
    for (int split = 0; split < TNAS_SPLIT_COUNT; split++) {
        if (!has_images[split])
            return fail_missing(folder->path, split_stems[split], image_tails[0], true);
        if (!has_labels[split])
            return fail_missing(folder->path, split_stems[split], label_tails[0], false);
    }
    return TNAS_OK;
}

static tnas_status check_counts(const idx_folder *folder, int split, int image_count,
                                int label_count)
{
    if (image_count != label_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d labels, but %s has %d images: must be equal",
                         folder->labels[split], label_count, folder->images[split], image_count);
    return TNAS_OK;
}

static tnas_status read_shapes(idx_folder *folder)
{
    tnas_idx_shape images[TNAS_SPLIT_COUNT], labels;
    for (int split = 0; split < TNAS_SPLIT_COUNT; split++) {
        TNAS_TRY(tnas_idx_read_shape(folder->images[split], TNAS_IDX_IMAGES, &images[split]));
        TNAS_TRY(tnas_idx_read_shape(folder->labels[split], TNAS_IDX_LABELS, &labels));
        TNAS_TRY(check_counts(folder, split, images[split].count, labels.count));
        folder->source.count[split] = images[split].count;
    }
    const tnas_idx_shape *const train = &images[TNAS_SPLIT_TRAIN], *const test =
                                                                       &images[TNAS_SPLIT_TEST];
    if (train->h != test->h || train->w != test->w || train->c != test->c)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: images of %dx%dx%d, but %s has %dx%dx%d: must be "
                         "equal",
                         folder->images[TNAS_SPLIT_TEST], test->h, test->w, test->c,
                         folder->images[TNAS_SPLIT_TRAIN], train->h, train->w, train->c);
    folder->source.h = train->h;
    folder->source.w = train->w;
    folder->source.c = train->c;
    return TNAS_OK;
}

/* The files may have been replaced since their headers were read. */
static tnas_status check_unchanged(const idx_folder *folder, int split, const tnas_idx_shape *shape)
{
    const tnas_dataset_source *const source = &folder->source;
    if (shape->h != source->h || shape->w != source->w || shape->c != source->c ||
        shape->count != source->count[split])
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %d images of %dx%dx%d, but %d of %dx%dx%d when the data set was "
                         "opened: it must not change meanwhile",
                         folder->images[split], shape->count, shape->h, shape->w, shape->c,
                         source->count[split], source->h, source->w, source->c);
    return TNAS_OK;
}

/* labels[source.count[split]]. */
static tnas_status read_labels(const idx_folder *folder, tnas_split split, int16_t *labels)
{
    tnas_idx_shape shape;
    uint8_t *values;
    TNAS_TRY(tnas_idx_load(folder->labels[split], TNAS_IDX_LABELS, &shape, &values));
    const tnas_status status =
        check_counts(folder, split, folder->source.count[split], shape.count);
    for (int i = 0; status == TNAS_OK && i < shape.count; i++)
        labels[i] = values[i];
    tnas_free(values);
    return status;
}

static tnas_status read_test_labels(const tnas_dataset_source *source, int16_t *out)
{
    const idx_folder *const folder = (const idx_folder *)source;
    TNAS_TRY(tnas_idx_check_size(folder->images[TNAS_SPLIT_TEST], TNAS_IDX_IMAGES));
    return read_labels(folder, TNAS_SPLIT_TEST, out);
}

static tnas_status read_split(const tnas_dataset_source *source, tnas_split split, tnas_images *out)
{
    const idx_folder *const folder = (const idx_folder *)source;
    *out = (tnas_images){0};
    tnas_idx_shape shape;
    TNAS_TRY(tnas_idx_load(folder->images[split], TNAS_IDX_IMAGES, &shape, &out->pixels));
    out->count = shape.count;
    tnas_status status = check_unchanged(folder, split, &shape);
    if (status == TNAS_OK) {
        out->labels = tnas_alloc_zero((size_t)out->count, sizeof *out->labels);
        status = out->labels != NULL
                     ? read_labels(folder, split, out->labels)
                     : tnas_fail(TNAS_ERR_NOMEM, "labels of %s", folder->labels[split]);
    }
    if (status != TNAS_OK)
        tnas_images_deinit(out);
    return status;
}

/* One line of classes.txt, without its end; line numbers start at 1. */
static tnas_status take_class_name(const char *path, int line, const char *start, size_t length,
                                   char out[TNAS_CLASS_NAME_BYTES])
{
    if (length == 0 || length >= TNAS_CLASS_NAME_BYTES)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d has %zu bytes: a class name has 1 to %d",
                         path, line, length, TNAS_CLASS_NAME_BYTES - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)start[i] < 0x20 || start[i] == 0x7f)
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s: line %d has the control character 0x%02x: a class name is plain "
                             "text",
                             path, line, (unsigned char)start[i]);
    memcpy(out, start, length);
    out[length] = '\0';
    return TNAS_OK;
}

static tnas_status parse_class_names(const char *path, const char *text, int class_count,
                                     char (*names)[TNAS_CLASS_NAME_BYTES])
{
    int count = 0;
    while (*text != '\0') {
        const size_t line_length = strcspn(text, "\n");
        const size_t length = line_length - (line_length > 0 && text[line_length - 1] == '\r');
        if (count < class_count)
            TNAS_TRY(take_class_name(path, count + 1, text, length, names[count]));
        count++;
        text += line_length + (text[line_length] == '\n');
    }
    if (count != class_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d names, but the training labels define %d classes",
                         path, count, class_count);
    return TNAS_OK;
}

static tnas_status name_classes(const tnas_dataset_source *source, int class_count,
                                char (*names)[TNAS_CLASS_NAME_BYTES])
{
    const idx_folder *const folder = (const idx_folder *)source;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder->path, "classes.txt"));
    if (!tnas_file_exists(path)) {
        for (int i = 0; i < class_count; i++)
            snprintf(names[i], TNAS_CLASS_NAME_BYTES, "%d", i);
        return TNAS_OK;
    }
    uint8_t *text;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, CLASSES_FILE_BYTES_MAX, &text, &byte_count));
    const tnas_status status = parse_class_names(path, (const char *)text, class_count, names);
    tnas_free(text);
    return status;
}

tnas_status tnas_idx_folder_open(const char *path, tnas_dataset_source **out)
{
    *out = NULL;
    if (strlen(path) >= TNAS_PATH_BYTES)
        return tnas_fail(TNAS_ERR_IO, "path %.60s... is too long", path);
    idx_folder *folder = tnas_alloc_zero(1, sizeof *folder);
    if (folder == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "source of %s", path);
    snprintf(folder->path, sizeof folder->path, "%s", path);
    folder->source.format = "IDX";
    folder->source.read = read_split;
    folder->source.read_test_labels = read_test_labels;
    folder->source.name_classes = name_classes;
    tnas_status status = find_files(folder);
    if (status == TNAS_OK)
        status = read_shapes(folder);
    if (status != TNAS_OK) {
        tnas_free(folder);
        return status;
    }
    memcpy(folder->source.label_origin, folder->labels, sizeof folder->labels);
    *out = &folder->source;
    return TNAS_OK;
}
