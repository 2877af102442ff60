/* A finished study, for the commands that read one. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "study/data_settings.h"
#include "study/study.h"

static void last_part(const char *path, char *out, size_t out_bytes)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    snprintf(out, out_bytes, "%.*s", (int)(end - start), path + start);
}

/* Finds the target's number and reads its winner. */
static tnas_status choose_target(tnas_store_db *db, int target, const char *mcu, tnas_study *study)
{
    study->target_id = target;
    if (target == 0) {
        TNAS_TRY(tnas_db_find_finished(db, mcu, &study->target_id));
        if (study->target_id < 0)
            return tnas_fail(TNAS_ERR_INPUT, "study %s has no finished search%s%s", study->folder,
                             mcu != NULL ? " for " : "", mcu != NULL ? mcu : "");
    }
    bool found;
    TNAS_TRY(tnas_db_get_winner(db, study->target_id, &study->winner, &found));
    return found ? TNAS_OK
                 : tnas_fail(TNAS_ERR_INPUT, "study %s has no finished target %d", study->folder,
                             target);
}

static tnas_status read_parts(tnas_store_db *db, int target, const char *mcu, tnas_study *study)
{
    bool found;
    TNAS_TRY(choose_target(db, target, mcu, study));
    TNAS_TRY(tnas_db_get_meta(db, "data_location", study->data, sizeof study->data, &found));
    TNAS_TRY(tnas_data_settings_load(db, &study->data_options));
    TNAS_TRY(tnas_data_meaning_load(db, &study->affine, &study->features));
    char size[24]; /* that the space chose */
    TNAS_TRY(tnas_db_get_meta(db, "data_size", size, sizeof size, &found));
    if (found)
        snprintf(study->data_options.resize, sizeof study->data_options.resize, "%s", size);
    TNAS_TRY(tnas_db_get_classes(db, &study->class_names, &study->class_count));
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, study->folder, study->winner.model));
    TNAS_TRY(tnas_model_load(path, &study->model));
    const tnas_graph *const graph = &study->model->graph;
    const int outputs = graph->tensors[tnas_graph_output(graph)].c;
    if (study->class_count != outputs)
        return tnas_fail(TNAS_ERR_INPUT, "study %s names %d classes, its network has %d outputs",
                         study->folder, study->class_count, outputs);
    const size_t image_bytes = (size_t)tnas_tensor_count(&study->model->graph.tensors[0]);
    return tnas_db_get_vectors(db, study->target_id, image_bytes, &study->vector_images,
                               &study->vector_count);
}

tnas_status tnas_study_load(const char *folder, int target, const char *mcu, tnas_study **out)
{
    *out = NULL;
    tnas_store_db *db;
    TNAS_TRY(tnas_db_open_read(folder, &db));
    tnas_study *study = tnas_alloc_zero(1, sizeof *study);
    tnas_status status;
    if (study == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "study %s", folder);
    } else {
        snprintf(study->folder, sizeof study->folder, "%s", folder);
        last_part(folder, study->name, sizeof study->name);
        status = read_parts(db, target, mcu, study);
    }
    tnas_db_close(db);
    if (status != TNAS_OK) {
        tnas_study_destroy(study);
        return status;
    }
    *out = study;
    return TNAS_OK;
}

void tnas_study_destroy(tnas_study *study)
{
    if (study == NULL)
        return;
    tnas_model_destroy(study->model);
    tnas_free(study->class_names);
    tnas_free(study->vector_images);
    tnas_sound_features_destroy(study->features);
    tnas_free(study);
}
