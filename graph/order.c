/* Orders of a branched graph as paths through the sets of operators already executed.
 *
 *      {} --a--> {a} --b--> {a,b} --c--> {a,b,c}      What is alive after a set is executed does
 *        \                 /                          not depend on the order within it, so of
 *         --b--> {b} --a--                            two paths to one set the lower peak wins
 *                                                     (Ahn et al., "Ordering Chaos", MLSys 2020).
 *
 * All sets of one size form a layer; a layer keeps at most BEAM sets, those of the lowest peak.
 * While none is dropped, the result is optimal: a few branches of a few operators. Beyond
 * that it is a beam search. Sets whose peak is not below the best known order's are dropped too,
 * which loses nothing.
 *
 * Three short cuts keep networks of a search space free of all this. An order is unique when
 * each operator reads the output of the one before. The graph falls into regions where a
 * single tensor is alive, and each is ordered on its own. And a region matters only when its
 * peak in the file's order exceeds the floor: what some operator needs for itself alone. */
#include "graph/order.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORDS = (TNAS_GRAPH_OPS_MAX + 63) / 64,
    BEAM = 256,
    NARROW_BEAM = 8,       /* for a first bound, and once the work is done */
    CANDIDATES = 4 * BEAM, /* of a layer, before the best are kept */
    HASH_CELLS = 2048,     /* power of two, twice the candidates */
    WORK_MAX = 100000,     /* transitions: some milliseconds */
};

typedef struct op_set {
    uint64_t words[WORDS];
} op_set;

static bool has(const op_set *set, int op)
{
    return (set->words[op / 64] >> (op % 64)) & 1;
}

static void add(op_set *set, int op)
{
    set->words[op / 64] |= UINT64_C(1) << (op % 64);
}

static bool contains(const op_set *set, const op_set *part)
{
    for (int i = 0; i < WORDS; i++)
        if ((part->words[i] & ~set->words[i]) != 0)
            return false;
    return true;
}

