/* The winner in the report: its layers and its memory over time, priced as `tinynas estimate`
 * prices it. */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/priced.h"
#include "cli/priced_layers.h"
#include "cli/report_page.h"

/* Steps at which a tensor lies in the arena. */
typedef struct lifetime {
    int first, last;
} lifetime;

static void find_lifetimes(const tnas_layout *layout, lifetime *lives)
{
    const tnas_graph *const graph = &layout->graph;
    const int last_step = layout->schedule.step_count - 1;
    lives[0] = (lifetime){0, 0};
    for (int s = 0; s <= last_step; s++) {
        const tnas_step *const step = &layout->schedule.steps[s];
        for (int i = step->op; i < step->op + step->op_count; i++) {
            const tnas_op *const op = &graph->ops[i];
            lives[op->out] = (lifetime){s, s};
            for (int side = 0; side < tnas_op_input_count(op->kind); side++)
                lives[op->in[side]].last = s;
        }
    }
    lives[tnas_graph_output(graph)].last = last_step;
}

static void add_rectangle(cJSON *list, const char *name, const char *kind,
                          const tnas_placement *place, lifetime life)
{
    if (place->bytes == 0)
        return;
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddItemToArray(list, o);
    cJSON_AddStringToObject(o, "name", name);
    cJSON_AddStringToObject(o, "kind", kind);
    cJSON_AddNumberToObject(o, "first_step", life.first);
    cJSON_AddNumberToObject(o, "last_step", life.last);
    cJSON_AddNumberToObject(o, "offset_bytes", (double)place->offset_bytes);
    cJSON_AddNumberToObject(o, "bytes", (double)place->bytes);
}

static void add_tensors(cJSON *list, const tnas_layout *layout)
{
    static const char *const kinds[] = {"tensor", "input", "output"};
    lifetime lives[TNAS_GRAPH_TENSORS_MAX] = {{0, 0}};
    find_lifetimes(layout, lives);
    const int output = tnas_graph_output(&layout->graph);
    for (int t = 0; t < layout->graph.tensor_count; t++) {
        const tnas_tensor *const tensor = &layout->graph.tensors[t];
        char name[80];
        snprintf(name, sizeof name, "tensor %d, %dx%dx%d", t, (int)tensor->h, (int)tensor->w,
                 (int)tensor->c);
        add_rectangle(list, name,
                      kinds[t == 0        ? 1
                            : t == output ? 2
                                          : 0],
                      &layout->plan.tensors[t], lives[t]);
    }
}

static void add_scratch(cJSON *list, const tnas_layout *layout)
{
    for (int s = 0; s < layout->schedule.step_count; s++) {
        char name[48];
        snprintf(name, sizeof name, "scratch of layer %d", s);
        add_rectangle(list, name, "scratch", &layout->plan.scratch[s], (lifetime){s, s});
    }
}

static void add_bytes(cJSON *o, const tnas_footprint *f)
{
    cJSON_AddNumberToObject(o, "arena_bytes", (double)f->arena_bytes);
    cJSON_AddNumberToObject(o, "sram_bytes", (double)f->sram_bytes);
    cJSON_AddNumberToObject(o, "flash_bytes", (double)f->flash_bytes);
    cJSON_AddNumberToObject(o, "weights_bytes", (double)f->weights_bytes);
    cJSON_AddNumberToObject(o, "channels_bytes", (double)f->channels_bytes);
    cJSON_AddNumberToObject(o, "table_bytes", (double)f->table_bytes);
    cJSON_AddNumberToObject(o, "code_bytes", (double)f->code_bytes);
    cJSON_AddNumberToObject(o, "stack_bytes", (double)f->stack_bytes);
}

static void add_network(cJSON *out, const tnas_priced *p)
{
    cJSON *const o = cJSON_AddObjectToObject(out, "network");
    cJSON_AddNumberToObject(o, "clock_mhz", p->mcu->clock_mhz);
    cJSON_AddStringToObject(o, "part", p->mcu->part);
    cJSON_AddNumberToObject(o, "macs", (double)p->cost.macs);
    add_bytes(o, &p->cost.footprint);
    cJSON *const layers = cJSON_AddArrayToObject(o, "layers");
    for (int i = 0; i < p->layout.schedule.step_count; i++)
        cJSON_AddItemToArray(layers, tnas_priced_layer(p, i));
    cJSON *const arena = cJSON_AddArrayToObject(o, "arena");
    if (p->estimator.runtime->latency_only)
        return;
    add_tensors(arena, &p->layout);
    add_scratch(arena, &p->layout);
}

static tnas_status leave_out(cJSON *out, const char *why)
{
    cJSON_AddNullToObject(out, "network");
    cJSON_AddStringToObject(out, "network_missing", why);
    return TNAS_OK;
}

tnas_status tnas_report_add_network(const char *folder, const tnas_target_row *target, cJSON *out)
{
    if (!target->finished)
        return leave_out(out, "The search has not finished: there is no winner yet.");
    tnas_arguments arguments = {.command = TNAS_COMMAND_estimate};
    const bool has_profile = tnas_file_exists(target->target.profile);
    arguments.text[TNAS_OPTION_mcu] = has_profile ? target->target.profile : target->target.mcu;
    arguments.text[TNAS_OPTION_runtime] = target->target.runtime;
    arguments.text[TNAS_OPTION_latency_at] = "upper";
    arguments.given[TNAS_OPTION_target] = true;
    arguments.number[TNAS_OPTION_target] = target->id;
    tnas_priced *priced;
    const tnas_status status = tnas_priced_load(&arguments, folder, &priced);
    if (status == TNAS_ERR_NOMEM)
        return status;
    if (status != TNAS_OK)
        return leave_out(out, tnas_error_text());
    add_network(out, priced);
    const tnas_status added = tnas_report_add_others(folder, target, priced, out);
    tnas_priced_destroy(priced);
    return added;
}
