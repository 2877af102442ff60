#include "data/class_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "data/split_words.h"

static int depth_of(const char *path)
{
    int depth = 0;
    for (; *path != '\0'; path++)
        depth += *path == '/';
    return depth;
}

static bool starts_with(const char *path, const char *prefix)
{
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* The part below the prefix of the n-th folder that lies directly there; NULL after the last. */
static const char *folder_below(const tnas_files *files, const char *prefix, int *at)
{
    for (; *at < tnas_files_folder_count(files); (*at)++) {
        const char *const path = tnas_files_folder(files, *at);
        const char *const rest = path + strlen(prefix);
        if (starts_with(path, prefix) && *rest != '\0' && strchr(rest, '/') == NULL) {
            (*at)++;
            return rest;
        }
    }
    return NULL;
}

/* Goes down while there is a single folder with folders in it. */
static void find_prefix(const tnas_files *files, char prefix[TNAS_PATH_BYTES])
{
    prefix[0] = '\0';
    for (;;) {
        int at = 0, inner_at = 0;
        const char *const only = folder_below(files, prefix, &at);
        if (only == NULL || folder_below(files, prefix, &at) != NULL ||
            tnas_split_of_word(only, strlen(only)) >= 0)
            return;
        char inner[TNAS_PATH_BYTES];
        const int length = snprintf(inner, sizeof inner, "%.2000s%.2000s/", prefix, only);
        if (length >= TNAS_PATH_BYTES || folder_below(files, inner, &inner_at) == NULL)
            return;
        memcpy(prefix, inner, sizeof inner);
    }
}

static bool has_split_folder(const tnas_files *files, const char *prefix)
{
    int at = 0;
    for (const char *name; (name = folder_below(files, prefix, &at)) != NULL;)
        if (tnas_split_of_word(name, strlen(name)) >= 0)
            return true;
    return false;
}

static tnas_status fail_place(const tnas_class_folders *folders, const tnas_files *files,
                              const char *path)
{
    return tnas_fail(TNAS_ERR_INPUT, "%s/%s: must lie in %s%s", tnas_files_location(files), path,
                     folders->has_splits ? "train/, val/ or test/, there " : "",
                     "a folder with the name of its class");
}

/* Split and class of a path; the class is name[0..*length). */
static tnas_status parse_path(const tnas_class_folders *folders, const tnas_files *files,
                              const char *path, tnas_split *split, const char **name,
                              size_t *length)
{
    *split = TNAS_SPLIT_TRAIN;
    const char *rest = path + strlen(folders->prefix);
    if (!starts_with(path, folders->prefix))
        return fail_place(folders, files, path);
    if (folders->has_splits) {
        const size_t first = strcspn(rest, "/");
        const int found = tnas_split_of_word(rest, first);
        if (found < 0 || rest[first] != '/')
            return fail_place(folders, files, path);
        *split = (tnas_split)found;
        rest += first + 1;
    }
    *name = rest;
    *length = strcspn(rest, "/");
    return TNAS_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The folders one level below the splits, or at the top. */
static bool is_class_folder(const tnas_class_folders *folders, const char *path)
{
    const char *const rest = path + strlen(folders->prefix);
    if (!starts_with(path, folders->prefix) || *rest == '\0')
        return false;
    if (!folders->has_splits)
        return depth_of(rest) == 0;
    return depth_of(rest) == 1 && tnas_split_of_word(rest, strcspn(rest, "/")) >= 0;
}

tnas_status tnas_class_folders_find(tnas_dataset_source *source, const tnas_files *files,
                                    tnas_class_folders *out)
{
    find_prefix(files, out->prefix);
    out->has_splits = has_split_folder(files, out->prefix);
    for (int i = 0; i < tnas_files_folder_count(files); i++) {
        const char *const path = tnas_files_folder(files, i);
        int16_t label;
        if (!is_class_folder(out, path))
            continue;
        const char *const slash = strrchr(path, '/'), *const name =
                                                          slash != NULL ? slash + 1 : path;
        if (strlen(name) >= TNAS_CLASS_NAME_BYTES || source->class_count == TNAS_CLASSES_MAX)
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s/%s: a class name has 1 to %d bytes, and there can be %d of them",
                             tnas_files_location(files), path, TNAS_CLASS_NAME_BYTES - 1,
                             TNAS_CLASSES_MAX);
        TNAS_TRY(tnas_dataset_source_class(source, name, &label));
    }
    if (source->class_count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: has no folders: each class must have one",
                         tnas_files_location(files));
    qsort(source->class_names, (size_t)source->class_count, sizeof *source->class_names, by_name);
    return TNAS_OK;
}

tnas_status tnas_class_folders_add(const tnas_class_folders *folders, tnas_dataset_source *source,
                                   const tnas_files *files, int file)
{
    const char *const path = tnas_files_path(files, file), *start = NULL;
    tnas_split split;
    size_t length = 0;
    TNAS_TRY(parse_path(folders, files, path, &split, &start, &length));
    char name[TNAS_CLASS_NAME_BYTES] = "";
    if (start[length] != '/' || length >= sizeof name)
        return fail_place(folders, files, path);
    memcpy(name, start, length);
    const char *const found = bsearch(name, source->class_names, (size_t)source->class_count,
                                      sizeof *source->class_names, by_name);
    if (found == NULL)
        return fail_place(folders, files, path);
    tnas_sample *const sample = tnas_dataset_source_add(source);
    if (sample == NULL)
        return TNAS_ERR_NOMEM;
    sample->file = file;
    sample->label = (int16_t)((found - source->class_names[0]) / TNAS_CLASS_NAME_BYTES);
    sample->stated = (int8_t)split;
    return TNAS_OK;
}

/* ---- classes without samples ---- */

static void drop_class(tnas_dataset_source *source, int label)
{
    memmove(source->class_names[label], source->class_names[label + 1],
            (size_t)(source->class_count - label - 1) * sizeof *source->class_names);
    source->class_count--;
    for (int i = 0; i < source->sample_count; i++)
        source->samples[i].label =
            (int16_t)(source->samples[i].label - (source->samples[i].label > label));
}

/* Has this class folder a sample? Files are sorted, and so are the samples. */
static bool has_sample(const tnas_dataset_source *source, const tnas_files *files,
                       const char *folder)
{
    const size_t length = strlen(folder);
    int low = 0, high = source->sample_count;
    char key[TNAS_PATH_BYTES];
    snprintf(key, sizeof key, "%s/", folder);
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (strcmp(tnas_files_path(files, source->samples[middle].file), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < source->sample_count &&
           strncmp(tnas_files_path(files, source->samples[low].file), key, length + 1) == 0;
}

tnas_status tnas_class_folders_check(const tnas_class_folders *folders, tnas_dataset_source *source,
                                     const tnas_files *files)
{
    for (int i = 0; i < tnas_files_folder_count(files); i++) {
        const char *const path = tnas_files_folder(files, i);
        if (!is_class_folder(folders, path) || has_sample(source, files, path))
            continue;
        TNAS_TRY(tnas_dataset_source_skip(
            source, tnas_fail(TNAS_ERR_INPUT, "%s/%s: a class without %ss: each needs some",
                              tnas_files_location(files), path, source->unit)));
    }
    for (int k = source->class_count - 1; k >= 0; k--) {
        bool any = false;
        for (int i = 0; i < source->sample_count && !any; i++)
            any = source->samples[i].label == k;
        if (!any)
            drop_class(source, k);
    }
    return TNAS_OK;
}
