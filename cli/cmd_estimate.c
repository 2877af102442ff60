#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "cli/priced.h"
#include "cli/priced_layers.h"
#include "cli/report.h"
#include "cli/table.h"
#include "estimators/regions.h"

static bool is_code_exact(const tnas_priced *p)
{
    return p->estimator.runtime->code_bytes == NULL &&
           tnas_code_sizes_exact_for(&p->sizes, p->mcu->core);
}

/* Arena bytes that no tensor and no scratch of the peak step fills. */
static size_t gap_bytes(const tnas_footprint *f)
{
    return f->arena_bytes - f->live_bytes - f->scratch_bytes;
}

static size_t tensor_bytes(const tnas_priced *p, int tensor)
{
    return (size_t)tnas_tensor_count(&p->graph.tensors[tensor]);
}

/* Bytes of a runtime whose memory is not modelled are null. */
static void add_bytes(cJSON *o, const tnas_priced *p, const char *key, size_t bytes)
{
    tnas_json_add(o, key, p->estimator.runtime->latency_only ? NAN : (double)bytes);
}

static void add_memory(cJSON *o, const tnas_priced *p)
{
    const tnas_footprint *const f = &p->cost.footprint;
    const tnas_limits *const limits = &p->estimator.limits;
    tnas_arena_place place;
    tnas_arena_place_find(p->mcu, f->sram_bytes + limits->reserve_sram_bytes,
                          p->estimator.runtime->target->splits_arena, &place);
    add_bytes(o, p, "flash_bytes", f->flash_bytes);
    cJSON_AddNumberToObject(o, "weights_bytes", (double)f->weights_bytes);
    cJSON_AddNumberToObject(o, "channels_bytes", (double)f->channels_bytes);
    cJSON_AddNumberToObject(o, "table_bytes", (double)f->table_bytes);
    add_bytes(o, p, "code_bytes", f->code_bytes);
    cJSON_AddStringToObject(o, "code_toolchain",
                            p->estimator.runtime->code_bytes == NULL ? p->sizes.toolchain : "");
    cJSON_AddBoolToObject(o, "code_exact", is_code_exact(p));
    if (p->cost.front_end.ms > 0) {
        cJSON_AddNumberToObject(o, "features_table_bytes", (double)f->features_table_bytes);
        cJSON_AddNumberToObject(o, "features_code_bytes", (double)f->features_code_bytes);
        cJSON_AddNumberToObject(o, "features_sram_bytes", (double)f->features_sram_bytes);
        cJSON_AddNumberToObject(o, "features_ms", p->cost.front_end.ms);
        cJSON_AddNumberToObject(o, "features_low_ms", p->cost.front_end.low_ms);
        cJSON_AddNumberToObject(o, "features_high_ms", p->cost.front_end.high_ms);
    }
    add_bytes(o, p, "sram_bytes", f->sram_bytes);
    cJSON_AddNumberToObject(o, "activations_bytes", (double)f->live_bytes);
    add_bytes(o, p, "scratch_bytes", f->scratch_bytes);
    add_bytes(o, p, "gap_bytes", gap_bytes(f));
    add_bytes(o, p, "runtime_bytes", f->shared_bytes);
    cJSON_AddNumberToObject(o, "input_bytes", (double)tensor_bytes(p, 0));
    cJSON_AddNumberToObject(o, "output_bytes",
                            (double)tensor_bytes(p, tnas_graph_output(&p->graph)));
    tnas_json_add(o, "stack_bytes", f->stack_bytes > 0 ? (double)f->stack_bytes : NAN);
    cJSON_AddStringToObject(o, "arena_in", place.text);
    cJSON_AddStringToObject(o, "memory_source", p->estimator.runtime->memory_source);
    cJSON_AddNumberToObject(o, "flash_limit_bytes", (double)limits->flash_bytes);
    cJSON_AddNumberToObject(o, "sram_limit_bytes", (double)limits->sram_bytes);
    cJSON_AddNumberToObject(o, "reserve_flash_bytes", (double)limits->reserve_flash_bytes);
    cJSON_AddNumberToObject(o, "reserve_sram_bytes", (double)limits->reserve_sram_bytes);
}

