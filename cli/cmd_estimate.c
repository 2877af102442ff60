#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "common/alloc.h"
#include "common/paths.h"
#include "estimators/regions.h"
#include "study/study.h"

/* What is priced, and the rules it is priced by. */
typedef struct subject {
    int target_id; /* of a study; 0: a graph file */
    tnas_graph graph;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_estimator estimator;
    tnas_cost cost;
    tnas_schedule schedule;
    tnas_plan plan;
} subject;

/* A graph file, or a study's winner: the one for this part, else the last, for a winner may be
 * priced on any part. */
static tnas_status load_graph(const tnas_arguments *arguments, const char *model, subject *s)
{
    if (!tnas_is_study(model))
        return tnas_graph_load(model, &s->graph);
    tnas_study *study;
    if (tnas_arguments_study(arguments, model, s->mcu->name, &study) != TNAS_OK)
        TNAS_TRY(tnas_arguments_study(arguments, model, NULL, &study));
    s->graph = study->model->graph;
    s->target_id = study->target_id;
    tnas_study_destroy(study);
    return TNAS_OK;
}

static tnas_status price(const tnas_arguments *arguments, const char *model, subject *s)
{
    const char *const mcu = arguments->text[TNAS_OPTION_mcu];
    const char *const runtime = arguments->text[TNAS_OPTION_runtime];
    if (runtime != NULL && strcmp(runtime, "tinynas") != 0)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--runtime %s: this version prices the memory of tinynas only", runtime);
    TNAS_TRY(tnas_mcu_load(mcu, &s->mcu));
    TNAS_TRY(load_graph(arguments, model, s));
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_path("codesize.csv", path));
    TNAS_TRY(tnas_code_sizes_load(path, &s->sizes));
    s->estimator = (tnas_estimator){
        .mcu = s->mcu,
        .runtime = tnas_runtime_find("tinynas"),
        .latency = tnas_mcu_latency_model(s->mcu, "tinynas"),
        .sizes = &s->sizes,
    };
    TNAS_TRY(tnas_arguments_limits(arguments, &s->estimator.limits));
    tnas_limits_clip(s->mcu, s->estimator.runtime, &s->estimator.limits);
    TNAS_TRY(tnas_schedule_build(&s->graph, s->estimator.runtime->target, &s->schedule));
    TNAS_TRY(tnas_plan_build(&s->graph, &s->schedule, s->estimator.runtime->target, &s->plan));
    return tnas_estimate(&s->estimator, &s->graph, &s->cost);
}

static void add_layers(cJSON *o, const subject *s)
{
    cJSON *layers = cJSON_AddArrayToObject(o, "layers");
    for (int i = 0; i < s->schedule.step_count; i++) {
        const tnas_step *const step = &s->schedule.steps[i];
        const tnas_op *const op = &s->graph.ops[step->op];
        const tnas_tensor *const out = &s->graph.tensors[op->out];
        const tnas_packed_bytes packed =
            s->estimator.runtime->target->packed_bytes(&s->graph, step->op);
        cJSON *layer = cJSON_CreateObject();
        cJSON_AddNumberToObject(layer, "index", i);
        cJSON_AddStringToObject(layer, "op", tnas_op_kind_text(op->kind));
        cJSON_AddStringToObject(layer, "kernel",
                                s->estimator.runtime->target->kernel_name(step->kernel));
        const int shape[3] = {out->h, out->w, out->c};
        cJSON_AddItemToObject(layer, "out", cJSON_CreateIntArray(shape, 3));
        cJSON_AddNumberToObject(layer, "macs", (double)tnas_op_macs(&s->graph, step->op));
        cJSON_AddNumberToObject(layer, "constant_bytes",
                                (double)(packed.weights + packed.channels));
        cJSON_AddNumberToObject(layer, "live_bytes",
                                (double)tnas_plan_live_bytes(&s->graph, &s->schedule, &s->plan, i));
        cJSON_AddItemToArray(layers, layer);
    }
}

