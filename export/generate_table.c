/* NAME.c, the layer table with the memory map on top, and NAME_weights.c, the constants that
 * it points into. Initialisers are positional: designated ones are not C++. */
#include "export/generate_internal.h"

#include <inttypes.h>

void tnas_generate_step_text(const tnas_export_job *job, int step, tnas_text *out)
{
    const tnas_graph *const graph = &job->image->graph;
    const tnas_step *const s = &job->image->schedule.steps[step];
    const tnas_op *const first = &graph->ops[s->op];
    const tnas_op *const last = &graph->ops[s->op + s->op_count - 1];
    const tnas_tensor *const from = &graph->tensors[first->in[0]];
    const tnas_tensor *const to = &graph->tensors[last->out];
    int64_t macs = 0;
    for (int op = s->op; op < s->op + s->op_count; op++)
        macs += tnas_op_macs(graph, op);

    tnas_text_add(out, "%s", tnas_op_kind_text(first->kind));
    if (first->kind != TNAS_OP_FC && first->kind != TNAS_OP_ADD) {
        tnas_text_add(out, " %dx%d", first->kernel_h, first->kernel_w);
        if (first->stride_h != 1 || first->stride_w != 1)
            tnas_text_add(out, " stride %dx%d", first->stride_h, first->stride_w);
    }
    if (last->activation != TNAS_ACT_NONE)
        tnas_text_add(out, " %s", tnas_activation_text(last->activation));
    tnas_text_add(out, ", %dx%dx%d -> %dx%dx%d", (int)from->h, (int)from->w, (int)from->c,
                  (int)to->h, (int)to->w, (int)to->c);
    if (macs > 0)
        tnas_text_add(out, ", %" PRId64 " MACs", macs);
}

/* " kws_weights + 36," or " NULL," */
static void add_pointer(const tnas_export_job *job, const char *array, int64_t at, tnas_text *out)
{
    if (at < 0)
        tnas_text_add(out, " NULL,");
    else
        tnas_text_add(out, " %s_%s + %" PRId64 ",", job->name, array, at);
}

static void add_row(const tnas_export_job *job, int step, tnas_text *out)
{
    const tnas_image *const image = job->image;
    const tnrt_layer *const layer = &image->layers[step];
    tnas_text_add(out, "    /* %d: ", step);
    tnas_generate_step_text(job, step, out);
    tnas_text_add(out, " */\n    {%s,", image->kernel_names[step]);
    add_pointer(job, "weights", image->weight_at[step], out);
    add_pointer(job, "biases", image->bias_at[step], out);
    tnas_text_add(out, "\n    ");
    add_pointer(job, "multipliers", image->multiplier_at[step], out);
    add_pointer(job, "shifts", image->multiplier_at[step], out);
    tnas_text_add(out,
                  "\n     /* in, in2, out, scratch */ %" PRIu32 ", %" PRIu32 ", %" PRIu32
                  ", %" PRIu32 ",\n",
                  layer->in, layer->in2, layer->out, layer->scratch);
    tnas_text_add(out, "     /* in */ %d, %d, %d, /* out */ %d, %d, %d,\n", layer->in_h,
                  layer->in_w, layer->in_c, layer->out_h, layer->out_w, layer->out_c);
    tnas_text_add(out, "     /* kernel */ %d, %d, /* stride */ %d, %d, /* pad */ %d, %d,\n",
                  layer->kernel_h, layer->kernel_w, layer->stride_h, layer->stride_w,
                  layer->pad_top, layer->pad_left);
    tnas_text_add(out, "     /* zero points */ %d, %d, %d, /* activation */ %d, %d, 0},\n",
                  layer->in_zero, layer->in2_zero, layer->out_zero, layer->act_min, layer->act_max);
}