static bool is_family_seen(const tnas_priced *p)
{
    return tnas_latency_knows_family(p->estimator.latency, tnas_family_of(p->x));
}

static void add_latency(cJSON *o, const tnas_priced *p)
{
    const tnas_cost *const c = &p->cost;
    const tnas_latency_model *const model = p->estimator.latency;
    tnas_json_add(o, "latency_ms", c->has_latency ? c->latency_ms : NAN);
    tnas_json_add(o, "latency_low_ms", c->has_latency ? c->latency_low_ms : NAN);
    tnas_json_add(o, "latency_high_ms", c->has_latency ? c->latency_high_ms : NAN);
    tnas_json_add(o, "latency_upper_ms", c->has_latency ? c->latency_upper_ms : NAN);
    if (!c->has_latency)
        return;
    char source[512], doubts[1024];
    tnas_latency_describe(model, source, sizeof source);
    tnas_latency_doubts(model, p->x, doubts, sizeof doubts);
    cJSON_AddStringToObject(o, "latency_source", source);
    cJSON_AddStringToObject(o, "runtime_version", model->version);
    cJSON_AddNumberToObject(o, "latency_rows", model->row_count);
    tnas_json_add(o, "latency_net_out", model->error_net_out);
    cJSON_AddStringToObject(o, "family", tnas_family_text(tnas_family_of(p->x)));
    cJSON_AddBoolToObject(o, "family_seen", is_family_seen(p));
    cJSON_AddStringToObject(o, "warnings", doubts);
}

/* Milliwatts times milliseconds are microjoules. */
static double to_mj(double mw, double ms)
{
    return 1e-3 * mw * ms;
}

static void add_energy(cJSON *o, const tnas_priced *p)
{
    const tnas_mcu_power *const power = &p->mcu->power;
    const tnas_cost *const c = &p->cost;
    const bool known = power->mw > 0 && c->has_latency;
    tnas_json_add(o, "energy_mj", known ? to_mj(power->mw, c->latency_ms) : NAN);
    tnas_json_add(o, "energy_low_mj", known ? to_mj(power->low_mw, c->latency_low_ms) : NAN);
    tnas_json_add(o, "energy_high_mj", known ? to_mj(power->high_mw, c->latency_high_ms) : NAN);
}

static void print_energy(const tnas_priced *p)
{
    const tnas_mcu_power *const power = &p->mcu->power;
    const tnas_cost *const c = &p->cost;
    if (power->mw == 0 || !c->has_latency)
        return;
    printf("energy     %.3g mJ (%.3g to %.3g) at %.3g mW (%.3g to %.3g); %s\n",
           to_mj(power->mw, c->latency_ms), to_mj(power->low_mw, c->latency_low_ms),
           to_mj(power->high_mw, c->latency_high_ms), power->mw, power->low_mw, power->high_mw,
           power->source);
}

static void print_result(const tnas_arguments *arguments, const tnas_priced *p)
{
    const bool with_layers = arguments->given[TNAS_OPTION_layers];
    cJSON *o = tnas_json_result("tinynas-estimate");
    cJSON_AddStringToObject(o, "network", p->name);
    cJSON_AddStringToObject(o, "mcu", p->mcu->name);
    cJSON_AddNumberToObject(o, "clock_mhz", p->mcu->clock_mhz);
    cJSON_AddStringToObject(o, "runtime", p->estimator.runtime->name);
    if (p->target_id > 0)
        cJSON_AddNumberToObject(o, "target", p->target_id);
    cJSON_AddNumberToObject(o, "macs", (double)p->cost.macs);
    add_memory(o, p);
    add_latency(o, p);
    add_energy(o, p);
    if (p->estimator.runtime->latency_only)
        cJSON_AddNullToObject(o, "fits");
    else
        cJSON_AddBoolToObject(o, "fits", p->cost.over == 0);
    cJSON_AddStringToObject(o, "notes", p->notes);
    cJSON *layers = with_layers ? cJSON_AddArrayToObject(o, "layers") : NULL;
    for (int i = 0; with_layers && i < p->layout.schedule.step_count; i++)
        cJSON_AddItemToArray(layers, tnas_priced_layer(p, i));
    tnas_result_print(arguments, o, with_layers ? "layers" : NULL);
}

