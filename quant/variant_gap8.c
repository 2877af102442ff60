/* The variant for GAP8's cluster: how its kernels want their constants
 * (runtime/gap8/tnrt_gap8_tile.h). */
#include "graph/target_tinynas.h"
#include "graph/tile.h"
#include "quant/filters.h"
#include "quant/variant.h"
#include "runtime/gap8/tnrt_gap8_kernels.h"
#include "runtime/gap8/tnrt_gap8_port.h"

static tnrt_kernel *const kernels[] = {
#define KERNEL(name) name,
    TNRT_KERNELS(KERNEL) TNRT_GAP8_KERNELS(KERNEL)
#undef KERNEL
};

/* Where weight `at` of a filter, counted in the model's order, goes. */
static int64_t packed_at(const tnrt_gap8_shape *shape, int channel, int at)
{
    const int row_count = shape->channelwise ? shape->kernel_w : shape->kernel_w * shape->in_c;
    const int row = at / row_count, column = at % row_count;
    const int64_t word =
        (int64_t)row * tnrt_gap8_row_words(shape) + column / 4; /* within the block */
    return channel / 4 * tnrt_gap8_block_bytes(shape) + (word * 4 + channel % 4) * 4 + column % 4;
}

static tnas_status pack_filters(const tnas_model *model, int op, const tnrt_gap8_shape *shape,
                                int8_t *weights, int32_t *records)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    const int8_t *const from = model->constants[op].weight_s8;
    for (int c = 0; c < shape->out_c; c++, records += TNRT_GAP8_RECORD_WORDS) {
        int8_t shift;
        TNAS_TRY(tnas_pack_channel(model, op, c, &records[0], &records[1], &shift));
        records[2] = shift;
        for (int i = 0; i < filters.weight_count; i++)
            weights[packed_at(shape, c, i)] = from[tnas_filter_at(&filters, c, i)];
    }
    return TNAS_OK;
}

static void pack_tile(const tnrt_gap8_shape *shape, int kind, int32_t *params)
{
    const tnrt_gap8_tile tile = tnas_tile_find(shape, TNRT_GAP8_L1_BYTES);
    params[TNRT_GAP8_TILE_H_AT] = tile.h;
    params[TNRT_GAP8_TILE_W_AT] = tile.w;
    params[TNRT_GAP8_TILE_C_AT] = tile.c;
    params[TNRT_GAP8_FLAGS_AT] = tile.flags | (kind == TNAS_OP_FC ? TNRT_GAP8_FLAT : 0);
}

static tnas_status pack(const tnas_model *model, int op, int kernel, int8_t *weights,
                        int32_t *params)
{
    tnrt_gap8_shape shape;
    if (kernel < TNAS_PLAIN_KERNEL_COUNT)
        return tnas_variant_c.pack(model, op, kernel, weights, params);
    tnas_tile_shape(&model->graph, op, &shape);
    pack_tile(&shape, model->graph.ops[op].kind, params);
    params += TNRT_GAP8_HEADER_WORDS;
    if (shape.has_filters)
        return pack_filters(model, op, &shape, weights, params);
    return tnas_variant_c.pack(model, op, kernel, weights, params); /* ADD has params of its own */
}

const tnas_variant tnas_variant_gap8 = {
    .target = &tnas_target_tinynas_gap8,
    .kernels = kernels,
    .pack = pack,
    .folder = "gap8",
};
