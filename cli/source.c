#include "cli/source.h"

#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "common/alloc.h"
#include "common/io.h"
#include "common/paths.h"

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static const char *const model_endings[] = {".tflite", ".tnm"};

bool tnas_is_model_path(const char *path)
{
    return ends_with(path, model_endings[0]) || ends_with(path, model_endings[1]);
}

void tnas_path_name(const char *path, char out[TNAS_SOURCE_NAME_BYTES])
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
    size_t length = strlen(base);
    if (ends_with(base, ".json"))
        length -= strlen(".json");
    else if (tnas_is_model_path(base))
        length -= strlen(strrchr(base, '.'));
    const size_t longest = TNAS_SOURCE_NAME_BYTES - 1;
    snprintf(out, TNAS_SOURCE_NAME_BYTES, "%.*s", (int)(length < longest ? length : longest), base);
}

tnas_status tnas_named_graph_load(const char *name, tnas_graph *out)
{
    if (strchr(name, '/') != NULL || ends_with(name, ".json"))
        return tnas_graph_load(name, out);
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_find("graphs", name, path));
    return tnas_graph_load(path, out);
}

static tnas_status load_study(const tnas_arguments *arguments, const char *folder,
                              const char *mcu_name, tnas_source *source)
{
    TNAS_TRY(tnas_arguments_study(arguments, folder, mcu_name, &source->study));
    source->model = source->study->model;
    snprintf(source->name, sizeof source->name, "%s", source->study->name);
    return TNAS_OK;
}

static tnas_status load_file(const char *path, tnas_source *source)
{
    tnas_path_name(path, source->name);
    source->notes = tnas_alloc_zero(1, sizeof *source->notes);
    if (source->notes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "import of %s", path);
    return tnas_tflite_load(path, &source->model, source->notes);
}

/* What `tinynas train` writes. */
static tnas_status load_model(const char *path, tnas_source *source)
{
    tnas_path_name(path, source->name);
    TNAS_TRY(tnas_model_load(path, &source->model));
    return source->model->type == TNAS_MODEL_INT8
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_INPUT, "%s is a float model: its int8 one is needed", path);
}

static tnas_status load(const tnas_arguments *arguments, const char *what, const char *mcu_name,
                        tnas_source *source)
{
    if (tnas_is_study(what))
        return load_study(arguments, what, mcu_name, source);
    if (tnas_dir_exists(what))
        return tnas_fail(TNAS_ERR_INPUT, "%s is a folder, but not a study", what);
    if (tnas_is_model_path(what))
        return ends_with(what, ".tnm") ? load_model(what, source) : load_file(what, source);
    return tnas_fail(TNAS_ERR_INPUT, "%s is neither a study nor a .tflite file nor a .tnm file",
                     what);
}

tnas_status tnas_source_load(const tnas_arguments *arguments, const char *what,
                             const char *mcu_name, tnas_source **out)
{
    *out = NULL;
    tnas_source *source = tnas_alloc_zero(1, sizeof *source);
    if (source == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "network %s", what);
    const tnas_status status = load(arguments, what, mcu_name, source);
    if (status == TNAS_OK) {
        *out = source;
        source = NULL; /* the caller owns it now */
    }
    tnas_source_destroy(source);
    return status;
}

void tnas_source_destroy(tnas_source *source)
{
    if (source == NULL)
        return;
    if (source->study == NULL)
        tnas_model_destroy(source->model);
    tnas_study_destroy(source->study);
    tnas_free(source->notes);
    tnas_free(source);
}