static void add_layer(tnas_table *table, const tnas_priced *p, int index)
{
    const tnas_step *const step = &p->layout.schedule.steps[index];
    const tnas_op *const op = &p->layout.graph.ops[step->op];
    const tnas_tensor *const out = &p->layout.graph.tensors[op->out];
    const tnas_step_bytes *const bytes = &p->bytes[index];
    const tnas_step_time *const time = &p->times[index];
    const int64_t macs = tnas_priced_step_macs(p, step);
    const bool timed = p->estimator.latency != NULL;
    char window[32], cells[256], a[32], b[32], c[32], d[32];
    tnas_window_text(op, window);
    snprintf(cells, sizeof cells, "%d\t%s\t%s\t%dx%dx%d\t%s\t%s\t%s%s\t%s", index,
             tnas_op_kind_text(op->kind), window, out->h, out->w, out->c, tnas_with_commas(macs, a),
             tnas_with_commas((long long)(bytes->weights + bytes->channels), b),
             bytes->is_peak ? "*" : "", tnas_with_commas((long long)bytes->live, c),
             tnas_with_commas((long long)bytes->scratch, d));
    if (!timed) {
        tnas_table_row(table, "%s", cells);
        return;
    }
    char ms[24], low[24], high[24], per_mac[24] = "";
    if (macs > 0)
        snprintf(per_mac, sizeof per_mac, "%.2f", time->cycles / (double)macs);
    tnas_table_row(
        table, "%s\t%s\t%s\t%s..%s\t%.1f\t%s", cells, tnas_with_commas((long long)time->cycles, a),
        tnas_ms_text(tnas_priced_ms(p, time->cycles), ms),
        tnas_ms_text(tnas_priced_ms(p, time->low_cycles), low),
        tnas_ms_text(tnas_priced_ms(p, time->high_cycles), high), 100 * time->share, per_mac);
}

static void print_layers(const tnas_priced *p)
{
    enum { UNTIMED_COLUMNS = 8 };
    static const tnas_column columns[] = {
        {.heading = ""},
        {.heading = "operator", .left = true},
        {.heading = "", .left = true},
        {.heading = "output", .left = true},
        {.heading = "MACs", .rank = 2},
        {.heading = "constants", .rank = 3},
        {.heading = "live"},
        {.heading = "scratch", .rank = 6},
        {.heading = "cycles", .rank = 5},
        {.heading = "ms"},
        {.heading = "90 % within", .left = true, .rank = 7},
        {.heading = "%", .rank = 1},
        {.heading = "per MAC", .rank = 4},
    };
    const bool timed = p->estimator.latency != NULL;
    tnas_table table;
    tnas_table_init(&table, columns,
                    timed ? (int)(sizeof columns / sizeof columns[0]) : UNTIMED_COLUMNS);
    for (int i = 0; i < p->layout.schedule.step_count; i++)
        add_layer(&table, p, i);
    printf("\n");
    tnas_table_print(&table);
    printf("*   the most bytes alive at once: %zu of the arena's %zu\n",
           p->cost.footprint.live_bytes + p->cost.footprint.scratch_bytes,
           p->cost.footprint.arena_bytes);
    if (timed)
        printf("    a model fitted to whole networks knows sums better than layers: read cycles as "
               "shares\n");
}

