/* Two to six IDX files: images and labels, each of training, validation and test. What a file is
 * says its name (MNIST's and the like); a name that says nothing leaves it to the magic. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "data/class_list.h"
#include "data/idx.h"
#include "data/source.h"
#include "data/split_words.h"

typedef struct idx_source {
    tnas_dataset_source source;   /* first: the two share an address */
    int images[TNAS_SPLIT_COUNT]; /* files; -1: there is none */
    int labels[TNAS_SPLIT_COUNT];
    int first[TNAS_SPLIT_COUNT];            /* sample of each split */
    tnas_idx_shape shape[TNAS_SPLIT_COUNT]; /* of the images */
} idx_source;

/* Is it an IDX file by name or content? */
static tnas_status look_at(tnas_files *files, int file, bool *is_idx, tnas_idx_kind *kind)
{
    uint8_t head[4];
    size_t got;
    const char *const name = tnas_files_last(files, file);
    const tnas_status status = tnas_files_head(files, file, head, sizeof head, &got);
    const bool by_content = status == TNAS_OK && tnas_idx_recognises(head, got);
    *is_idx = by_content || strstr(name, "-ubyte") != NULL;
    *kind = strstr(name, "labels") != NULL                                 ? TNAS_IDX_LABELS
            : strstr(name, "images") == NULL && by_content && head[3] == 1 ? TNAS_IDX_LABELS
                                                                           : TNAS_IDX_IMAGES;
    return TNAS_OK;
}

/* "x" and "x.gz" are the same, as "x-idx3" and "x.idx3": unpackers leave both. */
static bool is_same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++)
        if (*a != *b && !((*a == '.' || *a == '-') && (*b == '.' || *b == '-')))
            return false;
    return *a == *b || *a == '.' || *b == '.';
}

static tnas_status take_file(idx_source *idx, tnas_files *files, int file)
{
    bool is_idx;
    tnas_idx_kind kind;
    TNAS_TRY(look_at(files, file, &is_idx, &kind));
    if (!is_idx)
        return TNAS_OK;
    const char *const name = tnas_files_last(files, file);
    const tnas_split split = tnas_split_of_path(tnas_files_path(files, file));
    int *const place = &(kind == TNAS_IDX_LABELS ? idx->labels : idx->images)[split];
    if (*place >= 0 && !is_same_name(tnas_files_last(files, *place), name))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: two files with %s of the %s split, %s and %s: choose with --include",
                         tnas_files_location(files), kind == TNAS_IDX_LABELS ? "labels" : "images",
                         split == TNAS_SPLIT_TEST ? "test" : "same", tnas_files_last(files, *place),
                         name);
    *place = *place >= 0 ? *place : file; /* files are sorted: the unpacked one comes first */
    return TNAS_OK;
}

static tnas_status find_files(idx_source *idx, tnas_files *files)
{
    static const char *const words[TNAS_SPLIT_COUNT] = {"train", "val", "t10k or test"};
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++)
        idx->images[s] = idx->labels[s] = -1;
    for (int i = 0; i < tnas_files_count(files); i++)
        TNAS_TRY(take_file(idx, files, i));
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++) {
        const bool has_images = idx->images[s] >= 0, has_labels = idx->labels[s] >= 0;
        if (has_images != has_labels || (s == TNAS_SPLIT_TRAIN && !has_images))
            return tnas_fail(
                TNAS_ERR_INPUT, "%s: has no IDX file with %s whose name has \"%s\", packed or not",
                tnas_files_location(files), has_images ? "labels" : "images", words[s]);
    }
    return TNAS_OK;
}

static tnas_status check_counts(tnas_files *files, int images, int image_count, int labels,
                                int label_count)
{
    char image_name[TNAS_PATH_BYTES], label_name[TNAS_PATH_BYTES];
    if (image_count == label_count)
        return TNAS_OK;
    tnas_files_name(files, images, image_name);
    tnas_files_name(files, labels, label_name);
    return tnas_fail(TNAS_ERR_INPUT, "%.400s: %d labels, but %.400s has %d images: must be equal",
                     label_name, label_count, image_name, image_count);
}

static tnas_status read_image_shape(tnas_files *files, int file, tnas_idx_shape *out)
{
    tnas_packed *packed;
    tnas_idx_reader reader;
    TNAS_TRY(tnas_files_unpack(files, file, &packed));
    const tnas_status status = tnas_idx_start(packed, TNAS_IDX_IMAGES, &reader);
    *out = reader.shape;
    tnas_packed_close(packed);
    return status;
}

static tnas_status take_labels(idx_source *idx, tnas_split split, tnas_idx_reader *reader)
{
    uint8_t label;
    for (int i = 0; i < reader->shape.count; i++) {
        TNAS_TRY(tnas_idx_next(reader, &label));
        tnas_sample *const sample = tnas_dataset_source_add(&idx->source);
        if (sample == NULL)
            return TNAS_ERR_NOMEM;
        sample->file = idx->labels[split];
        sample->record = i;
        sample->stated = (int8_t)split;
        sample->label = label;
    }
    return tnas_idx_end(reader);
}

static tnas_status read_labels(idx_source *idx, tnas_files *files, tnas_split split)
{
    tnas_packed *packed;
    tnas_idx_reader reader;
    TNAS_TRY(tnas_files_unpack(files, idx->labels[split], &packed));
    tnas_status status = tnas_idx_start(packed, TNAS_IDX_LABELS, &reader);
    if (status == TNAS_OK)
        status = check_counts(files, idx->images[split], idx->shape[split].count,
                              idx->labels[split], reader.shape.count);
    if (status == TNAS_OK)
        status = take_labels(idx, split, &reader);
    tnas_packed_close(packed);
    return status;
}

