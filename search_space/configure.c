/* Configures a space: rounds its channels, lists the positions of blocks, makes the gene
 * table and the sites.
 *
 * No second description of the blocks is needed for the sites: the largest network has every
 * layer at its largest shape, so each of its operators with weights is a site. It is decoded
 * once with provisional numbers instead of sites, which say who is to know the site. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "search_space/space.h"

int tnas_round_channels(double channels, int divisor)
{
    const int nearest = (int)(channels + divisor / 2.0) / divisor * divisor;
    const int rounded = nearest > divisor ? nearest : divisor;
    return rounded < 0.9 * channels ? rounded + divisor : rounded;
}

int32_t tnas_block_mid_channels(tnas_block_kind block, double factor, int32_t in_c, int32_t out_c,
                                int divisor)
{
    if (tnas_block_expands(block) == TNAS_EXPAND_OUT)
        return tnas_round_channels(out_c * factor, divisor);
    return factor == 1.0 ? 0 : tnas_round_channels(in_c * factor, divisor);
}

/* A position without a depth gene gives its genes none to be switched by. */
_Static_assert(TNAS_GENE_ALWAYS == TNAS_NONE, "positions hand their depth gene to their genes");

/* Appends a gene for a block that is there while its stage's depth gene says so. */
static tnas_gene *add_gene(tnas_gene_table *genes, int depth_gene, int depth_from)
{
    assert(genes->gene_count < TNAS_GENES_MAX);
    tnas_gene *const gene = &genes->genes[genes->gene_count++];
    gene->active_gene = depth_gene;
    gene->active_from = depth_from;
    return gene;
}

/* Returns the stage's depth gene, TNAS_NONE when there is nothing to choose. */
static int add_depth_gene(tnas_gene_table *genes, const tnas_stage *stage, int stage_index)
{
    if (stage->depth_count == 1)
        return TNAS_NONE;
    tnas_gene *const gene = add_gene(genes, TNAS_GENE_ALWAYS, 0);
    snprintf(gene->name, sizeof gene->name, "s%d.depth", stage_index);
    gene->choice_count = stage->depth_count;
    for (int i = 0; i < stage->depth_count; i++)
        snprintf(gene->choices[i], sizeof gene->choices[i], "%d", stage->depths[i]);
    return genes->gene_count - 1;
}

static void add_kernel_gene(tnas_gene_table *genes, const tnas_stage *stage, tnas_position *place)
{
    place->kernel_gene = TNAS_NONE;
    if (stage->kernel_count == 1)
        return;
    place->kernel_gene = (int16_t)genes->gene_count;
    tnas_gene *const gene = add_gene(genes, place->depth_gene, place->depth_from);
    snprintf(gene->name, sizeof gene->name, "s%d.b%d.kernel", place->stage, place->block);
    gene->choice_count = stage->kernel_count;
    for (int i = 0; i < stage->kernel_count; i++) {
        const tnas_window kernel = stage->kernels[i];
        if (kernel.h == kernel.w)
            snprintf(gene->choices[i], sizeof gene->choices[i], "%d", kernel.h);
        else
            snprintf(gene->choices[i], sizeof gene->choices[i], "%dx%d", kernel.h, kernel.w);
    }
}

/* A gene of factors for a block: where there is only one, there is none. */
static int16_t add_factor_gene(tnas_gene_table *genes, const tnas_position *place,
                               const char *choice_of, const double *factors, int count)
{
    if (count == 1)
        return TNAS_NONE;
    tnas_gene *const gene = add_gene(genes, place->depth_gene, place->depth_from);
    snprintf(gene->name, sizeof gene->name, "s%d.b%d.%s", place->stage, place->block, choice_of);
    gene->choice_count = count;
    for (int i = 0; i < count; i++)
        snprintf(gene->choices[i], sizeof gene->choices[i], "%.4g", factors[i]);
    return (int16_t)(genes->gene_count - 1);
}

/* Factors that round to the same channels would be two names of one network: the smaller one
 * stays. Where the block's input may have more channels or fewer, its fewest decide: factors that
 * differ there differ everywhere. */
