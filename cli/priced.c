#include "cli/priced.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/board_rows.h"
#include "cli/limits.h"
#include "cli/source.h"
#include "common/alloc.h"
#include "export/export.h"

/* A study's winner: the one for this part, else the last, for a winner may be priced on any. */
static tnas_status load_source(const tnas_arguments *arguments, const char *model,
                               const tnas_priced *p, tnas_source **out)
{
    if (tnas_source_load(arguments, model, p->mcu->name, out) == TNAS_OK)
        return TNAS_OK;
    return tnas_source_load(arguments, model, NULL, out);
}

static void add_note(tnas_priced *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_note(tnas_priced *p, const char *format, ...)
{
    size_t used = strlen(p->notes);
    if (used > 0 && used + 3 < sizeof p->notes) {
        memcpy(p->notes + used, "; ", 3);
        used += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p->notes + used, sizeof p->notes - used, format, arguments);
    va_end(arguments);
}

/* What the import left out or changed, for the reader. */
static void note_import(const tnas_tflite_notes *n, tnas_model_type type, int64_t macs,
                        tnas_priced *p)
{
    const struct {
        int count;
        const char *what;
    } changes[] = {
        {n->quantize_stripped, "QUANTIZE stripped"},
        {n->dequantize_stripped, "DEQUANTIZE stripped"},
        {n->pads_folded, "PAD folded"},
        {n->reshapes_folded, "RESHAPE folded"},
        {n->activations_folded, "activation folded"},
        {n->transposes_folded, "TRANSPOSE folded"},
        {n->constants_folded, "constant operators folded"},
    };
    add_note(p, "%d operators in the file, input %s, output %s", n->op_count, n->input_type,
             n->output_type);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if (changes[i].count > 0)
            add_note(p, "%d %s", changes[i].count, changes[i].what);
    if (type == TNAS_MODEL_FLOAT)
        add_note(p, "a float model, priced as if quantised to int8");
    if (n->dead_channel_count > 0)
        add_note(p,
                 "%lld output channels have weights of 0 alone: without them and what only they "
                 "feed %.2f of %.2f MMAC",
                 (long long)n->dead_channel_count, (double)n->live_mac_count * 1e-6,
                 (double)macs * 1e-6);
}

static tnas_status load_model(const tnas_arguments *arguments, const char *model, tnas_priced *p)
{
    tnas_source *source;
    TNAS_TRY(load_source(arguments, model, p, &source));
    p->graph = source->model->graph;
    if (source->study != NULL)
        p->target_id = source->study->target_id;
    p->has_front_end = source->study != NULL && source->study->features != NULL;
    if (p->has_front_end)
        p->front_end = tnas_front_end_of(source->study->features);
    if (source->notes != NULL) {
        p->has_dead_channels = source->notes->dead_channel_count > 0;
        note_import(source->notes, source->model->type, tnas_graph_macs(&p->graph), p);
    }
    tnas_source_destroy(source);
    return TNAS_OK;
}

static tnas_status load_graph(const tnas_arguments *arguments, const char *model, tnas_priced *p)
{
    tnas_path_name(model, p->name);
    if (tnas_dir_exists(model) || tnas_is_model_path(model))
        return load_model(arguments, model, p);
    return tnas_named_graph_load(model, &p->graph);
}

/* A runtime that only a latency model of the profile knows is priced in time alone. */
static tnas_status choose_runtime(tnas_priced *p)
{
    char what[64];
    snprintf(what, sizeof what, "--runtime %s", p->runtime_name);
    if (tnas_runtime_find(p->runtime_name, NULL) != NULL ||
        tnas_mcu_latency_model(p->mcu, p->runtime_name) == NULL)
        return tnas_runtime_need(p->runtime_name, p->mcu->core, what, &p->estimator.runtime);
    p->latency_only = tnas_runtime_latency_only;
    p->latency_only.name = p->runtime_name;
    p->estimator.runtime = &p->latency_only;
    return TNAS_OK;
}

static tnas_status choose_rules(const tnas_arguments *arguments, tnas_priced *p)
{
    tnas_estimator *const e = &p->estimator;
    e->mcu = p->mcu;
    TNAS_TRY(tnas_arguments_runtime(arguments, p->runtime_name));
    TNAS_TRY(choose_runtime(p));
    if (e->runtime->latency_only && arguments->given[TNAS_OPTION_check])
        return tnas_fail(
            TNAS_ERR_USAGE,
            "--check: the memory of %s is not modelled, so nothing says that a network "
            "fits",
            e->runtime->name);
    TNAS_TRY(tnas_arguments_latency_model(arguments, p->mcu, p->runtime_name, &e->latency));
    TNAS_TRY(tnas_code_sizes_load_for(p->mcu->core, &p->sizes, NULL));
    e->sizes = &p->sizes;
    e->front_end = p->has_front_end ? &p->front_end : NULL;
    TNAS_TRY(tnas_arguments_limits(arguments, &e->limits));
    tnas_limits_clip(p->mcu, e->runtime, &e->limits);
    return TNAS_OK;
}

/* A softmax or logistic at the end does not change which class wins: where the runtime has no
 * kernel for it, the application computes it, if it wants probabilities. */
static void leave_head_out(tnas_priced *p)
{
    tnas_graph *const graph = &p->graph;
    while (graph->op_count > 1) {
        const int last = graph->op_count - 1;
        const tnas_op *const op = &graph->ops[last];
        if ((op->kind != TNAS_OP_SOFTMAX && op->kind != TNAS_OP_LOGISTIC) ||
            op->out != graph->tensor_count - 1 ||
            p->estimator.runtime->target->kernel_for(graph, last) != TNAS_NONE)
            return;
        add_note(p, "%s at the end left to the application: runtime %s has no kernel for it",
                 tnas_op_kind_text(op->kind), p->estimator.runtime->name);
        graph->op_count--;
        graph->tensor_count--;
    }
}

/* A runtime that drops dead channels is faster than the whole graph says. */
static void note_dropped(tnas_priced *p)
{
    const tnas_latency_model *const model = p->estimator.latency;
    if (model != NULL && model->drops_dead && p->has_dead_channels)
        add_note(p, "%s %s leaves dead channels out: expect less than this latency",
                 p->estimator.runtime->name, model->version);
}

static void time_steps(tnas_priced *p)
{
    const tnas_latency_model *const model = p->estimator.latency;
    const int family = tnas_family_of(p->x);
    double sum = 0;
    for (int s = 0; s < p->layout.schedule.step_count; s++) {
        const tnas_step *const step = &p->layout.schedule.steps[s];
        double x[TNAS_FEATURE_COUNT] = {0}, part[TNAS_FEATURE_COUNT];
        for (int op = step->op; op < step->op + step->op_count; op++) {
            tnas_features_of_op(&model->memory, p->x, &p->layout.graph, op, part);
            for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
                x[f] += part[f];
        }
        tnas_latency latency;
        tnas_latency_predict_as(model, family, x, &latency);
        p->times[s] = (tnas_step_time){.cycles = latency.cycles,
                                       .low_cycles = latency.low_cycles,
                                       .high_cycles = latency.high_cycles};
        sum += latency.cycles;
    }
    for (int s = 0; s < p->layout.schedule.step_count; s++)
        p->times[s].share = sum > 0 ? p->times[s].cycles / sum : 0;
}

static tnas_status choose_weights(const tnas_arguments *arguments, tnas_priced *p)
{
    const char *const weights = arguments->text[TNAS_OPTION_weights];
    return tnas_estimator_choose_weights(&p->estimator, &p->graph,
                                         weights != NULL ? weights : "int8");
}

static tnas_status price(tnas_priced *p)
{
    const tnas_estimator *const e = &p->estimator;
    TNAS_TRY(tnas_runtime_lay_out(e->runtime, &p->graph, &p->layout));
    TNAS_TRY(tnas_layout_widen(e->runtime, e->wide_bytes, &p->layout));
    TNAS_TRY(tnas_estimate(e, &p->graph, &p->cost));
    tnas_layout_steps(e->runtime, &p->layout, p->bytes);
    if (e->latency == NULL)
        return TNAS_OK;
    tnas_features_of_graph(&e->latency->memory, &p->graph, p->x);
    time_steps(p);
    return TNAS_OK;
}

tnas_status tnas_priced_load(const tnas_arguments *arguments, const char *model, tnas_priced **out)
{
    *out = NULL;
    tnas_priced *p = tnas_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "estimate of %s", model);
    tnas_status status = tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &p->mcu);
    if (status == TNAS_OK)
        status = load_graph(arguments, model, p);
    if (status == TNAS_OK)
        status = choose_rules(arguments, p);
    if (status == TNAS_OK) {
        leave_head_out(p);
        note_dropped(p);
        status = choose_weights(arguments, p);
    }
    if (status == TNAS_OK)
        status = price(p);
    if (status == TNAS_OK)
        *out = p;
    else
        tnas_priced_destroy(p);
    return status;
}

void tnas_priced_destroy(tnas_priced *priced)
{
    if (priced == NULL)
        return;
    tnas_mcu_destroy(priced->mcu);
    tnas_free(priced);
}
