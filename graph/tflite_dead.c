/* Channels that are constant whatever the input, because all their weights are 0: pruning and
 * regularisation leave them behind. Some runtimes leave them out, so their MACs cost nothing.
 * A constant channel stays constant through a depthwise convolution, but for its border when the
 * constant is not what pads: the count does not look that closely. */
#include "graph/tflite_import.h"

tnas_tfl_layout tnas_tfl_layout_of(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const size_t channels = (size_t)graph->tensors[o->out].c;
    const size_t weights = (size_t)tnas_op_weight_count(graph, op) / channels;
    const bool hwc = o->kind == TNAS_OP_DWCONV2D;
    return (tnas_tfl_layout){channels, weights, hwc ? 1 : weights, hwc ? channels : 1};
}

static bool is_dead(const tnas_op_constants *k, const tnas_tfl_layout *l, size_t channel)
{
    for (size_t i = 0; i < l->weights; i++) {
        const size_t at = channel * l->channel_step + i * l->step;
        if (k->weight != NULL ? k->weight[at] != 0.0f : k->weight_s8[at] != 0)
            return false;
    }
    return true;
}

/* Which channels of each tensor are constant whatever the input: 1 is dead. */
typedef struct dead_map {
    uint8_t *channels[TNAS_GRAPH_TENSORS_MAX];
} dead_map;

static int64_t live_count(const tnas_graph *graph, const dead_map *map, int tensor)
{
    int64_t count = 0;
    for (int32_t c = 0; c < graph->tensors[tensor].c; c++)
        count += map->channels[tensor][c] == 0;
    return count;
}

/* A constant channel stays one through whatever treats channels apart; filters start anew. */
static void spread_dead(const tnas_graph *graph, int op, const tnas_op_constants *k, dead_map *map)
{
    const tnas_op *const o = &graph->ops[op];
    const int32_t first_c = graph->tensors[o->in[0]].c;
    const bool filters = tnas_op_has(o->kind, TNAS_OP_FILTERS);
    const tnas_tfl_layout l = filters ? tnas_tfl_layout_of(graph, op) : (tnas_tfl_layout){0};
    for (int32_t c = 0; c < graph->tensors[o->out].c; c++) {
        uint8_t dead = filters && is_dead(k, &l, (size_t)c);
        if (o->kind == TNAS_OP_CONCAT)
            dead = c < first_c ? map->channels[o->in[0]][c] : map->channels[o->in[1]][c - first_c];
        else if (o->kind == TNAS_OP_ADD || o->kind == TNAS_OP_MUL)
            dead = map->channels[o->in[0]][c] && map->channels[o->in[1]][c];
        else if (o->kind != TNAS_OP_CONV2D && o->kind != TNAS_OP_FC && o->kind != TNAS_OP_SOFTMAX)
            dead = dead || map->channels[o->in[0]][c];
        map->channels[o->out][c] = dead;
    }
}

static int64_t live_macs(const tnas_graph *graph, int op, const dead_map *map)
{
    const tnas_op *const o = &graph->ops[op];
    const int64_t live_out = live_count(graph, map, o->out);
    const int64_t of_one = tnas_op_macs(graph, op) / graph->tensors[o->out].c;
    if (o->kind == TNAS_OP_DWCONV2D || !tnas_op_has(o->kind, TNAS_OP_FILTERS))
        return of_one * live_out;
    return of_one / graph->tensors[o->in[0]].c * live_out * live_count(graph, map, o->in[0]);
}

static void count(tnas_tfl_import *import, const tnas_model *model, dead_map *map)
{
    const tnas_graph *const graph = &model->graph;
    tnas_tflite_notes *const notes = &import->notes;
    for (int op = 0; op < graph->op_count; op++) {
        spread_dead(graph, op, &model->constants[op], map);
        if (tnas_op_has(graph->ops[op].kind, TNAS_OP_FILTERS)) {
            const tnas_tfl_layout l = tnas_tfl_layout_of(graph, op);
            for (size_t c = 0; c < l.channels; c++)
                notes->dead_channels[op] += is_dead(&model->constants[op], &l, c);
        }
        notes->dead_channel_count += notes->dead_channels[op];
        notes->live_macs[op] = live_macs(graph, op, map);
        notes->live_mac_count += notes->live_macs[op];
    }
}

tnas_status tnas_tfl_count_dead(tnas_tfl_import *import, const tnas_model *model)
{
    dead_map map;
    tnas_arena arena;
    tnas_arena_init(&arena);
    tnas_status status = TNAS_OK;
    for (int t = 0; t < model->graph.tensor_count && status == TNAS_OK; t++) {
        map.channels[t] = TNAS_ARENA_NEW(&arena, uint8_t, (size_t)model->graph.tensors[t].c);
        if (map.channels[t] == NULL)
            status = tnas_fail(TNAS_ERR_NOMEM, "dead channels of %s", import->file->flat.name);
    }
    if (status == TNAS_OK)
        count(import, model, &map);
    tnas_arena_deinit(&arena);
    return status;
}
