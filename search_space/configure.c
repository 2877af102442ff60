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

/* Factors that round to the same channels would be two names of one network: the smaller one
 * stays. */
static void add_expand_gene(tnas_gene_table *genes, const tnas_stage *stage, int divisor,
                            tnas_position *place)
{
    double factors[TNAS_STAGE_CHOICES_MAX];
    int count = 0;
    for (int i = 0; i < stage->expand_count; i++) {
        const double factor = stage->expands[i];
        const int mid_c = factor == 1.0 ? 0 : tnas_round_channels(place->in_c * factor, divisor);
        if (count > 0 && place->mid_c[count - 1] == mid_c)
            continue;
        place->mid_c[count] = mid_c;
        factors[count++] = factor;
    }
    place->expand_gene = TNAS_NONE;
    if (count == 1)
        return;
    place->expand_gene = (int16_t)genes->gene_count;
    tnas_gene *const gene = add_gene(genes, place->depth_gene, place->depth_from);
    snprintf(gene->name, sizeof gene->name, "s%d.b%d.expand", place->stage, place->block);
    gene->choice_count = count;
    for (int i = 0; i < count; i++)
        snprintf(gene->choices[i], sizeof gene->choices[i], "%.4g", factors[i]);
}

/* One stage's positions and genes; in_c is what it reads. Returns its output channels. */
static int32_t add_stage(tnas_space_config *config, int stage_index, int32_t in_c)
{
    const tnas_space *const space = &config->space;
    const tnas_stage *const stage = &space->stages[stage_index];
    const int32_t out_c = tnas_round_channels(stage->channels * config->width, space->divisor);
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
            .in_c = block == 0 ? in_c : out_c,
            .out_c = out_c,
            .depth_gene = (int16_t)(from > 0 ? depth_gene : TNAS_NONE),
            .depth_from = (int16_t)from,
        };
        place->residual =
            place->stride.h == 1 && place->stride.w == 1 && place->in_c == place->out_c;
        add_kernel_gene(&config->genes, stage, place);
        add_expand_gene(&config->genes, stage, space->divisor, place);
    }
    return out_c;
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
    int32_t channels = out->stem_c;
    for (int i = 0; i < space->stage_count; i++)
        channels = add_stage(out, i, channels);
    if (space->head_channels > 0)
        out->head_c = tnas_round_channels(space->head_channels * out->width, space->divisor);
    add_sites(out);
    return TNAS_OK;
}
