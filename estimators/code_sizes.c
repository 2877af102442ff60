#include "estimators/code_sizes.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/csv.h"
#include "common/paths.h"

static int by_function(const void *a, const void *b)
{
    return strcmp(((const tnas_code_size *)a)->function, ((const tnas_code_size *)b)->function);
}

const tnas_code_size *tnas_code_sizes_find(const tnas_code_sizes *sizes, const char *function)
{
    int first = 0, end = sizes->entry_count;
    while (first < end) {
        const int middle = (first + end) / 2;
        const int order = strcmp(function, sizes->entries[middle].function);
        if (order == 0)
            return &sizes->entries[middle];
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return NULL;
}

static tnas_status read_size(const tnas_csv *csv, const char *path, int row, const char *column,
                             int *out)
{
    double value;
    bool present;
    TNAS_TRY(tnas_csv_number(csv, row, tnas_csv_column(csv, column), &value, &present));
    if (!present || value < 0 || value > INT_MAX || value != floor(value))
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s must be a whole number of bytes", path,
                         tnas_csv_line(csv, row), column);
    *out = (int)value;
    return TNAS_OK;
}

/* The same in every row: the first row's is kept. */
static tnas_status read_toolchain(const tnas_csv *csv, const char *path, int row,
                                  tnas_code_sizes *out)
{
    const char *const toolchain = tnas_csv_text(csv, row, tnas_csv_column(csv, "toolchain"));
    const int line = tnas_csv_line(csv, row);
    if (strlen(toolchain) >= sizeof out->toolchain)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line %d: toolchain has %zu characters: must be at most %zu", path,
                         line, strlen(toolchain), sizeof out->toolchain - 1);
    if (row == 0)
        snprintf(out->toolchain, sizeof out->toolchain, "%s", toolchain);
    else if (strcmp(toolchain, out->toolchain) != 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line %d: toolchain = \"%s\": must be that of the "
                         "first row, \"%s\"",
                         path, line, toolchain, out->toolchain);
    return TNAS_OK;
}

static tnas_status read_row(const tnas_csv *csv, const char *path, int row, tnas_code_sizes *out)
{
    const char *const function = tnas_csv_text(csv, row, tnas_csv_column(csv, "function"));
    const int line = tnas_csv_line(csv, row);
    tnas_code_size *const entry = &out->entries[out->entry_count];
    if (function[0] == '\0' || strlen(function) >= sizeof entry->function)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line %d: function = \"%s\": must have 1 to %zu "
                         "characters",
                         path, line, function, sizeof entry->function - 1);
    TNAS_TRY(read_toolchain(csv, path, row, out));
    for (int e = 0; e < out->entry_count; e++)
        if (strcmp(out->entries[e].function, function) == 0)
            return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s stands twice", path, line, function);
    memcpy(entry->function, function, strlen(function) + 1);
    TNAS_TRY(read_size(csv, path, row, "code_bytes", &entry->code_bytes));
    TNAS_TRY(read_size(csv, path, row, "stack_bytes", &entry->stack_bytes));
    out->entry_count++;
    return TNAS_OK;
}

static tnas_status add_need(const char *path, int line, const tnas_code_sizes *sizes,
                            const char *name, tnas_code_size *entry)
{
    const tnas_code_size *const needed = tnas_code_sizes_find(sizes, name);
    if (needed == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s needs %s, which has no row", path, line,
                         entry->function, name);
    if (entry->need_count == TNAS_CODE_SIZES_NEEDS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s needs more than %d functions", path, line,
                         entry->function, TNAS_CODE_SIZES_NEEDS_MAX);
    entry->needs[entry->need_count++] = (int)(needed - sizes->entries);
    return TNAS_OK;
}

/* The names in a row's `needs`, once all rows are known. */
static tnas_status read_needs(const tnas_csv *csv, const char *path, int row, tnas_code_sizes *out)
{
    const char *const function = tnas_csv_text(csv, row, tnas_csv_column(csv, "function"));
    const char *at = tnas_csv_text(csv, row, tnas_csv_column(csv, "needs"));
    const tnas_code_size *const found = tnas_code_sizes_find(out, function);
    tnas_code_size *const entry = &out->entries[found - out->entries];
    while (*(at += strspn(at, " ")) != '\0') {
        char name[sizeof entry->function];
        const size_t length = strcspn(at, " ");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), at);
        TNAS_TRY(add_need(path, tnas_csv_line(csv, row), out, name, entry));
        at += length;
    }
    return TNAS_OK;
}

static tnas_status read_table(const tnas_csv *csv, const char *path, tnas_code_sizes *out)
{
    static const char *const columns[] = {"function", "code_bytes", "stack_bytes", "toolchain"};
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
        if (tnas_csv_column(csv, columns[c]) < 0)
            return tnas_fail(TNAS_ERR_INPUT, "%s: column \"%s\" is required", path, columns[c]);
    const int row_count = tnas_csv_row_count(csv);
    if (row_count < 1 || row_count > TNAS_CODE_SIZES_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d functions: must be 1 to %d", path, row_count,
                         TNAS_CODE_SIZES_MAX);
    for (int row = 0; row < row_count; row++)
        TNAS_TRY(read_row(csv, path, row, out));
    qsort(out->entries, (size_t)out->entry_count, sizeof out->entries[0], by_function);
    for (int row = 0; row < row_count; row++)
        TNAS_TRY(read_needs(csv, path, row, out));
    return TNAS_OK;
}

tnas_status tnas_code_sizes_load(const char *path, tnas_code_sizes *out)
{
    memset(out, 0, sizeof *out);
    tnas_csv *csv;
    TNAS_TRY(tnas_csv_load(path, &csv));
    const tnas_status status = read_table(csv, path, out);
    tnas_csv_destroy(csv);
    return status;
}

tnas_status tnas_code_sizes_load_for(const char *core, tnas_code_sizes *out, char *path)
{
    const tnas_device_core *const device = tnas_device_core_of(core);
    char relative[64], found[TNAS_PATH_BYTES];
    snprintf(relative, sizeof relative, "codesize/%s.csv", device->name);
    TNAS_TRY(tnas_config_path(relative, found));
    if (path != NULL)
        memcpy(path, found, sizeof found);
    TNAS_TRY(tnas_code_sizes_load(found, out));
    out->device = device;
    return TNAS_OK;
}

bool tnas_code_sizes_exact_for(const tnas_code_sizes *sizes, const char *core)
{
    return sizes->device != NULL && tnas_device_core_is_exact(sizes->device, core);
}
