#include "data/recording.h"

#include <csv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"

enum { ROWS_MAX = 1 << 28, BLOCK_BYTES = 64 * 1024 };

typedef struct row_reader {
    tnas_sensor_columns *columns;
    tnas_recording *into;
    tnas_dataset_source *classes;     /* NULL: labels are left alone */
    const tnas_data_options *options; /* NULL: the columns are settled */
    char name[TNAS_PATH_BYTES];
    int line, row, field_count;
    tnas_column_name fields[TNAS_COLUMNS_MAX];
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
    if (r->field_count == TNAS_COLUMNS_MAX || length >= TNAS_COLUMN_NAME_BYTES) {
        r->status = tnas_fail(
            TNAS_ERR_INPUT, "%s: line %d: field %d has %zu bytes: at most %d fields of at most %d",
            r->name, r->line, r->field_count + 1, length, TNAS_COLUMNS_MAX,
            TNAS_COLUMN_NAME_BYTES - 1);
        return;
    }
    char *const field = r->fields[r->field_count++];
    if (length > 0)
        memcpy(field, bytes, length);
    field[length] = '\0';
}

static int find_column(const tnas_sensor_columns *s, const char *name, size_t length)
{
    for (int c = 0; c < s->count; c++)
        if (strlen(s->names[c]) == length && strncmp(s->names[c], name, length) == 0)
            return c;
    return -1;
}

static tnas_status take_header(row_reader *r)
{
    tnas_sensor_columns *const s = r->columns;
    if (s->count == 0) {
        memcpy(s->names, r->fields, (size_t)r->field_count * sizeof s->names[0]);
        s->count = r->field_count;
        return TNAS_OK;
    }
    bool same = r->field_count == s->count;
    for (int c = 0; same && c < s->count; c++)
        same = strcmp(s->names[c], r->fields[c]) == 0;
    if (!same)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line 1: other columns than the first file has (%s, ...): must be the "
                         "same; choose files with --include",
                         r->name, s->names[0]);
    return TNAS_OK;
}

/* Which columns are what, from the first row of the first file. What the options ask for and the
 * header does not have is TNAS_ERR_USAGE: --skip-bad does not forgive it. */
static tnas_status choose_label(row_reader *r)
{
    static const char *const words[] = {"label", "class", "activity"};
    tnas_sensor_columns *const s = r->columns;
    const char *const wanted = r->options->label_column;
    s->label = wanted[0] != '\0' ? find_column(s, wanted, strlen(wanted)) : -1;
    if (wanted[0] != '\0' && s->label < 0)
        return tnas_fail(TNAS_ERR_USAGE, "%s: line 1: has no column \"%s\" (--label-column)",
                         r->name, wanted);
    for (size_t w = 0; w < sizeof words / sizeof words[0] && s->label < 0; w++)
        for (int c = 0; c < s->count && s->label < 0; c++)
            if (strcasecmp(s->names[c], words[w]) == 0)
                s->label = c;
    int text_count = 0, text_column = -1;
    double value;
    for (int c = 0; c < s->count; c++)
        if (!is_number(r->fields[c], &value)) {
            text_count++;
            text_column = c;
        }
    if (s->label < 0 && text_count == 1)
        s->label = text_column;
    if (s->label < 0)
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
    tnas_sensor_columns *const s = r->columns;
    if (s->channel_count == TNAS_AFFINE_CHANNELS_MAX)
        return tnas_fail(TNAS_ERR_USAGE, "%s: line 1: more than %d channels: choose with --columns",
                         r->name, TNAS_AFFINE_CHANNELS_MAX);
    s->channels[s->channel_count++] = column;
    return TNAS_OK;
}

static tnas_status choose_channels(row_reader *r)
{
    tnas_sensor_columns *const s = r->columns;
    const char *at = r->options->columns;
    double value;
    for (int c = 0; c < s->count && *at == '\0'; c++)
        if (c != s->label && !is_time(s->names[c]) && is_number(r->fields[c], &value))
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
    tnas_recording *const rec = r->into;
    if (rec->row_count < rec->capacity)
        return TNAS_OK;
    if (rec->row_count >= ROWS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: more than %d rows", r->name, ROWS_MAX);
    const size_t old = (size_t)rec->capacity, new = old > 0 ? 2 * old : 4096;
    const size_t channels = (size_t)r->columns->channel_count;
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
    tnas_sensor_columns *const s = r->columns;
    const char *const label = r->fields[s->label];
    if (r->classes == NULL)
        return TNAS_OK;
    if (label[0] == '\0' || strlen(label) >= TNAS_CLASS_NAME_BYTES)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s = \"%s\": a label has 1 to %d bytes",
                         r->name, r->line, s->names[s->label], label, TNAS_CLASS_NAME_BYTES - 1);
    return tnas_dataset_source_class(r->classes, label, out);
}

static tnas_status take_values(row_reader *r)
{
    tnas_sensor_columns *const s = r->columns;
    tnas_recording *const rec = r->into;
    if (r->field_count != s->count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %d fields, the header has %d: must be equal",
                         r->name, r->line, r->field_count, s->count);
    if (s->channel_count == 0) {
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
                             r->name, r->line, s->names[s->channels[k]], text);
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

tnas_status tnas_recording_read(tnas_files *files, int file, const tnas_data_options *options,
                                tnas_sensor_columns *columns, tnas_dataset_source *classes,
                                tnas_recording *into)
{
    row_reader *r = tnas_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "reader of a CSV file");
    *r = (row_reader){
        .columns = columns, .into = into, .classes = classes, .options = options, .line = 1};
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

void tnas_recording_deinit(tnas_recording *recording)
{
    tnas_free(recording->values);
    tnas_free(recording->labels);
    *recording = (tnas_recording){0};
}