static void add_expand_gene(tnas_gene_table *genes, const tnas_stage *stage, int divisor,
                            int32_t least_in_c, tnas_position *place)
{
    int32_t before = -1;
    int count = 0;
    for (int i = 0; i < stage->expand_count; i++) {
        const int32_t mid_c = tnas_block_mid_channels(stage->block, stage->expands[i], least_in_c,
                                                      place->out_c[0], divisor);
        if (mid_c == before)
            continue;
        before = mid_c;
        place->expands[count++] = stage->expands[i];
    }
    place->expand_gene = add_factor_gene(genes, place, "expand", place->expands, count);
}

/* What the blocks of a stage may write, as channels and as factors; returns how many. */
static int list_widths(const tnas_space_config *config, const tnas_stage *stage,
                       int32_t channels[TNAS_STAGE_CHOICES_MAX],
                       double factors[TNAS_STAGE_CHOICES_MAX])
{
    int count = 0;
    for (int i = 0; i < stage->width_count || i == 0; i++) {
        const double factor = stage->width_count > 0 ? stage->widths[i] : 1.0;
        const int32_t out_c =
            tnas_round_channels(stage->channels * config->width * factor, config->space.divisor);
        if (count > 0 && channels[count - 1] == out_c)
            continue;
        channels[count] = out_c;
        factors[count++] = factor;
    }
    return count;
}

/* Channels between two stages. */
typedef struct flow {
    int32_t least_c;
    bool fixed; /* never more than that */
} flow;

/* One stage's positions and genes. */
static void add_stage(tnas_space_config *config, int stage_index, flow *channels_in)
{
    const tnas_space *const space = &config->space;
    const tnas_stage *const stage = &space->stages[stage_index];
    int32_t channels[TNAS_STAGE_CHOICES_MAX] = {0};
    double factors[TNAS_STAGE_CHOICES_MAX];
    const int width_count = list_widths(config, stage, channels, factors);
    const int depth_gene = add_depth_gene(&config->genes, stage, stage_index);
    const int depth_max = stage->depths[stage->depth_count - 1];
    for (int block = 0; block < depth_max; block++) {
        int from = 0; /* the first depth choice that has this block */
        while (stage->depths[from] <= block)
            from++;
        tnas_position *const place = &config->positions[config->position_count++];
        *place = (tnas_position){
            .stage = (uint8_t)stage_index,
            .block = (uint8_t)block,
            .stride = block == 0 ? stage->stride : (tnas_window){1, 1},
            .in_fixed = block == 0 ? channels_in->fixed : width_count == 1,
            .depth_gene = (int16_t)(from > 0 ? depth_gene : TNAS_NONE),
            .depth_from = (int16_t)from,
        };
        memcpy(place->out_c, channels, sizeof channels);
        add_kernel_gene(&config->genes, stage, place);
        add_expand_gene(&config->genes, stage, space->divisor,
                        block == 0 ? channels_in->least_c : channels[0], place);
        place->width_gene = add_factor_gene(&config->genes, place, "width", factors, width_count);
    }
    *channels_in = (flow){channels[0], width_count == 1};
}

/* Channels of the head that round to the same are one choice. */
static void add_head(tnas_space_config *config)
{
    const tnas_space *const space = &config->space;
    int count = 0;
    for (int i = 0; i < space->head_count; i++) {
        const int32_t head_c =
            tnas_round_channels(space->head_channels[i] * config->width, space->divisor);
        if (count == 0 || config->head_c[count - 1] != head_c)
            config->head_c[count++] = head_c;
    }
    config->head_gene = TNAS_NONE;
    if (count < 2)
        return;
    config->head_gene = (int16_t)config->genes.gene_count;
    tnas_gene *const gene = add_gene(&config->genes, TNAS_GENE_ALWAYS, 0);
    snprintf(gene->name, sizeof gene->name, "head.channels");
    gene->choice_count = count;
    for (int i = 0; i < count; i++)
        snprintf(gene->choices[i], sizeof gene->choices[i], "%d", config->head_c[i]);
}

/* The site behind a tensor: what wrote it, seen through pooling and sums. */
static int16_t find_site(const tnas_graph *graph, const int16_t *site_of_op, int tensor)
{
    int op = tensor - 1; /* operator i writes tensor i + 1 */
    while (op >= 0 && site_of_op[op] == TNAS_NONE)
        op = graph->ops[op].in[0] - 1;
    return op >= 0 ? site_of_op[op] : TNAS_NONE;
}

enum { SITE_HOLDERS_MAX = 3 + TNAS_POSITIONS_MAX * TNAS_BLOCK_ROLES_MAX };

