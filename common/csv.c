#include "common/csv.h"

#include <csv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/arena.h"
#include "common/io.h"

enum { CSV_BYTES_MAX = 256 * 1024 * 1024 };

struct tnas_csv {
    tnas_arena arena;
    char *file;
    int column_count, row_count, field_count;
    size_t field_capacity, line_capacity;
    char **fields; /* header first, then rows, column_count each */
    int *lines;    /* [row_count + 1] */
};

/* What libcsv's callbacks share. libcsv does not count lines: `line` is the line being fed. */
typedef struct reader {
    tnas_csv *csv;
    int line, fields_in_row;
    tnas_status status;
} reader;

static void on_field(void *bytes, size_t length, void *context)
{
    reader *const r = context;
    tnas_csv *const csv = r->csv;
    if (r->status != TNAS_OK)
        return;
    if ((size_t)csv->field_count == csv->field_capacity) {
        const size_t capacity = csv->field_capacity * 2 + 256;
        char **fields = tnas_alloc_grow(csv->fields, csv->field_capacity, capacity, sizeof *fields);
        if (fields == NULL) {
            r->status = tnas_fail(TNAS_ERR_NOMEM, "fields of %s", csv->file);
            return;
        }
        csv->fields = fields;
        csv->field_capacity = capacity;
    }
    char *text = tnas_arena_take(&csv->arena, length + 1, 1);
    if (text == NULL) {
        r->status = tnas_fail(TNAS_ERR_NOMEM, "fields of %s", csv->file);
        return;
    }
    if (length > 0)
        memcpy(text, bytes, length);
    csv->fields[csv->field_count++] = text;
    r->fields_in_row++;
}

static void on_row(int terminator, void *context)
{
    (void)terminator;
    reader *const r = context;
    tnas_csv *const csv = r->csv;
    if (r->status != TNAS_OK)
        return;
    if (csv->column_count == 0)
        csv->column_count = r->fields_in_row;
    if (r->fields_in_row != csv->column_count) {
        r->status = tnas_fail(TNAS_ERR_INPUT, "%s: line %d has %d fields, the header has %d",
                              csv->file, r->line, r->fields_in_row, csv->column_count);
        return;
    }
    if ((size_t)csv->row_count == csv->line_capacity) {
        const size_t capacity = csv->line_capacity * 2 + 64;
        int *lines = tnas_alloc_grow(csv->lines, csv->line_capacity, capacity, sizeof *lines);
        if (lines == NULL) {
            r->status = tnas_fail(TNAS_ERR_NOMEM, "rows of %s", csv->file);
            return;
        }
        csv->lines = lines;
        csv->line_capacity = capacity;
    }
    csv->lines[csv->row_count++] = r->line;
    r->fields_in_row = 0;
}

static tnas_status parse(tnas_csv *csv, const uint8_t *bytes, size_t byte_count)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return tnas_fail(TNAS_ERR_NOMEM, "reader of %s", csv->file);
    reader r = {.csv = csv, .line = 1};
    size_t at = 0;
    while (at < byte_count && r.status == TNAS_OK) {
        const uint8_t *end = memchr(bytes + at, '\n', byte_count - at);
        const size_t length = end != NULL ? (size_t)(end - bytes) + 1 - at : byte_count - at;
        if (csv_parse(&parser, bytes + at, length, on_field, on_row, &r) != length &&
            r.status == TNAS_OK)
            r.status = tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s", csv->file, r.line,
                                 csv_strerror(csv_error(&parser)));
        at += length;
        r.line += end != NULL; /* the last line may lack its end; csv_fini is still there */
    }
    if (r.status == TNAS_OK && csv_fini(&parser, on_field, on_row, &r) != 0)
        r.status = tnas_fail(TNAS_ERR_INPUT, "%s: the last field is not closed", csv->file);
    csv_free(&parser);
    if (r.status == TNAS_OK && csv->row_count == 0)
        r.status = tnas_fail(TNAS_ERR_INPUT, "%s: empty, a header line is required", csv->file);
    return r.status;
}

tnas_status tnas_csv_load(const char *path, tnas_csv **out)
{
    *out = NULL;
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, CSV_BYTES_MAX, &bytes, &byte_count));
    tnas_csv *csv = tnas_alloc_zero(1, sizeof *csv);
    tnas_status status = TNAS_OK;
    if (csv == NULL || (csv->file = tnas_strdup(path)) == NULL)
        status = tnas_fail(TNAS_ERR_NOMEM, "table of %s", path);
    /* Spreadsheets open their files with a byte order mark. */
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    const bool marked = byte_count >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0;
    const size_t start = marked ? sizeof mark : 0;
    if (status == TNAS_OK)
        status = parse(csv, bytes + start, byte_count - start);
    tnas_free(bytes);
    if (status != TNAS_OK) {
        tnas_csv_destroy(csv);
        return status;
    }
    *out = csv;
    return TNAS_OK;
}

void tnas_csv_destroy(tnas_csv *csv)
{
    if (csv == NULL)
        return;
    tnas_arena_deinit(&csv->arena);
    tnas_free(csv->fields);
    tnas_free(csv->lines);
    tnas_free(csv->file);
    tnas_free(csv);
}

int tnas_csv_row_count(const tnas_csv *csv)
{
    return csv->row_count - 1;
}

int tnas_csv_column_count(const tnas_csv *csv)
{
    return csv->column_count;
}

const char *tnas_csv_column_name(const tnas_csv *csv, int column)
{
    return csv->fields[column];
}

int tnas_csv_column(const tnas_csv *csv, const char *name)
{
    for (int column = 0; column < csv->column_count; column++)
        if (strcmp(csv->fields[column], name) == 0)
            return column;
    return -1;
}

int tnas_csv_line(const tnas_csv *csv, int row)
{
    return csv->lines[row + 1];
}

const char *tnas_csv_text(const tnas_csv *csv, int row, int column)
{
    if (column < 0)
        return "";
    return csv->fields[(size_t)(row + 1) * (size_t)csv->column_count + (size_t)column];
}

tnas_status tnas_csv_number(const tnas_csv *csv, int row, int column, double *out, bool *present)
{
    *out = 0;
    *present = false;
    const char *text = tnas_csv_text(csv, row, column);
    if (text[0] == '\0')
        return TNAS_OK;
    char *end;
    const double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s = \"%s\" is not a finite number",
                         csv->file, tnas_csv_line(csv, row), tnas_csv_column_name(csv, column),
                         text);
    *out = value;
    *present = true;
    return TNAS_OK;
}
