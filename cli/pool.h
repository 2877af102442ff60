/* The networks that could be measured next: all that --graphs knows. */
#ifndef TNAS_CLI_POOL_H
#define TNAS_CLI_POOL_H

#include "estimators/measurements.h"
#include "estimators/suggest.h"

typedef struct tnas_graph_pool {
    tnas_arena arena; /* of the names */
    tnas_pool_network *networks;
    int count, capacity;
    int best;          /* of tnas_suggest_next */
    double spread_now; /* likewise */
} tnas_graph_pool;

/* Every network of the places (estimators/networks.h) whose features can be counted, as the rows
 * count them; those that `rows` measured are marked. What is no network is passed over. */
tnas_status tnas_graph_pool_load(const char *places, const tnas_measurements *rows,
                                 tnas_graph_pool *out);
void tnas_graph_pool_deinit(tnas_graph_pool *pool);

#endif
