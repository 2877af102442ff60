/* Pairs of .npy files, samples and labels, of one to three splits; an .npz archive holds the same.
 *
 *   samples  [n, h, w, c], [n, h, w] (c = 1) or [n, h] (w = c = 1)
 *   labels   [n] or [n, 1], whole numbers
 *   groups   [n], whole numbers, whose name has "group", "subject" or "speaker": what --split-by
 *            calls by that word
 *
 * What an array is, its shape says; whose split it is, its name ("test", "val", else train).
 * Unsigned bytes are taken as they are. Other numbers are mapped to bytes by an affine that
 * belongs to the data set, one scale and zero per channel: from smallest and largest value of the
 * training samples, or --value-range. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "data/npy.h"
#include "data/source.h"
#include "data/split_words.h"

enum { SIDE_MAX = 8192, COUNT_MAX = 50 * 1000 * 1000 };

typedef enum array_role { SAMPLES, LABELS, GROUPS, ROLE_COUNT } array_role;

typedef struct npy_array {
    int file; /* -1: there is none */
    tnas_npy_header header;
} npy_array;

typedef struct npy_source {
    tnas_dataset_source source; /* first: the two share an address */
    npy_array arrays[TNAS_SPLIT_COUNT][ROLE_COUNT];
    int first[TNAS_SPLIT_COUNT]; /* sample of each split */
    bool is_mapped;              /* the values are not bytes */
    bool is_fitted;
    double low, high; /* of --value-range; equal: not given */
} npy_source;

/* ---- which array is what ---- */

static bool has_word(const char *name, const char *word)
{
    return strcasestr(name, word) != NULL;
}

static const char *group_word_of(const char *name)
{
    static const char *const words[] = {"subject", "speaker", "group"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (has_word(name, words[i]))
            return words[i];
    return NULL;
}

static array_role role_of(const char *name, const tnas_npy_header *header)
{
    const bool is_list = header->dim_count == 1 ||
                         (header->dim_count == 2 && header->dims[1] == 1 && header->kind != 'f');
    if (!is_list)
        return SAMPLES;
    return group_word_of(name) != NULL ? GROUPS : LABELS;
}

/* Before room is made for what a header promises: is the file so long? */
static tnas_status check_bytes(const tnas_files *files, int file, const tnas_npy_header *header)
{
    const uint64_t bytes = tnas_files_bytes(files, file); /* unpacked by now */
    const uint64_t item_bytes = tnas_npy_item_values(header) * (uint64_t)header->value_bytes;
    char name[TNAS_PATH_BYTES];
    if (bytes == header->header_bytes + (uint64_t)header->dims[0] * item_bytes)
        return TNAS_OK;
    tnas_files_name(files, file, name);
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: has %llu bytes: its header promises %zu and %d entries of %llu", name,
                     (unsigned long long)bytes, header->header_bytes, header->dims[0],
                     (unsigned long long)item_bytes);
}

static tnas_status read_header(tnas_files *files, int file, tnas_npy_header *out)
{
    tnas_packed *packed;
    TNAS_TRY(tnas_files_unpack(files, file, &packed));
    tnas_status status = tnas_npy_read_header(packed, out);
    tnas_packed_close(packed);
    return status == TNAS_OK ? check_bytes(files, file, out) : status;
}

static bool is_npy(tnas_files *files, int file)
{
    uint8_t head[16];
    size_t got;
    return strstr(tnas_files_last(files, file), ".npy") != NULL ||
           (tnas_files_head(files, file, head, sizeof head, &got) == TNAS_OK &&
            tnas_npy_recognises(head, got));
}

