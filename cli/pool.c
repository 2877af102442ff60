#include "cli/pool.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/csv.h"
#include "common/io.h"
#include "estimators/networks.h"

static bool has_name(const tnas_graph_pool *pool, const char *name)
{
    for (int i = 0; i < pool->count; i++)
        if (strcmp(pool->networks[i].name, name) == 0)
            return true;
    return false;
}

static tnas_status add_name(const char *name, tnas_graph_pool *pool)
{
    if (name[0] == '\0' || has_name(pool, name))
        return TNAS_OK;
    if (pool->count == pool->capacity) {
        const int capacity = 2 * pool->capacity + 64;
        tnas_pool_network *grown = tnas_alloc_grow(pool->networks, (size_t)pool->capacity,
                                                   (size_t)capacity, sizeof *grown);
        if (grown == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "%d networks", capacity);
        pool->networks = grown;
        pool->capacity = capacity;
    }
    const char *const copy = tnas_arena_strdup(&pool->arena, name);
    if (copy == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "names of networks");
    pool->networks[pool->count++] = (tnas_pool_network){.name = copy};
    return TNAS_OK;
}

/* Adds the name of a file with this ending, without it. */
static tnas_status add_file(const char *file, const char *ending, tnas_graph_pool *pool)
{
    char name[256];
    const size_t length = strlen(file), end = strlen(ending);
    if (length <= end || length >= sizeof name || strcmp(file + length - end, ending) != 0)
        return TNAS_OK;
    snprintf(name, sizeof name, "%.*s", (int)(length - end), file);
    return add_name(name, pool);
}

static tnas_status list_folder(const char *path, tnas_graph_pool *pool)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read folder %s", path);
    tnas_status status = TNAS_OK;
    const struct dirent *entry;
    while (status == TNAS_OK && (entry = readdir(dir)) != NULL) {
        status = add_file(entry->d_name, ".json", pool);
        if (status == TNAS_OK)
            status = add_file(entry->d_name, ".tflite", pool);
    }
    closedir(dir);
    return status;
}

static tnas_status list_table(const char *path, tnas_graph_pool *pool)
{
    tnas_csv *csv;
    TNAS_TRY(tnas_csv_load(path, &csv));
    const int column = tnas_csv_column(csv, "model");
    tnas_status status = TNAS_OK;
    const char *last = "";
    for (int row = 0; row < tnas_csv_row_count(csv) && status == TNAS_OK; row++) {
        const char *const name = tnas_csv_text(csv, row, column);
        if (strcmp(name, last) != 0)
            status = add_name(name, pool);
        last = name;
    }
    tnas_csv_destroy(csv);
    return status;
}

static tnas_status list_places(const char *places, tnas_graph_pool *pool)
{
    for (const char *at = places; *at != '\0';) {
        char path[TNAS_PATH_BYTES];
        const int length = (int)strcspn(at, ",");
        snprintf(path, sizeof path, "%.*s", length, at);
        if (length > 0)
            TNAS_TRY(tnas_dir_exists(path) ? list_folder(path, pool) : list_table(path, pool));
        at += length + (at[length] == ',');
    }
    return TNAS_OK;
}

static bool is_measured(const tnas_measurements *rows, const double *x)
{
    for (int i = 0; i < rows->count; i++)
        if (rows->rows[i].has_graph && tnas_same_network(rows->rows[i].x, x))
            return true;
    return false;
}

/* Keeps the networks that have features. */
static void count_features(const tnas_networks *networks, const tnas_measurements *rows,
                           tnas_graph_pool *pool)
{
    int kept = 0;
    for (int i = 0; i < pool->count; i++) {
        tnas_pool_network *const network = &pool->networks[i];
        tnas_network_state state;
        if (tnas_networks_features(networks, network->name, &rows->memory, network->x, &state) !=
                TNAS_OK ||
            state != TNAS_NETWORK_FOUND)
            continue;
        network->is_measured = is_measured(rows, network->x);
        pool->networks[kept++] = *network;
    }
    pool->count = kept;
}

tnas_status tnas_graph_pool_load(const char *places, const tnas_measurements *rows,
                                 tnas_graph_pool *out)
{
    *out = (tnas_graph_pool){.best = TNAS_NONE};
    tnas_arena_init(&out->arena);
    tnas_networks *networks;
    TNAS_TRY(tnas_networks_open(places, &networks));
    const tnas_status status = list_places(places, out);
    if (status == TNAS_OK)
        count_features(networks, rows, out);
    else
        tnas_graph_pool_deinit(out);
    tnas_networks_close(networks);
    return status;
}

void tnas_graph_pool_deinit(tnas_graph_pool *pool)
{
    tnas_arena_deinit(&pool->arena);
    tnas_free(pool->networks);
    *pool = (tnas_graph_pool){.best = TNAS_NONE};
}
