/* Offline memory planning as rectangles in (time, address).
 *
 *   address               A rectangle is a buffer: the steps it lives wide, its bytes high.
 *     ^    +----+         An item is what shares one address: a scratch buffer, or a chain of
 *     |    | d1 |         tensors of which each overwrites the one before in place (x0, x1).
 *     | +--+-+--+--+
 *     | | e1 |  |p1|      Each item goes to the lowest address where it meets nobody who lives
 *     +-+----+--+--+--+   at one of its steps (first fit), so a plan is an order of the items.
 *     | x0         |x1|
 *     +------------+--+   The lower bound is the most bytes alive at a step. Search for an
 *          step ->        order that reaches it, and stop as soon as one does:
 *
 *   1. by size, then by breadth (Pisarchyk and Lee, "Efficient Memory Management for Deep
 *      Neural Net Inference", MLSys 2020);
 *   2. each of them repaired: the item that sticks out at the top goes first the next time;
 *   3. a walk that exchanges two items at a time.
 *
 * Networks of a search space end in 1 or 2, which takes microseconds: this runs for every
 * candidate, without heap and recursion. Wildly branched imports may need 3. */
#include "graph/plan.h"

#include <string.h>

#include "common/rng.h"

enum {
    RECTS_MAX = TNAS_GRAPH_TENSORS_MAX + TNAS_GRAPH_OPS_MAX,
    REPAIRS_MAX = 24,       /* per sorted order */
    SWAP_WORK_MAX = 100000, /* placements of single items: some milliseconds */
};

typedef struct rect {
    size_t bytes;
    int16_t first, last; /* steps, both included */
    int16_t source;      /* tensor, or TNAS_GRAPH_TENSORS_MAX + step for its scratch */
} rect;

typedef struct item {
    size_t bytes;                 /* of its highest rectangle */
    int16_t first_rect, end_rect; /* its rectangles are neighbours in the array */
    int16_t first, last;          /* steps */
    int16_t near, near_end;       /* the items that can meet it in time are among these */
} item;

/* Items are in the order in which their lives begin. */
typedef struct packing {
    int item_count;
    rect rects[RECTS_MAX];
    item items[RECTS_MAX];
    size_t live_bytes[TNAS_GRAPH_OPS_MAX]; /* by step */
    size_t bound_bytes;
    size_t barrier_bytes; /* nobody lies across this address; SIZE_MAX: there is none */
    int peak_step;
} packing;

typedef struct layout {
    int16_t order[RECTS_MAX];       /* items as they are placed */
    size_t offset_bytes[RECTS_MAX]; /* by item */
    bool placed[RECTS_MAX];         /* by item */
    size_t arena_bytes;
} layout;

typedef struct lifetimes {
    int16_t first[TNAS_GRAPH_TENSORS_MAX], last[TNAS_GRAPH_TENSORS_MAX]; /* steps */
    bool internal[TNAS_GRAPH_TENSORS_MAX];     /* never leaves the step that computes it */
    int16_t successor[TNAS_GRAPH_TENSORS_MAX]; /* the tensor that takes its place, or TNAS_NONE */
    bool takes_place[TNAS_GRAPH_TENSORS_MAX];  /* is a successor itself */
} lifetimes;

static int overwritten_tensor(const tnas_graph *graph, const tnas_step *step)
{
    return step->in_place ? graph->ops[step->op].in[step->in_place_side] : TNAS_NONE;
}

static int written_tensor(const tnas_graph *graph, const tnas_step *step)
{
    return graph->ops[step->op + step->op_count - 1].out;
}

static void find_lifetimes(const tnas_graph *graph, const tnas_schedule *schedule, lifetimes *out)
{
    out->first[0] = out->last[0] = 0;
    out->internal[0] = false;
    for (int t = 0; t < graph->tensor_count; t++) {
        out->successor[t] = TNAS_NONE;
        out->takes_place[t] = false;
    }
    for (int16_t s = 0; s < schedule->step_count; s++) {
        const tnas_step *const step = &schedule->steps[s];
        for (int op = step->op; op < step->op + step->op_count; op++) {
            const tnas_op *const o = &graph->ops[op];
            out->first[o->out] = out->last[o->out] = s;
            out->internal[o->out] = op + 1 < step->op + step->op_count;
            for (int side = 0; side < 2; side++) {
                const int t = o->in[side];
                if (t == TNAS_NONE)
                    continue;
                out->last[t] = s;
                if (out->first[t] != s)
                    out->internal[t] = false;
            }
        }
        const int overwritten = overwritten_tensor(graph, step);
        if (overwritten != TNAS_NONE) {
            out->successor[overwritten] = (int16_t)written_tensor(graph, step);
            out->takes_place[written_tensor(graph, step)] = true;
        }
    }
}