static void print_least_memory(const tnas_priced *p)
{
    const tnas_footprint *const f = &p->cost.footprint;
    char bytes[32];
    printf("weights    %12s in flash at least, of %zu\n",
           tnas_with_commas((long long)f->flash_bytes, bytes), p->mcu->flash_bytes);
    printf("activations%12s in RAM at least; input %zu, output %zu\n",
           tnas_with_commas((long long)f->live_bytes, bytes), tensor_bytes(p, 0),
           tensor_bytes(p, tnas_graph_output(&p->graph)));
    printf("memory     of %s %s\n", p->estimator.runtime->name,
           p->estimator.runtime->memory_source);
}

/* Counted in flash, SRAM and latency. */
static void print_features(const tnas_priced *p)
{
    const tnas_footprint *const f = &p->cost.footprint;
    const tnas_front_end_time *const time = &p->cost.front_end;
    char bytes[32], ms[24], low[24], high[24];
    if (time->ms == 0)
        return;
    printf("features   %12s in flash: tables %zu, code %zu; in RAM %zu, scratch %zu in the arena\n",
           tnas_with_commas((long long)(f->features_table_bytes + f->features_code_bytes), bytes),
           f->features_table_bytes, f->features_code_bytes, f->features_sram_bytes,
           p->front_end.scratch_bytes);
    printf("           %s ms of the latency, within %s..%s ms (90 %%): %s\n",
           tnas_ms_text(time->ms, ms), tnas_ms_text(time->low_ms, low),
           tnas_ms_text(time->high_ms, high), TNAS_FRONT_END_SOURCE);
}

static void print_memory(const tnas_priced *p)
{
    const tnas_footprint *const f = &p->cost.footprint;
    const tnas_runtime *const runtime = p->estimator.runtime;
    const tnas_limits *const limits = &p->estimator.limits;
    char bytes[32];
    tnas_arena_place place;
    tnas_arena_place_find(p->mcu, f->sram_bytes + limits->reserve_sram_bytes,
                          runtime->target->splits_arena, &place);
    printf(
        "weights    %12s in flash: packed %zu, per channel %zu, layer table %zu\n",
        tnas_with_commas((long long)(f->weights_bytes + f->channels_bytes + f->table_bytes), bytes),
        f->weights_bytes, f->channels_bytes, f->table_bytes);
    printf("code       %12s in flash: %s%s\n", tnas_with_commas((long long)f->code_bytes, bytes),
           runtime->code_bytes != NULL ? "estimated for "
           : is_code_exact(p)          ? "exact for "
                                       : "estimated, measured with ",
           runtime->code_bytes != NULL ? runtime->name : p->sizes.toolchain);
    printf("activations%12s in RAM, alive at once; input %zu, output %zu\n",
           tnas_with_commas((long long)f->live_bytes, bytes), tensor_bytes(p, 0),
           tensor_bytes(p, tnas_graph_output(&p->graph)));
    printf("runtime    %12s in RAM: scratch %zu, gaps %zu, beside the arena %zu\n",
           tnas_with_commas((long long)(f->sram_bytes - f->live_bytes), bytes), f->scratch_bytes,
           gap_bytes(f), f->shared_bytes);
    print_features(p);
    if (f->stack_bytes > 0)
        printf("stack      %12s apart\n", tnas_with_commas((long long)f->stack_bytes, bytes));
    else
        printf("stack           unknown, apart\n");
    tnas_report_bytes("flash", f->flash_bytes, limits->reserve_flash_bytes, limits->flash_bytes,
                      NULL);
    char where[128];
    snprintf(where, sizeof where, "in %s", place.text);
    tnas_report_bytes("SRAM", f->sram_bytes, limits->reserve_sram_bytes, limits->sram_bytes, where);
    printf("           %s\n", runtime->memory_source);
}

