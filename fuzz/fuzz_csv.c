/* The CSV readers: board measurements, tables of layers, code sizes. */
#include "estimators/footprint.h"
#include "estimators/layer_table.h"
#include "estimators/measurements.h"
#include "fuzz/memory_file.h"

#include <math.h>
#include <stdlib.h>

enum { FITTED_ROWS_MAX = 4 }; /* a fit takes milliseconds */

/* A model of accepted rows is a model: finite, positive, with an interval around the mean. */
static void fit(const tnas_measurements *rows)
{
    static tnas_latency_model model;
    tnas_latency latency;
    if (tnas_latency_fit(rows, NULL, &model) != TNAS_OK)
        return;
    double x[TNAS_FEATURE_COUNT];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        x[f] = 1000;
    tnas_latency_predict(&model, x, &latency);
    if (!isfinite(latency.cycles) || latency.cycles <= 0 ||
        !(latency.low_cycles <= latency.cycles && latency.cycles <= latency.high_cycles))
        abort();
}

static void read_measurements(const char *path)
{
    tnas_measurements rows;
    const tnas_measurement_query query = {.mcu = NULL};
    const tnas_status status = tnas_measurements_load(path, &query, &rows);
    expect_verdict(status, path);
    if (status != TNAS_OK)
        return;
    for (int i = 0; i < rows.count; i++)
        for (int f = 0; f < TNAS_FEATURE_COUNT && rows.rows[i].has_graph; f++)
            if (!isfinite(rows.rows[i].x[f]))
                abort();
    if (rows.count <= FITTED_ROWS_MAX)
        fit(&rows);
    tnas_measurements_deinit(&rows);
}

static void read_layers(const char *path)
{
    tnas_layer_table *table;
    double x[TNAS_FEATURE_COUNT];
    const tnas_memory_terms memory = {0};
    expect_verdict(tnas_layer_table_load(path, &table), path);
    if (table == NULL)
        return;
    tnas_layer_table_features(table, "a", &memory, x);
    tnas_layer_table_destroy(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    const char *const path = memory_file(bytes, byte_count);
    tnas_code_sizes sizes;
    read_measurements(path);
    read_layers(path);
    expect_verdict(tnas_code_sizes_load(path, &sizes), path);
    return 0;
}