static void print_json(const tnas_arguments *arguments, const subject *s)
{
    const tnas_cost *const c = &s->cost;
    const tnas_footprint *const f = &c->footprint;
    cJSON *o = tnas_json_result("tinynas-estimate");
    cJSON_AddStringToObject(o, "mcu", s->mcu->name);
    cJSON_AddNumberToObject(o, "clock_mhz", s->mcu->clock_mhz);
    cJSON_AddStringToObject(o, "runtime", "tinynas");
    if (s->target_id > 0)
        cJSON_AddNumberToObject(o, "target", s->target_id);
    cJSON_AddNumberToObject(o, "macs", (double)c->macs);
    cJSON_AddNumberToObject(o, "flash_bytes", (double)f->flash_bytes);
    cJSON_AddNumberToObject(o, "weights_bytes", (double)f->weights_bytes);
    cJSON_AddNumberToObject(o, "channels_bytes", (double)f->channels_bytes);
    cJSON_AddNumberToObject(o, "table_bytes", (double)f->table_bytes);
    cJSON_AddNumberToObject(o, "code_bytes", (double)f->code_bytes);
    cJSON_AddStringToObject(o, "code_toolchain", s->sizes.toolchain);
    cJSON_AddBoolToObject(o, "code_exact", tnas_code_sizes_exact_for(&s->sizes, s->mcu->core));
    cJSON_AddNumberToObject(o, "sram_bytes", (double)f->sram_bytes);
    cJSON_AddNumberToObject(o, "stack_bytes", (double)f->stack_bytes);
    tnas_json_add(o, "latency_ms", c->has_latency ? c->latency_ms : NAN);
    tnas_json_add(o, "latency_low_ms", c->has_latency ? c->latency_low_ms : NAN);
    tnas_json_add(o, "latency_high_ms", c->has_latency ? c->latency_high_ms : NAN);
    tnas_json_add(o, "latency_upper_ms", c->has_latency ? c->latency_upper_ms : NAN);
    if (c->has_latency) {
        char source[320];
        tnas_latency_describe(s->estimator.latency, source, sizeof source);
        cJSON_AddStringToObject(o, "latency_source", source);
    }
    cJSON_AddBoolToObject(o, "fits", c->over == 0);
    if (arguments->given[TNAS_OPTION_layers])
        add_layers(o, s);
    tnas_json_print(o);
}

static void print_layers(const subject *s)
{
    printf("\n%3s %-9s %-20s %-12s %10s %9s %9s\n", "", "op", "kernel", "output", "MACs",
           "constants", "live");
    for (int i = 0; i < s->schedule.step_count; i++) {
        const tnas_step *const step = &s->schedule.steps[i];
        const tnas_op *const op = &s->graph.ops[step->op];
        const tnas_tensor *const out = &s->graph.tensors[op->out];
        const tnas_packed_bytes packed =
            s->estimator.runtime->target->packed_bytes(&s->graph, step->op);
        char shape[48], macs[32], constants[32], live[32];
        snprintf(shape, sizeof shape, "%dx%dx%d", out->h, out->w, out->c);
        printf("%3d %-9s %-20s %-12s %10s %9s %9s%s\n", i, tnas_op_kind_text(op->kind),
               s->estimator.runtime->target->kernel_name(step->kernel), shape,
               tnas_with_commas(tnas_op_macs(&s->graph, step->op), macs),
               tnas_with_commas((long long)(packed.weights + packed.channels), constants),
               tnas_with_commas(
                   (long long)tnas_plan_live_bytes(&s->graph, &s->schedule, &s->plan, i), live),
               i == s->plan.peak_step ? " <- peak" : "");
    }
}

static void print_line(const char *name, const subject *s, int limit_index)
{
    const tnas_limits *const limits = &s->estimator.limits;
    const double value = tnas_cost_value(&s->cost, limits, limit_index);
    const double limit = tnas_limit_value(limits, limit_index);
    char a[32], b[32], c[32];
    printf("%-10s %12s of %12s bytes, slack %s (%.1f %%)  %s\n", name,
           tnas_with_commas((long long)value, a), tnas_with_commas((long long)limit, b),
           tnas_with_commas((long long)(limit - value), c), 100 * (limit - value) / limit,
           (s->cost.over & (1u << limit_index)) != 0 ? "OVER" : "FITS");
}

