#include "estimators/layer_table.h"

#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "common/arena.h"
#include "common/csv.h"

#define COLUMNS(X)                                                                                 \
    X(model, true)                                                                                 \
    X(op, true)                                                                                    \
    X(in_h, true)                                                                                  \
    X(in_w, true)                                                                                  \
    X(in_c, true)                                                                                  \
    X(out_h, true)                                                                                 \
    X(out_w, true)                                                                                 \
    X(out_c, true)                                                                                 \
    X(kernel_h, false)                                                                             \
    X(kernel_w, false)                                                                             \
    X(stride_h, false)                                                                             \
    X(stride_w, false)                                                                             \
    X(const_bytes, false)

enum {
#define COLUMN_ENUM(name, required) COLUMN_##name,
    COLUMNS(COLUMN_ENUM)
#undef COLUMN_ENUM
        COLUMN_COUNT
};

/* Operators of one network. */
typedef struct network {
    const char *name;
    int first, count; /* rows */
    bool unsupported;
} network;

struct tnas_layer_table {
    tnas_arena arena;
    network *networks; /* in the order in which they appear */
    int network_count;
    tnas_op_shape *shapes;
};

typedef struct reader {
    const char *path;
    tnas_csv *csv;
    int column[COLUMN_COUNT];
} reader;

static tnas_status find_columns(reader *r)
{
    static const struct {
        const char *name;
        bool required;
    } columns[] = {
#define COLUMN_RULE(name, required) {#name, required},
        COLUMNS(COLUMN_RULE)
#undef COLUMN_RULE
    };
    for (int c = 0; c < COLUMN_COUNT; c++) {
        r->column[c] = tnas_csv_column(r->csv, columns[c].name);
        if (r->column[c] < 0 && columns[c].required)
            return tnas_fail(TNAS_ERR_INPUT, "%s: a table of layers needs the column \"%s\"",
                             r->path, columns[c].name);
    }
    return TNAS_OK;
}

/* A whole number from 1 to max; `missing` where the field is empty and that is allowed. */
static tnas_status read_size(const reader *r, int row, int column, int max, int missing, int *out)
{
    double value;
    bool present;
    TNAS_TRY(tnas_csv_number(r->csv, row, r->column[column], &value, &present));
    *out = missing;
    if (!present && missing > 0)
        return TNAS_OK;
    if (!present || value < 1 || value > max || value != floor(value))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line %d: %s = \"%s\": must be a whole number from 1 "
                         "to %d",
                         r->path, tnas_csv_line(r->csv, row),
                         tnas_csv_column_name(r->csv, r->column[column]),
                         tnas_csv_text(r->csv, row, r->column[column]), max);
    *out = (int)value;
    return TNAS_OK;
}

static bool is_zero(const char *text)
{
    return text[0] == '\0' || strcmp(text, "0") == 0;
}

static tnas_status read_shape(const reader *r, int row, int kind, tnas_op_shape *out)
{
    enum { WINDOW_MAX = 255 };
    *out = (tnas_op_shape){.kind = kind};
    const struct {
        int column, max, missing;
        int *value;
    } sizes[] = {
        {COLUMN_in_h, TNAS_SIDE_MAX, 0, &out->in.h},
        {COLUMN_in_w, TNAS_SIDE_MAX, 0, &out->in.w},
        {COLUMN_in_c, TNAS_SIDE_MAX, 0, &out->in.c},
        {COLUMN_out_h, TNAS_SIDE_MAX, 0, &out->out.h},
        {COLUMN_out_w, TNAS_SIDE_MAX, 0, &out->out.w},
        {COLUMN_out_c, TNAS_SIDE_MAX, 0, &out->out.c},
        {COLUMN_kernel_h, WINDOW_MAX, 1, &out->kernel_h},
        {COLUMN_kernel_w, WINDOW_MAX, 1, &out->kernel_w},
        {COLUMN_stride_h, WINDOW_MAX, 1, &out->stride_h},
        {COLUMN_stride_w, WINDOW_MAX, 1, &out->stride_w},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        TNAS_TRY(
            read_size(r, row, sizes[i].column, sizes[i].max, sizes[i].missing, sizes[i].value));
    if (kind == TNAS_COST_ADD &&
        !is_zero(tnas_csv_text(r->csv, row, r->column[COLUMN_const_bytes])))
        out->kind = TNAS_COST_BROADCAST;
    return TNAS_OK;
}

static const char *model_of(const reader *r, int row)
{
    return tnas_csv_text(r->csv, row, r->column[COLUMN_model]);
}

/* The network of a row: that of the row before, or a new one. */
static network *network_of(const reader *r, int row, tnas_layer_table *table)
{
    const char *const name = model_of(r, row);
    if (table->network_count > 0) {
        network *const last = &table->networks[table->network_count - 1];
        if (strcmp(last->name, name) == 0)
            return last;
    }
    network *const next = &table->networks[table->network_count++];
    *next = (network){.name = tnas_arena_strdup(&table->arena, name), .first = row};
    return next->name != NULL ? next : NULL;
}

static tnas_status read_rows(const reader *r, tnas_layer_table *table)
{
    const size_t row_count = (size_t)tnas_csv_row_count(r->csv);
    table->networks = TNAS_ARENA_NEW(&table->arena, network, row_count + 1);
    table->shapes = TNAS_ARENA_NEW(&table->arena, tnas_op_shape, row_count + 1);
    if (table->networks == NULL || table->shapes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%zu rows of %s", row_count, r->path);
    for (int row = 0; row < (int)row_count; row++) {
        network *const owner = network_of(r, row, table);
        if (owner == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "networks of %s", r->path);
        const int kind = tnas_cost_kind_parse(tnas_csv_text(r->csv, row, r->column[COLUMN_op]));
        owner->unsupported = owner->unsupported || kind == TNAS_NONE;
        owner->count++;
        TNAS_TRY(read_shape(r, row, kind, &table->shapes[row]));
    }
    return TNAS_OK;
}

tnas_status tnas_layer_table_load(const char *path, tnas_layer_table **out)
{
    *out = NULL;
    reader r = {.path = path};
    TNAS_TRY(tnas_csv_load(path, &r.csv));
    tnas_status status = TNAS_OK;
    tnas_layer_table *table = tnas_alloc_zero(1, sizeof *table);
    if (table == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "table of layers %s", path);
        goto done;
    }
    tnas_arena_init(&table->arena);
    status = find_columns(&r);
    if (status == TNAS_OK)
        status = read_rows(&r, table);
    if (status != TNAS_OK)
        goto done;
    *out = table;
    table = NULL; /* the caller owns it now */
done:
    tnas_layer_table_destroy(table);
    tnas_csv_destroy(r.csv);
    return status;
}

void tnas_layer_table_destroy(tnas_layer_table *table)
{
    if (table == NULL)
        return;
    tnas_arena_deinit(&table->arena);
    tnas_free(table);
}

tnas_network_state tnas_layer_table_features(const tnas_layer_table *table, const char *model,
                                             const tnas_memory_terms *memory, double *x)
{
    for (int i = 0; i < table->network_count; i++) {
        const network *const n = &table->networks[i];
        if (strcmp(n->name, model) != 0)
            continue;
        if (n->unsupported)
            return TNAS_NETWORK_UNSUPPORTED;
        tnas_features_of_shapes(memory, &table->shapes[n->first], n->count, x);
        return TNAS_NETWORK_FOUND;
    }
    return TNAS_NETWORK_UNKNOWN;
}
