/* Reading of measurements. A row becomes cycles and features: a network's from its graph file,
 * a single layer's from the shape columns of the row itself. */
#include "estimators/measurements.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/csv.h"
#include "common/text.h"
#include "estimators/networks.h"

/* The columns of docs/measurements.md, in their order. */
#define COLUMNS(X)                                                                                 \
    X(board)                                                                                       \
    X(mcu)                                                                                         \
    X(core)                                                                                        \
    X(clock_mhz)                                                                                   \
    X(runtime)                                                                                     \
    X(runtime_version)                                                                             \
    X(model)                                                                                       \
    X(layer)                                                                                       \
    X(op)                                                                                          \
    X(in_h)                                                                                        \
    X(in_w)                                                                                        \
    X(in_c)                                                                                        \
    X(out_h)                                                                                       \
    X(out_w)                                                                                       \
    X(out_c)                                                                                       \
    X(kernel)                                                                                      \
    X(stride)                                                                                      \
    X(macs)                                                                                        \
    X(latency_ms)                                                                                  \
    X(cycles)                                                                                      \
    X(energy_uj)                                                                                   \
    X(ram_bytes)                                                                                   \
    X(activation_bytes)                                                                            \
    X(flash_bytes)                                                                                 \
    X(weights_bytes)                                                                               \
    X(code_bytes)                                                                                  \
    X(source)

enum {
#define COLUMN_ENUM(name) COLUMN_##name,
    COLUMNS(COLUMN_ENUM)
#undef COLUMN_ENUM
        COLUMN_COUNT
};
static const char *const column_names[] = {
#define COLUMN_NAME(name) #name,
    COLUMNS(COLUMN_NAME)
#undef COLUMN_NAME
};

typedef struct table {
    const char *path;
    tnas_csv *csv;
    int column[COLUMN_COUNT]; /* -1: the file has none */
    tnas_networks *networks;
} table;

static const char *text_at(const table *t, int row, int column)
{
    return tnas_csv_text(t->csv, row, t->column[column]);
}

static tnas_status find_columns(table *t)
{
    for (int c = 0; c < COLUMN_COUNT; c++) {
        t->column[c] = tnas_csv_column(t->csv, column_names[c]);
        for (int k = t->column[c] + 1; t->column[c] >= 0 && k < tnas_csv_column_count(t->csv); k++)
            if (strcmp(tnas_csv_column_name(t->csv, k), column_names[c]) == 0)
                return tnas_fail(TNAS_ERR_INPUT, "%s: column \"%s\" stands twice", t->path,
                                 column_names[c]);
    }
    if (t->column[COLUMN_model] < 0 && t->column[COLUMN_op] < 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: neither column \"model\" nor \"op\", one is required",
                         t->path);
    if (t->column[COLUMN_latency_ms] < 0 && t->column[COLUMN_cycles] < 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: neither column \"latency_ms\" nor \"cycles\", one is required",
                         t->path);
    return TNAS_OK;
}

static tnas_status list_ignored_columns(const table *t, tnas_measurements *out)
{
    tnas_text names;
    tnas_text_init(&names);
    for (int c = 0; c < tnas_csv_column_count(t->csv); c++) {
        bool known = false;
        for (int k = 0; k < COLUMN_COUNT; k++)
            known = known || t->column[k] == c;
        if (!known)
            tnas_text_add(&names, "%s%s", names.length > 0 ? ", " : "",
                          tnas_csv_column_name(t->csv, c));
    }
    out->ignored_columns =
        names.failed ? NULL : tnas_arena_strdup(&out->arena, names.length > 0 ? names.chars : "");
    tnas_text_deinit(&names);
    return out->ignored_columns != NULL ? TNAS_OK
                                        : tnas_fail(TNAS_ERR_NOMEM, "columns of %s", t->path);
}

static char plain(char c)
{
    return c == ' ' ? '-' : (char)tolower((unsigned char)c);
}

