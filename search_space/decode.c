/* Decodes architectures: here, and only here, is written what a block looks like.
 *
 * A block is a function that appends operators to a graph. Its layers with weights have roles
 * 0, 1, ...; the position says which site each role has. Everything is sized and checked when
 * the space is configured, so that decoding cannot fail and allocates nothing. */
#include <assert.h>

#include "search_space/space.h"

/* What the genes have chosen for one block. */
typedef struct choice {
    tnas_window kernel;
    int32_t mid_c, out_c; /* mid_c 0: no expansion */
    bool residual;        /* the block may add what it reads: stride 1, as many channels */
} choice;

typedef struct build {
    tnas_graph *graph;
    int16_t *site_of_op; /* or NULL */
} build;

static const tnas_window POINT = {1, 1};

static int append(const build *b, const tnas_op *op, int32_t out_c, int site)
{
    if (b->site_of_op != NULL)
        b->site_of_op[b->graph->op_count] = (int16_t)site;
    const int out = tnas_graph_append(b->graph, op, out_c);
    assert(out != TNAS_NONE);
    return out;
}

/* A layer with a window, padded as TensorFlow's SAME. */
static int append_window(const build *b, tnas_op_kind kind, int in, tnas_window kernel,
                         tnas_window stride, tnas_activation activation, int32_t out_c, int site)
{
    tnas_op op = {
        .kind = (uint8_t)kind,
        .activation = (uint8_t)activation,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = (uint8_t)kernel.h,
        .kernel_w = (uint8_t)kernel.w,
        .stride_h = (uint8_t)stride.h,
        .stride_w = (uint8_t)stride.w,
    };
    const tnas_tensor *const map = &b->graph->tensors[in];
    tnas_pad_same(map->h, kernel.h, stride.h, &op.pad_top, &op.pad_bottom);
    tnas_pad_same(map->w, kernel.w, stride.w, &op.pad_left, &op.pad_right);
    return append(b, &op, out_c, site);
}

static int conv(const build *b, int site, int in, tnas_window kernel, tnas_window stride,
                int32_t out_c, tnas_activation activation)
{
    return append_window(b, TNAS_OP_CONV2D, in, kernel, stride, activation, out_c, site);
}

static int dwconv(const build *b, int site, int in, tnas_window kernel, tnas_window stride,
                  tnas_activation activation)
{
    return append_window(b, TNAS_OP_DWCONV2D, in, kernel, stride, activation, 0, site);
}

static int add(const build *b, int branch, int shortcut, tnas_activation activation)
{
    const tnas_op op = {
        .kind = TNAS_OP_ADD,
        .activation = (uint8_t)activation,
        .in = {(int16_t)branch, (int16_t)shortcut},
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
    };
    return append(b, &op, 0, TNAS_NONE);
}

/* Sandler et al., "MobileNetV2", CVPR 2018: expand, filter, project without activation. */
static int append_mbconv(const build *b, const tnas_position *place, const choice *chosen, int in)
{
    enum { EXPAND, FILTER, PROJECT };
    int map = in;
    if (chosen->mid_c > 0)
        map = conv(b, place->sites[EXPAND], map, POINT, POINT, chosen->mid_c, TNAS_ACT_RELU6);
    map = dwconv(b, place->sites[FILTER], map, chosen->kernel, place->stride, TNAS_ACT_RELU6);
    map = conv(b, place->sites[PROJECT], map, POINT, POINT, chosen->out_c, TNAS_ACT_NONE);
    return chosen->residual ? add(b, map, in, TNAS_ACT_NONE) : map;
}

/* Howard et al., "MobileNets", 2017. Differs: with a residual, where the activation moves
 * behind the sum so that every block's output is in 0..6. */
static int append_dsconv(const build *b, const tnas_position *place, const choice *chosen, int in)
{
    enum { FILTER, MIX };
    const tnas_activation mixed = chosen->residual ? TNAS_ACT_NONE : TNAS_ACT_RELU6;
    int map = dwconv(b, place->sites[FILTER], in, chosen->kernel, place->stride, TNAS_ACT_RELU6);
    map = conv(b, place->sites[MIX], map, POINT, POINT, chosen->out_c, mixed);
    return chosen->residual ? add(b, map, in, TNAS_ACT_RELU6) : map;
}

