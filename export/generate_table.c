/* NAME.c, the layer table with the memory map on top, and NAME_weights.c, the constants that
 * it points into. Initialisers are positional: designated ones are not C++. */
#include "export/generate_internal.h"

#include <inttypes.h>

void tnas_generate_op_text(const tnas_export_job *job, int op, tnas_text *out)
{
    const tnas_graph *const graph = &job->image->graph;
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const from = &graph->tensors[o->in[0]];
    const tnas_tensor *const to = &graph->tensors[o->out];
    const int64_t macs = tnas_op_macs(graph, op);

    tnas_text_add(out, "%s", tnas_op_kind_text(o->kind));
    if (tnas_op_has(o->kind, TNAS_OP_WINDOW)) {
        tnas_text_add(out, " %dx%d", o->kernel_h, o->kernel_w);
        if (o->stride_h != 1 || o->stride_w != 1)
            tnas_text_add(out, " stride %dx%d", o->stride_h, o->stride_w);
    }
    if (o->activation != TNAS_ACT_NONE)
        tnas_text_add(out, " %s", tnas_activation_text(o->activation));
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

static void add_row(const tnas_export_job *job, int index, tnas_text *out)
{
    const tnas_image_row *const row = &job->image->rows[index];
    const tnrt_layer *const layer = &job->image->layers[index];
    tnas_text_add(out, "    /* %d: ", index);
    tnas_generate_op_text(job, row->op, out);
    tnas_text_add(out, " */\n    {%s,", row->kernel_name != NULL ? row->kernel_name : "NULL");
    add_pointer(job, "weights", row->weight_at, out);
    add_pointer(job, "params", row->param_at, out);
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
    tnas_text_add(out, " */\n#include \"%s_data.h\"\n", job->name);
    const char *const variant = image->variant->folder;
    if (variant != NULL)
        tnas_text_add(out, "#include \"runtime/%s/tnrt_%s_kernels.h\"\n\n", variant, variant);
    else
        tnas_text_add(out, "#include \"runtime/tnrt_kernels.h\"\n\n");
    tnas_text_add(out, "static const tnrt_layer %s_layers[%u] = {\n", job->name,
                  (unsigned)image->model.layer_count);
    for (int row = 0; row < (int)image->model.layer_count; row++)
        add_row(job, row, out);
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
    if (image->param_count > 0) {
        begin_array(job, "int32_t", "params", image->param_count,
                    "what else each layer's kernel needs, as the runtime's sources say", out);
        add_words(image->params, image->param_count, out);
    }
}
