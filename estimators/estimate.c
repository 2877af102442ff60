#include "estimators/estimate.h"

#include <string.h>

#include <math.h>

#include "estimators/regions.h"

void tnas_limits_clip(const tnas_mcu *mcu, const tnas_runtime *runtime, tnas_limits *limits)
{
    const size_t arena_bytes = tnas_arena_room(mcu, runtime->target->splits_arena);
    if (limits->flash_bytes > mcu->flash_bytes)
        limits->flash_bytes = mcu->flash_bytes;
    if (limits->sram_bytes > arena_bytes)
        limits->sram_bytes = arena_bytes;
}

const char *tnas_limit_text(int limit_index)
{
    static const char *const texts[] = {
#define TEXT(name, text) text,
        TNAS_LIMIT_KINDS(TEXT)
#undef TEXT
    };
    return limit_index >= 0 && limit_index < TNAS_LIMIT_COUNT ? texts[limit_index] : "?";
}

double tnas_cost_value(const tnas_cost *cost, const tnas_limits *limits, int limit_index)
{
    switch (limit_index) {
    case TNAS_LIMIT_INDEX_FLASH:
        return (double)cost->footprint.flash_bytes + (double)limits->reserve_flash_bytes;
    case TNAS_LIMIT_INDEX_SRAM:
        return (double)cost->footprint.sram_bytes + (double)limits->reserve_sram_bytes;
    default:
        return limits->latency_at_mean ? cost->latency_ms : cost->latency_upper_ms;
    }
}

double tnas_limit_value(const tnas_limits *limits, int limit_index)
{
    switch (limit_index) {
    case TNAS_LIMIT_INDEX_FLASH:
        return limits->flash_bytes == SIZE_MAX ? INFINITY : (double)limits->flash_bytes;
    case TNAS_LIMIT_INDEX_SRAM:
        return limits->sram_bytes == SIZE_MAX ? INFINITY : (double)limits->sram_bytes;
    default:
        return limits->latency_ms;
    }
}

static void test_limits(const tnas_limits *limits, tnas_cost *cost)
{
    for (int i = 0; i < TNAS_LIMIT_COUNT; i++) {
        const double value = tnas_cost_value(cost, limits, i);
        const double limit = tnas_limit_value(limits, i);
        if (value > limit)
            cost->over |= 1u << i;
        const double ratio = limit > 0 ? value / limit : value > 0 ? INFINITY : 0;
        cost->overshoot = fmax(cost->overshoot, ratio);
    }
}

/* MACs of layers with wider weights count for what they cost. */
static void discount_widened(const tnas_estimator *estimator, const tnas_layout *layout, double *x)
{
    static const int mac_terms[] = {TNAS_FEATURE_stem_mac, TNAS_FEATURE_conv1_mac,
                                    TNAS_FEATURE_convk_mac};
    const tnas_target *const target = estimator->runtime->target;
    double network_x[TNAS_FEATURE_COUNT], part[TNAS_FEATURE_COUNT];
    memcpy(network_x, x, sizeof network_x);
    for (int s = 0; s < layout->schedule.step_count; s++) {
        const tnas_step *const step = &layout->schedule.steps[s];
        if (step->op_count > 1 || step->kernel == target->kernel_for(&layout->graph, step->op))
            continue;
        tnas_features_of_op(&estimator->latency->memory, network_x, &layout->graph, step->op, part);
        for (size_t i = 0; i < sizeof mac_terms / sizeof mac_terms[0]; i++)
            x[mac_terms[i]] -= part[mac_terms[i]] * (1 - target->widened_mac_cost);
    }
}

static void price_latency(const tnas_estimator *estimator, const tnas_graph *graph,
                          const tnas_layout *layout, tnas_cost *cost)
{
    double x[TNAS_FEATURE_COUNT];
    tnas_features_of_graph(&estimator->latency->memory, graph, x);
    if (estimator->wide_bytes > 0)
        discount_widened(estimator, layout, x);
    tnas_latency latency;
    tnas_latency_predict(estimator->latency, x, &latency);
    const double clock_mhz = estimator->mcu->clock_mhz;
    cost->has_latency = true;
    cost->latency_ms = tnas_cycles_to_ms(latency.cycles, clock_mhz);
    cost->latency_low_ms = tnas_cycles_to_ms(latency.low_cycles, clock_mhz);
    cost->latency_high_ms = tnas_cycles_to_ms(latency.high_cycles, clock_mhz);
    cost->latency_upper_ms = tnas_cycles_to_ms(latency.upper_cycles, clock_mhz);
}

static tnas_status price_front_end(const tnas_estimator *estimator, const tnas_layout *layout,
                                   tnas_cost *cost)
{
    if (estimator->front_end == NULL || estimator->runtime->code_bytes != NULL)
        return TNAS_OK;
    TNAS_TRY(tnas_footprint_add_front_end(&layout->schedule, &layout->plan, estimator->runtime,
                                          estimator->sizes, estimator->front_end,
                                          &cost->footprint));
    tnas_front_end_time *const time = &cost->front_end;
    tnas_front_end_predict(estimator->front_end, estimator->mcu->core, estimator->mcu->clock_mhz,
                           time);
    cost->latency_ms += time->ms;
    cost->latency_low_ms += time->low_ms;
    cost->latency_high_ms += time->high_ms;
    cost->latency_upper_ms += time->upper_ms;
    return TNAS_OK;
}

