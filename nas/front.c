#include "nas/front.h"

#include <stdlib.h>

#include "common/alloc.h"

tnas_point tnas_point_of(const tnas_candidate *c)
{
    return (tnas_point){.at = {
#define VALUE(name, text, value) value,
                            TNAS_FRONT_AXES(VALUE)
#undef VALUE
                        }};
}

bool tnas_point_dominates(const tnas_point *a, const tnas_point *b)
{
    bool better = false;
    for (int i = 0; i < TNAS_AXIS_COUNT; i++) {
        if (a->at[i] > b->at[i])
            return false;
        better |= a->at[i] < b->at[i];
    }
    return better;
}

typedef struct member {
    tnas_point point;
    int index;
} member;

/* Nothing dominates what comes before it in this order, so that each needs to be held against the
 * front found so far only. */
static int in_order(const void *a, const void *b)
{
    const member *const left = a, *const right = b;
    for (int i = 0; i < TNAS_AXIS_COUNT; i++)
        if (left->point.at[i] != right->point.at[i])
            return left->point.at[i] < right->point.at[i] ? -1 : 1;
    return left->index - right->index;
}

/* Moves the front to the start of the sorted members; returns how many they are. */
static int keep_front(member *members, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        bool dominated = false;
        for (int j = 0; j < kept && !dominated; j++)
            dominated = tnas_point_dominates(&members[j].point, &members[i].point);
        if (!dominated)
            members[kept++] = members[i];
    }
    return kept;
}

static int most_accurate_first(const void *a, const void *b)
{
    const member *const left = a, *const right = b;
    const double difference = left->point.at[TNAS_AXIS_ERROR] - right->point.at[TNAS_AXIS_ERROR];
    if (difference != 0)
        return difference < 0 ? -1 : 1;
    return left->index - right->index;
}

tnas_status tnas_front_find(const tnas_candidate *candidates, int count, int **front,
                            int *front_count)
{
    *front_count = 0;
    *front = tnas_alloc_zero((size_t)count, sizeof **front);
    member *const members = tnas_alloc_zero((size_t)count, sizeof *members);
    if (*front == NULL || members == NULL) {
        tnas_free(members);
        tnas_free(*front);
        *front = NULL;
        return tnas_fail(TNAS_ERR_NOMEM, "front of %d candidates", count);
    }
    int measured = 0;
    for (int i = 0; i < count; i++)
        if (candidates[i].source == TNAS_SCORE_MEASURED)
            members[measured++] = (member){tnas_point_of(&candidates[i]), i};
    qsort(members, (size_t)measured, sizeof *members, in_order);
    const int kept = keep_front(members, measured);
    qsort(members, (size_t)kept, sizeof *members, most_accurate_first);
    for (int i = 0; i < kept; i++)
        (*front)[i] = members[i].index;
    *front_count = kept;
    tnas_free(members);
    return TNAS_OK;
}
