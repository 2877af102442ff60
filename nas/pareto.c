/* Deb's sorting keeps for each point a list of what it dominates. Here each front is found by a
 * pass over the points that are left, counting how many of those left dominate each: no lists, the
 * same fronts, and the counts are brought up to date as a front is taken away. */
#include "nas/pareto.h"

#include <math.h>
#include <stdlib.h>

#include "common/alloc.h"

typedef struct neighbour {
    double value;
    int index;
} neighbour;

static int ascending(const void *a, const void *b)
{
    const neighbour *const left = a, *const right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return left->index - right->index;
}

/* Adds one axis to the crowding of the points of a front. */
static void crowd_axis(neighbour *sorted, int count, tnas_pareto_rank *ranks)
{
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    const double extent = sorted[count - 1].value - sorted[0].value;
    ranks[sorted[0].index].crowding = INFINITY;
    ranks[sorted[count - 1].index].crowding = INFINITY;
    for (int i = 1; i < count - 1 && extent > 0; i++)
        ranks[sorted[i].index].crowding += (sorted[i + 1].value - sorted[i - 1].value) / extent;
}

static void crowd_front(const tnas_point *points, int count, int front, neighbour *sorted,
                        tnas_pareto_rank *ranks)
{
    for (int axis = 0; axis < TNAS_AXIS_COUNT; axis++) {
        int members = 0;
        for (int i = 0; i < count; i++)
            if (ranks[i].front == front)
                sorted[members++] = (neighbour){points[i].at[axis], i};
        crowd_axis(sorted, members, ranks);
    }
}

/* Of the points without a front those that none of the others dominates get this one; returns how
 * many. dominators [count]: how many of the points left dominate each. */
static int take_front(const tnas_point *points, int count, int front, int *dominators,
                      tnas_pareto_rank *ranks)
{
    int taken = 0;
    for (int i = 0; i < count; i++) {
        if (ranks[i].front != TNAS_NONE || dominators[i] != 0)
            continue;
        ranks[i].front = front;
        taken++;
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; ranks[i].front == front && j < count; j++)
            dominators[j] -= tnas_point_dominates(&points[i], &points[j]);
    return taken;
}

tnas_status tnas_pareto_sort(const tnas_point *points, int count, tnas_pareto_rank *ranks)
{
    int *const dominators = tnas_alloc_zero((size_t)count, sizeof *dominators);
    neighbour *const sorted = tnas_alloc_zero((size_t)count, sizeof *sorted);
    if (dominators == NULL || sorted == NULL) {
        tnas_free(dominators);
        tnas_free(sorted);
        return tnas_fail(TNAS_ERR_NOMEM, "fronts of %d candidates", count);
    }
    for (int i = 0; i < count; i++) {
        ranks[i] = (tnas_pareto_rank){.front = TNAS_NONE};
        for (int j = 0; j < count; j++)
            dominators[i] += tnas_point_dominates(&points[j], &points[i]);
    }
    int left = count;
    for (int front = 0; left > 0; front++) {
        left -= take_front(points, count, front, dominators, ranks);
        crowd_front(points, count, front, sorted, ranks);
    }
    tnas_free(dominators);
    tnas_free(sorted);
    return TNAS_OK;
}

int tnas_pareto_compare(const tnas_pareto_rank *a, const tnas_pareto_rank *b)
{
    if (a->front != b->front)
        return a->front < b->front ? -1 : 1;
    return a->crowding > b->crowding ? -1 : a->crowding < b->crowding;
}
