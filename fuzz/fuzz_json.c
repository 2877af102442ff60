/* The JSON readers: graphs, search spaces, MCU profiles. What is accepted is planned, configured
 * and used for a prediction. */
#include "estimators/mcu.h"
#include "fuzz/memory_file.h"
#include "graph/plan.h"
#include "search_space/space.h"

#include <math.h>
#include <stdlib.h>

static void read_graph(const char *path)
{
    static tnas_graph graph;
    static tnas_schedule schedule;
    static tnas_plan plan;
    const tnas_target *const target = &tnas_target_tinynas_c;
    const tnas_status status = tnas_graph_load(path, &graph);
    expect_verdict(status, path);
    if (status != TNAS_OK || tnas_schedule_build(&graph, target, &schedule) != TNAS_OK)
        return;
    if (tnas_plan_build(&graph, &schedule, target, &plan) != TNAS_OK ||
        plan.arena_bytes < plan.lower_bound_bytes)
        abort();
}

static void read_space(const char *path)
{
    static tnas_space space;
    static tnas_space_config config;
    const tnas_status status = tnas_space_load(path, &space);
    expect_verdict(status, path);
    if (status == TNAS_OK)
        tnas_space_configure(&space, 0, 0, 32, 32, 3, 10, &config);
}

static void read_profile(const char *path)
{
    tnas_mcu *mcu;
    expect_verdict(tnas_mcu_load(path, &mcu), path);
    if (mcu == NULL)
        return;
    double x[TNAS_FEATURE_COUNT];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        x[f] = 1000;
    for (int m = 0; m < mcu->model_count; m++) {
        tnas_latency latency;
        tnas_latency_predict(&mcu->models[m], x, &latency);
        if (!isfinite(latency.cycles) || latency.cycles < 0 || isnan(latency.upper_cycles) ||
            !(latency.low_cycles <= latency.cycles && latency.cycles <= latency.high_cycles))
            abort();
    }
    tnas_mcu_destroy(mcu);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    const char *const path = memory_file(bytes, byte_count);
    read_graph(path);
    read_space(path);
    read_profile(path);
    return 0;
}