/* In one piece, or in two when one is not enough and part and runtime allow it. What exceeds
 * even the sum of two regions is priced in one piece; what does not, but leaves holes that make
 * it too large, with its holes. */
static tnas_status price_memory(const tnas_estimator *estimator, tnas_layout *layout,
                                tnas_footprint *out)
{
    const tnas_runtime *const runtime = estimator->runtime;
    const tnas_mcu *const mcu = estimator->mcu;
    const size_t reserve_bytes = estimator->limits.reserve_sram_bytes;
    TNAS_TRY(tnas_footprint_compute(&layout->graph, &layout->schedule, &layout->plan, runtime,
                                    estimator->sizes, out));
    if (!runtime->target->splits_arena || mcu->arena_pieces < 2)
        return TNAS_OK;
    const size_t first_bytes = tnas_arena_first_room(mcu);
    const size_t needed_bytes = out->sram_bytes + reserve_bytes;
    if (needed_bytes <= first_bytes || needed_bytes > tnas_arena_room(mcu, true))
        return TNAS_OK;
    TNAS_TRY(tnas_plan_build_split(&layout->graph, &layout->schedule, runtime->target, first_bytes,
                                   &layout->plan));
    return tnas_footprint_compute(&layout->graph, &layout->schedule, &layout->plan, runtime,
                                  estimator->sizes, out);
}

static void replace_code(size_t code_bytes, tnas_footprint *footprint)
{
    footprint->flash_bytes += code_bytes - footprint->code_bytes;
    footprint->code_bytes = code_bytes;
}

tnas_status tnas_estimate(const tnas_estimator *estimator, const tnas_graph *graph, tnas_cost *out)
{
    *out = (tnas_cost){0};
    const tnas_runtime *const runtime = estimator->runtime;
    tnas_limits limits = estimator->limits;
    tnas_limits_clip(estimator->mcu, runtime, &limits);
    if (estimator->latency == NULL && isfinite(limits.latency_ms))
        return tnas_fail(TNAS_ERR_USAGE,
                         "%s has no latency model for runtime %s: a latency limit of %g ms cannot "
                         "be tested",
                         estimator->mcu->name, runtime->name, limits.latency_ms);
    tnas_layout layout;
    TNAS_TRY(tnas_runtime_lay_out(runtime, graph, &layout));
    TNAS_TRY(tnas_layout_widen(runtime, estimator->wide_bytes, &layout));
    TNAS_TRY(price_memory(estimator, &layout, &out->footprint));
    if (estimator->code_bytes > 0 && runtime->code_bytes != NULL)
        replace_code(estimator->code_bytes, &out->footprint);
    out->macs = tnas_graph_macs(graph);
    if (estimator->latency != NULL)
        price_latency(estimator, graph, &layout, out);
    TNAS_TRY(price_front_end(estimator, &layout, out));
    test_limits(&limits, out);
    return TNAS_OK;
}

/* Flash that the limits leave; what wider kernels add to the code is found by pricing them. */
static tnas_status fill_flash(tnas_estimator *estimator, const tnas_graph *graph)
{
    tnas_limits limits = estimator->limits;
    tnas_cost narrow, wide;
    tnas_limits_clip(estimator->mcu, estimator->runtime, &limits);
    TNAS_TRY(tnas_estimate(estimator, graph, &narrow));
    const size_t taken = narrow.footprint.flash_bytes + limits.reserve_flash_bytes;
    if (taken >= limits.flash_bytes)
        return TNAS_OK;
    const size_t left = limits.flash_bytes - taken;
    estimator->wide_bytes = left;
    TNAS_TRY(tnas_estimate(estimator, graph, &wide));
    const size_t code_bytes = wide.footprint.code_bytes > narrow.footprint.code_bytes
                                  ? wide.footprint.code_bytes - narrow.footprint.code_bytes
                                  : 0;
    estimator->wide_bytes = left > code_bytes ? left - code_bytes : 0;
    return TNAS_OK;
}

tnas_status tnas_estimator_choose_weights(tnas_estimator *estimator, const tnas_graph *graph,
                                          const char *weights)
{
    estimator->wide_bytes = 0;
    if (strcmp(weights, "int8") == 0)
        return TNAS_OK;
    if (estimator->runtime->target->widened == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "--weights %s: runtime %s has int8 weights alone", weights,
                         estimator->runtime->name);
    if (strcmp(weights, "auto") == 0)
        return fill_flash(estimator, graph);
    if (strcmp(weights, "int16") != 0)
        return tnas_fail(TNAS_ERR_USAGE, "--weights %s: int8, int16 or auto", weights);
    estimator->wide_bytes = SIZE_MAX;
    return TNAS_OK;
}
