/* Sensor recordings as CSV (data/recording.h): one file a recording, one row a moment.
 *
 * A sample is a window of --window rows, every --stride rows one, within one file: [kept rows, 1,
 * channels], of which --decimate keeps every N-th row. Its label is that of most of its rows; among
 * equals the one that comes first. The group is the subject: the folder that the file lies in, else
 * its name up to the first underscore.
 *
 * Real values become bytes per channel: --value-range, or what the training and validation windows
 * say (never the test windows): mean and four standard deviations on either side, no further than
 * their smallest and largest value. Files are parsed again for each pass (libcsv) and held one at a
 * time. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "data/recording.h"

#define DEVIATIONS 4.0

typedef struct sensor_source {
    tnas_dataset_source source; /* first: the two share an address */
    int window, stride, decimate;
    tnas_sensor_columns columns;
    bool is_fitted, has_range;
    double low, high; /* with has_range */
} sensor_source;

/* ---- windows ---- */

static int window_count(const sensor_source *s, const tnas_recording *rec)
{
    return rec->row_count < s->window ? 0 : (rec->row_count - s->window) / s->stride + 1;
}

/* The label of most rows; among equals the one that comes first. */
static int16_t majority(const sensor_source *s, const int16_t *labels)
{
    int counts[TNAS_CLASSES_MAX] = {0};
    int16_t best = labels[0];
    for (int i = 0; i < s->window; i++)
        counts[labels[i]]++;
    for (int i = 0; i < s->window; i++)
        if (counts[labels[i]] > counts[best])
            best = labels[i];
    return best;
}

static tnas_status name_subject(sensor_source *s, const tnas_files *files, int file, int32_t *group)
{
    const char *const path = tnas_files_path(files, file), *const slash = strrchr(path, '/');
    char name[TNAS_GROUP_NAME_BYTES];
    const char *start = path;
    size_t length = strcspn(path, "_.");
    if (slash != NULL) {
        for (start = slash; start > path && start[-1] != '/';)
            start--;
        length = (size_t)(slash - start);
    }
    snprintf(name, sizeof name, "%.*s", (int)length, start);
    return tnas_dataset_source_group(&s->source, name, group);
}