static bool equal(const op_set *a, const op_set *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* What ordering needs of an operator; sets hold operators counted from the region's first. */
typedef struct node {
    size_t out_bytes, scratch_bytes;
    op_set needs; /* operators of the region before it */
} node;

typedef struct region {
    const tnas_graph *graph;
    const tnas_target *target;
    int first, count; /* operators */
    node nodes[TNAS_GRAPH_OPS_MAX];
    op_set readers[TNAS_GRAPH_TENSORS_MAX]; /* by tensor: its readers in this region */
    bool stays[TNAS_GRAPH_TENSORS_MAX];     /* by tensor: read behind the region, or the output */
    size_t bytes[TNAS_GRAPH_TENSORS_MAX];   /* by tensor, aligned */
} region;

typedef struct state {
    op_set done;
    size_t live_bytes, peak_bytes;
    int16_t parent, op; /* of the layer before; what was executed last */
} state;

typedef struct beam {
    int count;
    state states[CANDIDATES];
    int16_t cells[HASH_CELLS]; /* states by hash of their set; TNAS_NONE: free */
} beam;

typedef struct trail {
    int16_t parent, op;
} trail;

/* The second input of a product may be one pixel of channels: no room for the product. */
static bool is_one_pixel(const tnas_graph *graph, int op, int side)
{
    return side == 1 && tnas_tensor_count(&graph->tensors[graph->ops[op].in[1]]) <
                            tnas_tensor_count(&graph->tensors[graph->ops[op].out]);
}

int tnas_side_to_overwrite(const tnas_graph *graph, const tnas_target *target, int op,
                           const bool dies[2])
{
    int chosen = TNAS_NONE;
    for (int side = 0; side < 2; side++) {
        const int tensor = graph->ops[op].in[side];
        if (tensor == TNAS_NONE || !dies[side] || !target->in_place(graph, op, side) ||
            is_one_pixel(graph, op, side))
            continue;
        if (chosen == TNAS_NONE || tensor < graph->ops[op].in[chosen])
            chosen = side;
    }
    return chosen;
}

static bool order_is_unique(const tnas_graph *graph)
{
    for (int op = 1; op < graph->op_count; op++) {
        const int before = graph->ops[op - 1].out;
        if (graph->ops[op].in[0] != before && graph->ops[op].in[1] != before)
            return false;
    }
    return true;
}

/* ---- One step ---- */

typedef struct step_cost {
    size_t during_bytes, after_bytes;
} step_cost;

/* Executes an operator of the region when `done` (with itself) is executed and live_bytes are
 * alive before it. */
static step_cost execute(const region *r, int index, const op_set *done, size_t live_bytes)
{
    const tnas_op *const op = &r->graph->ops[r->first + index];
    const node *const n = &r->nodes[index];
    bool dies[2] = {false, false};
    size_t dying_bytes = 0;
    for (int side = 0; side < 2; side++) {
        const int t = op->in[side];
        dies[side] = t != TNAS_NONE && !r->stays[t] && contains(done, &r->readers[t]);
        if (dies[side] && !(side == 1 && op->in[0] == t))
            dying_bytes += r->bytes[t];
    }
    step_cost cost = {.during_bytes = live_bytes + n->out_bytes + n->scratch_bytes,
                      .after_bytes = live_bytes + n->out_bytes - dying_bytes};
    const int side = tnas_side_to_overwrite(r->graph, r->target, r->first + index, dies);
    if (side != TNAS_NONE) {
        const size_t overwritten = r->bytes[op->in[side]];
        cost.during_bytes -= overwritten < n->out_bytes ? overwritten : n->out_bytes;
    }
    const op_set none = {{0}};
    if (!r->stays[op->out] && equal(&r->readers[op->out], &none))
        cost.after_bytes -= n->out_bytes; /* nobody reads it */
    return cost;
}

/* ---- Regions ---- */

/* How many tensors are alive behind each operator in the file's order. What nobody reads counts
 * from then on: its operator may run anywhere behind its inputs, so no region may end. */
static void count_alive(const tnas_graph *graph, int16_t last_reader[TNAS_GRAPH_TENSORS_MAX],
                        int16_t alive[TNAS_GRAPH_OPS_MAX])
{
    for (int t = 0; t < graph->tensor_count; t++)
        last_reader[t] = TNAS_NONE;
    for (int16_t op = 0; op < graph->op_count; op++)
        for (int side = 0; side < 2; side++)
            if (graph->ops[op].in[side] != TNAS_NONE)
                last_reader[graph->ops[op].in[side]] = op;
    last_reader[tnas_graph_output(graph)] = INT16_MAX;
    for (int op = 0; op < graph->op_count; op++) {
        alive[op] = 0;
        for (int t = 0; t <= op + 1; t++)
            alive[op] += last_reader[t] > op || last_reader[t] == TNAS_NONE;
    }
}

static size_t aligned(size_t bytes, size_t align)
{
    return (bytes + align - 1) / align * align;
}

static void open_region(region *r, int first, int end, const int16_t *last_reader,
                        const int16_t *kernels)
{
    const tnas_graph *const graph = r->graph;
    r->first = first;
    r->count = end - first;
    for (int t = 0; t <= end; t++) {
        r->readers[t] = (op_set){{0}};
        r->stays[t] = last_reader[t] >= end;
    }
    for (int i = 0; i < r->count; i++) {
        const tnas_op *const op = &graph->ops[first + i];
        node *const n = &r->nodes[i];
        *n = (node){.out_bytes = r->bytes[op->out]};
        n->scratch_bytes = aligned(r->target->scratch_bytes(graph, first + i, kernels[first + i]),
                                   r->target->tensor_align_bytes);
        for (int side = 0; side < 2; side++) {
            if (op->in[side] == TNAS_NONE)
                continue;
            add(&r->readers[op->in[side]], i);
            if (op->in[side] > first) /* written in this region */
                add(&n->needs, op->in[side] - 1 - first);
        }
    }
    if (end == graph->op_count) /* the output last */
        for (int i = 0; i + 1 < r->count; i++)
            add(&r->nodes[r->count - 1].needs, i);
}

/* Bytes alive before the region: the one tensor that leads into it. */
static size_t entry_bytes(const region *r)
{
    size_t bytes = 0;
    for (int t = 0; t <= r->first; t++)
        if (r->stays[t] || !equal(&r->readers[t], &(op_set){{0}}))
            bytes += r->bytes[t];
    return bytes;
}

static size_t file_order_peak(const region *r)
{
    op_set done = {{0}};
    size_t live = entry_bytes(r), peak = 0;
    for (int i = 0; i < r->count; i++) {
        add(&done, i);
        const step_cost cost = execute(r, i, &done, live);
        peak = cost.during_bytes > peak ? cost.during_bytes : peak;
        live = cost.after_bytes;
    }
    return peak;
}

/* What the operator needs in any order: its inputs, its output, its scratch. */
static size_t own_bytes(const region *r, int index)
{
    const tnas_op *const op = &r->graph->ops[r->first + index];
    op_set all;
    memset(&all, 0xff, sizeof all);
    size_t inputs = r->bytes[op->in[0]];
    if (op->in[1] != TNAS_NONE && op->in[1] != op->in[0])
        inputs += r->bytes[op->in[1]];
    return execute(r, index, &all, inputs).during_bytes;
}

/* ---- Search ---- */

static int by_peak(const void *a, const void *b)
{
    const state *const x = a, *const y = b;
    if (x->peak_bytes != y->peak_bytes)
        return x->peak_bytes < y->peak_bytes ? -1 : 1;
    if (x->live_bytes != y->live_bytes)
        return x->live_bytes < y->live_bytes ? -1 : 1;
    return memcmp(&x->done, &y->done, sizeof x->done); /* one result, whatever qsort does */
}

static unsigned hash_of(const op_set *set)
{
    uint64_t hash = 0;
    for (int i = 0; i < WORDS; i++)
        hash = (hash ^ set->words[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned)(hash >> 40) & (HASH_CELLS - 1);
}

static void clear(beam *b)
{
    b->count = 0;
    memset(b->cells, 0xff, sizeof b->cells);
}

static void insert(beam *b, const state *s)
{
    unsigned cell = hash_of(&s->done);
    while (b->cells[cell] != TNAS_NONE && !equal(&b->states[b->cells[cell]].done, &s->done))
        cell = (cell + 1) & (HASH_CELLS - 1);
    if (b->cells[cell] == TNAS_NONE) {
        b->cells[cell] = (int16_t)b->count;
        b->states[b->count++] = *s;
    } else if (s->peak_bytes < b->states[b->cells[cell]].peak_bytes) {
        b->states[b->cells[cell]] = *s;
    }
}

static void keep_best(beam *b, int width)
{
    if (b->count <= width)
        return;
    qsort(b->states, (size_t)b->count, sizeof b->states[0], by_peak);
    const int kept = width;
    clear(b);
    for (int i = 0; i < kept; i++) {
        const state s = b->states[i];
        insert(b, &s);
    }
}

/* All that can follow a state; returns the transitions tried. */
static int expand(const region *r, const state *from, int16_t parent, size_t below_bytes,
                  beam *next)
{
    int tried = 0;
    for (int i = 0; i < r->count; i++) {
        if (has(&from->done, i) || !contains(&from->done, &r->nodes[i].needs))
            continue;
        tried++;
        state s = {.done = from->done, .parent = parent, .op = (int16_t)i};
        add(&s.done, i);
        const step_cost cost = execute(r, i, &s.done, from->live_bytes);
        s.live_bytes = cost.after_bytes;
        s.peak_bytes = cost.during_bytes > from->peak_bytes ? cost.during_bytes : from->peak_bytes;
        if (s.peak_bytes >= below_bytes)
            continue;
        if (next->count == CANDIDATES)
            keep_best(next, BEAM);
        insert(next, &s);
    }
    return tried;
}

/* Looks for an order with a peak below *peak_bytes; writes it and its peak when there is one. */
static void search(const region *r, int width, size_t *peak_bytes, int16_t *order)
{
    beam layers[2];
    trail trails[TNAS_GRAPH_OPS_MAX][BEAM];
    int work = 0;
    clear(&layers[0]);
    insert(&layers[0], &(state){.live_bytes = entry_bytes(r), .op = TNAS_NONE});
    for (int layer = 0; layer < r->count; layer++) {
        const beam *const now = &layers[layer % 2];
        beam *const next = &layers[(layer + 1) % 2];
        clear(next);
        for (int i = 0; i < now->count; i++)
            work += expand(r, &now->states[i], (int16_t)i, *peak_bytes, next);
        keep_best(next, work < WORK_MAX ? width : NARROW_BEAM);
        if (next->count == 0)
            return;
        for (int i = 0; i < next->count; i++)
            trails[layer][i] = (trail){next->states[i].parent, next->states[i].op};
    }
    *peak_bytes = layers[r->count % 2].states[0].peak_bytes;
    for (int layer = r->count - 1, i = 0; layer >= 0; layer--) {
        order[layer] = (int16_t)(r->first + trails[layer][i].op);
        i = trails[layer][i].parent;
    }
}

/* First a narrow beam, whose peak prunes the wide one. */
static void order_region(const region *r, size_t floor_bytes, size_t file_peak, int16_t *order)
{
    size_t peak = file_peak;
    search(r, NARROW_BEAM, &peak, order);
    if (peak > floor_bytes)
        search(r, BEAM, &peak, order);
}

void tnas_order_find(const tnas_graph *graph, const tnas_target *target, const int16_t *kernels,
                     int16_t *order)
{
    for (int op = 0; op < graph->op_count; op++)
        order[op] = (int16_t)op;
    if (order_is_unique(graph))
        return;
    int16_t last_reader[TNAS_GRAPH_TENSORS_MAX], alive[TNAS_GRAPH_OPS_MAX];
    count_alive(graph, last_reader, alive);
    region r = {.graph = graph, .target = target};
    for (int t = 0; t < graph->tensor_count; t++)
        r.bytes[t] =
            aligned((size_t)tnas_tensor_count(&graph->tensors[t]), target->tensor_align_bytes);
    size_t peaks[TNAS_GRAPH_OPS_MAX], floor_bytes = 0; /* peaks by a region's first operator */
    for (int pass = 0; pass < 2; pass++)
        for (int first = 0, end; first < graph->op_count; first = end) {
            end = first + 1;
            while (end < graph->op_count && alive[end - 1] != 1)
                end++;
            open_region(&r, first, end, last_reader, kernels);
            if (pass == 1 && peaks[first] > floor_bytes)
                order_region(&r, floor_bytes, peaks[first], order + first);
            if (pass == 1)
                continue;
            peaks[first] = file_order_peak(&r);
            for (int i = 0; i < r.count; i++) {
                const size_t own = own_bytes(&r, i);
                floor_bytes = own > floor_bytes ? own : floor_bytes;
            }
        }
}