/* What a reader should know about this latency. */
static void print_doubts(const subject *s)
{
    double x[TNAS_FEATURE_COUNT];
    char doubts[512];
    tnas_features_of_graph(&s->estimator.latency->memory, &s->graph, x);
    tnas_latency_doubts(s->estimator.latency, x, doubts, sizeof doubts);
    if (doubts[0] != '\0')
        printf("           %s\n", doubts);
}

static void print_table(const tnas_arguments *arguments, const subject *s)
{
    const tnas_cost *const c = &s->cost;
    const tnas_footprint *const f = &c->footprint;
    const tnas_limits *const limits = &s->estimator.limits;
    tnas_arena_place place;
    tnas_arena_place_find(s->mcu, c->footprint.sram_bytes + limits->reserve_sram_bytes,
                          s->estimator.runtime->target->splits_arena, &place);
    tnas_print_header(arguments);
    printf("part       %s (%s) at %g MHz, runtime tinynas, arena in %s\n", s->mcu->name,
           s->mcu->part, s->mcu->clock_mhz, place.text);
    if (s->target_id > 0)
        printf("network    the study's target %d\n", s->target_id);
    printf("work       %.3f MMAC in %d layers\n", (double)c->macs * 1e-6, s->schedule.step_count);
    print_line("flash", s, TNAS_LIMIT_INDEX_FLASH);
    printf("           weights %zu, channel parameters %zu, table %zu, code %zu\n",
           f->weights_bytes, f->channels_bytes, f->table_bytes, f->code_bytes);
    printf("           code %s %s\n",
           tnas_code_sizes_exact_for(&s->sizes, s->mcu->core) ? "exact for"
                                                              : "estimated: measured with",
           s->sizes.toolchain);
    print_line("SRAM", s, TNAS_LIMIT_INDEX_SRAM);
    printf("           activations %zu, scratch %zu, input and output included; stack %zu apart\n",
           f->live_bytes, f->scratch_bytes, f->stack_bytes);
    if (limits->reserve_flash_bytes > 0 || limits->reserve_sram_bytes > 0)
        printf("           reserve counted: flash %zu, SRAM %zu\n", limits->reserve_flash_bytes,
               limits->reserve_sram_bytes);
    if (c->has_latency) {
        char source[320];
        tnas_latency_describe(s->estimator.latency, source, sizeof source);
        printf("latency    %.2f ms, 90 %% within %.2f..%.2f, one-sided %.2f", c->latency_ms,
               c->latency_low_ms, c->latency_high_ms, c->latency_upper_ms);
        if (isfinite(limits->latency_ms))
            printf(", limit %g  %s", limits->latency_ms,
                   (c->over & TNAS_LIMIT_LATENCY) != 0 ? "OVER" : "FITS");
        printf("\n           %s\n", source);
        print_doubts(s);
    } else {
        printf("latency    unknown: the profile has no model of this runtime\n");
    }
    if (arguments->given[TNAS_OPTION_layers])
        print_layers(s);
}

tnas_status tnas_cmd_estimate(const tnas_arguments *arguments)
{
    const char *model;
    TNAS_TRY(tnas_arguments_operand(arguments, "MODEL: a study or a graph file", &model));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    subject *s = tnas_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "estimate of %s", model);
    tnas_status status = price(arguments, model, s);
    if (status == TNAS_OK) {
        if (tnas_wants_json(arguments))
            print_json(arguments, s);
        else
            print_table(arguments, s);
        if (s->cost.over != 0 && arguments->given[TNAS_OPTION_check])
            status = tnas_fail(TNAS_ERR_INFEASIBLE, "%s does not fit %s", model, s->mcu->name);
    }
    tnas_mcu_destroy(s->mcu);
    tnas_free(s);
    return status;
}
