/* Sensor recordings as CSV: one file a recording, one row a moment, a header line with the columns.
 *
 *   x_acc,y_acc,z_acc,timestamp,label
 *   -8.27,-2.08,-5.09,1657544418323,SEATED
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
#include <csv.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "data/source.h"

enum { COLUMNS_MAX = 256, NAME_BYTES = 64, ROWS_MAX = 1 << 28, BLOCK_BYTES = 64 * 1024 };

#define DEVIATIONS 4.0

typedef char column_name[NAME_BYTES];

typedef struct sensor_source {
    tnas_dataset_source source; /* first: the two share an address */
    int window, stride, decimate;
    int column_count, label_column;
    int channel_count, channels[TNAS_AFFINE_CHANNELS_MAX]; /* columns */
    column_name columns[COLUMNS_MAX];
    bool is_open, is_fitted, has_range;
    double low, high; /* with has_range */
} sensor_source;

/* A file's rows. */
typedef struct recording {
    int row_count, capacity;
    float *values;   /* [row_count, channels] */
    int16_t *labels; /* [row_count] */
} recording;

/* ---- a file, row by row ---- */

typedef struct row_reader {
    sensor_source *s;
    recording *into;
    const tnas_data_options *options; /* while the first header is looked at; else NULL */
    char name[TNAS_PATH_BYTES];
    int line, row, field_count;
    char fields[COLUMNS_MAX][NAME_BYTES];
    tnas_status status;
} row_reader;

static bool is_number(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && end[strspn(end, " ")] == '\0';
}

static void take_field(void *bytes, size_t length, void *context)
{
    row_reader *const r = context;
    if (r->status != TNAS_OK)
        return;
    if (r->field_count == COLUMNS_MAX || length >= NAME_BYTES) {
        r->status = tnas_fail(
            TNAS_ERR_INPUT, "%s: line %d: field %d has %zu bytes: at most %d fields of at most %d",
            r->name, r->line, r->field_count + 1, length, COLUMNS_MAX, NAME_BYTES - 1);
        return;
    }
    char *const field = r->fields[r->field_count++];
    if (length > 0)
        memcpy(field, bytes, length);
    field[length] = '\0';
}

static int find_column(const sensor_source *s, const char *name, size_t length)
{
    for (int c = 0; c < s->column_count; c++)
        if (strlen(s->columns[c]) == length && strncmp(s->columns[c], name, length) == 0)
            return c;
    return -1;
}

static tnas_status take_header(row_reader *r)
{
    sensor_source *const s = r->s;
    if (s->column_count == 0) {
        memcpy(s->columns, r->fields, (size_t)r->field_count * sizeof s->columns[0]);
        s->column_count = r->field_count;
        return TNAS_OK;
    }
    bool same = r->field_count == s->column_count;
    for (int c = 0; same && c < s->column_count; c++)
        same = strcmp(s->columns[c], r->fields[c]) == 0;
    if (!same)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line 1: other columns than the first file has (%s, ...): must be the "
                         "same; choose files with --include",
                         r->name, s->columns[0]);
    return TNAS_OK;
}

/* Which columns are what, from the first row of the first file. What the options ask for and the
 * header does not have is TNAS_ERR_USAGE: --skip-bad does not forgive it. */
static tnas_status choose_label(row_reader *r)
{
    static const char *const words[] = {"label", "class", "activity"};
    sensor_source *const s = r->s;
    const char *const wanted = r->options->label_column;
    s->label_column = wanted[0] != '\0' ? find_column(s, wanted, strlen(wanted)) : -1;
    if (wanted[0] != '\0' && s->label_column < 0)
        return tnas_fail(TNAS_ERR_USAGE, "%s: line 1: has no column \"%s\" (--label-column)",
                         r->name, wanted);
    for (size_t w = 0; w < sizeof words / sizeof words[0] && s->label_column < 0; w++)
        for (int c = 0; c < s->column_count && s->label_column < 0; c++)
            if (strcasecmp(s->columns[c], words[w]) == 0)
                s->label_column = c;
    int text_count = 0, text_column = -1;
    double value;
    for (int c = 0; c < s->column_count; c++)
        if (!is_number(r->fields[c], &value)) {
            text_count++;
            text_column = c;
        }
    if (s->label_column < 0 && text_count == 1)
        s->label_column = text_column;
    if (s->label_column < 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line 1: which column is the label is not plain: say --label-column",
                         r->name);
    return TNAS_OK;
}

static bool is_time(const char *name)
{
    return strcasestr(name, "time") != NULL || strcasestr(name, "date") != NULL;
}

