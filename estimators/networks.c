#include "estimators/networks.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "graph/tflite.h"

enum { PLACES_MAX = 16 };

typedef struct place {
    char path[TNAS_PATH_BYTES];
    tnas_layer_table *table; /* NULL: a folder */
} place;

struct tnas_networks {
    int count;
    place places[PLACES_MAX];
};

static tnas_status open_place(const char *path, size_t length, tnas_networks *networks)
{
    if (networks->count == PLACES_MAX || length >= TNAS_PATH_BYTES)
        return tnas_fail(TNAS_ERR_USAGE, "%.*s: at most %d places for networks, of %d bytes",
                         (int)(length < 200 ? length : 200), path, PLACES_MAX, TNAS_PATH_BYTES);
    place *const next = &networks->places[networks->count++];
    memcpy(next->path, path, length);
    next->path[length] = '\0';
    if (tnas_dir_exists(next->path))
        return TNAS_OK;
    if (!tnas_file_exists(next->path))
        return tnas_fail(TNAS_ERR_IO, "%s: there is no such folder or table of layers", next->path);
    return tnas_layer_table_load(next->path, &next->table);
}

tnas_status tnas_networks_open(const char *places, tnas_networks **out)
{
    *out = NULL;
    tnas_networks *networks = tnas_alloc_zero(1, sizeof *networks);
    if (networks == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "places of networks");
    tnas_status status = TNAS_OK;
    for (const char *at = places != NULL ? places : ""; *at != '\0' && status == TNAS_OK;) {
        const size_t length = strcspn(at, ",");
        if (length > 0)
            status = open_place(at, length, networks);
        at += length + (at[length] == ',');
    }
    if (status != TNAS_OK)
        tnas_networks_close(networks);
    else
        *out = networks;
    return status;
}

void tnas_networks_close(tnas_networks *networks)
{
    if (networks == NULL)
        return;
    for (int i = 0; i < networks->count; i++)
        tnas_layer_table_destroy(networks->places[i].table);
    tnas_free(networks);
}

/* Whether folder/MODEL<ending> is there; models that cannot be file names are not. */
static bool find_file(const char *folder, const char *model, const char *ending,
                      char path[TNAS_PATH_BYTES])
{
    char file[256];
    const int length = snprintf(file, sizeof file, "%s%s", model, ending);
    return model[0] != '\0' && strchr(model, '/') == NULL && length < (int)sizeof file &&
           tnas_path_join(path, folder, file) == TNAS_OK && tnas_file_exists(path);
}

static tnas_status features_of_tflite(const char *path, const tnas_memory_terms *memory, double *x)
{
    tnas_model *model;
    TNAS_TRY(tnas_tflite_load(path, &model, NULL));
    tnas_features_of_graph(memory, &model->graph, x);
    tnas_model_destroy(model);
    return TNAS_OK;
}

static tnas_status features_of_file(const char *folder, const char *model,
                                    const tnas_memory_terms *memory, double *x,
                                    tnas_network_state *out)
{
    char path[TNAS_PATH_BYTES];
    if (find_file(folder, model, ".json", path)) {
        tnas_graph graph;
        TNAS_TRY(tnas_graph_load(path, &graph));
        tnas_features_of_graph(memory, &graph, x);
    } else if (find_file(folder, model, ".tflite", path)) {
        TNAS_TRY(features_of_tflite(path, memory, x));
    } else {
        return TNAS_OK;
    }
    *out = TNAS_NETWORK_FOUND;
    return TNAS_OK;
}

tnas_status tnas_networks_features(const tnas_networks *networks, const char *model,
                                   const tnas_memory_terms *memory, double *x,
                                   tnas_network_state *out)
{
    *out = TNAS_NETWORK_UNKNOWN;
    for (int i = 0; i < networks->count && *out != TNAS_NETWORK_FOUND; i++) {
        const place *const from = &networks->places[i];
        tnas_network_state state = TNAS_NETWORK_UNKNOWN;
        if (from->table == NULL)
            TNAS_TRY(features_of_file(from->path, model, memory, x, &state));
        else
            state = tnas_layer_table_features(from->table, model, memory, x);
        if (state != TNAS_NETWORK_UNKNOWN)
            *out = state;
    }
    return TNAS_OK;
}
