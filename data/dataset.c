#include "data/dataset.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "data/duplicates.h"
#include "data/source.h"
#include "data/split.h"

#define BUILTIN_PREFIX "builtin:"

/* builtin:NAME, or the last part of the path; "." and ".." are resolved first. */
static void take_name(const char *location, char *name, size_t name_bytes)
{
    char resolved[PATH_MAX];
    size_t end = strlen(location), start = 0;
    if (strncmp(location, BUILTIN_PREFIX, strlen(BUILTIN_PREFIX)) != 0) {
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

const char *tnas_split_origin_text(tnas_split_origin origin)
{
    static const char *const texts[] = {
#define ORIGIN_TEXT(name, text) text,
        TNAS_SPLIT_ORIGINS(ORIGIN_TEXT)
#undef ORIGIN_TEXT
    };
    return texts[origin];
}

const char *tnas_split_text(tnas_split split)
{
    static const char *const texts[TNAS_SPLIT_COUNT] = {"train", "validation", "test"};
    return split >= 0 ? texts[split] : "left out";
}

/* ---- classes ---- */

/* Labels and names that a format gives have to fit each other. Where only labels say what classes
 * there are, they are 0 to the largest of the training samples. */
static tnas_status count_classes(tnas_dataset *dataset)
{
    const tnas_dataset_source *const source = dataset->source;
    dataset->class_count = source->class_count;
    for (int i = 0; i < source->sample_count; i++) {
        const tnas_sample *const sample = &source->samples[i];
        char place[TNAS_PATH_BYTES];
        if (sample->label < 0 || sample->label >= TNAS_CLASSES_MAX) {
            tnas_dataset_source_place(source, i, place);
            return tnas_fail(TNAS_ERR_INPUT, "%s: label %d: must be 0 to %d", place, sample->label,
                             TNAS_CLASSES_MAX - 1);
        }
        if (source->class_count == 0 && sample->stated != TNAS_SPLIT_TEST &&
            sample->label >= dataset->class_count)
            dataset->class_count = sample->label + 1;
    }
    for (int i = 0; i < source->sample_count; i++) {
        char place[TNAS_PATH_BYTES];
        if (source->samples[i].label < dataset->class_count)
            continue;
        tnas_dataset_source_place(source, i, place);
        return tnas_fail(TNAS_ERR_INPUT, "%s: label %d: the training labels define classes 0 to %d",
                         place, source->samples[i].label, dataset->class_count - 1);
    }
    return TNAS_OK;
}

static tnas_status name_classes(tnas_dataset *dataset)
{
    dataset->class_names =
        tnas_alloc_zero((size_t)dataset->class_count, sizeof *dataset->class_names);
    if (dataset->class_names == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "class names of %s", dataset->name);
    for (int k = 0; k < dataset->class_count; k++)
        snprintf(dataset->class_names[k], TNAS_CLASS_NAME_BYTES, "%d", k);
    if (dataset->source->class_count > 0)
        memcpy(dataset->class_names, dataset->source->class_names,
               (size_t)dataset->class_count * sizeof *dataset->class_names);
    return TNAS_OK;
}

/* Every class is trained: an output that nothing trains is a mistake of the labels, or of the
 * splits, far more often than a wish. */
static tnas_status check_classes(const tnas_dataset *dataset)
{
    const tnas_dataset_source *const source = dataset->source;
    int counts[TNAS_CLASSES_MAX] = {0};
    for (int i = 0; i < source->sample_count; i++)
        if (source->samples[i].split == TNAS_SPLIT_TRAIN)
            counts[source->samples[i].label]++;
    if (dataset->class_count < 2)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: all %d labels are %s: a classifier needs at least two classes",
                         dataset->location, source->sample_count, dataset->class_names[0]);
    for (int k = 0; k < dataset->class_count; k++)
        if (counts[k] == 0)
            return source->class_count == 0
                       ? tnas_fail(TNAS_ERR_INPUT,
                                   "%s: no training %s has label %d, but labels go up to %d: "
                                   "number the classes without gaps",
                                   dataset->location, source->unit, k, dataset->class_count - 1)
                       : tnas_fail(TNAS_ERR_INPUT,
                                   "%s: no training %s is of class %s: each class needs some",
                                   dataset->location, source->unit, dataset->class_names[k]);
    return TNAS_OK;
}

/* ---- loading ---- */

/* What loading needs for a while. */
typedef struct loading {
    tnas_dataset *dataset;
    bool *wanted;     /* [sample_count] */
    bool *seen;       /* [sample_count], handed over: not bad */
    uint64_t *hashes; /* [sample_count] */
    tnas_images *to;  /* NULL: only hashes are taken */
} loading;

/* A sample in the size of the data set at the end of `to`. */
static void add_sample(tnas_dataset *dataset, int sample, const uint8_t *pixels, tnas_images *to)
{
    const size_t bytes = image_bytes(dataset);
    uint8_t *const place = to->pixels + (size_t)to->count * bytes;
    if (dataset->resizer != NULL)
        tnas_resizer_run(dataset->resizer, pixels, place);
    else
        memcpy(place, pixels, bytes);
    to->labels[to->count++] = dataset->source->samples[sample].label;
}

static tnas_status take_sample(void *context, int sample, const uint8_t *pixels, uint64_t hash)
{
    loading *const l = context;
    l->hashes[sample] = hash;
    l->seen[sample] = true;
    if (l->to != NULL)
        add_sample(l->dataset, sample, pixels, l->to);
    return TNAS_OK;
}

/* Reads the samples of which `mask` has the split's bit; what is bad belongs to none. */
static tnas_status read_splits(loading *l, unsigned mask, tnas_images *to)
{
    tnas_dataset_source *const source = l->dataset->source;
    for (int i = 0; i < source->sample_count; i++) {
        const int split = source->samples[i].split;
        l->wanted[i] = split >= 0 && (mask >> split & 1) != 0;
        l->seen[i] = false;
    }
    l->to = to;
    TNAS_TRY(source->read(source, l->wanted, take_sample, l));
    for (int i = 0; i < source->sample_count; i++)
        if (l->wanted[i] && !l->seen[i])
            source->samples[i].split = TNAS_SPLIT_NONE;
    return TNAS_OK;
}

static int count_split(const tnas_dataset_source *source, tnas_split split)
{
    int count = 0;
    for (int i = 0; i < source->sample_count; i++)
        count += source->samples[i].split == split;
    return count;
}

enum {
    TRAIN_BIT = 1 << TNAS_SPLIT_TRAIN,
    VALIDATION_BIT = 1 << TNAS_SPLIT_VALIDATION,
    TEST_BIT = 1 << TNAS_SPLIT_TEST,
};

/* The test split is known after this. Carved by content it takes a look at all samples, through a
 * hash. */
static tnas_status settle_test(loading *l)
{
    tnas_dataset *const dataset = l->dataset;
    if (dataset->origins[TNAS_SPLIT_TEST] == TNAS_SPLIT_ORIGIN_CONTENT) {
        TNAS_TRY(read_splits(l, TRAIN_BIT | VALIDATION_BIT, NULL));
        TNAS_TRY(tnas_split_by_content(dataset->source, l->hashes, dataset->class_count,
                                       dataset->options.test_share, TNAS_SPLIT_TEST));
    }
    return TNAS_OK;
}

static tnas_status fit(loading *l)
{
    tnas_dataset_source *const source = l->dataset->source;
    if (source->fit != NULL) {
        for (int i = 0; i < source->sample_count; i++)
            l->wanted[i] = source->samples[i].split == TNAS_SPLIT_TRAIN ||
                           source->samples[i].split == TNAS_SPLIT_VALIDATION;
        TNAS_TRY(source->fit(source, l->wanted));
    }
    l->dataset->affine = source->affine;
    l->dataset->features = source->features;
    return TNAS_OK;
}

/* Moves the validation samples from `both` to where they belong; train keeps the rest, in order. */
static tnas_status part(loading *l, tnas_images *both)
{
    tnas_dataset *const dataset = l->dataset;
    const tnas_dataset_source *const source = dataset->source;
    const size_t bytes = image_bytes(dataset);
    TNAS_TRY(
        tnas_images_init(&dataset->validation, count_split(source, TNAS_SPLIT_VALIDATION), bytes));
    int at = 0, kept = 0;
    for (int i = 0; i < source->sample_count; i++) {
        const int split = source->samples[i].split;
        const uint8_t *const pixels = both->pixels + (size_t)at * bytes;
        if (split == TNAS_SPLIT_VALIDATION) {
            tnas_images_add(&dataset->validation, bytes, pixels, source->samples[i].label);
        } else if (split == TNAS_SPLIT_TRAIN) {
            if (kept < at)
                memcpy(both->pixels + (size_t)kept * bytes, pixels, bytes);
            both->labels[kept++] = source->samples[i].label;
        }
        at += split == TNAS_SPLIT_TRAIN || split == TNAS_SPLIT_VALIDATION;
    }
    both->count = kept;
    return TNAS_OK;
}

/* Over shape, hashes and labels of what training sees. */
static uint64_t hash_content(const loading *l)
{
    const tnas_dataset_source *const source = l->dataset->source;
    const int32_t shape[] = {l->dataset->train.count, l->dataset->h, l->dataset->w, l->dataset->c};
    uint64_t hash = tnas_hash_bytes(TNAS_HASH_START, shape, sizeof shape);
    for (int i = 0; i < source->sample_count; i++) {
        const int split = source->samples[i].split;
        if (split != TNAS_SPLIT_TRAIN && split != TNAS_SPLIT_VALIDATION)
            continue;
        hash = tnas_hash_bytes(hash, &l->hashes[i], sizeof l->hashes[i]);
        hash = tnas_hash_bytes(hash, &source->samples[i].label, sizeof source->samples[i].label);
    }
    const tnas_affine *const affine = &source->affine;
    const size_t affine_bytes = (size_t)affine->channel_count * sizeof affine->scale[0];
    hash = tnas_hash_bytes(hash, affine->scale, affine_bytes);
    return tnas_hash_bytes(hash, affine->zero, affine_bytes);
}

static tnas_status read_training(loading *l)
{
    tnas_dataset *const dataset = l->dataset;
    tnas_dataset_source *const source = dataset->source;
    const int count =
        count_split(source, TNAS_SPLIT_TRAIN) + count_split(source, TNAS_SPLIT_VALIDATION);
    TNAS_TRY(tnas_images_init(&dataset->train, count, image_bytes(dataset)));
    TNAS_TRY(read_splits(l, TRAIN_BIT | VALIDATION_BIT, &dataset->train));
    dataset->content_hash = hash_content(l);
    if (dataset->origins[TNAS_SPLIT_VALIDATION] == TNAS_SPLIT_ORIGIN_CONTENT)
        TNAS_TRY(tnas_split_by_content(source, l->hashes, dataset->class_count,
                                       dataset->options.validation_share, TNAS_SPLIT_VALIDATION));
    return part(l, &dataset->train);
}

/* The test samples pass through a hash, and are forgotten. */
static tnas_status check_test(loading *l)
{
    tnas_dataset *const dataset = l->dataset;
    if (dataset->origins[TNAS_SPLIT_TEST] != TNAS_SPLIT_ORIGIN_CONTENT)
        TNAS_TRY(read_splits(l, TEST_BIT, NULL));
    dataset->test_count = count_split(dataset->source, TNAS_SPLIT_TEST);
    dataset->test_hash = TNAS_HASH_START;
    for (int i = 0; i < dataset->source->sample_count; i++)
        if (dataset->source->samples[i].split == TNAS_SPLIT_TEST)
            dataset->test_hash =
                tnas_hash_bytes(dataset->test_hash, &l->hashes[i], sizeof l->hashes[i]);
    TNAS_TRY(tnas_duplicates_find(dataset->source, l->hashes, &dataset->duplicates));
    return dataset->options.allow_duplicates
               ? TNAS_OK
               : tnas_duplicates_refuse(dataset->source, dataset->location, &dataset->duplicates);
}

static tnas_status run_loading(loading *l)
{
    tnas_dataset *const dataset = l->dataset;
    tnas_dataset_source *const source = dataset->source;
    const size_t count = (size_t)source->sample_count;
    l->wanted = tnas_alloc_zero(count, sizeof *l->wanted);
    l->seen = tnas_alloc_zero(count, sizeof *l->seen);
    l->hashes = tnas_alloc_zero(count, sizeof *l->hashes);
    if (l->wanted == NULL || l->seen == NULL || l->hashes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%zu samples of %s", count, dataset->name);
    TNAS_TRY(count_classes(dataset));
    TNAS_TRY(name_classes(dataset));
    TNAS_TRY(tnas_grouping_make(source, &dataset->options, &dataset->grouping));
    TNAS_TRY(tnas_split_by_groups(source, &dataset->options, &dataset->grouping, dataset->origins));
    TNAS_TRY(settle_test(l));
    TNAS_TRY(fit(l));
    TNAS_TRY(read_training(l));
    TNAS_TRY(check_test(l));
    dataset->skipped_count = source->skipped_count;
    return check_classes(dataset);
}

/* Sources whose samples are all of one size leave resizing to the data set. */
static tnas_status settle_size(tnas_dataset *dataset)
{
    const tnas_dataset_source *const source = dataset->source;
    const tnas_image_size from = {source->h, source->w, source->c};
    tnas_image_size to = from;
    if (dataset->options.resize[0] != '\0') {
        if (!source->are_pictures)
            return tnas_fail(TNAS_ERR_USAGE, "--resize %s: %s holds no pictures but %s data",
                             dataset->options.resize, dataset->name, source->format);
        tnas_data_options_size(&dataset->options, &to.h, &to.w);
    }
    dataset->h = to.h;
    dataset->w = to.w;
    dataset->c = to.c;
    const bool same = from.h == to.h && from.w == to.w;
    if (!same || dataset->options.resize[0] == '\0') {
        dataset->own_h = from.h;
        dataset->own_w = from.w;
    }
    if (same)
        return TNAS_OK;
    return tnas_resizer_create(&from, &to, tnas_resize_method_parse(dataset->options.resize_method),
                               &dataset->resizer);
}

static tnas_status load(const char *location, tnas_dataset *dataset)
{
    take_name(location, dataset->name, sizeof dataset->name);
    snprintf(dataset->location, sizeof dataset->location, "%s", location);
    TNAS_TRY(tnas_data_options_check(&dataset->options));
    TNAS_TRY(tnas_dataset_source_open(location, &dataset->options, &dataset->source));
    snprintf(dataset->format, sizeof dataset->format, "%s", dataset->source->format);
    TNAS_TRY(settle_size(dataset));
    loading l = {.dataset = dataset};
    const tnas_status status = run_loading(&l);
    tnas_free(l.wanted);
    tnas_free(l.seen);
    tnas_free(l.hashes);
    return status;
}

tnas_status tnas_dataset_load(const char *location, const tnas_data_options *options,
                              tnas_dataset **out)
{
    *out = NULL;
    tnas_dataset *dataset = tnas_alloc_zero(1, sizeof *dataset);
    if (dataset == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "data set %s", location);
    dataset->options = options != NULL ? *options : tnas_data_options_default();
    const tnas_status status = load(location, dataset);
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
    tnas_dataset_source_destroy(dataset->source);
    tnas_resizer_destroy(dataset->resizer);
    tnas_grouping_deinit(&dataset->grouping);
    tnas_free(dataset);
}

/* ---- the test split ---- */

typedef struct test_reading {
    tnas_dataset *dataset;
    tnas_images *to;
    uint64_t hash;
} test_reading;

static tnas_status take_test_sample(void *context, int sample, const uint8_t *pixels, uint64_t hash)
{
    test_reading *const reading = context;
    reading->hash = tnas_hash_bytes(reading->hash, &hash, sizeof hash);
    add_sample(reading->dataset, sample, pixels, reading->to);
    return TNAS_OK;
}

static tnas_status read_test(tnas_dataset *dataset, bool *wanted, tnas_images *out)
{
    tnas_dataset_source *const source = dataset->source;
    test_reading reading = {dataset, out, TNAS_HASH_START};
    for (int i = 0; i < source->sample_count; i++)
        wanted[i] = source->samples[i].split == TNAS_SPLIT_TEST;
    TNAS_TRY(tnas_images_init(out, dataset->test_count, image_bytes(dataset)));
    TNAS_TRY(source->read(source, wanted, take_test_sample, &reading));
    if (out->count == dataset->test_count && reading.hash == dataset->test_hash)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: the test split is not what it was when the data set was loaded: it must "
                     "not change meanwhile",
                     dataset->location);
}

tnas_status tnas_dataset_read_test(tnas_dataset *dataset, tnas_images *out)
{
    *out = (tnas_images){0};
    dataset->test_reads++;
    if (dataset->test_count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: has no test split: see --test-share",
                         dataset->location);
    bool *wanted = tnas_alloc_zero((size_t)dataset->source->sample_count, sizeof *wanted);
    const tnas_status status = wanted != NULL
                                   ? read_test(dataset, wanted, out)
                                   : tnas_fail(TNAS_ERR_NOMEM, "test split of %s", dataset->name);
    tnas_free(wanted);
    if (status != TNAS_OK)
        tnas_images_deinit(out);
    return status;
}