static tnas_status take_file(npy_source *npy, tnas_files *files, int file)
{
    tnas_npy_header header;
    if (!is_npy(files, file) || tnas_files_is_twin(files, file))
        return TNAS_OK;
    TNAS_TRY(read_header(files, file, &header));
    const char *const path = tnas_files_path(files, file), *const name =
                                                               tnas_files_last(files, file);
    const array_role role = role_of(name, &header);
    npy_array *const array = &npy->arrays[tnas_split_of_path(path)][role];
    if (array->file >= 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %s and %s may both be the %s of one split: choose "
                         "with --include",
                         tnas_files_location(files), tnas_files_path(files, array->file), path,
                         role == SAMPLES  ? "samples"
                         : role == LABELS ? "labels"
                                          : "groups");
    *array = (npy_array){file, header};
    if (role == GROUPS)
        npy->source.group_word = group_word_of(name);
    return TNAS_OK;
}

static tnas_status find_arrays(npy_source *npy, tnas_files *files)
{
    static const char *const texts[TNAS_SPLIT_COUNT] = {"training", "validation", "test"};
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++)
        for (int role = 0; role < ROLE_COUNT; role++)
            npy->arrays[s][role].file = -1;
    for (int i = 0; i < tnas_files_count(files); i++)
        TNAS_TRY(take_file(npy, files, i));
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++) {
        const bool has_samples = npy->arrays[s][SAMPLES].file >= 0;
        const bool has_labels = npy->arrays[s][LABELS].file >= 0;
        if (has_samples != has_labels || (s == TNAS_SPLIT_TRAIN && !has_samples))
            return tnas_fail(TNAS_ERR_INPUT, "%s: has no .npy file with the %s %s (%s)",
                             tnas_files_location(files), texts[s],
                             has_samples ? "labels" : "samples",
                             has_samples ? "whole numbers [n]" : "[n, h, w, c] or fewer axes");
    }
    return TNAS_OK;
}

/* ---- shapes ---- */

static tnas_status check_shape(tnas_files *files, const npy_array *array, bool is_mapped)
{
    const tnas_npy_header *const h = &array->header;
    const int channels_max = is_mapped ? TNAS_AFFINE_CHANNELS_MAX : 4;
    char name[TNAS_PATH_BYTES];
    tnas_files_name(files, array->file, name);
    if (h->dims[0] > COUNT_MAX || h->dims[1] > SIDE_MAX || h->dims[2] > SIDE_MAX ||
        h->dims[3] > channels_max)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %d samples of %dx%dx%d: at most %d, sides %d, channels (last) %d",
                         name, h->dims[0], h->dims[1], h->dims[2], h->dims[3], COUNT_MAX, SIDE_MAX,
                         channels_max);
    return TNAS_OK;
}

static tnas_status check_same(tnas_files *files, const npy_array *train, const npy_array *other)
{
    const tnas_npy_header *const a = &train->header, *const b = &other->header;
    if (memcmp(a->dims + 1, b->dims + 1, sizeof a->dims - sizeof a->dims[0]) == 0 &&
        (a->kind == 'u' && a->value_bytes == 1) == (b->kind == 'u' && b->value_bytes == 1))
        return TNAS_OK;
    char first[TNAS_PATH_BYTES], second[TNAS_PATH_BYTES];
    tnas_files_name(files, train->file, first);
    tnas_files_name(files, other->file, second);
    return tnas_fail(
        TNAS_ERR_INPUT,
        "%.300s: samples of %dx%dx%d %c%d, but %.300s has %dx%dx%d %c%d: must be equal", second,
        b->dims[1], b->dims[2], b->dims[3], b->kind, b->value_bytes, first, a->dims[1], a->dims[2],
        a->dims[3], a->kind, a->value_bytes);
}

static tnas_status check_count(tnas_files *files, const npy_array *samples, const npy_array *list)
{
    if (samples->header.dims[0] == list->header.dims[0])
        return TNAS_OK;
    char first[TNAS_PATH_BYTES], second[TNAS_PATH_BYTES];
    tnas_files_name(files, samples->file, first);
    tnas_files_name(files, list->file, second);
    return tnas_fail(TNAS_ERR_INPUT, "%.300s: %d entries, but %.300s has %d: must be equal", second,
                     list->header.dims[0], first, samples->header.dims[0]);
}

