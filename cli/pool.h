/* The networks that could be measured next: the graphs of a folder. */
#ifndef TNAS_CLI_POOL_H
#define TNAS_CLI_POOL_H

#include "estimators/measurements.h"
#include "estimators/suggest.h"

typedef struct tnas_graph_pool {
    tnas_pool_network *networks; /* [count], by name */
    char (*names)[64];
    int count;
    int best;          /* of tnas_suggest_next */
    double spread_now; /* likewise */
} tnas_graph_pool;

/* Every graph file of the folder; those that `rows` measured are marked. A folder without
 * graphs gives an empty pool, and so does a path that is not a folder. */
tnas_status tnas_graph_pool_load(const char *folder, const tnas_measurements *rows,
                                 tnas_graph_pool *out);
void tnas_graph_pool_deinit(tnas_graph_pool *pool);

#endif
