/* One step of a priced network, as `tinynas estimate --layers` and the report show it. */
#include "cli/priced_layers.h"

#include <math.h>
#include <stdio.h>

#include "cli/output.h"

/* "3x3/2" of a window, "" where there is none. */
void tnas_window_text(const tnas_op *op, char out[32])
{
    out[0] = '\0';
    if (!tnas_op_has(op->kind, TNAS_OP_WINDOW))
        return;
    const int used = snprintf(out, 32, "%dx%d", op->kernel_h, op->kernel_w);
    if (op->stride_h != op->stride_w)
        snprintf(out + used, 32 - (size_t)used, "/%dx%d", op->stride_h, op->stride_w);
    else if (op->stride_h > 1)
        snprintf(out + used, 32 - (size_t)used, "/%d", op->stride_h);
}

int64_t tnas_priced_step_macs(const tnas_priced *p, const tnas_step *step)
{
    int64_t macs = 0;
    for (int op = step->op; op < step->op + step->op_count; op++)
        macs += tnas_op_macs(&p->layout.graph, op);
    return macs;
}

double tnas_priced_ms(const tnas_priced *p, double cycles)
{
    return tnas_cycles_to_ms(cycles, p->mcu->clock_mhz);
}

cJSON *tnas_priced_layer(const tnas_priced *p, int index)
{
    const tnas_step *const step = &p->layout.schedule.steps[index];
    const tnas_op *const op = &p->layout.graph.ops[step->op];
    const tnas_tensor *const in = &p->layout.graph.tensors[op->in[0]];
    const tnas_tensor *const out = &p->layout.graph.tensors[op->out];
    const tnas_step_bytes *const bytes = &p->bytes[index];
    const tnas_step_time *const time = &p->times[index];
    const bool timed = p->estimator.latency != NULL;
    const int64_t macs = tnas_priced_step_macs(p, step);
    char window[32];
    tnas_window_text(op, window);
    cJSON *layer = cJSON_CreateObject();
    cJSON_AddNumberToObject(layer, "index", index);
    cJSON_AddStringToObject(layer, "op", tnas_op_kind_text(op->kind));
    cJSON_AddStringToObject(layer, "window", window);
    cJSON_AddStringToObject(layer, "kernel",
                            p->estimator.runtime->target->kernel_name(step->kernel));
    cJSON_AddItemToObject(layer, "in", cJSON_CreateIntArray((int[]){in->h, in->w, in->c}, 3));
    cJSON_AddItemToObject(layer, "out", cJSON_CreateIntArray((int[]){out->h, out->w, out->c}, 3));
    cJSON_AddNumberToObject(layer, "macs", (double)macs);
    cJSON_AddNumberToObject(layer, "constant_bytes", (double)(bytes->weights + bytes->channels));
    cJSON_AddNumberToObject(layer, "live_bytes", (double)bytes->live);
    cJSON_AddNumberToObject(layer, "scratch_bytes", (double)bytes->scratch);
    cJSON_AddBoolToObject(layer, "peak", bytes->is_peak);
    tnas_json_add(layer, "cycles", timed ? time->cycles : NAN);
    tnas_json_add(layer, "latency_ms", timed ? tnas_priced_ms(p, time->cycles) : NAN);
    tnas_json_add(layer, "latency_low_ms", timed ? tnas_priced_ms(p, time->low_cycles) : NAN);
    tnas_json_add(layer, "latency_high_ms", timed ? tnas_priced_ms(p, time->high_cycles) : NAN);
    tnas_json_add(layer, "share", timed ? time->share : NAN);
    tnas_json_add(layer, "cycles_per_mac", timed && macs > 0 ? time->cycles / (double)macs : NAN);
    return layer;
}