/* ---- labels and groups ---- */

/* What is done with each entry of a list. */
typedef tnas_status take_entry(npy_source *npy, int entry, const char *name, double value);

static tnas_status read_list(npy_source *npy, tnas_files *files, const npy_array *list, int first,
                             take_entry *take)
{
    tnas_packed *packed;
    tnas_npy_header header;
    uint8_t bytes[8];
    TNAS_TRY(tnas_files_unpack(files, list->file, &packed));
    tnas_status status = tnas_npy_read_header(packed, &header);
    if (status == TNAS_OK && memcmp(&header, &list->header, sizeof header) != 0)
        status = tnas_fail(TNAS_ERR_INPUT, "%s: its header has changed", tnas_packed_name(packed));
    for (int i = 0; status == TNAS_OK && i < header.dims[0]; i++) {
        status = tnas_npy_next(packed, &header, i, bytes);
        if (status == TNAS_OK)
            status =
                take(npy, first + i, tnas_packed_name(packed), tnas_npy_value(&header, bytes, 0));
    }
    if (status == TNAS_OK)
        status = tnas_npy_end(packed);
    tnas_packed_close(packed);
    return status;
}

static tnas_status take_label(npy_source *npy, int entry, const char *name, double value)
{
    tnas_sample *const sample = &npy->source.samples[entry];
    if (!(value >= 0 && value < TNAS_CLASSES_MAX) || value != floor(value))
        return tnas_fail(TNAS_ERR_INPUT, "%s: entry %d is %g: a label is a whole number 0 to %d",
                         name, (int)sample->record, value, TNAS_CLASSES_MAX - 1);
    sample->label = (int16_t)value;
    return TNAS_OK;
}

static tnas_status take_group(npy_source *npy, int entry, const char *name, double value)
{
    char text[TNAS_GROUP_NAME_BYTES];
    (void)name;
    snprintf(text, sizeof text, "%.17g", value);
    return tnas_dataset_source_group(&npy->source, text, &npy->source.samples[entry].group);
}

static tnas_status list_split(npy_source *npy, tnas_files *files, int split)
{
    const npy_array *const arrays = npy->arrays[split];
    npy->first[split] = npy->source.sample_count;
    if (arrays[SAMPLES].file < 0)
        return TNAS_OK;
    TNAS_TRY(check_shape(files, &arrays[SAMPLES], npy->is_mapped));
    TNAS_TRY(check_same(files, &npy->arrays[TNAS_SPLIT_TRAIN][SAMPLES], &arrays[SAMPLES]));
    TNAS_TRY(check_count(files, &arrays[SAMPLES], &arrays[LABELS]));
    for (int i = 0; i < arrays[SAMPLES].header.dims[0]; i++) {
        tnas_sample *const sample = tnas_dataset_source_add(&npy->source);
        if (sample == NULL)
            return TNAS_ERR_NOMEM;
        sample->file = arrays[SAMPLES].file;
        sample->record = i;
        sample->stated = (int8_t)split;
    }
    TNAS_TRY(read_list(npy, files, &arrays[LABELS], npy->first[split], take_label));
    if (npy->source.group_word == NULL)
        return TNAS_OK;
    if (arrays[GROUPS].file < 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: has no %s array for %s", tnas_files_location(files),
                         npy->source.group_word, tnas_files_path(files, arrays[SAMPLES].file));
    TNAS_TRY(check_count(files, &arrays[SAMPLES], &arrays[GROUPS]));
    return read_list(npy, files, &arrays[GROUPS], npy->first[split], take_group);
}

/* ---- values ---- */

/* Visits the wanted samples of all splits with their values as they stand in the file. */
typedef struct value_visit {
    tnas_status (*take)(void *context, npy_source *npy, int sample, const tnas_npy_header *header,
                        const uint8_t *values);
    void *context;
} value_visit;