static size_t round_up(size_t bytes, size_t align)
{
    return (bytes + align - 1) / align * align;
}

static void size_buffers(const tnas_graph *graph, const tnas_schedule *schedule,
                         const tnas_target *target, const lifetimes *lives, tnas_plan *plan)
{
    const size_t align = target->tensor_align_bytes;
    for (int t = 0; t < graph->tensor_count; t++) {
        const size_t bytes = (size_t)tnas_tensor_count(&graph->tensors[t]);
        plan->tensors[t] =
            (tnas_placement){.bytes = lives->internal[t] ? 0 : round_up(bytes, align)};
    }
    for (int s = 0; s < schedule->step_count; s++) {
        const tnas_step *const step = &schedule->steps[s];
        const size_t bytes = target->scratch_bytes(graph, step->op, step->kernel);
        plan->scratch[s] = (tnas_placement){.bytes = round_up(bytes, align)};
    }
}

/* live_bytes[s]: what must lie in memory at step s. Input and output of an in-place step
 * share their place. */
static void sum_live_bytes(const tnas_graph *graph, const tnas_schedule *schedule,
                           const lifetimes *lives, const tnas_plan *plan,
                           size_t live_bytes[TNAS_GRAPH_OPS_MAX])
{
    for (int s = 0; s < schedule->step_count; s++)
        live_bytes[s] = plan->scratch[s].bytes;
    for (int t = 0; t < graph->tensor_count; t++)
        for (int s = lives->first[t]; s <= lives->last[t]; s++)
            live_bytes[s] += plan->tensors[t].bytes;
    for (int s = 0; s < schedule->step_count; s++) {
        const int overwritten = overwritten_tensor(graph, &schedule->steps[s]);
        if (overwritten == TNAS_NONE)
            continue;
        const size_t before = plan->tensors[overwritten].bytes;
        const size_t after = plan->tensors[written_tensor(graph, &schedule->steps[s])].bytes;
        live_bytes[s] -= before < after ? before : after;
    }
}

static void add_item(packing *p)
{
    const int16_t rects = p->item_count > 0 ? p->items[p->item_count - 1].end_rect : 0;
    item *const it = &p->items[p->item_count++];
    *it = (item){.first_rect = rects, .end_rect = rects, .first = INT16_MAX};
}

/* To the newest item. */
static void add_rect(packing *p, rect r)
{
    item *const it = &p->items[p->item_count - 1];
    p->rects[it->end_rect++] = r;
    it->bytes = r.bytes > it->bytes ? r.bytes : it->bytes;
    it->first = r.first < it->first ? r.first : it->first;
    it->last = r.last > it->last ? r.last : it->last;
}

static void make_items(const tnas_graph *graph, const tnas_schedule *schedule,
                       const lifetimes *lives, const tnas_plan *plan, packing *p)
{
    p->item_count = 0;
    for (int16_t t = 0; t < graph->tensor_count; t++) {
        if (lives->takes_place[t] || lives->internal[t])
            continue;
        add_item(p);
        for (int16_t member = t; member != TNAS_NONE; member = lives->successor[member])
            add_rect(p, (rect){plan->tensors[member].bytes, lives->first[member],
                               lives->last[member], member});
    }
    for (int16_t s = 0; s < schedule->step_count; s++) {
        if (plan->scratch[s].bytes == 0)
            continue;
        add_item(p);
        add_rect(p, (rect){plan->scratch[s].bytes, s, s, (int16_t)(TNAS_GRAPH_TENSORS_MAX + s)});
    }
}

/* Nearly in order as they come: tensors follow the steps, scratch comes after them. */
static void sort_by_birth(packing *p)
{
    for (int i = 1; i < p->item_count; i++) {
        const item moved = p->items[i];
        int at = i;
        for (; at > 0 && p->items[at - 1].first > moved.first; at--)
            p->items[at] = p->items[at - 1];
        p->items[at] = moved;
    }
}

/* Who is born after an item's death cannot meet it, nor can they of whom all are dead at its
 * birth: networks have short memories, so few are left. */
static void find_near_items(packing *p)
{
    sort_by_birth(p);
    int near = 0;
    int16_t latest[RECTS_MAX]; /* last step of all items up to this one */
    for (int i = 0; i < p->item_count; i++) {
        const int16_t before = i > 0 ? latest[i - 1] : 0;
        latest[i] = p->items[i].last > before ? p->items[i].last : before;
    }
    for (int i = 0; i < p->item_count; i++) {
        item *const it = &p->items[i];
        while (latest[near] < it->first)
            near++;
        int end = i + 1;
        while (end < p->item_count && p->items[end].first <= it->last)
            end++;
        it->near = (int16_t)near;
        it->near_end = (int16_t)end;
    }
}