/* True when `wanted` is NULL or equals the text; with `prefix`, when the text starts with it. */
static bool matches(const char *wanted, const char *text, bool prefix)
{
    if (wanted == NULL)
        return true;
    for (; *wanted != '\0'; wanted++, text++)
        if (plain(*wanted) != plain(*text))
            return false;
    return prefix || *text == '\0';
}

/* A number above 0, or 0 with an empty field. */
static tnas_status read_positive(const table *t, int row, int column, double *out)
{
    bool present;
    TNAS_TRY(tnas_csv_number(t->csv, row, t->column[column], out, &present));
    if (present && *out <= 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s = %g: must be above 0", t->path,
                         tnas_csv_line(t->csv, row), column_names[column], *out);
    return TNAS_OK;
}

/* Half a unit of the last digit printed: "62" may have been 61.5 to 62.5. */
static double half_unit(const char *text)
{
    const char *exponent = strpbrk(text, "eE");
    const char *point = strchr(text, '.');
    const char *end = exponent != NULL ? exponent : text + strlen(text);
    const double scale = exponent != NULL ? strtod(exponent + 1, NULL) : 0;
    const double decimals = point != NULL ? (double)(end - point - 1) : 0;
    return 0.5 * pow(10, scale - decimals);
}

/* Beyond any microcontroller and any layer; products and ratios of such figures stay finite. */
static const double latency_min_ms = 1e-6, latency_max_ms = 1e9, cycles_max = 1e15,
                    clock_min_mhz = 0.001, clock_max_mhz = 10000;

/* The same within limits. */
static tnas_status read_within(const table *t, int row, int column, double min, double max,
                               double *out)
{
    TNAS_TRY(read_positive(t, row, column, out));
    if (*out != 0 && (*out < min || *out > max))
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s = %g: must be within %g..%g", t->path,
                         tnas_csv_line(t->csv, row), column_names[column], *out, min, max);
    return TNAS_OK;
}

static tnas_status read_time(const table *t, int row, double assumed_clock_mhz,
                             tnas_measurement *out)
{
    TNAS_TRY(
        read_within(t, row, COLUMN_latency_ms, latency_min_ms, latency_max_ms, &out->latency_ms));
    TNAS_TRY(read_within(t, row, COLUMN_cycles, 1, cycles_max, &out->cycles));
    TNAS_TRY(read_within(t, row, COLUMN_clock_mhz, clock_min_mhz, clock_max_mhz, &out->clock_mhz));
    if (out->clock_mhz == 0)
        out->clock_mhz = assumed_clock_mhz;
    if (out->cycles > 0)
        out->rounding_frac = half_unit(text_at(t, row, COLUMN_cycles)) / out->cycles;
    else if (out->latency_ms > 0)
        out->rounding_frac = half_unit(text_at(t, row, COLUMN_latency_ms)) / out->latency_ms;
    if (out->clock_mhz > 0 && out->cycles == 0)
        out->cycles = out->latency_ms * out->clock_mhz * 1e3;
    else if (out->clock_mhz > 0 && out->latency_ms == 0)
        out->latency_ms = tnas_cycles_to_ms(out->cycles, out->clock_mhz);
    return TNAS_OK;
}

/* "HxW", or one number for both sides; an empty field is 1x1. */
static bool parse_window(const char *text, int *h, int *w)
{
    *h = *w = 1;
    if (text[0] == '\0')
        return true;
    char *end;
    const long first = strtol(text, &end, 10);
    long second = first;
    if (end == text)
        return false;
    if (*end == 'x') {
        const char *start = end + 1;
        second = strtol(start, &end, 10);
        if (end == start)
            return false;
    }
    *h = (int)first;
    *w = (int)second;
    return *end == '\0' && first >= 1 && first <= 255 && second >= 1 && second <= 255;
}

static tnas_status read_side(const table *t, int row, int column, int32_t *out)
{
    double value;
    TNAS_TRY(read_positive(t, row, column, &value));
    if (value > INT16_MAX || value != floor(value))
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s = %g: must be a whole number up to %d",
                         t->path, tnas_csv_line(t->csv, row), column_names[column], value,
                         INT16_MAX);
    *out = (int32_t)value;
    return TNAS_OK;
}

