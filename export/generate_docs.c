/* memory.txt and the figures of the README: the plan and the price, for people. */
#include "export/generate_internal.h"

typedef struct {
    int first, last; /* steps */
} lifetime;

/* From the step that writes a tensor to the last that reads it; see graph/plan.h. */
static lifetime tensor_lifetime(const tnas_image *image, int tensor)
{
    const int last_step = image->schedule.step_count - 1;
    lifetime life = {tensor == 0 ? 0 : -1, 0};
    for (int s = 0; s <= last_step; s++) {
        const tnas_step *const step = &image->schedule.steps[s];
        for (int op = step->op; op < step->op + step->op_count; op++) {
            const tnas_op *const o = &image->graph.ops[op];
            if (o->in[0] == tensor || o->in[1] == tensor)
                life.last = s;
            if (o->out == tensor) {
                life.first = s;
                life.last = s;
            }
        }
    }
    if (tensor == tnas_graph_output(&image->graph))
        life.last = last_step;
    return life;
}

static void add_tensor_line(const tnas_export_job *job, int tensor, tnas_text *out)
{
    const tnas_image *const image = job->image;
    const tnas_tensor *const shape = &image->graph.tensors[tensor];
    const tnas_placement *const place = &image->plan.tensors[tensor];
    const lifetime life = tensor_lifetime(image, tensor);
    if (place->bytes == 0)
        return;
    tnas_text_add(out, "%6d %9zu %9zu %5d..%-5d %dx%dx%d%s\n", tensor, place->offset_bytes,
                  place->bytes, life.first, life.last, (int)shape->h, (int)shape->w, (int)shape->c,
                  tensor == 0                                  ? " input"
                  : tensor == tnas_graph_output(&image->graph) ? " output"
                                                               : "");
}

void tnas_generate_memory_map(const tnas_export_job *job, tnas_text *out)
{
    const tnas_image *const image = job->image;
    tnas_text_add(out,
                  "Memory map of the arena, %zu bytes. A tensor lives from the step that writes\n"
                  "it to the last that reads it; bytes are rounded up to %u.\n\n",
                  image->plan.arena_bytes, TNRT_ARENA_ALIGN);
    tnas_text_add(out, "tensor    offset     bytes  steps       shape\n");
    for (int t = 0; t < image->graph.tensor_count; t++)
        add_tensor_line(job, t, out);
    tnas_text_add(out, "\n  step      live   scratch at offset  what\n");
    for (int s = 0; s < image->schedule.step_count; s++) {
        const tnas_placement *const scratch = &image->plan.scratch[s];
        tnas_text_add(out, "%6d %9zu %9zu %9zu  ", s,
                      tnas_plan_live_bytes(&image->graph, &image->schedule, &image->plan, s),
                      scratch->bytes, scratch->offset_bytes);
        const tnas_step *const step = &image->schedule.steps[s];
        for (int op = step->op; op < step->op + step->op_count; op++) {
            tnas_text_add(out, "%s", op > step->op ? " + " : "");
            tnas_generate_op_text(job, op, out);
        }
        tnas_text_add(out, "%s%s\n", step->in_place ? ", in place" : "",
                      s == image->plan.peak_step ? " <- peak" : "");
    }
}

void tnas_generate_figures(const tnas_export_job *job, tnas_text *out)
{
    const tnas_image *const image = job->image;
    const tnas_cost *const cost = job->options->cost;
    const tnas_mcu *const mcu = job->options->mcu;
    tnas_text_add(out, "| | |\n|---|---|\n");
    const bool is_classifier = job->options->class_names != NULL;
    tnas_text_add(out, "| input | %dx%dx%d int8%s |\n", (int)job->input->h, (int)job->input->w,
                  (int)job->input->c, is_classifier ? " (u8 - 128)" : "");
    tnas_text_add(out, "| %s | %zu |\n", is_classifier ? "classes" : "outputs", job->output_bytes);
    tnas_text_add(out, "| layers, MACs | %u, %lld |\n", (unsigned)image->model.layer_count,
                  (long long)tnas_graph_macs(&image->graph));
    tnas_text_add(out, "| SRAM (arena, input and output included) | %u bytes |\n",
                  (unsigned)image->model.arena_bytes);
    tnas_text_add(out, "| flash: weights | %zu bytes |\n", job->weights_bytes);
    tnas_text_add(out, "| flash: parameters per channel | %zu bytes |\n", job->channels_bytes);
    tnas_text_add(out, "| flash: layer table, model record | %zu bytes |\n", job->table_bytes);
    if (cost == NULL) {
        tnas_text_add(out, "\nMemory holds for every compiler; `make size` measures the code.");
        return;
    }
    tnas_text_add(out, "| flash: code | %zu bytes |\n", cost->footprint.code_bytes);
    tnas_text_add(out, "| flash in all | %zu bytes |\n", cost->footprint.flash_bytes);
    tnas_text_add(out, "| stack, deepest call of the model | %zu bytes |\n",
                  cost->footprint.stack_bytes);
    if (cost->has_latency)
        tnas_text_add(out, "| latency%s%s, predicted | %.1f ms, 90 %% between %.1f and %.1f ms |\n",
                      mcu != NULL ? " on " : "", mcu != NULL ? mcu->part : "", cost->latency_ms,
                      cost->latency_low_ms, cost->latency_high_ms);
    if (cost->has_latency && job->options->latency_source != NULL)
        tnas_text_add(out, "| latency from | %s |\n", job->options->latency_source);
    const char *const toolchain = job->options->toolchain;
    tnas_text_add(out,
                  "\nMemory holds for every compiler. Code and stack bytes are those of\n`%s`,\n"
                  "and estimates for any other compiler or flags.",
                  toolchain != NULL ? toolchain : "an unnamed compiler");
}