/* He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, option B: the
 * shortcut is a 1x1 convolution where the shapes differ, and where they might: what depends on
 * the architecture is how large a layer is, never whether it is there. */
static int append_resblock(const build *b, const tnas_position *place, const choice *chosen, int in)
{
    enum { FIRST, SECOND, SHORTCUT };
    int map = conv(b, place->sites[FIRST], in, chosen->kernel, place->stride, chosen->mid_c,
                   TNAS_ACT_RELU);
    map = conv(b, place->sites[SECOND], map, chosen->kernel, POINT, chosen->out_c, TNAS_ACT_NONE);
    const int shortcut = chosen->residual && place->in_fixed
                             ? in
                             : conv(b, place->sites[SHORTCUT], in, POINT, place->stride,
                                    chosen->out_c, TNAS_ACT_NONE);
    return add(b, map, shortcut, TNAS_ACT_RELU);
}

typedef int append_block_fn(const build *b, const tnas_position *place, const choice *chosen,
                            int in);

static append_block_fn *const append_block[] = {
    [TNAS_BLOCK_MBCONV] = append_mbconv,
    [TNAS_BLOCK_DSCONV] = append_dsconv,
    [TNAS_BLOCK_RESBLOCK] = append_resblock,
};
_Static_assert(sizeof append_block / sizeof append_block[0] == TNAS_BLOCK_KIND_COUNT,
               "one function per block");

static int choice_of(const tnas_arch *arch, int gene)
{
    return gene == TNAS_NONE ? 0 : arch->choice[gene];
}

static int append_position(const build *b, const tnas_space *space, const tnas_position *place,
                           const tnas_arch *arch, int in)
{
    const tnas_stage *const stage = &space->stages[place->stage];
    if (choice_of(arch, place->depth_gene) < place->depth_from)
        return in;
    const int32_t in_c = b->graph->tensors[in].c;
    const int32_t out_c = place->out_c[choice_of(arch, place->width_gene)];
    const choice chosen = {
        .kernel = stage->kernels[choice_of(arch, place->kernel_gene)],
        .mid_c = tnas_block_mid_channels(stage->block,
                                         place->expands[choice_of(arch, place->expand_gene)], in_c,
                                         out_c, space->divisor),
        .out_c = out_c,
        .residual = place->stride.h == 1 && place->stride.w == 1 && in_c == out_c,
    };
    return append_block[stage->block](b, place, &chosen, in);
}

/* Average over the whole map, then the classifier. */
static void append_classifier(const build *b, const tnas_space_config *config, int in)
{
    const tnas_tensor map = b->graph->tensors[in];
    tnas_op op = {
        .kind = TNAS_OP_AVGPOOL,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = (uint8_t)map.h,
        .kernel_w = (uint8_t)map.w,
        .stride_h = 1,
        .stride_w = 1,
    };
    if (map.h > 1 || map.w > 1)
        op.in[0] = (int16_t)append(b, &op, 0, TNAS_NONE);
    op.kind = TNAS_OP_FC;
    op.kernel_h = op.kernel_w = 1;
    append(b, &op, config->class_count, config->classifier_site);
}

void tnas_space_decode(const tnas_space_config *config, const tnas_arch *arch, tnas_graph *graph,
                       int16_t site_of_op[TNAS_GRAPH_OPS_MAX])
{
    const build b = {graph, site_of_op};
    const tnas_space *const space = &config->space;
    const tnas_activation stem_activation =
        space->stages[0].block == TNAS_BLOCK_RESBLOCK ? TNAS_ACT_RELU : TNAS_ACT_RELU6;
    tnas_graph_init(graph, config->h, config->w, config->c);
    int map = conv(&b, config->stem_site, 0, space->stem_kernel, space->stem_stride, config->stem_c,
                   stem_activation);
    for (int i = 0; i < config->position_count; i++)
        map = append_position(&b, space, &config->positions[i], arch, map);
    const int32_t head_c = config->head_c[choice_of(arch, config->head_gene)];
    if (head_c > 0)
        map = conv(&b, config->head_site, map, POINT, POINT, head_c, TNAS_ACT_RELU6);
    append_classifier(&b, config, map);
}