static tnas_status visit_array(npy_source *npy, int split, tnas_packed *packed, const bool *wanted,
                               const value_visit *visit, uint8_t *values)
{
    const npy_array *const array = &npy->arrays[split][SAMPLES];
    tnas_npy_header header;
    TNAS_TRY(tnas_npy_read_header(packed, &header));
    if (memcmp(&header, &array->header, sizeof header) != 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: its header is not what it was when the data set was opened: it must "
                         "not change meanwhile",
                         tnas_packed_name(packed));
    for (int i = 0; i < header.dims[0]; i++) {
        const int sample = npy->first[split] + i;
        TNAS_TRY(tnas_npy_next(packed, &header, i, values));
        if (wanted[sample])
            TNAS_TRY(visit->take(visit->context, npy, sample, &header, values));
    }
    return tnas_npy_end(packed);
}

static tnas_status visit_split(npy_source *npy, int split, const bool *wanted,
                               const value_visit *visit)
{
    const npy_array *const array = &npy->arrays[split][SAMPLES];
    const size_t bytes = tnas_npy_item_values(&array->header) * (size_t)array->header.value_bytes;
    uint8_t *values = tnas_alloc_zero(bytes, 1);
    if (values == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "a sample of %zu bytes", bytes);
    tnas_packed *packed;
    tnas_status status = tnas_files_unpack(npy->source.files, array->file, &packed);
    if (status == TNAS_OK)
        status = visit_array(npy, split, packed, wanted, visit, values);
    tnas_packed_close(packed);
    tnas_free(values);
    return status;
}

static tnas_status visit_wanted(npy_source *npy, const bool *wanted, const value_visit *visit)
{
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++) {
        const int count =
            npy->arrays[s][SAMPLES].file < 0 ? 0 : npy->arrays[s][SAMPLES].header.dims[0];
        if (count > 0 && memchr(wanted + npy->first[s], true, (size_t)count) != NULL)
            TNAS_TRY(visit_split(npy, s, wanted, visit));
    }
    return TNAS_OK;
}

/* The first value that is no number, in the single precision that devices have; or -1. */
static long find_not_finite(const tnas_npy_header *header, const uint8_t *values)
{
    const size_t count = tnas_npy_item_values(header);
    for (size_t i = 0; header->kind == 'f' && i < count; i++)
        if (!isfinite((float)tnas_npy_value(header, values, i)))
            return (long)i;
    return -1;
}

static tnas_status fail_not_finite(const npy_source *npy, int sample, const tnas_npy_header *header,
                                   const uint8_t *values, long at)
{
    char name[TNAS_PATH_BYTES];
    tnas_files_name(npy->source.files, npy->source.samples[sample].file, name);
    return tnas_fail(
        TNAS_ERR_INPUT, "%s: entry %d, value %ld is %g: must be finite in single precision", name,
        (int)npy->source.samples[sample].record, at, tnas_npy_value(header, values, (size_t)at));
}

/* ---- the affine ---- */

typedef struct ranges {
    double low[TNAS_AFFINE_CHANNELS_MAX], high[TNAS_AFFINE_CHANNELS_MAX];
} ranges;

static tnas_status widen(void *context, npy_source *npy, int sample, const tnas_npy_header *header,
                         const uint8_t *values)
{
    ranges *const r = context;
    const size_t count = tnas_npy_item_values(header);
    (void)sample;
    if (find_not_finite(header, values) >= 0)
        return TNAS_OK; /* `read` refuses it, or leaves it out */
    for (size_t i = 0; i < count; i++) {
        const double value = tnas_npy_value(header, values, i);
        const size_t k = i % (size_t)npy->source.c;
        r->low[k] = value < r->low[k] ? value : r->low[k];
        r->high[k] = value > r->high[k] ? value : r->high[k];
    }
    return TNAS_OK;
}

