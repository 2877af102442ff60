#include "cli/pool.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"

/* Only files that end so, and whose graphs a user may have put there by hundreds. */
static const char ending[] = ".json";
enum { NAMES_MAX = 4096 };

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static tnas_status list_names(const char *folder, tnas_graph_pool *out)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read folder %s", folder);
    const struct dirent *entry;
    int count = 0;
    while ((entry = readdir(dir)) != NULL && count < NAMES_MAX) {
        const size_t length = strlen(entry->d_name), end = sizeof ending - 1;
        if (length > end && length - end < sizeof *out->names &&
            strcmp(entry->d_name + length - end, ending) == 0)
            snprintf(out->names[count++], sizeof *out->names, "%.*s", (int)(length - end),
                     entry->d_name);
    }
    closedir(dir);
    qsort(out->names, (size_t)count, sizeof *out->names, by_name);
    out->count = count;
    return TNAS_OK;
}

static bool is_measured(const tnas_measurements *rows, const double *x)
{
    for (int i = 0; i < rows->count; i++)
        if (rows->rows[i].has_graph && memcmp(rows->rows[i].x, x, sizeof rows->rows[i].x) == 0)
            return true;
    return false;
}

static tnas_status load_graphs(const char *folder, const tnas_measurements *rows,
                               tnas_graph_pool *out)
{
    tnas_graph *graph = tnas_alloc_zero(1, sizeof *graph);
    if (graph == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "graphs of %s", folder);
    int count = 0;
    for (int i = 0; i < out->count; i++) {
        char file[80], path[TNAS_PATH_BYTES];
        snprintf(file, sizeof file, "%.63s%s", out->names[i], ending);
        tnas_pool_network *const network = &out->networks[count];
        /* Other JSON may lie there: what is not a graph is no network. */
        if (tnas_path_join(path, folder, file) != TNAS_OK ||
            tnas_graph_load(path, graph) != TNAS_OK)
            continue;
        network->name = out->names[i];
        tnas_features_of_graph(graph, network->x);
        network->is_measured = is_measured(rows, network->x);
        count++;
    }
    out->count = count;
    tnas_free(graph);
    return TNAS_OK;
}

tnas_status tnas_graph_pool_load(const char *folder, const tnas_measurements *rows,
                                 tnas_graph_pool *out)
{
    *out = (tnas_graph_pool){.best = TNAS_NONE};
    if (!tnas_dir_exists(folder))
        return TNAS_OK;
    out->names = tnas_alloc_zero(NAMES_MAX, sizeof *out->names);
    tnas_status status = out->names != NULL ? list_names(folder, out)
                                            : tnas_fail(TNAS_ERR_NOMEM, "names of %s", folder);
    if (status == TNAS_OK) {
        out->networks = tnas_alloc_zero((size_t)out->count + 1, sizeof *out->networks);
        status = out->networks != NULL ? load_graphs(folder, rows, out)
                                       : tnas_fail(TNAS_ERR_NOMEM, "graphs of %s", folder);
    }
    if (status != TNAS_OK)
        tnas_graph_pool_deinit(out);
    return status;
}

void tnas_graph_pool_deinit(tnas_graph_pool *pool)
{
    tnas_free(pool->names);
    tnas_free(pool->networks);
    *pool = (tnas_graph_pool){.best = TNAS_NONE};
}