static tnas_status check_same_shape(const idx_source *idx, tnas_files *files, int split)
{
    const tnas_idx_shape *const train = &idx->shape[TNAS_SPLIT_TRAIN], *const other =
                                                                           &idx->shape[split];
    if (train->h == other->h && train->w == other->w && train->c == other->c)
        return TNAS_OK;
    char train_name[TNAS_PATH_BYTES], other_name[TNAS_PATH_BYTES];
    tnas_files_name(files, idx->images[TNAS_SPLIT_TRAIN], train_name);
    tnas_files_name(files, idx->images[split], other_name);
    return tnas_fail(
        TNAS_ERR_INPUT, "%.400s: images of %dx%dx%d, but %.400s has %dx%dx%d: must be equal",
        other_name, other->h, other->w, other->c, train_name, train->h, train->w, train->c);
}

static tnas_status read_headers(idx_source *idx, tnas_files *files)
{
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++) {
        idx->first[s] = idx->source.sample_count;
        if (idx->images[s] < 0)
            continue;
        TNAS_TRY(read_image_shape(files, idx->images[s], &idx->shape[s]));
        TNAS_TRY(check_same_shape(idx, files, s));
        TNAS_TRY(read_labels(idx, files, (tnas_split)s));
    }
    idx->source.h = idx->shape[TNAS_SPLIT_TRAIN].h;
    idx->source.w = idx->shape[TNAS_SPLIT_TRAIN].w;
    idx->source.c = idx->shape[TNAS_SPLIT_TRAIN].c;
    return TNAS_OK;
}

/* ---- pixels ---- */

/* The file may have been replaced since its header was read. */
static tnas_status check_unchanged(const idx_source *idx, int split, const tnas_idx_reader *reader)
{
    const tnas_idx_shape *const was = &idx->shape[split], *const is = &reader->shape;
    if (memcmp(was, is, sizeof *was) == 0)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: %d images of %dx%dx%d, but %d of %dx%dx%d when the data set was "
                     "opened: it must not change meanwhile",
                     tnas_packed_name(reader->file), is->count, is->h, is->w, is->c, was->count,
                     was->h, was->w, was->c);
}

static tnas_status hand_over(idx_source *idx, tnas_split split, tnas_packed *packed,
                             uint8_t *pixels, const bool *wanted, tnas_sample_take *take,
                             void *context)
{
    const size_t bytes = (size_t)idx->source.h * (size_t)idx->source.w * (size_t)idx->source.c;
    tnas_idx_reader reader;
    TNAS_TRY(tnas_idx_start(packed, TNAS_IDX_IMAGES, &reader));
    TNAS_TRY(check_unchanged(idx, split, &reader));
    for (int i = 0; i < reader.shape.count; i++) {
        TNAS_TRY(tnas_idx_next(&reader, pixels));
        if (wanted[idx->first[split] + i])
            TNAS_TRY(
                take(context, idx->first[split] + i, pixels, tnas_content_hash(pixels, bytes)));
    }
    return tnas_idx_end(&reader);
}

static bool any(const bool *flags, int count)
{
    return count > 0 && memchr(flags, true, (size_t)count) != NULL;
}

static tnas_status read_images(tnas_dataset_source *source, const bool *wanted,
                               tnas_sample_take *take, void *context)
{
    idx_source *const idx = (idx_source *)source;
    uint8_t *pixels = tnas_alloc_zero((size_t)source->h * (size_t)source->w * (size_t)source->c, 1);
    tnas_status status = pixels != NULL ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "an image");
    for (int s = 0; status == TNAS_OK && s < TNAS_SPLIT_COUNT; s++) {
        tnas_packed *packed;
        if (!any(wanted + idx->first[s], idx->shape[s].count))
            continue;
        status = tnas_files_unpack(source->files, idx->images[s], &packed);
        if (status == TNAS_OK)
            status = hand_over(idx, (tnas_split)s, packed, pixels, wanted, take, context);
        tnas_packed_close(packed);
    }
    tnas_free(pixels);
    return status;
}

static tnas_status name_classes(idx_source *idx, tnas_files *files)
{
    int class_count = 0;
    for (int i = 0; i < idx->shape[TNAS_SPLIT_TRAIN].count; i++)
        if (idx->source.samples[i].label >= class_count)
            class_count = idx->source.samples[i].label + 1;
    return tnas_class_list_read(&idx->source, files, "classes.txt", class_count);
}

tnas_status tnas_idx_open(tnas_files *files, const tnas_data_options *options,
                          tnas_dataset_source **out)
{
    (void)options;
    *out = NULL;
    idx_source *idx = tnas_alloc_zero(1, sizeof *idx);
    if (idx == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "source of %s", tnas_files_location(files));
    idx->source.format = "IDX";
    idx->source.unit = "image";
    idx->source.are_pictures = true;
    idx->source.read = read_images;
    tnas_status status = find_files(idx, files);
    if (status == TNAS_OK)
        status = read_headers(idx, files);
    if (status == TNAS_OK)
        status = name_classes(idx, files);
    if (status != TNAS_OK) {
        tnas_dataset_source_destroy(&idx->source);
        return status;
    }
    *out = &idx->source;
    return TNAS_OK;
}