static bool is_shape(const tnas_tensor *tensor)
{
    return tensor->h > 0 && tensor->w > 0 && tensor->c > 0;
}

static tnas_status read_layer(const table *t, int row, const tnas_memory_terms *memory,
                              tnas_measurement *out)
{
    tnas_op_shape shape = {.kind = tnas_cost_kind_parse(text_at(t, row, COLUMN_op))};
    const struct {
        int column;
        int32_t *side;
    } sides[] = {
        {COLUMN_in_h, &shape.in.h},   {COLUMN_in_w, &shape.in.w},   {COLUMN_in_c, &shape.in.c},
        {COLUMN_out_h, &shape.out.h}, {COLUMN_out_w, &shape.out.w}, {COLUMN_out_c, &shape.out.c},
    };
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        TNAS_TRY(read_side(t, row, sides[i].column, sides[i].side));
    const char *const kernel = text_at(t, row, COLUMN_kernel);
    if (!parse_window(kernel, &shape.kernel_h, &shape.kernel_w))
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: kernel = \"%s\": must be HxW, 1 to 255",
                         t->path, tnas_csv_line(t->csv, row), kernel);
    const char *const stride = text_at(t, row, COLUMN_stride);
    if (!parse_window(stride, &shape.stride_h, &shape.stride_w))
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: stride = \"%s\": must be HxW, 1 to 255",
                         t->path, tnas_csv_line(t->csv, row), stride);
    out->has_graph = shape.kind != TNAS_NONE && is_shape(&shape.in) && is_shape(&shape.out);
    if (out->has_graph)
        tnas_features_of_shapes(memory, &shape, 1, out->x);
    return TNAS_OK;
}

static tnas_status read_network(const tnas_networks *networks, const tnas_memory_terms *memory,
                                tnas_measurement *out)
{
    tnas_network_state state;
    TNAS_TRY(tnas_networks_features(networks, out->model, memory, out->x, &state));
    out->has_graph = state == TNAS_NETWORK_FOUND;
    char live[256];
    if (!out->has_graph || snprintf(live, sizeof live, "%s-live", out->model) >= (int)sizeof live)
        return TNAS_OK;
    TNAS_TRY(tnas_networks_features(networks, live, memory, out->live_x, &state));
    out->has_live = state == TNAS_NETWORK_FOUND;
    return TNAS_OK;
}

const double *tnas_measurement_features(const tnas_measurement *row,
                                        const tnas_latency_model *model)
{
    return model->drops_dead && row->has_live ? row->live_x : row->x;
}

static bool is_network(const tnas_measurement *row)
{
    return row->layer[0] == '\0' || strcmp(row->layer, "network") == 0;
}

const char *tnas_measurement_name(const tnas_measurement *row, char *out, size_t out_bytes)
{
    if (is_network(row))
        snprintf(out, out_bytes, "%s", row->model);
    else
        snprintf(out, out_bytes, "%s%slayer %s", row->model, row->model[0] != '\0' ? " " : "",
                 row->layer);
    return out;
}

tnas_status tnas_measurements_fail_unusable(const char *purpose,
                                            const tnas_measurements *measurements)
{
    enum { NAMES_MAX = 5 };
    char names[400] = "";
    for (int i = 0; i < measurements->count && i <= NAMES_MAX; i++) {
        char name[64];
        const size_t used = strlen(names);
        tnas_measurement_name(&measurements->rows[i], name, sizeof name);
        snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                 i < NAMES_MAX ? name : "...");
    }
    return tnas_fail(TNAS_ERR_INPUT, "nothing to %s: %d row%s, none with a graph and a clock: %s",
                     purpose, measurements->count, measurements->count == 1 ? "" : "s", names);
}

