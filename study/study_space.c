#include "study/study_space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

static tnas_status read_index(tnas_store_db *db, const char *key, int *out)
{
    char text[24];
    bool found;
    TNAS_TRY(tnas_db_get_meta(db, key, text, sizeof text, &found));
    *out = atoi(text);
    return found ? TNAS_OK : tnas_fail(TNAS_ERR_INPUT, "the study has no %s", key);
}

static tnas_status check_hash(tnas_store_db *db, const tnas_space *space)
{
    char stored[24], hash[24];
    bool found;
    TNAS_TRY(tnas_db_get_meta(db, "space_hash", stored, sizeof stored, &found));
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)space->hash);
    if (strcmp(stored, hash) == 0)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "space %s has the hash %s, the study's had %s", space->name,
                     hash, stored);
}

static tnas_status configure(tnas_store_db *db, const tnas_graph *like, tnas_space *space,
                             tnas_space_config *out)
{
    char path[TNAS_PATH_BYTES];
    bool found;
    int input, width;
    TNAS_TRY(tnas_db_get_meta(db, "space_location", path, sizeof path, &found));
    TNAS_TRY(read_index(db, "space_input", &input));
    TNAS_TRY(read_index(db, "space_width", &width));
    TNAS_TRY(tnas_space_load(path, space));
    TNAS_TRY(check_hash(db, space));
    const tnas_tensor *const in = &like->tensors[0];
    return tnas_space_configure(space, input, width, in->h, in->w, in->c,
                                like->tensors[tnas_graph_output(like)].c, out);
}

tnas_status tnas_study_space_load(tnas_store_db *db, const tnas_graph *like, tnas_space_config *out)
{
    tnas_space *const space = tnas_alloc_zero(1, sizeof *space);
    if (space == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "space of a study");
    const tnas_status status = configure(db, like, space, out);
    tnas_free(space);
    return status;
}