/* What an order puts first: the largest key, among equals the most bytes, then the oldest. */
typedef size_t order_key(const packing *p, const item *it);

static size_t by_bytes(const packing *p, const item *it)
{
    (void)p;
    return it->bytes;
}

static size_t by_breadth(const packing *p, const item *it)
{
    size_t most = 0;
    for (int s = it->first; s <= it->last; s++)
        most = p->live_bytes[s] > most ? p->live_bytes[s] : most;
    return most;
}

static order_key *const orders[] = {by_bytes, by_breadth};
enum { ORDER_COUNT = sizeof orders / sizeof orders[0] };

static void sort_items(const packing *p, order_key *key, int16_t order[RECTS_MAX])
{
    size_t keys[RECTS_MAX];
    for (int i = 0; i < p->item_count; i++) {
        const size_t key_i = key(p, &p->items[i]);
        const size_t bytes_i = p->items[i].bytes;
        int at = i;
        while (at > 0 && (keys[at - 1] < key_i ||
                          (keys[at - 1] == key_i && p->items[order[at - 1]].bytes < bytes_i))) {
            keys[at] = keys[at - 1];
            order[at] = order[at - 1];
            at--;
        }
        keys[at] = key_i;
        order[at] = (int16_t)i;
    }
}

/* A rectangle that is placed and meets the item in time. */
typedef struct neighbour {
    size_t offset_bytes, end_bytes;
    int16_t first, last;
} neighbour;

static int find_neighbours(const packing *p, const layout *l, const item *it,
                           neighbour neighbours[RECTS_MAX])
{
    int count = 0;
    for (int i = it->near; i < it->near_end; i++) {
        const item *const other = &p->items[i];
        if (!l->placed[i] || other->last < it->first)
            continue;
        const size_t offset = l->offset_bytes[i];
        for (int r = other->first_rect; r < other->end_rect; r++) {
            const rect *const o = &p->rects[r];
            if (o->first <= it->last && o->last >= it->first)
                neighbours[count++] = (neighbour){offset, offset + o->bytes, o->first, o->last};
        }
    }
    return count;
}

static bool collides(const packing *p, const item *it, size_t offset_bytes, const neighbour *n)
{
    if (offset_bytes >= n->end_bytes || offset_bytes + it->bytes <= n->offset_bytes)
        return false;
    for (int r = it->first_rect; r < it->end_rect; r++) {
        const rect *const own = &p->rects[r];
        if (own->first <= n->last && own->last >= n->first &&
            n->offset_bytes < offset_bytes + own->bytes)
            return true;
    }
    return false;
}

/* The lowest address for an item among those that are placed: climbs over whoever is in the
 * way until nobody is. */
static size_t first_fit(const packing *p, const layout *l, const item *it)
{
    neighbour neighbours[RECTS_MAX];
    const int neighbour_count = find_neighbours(p, l, it, neighbours);
    size_t offset_bytes = 0;
    bool climbed;
    do {
        climbed = false;
        if (offset_bytes < p->barrier_bytes && it->bytes > p->barrier_bytes - offset_bytes)
            offset_bytes = p->barrier_bytes;
        for (int i = 0; i < neighbour_count; i++) {
            if (!collides(p, it, offset_bytes, &neighbours[i]))
                continue;
            offset_bytes = neighbours[i].end_bytes;
            climbed = true;
        }
    } while (climbed);
    return offset_bytes;
}

/* Places all items in order; returns the position in the order of the one that ends highest. */
static int place_items(const packing *p, layout *l)
{
    int highest = 0;
    l->arena_bytes = 0;
    memset(l->placed, 0, (size_t)p->item_count * sizeof l->placed[0]);
    for (int i = 0; i < p->item_count; i++) {
        const int it = l->order[i];
        l->offset_bytes[it] = first_fit(p, l, &p->items[it]);
        l->placed[it] = true;
        const size_t end = l->offset_bytes[it] + p->items[it].bytes;
        if (end > l->arena_bytes) {
            l->arena_bytes = end;
            highest = i;
        }
    }
    return highest;
}

static void swap(int16_t *a, int16_t *b)
{
    const int16_t kept = *a;
    *a = *b;
    *b = kept;
}

static void move_to_front(int16_t order[], int position)
{
    const int16_t moved = order[position];
    memmove(order + 1, order, (size_t)position * sizeof order[0]);
    order[0] = moved;
}