void tnas_measurement_remember(const tnas_measurement *row, tnas_fitted_row *out)
{
    tnas_measurement_name(row, out->name, sizeof out->name);
    for (char *c = out->name; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            *c = '_';
    out->cycles = row->cycles;
}

static tnas_status copy_texts(const table *t, int row, tnas_arena *arena, tnas_measurement *out)
{
    const struct {
        int column;
        const char **text;
    } texts[] = {
        {COLUMN_mcu, &out->mcu},     {COLUMN_runtime, &out->runtime},
        {COLUMN_model, &out->model}, {COLUMN_runtime_version, &out->version},
        {COLUMN_layer, &out->layer}, {COLUMN_source, &out->source},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i].text = tnas_arena_strdup(arena, text_at(t, row, texts[i].column));
        if (*texts[i].text == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "rows of %s", t->path);
    }
    return TNAS_OK;
}

/* A file without the column is about what was asked for. */
static bool field_matches(const table *t, int row, int column, const char *wanted, bool prefix)
{
    return t->column[column] < 0 || matches(wanted, text_at(t, row, column), prefix);
}

/* *wanted is false when the row belongs to something else, or is about memory only. */
static tnas_status read_row(const table *t, int row, const tnas_measurement_query *query,
                            tnas_arena *arena, tnas_measurement *out, bool *wanted)
{
    *out = (tnas_measurement){.line = tnas_csv_line(t->csv, row)};
    *wanted = field_matches(t, row, COLUMN_mcu, query->mcu, true) &&
              field_matches(t, row, COLUMN_runtime, query->runtime, false) &&
              field_matches(t, row, COLUMN_runtime_version, query->version, false);
    TNAS_TRY(read_time(t, row, query->assumed_clock_mhz, out));
    *wanted = *wanted && (out->latency_ms > 0 || out->cycles > 0);
    if (!*wanted)
        return TNAS_OK;
    TNAS_TRY(copy_texts(t, row, arena, out));
    if (out->layer[0] == '\0' && text_at(t, row, COLUMN_op)[0] != '\0') {
        out->layer = tnas_arena_strdup(arena, text_at(t, row, COLUMN_op));
        if (out->layer == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "rows of %s", t->path);
    }
    if (is_network(out))
        return read_network(t->networks, query->memory, out);
    *wanted = !query->networks_only;
    if (!*wanted)
        return TNAS_OK;
    return read_layer(t, row, query->memory, out);
}

static tnas_status read_rows(const table *t, const tnas_measurement_query *query,
                             tnas_measurements *out)
{
    const int row_count = tnas_csv_row_count(t->csv);
    out->rows = TNAS_ARENA_NEW(&out->arena, tnas_measurement, (size_t)row_count + 1);
    if (out->rows == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "rows of %s", t->path);
    for (int row = 0; row < row_count; row++) {
        bool wanted;
        TNAS_TRY(read_row(t, row, query, &out->arena, &out->rows[out->count], &wanted));
        if (wanted)
            out->count++;
        else
            out->other_rows++;
    }
    return TNAS_OK;
}

tnas_status tnas_measurements_load(const char *csv, const tnas_measurement_query *query,
                                   tnas_measurements *out)
{
    *out = (tnas_measurements){0};
    tnas_arena_init(&out->arena);
    if (query->memory != NULL)
        out->memory = *query->memory;
    table t = {.path = csv};
    tnas_status status = tnas_csv_load(csv, &t.csv);
    if (status == TNAS_OK)
        status = tnas_networks_open(query->graphs, &t.networks);
    if (status == TNAS_OK)
        status = find_columns(&t);
    if (status == TNAS_OK)
        status = list_ignored_columns(&t, out);
    if (status == TNAS_OK)
        status = read_rows(&t, query, out);
    tnas_networks_close(t.networks);
    tnas_csv_destroy(t.csv);
    if (status != TNAS_OK)
        tnas_measurements_deinit(out);
    return status;
}

void tnas_measurements_deinit(tnas_measurements *measurements)
{
    tnas_arena_deinit(&measurements->arena);
    *measurements = (tnas_measurements){0};
}
