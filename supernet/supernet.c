/* A slot a site, views by prefix: the widths a network uses are the first channels of its
 * slots, so the first channels learn in every network and the last ones in the widest only.
 * Kernels are centre crops, as in Yu et al., "BigNAS", ECCV 2020, or made from them by matrices, as
 * in Cai et al., "Once-for-All", ICLR 2020. */
#include "supernet/supernet.h"

#include <assert.h>

#include "common/alloc.h"

static tnas_slot slot_of_site(const tnas_site *site)
{
    return (tnas_slot){.kind = site->kind,
                       .out_c = site->out_c,
                       .in_c = site->in_c,
                       .kernel_h = site->kernel_h,
                       .kernel_w = site->kernel_w,
                       .batch_norm = site->kind != TNAS_OP_FC};
}

/* The windows of a position's stage below the largest, which its depthwise slot has already. */
static void add_windows(const tnas_space_config *config, tnas_slot *shapes)
{
    for (int i = 0; i < config->position_count; i++) {
        const tnas_position *const place = &config->positions[i];
        const tnas_stage *const stage = &config->space.stages[place->stage];
        for (int role = 0; role < TNAS_BLOCK_ROLES_MAX; role++) {
            const int16_t site = place->sites[role];
            if (site == TNAS_NONE || shapes[site].kind != TNAS_OP_DWCONV2D)
                continue;
            for (int k = stage->kernel_count - 2; k >= 0; k--)
                shapes[site].windows[shapes[site].window_count++] =
                    (tnas_slot_window){(uint8_t)stage->kernels[k].h, (uint8_t)stage->kernels[k].w};
        }
    }
}

_Static_assert(TNAS_STAGE_CHOICES_MAX - 1 <= TNAS_SLOT_WINDOWS_MAX, "a slot has all windows");

tnas_status tnas_supernet_create(const tnas_space_config *config, tnas_kernel_source kernels,
                                 uint64_t seed, tnas_supernet **out)
{
    *out = NULL;
    tnas_slot shapes[TNAS_SITES_MAX];
    for (int i = 0; i < config->site_count; i++)
        shapes[i] = slot_of_site(&config->sites[i]);
    if (kernels == TNAS_KERNEL_TRANSFORM)
        add_windows(config, shapes);
    tnas_supernet *supernet = tnas_alloc_zero(1, sizeof *supernet);
    if (supernet == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "supernet of space %s", config->space.name);
    supernet->config = config;
    supernet->kernels = kernels;
    const tnas_status status = tnas_store_create(shapes, config->site_count, &supernet->store);
    if (status != TNAS_OK) {
        tnas_supernet_destroy(supernet);
        return status;
    }
    tnas_store_init_random(supernet->store, seed);
    *out = supernet;
    return TNAS_OK;
}

void tnas_supernet_destroy(tnas_supernet *supernet)
{
    if (supernet == NULL)
        return;
    tnas_store_destroy(supernet->store);
    tnas_free(supernet);
}

/* The part of its site's slot that an operator uses: as much as its tensors have channels. */
static tnas_view view_of_op(const tnas_graph *graph, int index, int16_t site)
{
    const tnas_op *const op = &graph->ops[index];
    const tnas_tensor *const in = &graph->tensors[op->in[0]];
    tnas_view view = {.slot = site};
    if (site == TNAS_NONE)
        return view;
    view.out_prefix = graph->tensors[op->out].c;
    if (op->kind == TNAS_OP_DWCONV2D)
        view.in_prefix = 1;
    else if (op->kind == TNAS_OP_FC)
        view.in_prefix = (int32_t)tnas_tensor_count(in);
    else
        view.in_prefix = in->c;
    return view;
}

tnas_status tnas_supernet_view(const tnas_supernet *supernet, const tnas_arch *arch, tnas_net *out)
{
    assert(tnas_arch_legal(&supernet->config->genes, arch));
    tnas_graph graph;
    int16_t site_of_op[TNAS_GRAPH_OPS_MAX];
    tnas_space_decode(supernet->config, arch, &graph, site_of_op);
    tnas_view views[TNAS_GRAPH_OPS_MAX];
    for (int i = 0; i < graph.op_count; i++) {
        views[i] = view_of_op(&graph, i, site_of_op[i]);
        if (graph.ops[i].kind == TNAS_OP_DWCONV2D)
            views[i].kernel = supernet->kernels;
    }
    return tnas_net_build(&graph, views, supernet->store, out);
}

tnas_status tnas_supernet_extract(const tnas_supernet *supernet, const tnas_arch *arch,
                                  tnas_net *net, tnas_store **store)
{
    *store = NULL;
    tnas_net view;
    TNAS_TRY(tnas_supernet_view(supernet, arch, &view));
    TNAS_TRY(tnas_net_build_fixed(&view.graph, net, store));
    const tnas_status status = tnas_net_copy(&view, supernet->store, net, *store);
    if (status != TNAS_OK) {
        tnas_store_destroy(*store);
        *store = NULL;
    }
    return status;
}