static void print_latency(const tnas_priced *p)
{
    const tnas_cost *const c = &p->cost;
    const tnas_latency_model *const model = p->estimator.latency;
    if (model == NULL) {
        printf("latency    unknown: the profile of %s has no model of %s\n", p->mcu->name,
               p->estimator.runtime->name);
        return;
    }
    char source[512], facts[700], doubts[1024];
    tnas_latency_describe(model, source, sizeof source);
    snprintf(facts, sizeof facts, "%s%s%s%s, %s",
             model->row_count == 0 ? ""
             : is_family_seen(p)   ? "family seen, "
                                   : "family new, ",
             model->runtime, model->version[0] != '\0' ? " " : "", model->version, source);
    tnas_report_latency(&(tnas_latency_line){
        .ms = c->latency_ms,
        .low_ms = c->latency_low_ms,
        .high_ms = c->latency_high_ms,
        .upper_ms = c->latency_upper_ms,
        .limit_ms = p->estimator.limits.latency_ms,
        .limit_at_mean = p->estimator.limits.latency_at_mean,
        .facts = facts,
    });
    tnas_latency_doubts(model, p->x, doubts, sizeof doubts);
    if (doubts[0] != '\0')
        printf("warning    %s\n", doubts);
    if (model->row_count > 0 && model->clock_mhz != p->mcu->clock_mhz)
        printf("warning    measured at %g MHz: at %g MHz waiting for memory takes another share\n",
               model->clock_mhz, p->mcu->clock_mhz);
}

static void print_table(const tnas_arguments *arguments, const tnas_priced *p)
{
    const tnas_tensor *const in = &p->graph.tensors[0];
    tnas_print_header(arguments);
    printf("part       %s (%s) at %g MHz, runtime %s\n", p->mcu->name, p->mcu->part,
           p->mcu->clock_mhz, p->estimator.runtime->name);
    printf("network    %s", p->name);
    if (p->target_id > 0)
        printf(", target %d", p->target_id);
    printf(": input %dx%dx%d, %d operators, %.3f MMAC\n", in->h, in->w, in->c, p->graph.op_count,
           (double)p->cost.macs * 1e-6);
    if (p->notes[0] != '\0')
        printf("import     %s\n", p->notes);
    if (p->estimator.runtime->latency_only)
        print_least_memory(p);
    else
        print_memory(p);
    print_latency(p);
    print_energy(p);
    if (arguments->given[TNAS_OPTION_layers])
        print_layers(p);
}

/* Names every limit that is exceeded. */
static tnas_status fail_over(const tnas_priced *p)
{
    char excess[300];
    size_t used = 0;
    for (int i = 0; i < TNAS_LIMIT_COUNT; i++)
        if ((p->cost.over & (1u << i)) != 0)
            used +=
                (size_t)snprintf(excess + used, sizeof excess - used, "%s %s needs %.9g of %.9g %s",
                                 used > 0 ? "," : "", tnas_limit_text(i),
                                 tnas_cost_value(&p->cost, &p->estimator.limits, i),
                                 tnas_limit_value(&p->estimator.limits, i),
                                 i == TNAS_LIMIT_INDEX_LATENCY ? "ms" : "bytes");
    return tnas_fail(TNAS_ERR_INFEASIBLE, "%s does not fit %s:%s", p->name, p->mcu->name, excess);
}

tnas_status tnas_cmd_estimate(const tnas_arguments *arguments)
{
    const char *model;
    TNAS_TRY(
        tnas_arguments_operand(arguments, "MODEL: a study, a graph or a .tflite file", &model));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    tnas_priced *p;
    TNAS_TRY(tnas_priced_load(arguments, model, &p));
    if (tnas_wants_table(arguments))
        print_table(arguments, p);
    else
        print_result(arguments, p);
    tnas_status status = TNAS_OK;
    if (p->cost.over != 0 && arguments->given[TNAS_OPTION_check])
        status = fail_over(p);
    tnas_priced_destroy(p);
    return status;
}