static tnas_status add_windows(sensor_source *s, const tnas_files *files, int file,
                               const tnas_recording *rec)
{
    int32_t group;
    TNAS_TRY(name_subject(s, files, file, &group));
    for (int w = 0; w < window_count(s, rec); w++) {
        tnas_sample *const sample = tnas_dataset_source_add(&s->source);
        if (sample == NULL)
            return TNAS_ERR_NOMEM;
        sample->file = file;
        sample->record = w;
        sample->group = group;
        sample->stated = TNAS_SPLIT_TRAIN;
        sample->label = majority(s, rec->labels + (size_t)w * (size_t)s->stride);
    }
    return TNAS_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Classes in the order of their names, whatever file came first; only those that a window has. */
static tnas_status sort_classes(sensor_source *s)
{
    tnas_dataset_source *const source = &s->source;
    char(*names)[TNAS_CLASS_NAME_BYTES] =
        tnas_alloc_zero((size_t)source->class_count, sizeof *names);
    if (names == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d class names", source->class_count);
    memcpy(names, source->class_names, (size_t)source->class_count * sizeof *names);
    bool used[TNAS_CLASSES_MAX] = {false};
    int kept = 0;
    for (int i = 0; i < source->sample_count; i++)
        used[source->samples[i].label] = true;
    for (int k = 0; k < source->class_count; k++)
        if (used[k])
            memcpy(source->class_names[kept++], names[k], sizeof *names);
    source->class_count = kept;
    qsort(source->class_names, (size_t)kept, sizeof *names, by_name);
    for (int i = 0; i < source->sample_count; i++) {
        const char *const found = bsearch(names[source->samples[i].label], source->class_names,
                                          (size_t)kept, sizeof *names, by_name);
        source->samples[i].label =
            (int16_t)((found - source->class_names[0]) / TNAS_CLASS_NAME_BYTES);
    }
    tnas_free(names);
    return TNAS_OK;
}

/* ---- passes over wanted windows ---- */

typedef tnas_status visit_window(sensor_source *s, int sample, const float *values, void *context);

static tnas_status visit_file(sensor_source *s, int first, int end, const bool *wanted,
                              tnas_recording *rec, visit_window *visit, void *context)
{
    tnas_dataset_source *const source = &s->source;
    const tnas_status status = tnas_recording_read(source->files, source->samples[first].file, NULL,
                                                   &s->columns, NULL, rec);
    if (status != TNAS_OK)
        return tnas_dataset_source_skip(source, status);
    const int there = window_count(s, rec), wanted_windows = source->samples[end - 1].record + 1;
    if (there != wanted_windows) {
        char name[TNAS_PATH_BYTES];
        tnas_files_name(source->files, source->samples[first].file, name);
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %d windows, but %d when the data set was opened: it must not change "
                         "meanwhile",
                         name, there, wanted_windows);
    }
    for (int i = first; i < end; i++)
        if (wanted[i])
            TNAS_TRY(visit(s, i,
                           rec->values + (size_t)source->samples[i].record * (size_t)s->stride *
                                             (size_t)s->columns.channel_count,
                           context));
    return TNAS_OK;
}

static tnas_status visit_wanted(sensor_source *s, const bool *wanted, visit_window *visit,
                                void *context)
{
    const tnas_dataset_source *const source = &s->source;
    tnas_recording rec = {0};
    tnas_status status = TNAS_OK;
    for (int first = 0, end; status == TNAS_OK && first < source->sample_count; first = end) {
        for (end = first + 1; end < source->sample_count &&
                              source->samples[end].file == source->samples[first].file;)
            end++;
        if (memchr(wanted + first, true, (size_t)(end - first)) != NULL)
            status = visit_file(s, first, end, wanted, &rec, visit, context);
    }
    tnas_recording_deinit(&rec);
    return status;
}

typedef struct moments {
    double count, sum[TNAS_AFFINE_CHANNELS_MAX], square[TNAS_AFFINE_CHANNELS_MAX];
    double low[TNAS_AFFINE_CHANNELS_MAX], high[TNAS_AFFINE_CHANNELS_MAX];
} moments;

static tnas_status add_moments(sensor_source *s, int sample, const float *values, void *context)
{
    moments *const m = context;
    (void)sample;
    for (int row = 0; row < s->window; row += s->decimate, m->count++)
        for (int k = 0; k < s->columns.channel_count; k++) {
            const double value = (double)values[row * s->columns.channel_count + k];
            m->low[k] = m->count == 0 ? value : fmin(m->low[k], value);
            m->high[k] = m->count == 0 ? value : fmax(m->high[k], value);
            m->sum[k] += value;
            m->square[k] += value * value;
        }
    return TNAS_OK;
}

static tnas_status fit(tnas_dataset_source *source, const bool *wanted)
{
    sensor_source *const s = (sensor_source *)source;
    moments m = {0};
    if (!s->has_range)
        TNAS_TRY(visit_wanted(s, wanted, add_moments, &m));
    source->affine = (tnas_affine){.channel_count = s->columns.channel_count};
    for (int k = 0; k < s->columns.channel_count; k++) {
        const double mean = m.count > 0 ? m.sum[k] / m.count : 0;
        const double variance = m.count > 0 ? m.square[k] / m.count - mean * mean : 0;
        const double reach = DEVIATIONS * sqrt(fmax(variance, 0));
        tnas_affine_set_range(&source->affine, k,
                              s->has_range ? s->low : fmax(m.low[k], mean - reach),
                              s->has_range ? s->high : fmin(m.high[k], mean + reach));
    }
    TNAS_TRY(tnas_affine_check(&source->affine, tnas_files_location(source->files)));
    s->is_fitted = true;
    return TNAS_OK;
}

typedef struct handing_over {
    tnas_sample_take *take;
    void *context;
    uint8_t *pixels; /* [h, channels] */
    float *kept;     /* [h, channels] */
} handing_over;

static tnas_status hand_over(sensor_source *s, int sample, const float *values, void *context)
{
    const handing_over *const to = context;
    size_t count = 0;
    for (int row = 0; row < s->window; row += s->decimate)
        for (int k = 0; k < s->columns.channel_count; k++, count++) {
            to->kept[count] = values[row * s->columns.channel_count + k];
            if (s->is_fitted)
                to->pixels[count] =
                    tnas_affine_to_byte(&s->source.affine, k, (double)to->kept[count]);
        }
    return to->take(to->context, sample, s->is_fitted ? to->pixels : NULL,
                    tnas_content_hash(to->kept, count * sizeof *to->kept));
}

static tnas_status read_samples(tnas_dataset_source *source, const bool *wanted,
                                tnas_sample_take *take, void *context)
{
    const size_t count = (size_t)source->h * (size_t)source->c;
    handing_over to = {take, context, tnas_alloc_zero(count, 1),
                       tnas_alloc_zero(count, sizeof(float))};
    const tnas_status status = to.pixels != NULL && to.kept != NULL
                                   ? visit_wanted((sensor_source *)source, wanted, hand_over, &to)
                                   : tnas_fail(TNAS_ERR_NOMEM, "a window of %zu values", count);
    tnas_free(to.pixels);
    tnas_free(to.kept);
    return status;
}

/* ---- opening ---- */

/* Two lines of text with as many commas, and a number in the second. */
bool tnas_sensor_recognises(const uint8_t *head, size_t head_bytes)
{
    int commas[2] = {0}, line = 0;
    bool number = false, field_start = true;
    for (size_t i = 0; i < head_bytes && line < 2; i++) {
        const uint8_t byte = head[i];
        if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')
            return false;
        if (line == 1 && field_start && (isdigit(byte) || byte == '-' || byte == '.'))
            number = true;
        commas[line] += byte == ',';
        field_start = byte == ',' || byte == '\n';
        line += byte == '\n';
    }
    return commas[0] > 0 && commas[0] == commas[1] && number;
}

static bool is_table(const tnas_files *files, int file)
{
    uint8_t head[4096];
    size_t got;
    const char *const name = tnas_files_last(files, file), *const dot = strrchr(name, '.');
    return (dot != NULL && strcasecmp(dot, ".csv") == 0) ||
           (tnas_files_head(files, file, head, sizeof head, &got) == TNAS_OK &&
            tnas_sensor_recognises(head, got));
}

/* The next file says which columns there are. */
static void forget_columns(sensor_source *s, tnas_recording *rec)
{
    s->columns = (tnas_sensor_columns){0};
    tnas_recording_deinit(rec); /* its rows are as wide as the channels */
}

static tnas_status list_files(sensor_source *s, tnas_files *files, const tnas_data_options *options,
                              tnas_recording *rec)
{
    bool are_columns_settled = false;
    for (int i = 0; i < tnas_files_count(files); i++) {
        if (!is_table(files, i) || tnas_files_is_twin(files, i))
            continue;
        tnas_status status = tnas_recording_read(files, i, options, &s->columns, &s->source, rec);
        if (status == TNAS_OK)
            status = add_windows(s, files, i, rec);
        are_columns_settled = are_columns_settled || status == TNAS_OK;
        if (!are_columns_settled)
            forget_columns(s, rec);
        if (status != TNAS_OK)
            TNAS_TRY(tnas_dataset_source_skip(&s->source, status));
    }
    if (s->source.sample_count == 0)
        return tnas_fail(
            TNAS_ERR_INPUT, "%s: no window of %d rows in any file%s%.500s; --window says how many",
            tnas_files_location(files), s->window,
            s->source.skipped_count > 0 ? "; the first: " : "", s->source.first_skipped);
    return sort_classes(s);
}

static tnas_status open_recordings(sensor_source *s, tnas_files *files,
                                   const tnas_data_options *options)
{
    s->window = options->window;
    s->stride = options->stride > 0 ? options->stride : (options->window + 1) / 2;
    s->decimate = options->decimate;
    s->has_range = sscanf(options->value_range, "%lf,%lf", &s->low, &s->high) == 2;
    if (s->window == 0)
        return tnas_fail(TNAS_ERR_USAGE,
                         "%s: sensor CSV: --window must say how many rows make a "
                         "sample",
                         tnas_files_location(files));
    tnas_recording rec = {0};
    const tnas_status status = list_files(s, files, options, &rec);
    tnas_recording_deinit(&rec);
    TNAS_TRY(status);
    s->source.h = (s->window + s->decimate - 1) / s->decimate;
    s->source.w = 1;
    s->source.c = s->columns.channel_count;
    return TNAS_OK;
}

tnas_status tnas_sensor_open(tnas_files *files, const tnas_data_options *options,
                             tnas_dataset_source **out)
{
    *out = NULL;
    sensor_source *s = tnas_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "recordings of %s", tnas_files_location(files));
    s->source.format = "CSV";
    s->source.unit = "window";
    s->source.group_word = "subject";
    s->source.read = read_samples;
    s->source.fit = fit;
    s->source.skips_bad = options->skip_bad;
    const tnas_status status = open_recordings(s, files, options);
    if (status != TNAS_OK) {
        tnas_dataset_source_destroy(&s->source);
        return status;
    }
    *out = &s->source;
    return TNAS_OK;
}