void tnas_generate_table(const tnas_export_job *job, tnas_text *out)
{
    const tnas_image *const image = job->image;
    tnas_text map;
    tnas_text_init(&map);
    tnas_generate_memory_map(job, &map);
    tnas_text_add(out, "/* SPDX-License-Identifier: 0BSD */\n/* The layers of %s.\n *\n * ",
                  job->name);
    for (size_t i = 0; i < map.length; i++) {
        const char next = map.chars[i + 1];
        if (map.chars[i] != '\n')
            tnas_text_add(out, "%c", map.chars[i]);
        else if (next != '\0')
            tnas_text_add(out, "\n *%s", next == '\n' ? "" : " ");
    }
    out->failed = out->failed || map.failed;
    tnas_text_deinit(&map);
    tnas_text_add(out, " */\n#include \"%s_data.h\"\n#include \"tnrt_kernels.h\"\n\n", job->name);
    tnas_text_add(out, "static const tnrt_layer %s_layers[%u] = {\n", job->name,
                  (unsigned)image->model.layer_count);
    for (int step = 0; step < (int)image->model.layer_count; step++)
        add_row(job, step, out);
    tnas_text_add(out, "};\n\nconst tnrt_model %s_model = {\n", job->name);
    tnas_text_add(out,
                  "    %s_layers,\n    %u, /* layers */\n    %u, /* arena bytes */\n"
                  "    %u, /* input offset */\n    %u, /* output offset */\n"
                  "    %u, /* input bytes */\n    %u, /* output bytes */\n};\n",
                  job->name, (unsigned)image->model.layer_count, (unsigned)image->model.arena_bytes,
                  (unsigned)image->model.input, (unsigned)image->model.output,
                  (unsigned)image->model.input_bytes, (unsigned)image->model.output_bytes);
}

static void begin_array(const tnas_export_job *job, const char *type, const char *array,
                        size_t count, const char *what, tnas_text *out)
{
    tnas_text_add(out, "\n/* %s */\n%s_WEIGHTS_SECTION %s_ALIGNED(4)\nconst %s %s_%s[%zu] = {",
                  what, job->upper, job->upper, type, job->name, array, count);
}

static void add_bytes(const int8_t *values, size_t count, tnas_text *out)
{
    for (size_t i = 0; i < count; i++)
        tnas_text_add(out, "%s%d,", i % 20 == 0 ? "\n    " : " ", values[i]);
    tnas_text_add(out, "\n};\n");
}

/* INT32_MIN has no literal of its own type: the minus is an operator. */
static void add_words(const int32_t *values, size_t count, tnas_text *out)
{
    for (size_t i = 0; i < count; i++) {
        tnas_text_add(out, "%s", i % 8 == 0 ? "\n    " : " ");
        if (values[i] == INT32_MIN)
            tnas_text_add(out, "(-2147483647 - 1),");
        else
            tnas_text_add(out, "%" PRId32 ",", values[i]);
    }
    tnas_text_add(out, "\n};\n");
}

void tnas_generate_weights(const tnas_export_job *job, tnas_text *out)
{
    const tnas_image *const image = job->image;
    tnas_text_add(out,
                  "/* SPDX-License-Identifier: 0BSD */\n/* The constants of %s, one array each "
                  "for the whole network. */\n",
                  job->name);
    tnas_text_add(out, "#include \"%s.h\"\n#include \"%s_data.h\"\n", job->name, job->name);
    if (image->weight_bytes > 0) {
        begin_array(job, "int8_t", "weights", image->weight_bytes,
                    "packed weights, each layer's share rounded up to 4", out);
        add_bytes(image->weights, image->weight_bytes, out);
    }
    if (image->channel_count > 0) {
        begin_array(job, "int32_t", "biases", image->channel_count,
                    "per output channel, input zero point folded in", out);
        add_words(image->biases, image->channel_count, out);
    }
    if (image->multiplier_count > 0) {
        begin_array(job, "int32_t", "multipliers", image->multiplier_count,
                    "per output channel, three per addition; real = multiplier * 2^(shift - 31)",
                    out);
        add_words(image->multipliers, image->multiplier_count, out);
        begin_array(job, "int8_t", "shifts", image->shift_bytes,
                    "as the multipliers, then padding to a multiple of 4", out);
        add_bytes(image->shifts, image->shift_bytes, out);
    }
}
