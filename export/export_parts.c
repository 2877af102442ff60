/* Files that exports of every kind have: texts, expanded templates, the runtime. */
#include <stdio.h>
#include <string.h>

#include "export/embedded.h"
#include "export/export_folder_internal.h"
#include "export/generate_internal.h"

tnas_status tnas_export_add_text(tnas_export_folder *folder, const char *path,
                                 const tnas_text *content)
{
    if (content->failed)
        return tnas_fail(TNAS_ERR_NOMEM, "text of %s", path);
    return tnas_export_folder_add(folder, path, content->chars, content->length);
}

static const tnas_embedded_file *find_embedded(const char *path)
{
    for (int i = 0; i < tnas_embedded_file_count; i++)
        if (strcmp(tnas_embedded_files[i].path, path) == 0)
            return &tnas_embedded_files[i];
    return NULL;
}

tnas_status tnas_export_add_template(tnas_export_folder *folder, const char *template,
                                     const char *path, const tnas_template_value *values,
                                     int value_count)
{
    const tnas_embedded_file *const file = find_embedded(template);
    if (file == NULL)
        return tnas_fail(TNAS_ERR_INTERNAL, "%s was not built in", template);
    tnas_text text, expanded;
    tnas_text_init(&text);
    tnas_text_init(&expanded);
    tnas_template_expand((const char *)file->bytes, file->byte_count, values, value_count, &text);
    tnas_template_expand(path, strlen(path), values, value_count, &expanded);
    const tnas_status status = expanded.failed
                                   ? tnas_fail(TNAS_ERR_NOMEM, "path of %s", path)
                                   : tnas_export_add_text(folder, expanded.chars, &text);
    tnas_text_deinit(&expanded);
    tnas_text_deinit(&text);
    return status;
}

/* The common part and plain C kernels lie in runtime/, those of a variant in a folder below. */
static bool is_shipped(const char *path, const tnas_variant *variant)
{
    static const char root[] = "runtime/";
    if (strncmp(path, root, strlen(root)) != 0)
        return false;
    const char *const rest = path + strlen(root);
    const char *const slash = strchr(rest, '/');
    if (slash == NULL)
        return true;
    const size_t length = (size_t)(slash - rest);
    return variant->folder != NULL && strlen(variant->folder) == length &&
           strncmp(rest, variant->folder, length) == 0;
}

const char *tnas_export_runtime_file(int index, const tnas_variant *variant)
{
    const char *const path = tnas_embedded_files[index].path;
    return is_shipped(path, variant) ? path : NULL;
}

tnas_status tnas_export_add_runtime(tnas_export_folder *folder, const char *prefix,
                                    const tnas_variant *variant)
{
    for (int i = 0; i < tnas_embedded_file_count; i++) {
        const tnas_embedded_file *const file = &tnas_embedded_files[i];
        char path[128];
        if (!is_shipped(file->path, variant))
            continue;
        snprintf(path, sizeof path, "%s%s", prefix, file->path);
        TNAS_TRY(tnas_export_folder_add(folder, path, file->bytes, file->byte_count));
    }
    return TNAS_OK;
}