static tnas_status add_channel(row_reader *r, int column)
{
    sensor_source *const s = r->s;
    if (s->channel_count == TNAS_AFFINE_CHANNELS_MAX)
        return tnas_fail(TNAS_ERR_USAGE, "%s: line 1: more than %d channels: choose with --columns",
                         r->name, TNAS_AFFINE_CHANNELS_MAX);
    s->channels[s->channel_count++] = column;
    return TNAS_OK;
}

static tnas_status choose_channels(row_reader *r)
{
    sensor_source *const s = r->s;
    const char *at = r->options->columns;
    double value;
    for (int c = 0; c < s->column_count && *at == '\0'; c++)
        if (c != s->label_column && !is_time(s->columns[c]) && is_number(r->fields[c], &value))
            TNAS_TRY(add_channel(r, c));
    while (*at != '\0') {
        const size_t length = strcspn(at, ",");
        const int column = find_column(s, at, length);
        if (column < 0)
            return tnas_fail(TNAS_ERR_USAGE, "%s: line 1: has no column \"%.*s\" (--columns)",
                             r->name, (int)length, at);
        TNAS_TRY(add_channel(r, column));
        at += length + (at[length] == ',');
    }
    if (s->channel_count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line 1: no column of numbers", r->name);
    return TNAS_OK;
}

static tnas_status make_room(row_reader *r)
{
    recording *const rec = r->into;
    if (rec->row_count < rec->capacity)
        return TNAS_OK;
    if (rec->row_count >= ROWS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: more than %d rows", r->name, ROWS_MAX);
    const size_t old = (size_t)rec->capacity, new = old > 0 ? 2 * old : 4096;
    const size_t channels = (size_t)r->s->channel_count;
    float *const values = tnas_alloc_grow(rec->values, old, new, channels * sizeof *values);
    if (values != NULL)
        rec->values = values;
    int16_t *const labels = tnas_alloc_grow(rec->labels, old, new, sizeof *labels);
    if (labels != NULL)
        rec->labels = labels;
    if (values == NULL || labels == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%s: %zu rows", r->name, new);
    rec->capacity = (int)new;
    return TNAS_OK;
}

static tnas_status take_label(row_reader *r, int16_t *out)
{
    sensor_source *const s = r->s;
    const char *const label = r->fields[s->label_column];
    if (s->is_open) /* the windows have theirs */
        return TNAS_OK;
    if (label[0] == '\0' || strlen(label) >= TNAS_CLASS_NAME_BYTES)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s = \"%s\": a label has 1 to %d bytes",
                         r->name, r->line, s->columns[s->label_column], label,
                         TNAS_CLASS_NAME_BYTES - 1);
    return tnas_dataset_source_class(&s->source, label, out);
}

static tnas_status take_values(row_reader *r)
{
    sensor_source *const s = r->s;
    recording *const rec = r->into;
    if (r->field_count != s->column_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %d fields, the header has %d: must be equal",
                         r->name, r->line, r->field_count, s->column_count);
    if (r->options != NULL && s->channel_count == 0) {
        TNAS_TRY(choose_label(r));
        TNAS_TRY(choose_channels(r));
    }
    TNAS_TRY(make_room(r));
    float *const values = rec->values + (size_t)rec->row_count * (size_t)s->channel_count;
    for (int k = 0; k < s->channel_count; k++) {
        const char *const text = r->fields[s->channels[k]];
        double value;
        if (!is_number(text, &value) || !isfinite((float)value))
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s: line %d: %s = \"%s\": must be a number, finite in single "
                             "precision",
                             r->name, r->line, s->columns[s->channels[k]], text);
        values[k] = (float)value;
    }
    TNAS_TRY(take_label(r, &rec->labels[rec->row_count]));
    rec->row_count++;
    return TNAS_OK;
}

static void take_row(int terminator, void *context)
{
    row_reader *const r = context;
    (void)terminator;
    if (r->status == TNAS_OK)
        r->status = r->row++ == 0 ? take_header(r) : take_values(r);
    r->field_count = 0;
}

/* libcsv does not count lines, so it is fed one line at a time. */
static tnas_status parse_block(row_reader *r, struct csv_parser *parser, const char *bytes,
                               size_t byte_count)
{
    for (size_t at = 0; at < byte_count && r->status == TNAS_OK;) {
        const char *const end = memchr(bytes + at, '\n', byte_count - at);
        const size_t length = end != NULL ? (size_t)(end - bytes) + 1 - at : byte_count - at;
        if (csv_parse(parser, bytes + at, length, take_field, take_row, r) != length &&
            r->status == TNAS_OK)
            r->status = tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s", r->name, r->line,
                                  csv_strerror(csv_error(parser)));
        at += length;
        r->line += end != NULL;
    }
    return r->status;
}