static tnas_status fit(tnas_dataset_source *source, const bool *wanted)
{
    npy_source *const npy = (npy_source *)source;
    ranges r;
    for (int k = 0; k < source->c; k++) {
        r.low[k] = npy->low < npy->high ? npy->low : INFINITY;
        r.high[k] = npy->low < npy->high ? npy->high : -INFINITY;
    }
    if (!(npy->low < npy->high))
        TNAS_TRY(visit_wanted(npy, wanted, &(value_visit){widen, &r}));
    source->affine = (tnas_affine){.channel_count = source->c};
    for (int k = 0; k < source->c; k++)
        tnas_affine_set_range(&source->affine, k, r.low[k], r.high[k]);
    TNAS_TRY(tnas_affine_check(&source->affine, tnas_files_location(source->files)));
    npy->is_fitted = true;
    return TNAS_OK;
}

/* ---- samples ---- */

typedef struct handing_over {
    tnas_sample_take *take;
    void *context;
    uint8_t *pixels; /* [h, w, c] */
} handing_over;

static tnas_status hand_over(void *context, npy_source *npy, int sample,
                             const tnas_npy_header *header, const uint8_t *values)
{
    const handing_over *const to = context;
    const size_t count = tnas_npy_item_values(header);
    const uint64_t hash = tnas_content_hash(values, count * (size_t)header->value_bytes);
    const long not_finite = find_not_finite(header, values);
    if (not_finite >= 0)
        return tnas_dataset_source_skip(&npy->source,
                                        fail_not_finite(npy, sample, header, values, not_finite));
    if (!npy->is_mapped)
        return to->take(to->context, sample, values, hash);
    if (!npy->is_fitted)
        return to->take(to->context, sample, NULL, hash);
    for (size_t i = 0; i < count; i++)
        to->pixels[i] = tnas_affine_to_byte(&npy->source.affine, (int)(i % (size_t)npy->source.c),
                                            tnas_npy_value(header, values, i));
    return to->take(to->context, sample, to->pixels, hash);
}

static tnas_status read_samples(tnas_dataset_source *source, const bool *wanted,
                                tnas_sample_take *take, void *context)
{
    handing_over to = {take, context, NULL};
    to.pixels = tnas_alloc_zero((size_t)source->h * (size_t)source->w, (size_t)source->c);
    const tnas_status status = to.pixels != NULL ? visit_wanted((npy_source *)source, wanted,
                                                                &(value_visit){hand_over, &to})
                                                 : tnas_fail(TNAS_ERR_NOMEM, "a sample");
    tnas_free(to.pixels);
    return status;
}

/* ---- opening ---- */

static tnas_status open_arrays(npy_source *npy, tnas_files *files, const tnas_data_options *options)
{
    TNAS_TRY(find_arrays(npy, files));
    const tnas_npy_header *const header = &npy->arrays[TNAS_SPLIT_TRAIN][SAMPLES].header;
    npy->is_mapped = header->kind != 'u' || header->value_bytes != 1;
    npy->source.h = header->dims[1];
    npy->source.w = header->dims[2];
    npy->source.c = header->dims[3];
    npy->source.are_pictures = !npy->is_mapped;
    npy->source.fit = npy->is_mapped ? fit : NULL;
    if (options->value_range[0] != '\0')
        (void)sscanf(options->value_range, "%lf,%lf", &npy->low, &npy->high);
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++)
        TNAS_TRY(list_split(npy, files, s));
    return TNAS_OK;
}

tnas_status tnas_npy_open(tnas_files *files, const tnas_data_options *options,
                          tnas_dataset_source **out)
{
    *out = NULL;
    npy_source *npy = tnas_alloc_zero(1, sizeof *npy);
    if (npy == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "source of %s", tnas_files_location(files));
    npy->source.format = "NPY";
    npy->source.unit = "entry";
    npy->source.read = read_samples;
    const tnas_status status = open_arrays(npy, files, options);
    if (status != TNAS_OK) {
        tnas_dataset_source_destroy(&npy->source);
        return status;
    }
    *out = &npy->source;
    return TNAS_OK;
}