static void copy_layout(const packing *p, const layout *from, layout *to)
{
    const size_t count = (size_t)p->item_count;
    memcpy(to->order, from->order, count * sizeof to->order[0]);
    memcpy(to->offset_bytes, from->offset_bytes, count * sizeof to->offset_bytes[0]);
    to->arena_bytes = from->arena_bytes;
}

/* What runtimes that plan for themselves do. */
static void place_once(const packing *p, layout *best)
{
    sort_items(p, by_bytes, best->order);
    place_items(p, best);
}

/* Sorted orders and their repairs. */
static void try_orders(const packing *p, layout *best)
{
    layout trial;
    for (int o = 0; o < ORDER_COUNT; o++) {
        sort_items(p, orders[o], trial.order);
        for (int repair = 0; repair < REPAIRS_MAX; repair++) {
            const int highest = place_items(p, &trial);
            if (trial.arena_bytes < best->arena_bytes)
                copy_layout(p, &trial, best);
            if (best->arena_bytes == p->bound_bytes || highest == 0)
                break;
            move_to_front(trial.order, highest);
        }
        if (best->arena_bytes == p->bound_bytes)
            return;
    }
}

/* Walks from the best order by exchanging two items, never uphill. */
static void try_swaps(const packing *p, layout *best)
{
    tnas_rng rng = {.state = {1, 2, 3, 4}}; /* the same walk for everybody */
    layout trial;
    copy_layout(p, best, &trial);
    for (int work = 0; work < SWAP_WORK_MAX && best->arena_bytes > p->bound_bytes;
         work += p->item_count) {
        int16_t *const a = &trial.order[tnas_rng_below(&rng, (uint32_t)p->item_count)];
        int16_t *const b = &trial.order[tnas_rng_below(&rng, (uint32_t)p->item_count)];
        swap(a, b);
        place_items(p, &trial);
        if (trial.arena_bytes <= best->arena_bytes)
            copy_layout(p, &trial, best);
        else
            swap(a, b);
    }
}

static void search_offsets(const packing *p, layout *best)
{
    best->arena_bytes = SIZE_MAX;
    try_orders(p, best);
    try_swaps(p, best);
}

static void find_bound(packing *p, int step_count)
{
    p->bound_bytes = 0;
    p->peak_step = 0;
    for (int s = 0; s < step_count; s++) {
        if (p->live_bytes[s] <= p->bound_bytes)
            continue;
        p->bound_bytes = p->live_bytes[s];
        p->peak_step = s;
    }
}

static void write_offsets(const packing *p, const layout *l, tnas_plan *plan)
{
    for (int i = 0; i < p->item_count; i++)
        for (int r = p->items[i].first_rect; r < p->items[i].end_rect; r++) {
            const int source = p->rects[r].source;
            tnas_placement *const placement = source < TNAS_GRAPH_TENSORS_MAX
                                                  ? &plan->tensors[source]
                                                  : &plan->scratch[source - TNAS_GRAPH_TENSORS_MAX];
            placement->offset_bytes = l->offset_bytes[i];
        }
}

tnas_status tnas_plan_build(const tnas_graph *graph, const tnas_schedule *schedule,
                            const tnas_target *target, tnas_plan *out)
{
    return tnas_plan_build_split(graph, schedule, target, SIZE_MAX, out);
}

tnas_status tnas_plan_build_split(const tnas_graph *graph, const tnas_schedule *schedule,
                                  const tnas_target *target, size_t first_bytes, tnas_plan *out)
{
    lifetimes lives;
    packing p;
    layout best;
    find_lifetimes(graph, schedule, &lives);
    size_buffers(graph, schedule, target, &lives, out);
    sum_live_bytes(graph, schedule, &lives, out, p.live_bytes);
    find_bound(&p, schedule->step_count);
    make_items(graph, schedule, &lives, out, &p);
    find_near_items(&p);
    p.barrier_bytes = first_bytes;
    if (target->plans_itself)
        place_once(&p, &best);
    else
        search_offsets(&p, &best);
    write_offsets(&p, &best, out);
    out->arena_bytes = best.arena_bytes;
    out->lower_bound_bytes = p.bound_bytes;
    out->peak_step = p.peak_step;
    return TNAS_OK;
}

size_t tnas_plan_live_bytes(const tnas_graph *graph, const tnas_schedule *schedule,
                            const tnas_plan *plan, int step)
{
    lifetimes lives;
    size_t live_bytes[TNAS_GRAPH_OPS_MAX];
    find_lifetimes(graph, schedule, &lives);
    sum_live_bytes(graph, schedule, &lives, plan, live_bytes);
    return live_bytes[step];
}