/* Every field that names a site. */
static int list_site_holders(tnas_space_config *config, int16_t *holders[SITE_HOLDERS_MAX])
{
    int count = 0;
    holders[count++] = &config->stem_site;
    holders[count++] = &config->head_site;
    holders[count++] = &config->classifier_site;
    for (int place = 0; place < config->position_count; place++)
        for (int role = 0; role < TNAS_BLOCK_ROLES_MAX; role++)
            holders[count++] = &config->positions[place].sites[role];
    return count;
}

static void add_sites(tnas_space_config *config)
{
    int16_t *holders[SITE_HOLDERS_MAX];
    const int holder_count = list_site_holders(config, holders);
    for (int i = 0; i < holder_count; i++)
        *holders[i] = (int16_t)i;
    tnas_arch largest;
    tnas_graph graph;
    int16_t holder_of_op[TNAS_GRAPH_OPS_MAX], site_of_op[TNAS_GRAPH_OPS_MAX];
    tnas_arch_largest(&config->genes, &largest);
    tnas_space_decode(config, &largest, &graph, holder_of_op);
    for (int i = 0; i < holder_count; i++)
        *holders[i] = TNAS_NONE;
    for (int op = 0; op < graph.op_count; op++) {
        site_of_op[op] = TNAS_NONE;
        if (holder_of_op[op] == TNAS_NONE)
            continue;
        const tnas_op *const o = &graph.ops[op];
        const int16_t site = (int16_t)config->site_count++;
        config->sites[site] = (tnas_site){
            .kind = o->kind,
            .out_c = graph.tensors[o->out].c,
            .in_c = o->kind == TNAS_OP_DWCONV2D ? 1 : graph.tensors[o->in[0]].c,
            .kernel_h = o->kernel_h,
            .kernel_w = o->kernel_w,
            .input_site = find_site(&graph, site_of_op, o->in[0]),
        };
        site_of_op[op] = site;
        *holders[holder_of_op[op]] = site;
    }
}

static int32_t side_after(int32_t side, int stride)
{
    return (side + stride - 1) / stride;
}

/* Sides fit the graph's 16 bits, and the last map fits a pooling window's 8. */
static tnas_status check_data(const tnas_space_config *config)
{
    const tnas_space *const space = &config->space;
    if (config->h < 1 || config->w < 1 || config->c < 1 || config->h > INT16_MAX ||
        config->w > INT16_MAX || config->c > INT16_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "space %s: input %dx%dx%d: each must be 1 to %d",
                         space->name, config->h, config->w, config->c, INT16_MAX);
    if (config->class_count < 2 || config->class_count > INT16_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "space %s: %d classes: must be 2 to %d", space->name,
                         config->class_count, INT16_MAX);
    int32_t h = side_after(config->h, space->stem_stride.h);
    int32_t w = side_after(config->w, space->stem_stride.w);
    for (int i = 0; i < space->stage_count; i++) {
        h = side_after(h, space->stages[i].stride.h);
        w = side_after(w, space->stages[i].stride.w);
    }
    if (h > UINT8_MAX || w > UINT8_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "space %s: an input of %dx%d leaves a last map of %dx%d: must be at most "
                         "%dx%d, take larger strides",
                         space->name, config->h, config->w, h, w, UINT8_MAX, UINT8_MAX);
    return TNAS_OK;
}

tnas_status tnas_space_configure(const tnas_space *space, int input, int width, int data_h,
                                 int data_w, int data_c, int class_count, tnas_space_config *out)
{
    assert(input >= 0 && input < (space->input_count > 0 ? space->input_count : 1));
    assert(width >= 0 && width < space->width_count);
    memset(out, 0, sizeof *out);
    out->space = *space;
    out->h = space->input_count > 0 ? space->inputs[input].h : data_h;
    out->w = space->input_count > 0 ? space->inputs[input].w : data_w;
    out->c = data_c;
    out->class_count = class_count;
    out->width = space->widths[width];
    TNAS_TRY(check_data(out));

    out->stem_c = tnas_round_channels(space->stem_channels * out->width, space->divisor);
    flow channels = {out->stem_c, true};
    for (int i = 0; i < space->stage_count; i++)
        add_stage(out, i, &channels);
    add_head(out);
    add_sites(out);
    return TNAS_OK;
}