static tnas_status parse_all(row_reader *r, struct csv_parser *parser, tnas_packed *packed)
{
    char *const block = tnas_alloc_zero(BLOCK_BYTES, 1);
    size_t got = BLOCK_BYTES;
    tnas_status status = block != NULL ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "%s", r->name);
    while (status == TNAS_OK && got == BLOCK_BYTES) {
        status = tnas_packed_read(packed, block, BLOCK_BYTES, &got);
        if (status == TNAS_OK)
            status = parse_block(r, parser, block, got);
    }
    tnas_free(block);
    if (status == TNAS_OK && csv_fini(parser, take_field, take_row, r) != 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: the last field is not closed", r->name);
    return status == TNAS_OK ? r->status : status;
}

/* Fills *into, whose arrays grow from call to call. options: when opening, else NULL. */
static tnas_status read_recording(sensor_source *s, tnas_files *files, int file,
                                  const tnas_data_options *options, recording *into)
{
    row_reader *r = tnas_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "reader of a CSV file");
    *r = (row_reader){.s = s, .into = into, .options = options, .line = 1};
    tnas_files_name(files, file, r->name);
    into->row_count = 0;
    struct csv_parser parser;
    tnas_packed *packed;
    tnas_status status = tnas_files_unpack(files, file, &packed);
    if (status == TNAS_OK && csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        status = tnas_fail(TNAS_ERR_NOMEM, "reader of %s", r->name);
    else if (status == TNAS_OK) {
        status = parse_all(r, &parser, packed);
        csv_free(&parser);
    }
    if (status == TNAS_OK && into->row_count == 0)
        status = tnas_fail(TNAS_ERR_INPUT, "%s: has no rows: a recording must have some", r->name);
    tnas_packed_close(packed);
    tnas_free(r);
    return status;
}

static void deinit(recording *rec)
{
    tnas_free(rec->values);
    tnas_free(rec->labels);
}

/* ---- windows ---- */

static int window_count(const sensor_source *s, const recording *rec)
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
                               const recording *rec)
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
                              recording *rec, visit_window *visit, void *context)
{
    tnas_dataset_source *const source = &s->source;
    const tnas_status status =
        read_recording(s, source->files, source->samples[first].file, NULL, rec);
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
                                             (size_t)s->channel_count,
                           context));
    return TNAS_OK;
}

static tnas_status visit_wanted(sensor_source *s, const bool *wanted, visit_window *visit,
                                void *context)
{
    const tnas_dataset_source *const source = &s->source;
    recording rec = {0};
    tnas_status status = TNAS_OK;
    for (int first = 0, end; status == TNAS_OK && first < source->sample_count; first = end) {
        for (end = first + 1; end < source->sample_count &&
                              source->samples[end].file == source->samples[first].file;)
            end++;
        if (memchr(wanted + first, true, (size_t)(end - first)) != NULL)
            status = visit_file(s, first, end, wanted, &rec, visit, context);
    }
    deinit(&rec);
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
        for (int k = 0; k < s->channel_count; k++) {
            const double value = (double)values[row * s->channel_count + k];
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
    source->affine = (tnas_affine){.channel_count = s->channel_count};
    for (int k = 0; k < s->channel_count; k++) {
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
        for (int k = 0; k < s->channel_count; k++, count++) {
            to->kept[count] = values[row * s->channel_count + k];
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
static void forget_columns(sensor_source *s, recording *rec)
{
    s->column_count = s->channel_count = 0;
    s->label_column = -1;
    deinit(rec); /* its rows are as wide as the channels */
    *rec = (recording){0};
}

static tnas_status list_files(sensor_source *s, tnas_files *files, const tnas_data_options *options,
                              recording *rec)
{
    bool are_columns_settled = false;
    for (int i = 0; i < tnas_files_count(files); i++) {
        if (!is_table(files, i) || tnas_files_is_twin(files, i))
            continue;
        tnas_status status = read_recording(s, files, i, options, rec);
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
    recording rec = {0};
    const tnas_status status = list_files(s, files, options, &rec);
    deinit(&rec);
    TNAS_TRY(status);
    s->source.h = (s->window + s->decimate - 1) / s->decimate;
    s->source.w = 1;
    s->source.c = s->channel_count;
    s->is_open = true;
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
