#include "estimators/runtimes.h"

#include <stdio.h>
#include <string.h>

#include "graph/widen.h"

#include "estimators/runtimes_internal.h"

/* Our own runtime: one per instruction set. */
static const tnas_runtime tinynas_c = {
    .name = "tinynas-c",
    .target = &tnas_target_tinynas_c,
    .memory_source = "exact: the rules and bytes of the exported code",
};

static const tnas_runtime tinynas_dsp = {
    .name = "tinynas-dsp",
    .target = &tnas_target_tinynas_dsp,
    .memory_source = "exact: the rules and bytes of the exported code",
};

static const tnas_runtime tinynas_mve = {
    .name = "tinynas-mve",
    .target = &tnas_target_tinynas_mve,
    .memory_source = "exact: the rules and bytes of the exported code",
};

static const tnas_runtime tinynas_gap8 = {
    .name = "tinynas-gap8",
    .target = &tnas_target_tinynas_gap8,
    .memory_source = "exact: the rules and bytes of the exported code",
};

/* Which of them a core gets: the first whose words its profile has. */
static const struct {
    const char *core_has;
    const tnas_runtime *runtime;
} variants[] = {
    {"Cortex-M4", &tinynas_dsp},
    {"Cortex-M7", &tinynas_dsp},
    {"Cortex-M33", &tinynas_dsp},
    {"Cortex-M55", &tinynas_mve},
    {"Cortex-M85", &tinynas_mve},
    {"XpulpV2", &tinynas_gap8},
    {"", &tinynas_c},
};

static const tnas_runtime *const runtimes[] = {
    &tinynas_c,
    &tinynas_dsp,
    &tinynas_mve,
    &tinynas_gap8,
    &tnas_runtime_tinyengine,
    &tnas_runtime_tflm,
    &tnas_runtime_tflm_cmsis_nn,
    &tnas_runtime_x_cube_ai,
};
enum { RUNTIME_COUNT = sizeof runtimes / sizeof runtimes[0] };

size_t tnas_no_scratch(const tnas_graph *graph, int op, int kernel)
{
    (void)graph;
    (void)op;
    (void)kernel;
    return 0;
}

size_t tnas_no_table(const tnas_graph *graph, size_t pointer_bytes)
{
    (void)graph;
    (void)pointer_bytes;
    return 0;
}

int tnas_runtime_count(void)
{
    return RUNTIME_COUNT;
}

const tnas_runtime *tnas_runtime_at(int index)
{
    return runtimes[index];
}

static const tnas_runtime *variant_of(const char *core)
{
    size_t v = 0;
    while (core != NULL && strstr(core, variants[v].core_has) == NULL)
        v++; /* the last one's words are in every core */
    return core != NULL ? variants[v].runtime : &tinynas_c;
}

const tnas_runtime *tnas_runtime_find(const char *name, const char *core)
{
    if (strcmp(name, TNAS_RUNTIME_OWN) == 0)
        return variant_of(core);
    for (int i = 0; i < RUNTIME_COUNT; i++)
        if (strcmp(runtimes[i]->name, name) == 0)
            return runtimes[i];
    return NULL;
}

tnas_status tnas_runtime_need(const char *name, const char *core, const char *what,
                              const tnas_runtime **out)
{
    *out = tnas_runtime_find(name, core);
    if (*out != NULL)
        return TNAS_OK;
    char known[256] = TNAS_RUNTIME_OWN;
    for (int i = 0, used = (int)strlen(known); i < RUNTIME_COUNT && used < (int)sizeof known; i++)
        used += snprintf(known + used, sizeof known - (size_t)used, ", %s", runtimes[i]->name);
    return tnas_fail(TNAS_ERR_USAGE, "%s: the memory of %s is not modelled; known are %s", what,
                     name, known);
}

/* What is used of it: a search does this for every candidate. */
static void copy_graph(const tnas_graph *graph, tnas_graph *out)
{
    out->op_count = graph->op_count;
    out->tensor_count = graph->tensor_count;
    memcpy(out->ops, graph->ops, (size_t)graph->op_count * sizeof graph->ops[0]);
    memcpy(out->tensors, graph->tensors, (size_t)graph->tensor_count * sizeof graph->tensors[0]);
}

tnas_status tnas_runtime_lay_out(const tnas_runtime *runtime, const tnas_graph *graph,
                                 tnas_layout *out)
{
    if (runtime->lower != NULL)
        TNAS_TRY(runtime->lower(graph, &out->graph));
    else
        copy_graph(graph, &out->graph);
    TNAS_TRY(tnas_schedule_build(&out->graph, runtime->target, &out->schedule));
    return tnas_plan_build(&out->graph, &out->schedule, runtime->target, &out->plan);
}

tnas_status tnas_layout_widen(const tnas_runtime *runtime, size_t flash_bytes, tnas_layout *layout)
{
    const tnas_target *const target = runtime->target;
    if (tnas_schedule_widen(&layout->graph, target, flash_bytes, &layout->schedule) == 0)
        return TNAS_OK;
    return tnas_plan_build(&layout->graph, &layout->schedule, target, &layout->plan);
}

void tnas_layout_steps(const tnas_runtime *runtime, const tnas_layout *layout,
                       tnas_step_bytes *steps)
{
    for (int s = 0; s < layout->schedule.step_count; s++) {
        const tnas_step *const step = &layout->schedule.steps[s];
        steps[s] = (tnas_step_bytes){
            .live = tnas_plan_live_bytes(&layout->graph, &layout->schedule, &layout->plan, s),
            .scratch = layout->plan.scratch[s].bytes,
            .is_peak = s == layout->plan.peak_step,
        };
        for (int op = step->op; op < step->op + step->op_count; op++) {
            const tnas_packed_bytes packed = runtime->target->packed_bytes(
                &layout->graph, op, tnas_step_packing(&layout->graph, runtime->target, step, op));
            steps[s].weights += packed.weights;
            steps[s].channels += packed.channels;
        }
    }
}
